"""Layers that would show an interpreter the class of the map: hidden while points are labelled."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsMapLayer, QgsPalettedRasterRenderer, QgsProject, QgsRasterLayer, QgsVectorLayer

from ...plugin.layers.raster_legend import raster_legend


class HiddenLayers:
    """Hides layers in the layer tree and shows them again; which ones, is kept by id."""

    def __init__(self) -> None:
        self._ids: list[str] = []

    def hide(self, project: QgsProject, sample: Path) -> list[str]:
        """Hide the layers that show classes of a map, and those of the sample.

        Parameters
        ----------
        project : with the layers.
        sample : file of the sample, whose points are drawn by class.

        Returns
        -------
        The names of the layers that were visible.

        """
        names = []
        for layer in project.mapLayers().values():
            node = project.layerTreeRoot().findLayer(layer.id())
            if node is not None and node.isVisible() and shows_classes(layer, sample):
                node.setItemVisibilityChecked(False)
                self._ids.append(layer.id())
                names.append(layer.name())
        return sorted(names)

    def restore(self, project: QgsProject) -> None:
        """Show what was hidden, as far as it is still in the project."""
        for layer_id in self._ids:
            node = project.layerTreeRoot().findLayer(layer_id)
            if node is not None:
                node.setItemVisibilityChecked(True)
        self._ids.clear()


def shows_classes(layer: QgsMapLayer, sample: Path) -> bool:
    """Whether a layer shows the classes of a map, or the points of the sample with their strata.

    Parameters
    ----------
    layer : of the project.
    sample : file of the sample.

    """
    if isinstance(layer, QgsVectorLayer):
        source = layer.source().split("|")[0]
        return bool(source) and Path(source).name == sample.name
    renderer = layer.renderer() if isinstance(layer, QgsRasterLayer) else None
    if not isinstance(renderer, QgsPalettedRasterRenderer):
        return False
    codes = {int(paletted.value) for paletted in renderer.classes()}
    return bool(codes) and codes <= {0, *raster_legend(Path(layer.source())).codes}
