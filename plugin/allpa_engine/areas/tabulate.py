"""Counting classes: one streaming pass over a map, in whole pixels and in true area."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Geod, Transformer
from rasterio.windows import Window
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from ..core.errors import RasterInvalid, RegionInvalid
from ..core.legend import CLASS_BY_CODE, CLOUDS, LEGEND, NO_DATA, LandClass
from ..core.protocol import NullReporter, Reporter
from ..geo.grid import Grid
from ..geo.pixel_area import PixelAreas, border_length_px, pixel_areas
from ..geo.region import SQUARE_METRES_PER_HECTARE, Region
from ..raster.class_raster import ClassRaster, open_class_raster
from .table import AREA_TOLERANCE, AreaTable, area_rows

BLOCK_PX = 1024
"""Side of the blocks that are counted at once; memory is bounded by it (about 25 bytes per pixel)."""
CODE_COUNT = 256


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
    legend: Sequence[LandClass] = LEGEND,
) -> AreaTable:
    """The areas of a map's classes, in the whole map or in a region (pixels whose centre lies inside).

    `landcover` is a single-band uint8 raster with the codes of `legend` and 0 for no data; another product's legend
    may be given.

    Raises
    ------
    RasterInvalid : where the raster cannot be read or holds codes that the legend does not know.
    RegionInvalid : where the region lies outside the raster.

    """
    with open_class_raster(landcover) as raster:
        return tabulate_raster(raster, region, language, reporter, legend)


def tabulate_raster(
    raster: ClassRaster,
    region: Region | None = None,
    language: str = "en",
    reporter: Reporter | None = None,
    legend: Sequence[LandClass] = LEGEND,
) -> AreaTable:
    """The areas of an open map's classes; as `area_table`."""
    grid = raster.grid
    shape = None if region is None else _project_region(raster, region)
    areas = pixel_areas(grid)
    counts = histogram(raster, areas, shape, reporter or NullReporter())
    check_known_codes(counts.pixels, legend, raster.path)
    codes = [NO_DATA, *(land.code for land in legend)]
    rows, no_data, total = area_rows(
        {code: int(counts.pixels[code]) for code in codes},
        {code: float(counts.area_m2[code]) for code in codes},
        areas.nominal_m2,
        language,
        legend,
    )
    return AreaTable(
        rows=rows,
        no_data=no_data,
        total=total,
        resolution=grid.resolution,
        unit="°" if areas.nominal_m2 is None else "m",
        region_ha=true_area_ha(box(*grid.bounds), grid.crs) if region is None else region.area_ha,
        outside_map_ha=0.0 if shape is None else true_area_ha(shape.difference(box(*grid.bounds)), grid.crs),
        tolerance_ha=_tolerance_ha(grid, region, areas),
        observed_ha=sum(row.ellipsoidal_ha for row, land in zip(rows, legend) if land != CLASS_BY_CODE[CLOUDS]),
        region_name="" if region is None else region.name,
        language=language,
    )


def _project_region(raster: ClassRaster, region: Region) -> BaseGeometry:
    """The region in the map's CRS."""
    shape = region.geometry_in_crs(raster.grid.crs)
    if not shape.intersects(box(*raster.grid.bounds)):
        raise RegionInvalid(
            "The region lies outside the map.", f"{raster.path.name} does not touch it.", "Choose another map."
        )
    return shape


