"""Teaching by clicks in a real QGIS: clicks on the map, refit, apply, compare, going back, saving; then a network.

Runs inside the QGIS that `learn_session.py --teach RUN` opens. `RUN` is the folder of a finished run of the sample
archive.
"""

from pathlib import Path

import numpy as np
from canvas_mouse import click
from osgeo import gdal
from qgis.core import QgsProject, QgsRasterLayer
from qgis.PyQt.QtWidgets import QPushButton, QScrollArea, QWidget

CLICKS_PER_CLASS = 12


def show_widget(learn, name):
    """Scroll to a widget of the page."""
    widget = learn.findChild(QWidget, name)
    learn.findChild(QScrollArea, "allpaLearnScroll").ensureWidgetVisible(widget, 0, 120)


def truth_places(truth, extent, size_px):
    """Places of each class of the truth within the extent, `{code: [(x, y), ...]}`, in map units."""
    west, south, east, north = extent
    source = gdal.Open(truth)
    left, size, _, top, _, _ = source.GetGeoTransform()
    column, row = round((west - left) / size), round((top - north) / size)
    codes = source.ReadAsArray(column, row, round((east - west) / size), round((north - south) / size))
    chance = np.random.default_rng(5)
    places = {}
    for code in np.unique(codes):
        rows, columns = np.nonzero(codes == code)
        chosen = chance.choice(len(rows), min(size_px, len(rows)), replace=False)
        places[int(code)] = [(west + (columns[n] + 0.5) * size, north - (rows[n] + 0.5) * size) for n in chosen]
    return places


def teach(learn, iface, session, take_picture, wait_until):
    """Correct the map of a run by clicks; gives what the versions say."""
    folder = session["teach"]
    canvas = iface.mapCanvas()
    QgsProject.instance().addMapLayer(QgsRasterLayer(str(Path(folder) / "landcover_2020.tif"), "Mapa"))
    learn.findChild(QWidget, "allpaStepToggle_teach").click()
    panel = learn.teach
    panel.set_folder(folder)
    show_widget(learn, "allpaTeachRefit")
    take_picture("teach_1_open")
    panel._tools["click"][0].setChecked(True)
    for code, places in truth_places(session["truth"], session["extent"], CLICKS_PER_CLASS).items():
        panel.choose_class(code)
        for x, y in places:
            click(canvas, x, y)
    panel.undo()
    take_picture("teach_2_clicks")
    facts = {"corrections": len(panel.session.corrections)}
    learn.findChild(QPushButton, "allpaTeachRefit").click()
    wait_until(lambda: not panel.busy, "refit")
    show_widget(learn, "allpaTeachRefit")
    take_picture("teach_3_refitted")
    panel.apply_version(1)
    wait_until(lambda: not panel.busy, "apply")
    take_picture("teach_4_applied")
    panel.compare_version(1)
    wait_until(lambda: not panel.busy, "compare")
    take_picture("teach_5_compared")
    panel.use_version(0)
    version = panel.session.versions.versions[0]
    facts["agreement"] = [version.agreement_before, version.agreement_after]
    facts["layers"] = [layer.name() for layer in QgsProject.instance().mapLayers().values()]
    return facts


def fine_tune(learn, session, label_layer, take_picture, wait_until):
    """Train the bundled network further on the scenes of a run: start, cancel, go on, map; gives what was seen."""
    learn.labels.set_layer(label_layer, "cobertura")
    learn.findChild(QPushButton, "allpaLabelsSave").click()
    learn.images.set_folder(session["teach"])
    learn.images.use_folder()
    run_page(learn, "trainingdata", {"CHIP_SIZE": 64, "NEIGHBOURS": False}, wait_until)
    learn.model.set_kind("")
    options = {"STEPS": 6, "VALIDATE_EVERY": 2, "BATCH_SIZE": 2, "CROP_PX": 32}
    page = shown_page(learn, "trainnetwork", options, wait_until)
    take_picture("tune_1_before")
    page.findChild(QPushButton, "allpaRun_trainnetwork").click()
    checkpoint = learn.workflow.folder / "model_network" / "checkpoint.pt"
    wait_until(lambda: checkpoint.is_file() or not page.busy, "a checkpoint")
    take_picture("tune_2_running")
    facts = {"checkpoint": checkpoint.is_file()}
    page.findChild(QPushButton, "allpaCancel_trainnetwork").click()
    wait_until(lambda: not page.busy, "cancel")
    take_picture("tune_3_cancelled")
    facts["kept"] = checkpoint.is_file()
    facts["state after cancel"] = learn.workflow.state("model")
    page.findChild(QPushButton, "allpaRun_trainnetwork").click()
    wait_until(lambda: not page.busy, "the training")
    take_picture("tune_4_trained")
    facts["state"] = learn.workflow.state("model")
    facts["curve"] = (learn.workflow.folder / "model_network" / "training_curve.csv").read_text().splitlines()[1:]
    return facts


def shown_page(learn, name, values, wait_until):
    """The page of an algorithm, once it is shown, with some values."""
    page = learn.findChild(QWidget, f"allpaPage_{name}")
    wait_until(page.isVisible, name)
    for parameter, value in values.items():
        page.set_value(parameter, value)
    return page


def run_page(learn, name, values, wait_until):
    """Run an algorithm by its page."""
    page = shown_page(learn, name, values, wait_until)
    page.findChild(QPushButton, f"allpaRun_{name}").click()
    wait_until(lambda: not page.busy, name)
