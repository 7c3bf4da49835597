"""The choice of the device, for the dock and the options."""

from __future__ import annotations

from qgis.PyQt.QtWidgets import QComboBox, QWidget

from ..plugin import settings
from ..plugin.translation import tr


def device_combo(name: str, parent: QWidget) -> QComboBox:
    """A combo box of the devices, set to the current one; its data are the values of the parameter DEVICE."""
    combo = QComboBox(parent)
    combo.setObjectName(name)
    combo.addItem(tr("Automatic"), "auto")
    combo.addItem(tr("CPU"), "cpu")
    combo.addItem(tr("GPU (CUDA)"), "cuda")
    combo.addItem(tr("GPU (Apple)"), "mps")
    combo.setCurrentIndex(max(0, combo.findData(settings.DEVICE.value())))
    return combo
