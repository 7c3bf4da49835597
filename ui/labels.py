"""Labels that fit into a narrow dock, and errors as they read in it."""

from __future__ import annotations

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QCheckBox, QLabel, QSizePolicy, QWidget

from ..plugin.allpa_engine.core.errors import AllpaError
from ..plugin.translation import error_lines

_MIN_FIELD_PX = 110
"""Of a field; where its label leaves less, a form puts it into the next line."""


def error_sentences(error: AllpaError) -> str:
    """What happened, why, and what to do next, in QGIS's language and one line."""
    return " ".join(error_lines(error))


def wrapped_label(
    name: str, parent: QWidget, *, bold: bool = False, selectable: bool = False, links: bool = False
) -> QLabel:
    """A label of plain text that breaks its lines rather than widen the dock.

    Parameters
    ----------
    name : object name of the label.
    parent : the widget that owns it.
    bold : print in bold.
    selectable : let the mouse select the text, for copying.
    links : text that is HTML is shown as such, and its links are opened.

    Returns
    -------
    The label, empty.

    """
    label = QLabel(parent)
    label.setObjectName(name)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.AutoText if links else Qt.TextFormat.PlainText)
    label.setOpenExternalLinks(links)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    if selectable:
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    font = label.font()
    font.setBold(bold)
    label.setFont(font)
    return label


def let_shrink(*widgets: QWidget) -> None:
    """Let fields and check boxes become as narrow as the dock; what does not fit is cut, and in their tool tips.

    Parameters
    ----------
    *widgets : whose contents would widen the dock.

    """
    for widget in widgets:
        widget.setSizePolicy(QSizePolicy.Policy.Ignored, widget.sizePolicy().verticalPolicy())
        if not isinstance(widget, QCheckBox):
            widget.setMinimumWidth(_MIN_FIELD_PX)
        elif not widget.toolTip():
            widget.setToolTip(widget.text())
