"""Allpa's dock: a region, a year, Run; then the map in the project, and its areas here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import Qgis, QgsApplication, QgsProject
from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import Qt, QTimer
from qgis.PyQt.QtGui import QCloseEvent, QIcon, QShowEvent
from qgis.PyQt.QtWidgets import (
    QDockWidget,
    QFrame,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ..plugin.layers import add_results
from .earlier_job import holds_other_region
from .engine_state import EngineState
from .failure_view import FailureView
from .job_form import JobForm
from .region_input import RegionInput
from .results import ResultsView, command_line
from .run import LANDCOVERMAP, AlgorithmRun, Failure

ICON = Path(__file__).resolve().parents[1] / "resources" / "icons" / "allpa.svg"
_MESSAGE_S = 8
_LEAST_BUTTON_PX = 110


class AllpaDock(QDockWidget):
    """Collects the parameters of `allpa:landcovermap`, runs it and shows what came back."""

    def __init__(self, iface: QgisInterface) -> None:
        super().__init__(iface.mainWindow())
        self.setObjectName("AllpaDock")
        self.setWindowTitle(self.tr("Allpa land cover"))
        self.setWindowIcon(QIcon(str(ICON)))
        self._run = AlgorithmRun(self)
        self._parameters: dict[str, Any] = {}
        self._title = ""
        self._doubted: tuple[str, int] | None = None
        self._bar = iface.messageBar()  # the window's own: one in a narrow dock would cut sentences
        self._build(iface)
        self._connect()
        self._show_running(False)

    @property
    def busy(self) -> bool:
        """Whether a job is running."""
        return self._run.running

    @property
    def engine(self) -> EngineState:
        """The line about the engine."""
        return self._engine

    def parameters(self) -> dict[str, Any]:
        """The parameters that Run hands to `allpa:landcovermap`; plain numbers and texts."""
        region = self._region.region()
        where = {"GEOMETRY": region.parameter, "REGION_NAME": region.name} if region else {}
        return {**where, **self._form.parameters()}

    def run(self) -> None:
        """Start the job, or say what is missing."""
        self._failure.setVisible(False)
        self._region.refresh_layer()
        problem = self._problem() or self._doubt()
        if problem:
            self._say(problem, Qgis.MessageLevel.Warning)
            return
        self._form.remember()
        self._parameters = self.parameters()
        name = self._parameters["REGION_NAME"] or Path(self._form.folder()).name
        self._title = f"{name} {self._form.year()}"
        self._progress.setValue(0)
        self._stage.setText(self.tr("Starting…"))
        self._show_running(self._run.start(LANDCOVERMAP, self._parameters))

    def cancel(self) -> None:
        """Stop the job; what it finished is kept for the next run."""
        self._stage.setText(self.tr("Stopping…"))
        self._cancel.setEnabled(False)
        self._run.cancel()

    def dispose(self) -> None:
        """Before the plugin is unloaded: stop the job and give the canvas back as it was."""
        self._run.cancel()
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
        self.setWidget(scroll)

    def _content(self, iface: QgisInterface) -> QWidget:
        content = QWidget(self)
        content.setObjectName("allpaContent")
        column = QVBoxLayout(content)
        self._engine = EngineState(content)
        region_box = QGroupBox(self.tr("Region"), content)
        region_box.setObjectName("allpaRegionBox")
        self._region = RegionInput(iface.mapCanvas(), region_box)
        QVBoxLayout(region_box).addWidget(self._region)
        self._form = JobForm(content)
        self._failure = FailureView(content)
        self._results = ResultsView(content)
        self._results.setVisible(False)
        column.addWidget(region_box)
        column.addWidget(self._form)
        column.addLayout(self._run_row(content))
        column.addWidget(self._stage)
        column.addWidget(self._failure)
        column.addWidget(self._results)
        column.addStretch(1)
        return content

    def _run_row(self, parent: QWidget) -> QHBoxLayout:
        row = QHBoxLayout()
        self._progress = QProgressBar(parent)
        self._progress.setObjectName("allpaProgress")
        self._progress.setRange(0, 100)
        self._start = QPushButton(QgsApplication.getThemeIcon("mActionStart.svg"), self.tr("Run"), parent)
        self._start.setObjectName("allpaRun")
        self._cancel = QPushButton(self.tr("Cancel"), parent)
        self._cancel.setObjectName("allpaCancel")
        self._stage = QLabel(parent)
        self._stage.setObjectName("allpaStage")
        self._stage.setWordWrap(True)
        self._stage.setTextFormat(Qt.TextFormat.PlainText)
        self._stage.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._start.setMinimumWidth(_LEAST_BUTTON_PX)
        row.addWidget(self._engine, 1)
        row.addWidget(self._progress, 1)
        row.addWidget(self._start, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._cancel)
        return row

    def _connect(self) -> None:
        self._start.clicked.connect(self.run)
        self._cancel.clicked.connect(self.cancel)
        self._region.message.connect(self._say)
        self._engine.failed.connect(self._show_failure)
        self._run.progressed.connect(self._show_progress)
        self._run.stage_changed.connect(self._stage.setText)
        self._run.finished.connect(self._finish)
        self._run.failed.connect(self._fail)
        self._run.cancelled.connect(self._show_cancelled)
        self._results.copied.connect(self._say_copied)

    # What happens

    def _problem(self) -> str:
        if self._region.region() is None:
            return str(self.tr("Choose a region first: draw it, or take a layer or the map's extent."))
        return self._form.problem()

    def _doubt(self) -> str:
        """What to think over before a map is replaced; told once, and pressing Run again goes on."""
        region, folder, year = self._region.region(), self._form.folder(), self._form.year()
        place = (folder, year)
        if place == self._doubted or region is None or not holds_other_region(folder, year, region.geometry):
            self._doubted = None
            return ""
        self._doubted = place
        return str(
            self.tr(
                "The folder holds the {year} map of another region. Choose another folder, or press Run again to "
                "replace that map."
            ).format(year=year)
        )

    def _finish(self, results: dict[str, Any]) -> None:
        self._show_running(False)
        add_results(QgsProject.instance(), results, self._title)
        try:
            command = command_line(LANDCOVERMAP, self._parameters)
            self._results.show_results(self._title, {**results, "FOLDER": self._parameters["FOLDER"]}, command)
        except ValueError as error:
            self._show_failure(Failure(str(error), self.tr("The map is written; open its folder."), ""))
            return
        self._results.setVisible(True)
        QTimer.singleShot(0, self._scroll_to_results)  # after the layout has made room for them
        self._say(self.tr("The map is ready."), Qgis.MessageLevel.Success)

    def _scroll_to_results(self) -> None:
        self._scroll.ensureWidgetVisible(self._results, 0, 0)

    def _fail(self, failure: Failure) -> None:
        self._show_running(False)
        self._show_failure(failure)
        self._engine.refresh()

    def _show_failure(self, failure: Failure) -> None:
        self._failure.show_failure(failure)

    def _show_cancelled(self) -> None:
        self._show_running(False)
        self._say(self.tr("Cancelled. Run again to continue where it stood."), Qgis.MessageLevel.Info)

    def _show_running(self, running: bool) -> None:
        self._start.setVisible(not running)
        self._engine.setVisible(not running)
        self._cancel.setVisible(running)
        self._cancel.setEnabled(running)
        self._progress.setVisible(running)
        self._stage.setVisible(running)
        self._form.setEnabled(not running)
        self._region.setEnabled(not running)

    def _show_progress(self, percent: float) -> None:
        self._progress.setValue(int(percent))

    def _say_copied(self) -> None:
        self._say(self.tr("The command is in the clipboard."), Qgis.MessageLevel.Info)

    def _say(self, text: str, level: Qgis.MessageLevel) -> None:
        self._bar.pushMessage("Allpa", text, level, _MESSAGE_S)
