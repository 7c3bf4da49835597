"""The engine's process, seen from QGIS: start it, follow its lines, stop it, and explain how it ended.

`QProcess` is polled in the thread that runs the algorithm. `QgsBlockingProcess` is not used: with Python handlers it
crashes on QGIS 3.22.
"""

from __future__ import annotations

import re
import shlex
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
    WorkerDied,
)
from ..allpa_engine.core.protocol import parse_line
from ..translation import tr
from .environment import ENGINE_HOME, child_environment

POLL_MS = 200
START_MS = 15_000
POLITE_MS = 1_000
"""After a cancel, the time the engine has to end by itself."""
TERMINATED_MS = 600
"""After the signal to end, the time before the process is killed."""
SILENCE_LIMIT_S = 180.0
"""A running engine says something every few seconds; one that is silent for so long hangs."""
LAST_WORDS_S = 15.0
"""Time that a process may take to end after its result."""
LONGEST_LINE_BYTES = 4_000_000
TAIL_LINES = 40
STRAY_BYTES = 8_000
SHORTEST_KEY = 8
"""Shorter values are no keys of a real store; striking them out would garble what the engine says."""

ERRORS_BY_CODE: dict[str, type[AllpaError]] = {each.code: each for each in AllpaError.__subclasses__()}
_MISSING_MODULE = re.compile(r"(?:ModuleNotFoundError|ImportError|No module named).*")
_KILLED = 9
_SHELL_KILLED = (137, -9, 247)


