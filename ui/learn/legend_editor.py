"""The table of a legend in the making: names, colours, codes and counts; classes are merged and left out."""

from __future__ import annotations

from collections.abc import Callable

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QIcon, QResizeEvent
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QColorDialog,
    QHBoxLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ...plugin.allpa_engine.core.errors import AllpaError
from ...plugin.allpa_engine.core.legend import MAX_OWN_CODE, hex_to_rgb
from ..labels import error_sentences, wrapped_label
from ..results.panel import swatch
from .legend_draft import DraftClass, LegendDraft

_NAME, _CODE, _COUNT = range(3)
_MAX_ROWS_SHOWN = 12
_NAME_SHARE = 0.55
"""Of the table's width, that names have before titles of the other columns are cut."""
_FEW_LABELS = 10
"""Fewer labels of a class are marked: a validation by blocks has too few of them."""


class LegendEditor(QWidget):
    """Edits a `LegendDraft`."""

    changed = pyqtSignal()
    """The draft is another one."""
    file_wanted = pyqtSignal()
    """The user wants the classes of a file."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaLegendEditor")
        self._draft: LegendDraft | None = None
        self._filling = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self._table = self._make_table()
        self._problem = wrapped_label("allpaLegendProblem", self)
        column.addWidget(self._table)
        column.addLayout(self._button_row())
        column.addWidget(self._from_file, 0, Qt.AlignmentFlag.AlignLeft)  # below: a narrow dock has room for two
        column.addWidget(self._problem)
        self._fill()

    @property
    def draft(self) -> LegendDraft | None:
        """The legend as it is now; None before labels were read."""
        return self._draft

    def set_draft(self, draft: LegendDraft | None) -> None:
        """Show a draft; None empties the table."""
        self._draft = draft
        self._fill()

    def problem(self) -> str:
        """Why the draft is no legend yet, in QGIS's language; empty where it is one."""
        if self._draft is None:
            return str(self.tr("Choose labels and the field with their classes."))
        try:
            self._draft.legend()
        except AllpaError as error:
            return error_sentences(error)
        return ""

    def selected(self) -> list[int]:
        """Rows that are selected, from the top."""
        return sorted({index.row() for index in self._table.selectionModel().selectedRows()})

    def merge(self) -> None:
        """Make one class of the selected ones."""
        if self._draft is not None:
            self._replace(self._draft.merged(self.selected()))

    def choose_color(self) -> None:
        """Ask for the colour of the selected class."""
        rows = self.selected()
        if self._draft is None or len(rows) != 1:
            return
        land = self._draft.rows[rows[0]].land
        color = QColorDialog.getColor(QColor(*hex_to_rgb(land.color)), self, self.tr("Colour of {}").format(land.name))
        if color.isValid():
            self._replace(self._draft.recoloured(rows[0], color.name()))

    def _make_table(self) -> QTableWidget:
        table = QTableWidget(0, 3, self)
        table.setObjectName("allpaLegendTable")
        table.setHorizontalHeaderLabels([self.tr("Class"), self.tr("Code"), self.tr("Labels")])
        for column in (_CODE, _COUNT):
            table.horizontalHeaderItem(column).setToolTip(table.horizontalHeaderItem(column).text())
        table.verticalHeader().hide()
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        table.setIconSize(QSize(14, 14))
        header = table.horizontalHeader()
        header.setMinimumSectionSize(30)
        for column in (_NAME, _CODE, _COUNT):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.itemChanged.connect(self._on_item)
        table.itemSelectionChanged.connect(self._show_buttons)
        return table

    def _button_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self._color = self._button("allpaLegendColour", self.tr("Colour…"), "mIconColorSwatches.svg", self.choose_color)
        self._merge = self._button("allpaLegendMerge", self.tr("Merge"), "mActionMergeFeatures.svg", self.merge)
        self._merge.setToolTip(self.tr("Makes one class of the selected ones; it keeps the name with most labels"))
        self._from_file = self._button(
            "allpaLegendFromFile", self.tr("From a file…"), "mActionFileOpen.svg", self.file_wanted.emit
        )
        self._from_file.setToolTip(
            self.tr("Names, codes and colours of legend.json, a style (QML), or a table with code, name and color")
        )
        for button in (self._color, self._merge):
            row.addWidget(button)
        row.addStretch(1)
        return row

    def _button(self, name: str, text: str, icon: str, action: Callable[[], None]) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(name)
        button.setText(text)
        button.setIcon(QgsApplication.getThemeIcon(icon))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.clicked.connect(lambda: action())
        return button

    def _fill(self) -> None:
        self._filling = True
        rows = self._draft.rows if self._draft is not None else ()
        self._table.setVisible(bool(rows))
        self._table.setRowCount(len(rows))
        for number, row in enumerate(rows):
            for column in (_NAME, _CODE, _COUNT):
                if self._table.item(number, column) is None:
                    self._table.setItem(number, column, QTableWidgetItem())
            self._show_row(number, row)
        self._filling = False
        height = self._table.horizontalHeader().height() + 2 * self._table.frameWidth()
        height += sum(self._table.rowHeight(number) for number in range(min(len(rows), _MAX_ROWS_SHOWN)))
        self._table.setFixedHeight(height)
        self._share_width()
        self._show_buttons()
        self._show_problem()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Names come first: where the dock is narrow, the titles of the numbers are cut and not the names."""
        super().resizeEvent(event)
        self._share_width()

    def _share_width(self) -> None:
        whole = self._table.viewport().width()
        header = self._table.horizontalHeader()
        wanted = [max(self._table.sizeHintForColumn(c), header.sectionSizeHint(c)) for c in (_CODE, _COUNT)]
        least = [self._table.sizeHintForColumn(c) for c in (_CODE, _COUNT)]
        widths = wanted if whole - sum(wanted) >= whole * _NAME_SHARE else least
        for column, width in zip((_CODE, _COUNT), widths):
            self._table.setColumnWidth(column, max(width, header.minimumSectionSize()))
        taken = self._table.columnWidth(_CODE) + self._table.columnWidth(_COUNT)
        self._table.setColumnWidth(_NAME, max(whole - taken, header.minimumSectionSize()))

    def _show_row(self, number: int, row: DraftClass) -> None:
        """The items stay: this is called while one of them says that it has changed."""
        name, code, count = (self._table.item(number, column) for column in (_NAME, _CODE, _COUNT))
        name.setText(row.land.label())
        name.setIcon(swatch(row.land.color, self.palette()))
        name.setFlags(name.flags() | Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEditable)
        name.setCheckState(Qt.CheckState.Checked if row.is_kept else Qt.CheckState.Unchecked)
        name.setToolTip(
            self.tr("Values: {values}. Unchecked: these labels are left out.").format(values=", ".join(row.values))
        )
        code.setText(str(row.land.code))
        count.setText(f"{row.count:n}")
        for item in (code, count):
            item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        count.setFlags(count.flags() & ~Qt.ItemFlag.ItemIsEditable)
        is_few = row.is_kept and row.count < _FEW_LABELS
        count.setIcon(QgsApplication.getThemeIcon("mIconWarning.svg") if is_few else QIcon())
        few = self.tr("Few labels: the class is hard to learn, and its accuracy hard to estimate.")
        count.setToolTip(few if is_few else "")

    def _on_item(self, item: QTableWidgetItem) -> None:
        if self._filling or self._draft is None:
            return
        number, row = item.row(), self._draft.rows[item.row()]
        if item.column() == _CODE:
            text = item.text().strip()
            is_code = text.isascii() and text.isdigit() and 1 <= int(text) <= MAX_OWN_CODE
            self._replace(self._draft.recoded(number, int(text)) if is_code else self._draft)
            return
        is_kept = item.checkState() == Qt.CheckState.Checked
        draft = self._draft.with_kept(number, is_kept) if is_kept != row.is_kept else self._draft
        if item.text() != row.land.label():
            draft = draft.renamed(number, item.text())
        self._replace(draft)

    def _replace(self, draft: LegendDraft) -> None:
        is_new = draft is not self._draft
        self._draft = draft
        self._fill()
        if is_new:
            self.changed.emit()

    def _show_buttons(self) -> None:
        count = len(self.selected())
        self._color.setEnabled(count == 1)
        self._merge.setEnabled(count > 1)
        self._from_file.setEnabled(self._draft is not None)

    def _show_problem(self) -> None:
        text = self.problem() if self._draft is not None else ""
        self._problem.setText(text)
        self._problem.setVisible(bool(text))
