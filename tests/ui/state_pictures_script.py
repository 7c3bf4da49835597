"""Runs inside the QGIS desktop that `state_pictures.py` opens: brings the dock into each state and takes its picture.

`ALLPA_JOB` holds `parts`, `width` of the dock, `floating` and `locale`; the pictures lie beside `ALLPA_PICTURE`, whose
JSON names the parts that failed.
"""

import json
import os
import sys
import tempfile
import traceback
from pathlib import Path

sys.path.insert(0, os.environ["ALLPA_TESTS"])
sys.path.insert(0, str(Path(os.environ["ALLPA_TESTS"]).parent))

import fake_algorithms as fakes
import processing
import qgis.utils
from desktop_script import JOB, PICTURE, arrange_window, draw_region, layers_dock, leave_with, prepare_map
from district_layer import district_layer
from dock_fixtures import stand_ins, wait_until
from learn_algorithms import FakeForest
from qgis.core import QgsPointXY, QgsProject, QgsRasterLayer, QgsSettings
from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import QPoint, Qt, QTimer
from qgis.PyQt.QtGui import QGuiApplication
from qgis.PyQt.QtWidgets import (
    QApplication,
    QCheckBox,
    QDockWidget,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QTableView,
    QTabWidget,
    QToolButton,
    QTreeWidget,
    QWidget,
)
from test_job_life import leave_records

JOB.update(extent=[730_000, 8_485_200, 734_800, 8_490_000], crs="EPSG:32718", year=2020)
SPANISH = JOB["locale"].startswith("es")
FOLDER = Path(tempfile.mkdtemp(prefix="abancay-"))
DISTRICTS = [("Abancay", "030101", "Abancay"), ("Chacoche", "030102", "Abancay"), ("Circa", "030103", "Abancay")]
DIALOGS = ("landcovermap", "areatable", "landcoverchange", "trainforest", "map_by_district", "two_years")
SETTLED_MS = 700
IFACE = qgis.utils.iface


def rest(milliseconds):
    """Let events run for a while."""
    rested = []
    QTimer.singleShot(milliseconds, lambda: rested.append(True))
    wait_until(lambda: rested)


def take(name):
    """A picture of the whole screen once it has settled."""
    rest(SETTLED_MS)
    wait_until(lambda: not IFACE.mapCanvas().isDrawing())
    if not QGuiApplication.primaryScreen().grabWindow(0).save(str(PICTURE.with_name(f"{name}.png"))):
        raise OSError(f"{name}.png cannot be written")


def take_modal(name, open_window, arrange=lambda window: None):
    """A picture of a window that keeps everything else waiting, and close it."""
    raised = []

    def shown():
        window = QApplication.activeModalWidget()
        try:
            arrange(window)
            take(name)
        except BaseException as error:  # noqa: BLE001 - raised below; here it would leave the window open
            raised.append(error)
        finally:
            window.close()

    QTimer.singleShot(1500, shown)
    open_window()
    if raised:
        raise raised[0]


def the_dock():
    """The plugin's dock."""
    return qgis.utils.plugins["allpa"].dock


def find(name, kind=QWidget):
    """A widget of the dock."""
    return the_dock().findChild(kind, name)


def press(name, kind=QPushButton):
    """Click a button of the dock."""
    find(name, kind).click()


def show_part(name, area="allpaScrollArea"):
    """Scroll a widget to the top of its page."""
    rest(150)
    scroll, widget = find(area, QScrollArea), find(name)
    scroll.verticalScrollBar().setValue(widget.mapTo(scroll.widget(), QPoint(0, 0)).y())


def open_only(*names):
    """Open these steps of the page Map, fold the others, and scroll to the first."""
    for name in ("Where", "When", "Zones", "Scenes", "Options", "Results", "PastJobs"):
        find(f"allpaSection{name}").set_open(name in names)
    show_part(f"allpaSection{names[0]}")


def first_start():
    """Menus, toolbar, and the dock as a tab beside another one, with nothing set."""
    window, plugin = IFACE.mainWindow(), qgis.utils.plugins["allpa"]
    toolbox = window.findChild(QDockWidget, "ProcessingToolbox")
    toolbox.setVisible(True)
    take("01_after_installing")
    menu = IFACE.rasterMenu()
    own = next(action for action in menu.actions() if action.text() == "Allpa")
    menu.popup(window.mapToGlobal(QPoint(200, 60)))
    menu.setActiveAction(own)
    own.menu().popup(menu.mapToGlobal(menu.actionGeometry(own).topRight()))
    take("02_raster_menu")
    own.menu().close()
    menu.close()
    plugin.show_dock(True)
    set_width()
    take("03_tab_beside_toolbox")
    toolbox.setVisible(False)


