"""Scenes in the dock: found, looked at, ticked by mouse and keyboard, shown on the map, and used as ticked."""

import json
from pathlib import Path

import pytest
from dock_fixtures import wait_until
from qgis.core import QgsProject
from qgis.gui import QgsCheckableComboBox, QgsCollapsibleGroupBox, QgsFileWidget
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QComboBox, QDoubleSpinBox, QLabel, QPlainTextEdit, QPushButton, QSpinBox, QWidget
from scenes_box import (
    CHECKED,
    CHOSEN_COUNT,
    CLOUD,
    DAY,
    REASON,
    cell,
    child,
    chosen_footprint_ids,
    click_scene_button,
    click_tick,
    find,
    find_in_2020,
    footprints,
    row_of,
    summary,
    table,
    ticked_scene_ids,
)
from test_dock import choose_region, click_run, sentence


@pytest.fixture
def found(dock, algorithms):
    """The dock after a search: 41 scenes, 12 of them chosen."""
    find_in_2020(dock)
    return dock


def test_a_search_fills_the_table_and_fetches_nothing(found, algorithms):
    last_parameters = algorithms["allpa:searchscenes"].last_parameters
    assert last_parameters["YEAR"] == 2020
    assert last_parameters["GEOMETRY"].startswith("CRS=EPSG:4326;Polygon")
    assert "FOLDER" not in last_parameters
    assert algorithms["allpa:landcovermap"].last_parameters is None
    assert table(found).isVisible()
    assert table(found).model().rowCount() == 41
    assert [cell(found, 1, column) for column in range(1, 8)] == [
        "2020-01-08", "18LYL", "3 %", "85 %", "S2B 39", "4.0", "chosen: shows 90% of the region clear"
    ]  # fmt: skip
    assert summary(found) == "12 of 41 scenes checked, about 48 MB to download."


def test_clicks_tick_and_untick_and_the_map_follows(found):
    before = ticked_scene_ids(found)
    assert len(before) == 12
    assert chosen_footprint_ids() == before
    click_tick(found, 0)
    assert len(ticked_scene_ids(found)) == 11
    click_tick(found, 40)
    now = ticked_scene_ids(found)
    assert len(now - before) == len(before - now) == 1
    assert chosen_footprint_ids() == now
    assert cell(found, 0, REASON).startswith("excluded by hand (search: chosen: shows")
    assert cell(found, 40, REASON).startswith("chosen by hand")
    assert summary(found) == "12 of 41 scenes checked, about 48 MB to download."
    click_scene_button(found, "Proposed")
    assert ticked_scene_ids(found) == before == chosen_footprint_ids()
    assert cell(found, 0, REASON) == "chosen: shows 90% of the region clear"


