"""The engine's process, seen from QGIS: start it, follow its lines, stop it, and explain how it ended.

The thread that runs the algorithm follows the lines. `QgsBlockingProcess` is not used: with Python handlers it crashes
on QGIS 3.22.
"""

from __future__ import annotations

import queue
import re
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from qgis.core import QgsFeedback

from ..allpa_engine.core.errors import (
    AllpaError,
    Cancelled,
    EngineMissing,
    OutOfMemory,
    WorkerCrashed,
)
from ..allpa_engine.core.messages import message_from_json
from ..allpa_engine.core.protocol import parse_line
from ..shell_command import shell_command
from ..translation import engine_text, tr
from .dialog_events import keep_dialog_alive
from .engine_process import (
    ANSWER_TIMEOUT_S,
    NOISE,
    OUTPUT,
    WAITING_ENGINE,
    EngineProcess,
    idle_seconds,
    is_kill,
    signal_name,
)
from .environment import ENGINE_HOME, current_child_variables
from .progress import ProgressTexts, show_log

POLL_S = 0.2
NO_OUTPUT_TIMEOUT_S = 180.0
"""A running engine writes a line every few seconds; one without output for so long hangs."""
REST_TIMEOUT_S = 1.0
"""After a process has ended, the time without output after which no more is waited for."""
MAX_REST_S = 60.0
"""Time for all that a process wrote before its end; what it started may go on writing."""
EXIT_TIMEOUT_S = 15.0
"""Time that a process may take to end after its result."""
MAX_LINE_BYTES = 4_000_000
MAX_UNPARSED_LINES = 40
MAX_UNPARSED_LINE_BYTES = 8_000
MIN_SECRET_LENGTH = 8
"""Shorter values are no keys of a real store; replacing them would spoil the engine's texts."""

ERRORS_BY_CODE: dict[str, type[AllpaError]] = {cause.code: cause for cause in AllpaError.__subclasses__()}
_MISSING_MODULE = re.compile(r"(?:ModuleNotFoundError|ImportError|No module named).*")
_MAX_EXIT_CODE = 0x7FFFFFFF
"""Windows gives larger ones to processes that crashed."""
_Started = TypeVar("_Started")
CODES_THAT_LEAVE_THE_PROCESS = frozenset(
    cause.code for cause in AllpaError.__subclasses__() if cause not in (EngineMissing, OutOfMemory, WorkerCrashed)
)
"""Errors after which a process takes the next job; after others, also those of no known cause, it ends."""


