"""A process that runs the jobs of one QGIS session one after another: what was imported and loaded stays at hand.

The parent writes one JSON object per line to standard input: `{"type": "job", "number": 1, "arguments": ["run", PATH],
"variables": {}}`, and `{"type": "cancel", "number": 1}`. Each job answers with the lines of `core.protocol`, from
`start` to `result` or `error`. The end of standard input cancels all and ends the process.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from ..core.atomic import remove_temporary_files
from ..core.errors import Cancelled
from ..core.messages import message
from ..core.protocol import format_error
from .child import CANCEL_GRACE_S, EXIT_FAILED, LineWriter

MAX_JOBS = 200
"""After so many jobs the process ends, so that what libraries keep does not add up; the next job starts a new one."""
MAX_RESIDENT_BYTES = 2_500_000_000
"""A process that holds more memory than this after a job ends."""
REST_AFTER_S = 2.0
"""Without a job for so long, a process gives memory back that it does not use."""
MAX_LINE_BYTES = 1_000_000
THREADS_END_S = 2.0
"""Time that the threads of a finished job have to end; a process in which one stays runs no other job."""

POOL_NAME = "ThreadPoolExecutor-"
"""What Python calls the threads of a pool without a name."""
_CANCEL_NAME = "allpa-cancel"

RunCommand = Callable[[list[str], LineWriter, threading.Event], int]
"""Runs a command of the engine and writes its lines, the last one too."""


@dataclass
class ServedJob:
    """A job that the parent sent."""

    number: int
    arguments: list[str]
    variables: dict[str, str] = field(repr=False)
    """Environment variables of this job alone, such as keys."""
    out: LineWriter
    has_begun: bool = False
    cancelled: threading.Event = field(default_factory=threading.Event)
    is_done: threading.Event = field(default_factory=threading.Event)


class JobInput:
    """The jobs and cancels that come by standard input.

    Parameters
    ----------
    lines : the stream of the answers.

    """

    def __init__(self, lines: TextIO) -> None:
        self._lines, self._lock = lines, threading.Lock()
        self._waiting: queue.Queue[ServedJob | None] = queue.Queue()
        self._jobs: dict[int, ServedJob] = {}

    def listen(self) -> None:
        """Read standard input in a thread; SIGTERM and SIGINT end the process as the end of the input does."""
        signal.signal(signal.SIGTERM, lambda *_: self._end())
        signal.signal(signal.SIGINT, lambda *_: self._end())
        threading.Thread(target=self._read, name="stdin", daemon=True).start()

    def next_job(self, idle_s: float) -> ServedJob | None:
        """The next job; None where none came for `idle_s` seconds, or the input ended.

        Memory is given back where none comes soon: between the rows of a batch that would only take time.
        """
        soon_s = min(idle_s, REST_AFTER_S)
        try:
            return self._waiting.get(timeout=soon_s)
        except queue.Empty:
            _release_memory()
        try:
            return self._waiting.get(timeout=idle_s - soon_s)
        except queue.Empty:
            return None

    def finish(self, job: ServedJob) -> None:
        """Note that a job has ended."""
        job.is_done.set()
        self._jobs.pop(job.number, None)

    def _read(self) -> None:
        rest = b""
        # not sys.stdin: Python aborts at exit while another thread holds that object's lock
        while chunk := os.read(0, 1 << 16):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._take(line)
            if len(rest) > MAX_LINE_BYTES:
                break
        self._end()

    def _take(self, line: bytes) -> None:
        """Take in a line; one that cannot be read is left out."""
        try:
            values = json.loads(line)
            number = int(values["number"])
            if values["type"] == "cancel":
                self._cancel(number)
            elif values["type"] == "job":
                arguments = [str(argument) for argument in values["arguments"]]
                variables = {str(name): str(value) for name, value in values["variables"].items()}
                job = ServedJob(number, arguments, variables, LineWriter(self._lines, self._lock))
                self._jobs[number] = job
                self._waiting.put(job)
        except (ValueError, KeyError, TypeError, AttributeError):
            return

    def _cancel(self, number: int) -> None:
        job = self._jobs.get(number)  # none: it has just ended
        if job is not None and not job.cancelled.is_set():
            job.cancelled.set()
            if job.has_begun:  # one that still waits is answered in its turn, and costs the job before it nothing
                threading.Thread(target=_end_if_it_goes_on, args=(job,), name=_CANCEL_NAME, daemon=True).start()

    def _end(self) -> None:
        """Cancel what runs and what waits, and end the process soon."""
        for job in list(self._jobs.values()):
            self._cancel(job.number)
        self._waiting.put(None)
        threading.Thread(target=_end_process, name="end", daemon=True).start()


def _end_if_it_goes_on(job: ServedJob) -> None:
    """End the process where a cancelled job does not end by itself."""
    if not job.is_done.wait(CANCEL_GRACE_S):
        remove_temporary_files()
        job.out.write_last(format_error(Cancelled(message("The job was cancelled."))))
        os._exit(EXIT_FAILED)


def _end_process() -> None:
    time.sleep(2 * CANCEL_GRACE_S)
    remove_temporary_files()
    os._exit(EXIT_FAILED)


def serve(run_command: RunCommand, lines: TextIO, idle_s: float) -> int:
    """Run the jobs that come by standard input until it ends, or no job comes for a while.

    Parameters
    ----------
    run_command : runs one job; explained errors and unexpected ones are among its lines.
    lines : the stream of the answers; nothing else may write to it.
    idle_s : seconds without a job after which the process ends.

    Returns
    -------
    The exit code, 0.

    """
    jobs = JobInput(lines)
    jobs.listen()
    threads = _PyTorchThreads()
    for _ in range(MAX_JOBS):
        job = jobs.next_job(idle_s)
        if job is None:
            break
        before = set(threading.enumerate())
        with _job_variables(job.variables):
            threads.restore(job.arguments)
            _run(job, run_command)
        jobs.finish(job)
        if not _have_ended(set(threading.enumerate()) - before) or _holds_too_much():
            break
    return 0


def _holds_too_much() -> bool:
    """Whether the process holds too much memory, after what nothing uses was given back."""
    if _resident_bytes() <= MAX_RESIDENT_BYTES:
        return False
    _release_memory()
    return _resident_bytes() > MAX_RESIDENT_BYTES


def _run(job: ServedJob, run_command: RunCommand) -> None:
    job.has_begun = True
    if job.cancelled.is_set():
        job.out.write_last(format_error(Cancelled(message("The job was cancelled."))))
    else:
        run_command(job.arguments, job.out, job.cancelled)


@contextmanager
def _job_variables(variables: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for the time of a job; afterwards those before stand again."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


class _PyTorchThreads:
    """PyTorch's own number of threads, which a job may change for the whole process."""

    def __init__(self) -> None:
        self._count: int | None = None

    def restore(self, arguments: list[str]) -> None:
        """Set it again before the next job.

        Parameters
        ----------
        arguments : of the job. One that sets the threads is the reason to ask PyTorch before.

        """
        if "torch" not in sys.modules and not _sets_threads(arguments):
            return
        try:
            import torch
        except ImportError:  # the job says so itself
            return
        if self._count is None:
            self._count = torch.get_num_threads()
        torch.set_num_threads(self._count)


