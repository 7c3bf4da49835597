"""Scenes in the dock: found, looked at, ticked by mouse and keyboard, shown on the map, and used as ticked."""

import pytest
from dock_fixtures import wait_until
from qgis.core import QgsProject
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import (
    QLabel,
    QPushButton,
    QSpinBox,
    QStyle,
    QStyleOptionViewItem,
    QTableView,
    QToolButton,
)
from test_dock import child, choose_region

TICK, DAY, TILE, CLOUD, CLEAR, ORBIT, SIZE, REASON = range(8)


def find(dock):
    """Press Find scenes and wait for the list."""
    child(dock, QPushButton, "allpaFindScenes").click()
    wait_until(lambda: not dock.busy)


@pytest.fixture
def found(dock, algorithms):
    """The dock after a search: 41 scenes, 12 of them chosen."""
    choose_region(dock)
    child(dock, QSpinBox, "allpaYear").setValue(2020)
    find(dock)
    return dock


def table(dock):
    return child(dock, QTableView, "allpaCandidates")


def cell(dock, row, column, role=Qt.ItemDataRole.DisplayRole):
    return table(dock).model().index(row, column).data(role)


def ticks(dock):
    """Ids of the ticked scenes, by the table."""
    rows = range(table(dock).model().rowCount())
    checked = [row for row in rows if cell(dock, row, TICK, Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked]
    return {cell(dock, row, DAY, Qt.ItemDataRole.ToolTipRole).split("\n")[0] for row in checked}


def click_tick(dock, row):
    """Click the check box of a row."""
    view = table(dock)
    index = view.model().index(row, TICK)
    view.scrollTo(index)
    option = QStyleOptionViewItem()
    option.initFrom(view)
    option.rect = view.visualRect(index)
    option.features |= QStyleOptionViewItem.ViewItemFeature.HasCheckIndicator
    box = view.style().subElementRect(QStyle.SubElement.SE_ItemViewItemCheckIndicator, option, view)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=box.center())


def summary(dock):
    return child(dock, QLabel, "allpaScenesSummary").text()


def footprints():
    """The layer of footprints in the project, or None."""
    layers = [layer for layer in QgsProject.instance().mapLayers().values() if layer.name() == "Footprints"]
    return layers[0] if layers else None


def on_the_map():
    return {feature["id"] for feature in footprints().getFeatures() if feature["chosen"]}


def test_a_search_fills_the_table_and_fetches_nothing(found, algorithms):
    seen = algorithms["allpa:searchscenes"].seen
    assert seen["YEAR"] == 2020
    assert seen["GEOMETRY"].startswith("CRS=EPSG:4326;Polygon")
    assert "FOLDER" not in seen
    assert algorithms["allpa:landcovermap"].seen is None
    assert table(found).isVisible()
    assert table(found).model().rowCount() == 41
    assert [cell(found, 1, column) for column in range(1, 8)] == [
        "2020-01-08", "18LYL", "3 %", "85 %", "S2B 39", "4.0", "chosen: shows 90% of the region clear"
    ]  # fmt: skip
    assert summary(found) == "12 of 41 scenes ticked, about 48 MB to fetch."


def test_clicks_tick_and_untick_and_the_map_follows(found):
    before = ticks(found)
    assert len(before) == 12
    assert on_the_map() == before
    click_tick(found, 0)
    assert len(ticks(found)) == 11
    click_tick(found, 40)
    now = ticks(found)
    assert len(now - before) == len(before - now) == 1
    assert on_the_map() == now
    assert cell(found, 0, REASON).startswith("left by hand (search: chosen: shows")
    assert cell(found, 40, REASON).startswith("chosen by hand")
    assert summary(found) == "12 of 41 scenes ticked, about 48 MB to fetch."
    child(found, QToolButton, "allpaScenesProposed").click()
    assert ticks(found) == before == on_the_map()
    assert cell(found, 0, REASON) == "chosen: shows 90% of the region clear"
