"""Ten buttons for the classes, in their colours, each with its key."""

from __future__ import annotations

from qgis.PyQt.QtCore import QSize, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QGridLayout, QSizePolicy, QToolButton, QWidget

from ...plugin.allpa_engine.core.legend import CLOUDS, LEGEND, LandClass
from ...plugin.translation import engine_text, table_language, tr
from ..results.panel import swatch

_COLUMNS = 2
_MIN_WIDTH_PX = 110


def class_name(code: int | None) -> str:
    """The name of a class for interpreters; a dash without one, the number where the legend has no such class."""
    if code is None:
        return "–"
    if code == CLOUDS:
        return tr("Clouds / not visible")
    found = [land_class for land_class in LEGEND if land_class.code == code]
    return found[0].label(table_language()) if found else str(code)


def class_of_key(key: int) -> int | None:
    """The class of a digit key: 1 to 9 are codes, 0 is 10.

    Parameters
    ----------
    key : of Qt, on the keyboard's upper row or on its number block.

    Returns
    -------
    The code; None for any other key.

    """
    digit = int(key) - int(Qt.Key.Key_0)
    if not 0 <= digit <= 9:
        return None
    return digit or CLOUDS


class ClassButtons(QWidget):
    """The classes of the legend; the one that the point has is pressed."""

    chosen = pyqtSignal(int)
    """The code of the class that was pressed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaClassButtons")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(3)
        self._buttons = {land_class.code: self._button(land_class) for land_class in LEGEND}
        rows = -(-len(LEGEND) // _COLUMNS)
        for index, button in enumerate(self._buttons.values()):
            grid.addWidget(button, index % rows, index // rows)

    def _button(self, land_class: LandClass) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(f"allpaClass{land_class.code}")
        button.setText(f"{land_class.code % 10}  {class_name(land_class.code)}")
        button.setIcon(swatch(land_class.color, self.palette()))
        button.setIconSize(QSize(14, 14))
        button.setToolTip(f"{class_name(land_class.code)}: {engine_text(land_class.definition)}")
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setCheckable(True)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # keys stay with the page
        button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)  # as narrow as the dock
        button.setMinimumWidth(_MIN_WIDTH_PX)
        button.clicked.connect(lambda: self.chosen.emit(land_class.code))
        return button

    def show_class(self, code: int | None) -> None:
        """Press the button of a class; None lifts all."""
        for own, button in self._buttons.items():
            button.setChecked(own == code)
