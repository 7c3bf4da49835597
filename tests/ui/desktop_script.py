"""Runs inside the QGIS desktop: uses Allpa's dock as a user does, then saves a picture of the whole screen.

`ALLPA_PICTURE` names the picture; a JSON beside it says where canvas and dock lie in it, or what went wrong.
`ALLPA_JOB`, a JSON file, gives the job: `extent` (in the map's CRS), `crs`, `year`, `folder`, and `catalogue_url` for a
real run; without a catalogue the algorithms are stand-ins that write a made-up valley. With `find_scenes` the scenes
are found first and one of them is unticked; with `run` false that is all. With `steps` a picture of each step is saved
too, the zones are a layer `districts`, and one is of the toolbox's `dialog`.
"""

import json
import os
import sys
import traceback
from pathlib import Path

import qgis.utils
from qgis.core import QgsApplication, QgsCoordinateReferenceSystem, QgsProject, QgsRectangle
from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import QCoreApplication, QEvent, QPoint, Qt, QTimer
from qgis.PyQt.QtGui import QGuiApplication
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDockWidget,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QTableView,
    QTableWidget,
    QToolButton,
    QWidget,
)

PICTURE = Path(os.environ["ALLPA_PICTURE"])
JOB = json.loads(Path(os.environ["ALLPA_JOB"]).read_text(encoding="utf-8"))
CHECKED = Qt.ItemDataRole.CheckStateRole
DOCK_WIDTH = 380
LAYERS_WIDTH = 340
RUN_TIMEOUT_MS = 900_000
sys.path.insert(0, os.environ["ALLPA_TESTS"])


def dock_of_plugin():
    """The dock, shown by the plugin's own action."""
    plugin = qgis.utils.plugins["allpa"]
    plugin.show_dock(True)
    return plugin.dock


def use_fake_algorithms():
    """Algorithms without an engine, for a picture that needs none."""
    import fake_algorithms as fakes
    from allpa.ui import run

    fakes.FakeLandcoverMap.behaviour = "landscape"
    made = {"allpa:landcovermap": fakes.FakeLandcoverMap(), "allpa:status": fakes.FakeStatus()}
    run.algorithm = made.get


def arrange_window(iface):
    """A window as a user has it, of a known size, without the docks that this picture does not need."""
    window = iface.mainWindow()
    window.showNormal()
    window.setGeometry(QGuiApplication.primaryScreen().geometry())
    for dock in window.findChildren(QDockWidget):
        dock.setVisible(dock is layers_dock(iface))


def layers_dock(iface):
    """The panel with the layer tree."""
    return iface.mainWindow().findChild(QDockWidget, "Layers")


def prepare_map(iface):
    """The map at the job's place, a fifth wider than its region."""
    crs = QgsCoordinateReferenceSystem(JOB["crs"])
    QgsProject.instance().setCrs(crs)
    iface.mapCanvas().setDestinationCrs(crs)
    extent = QgsRectangle(*JOB["extent"])
    extent.scale(1.12)
    iface.mapCanvas().setExtent(extent)
    iface.mapCanvas().refresh()


def draw_region(iface, dock):
    """Drag the region's rectangle on the canvas."""
    from canvas_mouse import drag

    dock.findChild(QToolButton, "allpaRegionRectangle").click()
    west, south, east, north = JOB["extent"]
    drag(iface.mapCanvas(), (west, north), (east, south))


def fill_form(dock):
    """Year, catalogue, folder."""
    dock.findChild(QSpinBox, "allpaYear").setValue(JOB["year"])
    dock.findChild(QgsFileWidget, "allpaFolder").setFilePath(JOB["folder"])
    if JOB.get("catalogue_url"):
        catalogue = dock.findChild(QComboBox, "allpaCatalogue")
        catalogue.setCurrentIndex(catalogue.count() - 1)
        dock.findChild(QLineEdit, "allpaCatalogueUrl").setText(JOB["catalogue_url"])


def save_step(name):
    """A picture of the screen for the guide, where the job asks for its steps."""
    from dock_fixtures import wait_until

    if JOB.get("steps"):
        rested = []
        QTimer.singleShot(1500, lambda: rested.append(True))
        wait_until(lambda: rested)
        QGuiApplication.primaryScreen().grabWindow(0).save(str(PICTURE.with_name(f"{name}.png")))


def choose_zones(iface, dock):
    """Three districts as zones, and a picture of their step."""
    from district_layer import district_strips

    if not JOB.get("steps"):
        return
    rows = (("Abancay", "030101", "Abancay"), ("Chacoche", "030102", "Abancay"), ("Curahuasi", "030104", "Abancay"))
    fields = ("NOMBDIST", "UBIGEO", "PROVINCIA")
    layer = district_strips(QgsProject.instance(), JOB["districts"], fields, rows, JOB["extent"])
    layer.renderer().symbol().symbolLayer(0).setBrushStyle(Qt.BrushStyle.NoBrush)
    dock.findChild(QCheckBox, "allpaZonesOn").setChecked(True)
    for name, is_open in (("Where", False), ("Zones", True), ("Scenes", True)):
        dock.findChild(QWidget, f"allpaSection{name}").set_open(is_open)
    save_step("zones")
    dock.findChild(QWidget, "allpaSectionZones").set_open(False)


