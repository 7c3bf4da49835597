"""Areas per zone: one row for each feature of a polygon layer (provinces, districts, parcels)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.windows import Window
from shapely.geometry import MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry

from ..core.errors import RegionInvalid
from ..core.legend import Legend
from ..core.messages import Message, joined, message, translatable, translate
from ..core.protocol import NullReporter, Reporter
from ..geo.grid import Grid
from ..geo.pixel_area import pixel_areas
from ..geo.projection import (
    MAX_EDGE_DEGREES,
    SQUARE_METRES_PER_HECTARE,
    WGS84,
    coordinate_transform,
    reprojected,
    true_area_ha,
)
from ..geo.region import polygon_parts
from ..raster.class_raster import ClassRaster, open_class_raster
from .table import AreaRow, area_rows
from .tabulate import Histogram, check_known_codes, count_codes, read_blocks

_DEGREE_M = 111_320.0
_SLIVER_M2, _SLIVER_SHARE = 100.0, 0.01
NO_POLYGON, PARTS_IGNORED, DUPLICATE_ID, REPAIRED = "no_polygon", "parts_ignored", "duplicate_id", "repaired"
TOO_SMALL, OUTSIDE, PARTLY_OUTSIDE, OVERLAPS = "small", "outside", "partly_outside", "overlaps"
_REMARKS = {
    NO_POLYGON: translatable("it has no polygon, so it has no areas"),
    PARTS_IGNORED: translatable("its lines, points and empty parts are ignored: they have no area"),
    DUPLICATE_ID: translatable("its id occurs twice in the layer and was changed"),
    REPAIRED: translatable("its self-intersecting geometry was repaired"),
    TOO_SMALL: translatable(
        "too small for a pixel centre: its ellipsoidal area is assigned to the class at an interior point"
    ),
    OUTSIDE: translatable("it lies outside the map"),
    PARTLY_OUTSIDE: translatable("a part of it lies outside the map"),
    OVERLAPS: translatable("it overlaps other zones: overlapping land is counted in each zone"),
}


def remarks_text(remarks: Sequence[str], language: str = "en") -> str:
    """Remarks in words, `en` or `es`; empty where there are none."""
    return translate(remarks_message(remarks), language)


def remarks_message(remarks: Sequence[str]) -> Message:
    """Remarks as one message, which is translated where it is shown."""
    return joined((_REMARKS[remark] for remark in remarks), "; ")


@dataclass(frozen=True)
class Zone:
    """One feature of a layer."""

    key: str
    """Unique within the layer: the feature's id, or its number from 1."""
    name: str
    geometry: Polygon | MultiPolygon
    """Longitude/latitude WGS 84, valid; empty where the feature has no polygon."""
    properties: Mapping[str, Any] = field(default_factory=dict)
    """The feature's own attributes."""
    remarks: tuple[str, ...] = ()
    """What was found when it was read, of `NO_POLYGON`, `PARTS_IGNORED`, `DUPLICATE_ID`, `REPAIRED`."""
    code: str | None = None
    """The code by which zones of one name differ, such as UBIGEO; None where the layer was read without codes."""

    @property
    def label(self) -> str:
        """The name, and the code where there is one."""
        return f"{self.name} ({self.code})" if self.code else self.name


@dataclass(frozen=True)
class ZoneAreas:
    """The classes within one zone."""

    zone: Zone
    rows: tuple[AreaRow, ...]
    """Every class of the legend, as in the area table; percent of the zone's own total."""
    no_data: AreaRow
    total: AreaRow
    zone_ha: float
    """Ellipsoidal area of the polygon itself."""
    remarks: tuple[str, ...]
    """What a reader must know: those of the zone, and of `TOO_SMALL`, `OUTSIDE`, `PARTLY_OUTSIDE`, `OVERLAPS`."""

    def remarks_text(self, language: str = "en") -> str:
        """The remarks in words; empty where there are none."""
        return remarks_text(self.remarks, language)


