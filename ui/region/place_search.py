"""Places by name, where the options name a geocoder: the map goes there, and the place's box can be the region."""

from __future__ import annotations

from qgis.core import QgsApplication as Application
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransformContext,
    QgsFeedback,
    QgsGeocoderContext,
    QgsGeometry,
    QgsNominatimGeocoder,
    QgsProject,
    QgsRectangle,
    QgsTask,
)
from qgis.gui import QgsFilterLineEdit
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QPushButton, QVBoxLayout, QWidget

from ...plugin import settings
from ...plugin.region_geometry import wgs84
from ..labels import let_shrink

_SHOWN = 10
_ROWS_PX = 96
_HALF_DEGREES = 0.05
"""Around a place that the service knows as a point only."""


class _SearchTask(QgsTask):
    """Asks the service in a thread of QGIS's."""

    def __init__(self, text: str, address: str, description: str, context: QgsCoordinateTransformContext) -> None:
        super().__init__(description, QgsTask.Flag.CanCancel)
        self._text, self._address, self._context = text, address, context
        self._feedback = QgsFeedback()
        self.places: list[tuple[str, QgsRectangle]] = []
        self.failure = ""

    def run(self) -> bool:
        """Ask; called by QGIS in its thread."""
        geocoder = QgsNominatimGeocoder("", self._address)
        for result in geocoder.geocodeString(self._text, QgsGeocoderContext(self._context), self._feedback)[:_SHOWN]:
            if not result.isValid():
                self.failure = result.error()
                continue
            box = result.viewport()
            if box.isEmpty():
                point = result.geometry().boundingBox().center()
                box = QgsRectangle.fromCenterAndSize(point, 2 * _HALF_DEGREES, 2 * _HALF_DEGREES)
            self.places.append((result.identifier(), box))
        return bool(self.places)

    def cancel(self) -> None:
        """End the request."""
        self._feedback.cancel()
        super().cancel()


class PlaceSearch(QWidget):
    """A line to type a place's name, and what the geocoder of the options knows of it."""

    found = pyqtSignal(QgsRectangle)
    """Bounds in longitude and latitude of the place that was chosen; the map should show them."""
    taken = pyqtSignal(QgsGeometry, QgsCoordinateReferenceSystem, str)
    """The place's bounds as a region, their CRS, and the place's name."""
    rejected = pyqtSignal(str)
    """What went wrong, in one sentence."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaPlaceSearch")
        self._task: _SearchTask | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self._text = QgsFilterLineEdit(self)
        self._text.setObjectName("allpaPlaceText")
        self._text.setPlaceholderText(self.tr("Name of a place"))
        self._search = QPushButton(self.tr("Search"), self)
        self._search.setObjectName("allpaPlaceSearchButton")
        self._places = QListWidget(self)
        self._places.setObjectName("allpaPlaces")
        self._places.setMaximumHeight(_ROWS_PX)
        self._places.setVisible(False)
        self._take = QPushButton(self.tr("Use its bounds as the region"), self)
        self._take.setObjectName("allpaPlaceTake")
        let_shrink(self._take)
        self._take.setVisible(False)
        row = QHBoxLayout()
        row.addWidget(self._text, 1)
        row.addWidget(self._search)
        column.addLayout(row)
        column.addWidget(self._places)
        column.addWidget(self._take)
        self._search.clicked.connect(self.search)
        self._text.returnPressed.connect(self.search)
        self._places.currentItemChanged.connect(self._on_place_chosen)
        self._take.clicked.connect(self._on_taken)

    @staticmethod
    def is_available() -> bool:
        """Whether the options name a geocoder."""
        return bool(settings.GEOCODER.value())

    def search(self) -> None:
        """Ask the geocoder; nothing is sent before."""
        text = self._text.text().strip()
        if not text or self._task is not None:
            return
        self._search.setEnabled(False)
        description = self.tr("Searching {place}").format(place=text)
        context = QgsProject.instance().transformContext()
        self._task = _SearchTask(text, settings.GEOCODER.value(), description, context)
        self._task.taskCompleted.connect(self._show)
        self._task.taskTerminated.connect(self._show)
        Application.taskManager().addTask(self._task)

    def dispose(self) -> None:
        """End a search."""
        if self._task is not None:
            self._task.taskCompleted.disconnect(self._show)
            self._task.taskTerminated.disconnect(self._show)
            self._task.cancel()
            self._task = None

    def _show(self) -> None:
        task, self._task = self._task, None
        self._search.setEnabled(True)
        if task is None:
            return
        self._places.clear()
        for name, box in task.places:
            item = QListWidgetItem(name, self._places)
            item.setToolTip(name)
            item.setData(Qt.ItemDataRole.UserRole, box)
        self._places.setVisible(bool(task.places))
        self._take.setVisible(bool(task.places))
        if task.failure and not task.places:
            self.rejected.emit(self.tr("The place search failed: {reason}").format(reason=task.failure))
        elif not task.places:
            self.rejected.emit(self.tr("No place of this name was found."))
        else:
            self._places.setCurrentRow(0)

    def _on_place_chosen(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.found.emit(item.data(Qt.ItemDataRole.UserRole))

    def _on_taken(self) -> None:
        item = self._places.currentItem()
        if item is not None:
            box = item.data(Qt.ItemDataRole.UserRole)
            self.taken.emit(QgsGeometry.fromRect(box), wgs84(), item.text().split(",")[0].strip())
