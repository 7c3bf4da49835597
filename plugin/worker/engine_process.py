"""A process of the engine, and those that wait for the next job.

`QProcess` belongs to one thread, and the jobs of QGIS run in threads of their own; so a process that serves several of
them is one of Python's `subprocess`, read by two threads.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess  # nosec B404 - it starts the engine that the user installed or chose
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from .. import settings
from .environment import ENGINE_HOME, current_child_variables

ANSWER_TIMEOUT_S = 1.3
"""After a cancel, the time the engine has to end the job by itself."""
TERMINATE_TIMEOUT_S = 0.4
"""After the signal to end, the time before the process is killed."""
OUTPUT, NOISE = "output", "noise"
"""Where a chunk comes from: standard output, or standard error."""
_CHUNK_BYTES = 1 << 16
_MAX_CHUNKS = 64
_POLL_S = 0.2
_ENDS_BY_ITSELF_S = 5.0
_NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0)


class EngineProcess:
    """A running engine: its input, what it writes, and its end.

    Parameters
    ----------
    python : the interpreter of the engine's environment.
    arguments : of the command line, such as `["status"]`.
    variables : the environment.

    Raises
    ------
    OSError : where it cannot be started.

    """

    def __init__(self, python: Path, arguments: list[str], variables: Mapping[str, str]) -> None:
        self.chunks: queue.Queue[tuple[str, bytes]] = queue.Queue(_MAX_CHUNKS)
        """What was written, with its source; an empty chunk is the end of a source."""
        self._given_up = threading.Event()
        self._jobs = 0
        command = [str(python), "-u", "-s", "-m", "allpa_engine", *arguments, "--lines"]
        self._process = subprocess.Popen(  # noqa: S603  # nosec B603 - the user's own engine
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(variables),
            cwd=str(ENGINE_HOME),
            creationflags=_NO_WINDOW,
        )
        for source, stream in ((OUTPUT, self._process.stdout), (NOISE, self._process.stderr)):
            threading.Thread(target=self._read, args=(source, stream), name="allpa-engine", daemon=True).start()

    @property
    def exit_code(self) -> int | None:
        """None while it runs; -9 for signal 9."""
        return self._process.poll()

    @property
    def has_served(self) -> bool:
        """Whether it was sent a job before the present one."""
        return self._jobs > 1

    def send_job(self, arguments: list[str], variables: Mapping[str, str]) -> None:
        """Send a job; where the process has ended, its exit code says so.

        Parameters
        ----------
        arguments : of the engine's command line.
        variables : environment variables of this job alone, such as keys; they go through the pipe only.

        """
        self._jobs += 1
        self._send({"type": "job", "number": self._jobs, "arguments": arguments, "variables": dict(variables)})

    def cancel_job(self) -> None:
        """Ask the present job to end."""
        self._send({"type": "cancel", "number": self._jobs})

    def wait(self, timeout_s: float) -> bool:
        """Wait for the end of the process; gives whether it came."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout_s)
        return self.exit_code is not None

    def stop(self, ends_within_s: float = 0.0) -> None:
        """End it: close its input and wait a while, then send the signal to end, then kill.

        Parameters
        ----------
        ends_within_s : how long it may take to end by itself.

        """
        self._given_up.set()
        self._close_input()
        if ends_within_s and self.wait(ends_within_s):
            return
        with suppress(OSError):
            self._process.terminate()
        if not self.wait(TERMINATE_TIMEOUT_S):
            self._process.kill()
            self._process.wait()

    def release(self) -> threading.Thread:
        """Close its input and let it end by itself, for a short while; gives the thread that waits for that."""
        self._given_up.set()
        self._close_input()
        ending = threading.Thread(target=self.stop, args=(_ENDS_BY_ITSELF_S,), name="allpa-engine-end", daemon=True)
        ending.start()
        return ending

    def drop_output(self) -> None:
        """Forget what was written and not read."""
        with suppress(queue.Empty):
            while True:
                self.chunks.get_nowait()

    def _send(self, values: dict[str, Any]) -> None:
        stream = self._process.stdin
        if stream is not None:
            with suppress(OSError, ValueError):  # it has ended
                stream.write(json.dumps(values).encode() + b"\n")
                stream.flush()

    def _close_input(self) -> None:
        if self._process.stdin is not None:
            with suppress(OSError, ValueError):
                self._process.stdin.close()

    def _read(self, source: str, stream: IO[bytes]) -> None:
        with stream:
            while chunk := os.read(stream.fileno(), _CHUNK_BYTES):
                self._put(source, chunk)
        self._put(source, b"")

    def _put(self, source: str, chunk: bytes) -> None:
        """Hand a chunk on; the engine waits where it writes faster than is read."""
        while not self._given_up.is_set():
            with suppress(queue.Full):
                self.chunks.put((source, chunk), timeout=_POLL_S)
                return


