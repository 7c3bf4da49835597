"""Running an algorithm of Allpa from the dock: in the background, with progress, cancel and readable errors."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

from qgis.core import (
    QgsApplication,
    QgsProcessingAlgorithm,
    QgsProcessingAlgRunnerTask,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProject,
    QgsTaskManager,
)
from qgis.PyQt.QtCore import QCoreApplication, QElapsedTimer, QEventLoop, QObject, QTimer, pyqtSignal, pyqtSlot

from ..plugin.worker.progress import OneLineText
from .background import Background

LANDCOVERMAP = "allpa:landcovermap"
SEARCHSCENES = "allpa:searchscenes"
PREVIEWS = "allpa:quicklooks"
STATUS = "allpa:status"
INSTALL = "allpa:installengine"
_MAX_LOG_LINES = 400
_LONG_CHARS = 100_000
"""Of a run's parameters; those of longer ones are checked in the background."""
_LOOK_MS = 20
_END_LIMIT_MS = 60_000
"""For the end of cancelled runs; an engine that does not answer is killed much earlier."""
_last_log: list[str] = []
_MAX_SHOWN_LINES = 2
"""Lines of an error after its first one that are shown; of more, only the last one, which says what to do."""


@dataclass(frozen=True)
class RunFailure:
    """Why a run gave no result."""

    headline: str
    """One sentence."""
    next_step: str
    """What the user can do now; may be empty."""
    details: str
    """Log of the run, for the person who helps the user."""


def last_log() -> list[str]:
    """The log of the last run that ended, oldest line first; checks of the engine are left out."""
    return list(_last_log)


def algorithm(algorithm_id: str) -> QgsProcessingAlgorithm | None:
    """The registered algorithm, or None where the provider is disabled."""
    return QgsApplication.processingRegistry().algorithmById(algorithm_id)


def is_long(parameters: dict[str, Any]) -> bool:
    """Whether parameters hold so much text, as of a region with thousands of corners, that checking them takes long."""
    return sum(len(value) for value in parameters.values() if isinstance(value, str)) > _LONG_CHARS


def differences_from_map(algorithm_id: str, parameters: dict[str, Any]) -> list[str]:
    """What differs from the job of the map that a run would replace.

    Parameters
    ----------
    algorithm_id : of an algorithm that makes a map, such as `allpa:landcovermap`.
    parameters : its values by name.

    Returns
    -------
    Titles of parameters in QGIS's language; empty where the run replaces no map or an equal one, or the algorithm is
    not registered.

    Raises
    ------
    AllpaError : where the parameters cannot be used.

    """
    found = algorithm(algorithm_id)
    if found is None:
        return []  # starting the run says so
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    return list(found.create().differences_from_map(parameters, context))


