"""What the map says of every zone, and in which zones the points of a sample lie."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.windows import Window
from shapely.geometry.base import BaseGeometry

from ..areas.tabulate import read_blocks, region_on_map
from ..areas.zones import Zone, overlapping_zones, project_zones
from ..core.errors import RasterInvalid, RegionInvalid
from ..core.messages import Message, message
from ..core.products import QUALITY
from ..core.protocol import NullReporter, Reporter
from ..geo.grid import grid_difference, grid_of
from ..geo.pixel_area import PixelAreas, pixel_areas
from ..geo.projection import SQUARE_METRES_PER_HECTARE
from ..geo.region import Region
from ..raster.class_raster import ClassRaster, open_class_raster, open_quality_raster
from .class_probability import Floats, Indices, MapCells

CONFIDENCE_STEPS = (128, 160, 190, 220, 240, 254)
"""Lower limits of the steps of confidence, of 255; finer above, where most pixels are."""
STAGE = "zones"
_CODES = 256
_CONFIDENCE, _SECOND = (1 + [band.key for band in QUALITY.bands].index(key) for key in ("confidence", "second"))


@dataclass(frozen=True)
class ZoneMap:
    """Areas of the map's cells by zone, and the points in zones and cells."""

    zones: tuple[Zone, ...]
    cells: MapCells
    """With the codes of the map alone."""
    area_ha: Floats
    """`(zone, cell)` on the ellipsoid; one row more than zones where land lies in none of them: the last row."""
    has_rest: bool
    """Whether there is such a row."""
    point_cell: Indices
    """`(point,)`: -1 outside the map, on no data, and outside the region."""
    pair_point: Indices
    """`(pair,)`: a pair for every zone, or the rest, in which a point lies; several where zones overlap."""
    pair_zone: Indices
    overlaps: bool
    notes: tuple[Message, ...] = ()


def count_zone_map(
    map_path: Path,
    quality_path: Path | None,
    zones: Sequence[Zone],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    region: Region | None = None,
    reporter: Reporter | None = None,
) -> ZoneMap:
    """Count a map by zone and cell, block by block, and find the cells and zones of points.

    Parameters
    ----------
    map_path : the assessed map.
    quality_path : its quality raster, for confidence and second class; None counts mapped classes alone.
    zones : polygons with unique keys; a pixel belongs to every zone in which its centre lies.
    x, y : coordinates of the points in the CRS of the map.
    region : part of the map from which the sample was drawn; None takes all of it.
    reporter : receives the progress of the stage "zones"; its `progress` may raise to stop the work.

    Returns
    -------
    Areas and points. A zone outside the map has no area, and a note.

    Raises
    ------
    RasterInvalid : where a raster cannot be read, or the two are on different grids.
    RegionInvalid : where no zone, or the region, lies on the map.

    """
    with ExitStack() as stack:
        raster = stack.enter_context(open_class_raster(map_path))
        quality = None if quality_path is None else stack.enter_context(open_quality_raster(quality_path))
        if quality is not None and (difference := grid_difference(raster.grid, grid_of(quality))):
            raise RasterInvalid(
                message(
                    "The quality raster {name} is not on the grid of {map}.",
                    name=Path(quality.name).name,
                    map=map_path.name,
                ),
                difference,
                "Give the quality raster of the same run.",
            )
        shape = None if region is None else region_on_map(region, raster.grid, map_path)
        shapes = project_zones(zones, raster.grid)
        counter = _Counter(raster, quality, _pixel_index(raster, x, y))
        whole = counter.count(shape)
        listener = reporter or NullReporter()
        counts = []
        for done, zone_shape in enumerate(shapes):
            listener.progress(STAGE, done, len(shapes))
            counts.append(counter.count(zone_shape if shape is None else zone_shape.intersection(shape)))
        listener.progress(STAGE, len(shapes), len(shapes))
    if not any(count.area_ha.size for count in counts):
        raise RegionInvalid(
            "All zones are outside the map.",
            message("None of the {count} zones has a pixel of {map}.", count=len(zones), map=map_path.name),
            "Choose another map, or check the CRS of the zones.",
        )
    overlaps = bool(overlapping_zones([zone.geometry for zone in zones]))
    return _joined(zones, len(x), whole, counts, overlaps=overlaps)


@dataclass(frozen=True)
class _CellCount:
    """The cells of one shape: keys ascending, their areas, and points with the keys of their cells."""

    keys: NDArray[np.int64]
    area_ha: Floats
    points: Indices
    point_keys: NDArray[np.int64]