def save_toolbox_dialog(iface):
    """A picture of the toolbox's dialog for the districts of a layer."""
    import processing

    if not JOB.get("steps"):
        return
    dialog = processing.createAlgorithmDialog(JOB["dialog"])
    dialog.resize(*JOB["dialog_size"])
    dialog.show()
    save_step("districts")
    dialog.close()


def screen_rect(widget):
    """Where a widget lies on the screen: x, y, width, height."""
    corner = widget.mapToGlobal(QPoint(0, 0))
    return [corner.x(), corner.y(), widget.width(), widget.height()]


def save_picture(iface, dock):
    """The whole screen as a PNG, and where things are in it."""
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    if not QGuiApplication.primaryScreen().grabWindow(0).save(str(PICTURE)):
        raise OSError(f"{PICTURE} cannot be written")
    table = dock.findChild(QTableWidget, "allpaAreaTable")
    facts = {
        "canvas": screen_rect(iface.mapCanvas()),
        "dock": screen_rect(dock),
        "layers": [layer.name() for layer in QgsProject.instance().mapLayers().values()],
        "table": [line.split("\t") for line in table.as_text().split("\n")[1:]],
        "region_ha": dock.findChild(QWidget, "allpaRegion").region().area_ha,
        "ticked": dock.findChild(QLabel, "allpaScenesSummary").text(),
        "headline": dock.findChild(QLabel, "allpaResultsHeadline").text(),
        "failure": dock.findChild(QLabel, "allpaFailureHeadline").text(),
    }
    qgis.utils.unloadPlugin("allpa")
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    facts["docks after unloading"] = [panel.objectName() for panel in iface.mainWindow().findChildren(QDockWidget)]
    facts["provider after unloading"] = QgsApplication.processingRegistry().providerById("allpa") is not None
    PICTURE.with_suffix(".json").write_text(json.dumps(facts), encoding="utf-8")


def review_scenes(dock):
    """Untick one scene, select the one that covers least of the region, and show the footprints."""
    from qgis.PyQt.QtTest import QTest

    table = dock.findChild(QTableView, "allpaCandidates")
    if not table.isVisible():
        return
    table.setFocus()
    rows = range(table.model().rowCount())
    figures = [[table.model().index(row, column).data(Qt.ItemDataRole.UserRole) for column in (3, 4)] for row in rows]
    covered = [clear / (1.001 - cloud_percent / 100) for cloud_percent, clear in figures]
    chosen = [row for row in rows if table.model().index(row, 0).data(CHECKED)]
    table.selectRow(chosen[0])
    QTest.keyClick(table, Qt.Key.Key_Space)
    table.clearSelection()
    dock.findChild(QToolButton, "allpaScenesZoom").click()
    table.selectRow(min(rows, key=covered.__getitem__))


def run_dock_job():
    """The whole story."""
    from dock_fixtures import wait_until

    iface = qgis.utils.iface
    if not JOB.get("catalogue_url"):
        use_fake_algorithms()
    arrange_window(iface)
    iface.newProject()
    dock = dock_of_plugin()
    iface.mainWindow().resizeDocks([dock], [DOCK_WIDTH], Qt.Orientation.Horizontal)
    iface.mainWindow().resizeDocks([layers_dock(iface)], [LAYERS_WIDTH], Qt.Orientation.Horizontal)
    wait_until(lambda: dock.engine.ready is not None, 240_000)
    prepare_map(iface)
    wait_until(lambda: not iface.mapCanvas().isDrawing())
    draw_region(iface, dock)
    fill_form(dock)
    save_step("region")
    choose_zones(iface, dock)
    if JOB.get("find_scenes"):
        dock.findChild(QPushButton, "allpaFindScenes").click()
        wait_until(lambda: not dock.busy, RUN_TIMEOUT_MS)
        review_scenes(dock)
        save_step("scenes")
    if JOB.get("run", True):
        dock.findChild(QPushButton, "allpaRun").click()
        wait_until(lambda: not dock.busy, RUN_TIMEOUT_MS)
        prepare_map(iface)
    iface.messageBar().clearWidgets()
    wait_done = []
    QTimer.singleShot(3000, lambda: wait_done.append(True))
    wait_until(lambda: wait_done and not iface.mapCanvas().isDrawing())
    save_step("map")
    save_toolbox_dialog(iface)
    save_picture(iface, dock)


def leave_with(work):
    """Do the work, and leave QGIS with 0 where it was done; else write what went wrong."""
    status = 0
    try:
        work()
    except BaseException:  # noqa: BLE001 - whatever it is, QGIS would wait for ever
        PICTURE.parent.mkdir(parents=True, exist_ok=True)
        PICTURE.with_suffix(".json").write_text(json.dumps({"error": traceback.format_exc()}), encoding="utf-8")
        QGuiApplication.primaryScreen().grabWindow(0).save(str(PICTURE))
        status = 1
    sys.stdout.flush()
    os._exit(status)


if __name__ != "desktop_script":  # QGIS runs the file itself
    QTimer.singleShot(3000, lambda: leave_with(run_dock_job))
