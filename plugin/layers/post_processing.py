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
        """Style a layer when Processing loads it; does nothing where Processing will not load it.

        Parameters
        ----------
        context : of the algorithm, on which the layer is registered for loading.
        layer : id or source of the layer, as it was registered.
        group : title of its group in the layer tree, for QGIS from 3.32 on; empty for none.

        """
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
        """Style the layer, and move it to its position in the project's layer tree where there is one.

        Parameters
        ----------
        layer : as Processing loaded it; it may be of another type, or not valid.
        project : the project that it was loaded into; None where there is none.

        """
        raise NotImplementedError
