"""The choice of the catalogue, for the dock and the options."""

from __future__ import annotations

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QComboBox, QWidget

from ..plugin.allpa_engine.core.catalogues import CATALOGUES
from ..plugin.translation import engine_text


def catalogue_combo(name: str, parent: QWidget) -> QComboBox:
    """A combo box of the known catalogues; its data are the values of the parameter CATALOGUE.

    Parameters
    ----------
    name : object name of the combo box.
    parent : the widget that owns it.

    Returns
    -------
    The combo box, with a note on each catalogue as tooltip.

    """
    combo = QComboBox(parent)
    combo.setObjectName(name)
    combo.setMinimumContentsLength(12)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    for key, catalogue in CATALOGUES.items():
        combo.addItem(catalogue.name, key)
        combo.setItemData(combo.count() - 1, engine_text(catalogue.note), Qt.ItemDataRole.ToolTipRole)
    return combo
