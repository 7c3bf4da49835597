"""Polygons on their way to the engine: repaired, in longitude and latitude, and where Sentinel-2 sees them."""

from __future__ import annotations

import json
from collections.abc import Iterable

from qgis.core import (
    Qgis,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsCsException,
    QgsGeometry,
    QgsJsonUtils,
    QgsUnitTypes,
    QgsWkbTypes,
)

from .allpa_engine.core.errors import RegionInvalid
from .allpa_engine.core.geojson import MAX_LATITUDE
from .translation import tr

COORDINATE_DECIMALS = 8
"""Of a degree: about a millimetre."""
_EDGE_FRACTION = 1 / 100
"""Edges longer than this share of the region get points between before they are transformed, so that they stay put."""
_MIN_EDGE_M = 1000.0
"""Shorter edges bend by some centimetres only between a projected CRS and longitude/latitude."""
_MAX_DEGREES = 540.0
"""Longitudes beyond this are no degrees, but metres or feet."""
_AREA_TOLERANCE = 1e-3
"""Two regions are the same where they differ in less than this share of their area."""


def wgs84() -> QgsCoordinateReferenceSystem:
    """Longitude and latitude on WGS 84."""
    return QgsCoordinateReferenceSystem("EPSG:4326")


def is_defined(crs: QgsCoordinateReferenceSystem) -> bool:
    """Whether a CRS says where coordinates lie; GeoPackage has two that stand for none, which QGIS calls valid."""
    return crs.isValid() and not crs.description().startswith("Undefined ")


def is_polygon(geometry: QgsGeometry) -> bool:
    """Whether a geometry is a polygon or several."""
    return bool(geometry.type() == QgsWkbTypes.GeometryType.PolygonGeometry)


def only_polygons(geometry: QgsGeometry) -> QgsGeometry:
    """The polygons of a geometry with straight edges, those in collections too; a null geometry where there are none.

    QGIS 3.22 crashes where points are added along the edges of a collection that holds anything else.
    """
    if geometry.isNull():
        return QgsGeometry()
    straight = QgsGeometry(geometry.constGet().segmentize())
    if is_polygon(straight):
        return straight
    if straight.type() != QgsWkbTypes.GeometryType.UnknownGeometry:
        return QgsGeometry()
    found = [only_polygons(part) for part in straight.asGeometryCollection()]
    return QgsGeometry.collectGeometry([single for part in found for single in part.asGeometryCollection()])


def repair_polygon(geometry: QgsGeometry) -> QgsGeometry:
    """A valid geometry of the same area, polygons only; empty where nothing is left."""
    valid = geometry.makeValid()
    if is_polygon(valid):
        return valid
    parts = [part for part in valid.asGeometryCollection() if is_polygon(part)]
    return QgsGeometry.unaryUnion(parts) if parts else QgsGeometry()


def merge_polygons(
    parts: Iterable[tuple[QgsGeometry, QgsCoordinateReferenceSystem]], context: QgsCoordinateTransformContext
) -> tuple[QgsGeometry, int]:
    """Merge polygons into one region that can be mapped; self-intersections are repaired.

    Parameters
    ----------
    parts
        Polygons, or collections with polygons, each with its CRS. One that is not defined stands for longitude and
        latitude.
    context
        The project's choice of transformations.

    Returns
    -------
    The region in longitude and latitude, and the number of polygons that were repaired.

    Raises
    ------
    RegionInvalid
        Where nothing is left, or what is left lies outside of what Sentinel-2 tiles cover.

    """
    transformed, repaired_count = [], 0
    for given, crs in parts:
        if given.isNull() or given.isEmpty():
            continue
        part = only_polygons(given)
        if part.isNull():
            raise RegionInvalid(tr("The region is not a polygon."))
        if part.validateGeometry(Qgis.GeometryValidationEngine.Geos):
            part, repaired_count = repair_polygon(part), repaired_count + 1
        if part.area() > 0:
            transformed.append(to_wgs84(part, crs, edge_length(part, crs), context))
    if not transformed:
        raise RegionInvalid(tr("The region is empty."), tr("It has no area."), tr("Draw or choose another region."))
    region = transformed[0] if len(transformed) == 1 else QgsGeometry.unaryUnion(transformed)
    require_tile_coverage(region)
    return region, repaired_count


