"""Buttons for the classes of any legend, in their colours; the first nine have keys."""

from __future__ import annotations

from qgis.PyQt.QtCore import QSize, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QGridLayout, QSizePolicy, QToolButton, QWidget

from ...plugin.allpa_engine.core.legend import LandClass, Legend
from ...plugin.translation import table_language
from ..buttons import fill_columns
from ..results.panel import swatch

_COLUMNS = 2
_ICON_PX = 14
_KEYS = 9


class LegendButtons(QWidget):
    """The classes that corrections can have: all but clouds."""

    chosen = pyqtSignal(int)
    """The code of the class that was pressed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaLegendButtons")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(3)
        self._buttons: dict[int, QToolButton] = {}

    @staticmethod
    def class_name(land: LandClass) -> str:
        """The name of a class in QGIS's language."""
        return land.label(table_language())

    def show_legend(self, legend: Legend) -> None:
        """Make the buttons of a legend."""
        for button in self._buttons.values():
            self._grid.removeWidget(button)
            button.deleteLater()
        land_classes = [land for land in legend.classes if land.code != legend.cloud_code]
        self._buttons = {land.code: self._button(land) for land in land_classes}
        fill_columns(self._grid, list(self._buttons.values()), _COLUMNS)

    def show_class(self, code: int | None) -> None:
        """Press the button of a class; None lifts all."""
        for own, button in self._buttons.items():
            button.setChecked(own == code)

    def _button(self, land: LandClass) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(f"allpaTeachClass{land.code}")
        key = f"{land.code}  " if land.code <= _KEYS else ""
        button.setText(f"{key}{self.class_name(land)}")
        button.setIcon(swatch(land.color, self.palette()))
        button.setIconSize(QSize(_ICON_PX, _ICON_PX))
        button.setToolTip(self.class_name(land))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setCheckable(True)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # keys stay with the map
        button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)  # as narrow as the dock
        button.clicked.connect(lambda: self.chosen.emit(land.code))
        return button
