"""Small buttons of the dock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QSize, Qt
from qgis.PyQt.QtGui import QResizeEvent
from qgis.PyQt.QtWidgets import QAbstractButton, QBoxLayout, QGridLayout, QHBoxLayout, QSizePolicy, QToolButton, QWidget

_ICON_PX = 18


class IconsWhenNarrow(QWidget):
    """A row of buttons that lose their words, which are in their tool tips, where these do not fit.

    Parameters
    ----------
    buttons : with an icon and a word each.
    parent : owner.

    """

    def __init__(self, buttons: Sequence[QToolButton], parent: QWidget) -> None:
        super().__init__(parent)
        self._buttons = tuple(buttons)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for button in self._buttons:
            row.addWidget(button)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Show as much as there is room for."""
        super().resizeEvent(event)
        styles = Qt.ToolButtonStyle
        for button in self._buttons:
            button.setToolButtonStyle(styles.ToolButtonTextBesideIcon)
        words = sum(button.sizeHint().width() for button in self._buttons)
        if words + self.layout().spacing() * (len(self._buttons) - 1) > self.width():
            for button in self._buttons:
                button.setToolButtonStyle(styles.ToolButtonIconOnly)


def share_row(row: QBoxLayout, buttons: Iterable[QAbstractButton]) -> None:
    """Put buttons into a row, as wide as their words need and in proportion narrower where they do not fit.

    Parameters
    ----------
    row : horizontal layout.
    buttons : from left to right.

    """
    for button in buttons:
        wanted = button.sizeHint().width()
        button.setSizePolicy(QSizePolicy.Policy.Ignored, button.sizePolicy().verticalPolicy())
        row.addWidget(button, wanted)


def fill_columns(grid: QGridLayout, buttons: Sequence[QAbstractButton], columns: int) -> None:
    """Put buttons into a grid from top to bottom; the wider column is that of the longer words.

    Parameters
    ----------
    grid : empty.
    buttons : in their order.
    columns : of the grid.

    """
    rows = -(-len(buttons) // columns)
    for index, button in enumerate(buttons):
        grid.addWidget(button, index % rows, index // rows)
    for column in range(columns):
        widths = [button.sizeHint().width() for button in buttons[column * rows :][:rows]]
        grid.setColumnStretch(column, max(widths, default=0))


def icon_button(name: str, icon: str, tooltip: str, parent: QWidget) -> QToolButton:
    """A flat button with a picture; screen readers read its tool tip.

    Parameters
    ----------
    name : object name.
    icon : file of QGIS's theme.
    tooltip : what it does.
    parent : owner.

    Returns
    -------
    The button.

    """
    button = QToolButton(parent)
    button.setObjectName(name)
    button.setIcon(QgsApplication.getThemeIcon(icon))
    button.setIconSize(QSize(_ICON_PX, _ICON_PX))
    button.setAutoRaise(True)
    button.setToolTip(tooltip)
    button.setAccessibleName(tooltip)
    return button


def text_button(name: str, text: str, tooltip: str, parent: QWidget) -> QToolButton:
    """A small button with a word.

    Parameters
    ----------
    name : object name.
    text : on the button.
    tooltip : what it does.
    parent : owner.

    Returns
    -------
    The button.

    """
    button = QToolButton(parent)
    button.setObjectName(name)
    button.setText(text)
    button.setToolTip(tooltip)
    return button
