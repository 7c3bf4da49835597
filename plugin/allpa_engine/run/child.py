"""The engine's process: what it writes for its parent or for people, and how it stops when it is cancelled.

A run that is cancelled ends within two seconds: the next report of progress raises `Cancelled`, and where no report
comes in time (a long read, a large chip) the process ends itself after removing what it was writing aside.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import TextIO

from ..core.atomic import remove_temporary_files
from ..core.errors import Cancelled
from ..core.messages import format_digits, message, messages_to_json, translatable, translate
from ..core.protocol import format_error, format_line
from ..core.stages import STAGE_TITLES

STAGE_WEIGHTS = {
    "search": 2.0,
    "select": 1.0,
    "fetch": 35.0,
    "classify": 45.0,
    "elevation": 1.0,
    "composite": 10.0,
    "tiles": 90.0,
    "areas": 3.0,
    "report": 4.0,
    "change": 1.0,
    "accuracy_sample": 1.0,
    "accuracy_import": 1.0,
    "accuracy": 1.0,
    "accuracy_more_points": 1.0,
    "training_data": 1.0,
    "tile_quality": 1.0,
    "terrain": 2.0,
    "train_network": 1.0,
    "export_model": 1.0,
    "explain_model": 1.0,
    "quick_looks": 1.0,
}
"""Typical share of each stage in the main job's time, percent; only the progress bar depends on it."""
_LEVELS = {"warning": translatable("WARNING"), "error": translatable("ERROR")}
HEARTBEAT_S = 5.0
CANCEL_GRACE_S = 1.2
"""Seconds that a cancelled run has to end by itself."""
EXIT_FAILED = 1


class ProgressEstimator:
    """Turns stages into one fraction and a time left.

    Parameters
    ----------
    stages : names of the job's stages; one that `STAGE_WEIGHTS` does not have weighs 1. The time is counted from
        here on.

    """

    def __init__(self, stages: tuple[str, ...]) -> None:
        weights = {stage: STAGE_WEIGHTS.get(stage, 1.0) for stage in stages}
        self._weight = {stage: weight / sum(weights.values()) for stage, weight in weights.items()}
        self._done = dict.fromkeys(stages, 0.0)
        self._started = time.monotonic()

    def update(self, stage: str, done: float, total: float) -> tuple[float, float | None]:
        """Take in that a part of a stage is finished.

        Parameters
        ----------
        stage : its name; a stage that the job does not have changes nothing.
        done, total : how much of it is finished, and all of it, in any unit. A `total` of 0 counts as finished; the
            share of a stage never falls.

        Returns
        -------
        The whole job's fraction (0 to 1) and the seconds left, None while too little is done to estimate them.

        """
        if stage in self._done:
            self._done[stage] = max(self._done[stage], min(done / total, 1.0) if total else 1.0)
        fraction = sum(self._weight[name] * part for name, part in self._done.items())
        elapsed = time.monotonic() - self._started
        if fraction < 0.03 or elapsed < 2:
            return fraction, None
        return fraction, elapsed * (1 - fraction) / fraction


class LineWriter:
    """Writes whole lines to a stream, from any thread.

    What the stream's encoding lacks is written as an escape. A stream that is closed, or that is not read any more,
    loses the lines: the run goes on, and its files do not depend on who listens.

    Parameters
    ----------
    stream : where the lines go; None loses them.
    lock : of the stream, where several writers share it.

    """

    def __init__(self, stream: TextIO | None, lock: threading.Lock | None = None) -> None:
        self._stream = stream
        self._lock = lock or threading.Lock()
        self._ended = threading.Event()

    @property
    def is_terminal(self) -> bool:
        """Whether the stream is a terminal."""
        try:
            return self._stream is not None and self._stream.isatty()
        except ValueError:  # closed
            return False

    def write(self, text: str, end: str = "\n") -> None:
        """Write a line at once.

        Parameters
        ----------
        text : the line without its end.
        end : what follows it; empty stays on the line.

        """
        with self._lock:
            self._write(f"{text}{end}")

    def write_last(self, text: str) -> None:
        """Write the last line: what other threads write afterwards is lost."""
        with self._lock:
            self._write(f"{text}\n")
            self._stream = None
        self._ended.set()

    def wait_for_last(self, timeout_s: float) -> bool:
        """Wait for the last line; gives whether it was written."""
        return self._ended.wait(timeout_s)

    def _write(self, text: str) -> None:
        if self._stream is None:
            return
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        try:
            self._stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
            self._stream.flush()
        except (OSError, ValueError):
            self._discard_stream()

    def _discard_stream(self) -> None:
        """Lead the stream nowhere: what its buffer still holds would make Python's own exit fail."""
        with suppress(OSError, ValueError, AttributeError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())  # type: ignore[union-attr]
            os.close(nowhere)
        self._stream = None


class _ProcessReporter:
    """What the reporters have in common: they stop a cancelled run, and know how much of it is done."""

    def __init__(self, out: LineWriter, stages: tuple[str, ...], cancelled: threading.Event) -> None:
        self._out = out
        self._progress = ProgressEstimator(stages)
        self._cancelled = cancelled

    def _advance(self, stage: str, done: float, total: float) -> tuple[float, float | None]:
        if self._cancelled.is_set():
            raise Cancelled(message("The job was cancelled."))
        return self._progress.update(stage, done, total)


