"""What to map: year, catalogue, output folder and advanced settings, as parameters of the algorithm."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from qgis.gui import QgsFileWidget, QgsFilterLineEdit
from qgis.PyQt.QtCore import QDate, QStandardPaths, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QFormLayout, QSpinBox, QVBoxLayout, QWidget

from ..plugin import settings
from ..plugin.allpa_engine.core.job_checks import SENTINEL2_START
from .catalogue_combo import catalogue_combo
from .options_box import OptionsBox
from .zones_box import ZonesBox

YEAR = settings.NumberSetting("dock/year")
CATALOGUE = settings.TextSetting("dock/catalogue")
CATALOGUE_URL = settings.TextSetting("dock/catalogue_url")
_CUSTOM_CATALOGUE = "url"


class JobForm(QWidget):
    """The settings of a job besides its region."""

    changed = pyqtSignal()
    """A setting of the search changed: year, catalogue, months, maximum cloud cover."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaJobForm")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self._form = QFormLayout()
        self._form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._year = QSpinBox(self)
        self._year.setObjectName("allpaYear")
        self._year.setRange(SENTINEL2_START.year, QDate.currentDate().year())
        self._catalogue = catalogue_combo("allpaCatalogue", self)
        self._catalogue.addItem(self.tr("Another STAC API…"), _CUSTOM_CATALOGUE)
        self._url = QgsFilterLineEdit(self)
        self._url.setObjectName("allpaCatalogueUrl")
        self._url.setPlaceholderText("https://…")
        self._url.setToolTip(self.tr("URL of a STAC API with Sentinel-2 L2A scenes"))
        self._folder = QgsFileWidget(self)
        self._folder.setObjectName("allpaFolder")
        self._folder.setStorageMode(QgsFileWidget.StorageMode.GetDirectory)
        self._folder.setDialogTitle(self.tr("Output folder"))
        self._form.addRow(self.tr("Year"), self._year)
        self._form.addRow(self.tr("Catalogue"), self._catalogue)
        self._form.addRow(self.tr("STAC API"), self._url)
        self._form.addRow(self.tr("Folder"), self._folder)
        self.zones = ZonesBox()
        """The layer whose polygons get tables of their own; the dock places it in a section of its own."""
        self.advanced = OptionsBox()
        """The settings that most jobs leave at their defaults; the dock places them in a section of their own."""
        column.addLayout(self._form)
        self._catalogue.currentIndexChanged.connect(self._show_url)
        self._year.valueChanged.connect(self._on_year)
        self._catalogue.currentIndexChanged.connect(lambda _index: self.changed.emit())
        self._url.textChanged.connect(lambda _text: self.changed.emit())
        for part in (self.zones, self.advanced):
            part.changed.connect(self.changed)
        self.load_settings()

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
            **self.zones.parameters(),
            **self.advanced.parameters(),
        }

    def set_parameters(self, values: dict[str, Any], zones_copy: str = "") -> str:
        """Fill in a job again.

        Parameters
        ----------
        values : parameters of `allpa:landcovermap`; settings that they lack stay as they are.
        zones_copy : the zones as the job keeps them itself; empty where it has none.

        Returns
        -------
        What cannot be filled in, in sentences; else an empty text.

        """
        self._year.setValue(int(values.get("YEAR", self.year())))
        if values.get("CATALOGUE_URL"):
            self.set_catalogue_url(str(values["CATALOGUE_URL"]))
        elif self._catalogue.findData(values.get("CATALOGUE")) >= 0:
            self._catalogue.setCurrentIndex(self._catalogue.findData(values["CATALOGUE"]))
        self.set_folder(str(values.get("FOLDER", self.folder())))
        notes = (self.zones.set_parameters(values, zones_copy), self.advanced.set_parameters(values))
        return " ".join(note for note in notes if note)

    def year(self) -> int:
        """The year to map."""
        return int(self._year.value())

    def period_text(self) -> str:
        """The year, or the days that replace it."""
        return self.advanced.period_text() or str(self.year())

    def catalogue_name(self) -> str:
        """Name of the catalogue, or the address of one's own."""
        is_custom = self._catalogue.currentData() == _CUSTOM_CATALOGUE
        return str(self._url.text().strip() if is_custom else self._catalogue.currentText())

    def set_year(self, year: int) -> None:
        """Set the year to map."""
        self._year.setValue(year)

    def folder(self) -> str:
        """The folder for the results."""
        return os.path.expanduser(str(self._folder.filePath()).strip())  # noqa: PTH111 - a text, empty too

    def search_problem(self) -> str:
        """One sentence that says what is missing or wrong; empty where scenes can be searched."""
        is_custom = self._catalogue.currentData() == _CUSTOM_CATALOGUE
        url = self._url.text().strip()
        if is_custom and not url.startswith(("http://", "https://")) and not os.path.isfile(url):  # noqa: PTH113 - below
            return str(self.tr("Enter the URL of the STAC API; it begins with https:// or http://."))
        return ""

    def problem(self) -> str:
        """One sentence that says what is missing or wrong; empty where the job can start."""
        if not self.folder():
            return str(self.tr("Choose an output folder."))
        if not os.path.isabs(self.folder()):  # noqa: PTH117 - as below
            return str(self.tr("Give the whole path of the output folder, from the root or a drive on."))
        if os.path.isfile(self.folder()):  # noqa: PTH113 - never raises, whatever the folder
            return str(self.tr("The output folder is a file; choose another one."))
        return self.search_problem()

    def load_settings(self) -> None:
        """Set the values that were used last."""
        self._year.setValue(YEAR.value() or QDate.currentDate().year() - 1)
        catalogue = CATALOGUE.value() or settings.CATALOGUE.value()
        self._catalogue.setCurrentIndex(max(0, self._catalogue.findData(catalogue)))
        self._url.setText(CATALOGUE_URL.value())
        documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        self._folder.setFilePath(settings.OUTPUT_FOLDER.value() or str(Path(documents) / "Allpa"))
        self._show_url()

    def set_catalogue_url(self, url: str) -> None:
        """Choose another STAC API by its URL."""
        self._catalogue.setCurrentIndex(self._catalogue.findData(_CUSTOM_CATALOGUE))
        self._url.setText(url)

    def set_folder(self, folder: str) -> None:
        """Set the output folder."""
        self._folder.setFilePath(folder)

    def save_folder(self) -> None:
        """Remember the output folder; only one that was used, since a bad one would be proposed again."""
        settings.OUTPUT_FOLDER.set_value(self.folder())

    def save_settings(self) -> None:
        """Remember the values, except the folder."""
        YEAR.set_value(self.year())
        CATALOGUE.set_value(str(self._catalogue.currentData()))
        CATALOGUE_URL.set_value(self._url.text())
        self.advanced.save_settings()

    def _on_year(self) -> None:
        self.advanced.drop_period()
        self.changed.emit()

    def _show_url(self) -> None:
        is_custom = self._catalogue.currentData() == _CUSTOM_CATALOGUE
        self._url.setVisible(is_custom)
        self._form.labelForField(self._url).setVisible(is_custom)
        self._catalogue.setToolTip(str(self._catalogue.currentData(Qt.ItemDataRole.ToolTipRole) or ""))
