"""Runs inside the QGIS desktop: an analyst's work in Allpa's dock, with a real engine, in two sessions.

The first session draws a region, searches, unticks a scene, looks at quick looks, runs, cancels, runs again, reads the
table, opens the report and copies the command. The second one, `reopen` in the job, opens the job from the list of past
jobs. What was seen goes into the JSON beside the picture, with the longest time for which the main thread did not
answer.
"""

import json
import os
import sys
import time

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
from qgis.PyQt.QtCore import QTimer
from qgis.PyQt.QtGui import QDesktopServices, QGuiApplication
from qgis.PyQt.QtWidgets import QApplication, QLabel, QPushButton, QTableWidget, QToolButton, QTreeWidget, QWidget

TICK_MS = 5


class Heartbeat:
    """Notes the longest time between two ticks of a timer on the main thread."""

    def __init__(self):
        self.longest_ms = 0.0
        self._last = None
        self._timer = QTimer()
        self._timer.timeout.connect(self._tick)

    def start(self):
        self._last = time.perf_counter()
        self._timer.start(TICK_MS)

    def stop(self):
        """The longest wait since the start, milliseconds."""
        self._timer.stop()
        longest, self.longest_ms = self.longest_ms, 0.0
        return round(longest, 1)

    def _tick(self):
        now = time.perf_counter()
        self.longest_ms = max(self.longest_ms, 1000 * (now - self._last))
        self._last = now


def press(dock, name, kind=QPushButton):
    """Click a button of the dock."""
    dock.findChild(kind, name).click()


def wait(condition):
    from dock_fixtures import wait_until

    wait_until(condition, RUN_TIMEOUT_MS)


def shown(dock):
    """What the results say."""
    table = dock.findChild(QTableWidget, "allpaAreaTable")
    return {
        "table": [line.split("\t") for line in table.as_text().split("\n")[1:]],
        "headline": dock.findChild(QLabel, "allpaResultsHeadline").text(),
        "failure": dock.findChild(QLabel, "allpaFailureHeadline").text(),
    }


def first_session(iface, dock):
    """Draw to copied command."""
    opened = []
    QDesktopServices.openUrl = lambda url: opened.append(url.toLocalFile())
    heartbeat = Heartbeat()
    prepare_map(iface)
    wait(lambda: not iface.mapCanvas().isDrawing())
    draw_region(iface, dock)
    fill_form(dock)
    heartbeat.start()
    press(dock, "allpaFindScenes")
    wait(lambda: not dock.busy)
    waits_ms = {"search": heartbeat.stop()}
    review_scenes(dock)
    heartbeat.start()
    press(dock, "allpaScenesLooks")
    wait(lambda: not dock.busy)
    waits_ms["quick looks"] = heartbeat.stop()
    previews = dock.findChild(QLabel, "allpaQuickLookText").text()
    stage, run = dock.findChild(QLabel, "allpaStage"), dock.findChild(QPushButton, "allpaRun")
    press(dock, "allpaRun")
    wait(lambda: "%" in stage.text() or "/" in stage.text() or not dock.busy)
    press(dock, "allpaCancel")
    wait(lambda: not dock.busy)
    after_cancel = run.text()
    heartbeat.start()
    press(dock, "allpaRun")
    wait(lambda: not dock.busy)
    waits_ms["run"] = heartbeat.stop()
    press(dock, "allpaResultsOpenReport", QToolButton)
    press(dock, "allpaResultsCopyCommand", QToolButton)
    ticked = dock.findChild(QLabel, "allpaScenesSummary").text()
    facts = {"opened": opened, "command": QApplication.clipboard().text(), "button after cancel": after_cancel}
    return {**shown(dock), **facts, "waits_ms": waits_ms, "looks": previews, "ticked": ticked}


def second_session(_iface, dock):
    """The list of past jobs, and the job that is opened from it."""
    tree = dock.findChild(QTreeWidget, "allpaPastJobsList")
    wait(lambda: tree.topLevelItemCount())
    dock.findChild(QWidget, "allpaSectionPastJobs").set_open(True)
    tree.topLevelItem(0).setSelected(True)
    press(dock, "allpaPastJobsOpen")
    press(dock, "allpaResultsCopyCommand", QToolButton)
    facts = {"jobs": tree.topLevelItemCount(), "command": QApplication.clipboard().text()}
    return {**shown(dock), **facts, "report": dock.findChild(QToolButton, "allpaResultsOpenReport").isEnabled()}


def story():
    """One session, and the picture at its end."""
    import qgis.utils

    iface = qgis.utils.iface
    arrange_window(iface)
    iface.newProject()
    dock = dock_of_plugin()
    wait(lambda: dock.engine.ready is not None)
    facts = second_session(iface, dock) if JOB.get("reopen") else first_session(iface, dock)
    done = []
    QTimer.singleShot(2000, lambda: done.append(True))
    wait(lambda: done and not iface.mapCanvas().isDrawing())
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    QGuiApplication.primaryScreen().grabWindow(0).save(str(PICTURE))
    PICTURE.with_suffix(".json").write_text(json.dumps(facts), encoding="utf-8")


QTimer.singleShot(3000, lambda: leave_with(story))