def test_the_space_bar_ticks_all_selected_rows(found):
    view = table(found)
    before = ticked_scene_ids(found)
    view.setFocus()
    view.selectRow(0)
    QTest.keyClick(view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(view, Qt.Key.Key_Space)
    assert len(before - ticked_scene_ids(found)) == 3
    assert chosen_footprint_ids() == ticked_scene_ids(found)
    QTest.keyClick(view, Qt.Key.Key_Space)
    assert ticked_scene_ids(found) == before


def test_sorting_is_by_number_and_ticking_moves_no_row(found):
    view = table(found)
    view.sortByColumn(CLOUD, Qt.SortOrder.DescendingOrder)
    clouds = [int(cell(found, row, CLOUD).split()[0]) for row in range(41)]
    assert clouds == sorted(clouds, reverse=True)
    assert clouds[0] > 9
    days = [cell(found, row, DAY) for row in range(41)]
    before = ticked_scene_ids(found)
    click_tick(found, 0)
    (added,) = ticked_scene_ids(found) - before
    assert days[0].replace("-", "") in added
    assert [cell(found, row, DAY) for row in range(41)] == days
    view.sortByColumn(CHECKED, Qt.SortOrder.DescendingOrder)
    checked = [cell(found, row, CHECKED, Qt.ItemDataRole.CheckStateRole) for row in range(41)]
    assert checked == sorted(checked, reverse=True)


def test_all_none_and_as_proposed(found, algorithms):
    before = ticked_scene_ids(found)
    click_scene_button(found, "All")
    assert len(ticked_scene_ids(found)) == 41
    assert summary(found).startswith("41 of 41 scenes checked, about 164 MB")
    click_scene_button(found, "None")
    assert ticked_scene_ids(found) == set() == chosen_footprint_ids()
    click_run(found)
    assert "No scene is checked" in sentence(found)
    assert algorithms["allpa:landcovermap"].last_parameters is None
    click_scene_button(found, "Proposed")
    assert ticked_scene_ids(found) == before


def test_run_passes_what_is_ticked(found, algorithms, tmp_path):
    click_tick(found, 3)
    click_tick(found, 30)
    wanted = ticked_scene_ids(found)
    click_run(found)
    wait_until(lambda: not found.busy)
    path = Path(algorithms["allpa:landcovermap"].last_parameters["SCENES"])
    assert path == tmp_path / "a job" / "candidates_2020.json"
    items = json.loads(path.read_text(encoding="utf-8"))["features"]
    assert {item["id"] for item in items if item["properties"]["allpa:chosen"]} == wanted
    by_hand = [item["properties"] for item in items if item["properties"].get("allpa:choice") == "by hand"]
    assert [facts["allpa:reason"] for facts in by_hand] == ["excluded by hand", "chosen by hand"]
    assert [facts["allpa:proposed"] for facts in by_hand] == [True, False]


def test_without_a_list_the_job_chooses_by_itself(found, algorithms):
    click_scene_button(found, "Clear")
    assert not table(found).isVisible()
    assert footprints() is None
    assert QgsProject.instance().layerTreeRoot().children() == []
    click_run(found)
    wait_until(lambda: not found.busy)
    assert "SCENES" not in algorithms["allpa:landcovermap"].last_parameters


def set_year(dock):
    child(dock, QSpinBox, "allpaYear").setValue(2021)


def set_catalogue(dock):
    combo = child(dock, QComboBox, "allpaCatalogue")
    combo.setCurrentIndex((combo.currentIndex() + 1) % 3)


def set_region(dock):
    canvas = dock.findChild(QWidget, "allpaRegion")._canvas
    canvas.setExtent(canvas.extent().buffered(500))
    choose_region(dock)


def set_months(dock):
    child(dock, QgsCheckableComboBox, "allpaMonths").setItemCheckState(0, Qt.CheckState.Unchecked)


def set_cloud_limit(dock):
    child(dock, QDoubleSpinBox, "allpaMaxCloud").setValue(33)


@pytest.mark.parametrize("change", [set_year, set_catalogue, set_region, set_months, set_cloud_limit])
def test_a_list_of_other_choices_is_stale_and_not_used(found, algorithms, change):
    banner = child(found, QLabel, "allpaScenesOutdated")
    assert not banner.isVisible()
    change(found)
    assert banner.isVisible()
    click_run(found)
    assert "Find scenes again" in sentence(found)
    assert algorithms["allpa:landcovermap"].last_parameters is None
    find(found)
    assert not banner.isVisible()
    click_run(found)
    wait_until(lambda: not found.busy)
    assert "SCENES" in algorithms["allpa:landcovermap"].last_parameters


def test_choices_that_were_taken_back_make_the_list_good_again(found, algorithms):
    set_year(found)
    assert child(found, QLabel, "allpaScenesOutdated").isVisible()
    child(found, QSpinBox, "allpaYear").setValue(2020)
    assert not child(found, QLabel, "allpaScenesOutdated").isVisible()
    click_run(found)
    wait_until(lambda: not found.busy)
    assert "SCENES" in algorithms["allpa:landcovermap"].last_parameters


def test_the_search_is_cancelled_and_leaves_the_list_before(found, algorithms):
    click_scene_button(found, "None")
    algorithms["allpa:searchscenes"].behaviour = "wait"
    child(found, QPushButton, "allpaFindScenes").click()
    wait_until(lambda: "Searching" in child(found, QLabel, "allpaStage").text())
    assert not child(found, QPushButton, "allpaFindScenes").isEnabled()
    click_tick(found, 0)
    assert ticked_scene_ids(found) == set()  # nothing changes while it runs
    child(found, QPushButton, "allpaCancel").click()
    wait_until(lambda: not found.busy)
    assert "cancelled" in sentence(found)
    assert table(found).model().rowCount() == 41
    click_tick(found, 0)
    assert len(ticked_scene_ids(found)) == 1


def test_a_search_that_fails_says_why(dock, algorithms):
    algorithms["allpa:searchscenes"].behaviour = "fail"
    find_in_2020(dock)
    assert child(dock, QLabel, "allpaFailureHeadline").text() == "The catalogue did not answer."
    assert not table(dock).isVisible()
    assert child(dock, QPushButton, "allpaRun").isVisible()


def test_a_search_needs_a_region_but_no_folder(dock, algorithms):
    child(dock, QWidget, "allpaFolder").setFilePath("")
    child(dock, QPushButton, "allpaFindScenes").click()
    assert "region" in sentence(dock)
    assert algorithms["allpa:searchscenes"].last_parameters is None
    find_in_2020(dock)
    assert len(ticked_scene_ids(dock)) == CHOSEN_COUNT


def test_acquisitions_are_counted_and_a_hole_is_reported(found):
    assert child(found, QLabel, "allpaAcquisitions").text() == "Acquisitions: 18LYL in 2020: 41 days."
    holes = child(found, QLabel, "allpaGaps")
    assert holes.isVisible()
    assert "about 73 days expected" in holes.text()
    assert "no acquisition from 2020-04-01 to 2020-06-15" in holes.text()
    assert "more than 80 % cloud" in child(found, QPlainTextEdit, "allpaNotes").toPlainText()


def test_a_long_id_in_the_notes_is_not_cut_off(found):
    notes = child(found, QPlainTextEdit, "allpaNotes")
    child(found, QgsCollapsibleGroupBox, "allpaNotesBox").setCollapsed(False)
    notes.setPlainText("S2B_MSIL2A_20200508T150719_R011_T18LYK_20200807T003119" * 3)
    found.resize(330, 600)
    assert notes.horizontalScrollBar().maximum() == 0


def test_what_the_scenes_do_not_cover_is_a_warning_in_the_dock(dock, tmp_path):
    from allpa.plugin.layers.scene_list import SceneList
    from allpa.ui.scenes.search_notes import SearchNotes
    from scene_lists import scene_list

    warning = "The scenes cover only 50.0% of the region; the rest of the map has no data."
    document = scene_list() | {"allpa:warnings": [warning], "allpa:coverage": []}
    notes = SearchNotes(dock)
    notes.show_notes(SceneList(document))
    assert child(notes, QLabel, "allpaGaps").text() == warning
    assert not child(notes, QLabel, "allpaGaps").isHidden()


def test_the_reason_of_the_current_scene_stands_below_the_table(found):
    table(found).selectRow(row_of(found, "2020-01-03"))
    assert child(found, QLabel, "allpaScenesReason").text() == "2020-01-03 18LYL: chosen: shows 90% of the region clear"
    QTest.keyClick(table(found), Qt.Key.Key_Space)
    assert "excluded by hand" in child(found, QLabel, "allpaScenesReason").text()
    assert cell(found, 0, REASON) in child(found, QLabel, "allpaScenesReason").text()


def test_a_folder_that_cannot_be_written_is_reported_and_nothing_starts(found, algorithms, tmp_path):
    (tmp_path / "file").write_text("")
    child(found, QWidget, "allpaFolder").setFilePath(str(tmp_path / "file" / "below"))
    click_run(found)
    assert "cannot be written" in sentence(found)
    assert algorithms["allpa:landcovermap"].last_parameters is None


def test_the_dock_stays_narrow_with_a_list(found):
    content = child(found, QWidget, "allpaContent")
    assert content.minimumSizeHint().width() <= 320 - found.style().pixelMetric(found.style().PM_ScrollBarExtent)


@pytest.mark.parametrize("folder", ["/proc/allpa", f"/var/{'a' * 300}", "/dev/null/maps"])
def test_a_scene_list_and_a_folder_that_cannot_be_used_give_a_sentence(found, algorithms, folder):
    child(found, QgsFileWidget, "allpaFolder").setFilePath(folder)
    algorithms["allpa:landcovermap"].last_parameters = None
    click_run(found)
    assert "cannot be" in sentence(found)
    assert algorithms["allpa:landcovermap"].last_parameters is None
