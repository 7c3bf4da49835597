"""Labelling with the keys: what is in the file after each key, what is shown and what is not."""

import shutil
import sqlite3

import pytest
from dock_fixtures import wait_until
from label_fixtures import SCENES, write_run
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsProject,
    QgsRasterLayer,
    QgsSingleBandGrayRenderer,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QCheckBox, QComboBox, QLabel, QLineEdit, QMainWindow, QPushButton, QToolButton, QWidget
from sample_files import rows_of, write_sample

LABELLED = "SELECT point_id, reference_class FROM labels WHERE interpreter = 'Ana' AND reference_class IS NOT NULL"


@pytest.fixture
def sample(allpa, tmp_path):
    return write_sample(tmp_path / "sample.gpkg", count=12)


@pytest.fixture
def page(canvas, clean_settings, sample, slot_errors):
    """The page in a window, its sample chosen and the interpreter named."""
    from allpa.ui.accuracy.label_page import LabelPage

    window = QMainWindow()
    made = LabelPage(canvas, window)
    made.messages = []
    made.message.connect(lambda text, level: made.messages.append(text))
    window.setCentralWidget(made)
    window.resize(420, 900)
    window.show()
    made.start_panel.set_sample(str(sample))
    made.findChild(QComboBox, "allpaInterpreter").setEditText("Ana")
    yield made
    made.dispose()
    window.close()
    window.deleteLater()


def start(page):
    """Press the button; gives the panel that takes the keys."""
    page.findChild(QPushButton, "allpaStartLabelling").click()
    return page.panel


def state(page):
    return page.findChild(QLabel, "allpaLabelState").text()


def test_each_digit_is_in_the_file_before_the_next_point_is_shown(page, sample):
    panel = start(page)
    assert state(page) == "Point 1 · 0 of 12 labelled"
    for number, digit in enumerate("1234567890", 1):
        QTest.keyClicks(panel, digit)
        assert rows_of(sample, LABELLED)[-1] == (number, int(digit) or 10)
    assert state(page) == "Point 11 · 10 of 12 labelled"
    stamps = rows_of(sample, "SELECT labelled_at FROM labels WHERE reference_class IS NOT NULL ORDER BY point_id")
    assert stamps == sorted(stamps)


