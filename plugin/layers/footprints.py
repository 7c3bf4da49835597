"""The footprints of a scene list as a layer: which land each candidate shows, chosen or left."""

from __future__ import annotations

import json
from typing import Any

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsFeature,
    QgsFeatureRequest,
    QgsFields,
    QgsFillSymbol,
    QgsGeometry,
    QgsJsonUtils,
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingLayerPostProcessorInterface,
    QgsRendererCategory,
    QgsSimpleLineSymbolLayer,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QDate
from qgis.PyQt.QtGui import QColor

from ..translation import tr
from .results import keep_post_processor
from .scene_list import SceneEntry, SceneList

CRS = "EPSG:4326"
FIELDS = {
    "id": "string",
    "date": "date",
    "tile": "string",
    "cloud": "double",
    "clear": "double",
    "chosen": "bool",
    "reason": "string",
}
"""Columns of the layer: `cloud` in percent, over the region where it was measured, else over the tile; `clear` in
percent of the region's part in the tile."""
CHOSEN_COLOR, NOT_CHOSEN_COLOR, SELECTED_COLOR = "#0072b2", "#7f7f7f", "#e6d200"
_CHOSEN_MM, _NOT_CHOSEN_MM, _SELECTED_MM = 0.7, 0.3, 1.2


def create_footprint_layer(title: str) -> QgsVectorLayer:
    """A layer of footprints in memory, without any."""
    columns = "&".join(f"field={name}:{kind}" for name, kind in FIELDS.items())
    return QgsVectorLayer(f"MultiPolygon?crs={CRS}&{columns}", title, "memory")


def footprint_fields() -> QgsFields:
    """The columns of `FIELDS`."""
    return create_footprint_layer("").fields()


def footprint_features(scenes: SceneList) -> list[QgsFeature]:
    """A feature for each scene of a list, in its order."""
    fields = footprint_fields()
    collection = {
        "type": "FeatureCollection",
        "features": [_geometry_only_feature(item) for item in scenes.document["features"]],
    }
    shapes = [feature.geometry() for feature in QgsJsonUtils.stringToFeatureList(json.dumps(collection))]
    features = []
    for scene, shape in zip(scenes.scenes, shapes):
        feature = QgsFeature(fields)
        shape.convertToMultiType()
        feature.setGeometry(shape)
        feature.setAttributes(scene_attributes(scene))
        features.append(feature)
    return features


def scene_attributes(scene: SceneEntry) -> list[Any]:
    """A scene's values in the order of `FIELDS`."""
    return [
        scene.id,
        QDate(scene.day.year, scene.day.month, scene.day.day),
        scene.tile,
        scene.cloud_percent,
        round(100 * scene.clear_share, 2),
        scene.chosen,
        scene.reason,
    ]


def geometry_from_geojson(geojson: dict[str, Any]) -> QgsGeometry | None:
    """The geometry of a GeoJSON object, None where it is none."""
    features = QgsJsonUtils.stringToFeatureList(json.dumps(_geometry_only_feature({"geometry": geojson})))
    return features[0].geometry() if features else None


def _geometry_only_feature(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "properties": {}, "geometry": item["geometry"]}


def style_footprints(layer: QgsMapLayer) -> None:
    """Outlines alone, since footprints of a tile lie on each other: chosen scenes on top, selected ones above all."""
    if not isinstance(layer, QgsVectorLayer) or not layer.isValid():
        return
    kinds = (
        ("left", _outline(NOT_CHOSEN_COLOR, _NOT_CHOSEN_MM), tr("Left")),
        ("chosen", _outline(CHOSEN_COLOR, _CHOSEN_MM), tr("Chosen")),
        ("selected", _outline(SELECTED_COLOR, _SELECTED_MM), tr("Selected")),  # drawn in QGIS's colour of selections
    )
    renderer = QgsCategorizedSymbolRenderer(
        "case when is_selected() then 'selected' when \"chosen\" then 'chosen' else 'left' end",
        [QgsRendererCategory(kind, symbol, label) for kind, symbol, label in kinds],
    )
    draw_order = QgsFeatureRequest.OrderByClause('if(is_selected(), 2, if("chosen", 1, 0))', True)
    renderer.setOrderBy(QgsFeatureRequest.OrderBy([draw_order]))
    renderer.setOrderByEnabled(True)
    layer.setRenderer(renderer)
    layer.setMapTipTemplate('[% "date" %] [% "tile" %]<br>[% replace("reason", \'<\', \'&lt;\') %]')
    layer.setDisplayExpression('"date" || \' \' || "tile"')
    layer.triggerRepaint()


def _outline(color: str, width_mm: float) -> QgsFillSymbol:
    """A line around a polygon; a simple fill would hide the map when it is selected."""
    symbol = QgsFillSymbol()
    # The constructor that takes layers leaves them to Python, which deletes them.
    symbol.changeSymbolLayer(0, QgsSimpleLineSymbolLayer(QColor(color), width_mm))
    return symbol


class FootprintStyler(QgsProcessingLayerPostProcessorInterface):
    """Styles a layer of footprints after Processing has loaded it."""

    def postProcessLayer(  # noqa: N802 - QGIS's name
        self,
        layer: QgsMapLayer,
        context: QgsProcessingContext,  # noqa: ARG002 - QGIS's
        feedback: QgsProcessingFeedback,  # noqa: ARG002 - QGIS's
    ) -> None:
        """Called by Processing on the main thread."""
        style_footprints(layer)


def style_footprints_on_load(context: QgsProcessingContext, layer: str) -> None:
    """Style the footprints that Processing will load; does nothing where it will not."""
    if context.willLoadLayerOnCompletion(layer):
        styler = FootprintStyler()
        keep_post_processor(styler)
        context.layerToLoadOnCompletionDetails(layer).setPostProcessor(styler)
