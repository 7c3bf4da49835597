"""The engine's process, seen from QGIS: start it, follow its lines, stop it, and explain how it ended.

`QProcess` is polled in the thread that runs the algorithm. `QgsBlockingProcess` is not used: with Python handlers it
crashes on QGIS 3.22.
"""

from __future__ import annotations

import re
import signal
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qgis.core import QgsFeedback, QgsProcessingFeedback
from qgis.PyQt.QtCore import QProcess

from ..allpa_engine.core.errors import (
    AllpaError,
    Cancelled,
    EngineMissing,
    OutOfMemory,
    WorkerCrashed,
)
from ..allpa_engine.core.messages import message_from_json, translatable
from ..allpa_engine.core.protocol import parse_line
from ..shell_command import shell_command
from ..translation import tr
from .environment import ENGINE_HOME, child_environment

POLL_MS = 200
START_TIMEOUT_MS = 15_000
CANCEL_TIMEOUT_MS = 1_000
"""After a cancel, the time the engine has to end by itself."""
TERMINATE_TIMEOUT_MS = 600
"""After the signal to end, the time before the process is killed."""
NO_OUTPUT_TIMEOUT_S = 180.0
"""A running engine writes a line every few seconds; one without output for so long hangs."""
EXIT_TIMEOUT_S = 15.0
"""Time that a process may take to end after its result."""
MAX_LINE_BYTES = 4_000_000
MAX_UNPARSED_LINES = 40
MAX_UNPARSED_LINE_BYTES = 8_000
MIN_SECRET_LENGTH = 8
"""Shorter values are no keys of a real store; replacing them would spoil the engine's texts."""

ERRORS_BY_CODE: dict[str, type[AllpaError]] = {cause.code: cause for cause in AllpaError.__subclasses__()}
_MISSING_MODULE = re.compile(r"(?:ModuleNotFoundError|ImportError|No module named).*")
_SIGKILL = 9
_SIGKILL_EXIT_CODES = (137, -9, 247)


