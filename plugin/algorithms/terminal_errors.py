"""Errors in `qgis_process`: QGIS logs an exception of an algorithm twice and reports it once, and all is printed."""

from __future__ import annotations

from qgis.core import Qgis, QgsApplication, QgsMessageLog
from qgis.PyQt.QtCore import QCoreApplication

_JSON_ARGUMENTS = {"--json", "-"}
"""With these the tool prints what is logged, but not what is reported."""


def print_once(explanation: str) -> None:
    """Let `qgis_process` print the error that is raised next once; elsewhere nothing happens.

    The tool's log is closed for that: its process ends after the error.

    Parameters
    ----------
    explanation : of the error, as the exception holds it.

    """
    if QgsApplication.platform() != "qgis_process":
        return
    if _JSON_ARGUMENTS & set(QCoreApplication.arguments()[1:]):
        QgsMessageLog.logMessage(explanation, "Allpa", Qgis.MessageLevel.Critical)
    QgsApplication.messageLog().blockSignals(True)