class BackgroundTasks:
    """The tasks that run. QGIS crashes when Python collects what a task uses before it ends, so it is kept here: a task
    outlives its dock when the dock is unloaded while it runs.

    They have a manager of their own. QGIS would announce a cancelled task of its manager as failed and each check of
    the engine as complete, ask about it before the dock does when it closes, and cancel it with a new project.
    """

    def __init__(self) -> None:
        self._running: dict[int, tuple[Any, ...]] = {}
        self._manager: QgsTaskManager | None = None

    def end_all(self, limit_ms: int) -> bool:
        """Cancel all tasks, and let events run until they have ended.

        Parameters
        ----------
        limit_ms : how long they are waited for at most.

        Returns
        -------
        Whether all have ended.

        """
        for task, *_others in list(self._running.values()):
            task.cancel()
        clock = QElapsedTimer()
        clock.start()
        while self._running and clock.elapsed() < limit_ms:
            loop = QEventLoop()
            QTimer.singleShot(_LOOK_MS, loop.quit)
            loop.exec(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)
        QCoreApplication.processEvents()  # the manager lets go of tasks that have ended
        return not self._running

    def start(
        self,
        algorithm: QgsProcessingAlgorithm,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> QgsProcessingAlgRunnerTask:
        """Make a task of an algorithm; it runs when the event loop is reached.

        Parameters
        ----------
        algorithm : an instance of its own for this run.
        parameters : its values by name.
        context : of the run; kept until the task ends, as algorithm and feedback are.
        feedback : gets progress and log from the task's thread.

        Returns
        -------
        The task; its `executed` says how it ended.

        """
        task = QgsProcessingAlgRunnerTask(algorithm, parameters, context, feedback)
        manager = self._manager = self._manager or QgsTaskManager(QCoreApplication.instance())
        key = id(task)
        self._running[key] = (task, algorithm, context, feedback)
        task.executed.connect(lambda _successful, _results: self._running.pop(key, None))
        manager.addTask(task)
        return task


_TASKS = BackgroundTasks()


def end_runs() -> bool:
    """Cancel everything that runs, and wait for its end: QGIS crashes when it is left while a task runs Python.

    Returns
    -------
    Whether all has ended.

    """
    return _TASKS.end_all(_END_LIMIT_MS)


class RunFeedback(QgsProcessingFeedback, OneLineText):
    """Feedback for a dock: stages arrive as signals, so that the task's thread never touches a widget.

    Lines of the log are kept here, since a thousand signals at once would hold the window.
    """

    stage_changed = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__(False)
        self.lines: deque[str] = deque(maxlen=_MAX_LOG_LINES)
        """The last lines of the log, earlier errors among them."""
        self.error = ""
        """The last error, which is the reason of a run that failed."""

    def setProgressText(self, text: str) -> None:  # noqa: N802 - Qt's name
        """Report the stage and the time left."""
        self.stage_changed.emit(text)

    def pushInfo(self, info: str) -> None:  # noqa: N802 - Qt's name
        """Log a line."""
        self.lines.append(info)

    def pushWarning(self, warning: str) -> None:  # noqa: N802 - Qt's name
        """Log a warning."""
        self.lines.append(warning)

    def pushDebugInfo(self, info: str) -> None:  # noqa: N802 - Qt's name
        """Log a line for debugging."""
        self.lines.append(info)

    def pushConsoleInfo(self, info: str) -> None:  # noqa: N802 - Qt's name
        """Log a line of another program."""
        self.lines.append(info)

    def reportError(self, error: str, fatalError: bool = False) -> None:  # noqa: ARG002, N802, N803 - Qt's names
        """Note an error; the last one before the end is the reason of a failed run."""
        if self.error:
            self.lines.append(self.error)
        self.error = error


class AlgorithmRun(QObject):
    """One algorithm at a time, run as a task of QGIS.

    Parameters
    ----------
    parent : owner.
    loads_layers : whether the layers that the algorithm names are loaded, as the toolbox does.

    """

    started = pyqtSignal()
    progressed = pyqtSignal(float)
    """Percent done."""
    stage_changed = pyqtSignal(str)
    finished = pyqtSignal(dict)
    """Outputs of the algorithm."""
    failed = pyqtSignal(object)
    """A RunFailure."""
    cancelled = pyqtSignal()

    def __init__(self, parent: QObject | None = None, *, loads_layers: bool = False) -> None:
        super().__init__(parent)
        self._loads_layers = loads_layers
        self._outputs: tuple[QgsProcessingAlgorithm, QgsProcessingContext] | None = None
        self._task: QgsProcessingAlgRunnerTask | None = None
        self._background = Background(self)
        self._feedback: RunFeedback | None = None
        self._is_remembered = True

    @property
    def running(self) -> bool:
        """Whether a run is in progress."""
        return self._task is not None or self._background.busy

    def start(self, algorithm_id: str, parameters: dict[str, Any]) -> bool:
        """Start the algorithm.

        Parameters
        ----------
        algorithm_id : such as `allpa:landcovermap`.
        parameters : its values by name.

        Returns
        -------
        Whether it was started, or long parameters are being checked; where they are refused, `failed` says why.

        """
        found = algorithm(algorithm_id)
        self._is_remembered = algorithm_id != STATUS
        if found is None:
            what = self.tr("Allpa's algorithms are not available.")
            next_step = self.tr("Enable the Allpa provider in Settings ▸ Options ▸ Processing.")
            self.failed.emit(RunFailure(what, next_step, ""))
            return False
        created, context = found.create(), QgsProcessingContext()
        context.setProject(QgsProject.instance())

        def check() -> str:
            accepted, reason = created.canExecute()
            if accepted:
                accepted, reason = created.checkParameterValues(parameters, context)
            return "" if accepted else reason

        def launch(reason: str) -> None:
            if reason:
                self.failed.emit(failure_from_errors([reason], []))
            else:
                self._launch(created, parameters, context)

        self._background.start(check, launch, lambda _error: None, at_once=not is_long(parameters))
        return self.running

    def cancel(self) -> None:
        """Stop the run; `cancelled` follows when the engine has ended."""
        if self._background.busy:
            self._background.cancel()
            self.cancelled.emit()
        if self._task is not None:
            self._task.cancel()

    def _launch(
        self, algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> None:
        self._feedback = RunFeedback()
        context.setFeedback(self._feedback)
        self._feedback.stage_changed.connect(self.stage_changed)
        self._feedback.progressChanged.connect(self.progressed)
        self._outputs = (algorithm, context) if self._loads_layers else None
        self._task = _TASKS.start(algorithm, parameters, context, self._feedback)
        self._task.executed.connect(self._on_executed)
        self.started.emit()

    @pyqtSlot(bool, "QVariantMap")
    def _on_executed(self, successful: bool, results: dict[str, Any]) -> None:
        feedback, self._feedback, self._task = self._feedback, None, None
        outputs, self._outputs = self._outputs, None
        if feedback is None:
            return
        log, errors = list(feedback.lines), [feedback.error] if feedback.error else []
        if self._is_remembered:
            _last_log[:] = [*log, *errors]
        if successful:
            if outputs is not None:
                _load_layers(*outputs)
            self.finished.emit(results)
        elif feedback.isCanceled():
            self.cancelled.emit()
        else:
            self.failed.emit(failure_from_errors(errors, log))


def _load_layers(algorithm: QgsProcessingAlgorithm, context: QgsProcessingContext) -> None:
    """Load the layers that an algorithm named, with its styles, as the toolbox does."""
    try:
        from processing.gui.Postprocessing import handleAlgorithmResults
    except ImportError:  # Processing's plugin is switched off; the files are there
        return
    handleAlgorithmResults(algorithm, context, QgsProcessingFeedback(False), False)


def failure_from_errors(errors: list[str], log: list[str]) -> RunFailure:
    """Show a run's last error: its first line says what happened, the others why and what to do next.

    Parameters
    ----------
    errors : reported during the run, in order; empty where it ended without one.
    log : lines of the run, which become the details.

    Returns
    -------
    The failure in QGIS's language; a traceback goes to the details.

    """
    details = "\n".join(log)
    if not errors:
        return RunFailure(
            QCoreApplication.translate("AlgorithmRun", "The job ended without a result."),
            QCoreApplication.translate("AlgorithmRun", "Run again; finished steps are not repeated."),
            details,
        )
    if errors[-1].lstrip().startswith("Traceback"):
        details = f"{details}\n{errors[-1]}".strip()
        return RunFailure(
            QCoreApplication.translate("AlgorithmRun", "Unexpected error."),
            QCoreApplication.translate(
                "AlgorithmRun", "Run again. If the error persists, report it and attach the details."
            ),
            details,
        )
    headline, *others = errors[-1].strip().splitlines()
    if len(others) > _MAX_SHOWN_LINES:
        others, details = others[-1:], "\n".join([*log, *others])
    return RunFailure(headline.strip(), " ".join(line.strip() for line in others), details)
