"""Tables of results as layers without geometry."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsProcessingContext


def load_table(context: QgsProcessingContext, path: str, title: str, output: str) -> None:
    """Let Processing load a CSV table when the algorithm has ended.

    Parameters
    ----------
    context : of the algorithm; without a project nothing happens.
    path : of the table.
    title : name of the layer.
    output : name of the algorithm's output.

    """
    if context.project() is None or not Path(path).exists() or context.willLoadLayerOnCompletion(path):
        return
    context.addLayerToLoadOnCompletion(path, QgsProcessingContext.LayerDetails(title, context.project(), output))
