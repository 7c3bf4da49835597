"""The layers of a finished job, loaded into one group of the layer tree."""

from __future__ import annotations

from qgis.core import (
    QgsLayerTreeGroup,
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingUtils,
    QgsProject,
)

_HIDDEN_OUTPUTS = ("QUALITY",)
"""Layers that are loaded switched off: they would hide the map."""


def load_layers(context: QgsProcessingContext, group_name: str) -> list[QgsMapLayer]:
    """Load what the algorithm left to load, the map on top; styling is the algorithm's own post-processors'.

    Must run in the main thread. Gives the layers in the order of the group; layers that cannot be opened are left out.
    """
    feedback = context.feedback() or QgsProcessingFeedback()
    details_of = context.layersToLoadOnCompletion()
    found = []
    for reference, details in details_of.items():
        layer = QgsProcessingUtils.mapLayerFromString(reference, context, True, details.layerTypeHint)
        if layer is not None and layer.isValid():
            found.append((details, context.takeResultLayer(layer.id()) or layer))
    found.sort(key=lambda each: each[0].outputName in _HIDDEN_OUTPUTS)
    if not found:
        return []
    project = QgsProject.instance()
    group = project.layerTreeRoot().insertGroup(0, group_name)
    for details, layer in found:
        details.setOutputLayerName(layer)
        project.addMapLayer(layer, False)
        _place(group, layer, hidden=details.outputName in _HIDDEN_OUTPUTS)
        if details.postProcessor() is not None:
            details.postProcessor().postProcessLayer(layer, context, feedback)
    return [layer for _, layer in found]


def _place(group: QgsLayerTreeGroup, layer: QgsMapLayer, *, hidden: bool) -> None:
    node = group.addLayer(layer)
    node.setItemVisibilityChecked(not hidden)
    node.setExpanded(not hidden)