def set_width():
    """Dock and layers as wide as the job says; or the dock as a window of its own."""
    window, dock = IFACE.mainWindow(), the_dock()
    if JOB["floating"]:
        dock.setFloating(True)
        dock.setGeometry(60, 60, JOB["width"], 620)
    else:
        window.resizeDocks([dock, layers_dock(IFACE)], [JOB["width"], 200], Qt.Orientation.Horizontal)


def engine():
    """Missing, being installed, failed, ready."""

    def is_missing():
        """Whether the installation has ended and the engine was looked for again."""
        return not find("allpaInstallProgress").isVisible() and the_dock().engine.ready is False

    wait_until(lambda: the_dock().engine.ready)
    fakes.FakeStatus.ready = False
    the_dock().engine._ready = None
    the_dock().engine.refresh()
    wait_until(lambda: the_dock().engine.ready is False)
    take("10_no_engine")
    fakes.FakeInstallation.behaviour = "wait"
    press("allpaInstallEngine")
    take("11_installing")
    press("allpaInstallEngine")
    wait_until(is_missing)
    fakes.FakeInstallation.behaviour = "fail"
    press("allpaInstallEngine")
    wait_until(lambda: find("allpaFailure").isVisible())
    take("12_installation_failed")
    wait_until(is_missing)
    find("allpaFailure").setVisible(False)
    fakes.FakeInstallation.behaviour = "succeed"
    press("allpaInstallEngine")
    wait_until(lambda: the_dock().engine.ready)
    take("13_engine_ready")


def where():
    """Each way to a region, and zones."""
    prepare_map(IFACE)
    open_only("Where", "When", "Scenes")
    take("20_nothing_drawn")
    press("allpaRegionCoordinates", QToolButton)
    take("21_coordinates")
    find("allpaCoordinatesFirst", QLineEdit).setText("13 38 04 S 72 53 01 W")
    find("allpaCoordinatesSecond", QLineEdit).setText("ninguna parte")
    press("allpaCoordinatesTake")
    take("22_coordinates_refused")
    IFACE.messageBar().clearWidgets()
    press("allpaRegionCoordinates", QToolButton)
    fields = ("NOMBDIST", "UBIGEO", "PROVINCIA")
    layer = district_layer(QgsProject.instance(), "Distritos de Abancay", fields, DISTRICTS)
    rest(200)
    press("allpaRegionLayer", QToolButton)
    take("23_layer")
    find("allpaZonesOn", QCheckBox).setChecked(True)
    open_only("Zones")
    take("24_zones")
    find("allpaZonesOn", QCheckBox).setChecked(False)
    QgsProject.instance().removeMapLayer(layer.id())
    QgsSettings().setValue("allpa/geocoder", "https://nominatim.example/search")
    find("allpaRegion")._show_place_button()
    open_only("Where")
    press("allpaRegionPlace", QToolButton)
    take("25_place")
    press("allpaRegionPlace", QToolButton)
    QgsSettings().remove("allpa/geocoder")
    find("allpaRegion")._show_place_button()
    open_only("Options")
    take("26_options")
    find("allpaScrollArea", QScrollArea).verticalScrollBar().setValue(100_000)
    take("27_options_end")
    settle_region()
    take("28_region_drawn")


def settle_region():
    """A drawn region with year and folder, ready to run."""
    prepare_map(IFACE)
    open_only("Where", "When", "Scenes")
    draw_region(IFACE, the_dock())
    find("allpaYear", QSpinBox).setValue(JOB["year"])
    find("allpaFolder", QgsFileWidget).setFilePath(str(FOLDER / "Abancay"))
    rest(200)


def scenes():
    """Search, list, quick looks, an outdated list, the window of scenes."""
    settle_region()
    fakes.FakeSearch.behaviour = "wait"
    press("allpaFindScenes")
    take("30_searching")
    press("allpaCancel")
    wait_until(lambda: not the_dock().busy)
    fakes.FakeSearch.behaviour = "succeed"
    IFACE.messageBar().clearWidgets()
    press("allpaFindScenes")
    wait_until(lambda: not the_dock().busy)
    take("31_scenes_found")
    table = find("allpaCandidates", QTableView)
    table.selectRow(2)
    show_part("allpaSectionScenes")
    take("32_scene_selected")
    press("allpaScenesLooks")
    wait_until(lambda: not the_dock().busy)
    show_part("allpaScenesBox")
    take("33_quick_looks")
    find("allpaScrollArea", QScrollArea).verticalScrollBar().setValue(100_000)
    take("34_quick_looks_end")
    press("allpaScenesDetach", QToolButton)
    take("35_window_of_scenes")
    press("allpaScenesDetach", QToolButton)
    find("allpaYear", QSpinBox).setValue(JOB["year"] - 1)
    show_part("allpaSectionScenes")
    take("36_list_outdated")
    press("allpaScenesClear", QToolButton)


