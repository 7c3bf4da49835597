"""The candidates' footprints on the map: a layer in the project that follows the checks and the selection."""

from __future__ import annotations

from collections.abc import Iterable

from qgis.core import QgsProject, QgsVectorLayer
from qgis.gui import QgsLayerTreeMapCanvasBridge, QgsMapCanvas
from qgis.PyQt.QtCore import QObject, Qt, QTimer, pyqtSignal

from ...plugin.layers.footprints import FIELDS, create_footprint_layer, footprint_features, style_footprints
from ...plugin.layers.scene_list import SceneList

_CHOSEN, _REASON = list(FIELDS).index("chosen"), list(FIELDS).index("reason")


class FootprintLayer(QObject):
    """One memory layer in its own group; the user may remove it at any time."""

    rows_picked = pyqtSignal(list)
    """Rows of the list whose footprints were selected on the map."""
    removed = pyqtSignal()
    """The layer is no longer in the project."""

    def __init__(self, canvas: QgsMapCanvas, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self._layer: QgsVectorLayer | None = None
        self._list: SceneList | None = None
        self._ids: list[int] = []
        self._selecting = False
        self._bridge: QgsLayerTreeMapCanvasBridge | None = None

    def show_list(self, scenes: SceneList, title: str) -> None:
        """Show the footprints of a list on the map, in place of the previous ones.

        Parameters
        ----------
        scenes : the list; checks that change later are shown by `update_rows`.
        title : of the layer's group in the layer tree.

        """
        self.remove()
        layer = create_footprint_layer(self.tr("Footprints"))
        layer.setCustomProperty("skipMemoryLayersCheck", 1)  # a search can be repeated: closing needs no question
        added, features = layer.dataProvider().addFeatures(footprint_features(scenes))
        if not added or len(features) != len(scenes.scenes):
            return
        self._ids = [feature.id() for feature in features]
        layer.updateExtents()
        layer.setReadOnly(True)  # scenes are checked in the dock
        style_footprints(layer)
        project = QgsProject.instance()
        if not project.mapLayers():
            self._keep_view(project)
        project.addMapLayer(layer, False)
        project.layerTreeRoot().insertGroup(0, title).addLayer(layer)
        self._list, self._layer = scenes, layer
        layer.selectionChanged.connect(self._emit_picked_rows)
        layer.willBeDeleted.connect(self._on_layer_deleted)

    def update_rows(self, rows: Iterable[int]) -> None:
        """Update rows that were checked or unchecked."""
        if self._layer is None or self._list is None:
            return
        changes = {
            self._ids[row]: {_CHOSEN: self._list.scenes[row].chosen, _REASON: self._list.scenes[row].reason}
            for row in rows
        }
        self._layer.dataProvider().changeAttributeValues(changes)
        self._layer.dataChanged.emit()  # for tables that show it
        self._layer.triggerRepaint()  # drawn in the background, after other clicks that come meanwhile

    def select(self, rows: Iterable[int]) -> None:
        """Highlight the footprints of rows."""
        if self._layer is None:
            return
        self._selecting = True
        self._layer.selectByIds([self._ids[row] for row in rows])
        self._selecting = False

    def zoom(self, rows: Iterable[int]) -> None:
        """Show the footprints of rows on the map, all where none is given."""
        if self._layer is None:
            return
        wanted = [self._ids[row] for row in rows]
        if wanted:
            self._canvas.zoomToFeatureIds(self._layer, wanted)
        else:
            extent = self._canvas.mapSettings().layerExtentToOutputExtent(self._layer, self._layer.extent())
            extent.scale(1.05)
            self._canvas.setExtent(extent)
            self._canvas.refresh()

    def remove(self) -> None:
        """Remove the layer and its group from the project."""
        layer, self._layer = self._layer, None
        if layer is None:
            return
        project = QgsProject.instance()
        node = project.layerTreeRoot().findLayer(layer.id())
        group = node.parent() if node is not None else None
        project.removeMapLayer(layer.id())
        if group is not None and group != project.layerTreeRoot() and not group.children():
            group.parent().removeChildNode(group)

    def _keep_view(self, project: QgsProject) -> None:
        """Keep QGIS from taking over CRS and extent of this layer, where it is the first one of a project with a CRS.

        To set them back afterwards would hold the window for longer than all else that a search does.
        """
        options = Qt.FindChildOption.FindDirectChildrenOnly  # the window of QGIS has thousands of others
        bridge = self._canvas.window().findChild(QgsLayerTreeMapCanvasBridge, "", options)
        if bridge is not None and bridge.autoSetupOnFirstLayer() and project.crs().isValid():
            bridge.setAutoSetupOnFirstLayer(False)
            self._bridge = bridge
            self._canvas.layersChanged.connect(self._set_up_bridge_later)

    def _set_up_bridge_later(self) -> None:
        """The bridge has handed its layers over, and looks at its setting before it returns."""
        self._canvas.layersChanged.disconnect(self._set_up_bridge_later)
        QTimer.singleShot(0, self._set_up_bridge)

    def _set_up_bridge(self) -> None:
        bridge, self._bridge = self._bridge, None
        if bridge is not None:
            bridge.setAutoSetupOnFirstLayer(True)

    def _emit_picked_rows(self) -> None:
        if self._layer is not None and not self._selecting:
            rows = {identifier: row for row, identifier in enumerate(self._ids)}
            self.rows_picked.emit(sorted(rows[key] for key in self._layer.selectedFeatureIds() if key in rows))

    def _on_layer_deleted(self) -> None:
        if self._layer is not None:
            self._layer = None
            self.removed.emit()
