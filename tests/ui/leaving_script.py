"""Runs inside the QGIS desktop: what may happen while a job of Allpa's dock runs, with a real engine.

The main window is closed and the question answered, the project is replaced, the dock closed, the plugin switched off
and on; at last QGIS is left by its own question. `gate` in the job is a file that holds the downloads while it is there
(`held_archive.py`). With `reopen` the session opens the job that was stopped, and goes on with it.
"""

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, os.environ["ALLPA_TESTS"])

import qgis.utils
from desktop_script import (
    JOB,
    PICTURE,
    arrange_window,
    dock_of_plugin,
    draw_region,
    fill_form,
    leave_with,
    prepare_map,
)
from qgis.core import QgsProject
from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import QCoreApplication, QElapsedTimer, QEvent, Qt, QTimer
from qgis.PyQt.QtGui import QGuiApplication
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import (
    QApplication,
    QDockWidget,
    QLabel,
    QMessageBox,
    QPushButton,
    QTableWidget,
    QTreeWidget,
    QWidget,
)
from real_desktop import processes_of

GATE = Path(JOB["gate"])
STEP_TIMEOUT_MS = 300_000
END_TIMEOUT_MS = 60_000
HELD = GATE.with_suffix(".held")


def wait(condition):
    from dock_fixtures import wait_until

    wait_until(condition, STEP_TIMEOUT_MS)


def press(dock, name):
    """Click a button of the dock."""
    dock.findChild(QPushButton, name).click()


def save_screen(name):
    """A picture of the whole screen."""
    QGuiApplication.primaryScreen().grabWindow(0).save(str(PICTURE.with_name(f"{PICTURE.stem}_{name}.png")))


def hold():
    """Keep downloads waiting from now on."""
    HELD.unlink(missing_ok=True)
    GATE.touch()


def run_until_held(dock, folder):
    """Start a job, and wait until it waits for a download."""
    hold()
    dock.findChild(QgsFileWidget, "allpaFolder").setFilePath(folder)
    press(dock, "allpaRun")
    wait(HELD.exists)
    assert dock.busy


def close_and_answer(iface, answer, picture=""):
    """Close the main window as a user does; `answer` gets the question, in which events run."""
    asked = []

    def look():
        box = QApplication.activeModalWidget()
        if not isinstance(box, QMessageBox):
            timer.start(50)
            return
        asked.append({"name": box.objectName(), "text": box.text(), "more": box.informativeText()})
        if picture:
            QTimer.singleShot(700, lambda: (save_screen(picture), answer(box)))
        else:
            answer(box)

    timer = QTimer()
    timer.setSingleShot(True)
    timer.timeout.connect(look)
    timer.start(50)
    QgsProject.instance().setDirty(False)  # QGIS's own question is not what is tried here
    iface.mainWindow().close()
    timer.stop()
    return asked


def button_of(box, role):
    found = [one for one in box.buttons() if box.buttonRole(one) == role]
    assert found, f"{box.objectName()}: {box.text()}"
    return found[0]


def stay(box):
    button_of(box, QMessageBox.ButtonRole.RejectRole).click()


def press_escape(box):
    QTest.keyClick(box, Qt.Key.Key_Escape)


def stop_and_close(box):
    button_of(box, QMessageBox.ButtonRole.DestructiveRole).click()


def engines_after_a_while():
    """Processes of the engine that do not end."""
    clock = QElapsedTimer()
    clock.start()
    while (left := [line for line in processes_of(os.environ["HOME"]) if "allpa_engine" in line]) and (
        clock.elapsed() < END_TIMEOUT_MS
    ):
        QTest.qWait(100)
    return left


def tabs_of(iface, dock):
    """The panels that share a place with the dock, and whether it is the one on top."""
    window = iface.mainWindow()
    wait(lambda: not dock.visibleRegion().isEmpty())
    return {
        "tabs": [panel.objectName() for panel in window.tabifiedDockWidgets(dock)],
        "area": int(window.dockWidgetArea(dock)),
    }


