"""Runs inside the QGIS desktop: an analyst's work in Allpa's dock, with a real engine, in two sessions.

The first session draws a region, chooses zones, searches, unticks a scene, looks at quick looks, runs, cancels, runs
again, reads the table, opens the report and copies the command. The second one, `reopen` in the job, opens the job from
the list of past jobs, and runs it again. What was seen goes into the JSON beside the picture, with the longest holds of
the main thread (`main_thread.py`): while nothing happens, and at each step.
"""

import json
import os
import sys

sys.path.insert(0, os.environ["ALLPA_TESTS"])

from desktop_script import (
    JOB,
    PICTURE,
    RUN_TIMEOUT_MS,
    arrange_window,
    dock_of_plugin,
    draw_region,
    fill_form,
    leave_with,
    prepare_map,
    review_scenes,
)
from main_thread import MainThreadWatch
from qgis.core import QgsProject
from qgis.gui import QgsCheckableComboBox, QgsMapLayerComboBox
from qgis.PyQt.QtCore import Qt, QTimer
from qgis.PyQt.QtGui import QDesktopServices, QGuiApplication
from qgis.PyQt.QtWidgets import (
    QApplication,
    QCheckBox,
    QLabel,
    QPushButton,
    QTableWidget,
    QToolButton,
    QTreeWidget,
    QWidget,
)

IDLE_MS = 4000


def press(dock, name, kind=QPushButton):
    """Click a button of the dock."""
    dock.findChild(kind, name).click()


def wait(condition):
    from dock_fixtures import wait_until

    wait_until(condition, RUN_TIMEOUT_MS)


def rest(milliseconds):
    """Let events run for a time."""
    rested = []
    QTimer.singleShot(milliseconds, lambda: rested.append(True))
    wait(lambda: rested)


def shown(dock):
    """What the results say."""
    table = dock.findChild(QTableWidget, "allpaAreaTable")
    return {
        "table": [line.split("\t") for line in table.as_text().split("\n")[1:]],
        "headline": dock.findChild(QLabel, "allpaResultsHeadline").text(),
        "failure": dock.findChild(QLabel, "allpaFailureHeadline").text(),
    }


def choose_zones(dock):
    """The layer of districts in the step of the zones: areas of each, sums by fields, maps of their own."""
    dock.findChild(QWidget, "allpaSectionZones").set_open(True)
    zones = dock.findChild(QWidget, "allpaZones")
    zones.findChild(QCheckBox, "allpaZonesOn").click()
    layer = next(iter(QgsProject.instance().mapLayersByName("districts")))
    zones.findChild(QgsMapLayerComboBox, "allpaZonesLayer").setLayer(layer)
    sums = zones.findChild(QgsCheckableComboBox, "allpaZonesSums")
    for name in JOB["sums"]:
        sums.setItemCheckState(sums.findText(name), Qt.CheckState.Checked)
    zones.findChild(QCheckBox, "allpaZonesMaps").click()
    return zones.parameters()


def first_session(iface, dock):
    """Draw to copied command."""
    opened = []
    QDesktopServices.openUrl = lambda url: opened.append(url.toLocalFile())
    watch, waits_ms = MainThreadWatch(), {}
    iface.addVectorLayer(JOB["districts"], "districts", "ogr")
    prepare_map(iface)
    wait(lambda: not iface.mapCanvas().isDrawing())
    watch.start()
    rest(IDLE_MS)
    waits_ms["idle"] = watch.stop()
    draw_region(iface, dock)
    fill_form(dock)
    zones = choose_zones(dock)
    watch.start()
    press(dock, "allpaFindScenes")
    wait(lambda: not dock.busy)
    waits_ms["search"] = watch.stop()
    review_scenes(dock)
    watch.start()
    press(dock, "allpaScenesLooks")
    wait(lambda: not dock.busy)
    waits_ms["quick looks"] = watch.stop()
    previews = dock.findChild(QLabel, "allpaQuickLookText").text()
    stage, run = dock.findChild(QLabel, "allpaStage"), dock.findChild(QPushButton, "allpaRun")
    press(dock, "allpaRun")
    wait(lambda: "%" in stage.text() or "/" in stage.text() or not dock.busy)
    press(dock, "allpaCancel")
    wait(lambda: not dock.busy)
    after_cancel = run.text()
    watch.start()
    press(dock, "allpaRun")
    wait(lambda: not dock.busy)
    rest(1000)
    wait(lambda: not iface.mapCanvas().isDrawing())
    waits_ms["run"] = watch.stop()
    press(dock, "allpaResultsOpenReport", QToolButton)
    press(dock, "allpaResultsCopyCommand", QToolButton)
    ticked = dock.findChild(QLabel, "allpaScenesSummary").text()
    facts = {"opened": opened, "command": QApplication.clipboard().text(), "button after cancel": after_cancel}
    return {**shown(dock), **facts, "waits_ms": waits_ms, "looks": previews, "ticked": ticked, "zones": zones}


def second_session(iface, dock):
    """The list of past jobs, and the job that is opened from it."""
    tree = dock.findChild(QTreeWidget, "allpaPastJobsList")
    wait(lambda: tree.topLevelItemCount())
    dock.findChild(QWidget, "allpaSectionPastJobs").set_open(True)
    tree.topLevelItem(0).setSelected(True)
    watch = MainThreadWatch()
    watch.start()
    press(dock, "allpaPastJobsOpen")
    rest(1000)
    wait(lambda: not iface.mapCanvas().isDrawing())
    waits_ms = {"past job": watch.stop()}
    press(dock, "allpaResultsCopyCommand", QToolButton)
    facts = {
        **shown(dock),
        "waits_ms": waits_ms,
        "jobs": tree.topLevelItemCount(),
        "command": QApplication.clipboard().text(),
        "report": dock.findChild(QToolButton, "allpaResultsOpenReport").isEnabled(),
        "zones": dock.findChild(QWidget, "allpaZones").parameters(),
        "ticked": dock.findChild(QLabel, "allpaScenesSummary").text(),
    }
    press(dock, "allpaRun")  # the same job: QGIS does not ask whether another map may be replaced
    wait(lambda: not dock.busy)
    return {**facts, "after run": shown(dock)}


def story():
    """One session, and the picture at its end."""
    import qgis.utils

    iface = qgis.utils.iface
    arrange_window(iface)
    iface.newProject()
    dock = dock_of_plugin()
    wait(lambda: dock.engine.ready is not None)
    facts = second_session(iface, dock) if JOB.get("reopen") else first_session(iface, dock)
    rest(2000)
    wait(lambda: not iface.mapCanvas().isDrawing())
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    QGuiApplication.primaryScreen().grabWindow(0).save(str(PICTURE))
    PICTURE.with_suffix(".json").write_text(json.dumps(facts), encoding="utf-8")


QTimer.singleShot(3000, lambda: leave_with(story))
