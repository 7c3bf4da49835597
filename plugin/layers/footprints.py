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
from .results import keep
from .scene_list import CandidateScene, SceneList

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
CHOSEN_COLOR, LEFT_COLOR, SELECTED_COLOR = "#0072b2", "#7f7f7f", "#e6d200"
_CHOSEN_MM, _LEFT_MM, _SELECTED_MM = 0.7, 0.3, 1.2


def empty_layer(title: str) -> QgsVectorLayer:
    """A layer of footprints in memory, without any."""
    columns = "&".join(f"field={name}:{kind}" for name, kind in FIELDS.items())
    return QgsVectorLayer(f"MultiPolygon?crs={CRS}&{columns}", title, "memory")


def footprint_fields() -> QgsFields:
    """The columns of `FIELDS`."""
    return empty_layer("").fields()


def footprint_features(scenes: SceneList) -> list[QgsFeature]:
    """A feature for each scene of a list, in its order."""
    fields = footprint_fields()
    bare = {"type": "FeatureCollection", "features": [_bare(item) for item in scenes.document["features"]]}
    shapes = [feature.geometry() for feature in QgsJsonUtils.stringToFeatureList(json.dumps(bare))]
    features = []
    for scene, shape in zip(scenes.scenes, shapes):
        feature = QgsFeature(fields)
        shape.convertToMultiType()
        feature.setGeometry(shape)
        feature.setAttributes(attributes_of(scene))
        features.append(feature)
    return features


def attributes_of(scene: CandidateScene) -> list[Any]:
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


def geometry_of(geojson: dict[str, Any]) -> QgsGeometry | None:
    """The geometry of a GeoJSON object, None where it is none."""
    features = QgsJsonUtils.stringToFeatureList(json.dumps(_bare({"geometry": geojson})))
    return features[0].geometry() if features else None


def _bare(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "properties": {}, "geometry": item["geometry"]}


def style_footprints(layer: QgsMapLayer) -> None:
    """Outlines alone, since footprints of a tile lie on each other: chosen scenes on top, selected ones above all."""
    if not isinstance(layer, QgsVectorLayer) or not layer.isValid():
        return
    kinds = (
        ("left", _outline(LEFT_COLOR, _LEFT_MM), tr("Left")),
        ("chosen", _outline(CHOSEN_COLOR, _CHOSEN_MM), tr("Chosen")),
        ("selected", _outline(SELECTED_COLOR, _SELECTED_MM), tr("Selected")),  # drawn in QGIS's colour of selections
    )
    renderer = QgsCategorizedSymbolRenderer(
        "case when is_selected() then 'selected' when \"chosen\" then 'chosen' else 'left' end",
        [QgsRendererCategory(kind, symbol, label) for kind, symbol, label in kinds],
    )
    above = QgsFeatureRequest.OrderByClause('if(is_selected(), 2, if("chosen", 1, 0))', True)
    renderer.setOrderBy(QgsFeatureRequest.OrderBy([above]))
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


def style_when_loaded(context: QgsProcessingContext, layer: str) -> None:
    """Style the footprints that Processing will load; does nothing where it will not."""
    if context.willLoadLayerOnCompletion(layer):
        styler = FootprintStyler()
        keep(styler)
        context.layerToLoadOnCompletionDetails(layer).setPostProcessor(styler)
