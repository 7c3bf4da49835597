"""The choice of the device that classifies, for the dock and the options."""

from __future__ import annotations

from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtWidgets import QComboBox, QWidget

from ..plugin import settings


def device_combo(name: str, parent: QWidget) -> QComboBox:
    """A combo box of the devices, at the one that is set; its data are the values of the parameter DEVICE."""
    combo = QComboBox(parent)
    combo.setObjectName(name)
    combo.addItem(_text("Automatic"), "auto")
    combo.addItem(_text("CPU"), "cpu")
    combo.addItem(_text("GPU (CUDA)"), "cuda")
    combo.setCurrentIndex(max(0, combo.findData(settings.DEVICE.value())))
    return combo


def _text(text: str) -> str:
    return str(QCoreApplication.translate("AllpaDevice", text))
