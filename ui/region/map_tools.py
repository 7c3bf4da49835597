"""Drawing a region on the canvas: a rectangle by dragging, a polygon corner by corner."""

from __future__ import annotations

from qgis.core import QgsGeometry, QgsPointXY, QgsRectangle, QgsWkbTypes
from qgis.gui import QgsMapCanvas, QgsMapMouseEvent, QgsMapTool, QgsMapToolExtent, QgsRubberBand
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QKeyEvent

from .region_geometry import area_ha

BORDER = QColor(237, 2, 42, 220)
"""Colour of a region's border on the map: visible on imagery and on maps."""
FILL = QColor(237, 2, 42, 35)
MIN_CORNERS = 3


def create_region_band(canvas: QgsMapCanvas, *, filled: bool) -> QgsRubberBand:
    """A rubber band that shows a region's border on the map.

    Parameters
    ----------
    canvas : the map; it owns the band.
    filled : fill the polygon too; not for a band that stays, since it would tint the map.

    Returns
    -------
    The band, empty.

    """
    band = QgsRubberBand(canvas, QgsWkbTypes.GeometryType.PolygonGeometry)
    band.setStrokeColor(BORDER)
    band.setFillColor(FILL if filled else QColor(0, 0, 0, 0))
    band.setWidth(2)
    return band


class RectangleTool(QgsMapToolExtent):
    """Drag a rectangle; Esc cancels."""

    drawn = pyqtSignal(QgsGeometry)
    """The rectangle as a polygon in the canvas's CRS."""
    area_changed = pyqtSignal(float)
    """Area in hectares while drawing."""
    cancelled = pyqtSignal()
    rejected = pyqtSignal(str)
    """What is wrong with what was drawn, in one sentence."""

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self.extentChanged.connect(self._finish)

    def activate(self) -> None:
        """Take the keyboard focus, so that Esc works at once."""
        super().activate()
        self.canvas().setFocus()

    def canvasMoveEvent(self, event: QgsMapMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Follow the drag and report the area."""
        super().canvasMoveEvent(event)
        extent = self.extent()
        if not extent.isEmpty():
            self.area_changed.emit(area_ha(QgsGeometry.fromRect(extent), self.canvas().mapSettings().destinationCrs()))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Esc cancels."""
        if event.key() == Qt.Key.Key_Escape:
            event.accept()
            self.cancelled.emit()

    def dispose(self) -> None:
        """Remove the rubber band from the canvas."""
        self.clearRubberBand()

    def _finish(self, extent: QgsRectangle) -> None:
        if extent.isEmpty():
            self.rejected.emit(self.tr("Press the mouse button, drag to the opposite corner, and release it."))
            return
        self.drawn.emit(QgsGeometry.fromRect(extent))


class PolygonTool(QgsMapTool):
    """Click corners; right click or Enter closes, Backspace removes the last corner, Esc cancels."""

    drawn = pyqtSignal(QgsGeometry)
    """The polygon in the canvas's CRS."""
    area_changed = pyqtSignal(float)
    """Area in hectares while drawing."""
    cancelled = pyqtSignal()
    rejected = pyqtSignal(str)
    """What is wrong with what was drawn, in one sentence."""

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self._band = create_region_band(canvas, filled=True)
        self._corners: list[QgsPointXY] = []

    @property
    def corners(self) -> list[QgsPointXY]:
        """The corners clicked so far, in the canvas's CRS."""
        return list(self._corners)

    def activate(self) -> None:
        """Start a new polygon and take the keyboard focus."""
        super().activate()
        self._clear()
        self.canvas().setFocus()

    def deactivate(self) -> None:
        """Remove the drawing from the map."""
        self._clear()
        super().deactivate()

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Add a corner, or close."""
        if event.button() == Qt.MouseButton.LeftButton:
            point = event.mapPoint()
            if not self._corners or point != self._corners[-1]:
                self._corners.append(point)
            self._show(point)
        elif event.button() == Qt.MouseButton.RightButton:
            self._finish()

    def canvasMoveEvent(self, event: QgsMapMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Show the polygon as it would be with a corner under the mouse."""
        if self._corners:
            self._show(event.mapPoint())

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Enter closes, Backspace and Delete remove a corner, Esc cancels."""
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._finish()
        elif key in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete):
            del self._corners[-1:]
            self._show()
        elif key == Qt.Key.Key_Escape:
            self._clear()
            self.cancelled.emit()
        else:
            return
        event.ignore()  # else the canvas applies its own shortcuts to these keys

    def dispose(self) -> None:
        """Remove the rubber band from the canvas."""
        self._clear()
        self.canvas().scene().removeItem(self._band)

    def _show(self, cursor_point: QgsPointXY | None = None) -> None:
        points = [*self._corners, *([] if cursor_point is None else [cursor_point])]
        self._band.reset(QgsWkbTypes.GeometryType.PolygonGeometry)
        for point in points:
            self._band.addPoint(point)
        if len(points) >= MIN_CORNERS:
            crs = self.canvas().mapSettings().destinationCrs()
            self.area_changed.emit(area_ha(QgsGeometry.fromPolygonXY([points]), crs))

    def _finish(self) -> None:
        if len(self._corners) < MIN_CORNERS:
            self.rejected.emit(self.tr("A polygon needs at least three corners; click one more."))
            return
        polygon = QgsGeometry.fromPolygonXY([[*self._corners, self._corners[0]]])
        self._clear()
        self.drawn.emit(polygon)

    def _clear(self) -> None:
        self._corners = []
        self._band.reset(QgsWkbTypes.GeometryType.PolygonGeometry)
