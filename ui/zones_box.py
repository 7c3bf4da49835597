"""The dock's zones: a row of areas for each polygon of a layer, with its code, summed by other fields where wanted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsMapLayerProxyModel,
    QgsProject,
    QgsVectorLayer,
)
from qgis.gui import QgsCheckableComboBox, QgsFieldComboBox, QgsMapLayerComboBox
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QCheckBox, QFormLayout, QPushButton, QVBoxLayout, QWidget

from ..plugin.allpa_engine.core.zone_keys import CODE_ATTRIBUTES, NAME_ATTRIBUTES, usual_field
from .labels import let_shrink, wrapped_label
from .zones_copy import zones_copy

ZONE_PARAMETERS = ("ZONES", "ZONE_FIELD", "ZONE_CODE", "ZONE_SUMS", "ZONE_MAPS")
COPY_NAME = "zones_input.gpkg"
"""In the output folder, where the zones are a selection, or of a layer that is no file."""


class ZonesBox(QWidget):
    """Layer and fields of the zones, as parameters of the algorithm."""

    changed = pyqtSignal()
    """The zones are others, or none."""
    region_requested = pyqtSignal(QgsVectorLayer)
    """The layer of zones should be the region too."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaZones")
        self._lost, self._copy = "", ""
        self._wanted: dict[str, Any] = {}
        self._build()
        self._show_lost()
        self._connect()
        self._on_layer()

    def parameters(self) -> dict[str, Any]:
        """The algorithm's parameters; empty where no zones are wanted. A layer that is a file is named by its path."""
        layer = self._layer()
        if layer is None:
            return {}
        source = layer.source() if layer.providerType() == "ogr" else layer.id()
        values = {
            "ZONES": source,
            "ZONE_FIELD": self._name.currentField(),
            "ZONE_CODE": self._code.currentField(),
            "ZONE_SUMS": [str(name) for name in self._sums.checkedItemsData()],
            "ZONE_MAPS": self._maps.isChecked(),
        }
        return {name: value for name, value in values.items() if value}

    def set_parameters(self, values: dict[str, Any], copy: str = "") -> str:
        """Fill in the zones of a job; a layer that is not in the project is added where its file can be read.

        Parameters
        ----------
        values : parameters of `allpa:landcovermap`; without `ZONES` there are no zones.
        copy : the zones as the job keeps them itself, which are offered where the layer is gone; empty for none.

        Returns
        -------
        A sentence where the layer is gone; else an empty text.

        """
        source = str(values.get("ZONES") or "")
        self._wanted, self._copy, self._lost = dict(values), copy if source else "", ""
        self._is_on.setChecked(bool(source))
        layer = self._project_layer(source) or _opened(source)
        if source and layer is None:
            self._lost = source
        self._show_lost()
        if source:
            self._choose(layer)
        self._maps.setChecked(bool(source and values.get("ZONE_MAPS")))
        return self._lost_text()

    def use_copy(self) -> None:
        """Take the zones as the job keeps them itself, with its fields."""
        layer = self._project_layer(self._copy) or _opened(self._copy, str(self.tr("Zones of the job")))
        if layer is not None:
            self._choose(layer)

    def write(self, folder: str) -> dict[str, Any]:
        """The parameters for a run, when what `prepare` says is written.

        Parameters
        ----------
        folder : of the outputs; a copy is written there.

        Returns
        -------
        Parameters that a command in a terminal has too.

        Raises
        ------
        FolderNotWritable : where the copy cannot be written.

        """
        values, write_copy = self.prepare(folder)
        write_copy()
        return values

    def prepare(self, folder: str) -> tuple[dict[str, Any], Callable[[], None]]:
        """The parameters for a run: a selection, or a layer that is no file or is being edited, is copied first.

        Parameters
        ----------
        folder : of the outputs; the copy lies there.

        Returns
        -------
        Parameters that a command in a terminal has too, and what writes the copy, in any thread.

        """
        layer, values = self._layer(), self.parameters()
        if layer is None:
            return {}, lambda: None
        if layer.providerType() == "ogr" and not (self._selected_only.isChecked() or layer.isModified()):
            return values, lambda: None
        path = Path(folder) / COPY_NAME
        if layer.source().partition("|")[0] == str(path):  # a file cannot be replaced by what is read from it
            path = path.with_name(f"selected_{COPY_NAME}")
        write_copy = zones_copy(layer, path, selected_only=self._selected_only.isChecked())
        return {**values, "ZONES": str(path)}, write_copy

    def count(self) -> int:
        """How many zones are wanted; 0 where none are."""
        layer = self._layer()
        if layer is None:
            return 0
        return int(layer.selectedFeatureCount() if self._selected_only.isChecked() else layer.featureCount())

    def problem(self) -> str:
        """One sentence that says what is missing; empty where nothing is."""
        layer = self._layer()
        if self._lost and self._is_on.isChecked():
            return self._lost_text()
        if self._is_on.isChecked() and layer is None:
            return str(self.tr("Choose the layer of zones, or switch the zones off."))
        if layer is not None and self._selected_only.isChecked() and not layer.selectedFeatureCount():
            return str(self.tr("No zone is selected in {layer}.").format(layer=layer.name()))
        return ""

    def summary(self) -> str:
        """The layer and how many zones it has, in a few words."""
        layer = self._layer()
        if layer is None:
            return str(self.tr("None"))
        return f"{layer.name()}: {self.count()}"

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self._is_on = QCheckBox(self.tr("Areas of each polygon"), self)
        self._is_on.setObjectName("allpaZonesOn")
        self._is_on.setToolTip(self.tr("Provinces, districts, parcels: each polygon gets a row with its own areas"))
        self._fields = QWidget(self)
        fields = QVBoxLayout(self._fields)
        fields.setContentsMargins(0, 0, 0, 0)
        form = QFormLayout()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._build_fields()
        self._lost_note = wrapped_label("allpaZonesLost", self._fields)
        self._use_copy = QPushButton(self.tr("Use the job's copy"), self._fields)
        self._use_copy.setObjectName("allpaZonesUseCopy")
        self._use_copy.setToolTip(self.tr("The zones with all attributes, as the job keeps them in its folder"))
        let_shrink(self._is_on, self._layers, self._selected_only, self._name, self._code, self._sums, self._region)
        let_shrink(self._maps, self._use_copy)
        for widget in (self._lost_note, self._use_copy):
            fields.addWidget(widget)
        fields.addLayout(form)
        form.addRow(self.tr("Layer"), self._layers)
        form.addRow(self._selected_only)
        form.addRow(self.tr("Name"), self._name)
        form.addRow(self.tr("Code"), self._code)
        form.addRow(self.tr("Sum by"), self._sums)
        form.addRow(self._maps)
        form.addRow(self._region)
        form.addRow(self._note)
        column.addWidget(self._is_on)
        column.addWidget(self._fields)
        self._fields.setVisible(False)

    def _build_fields(self) -> None:
        self._layers = QgsMapLayerComboBox(self._fields)
        self._layers.setObjectName("allpaZonesLayer")
        self._layers.setFilters(QgsMapLayerProxyModel.Filter.PolygonLayer)
        self._layers.setMinimumContentsLength(8)
        self._selected_only = QCheckBox(self.tr("Selected features only"), self._fields)
        self._selected_only.setObjectName("allpaZonesSelectedOnly")
        self._name, self._code = self._field_combo("allpaZonesName"), self._field_combo("allpaZonesCode")
        self._code.setToolTip(self.tr("Such as UBIGEO: distinguishes zones of one name in the tables"))
        self._sums = QgsCheckableComboBox(self._fields)
        self._sums.setObjectName("allpaZonesSums")
        self._sums.setDefaultText(self.tr("No sums"))
        self._sums.setMinimumContentsLength(8)
        self._sums.setToolTip(
            self.tr("A further table sums the zones by these fields, such as province and department")
        )
        self._maps = QCheckBox(self.tr("A map for each zone too"), self._fields)
        self._maps.setObjectName("allpaZonesMaps")
        self._maps.setToolTip(self.tr("Cut out of the map and named by the zone, in a folder beside the map"))
        self._region = QPushButton(self.tr("Use as the region too"), self._fields)
        self._region.setObjectName("allpaZonesAsRegion")
        self._note = wrapped_label("allpaZonesNote", self._fields)
        self._note.setText(self.tr("Tables (CSV) and a layer with all attributes are written into the output folder."))

    def _field_combo(self, name: str) -> QgsFieldComboBox:
        combo = QgsFieldComboBox(self._fields)
        combo.setObjectName(name)
        combo.setAllowEmptyFieldName(True)
        combo.setMinimumContentsLength(8)
        return combo

    def _connect(self) -> None:
        self._is_on.toggled.connect(self._on_switched)
        self._layers.layerChanged.connect(self._on_layer)
        self._region.clicked.connect(self._ask_region)
        self._use_copy.clicked.connect(lambda: self.use_copy())
        self._maps.toggled.connect(self._on_changed)
        for signal in (self._selected_only.toggled, self._name.fieldChanged, self._code.fieldChanged):
            signal.connect(self._on_changed)
        self._sums.checkedItemsChanged.connect(self._on_changed)

    def _layer(self) -> QgsVectorLayer | None:
        return self._layers.currentLayer() if self._is_on.isChecked() else None

    def _on_switched(self, is_on: bool) -> None:
        self._fields.setVisible(is_on)
        self.changed.emit()

    def _on_layer(self, *_layer: object) -> None:
        """Propose the usual fields of another layer."""
        layer = self._layers.currentLayer()
        names = layer.fields().names() if layer is not None else []
        for combo, usual in ((self._name, NAME_ATTRIBUTES), (self._code, CODE_ATTRIBUTES)):
            combo.blockSignals(True)
            combo.setLayer(layer)
            combo.setField(usual_field(names, usual))
            combo.blockSignals(False)
        self._sums.clear()
        for name in names:
            self._sums.addItemWithCheckState(name, Qt.CheckState.Unchecked, name)
        self._selected_only.setChecked(layer is not None and layer.selectedFeatureCount() > 0)
        if layer is not None and self._lost:
            self._lost = ""
            self._show_lost()
        self.changed.emit()

    def _project_layer(self, source: str) -> QgsVectorLayer | None:
        """The layer of the project that a job named."""
        layers = (self._layers.layer(place) for place in range(self._layers.count()))
        return next((one for one in layers if one is not None and source in (one.source(), one.id())), None)

    def _choose(self, layer: QgsVectorLayer | None) -> None:
        """Choose a layer, with the fields of the job that is filled in where it has them."""
        self._layers.setLayer(layer)
        if layer is None:
            return
        names = layer.fields().names()
        for combo, parameter in ((self._name, "ZONE_FIELD"), (self._code, "ZONE_CODE")):
            field = str(self._wanted.get(parameter) or "")
            combo.setField(field if field in names else "")
        chosen = self._wanted.get("ZONE_SUMS") or []
        for place in range(self._sums.count()):
            is_chosen = self._sums.itemData(place) in chosen
            self._sums.setItemCheckState(place, Qt.CheckState.Checked if is_chosen else Qt.CheckState.Unchecked)
        self._selected_only.setChecked(False)

    def _show_lost(self) -> None:
        """While the layer of a job is gone, no other one is chosen in its place."""
        self._layers.setAllowEmptyLayer(bool(self._lost))
        self._lost_note.setVisible(bool(self._lost))
        self._lost_note.setText(self._lost_text())
        self._use_copy.setVisible(bool(self._lost) and bool(self._copy))

    def _lost_text(self) -> str:
        if not self._lost:
            return ""
        name = Path(self._lost.partition("|")[0]).name
        if self._copy:
            text = self.tr("The layer of zones {name} is not there any more: use the job's copy, or choose another.")
        else:
            text = self.tr("The layer of zones {name} is not there any more: choose another one, or switch zones off.")
        return str(text).format(name=name)

    def _on_changed(self, *_arguments: object) -> None:
        self.changed.emit()

    def _ask_region(self) -> None:
        layer = self._layer()
        if layer is not None:
            self.region_requested.emit(layer)


def _opened(source: str, name: str = "") -> QgsVectorLayer | None:
    """The layer of a file, added to the project under a name or that of the file; None where it cannot be read."""
    path = Path(source.partition("|")[0])
    if not source or not path.is_file():
        return None
    layer = QgsVectorLayer(source, name or path.stem, "ogr")
    if not layer.isValid():
        return None
    QgsProject.instance().addMapLayer(layer)
    return layer
