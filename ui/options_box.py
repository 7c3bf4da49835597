"""The dock's options: scenes and months, votes and their weights, cleaning of the map, CRS, model and device."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from qgis.core import QgsCoordinateReferenceSystem
from qgis.gui import QgsCheckableComboBox, QgsFileWidget, QgsProjectionSelectionWidget
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QFormLayout, QLabel, QSpinBox, QWidget

from ..plugin import settings
from ..plugin.allpa_engine.core.job import MONTHS, Job, number_limits
from ..plugin.job_parameters import KEPT_PARAMETERS
from ..plugin.month_names import month_name, month_number
from .device_combo import device_combo
from .kept_settings import KeptSettings
from .labels import let_shrink
from .plain_spin import PlainSpinBox
from .weights_row import WeightsRow

_DEFAULTS = Job(folder="")
OPTIONS = settings.TextSetting("dock/options")
"""The parameters of this box as JSON."""
_OF_SEARCH = ("START", "END", "COLLECTION", "FALLBACK_CATALOGUE")
MAP_PARAMETERS = (
    "DEVICE", "SOFT", "MONTH_BALANCE", "WEIGHTS", "WEIGHT_TABLE", "SMOOTHING", "MASK_DILATION", "ANNUAL_DECISION",
    "CRS", "MODEL", *(name for name in KEPT_PARAMETERS if name not in _OF_SEARCH),
)  # fmt: skip
"""Those that a search of scenes does not have."""
_PIXELS_PER_HECTARE = 100
_DRY, _WET = (5, 6, 7, 8, 9), (10, 11, 12, 1, 2, 3, 4)
_QUARTERS = ((12, 1, 2), (3, 4, 5), (6, 7, 8), (9, 10, 11))


class OptionsBox(QWidget):
    """The settings that most jobs leave at their defaults, as parameters of the algorithm."""

    changed = pyqtSignal()
    """An option is another one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaAdvanced")
        self._is_filling = False
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._build_scenes(form)
        self._build_votes(form)
        self._build_map(form)
        self._kept = KeptSettings(self)
        form.addRow(self._kept)
        let_shrink(self._season, self._months, self._balance, self._soft, self._dilation, self._decision)
        let_shrink(self._crs, self._model, self._device, self._smoothing)
        self._connect()
        self.load_settings()

    def parameters(self) -> dict[str, Any]:
        """The algorithm's parameters; those of the map only where they are not the defaults."""
        crs, cloud = self._crs.crs(), float(self._max_cloud.value())
        optional = {
            "SOFT": self._soft.isChecked(),
            "MONTH_BALANCE": self._balance.isChecked(),
            **self._weights.parameters(),
            "SMOOTHING": round(self._smoothing.value() * _PIXELS_PER_HECTARE),
            "MASK_DILATION": self._dilation.isChecked(),
            "ANNUAL_DECISION": self._decision.isChecked(),
            "CRS": (crs.authid() or crs.toWkt()) if crs.isValid() else "",
            "MODEL": str(self._model.filePath()).strip(),
        }
        return {
            "MAX_SCENES": self._max_scenes.value(),
            "CLEAR_OBSERVATIONS": self._clear_observations.value(),
            "MAX_CLOUD": int(cloud) if cloud.is_integer() else cloud,
            "MONTHS": [str(month) for month in self._months.checkedItemsData()],
            "DEVICE": str(self._device.currentData()),
            **{name: value for name, value in optional.items() if value},
            **self._kept.parameters(),
        }

    def prepare(self, folder: str, year: int) -> tuple[dict[str, Any], Callable[[], None]]:
        """The parameters for a run that need a file, and what writes it; see `WeightsRow.prepare`."""
        return self._weights.prepare(folder, year)

    def problem(self) -> str:
        """One sentence that says what cannot be used; empty where nothing is."""
        return ""

    def set_parameters(self, values: dict[str, Any]) -> str:
        """Fill in the options of a job; those that it lacks get their defaults, scenes and months stay as they are.

        Returns
        -------
        A sentence where something cannot be filled in; else an empty text.

        """
        self._is_filling = True
        for name, spin in (("MAX_SCENES", self._max_scenes), ("CLEAR_OBSERVATIONS", self._clear_observations)):
            spin.setValue(int(values.get(name, spin.value())))
        self._max_cloud.setValue(float(values.get("MAX_CLOUD", self._max_cloud.value())))
        if "MONTHS" in values:
            self._check_months([month_number(str(month)) for month in values["MONTHS"]])
        self._device.setCurrentIndex(max(0, self._device.findData(values.get("DEVICE", self._device.currentData()))))
        for name, box in (
            ("SOFT", self._soft),
            ("MONTH_BALANCE", self._balance),
            ("MASK_DILATION", self._dilation),
            ("ANNUAL_DECISION", self._decision),
        ):
            box.setChecked(bool(values.get(name, False)))
        self._smoothing.setValue(float(values.get("SMOOTHING", 0)) / _PIXELS_PER_HECTARE)
        self._crs.setCrs(QgsCoordinateReferenceSystem(str(values.get("CRS", ""))))
        self._model.setFilePath(str(values.get("MODEL", "")))
        self._weights.set_model(self._model.filePath())
        problem = self._weights.set_parameters(values)
        self._kept.set_parameters(values)
        self._is_filling = False
        self._on_changed()
        return problem

    def summary(self) -> str:
        """Which options are not the usual ones, in a few words."""
        values = self.parameters()
        all_months = len(values["MONTHS"]) in (0, len(MONTHS))
        scenes = (values["MAX_SCENES"], values["CLEAR_OBSERVATIONS"], values["MAX_CLOUD"])
        usual = (_DEFAULTS.max_scenes, _DEFAULTS.clear_observations, int(_DEFAULTS.max_cloud_percent))
        names = {
            self.tr("scenes"): scenes != usual,
            self.tr("months"): not all_months,
            self.tr("votes"): not self._weights.is_usual
            or any(name in values for name in ("SOFT", "MONTH_BALANCE", "MASK_DILATION", "ANNUAL_DECISION")),
            self.tr("smoothing"): "SMOOTHING" in values,
            self.tr("CRS"): "CRS" in values,
            self.tr("own model"): "MODEL" in values,
            self.tr("others"): bool(self._kept.parameters()),
        }
        changed = [name for name, is_changed in names.items() if is_changed]
        return str(self.tr("Changed: {names}").format(names=", ".join(changed)) if changed else self.tr("Defaults"))

    def load_settings(self) -> None:
        """Set the values that were used last."""
        try:
            saved = json.loads(OPTIONS.value() or "{}")
            self.set_parameters(saved if isinstance(saved, dict) else {})
        except (ValueError, TypeError):
            self._is_filling = False

    def save_settings(self) -> None:
        """Remember the values, without those that belong to one job."""
        of_one_job = ("WEIGHT_TABLE", *KEPT_PARAMETERS)
        values = {name: value for name, value in self.parameters().items() if name not in of_one_job}
        OPTIONS.set_value(json.dumps({**values, **self._weights.saved_values()}))
        settings.DEVICE.set_value(str(self._device.currentData()))

    def period_text(self) -> str:
        """First and last day of a job that was opened, where they replace the year."""
        return self._kept.period_text()

    def drop_period(self) -> None:
        """Another year was chosen: first and last day of a job that was opened do not replace it."""
        self._kept.drop_period()

    # Building

    def _build_scenes(self, form: QFormLayout) -> None:
        self._max_scenes = self._spin("allpaMaxScenes", "max_scenes")
        self._max_scenes.setToolTip(self.tr("More scenes give a more stable map but take longer"))
        self._clear_observations = self._spin("allpaClearObservations", "clear_observations")
        self._clear_observations.setToolTip(
            self.tr("Target number of cloud-free observations per pixel; scenes are added until nearly all reach it")
        )
        self._max_cloud = PlainSpinBox(self)
        self._max_cloud.setObjectName("allpaMaxCloud")
        self._max_cloud.setRange(*number_limits("max_cloud_percent"))
        self._max_cloud.setDecimals(3)
        self._max_cloud.setValue(_DEFAULTS.max_cloud_percent)
        self._max_cloud.setSuffix(" %")
        self._max_cloud.setToolTip(self.tr("Scenes with higher cloud cover over the whole tile are ignored"))
        self._season = QComboBox(self)
        self._season.setObjectName("allpaSeason")
        for months, title in self._seasons().items():
            self._season.addItem(title, months)
        self._season.setMinimumContentsLength(8)
        self._season.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._season.setToolTip(self.tr("Checks the months of a season; scenes of the year chosen above are used"))
        self._months = QgsCheckableComboBox(self)
        self._months.setObjectName("allpaMonths")
        self._months.setDefaultText(self.tr("All"))
        self._months.setToolTip(self.tr("Only scenes of these months are used; all if none is selected"))
        self._months.setMinimumContentsLength(8)
        for month in MONTHS:
            self._months.addItemWithCheckState(month_name(month), Qt.CheckState.Checked, str(month))
        form.addRow(self.tr("Maximum scenes per tile"), self._max_scenes)
        form.addRow(self.tr("Clear observations"), self._clear_observations)
        form.addRow(self.tr("Maximum cloud cover"), self._max_cloud)
        _add_wide(form, self.tr("Season"), self._season)
        _add_wide(form, self.tr("Months"), self._months)

    def _seasons(self) -> dict[tuple[int, ...], str]:
        """Titles of usual choices of months; the last one stands for any other choice."""
        quarters: dict[tuple[int, ...], str] = {
            months: self.tr("{first} to {last}").format(first=month_name(months[0]), last=month_name(months[-1]))
            for months in _QUARTERS
        }
        return {
            MONTHS: self.tr("Whole year"),
            _DRY: self.tr("Dry season of the Andes (May to September)"),
            _WET: self.tr("Rainy season of the Andes (October to April)"),
            **quarters,
            (): self.tr("Chosen months"),
        }

    def _build_votes(self, form: QFormLayout) -> None:
        self._balance = self._check("allpaMonthBalance", self.tr("Weight months equally"))
        self._balance.setToolTip(self.tr("Gives every month the same weight, regardless of its number of scenes."))
        self._soft = self._check("allpaSoft", self.tr("Soft voting"))
        self._soft.setToolTip(self.tr("All class probabilities of a scene vote, not only its most probable class."))
        self._dilation = self._check("allpaMaskDilation", self.tr("Dilate cloud mask"))
        self._dilation.setToolTip(self.tr("Also masks pixels around clouds and cloud shadows."))
        self._decision = self._check("allpaAnnualDecision", self.tr("Annual decision (grass or crops)"))
        self._decision.setToolTip(
            self.tr("After the vote, the year's vegetation decides between grass and crops, in temperate Europe.")
        )
        self._weights = WeightsRow(self)
        form.addRow(QLabel(self.tr("Class weights"), self))
        form.addRow(self._weights)
        for box in (self._balance, self._soft, self._dilation, self._decision):
            form.addRow(box)

    def _build_map(self, form: QFormLayout) -> None:
        self._smoothing = QDoubleSpinBox(self)
        self._smoothing.setObjectName("allpaSmoothing")
        self._smoothing.setRange(0, number_limits("smoothing_px")[1] / _PIXELS_PER_HECTARE)
        self._smoothing.setDecimals(2)
        self._smoothing.setSingleStep(0.1)
        self._smoothing.setSuffix(" ha")
        self._smoothing.setSpecialValueText(self.tr("None"))
        self._smoothing.setToolTip(self.tr("Smaller patches are replaced by the surrounding class"))
        self._crs = QgsProjectionSelectionWidget(self)
        self._crs.setObjectName("allpaMapCrs")
        self._crs.setOptionVisible(QgsProjectionSelectionWidget.CrsOption.CrsNotSet, True)
        self._crs.setNotSetText(self.tr("UTM zone of the region"))
        self._model = QgsFileWidget(self)
        self._model.setObjectName("allpaModel")
        self._model.setStorageMode(QgsFileWidget.StorageMode.GetDirectory)
        self._model.setDialogTitle(self.tr("Model folder"))
        self._model.lineEdit().setPlaceholderText(self.tr("Bundled model"))
        self._model.setToolTip(self.tr("Folder of a model that you have trained or received"))
        self._device = device_combo("allpaDevice", self)
        _add_wide(form, self.tr("Minimum patch"), self._smoothing)
        _add_wide(form, self.tr("Map CRS"), self._crs)
        _add_wide(form, self.tr("Own model"), self._model)
        _add_wide(form, self.tr("Device"), self._device)

    def _spin(self, name: str, key: str) -> QSpinBox:
        """A field with the limits of a key of the job."""
        spin = QSpinBox(self)
        spin.setObjectName(name)
        minimum, maximum = number_limits(key)
        spin.setRange(int(minimum), int(maximum))
        spin.setValue(int(getattr(_DEFAULTS, key)))
        return spin

    def _check(self, name: str, text: str) -> QCheckBox:
        box = QCheckBox(text, self)
        box.setObjectName(name)
        return box

    def _connect(self) -> None:
        for spin in (self._max_scenes, self._clear_observations, self._max_cloud, self._smoothing):
            spin.valueChanged.connect(self._on_changed)
        for box in (self._balance, self._soft, self._dilation, self._decision):
            box.toggled.connect(self._on_changed)
        self._months.model().dataChanged.connect(self._on_changed)
        self._season.activated.connect(self._take_season)
        self._crs.crsChanged.connect(self._on_changed)
        self._model.fileChanged.connect(self._on_model)
        for part in (self._weights, self._kept):
            part.changed.connect(self._on_changed)

    # What happens

    def _on_changed(self, *_arguments: object) -> None:
        if self._is_filling:
            return
        months = tuple(int(month) for month in self._months.checkedItemsData()) or MONTHS
        places = {tuple(sorted(self._season.itemData(place))): place for place in range(self._season.count())}
        self._season.setCurrentIndex(places.get(months, self._season.count() - 1))
        self.changed.emit()

    def _on_model(self) -> None:
        self._weights.set_model(self._model.filePath())
        self._on_changed()

    def _take_season(self) -> None:
        months = self._season.currentData()
        if months:
            self._is_filling = True
            self._check_months(months)
            self._is_filling = False
            self._on_changed()

    def _check_months(self, selected: Any) -> None:  # noqa: ANN401 - any container of numbers
        for index in range(self._months.count()):
            is_checked = int(self._months.itemData(index)) in selected
            self._months.setItemCheckState(index, Qt.CheckState.Checked if is_checked else Qt.CheckState.Unchecked)


def _add_wide(form: QFormLayout, title: str, field: QWidget) -> None:
    """Add a field below its title: beside it a narrow dock would leave too little of the field."""
    label = QLabel(title, form.parentWidget())
    label.setBuddy(field)
    form.addRow(label)
    form.addRow(field)
