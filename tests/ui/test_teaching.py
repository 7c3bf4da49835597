"""The page of teaching: corrections are saved at once, taken back, refitted, applied, compared and undone."""

import json
from pathlib import Path

import pytest
from canvas_mouse import click


@pytest.fixture
def run_folder(tmp_path):
    folder = tmp_path / "corrida"
    folder.mkdir()
    job = {"folder": str(folder), "start": "2020-01-01", "end": "2020-12-31"}
    (folder / "job.json").write_text(json.dumps(job))
    (folder / "landcover_2020.tif").write_bytes(b"own")
    return folder


@pytest.fixture
def panel(allpa, canvas, run_folder, monkeypatch):
    """The page with a run, and the algorithms that it starts, which do not run."""
    from allpa.ui.learn.teach_panel import TeachPanel
    from qgis.gui import QgsMessageBar

    bar = QgsMessageBar()
    page = TeachPanel(canvas, bar)
    page.started = []
    page.maps = []
    monkeypatch.setattr(page._run, "start", lambda name, values: page.started.append((name, values)) or True)
    page.map_made.connect(page.maps.append)
    assert page.open_run(str(run_folder))
    yield page
    page.dispose()
    page.deleteLater()
    bar.deleteLater()


def add_version(run_folder, number, landcover=""):
    from allpa.plugin.allpa_engine.core.model_versions import ModelVersion, read_versions, write_versions

    versions = read_versions(run_folder / "teaching")
    version = ModelVersion(number, "2026-01-01T00:00:00+00:00", 3, 0.4, 0.8, landcover)
    write_versions(run_folder / "teaching", versions.with_version(version))


def codes(panel):
    return [correction.code for correction in panel.session.corrections]


def test_a_click_is_saved_at_once_and_read_again(panel, canvas, run_folder):
    from allpa.plugin.layers.correction_file import read_corrections
    from allpa.ui.learn.teach_session import TeachSession

    panel.choose_class(5)
    panel._tools["click"][0].setChecked(True)
    centre = canvas.extent().center()
    click(canvas, centre.x(), centre.y())
    click(canvas, centre.x() + 500, centre.y())
    saved = read_corrections(run_folder / "teaching" / "corrections.gpkg")
    assert [correction.code for correction in saved] == [5, 5]
    again = TeachSession(run_folder)
    assert [correction.code for correction in again.corrections] == [5, 5]
    from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsProject

    to_map = QgsCoordinateTransform(
        QgsCoordinateReferenceSystem("EPSG:4326"), QgsCoordinateReferenceSystem("EPSG:32718"), QgsProject.instance()
    )
    square = saved[0].geometry
    square.transform(to_map)
    assert square.area() == pytest.approx(100, rel=0.02)
    middle = square.centroid().asPoint()
    pixel = canvas.mapUnitsPerPixel()
    assert abs(middle.x() - centre.x()) < 2 * pixel
    assert abs(middle.y() - centre.y()) < 2 * pixel


def test_keys_choose_the_class_and_backspace_takes_back(panel, canvas):
    from qgis.PyQt.QtCore import Qt
    from qgis.PyQt.QtTest import QTest

    panel._tools["click"][0].setChecked(True)
    QTest.keyClick(canvas, Qt.Key.Key_2)
    click(canvas, canvas.extent().center().x(), canvas.extent().center().y())
    QTest.keyClick(canvas, Qt.Key.Key_7)
    click(canvas, canvas.extent().center().x() + 900, canvas.extent().center().y())
    assert codes(panel) == [2, 7]
    QTest.keyClick(canvas, Qt.Key.Key_Backspace)
    assert codes(panel) == [2]
    QTest.keyClick(canvas, Qt.Key.Key_0)  # clouds are no class of corrections
    assert panel._code != 0


def test_without_a_class_nothing_is_saved(panel, canvas, run_folder):
    panel._tools["click"][0].setChecked(True)
    click(canvas, canvas.extent().center().x(), canvas.extent().center().y())
    assert codes(panel) == []
    assert not (run_folder / "teaching" / "corrections.gpkg").exists()


def test_a_polygon_and_a_removed_row(panel):
    from qgis.core import QgsGeometry, QgsRectangle

    panel.choose_class(3)
    panel._polygon.drawn.emit(QgsGeometry.fromRect(QgsRectangle(730_000, 8_480_000, 730_200, 8_480_100)))
    panel.choose_class(8)
    panel._polygon.drawn.emit(QgsGeometry.fromRect(QgsRectangle(731_000, 8_480_000, 731_200, 8_480_100)))
    assert codes(panel) == [3, 8]
    panel._list._rows.setCurrentRow(1)  # the last one stands on top
    panel._list._remove.click()
    assert codes(panel) == [8]


