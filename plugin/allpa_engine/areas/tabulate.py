"""Counting classes: one streaming pass over a map, in whole pixels and in true area."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.windows import Window
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from ..core.errors import RegionInvalid
from ..core.legend import NO_DATA, ROLE_CLOUDS, LandClass
from ..core.messages import message
from ..core.protocol import NullReporter, Reporter
from ..geo.grid import Grid
from ..geo.pixel_area import PixelAreas, border_length_px, pixel_areas
from ..geo.projection import SQUARE_METRES_PER_HECTARE, true_area_ha
from ..geo.region import Region
from ..raster.class_raster import ClassRaster, Codes, open_class_raster, unknown_codes
from .table import AREA_TOLERANCE, AreaTable, area_rows

BLOCK_PX = 1024
"""Side of the blocks that are counted at once; memory is bounded by it (about 25 bytes per pixel)."""
CODE_COUNT = 256

Block = tuple[Window, Codes, "NDArray[np.bool_] | None"]
"""A window of a grid, its codes `(y, x)`, and which of them lie inside a shape (None: all)."""


@dataclass(frozen=True)
class Histogram:
    """Pixels and true area of each code of a uint8 raster."""

    pixels: NDArray[np.int64]
    """`(256,)`, index = code."""
    area_m2: NDArray[np.float64]
    """`(256,)`, on the ellipsoid."""


def area_table(
    landcover: Path,
    region: Region | None = None,
    language: str = "en",
    reporter: Reporter | None = None,
    legend: Sequence[LandClass] | None = None,
) -> AreaTable:
    """The areas of a map's classes, in the whole map or in a region (pixels whose centre lies inside).

    Parameters
    ----------
    landcover : single-band raster of whole numbers, codes of `legend` and no data (0, or what the file declares).
    region : part of the map to count; None counts all of it.
    language : of the names and notes, `en` or `es`.
    reporter : receives the progress of the stage "areas"; its `progress` may raise to stop the work. None reports
        nothing.
    legend : the classes of the map; None takes that of the raster. That of another product may be given.

    Returns
    -------
    A row for each class of the legend, rows for no data and the total, hectares both in nominal pixels and on the
    ellipsoid.

    Raises
    ------
    RasterInvalid : where the raster cannot be read or contains codes that are not in the legend.
    RegionInvalid : where the region lies outside the raster.

    Examples
    --------
    >>> import tempfile
    >>> import rasterio
    >>> from ..raster.gdal import gtiff_profile
    >>> grid = Grid("EPSG:32718", 700_000, 8_500_000, 10, 2, 2)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "map.tif"
    ...     with rasterio.open(path, "w", **gtiff_profile(grid, 1, "uint8", nodata=0)) as target:
    ...         target.write(np.array([[2, 2], [2, 5]], np.uint8), 1)
    ...     table = area_table(path)
    >>> [(row.name, row.pixels, row.area_ha, row.percent) for row in table.rows if row.pixels]
    [('Trees', 3, 0.03, 75.0), ('Crops', 1, 0.01, 25.0)]

    """
    with open_class_raster(landcover) as raster:
        return tabulate_raster(raster, region, language, reporter, legend)


def tabulate_raster(
    raster: ClassRaster,
    region: Region | None = None,
    language: str = "en",
    reporter: Reporter | None = None,
    legend: Sequence[LandClass] | None = None,
) -> AreaTable:
    """The areas of the classes of a map that is open already; `area_table` opens it first.

    Parameters
    ----------
    raster : the map; codes of `legend`, 0 no data.
    region : part of the map to count (pixels whose centre lies inside); None counts all of it.
    language : of the names and notes, `en` or `es`.
    reporter : receives the progress of the stage "areas"; None reports nothing.
    legend : the classes of the map; None takes that of the raster.

    Returns
    -------
    As `area_table`.

    Raises
    ------
    RasterInvalid : where the raster is damaged or contains codes that are not in the legend.
    RegionInvalid : where the region lies outside the raster.

    """
    grid = raster.grid
    legend = raster.legend if legend is None else legend
    extent = box(*grid.bounds)
    shape = None if region is None else region_on_map(region, grid, raster.path)
    areas = pixel_areas(grid)
    counts = count_codes(read_blocks(raster.read, grid, shape, reporter), areas, raster.code_count)
    check_known_codes(counts.pixels, legend, raster.path)
    rows, no_data, total = area_rows(
        dict(enumerate(counts.pixels.tolist())),
        dict(enumerate(counts.area_m2.tolist())),
        areas.nominal_m2,
        language,
        legend,
    )
    region_ha = true_area_ha(extent, grid.crs) if region is None else region.area_ha
    return AreaTable(
        rows=rows,
        no_data=no_data,
        total=total,
        resolution=grid.resolution,
        unit=grid.unit,
        region_ha=region_ha,
        outside_map_ha=0.0 if shape is None else true_area_ha(shape.difference(extent), grid.crs),
        tolerance_ha=_tolerance_ha(grid, region, areas, region_ha),
        observed_ha=sum(row.ellipsoidal_ha for row, land in zip(rows, legend) if land.role != ROLE_CLOUDS),
        region_name="" if region is None else region.name,
        language=language,
        notes=_notes(areas, total.pixels),
        legend=legend,
    )


def _notes(areas: PixelAreas, class_pixels: int) -> tuple[str, ...]:
    empty = "" if class_pixels else message("No pixel of the map has a class here: there are no areas.")
    return tuple(note for note in (empty, areas.note) if note)


def region_on_map(region: Region, grid: Grid, path: Path) -> BaseGeometry:
    """The region in the map's CRS.

    Parameters
    ----------
    region : in longitude and latitude.
    grid : of the map.
    path : of the map; only its name is used, in the error.

    Returns
    -------
    Polygon or multipolygon in the CRS of `grid`; parts of it may lie outside the map.

    Raises
    ------
    RegionInvalid : where it lies outside the map, or has no place in the map's CRS.

    """
    shape = region.geometry_in_crs(grid.crs)
    if not np.isfinite(shape.bounds).all() or not shape.intersects(box(*grid.bounds)):
        raise RegionInvalid(
            "The region is outside the map.",
            message("It does not intersect {name}.", name=path.name),
            "Choose another map or region.",
        )
    return shape


def _tolerance_ha(grid: Grid, region: Region | None, areas: PixelAreas, region_ha: float) -> float:
    middle = areas.in_window(Window(grid.width // 2, grid.height // 2, 1, 1))
    pixel_ha = float(middle[0, 0]) / SQUARE_METRES_PER_HECTARE
    return max(AREA_TOLERANCE * region_ha, border_length_px(grid, region) * pixel_ha / 2)


def read_blocks(
    read: Callable[[Window], Codes],
    grid: Grid,
    shape: BaseGeometry | None,
    reporter: Reporter | None = None,
    stage: str = "areas",
) -> Iterator[Block]:
    """Read a raster block by block, without the blocks that have no pixel centre inside a shape.

    Parameters
    ----------
    read : returns the codes `(y, x)` of a window of the grid.
    grid : of the raster.
    shape : in the grid's CRS; None reads the whole grid.
    reporter : receives the number of blocks that are done; None reports nothing.
    stage : name of the stage in these reports.

    Yields
    ------
    A window of the grid of at most `BLOCK_PX` pixels a side, its codes `(y, x)`, and a mask `(y, x)` that is True
    inside the shape (None where there is no shape).

    """
    listener = reporter or NullReporter()
    windows = list(windows_covering(grid, shape))
    if shape is not None:
        shapely.prepare(shape)
    for done, window in enumerate(windows):
        listener.progress(stage, done, len(windows))
        inside = None if shape is None else mask_inside(grid.for_window(window), shape)
        if inside is None or inside.any():
            yield window, read(window), inside
    listener.progress(stage, len(windows), len(windows))


def count_codes(blocks: Iterable[Block], areas: PixelAreas, code_count: int = CODE_COUNT) -> Histogram:
    """Count the pixels of every code, and add up their area on the ellipsoid.

    Parameters
    ----------
    blocks : windows, codes and masks, as `read_blocks` yields them; no two windows overlap.
    areas : areas of the pixels of the grid that the windows belong to.
    code_count : one more than the largest code.

    Returns
    -------
    Pixels and square metres by code, `(code_count,)` each; code 0 (no data) is counted too.

    Examples
    --------
    >>> areas = pixel_areas(Grid("EPSG:32718", 500_000, 9_000_000, 10, 3, 1))
    >>> block = Window(0, 0, 3, 1), np.array([[2, 2, 5]], np.uint8), np.array([[True, True, False]])
    >>> counts = count_codes([block], areas)
    >>> counts.pixels[[2, 5]].tolist(), counts.area_m2[[2, 5]].round(1).tolist()
    ([2, 0], [200.2, 0.0])

    """
    pixels = np.zeros(code_count, np.int64)
    area_m2 = np.zeros(code_count, np.float64)
    for window, codes, inside in blocks:
        weights = np.broadcast_to(areas.in_window(window), codes.shape)
        counted, weighted = (codes.ravel(), weights.ravel()) if inside is None else (codes[inside], weights[inside])
        pixels += np.bincount(counted, minlength=code_count)
        area_m2 += np.bincount(counted, weighted, code_count)
    return Histogram(pixels, area_m2)


def windows_covering(grid: Grid, shape: BaseGeometry | None) -> Iterator[Window]:
    """Windows of a grid that cover the bounds of a shape as far as these lie in the grid.

    Parameters
    ----------
    grid : the grid.
    shape : in the grid's CRS; None covers the whole grid, an empty shape nothing.

    Yields
    ------
    Windows of at most `BLOCK_PX` pixels a side, row by row, that do not overlap.

    Examples
    --------
    >>> grid = Grid("EPSG:32718", 0, 20_480, 10, 2048, 2048)
    >>> [(w.col_off, w.row_off, w.width, w.height) for w in windows_covering(grid, box(100, 20_300, 350, 20_480))]
    [(10, 0, 25, 18)]

    """
    if shape is None:
        yield from grid.block_windows(BLOCK_PX)
        return
    if shape.is_empty:
        return
    west, south, east, north = shape.bounds
    first_column = max(0, int(np.floor((west - grid.left) / grid.resolution)))
    last_column = min(grid.width, int(np.ceil((east - grid.left) / grid.resolution)))
    first_row = max(0, int(np.floor((grid.top - north) / grid.resolution)))
    last_row = min(grid.height, int(np.ceil((grid.top - south) / grid.resolution)))
    for row in range(first_row, last_row, BLOCK_PX):
        for column in range(first_column, last_column, BLOCK_PX):
            yield Window(column, row, min(BLOCK_PX, last_column - column), min(BLOCK_PX, last_row - row))


def mask_inside(grid: Grid, shape: BaseGeometry) -> NDArray[np.bool_]:
    """Mask of the pixels whose centre lies in a shape; like `Grid.mask_inside`, but quick for long borders.

    The shape is cut to the grid and one pixel around first, since only that part can decide about the grid's pixels.

    Parameters
    ----------
    grid : where the pixels lie.
    shape : in the grid's CRS.

    Returns
    -------
    Mask `(y, x)`, True inside.

    Examples
    --------
    >>> mask_inside(Grid("EPSG:32718", 0, 30, 10, 3, 3), box(0, 0, 20, 20)).astype(int).tolist()
    [[0, 0, 0], [1, 1, 0], [1, 1, 0]]

    """
    left, bottom, right, top = grid.bounds
    margin = grid.resolution
    if shape.covers(box(left, bottom, right, top)):
        return np.ones((grid.height, grid.width), bool)
    clipped = shapely.clip_by_rect(shape, left - margin, bottom - margin, right + margin, top + margin)
    return grid.mask_inside(clipped)


def check_known_codes(pixels: NDArray[np.int64], legend: Sequence[LandClass], path: Path) -> None:
    """Check that every code that was counted is no data or has a class.

    Parameters
    ----------
    pixels : numbers of pixels, index = code, such as `Histogram.pixels`.
    legend : the classes.
    path : of the map; only its name is used, in the error.

    Raises
    ------
    RasterInvalid : where another code was counted.

    """
    known = {NO_DATA, *(land_class.code for land_class in legend)}
    unknown = [int(code) for code in np.flatnonzero(pixels) if int(code) not in known]
    if unknown:
        raise unknown_codes(path, unknown, message("the legend has {codes}", codes=", ".join(map(str, sorted(known)))))
