"""The corrections that were made, the last one on top."""

from __future__ import annotations

from collections.abc import Sequence

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QToolButton, QVBoxLayout, QWidget

from ...plugin.allpa_engine.core.legend import Legend
from ...plugin.layers.correction_file import Correction
from ...plugin.translation import table_language
from ..results.panel import swatch

_HEIGHT_PX = 120
_NUMBER = int(Qt.ItemDataRole.UserRole)


class CorrectionList(QWidget):
    """A row for each correction; the selected one can be removed."""

    removed = pyqtSignal(int)
    """Id of a correction that is to be removed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaCorrections")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self._rows = QListWidget(self)
        self._rows.setObjectName("allpaCorrectionRows")
        self._rows.setMaximumHeight(_HEIGHT_PX)
        self._remove = QToolButton(self)
        self._remove.setObjectName("allpaCorrectionRemove")
        self._remove.setIcon(QgsApplication.getThemeIcon("mActionDeleteSelected.svg"))
        self._remove.setToolTip(self.tr("Remove the selected correction"))
        self._remove.setAccessibleName(self._remove.toolTip())
        self._remove.clicked.connect(self._remove_selected)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self._remove)
        column.addWidget(self._rows)
        column.addLayout(row)
        self._rows.currentRowChanged.connect(lambda index: self._remove.setEnabled(index >= 0))

    def show_corrections(self, corrections: Sequence[Correction], legend: Legend | None) -> None:
        """Show corrections anew.

        Parameters
        ----------
        corrections : in the order in which they were made.
        legend : gives names and colours; None for none.

        """
        self._rows.clear()
        self._remove.setEnabled(False)
        for correction in reversed(corrections):
            land = None if legend is None else legend.by_code.get(correction.code)
            name = str(correction.code) if land is None else land.label(table_language())
            place = correction.geometry.centroid().asPoint()
            item = QListWidgetItem(f"{name}  ({place.y():.5f}, {place.x():.5f})")
            if land is not None:
                item.setIcon(swatch(land.color, self.palette()))
            item.setData(_NUMBER, correction.number)
            self._rows.addItem(item)

    def _remove_selected(self) -> None:
        item = self._rows.currentItem()
        if item is not None:
            self.removed.emit(int(item.data(_NUMBER)))
