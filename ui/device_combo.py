"""The choice of the device, for the dock and the options."""

from __future__ import annotations

from qgis.PyQt.QtWidgets import QComboBox, QWidget

from ..plugin import settings
from ..plugin.translation import tr


def device_combo(name: str, parent: QWidget) -> QComboBox:
    """A combo box of the devices; its data are the values of the parameter DEVICE.

    Parameters
    ----------
    name : object name of the combo box.
    parent : the widget that owns it.

    Returns
    -------
    The combo box, set to the device of Allpa's options.

    """
    combo = QComboBox(parent)
    combo.setObjectName(name)
    combo.addItem(tr("Automatic"), "auto")
    combo.addItem(tr("CPU"), "cpu")
    combo.addItem(tr("GPU (CUDA)"), "cuda")
    combo.addItem(tr("GPU (Apple)"), "mps")
    combo.setCurrentIndex(max(0, combo.findData(settings.DEVICE.value())))
    return combo
