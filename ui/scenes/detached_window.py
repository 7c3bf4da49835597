"""A window of its own for a part of the dock that needs more room than the dock has."""

from __future__ import annotations

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QDialog, QVBoxLayout, QWidget

_WIDTH_PX, _HEIGHT_PX = 760, 560


class DetachedWindow(QDialog):
    """Holds a widget until the window is closed; the dock stays usable beside it.

    Parameters
    ----------
    title : of the window.
    parent : owner.

    """

    closed = pyqtSignal()
    """The widget can be taken back."""

    def __init__(self, title: str, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setObjectName("allpaDetachedWindow")
        self.setWindowTitle(title)
        self.resize(_WIDTH_PX, _HEIGHT_PX)
        self._column = QVBoxLayout(self)

    def hold(self, widget: QWidget) -> None:
        """Take a widget over and show it."""
        self._column.addWidget(widget)
        widget.setVisible(True)
        self.show()
        self.raise_()

    def reject(self) -> None:
        """Close, by the Escape key as by the button of the window, and give the widget back."""
        super().reject()
        self.closed.emit()
