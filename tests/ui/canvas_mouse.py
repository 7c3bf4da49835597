"""Mouse and keyboard on a canvas, in map coordinates."""

from qgis.core import QgsPointXY
from qgis.PyQt.QtCore import QEvent, QPointF, Qt
from qgis.PyQt.QtGui import QMouseEvent
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication

LEFT = Qt.MouseButton.LeftButton
RIGHT = Qt.MouseButton.RightButton


def pixel(canvas, x, y):
    """Where a map point lies on the canvas."""
    return canvas.getCoordinateTransform().transform(QgsPointXY(x, y)).toQPointF().toPoint()


def move(canvas, x, y, buttons=Qt.MouseButton.NoButton):
    """Move the mouse, with buttons held."""
    where = QPointF(pixel(canvas, x, y))
    event = QMouseEvent(QEvent.Type.MouseMove, where, where, Qt.MouseButton.NoButton, buttons, Qt.KeyboardModifier(0))
    QApplication.sendEvent(canvas.viewport(), event)


def click(canvas, x, y, button=LEFT):
    """Press and release a button."""
    QTest.mouseClick(canvas.viewport(), button, pos=pixel(canvas, x, y))


def drag(canvas, start, end):
    """Drag with the left button."""
    QTest.mousePress(canvas.viewport(), LEFT, pos=pixel(canvas, *start))
    move(canvas, (start[0] + end[0]) / 2, (start[1] + end[1]) / 2, LEFT)
    move(canvas, *end, LEFT)
    QTest.mouseRelease(canvas.viewport(), LEFT, pos=pixel(canvas, *end))


def key(canvas, qt_key):
    """Press a key on the canvas."""
    QTest.keyClick(canvas, qt_key)
