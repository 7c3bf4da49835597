"""The region of a job, from exactly one of three parameters: a polygon layer, an extent or a geometry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from qgis.core import (
    Qgis,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsGeometry,
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterGeometry,
    QgsUnitTypes,
    QgsWkbTypes,
)

from ..allpa_engine.core.errors import RegionInvalid
from ..translation import tr

REGION, EXTENT, GEOMETRY = "REGION", "EXTENT", "GEOMETRY"
WGS84 = "EPSG:4326"
MAX_LATITUDE = 84.0
"""Degrees of latitude, north and south, to which tiles reach."""
_EDGE_FRACTION = 1 / 100
"""Edges longer than this share of the region get points between before they are transformed, so that they stay put."""
_MIN_EDGE_M = 1000.0
"""Shorter edges bend by some centimetres only between a projected CRS and longitude/latitude."""
COORDINATE_DECIMALS = 8
"""Of a degree: about a millimetre."""


def region_parameters(*, optional: bool = False) -> list[QgsProcessingParameterDefinition]:
    """The three ways to give a region; where it is `optional`, none of them means all that the inputs cover."""
    layer = QgsProcessingParameterFeatureSource(
        REGION, tr("Region: a polygon layer"), [QgsProcessing.SourceType.TypeVectorPolygon], None, True
    )
    rule = tr("Leave all three regions empty for all that the input covers, or give one of them.")
    if not optional:
        rule = tr("Give exactly one of the three regions.")
    layer.setHelp(f"{tr('Polygons of the region, in any CRS; several are joined.')} {rule}")
    extent = QgsProcessingParameterExtent(EXTENT, tr("Region: an extent"), None, True)
    extent.setHelp(tr("A rectangle, such as xmin,xmax,ymin,ymax [EPSG:32718], instead of a layer."))
    geometry = QgsProcessingParameterGeometry(GEOMETRY, tr("Region: a geometry (WKT)"), None, True)
    geometry.setHelp(
        tr("A polygon as WKT, such as CRS=EPSG:4326;POLYGON((...)), instead of a layer. Without a CRS: EPSG:4326.")
    )
    return [layer, extent, geometry]


def is_given(parameters: dict[str, Any], name: str) -> bool:
    """Whether an optional parameter has a value."""
    value = parameters.get(name)
    return not (value is None or value == "" or (hasattr(value, "isNull") and value.isNull()))


def region_geojson(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext, *, optional: bool
) -> dict[str, Any]:
    """The region as GeoJSON in longitude and latitude; empty where none is given and it is `optional`.

    Raises
    ------
    RegionInvalid : where none or several are given, or the one given is empty, crosses itself or has no place on earth.

    """
    given = [name for name in (REGION, EXTENT, GEOMETRY) if is_given(parameters, name)]
    if not given and optional:
        return {}
    if len(given) != 1:
        raise RegionInvalid(
            tr("Give exactly one region: REGION (a layer), EXTENT or GEOMETRY."),
            tr("Given are: {}.").format(", ".join(given)) if given else tr("None is given."),
            tr("Choose a polygon layer, or an extent, or draw a geometry."),
        )
    parts = [_part_to_wgs84(part, crs, context) for part, crs in _parts(algorithm, parameters, context, given[0])]
    if not parts:
        raise RegionInvalid(tr("The region's layer has no polygons."), "", tr("Choose a layer with polygons."))
    union = parts[0] if len(parts) == 1 else QgsGeometry.unaryUnion(parts)
    _require_valid_polygon(union)
    require_tile_coverage(union)
    return dict(json.loads(union.asJson(COORDINATE_DECIMALS)))


def _parts(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext, name: str
) -> Iterator[tuple[QgsGeometry, QgsCoordinateReferenceSystem]]:
    if name == EXTENT:
        crs = algorithm.parameterAsExtentCrs(parameters, EXTENT, context)
        yield QgsGeometry.fromRect(algorithm.parameterAsExtent(parameters, EXTENT, context)), crs
    elif name == GEOMETRY:
        crs = algorithm.parameterAsGeometryCrs(parameters, GEOMETRY, context)
        yield algorithm.parameterAsGeometry(parameters, GEOMETRY, context), crs
    else:
        source = algorithm.parameterAsSource(parameters, REGION, context)
        if source is None:
            raise RegionInvalid(
                tr("The region's layer cannot be read: {}.").format(parameters[REGION]), "", tr("Choose another layer.")
            )
        for feature in source.getFeatures():
            if feature.hasGeometry():
                yield feature.geometry(), source.sourceCrs()


def _part_to_wgs84(given: QgsGeometry, crs: QgsCoordinateReferenceSystem, context: QgsProcessingContext) -> QgsGeometry:
    geometry = QgsGeometry(given.constGet().segmentize()) if not given.isNull() else QgsGeometry()
    _require_valid_polygon(geometry)
    return transform_to_wgs84(geometry, crs, _edge_length(geometry, crs), context)


def transform_to_wgs84(
    geometry: QgsGeometry, crs: QgsCoordinateReferenceSystem, edge_length: float, context: QgsProcessingContext
) -> QgsGeometry:
    """A geometry of straight edges in longitude and latitude; longer edges get points between, so that they stay put.

    Without a valid CRS the coordinates are taken as longitude and latitude.

    Raises
    ------
    RegionInvalid : where it cannot be transformed.

    """
    geometry.get().dropZValue()
    geometry.get().dropMValue()
    wgs84 = QgsCoordinateReferenceSystem(WGS84)
    if not crs.isValid() or crs == wgs84:
        return geometry
    geometry = geometry.densifyByDistance(edge_length)
    try:
        geometry.transform(QgsCoordinateTransform(crs, wgs84, context.transformContext()))
    except QgsCsException as error:
        raise RegionInvalid(
            tr("The region has no place in longitude and latitude."), str(error), tr("Check the CRS of the region.")
        ) from error
    return geometry


def _edge_length(geometry: QgsGeometry, crs: QgsCoordinateReferenceSystem) -> float:
    box = geometry.boundingBox()
    length: float = max(box.width(), box.height()) * _EDGE_FRACTION
    return max(length, _MIN_EDGE_M) if crs.mapUnits() == QgsUnitTypes.DistanceUnit.DistanceMeters else length


def require_tile_coverage(geometry: QgsGeometry) -> None:
    """Raise RegionInvalid where a geometry in longitude and latitude leaves what tiles cover."""
    box = geometry.boundingBox()
    if max(-box.xMinimum(), box.xMaximum()) > 180 or max(-box.yMinimum(), box.yMaximum()) > MAX_LATITUDE:
        raise RegionInvalid(
            tr("The region leaves the area that Sentinel-2 tiles cover."),
            tr("Its bounds are {}.").format(box.toString(3)),
            tr("Check the CRS of the region; cut one that crosses the 180th meridian into two parts."),
        )


def _require_valid_polygon(geometry: QgsGeometry) -> None:
    if geometry.isNull() or geometry.isEmpty():
        raise RegionInvalid(tr("The region is empty."))
    if geometry.type() != QgsWkbTypes.GeometryType.PolygonGeometry:
        raise RegionInvalid(tr("The region is not a polygon."))
    problems = geometry.validateGeometry(Qgis.GeometryValidationEngine.Geos)
    if problems:
        where = f"{problems[0].what()}: {problems[0].where().toString(6)}" if problems[0].hasWhere() else ""
        raise RegionInvalid(tr("The region's border crosses or touches itself."), where or problems[0].what())
    if geometry.area() == 0:
        raise RegionInvalid(tr("The region is empty."), tr("It has no area."))
