"""The dock's advanced settings: number of scenes, months, cloud cover, device."""

from __future__ import annotations

from typing import Any

from qgis.gui import QgsCheckableComboBox
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QFormLayout, QSpinBox, QWidget

from ..plugin import settings
from ..plugin.allpa_engine.core.job import MONTHS, Job, number_limits
from ..plugin.month_names import month_name
from .device_combo import device_combo

_DEFAULTS = Job(folder="")
MAX_SCENES = settings.NumberSetting("dock/max_scenes", _DEFAULTS.max_scenes)
CLEAR_OBSERVATIONS = settings.NumberSetting("dock/clear_observations", _DEFAULTS.clear_observations)
MAX_CLOUD = settings.NumberSetting("dock/max_cloud", int(_DEFAULTS.max_cloud_percent))
MONTHS_SELECTED = settings.TextSetting("dock/months", ",".join(str(month) for month in MONTHS))


class AdvancedSettings(QWidget):
    """Settings that most jobs leave at their defaults."""

    changed = pyqtSignal()
    """Maximum cloud cover or months changed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaAdvanced")
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._max_scenes = self._spin("allpaMaxScenes", "max_scenes")
        self._max_scenes.setToolTip(self.tr("More scenes give a more stable map but take longer"))
        self._clear_observations = self._spin("allpaClearObservations", "clear_observations")
        self._clear_observations.setToolTip(
            self.tr("Target number of cloud-free observations per pixel; scenes are added until nearly all reach it")
        )
        self._max_cloud = self._spin("allpaMaxCloud", "max_cloud_percent")
        self._max_cloud.setSuffix(" %")
        self._max_cloud.setToolTip(self.tr("Scenes with higher cloud cover over the whole tile are ignored"))
        self._months = self._month_combo()
        self._device = device_combo("allpaDevice", self)
        form.addRow(self.tr("Maximum scenes per tile"), self._max_scenes)
        form.addRow(self.tr("Clear observations"), self._clear_observations)
        form.addRow(self.tr("Maximum cloud cover"), self._max_cloud)
        form.addRow(self.tr("Months"), self._months)
        form.addRow(self.tr("Device"), self._device)
        self._max_cloud.valueChanged.connect(lambda _value: self.changed.emit())
        self._months.model().dataChanged.connect(lambda *_which: self.changed.emit())
        self.load_settings()

    def _spin(self, name: str, key: str) -> QSpinBox:
        """A field with the limits of a key of the job."""
        spin = QSpinBox(self)
        spin.setObjectName(name)
        minimum, maximum = number_limits(key)
        spin.setRange(int(minimum), int(maximum))
        return spin

    def _month_combo(self) -> QgsCheckableComboBox:
        combo = QgsCheckableComboBox(self)
        combo.setObjectName("allpaMonths")
        combo.setDefaultText(self.tr("All"))
        combo.setToolTip(self.tr("Only scenes of these months are used; all if none is selected"))
        combo.setMinimumContentsLength(8)
        for month in MONTHS:
            combo.addItemWithCheckState(month_name(month), Qt.CheckState.Checked, str(month))
        return combo

    def parameters(self) -> dict[str, Any]:
        """The algorithm's parameters that are set in this box."""
        return {
            "MAX_SCENES": self._max_scenes.value(),
            "CLEAR_OBSERVATIONS": self._clear_observations.value(),
            "MAX_CLOUD": self._max_cloud.value(),
            "MONTHS": [str(month) for month in self._months.checkedItemsData()],
            "DEVICE": str(self._device.currentData()),
        }

    def set_parameters(self, values: dict[str, Any]) -> None:
        """Fill in settings again; those that the values lack stay as they are."""
        for name, spin in (
            ("MAX_SCENES", self._max_scenes),
            ("CLEAR_OBSERVATIONS", self._clear_observations),
            ("MAX_CLOUD", self._max_cloud),
        ):
            spin.setValue(int(values.get(name, spin.value())))
        if "MONTHS" in values:
            self._check_months([str(month) for month in values["MONTHS"]])
        self._device.setCurrentIndex(max(0, self._device.findData(values.get("DEVICE", self._device.currentData()))))

    def summary(self) -> str:
        """Whether the settings are the usual ones, in a few words."""
        usual = (_DEFAULTS.max_scenes, _DEFAULTS.clear_observations, int(_DEFAULTS.max_cloud_percent))
        now = (self._max_scenes.value(), self._clear_observations.value(), self._max_cloud.value())
        all_months = len(self._months.checkedItemsData()) in (0, len(MONTHS))
        return str(self.tr("Defaults") if now == usual and all_months else self.tr("Changed"))

    def load_settings(self) -> None:
        """Set the values that were used last."""
        self._max_scenes.setValue(MAX_SCENES.value())
        self._clear_observations.setValue(CLEAR_OBSERVATIONS.value())
        self._max_cloud.setValue(MAX_CLOUD.value())
        self._check_months(MONTHS_SELECTED.value().split(","))

    def _check_months(self, selected: list[str]) -> None:
        for index in range(self._months.count()):
            checked = self._months.itemData(index) in selected
            state = Qt.CheckState.Checked if checked else Qt.CheckState.Unchecked
            self._months.setItemCheckState(index, state)

    def save_settings(self) -> None:
        """Remember the values."""
        MAX_SCENES.set_value(self._max_scenes.value())
        CLEAR_OBSERVATIONS.set_value(self._clear_observations.value())
        MAX_CLOUD.set_value(self._max_cloud.value())
        MONTHS_SELECTED.set_value(",".join(str(month) for month in self._months.checkedItemsData()))
        settings.DEVICE.set_value(str(self._device.currentData()))
