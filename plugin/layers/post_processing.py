"""What happens to a layer after Processing has loaded it."""

from __future__ import annotations

from typing import ClassVar

from qgis.core import (
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingLayerPostProcessorInterface,
    QgsProject,
)


class LayerStyler(QgsProcessingLayerPostProcessorInterface):
    """Styles a layer when it is loaded; a subclass says how."""

    _waiting: ClassVar[set[LayerStyler]] = set()
    """QGIS holds post-processors by plain pointers: without a reference Python would delete them before their turn."""

    def attach(self, context: QgsProcessingContext, layer: str, group: str = "") -> None:
        """Style a layer that Processing will load, in a group of the layer tree; does nothing where it will not."""
        if not context.willLoadLayerOnCompletion(layer):
            return
        details = context.layerToLoadOnCompletionDetails(layer)
        if group and hasattr(details, "groupName"):  # since QGIS 3.32
            details.groupName = group
        self._waiting.add(self)
        details.setPostProcessor(self)

    def postProcessLayer(  # noqa: N802 - QGIS's name
        self,
        layer: QgsMapLayer,
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,  # noqa: ARG002 - QGIS's
    ) -> None:
        """Called by Processing on the main thread."""
        try:
            self.style(layer, context.project())
        finally:
            self._waiting.discard(self)

    def style(self, layer: QgsMapLayer, project: QgsProject | None) -> None:
        """Style the layer, and move it to its position in the project's layer tree where there is one."""
        raise NotImplementedError
