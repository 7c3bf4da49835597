"""A map of each zone, cut out of the one map of them all and named by the zone."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from rasterio.windows import Window
from shapely.geometry.base import BaseGeometry

from ..core.atomic import atomic_write, temporary_file
from ..core.legend import NO_DATA
from ..core.products import LANDCOVER
from ..core.protocol import Reporter
from ..core.raster_tags import own_tags
from ..geo.grid import Grid
from ..raster.class_raster import ClassRaster, open_class_raster
from ..raster.cog import color_table, create_geotiff, write_cog
from ..raster.styles import write_styles
from .tabulate import mask_inside, windows_covering
from .zones import Zone, project_zones

_MAX_NAME_CHARS = 60


def write_zone_maps(
    landcover: Path, zones: Sequence[Zone], folder: Path, period: str, language: str = "en",
    reporter: Reporter | None = None,
) -> dict[str, Path]:  # fmt: skip
    """Write a map of each zone, with its style: the pixels of a map whose centre lies in the zone.

    Parameters
    ----------
    landcover : single-band raster of class codes.
    zones : with unique keys, from `read_zones`.
    folder : of the maps; it is made. Maps of the same period of zones that are no longer there are removed from it.
    period : ends the names of the files, such as `Abancay_2020.tif`.
    language : of the class names in the styles, `en` or `es`.
    reporter : receives the progress of the stage "areas" in zones. None reports nothing.

    Returns
    -------
    Paths by the zones' keys; without the zones that lie outside of the map or contain no pixel centre.

    Raises
    ------
    RasterInvalid : where the map cannot be read.
    DiskFull, FolderNotWritable : where a file cannot be written.

    """
    folder.mkdir(parents=True, exist_ok=True)
    paths: dict[str, Path] = {}
    with open_class_raster(landcover) as raster:
        names = zone_file_names(zones)
        for number, (zone, shape) in enumerate(zip(zones, project_zones(zones, raster.grid), strict=True)):
            if reporter is not None:
                reporter.progress("areas", number, len(zones))
            path = folder / f"{names[zone.key]}_{period}.tif"
            if _write_zone(raster, shape, path):
                write_styles(path, None, language, raster.legend)
                paths[zone.key] = path
    for earlier in folder.glob(f"*_{period}.tif"):
        if earlier not in paths.values():
            earlier.unlink()
    return paths


def zone_file_names(zones: Sequence[Zone]) -> dict[str, str]:
    """Names of files by the zones' keys: each different, also where a file system ignores capital letters.

    Zones of one name get their code too, or their key where they have none.

    Parameters
    ----------
    zones : with unique keys.

    Examples
    --------
    >>> from shapely.geometry import Polygon
    >>> names = (("1", "San Juan", "0301"), ("2", "SAN JUAN", "0502"), ("3", "Ñahuimpuquio", "0903"))
    >>> zone_file_names([Zone(key, name, Polygon(), code=code) for key, name, code in names])
    {'1': 'San_Juan_0301', '2': 'SAN_JUAN_0502', '3': 'Nahuimpuquio'}

    """
    readable = {zone.key: _readable(zone.name) for zone in zones}
    counts: dict[str, int] = {}
    for name in readable.values():
        counts[name.lower()] = counts.get(name.lower(), 0) + 1
    names: dict[str, str] = {}
    taken: set[str] = set()
    for zone in zones:
        name = readable[zone.key]
        if counts[name.lower()] > 1:
            name = f"{name}_{_readable(zone.code or zone.key)}"
        while name.lower() in taken:
            name += "_"
        taken.add(name.lower())
        names[zone.key] = name
    return names


def _readable(text: str) -> str:
    """The text in the letters that every file system takes."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "_", ascii_text).strip("_")[:_MAX_NAME_CHARS] or "zone"


def _write_zone(raster: ClassRaster, shape: BaseGeometry, path: Path) -> bool:
    """Write the part of a map in a shape; whether it has a pixel."""
    extent = _extent(raster.grid, shape)
    if extent is None:
        return False
    grid = raster.grid.for_window(extent)
    colors = color_table({land_class.code: land_class.color for land_class in raster.legend})
    has_pixels = False
    with temporary_file(path) as plain:
        with create_geotiff(plain, grid, LANDCOVER, colors=colors, tags=own_tags(raster.tags)) as target:
            for window in grid.block_windows(2048):
                inside = mask_inside(grid.for_window(window), shape)
                has_pixels = has_pixels or bool(inside.any())
                source = Window(
                    extent.col_off + window.col_off, extent.row_off + window.row_off, window.width, window.height
                )
                codes = np.where(inside, raster.read(source), NO_DATA).astype(np.uint8)
                target.write(codes, 1, window=window)
        if has_pixels:
            with atomic_write(path) as finished:
                write_cog(plain, finished, LANDCOVER)
    return has_pixels


def _extent(grid: Grid, shape: BaseGeometry) -> Window | None:
    """The window of a map around a shape; None where they do not meet."""
    windows = list(_covering(grid, shape))
    if not windows:
        return None
    left, top = min(window.col_off for window in windows), min(window.row_off for window in windows)
    right = max(window.col_off + window.width for window in windows)
    bottom = max(window.row_off + window.height for window in windows)
    return Window(left, top, right - left, bottom - top)


def _covering(grid: Grid, shape: BaseGeometry) -> Iterator[Window]:
    return (window for window in windows_covering(grid, shape) if window.width > 0 and window.height > 0)
