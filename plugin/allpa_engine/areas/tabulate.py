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
from ..core.legend import CLASS_BY_CODE, CLOUDS, LEGEND, NO_DATA, LandClass
from ..core.messages import message
from ..core.protocol import NullReporter, Reporter
from ..geo.grid import Grid
from ..geo.pixel_area import PixelAreas, border_length_px, pixel_areas
from ..geo.projection import SQUARE_METRES_PER_HECTARE, true_area_ha
from ..geo.region import Region
from ..raster.class_raster import ClassRaster, open_class_raster, unknown_codes
from .table import AREA_TOLERANCE, AreaTable, area_rows

BLOCK_PX = 1024
"""Side of the blocks that are counted at once; memory is bounded by it (about 25 bytes per pixel)."""
CODE_COUNT = 256

Block = tuple[Window, NDArray[np.uint8], "NDArray[np.bool_] | None"]
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
    legend: Sequence[LandClass] = LEGEND,
) -> AreaTable:
    """The areas of a map's classes, in the whole map or in a region (pixels whose centre lies inside).

    Parameters
    ----------
    landcover : single-band raster of whole numbers, codes of `legend` and no data.
    region : part of the map to count; None counts all.
    language : of the names and notes, `en` or `es`.
    reporter : gets the progress; its `progress` may end the work by raising.
    legend : of the map; another product's may be used.

    Raises
    ------
    RasterInvalid : where the raster cannot be read or contains codes that are not in the legend.
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
    extent = box(*grid.bounds)
    shape = None if region is None else region_on_map(region, grid, raster.path)
    areas = pixel_areas(grid)
    counts = count_codes(read_blocks(raster.read, grid, shape, reporter), areas)
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
        observed_ha=sum(row.ellipsoidal_ha for row, land in zip(rows, legend) if land != CLASS_BY_CODE[CLOUDS]),
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

    Raises
    ------
    RegionInvalid : where it lies outside the map.

    """
    shape = region.geometry_in_crs(grid.crs)
    if not np.isfinite(shape.bounds).all() or not shape.intersects(box(*grid.bounds)):
        raise RegionInvalid(
            "The region is outside the map.", f"It does not intersect {path.name}.", "Choose another map or region."
        )
    return shape


def _tolerance_ha(grid: Grid, region: Region | None, areas: PixelAreas, region_ha: float) -> float:
    middle = areas.in_window(Window(grid.width // 2, grid.height // 2, 1, 1))
    pixel_ha = float(middle[0, 0]) / SQUARE_METRES_PER_HECTARE
    return max(AREA_TOLERANCE * region_ha, border_length_px(grid, region) * pixel_ha / 2)


def read_blocks(
    read: Callable[[Window], NDArray[np.uint8]],
    grid: Grid,
    shape: BaseGeometry | None,
    reporter: Reporter | None = None,
    stage: str = "areas",
) -> Iterator[Block]:
    """Codes of a grid block by block, without blocks that have no pixel centre inside `shape` (in the grid's CRS)."""
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


def count_codes(blocks: Iterable[Block], areas: PixelAreas) -> Histogram:
    """Pixels and true area of each code; `areas` are those of the blocks' grid."""
    pixels = np.zeros(CODE_COUNT, np.int64)
    area_m2 = np.zeros(CODE_COUNT, np.float64)
    for window, codes, inside in blocks:
        weights = np.broadcast_to(areas.in_window(window), codes.shape)
        counted, weighted = (codes.ravel(), weights.ravel()) if inside is None else (codes[inside], weights[inside])
        pixels += np.bincount(counted, minlength=CODE_COUNT)
        area_m2 += np.bincount(counted, weighted, CODE_COUNT)
    return Histogram(pixels, area_m2)


def windows_covering(grid: Grid, shape: BaseGeometry | None) -> Iterator[Window]:
    """Blocks that cover the bounds of `shape` as far as they lie in the grid, or the whole grid."""
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
    """Mask `(y, x)` of the pixels whose centre lies in `shape`; like `Grid.mask_inside`, but quick for long borders.

    The shape is cut to the grid and one pixel around first, since only that part can decide about the grid's pixels.
    """
    left, bottom, right, top = grid.bounds
    margin = grid.resolution
    if shape.covers(box(left, bottom, right, top)):
        return np.ones((grid.height, grid.width), bool)
    clipped = shapely.clip_by_rect(shape, left - margin, bottom - margin, right + margin, top + margin)
    return grid.mask_inside(clipped)


def check_known_codes(pixels: NDArray[np.int64], legend: Sequence[LandClass], path: Path) -> None:
    """Raise RasterInvalid where codes were counted that are neither no data nor of the legend."""
    known = {NO_DATA, *(land_class.code for land_class in legend)}
    unknown = [int(code) for code in np.flatnonzero(pixels) if int(code) not in known]
    if unknown:
        raise unknown_codes(path, unknown, f"the legend has {', '.join(map(str, sorted(known)))}")
