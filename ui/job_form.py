"""What to map: year, catalogue, output folder, and the folded choices; as the parameters of the algorithm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.gui import QgsFileWidget, QgsFilterLineEdit
from qgis.PyQt.QtCore import QDate, QStandardPaths, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QComboBox, QFormLayout, QSpinBox, QVBoxLayout, QWidget

from ..plugin import settings
from ..plugin.allpa_engine.core.catalogues import CATALOGUES
from ..plugin.allpa_engine.core.job import SENTINEL2_START
from .advanced import AdvancedSettings

YEAR = settings.NumberSetting("dock/year")
CATALOGUE = settings.TextSetting("dock/catalogue")
CATALOGUE_URL = settings.TextSetting("dock/catalogue_url")
_CUSTOM_CATALOGUE = "url"


class JobForm(QWidget):
    """The choices of a job besides its region."""

    changed = pyqtSignal()
    """What decides which scenes there are: year, catalogue, months, cloud limit."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaJobForm")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self._form = QFormLayout()
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._year = QSpinBox(self)
        self._year.setObjectName("allpaYear")
        self._year.setRange(SENTINEL2_START.year, QDate.currentDate().year())
        self._catalogue = self._catalogue_combo()
        self._url = QgsFilterLineEdit(self)
        self._url.setObjectName("allpaCatalogueUrl")
        self._url.setPlaceholderText("https://…")
        self._url.setToolTip(self.tr("Address of a STAC API with Sentinel-2 L2A scenes"))
        self._folder = QgsFileWidget(self)
        self._folder.setObjectName("allpaFolder")
        self._folder.setStorageMode(QgsFileWidget.StorageMode.GetDirectory)
        self._folder.setDialogTitle(self.tr("Folder for the results"))
        self._form.addRow(self.tr("Year"), self._year)
        self._form.addRow(self.tr("Catalogue"), self._catalogue)
        self._form.addRow(self.tr("STAC API"), self._url)
        self._form.addRow(self.tr("Folder"), self._folder)
        self._report_band_share = AdvancedSettings(self)
        column.addLayout(self._form)
        column.addWidget(self._report_band_share)
        self._catalogue.currentIndexChanged.connect(self._show_url)
        self._year.valueChanged.connect(lambda _year: self.changed.emit())
        self._catalogue.currentIndexChanged.connect(lambda _index: self.changed.emit())
        self._url.textChanged.connect(lambda _text: self.changed.emit())
        self._report_band_share.changed.connect(self.changed)
        self.load_settings()

    def _catalogue_combo(self) -> QComboBox:
        combo = QComboBox(self)
        combo.setObjectName("allpaCatalogue")
        combo.setMinimumContentsLength(12)
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for key, catalogue in CATALOGUES.items():
            combo.addItem(catalogue.name, key)
            combo.setItemData(combo.count() - 1, catalogue.note, Qt.ItemDataRole.ToolTipRole)
        combo.addItem(self.tr("Another STAC API…"), _CUSTOM_CATALOGUE)
        return combo

    def parameters(self) -> dict[str, Any]:
        """The algorithm's parameters, without the region."""
        chosen = str(self._catalogue.currentData())
        catalogue_parameters = (
            {"CATALOGUE_URL": self._url.text().strip()} if chosen == _CUSTOM_CATALOGUE else {"CATALOGUE": chosen}
        )
        return {
            "YEAR": self.year(),
            **catalogue_parameters,
            "FOLDER": self.folder(),
            **self._report_band_share.parameters(),
        }

    def year(self) -> int:
        """The year to map."""
        return int(self._year.value())

    def set_year(self, year: int) -> None:
        """Set the year to map."""
        self._year.setValue(year)

    def folder(self) -> str:
        """The folder for the results."""
        return str(self._folder.filePath()).strip()

    def search_problem(self) -> str:
        """One sentence that says what is missing or wrong; empty where scenes can be searched."""
        is_custom = self._catalogue.currentData() == _CUSTOM_CATALOGUE
        if is_custom and not self._url.text().strip().startswith(("http://", "https://")):
            return str(self.tr("Give the address of the STAC API; it begins with https:// or http://."))
        return self._report_band_share.problem()

    def problem(self) -> str:
        """One sentence that says what is missing or wrong; empty where the job can start."""
        if not self.folder():
            return str(self.tr("Choose a folder for the results."))
        if Path(self.folder()).is_file():
            return str(self.tr("The folder for the results is a file; choose another one."))
        return self.search_problem()

    def load_settings(self) -> None:
        """Set the values used last."""
        self._year.setValue(YEAR.value() or QDate.currentDate().year() - 1)
        catalogue = CATALOGUE.value() or settings.CATALOGUE.value()
        self._catalogue.setCurrentIndex(max(0, self._catalogue.findData(catalogue)))
        self._url.setText(CATALOGUE_URL.value())
        documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        self._folder.setFilePath(settings.OUTPUT_FOLDER.value() or str(Path(documents) / "Allpa"))
        self._show_url()

    def save_settings(self) -> None:
        """Keep the values for the next time."""
        YEAR.set_value(self.year())
        CATALOGUE.set_value(str(self._catalogue.currentData()))
        CATALOGUE_URL.set_value(self._url.text())
        settings.OUTPUT_FOLDER.set_value(self.folder())
        self._report_band_share.save_settings()

    def _show_url(self) -> None:
        is_custom = self._catalogue.currentData() == _CUSTOM_CATALOGUE
        self._url.setVisible(is_custom)
        self._form.labelForField(self._url).setVisible(is_custom)
        self._catalogue.setToolTip(str(self._catalogue.currentData(Qt.ItemDataRole.ToolTipRole) or ""))
