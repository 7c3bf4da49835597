"""Runs inside the QGIS desktop that `learn_session.py` opens: goes from labels to a map, and takes the pictures.

`ALLPA_SESSION`, a JSON file, holds what `learn_session.py` writes.
"""

import json
import os
import random
import sys
import time
import traceback
from pathlib import Path

import numpy as np
import qgis.utils
from osgeo import gdal
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsGeometry,
    QgsPointXY,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QEventLoop, Qt, QTimer
from qgis.PyQt.QtGui import QGuiApplication
from qgis.PyQt.QtWidgets import QApplication, QDockWidget, QLabel, QPushButton, QTableWidget, QTabWidget, QWidget

SESSION = json.loads(Path(os.environ["ALLPA_SESSION"]).read_text(encoding="utf-8"))
PICTURES, FOLDER = Path(SESSION["pictures"]), Path(SESSION["folder"])
WAIT_S = 1800
NAMES = {
    1: "Laguna", 2: "Bosque", 3: "Pastizal", 4: "Bofedal", 5: "Cultivos", 6: "Matorral", 7: "Poblado",
    8: "Suelo desnudo", 9: "Nevado",
}  # fmt: skip
"""Of the labels, as a field team would write them; by the codes of the truth."""
MERGED, MERGED_NAME = (2, 6), "Vegetación leñosa"
"""Classes that the analyst makes one of in the legend editor, and its name."""
sys.path.insert(0, SESSION["tests"])


