"""The window of the diagnostics report: what it says can be read before it is copied or saved."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QGuiApplication
from qgis.PyQt.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ..plugin.diagnostics import diagnostics_report, remembered_log
from .labels import wrapped_label
from .run import STATUS, AlgorithmRun, last_log

_SIZE_PX = (640, 480)


class DiagnosticsDialog(QDialog):
    """Asks `allpa:status` in the background and shows the report.

    Parameters
    ----------
    parent : owner.
    what : the failure that was shown, if there was one.
    log : its details; empty takes the log of the last run.

    """

    def __init__(self, parent: QWidget | None = None, what: str = "", log: str = "") -> None:
        super().__init__(parent)
        self.setObjectName("allpaDiagnostics")
        self.setWindowTitle(self.tr("Allpa: diagnostics report"))
        self.resize(*_SIZE_PX)
        self._what, self._log = what, [*remembered_log(), *(log.splitlines() or last_log())]
        self._build()
        self._status = AlgorithmRun(self)
        self._status.finished.connect(self._show)
        self._status.failed.connect(lambda _failure: self._show({}))
        self._status.start(STATUS, {})

    def _build(self) -> None:
        note = wrapped_label("allpaDiagnosticsNote", self)
        note.setText(
            self.tr(
                "Send this report to the person who helps you. Passwords, keys, the query of addresses, your home "
                "folder and your user name are cut out; read it before you send it."
            )
        )
        self._text = QPlainTextEdit(self)
        self._text.setObjectName("allpaDiagnosticsText")
        self._text.setReadOnly(True)
        self._text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._text.setPlaceholderText(self.tr("Asking the engine…"))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.button(QDialogButtonBox.StandardButton.Close).setText(self.tr("Close"))
        buttons.rejected.connect(self.close)
        self._copy, self._save = QPushButton(self.tr("Copy")), QPushButton(self.tr("Save as…"))
        for button, name, action in (
            (self._copy, "allpaDiagnosticsCopy", self._copy_text),
            (self._save, "allpaDiagnosticsSave", self._save_text),
        ):
            button.setObjectName(name)
            button.setEnabled(False)
            button.clicked.connect(action)
            buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
        column = QVBoxLayout(self)
        for widget in (note, self._text, buttons):
            column.addWidget(widget)

    def _show(self, engine: Mapping[str, Any]) -> None:
        self._text.setPlainText(diagnostics_report(engine, self._log, self._what))
        for button in (self._copy, self._save):
            button.setEnabled(True)

    def _copy_text(self) -> None:
        QGuiApplication.clipboard().setText(self._text.toPlainText())

    def _save_text(self) -> None:
        chosen, _filter = QFileDialog.getSaveFileName(
            self, self.windowTitle(), str(Path.home() / "allpa_diagnostics.md"), "Markdown (*.md)"
        )
        if chosen:
            self.save(Path(chosen))

    def save(self, file: Path) -> None:
        """Write the report; where that fails, the window says why."""
        try:
            file.write_text(self._text.toPlainText(), encoding="utf-8")
        except OSError as error:
            self.setWindowTitle(self.tr("The report could not be saved: {}").format(error.strerror))


def show_diagnostics(parent: QWidget | None = None, what: str = "", log: str = "") -> DiagnosticsDialog:
    """Open the window beside QGIS's; it is deleted when it is closed.

    Parameters
    ----------
    parent, what, log : as of `DiagnosticsDialog`.

    Returns
    -------
    The window.

    """
    dialog = DiagnosticsDialog(parent, what, log)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.show()
    return dialog
