"""The candidates' footprints on the map, and scene lists as files: saved, loaded, refused where they do not belong."""

import json
from pathlib import Path

import pytest
from dock_fixtures import wait_until
from qgis.core import QgsFeatureRequest, QgsProject
from qgis.gui import QgsLayerTreeMapCanvasBridge
from qgis.PyQt.QtCore import QTimer
from qgis.PyQt.QtWidgets import QFileDialog, QSpinBox, QToolButton, QWidget
from scene_lists import polygon, write_scene_list
from scenes_box import (
    CHOSEN_COUNT,
    DAY,
    cell,
    child,
    chosen_footprint_ids,
    click_scene_button,
    click_tick,
    find_in_2020,
    footprints,
    row_of,
    table,
    ticked_scene_ids,
)
from test_dock import choose_region, click_run, sentence

EMPTY = '{"allpa:format": 1, "allpa:region": {}, "features": []}'


@pytest.fixture
def found(dock, algorithms):
    """The dock after a search: 41 scenes, 12 of them chosen."""
    find_in_2020(dock)
    return dock


def selected_days(dock):
    """Days of the rows that are selected in the table."""
    return {cell(dock, index.row(), DAY) for index in table(dock).selectionModel().selectedRows()}


def highlighted_days():
    """Days of the footprints that are selected on the map."""
    return {feature["date"].toString("yyyy-MM-dd") for feature in footprints().selectedFeatures()}


def choose_file(monkeypatch, path):
    """Answer the next file dialogs with a path."""
    for name in ("getOpenFileName", "getSaveFileName"):
        monkeypatch.setattr(QFileDialog, name, lambda *_: (str(path) if path else "", ""))


def test_footprints_lie_in_a_group_with_a_style_of_their_own(found):
    (group,) = QgsProject.instance().layerTreeRoot().children()
    assert group.name() == "Scenes 2020"
    layer = footprints()
    assert layer.featureCount() == 41
    assert [category.label() for category in layer.renderer().categories()] == ["Not chosen", "Chosen"]
    assert layer.crs().authid() == "EPSG:4326"
    assert layer.extent().xMinimum() == pytest.approx(-72.95)
    assert layer.extent().xMaximum() == pytest.approx(-72.70)


def test_selected_rows_are_highlighted_and_picked_footprints_selected(found):
    table(found).selectRow(row_of(found, "2020-01-13"))
    assert highlighted_days() == {"2020-01-13"}
    request = QgsFeatureRequest().setFilterExpression("to_string(\"date\") in ('2020-02-02', '2020-02-07')")
    footprints().selectByIds([feature.id() for feature in footprints().getFeatures(request)])
    assert selected_days(found) == {"2020-02-02", "2020-02-07"}
    assert highlighted_days() == selected_days(found)


def test_zoom_shows_the_selected_footprint_or_all(found, canvas):
    table(found).selectRow(0)
    click_scene_button(found, "Zoom")
    shown = canvas.mapSettings().outputExtentToLayerExtent(footprints(), canvas.extent())
    (selected,) = footprints().selectedFeatures()
    assert shown.contains(selected.geometry().boundingBox())
    table(found).clearSelection()
    click_scene_button(found, "Zoom")
    shown = canvas.mapSettings().outputExtentToLayerExtent(footprints(), canvas.extent())
    assert shown.contains(footprints().extent())


@pytest.mark.parametrize("how", ["layer", "project"])
def test_a_layer_that_the_user_removes_comes_back_when_asked_for(found, how):
    shown = child(found, QToolButton, "allpaScenesShow")
    assert shown.isChecked()
    if how == "layer":
        QgsProject.instance().removeMapLayer(footprints().id())
    else:
        QgsProject.instance().clear()
    assert not shown.isChecked()
    click_tick(found, 0)
    table(found).selectRow(1)
    click_scene_button(found, "Zoom")
    assert len(ticked_scene_ids(found)) == CHOSEN_COUNT - 1
    shown.click()
    assert chosen_footprint_ids() == ticked_scene_ids(found)
    assert highlighted_days() == selected_days(found)
    shown.click()
    assert footprints() is None