def _sets_threads(arguments: list[str]) -> bool:
    """Whether a job file names threads; one that cannot be read is refused later, with the reason."""
    try:
        job: Any = json.loads(Path(arguments[-1]).read_text(encoding="utf-8"))
        return bool(job["threads"])
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return False


def _release_memory() -> None:
    """Give memory that nothing uses back to the system, which other programs need while the process is idle."""
    gc.collect()
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # other C libraries have no such function
            ctypes.CDLL(None).malloc_trim(0)


def _have_ended(threads: set[threading.Thread]) -> bool:
    """Whether threads end soon, so that nothing of a job goes on in the next one.

    Pools that libraries keep do not count: those of the engine's own steps have ended with their step. Nor does the
    thread that watches a cancelled job, which ends with it.
    """
    threads = {thread for thread in threads if not thread.name.startswith((POOL_NAME, _CANCEL_NAME))}
    deadline = time.monotonic() + THREADS_END_S
    for thread in threads:
        with suppress(RuntimeError):  # one that is just being started cannot be joined
            thread.join(max(0.0, deadline - time.monotonic()))
    return not any(thread.is_alive() or thread.ident is None for thread in threads)


def _resident_bytes() -> int:
    """Memory that this process holds, bytes; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError, AttributeError):
        return 0
