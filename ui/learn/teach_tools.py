"""The map tools of teaching: a click or a polygon with the class that is chosen; and the corrections on the map."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsGeometry,
    QgsPointXY,
    QgsProject,
    QgsWkbTypes,
)
from qgis.gui import QgsMapCanvas, QgsMapMouseEvent, QgsMapTool, QgsRubberBand
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, qGray

from ...plugin.layers.correction_file import Correction
from ..accuracy.class_buttons import class_of_key

WGS84 = "EPSG:4326"
_LINE_PX = 3
_MIDDLE_GRAY = 140


def to_degrees(geometry: QgsGeometry, canvas: QgsMapCanvas) -> QgsGeometry | None:
    """A geometry of the canvas in longitude and latitude; None where it has no place there."""
    target = QgsCoordinateReferenceSystem(WGS84)
    source = canvas.mapSettings().destinationCrs()
    moved = QgsGeometry(geometry)
    if source.isValid() and source != target:
        try:
            moved.transform(QgsCoordinateTransform(source, target, QgsProject.instance()))
        except QgsCsException:
            return None
    return moved


class ClickTool(QgsMapTool):
    """Each click is a correction; digits choose the class."""

    clicked = pyqtSignal(QgsPointXY)
    """Longitude and latitude."""
    class_typed = pyqtSignal(int)
    undo_typed = pyqtSignal()

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self.setCursor(Qt.CursorShape.CrossCursor)

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Give the place of a left click."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        place = to_degrees(QgsGeometry.fromPointXY(event.mapPoint()), self.canvas())
        if place is not None:
            self.clicked.emit(place.asPoint())

    def keyPressEvent(self, event) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001, N802 - Qt's
        """Digits choose a class, Backspace takes the last correction back."""
        code = class_of_key(event.key())
        if code is not None:
            self.class_typed.emit(code)
        elif event.key() == Qt.Key.Key_Backspace:
            self.undo_typed.emit()
        else:
            return
        event.ignore()  # else the canvas applies its own shortcuts to these keys

    def activate(self) -> None:
        """Take the keyboard focus, so that digits work at once."""
        super().activate()
        self.canvas().setFocus()


class CorrectionsOnMap:
    """The corrections as outlines in the colours of their classes.

    Parameters
    ----------
    canvas : of the main window; it owns the outlines.

    """

    def __init__(self, canvas: QgsMapCanvas) -> None:
        self._canvas = canvas
        self._bands: dict[int, QgsRubberBand] = {}

    def show(self, corrections: Iterable[Correction], colors: Mapping[int, str]) -> None:
        """Draw all corrections anew.

        Parameters
        ----------
        corrections : of the session.
        colors : `#RRGGBB` by code.

        """
        self.clear()
        for correction in corrections:
            band = self._bands.get(correction.code)
            if band is None:
                band = self._bands[correction.code] = self._band(colors.get(correction.code, "#000000"))
            band.addGeometry(correction.geometry, QgsCoordinateReferenceSystem(WGS84))

    def clear(self) -> None:
        """Remove all outlines from the map."""
        for band in self._bands.values():
            self._canvas.scene().removeItem(band)
        self._bands = {}

    def _band(self, color: str) -> QgsRubberBand:
        band = QgsRubberBand(self._canvas, QgsWkbTypes.GeometryType.PolygonGeometry)
        stroke = QColor(color)
        band.setStrokeColor(stroke)
        is_dark = qGray(stroke.rgb()) < _MIDDLE_GRAY  # of a class on a map of the same class
        band.setSecondaryStrokeColor(QColor(Qt.GlobalColor.white if is_dark else Qt.GlobalColor.black))
        band.setFillColor(QColor(0, 0, 0, 0))
        band.setWidth(_LINE_PX)
        return band