class EngineWorker:
    """Runs one command of the engine and gives its result; each run has a process of its own.

    Parameters
    ----------
    python : the interpreter of the engine's environment.
    feedback : gets progress, stage and log lines; its cancel ends the process within two seconds.
    silence_limit_s : seconds without a line after which the process counts as hung.
    variables : environment variables for this process alone (keys); their values are struck out of what it says.

    """

    def __init__(
        self,
        python: Path,
        feedback: QgsFeedback,
        silence_limit_s: float = SILENCE_LIMIT_S,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self._variables = dict(variables or {})
        self._python = python
        self._feedback = feedback
        self._silence_limit_s = silence_limit_s
        self._half_line = b""
        self._stray: deque[str] = deque(maxlen=TAIL_LINES)
        self._last: dict[str, Any] | None = None
        self._heard = 0.0

    def run(self, arguments: list[str]) -> dict[str, Any]:
        """Run `python -m allpa_engine ARGUMENTS --lines` and give the values of its `result` line.

        Raises
        ------
        EngineMissing : where the interpreter cannot be started or lacks a package.
        Cancelled : where the feedback was cancelled.
        OutOfMemory, WorkerDied : where the process ended without a result.
        AllpaError : of the class that the engine named.

        """
        process = QProcess()
        process.setProcessEnvironment(child_environment(self._variables))
        process.setWorkingDirectory(str(ENGINE_HOME))
        process.start(str(self._python), ["-u", "-s", "-m", "allpa_engine", *arguments, "--lines"])
        if not process.waitForStarted(START_MS):
            raise EngineMissing(f"The engine's Python cannot be started: {self._python}.", process.errorString())
        self._heard = time.monotonic()
        try:
            self._follow(process)
        finally:
            _end(process)
        return self._outcome(process)

    @property
    def stray_output(self) -> str:
        """The last lines that were not of the protocol: what libraries printed, a traceback."""
        return "\n".join(self._stray)

    def _follow(self, process: QProcess) -> None:
        while process.state() != QProcess.ProcessState.NotRunning:
            process.waitForReadyRead(POLL_MS)
            self._read(process)
            if self._last is None and self._feedback.isCanceled():
                stop_process(process)
                raise Cancelled("The job was cancelled.")
            silent_s = time.monotonic() - self._heard
            if self._last is not None and silent_s > LAST_WORDS_S:
                return
            if silent_s > self._silence_limit_s:
                stop_process(process)
                raise WorkerDied(
                    "The engine stopped answering and was ended.", f"It was silent for {silent_s:.0f} seconds."
                )
        self._read(process)
        self._take(self._half_line)

    def _read(self, process: QProcess) -> None:
        for line in bytes(process.readAllStandardError()).splitlines():
            self._keep_stray(line)
        *lines, self._half_line = (self._half_line + bytes(process.readAllStandardOutput())).split(b"\n")
        for line in lines:
            self._take(line)
        if len(self._half_line) > LONGEST_LINE_BYTES:
            self._keep_stray(self._half_line)
            self._half_line = b""

    def _take(self, line: bytes) -> None:
        if not line.strip():
            return
        message = parse_line(self._without_keys(line.decode("utf-8", "replace")))
        if message is None:
            self._keep_stray(line)
            return
        self._heard = time.monotonic()
        kind = message["type"]
        if kind in ("result", "error"):
            self._last = message
        elif kind == "progress":
            show_progress(self._feedback, message)
        elif kind == "log":
            show_log(self._feedback, str(message.get("text", "")), str(message.get("level", "info")))

    def _keep_stray(self, line: bytes) -> None:
        text = self._without_keys(line.decode("utf-8", "replace"))[-STRAY_BYTES:].rstrip()
        if text:
            self._stray.append(text)

    def _without_keys(self, text: str) -> str:
        for value in self._variables.values():
            if len(value) >= SHORTEST_KEY:
                text = text.replace(value, "***")
        return text

    def _outcome(self, process: QProcess) -> dict[str, Any]:
        if self._last is None:
            raise self._death(process)
        if self._last["type"] == "result":
            values = self._last.get("values")
            if not isinstance(values, dict):
                raise WorkerDied("The engine's result cannot be read.", f"Its values are {values!r:.200}.")
            return values
        if self.stray_output:
            show_log(self._feedback, self.stray_output, "debug")
        kind = ERRORS_BY_CODE.get(str(self._last.get("code")), AllpaError)
        raise kind(*(str(self._last.get(key) or "") for key in ("what", "why", "next_step")))

    def _death(self, process: QProcess) -> AllpaError:
        if self.stray_output:
            show_log(self._feedback, self.stray_output, "debug")
        code = process.exitCode()
        crashed = process.exitStatus() == QProcess.ExitStatus.CrashExit
        if (crashed and code == _KILLED) or code in _SHELL_KILLED:
            return OutOfMemory(
                "The engine was killed before it finished (signal 9).",
                "The system does this when memory runs out.",
            )
        missing = _MISSING_MODULE.search(self.stray_output)
        if missing:
            return EngineMissing(
                "The engine's Python lacks a package.", f"{missing.group(0).strip()} ({self._python})."
            )
        last_words = f" Its last words: {self._stray[-1]}" if self._stray else ""
        return WorkerDied("The engine ended without a result.", f"{_ending(code, crashed)}{last_words}")


def _ending(code: int, crashed: bool) -> str:
    number = code if crashed else code - 128 if 128 < code < 160 else 0
    try:
        return f"It was ended by {signal.Signals(number).name}." if number else f"Its exit code was {code}."
    except ValueError:
        return f"It crashed with code {code}."


def stop_process(process: QProcess) -> None:
    """End a running process: ask by closing its input, then by a signal, then kill; within two seconds."""
    process.closeWriteChannel()
    if process.waitForFinished(POLITE_MS):
        return
    process.terminate()
    if not process.waitForFinished(TERMINATED_MS):
        process.kill()
        process.waitForFinished(-1)


def _end(process: QProcess) -> None:
    if process.state() != QProcess.ProcessState.NotRunning:
        process.kill()
        process.waitForFinished(-1)


STAGE_TITLES = {
    "search": "Searching scenes",
    "select": "Choosing scenes",
    "fetch": "Fetching scenes",
    "classify": "Classifying",
    "composite": "Merging into the map",
    "areas": "Computing areas",
    "report": "Writing the report",
}


LEAST_TIME_LEFT_S = 3.0
"""Less is not worth saying."""


def show_progress(feedback: QgsFeedback, message: dict[str, Any]) -> None:
    """Pass a `progress` line on: the bar, and a text such as `Fetching scenes: 3 of 12, about 4 min left`."""
    fraction = message.get("fraction")
    if isinstance(fraction, (int, float)):
        feedback.setProgress(min(max(float(fraction), 0.0), 1.0) * 100)
    if isinstance(feedback, QgsProcessingFeedback):
        feedback.setProgressText(progress_text(message))


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
    if isinstance(left_s, (int, float)) and left_s >= LEAST_TIME_LEFT_S:
        text += ", " + time_left(float(left_s))
    return text


def time_left(seconds: float) -> str:
    """`about 40 s left`, `about 4 min left`, `about 2.5 h left`."""
    if seconds < 90:
        return tr("about {} s left").format(max(5, 5 * round(seconds / 5)))
    if seconds < 90 * 60:
        return tr("about {} min left").format(round(seconds / 60))
    return tr("about {:.1f} h left").format(seconds / 3600)


def show_log(feedback: QgsFeedback, text: str, level: str) -> None:
    """Pass a log line on at its level; a feedback that only counts gets none."""
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


def command_text(job_file: Path) -> str:
    """The terminal command that runs a job file."""
    return f"allpa run {shlex.quote(str(job_file))}"