@dataclass(frozen=True)
class ZoneTable:
    """The areas of all the zones of a layer."""

    zones: tuple[ZoneAreas, ...]
    """As many as the layer has features, in its order."""
    language: str = "en"
    notes: tuple[str, ...] = ()
    """What a reader of all the figures must know."""


def zone_table(
    landcover: Path,
    zones: Sequence[Zone],
    language: str = "en",
    reporter: Reporter | None = None,
) -> ZoneTable:
    """Count the classes in every zone (pixels whose centre lies inside).

    Each zone is counted by itself, so zones may overlap; memory is bounded by the block, time by the zones' bounds.

    Parameters
    ----------
    landcover : single-band raster of whole numbers, codes of its legend and no data (0, or what the file declares).
    zones : with unique keys, from `read_zones`.
    language : of the names and notes, `en` or `es`.
    reporter : receives the progress of the stage "areas" in zones; its `progress` may raise to stop the work. None
        reports nothing.

    Returns
    -------
    The areas of every zone, in the order of `zones`; a zone without a place on the map has no pixels and a remark.

    Raises
    ------
    RasterInvalid : where the map cannot be read or contains codes that are not in the legend.
    RegionInvalid : where no zone meets the map.

    Examples
    --------
    >>> import tempfile
    >>> import rasterio
    >>> from ..raster.gdal import gtiff_profile
    >>> grid = Grid("EPSG:4326", -73.0, -13.0, 0.001, 4, 4)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "map.tif"
    ...     with rasterio.open(path, "w", **gtiff_profile(grid, 1, "uint8", nodata=0)) as target:
    ...         target.write(np.full((4, 4), 2, np.uint8), 1)
    ...     table = zone_table(path, [Zone("1", "Left half", box(-73.0, -13.004, -72.998, -13.0))])
    >>> [(row.zone.name, row.total.pixels, row.rows[1].percent) for row in table.zones]
    [('Left half', 8, 100.0)]

    """
    listener = reporter or NullReporter()
    overlapping = overlapping_zones([zone.geometry for zone in zones])
    zone_areas: list[ZoneAreas | None] = [None] * len(zones)
    with open_class_raster(landcover) as raster:
        areas, legend = pixel_areas(raster.grid), raster.legend
        seen = np.zeros(raster.code_count, np.int64)
        shapes = project_zones(zones, raster.grid)
        if not any(shape.intersects(box(*raster.grid.bounds)) for shape in shapes):
            raise RegionInvalid(
                "All zones are outside the map.",
                message("None of the {count} zones intersects {name}.", count=len(zones), name=Path(landcover).name),
                "Choose another map, or check the CRS of the zones.",
            )
        for done, index in enumerate(_spatial_order(shapes)):
            if done % 64 == 0:
                listener.progress("areas", done, len(zones))
            histogram = count_codes(read_blocks(raster.read, raster.grid, shapes[index]), areas, raster.code_count)
            seen += histogram.pixels
            remarks = _remarks(zones[index], raster.grid, shapes[index], histogram, index in overlapping)
            if TOO_SMALL in remarks:
                histogram = _class_at_inner_point(raster, shapes[index])
            zone_areas[index] = _zone_areas(zones[index], histogram, areas.nominal_m2, remarks, language, legend)
    check_known_codes(seen, legend, landcover)
    listener.progress("areas", len(zones), len(zones))
    return ZoneTable(tuple(row for row in zone_areas if row is not None), language, (areas.note,) if areas.note else ())


def project_zones(zones: Sequence[Zone], grid: Grid) -> list[BaseGeometry]:
    """All the zones in the map's CRS; empty where they have no place in it.

    Zones are cut to the neighbourhood of the map first: far from its own area a projection gives wrong numbers.

    Parameters
    ----------
    zones : in longitude and latitude.
    grid : of the map.

    Returns
    -------
    A polygon or multipolygon in the CRS of `grid` for each zone.

    """
    around_map = box(*reprojected(box(*grid.bounds), grid.crs, WGS84).buffer(MAX_EDGE_DEGREES).bounds)
    near = [
        zone.geometry
        if around_map.covers(zone.geometry)
        else MultiPolygon(polygon_parts(zone.geometry.intersection(around_map)))
        for zone in zones
    ]
    densified = shapely.segmentize(np.array(near, dtype=object), MAX_EDGE_DEGREES)
    shapes = shapely.transform(densified, coordinate_transform(WGS84, grid.crs))
    return [shape if np.isfinite(shapely.get_coordinates(shape)).all() else Polygon() for shape in shapes]


