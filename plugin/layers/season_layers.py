"""Seasonal composites as layers: pictures in true colour on top, missing pixels by tile, and what lies below them."""

from __future__ import annotations

from pathlib import Path

from qgis.core import (
    QgsContrastEnhancement,
    QgsLayerTreeLayer,
    QgsMapLayer,
    QgsMultiBandColorRenderer,
    QgsProcessingContext,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)

from ..translation import tr
from .post_processing import LayerStyler
from .results import move_to_group

TRUE_COLOR, COMPOSITE, OBSERVATIONS, TILE_QUALITY = "true_color", "composite", "observations", "tile_quality"
_ORDER = (TILE_QUALITY, TRUE_COLOR, COMPOSITE, OBSERVATIONS)
"""From the top."""
_RANK = "allpa/rank"
_BRIGHTEST = 4000
"""Digital number that is white in a composite: reflectance 0.4."""
_FALSE_COLOR = ("B08", "B04", "B03")


class SeasonStyler(LayerStyler):
    """Names and styles a result of seasonal composites, and puts it into its group."""

    def __init__(self, kind: str, title: str, group: str) -> None:
        super().__init__()
        self._kind, self._title, self._group = kind, title, group

    def style(self, layer: QgsMapLayer, project: QgsProject | None) -> None:
        """Style the layer; pictures and the tiles' quality are visible."""
        if layer is None or not layer.isValid():
            return
        layer.setName(self._title)
        if self._kind == TILE_QUALITY and isinstance(layer, QgsVectorLayer):
            layer.loadDefaultStyle()
        elif self._kind == COMPOSITE and isinstance(layer, QgsRasterLayer):
            _show_false_color(layer)
        if project is not None and self._group:
            is_visible = self._kind in (TRUE_COLOR, TILE_QUALITY)
            move_to_group(project.layerTreeRoot(), layer, self._group, visible=is_visible)
            self._put_in_order(project.layerTreeRoot().findLayer(layer.id()))

    def _put_in_order(self, node: QgsLayerTreeLayer | None) -> None:
        """Fold a layer and move it to the place of its kind: Processing loads layers in the order of their paths."""
        if node is None:
            return
        group, rank = node.parent(), _ORDER.index(self._kind)
        placed = node.clone()
        placed.setCustomProperty(_RANK, rank)
        placed.setExpanded(False)
        others = [child for child in group.children() if child is not node]
        above = [child for child in others if int(child.customProperty(_RANK, len(_ORDER))) <= rank]
        group.insertChildNode(group.children().index(above[-1]) + 1 if above else 0, placed)
        group.removeChildNode(node)


def _show_false_color(layer: QgsRasterLayer) -> None:
    """Near infrared, red and green as red, green and blue, where the composite has them."""
    provider = layer.dataProvider()
    names = [layer.bandName(number) for number in range(1, layer.bandCount() + 1)]
    numbers = [next((n for n, name in enumerate(names, 1) if f"_{key}" in name), 0) for key in _FALSE_COLOR]
    if not all(numbers):
        return
    renderer = QgsMultiBandColorRenderer(provider, *numbers)
    for number, put in zip(
        numbers,
        (renderer.setRedContrastEnhancement, renderer.setGreenContrastEnhancement, renderer.setBlueContrastEnhancement),
    ):
        enhancement = QgsContrastEnhancement(provider.dataType(number))
        enhancement.setContrastEnhancementAlgorithm(
            QgsContrastEnhancement.ContrastEnhancementAlgorithm.StretchToMinimumMaximum
        )
        enhancement.setMinimumValue(0)
        enhancement.setMaximumValue(_BRIGHTEST * provider.bandScale(number))
        put(enhancement)
    layer.setRenderer(renderer)


def load_season_layer(context: QgsProcessingContext, path: str, kind: str, title: str, group: str, output: str) -> None:
    """Let Processing load a result, styled and grouped, when the algorithm has ended.

    Parameters
    ----------
    context : of the algorithm; without a project nothing is loaded.
    path : of the raster or layer; where it does not exist, nothing happens.
    kind : one of the kinds of this module.
    title : name of the layer.
    group : title of the group in the layer tree.
    output : name of the algorithm's output.

    """
    if context.project() is None or not Path(path).exists():
        return
    if not context.willLoadLayerOnCompletion(path):
        details = QgsProcessingContext.LayerDetails(title, context.project(), output)
        context.addLayerToLoadOnCompletion(path, details)
    SeasonStyler(kind, title, group).attach(context, path, group)


def layer_title(kind: str, season: str, statistic: str = "") -> str:
    """Name of a result's layer in QGIS's language."""
    if kind == TRUE_COLOR:
        return tr("{} in true colour").format(season)
    if kind == OBSERVATIONS:
        return tr("{}: clear observations").format(season)
    return tr("{}: composite ({})").format(season, statistic)
