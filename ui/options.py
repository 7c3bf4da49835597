"""Allpa's page in QGIS's options: the engine, the cache, and the defaults of new jobs."""

from __future__ import annotations

from qgis.gui import (
    QgsAuthConfigSelect,
    QgsFileWidget,
    QgsFilterLineEdit,
    QgsOptionsPageWidget,
    QgsOptionsWidgetFactory,
)
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QFormLayout, QGroupBox, QSpinBox, QVBoxLayout, QWidget

from ..plugin import settings
from ..plugin.allpa_engine.core.catalogues import CATALOGUES, S3_KEYS
from ..plugin.allpa_engine.core.job import number_limits
from ..plugin.resources import ICON
from .catalogue_combo import catalogue_combo
from .device_combo import device_combo
from .engine_state import EngineStatus, installation
from .gpu_state import GpuStatus
from .job_form import CATALOGUE as LAST_CATALOGUE
from .labels import wrapped_label
from .parts_state import ENCODERS, LEARN, PartsStatus, parts_installation
from .results.failure_view import FailureView

_MAX_IDLE_MINUTES = 24 * 60


class AllpaOptionsFactory(QgsOptionsWidgetFactory):
    """Creates the page when the options are opened."""

    def __init__(self) -> None:
        super().__init__("Allpa", QIcon(str(ICON)))

    def createWidget(self, parent: QWidget) -> QgsOptionsPageWidget:  # noqa: N802 - QGIS's name
        """A new page with the current values."""
        return AllpaOptionsPage(parent)

    def dispose(self) -> None:
        """Before the plugin is unloaded: stop an installation that was started here."""
        installation().cancel()
        for group in (LEARN, ENCODERS):
            parts_installation(group).cancel()


