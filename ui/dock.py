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
from qgis.PyQt.QtWidgets import QDockWidget, QFrame, QScrollArea, QToolButton, QVBoxLayout, QWidget

from ..plugin.allpa_engine.core.errors import AllpaError
from ..plugin.allpa_plugin import open_help
from ..plugin.layers.results import add_results
from ..plugin.layers.scene_list import read_scene_list
from ..plugin.region_geometry import geometry_from_geojson, wgs84
from ..plugin.resources import ICON
from ..plugin.translation import error_lines
from .accuracy.pages import AccuracyPages
from .engine_state import EngineStatus
from .footer import RunFooter
from .job_form import JobForm
from .labels import error_sentences
from .number_format import format_hectares
from .questions import confirm_overwrite
from .region.region_geometry import RegionChoice
from .region.region_input import RegionInput
from .results.command import command_line
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
from .sections import DONE, PROBLEM, RUNNING, TO_DO, Section

_MESSAGE_S = 8
_NON_SEARCH_PARAMETERS = ("FOLDER", "REGION_NAME", "DEVICE")
WHERE, WHEN, SCENES, OPTIONS, RESULTS = "Where", "When", "Scenes", "Options", "Results"
"""The sections, from top to bottom."""


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
        self._title, self._failed = "", ""
        self._bar = iface.messageBar()  # the window's own: one in a narrow dock would cut sentences
        self._build(iface)
        self._connect()
        self._show_running(False)

    @property
    def busy(self) -> bool:
        """Whether a job or a search is running."""
        return self._run.running or self._search.running or self._footer.estimate.running or self._pages.busy

    @property
    def engine(self) -> EngineStatus:
        """The line about the engine."""
        return self._footer.engine

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
        self._footer.failure.setVisible(False)
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
            if not confirm_overwrite(self, self._form.year(), differences):
                return
            self._parameters["OVERWRITE"] = True
        self._failed = ""
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
        self._footer.failure.setVisible(False)
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
        self._footer.show_stopping()
        self._run.cancel()
        self._search.cancel()

    def dispose(self) -> None:
        """Before the plugin is unloaded: stop the job and restore the canvas."""
        for run in (self._run, self._search, self._footer.estimate):
            run.cancel()
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
        self._scroll = QScrollArea(self)
        self._scroll.setObjectName("allpaScrollArea")
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self._content(iface))
        whole = QWidget(self)
        whole.setObjectName("allpaDockContents")
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._scroll, 1)
        self._footer = RunFooter(whole, self._problem, self._run_parameters)
        column.addWidget(self._footer)
        self._pages = AccuracyPages(whole, iface, self.parameters, self)
        self._pages.setCornerWidget(self._help_button())
        self.setWidget(self._pages)

    def _content(self, iface: QgisInterface) -> QWidget:
        content = QWidget(self)
        content.setObjectName("allpaContent")
        self._region = RegionInput(iface.mapCanvas(), content)
        self._form = JobForm(content)
        self._scene_list = SceneListBox(iface.mapCanvas(), content)
        self._results = ResultsView(content)
        self._sections = {
            name: Section(title, f"allpaSection{name}", widget, content, is_open=is_open)
            for name, title, widget, is_open in (
                (WHERE, self.tr("Where"), self._region, True),
                (WHEN, self.tr("When and what"), self._form, True),
                (SCENES, self.tr("Scenes"), self._scene_list, True),
                (OPTIONS, self.tr("Options"), self._form.advanced, False),
                (RESULTS, self.tr("Results"), self._results, False),
            )
        }
        column = QVBoxLayout(content)
        column.setContentsMargins(2, 2, 2, 2)
        column.setSpacing(2)
        for section in self._sections.values():
            column.addWidget(section)
        column.addStretch(1)
        return content

    def _help_button(self) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName("allpaDockHelp")
        button.setIcon(QgsApplication.getThemeIcon("mActionHelpContents.svg"))
        button.setAutoRaise(True)
        button.setToolTip(self.tr("Open the help"))
        button.setAccessibleName(button.toolTip())
        button.clicked.connect(lambda: open_help())
        return button

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
        self._scene_list.load_requested.connect(self._load_scenes)
        for run in (self._run, self._search):
            run.progressed.connect(footer.show_progress)
            run.stage_changed.connect(footer.show_stage)
            run.failed.connect(self._on_failed)
        self._run.finished.connect(self._on_finished)
        self._run.cancelled.connect(self._show_cancelled)
        self._search.finished.connect(self._on_search_finished)
        self._search.cancelled.connect(self._show_search_cancelled)
        self._results.copied.connect(self._on_command_copied)
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
        try:
            scenes = read_scene_list(Path(str(results.get("OUTPUT"))))
        except AllpaError as error:
            self._footer.failure.show_failure(failure_from_errors(["\n".join(error_lines(error))], []))
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

    def _on_finished(self, results: dict[str, Any]) -> None:
        self._show_running(False)
        self._form.save_folder()
        add_results(QgsProject.instance(), results, self._title)
        try:
            command = command_line(LANDCOVERMAP, self._parameters)
            self._results.show_results(self._title, {**results, "FOLDER": self._parameters["FOLDER"]}, command)
        except ValueError as error:
            self._footer.failure.show_failure(
                RunFailure(str(error), self.tr("The map is complete; open its folder."), "")
            )
            return
        self._sections[RESULTS].set_open(True)
        self._pages.set_map(str(results.get("LANDCOVER") or ""), self._parameters["FOLDER"])
        QTimer.singleShot(0, self._scroll_to_results)  # after the layout is done
        self._push_message(self.tr("The map is ready."), Qgis.MessageLevel.Success)

    def _scroll_to_results(self) -> None:
        self._scroll.ensureWidgetVisible(self._results, 0, 0)

    def _on_failed(self, failure: RunFailure) -> None:
        self._failed = failure.headline
        self._show_running(False)
        self._footer.failure.show_failure(failure)
        self._footer.engine.refresh()

    def _show_cancelled(self) -> None:
        self._show_running(False)
        self._form.save_folder()
        self._footer.offer_continue(True)
        self._push_message(
            self.tr("Cancelled. What is finished is kept: Continue goes on from there."), Qgis.MessageLevel.Info
        )

    def _show_running(self, running: bool) -> None:
        self._footer.show_running(running)
        self._scene_list.set_running(running)
        for widget in (self._form, self._form.advanced, self._region):
            widget.setEnabled(not running)
        self._show_states()

    def _show_states(self) -> None:
        """Say beside each step's title how far it is."""
        region, problem = self._region.region(), self._form.problem()
        where = self._region_text(region) if region else self.tr("No region yet")
        self._sections[WHERE].set_state(DONE if region else TO_DO, where)
        catalogue = self._form.catalogue_name()
        self._sections[WHEN].set_state(TO_DO if problem else DONE, problem or f"{self._form.year()}, {catalogue}")
        self._sections[OPTIONS].set_state(DONE, self._form.advanced.summary())
        scenes = self._scene_list
        if self._search.running:
            self._sections[SCENES].set_state(RUNNING, self.tr("Searching…"))
        else:
            self._sections[SCENES].set_state(PROBLEM if scenes.problem() else DONE, scenes.state_text())
        self._show_result_state()

    def _show_result_state(self) -> None:
        if self._run.running:
            self._sections[RESULTS].set_state(RUNNING, self._title)
        elif self._failed:
            self._sections[RESULTS].set_state(PROBLEM, self._failed)
        elif self._results.title:
            self._sections[RESULTS].set_state(DONE, self._results.title)
        else:
            self._sections[RESULTS].set_state(TO_DO, self.tr("No map yet"))

    def _region_text(self, region: RegionChoice) -> str:
        area = self.tr("{area} ha").format(area=format_hectares(region.area_ha))
        return f"{region.name}, {area}" if region.name else str(area)

    def _on_command_copied(self) -> None:
        self._push_message(self.tr("Command copied to clipboard."), Qgis.MessageLevel.Info)

    def _warn(self, text: str) -> None:
        self._push_message(text, Qgis.MessageLevel.Warning)

    def _push_message(self, text: str, level: Qgis.MessageLevel) -> None:
        self._bar.pushMessage("Allpa", text, level, _MESSAGE_S)
