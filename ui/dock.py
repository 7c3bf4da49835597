"""Allpa's dock: set a region and a year, run, and see the map in the project and its areas here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from qgis.core import (
    Qgis,
    QgsCoordinateReferenceSystem,
    QgsGeometry,
    QgsProcessing,
)
from qgis.gui import QgisInterface
from qgis.PyQt.QtGui import QCloseEvent, QIcon, QShowEvent
from qgis.PyQt.QtWidgets import QDockWidget

from ..plugin.allpa_engine.core.errors import AllpaError
from ..plugin.allpa_plugin import open_help
from ..plugin.past_jobs import FINISHED, PastJob, RememberedJob, period_of, remember_job
from ..plugin.resources import ICON
from .accuracy.pages import AccuracyPages
from .announcement import announce
from .buttons import icon_button
from .engine_state import EngineStatus
from .exit_blocker import JobExitBlocker
from .labels import error_sentences
from .map_page import MapPage
from .options_box import MAP_PARAMETERS
from .questions import confirm_overwrite
from .reopening import JobReopening
from .results.job_display import JobDisplay
from .run import (
    LANDCOVERMAP,
    PREVIEWS,
    SEARCHSCENES,
    AlgorithmRun,
    RunFailure,
    end_runs,
)
from .run_preparation import PreparedRun, RunPreparation
from .scenes.list_loading import SceneListLoading
from .step_states import RESULTS, SCENES
from .zones_box import ZONE_PARAMETERS

_MESSAGE_S = 8
_NON_SEARCH_PARAMETERS = ("FOLDER", "REGION_NAME", *MAP_PARAMETERS, *ZONE_PARAMETERS)


class AllpaDock(QDockWidget):
    """Collects the parameters of `allpa:landcovermap`, runs it and shows what came back."""

    def __init__(self, iface: QgisInterface) -> None:
        super().__init__(iface.mainWindow())
        self.setObjectName("AllpaDock")
        self.setWindowTitle(self.tr("Allpa land cover"))
        self.setWindowIcon(QIcon(str(ICON)))
        self._run = AlgorithmRun(self)
        self._search = AlgorithmRun(self)
        self._previews = AlgorithmRun(self)
        self._runs = (self._run, self._search, self._previews)
        self._parameters: dict[str, Any] = {}
        self._search_parameters: dict[str, Any] = {}
        self._title, self._failed = "", ""
        self._bar = iface.messageBar()  # the window's own: one in a narrow dock would cut sentences
        self._build(iface)
        self._connect()
        self._show_running(False)
        self._past_jobs.refresh()
        self._iface, self._exit_blocker = iface, JobExitBlocker(self)
        iface.registerApplicationExitBlocker(self._exit_blocker)

    @property
    def busy(self) -> bool:
        """Whether a job or a search is running, or its result is being shown."""
        if any(run.running for run in (*self._runs, self._footer.estimate)):
            return True
        return any(
            part.busy
            for part in (
                self._preparation,
                self._loading,
                self._scene_list,
                self._past_jobs,
                self._reopening,
                self._display,
                self._pages,
            )
        )

    @property
    def running_title(self) -> str:
        """Title of the job that runs; empty where none does."""
        return self._title if self._run.running else ""

    @property
    def engine(self) -> EngineStatus:
        """The line about the engine."""
        return self._footer.engine

    def parameters(self) -> dict[str, Any]:
        """The parameters that Run hands to `allpa:landcovermap`; plain numbers and texts."""
        return {**self._region.parameters(), **self._form.parameters()}

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
        self._footer.failure.setVisible(False)
        self._region.refresh_layer()
        self._update_scene_list()
        problem = self._problem()
        if problem:
            self._warn(problem)
            return
        self._footer.show_starting()
        self._show_running(True)
        self._preparation.start(self._start_map, self._on_refused, compares=True)

    def _start_map(self, prepared: PreparedRun) -> None:
        self._parameters = prepared.parameters
        if prepared.differences:
            if not confirm_overwrite(self, self._form.year(), prepared.differences):
                self._show_running(False)
                return
            self._parameters["OVERWRITE"] = True
        self._failed = ""
        self._title = f"{self._job_name()} {self._form.year()}"
        self._start_run(self._run, LANDCOVERMAP, self._parameters)

    def _job_name(self) -> str:
        return str(self._parameters["REGION_NAME"]) or Path(self._form.folder()).name

    def _on_started(self) -> None:
        self._form.save_settings()
        folder, period = self._form.folder(), period_of(self._parameters)
        remember_job(RememberedJob(folder, period, f"{self._job_name()} {period}", self._parameters))

    def _on_refused(self, error: AllpaError) -> None:
        self._show_running(False)
        self._warn(error_sentences(error))

    def _problem(self) -> str:
        return (
            self._region.problem() or self._form.problem() or self._form.zones.problem() or self._scene_list.problem()
        )

    def _prepare_estimate(self, then: Callable[[PreparedRun], None], otherwise: Callable[[AllpaError], None]) -> None:
        self._preparation.start(then, otherwise, compares=False)

    def find_scenes(self) -> None:
        """Search the scenes without downloading them, or say what is missing."""
        self._footer.failure.setVisible(False)
        self._region.refresh_layer()
        problem = self._region.problem() or self._form.search_problem()
        if problem:
            self._warn(problem)
            return
        wanted = self._search_parameters = self.parameters()
        wanted = {name: value for name, value in wanted.items() if name not in _NON_SEARCH_PARAMETERS}
        self._start_run(self._search, SEARCHSCENES, {**wanted, "OUTPUT": QgsProcessing.TEMPORARY_OUTPUT})

    def fetch_previews(self) -> None:
        """Fetch small pictures of the checked scenes into the job's folder, or say what is missing."""
        self._footer.failure.setVisible(False)
        problem = self._form.problem() or self._scene_list.problem()
        if problem:
            self._warn(problem)
            return
        folder = Path(self._form.folder()) / "quick_looks"
        self._preparation.write_scenes(
            folder,
            lambda scenes: self._start_run(self._previews, PREVIEWS, {**scenes, "OUTPUT": str(folder)}),
            self._on_refused,
        )

    def _show_previews(self, results: dict[str, Any]) -> None:
        self._show_running(False)
        self._scene_list.show_previews(str(results["QUICK_LOOKS"]), int(results.get("FAILED_SCENES") or 0))

    def cancel(self) -> None:
        """Stop the job or the search; the next run resumes the job."""
        self._footer.show_stopping()
        if self._preparation.busy:
            self._preparation.cancel()
            self._show_running(False)
        for run in self._runs:
            run.cancel()

    def dispose(self) -> None:
        """Before the plugin is unloaded: stop what runs, wait for its end, and restore the canvas."""
        end_runs()
        self._iface.unregisterApplicationExitBlocker(self._exit_blocker)
        self._preparation.dispose()
        self._display.cancel()
        self._reopening.cancel()
        self._loading.dispose()
        self._past_jobs.dispose()
        self._pages.dispose()
        self._scene_list.dispose()
        self._footer.engine.dispose()
        self._region.dispose()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Stop drawing when the dock is closed; a job goes on."""
        self._region.set_shown(False)
        super().closeEvent(event)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Look for the engine when the dock is opened."""
        super().showEvent(event)
        self._region.set_shown(True)
        if not self._footer.engine.ready:
            self._footer.engine.refresh()

    # Building

    def _build(self, iface: QgisInterface) -> None:
        self._page = MapPage(self, iface.mapCanvas(), self._problem, self._prepare_estimate)
        self._region, self._form, self._scene_list = self._page.region, self._page.form, self._page.scene_list
        self._results, self._past_jobs, self._footer = self._page.results, self._page.past_jobs, self._page.footer
        self._preparation = RunPreparation(self.parameters, self._form, self._scene_list, self)
        self._display = JobDisplay(self._results, self)
        self._reopening = JobReopening(self._region, self._form, self._scene_list, self)
        self._loading = SceneListLoading(self._scene_list, self._region, self._form, self)
        self._pages = AccuracyPages(self._page, iface, self.parameters, self)
        help_button = icon_button("allpaDockHelp", "mActionHelpContents.svg", self.tr("Open the help"), self)
        help_button.clicked.connect(lambda: open_help())
        self._pages.setCornerWidget(help_button)
        self.setWidget(self._pages)

    def _connect(self) -> None:
        footer = self._footer
        footer.run_requested.connect(self.run)
        footer.cancel_requested.connect(self.cancel)
        footer.estimate.warned.connect(self._warn)
        footer.engine.status_known.connect(self._pages.learn.parts.show_status)
        self._pages.learn.parts.failed.connect(footer.failure.show_failure)
        self._pages.learn.parts.changed.connect(footer.engine.refresh)
        self._region.message.connect(self._push_message)
        self._region.changed.connect(self._on_settings_changed)
        self._form.changed.connect(self._on_settings_changed)
        self._scene_list.message.connect(self._push_message)
        self._scene_list.changed.connect(self._show_states)
        self._scene_list.search_requested.connect(self.find_scenes)
        self._scene_list.load_requested.connect(lambda path: self._loading.load(Path(path), self.parameters))
        self._loading.shown.connect(self._on_list_shown)
        self._loading.failed.connect(footer.failure.show_failure)
        for run in self._runs:
            run.progressed.connect(footer.show_progress)
            run.stage_changed.connect(footer.show_stage)
            run.failed.connect(self._on_failed)
        self._run.started.connect(self._on_started)
        self._run.failed.connect(self._note_failure)
        self._run.finished.connect(self._on_finished)
        self._run.cancelled.connect(self._show_cancelled)
        self._search.finished.connect(self._on_search_finished)
        self._search.cancelled.connect(self._show_search_cancelled)
        self._previews.finished.connect(self._show_previews)
        self._previews.cancelled.connect(lambda: self._show_running(False))
        self._scene_list.previews_requested.connect(self.fetch_previews)
        self._results.copied.connect(self._note)
        self._display.shown.connect(self._on_shown)
        self._display.failed.connect(footer.failure.show_failure)
        self._past_jobs.opened.connect(self._reopening.start)
        self._reopening.filled.connect(self._on_filled)
        self._past_jobs.warned.connect(self._warn)
        self._pages.message.connect(self._push_message)

    # What happens

    def _start_run(self, run: AlgorithmRun, algorithm_id: str, parameters: dict[str, Any]) -> bool:
        self._footer.show_starting()
        started = run.start(algorithm_id, parameters)
        self._show_running(started)
        return started

    def _on_settings_changed(self) -> None:
        self._footer.offer_continue(False)
        self._update_scene_list()

    def _update_scene_list(self) -> None:
        self._scene_list.update_outdated(self.parameters())
        self._footer.estimate.clear()
        self._show_states()

    def _on_search_finished(self, results: dict[str, Any]) -> None:
        self._show_running(False)
        self._loading.show_found(Path(str(results.get("OUTPUT"))), self._search_parameters)

    def _on_list_shown(self) -> None:
        self._update_scene_list()
        self._page.show_section(SCENES)

    def _show_search_cancelled(self) -> None:
        self._show_running(False)
        self._note(self.tr("The search was cancelled."))

    def _on_finished(self, results: dict[str, Any]) -> None:
        self._show_running(False)
        self._footer.offer_continue(False)
        self._form.save_folder()
        self._past_jobs.refresh()
        made = {**results, "FOLDER": self._parameters["FOLDER"]}
        self._display.show(self._title, made, self._parameters, self._announce_map)

    def _announce_map(self) -> None:
        self._announce(self.tr("The map is ready."), Qgis.MessageLevel.Success)

    def _on_shown(self, results: dict[str, Any]) -> None:
        self._failed = ""
        self._show_states()
        self._pages.set_map(str(results.get("LANDCOVER") or ""), str(results["FOLDER"]))
        self._page.show_section(RESULTS)

    def _on_filled(self, past: PastJob, notes: list[str]) -> None:
        """Show what is there of the results of a job of the list, when it is filled in."""
        self._update_scene_list()
        if past.results:
            self._display.show(past.job.title, past.results, past.job.parameters or past.parameters)
        if past.state != FINISHED and past.parameters:
            self._footer.offer_continue(True)
            if not notes:
                self._note(self.tr("The job is filled in; Continue goes on with it."))
        for note in notes:
            self._warn(note)

    def _announce(self, text: str, level: Qgis.MessageLevel) -> None:
        """Say how a job ended; where the dock is closed, until the user has seen it, with a button that opens it."""
        if self.isVisible():
            self._push_message(text, level)
            return
        announce(self._bar, f"{self._title}: {text}", level, self._show_again)

    def _show_again(self) -> None:
        self.setVisible(True)
        self.raise_()

    def _note_failure(self, failure: RunFailure) -> None:
        self._failed = failure.headline
        self._show_states()

    def _on_failed(self, failure: RunFailure) -> None:
        self._show_running(False)
        self._footer.failure.show_failure(failure)
        if not self.isVisible():
            self._announce(failure.headline, Qgis.MessageLevel.Critical)
        self._footer.engine.refresh()

    def _show_cancelled(self) -> None:
        self._show_running(False)
        self._form.save_folder()
        self._footer.offer_continue(True)
        self._note(self.tr("Cancelled. What is finished is kept: Continue goes on from there."))

    def _show_running(self, running: bool) -> None:
        self._page.show_running(running)
        self._show_states()

    def _show_states(self) -> None:
        self._page.show_states(searching=self._search.running, running=self.running_title, failed=self._failed)

    def _note(self, text: str) -> None:
        self._push_message(text, Qgis.MessageLevel.Info)

    def _warn(self, text: str) -> None:
        self._push_message(text, Qgis.MessageLevel.Warning)

    def _push_message(self, text: str, level: Qgis.MessageLevel) -> None:
        self._bar.pushMessage("Allpa", text, level, _MESSAGE_S)