class EngineWorker:
    """Runs one command of the engine and gives its result; each run has a process of its own.

    Parameters
    ----------
    python : the interpreter of the engine's environment.
    feedback : gets progress, stage and log lines; its cancel ends the process within two seconds.
    no_output_timeout_s : seconds without a line after which the process counts as hung.
    variables : environment variables for this process alone (keys); their values are replaced by *** in its output.

    """

    def __init__(
        self,
        python: Path,
        feedback: QgsFeedback,
        no_output_timeout_s: float = NO_OUTPUT_TIMEOUT_S,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self._variables = dict(variables or {})
        self._python = python
        self._feedback = feedback
        self._no_output_timeout_s = no_output_timeout_s
        self._partial_line = b""
        self._unparsed_lines: deque[str] = deque(maxlen=MAX_UNPARSED_LINES)
        self._final_message: dict[str, Any] | None = None
        self._last_message_time = 0.0
        self._progress_text = ""

    def run(self, arguments: list[str]) -> dict[str, Any]:
        """Run `python -m allpa_engine ARGUMENTS --lines` and give the values of its `result` line.

        Raises
        ------
        EngineMissing : where the interpreter cannot be started or lacks a package.
        Cancelled : where the feedback was cancelled.
        OutOfMemory, WorkerCrashed : where the process ended without a result.
        AllpaError : of the class that the engine named.

        """
        process = QProcess()
        process.setProcessEnvironment(child_environment(self._variables))
        process.setWorkingDirectory(str(ENGINE_HOME))
        process.start(str(self._python), ["-u", "-s", "-m", "allpa_engine", *arguments, "--lines"])
        if not process.waitForStarted(START_TIMEOUT_MS):
            raise EngineMissing(
                tr("The engine's Python cannot be started: {}.").format(self._python), process.errorString()
            )
        self._last_message_time = time.monotonic()
        try:
            self._wait_until_finished(process)
        finally:
            _kill_process(process)
        return self._read_result(process)

    @property
    def unparsed_output(self) -> str:
        """The last lines that were not of the protocol: what libraries printed, a traceback."""
        return "\n".join(self._unparsed_lines)

    def _wait_until_finished(self, process: QProcess) -> None:
        while process.state() != QProcess.ProcessState.NotRunning:
            process.waitForReadyRead(POLL_MS)
            self._read_output(process)
            if self._final_message is None and self._feedback.isCanceled():
                stop_process(process)
                raise Cancelled(tr("The job was cancelled."))
            idle_s = time.monotonic() - self._last_message_time
            if self._final_message is not None and idle_s > EXIT_TIMEOUT_S:
                return
            if idle_s > self._no_output_timeout_s:
                stop_process(process)
                raise WorkerCrashed(
                    tr("The engine stopped responding and was terminated."),
                    tr("No output for {} seconds.").format(round(idle_s)),
                )
        self._read_output(process)
        self._handle_line(self._partial_line)

    def _read_output(self, process: QProcess) -> None:
        for line in bytes(process.readAllStandardError()).splitlines():
            self._keep_unparsed(line)
        *lines, self._partial_line = (self._partial_line + bytes(process.readAllStandardOutput())).split(b"\n")
        for line in lines:
            self._handle_line(line)
        if len(self._partial_line) > MAX_LINE_BYTES:
            self._keep_unparsed(self._partial_line)
            self._partial_line = b""

    def _handle_line(self, line: bytes) -> None:
        if not line.strip():
            return
        message = parse_line(self._redact_secrets(line.decode("utf-8", "replace")))
        if message is None:
            self._keep_unparsed(line)
            return
        self._last_message_time = time.monotonic()
        kind = message["type"]
        if kind in ("result", "error"):
            self._final_message = message
        elif kind == "progress":
            self._progress_text = show_progress(self._feedback, message, self._progress_text)
        elif kind == "log":
            show_log(self._feedback, str(message.get("text", "")), str(message.get("level", "info")))

    def _keep_unparsed(self, line: bytes) -> None:
        text = self._redact_secrets(line.decode("utf-8", "replace"))[-MAX_UNPARSED_LINE_BYTES:].rstrip()
        if text:
            self._unparsed_lines.append(text)

    def _redact_secrets(self, text: str) -> str:
        for value in self._variables.values():
            if len(value) >= MIN_SECRET_LENGTH:
                text = text.replace(value, "***")
        return text

    def _read_result(self, process: QProcess) -> dict[str, Any]:
        if self._final_message is None:
            raise self._exit_error(process)
        if self._final_message["type"] == "result":
            values = self._final_message.get("values")
            if not isinstance(values, dict):
                raise WorkerCrashed(tr("The engine's result cannot be read."), f"{values!r:.200}")
            return values
        if self.unparsed_output:
            show_log(self._feedback, self.unparsed_output, "debug")
        kind = ERRORS_BY_CODE.get(str(self._final_message.get("code")), AllpaError)
        texts = (str(self._final_message.get(key) or "") for key in ("what", "why", "next_step"))
        messages = self._final_message.get("messages") or {}
        raise kind(*(message_from_json(text, messages) for text in texts))

    def _exit_error(self, process: QProcess) -> AllpaError:
        if self.unparsed_output:
            show_log(self._feedback, self.unparsed_output, "debug")
        code = process.exitCode()
        crashed = process.exitStatus() == QProcess.ExitStatus.CrashExit
        if (crashed and code == _SIGKILL) or code in _SIGKILL_EXIT_CODES:
            return OutOfMemory(
                tr("The engine was killed before it finished (signal 9)."),
                tr("The system does this when memory runs out."),
            )
        missing = _MISSING_MODULE.search(self.unparsed_output)
        if missing:
            return EngineMissing(
                tr("The engine's Python lacks a package."), f"{missing.group(0).strip()} ({self._python})."
            )
        reason = _describe_exit(code, crashed)
        if self._unparsed_lines:
            reason += " " + tr("Last output: {}").format(self._unparsed_lines[-1])
        return WorkerCrashed(tr("The engine ended without a result."), reason)


def _describe_exit(code: int, crashed: bool) -> str:
    number = code if crashed else code - 128 if 128 < code < 160 else 0
    try:
        return (
            tr("It was terminated by {}.").format(signal.Signals(number).name)
            if number
            else tr("Its exit code was {}.").format(code)
        )
    except ValueError:
        return tr("It crashed with code {}.").format(code)


def stop_process(process: QProcess) -> None:
    """End a running process: ask by closing its input, then by a signal, then kill; within two seconds."""
    process.closeWriteChannel()
    if process.waitForFinished(CANCEL_TIMEOUT_MS):
        return
    process.terminate()
    if not process.waitForFinished(TERMINATE_TIMEOUT_MS):
        process.kill()
        process.waitForFinished(-1)


def _kill_process(process: QProcess) -> None:
    if process.state() != QProcess.ProcessState.NotRunning:
        process.kill()
        process.waitForFinished(-1)


STAGE_TITLES = {
    "search": translatable("Searching scenes"),
    "select": translatable("Selecting scenes"),
    "fetch": translatable("Downloading scenes"),
    "classify": translatable("Classifying"),
    "elevation": translatable("Downloading elevation"),
    "composite": translatable("Compositing"),
    "areas": translatable("Computing areas"),
    "report": translatable("Writing the report"),
    "change": translatable("Comparing maps"),
    "accuracy_sample": translatable("Drawing the sample"),
    "accuracy_import": translatable("Importing reference data"),
    "accuracy": translatable("Estimating accuracy"),
    "accuracy_more_points": translatable("Drawing more points"),
    "training_data": translatable("Making training data"),
    "tile_quality": translatable("Counting missing pixels"),
    "terrain": translatable("Computing terrain"),
    "zones": translatable("Reading zones"),
    "features": translatable("Computing features"),
    "train_forest": translatable("Training the model"),
    "start_network": translatable("Preparing the network"),
    "train_network": translatable("Training the network"),
    "classify_features": translatable("Classifying"),
    "refit": translatable("Learning from corrections"),
    "export_model": translatable("Exporting the network"),
    "explain_model": translatable("Explaining the network"),
}


MIN_TIME_LEFT_S = 3.0
"""Shorter times are not shown."""


def show_progress(feedback: QgsFeedback, message: dict[str, Any], shown_text: str = "") -> str:
    """Show a `progress` line of the engine: the bar, and a text such as `Downloading scenes: 3 / 12, about 4 min left`.

    Parameters
    ----------
    feedback : one of Processing shows bar and text, any other the bar alone.
    message : the line, parsed: `fraction` of the run from 0 to 1, and `stage`, `done`, `total`, `eta_s` for the text.
    shown_text : the last text that was shown; it is not shown again, since Processing keeps every text in its log.

    Returns
    -------
    The text of this line.

    """
    fraction = message.get("fraction")
    if isinstance(fraction, (int, float)):
        feedback.setProgress(min(max(float(fraction), 0.0), 1.0) * 100)
    text = progress_text(message)
    if isinstance(feedback, QgsProcessingFeedback) and text != shown_text:
        feedback.setProgressText(text)
    return text


def progress_text(message: dict[str, Any]) -> str:
    """Stage, count and time left of a `progress` line, for people.

    A stage may carry a scene's id after a space; its count is then of that scene's parts.
    """
    stage, _, detail = str(message.get("stage", "")).partition(" ")
    text = tr(STAGE_TITLES.get(stage, stage))
    done, total, left_s = message.get("done"), message.get("total"), message.get("eta_s")
    if isinstance(done, (int, float)) and isinstance(total, (int, float)) and total > 0:
        if detail:
            text += ": " + tr("{} % of a scene").format(round(100 * done / total))
        elif total > 1:
            text += f": {done:g} / {total:g}" if done == int(done) else f": {done:.1f} / {total:g}"
    if isinstance(left_s, (int, float)) and left_s >= MIN_TIME_LEFT_S:
        text += ", " + time_left_text(float(left_s))
    return text


def time_left_text(seconds: float) -> str:
    """`about 40 s left`, `about 4 min left`, `about 2.5 h left`."""
    if seconds < 90:
        return tr("about {} s left").format(max(5, 5 * round(seconds / 5)))
    if seconds < 90 * 60:
        return tr("about {} min left").format(round(seconds / 60))
    return tr("about {:.1f} h left").format(seconds / 3600)


def show_log(feedback: QgsFeedback, text: str, level: str) -> None:
    """Pass a log line on at its level.

    Parameters
    ----------
    feedback : of Processing; any other, which only counts, gets nothing.
    text : of the line; nothing is shown where it is empty.
    level : `debug`, `warning` or `error`; anything else counts as information.

    """
    if not isinstance(feedback, QgsProcessingFeedback) or not text:
        return
    if level == "warning":
        feedback.pushWarning(text)
    elif level == "error":
        feedback.reportError(text)
    elif level == "debug":
        feedback.pushDebugInfo(text)
    else:
        feedback.pushInfo(text)


def terminal_command(python: Path, job_file: Path) -> str:
    """The command that runs a job file by an engine's Python, for a terminal; it needs no console script.

    Parameters
    ----------
    python : the interpreter of the engine's environment.
    job_file : the job, a JSON file.

    Returns
    -------
    One line, quoted for the system's shell.

    """
    return shell_command([str(python), "-m", "allpa_engine", "run", str(job_file)], {"PYTHONPATH": str(ENGINE_HOME)})