def test_the_first_layer_of_a_project_moves_nothing(dock, canvas):
    bridge = QgsLayerTreeMapCanvasBridge(QgsProject.instance().layerTreeRoot(), canvas, canvas)
    before, crs = canvas.extent(), QgsProject.instance().crs()
    find_in_2020(dock)
    settled = []
    QTimer.singleShot(200, lambda: settled.append(True))
    wait_until(lambda: settled)
    assert canvas.layers() == [footprints()]
    assert QgsProject.instance().crs() == crs == canvas.mapSettings().destinationCrs()
    assert canvas.extent().center().distance(before.center()) < 1
    assert canvas.extent().width() == pytest.approx(before.width(), rel=0.01)
    assert bridge.autoSetupOnFirstLayer()


def test_another_search_replaces_the_footprints(found):
    find_in_2020(found)
    assert len(QgsProject.instance().mapLayers()) == 1
    assert len(QgsProject.instance().layerTreeRoot().children()) == 1


def test_a_disposed_dock_takes_its_footprints_along(found):
    found.dispose()
    assert QgsProject.instance().mapLayers() == {}


def test_a_saved_list_comes_back_with_its_ticks(found, tmp_path, monkeypatch):
    proposed = ticked_scene_ids(found)
    click_tick(found, 0)
    click_tick(found, 20)
    kept = ticked_scene_ids(found)
    choose_file(monkeypatch, tmp_path / "my list")
    click_scene_button(found, "Save")
    assert "my list.json" in sentence(found)
    click_scene_button(found, "Clear")
    choose_file(monkeypatch, tmp_path / "my list.json")
    click_scene_button(found, "Load")
    assert ticked_scene_ids(found) == kept == chosen_footprint_ids()
    click_scene_button(found, "Proposed")
    assert ticked_scene_ids(found) == proposed


def test_a_dialog_that_is_closed_changes_nothing(found, monkeypatch):
    choose_file(monkeypatch, None)
    before = ticked_scene_ids(found)
    click_scene_button(found, "Save")
    click_scene_button(found, "Load")
    assert ticked_scene_ids(found) == before
    assert sentence(found) == ""


def test_a_list_without_a_region_chosen_brings_its_own(dock, algorithms, tmp_path, monkeypatch):
    choose_file(monkeypatch, write_scene_list(tmp_path / "list.json"))
    child(dock, QSpinBox, "allpaYear").setValue(2018)
    click_scene_button(dock, "Load")
    assert child(dock, QSpinBox, "allpaYear").value() == 2020
    assert child(dock, QWidget, "allpaRegion").region().name == "Valle"
    click_run(dock)
    wait_until(lambda: not dock.busy)
    last_parameters = algorithms["allpa:landcovermap"].last_parameters
    assert last_parameters["REGION_NAME"] == "Valle"
    assert len(json.loads(Path(last_parameters["SCENES"]).read_text(encoding="utf-8"))["features"]) == 7


@pytest.mark.parametrize(
    ("region", "year", "says"), [("other", 2020, "another region"), ("own", 2021, "belongs to 2020, not to 2021")]
)
def test_a_list_that_does_not_belong_here_is_refused(dock, tmp_path, monkeypatch, region, year, says):
    choose_region(dock)
    own = json.loads(child(dock, QWidget, "allpaRegion").region().geometry.asJson(8))
    child(dock, QSpinBox, "allpaYear").setValue(year)
    listed = own if region == "own" else polygon(west=1.0)
    choose_file(monkeypatch, write_scene_list(tmp_path / "list.json", region=listed))
    click_scene_button(dock, "Load")
    assert says in sentence(dock)
    assert not table(dock).isVisible()
    assert footprints() is None


@pytest.mark.parametrize("text", [None, "no JSON", "[]", "{}", '{"allpa:format": 1, "features": [{}]}', EMPTY])
def test_a_file_that_is_no_list_is_refused(dock, tmp_path, monkeypatch, text):
    path = tmp_path / "other.json"
    if text is not None:
        path.write_text(text)
    choose_file(monkeypatch, path)
    click_scene_button(dock, "Load")
    assert "other.json" in sentence(dock)
    assert not table(dock).isVisible()
