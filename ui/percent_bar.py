"""A progress bar with its percentage beside it, which can be read in every theme of QGIS."""

from __future__ import annotations

from qgis.PyQt.QtCore import QLocale, Qt
from qgis.PyQt.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QWidget

_MIN_BAR_PX = 40


class PercentBar(QWidget):
    """Progress from 0 to 100; in dark themes a number on the bar itself would be black on black.

    Parameters
    ----------
    name : object name of the bar.
    parent : owner.

    """

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._bar = QProgressBar(self)
        self._bar.setObjectName(name)
        self._bar.setRange(0, 100)
        self._bar.setTextVisible(False)
        self._bar.setMinimumWidth(_MIN_BAR_PX)
        self._text = QLabel(self)
        self._text.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._bar, 1)
        row.addWidget(self._text)
        self.setValue(0)
        self._text.setMinimumWidth(self._text.fontMetrics().horizontalAdvance("100 %"))

    def setValue(self, percent: float) -> None:  # noqa: N802 - Qt's name
        """Show how much is done, from 0 to 100."""
        self._bar.setValue(round(percent))
        self._text.setText(f"{QLocale().toString(self._bar.value())} %")