def let_run(milliseconds):
    """Let events run for a while."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def wait_until(condition, what):
    """Let events run until the condition holds."""
    end = time.monotonic() + WAIT_S
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(what)
        let_run(50)


def take_picture(step):
    """Save the whole screen."""
    let_run(1200)
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
    window.resizeDocks([plugin.dock, layers], [SESSION["dock_width"], 200], Qt.Orientation.Horizontal)
    return plugin.dock


def use_stand_ins():
    """Algorithms of the tests, which need no engine."""
    from allpa.ui import run
    from dock_fixtures import stand_ins

    made = {name: kind().create() for name, kind in stand_ins(FOLDER).items()}
    run.algorithm = made.get


def truth_codes():
    """The truth within the extent, `(y, x)` uint8, and its north-west corner."""
    west, south, east, north = SESSION["extent"]
    source = gdal.Open(SESSION["truth"])
    left, size, _, top, _, _ = source.GetGeoTransform()
    column, row = round((west - left) / size), round((top - north) / size)
    return source.ReadAsArray(column, row, round((east - west) / size), round((north - south) / size)), size


def label_layer():
    """Points of the truth, the same number of each class."""
    codes, size = truth_codes()
    west, _, _, north = SESSION["extent"]
    layer = QgsVectorLayer(
        "Point?crs=EPSG:32718&field=id:integer&field=cobertura:string(40)", "Puntos de campo", "memory"
    )
    chance = random.Random(5)  # noqa: S311 - for places
    features = []
    for code, name in NAMES.items():
        places = np.argwhere(codes == code).tolist()
        for row, column in chance.sample(places, min(SESSION["labels_per_class"], len(places))):
            feature = QgsFeature(layer.fields())
            feature.setAttributes([len(features), name])
            point = QgsPointXY(west + (column + 0.5) * size, north - (row + 0.5) * size)
            feature.setGeometry(QgsGeometry.fromPointXY(point))
            features.append(feature)
    layer.dataProvider().addFeatures(features)
    QgsProject.instance().addMapLayer(layer)
    return layer


def fill_map_page(dock, iface):
    """Region, year and catalogue, as on the page Map."""
    crs = QgsCoordinateReferenceSystem("EPSG:32718")
    QgsProject.instance().setCrs(crs)
    extent = QgsRectangle(*SESSION["extent"])
    dock.propose(QgsGeometry.fromRect(extent), crs, "Valle", 2020, SESSION["catalogue_url"], str(FOLDER.parent / "run"))
    extent.scale(1.15)
    iface.mapCanvas().setExtent(extent)


def edit_legend(learn):
    """Merge two classes and give the merged one another name."""
    table = learn.findChild(QTableWidget, "allpaLegendTable")
    rows = [row for row in range(table.rowCount()) if table.item(row, 0).text() in [NAMES[code] for code in MERGED]]
    table.clearSelection()
    for row in rows:
        table.setRangeSelected(selection_range(row), True)
    learn.labels.editor.merge()
    table.item(rows[0], 0).setText(MERGED_NAME)


def selection_range(row):
    """All columns of a row."""
    from qgis.PyQt.QtWidgets import QTableWidgetSelectionRange

    return QTableWidgetSelectionRange(row, 0, row, 2)


def run_step(learn, name, values=None):
    """Run the algorithm of a step by its button; gives the seconds."""
    page = learn.findChild(QWidget, f"allpaPage_{name}")
    wait_until(page.isVisible, name)
    let_run(300)
    for parameter, value in (values or {}).items():
        page.set_value(parameter, value)
    take_picture(f"{name}_before")
    start = time.monotonic()
    page.findChild(QPushButton, f"allpaRun_{name}").click()
    let_run(1500)
    if page.busy:
        take_picture(f"{name}_running")
    wait_until(lambda: not page.busy, name)
    headline = page.findChild(QLabel, f"allpaFailure_{name}Headline")
    if headline.isVisible():
        raise RuntimeError(f"{name}: {headline.text()} {page.findChild(QLabel, f'allpaFailure_{name}NextStep').text()}")
    return round(time.monotonic() - start, 1)


def agreement(learn):
    """The share of the map's pixels that are the truth's class, by the legend of the labels; in percent."""
    legend = json.loads(learn.workflow.legend_file.read_text(encoding="utf-8"))
    by_name = {land["name"]: land["code"] for land in legend["classes"]}
    codes, _ = truth_codes()
    truth = np.zeros_like(codes)
    for code, name in NAMES.items():
        truth[codes == code] = by_name.get(name, by_name.get(MERGED_NAME, 0))
    west, south, east, north = SESSION["extent"]
    made = gdal.Warp(
        "", str(learn.workflow.path("map")), format="MEM", outputBounds=(west, south, east, north), xRes=10, yRes=10,
        resampleAlg="near", dstSRS="EPSG:32718",
    ).ReadAsArray()  # fmt: skip
    seen = (made > 0) & (truth > 0)
    return round(100 * float((made == truth)[seen].mean()), 1), round(100 * float(seen.mean()), 1)


def session():
    """The whole story."""
    iface = qgis.utils.iface
    iface.newProject()
    if SESSION["stand_ins"]:
        use_stand_ins()
    dock = arrange(iface)
    fill_map_page(dock, iface)
    wait_until(lambda: dock.engine.ready is not None, "the engine")
    pages = dock.findChild(QTabWidget, "allpaPages")
    learn = pages.learn
    pages.setCurrentWidget(learn)
    learn.set_folder(str(FOLDER))
    if SESSION["teach"]:
        from teach_story import fine_tune, teach

        facts = (
            fine_tune(learn, SESSION, label_layer(), take_picture, wait_until)
            if SESSION["fine_tune"]
            else teach(learn, iface, SESSION, take_picture, wait_until)
        )
        sys.stdout.write(json.dumps(facts) + "\n")
        return
    layer = label_layer()
    learn.labels.set_layer(layer, "cobertura")
    take_picture("1_labels")
    edit_legend(learn)
    take_picture("2_legend")
    learn.findChild(QPushButton, "allpaLabelsSave").click()
    facts = {"labels": layer.featureCount(), "width": dock.width(), "seconds": {}}
    for name in ("seasonalcomposite", "trainingdata", "trainforest", "classifyfeatures"):
        facts["seconds"][name] = run_step(learn, name)
    take_picture("3_map")
    if not SESSION["stand_ins"]:
        facts["agreement_percent"], facts["mapped_percent"] = agreement(learn)
    facts["states"] = {step: learn.workflow.state(step) for step in ("labels", "images", "training", "model", "map")}
    project = FOLDER / "project.qgz"
    QgsProject.instance().write(str(project))
    iface.newProject()
    learn.set_folder(str(FOLDER / "empty"))
    iface.addProject(str(project))
    let_run(1500)
    facts["after opening"] = {step: learn.workflow.state(step) for step in facts["states"]}
    for step in ("training", "model"):
        learn.findChild(QWidget, f"allpaStepToggle_{step}").click()
        take_picture(f"4_{step}")
        learn.findChild(QWidget, f"allpaStepToggle_{step}").click()
    (PICTURES / f"{SESSION['name']}.json").write_text(json.dumps(facts, indent=1, default=str), encoding="utf-8")
    sys.stdout.write(json.dumps(facts) + "\n")


def main():
    """Leave QGIS with 0 where the session went through; else write what went wrong."""
    status = 0
    try:
        session()
    except BaseException:  # noqa: BLE001 - whatever it is, QGIS would wait for ever
        PICTURES.mkdir(parents=True, exist_ok=True)
        QApplication.processEvents()
        QGuiApplication.primaryScreen().grabWindow(0).save(str(PICTURES / f"{SESSION['name']}_error.png"))
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


QTimer.singleShot(3000, main)
