"""Running an algorithm of Allpa from the dock: in the background, with progress, cancel and readable errors."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from qgis.core import (
    QgsApplication,
    QgsProcessingAlgorithm,
    QgsProcessingAlgRunnerTask,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProject,
)
from qgis.PyQt.QtCore import QCoreApplication, QObject, pyqtSignal, pyqtSlot

LANDCOVERMAP = "allpa:landcovermap"
SEARCHSCENES = "allpa:searchscenes"
STATUS = "allpa:status"
INSTALL = "allpa:installengine"
_MAX_LOG_LINES = 400
_SENTENCE_END = re.compile(r"\n|(?<=[.!?])\s+(?=[^\Wa-z\d_]|[¿¡])")
_RUNNING_TASKS: dict[int, tuple[Any, ...]] = {}
"""What running tasks borrow from Python. QGIS crashes when these are collected before a task ends, so they are kept
here: a task outlives its dock when the dock is unloaded while it runs."""


@dataclass(frozen=True)
class RunFailure:
    """Why a run gave no result."""

    headline: str
    """One sentence."""
    next_step: str
    """What the user can do now; may be empty."""
    details: str
    """Log of the run, for whoever helps the user."""


def algorithm(algorithm_id: str) -> QgsProcessingAlgorithm | None:
    """The registered algorithm, or None where the provider is switched off."""
    return QgsApplication.processingRegistry().algorithmById(algorithm_id)


class RunFeedback(QgsProcessingFeedback):
    """Feedback whose words arrive as signals, so that the task's thread never touches a widget."""

    stage_changed = pyqtSignal(str)
    logged = pyqtSignal(str)
    failed = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__(False)

    def setProgressText(self, text: str) -> None:  # noqa: N802 - Qt's name
        """Say the stage and the time left."""
        self.stage_changed.emit(text)

    def pushInfo(self, info: str) -> None:  # noqa: N802 - Qt's name
        """Keep a line of the log."""
        self.logged.emit(info)

    def pushWarning(self, warning: str) -> None:  # noqa: N802 - Qt's name
        """Keep a warning."""
        self.logged.emit(warning)

    def pushDebugInfo(self, info: str) -> None:  # noqa: N802 - Qt's name
        """Keep a line for whoever looks closely."""
        self.logged.emit(info)

    def reportError(self, error: str, fatalError: bool = False) -> None:  # noqa: ARG002, N802, N803 - Qt's names
        """Keep an error; the last one before the end is the reason of a failed run."""
        self.failed.emit(error)
        self.logged.emit(error)


class AlgorithmRun(QObject):
    """One algorithm at a time, run as a task of QGIS."""

    progressed = pyqtSignal(float)
    """Percent done."""
    stage_changed = pyqtSignal(str)
    finished = pyqtSignal(dict)
    """Outputs of the algorithm."""
    failed = pyqtSignal(object)
    """A Failure."""
    cancelled = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._task: QgsProcessingAlgRunnerTask | None = None
        self._feedback: RunFeedback | None = None
        self._errors: list[str] = []
        self._log: list[str] = []

    @property
    def running(self) -> bool:
        """Whether a run is under way."""
        return self._task is not None

    def start(self, algorithm_id: str, parameters: dict[str, Any]) -> bool:
        """Start the algorithm; where it refuses the parameters, `failed` tells why and False is given."""
        found = algorithm(algorithm_id)
        self._errors, self._log = [], []
        if found is None:
            what = self.tr("Allpa's algorithms are not available.")
            self.failed.emit(
                RunFailure(what, self.tr("Switch the provider Allpa on in Settings ▸ Options ▸ Processing."), "")
            )
            return False
        created, context = found.create(), QgsProcessingContext()
        context.setProject(QgsProject.instance())
        accepted, reason = created.canExecute()
        if accepted:
            accepted, reason = created.checkParameterValues(parameters, context)
        if not accepted:
            self.failed.emit(failure_from_errors([reason], []))
            return False
        self._launch(created, parameters, context)
        return True

    def cancel(self) -> None:
        """Stop the run; `cancelled` follows when the engine has ended."""
        if self._task is not None:
            self._task.cancel()

    def _launch(
        self, algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> None:
        feedback = RunFeedback()
        self._feedback = feedback
        context.setFeedback(feedback)
        feedback.stage_changed.connect(self.stage_changed)
        feedback.logged.connect(self._append_log_line)
        feedback.failed.connect(self._append_error)
        feedback.progressChanged.connect(self.progressed)
        self._task = QgsProcessingAlgRunnerTask(algorithm, parameters, context, feedback)
        self._task.executed.connect(self._on_executed)
        references = (self._task, algorithm, context, feedback)
        key = id(references)
        _RUNNING_TASKS[key] = references
        self._task.executed.connect(lambda _successful, _results: _RUNNING_TASKS.pop(key, None))
        QgsApplication.taskManager().addTask(self._task)

    @pyqtSlot(bool, "QVariantMap")
    def _on_executed(self, successful: bool, results: dict[str, Any]) -> None:
        cancelled = self._feedback is not None and self._feedback.isCanceled()
        self._task, self._feedback = None, None
        if successful:
            self.finished.emit(results)
        elif cancelled:
            self.cancelled.emit()
        else:
            self.failed.emit(failure_from_errors(self._errors, self._log))

    @pyqtSlot(str)
    def _append_error(self, text: str) -> None:
        self._errors.append(text)

    @pyqtSlot(str)
    def _append_log_line(self, text: str) -> None:
        self._log.append(text)
        del self._log[:-_MAX_LOG_LINES]


def failure_from_errors(errors: list[str], log: list[str]) -> RunFailure:
    """Put a run's last error into words: its first sentence says what happened, the rest why and what to do next."""
    if not errors:
        return RunFailure(
            QCoreApplication.translate("AlgorithmRun", "The job ended without a result."),
            QCoreApplication.translate("AlgorithmRun", "Run again; finished steps are kept."),
            "\n".join(log),
        )
    if errors[-1].lstrip().startswith("Traceback"):
        return RunFailure(
            QCoreApplication.translate("AlgorithmRun", "Allpa met an error that it does not know."),
            QCoreApplication.translate("AlgorithmRun", "Run again; where it comes back, report it with the details."),
            "\n".join(log),
        )
    sentence, *rest = _SENTENCE_END.split(errors[-1].strip(), maxsplit=1)
    return RunFailure(sentence.strip(), " ".join(rest).strip(), "\n".join(log))
