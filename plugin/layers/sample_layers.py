"""The labels of a sample as layers: one for each interpreter, with the form whose classes are buttons.

The points with the class of the map are not loaded: interpreters must not see it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qgis.core import QgsMapLayer, QgsProcessingContext, QgsProject, QgsVectorLayer

from ..allpa_engine.core.sample_schema import LABELS_LAYER
from ..translation import tr
from .post_processing import LayerStyler


def labels_source(path: Path, interpreter: str) -> str:
    """The source of the layer with the labels of one interpreter."""
    quoted = interpreter.replace("'", "''")
    return f"{path}|layername={LABELS_LAYER}|subset=\"interpreter\" = '{quoted}'"


class LabelsStyler(LayerStyler):
    """Gives a layer of labels its name, and the style and form that lie in its file."""

    def __init__(self, title: str, *, is_visible: bool) -> None:
        super().__init__()
        self._title = title
        self._is_visible = is_visible

    def style(self, layer: QgsMapLayer, project: QgsProject | None) -> None:
        """Load the style of the file, since Processing gives layers its own; the layers would hide one another."""
        if isinstance(layer, QgsVectorLayer) and layer.isValid():
            layer.setName(self._title)
            layer.loadDefaultStyle()
        node = project.layerTreeRoot().findLayer(layer.id()) if project is not None else None
        if node is not None:
            node.setItemVisibilityChecked(self._is_visible)


def load_labels(context: QgsProcessingContext, path: Path, interpreters: Sequence[str]) -> None:
    """Let Processing load the labels of each interpreter when the algorithm has ended; the first ones are visible.

    Parameters
    ----------
    context : of the algorithm; without a project nothing happens.
    path : of the sample.
    interpreters : their names.

    """
    if context.project() is None or not path.exists():
        return
    group = tr("Sample {}").format(path.stem)
    for interpreter in interpreters:
        source = labels_source(path, interpreter)
        title = tr("Labels of {}").format(interpreter)
        context.addLayerToLoadOnCompletion(
            source, QgsProcessingContext.LayerDetails(title, context.project(), "OUTPUT")
        )
        LabelsStyler(title, is_visible=interpreter == interpreters[0]).attach(context, source, group)
