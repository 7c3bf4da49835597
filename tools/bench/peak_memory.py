"""Memory and time of a piece of work, for the measurements in this folder."""

import multiprocessing
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Cost:
    """What a piece of work took in a process of its own."""

    wall_s: float
    processor_s: float
    """Of all its threads."""
    before_mb: float
    """Peak resident memory before the work, with all that it imports: the framework."""
    peak_mb: float
    """Peak resident memory at its end."""
    result: Any

    @property
    def added_mb(self):
        """Memory beside the framework."""
        return self.peak_mb - self.before_mb


def peak_mb():
    """Peak resident memory since this program began; `ru_maxrss` would count the parent's from before."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def run_isolated(prepare, work, *arguments):
    """Cost of `work(prepared, *arguments)` in a process started afresh, where `prepared = prepare()` is not counted.

    `prepare` imports what the work needs and loads the network; both functions stand in modules.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_measure, args=(theirs, list(sys.path), prepare, work, arguments))
    process.start()
    theirs.close()
    try:
        cost = ours.recv()
    except EOFError:
        raise RuntimeError(f"{work.__name__} ended without an answer.") from None
    finally:
        process.join()
    return cost


def _measure(pipe, path, prepare, work, arguments):
    sys.path[:] = path
    prepared = prepare()
    before = peak_mb()
    wall, processor = time.perf_counter(), time.process_time()
    result = work(prepared, *arguments)
    pipe.send(Cost(time.perf_counter() - wall, time.process_time() - processor, before, peak_mb(), result))
