"""The engine's process: what it tells its parent, and how it stops when it is told to.

A run that is cancelled ends within two seconds: the next report of progress raises `Cancelled`, and where no report
comes in time (a long read, a large chip) the process ends itself after removing what it was writing aside.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from types import FrameType
from typing import TextIO

from ..core.atomic import remove_temporary_files
from ..core.errors import Cancelled
from ..core.protocol import format_error, format_line

STAGE_WEIGHTS = {
    "search": 2.0,
    "select": 1.0,
    "fetch": 35.0,
    "classify": 45.0,
    "composite": 10.0,
    "areas": 3.0,
    "report": 4.0,
    "change": 1.0,
}
"""Usual share of each stage in the main job's time, percent; only the progress bar depends on it."""
HEARTBEAT_S = 5.0
CANCEL_GRACE_S = 1.2
"""Time that a cancelled run has to end by itself."""
EXIT_FAILED = 1


class ProgressEstimator:
    """Turns stages into one fraction and a time left."""

    def __init__(self, stages: tuple[str, ...]) -> None:
        total = sum(STAGE_WEIGHTS[stage] for stage in stages)
        self._weight = {stage: STAGE_WEIGHTS[stage] / total for stage in stages}
        self._done = dict.fromkeys(stages, 0.0)
        self._started = time.monotonic()

    def update(self, stage: str, done: float, total: float) -> tuple[float, float | None]:
        """The whole job's fraction (0 to 1) and the seconds left, None while too little is done to tell."""
        if stage in self._done:
            self._done[stage] = max(self._done[stage], min(done / total, 1.0) if total else 1.0)
        fraction = sum(self._weight[each] * part for each, part in self._done.items())
        elapsed = time.monotonic() - self._started
        if fraction < 0.03 or elapsed < 2:
            return fraction, None
        return fraction, elapsed * (1 - fraction) / fraction


class JsonLinesReporter:
    """Writes protocol lines; safe to call from several threads; raises Cancelled when the run was cancelled."""

    def __init__(self, out: TextIO, stages: tuple[str, ...], cancelled: threading.Event) -> None:
        self._out = out
        self._progress = ProgressEstimator(stages)
        self._cancelled = cancelled
        self._lock = threading.Lock()

    def write(self, line: str) -> None:
        """One line, whole, at once."""
        with self._lock:
            self._out.write(line + "\n")
            self._out.flush()

    def progress(self, stage: str, done: float, total: float) -> None:
        """Write a `progress` line."""
        if self._cancelled.is_set():
            raise Cancelled("The job was cancelled.")
        fraction, eta_s = self._progress.update(stage, done, total)
        left = None if eta_s is None else round(eta_s, 1)
        self.write(
            format_line("progress", stage=stage, done=done, total=total, fraction=round(fraction, 4), eta_s=left)
        )

    def log(self, text: str, level: str = "info") -> None:
        """Write a `log` line."""
        self.write(format_line("log", level=level, text=text))


class TextReporter:
    """Writes for people in a terminal: logs as lines, progress as one line that is rewritten where that works."""

    def __init__(self, out: TextIO, stages: tuple[str, ...], cancelled: threading.Event) -> None:
        self._out = out
        self._progress = ProgressEstimator(stages)
        self._cancelled = cancelled
        self._lock = threading.Lock()
        self._width = 0

    def progress(self, stage: str, done: float, total: float) -> None:
        """Rewrite the progress line."""
        if self._cancelled.is_set():
            raise Cancelled("The job was cancelled.")
        fraction, eta_s = self._progress.update(stage, done, total)
        if not self._out.isatty():
            return
        left = "" if eta_s is None else f", about {eta_s:.0f} s left"
        self._rewrite(f"{fraction:4.0%} {stage} {done:g} of {total:g}{left}")

    def log(self, text: str, level: str = "info") -> None:
        """Write a line."""
        self._rewrite("")
        with self._lock:
            self._out.write(f"{'' if level == 'info' else level.upper() + ': '}{text}\n")
            self._out.flush()

    def _rewrite(self, text: str) -> None:
        if not self._out.isatty():
            return
        with self._lock:
            self._out.write("\r" + text.ljust(self._width) + ("\r" if not text else ""))
            self._out.flush()
            self._width = len(text)


def reserve_stdout() -> TextIO:
    """Take standard output away from the libraries: what they print goes to standard error from here on."""
    lines = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return lines


def start_heartbeat(reporter: JsonLinesReporter) -> None:
    """Write a heartbeat every few seconds from a thread of its own, so that the parent knows that the child lives."""

    def run() -> None:
        while True:
            time.sleep(HEARTBEAT_S)
            reporter.write(format_line("heartbeat", time_s=round(time.monotonic(), 1)))

    threading.Thread(target=run, name="heartbeat", daemon=True).start()


def listen_for_cancel(cancelled: threading.Event, *, stdin: bool, error_stream: TextIO | None = None) -> None:
    """Set `cancelled` on SIGTERM, on SIGINT, and (with `stdin`) when the parent closes standard input.

    The process then has `CANCEL_GRACE_S` to end by itself. After that `error_stream` gets the `error` line of a
    cancelled run (as protocol where given) and the process ends without waiting for its threads.
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
        if error_stream is not None:
            error_stream.write(format_error(Cancelled("The job was cancelled.")) + "\n")
            error_stream.flush()
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