class EngineWorker:
    """Runs one command of the engine and gives its result.

    A job is run by the process that the last one left waiting, where that suits; the status has its own process.

    Parameters
    ----------
    python : the interpreter of the engine's environment.
    feedback : gets progress, stage and log lines; its cancel ends the job within two seconds.
    no_output_timeout_s : seconds without a line after which the process counts as hung.
    variables : environment variables of this command alone (keys); their values are replaced by *** in its output.

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
        self._unparsed_lines: deque[str] = deque(maxlen=MAX_UNPARSED_LINES)
        self._begin()

    def _begin(self) -> None:
        self._parts = {OUTPUT: b"", NOISE: b""}
        self._ended_sources: set[str] = set()
        self._has_answered = False
        self._final_message: dict[str, Any] | None = None
        self._last_message_time = time.monotonic()
        self._progress = ProgressTexts()

    def run(self, arguments: list[str]) -> dict[str, Any]:
        """Run `python -m allpa_engine ARGUMENTS --lines`, or let a waiting process do it, and give its `result`.

        Raises
        ------
        EngineMissing : where the interpreter cannot be started or lacks a package.
        Cancelled : where the feedback was cancelled.
        OutOfMemory, WorkerCrashed : where the process ended without a result.
        AllpaError : of the class that the engine named.

        """
        if arguments[0] != "run" or not idle_seconds():
            variables = {**current_child_variables(), **self._variables}
            return self._follow_to_end(self._started(lambda: EngineProcess(self._python, arguments, variables)))
        while True:
            self._begin()
            process, key = self._started(lambda: WAITING_ENGINE.take(self._python))
            process.send_job(arguments, self._variables)
            is_kept = self._follow_job(process, key)
            if is_kept or self._has_answered or not process.has_served:
                return self._read_result(process)
            # else it ended just before this job came

    def _started(self, start: Callable[[], _Started]) -> _Started:
        """What starts a process.

        Raises
        ------
        EngineMissing : where the interpreter cannot be started.
        """
        try:
            return start()
        except OSError as error:
            raise EngineMissing(
                tr("The engine's Python cannot be started: {}.").format(self._python), str(error)
            ) from error

    @property
    def unparsed_output(self) -> str:
        """The last lines that were not of the protocol: what libraries printed, a traceback."""
        return "\n".join(self._unparsed_lines)

    def _follow_to_end(self, process: EngineProcess) -> dict[str, Any]:
        """Follow a process of one command, and wait for its end."""
        try:
            self._follow(process)
            if self._final_message is not None:
                process.wait(EXIT_TIMEOUT_S)
        finally:
            process.stop()
        return self._read_result(process)

    def _follow_job(self, process: EngineProcess, key: tuple[object, ...]) -> bool:
        """Follow a job of a process that serves several; gives whether the process waits for the next one."""
        keeps = False
        try:
            self._follow(process, serves=True)
            keeps = self._can_go_on() and process.exit_code is None
        except Cancelled:
            keeps = self._can_go_on() and process.exit_code is None
            raise
        finally:
            if keeps:
                WAITING_ENGINE.give_back(process, key)
            else:
                process.stop()
        return keeps

    def _can_go_on(self) -> bool:
        """Whether the last line is a result, a cancel or an explained error that leaves the process as it was."""
        if self._final_message is None:
            return False
        code = self._final_message.get("code")
        return self._final_message["type"] == "result" or code in CODES_THAT_LEAVE_THE_PROCESS

    def _follow(self, process: EngineProcess, *, serves: bool = False) -> None:
        """Read lines until the last one, or the end of the process."""
        while self._final_message is None:
            self._read_output(process)
            keep_dialog_alive()
            if self._final_message is None and self._feedback.isCanceled():
                self._cancel(process, serves)
                raise Cancelled(tr("The job was cancelled."))
            idle_s = time.monotonic() - self._last_message_time
            if idle_s > self._no_output_timeout_s:
                process.stop()
                raise WorkerCrashed(
                    tr("The engine stopped responding and was terminated."),
                    tr("No output for {} seconds.").format(round(idle_s)),
                )
            if process.exit_code is not None:
                self._read_rest(process)
                return

    def _cancel(self, process: EngineProcess, serves: bool) -> None:
        """Ask the job to end; a process that does not answer in time is ended."""
        if not serves:
            process.stop(ANSWER_TIMEOUT_S)
            return
        process.cancel_job()
        deadline = time.monotonic() + ANSWER_TIMEOUT_S
        while self._final_message is None and process.exit_code is None and time.monotonic() < deadline:
            self._read_output(process)

    def _read_rest(self, process: EngineProcess) -> None:
        """Read what a process wrote before its end; what it started may hold its output open."""
        last, deadline = time.monotonic() + MAX_REST_S, time.monotonic() + REST_TIMEOUT_S
        while len(self._ended_sources) < len(self._parts) and time.monotonic() < min(deadline, last):
            if self._read_output(process):
                deadline = time.monotonic() + REST_TIMEOUT_S
        self._handle_line(self._parts[OUTPUT])
        self._keep_unparsed(self._parts[NOISE])

    def _read_output(self, process: EngineProcess) -> bool:
        """Take in a chunk of output, waiting a moment for one; gives whether one came."""
        try:
            source, chunk = process.chunks.get(timeout=POLL_S)
        except queue.Empty:
            return False
        if not chunk:
            self._ended_sources.add(source)
        *lines, self._parts[source] = (self._parts[source] + chunk).split(b"\n")
        for line in lines:
            if source == NOISE:
                self._keep_unparsed(line)
            else:
                self._handle_line(line)
        if len(self._parts[source]) > MAX_LINE_BYTES:
            self._keep_unparsed(self._parts[source])
            self._parts[source] = b""
        return True

    def _handle_line(self, line: bytes) -> None:
        if not line.strip():
            return
        message = parse_line(self._redact_secrets(line.decode("utf-8", "replace")))
        if message is None:
            self._keep_unparsed(line)
            return
        self._last_message_time = time.monotonic()
        self._has_answered = True
        kind = message["type"]
        if kind in ("result", "error"):
            self._final_message = message
        elif kind == "progress":
            self._progress.show(self._feedback, message)
        elif kind == "log":
            text = message_from_json(str(message.get("text", "")), message.get("messages") or {})
            show_log(self._feedback, engine_text(text), str(message.get("level", "info")))

    def _keep_unparsed(self, line: bytes) -> None:
        text = self._redact_secrets(line.decode("utf-8", "replace"))[-MAX_UNPARSED_LINE_BYTES:].rstrip()
        if text:
            self._unparsed_lines.append(text)

    def _redact_secrets(self, text: str) -> str:
        for value in self._variables.values():
            if len(value) >= MIN_SECRET_LENGTH:
                text = text.replace(value, "***")
        return text

    def _read_result(self, process: EngineProcess) -> dict[str, Any]:
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

    def _exit_error(self, process: EngineProcess) -> AllpaError:
        if self.unparsed_output:
            show_log(self._feedback, self.unparsed_output, "debug")
        code = process.exit_code or 0
        if is_kill(code):
            return OutOfMemory(
                tr("The engine was killed before it finished (signal 9)."),
                tr("The system does this when memory runs out."),
            )
        missing = _MISSING_MODULE.search(self.unparsed_output)
        if missing:
            return EngineMissing(
                tr("The engine's Python lacks a package."), f"{missing.group(0).strip()} ({self._python})."
            )
        reason = _describe_exit(code)
        if self._unparsed_lines:
            reason += " " + tr("Last output: {}").format(self._unparsed_lines[-1])
        return WorkerCrashed(tr("The engine ended without a result."), reason)


def _describe_exit(code: int) -> str:
    name = signal_name(code)
    if name:
        return tr("It was terminated by {}.").format(name)
    if code < 0 or code > _MAX_EXIT_CODE:
        return tr("It crashed with code {}.").format(code)
    return tr("Its exit code was {}.").format(code)


def terminal_command(python: Path, job_file: Path, shell: str = "") -> str:
    """The command that runs a job file by an engine's Python, for a terminal; it needs no console script.

    Parameters
    ----------
    python : the interpreter of the engine's environment.
    job_file : the job, a JSON file.
    shell : `bash`, `powershell` or `cmd`; by default that of the system.

    Returns
    -------
    One line, quoted for the shell.

    """
    words = [str(python), "-m", "allpa_engine", "run", str(job_file)]
    return shell_command(words, {"PYTHONPATH": str(ENGINE_HOME)}, shell)