def first_session(iface, dock):
    """Everything but the last answer."""
    facts = {"tabs": tabs_of(iface, dock)}
    save_screen("tabs")
    prepare_map(iface)
    wait(lambda: not iface.mapCanvas().isDrawing())
    draw_region(iface, dock)
    fill_form(dock)
    run_until_held(dock, JOB["folders"][0])
    facts["stay"] = close_and_answer(iface, stay, "question")
    facts["escape"] = close_and_answer(iface, press_escape)
    facts["running after both"] = dock.busy and iface.mainWindow().isVisible()
    iface.newProject()
    dock.close()
    facts["running without dock and project"] = dock.busy
    GATE.unlink()
    wait(lambda: not dock.busy)
    facts["layers in the new project"] = len(QgsProject.instance().mapLayers())
    facts["announced"] = iface.messageBar().currentItem().text()
    wait(lambda: not iface.mapCanvas().isDrawing())
    QTest.qWait(300)  # a picture of what is painted
    save_screen("announced")
    iface.messageBar().findChild(QPushButton, "allpaShowDock").click()
    facts["shown again"] = dock.isVisible()
    facts["table"] = dock.findChild(QTableWidget, "allpaAreaTable").rowCount()
    run_until_held(dock, JOB["folders"][1])
    qgis.utils.unloadPlugin("allpa")
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    facts["docks when switched off"] = [
        panel.objectName() for panel in iface.mainWindow().findChildren(QDockWidget) if "Allpa" in panel.objectName()
    ]
    facts["engines when switched off"] = engines_after_a_while()
    GATE.unlink()
    qgis.utils.loadPlugin("allpa")
    qgis.utils.startPlugin("allpa")
    dock = dock_of_plugin()
    wait(lambda: dock.engine.ready is not None)
    facts["jobs when switched on"] = open_first(dock)
    facts["button when switched on"] = dock.findChild(QPushButton, "allpaRun").text()
    run_until_held(dock, JOB["folders"][1])
    return facts


def open_first(dock):
    """Open the first job of the list; gives the list."""
    tree = dock.findChild(QTreeWidget, "allpaPastJobsList")
    wait(lambda: tree.topLevelItemCount() and tree.topLevelItem(0).text(1))
    dock.findChild(QWidget, "allpaSectionPastJobs").set_open(True)
    tree.topLevelItem(0).setSelected(True)
    press(dock, "allpaPastJobsOpen")
    wait(lambda: not dock.busy)
    return [[tree.topLevelItem(row).text(column) for column in (0, 1)] for row in range(tree.topLevelItemCount())]


def second_session(dock):
    """Go on with the job that was stopped."""
    facts = {"jobs": open_first(dock), "button": dock.findChild(QPushButton, "allpaRun").text()}
    press(dock, "allpaRun")
    wait(lambda: not dock.busy)
    failure = dock.findChild(QLabel, "allpaFailureHeadline").text()
    return {**facts, "failure": failure, "table": dock.findChild(QTableWidget, "allpaAreaTable").rowCount()}


def write(facts):
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.with_suffix(".json").write_text(json.dumps(facts), encoding="utf-8")


def start():
    """One session; the first one ends by QGIS's own way out."""
    iface = qgis.utils.iface
    arrange_window(iface)
    iface.newProject()
    iface.mainWindow().findChild(QDockWidget, "LayerStyling").show()
    dock = dock_of_plugin()
    wait(lambda: dock.engine.ready is not None)
    if JOB.get("reopen"):
        write(second_session(dock))
        return
    facts = first_session(iface, dock)
    write(facts)  # QGIS may end before its window's close returns
    facts["quit"] = close_and_answer(iface, stop_and_close)
    write(facts)


def note_error(_kind, error, _trace):
    """An error in a slot: QGIS would show it in a window, and wait for ever."""
    leave_with(lambda: raise_again(error))


def main():
    """Leave at once where something went wrong, or where the session has no way out of its own."""
    sys.excepthook = note_error
    try:
        start()
    except BaseException as error:  # noqa: BLE001 - whatever it is, QGIS would wait for ever
        problem = error
        leave_with(lambda: raise_again(problem))
    if JOB.get("reopen"):
        leave_with(lambda: None)


def raise_again(problem):
    raise problem


QTimer.singleShot(3000, main)
