"""Areas per zone: one row for each polygon of a layer (provinces, districts, parcels)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Geod
from rasterio.windows import Window
from shapely.geometry import MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry

from ..core.legend import LEGEND, LandClass
from ..core.protocol import NullReporter, Reporter
from ..geo.grid import Grid
from ..geo.pixel_area import PixelAreas, pixel_areas
from ..geo.region import SQUARE_METRES_PER_HECTARE
from ..raster.class_raster import ClassRaster, open_class_raster
from .table import AreaRow, area_rows
from .tabulate import (
    BLOCK_PX,
    CODE_COUNT,
    Histogram,
    check_known_codes,
    coordinate_transform,
    mask_inside,
)

_WGS84 = Geod(ellps="WGS84")
_DEGREE_M = 111_320.0
_SLIVER_M2, _SLIVER_SHARE = 100.0, 0.01
REPAIRED, TOO_SMALL, OUTSIDE, PARTLY_OUTSIDE, OVERLAPS = "repaired", "small", "outside", "partly_outside", "overlaps"
_NOTES = {
    REPAIRED: ("its border crossed itself and was repaired", "su borde se cruzaba y fue reparado"),
    TOO_SMALL: (
        "no pixel has its centre in it: its true area is given to the class at its inner point",
        "ningún píxel tiene su centro en ella: su área verdadera se asigna a la clase de su punto interior",
    ),
    OUTSIDE: ("it lies outside the map", "queda fuera del mapa"),
    PARTLY_OUTSIDE: ("a part of it lies outside the map", "una parte queda fuera del mapa"),
    OVERLAPS: (
        "it overlaps other zones: shared land counts in each of them",
        "se superpone con otras zonas: la tierra común cuenta en cada una",
    ),
}


@dataclass(frozen=True)
class Zone:
    """One polygon of a layer."""

    key: str
    """Unique within the layer: the feature's id, or its number from 1."""
    name: str
    geometry: Polygon | MultiPolygon
    """Longitude/latitude WGS 84, valid."""
    properties: Mapping[str, Any] = field(default_factory=dict)
    """The feature's own attributes."""
    repaired: bool = False
    """Whether the border crossed itself."""


@dataclass(frozen=True)
class ZoneAreas:
    """The classes within one zone."""

    zone: Zone
    rows: tuple[AreaRow, ...]
    """Every class of the legend, as in the area table; percent of the zone's own total."""
    no_data: AreaRow
    total: AreaRow
    zone_ha: float
    """True area of the polygon itself."""
    remarks: tuple[str, ...]
    """What a reader must know, of `REPAIRED`, `TOO_SMALL`, `OUTSIDE`, `PARTLY_OUTSIDE`, `OVERLAPS`."""

    def remarks_text(self, language: str = "en") -> str:
        """The remarks in words; empty where there are none."""
        return "; ".join(_NOTES[remark][1 if language.startswith("es") else 0] for remark in self.remarks)


@dataclass(frozen=True)
class ZoneTable:
    """The areas of all the zones of a layer."""

    zones: tuple[ZoneAreas, ...]
    """In the order of the layer."""
    legend: Sequence[LandClass]
    language: str = "en"


def zone_table(
    landcover: Path,
    zones: Sequence[Zone],
    language: str = "en",
    reporter: Reporter | None = None,
    legend: Sequence[LandClass] = LEGEND,
) -> ZoneTable:
    """Count the classes in every zone (pixels whose centre lies inside).

    Each zone is counted by itself, so zones may overlap; memory is bounded by the block, time by the zones' bounds.

    Raises
    ------
    RasterInvalid : where the map cannot be read or holds codes that the legend does not know.

    """
    listener = reporter or NullReporter()
    overlapping = overlapping_zones([zone.geometry for zone in zones])
    zone_areas: list[ZoneAreas | None] = [None] * len(zones)
    seen = np.zeros(CODE_COUNT, np.int64)
    with open_class_raster(landcover) as raster:
        areas = pixel_areas(raster.grid)
        shapes = _project_zones(zones, raster.grid.crs)
        for done, index in enumerate(_spatial_order(shapes)):
            if done % 64 == 0:
                listener.progress("areas", done, len(zones))
            histogram = _zone_histogram(raster, areas, shapes[index])
            seen += histogram.pixels
            remarks = _remarks(zones[index], raster.grid, shapes[index], histogram, index in overlapping)
            if TOO_SMALL in remarks:
                histogram = _class_at_inner_point(raster, shapes[index], _area_m2(zones[index]))
            zone_areas[index] = _zone_areas(zones[index], histogram, areas.nominal_m2, remarks, language, legend)
    check_known_codes(seen, legend, landcover)
    listener.progress("areas", len(zones), len(zones))
    return ZoneTable(tuple(each for each in zone_areas if each is not None), legend, language)


def _project_zones(zones: Sequence[Zone], crs: str) -> list[BaseGeometry]:
    """All the zones in the map's CRS with one transformer; otherwise as `Region.projected`."""
    max_segment_degrees = 0.02  # degrees; a straight edge of 2 km bends by less than 0.1 m
    densified = shapely.segmentize(np.array([zone.geometry for zone in zones], dtype=object), max_segment_degrees)
    return list(shapely.transform(densified, coordinate_transform(CRS.from_epsg(4326), CRS.from_user_input(crs))))


