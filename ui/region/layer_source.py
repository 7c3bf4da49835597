"""The region from a polygon layer: which layer, all of it or its selection, and the field that names it."""

from __future__ import annotations

from functools import partial
from typing import Any

from qgis.core import QgsMapLayerProxyModel, QgsProject, QgsVectorLayer
from qgis.gui import QgsFieldComboBox, QgsMapLayerComboBox
from qgis.PyQt.QtCore import QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ...plugin.allpa_engine.core.errors import RegionInvalid
from ...plugin.allpa_engine.core.zone_keys import NAME_ATTRIBUTES, usual_field
from ..background import Background
from ..labels import let_shrink
from .layer_polygons import layer_polygons, region_name
from .region_geometry import choose_region

_LAYER_CHANGE_MS = 150
"""Selecting and editing change a layer many times at once; it is read again when it has been quiet for so long."""

_MIN_NAMES_PX = 70


class LayerSource(QWidget):
    """Reads the region from a layer, and again whenever its selection or its features change."""

    reading = pyqtSignal()
    """The layer holds so much that it is read in the background; `found` or `refused` follows."""
    found = pyqtSignal(object, int, bool)
    """A `RegionChoice`, how many polygons were repaired, and whether the user has just chosen the layer."""
    refused = pyqtSignal(object, bool)
    """A `RegionInvalid`, and whether the user has just chosen the layer."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaRegionLayerRow")
        self._watched: QgsVectorLayer | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_LAYER_CHANGE_MS)
        self._timer.timeout.connect(self._read_again)
        self._is_used = self._is_long = False
        self._background = Background(self)
        self._build()

    @property
    def layer(self) -> QgsVectorLayer | None:
        """The chosen layer."""
        return self._layers.currentLayer()

    def set_layer(self, layer: QgsVectorLayer) -> None:
        """Choose a layer of the project."""
        self._layers.setLayer(layer)

    def set_used(self, is_used: bool) -> None:
        """Read the region from the layer from now on, or no longer."""
        self._is_used = is_used
        self._follow_selection()
        self._on_choice()

    def refresh(self) -> None:
        """Read the layer again where its features or its selection may have changed."""
        if self._timer.isActive() or not self._is_long:  # a long one is read when it says that it has changed
            self._read_again()

    def cancel(self) -> None:
        """Take no notice of what is being read."""
        self._background.cancel()

    def dispose(self) -> None:
        """Follow no layer any more."""
        self._watch(None)
        self._background.dispose()

    def _build(self) -> None:
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        self._layers = QgsMapLayerComboBox(self)
        self._layers.setObjectName("allpaRegionLayerCombo")
        self._layers.setFilters(QgsMapLayerProxyModel.Filter.PolygonLayer)
        self._layers.setAllowEmptyLayer(True, self.tr("Choose a layer"))
        self._layers.setMinimumContentsLength(10)
        self._selected_only = QCheckBox(self.tr("Selected features only"), self)
        self._selected_only.setObjectName("allpaRegionSelectedOnly")
        self._selected_only.setToolTip(self.tr("The region follows the selection"))
        self._names = QgsFieldComboBox(self)
        self._names.setObjectName("allpaRegionNameField")
        self._names.setAllowEmptyFieldName(True)
        self._names.setMinimumContentsLength(8)
        self._names.setToolTip(self.tr("The region gets the names of its features from this field"))
        let_shrink(self._layers, self._selected_only, self._names)
        self._names.setMinimumWidth(_MIN_NAMES_PX)
        names = QHBoxLayout()
        names.addWidget(QLabel(self.tr("Name field"), self))
        names.addWidget(self._names, 1)
        rows.addWidget(self._layers)
        rows.addWidget(self._selected_only)
        rows.addLayout(names)
        self._layers.layerChanged.connect(self._on_layer_changed)
        self._selected_only.toggled.connect(self._on_choice)
        self._names.fieldChanged.connect(lambda _name: self._read_again())

    def _on_layer_changed(self) -> None:
        self._follow_selection()
        layer = self.layer
        self._names.blockSignals(True)
        self._names.setLayer(layer)
        self._names.setField(usual_field(layer.fields().names(), NAME_ATTRIBUTES) if layer is not None else "")
        self._names.blockSignals(False)
        self._on_choice()

    def _follow_selection(self) -> None:
        """Take the selection where the layer has one when it is chosen: that is what the user has just picked."""
        if self._is_used and self.layer is not None:
            self._selected_only.blockSignals(True)
            self._selected_only.setChecked(self.layer.selectedFeatureCount() > 0)
            self._selected_only.blockSignals(False)

    def _on_choice(self) -> None:
        layer = self.layer if self._is_used else None
        self._watch(layer)
        self._background.cancel()
        if layer is not None:
            self._read(layer, is_choice=True)

    def _read_again(self) -> None:
        self._timer.stop()
        if self._is_used and self.layer is not None:
            self._read(self.layer, is_choice=False)

    def _read(self, layer: QgsVectorLayer, *, is_choice: bool) -> None:
        self._background.cancel()
        selected_only = self._selected_only.isChecked()
        try:
            polygons = layer_polygons(layer, selected_only)
        except RegionInvalid as error:
            self.refused.emit(error, is_choice)
            return
        name = region_name(layer, selected_only, self._names.currentField())
        self._is_long = not polygons.is_short
        if self._is_long:
            self.reading.emit()
        self._background.start(
            partial(
                choose_region, polygons.parts, QgsProject.instance().transformContext(), layer.crs().authid(), name
            ),
            lambda found: self.found.emit(*found, is_choice),
            lambda error: self.refused.emit(error, is_choice),
            at_once=polygons.is_short,
        )

    def _watch(self, layer: QgsVectorLayer | None) -> None:
        """Follow the selection and the edits of this layer alone."""
        if self._watched is not None:
            self._watched.willBeDeleted.disconnect(self._on_layer_deleted)
            for signal in _change_signals(self._watched):
                signal.disconnect(self._on_layer_edited)
        self._timer.stop()
        self._watched = layer
        if layer is not None:
            layer.willBeDeleted.connect(self._on_layer_deleted)
            for signal in _change_signals(layer):
                signal.connect(self._on_layer_edited)

    def _on_layer_deleted(self) -> None:
        self._watched = None

    def _on_layer_edited(self, *_arguments: object) -> None:
        self._timer.start()


def _change_signals(layer: QgsVectorLayer) -> tuple[Any, ...]:
    return layer.selectionChanged, layer.layerModified, layer.dataChanged, layer.crsChanged, layer.subsetStringChanged
