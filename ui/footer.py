"""The bar below the dock's steps, always visible: failure, estimate, stage, progress, the engine, Run and Cancel."""

from __future__ import annotations

from collections.abc import Callable

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from .engine_state import EngineStatus
from .estimate import EstimateLine
from .labels import wrapped_label
from .percent_bar import PercentBar
from .results.failure_view import FailureView
from .run_preparation import Prepare

_MIN_BUTTON_WIDTH_PX = 90


class RunFooter(QFrame):
    """Shows how a run goes; what Run and Cancel do is the dock's.

    Parameters
    ----------
    parent : owner.
    problem : says what is missing for a run; empty where nothing is.
    prepare : prepares a run of `allpa:landcovermap`.

    """

    run_requested = pyqtSignal()
    cancel_requested = pyqtSignal()

    def __init__(self, parent: QWidget, problem: Callable[[], str], prepare: Prepare) -> None:
        super().__init__(parent)
        self.setObjectName("allpaFooter")
        self.failure = FailureView(self)
        self.engine = EngineStatus(self)
        self.estimate = EstimateLine(self, problem, prepare)
        self._build()
        self._start.clicked.connect(lambda: self.run_requested.emit())
        self._cancel.clicked.connect(lambda: self.cancel_requested.emit())
        self.engine.failed.connect(self.failure.show_failure)
        self.estimate.failed.connect(self.failure.show_failure)
        self.estimate.running_changed.connect(self._start.setDisabled)
        self.show_running(False)

    def _build(self) -> None:
        self._stage = wrapped_label("allpaStage", self)
        self._progress = PercentBar("allpaProgress", self)
        self._start = QPushButton(QgsApplication.getThemeIcon("mActionStart.svg"), "", self)
        self._start.setObjectName("allpaRun")
        self._start.setMinimumWidth(_MIN_BUTTON_WIDTH_PX)
        self._cancel = QPushButton(self.tr("Cancel"), self)
        self._cancel.setObjectName("allpaCancel")
        self._cancel.setToolTip(
            self.tr("Stops here. What is finished is kept, also for a pause: Continue goes on from there.")
        )
        row = QHBoxLayout()
        row.addWidget(self.engine, 1)
        row.addWidget(self._progress, 1)
        row.addWidget(self._start, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._cancel)
        column = QVBoxLayout(self)
        for widget in (self.failure, self.estimate, self._stage):
            column.addWidget(widget)
        column.addLayout(row)
        self.offer_continue(False)

    def show_running(self, running: bool) -> None:
        """Show progress and Cancel during a run; estimate, engine and Run otherwise."""
        for widget in (self._start, self.engine, self.estimate):
            widget.setVisible(not running)
        for widget in (self._cancel, self._progress, self._stage):
            widget.setVisible(running)
        self._cancel.setEnabled(running)

    def show_starting(self) -> None:
        """Show a run of which nothing is known yet."""
        self._progress.setValue(0)
        self.show_stage(self.tr("Starting…"))

    def show_stopping(self) -> None:
        """Show a run that has been asked to stop."""
        self.show_stage(self.tr("Stopping…"))
        self._cancel.setEnabled(False)

    def show_stage(self, text: str) -> None:
        """Show what is done at the moment, and the time left."""
        self._stage.setText(text)

    def show_progress(self, percent: float) -> None:
        """Show how much is done, from 0 to 100."""
        self._progress.setValue(percent)

    def offer_continue(self, offered: bool) -> None:
        """Name the button of a job that was cancelled Continue, that of any other one Run."""
        self._start.setText(self.tr("Continue") if offered else self.tr("Run"))
        text = self.tr("Goes on where the job was cancelled") if offered else self.tr("Make the map")
        self._start.setToolTip(text)