def _spatial_order(shapes: Sequence[BaseGeometry]) -> list[int]:
    """Indices of the shapes so that neighbours follow each other: blocks of the file are then read once."""
    bounds = np.nan_to_num(shapely.bounds(np.array(shapes, dtype=object)).reshape(-1, 4))
    centres = (bounds[:, :2] + bounds[:, 2:]) / 2
    low, high = centres.min(axis=0), centres.max(axis=0)
    cells = ((centres - low) / np.maximum(high - low, 1e-12) * 31.999).astype(int)
    # Rows of cells run to and fro, so the next cell is always beside the last.
    column_order = np.where(cells[:, 1] % 2 == 0, cells[:, 0], 31 - cells[:, 0])
    return [int(index) for index in np.lexsort((column_order, cells[:, 1]))]


def _remarks(zone: Zone, grid: Grid, geometry: BaseGeometry, histogram: Histogram, overlaps: bool) -> tuple[str, ...]:
    half_pixel = grid.resolution / 2  # pixels' centres decide, so less than that beyond the map changes nothing
    extent = box(*grid.bounds)
    remarks = list(zone.remarks)
    if NO_POLYGON in remarks:
        return tuple(remarks)
    if not histogram.pixels.any() and geometry.intersection(extent).area == 0:
        return (*remarks, OUTSIDE)
    if not extent.buffer(half_pixel, join_style="mitre").covers(box(*geometry.bounds)):
        remarks.append(PARTLY_OUTSIDE)
    if not histogram.pixels.any():
        remarks.append(TOO_SMALL)
    if overlaps:
        remarks.append(OVERLAPS)
    return tuple(remarks)


def _class_at_inner_point(raster: ClassRaster, geometry: BaseGeometry) -> Histogram:
    """No pixels, but the area of the zone's part in the map under the class at a point inside it."""
    grid = raster.grid
    on_map = geometry.intersection(box(*grid.bounds))
    point = on_map.representative_point()
    column = min(grid.width - 1, max(0, int((point.x - grid.left) / grid.resolution)))
    row = min(grid.height - 1, max(0, int((grid.top - point.y) / grid.resolution)))
    areas = np.zeros(raster.code_count, np.float64)
    areas[raster.read(Window(column, row, 1, 1))[0, 0]] = true_area_ha(on_map, grid.crs) * SQUARE_METRES_PER_HECTARE
    return Histogram(np.zeros(raster.code_count, np.int64), areas)


def _zone_areas(
    zone: Zone,
    histogram: Histogram,
    nominal_m2: float | None,
    remarks: tuple[str, ...],
    language: str,
    legend: Legend,
) -> ZoneAreas:
    rows, no_data, total = area_rows(
        dict(enumerate(histogram.pixels.tolist())),
        dict(enumerate(histogram.area_m2.tolist())),
        # A zone without a pixel centre has no pixels to count: its ellipsoidal area stands in both columns.
        None if TOO_SMALL in remarks else nominal_m2,
        language,
        legend,
    )
    return ZoneAreas(zone, rows, no_data, total, true_area_ha(zone.geometry), remarks)


def overlapping_zones(geometries: Sequence[BaseGeometry]) -> frozenset[int]:
    """Indices of the polygons that share land with another one; a shared border is no overlap.

    Where neighbours have different points on their common border, slivers lie between them. What is smaller than a
    hundredth of the smaller polygon and than 100 m² is taken as such a sliver.

    Parameters
    ----------
    geometries : valid polygons in longitude and latitude, degrees; they may be empty.

    Returns
    -------
    Positions in `geometries`.

    Examples
    --------
    >>> sorted(overlapping_zones([box(0, 0, 2, 2), box(1, 1, 3, 3), box(3, 1, 4, 3)]))
    [0, 1]

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
