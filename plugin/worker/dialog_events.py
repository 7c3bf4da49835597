"""Iterations, and batches of QGIS 3.22, run in QGIS's main thread; their dialog must go on while the engine works."""

from __future__ import annotations

import threading

from qgis.gui import QgsProcessingAlgorithmDialogBase
from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtWidgets import QApplication


def keep_dialog_alive() -> None:
    """Let events run where a dialog of Processing waits for this run in the main thread, so that Cancel can be clicked.

    The dialog does the same itself, but only where progress or a line of the log comes.
    """
    if threading.current_thread() is threading.main_thread() and any(map(_waits, QApplication.topLevelWidgets())):
        QCoreApplication.processEvents()


def _waits(window: object) -> bool:
    return (
        isinstance(window, QgsProcessingAlgorithmDialogBase)
        and window.isVisible()
        and bool(window.cancelButton().isEnabled())
    )
