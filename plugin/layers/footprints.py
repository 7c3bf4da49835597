"""The footprints of a scene list as a layer: the extent of each candidate, and whether it is chosen."""

from __future__ import annotations

import json
from typing import Any

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsFeature,
    QgsFeatureRequest,
    QgsFields,
    QgsFillSymbol,
    QgsJsonUtils,
    QgsMapLayer,
    QgsProject,
    QgsRendererCategory,
    QgsSimpleLineSymbolLayer,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QDate
from qgis.PyQt.QtGui import QColor

from ..translation import tr
from .post_processing import LayerStyler
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
"""Fields of the layer: `cloud` in percent, over the region where it was measured, else over the tile; `clear` in
percent of the region's part in the tile."""
CHOSEN_COLOR, NOT_CHOSEN_COLOR = "#0072b2", "#7f7f7f"
_CHOSEN_MM, _NOT_CHOSEN_MM = 0.7, 0.3
_IS_CHOSEN = 'if("chosen", 1, 0)'


def create_footprint_layer(title: str) -> QgsVectorLayer:
    """An empty memory layer of footprints."""
    columns = "&".join(f"field={name}:{kind}" for name, kind in FIELDS.items())
    return QgsVectorLayer(f"MultiPolygon?crs={CRS}&{columns}", title, "memory")


def footprint_fields() -> QgsFields:
    """The fields of `FIELDS`."""
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


def _geometry_only_feature(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "properties": {}, "geometry": item.get("geometry")}


def style_footprints(layer: QgsMapLayer) -> None:
    """Outlines only, since footprints of a tile overlap; chosen scenes on top. QGIS draws what is selected."""
    if not isinstance(layer, QgsVectorLayer) or not layer.isValid():
        return
    # no is_selected(): on newer versions of QGIS it makes the threads that draw wait for the main thread
    kinds = (
        (0, _outline(NOT_CHOSEN_COLOR, _NOT_CHOSEN_MM), tr("Not chosen")),
        (1, _outline(CHOSEN_COLOR, _CHOSEN_MM), tr("Chosen")),
    )
    renderer = QgsCategorizedSymbolRenderer(
        _IS_CHOSEN, [QgsRendererCategory(kind, symbol, label) for kind, symbol, label in kinds]
    )
    renderer.setOrderBy(QgsFeatureRequest.OrderBy([QgsFeatureRequest.OrderByClause(_IS_CHOSEN, True)]))
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


class FootprintStyler(LayerStyler):
    """Styles a layer of footprints."""

    def style(self, layer: QgsMapLayer, project: QgsProject | None) -> None:  # noqa: ARG002 - the layer stays where it is
        """Style the layer."""
        style_footprints(layer)
