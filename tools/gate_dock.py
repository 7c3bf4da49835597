"""Runs inside the QGIS desktop that `gate.py` starts: opens the dock of the installed zip and takes its picture."""

import json
import os
import time
import traceback
from pathlib import Path

import qgis.utils
from qgis.PyQt.QtCore import QCoreApplication, QTimer
from qgis.PyQt.QtWidgets import QLabel

WAIT_S = 60


def show() -> str:
    """Open the dock and wait until it knows the engine; gives what is wrong, or an empty text."""
    plugin = qgis.utils.plugins["allpa"]
    plugin.show_dock(True)
    text = plugin.dock.findChild(QLabel, "allpaEngineText")
    deadline = time.monotonic() + WAIT_S
    while "ready" not in text.text() and time.monotonic() < deadline:
        QCoreApplication.processEvents()
        time.sleep(0.05)
    qgis.utils.iface.mainWindow().grab().save(os.environ["ALLPA_PICTURE"])
    if not plugin.dock.isVisible():
        return "the dock is not visible"
    return "" if "ready" in text.text() else f"the engine's line says: {text.text()}"


def main() -> None:
    """Leave what is wrong beside the picture, and end QGIS."""
    try:
        fault = show()
    except Exception:  # noqa: BLE001 - a script's border: the caller reads what it was
        fault = traceback.format_exc()
    Path(os.environ["ALLPA_PICTURE"]).with_suffix(".json").write_text(json.dumps(fault), encoding="utf-8")
    os._exit(bool(fault))  # QGIS would ask whether to save


QTimer.singleShot(2000, main)
