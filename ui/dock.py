"""Allpa's dock: set a region and a year, run, and see the map in the project and its areas here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    Qgis,
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsGeometry,
    QgsProcessing,
    QgsProject,
)
from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import Qt, QTimer
from qgis.PyQt.QtGui import QCloseEvent, QIcon, QShowEvent
from qgis.PyQt.QtWidgets import (
    QDockWidget,
    QFrame,
    QGroupBox,
    QHBoxLayout,
    QMessageBox,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ..plugin.allpa_engine.core.errors import AllpaError
from ..plugin.layers.results import add_results
from ..plugin.layers.scene_list import read_scene_list
from ..plugin.region_geometry import geometry_from_geojson, wgs84
from ..plugin.resources import ICON
from ..plugin.translation import error_lines
from .accuracy.pages import AccuracyPages
from .engine_state import EngineStatus
from .estimate import EstimateLine
from .job_form import JobForm
from .labels import error_sentences, wrapped_label
from .region.region_input import RegionInput
from .results.command import command_line
from .results.failure_view import FailureView
from .results.panel import ResultsView
from .run import (
    LANDCOVERMAP,
    SEARCHSCENES,
    AlgorithmRun,
    RunFailure,
    differences_from_map,
    failure_from_errors,
)
from .scenes.scenes_box import SceneListBox

_MESSAGE_S = 8
_NON_SEARCH_PARAMETERS = ("FOLDER", "REGION_NAME", "DEVICE")
_MIN_BUTTON_WIDTH_PX = 110


class AllpaDock(QDockWidget):
    """Collects the parameters of `allpa:landcovermap`, runs it and shows what came back."""

    def __init__(self, iface: QgisInterface) -> None:
        super().__init__(iface.mainWindow())
        self.setObjectName("AllpaDock")
        self.setWindowTitle(self.tr("Allpa land cover"))
        self.setWindowIcon(QIcon(str(ICON)))
        self._run = AlgorithmRun(self)
        self._search = AlgorithmRun(self)
        self._parameters: dict[str, Any] = {}
        self._search_parameters: dict[str, Any] = {}
        self._title = ""
        self._bar = iface.messageBar()  # the window's own: one in a narrow dock would cut sentences
        self._build(iface)
        self._connect()
        self._show_running(False)

    @property
    def busy(self) -> bool:
        """Whether a job or a search is running."""
        return self._run.running or self._search.running or self._estimate.running or self._pages.busy

    @property
    def engine(self) -> EngineStatus:
        """The line about the engine."""
        return self._engine

    def parameters(self) -> dict[str, Any]:
        """The parameters that Run hands to `allpa:landcovermap`; plain numbers and texts."""
        region = self._region.region()
        region_parameters = {"GEOMETRY": region.parameter, "REGION_NAME": region.name} if region else {}
        return {**region_parameters, **self._form.parameters()}

    def propose(
        self,
        region: QgsGeometry,
        crs: QgsCoordinateReferenceSystem,
        name: str,
        year: int,
        catalogue_url: str,
        folder: str,
    ) -> None:
        """Fill in a job, without starting it.

        Parameters
        ----------
        region : a polygon in `crs`.
        crs : of the region.
        name : of the region, for tables and reports.
        year : calendar year of the map.
        catalogue_url : of a STAC API, or the file of a static catalogue.
        folder : for the outputs.

        """
        self._region.set_region(region, crs, name)
        self._form.set_year(year)
        self._form.set_catalogue_url(catalogue_url)
        self._form.set_folder(folder)

    def run(self) -> None:
        """Start the job, or say what is missing."""
        self._failure.setVisible(False)
        self._region.refresh_layer()
        self._update_scene_list()
        problem = self._problem()
        if problem:
            self._warn(problem)
            return
        try:
            self._parameters = self._run_parameters()
            differences = differences_from_map(LANDCOVERMAP, self._parameters)
        except AllpaError as error:
            self._warn(error_sentences(error))
            return
        if differences:
            if not self._confirm_overwrite(differences):
                return
            self._parameters["OVERWRITE"] = True
        name = self._parameters["REGION_NAME"] or Path(self._form.folder()).name
        self._title = f"{name} {self._form.year()}"
        if self._start_run(self._run, LANDCOVERMAP, self._parameters):
            self._form.save_settings()

    def _problem(self) -> str:
        return self._region.problem() or self._form.problem() or self._scene_list.problem()

    def _run_parameters(self) -> dict[str, Any]:
        return {**self.parameters(), **self._scene_list.write(self._form.folder(), self._form.year())}

    def find_scenes(self) -> None:
        """Search the scenes without downloading them, or say what is missing."""
        self._failure.setVisible(False)
        self._region.refresh_layer()
        problem = self._region.problem() or self._form.search_problem()
        if problem:
            self._warn(problem)
            return
        self._search_parameters = self.parameters()
        search_parameters = {
            name: value for name, value in self._search_parameters.items() if name not in _NON_SEARCH_PARAMETERS
        }
        self._start_run(self._search, SEARCHSCENES, {**search_parameters, "OUTPUT": QgsProcessing.TEMPORARY_OUTPUT})

    def cancel(self) -> None:
        """Stop the job or the search; the next run resumes the job."""
        self._stage.setText(self.tr("Stopping…"))
        self._cancel.setEnabled(False)
        self._run.cancel()
        self._search.cancel()

    def dispose(self) -> None:
        """Before the plugin is unloaded: stop the job and restore the canvas."""
        for run in (self._run, self._search, self._estimate):
            run.cancel()
        self._pages.dispose()
        self._scene_list.dispose()
        self._engine.dispose()
        self._region.dispose()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Stop drawing when the dock is closed; a job goes on."""
        self._region.set_shown(False)
        super().closeEvent(event)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Look for the engine when the dock is opened."""
        super().showEvent(event)
        self._region.set_shown(True)
        if not self._engine.ready:
            self._engine.refresh()

    # Building

    def _build(self, iface: QgisInterface) -> None:
        scroll = QScrollArea(self)
        scroll.setObjectName("allpaScrollArea")
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self._content(iface))
        self._scroll = scroll
        whole = QWidget(self)
        whole.setObjectName("allpaDockContents")
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(scroll, 1)
        column.addWidget(self._footer())
        self._pages = AccuracyPages(whole, iface, self.parameters, self)
        self.setWidget(self._pages)

    def _content(self, iface: QgisInterface) -> QWidget:
        content = QWidget(self)
        content.setObjectName("allpaContent")
        column = QVBoxLayout(content)
        region_box = QGroupBox(self.tr("Region"), content)
        region_box.setObjectName("allpaRegionBox")
        self._region = RegionInput(iface.mapCanvas(), region_box)
        QVBoxLayout(region_box).addWidget(self._region)
        self._form = JobForm(content)
        self._scene_list = SceneListBox(iface.mapCanvas(), content)
        self._results = ResultsView(content)
        self._results.setVisible(False)
        for widget in (region_box, self._form, self._scene_list, self._results):
            column.addWidget(widget)
        column.addStretch(1)
        return content

    def _footer(self) -> QWidget:
        """What is always visible, however far the dock is scrolled: failure, stage, progress, Run and Cancel."""
        footer = QFrame(self)
        footer.setObjectName("allpaFooter")
        column = QVBoxLayout(footer)
        self._failure = FailureView(footer)
        self._stage = wrapped_label("allpaStage", footer)
        self._engine = EngineStatus(footer)
        self._progress = QProgressBar(footer)
        self._progress.setObjectName("allpaProgress")
        self._progress.setRange(0, 100)
        self._start = QPushButton(QgsApplication.getThemeIcon("mActionStart.svg"), self.tr("Run"), footer)
        self._start.setObjectName("allpaRun")
        self._start.setMinimumWidth(_MIN_BUTTON_WIDTH_PX)
        self._cancel = QPushButton(self.tr("Cancel"), footer)
        self._cancel.setObjectName("allpaCancel")
        row = QHBoxLayout()
        row.addWidget(self._engine, 1)
        row.addWidget(self._progress, 1)
        row.addWidget(self._start, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._cancel)
        self._estimate = EstimateLine(footer, self._problem, self._run_parameters)
        for widget in (self._failure, self._estimate, self._stage):
            column.addWidget(widget)
        column.addLayout(row)
        return footer

    def _connect(self) -> None:
        self._start.clicked.connect(self.run)
        self._cancel.clicked.connect(self.cancel)
        self._region.message.connect(self._push_message)
        self._engine.failed.connect(self._failure.show_failure)
        self._engine.status_known.connect(self._pages.learn.parts.show_status)
        self._pages.learn.parts.failed.connect(self._failure.show_failure)
        self._pages.learn.parts.changed.connect(self._engine.refresh)
        self._region.changed.connect(self._update_scene_list)
        self._form.changed.connect(self._update_scene_list)
        self._scene_list.message.connect(self._push_message)
        self._scene_list.search_requested.connect(self.find_scenes)
        self._scene_list.load_requested.connect(self._load_scenes)
        self._estimate.warned.connect(self._warn)
        self._estimate.failed.connect(self._failure.show_failure)
        self._estimate.running_changed.connect(self._start.setDisabled)
        for run in (self._run, self._search):
            run.progressed.connect(self._show_progress)
            run.stage_changed.connect(self._stage.setText)
            run.failed.connect(self._on_failed)
        self._run.finished.connect(self._on_finished)
        self._run.cancelled.connect(self._show_cancelled)
        self._search.finished.connect(self._on_search_finished)
        self._search.cancelled.connect(self._show_search_cancelled)
        self._results.copied.connect(self._on_command_copied)
        self._pages.message.connect(self._push_message)

    # What happens

    def _start_run(self, run: AlgorithmRun, algorithm_id: str, parameters: dict[str, Any]) -> bool:
        self._progress.setValue(0)
        self._stage.setText(self.tr("Starting…"))
        started = run.start(algorithm_id, parameters)
        self._show_running(started)
        return started

    def _update_scene_list(self) -> None:
        self._scene_list.update_outdated(self.parameters())
        self._estimate.clear()

    def _on_search_finished(self, results: dict[str, Any]) -> None:
        self._show_running(False)
        try:
            scenes = read_scene_list(Path(str(results.get("OUTPUT"))))
        except AllpaError as error:
            self._failure.show_failure(failure_from_errors(["\n".join(error_lines(error))], []))
            return
        self._scene_list.show_list(scenes, self._search_parameters, self._scenes_title())
        self._update_scene_list()
        QTimer.singleShot(0, self._scroll_to_scenes)  # after the layout is done

    def _load_scenes(self, path: str) -> None:
        region = self._region.region()
        scenes = self._scene_list.load(Path(path), region.geometry if region else None, self._form.year())
        if scenes is None:
            return
        list_region = geometry_from_geojson(scenes.region)
        if region is None and list_region is not None:
            if not self._region.set_region(list_region, wgs84(), scenes.region_name):
                return
            self._form.set_year(max(scenes.years, default=self._form.year()))
        self._scene_list.show_list(scenes, self.parameters(), self._scenes_title())

    def _scenes_title(self) -> str:
        region = self._region.region()
        name = region.name if region else ""
        return " ".join(word for word in (self.tr("Scenes"), name, str(self._form.year())) if word)

    def _scroll_to_scenes(self) -> None:
        self._scroll.ensureWidgetVisible(self._scene_list, 0, 0)

    def _show_search_cancelled(self) -> None:
        self._show_running(False)
        self._push_message(self.tr("The search was cancelled."), Qgis.MessageLevel.Info)

    def _confirm_overwrite(self, differences: list[str]) -> bool:
        """Ask before the map of another job is replaced."""
        question = QMessageBox(
            QMessageBox.Icon.Warning,
            self.tr("Replace the map?"),
            self.tr("The folder holds the {year} map of another job.").format(year=self._form.year()),
            parent=self,
        )
        question.setObjectName("allpaConfirmOverwrite")
        question.setInformativeText(
            self.tr("It differs in: {differences}. To keep it, cancel and choose another folder.").format(
                differences=", ".join(differences)
            )
        )
        replace = question.addButton(self.tr("Replace"), QMessageBox.ButtonRole.DestructiveRole)
        question.setDefaultButton(question.addButton(QMessageBox.StandardButton.Cancel))
        question.exec()
        return question.clickedButton() is replace

    def _on_finished(self, results: dict[str, Any]) -> None:
        self._show_running(False)
        self._form.save_folder()
        add_results(QgsProject.instance(), results, self._title)
        try:
            command = command_line(LANDCOVERMAP, self._parameters)
            self._results.show_results(self._title, {**results, "FOLDER": self._parameters["FOLDER"]}, command)
        except ValueError as error:
            self._failure.show_failure(RunFailure(str(error), self.tr("The map is complete; open its folder."), ""))
            return
        self._results.setVisible(True)
        self._pages.set_map(str(results.get("LANDCOVER") or ""), self._parameters["FOLDER"])
        QTimer.singleShot(0, self._scroll_to_results)  # after the layout is done
        self._push_message(self.tr("The map is ready."), Qgis.MessageLevel.Success)

    def _scroll_to_results(self) -> None:
        self._scroll.ensureWidgetVisible(self._results, 0, 0)

    def _on_failed(self, failure: RunFailure) -> None:
        self._show_running(False)
        self._failure.show_failure(failure)
        self._engine.refresh()

    def _show_cancelled(self) -> None:
        self._show_running(False)
        self._form.save_folder()
        self._push_message(self.tr("Cancelled. Run again to resume."), Qgis.MessageLevel.Info)

    def _show_running(self, running: bool) -> None:
        for widget in (self._start, self._engine, self._estimate):
            widget.setVisible(not running)
        for widget in (self._cancel, self._progress, self._stage):
            widget.setVisible(running)
        self._cancel.setEnabled(running)
        self._scene_list.set_running(running)
        self._form.setEnabled(not running)
        self._region.setEnabled(not running)

    def _show_progress(self, percent: float) -> None:
        self._progress.setValue(int(percent))

    def _on_command_copied(self) -> None:
        self._push_message(self.tr("Command copied to clipboard."), Qgis.MessageLevel.Info)

    def _warn(self, text: str) -> None:
        self._push_message(text, Qgis.MessageLevel.Warning)

    def _push_message(self, text: str, level: Qgis.MessageLevel) -> None:
        self._bar.pushMessage("Allpa", text, level, _MESSAGE_S)
