"""The side of a cluster's worker: processes of `tile_child.py` that are started, kept for the next tile, and ended."""

from __future__ import annotations

import json
import os
import queue
import subprocess  # nosec B404 - it starts this engine once more
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..core.errors import Cancelled, OutOfMemory, WorkerCrashed
from ..core.messages import message, message_from_json
from ..core.protocol import parse_line
from .tile_tasks import TileResult, TileTask

OnLine = Callable[[dict[str, Any]], None]
"""Hears of the lines `progress` and `log` of a tile."""
IsWanted = Callable[[], bool]
_POLL_S = 0.25
_CANCEL_S = 3.0
"""Longest time for a process to end by itself after its cancel."""
_PACKAGE_ROOT = str(Path(__file__).resolve().parents[2])
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
"""Dask sets them to 1 in its workers, since it reckons with many tasks at once."""


class TileProcess:
    """One process that makes one tile after another.

    Parameters
    ----------
    threads : how many CPU threads its libraries take; 0 takes all.

    """

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self._process = subprocess.Popen(  # nosec B603 - this engine's own program
            [sys.executable, "-u", "-m", "allpa_engine.run.tile_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(threads),
        )
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, name="tile lines", daemon=True).start()

    def run(self, task: TileTask, on_line: OnLine, is_wanted: IsWanted) -> TileResult:
        """Make a tile.

        Parameters
        ----------
        task : the tile.
        on_line : hears of its progress and log.
        is_wanted : is asked several times a second; where it says no, the process is ended.

        Returns
        -------
        The tile's result; one that the engine could not make is failed, with the reason.

        Raises
        ------
        Cancelled : where the tile is not wanted any more.

        """
        try:
            assert self._process.stdin is not None  # noqa: S101  # nosec B101 - a pipe, for mypy
            self._process.stdin.write(json.dumps(asdict(task)).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            return self._ended(task)
        while True:
            if not is_wanted():
                self.close()
                raise Cancelled(message("The job was cancelled."))
            try:
                line = self._lines.get(timeout=_POLL_S)
            except queue.Empty:
                continue
            if line is None:
                return self._ended(task)
            values = parse_line(line.decode("utf-8", "replace")) or {}
            kind = values.get("type")
            if kind == "result":
                return TileResult(**values["values"])
            if kind == "error":
                if values.get("code") == Cancelled.code:  # by a signal that the process itself got
                    raise Cancelled(message("The job was cancelled."))
                return TileResult(task.tile, "failed", _error_text(values))
            if kind in ("progress", "log"):
                on_line(values)

    @property
    def is_alive(self) -> bool:
        """Whether it can take another tile."""
        return self._process.poll() is None

    def close(self) -> None:
        """Cancel what it does and end it."""
        with suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        try:
            self._process.wait(_CANCEL_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self._lines.put(line)
        self._lines.put(None)

    def _ended(self, task: TileTask) -> TileResult:
        code = self._process.wait()
        error = OutOfMemory if code == -9 else WorkerCrashed  # what the system kills is killed for its memory
        text = error(
            message("The engine's process ended without a result."),
            message("Its exit code is {code}.", code=code),
        )
        return TileResult(task.tile, "failed", str(text))


class TileProcesses:
    """The processes of one worker that wait for their next tile."""

    def __init__(self) -> None:
        self._idle: list[TileProcess] = []
        self._lock = threading.Lock()

    def run(self, task: TileTask, on_line: OnLine, is_wanted: IsWanted) -> TileResult:
        """Make a tile in a process that waits, or in a new one; see `TileProcess.run`."""
        process = self._take(task.threads)
        try:
            result = process.run(task, on_line, is_wanted)
        except BaseException:
            process.close()
            raise
        if process.is_alive:
            with self._lock:
                self._idle.append(process)
        return result

    def _take(self, threads: int) -> TileProcess:
        with self._lock:
            for process in self._idle:
                if process.threads == threads and process.is_alive:
                    self._idle.remove(process)
                    return process
        return TileProcess(threads)

    def close(self) -> None:
        """End those that wait."""
        with self._lock:
            waiting, self._idle = self._idle, []
        for process in waiting:
            process.close()


def _environment(threads: int) -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if name not in _THREAD_VARIABLES}
    if threads:
        environment |= dict.fromkeys(_THREAD_VARIABLES, str(threads))
    path = [_PACKAGE_ROOT, *filter(None, [environment.get("PYTHONPATH")])]
    return {**environment, "PYTHONPATH": os.pathsep.join(path)}


def _error_text(values: dict[str, Any]) -> str:
    messages = values.get("messages")
    parts = (str(values.get(key) or "") for key in ("what", "why", "next_step"))
    return " ".join(message_from_json(part, messages if isinstance(messages, dict) else {}) for part in parts if part)
