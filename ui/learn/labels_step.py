"""The first step: which labels, which field has their classes, and the legend that is made of its values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from qgis.core import QgsMapLayerProxyModel, QgsProject, QgsVectorFileWriter, QgsVectorLayer
from qgis.gui import QgsFieldComboBox, QgsFileWidget, QgsMapLayerComboBox
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QComboBox, QFileDialog, QFormLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from ...plugin.allpa_engine.core.atomic import check_free_space
from ...plugin.allpa_engine.core.errors import AllpaError, ReferenceInvalid
from ...plugin.allpa_engine.core.legend import Legend, read_legend, write_legend
from ...plugin.legend_file import LEGEND_SUFFIXES, read_legend_file
from ...plugin.translation import tr
from ..accuracy.class_mapping import value_count
from ..background import Background
from ..labels import error_sentences, wrapped_label
from .legend_draft import LegendDraft
from .legend_editor import LegendEditor

LABELS_FILE = "labels.gpkg"
_NAMES_OF_CLASS_FIELDS = ("class", "clase", "label", "landcover", "cobertura", "uso", "name")
_LAYER, _FILE = range(2)
_FEW_LABELS = 2_000
"""The values of more are counted in the background."""


class LabelsStep(QWidget):
    """Chooses labels and edits their legend."""

    saved = pyqtSignal()
    """The user wants these labels and this legend."""
    edited = pyqtSignal()
    """Labels, field or legend differ from what was saved."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._file_layer: QgsVectorLayer | None = None
        self._values = Background(self)
        self._build()
        self._kind.currentIndexChanged.connect(self._on_kind)
        self._layer.layerChanged.connect(self._on_layer)
        self._file.fileChanged.connect(self._on_file)
        self._field.fieldChanged.connect(lambda _name: self.read_values())
        self.editor.changed.connect(self._on_edited)
        self.editor.file_wanted.connect(self._ask_legend_file)
        self._save.clicked.connect(lambda: self.saved.emit())
        self._show_buttons()

    def layer(self) -> QgsVectorLayer | None:
        """The labels that are chosen; None where there are none that can be read."""
        chosen = self._layer.currentLayer() if self._kind.currentIndex() == _LAYER else self._file_layer
        return chosen if isinstance(chosen, QgsVectorLayer) and chosen.isValid() else None

    def field(self) -> str:
        """The field with the classes; empty where none is chosen."""
        return str(self._field.currentField())

    def set_file(self, path: str, field: str = "") -> None:
        """Choose a file of labels.

        Parameters
        ----------
        path : of a vector file.
        field : with the classes; empty takes one whose name says so.

        """
        self._kind.setCurrentIndex(_FILE)
        self._file.setFilePath(path)
        if field:
            self._field.setField(field)

    def set_layer(self, layer: QgsVectorLayer, field: str = "") -> None:
        """Choose a layer of the project.

        Parameters
        ----------
        layer : of points or polygons.
        field : with the classes; empty takes one whose name says so.

        """
        self._kind.setCurrentIndex(_LAYER)
        self._layer.setLayer(layer)
        if field:
            self._field.setField(field)

    def read_values(self) -> None:
        """Read the values of the field and propose a legend of them."""
        self._propose(None, lambda _values: {})

    def use_legend_file(self, path: str) -> None:
        """Take names, codes and colours of the classes from a file; its problem is shown where it cannot be read.

        Parameters
        ----------
        path : of `legend.json`, a style of QGIS or a table.

        """
        try:
            found = read_legend_file(Path(path))
        except AllpaError as error:
            self._note.setText(error_sentences(error))
            self._note.setVisible(True)
            return
        self._propose(found.legend, found.codes_of)

    def restore(self, path: Path, facts: Mapping[str, Any], legend_file: Path) -> None:
        """Show labels that were saved before.

        Parameters
        ----------
        path : of their file.
        facts : as `facts` gave them.
        legend_file : the legend that was saved; where it cannot be read a new one is proposed.

        """
        field, classes = str(facts.get("field") or ""), facts.get("classes")
        self.blockSignals(True)
        self.set_file(str(path), field)
        self.blockSignals(False)
        try:
            legend = read_legend(legend_file)
        except AllpaError:
            return
        if isinstance(classes, dict):
            codes = {key: code for key, code in classes.items() if isinstance(code, int)}
            self._propose(legend, lambda _values: codes)

    def write(self, folder: Path) -> tuple[Path, dict[str, Any]]:
        """Write the legend, and labels that lie in no file of their own.

        Parameters
        ----------
        folder : work folder.

        Returns
        -------
        The file of the labels, and what is needed to find this state again.

        Raises
        ------
        LegendInvalid : where the classes are no legend.
        ReferenceInvalid : where there are no labels, or they cannot be written.
        AllpaError : where the folder cannot be written.

        """
        layer, draft = self.layer(), self.editor.draft
        if layer is None or draft is None:
            raise ReferenceInvalid(self.editor.problem() or tr("Choose labels and the field with their classes."))
        legend = draft.legend()
        check_free_space(folder, 0)
        path = _file_of(layer)
        if path is None or layer.isModified() or layer.subsetString():
            path = folder / LABELS_FILE
            _write_layer(layer, path)
        write_legend(legend, folder / "legend.json")
        return path, {"field": self.field(), "classes": draft.classes()}

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        introduction = wrapped_label("allpaLabelsIntroduction", self)
        introduction.setText(
            self.tr("Points or polygons of known land, with a field that says their class. At least two classes.")
        )
        self._kind = QComboBox(self)
        self._kind.setObjectName("allpaLabelsKind")
        self._kind.addItems([self.tr("Layer of the project"), self.tr("File")])
        self._layer = QgsMapLayerComboBox(self)
        self._layer.setObjectName("allpaLabelsLayer")
        self._layer.setAllowEmptyLayer(True, self.tr("Choose a layer"))
        self._layer.setFilters(QgsMapLayerProxyModel.Filter.PointLayer | QgsMapLayerProxyModel.Filter.PolygonLayer)
        self._file = QgsFileWidget(self)
        self._file.setObjectName("allpaLabelsFile")
        self._file.setFilter(
            f"{self.tr('Vector files and tables')} (*.gpkg *.geojson *.json *.shp *.kml *.kmz *.csv *.parquet)"
        )
        self._source = QStackedWidget(self)
        for widget in (self._layer, self._file):
            self._source.addWidget(widget)
        self._field = QgsFieldComboBox(self)
        self._field.setObjectName("allpaLabelsField")
        form = QFormLayout()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(self.tr("Labels"), self._kind)
        form.addRow(self._source)
        form.addRow(self.tr("Class field"), self._field)
        self._note = wrapped_label("allpaLabelsNote", self)
        self.editor = LegendEditor(self)
        self._save = QPushButton(self.tr("Use these labels"), self)
        self._save.setObjectName("allpaLabelsSave")
        column.addWidget(introduction)
        column.addLayout(form)
        for widget in (self._note, self.editor, self._save):
            column.addWidget(widget)
        self._layer.setLayer(None)

    def _ask_legend_file(self) -> None:
        patterns = " ".join(f"*{suffix}" for suffix in LEGEND_SUFFIXES)
        title = self.tr("Legend from a file")
        path, _ = QFileDialog.getOpenFileName(self, title, "", f"{self.tr('Legends, styles and tables')} ({patterns})")
        if path:
            self.use_legend_file(path)

    def _on_kind(self, kind: int) -> None:
        self._source.setCurrentIndex(kind)
        self._choose(self.layer())

    def _on_layer(self, _layer: object) -> None:
        if self._kind.currentIndex() == _LAYER:
            self._choose(self.layer())

    def _on_file(self, path: str) -> None:
        text = path.strip()
        self._file_layer = QgsVectorLayer(text, Path(text).stem, "ogr") if text else None
        if self._kind.currentIndex() == _FILE:
            self._choose(self.layer())

    def _choose(self, layer: QgsVectorLayer | None) -> None:
        self._field.blockSignals(True)
        self._field.setLayer(layer)
        names = [field.name() for field in layer.fields()] if layer is not None else []
        proposed = [name for key in _NAMES_OF_CLASS_FIELDS for name in names if key in name.casefold()]
        self._field.setField(next(iter(proposed), names[0] if names else ""))
        self._field.blockSignals(False)
        self.read_values()

    def _propose(self, legend: Legend | None, codes: Callable[[Iterable[str]], Mapping[str, int]]) -> None:
        """Count the values and propose their classes: of `legend`, with `codes` of the values, or new ones."""
        layer, field = self.layer(), self.field()
        self._values.cancel()
        if layer is None or not field:
            is_file = self._kind.currentIndex() == _FILE and str(self._file.filePath()).strip()
            unreadable = self.tr("This file cannot be read as a layer. Choose points or polygons with a table.")
            self._show_draft(None, unreadable if is_file else "")
            return
        is_short = layer.featureCount() <= _FEW_LABELS
        if not is_short:
            self._show_draft(None, self.tr("The values are being read; wait a moment."))
        note = ""
        if not layer.crs().isValid() and layer.isSpatial():
            note = self.tr("These labels name no CRS. Set it in the properties of the layer, or in step 3.")
        self._values.start(
            value_count(layer, field),
            lambda counts: self._show_counts(counts, legend, codes, note),
            lambda error: self._show_draft(None, error_sentences(error)),
            at_once=is_short,
        )

    def _show_counts(
        self,
        counts: dict[str, int] | None,
        legend: Legend | None,
        codes: Callable[[Iterable[str]], Mapping[str, int]],
        note: str,
    ) -> None:
        if counts is None:
            many = self.tr("This field has over 200 different values. Choose the one with the classes.")
            self._show_draft(None, many)
            return
        if not counts:
            self._show_draft(None, self.tr("This field is empty. Choose the one with the classes."))
            return
        try:
            draft = (
                LegendDraft.of_values(counts)
                if legend is None
                else LegendDraft.of_legend(legend, codes(counts), counts)
            )
        except AllpaError as error:
            self._show_draft(None, error_sentences(error))
            return
        self._show_draft(draft, note)

    def _show_draft(self, draft: LegendDraft | None, note: str) -> None:
        self._note.setText(note)
        self._note.setVisible(bool(note))
        self.editor.set_draft(draft)
        self._on_edited()

    def _on_edited(self) -> None:
        self._show_buttons()
        self.edited.emit()

    def _show_buttons(self) -> None:
        problem = self.editor.problem()
        self._save.setEnabled(self.layer() is not None and not problem)
        self._save.setToolTip(problem)


def _file_of(layer: QgsVectorLayer) -> Path | None:
    """The file that holds all of a layer; None for one in memory, on a server, or one of several in its file."""
    source = str(layer.source())
    path = Path(source.split("|")[0])
    named = "|" in source and f"|layername={path.stem}" != source[len(str(path)) :]
    return path if layer.providerType() == "ogr" and path.is_file() and not named else None


def _write_layer(layer: QgsVectorLayer, path: Path) -> None:
    """Write a layer with its edits as a GeoPackage."""
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName, options.layerName = "GPKG", path.stem
    aside = path.with_name(f".{path.name}")
    result = QgsVectorFileWriter.writeAsVectorFormatV3(
        layer, str(aside), QgsProject.instance().transformContext(), options
    )
    if result[0] != QgsVectorFileWriter.WriterError.NoError:
        raise ReferenceInvalid(tr("The labels cannot be written to {}.").format(path), str(result[1]))
    aside.replace(path)
