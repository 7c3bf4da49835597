"""A Dask scheduler and workers as processes of their own, which tests and measurements kill."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

PLUGIN = Path(__file__).resolve().parents[2] / "plugin"


class ClusterProcesses:
    """One scheduler and its workers on loopback.

    Parameters
    ----------
    folder : of what the workers write aside.
    workers : how many.
    path : the folder in which workers find the engine; None gives them none.

    """

    def __init__(self, folder: Path, workers: int = 2, path: Path | None = PLUGIN) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        self._folder, self._path = folder, path
        self.scheduler = self._start_scheduler()
        self.workers = [self._start_worker() for _ in range(workers)]

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        environment = os.environ | {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "20"}
        environment.pop("PYTHONPATH", None)
        if self._path is not None:
            environment["PYTHONPATH"] = str(self._path)
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "log.txt").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", *arguments, "--no-dashboard"], env=environment, stdout=log, stderr=log,
                cwd=self._folder,
            )  # fmt: skip

    def _start_scheduler(self) -> subprocess.Popen[bytes]:
        return self._start("scheduler", "--host", "127.0.0.1", "--port", str(self.port))

    def _start_worker(self) -> subprocess.Popen[bytes]:
        options = ("--nthreads", "1", "--memory-limit", "0", "--no-nanny", "--death-timeout", "60")
        return self._start("worker", self.address, *options, "--local-directory", str(self._folder))

    def kill_worker(self, number: int) -> None:
        """Kill a worker as a crash does, and start another in its place."""
        self.workers[number].send_signal(signal.SIGKILL)
        self.workers[number].wait()
        self.workers[number] = self._start_worker()

    def kill_scheduler(self) -> None:
        """Kill the scheduler and start another at its address, with new workers: the old ones end with it."""
        self.scheduler.send_signal(signal.SIGKILL)
        self.scheduler.wait()
        for worker in self.workers:
            worker.kill()
            worker.wait()
        self.scheduler = self._start_scheduler()
        self.workers = [self._start_worker() for _ in self.workers]

    def close(self) -> None:
        """End all."""
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


@contextmanager
def dask_processes(folder: Path, workers: int = 2, path: Path | None = PLUGIN):
    """A running cluster for the time of the block."""
    cluster = ClusterProcesses(folder, workers, path)
    try:
        yield cluster
    finally:
        cluster.close()
