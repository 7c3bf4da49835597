"""What the tests of the dock's scenes share: a search, the table's cells and ticks, and the footprints on the map."""

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

CHECKED, DAY, TILE, CLOUD, CLEAR, ORBIT, SIZE, REASON = range(8)
CHOSEN_COUNT = 12
"""Scenes that the stand-in of the search chooses, of 41."""


def child(dock, kind, name):
    found = dock.findChild(kind, name)
    assert found is not None, name
    return found


def find(dock):
    """Press Find scenes and wait for the list."""
    child(dock, QPushButton, "allpaFindScenes").click()
    wait_until(lambda: not dock.busy)


def find_in_2020(dock):
    """Take the map's extent as region, and search 2020."""
    child(dock, QToolButton, "allpaRegionMapExtent").click()
    child(dock, QSpinBox, "allpaYear").setValue(2020)
    find(dock)


def table(dock):
    return child(dock, QTableView, "allpaCandidates")


def cell(dock, row, column, role=Qt.ItemDataRole.DisplayRole):
    return table(dock).model().index(row, column).data(role)


def ticked_scene_ids(dock):
    """Ids of the ticked scenes, by the table."""
    rows = range(table(dock).model().rowCount())
    checked = [row for row in rows if cell(dock, row, CHECKED, Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked]
    return {cell(dock, row, DAY, Qt.ItemDataRole.ToolTipRole).split("</p>")[0][3:] for row in checked}


def click_tick(dock, row):
    """Click the check box of a row."""
    view = table(dock)
    index = view.model().index(row, CHECKED)
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


def chosen_footprint_ids():
    return {feature["id"] for feature in footprints().getFeatures() if feature["chosen"]}


def click_scene_button(dock, name):
    """Click one of the small buttons."""
    child(dock, QToolButton, f"allpaScenes{name}").click()


def row_of(dock, day):
    """The row of the table that shows a day."""
    return next(row for row in range(table(dock).model().rowCount()) if cell(dock, row, DAY) == day)
