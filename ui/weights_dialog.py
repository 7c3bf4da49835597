"""The editor of class weights and minimum shares: a table of the classes, tables kept by name, and their files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor, QPixmap
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QInputDialog,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..plugin.allpa_engine.core.errors import AllpaError
from ..plugin.allpa_engine.core.land_class import LandClass
from ..plugin.translation import table_language
from ..plugin.weight_tables import (
    MAX_NAME_CHARS,
    WeightTable,
    read_weight_file,
    remove_table,
    save_table,
    saved_tables,
    usual_shares,
    write_weight_file,
)
from .labels import error_sentences, wrapped_label
from .plain_spin import PlainSpinBox

_MAX_SHOWN_WEIGHT = 1000.0
_MAX_PERCENT, _NO_SHARE = 99.9, -1.0
_SWATCH_PX = 14
_WIDTH_PX, _HEIGHT_PX = 480, 580


class WeightsDialog(QDialog):
    """Shows the weight of each class; OK takes them."""

    def __init__(
        self, legend: Sequence[LandClass], table: WeightTable, name: str = "", parent: QWidget | None = None
    ) -> None:
        """Show some weights.

        Parameters
        ----------
        legend : the classes of the model.
        table : what differs from the usual.
        name : of the saved table that this is; may be empty.
        parent : owner.

        """
        super().__init__(parent)
        self.setObjectName("allpaWeights")
        self.setWindowTitle(self.tr("Class weights"))
        self._legend = legend
        self._spins: dict[int, PlainSpinBox] = {}
        self._shares: dict[int, PlainSpinBox] = {}
        column = QVBoxLayout(self)
        note = wrapped_label("allpaWeightsNote", self)
        note.setText(
            self.tr(
                "Each scene votes for a class with the probability times the weight of this class. Larger weights "
                "favour a class; 0 excludes it. A class with a minimum share wins only where it is seen on more than "
                "this share of the clear dates."
            )
        )
        self._problem = wrapped_label("allpaWeightsProblem", self)
        column.addWidget(note)
        column.addLayout(self._tables_row())
        column.addWidget(self._class_table(), 1)
        column.addWidget(self._problem)
        column.addLayout(self._files_row())
        box = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok
            | QDialogButtonBox.StandardButton.Cancel
            | QDialogButtonBox.StandardButton.RestoreDefaults,
            parent=self,
        )
        box.setObjectName("allpaWeightsButtons")
        box.accepted.connect(self._accept_where_usable)
        box.rejected.connect(self.reject)
        box.button(QDialogButtonBox.StandardButton.Cancel).setText(self.tr("Cancel"))  # Qt's own may be English
        usual = box.button(QDialogButtonBox.StandardButton.RestoreDefaults)
        usual.setText(self.tr("Usual weights"))
        usual.clicked.connect(lambda: self.set_table(WeightTable()))
        column.addWidget(box)
        self.resize(_WIDTH_PX, _HEIGHT_PX)
        self._fill_tables(name)
        self.set_table(table)

    @property
    def table_name(self) -> str:
        """Name of the saved table whose weights these are; empty where they are of none."""
        name = str(self._tables.currentData() or "")
        return name if name and self._is_table(name) else ""

    def table(self) -> WeightTable:
        """What differs from the usual weights and shares."""
        weights = {code: round(spin.value(), 4) for code, spin in self._spins.items()}
        shares = {code: round(spin.value() / 100, 3) for code, spin in self._shares.items() if spin.value() >= 0}
        return WeightTable(weights, shares).for_legend(self._legend)

    def set_table(self, table: WeightTable) -> None:
        """Show weights and shares; what the table lacks is as usual."""
        shares = usual_shares(self._legend) if table.min_shares is None else table.min_shares
        for land_class in self._legend:
            code = land_class.code
            self._spins[code].setValue(table.weights.get(code, land_class.weight))
            self._shares[code].setValue(100 * shares[code] if code in shares else _NO_SHARE)

    def import_file(self, path: Path) -> None:
        """Show the weights of a file, or say why they cannot be used."""
        try:
            self.set_table(read_weight_file(path, self._legend))
        except AllpaError as error:
            self._problem.setText(error_sentences(error))
        else:
            self._problem.setText("")

    def export_file(self, path: Path) -> None:
        """Write what is shown to a file, or say why that fails."""
        try:
            write_weight_file(path, str(self._tables.currentData() or path.stem), self.table(), self._legend)
        except AllpaError as error:
            self._problem.setText(error_sentences(error))
        else:
            self._problem.setText(self.tr("Saved: {name}").format(name=path.name))

    def save_as(self, name: str) -> None:
        """Keep the weights that are shown under a name."""
        name = " ".join(name.split())[:MAX_NAME_CHARS]
        if name:
            save_table(name, self.table())
            self._fill_tables(name)

    def _tables_row(self) -> QHBoxLayout:
        self._tables = QComboBox(self)
        self._tables.setObjectName("allpaWeightsTables")
        self._tables.setToolTip(self.tr("Tables of weights that you have saved"))
        save = QPushButton(self.tr("Save as…"), self)
        save.setObjectName("allpaWeightsSave")
        self._remove = QPushButton(self.tr("Remove"), self)
        self._remove.setObjectName("allpaWeightsRemove")
        row = QHBoxLayout()
        row.addWidget(self._tables, 1)
        row.addWidget(save)
        row.addWidget(self._remove)
        self._tables.activated.connect(self._show_table)
        save.clicked.connect(self._ask_name)
        self._remove.clicked.connect(self._remove_table)
        return row

    def _class_table(self) -> QTableWidget:
        table = QTableWidget(len(self._legend), 4, self)
        table.setObjectName("allpaWeightsClasses")
        table.setHorizontalHeaderLabels(
            [self.tr("Code"), self.tr("Class"), self.tr("Weight"), self.tr("Minimum share")]
        )
        table.verticalHeader().setVisible(False)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        for row, land_class in enumerate(self._legend):
            swatch = QPixmap(_SWATCH_PX, _SWATCH_PX)
            swatch.fill(QColor(land_class.color))
            texts = (str(land_class.code), land_class.label(table_language()))
            for place, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setFlags(Qt.ItemFlag.ItemIsEnabled)
                if place:
                    item.setData(Qt.ItemDataRole.DecorationRole, swatch)
                table.setItem(row, place, item)
            code = land_class.code
            self._spins[code] = _spin(table, f"allpaWeight{code}", 0, _MAX_SHOWN_WEIGHT, 4)
            self._spins[code].setSingleStep(0.1)
            share = self._shares[code] = _spin(table, f"allpaMinShare{code}", _NO_SHARE, _MAX_PERCENT, 1)
            share.setSuffix(" %")
            share.setSpecialValueText(self.tr("none"))
            table.setCellWidget(row, 2, self._spins[code])
            table.setCellWidget(row, 3, share)
        table.setMinimumSize(400, 240)
        return table

    def _files_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        for name, text, slot in (
            ("allpaWeightsImport", self.tr("Import…"), self._ask_import),
            ("allpaWeightsExport", self.tr("Export…"), self._ask_export),
        ):
            button = QPushButton(text, self)
            button.setObjectName(name)
            button.clicked.connect(slot)
            row.addWidget(button)
        row.addStretch(1)
        return row

    def _fill_tables(self, chosen: str) -> None:
        self._tables.clear()
        self._tables.addItem(self.tr("Usual weights"), "")
        for name in saved_tables():
            self._tables.addItem(name, name)
        self._tables.setCurrentIndex(max(0, self._tables.findData(chosen)))
        self._remove.setEnabled(self._tables.currentIndex() > 0)

    def _show_table(self) -> None:
        self.set_table(saved_tables().get(str(self._tables.currentData()), WeightTable()))
        self._remove.setEnabled(self._tables.currentIndex() > 0)

    def _is_table(self, name: str) -> bool:
        return saved_tables().get(name, WeightTable()).for_legend(self._legend) == self.table()

    def _ask_name(self) -> None:
        question = QInputDialog(self)
        question.setWindowTitle(self.tr("Save weights"))
        question.setLabelText(self.tr("Name"))
        question.setTextValue(str(self._tables.currentData() or ""))
        question.textValueSelected.connect(self.save_as)
        question.open()

    def _remove_table(self) -> None:
        remove_table(str(self._tables.currentData()))
        self._fill_tables("")

    def _ask_import(self) -> None:
        kinds = self.tr("Weights (*.csv *.json);;All files (*)")
        files = QFileDialog(self, self.tr("Import weights"), "", kinds)
        files.setFileMode(QFileDialog.FileMode.ExistingFile)
        files.fileSelected.connect(lambda path: self.import_file(Path(path)))
        files.open()

    def _ask_export(self) -> None:
        kinds = self.tr("CSV table (*.csv);;Weight table of a job (*.json)")
        files = QFileDialog(self, self.tr("Export weights"), "", kinds)
        files.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        files.fileSelected.connect(lambda path: self._export_chosen(path, files.selectedNameFilter()))
        files.open()

    def _export_chosen(self, path: str, kind: str) -> None:
        """Write to the chosen file; one without an ending gets that of the chosen kind."""
        named = Path(path)
        ending = ".json" if "json" in kind else ".csv"
        self.export_file(named if named.suffix.lower() in (".csv", ".json") else Path(f"{path}{ending}"))

    def _accept_where_usable(self) -> None:
        if any(spin.value() > 0 for spin in self._spins.values()):
            self.accept()
        else:
            self._problem.setText(self.tr("At least one class weight must be greater than zero."))


def _spin(parent: QWidget, name: str, minimum: float, maximum: float, decimals: int) -> PlainSpinBox:
    spin = PlainSpinBox(parent)
    spin.setObjectName(name)
    spin.setRange(minimum, maximum)
    spin.setDecimals(decimals)
    return spin