def is_kill(exit_code: int) -> bool:
    """Whether an exit code is that of signal 9, by which systems end processes where memory runs out."""
    return exit_code in (-9, 128 + 9, 256 - 9)


def signal_name(exit_code: int) -> str:
    """The signal that ended a process, or that its shell reports; empty where none did."""
    number = -exit_code if exit_code < 0 else exit_code - 128 if 128 < exit_code < 160 else 0
    try:
        return signal.Signals(number).name if number else ""
    except ValueError:
        return ""


class WaitingEngine:
    """The engine's process that waits for the next job of this QGIS: one at most, the one used last.

    A job takes it where interpreter and environment are the same as before, else it starts a new one. Two jobs at once
    have a process each. It ends by itself after some minutes without a job, and with QGIS.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: EngineProcess | None = None
        self._key: tuple[object, ...] = ()
        self._endings: list[threading.Thread] = []
        self._keeps_none = False

    def take(self, python: Path) -> tuple[EngineProcess, tuple[object, ...]]:
        """A process that serves jobs, and the key under which it is given back.

        Parameters
        ----------
        python : the interpreter of the engine's environment.

        Raises
        ------
        OSError : where it cannot be started.

        """
        variables = current_child_variables()
        key = (str(python), idle_seconds(), tuple(sorted(variables.items())))
        with self._lock:
            self._keeps_none = False
            waiting, waiting_key, self._process = self._process, self._key, None
        if waiting is not None and waiting_key == key and waiting.exit_code is None:
            waiting.drop_output()
            return waiting, key
        self._release(waiting)
        return EngineProcess(python, ["serve", "--idle-s", str(idle_seconds())], variables), key

    def give_back(self, process: EngineProcess, key: tuple[object, ...]) -> None:
        """Keep a process for the next job; an earlier one that waits ends. After `close` the process itself ends."""
        with self._lock:
            if self._keeps_none:
                earlier: EngineProcess | None = process
            else:
                earlier, self._process, self._key = self._process, process, key
        self._release(earlier)

    def close(self) -> None:
        """The plugin goes: end what waits, and a job's process when its job has ended, for it will not be used."""
        with self._lock:
            self._keeps_none = True
        self.end()

    def end(self) -> None:
        """End the process that waits, and those that are ending, before their engine is changed or the plugin goes."""
        with self._lock:
            waiting, self._process = self._process, None
            endings, self._endings = self._endings, []
        if waiting is not None:
            waiting.stop(ANSWER_TIMEOUT_S)
        for ending in endings:
            ending.join()

    def _release(self, process: EngineProcess | None) -> None:
        if process is not None:
            with self._lock:
                self._endings = [*filter(threading.Thread.is_alive, self._endings), process.release()]


def idle_seconds() -> int:
    """How long an engine waits for the next job; 0 where each job has a process of its own."""
    return 60 * max(0, settings.ENGINE_IDLE_MINUTES.value())


WAITING_ENGINE = WaitingEngine()
