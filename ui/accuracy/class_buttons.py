"""A button for each class of a legend, in its colour; the first ten have keys."""

from __future__ import annotations

from qgis.PyQt.QtCore import QSize, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QGridLayout, QSizePolicy, QToolButton, QWidget

from ...plugin.allpa_engine.core.legend import BUNDLED_LEGEND, CLOUDS, LandClass, Legend
from ...plugin.translation import engine_text, table_language, tr
from ..buttons import fill_columns
from ..results.panel import swatch

_COLUMNS, _MANY_COLUMNS, _MANY = 2, 3, 20
"""Columns of buttons, and of very many."""
_MIN_WIDTH_PX, _MIN_WIDTH_OF_MANY_PX = 110, 70
_KEYS = "1234567890"


def class_name(code: int | None, legend: Legend = BUNDLED_LEGEND) -> str:
    """The name of a class for interpreters; a dash without one, the number where the legend has no such class.

    Parameters
    ----------
    code : of the class.
    legend : the classes; names of own ones are not translated.

    """
    if code is None:
        return "–"
    if code == CLOUDS and legend.is_bundled:
        return tr("Clouds / not visible")
    land_class = legend.by_code.get(code)
    return land_class.label(table_language()) if land_class else str(code)


def class_of_key(key: int, legend: Legend = BUNDLED_LEGEND) -> int | None:
    """The class of a digit key: 1 to 9 are the first classes of the legend, 0 is the tenth.

    Parameters
    ----------
    key : of Qt, on the keyboard's upper row or on its number block.
    legend : the classes, in the order of their codes.

    Returns
    -------
    The code; None for any other key.

    """
    digit = int(key) - int(Qt.Key.Key_0)
    if not 0 <= digit <= 9:
        return None
    position = (digit or 10) - 1
    return legend.codes[position] if position < len(legend) else None


class ClassButtons(QWidget):
    """The classes of a legend; the one that the point has is pressed."""

    chosen = pyqtSignal(int)
    """The code of the class that was pressed."""

    def __init__(self, parent: QWidget | None = None, legend: Legend = BUNDLED_LEGEND) -> None:
        super().__init__(parent)
        self.setObjectName("allpaClassButtons")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(3)
        self._buttons: dict[int, QToolButton] = {}
        self.set_legend(legend)

    def set_legend(self, legend: Legend) -> None:
        """Show the buttons of other classes."""
        for button in self._buttons.values():
            self._grid.removeWidget(button)
            button.setParent(None)
            button.deleteLater()
        self._legend = legend
        columns = _MANY_COLUMNS if len(legend) > _MANY else _COLUMNS
        self._buttons = {land.code: self._button(land, index) for index, land in enumerate(legend)}
        fill_columns(self._grid, list(self._buttons.values()), columns)

    def _button(self, land_class: LandClass, index: int) -> QToolButton:
        name = class_name(land_class.code, self._legend)
        definition = engine_text(land_class.definition) if land_class.is_bundled else land_class.definition
        button = QToolButton(self)
        button.setObjectName(f"allpaClass{land_class.code}")
        button.setText(f"{_KEYS[index]}  {name}" if index < len(_KEYS) else name)
        button.setIcon(swatch(land_class.color, self.palette()))
        button.setIconSize(QSize(14, 14))
        button.setToolTip(f"{name}: {definition}" if definition else name)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setCheckable(True)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # keys stay with the page
        button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)  # as narrow as the dock
        button.setMinimumWidth(_MIN_WIDTH_OF_MANY_PX if len(self._legend) > _MANY else _MIN_WIDTH_PX)
        button.clicked.connect(lambda: self.chosen.emit(land_class.code))
        return button

    def show_class(self, code: int | None) -> None:
        """Press the button of a class; None lifts all."""
        for own, button in self._buttons.items():
            button.setChecked(own == code)