def test_a_new_class_gets_a_button_and_a_legend(panel, run_folder):
    added = panel.session.add_class("Queñual", "#2A6F3B")
    panel._show_session()
    panel.choose_class(added.code)
    assert panel._code == added.code == 11
    assert "Queñual" in panel._state.text()
    legend = json.loads((run_folder / "teaching" / "legend.json").read_text(encoding="utf-8"))
    assert legend["classes"][-1]["name"] == "Queñual"


def test_refit_apply_compare_and_undo(panel, run_folder):
    from qgis.core import QgsPointXY

    panel.choose_class(5)
    panel.add_click(QgsPointXY(-72.9, -13.7))
    panel.refit()
    name, values = panel.started[-1]
    assert name == "allpa:refitnetwork"
    assert values["RUN_FOLDER"] == str(run_folder)
    assert values["CORRECTIONS"].endswith("corrections.gpkg|layername=corrections")

    add_version(run_folder, 1)
    panel._on_finished({"VERSION": 1, "CORRECTION_COUNT": 1, "AGREEMENT_BEFORE": 40.0, "AGREEMENT_AFTER": 80.0})
    assert "80 %" in panel._result.text()
    assert panel._versions.chosen == 1
    panel.compare_version(1)  # not applied yet: nothing is compared
    assert len(panel.started) == 1

    panel._versions._buttons["Apply"].click()
    name, values = panel.started[-1]
    assert (name, values["MODEL"]) == ("allpa:mapwithmodel", str(run_folder / "teaching" / "version_001" / "model"))
    landcover = Path(values["FOLDER"]) / "landcover_2020.tif"
    landcover.parent.mkdir(parents=True)
    landcover.write_bytes(b"new")
    panel._on_finished({"LANDCOVER": str(landcover)})
    assert panel.session.versions.current == 1
    assert panel.session.landcover == str(landcover)
    assert panel.maps == [str(landcover)]

    panel._versions._buttons["Compare"].click()
    name, values = panel.started[-1]
    assert name == "allpa:landcoverchange"
    assert values["INPUTS"] == [str(run_folder / "landcover_2020.tif"), str(landcover)]
    panel._on_finished({"CHANGED_HA": 12.0, "COMPARED_HA": 240.0})
    assert "12.00 ha" in panel._result.text()

    panel.use_version(0)
    assert panel.session.versions.current == 0
    assert panel.maps[-1] == str(run_folder / "landcover_2020.tif")
    assert landcover.is_file()  # nothing is deleted
    panel.apply_version(1)  # has a map: taken into use without classifying again
    assert panel.session.versions.current == 1
    assert len(panel.started) == 3


def test_a_model_is_saved_under_a_new_name_only(panel, run_folder, tmp_path):
    from allpa.plugin.allpa_engine.core.errors import FolderNotWritable

    model = run_folder / "teaching" / "version_001" / "model"
    model.mkdir(parents=True)
    (model / "model.json").write_text("{}")
    add_version(run_folder, 1)
    panel.session.save_model(1, tmp_path / "mío")
    assert (tmp_path / "mío" / "model.json").is_file()
    with pytest.raises(FolderNotWritable, match="exists"):
        panel.session.save_model(1, tmp_path / "mío")


def test_a_folder_without_a_run_and_a_broken_file_are_refused(panel, tmp_path, run_folder):
    assert not panel.open_run(str(tmp_path / "none"))
    assert panel.session is None
    (run_folder / "teaching").mkdir()
    (run_folder / "teaching" / "corrections.gpkg").write_bytes(b"broken")
    assert not panel.open_run(str(run_folder))


def test_a_run_that_was_moved_keeps_its_maps(panel, run_folder, tmp_path):
    from allpa.ui.learn.teach_session import TeachSession

    landcover = run_folder / "teaching" / "version_001" / "map" / "landcover_2020.tif"
    landcover.parent.mkdir(parents=True)
    landcover.write_bytes(b"new")
    add_version(run_folder, 1, str(landcover))
    moved = run_folder.rename(tmp_path / "otra carpeta")
    assert TeachSession(moved).map_of(1) == str(moved / "teaching" / "version_001" / "map" / "landcover_2020.tif")


def test_a_folder_without_a_run_says_so_on_the_page(panel, tmp_path):
    panel.set_folder(str(tmp_path / "none"))
    assert "holds no run" in panel._state.text()


def test_leaving_removes_tool_and_outlines(panel, canvas):
    from qgis.core import QgsPointXY
    from qgis.gui import QgsRubberBand

    panel.choose_class(5)
    panel.add_click(QgsPointXY(-72.9, -13.7))
    panel._tools["click"][0].setChecked(True)
    before = [item for item in canvas.scene().items() if isinstance(item, QgsRubberBand)]
    panel.stop()
    after = [item for item in canvas.scene().items() if isinstance(item, QgsRubberBand)]
    assert len(after) < len(before)
    assert not panel._tools["click"][0].isChecked()
