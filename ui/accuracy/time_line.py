"""The time line of a point: NDVI by date, and on demand the class of each scene; a click shows the scene."""

from __future__ import annotations

from datetime import date

from qgis.PyQt.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from qgis.PyQt.QtWidgets import QLabel, QSizePolicy, QToolTip, QWidget

from ...plugin.layers.point_series import SceneOfPoint
from ..number_format import format_decimals
from .class_buttons import class_name

_LOWEST, _HIGHEST = -0.2, 1.0
_GRID = (0.0, 0.5, 1.0)
_RADIUS = 4.0
_REACH_PX = 12
"""How near to a date a click must be."""
_NDVI = QColor("#2e9e4f")


class TimeLine(QLabel):
    """NDVI dots joined by a line: filled where the scene is clear, hollow under clouds and shadows.

    A label, since the style sheets of QGIS's dark themes give labels their text colour and plain widgets none.
    """

    scene_chosen = pyqtSignal(int, bool)
    """Index of the scene, and whether only the right picture is to show it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaTimeLine")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self._scenes: tuple[SceneOfPoint, ...] = ()
        self._chosen: tuple[int | None, int | None] = (None, None)
        self._message = ""
        self._classes_shown = False

    def show_scenes(self, scenes: tuple[SceneOfPoint, ...], message: str = "") -> None:
        """Draw a point's scenes.

        Parameters
        ----------
        scenes : in chronological order.
        message : shown instead where there are none.

        """
        self._scenes, self._message = scenes, message
        self._chosen = (None, None)
        self.setAccessibleDescription("; ".join(self._sentence(index) for index in range(len(scenes))))
        self.update()

    def set_chosen(self, left: int | None, right: int | None) -> None:
        """Mark the scenes that the pictures show, by their indexes."""
        self._chosen = (left, right)
        self.update()

    def set_classes_shown(self, shown: bool) -> None:
        """Show or hide the class of each scene's prediction."""
        self._classes_shown = shown
        self.updateGeometry()
        self.update()

    def places(self) -> list[QPointF]:
        """Where each scene is painted, in widget coordinates; one without NDVI is at the bottom."""
        if not self._scenes:
            return []
        days = [scene.day.toordinal() for scene in self._scenes]
        first, span = days[0], max(1, days[-1] - days[0])
        plot = self._plot()
        return [
            QPointF(
                plot.left() + plot.width() * ((day - first) / span if days[-1] > first else 0.5), self._y(scene.ndvi)
            )
            for day, scene in zip(days, self._scenes)
        ]

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Six lines of text high."""
        return QSize(300, int(self.fontMetrics().height() * (6.5 if self._classes_shown else 5.5)))

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As high as the hint, and narrow enough for a narrow dock."""
        return QSize(160, self.sizeHint().height())

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Choose the scene under the mouse; with Shift for the right picture only."""
        index = self._index_at(event.pos().x())
        if index is not None and self._scenes[index].image is not None:
            self.scene_chosen.emit(index, bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))

    def event(self, event: QEvent) -> bool:
        """Date, NDVI and sky of the scene under the mouse."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            index = self._index_at(event.pos().x())
            text = self._sentence(index) if index is not None else ""
            QToolTip.showText(self.mapToGlobal(event.pos()), text, self)
            return True
        return bool(super().event(event))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint axis, line, dots, and the strip of classes."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        text = self.palette().color(QPalette.ColorRole.WindowText)
        if not self._scenes:
            painter.setPen(text)
            painter.drawText(
                QRectF(self.rect()), int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), self._message
            )
        else:
            self._paint_axes(painter, text)
            self._paint_dots(painter, text)
        painter.end()

    def _paint_axes(self, painter: QPainter, text: QColor) -> None:
        plot, line = self._plot(), QColor(text)
        line.setAlpha(60)
        height = self.fontMetrics().height()
        for value in _GRID:
            y = self._y(value)
            painter.setPen(QPen(line, 1))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            painter.setPen(text)
            box = QRectF(0, y - height / 2, plot.left() - 6, height)
            painter.drawText(
                box, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), format_decimals(value, 1)
            )
        first, last = self._scenes[0].day, self._scenes[-1].day
        box = QRectF(plot.left() - 6, self.height() - height, plot.width() + 12, height)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignLeft), first.isoformat())
        if last != first:
            painter.drawText(box, int(Qt.AlignmentFlag.AlignRight), last.isoformat())
        painter.drawText(box, int(Qt.AlignmentFlag.AlignHCenter), "NDVI")

    def _paint_dots(self, painter: QPainter, text: QColor) -> None:
        plot, places = self._plot(), self.places()
        clear = [place for place, scene in zip(places, self._scenes) if scene.clear and scene.ndvi is not None]
        painter.setPen(QPen(_NDVI, 1.5))
        for start, end in zip(clear, clear[1:]):
            painter.drawLine(start, end)
        marks = {index: QColor("#d81b60") for index in self._chosen if index is not None}
        for index, color in marks.items():
            painter.setPen(QPen(color, 1.5))
            x = places[index].x()
            painter.drawLine(QPointF(x, plot.top() - 4), QPointF(x, plot.bottom()))
        for place, scene in zip(places, self._scenes):
            if scene.ndvi is not None:
                painter.setPen(QPen(_NDVI if scene.clear else text, 1.5))
                painter.setBrush(_NDVI if scene.clear else self.palette().color(QPalette.ColorRole.Window))
                painter.drawEllipse(place, _RADIUS, _RADIUS)
            if self._classes_shown and scene.land_class is not None:
                painter.setPen(QPen(text, 0.5))
                painter.setBrush(QColor(scene.land_class.color))
                painter.drawRect(QRectF(place.x() - 5, plot.bottom() + 4, 10, self.fontMetrics().height() - 4))

    def _plot(self) -> QRectF:
        metrics = self.fontMetrics()
        left = metrics.horizontalAdvance(format_decimals(-0.5, 1)) + 12
        below = metrics.height() * (2 if self._classes_shown else 1) + 4
        return QRectF(left, 8, max(10, self.width() - left - 14), max(10, self.height() - 8 - below))

    def _y(self, ndvi: float | None) -> float:
        plot = self._plot()
        value = min(_HIGHEST, max(_LOWEST, ndvi)) if ndvi is not None else _LOWEST
        return float(plot.bottom()) - float(plot.height()) * (value - _LOWEST) / (_HIGHEST - _LOWEST)

    def _index_at(self, x: float) -> int | None:
        distances = [abs(place.x() - x) for place in self.places()]
        if not distances or min(distances) > _REACH_PX:
            return None
        return distances.index(min(distances))

    def _sentence(self, index: int) -> str:
        scene = self._scenes[index]
        day: date = scene.day
        parts = [day.isoformat()]
        if scene.ndvi is not None:
            parts.append(f"NDVI {format_decimals(scene.ndvi, 2)}")
        if not scene.clear:
            parts.append(self.tr("cloud or shadow"))
        if self._classes_shown and scene.class_code is not None:
            land_class = scene.land_class
            if land_class is None or land_class.is_bundled:
                parts.append(class_name(scene.class_code))
            else:
                parts.append(land_class.name)
        return ", ".join(parts)
