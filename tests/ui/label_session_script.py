"""Runs inside the QGIS desktop that `label_session.py` opens: does the session with the dock, and takes the pictures.

`ALLPA_SESSION`, a JSON file, holds `run`, `folder`, `pictures`, `name` and `points`.
"""

import json
import os
import random
import shutil
import sqlite3
import sys
import time
import traceback
from pathlib import Path

import qgis.utils
from qgis.core import QgsProject, QgsRasterLayer
from qgis.PyQt.QtCore import QCoreApplication, QEvent, QEventLoop, Qt, QTimer
from qgis.PyQt.QtGui import QGuiApplication
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QComboBox, QDockWidget, QLabel, QPushButton, QTabWidget, QToolButton, QWidget

SESSION = json.loads(Path(os.environ["ALLPA_SESSION"]).read_text(encoding="utf-8"))
RUN, PICTURES = Path(SESSION["run"]), Path(SESSION["pictures"])
WAIT_MS = 300_000
ERROR_SHARE = 0.12
"""Share of labels that a simulated interpreter gives another class than that of the map."""


def let_run(milliseconds):
    """Let events run for a while."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def wait_until(condition, what):
    """Let events run until the condition holds."""
    end = time.monotonic() + WAIT_MS / 1000
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(what)
        let_run(50)


def take_picture(step):
    """Save the whole screen."""
    let_run(1500)
    qgis.utils.iface.messageBar().clearWidgets() if step.endswith("_clean") else None
    PICTURES.mkdir(parents=True, exist_ok=True)
    path = PICTURES / f"{SESSION['name']}_{step}.png"
    if not QGuiApplication.primaryScreen().grabWindow(0).save(str(path)):
        raise OSError(f"{path} cannot be written")


def arrange(iface):
    """A window that fills the screen, with the layers on the left and the dock on the right."""
    window = iface.mainWindow()
    window.showNormal()
    window.setGeometry(QGuiApplication.primaryScreen().geometry())
    layers = window.findChild(QDockWidget, "Layers")
    for dock in window.findChildren(QDockWidget):
        dock.setVisible(dock is layers)
    plugin = qgis.utils.plugins["allpa"]
    plugin.show_dock(True)
    window.resizeDocks([plugin.dock, layers], [SESSION["dock_width"], 220], Qt.Orientation.Horizontal)
    return plugin.dock


def load_layers(iface):
    """The map, and a scene as a basemap."""
    from allpa.plugin.layers.results import LANDCOVER, style_result
    from allpa.ui.accuracy.scene_views import TRUE_COLOUR, stretch_bands

    landcover = next(RUN.glob("landcover_*.tif"))
    layer = QgsRasterLayer(str(landcover), f"Land cover {landcover.stem[-4:]}")
    style_result(layer, LANDCOVER, layer.name())
    scene = QgsRasterLayer(str(sorted((RUN / "scenes").glob("*.tif"))[-1]), "Basemap")
    stretch_bands(scene, TRUE_COLOUR)
    QgsProject.instance().addMapLayer(scene)
    QgsProject.instance().addMapLayer(layer)
    QgsProject.instance().setCrs(layer.crs())
    iface.mapCanvas().setExtent(layer.extent())
    return landcover


def draw(dock, landcover):
    """The sample, by the page of the dock."""
    pages = dock.findChild(QTabWidget, "allpaPages")
    pages.set_map(str(landcover), str(RUN))
    if SESSION["sample"]:
        return Path(shutil.copy(SESSION["sample"], Path(SESSION["folder"]) / "sample.gpkg"))
    page = dock.findChild(QWidget, "allpaPage_accuracysample")
    pages.setCurrentWidget(page)
    target = Path(SESSION["folder"]) / "sample.gpkg"
    let_run(500)
    for name, value in {"OUTPUT": str(target), "SIZE": SESSION["points"], "MINIMUM_POINTS": 8}.items():
        page.set_value(name, value)
    take_picture("1_sample")
    page.findChild(QPushButton, "allpaRun_accuracysample").click()
    wait_until(lambda: (target.exists() and not page.busy) or has_failed(page), "the sample")
    if has_failed(page):
        raise RuntimeError(failure_of(page))
    return target


def has_failed(page):
    """Whether the page shows a failure."""
    return bool(failure_of(page))


def failure_of(page):
    """The failure that the page shows."""
    name = page.objectName().replace("allpaPage_", "allpaFailure_")
    frame = page.findChild(QWidget, name)
    if frame is None or not frame.isVisible():
        return ""
    return " ".join(page.findChild(QLabel, f"{name}{part}").text() for part in ("Headline", "NextStep"))


def digits(sample, seed):
    """What a simulated interpreter types, point after point."""
    chance = random.Random(seed)  # noqa: S311 - for typing errors
    connection = sqlite3.connect(sample)
    codes = [code for (code,) in connection.execute("SELECT map_class FROM sample_points ORDER BY point_id")]
    connection.close()
    seen = sorted(set(codes))
    wrong = [chance.choice(seen) if chance.random() < ERROR_SHARE else code for code in codes]
    return [str(code % 10) for code in wrong]


def label(dock, sample, name, seed):
    """All points by keys; gives the milliseconds of each key, and those of the processor in all."""
    page = dock.findChild(QWidget, "allpaLabelPage")
    dock.findChild(QTabWidget, "allpaPages").setCurrentWidget(page)
    page.start_panel.set_sample(str(sample), str(RUN))
    page.findChild(QComboBox, "allpaInterpreter").setEditText(name)
    if seed == 1:
        take_picture("2_start")
    page.findChild(QPushButton, "allpaStartLabelling").click()
    let_run(2500)
    times, processor_ms = [], 0.0
    for number, digit in enumerate(digits(sample, seed), 1):
        if seed == 1 and number in (1, 6):
            take_picture(f"3_label_{number}")
        start, used = time.perf_counter(), time.thread_time()
        QTest.keyClick(page.panel, digit)
        times.append(1000 * (time.perf_counter() - start))
        processor_ms += 1000 * (time.thread_time() - used)
        let_run(20)
    let_run(500)
    if seed == 1:
        QTest.keyClick(page.panel, Qt.Key.Key_PageUp)
        take_picture("4_labelled")
    page.findChild(QToolButton, "allpaLabelFinish").click()
    return times, processor_ms


def settle(dock, sample):
    """All disagreements, by the class of the first interpreter."""
    page = dock.findChild(QWidget, "allpaLabelPage")
    take_picture("5_before_settling")
    page.findChild(QPushButton, "allpaSettle").click()
    let_run(2500)
    take_picture("6_settle")
    session = page.panel.session
    count = len(session.points) if session is not None else 0
    for _ in range(count):
        labels = session.others[session.point.point_id]
        QTest.keyClick(page.panel, str(labels[0].reference_class % 10))
        let_run(20)
    take_picture("7_settled")
    page.findChild(QToolButton, "allpaLabelFinish").click()
    return count


def estimate(dock, sample):
    """Accuracy and areas, by the page of the dock; gives the path of the report."""
    page = dock.findChild(QWidget, "allpaPage_accuracy")
    dock.findChild(QTabWidget, "allpaPages").setCurrentWidget(page)
    let_run(500)
    page.set_value("SAMPLE", str(sample))
    page.set_value("OUTPUT", str(Path(SESSION["folder"]) / "accuracy.csv"))
    take_picture("8_accuracy")
    button = page.findChild(QPushButton, "allpaRun_accuracy")
    if not button.isEnabled():
        return None
    found = []
    page.finished.connect(found.append)
    button.click()
    wait_until(lambda: found or has_failed(page), "the estimate")
    take_picture("9_result")
    if not found:
        raise RuntimeError(failure_of(page))
    return {
        name: found[0].get(name) for name in ("OVERALL_PERCENT", "OVERALL_FROM", "OVERALL_TO", "POINTS", "SENTENCES")
    }


def unload_while_labelling(dock, iface):
    """The plugin is switched off while a point is shown; gives the docks that are left."""
    page = dock.findChild(QWidget, "allpaLabelPage")
    dock.findChild(QTabWidget, "allpaPages").setCurrentWidget(page)
    page.findChild(QComboBox, "allpaInterpreter").setEditText("Eva")
    page.findChild(QPushButton, "allpaStartLabelling").click()
    let_run(1000)
    qgis.utils.unloadPlugin("allpa")
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    let_run(1000)
    return [
        panel.objectName() for panel in iface.mainWindow().findChildren(QDockWidget) if "llpa" in panel.objectName()
    ]


def session():
    """The whole story."""
    iface = qgis.utils.iface
    iface.newProject()
    dock = arrange(iface)
    landcover = load_layers(iface)
    let_run(3000)
    sample = draw(dock, landcover)
    facts = {"points": len(digits(sample, 1))}
    for seed, name in ((1, "Ana Quispe"), (2, "José d'Arc")):
        times, processor_ms = label(dock, sample, name, seed)
        times.sort()
        facts[name] = {
            "median_ms": round(times[len(times) // 2], 1),
            "ten_points_ms": round(10 * sum(times) / len(times), 1),
            "ten_points_processor_ms": round(10 * processor_ms / len(times), 1),
            "longest_ms": round(times[-1], 1),
        }
    facts["settled"] = settle(dock, sample)
    facts["accuracy"] = estimate(dock, sample)
    facts["docks after unloading"] = unload_while_labelling(dock, iface)
    (PICTURES / f"{SESSION['name']}.json").write_text(json.dumps(facts, indent=1, default=str), encoding="utf-8")


def main():
    """Leave QGIS with 0 where the session went through; else write what went wrong."""
    status = 0
    try:
        session()
    except BaseException:  # noqa: BLE001 - whatever it is, QGIS would wait for ever
        PICTURES.mkdir(parents=True, exist_ok=True)
        QGuiApplication.primaryScreen().grabWindow(0).save(str(PICTURES / f"{SESSION['name']}_error.png"))
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


QTimer.singleShot(3000, main)
