"""Small buttons of the dock."""

from __future__ import annotations

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtWidgets import QToolButton, QWidget

_ICON_PX = 18


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