@dataclass(frozen=True)
class _Counter:
    raster: ClassRaster
    quality: DatasetReader | None
    pixel: NDArray[np.int64]
    """`(point, 2)`: row and column."""

    def count(self, shape: BaseGeometry | None) -> _CellCount:
        """Count the pixels whose centre lies in a shape; None counts the whole map."""
        areas = pixel_areas(self.raster.grid)
        area_by_key: dict[int, float] = {}
        points: list[Indices] = []
        point_keys: list[NDArray[np.int64]] = []
        for window, keys, inside in self._blocks(shape):
            for key, area in zip(*_area_by_key(keys, inside, areas, window), strict=True):
                area_by_key[key] = area_by_key.get(key, 0.0) + area
            row, column = (self.pixel - (int(window.row_off), int(window.col_off))).T
            here = np.flatnonzero((row >= 0) & (row < keys.shape[0]) & (column >= 0) & (column < keys.shape[1]))
            here = here[inside[row[here], column[here]]]
            points.append(here)
            point_keys.append(keys[row[here], column[here]])
        order = np.array(sorted(area_by_key), np.int64)
        area_ha = np.array([area_by_key[int(key)] for key in order]) / SQUARE_METRES_PER_HECTARE
        return _CellCount(
            order,
            area_ha,
            np.concatenate([np.zeros(0, np.intp), *points]),
            np.concatenate([np.zeros(0, np.int64), *point_keys]),
        )

    def _blocks(self, shape: BaseGeometry | None) -> Iterator[tuple[Window, NDArray[np.int64], NDArray[np.bool_]]]:
        """Windows with the keys of the cells, and where there is data inside the shape."""
        for window, codes, inside in read_blocks(self.raster.read, self.raster.grid, shape):
            has_data = codes > 0 if inside is None else (codes > 0) & inside
            keys = codes.astype(np.int64) * _CODES * (len(CONFIDENCE_STEPS) + 1)
            if self.quality is not None:
                try:
                    confidence, second = self.quality.read([_CONFIDENCE, _SECOND], window=window)
                except RasterioError as error:
                    raise RasterInvalid(
                        message("{name} is damaged.", name=Path(self.quality.name).name), str(error)
                    ) from error
                keys += np.searchsorted(CONFIDENCE_STEPS, confidence, side="right") * _CODES + second
            yield window, keys, has_data


def _area_by_key(
    keys: NDArray[np.int64], inside: NDArray[np.bool_], areas: PixelAreas, window: Window
) -> tuple[list[int], list[float]]:
    weights = np.broadcast_to(areas.in_window(window), keys.shape)[inside]
    area_m2 = np.bincount(keys[inside], weights)
    present = np.flatnonzero(area_m2)
    return present.tolist(), area_m2[present].tolist()


def _pixel_index(raster: ClassRaster, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int64]:
    """Row and column of points, `(point, 2)`; -1 where they are no numbers."""
    grid = raster.grid
    index = np.stack([(grid.top - y) / grid.resolution, (x - grid.left) / grid.resolution], axis=1)
    return np.floor(np.nan_to_num(index, nan=-1.0, posinf=-1.0, neginf=-1.0)).astype(np.int64)


def _joined(
    zones: Sequence[Zone], point_count: int, whole: _CellCount, counts: Sequence[_CellCount], *, overlaps: bool
) -> ZoneMap:
    area_ha = np.zeros((len(zones), len(whole.keys)))
    for row, count in zip(area_ha, counts, strict=True):
        row[np.searchsorted(whole.keys, count.keys)] = count.area_ha
    point_cell = np.full(point_count, -1, np.intp)
    point_cell[whole.points] = np.searchsorted(whole.keys, whole.point_keys)
    pair_zone = np.concatenate([np.full(len(count.points), index) for index, count in enumerate(counts)])
    pair_point = np.concatenate([count.points for count in counts])
    rest = np.maximum(whole.area_ha - area_ha.sum(axis=0), 0.0)
    has_rest = not overlaps and bool(rest.sum() > 1e-9 * whole.area_ha.sum())
    if has_rest:
        outside = np.setdiff1d(whole.points, pair_point)
        area_ha = np.vstack([area_ha, rest])
        pair_zone = np.concatenate([pair_zone, np.full(len(outside), len(zones))])
        pair_point = np.concatenate([pair_point, outside])
    return ZoneMap(
        tuple(zones),
        _map_cells(whole.keys),
        area_ha,
        has_rest,
        point_cell,
        pair_point.astype(np.intp),
        pair_zone.astype(np.intp),
        overlaps,
        tuple(_notes(zones, area_ha, overlaps=overlaps)),
    )


def _map_cells(keys: NDArray[np.int64]) -> MapCells:
    rest, second = np.divmod(keys, _CODES)
    code, step = np.divmod(rest, len(CONFIDENCE_STEPS) + 1)
    codes, mapped = np.unique(code, return_inverse=True)
    return MapCells(tuple(codes.tolist()), mapped.reshape(-1).astype(np.intp), step, second)


def _notes(zones: Sequence[Zone], area_ha: Floats, *, overlaps: bool) -> Iterator[Message]:
    for zone, area in zip(zones, area_ha.sum(axis=1).tolist(), strict=False):
        if not area:
            yield message("Zone {name} has no pixel of the map: it gets no estimate.", name=zone.name)
    if overlaps:
        yield message(
            "Zones overlap: land that two zones share is estimated in both, so the zones do not add up to the whole."
        )