def test_undo_takes_labels_back_one_by_one(page, sample):
    panel = start(page)
    QTest.keyClicks(panel, "52")
    QTest.keyClick(panel, Qt.Key.Key_Backspace)
    assert rows_of(sample, LABELLED) == [(1, 5)]
    assert state(page).startswith("Point 2 ")
    QTest.keyClick(panel, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert rows_of(sample, LABELLED) == []
    QTest.keyClick(panel, Qt.Key.Key_Backspace)  # nothing is left
    assert state(page) == "Point 1 · 0 of 12 labelled"


def test_confidence_second_class_and_note_go_with_the_class(page, sample):
    panel = start(page)
    QTest.keyClick(panel, Qt.Key.Key_C)
    second = page.findChild(QComboBox, "allpaSecondClass")
    second.setCurrentIndex(second.findData(3))
    QTest.keyClick(panel, Qt.Key.Key_N)
    note = page.findChild(QLineEdit, "allpaNote")
    QTest.keyClicks(note, "5 ")
    note.insert("árboles c/u, 'z'")  # QTest types ASCII only
    assert rows_of(sample, LABELLED) == []  # digits of a note are no classes
    QTest.keyClick(note, Qt.Key.Key_Return)
    QTest.keyClicks(panel, "5")
    row = "SELECT reference_class, second_class, confidence, note FROM labels WHERE point_id = 1"
    assert rows_of(sample, row) == [(5, 3, 2, "5 árboles c/u, 'z'")]
    assert note.text() == ""
    assert page.findChild(QToolButton, "allpaConfidence3").isChecked()
    QTest.keyClick(panel, Qt.Key.Key_PageUp)
    assert note.text() == "5 árboles c/u, 'z'"
    page.findChild(QToolButton, "allpaConfidence1").click()
    assert rows_of(sample, row)[0][2] == 1  # a label that stands is changed at once


def test_the_class_of_the_map_and_the_labels_of_others_are_not_shown(page, sample, project, tmp_path):
    from allpa.plugin.layers.results import landcover_renderer
    from fake_algorithms import write_landcover

    with sqlite3.connect(sample) as connection:
        connection.execute("UPDATE labels SET interpreter = 'Luis', reference_class = 7, note = 'mine'")
    write_landcover(tmp_path / "map.tif")
    land, picture = (
        QgsRasterLayer(str(tmp_path / "map.tif"), "map"),
        QgsRasterLayer(str(tmp_path / "map.tif"), "picture"),
    )
    land.setRenderer(landcover_renderer(land))
    picture.setRenderer(QgsSingleBandGrayRenderer(picture.dataProvider(), 1))
    points = QgsVectorLayer(f"{sample}|layername=sample_points", "points")
    project.addMapLayers([land, picture, points])
    start(page)
    tree = QgsProject.instance().layerTreeRoot()
    assert [tree.findLayer(layer.id()).isVisible() for layer in (land, picture, points)] == [False, True, False]
    assert "map, points" in page.messages[-1]
    texts = [label.text() for label in page.panel.findChildren(QLabel)]
    assert not any("Luis" in text or "mine" in text or "Built" in text for text in texts)
    assert not any(
        button.isChecked() for button in page.findChild(QWidget, "allpaClassButtons").findChildren(QToolButton)
    )
    project.removeMapLayer(points.id())
    page.finish()
    assert tree.findLayer(land.id()).isVisible()


def test_a_label_that_cannot_be_saved_is_not_counted(page, sample):
    panel = start(page)
    QTest.keyClicks(panel, "1")
    other = sqlite3.connect(sample, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    QTest.keyClicks(panel, "2")
    assert state(page) == "Point 2 · 1 of 12 labelled"
    assert "not saved" in page.messages[-1]
    other.execute("ROLLBACK")
    other.close()
    QTest.keyClicks(panel, "2")
    assert state(page) == "Point 3 · 2 of 12 labelled"
    sample.unlink()
    QTest.keyClicks(panel, "3")
    assert "does not exist" in page.messages[-1]
    assert state(page) == "Point 3 · 2 of 12 labelled"
    assert not sample.exists()


def test_a_second_session_goes_on_where_the_first_ended_whatever_the_spelling(page, sample):
    QTest.keyClicks(start(page), "123")
    page.findChild(QToolButton, "allpaLabelFinish").click()
    assert "Ana: 3 labelled" in page.findChild(QLabel, "allpaSampleState").text()
    page.findChild(QComboBox, "allpaInterpreter").setEditText(" ANA ")
    start(page)
    assert state(page) == "Point 4 · 3 of 12 labelled"


def test_classes_that_the_legend_does_not_know_are_labelled_again(page, sample):
    from allpa.plugin.layers.sample_labels import add_interpreter, read_sample

    add_interpreter(read_sample(sample), "Ana")
    with sqlite3.connect(sample) as connection:
        connection.execute("UPDATE labels SET reference_class = 42 WHERE point_id IN (2, 3)")
    panel = start(page)
    assert page.messages[-1].startswith("2 labels have a class")
    QTest.keyClicks(panel, "11")
    assert rows_of(sample, LABELLED + " AND point_id < 3") == [(1, 1), (2, 1)]


def test_keys_work_on_the_main_map_too_and_end_with_the_session(page, sample, canvas):
    start(page)
    QTest.keyClicks(canvas, "4")
    assert rows_of(sample, LABELLED) == [(1, 4)]
    page.finish()
    QTest.keyClicks(canvas, "4")
    assert rows_of(sample, LABELLED) == [(1, 4)]


def test_the_main_map_is_centred_on_each_point(page, canvas):
    panel = start(page)
    assert (canvas.center().x(), canvas.center().y()) == pytest.approx((730_005, 8_489_995))
    QTest.keyClicks(panel, "1")
    assert (canvas.center().x(), canvas.center().y()) == pytest.approx((730_235, 8_489_995))
    assert page.panel._on_map._band.asGeometry().area() == pytest.approx(100)


def test_scenes_of_the_point_are_shown_with_the_clearest_one_first(page, sample, tmp_path, canvas):
    from allpa.ui.accuracy.time_line import TimeLine

    page.start_panel.set_sample(str(sample), str(write_run(tmp_path / "run")))
    panel = start(page)
    line = page.findChild(TimeLine)
    wait_until(lambda: len(line.places()) == 4)
    title = page.findChild(QLabel, "allpaTrueColourTitle")
    assert title.text().startswith("2020-06-01")  # the greenest clear one
    assert "NDVI 0.60" in line.accessibleDescription()
    assert "cloud or shadow" in line.accessibleDescription().split(";")[2]
    assert "Crops" not in line.accessibleDescription()
    heights = [place.y() for place in line.places()]
    assert [heights.index(height) for height in sorted(heights)] == [1, 2, 3, 0]  # the higher the greener
    QTest.mouseClick(line, Qt.MouseButton.LeftButton, pos=line.places()[0].toPoint())
    assert title.text().startswith("2020-03-01")
    QTest.keyClicks(panel, "5")
    wait_until(lambda: title.text().startswith("2020-03-01"))  # the next point keeps the date that was chosen
    QTest.keyClick(panel, Qt.Key.Key_Right)
    assert title.text().startswith("2020-06-01")
    right = page.findChild(QLabel, "allpaFalseColourTitle")
    QTest.mouseClick(line, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, pos=line.places()[3].toPoint())
    assert (title.text()[:10], right.text()[:10]) == ("2020-06-01", "2020-11-01")
    page.findChild(QCheckBox, "allpaShowSceneClasses").setChecked(True)
    assert line._classes_shown


def test_without_scenes_the_predictions_give_ndvi_and_class(allpa, tmp_path):
    from allpa.plugin.layers.point_series import PointSeriesReader, find_scenes

    run = write_run(tmp_path / "run", SCENES[:2], stored_ndvi=True)
    shutil.rmtree(run / "scenes")
    *_, found = find_scenes(run)
    scenes = list(PointSeriesReader(found, "").read(730_005, 8_489_995))
    assert [scene.ndvi for scene in scenes] == pytest.approx([0.2, 0.6], abs=0.004)
    assert [(scene.class_code, scene.image) for scene in scenes] == [(5, None), (5, None)]
    assert list(PointSeriesReader(found, "").read(0, 0)) == [None, None]


def test_points_in_degrees_find_their_pixel_in_scenes_of_another_crs(allpa, tmp_path):
    from allpa.plugin.layers.point_series import PointSeriesReader, find_scenes

    *_, found = find_scenes(write_run(tmp_path / "run"))
    degrees, metres = QgsCoordinateReferenceSystem("EPSG:4326"), QgsCoordinateReferenceSystem("EPSG:32718")
    transform = QgsCoordinateTransform(metres, degrees, QgsProject.instance())
    inside, outside = (transform.transform(*place) for place in ((732_405, 8_487_595), (729_905, 8_487_595)))
    reader = PointSeriesReader(found, degrees.toWkt())
    assert [scene.ndvi for scene in reader.read(inside.x(), inside.y())] == pytest.approx(
        [0.2, 0.6, 0.5, 0.3], abs=0.001
    )
    assert list(reader.read(outside.x(), outside.y())) == [None] * 4
    assert list(reader.read(float("inf"), 0)) == [None] * 4


def test_pictures_move_together(page, sample, tmp_path):
    from qgis.gui import QgsMapCanvas

    page.start_panel.set_sample(str(sample), str(write_run(tmp_path / "run")))
    start(page)
    left, right = (page.findChild(QgsMapCanvas, name) for name in ("allpaTrueColour", "allpaFalseColour"))
    wait_until(lambda: abs(left.extent().width() - 600) < 6, 5000)  # also after the layout has settled
    left.zoomByFactor(0.5)
    assert right.extent().center().x() == pytest.approx(left.extent().center().x())
    assert right.extent().width() == pytest.approx(left.extent().width(), rel=0.01)
    assert right.extent().width() < 310


def test_a_folder_without_scenes_says_so(page, sample, tmp_path):
    from allpa.ui.accuracy.time_line import TimeLine

    (tmp_path / "nothing").mkdir()
    page.start_panel.set_sample(str(sample), str(tmp_path / "nothing"))
    start(page)
    wait_until(lambda: page.findChild(TimeLine)._message == "There are no scenes in the folder.")


def test_points_that_two_label_differently_are_settled_by_keys(page, sample):
    for name, digits in (("Ana", "112233112233"), ("José d'Arc", "112255112233")):
        page.findChild(QComboBox, "allpaInterpreter").setEditText(name)
        QTest.keyClicks(start(page), digits)
        assert page.messages[-1] == "All 12 points are labelled."
        page.finish()
    assert "2 points are labelled differently, 0 of them settled." in page.findChild(QLabel, "allpaSampleState").text()
    page.findChild(QPushButton, "allpaSettle").click()
    table = page.findChild(QWidget, "allpaDisagreements")
    shown = [[table.item(row, column).text() for column in range(4)] for row in range(table.rowCount())]
    assert shown == [["5", "Grass", "Crops", ""], ["6", "Grass", "Crops", ""]]
    QTest.keyClicks(page.panel, "53")
    settled = "SELECT point_id, reference_class FROM labels WHERE interpreter = 'settled' ORDER BY 1"
    assert rows_of(sample, settled) == [(5, 5), (6, 3)]
    assert table.item(0, 3).text() == "Crops"
    assert page.messages[-1] == "All 2 points are settled."
    QTest.keyClick(page.panel, Qt.Key.Key_Backspace)
    assert rows_of(sample, settled) == [(5, 5), (6, None)]
    page.finish()
    assert "2 points are labelled differently, 1 of them settled." in page.findChild(QLabel, "allpaSampleState").text()


def test_nothing_is_settled_where_nothing_differs(page):
    page.settle()
    assert page.messages[-1] == "There is nothing to settle: no labels differ."


def test_a_copy_is_merged_from_the_page(page, sample, tmp_path):
    QTest.keyClicks(start(page), "12")
    page.finish()
    copy = tmp_path / "copy.gpkg"
    shutil.copy(sample, copy)
    with sqlite3.connect(copy) as connection:
        connection.execute("UPDATE labels SET reference_class = 9, labelled_at = '2199-01-01' WHERE point_id = 7")
    page.start_panel.merge(str(copy))
    assert page.messages[-1] == "1 labels were taken from copy.gpkg."
    assert (7, 9) in rows_of(sample, LABELLED)
    page.start_panel.merge(str(write_sample(tmp_path / "other.gpkg", count=12, seed=8)))
    assert "copy of another sample" in page.messages[-1]


def test_a_change_needs_the_classes_of_both_dates(page, tmp_path):
    change = write_sample(tmp_path / "change.gpkg", count=3, kind="change")
    page.start_panel.set_sample(str(change))
    panel = start(page)
    QTest.keyClicks(panel, "2")
    assert rows_of(change, LABELLED) == []
    assert "Trees" in page.findChild(QLabel, "allpaLabelHint").text()
    QTest.keyClicks(panel, "5")
    row = "SELECT earlier_class, reference_class FROM labels WHERE point_id = 1"
    assert rows_of(change, row) == [(2, 5)]
    QTest.keyClicks(panel, "2")
    QTest.keyClick(panel, Qt.Key.Key_Backspace)  # takes the first half back only
    QTest.keyClicks(panel, "33")
    assert rows_of(change, row.replace("= 1", "= 2")) == [(3, 3)]


def test_what_is_no_sample_cannot_be_started(page, tmp_path):
    (tmp_path / "text.gpkg").write_text("no database")
    page.start_panel.set_sample(str(tmp_path / "text.gpkg"))
    assert not page.findChild(QPushButton, "allpaStartLabelling").isEnabled()
    assert "is no sample of Allpa" in page.findChild(QLabel, "allpaSampleState").text()


def test_unloading_while_a_point_is_shown_leaves_the_canvas_as_it_was(page, canvas, sample, tmp_path):
    items = len(canvas.scene().items())
    page.start_panel.set_sample(str(sample), str(write_run(tmp_path / "run")))
    start(page)
    assert len(canvas.scene().items()) == items + 1
    page.dispose()
    assert len(canvas.scene().items()) == items