def _zone_histogram(raster: ClassRaster, areas: PixelAreas, geometry: BaseGeometry) -> Histogram:
    pixels = np.zeros(CODE_COUNT, np.int64)
    area_m2 = np.zeros(CODE_COUNT, np.float64)
    shapely.prepare(geometry)
    for window in _windows_intersecting(raster.grid, geometry):
        inside = mask_inside(raster.grid.part(window), geometry)
        if not inside.any():
            continue
        codes = raster.read(window)[inside]
        weights = np.broadcast_to(areas.in_window(window), inside.shape)[inside]
        pixels += np.bincount(codes, minlength=CODE_COUNT)
        area_m2 += np.bincount(codes, weights, CODE_COUNT)
    return Histogram(pixels, area_m2)


def _windows_intersecting(grid: Grid, geometry: BaseGeometry) -> Iterator[Window]:
    """Blocks that cover the bounds of a geometry, as far as they lie in the grid."""
    west, south, east, north = geometry.bounds
    first_column = max(0, int(np.floor((west - grid.left) / grid.resolution)))
    last_column = min(grid.width, int(np.ceil((east - grid.left) / grid.resolution)))
    first_row = max(0, int(np.floor((grid.top - north) / grid.resolution)))
    last_row = min(grid.height, int(np.ceil((grid.top - south) / grid.resolution)))
    for row in range(first_row, last_row, BLOCK_PX):
        for column in range(first_column, last_column, BLOCK_PX):
            yield Window(column, row, min(BLOCK_PX, last_column - column), min(BLOCK_PX, last_row - row))


def _spatial_order(shapes: Sequence[BaseGeometry]) -> list[int]:
    """Places of the shapes so that neighbours follow each other: blocks of the file are then read once."""
    if not shapes:
        return []
    centres = shapely.get_coordinates(shapely.centroid(np.array(shapes, dtype=object)))
    low, high = centres.min(axis=0), centres.max(axis=0)
    cells = ((centres - low) / np.maximum(high - low, 1e-12) * 31.999).astype(int)
    # Rows of cells run to and fro, so the next cell is always beside the last.
    column_order = np.where(cells[:, 1] % 2 == 0, cells[:, 0], 31 - cells[:, 0])
    return [int(index) for index in np.lexsort((column_order, cells[:, 1]))]


def _remarks(zone: Zone, grid: Grid, geometry: BaseGeometry, histogram: Histogram, overlaps: bool) -> tuple[str, ...]:
    half_pixel = grid.resolution / 2  # pixels' centres decide, so less than that beyond the map changes nothing
    left, bottom, right, top = grid.bounds
    west, south, east, north = geometry.bounds
    remarks = [REPAIRED] if zone.repaired else []
    if not geometry.intersects(box(left, bottom, right, top)):
        return (*remarks, OUTSIDE)
    if min(west - left, south - bottom, right - east, top - north) < -half_pixel:
        remarks.append(PARTLY_OUTSIDE)
    if not histogram.pixels.any():
        remarks.append(TOO_SMALL)
    if overlaps:
        remarks.append(OVERLAPS)
    return tuple(remarks)


def _class_at_inner_point(raster: ClassRaster, geometry: BaseGeometry, area_m2: float) -> Histogram:
    """No pixels, but the zone's own area under the class at a point inside it (and inside the map)."""
    grid = raster.grid
    point = geometry.intersection(box(*grid.bounds)).representative_point()
    column = min(grid.width - 1, max(0, int((point.x - grid.left) / grid.resolution)))
    row = min(grid.height - 1, max(0, int((grid.top - point.y) / grid.resolution)))
    areas = np.zeros(CODE_COUNT, np.float64)
    areas[raster.read(Window(column, row, 1, 1))[0, 0]] = area_m2
    return Histogram(np.zeros(CODE_COUNT, np.int64), areas)


def _zone_areas(
    zone: Zone,
    histogram: Histogram,
    nominal_m2: float | None,
    remarks: tuple[str, ...],
    language: str,
    legend: Sequence[LandClass],
) -> ZoneAreas:
    rows, no_data, total = area_rows(
        dict(enumerate(histogram.pixels.tolist())),
        dict(enumerate(histogram.area_m2.tolist())),
        # A zone below the size of a pixel has no pixels to count: its true area stands in both columns.
        None if TOO_SMALL in remarks else nominal_m2,
        language,
        legend,
    )
    return ZoneAreas(zone, rows, no_data, total, _area_m2(zone) / SQUARE_METRES_PER_HECTARE, remarks)


def _area_m2(zone: Zone) -> float:
    return abs(float(_WGS84.geometry_area_perimeter(zone.geometry)[0]))


def overlapping_zones(geometries: Sequence[BaseGeometry]) -> frozenset[int]:
    """Places of the polygons (longitude and latitude) that share land with another; a shared border is no overlap.

    Where neighbours have different points on their common border, slivers lie between them. What is smaller than a
    hundredth of the smaller polygon and than 100 m² is taken as such.
    """
    shapes = np.array(geometries, dtype=object)
    tree = shapely.STRtree(shapes)
    left, right = tree.query(shapes, predicate="intersects")
    pairs = left < right
    left, right = left[pairs], right[pairs]
    interiors_intersect: NDArray[np.bool_] = shapely.relate_pattern(shapes[left], shapes[right], "T********")
    left, right = left[interiors_intersect], right[interiors_intersect]
    smaller = np.minimum(shapely.area(shapes[left]), shapely.area(shapes[right]))
    latitude = np.radians(shapely.bounds(shapes[left]).reshape(-1, 4)[:, 1])
    sliver = np.minimum(_SLIVER_M2 / (_DEGREE_M**2 * np.cos(latitude)), _SLIVER_SHARE * smaller)
    shared = shapely.area(shapely.intersection(shapes[left], shapes[right])) > sliver
    return frozenset(int(index) for index in np.concatenate([left[shared], right[shared]]))