class JsonLinesReporter(_ProcessReporter):
    """Writes protocol lines; safe to call from several threads; raises Cancelled when the run was cancelled.

    Parameters
    ----------
    out : where the lines go.
    stages : names of the job's stages, for the fraction of the whole.
    cancelled : is set when the run must stop; `progress` then raises Cancelled.

    """

    def progress(self, stage: str, done: float, total: float) -> None:
        """Write a `progress` line, with the whole job's fraction and the seconds left.

        Parameters
        ----------
        stage, done, total : as in `Reporter.progress`.

        Raises
        ------
        Cancelled : where the run was cancelled.

        """
        fraction, eta_s = self._advance(stage, done, total)
        left = None if eta_s is None else round(eta_s, 1)
        self._out.write(
            format_line("progress", stage=stage, done=done, total=total, fraction=round(fraction, 4), eta_s=left)
        )

    def log(self, text: str, level: str = "info") -> None:
        """Write a `log` line.

        Parameters
        ----------
        text, level : as in `Reporter.log`.

        """
        messages = messages_to_json([text])
        self._out.write(format_line("log", level=level, text=text, **({"messages": messages} if messages else {})))


class TextReporter(_ProcessReporter):
    """Writes for people in a terminal: logs as lines, progress as one line that is rewritten where that works.

    Parameters
    ----------
    out : where the text goes.
    stages : names of the job's stages, for the fraction of the whole.
    cancelled : is set when the run must stop; `progress` then raises Cancelled.
    language : of the text, `es` or any other for English.

    """

    def __init__(
        self, out: LineWriter, stages: tuple[str, ...], cancelled: threading.Event, language: str = "en"
    ) -> None:
        super().__init__(out, stages, cancelled)
        self._width, self._language = 0, language

    def progress(self, stage: str, done: float, total: float) -> None:
        """Rewrite the progress line.

        Parameters
        ----------
        stage, done, total : as in `Reporter.progress`.

        Raises
        ------
        Cancelled : where the run was cancelled.

        """
        fraction, eta_s = self._advance(stage, done, total)
        key, _, detail = stage.partition(" ")
        title = translate(STAGE_TITLES.get(key, key), self._language) + (f" {detail}" if detail else "")
        amount = "/".join(format_digits(value, 6, self._language) for value in (done, total))
        left = "" if eta_s is None else message(", about {seconds:,.0f} s left", seconds=eta_s)
        self._rewrite(f"{fraction:4.0%} {title} {amount}{translate(left, self._language)}")

    def log(self, text: str, level: str = "info") -> None:
        """Write a line; warnings and errors begin with their level.

        Parameters
        ----------
        text, level : as in `Reporter.log`.

        """
        self._rewrite("")
        title = f"{translate(_LEVELS.get(level, level.upper()), self._language)}: " if level != "info" else ""
        self._out.write(title + translate(text, self._language))

    def _rewrite(self, text: str) -> None:
        if self._out.is_terminal:
            self._out.write("\r" + text.ljust(self._width) + ("\r" if not text else ""), end="")
            self._width = len(text)


def open_standard_streams() -> bool:
    """Make sure that the numbers 0, 1 and 2 are taken: in a process without them, files of the run would get them.

    Returns
    -------
    Whether there was a standard input.

    """
    has_input = True
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
            has_input = has_input and number != 0
    return has_input


def reserve_stdout() -> TextIO:
    """Take standard output away from the libraries: what they print goes to standard error from here on."""
    lines = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return lines


def start_heartbeat(out: LineWriter) -> None:
    """Write a heartbeat every few seconds until the last line, so that the parent knows that the child is alive."""

    def run() -> None:
        while not out.wait_for_last(HEARTBEAT_S):
            out.write(format_line("heartbeat", time_s=round(time.monotonic(), 1)))

    threading.Thread(target=run, name="heartbeat", daemon=True).start()


def listen_for_cancel(
    cancelled: threading.Event, *, stdin: bool, error_lines: LineWriter | None = None
) -> Callable[[], None]:
    """Set an event on SIGTERM, on SIGINT, and where the parent closes standard input; then end the process.

    The process has `CANCEL_GRACE_S` to end by itself. After that it ends without waiting for its threads; temporary
    files are removed.

    Parameters
    ----------
    cancelled : the event that is set.
    stdin : whether the end of standard input counts too.
    error_lines : gets the `error` line of a cancelled run before the process ends so; None writes none.

    Returns
    -------
    Cancels the run as a signal does.

    """

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        start()

    def start() -> None:
        if not cancelled.is_set():
            cancelled.set()
            threading.Thread(target=end, name="cancel", daemon=True).start()

    def end() -> None:
        time.sleep(CANCEL_GRACE_S)
        remove_temporary_files()
        if error_lines is not None:
            error_lines.write_last(format_error(Cancelled(message("The job was cancelled."))))
        os._exit(EXIT_FAILED)

    def watch_stdin() -> None:
        # not sys.stdin.read(): Python aborts at exit while another thread holds that object's lock
        while os.read(0, 4096):
            pass
        start()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    if stdin:
        threading.Thread(target=watch_stdin, name="stdin", daemon=True).start()
    return start
