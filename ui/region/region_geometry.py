"""The region as the dock holds it: a polygon in longitude and latitude, its area, its tiles, and its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransformContext,
    QgsCsException,
    QgsDistanceArea,
    QgsGeometry,
    QgsMapToPixelSimplifier,
    QgsUnitTypes,
)

from ...plugin.region_geometry import COORDINATE_DECIMALS, merge_polygons, wgs84
from ...plugin.tiles_of_region import tiles_of_region

SHORT_POINTS = 5_000
"""A region with no more corners is computed at once; the window waits for no longer one."""
_OUTLINE_POINTS = 20_000
_OUTLINE_DEGREES = (0.00001, 0.00003, 0.0001, 0.0003, 0.001, 0.003)
"""Distances between the corners that are drawn, the first that leaves few enough: about 1 m to 300 m."""
Parts = Iterable[tuple[QgsGeometry, QgsCoordinateReferenceSystem]]
"""Polygons, each with its CRS."""


@dataclass(frozen=True)
class RegionChoice:
    """What the user chose to map. What is computed of it is kept; `prepare` computes all of it."""

    geometry: QgsGeometry
    """Polygon or multipolygon, longitude/latitude WGS 84."""
    crs: str
    """`EPSG:` code or other name of the CRS it was drawn in."""
    name: str = ""
    """Title for tables and reports; may be empty."""

    @cached_property
    def area_ha(self) -> float:
        """Area on the WGS 84 ellipsoid."""
        return area_ha(self.geometry, wgs84())

    @cached_property
    def tiles(self) -> tuple[str, ...]:
        """The Sentinel-2 tiles that it needs; empty where there are too many to count."""
        return tiles_of_region(self.geometry)

    @cached_property
    def parameter(self) -> str:
        """The value of the algorithms' GEOMETRY parameter: WKT with its CRS."""
        return f"CRS=EPSG:4326;{self.geometry.asWkt(COORDINATE_DECIMALS)}"

    @cached_property
    def outline(self) -> QgsGeometry:
        """The geometry as it is drawn on the map: of a long one, without corners that lie metres from the line."""
        shown = self.geometry
        for tolerance in _OUTLINE_DEGREES:
            if point_count(shown) <= _OUTLINE_POINTS:
                break
            flags = QgsMapToPixelSimplifier.SimplifyFlag.SimplifyGeometry
            shown = QgsMapToPixelSimplifier(flags, tolerance).simplify(self.geometry)  # by distance
        return shown

    def prepare(self) -> RegionChoice:
        """Compute all of it: of a long outline not in the main thread."""
        _ = self.area_ha, self.tiles, self.parameter, self.outline
        return self


def choose_region(
    parts: Callable[[], Parts], context: QgsCoordinateTransformContext, crs: str, name: str
) -> tuple[RegionChoice, int]:
    """Merge polygons into a region, and compute all that is shown of it.

    Parameters
    ----------
    parts
        Gives the polygons, each with its CRS.
    context
        The project's choice of transformations.
    crs, name
        Of the region.

    Returns
    -------
    The region, and the number of polygons that were repaired.

    Raises
    ------
    RegionInvalid
        Where it cannot be mapped.

    """
    geometry, repaired_count = merge_polygons(parts(), context)
    return RegionChoice(geometry, crs, name).prepare(), repaired_count


def point_count(geometry: QgsGeometry) -> int:
    """Corners of a geometry; 0 where it is null."""
    return 0 if geometry.isNull() else int(geometry.constGet().nCoordinates())


def area_ha(geometry: QgsGeometry, crs: QgsCoordinateReferenceSystem) -> float:
    """Area of a polygon on the WGS 84 ellipsoid.

    Parameters
    ----------
    geometry : a polygon in `crs`.
    crs : of the polygon.

    Returns
    -------
    Hectares; NaN where the area cannot be computed.

    """
    measure = QgsDistanceArea()
    measure.setSourceCrs(crs, QgsCoordinateTransformContext())
    measure.setEllipsoid("EPSG:7030")
    try:
        area = measure.measureArea(geometry)
    except QgsCsException:
        return float("nan")
    return float(measure.convertAreaMeasurement(area, QgsUnitTypes.AreaUnit.AreaHectares))
