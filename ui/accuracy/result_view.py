"""What the estimation found: its figures, and the report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QUrl
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import QFrame, QPushButton, QVBoxLayout, QWidget

from ..labels import wrapped_label


class AccuracyResult(QFrame):
    """Hidden until there is a result."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaAccuracyResult")
        self._report = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self._text = wrapped_label("allpaAccuracyText", self, selectable=True)
        self._open = QPushButton(QgsApplication.getThemeIcon("mIconHtml.svg"), self.tr("Open the report"), self)
        self._open.setObjectName("allpaAccuracyReport")
        self._open.clicked.connect(self.open_report)
        column.addWidget(self._open)
        column.addWidget(self._text)
        self.setVisible(False)

    def show_results(self, results: dict[str, Any]) -> None:
        """Show the outputs of `allpa:accuracy`."""
        self._report = str(results.get("REPORT") or "")
        self._text.setText(str(results.get("SENTENCES") or ""))
        self._open.setEnabled(bool(self._report) and Path(self._report).is_file())
        self.setVisible(True)

    def open_report(self) -> None:
        """Show the report in the browser."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(self._report))
