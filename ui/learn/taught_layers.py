"""Maps of taught models as layers of the project."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsProject, QgsRasterLayer
from qgis.PyQt.QtCore import QCoreApplication

from ...plugin.layers.results import add_results


def is_loaded(path: str) -> bool:
    """Whether a file is a layer of the project."""
    return any(layer.source() == path for layer in QgsProject.instance().mapLayers().values())


def add_taught_map(path: str) -> None:
    """Load a map that a taught model made, or what it changed, on top of the others.

    Parameters
    ----------
    path : of the raster, in a folder of its version or of the run; one that is loaded already is left alone.

    """
    if is_loaded(path):
        return
    project, folder = QgsProject.instance(), Path(path).parent
    number = folder.parent.name.removeprefix("version_")
    version = QCoreApplication.translate("TeachPanel", "Version {}").format(int(number)) if number.isdecimal() else ""
    if Path(path).stem.startswith("landcover"):
        add_results(project, {"LANDCOVER": path}, version or folder.name)
        return
    title = QCoreApplication.translate("TeachPanel", "Changed by: {}").format(version or folder.name)
    project.addMapLayer(layer := QgsRasterLayer(path, title), addToLegend=False)  # its style lies beside it
    project.layerTreeRoot().insertLayer(0, layer)
