"""What runs on the workers of a Dask cluster: one tile, in a process of its own, its files sent to the store.

Functions and classes of this module travel by name: each worker must have the same version of the engine installed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from distributed import Status, Worker, WorkerPlugin, get_worker

from .. import __version__
from ..core.atomic import atomic_write
from ..core.errors import AllpaError, Cancelled
from ..core.file_hash import file_hash
from ..core.messages import message
from ..core.safe_names import safe_name
from .tile_files import stored_files
from .tile_process import TileProcesses
from .tile_store import open_store, store_key, upload_tile
from .tile_tasks import RECEIPT, TileResult, TileTask

MEMORY, THREADS = "allpa_memory_mb", "allpa_threads"
"""The resources that a tile takes of its worker."""
UNFIT = "unfit"
"""State of a tile that a worker cannot make, since it has another engine or model."""
_PROGRESS_S = 1.0
_MEGABYTE = 1_000_000


@dataclass(frozen=True)
class ClusterRun:
    """What all tiles of one run on a cluster have in common."""

    topic: str
    """Under which workers report to the client."""
    store: str
    """The job's `tile_store`; empty where the workers write into the folder of the run, which they share."""
    facts: dict[str, str]
    """Version of the engine and hash of the model that every worker must have."""


class TileResources(WorkerPlugin):
    """Gives a worker the resources that tiles take, where it was started without them; ends its processes with it."""

    name = "allpa-tiles"
    idempotent = True

    async def setup(self, worker: Worker) -> None:
        """Set the resources to the worker's threads and memory limit, or to the computer's memory where it has none."""
        import psutil

        known = worker.state.total_resources
        limit = worker.memory_manager.memory_limit or psutil.virtual_memory().total
        wanted = {MEMORY: float(limit // _MEGABYTE), THREADS: float(worker.state.nthreads)}
        missing = {name: amount for name, amount in wanted.items() if name not in known}
        if missing:
            await worker.set_resources(**missing)
            # The scheduler matches waiting tasks with a worker when it joins, which was before it had resources, and
            # when its status changes: without this, tiles whose workers were all lost would wait for ever.
            worker.status = Status.paused
            worker.status = Status.running

    def teardown(self, worker: Worker) -> None:  # noqa: ARG002 - Dask's
        """End the processes that wait for a tile."""
        _PROCESSES.close()


_PROCESSES = TileProcesses()


def worker_facts(model: str) -> dict[str, str]:
    """What must be the same on every computer of a cluster.

    Parameters
    ----------
    model : the job's model; empty for the bundled one.

    Returns
    -------
    Version of the engine, and hash of the model: of its file, or of all files of its folder; empty where it does not
    exist.

    """
    return {"version": __version__, "model": _model_hash(model)}


def _model_hash(model: str) -> str:
    from ..classify.network_weights import bundled_model_path

    path = Path(model) if model else bundled_model_path()
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
        return " ".join(f"{file.relative_to(path).as_posix()} {file_hash(file)}" for file in files)
    return file_hash(path) if path.is_file() else ""


def sees_file(path: str, content: str) -> bool:
    """Whether this computer sees a file with this content."""
    try:
        return Path(path).read_text(encoding="utf-8") == content
    except (OSError, ValueError):
        return False


def run_on_worker(task: TileTask, run: ClusterRun, inputs: dict[str, bytes]) -> TileResult:
    """Make a tile on this worker and store its files.

    Parameters
    ----------
    task : the tile.
    run : where it reports and what it must find.
    inputs : small files that the job names and this computer may not see, by the job's key.

    Returns
    -------
    The tile's result; its state is `UNFIT` where this worker has another version or model.

    Raises
    ------
    Cancelled : where the scheduler does not want the tile any more.

    """
    worker = get_worker()
    key = worker.get_current_task()
    facts = worker_facts(str(task.job.get("model") or ""))
    if facts != run.facts:
        return TileResult(task.tile, UNFIT, worker.address)

    def is_wanted() -> bool:
        state = worker.state.tasks.get(key)
        return state is not None and state.state in ("executing", "long-running") and worker.status.name == "running"

    if run.store:
        task = _with_inputs(task, Path(worker.local_directory) / "allpa" / safe_name(str(key)), inputs)
    try:
        result = _PROCESSES.run(task, _Lines(worker, run.topic, task.tile).on_line, is_wanted)
        if run.store and result.state != "failed":
            _store(task, result, run.store, is_wanted)
    except Cancelled:
        raise
    except (AllpaError, OSError) as error:
        return TileResult(task.tile, "failed", str(error))
    return result


def _with_inputs(task: TileTask, folder: Path, inputs: dict[str, bytes]) -> TileTask:
    """The task in a folder of this computer, with the files that came with it beside that folder."""
    paths = {}
    for key, content in inputs.items():
        path = folder.with_name(f"{folder.name}_inputs") / f"{key}{Path(task.job[key]).suffix}"
        with atomic_write(path) as aside:
            aside.write_bytes(content)
        paths[key] = str(path)
    return replace(task, folder=str(folder), job={**task.job, **paths, "folder": str(folder)})


def _store(task: TileTask, result: TileResult, address: str, is_wanted: Callable[[], bool]) -> None:
    def on_bytes(_count: int) -> None:
        if not is_wanted():
            raise Cancelled(message("The job was cancelled."))

    files = stored_files(result.files)
    if files is None:
        raise AllpaError(message("The tile {tile} has files with names that no store takes.", tile=task.tile))
    upload_tile(open_store(address), store_key(task), Path(task.folder), files, RECEIPT, on_bytes)


class _Lines:
    """Sends progress and log of a tile to the client; progress at most once a second."""

    def __init__(self, worker: Worker, topic: str, tile: str) -> None:
        self._worker, self._topic, self._tile = worker, topic, tile
        self._next_s = 0.0

    def on_line(self, values: dict[str, Any]) -> None:
        """Send a protocol line."""
        if values["type"] == "progress":
            if time.monotonic() < self._next_s:
                return
            self._next_s = time.monotonic() + _PROGRESS_S
            sent: dict[str, Any] = {"fraction": float(values.get("fraction") or 0.0)}
        else:
            sent = {"level": str(values.get("level")), "text": str(values.get("text"))}
        self._worker.log_event(self._topic, {"tile": self._tile, **sent})