def runs():
    """Estimate, running, closed dock, the question before quitting, cancelled, failed, replaced, finished."""
    settle_region()
    press("allpaEstimate")
    wait_until(lambda: not the_dock().busy)
    take("40_estimate")
    fakes.FakeLandcoverMap.behaviour = "wait"
    press("allpaRun")
    take("41_running")
    qgis.utils.plugins["allpa"].show_dock(False)
    take("42_closed_while_running")
    qgis.utils.plugins["allpa"].show_dock(True)
    QgsProject.instance().setDirty(False)  # QGIS asks first whether a changed project is to be saved
    take_modal("43_question_before_quitting", IFACE.mainWindow().close)
    press("allpaCancel")
    wait_until(lambda: not the_dock().busy)
    take("44_cancelled")
    IFACE.messageBar().clearWidgets()
    fakes.FakeLandcoverMap.behaviour = "fail"
    press("allpaRun")
    wait_until(lambda: not the_dock().busy)
    take("45_failed")
    fakes.FakeLandcoverMap.behaviour = "landscape"
    press("allpaRun")
    wait_until(lambda: not the_dock().busy)
    rest(1500)
    take("46_finished")
    IFACE.messageBar().clearWidgets()
    find("allpaScrollArea", QScrollArea).verticalScrollBar().setValue(100_000)
    take("47_finished_end")
    open_only("Results")
    fakes.FakeLandcoverMap.differences = ("año", "nubosidad máxima") if SPANISH else ("year", "maximum cloud cover")
    take_modal("48_question_before_replacing", lambda: press("allpaRun"))
    fakes.FakeLandcoverMap.differences = ()


def past():
    """Past jobs of every state."""
    from allpa.plugin.past_jobs import RememberedJob, remember_job

    values = {"GEOMETRY": "EPSG:4326;POLYGON((-72.9 -13.7, -72.8 -13.7, -72.8 -13.6, -72.9 -13.6, -72.9 -13.7))"}
    for name in ("Andahuaylas, bofedales de altura y pastizales", "Chalhuanca", "Cotabambas"):
        (FOLDER / name).mkdir(exist_ok=True)
        folder = FOLDER / name if name != "Cotabambas" else FOLDER / "gone"
        remember_job(RememberedJob(str(folder), "2020", f"{name} 2020", values))
    finished = FOLDER / "Andahuaylas, bofedales de altura y pastizales"
    leave_records(finished)
    for name in ("landcover_2020.tif", "quality_2020.tif"):
        fakes.write_landcover(finished / name)
    for name in ("areas_2020.csv", "report_2020.html"):
        (finished / name).write_text("")
    open_only("PastJobs")
    find("allpaPastJobs").refresh()
    tree = find("allpaPastJobsList", QTreeWidget)
    wait_until(lambda: tree.topLevelItemCount() >= 3)
    tree.topLevelItem(1).setSelected(True)
    show_part("allpaSectionPastJobs")
    take("50_past_jobs")


def windows():
    """Weights, options, diagnostics."""
    open_only("Options")
    press("allpaWeightsEdit")
    take("60_weights")
    QApplication.activeModalWidget().close()
    take_modal("61_options_page", lambda: IFACE.showOptionsDialog(IFACE.mainWindow(), "allpaOptions"))
    from allpa.ui.diagnostics import show_diagnostics

    report = show_diagnostics(IFACE.mainWindow())
    rest(2500)
    take("62_diagnostics")
    report.close()


def toolbox():
    """Dialogs of algorithms and models, with their help."""
    for name in DIALOGS:
        dialog = processing.createAlgorithmDialog(f"allpa:{name}")
        dialog.resize(min(1100, IFACE.mainWindow().width() - 40), min(700, IFACE.mainWindow().height() - 40))
        dialog.show()
        take(f"70_{name}")
        dialog.close()