class AllpaOptionsPage(QgsOptionsPageWidget):
    """The settings of `plugin.settings`; they are saved when the options are closed with OK."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaOptions")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._engine_box())
        column.addWidget(self._jobs_box())
        column.addWidget(self._keys_box())
        column.addStretch(1)
        self._engine.failed.connect(self._failure.show_failure)
        for part in self._parts:
            part.failed.connect(self._failure.show_failure)
        self._engine.refresh()

    @property
    def engine(self) -> EngineStatus:
        """The line about the engine."""
        return self._engine

    def _engine_box(self) -> QGroupBox:
        box = QGroupBox(self.tr("Engine"), self)
        box.setObjectName("allpaOptionsEngineBox")
        column = QVBoxLayout(box)
        note = wrapped_label("allpaOptionsEngineNote", box)
        note.setText(
            self.tr("The engine runs outside QGIS, in its own Python environment, which Allpa can install for you.")
        )
        self._engine = EngineStatus(box)
        self._parts = [PartsStatus(group, always_shown=True, parent=box) for group in (LEARN, ENCODERS)]
        for parts in self._parts:
            self._engine.status_known.connect(parts.show_status)
            parts.changed.connect(self._engine.refresh)
        self._gpu = GpuStatus(self._engine, box)
        self._failure = FailureView(box)
        self._python = self._path("allpaOptionsEnginePython", QgsFileWidget.StorageMode.GetFile, box)
        self._python.setFilePath(settings.ENGINE_PYTHON.value())
        self._python.lineEdit().setPlaceholderText(self.tr("The engine that Allpa installed"))
        self._packages = self._path("allpaOptionsPackages", QgsFileWidget.StorageMode.GetFile, box)
        self._packages.setFilter(self.tr("Collected packages") + " (*.zip)")
        self._packages.setFilePath(settings.PACKAGES.value())
        self._packages.lineEdit().setPlaceholderText(self.tr("From the network"))
        self._packages.setToolTip(
            self.tr("Without a network: the zip or folder that 'Collect packages for another computer' has made")
        )
        self._engine.packages = self._packages.filePath
        for parts in self._parts:
            parts.packages = self._packages.filePath
        form = QFormLayout()
        form.addRow(self.tr("Python of the engine"), self._python)
        form.addRow(self.tr("Install from file"), self._packages)
        column.addWidget(note)
        column.addLayout(form)
        for widget in (self._engine, self._gpu, *self._parts, self._failure):
            column.addWidget(widget)
        return box

    def _jobs_box(self) -> QGroupBox:
        box = QGroupBox(self.tr("New jobs"), self)
        box.setObjectName("allpaOptionsJobsBox")
        self._catalogue = catalogue_combo("allpaOptionsCatalogue", box)
        self._catalogue.setCurrentIndex(max(0, self._catalogue.findData(settings.CATALOGUE.value())))
        self._cache = self._path("allpaOptionsCache", QgsFileWidget.StorageMode.GetDirectory, box)
        self._cache.lineEdit().setPlaceholderText(self.tr("With the results of each job"))
        self._cache.setToolTip(self.tr("Folder for downloaded scenes, shared between runs"))
        limit_gb = int(number_limits("cache_limit_gb")[1])
        self._cache_limit = self._number("allpaOptionsCacheLimit", limit_gb, " GB", self.tr("No limit"), box)
        self._cache_limit.setValue(settings.CACHE_LIMIT.value())
        self._cache_limit.setToolTip(
            self.tr("After a run, the least recently used scenes are deleted until the cache fits")
        )
        self._device = device_combo("allpaOptionsDevice", box)
        self._threads = self._number("allpaOptionsThreads", int(number_limits("threads")[1]), "", self.tr("All"), box)
        self._threads.setValue(settings.THREADS.value())
        self._cache.setFilePath(settings.CACHE_FOLDER.value())
        form = QFormLayout(box)
        form.addRow(self.tr("Catalogue"), self._catalogue)
        form.addRow(self.tr("Cache folder"), self._cache)
        form.addRow(self.tr("Maximum cache size"), self._cache_limit)
        form.addRow(self.tr("Device"), self._device)
        form.addRow(self.tr("CPU threads"), self._threads)
        self._add_waiting_and_places(form, box)
        return box

    def _add_waiting_and_places(self, form: QFormLayout, box: QWidget) -> None:
        """How long the engine waits and answers of catalogues are used again, and the service that finds places."""
        self._idle = self._number(
            "allpaOptionsIdleMinutes", _MAX_IDLE_MINUTES, self.tr(" min"), self.tr("End after each job"), box
        )
        self._idle.setValue(settings.ENGINE_IDLE_MINUTES.value())
        self._idle.setToolTip(self.tr("The engine waits so long for the next job, which then begins at once"))
        self._hours = self._number(
            "allpaOptionsCatalogueHours",
            int(number_limits("catalogue_hours")[1]),
            self.tr(" h"),
            self.tr("Ask each time"),
            box,
        )
        self._hours.setValue(settings.CATALOGUE_HOURS.value())
        self._hours.setToolTip(
            self.tr("Answers of a catalogue are used again for so long; those of past years 30 times as long")
        )
        self._geocoder = QgsFilterLineEdit(box)
        self._geocoder.setObjectName("allpaOptionsGeocoder")
        self._geocoder.setPlaceholderText("https://nominatim.openstreetmap.org/search")
        self._geocoder.setToolTip(
            self.tr("Address of a Nominatim service. The names that you search are sent there; empty: no place search.")
        )
        self._geocoder.setText(settings.GEOCODER.value())
        form.addRow(self.tr("Engine waits"), self._idle)
        form.addRow(self.tr("Keep catalogue answers"), self._hours)
        form.addRow(self.tr("Place search"), self._geocoder)

    def _keys_box(self) -> QGroupBox:
        box = QGroupBox(self.tr("S3 keys"), self)
        box.setObjectName("allpaOptionsKeysBox")
        names = [catalogue.name for catalogue in CATALOGUES.values() if catalogue.signing == S3_KEYS]
        note = wrapped_label("allpaOptionsKeysNote", box)
        note.setText(
            self.tr(
                "The files of {} need S3 keys, which users create in their account. Choose an authentication "
                "configuration of the method Basic: the access key is its user name, and the secret key its password. "
                "Allpa saves only the ID of the configuration; the keys stay in QGIS's encrypted store."
            ).format(", ".join(names))
        )
        self._keys = QgsAuthConfigSelect(box)
        self._keys.setObjectName("allpaOptionsKeys")
        self._keys.setConfigId(settings.S3_KEYS.value())
        column = QVBoxLayout(box)
        column.addWidget(note)
        column.addWidget(self._keys)
        return box

    def _number(self, name: str, maximum: int, unit: str, text_of_zero: str, parent: QWidget) -> QSpinBox:
        box = QSpinBox(parent)
        box.setObjectName(name)
        box.setRange(0, maximum)
        box.setSuffix(unit)
        box.setSpecialValueText(text_of_zero)
        return box

    def _path(self, name: str, mode: QgsFileWidget.StorageMode, parent: QWidget) -> QgsFileWidget:
        widget = QgsFileWidget(parent)
        widget.setObjectName(name)
        widget.setStorageMode(mode)
        return widget

    def apply(self) -> None:
        """Save the values."""
        settings.ENGINE_PYTHON.set_value(self._python.filePath())
        settings.PACKAGES.set_value(self._packages.filePath())
        settings.CACHE_FOLDER.set_value(self._cache.filePath())
        settings.CACHE_LIMIT.set_value(self._cache_limit.value())
        settings.S3_KEYS.set_value(self._keys.configId())
        catalogue = str(self._catalogue.currentData())
        if catalogue != settings.CATALOGUE.value():
            settings.CATALOGUE.set_value(catalogue)
            LAST_CATALOGUE.set_value("")  # the dock proposes the new one too
        settings.DEVICE.set_value(str(self._device.currentData()))
        settings.THREADS.set_value(self._threads.value())
        settings.ENGINE_IDLE_MINUTES.set_value(self._idle.value())
        settings.CATALOGUE_HOURS.set_value(self._hours.value())
        settings.GEOCODER.set_value(self._geocoder.text())
