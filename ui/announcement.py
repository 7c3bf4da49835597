"""A message about a job that ended while the dock was closed; it stays until the user has seen it."""

from __future__ import annotations

from collections.abc import Callable

from qgis.core import Qgis
from qgis.gui import QgsMessageBar
from qgis.PyQt.QtWidgets import QPushButton

from ..plugin.translation import tr


def announce(bar: QgsMessageBar, text: str, level: Qgis.MessageLevel, show_dock: Callable[[], None]) -> None:
    """Show a message with a button that opens the dock.

    Parameters
    ----------
    bar : of QGIS's window.
    text : what happened.
    level : of the message.
    show_dock : opens the dock.

    """
    item = bar.createMessage("Allpa", text)
    button = QPushButton(tr("Show"), item)
    button.setObjectName("allpaShowDock")

    def show() -> None:
        show_dock()
        bar.popWidget(item)

    button.clicked.connect(show)
    item.layout().addWidget(button)
    bar.pushWidget(item, level)