def accuracy():
    """The pages Sample, Labels and Accuracy, before and after their work."""
    from sample_files import write_sample

    pages = find("allpaPages", QTabWidget)
    pages.setCurrentWidget(pages.sample)
    take("80_sample")
    pages.setCurrentWidget(pages.label)
    take("81_labels_nothing")
    pages.label.start_panel.set_sample(str(write_sample(FOLDER / "muestra.gpkg", count=25)))
    take("82_labels_sample")
    pages.label.start_panel.import_requested.emit()
    take("83_import")
    pages._import.close()
    pages.setCurrentWidget(pages.accuracy)
    take("84_accuracy")
    (FOLDER / "report.html").write_text("<h1>Report</h1>")
    sentences = (
        "Exactitud global: 84.1 % (de 79.6 a 88.6 %).\nBosque: 1 204 ha (de 1 101 a 1 307 ha).",
        "Overall accuracy: 84.1 % (79.6 to 88.6 %).\nTrees: 1,204 ha (1,101 to 1,307 ha).",
    )
    pages._result.show_results({"SENTENCES": sentences[not SPANISH], "REPORT": str(FOLDER / "report.html")})
    pages.accuracy.ensure_visible(pages._result) if hasattr(pages.accuracy, "ensure_visible") else None
    take("85_accuracy_result")
    pages.setCurrentIndex(0)


def teach():
    """Corrections by clicks on a map that was made."""
    from allpa.plugin.allpa_engine.core.model_versions import ModelVersion, read_versions, write_versions

    folder = FOLDER / "corrida"
    folder.mkdir(exist_ok=True)
    (folder / "job.json").write_text(json.dumps({"folder": str(folder), "start": "2020-01-01", "end": "2020-12-31"}))
    fakes.write_landcover(folder / "landcover_2020.tif")
    QgsProject.instance().addMapLayer(QgsRasterLayer(str(folder / "landcover_2020.tif"), "Mapa"))
    prepare_map(IFACE)
    pages = find("allpaPages", QTabWidget)
    pages.setCurrentWidget(pages.learn)
    take("90_learn_nothing")
    fakes.FakeStatus.parts = "missing"
    the_dock().engine.refresh()
    rest(1500)
    take("91_parts_missing")
    fakes.FakeStatus.parts = "installed"
    the_dock().engine.refresh()
    press("allpaStepToggle_teach", QToolButton)
    panel = pages.learn.teach
    panel.set_folder(str(folder))
    show_part("allpaStep_teach", "allpaLearnScroll")
    take("92_teach")
    for place, code in enumerate((1, 2, 5, 5, 7)):
        panel.choose_class(code)
        panel.add_click(QgsPointXY(-72.86 + 0.004 * place, -13.66))
    versions = read_versions(folder / "teaching")
    for number, after in ((1, 0.8), (2, 0.9)):
        versions = versions.with_version(ModelVersion(number, "2026-01-01T00:00:00+00:00", 5 * number, 0.4, after, ""))
    write_versions(folder / "teaching", versions)
    panel._on_finished({"VERSION": 2, "CORRECTION_COUNT": 10, "AGREEMENT_BEFORE": 40.0, "AGREEMENT_AFTER": 90.0})
    show_part("allpaStep_teach", "allpaLearnScroll")
    take("93_taught")
    show_part("allpaTeachRefit", "allpaLearnScroll")
    take("94_taught_end")
    pages.setCurrentIndex(0)


def story():
    """All parts that are wanted; what fails is noted."""
    from allpa.ui import run

    made = {name: kind().create() for name, kind in stand_ins(FOLDER / "search").items()}
    registered = run.algorithm
    run.algorithm = lambda name: made.get(name) or registered(name)
    FakeForest.behaviour = "succeed"
    arrange_window(IFACE)
    IFACE.newProject()
    parts = [first_start, engine, where, scenes, runs, past, windows, toolbox, accuracy, teach]
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    failures = {}
    for part in parts:
        if part.__name__ not in JOB["parts"]:
            continue
        if part is not first_start:
            qgis.utils.plugins["allpa"].show_dock(True)
            set_width()
        try:
            part()
        except BaseException:  # noqa: BLE001 - the other parts are pictured all the same
            failures[part.__name__] = traceback.format_exc()
        fakes.FakeLandcoverMap.behaviour = fakes.FakeSearch.behaviour = "succeed"
        if the_dock() is not None and the_dock().busy:
            the_dock().cancel()
            wait_until(lambda: not the_dock().busy)
    PICTURE.with_suffix(".json").write_text(json.dumps({"failures": failures}), encoding="utf-8")


QTimer.singleShot(3000, lambda: leave_with(story))