def to_wgs84(
    geometry: QgsGeometry,
    crs: QgsCoordinateReferenceSystem,
    max_edge: float,
    context: QgsCoordinateTransformContext,
) -> QgsGeometry:
    """A geometry in longitude and latitude.

    Parameters
    ----------
    geometry : polygon in `crs`; it stays as it is. Values of Z and M are dropped.
    crs : of the geometry; where it is not defined, the coordinates are taken as longitude and latitude.
    max_edge : edges longer than this, in units of the CRS, get points between before they are transformed.
    context : the project's choice of transformations between datums.

    Returns
    -------
    A new geometry in EPSG:4326, degrees.

    Raises
    ------
    RegionInvalid : where it cannot be transformed, or crosses the 180th meridian.

    """
    geometry = QgsGeometry(geometry)
    geometry.get().dropZValue()
    geometry.get().dropMValue()
    if is_defined(crs) and crs != wgs84():
        geometry = geometry.densifyByDistance(max_edge)
        try:
            geometry.transform(QgsCoordinateTransform(crs, wgs84(), context))
        except QgsCsException as error:
            raise RegionInvalid(
                tr("The region cannot be transformed to EPSG:4326."), str(error), tr("Check the CRS of the region.")
            ) from error
    _require_one_side_of_antimeridian(geometry)
    return geometry


def edge_length(geometry: QgsGeometry, crs: QgsCoordinateReferenceSystem) -> float:
    """Longest edge that stays straight enough when it is transformed.

    Parameters
    ----------
    geometry : polygon in `crs`.
    crs : of the geometry; in a CRS in metres the result has a lower limit.

    Returns
    -------
    Length in units of the CRS: a fixed fraction of the longer side of the bounding box.

    """
    box = geometry.boundingBox()
    length: float = max(box.width(), box.height()) * _EDGE_FRACTION
    return max(length, _MIN_EDGE_M) if crs.mapUnits() == QgsUnitTypes.DistanceUnit.DistanceMeters else length


def require_tile_coverage(geometry: QgsGeometry) -> None:
    """Refuse a geometry in longitude and latitude that leaves what Sentinel-2 tiles cover.

    Raises
    ------
    RegionInvalid

    """
    box = geometry.boundingBox()
    if max(-box.xMinimum(), box.xMaximum()) > 180 or max(-box.yMinimum(), box.yMaximum()) > MAX_LATITUDE:
        raise RegionInvalid(
            tr("The region leaves the area that Sentinel-2 tiles cover (latitude -84 to 84)."),
            tr("Its bounds are {}.").format(box.toString(3)),
            tr("Check the CRS of the region."),
        )


def same_region(first: QgsGeometry, second: QgsGeometry) -> bool:
    """Whether two polygons are the same but for rounding.

    Parameters
    ----------
    first, second : polygons of the same CRS.

    Returns
    -------
    True where the area of what only one of them covers is next to nothing, compared with the larger one.

    """
    difference = first.symDifference(second)
    return bool(difference.area() <= _AREA_TOLERANCE * max(first.area(), second.area()))


def _require_one_side_of_antimeridian(geometry: QgsGeometry) -> None:
    box = geometry.boundingBox()
    beyond = 180 < max(-box.xMinimum(), box.xMaximum()) <= _MAX_DEGREES and max(-box.yMinimum(), box.yMaximum()) <= 90
    # a projection with the meridian inside puts the corners beyond it at the other end of the world
    wraps = box.width() > 180 and any(180 < part.boundingBox().width() <= 360 for part in geometry.constParts())
    if beyond or wraps:
        raise RegionInvalid(
            tr("The region crosses the 180th meridian."),
            "",
            tr("Split it there into two regions and map each of them."),
        )


def geometry_from_geojson(geojson: object) -> QgsGeometry | None:
    """The geometry of a GeoJSON object; None where it is none."""
    feature = {"type": "Feature", "properties": {}, "geometry": geojson}
    features = QgsJsonUtils.stringToFeatureList(json.dumps(feature))
    return features[0].geometry() if features else None


def no_polygons_error(*, selected_only: bool) -> RegionInvalid:
    """What is wrong with a layer, or with its selected features, that hold no polygon."""
    if selected_only:
        return RegionInvalid(
            tr("No feature is selected in the region layer."), "", tr("Select features, or use all of them.")
        )
    return RegionInvalid(tr("The region layer has no polygons."), "", tr("Choose a layer with polygons."))


def repair_note(count: int) -> str:
    """What the user reads where polygons were repaired."""
    return tr("Self-intersections were repaired in the region; polygons: {}.").format(count)


def missing_crs_note(layer: str) -> str:
    """What the user reads where a layer has no CRS."""
    return tr("The layer {} has no CRS; its coordinates are taken as longitude and latitude (EPSG:4326).").format(layer)
