"""The list of points on which interpreters do not agree, with what each of them says."""

from __future__ import annotations

from qgis.PyQt.QtCore import QSize, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from ...plugin.allpa_engine.core.agreement import Label
from ...plugin.allpa_engine.core.legend import BUNDLED_LEGEND, Legend
from ..results.panel import swatch
from .class_buttons import class_name
from .session import LabelSession

_LINES = 3


class DisagreementTable(QTableWidget):
    """A row for each point: its number, a column for each interpreter, and what was settled."""

    point_chosen = pyqtSignal(int)
    """Place of the point in the session."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 0, parent)
        self._legend: Legend = BUNDLED_LEGEND
        self.setObjectName("allpaDisagreements")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setIconSize(QSize(12, 12))
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 4)
        self.setFixedHeight((_LINES + 1) * (self.fontMetrics().height() + 6) + 4)
        self.cellClicked.connect(lambda row, _column: self.point_chosen.emit(row))

    def show_session(self, session: LabelSession) -> None:
        """Fill the table.

        Parameters
        ----------
        session : that settles.

        """
        self._legend = session.sample.legend
        self._names = sorted({label.interpreter for labels in session.others.values() for label in labels})
        self.setColumnCount(len(self._names) + 2)
        self.setHorizontalHeaderLabels([self.tr("Point"), *self._names, self.tr("Settled")])
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.setRowCount(len(session.points))
        for row, point in enumerate(session.points):
            self.setItem(row, 0, QTableWidgetItem(str(point.point_id)))
            labels = {label.interpreter: label for label in session.others.get(point.point_id, ())}
            for column, name in enumerate(self._names, 1):
                self.setItem(row, column, self._cell(labels.get(name)))
            self._set_settled(row, session)

    def update_point(self, session: LabelSession) -> None:
        """Show what was settled, after a change of one point."""
        for row in range(self.rowCount()):
            self._set_settled(row, session)

    def select(self, session: LabelSession) -> None:
        """Mark the point that is shown."""
        self.selectRow(session.position)

    def _set_settled(self, row: int, session: LabelSession) -> None:
        self.setItem(row, self.columnCount() - 1, self._cell(session.labels.get(session.points[row].point_id)))

    def _cell(self, label: Label | None) -> QTableWidgetItem:
        if label is None:
            return QTableWidgetItem("")
        text = class_name(label.reference_class, self._legend)
        if label.earlier_class is not None:
            text = f"{class_name(label.earlier_class, self._legend)} → {text}"
        cell = QTableWidgetItem(text)
        land_class = self._legend.by_code.get(label.reference_class or 0)
        if land_class is not None:
            cell.setIcon(swatch(land_class.color, self.palette()))
        second = class_name(label.second_class, self._legend) if label.second_class else ""
        words = [text, self.tr("or {}").format(second) if second else "", label.note]
        cell.setToolTip("\n".join(word for word in words if word))
        return cell
