"""Quick looks in the dock: in their rows, below the table, on the map; and the table in a window of its own."""

from dock_fixtures import wait_until
from qgis.core import QgsProject
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QDialog, QLabel, QPushButton, QTableView, QToolButton, QWidget
from scenes_box import CHOSEN_COUNT, DAY, cell, child, click_scene_button, find_in_2020, table, ticked_scene_ids

DECORATION = Qt.ItemDataRole.DecorationRole


def fetch_previews(dock):
    find_in_2020(dock)
    child(dock, QPushButton, "allpaScenesLooks").click()
    wait_until(lambda: not dock.busy)


def pictured_rows(dock):
    return [row for row in range(table(dock).model().rowCount()) if cell(dock, row, DAY, DECORATION) is not None]


def test_checked_scenes_get_pictures_in_their_rows(dock, tmp_path):
    assert not child(dock, QWidget, "allpaQuickLook").isVisible()
    fetch_previews(dock)
    rows = pictured_rows(dock)
    assert len(rows) == CHOSEN_COUNT - 1
    pictured = {cell(dock, row, DAY, Qt.ItemDataRole.ToolTipRole).split("</p>")[0][3:] for row in rows}
    assert pictured < ticked_scene_ids(dock)
    assert child(dock, QLabel, "allpaQuickLookText").text() == "Pictures: 11. Without a picture: 1."
    table(dock).setCurrentIndex(table(dock).model().index(rows[0], DAY))
    assert child(dock, QLabel, "allpaQuickLookPicture").isVisible()
    assert (tmp_path / "a job" / "quick_looks" / "0.png").is_file()


def test_the_picture_of_the_current_scene_is_on_the_map_until_the_list_is_cleared(dock):
    fetch_previews(dock)
    first, second = pictured_rows(dock)[:2]

    def on_map():
        return [layer.name() for layer in QgsProject.instance().mapLayers().values() if "Quick look" in layer.name()]

    table(dock).setCurrentIndex(table(dock).model().index(first, DAY))
    assert on_map() == []
    child(dock, QToolButton, "allpaQuickLookOnMap").click()
    shown = on_map()
    assert len(shown) == 1
    table(dock).setCurrentIndex(table(dock).model().index(second, DAY))
    assert len(on_map()) == 1
    assert on_map() != shown
    click_scene_button(dock, "Clear")
    assert on_map() == []
    assert pictured_rows(dock) == []


def test_another_search_forgets_the_pictures(dock):
    fetch_previews(dock)
    find_in_2020(dock)
    assert pictured_rows(dock) == []
    assert not child(dock, QWidget, "allpaQuickLook").isVisible()
    table = child(dock, QTableView, "allpaCandidates")
    assert table.verticalHeader().defaultSectionSize() < table.iconSize().height()


def test_the_table_has_a_window_of_its_own_and_comes_back(dock):
    find_in_2020(dock)
    click_scene_button(dock, "Detach")
    window = child(dock, QDialog, "allpaDetachedWindow")
    view = window.findChild(QTableView, "allpaCandidates")
    assert window.isVisible()
    assert view.isVisible()
    assert view.model().rowCount() == 41
    click_scene_button(dock, "Detach")
    assert not window.isVisible()
    assert child(dock, QWidget, "allpaSectionScenes").findChild(QTableView, "allpaCandidates").isVisible()
    assert window.findChild(QTableView, "allpaCandidates") is None