def _tolerance_ha(grid: Grid, region: Region | None, areas: PixelAreas) -> float:
    middle = areas.in_window(Window(grid.width // 2, grid.height // 2, 1, 1))
    pixel_ha = float(middle[0, 0]) / SQUARE_METRES_PER_HECTARE
    region_ha = true_area_ha(box(*grid.bounds), grid.crs) if region is None else region.area_ha
    return max(AREA_TOLERANCE * region_ha, border_length_px(grid, region) * pixel_ha / 2)


def histogram(raster: ClassRaster, areas: PixelAreas, shape: BaseGeometry | None, reporter: Reporter) -> Histogram:
    """Count the codes of a raster, block by block; with `shape` (in the raster's CRS) only in it."""
    pixels = np.zeros(CODE_COUNT, np.int64)
    area_m2 = np.zeros(CODE_COUNT, np.float64)
    grid = raster.grid
    windows = list(windows_intersecting(grid, shape))
    if shape is not None:
        shapely.prepare(shape)
    for done, window in enumerate(windows):
        reporter.progress("areas", done, len(windows))
        inside = None if shape is None else mask_inside(grid.part(window), shape)
        if inside is not None and not inside.any():
            continue
        codes = raster.read(window)
        weights = np.broadcast_to(areas.in_window(window), codes.shape)
        if inside is not None:
            codes, weights = codes[inside], weights[inside]
        pixels += np.bincount(codes.ravel(), minlength=CODE_COUNT)
        area_m2 += np.bincount(codes.ravel(), weights.ravel(), CODE_COUNT)
    reporter.progress("areas", len(windows), len(windows))
    return Histogram(pixels, area_m2)


def windows_intersecting(grid: Grid, shape: BaseGeometry | None, size: int = BLOCK_PX) -> Iterator[Window]:
    """The blocks of a grid that the bounds of `shape` touch, or all."""
    if shape is None:
        yield from grid.blocks(size)
        return
    west, south, east, north = shape.bounds
    for window in grid.blocks(size):
        left, bottom, right, top = grid.part(window).bounds
        if left <= east and right >= west and bottom <= north and top >= south:
            yield window


def mask_inside(grid: Grid, shape: BaseGeometry) -> NDArray[np.bool_]:
    """Mask `(y, x)` of the pixels whose centre lies in `shape`; like `Grid.inside`, but quick for long borders.

    The shape is cut to the grid and one pixel around first, since only that part can decide about the grid's pixels.
    """
    left, bottom, right, top = grid.bounds
    margin = grid.resolution
    extent = box(left, bottom, right, top)
    if shape.covers(extent):
        return np.ones((grid.height, grid.width), bool)
    clipped = shapely.clip_by_rect(shape, left - margin, bottom - margin, right + margin, top + margin)
    return grid.inside(clipped)


def check_known_codes(pixels: NDArray[np.int64], legend: Sequence[LandClass], path: Path) -> None:
    """Raise RasterInvalid where codes were counted that are neither no data nor of the legend."""
    known = {NO_DATA, *(land.code for land in legend)}
    unknown = [int(code) for code in np.flatnonzero(pixels) if int(code) not in known]
    if unknown:
        raise RasterInvalid(
            f"{Path(path).name} holds codes that the legend does not know.",
            f"They are {', '.join(map(str, unknown[:10]))}; the legend has {', '.join(map(str, sorted(known)))}.",
        )


def true_area_ha(shape: BaseGeometry, crs: str) -> float:
    """Area on the ellipsoid of the CRS, of a polygon in that CRS (its edges taken as straight in the map)."""
    if shape.is_empty:
        return 0.0
    system = CRS.from_user_input(crs)
    geod = system.get_geod() or Geod(ellps="WGS84")
    west, south, east, north = shape.bounds
    densified = shape.segmentize(max(east - west, north - south, 1e-9) / 512)
    geodetic = system.geodetic_crs
    if system.is_projected and geodetic is not None:
        densified = shapely.transform(densified, coordinate_transform(system, geodetic))
    area_m2, _ = geod.geometry_area_perimeter(densified)
    return abs(float(area_m2)) / SQUARE_METRES_PER_HECTARE


def coordinate_transform(source: CRS, target: CRS) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """A function from coordinates `(n, 2)` x/y of one CRS to another's, as `shapely.transform` takes it."""
    transformer = Transformer.from_crs(source, target, always_xy=True)

    def convert(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(transformer.transform(points[:, 0], points[:, 1]))

    return convert
