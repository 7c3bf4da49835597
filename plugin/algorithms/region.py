"""The region of a job, from exactly one of three parameters: a polygon layer, an extent or a geometry."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeatureRequest,
    QgsGeometry,
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingFeatureSource,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingFeedback,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterGeometry,
)

from ..allpa_engine.core.errors import RegionInvalid
from ..region_geometry import (
    COORDINATE_DECIMALS,
    is_defined,
    merge_polygons,
    missing_crs_note,
    no_polygons_error,
    repair_note,
)
from ..translation import tr
from .parameters import is_given

REGION, EXTENT, GEOMETRY = "REGION", "EXTENT", "GEOMETRY"
UNCHECKED = QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks
"""QGIS's own check would end the run at the first self-intersection; Allpa repairs it."""


def region_parameters(*, optional: bool = False, zones: bool = False) -> list[QgsProcessingParameterDefinition]:
    """The three ways to give a region; none of them means all that the inputs (`optional`) or the `zones` cover."""
    titles = (tr("Region: polygon layer (one of three)"), tr("Region: extent (one of three)"),
              tr("Region: WKT geometry (one of three)"))  # fmt: skip
    if optional:
        titles = (tr("Region: polygon layer"), tr("Region: extent"), tr("Region: WKT geometry"))
    polygons = [QgsProcessing.SourceType.TypeVectorPolygon]
    layer = QgsProcessingParameterFeatureSource(REGION, titles[0], polygons, None, True)
    rule = tr("Set one of the three region parameters.")
    if zones:
        rule = tr("Set one of the three region parameters. If all are empty, the zones together are the region.")
    if optional:
        rule = tr("Optional: set one of the three region parameters. If all are empty, the whole input is used.")
    layer.setHelp(f"{tr('Polygons of the region, in any CRS; several are merged.')} {rule}")
    extent = QgsProcessingParameterExtent(EXTENT, titles[1], None, True)
    extent.setHelp(tr("A rectangle, such as xmin,xmax,ymin,ymax [EPSG:32718], instead of a layer."))
    geometry = QgsProcessingParameterGeometry(GEOMETRY, titles[2], None, True)
    geometry.setHelp(
        tr("A polygon as WKT, such as CRS=EPSG:4326;POLYGON((...)), instead of a layer. Without a CRS: EPSG:4326.")
    )
    return [layer, extent, geometry]


def region_geojson(
    algorithm: QgsProcessingAlgorithm,
    parameters: dict[str, Any],
    context: QgsProcessingContext,
    *,
    optional: bool,
    zones: str = "",
    feedback: QgsProcessingFeedback | None = None,
) -> dict[str, Any]:
    """The region as GeoJSON in longitude and latitude.

    Parameters
    ----------
    algorithm, parameters, context
        As Processing gives them.
    optional
        Whether a job may go without a region; then the result may be empty.
    zones
        Name of a parameter whose layer is the region where no other is given: a map of all districts of a layer.
    feedback
        Takes the notes on repaired polygons and on a missing CRS.

    Returns
    -------
    A Polygon or MultiPolygon, degrees with eight decimals; empty where none is given and `optional` is set.

    Raises
    ------
    RegionInvalid
        Where none or several are given, or the one given is empty or leaves what Sentinel-2 tiles cover.

    """
    given = [name for name in (REGION, EXTENT, GEOMETRY) if is_given(parameters, name)]
    if not given and optional:
        return {}
    if not given and zones and is_given(parameters, zones):
        given = [zones]
    if len(given) != 1:
        raise RegionInvalid(
            tr("Set exactly one region: REGION (a layer), EXTENT or GEOMETRY."),
            tr("Set are: {}.").format(", ".join(given)) if given else tr("None is set."),
            tr("Choose a polygon layer, or an extent, or draw a geometry."),
        )
    read = {EXTENT: _extent_polygon, GEOMETRY: _geometry_polygon}.get(given[0])
    polygons = list(
        read(algorithm, parameters, context) if read else _layer_polygons(algorithm, parameters, context, given[0])
    )
    region, repaired_count = merge_polygons(polygons, context.transformContext())
    if feedback is not None and repaired_count:
        feedback.pushWarning(repair_note(repaired_count))
    if feedback is not None and read is None and not is_defined(polygons[0][1]):
        feedback.pushWarning(missing_crs_note(algorithm.parameterAsSource(parameters, given[0], context).sourceName()))
    return dict(json.loads(region.asJson(COORDINATE_DECIMALS)))


_Polygons = Iterator[tuple[QgsGeometry, QgsCoordinateReferenceSystem]]


def _extent_polygon(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> _Polygons:
    extent = algorithm.parameterAsExtent(parameters, EXTENT, context)
    if extent.isEmpty():
        raise RegionInvalid(
            tr("The extent cannot be read: {}.").format(parameters[EXTENT]),
            "",
            tr("Write it as xmin,xmax,ymin,ymax [EPSG:32718]."),
        )
    written = re.search(r"\[(.+)\]", str(parameters[EXTENT]))
    _require_known_crs(written[1] if written else "")
    yield QgsGeometry.fromRect(extent), algorithm.parameterAsExtentCrs(parameters, EXTENT, context)


def _geometry_polygon(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> _Polygons:
    geometry = algorithm.parameterAsGeometry(parameters, GEOMETRY, context)
    if geometry.isNull():
        raise RegionInvalid(
            tr("The geometry cannot be read: {}.").format(parameters[GEOMETRY]),
            "",
            tr("Write it as CRS=EPSG:4326;POLYGON((...))."),
        )
    written = re.match(r"\s*CRS=(.*?);", str(parameters[GEOMETRY]))
    _require_known_crs(written[1] if written else "")
    yield geometry, algorithm.parameterAsGeometryCrs(parameters, GEOMETRY, context)


def _require_known_crs(name: str) -> None:
    """Refuse a CRS that QGIS does not know; it would take the coordinates as longitude and latitude."""
    if name and not QgsCoordinateReferenceSystem(name.strip()).isValid():
        raise RegionInvalid(
            tr("The CRS of the region is not known: {}.").format(name), "", tr("Write its code, such as EPSG:32718.")
        )


def _layer_polygons(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext, name: str
) -> _Polygons:
    source = algorithm.parameterAsSource(parameters, name, context)
    if source is None:
        raise RegionInvalid(
            tr("The region layer cannot be read: {}.").format(parameters[name]), "", tr("Choose another layer.")
        )
    features = [feature for feature in source.getFeatures(QgsFeatureRequest(), UNCHECKED) if feature.hasGeometry()]
    if not features:
        raise no_polygons_error(selected_only=_selected_features_only(parameters[name]))
    for feature in features:
        yield feature.geometry(), source.sourceCrs()


def _selected_features_only(value: object) -> bool:
    """Whether a layer's parameter stands for the selected features."""
    return isinstance(value, QgsProcessingFeatureSourceDefinition) and bool(value.selectedFeaturesOnly)
