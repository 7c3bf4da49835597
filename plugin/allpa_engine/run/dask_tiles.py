"""Tiles on the workers of a Dask scheduler: each a task with its memory and threads; what is lost is done again.

A tile is run by `run_on_worker` of `dask_worker.py`. Its files go to a folder that all computers see, or to the job's
store; only its result comes back by Dask. A worker that is lost loses the tile it was making; where the scheduler is
lost, the client connects again for a while, and a later run goes on with the tiles that are finished.
"""

from __future__ import annotations

import queue
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from distributed import Client
from distributed import TimeoutError as DaskTimeoutError

from ..core.errors import AllpaError, ClusterUnfit, ClusterUnreachable
from ..core.messages import message
from ..core.protocol import Reporter
from .dask_cluster import check_folder, check_workers, connect, worker_resources
from .dask_worker import MEMORY, THREADS, UNFIT, ClusterRun, TileResources, run_on_worker, worker_facts
from .tile_tasks import STAGE, TileResult, TileTask

RECONNECT_S = 120.0
"""How long a lost scheduler is waited for."""
_SENT_KEYS = ("scenes", "weight_table", "decision_model")
"""Files of a job that go with its tiles where the workers share no folder with the client."""
_POLL_S = 0.2
_PROGRESS_S = 1.0
_NO_WORKER_S = 30.0
_RESULT_S = 10.0
"""Longest time until a finished tile's small result is here."""
_UNFINISHED = ("pending", "lost")
_LOOK_S = 3.0
"""How often the scheduler is asked whether it is still the same."""


class _SchedulerLost(Exception):
    """The connection to the scheduler ended."""


@dataclass
class _Progress:
    """How much of all tiles is done, from the fractions that workers tell."""

    total: int
    done: int = 0
    fractions: dict[str, float] = field(default_factory=dict)
    next_s: float = 0.0

    def report(self, reporter: Reporter) -> None:
        """Tell the reporter at most once a second; it raises Cancelled where the run was stopped."""
        now = time.monotonic()
        if now >= self.next_s:
            self.next_s = now + _PROGRESS_S
            reporter.progress(STAGE, round(self.done + sum(self.fractions.values()), 3), self.total)


def run_tiles_on_dask(
    tasks: Iterable[TileTask], reporter: Reporter, *, address: str, store: str = ""
) -> Iterator[TileResult]:
    """Run tiles on a Dask cluster.

    Parameters
    ----------
    tasks : the tiles; those whose results are known already are returned at once by the workers.
    reporter : hears of progress and of the workers' logs; raises Cancelled to stop, which cancels what the workers do.
    address : of the scheduler, or `local:N`.
    store : the job's `tile_store`; empty where all computers see the folders of the tasks.

    Yields
    ------
    A result per tile, in the order in which they end; one that failed does not stop the others.

    Raises
    ------
    ClusterUnreachable : where the scheduler does not answer, or was lost and did not come back.
    ClusterUnfit : where no worker can make the tiles.
    Cancelled

    """
    remaining = {task.tile: task for task in tasks}
    progress = _Progress(len(remaining))
    lost_at = None
    while remaining:
        try:
            with connect(address, remaining.values(), reporter) as client:
                for result in _run_connected(client, remaining, progress, reporter, store):
                    lost_at = None
                    remaining.pop(result.tile)
                    progress.done += 1
                    progress.fractions.pop(result.tile, None)
                    yield result
        except (_SchedulerLost, ClusterUnreachable) as error:
            if lost_at is None and isinstance(error, ClusterUnreachable):
                raise  # it was never there
            lost_at = lost_at or time.monotonic()
            if time.monotonic() - lost_at > RECONNECT_S:
                raise ClusterUnreachable(
                    message("The connection to the Dask scheduler was lost."),
                    message("{count} tiles were not finished.", count=len(remaining)),
                ) from error
            progress.fractions.clear()
            reporter.log(message("The connection to the Dask scheduler was lost; connecting again."), "warning")
            _wait(1.0, reporter, progress)


def _wait(seconds: float, reporter: Reporter, progress: _Progress) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        progress.report(reporter)
        time.sleep(_POLL_S)


def _run_connected(
    client: Client, remaining: Mapping[str, TileTask], progress: _Progress, reporter: Reporter, store: str
) -> Iterator[TileResult]:
    """Submit the tiles by one connection and give their results as they come."""
    facts = worker_facts(str(next(iter(remaining.values())).job.get("model") or ""))
    run = ClusterRun(f"allpa-{uuid.uuid4().hex}", store, facts)
    _check(client, remaining, run)
    tiles = _SubmittedTiles(client, run, reporter)
    client.subscribe_topic(run.topic, tiles.on_event)
    try:
        for task in remaining.values():
            tiles.submit(task)
        while tiles.futures:
            progress.report(reporter)
            yield from tiles.results(remaining, progress)
    except (OSError, TimeoutError) as error:
        raise _SchedulerLost from error
    finally:
        tiles.cancel()


def _check(client: Client, remaining: Mapping[str, TileTask], run: ClusterRun) -> None:
    """Refuse a cluster whose workers could not make the tiles, and give workers their resources."""
    model = str(next(iter(remaining.values())).job.get("model") or "")
    try:
        check_workers(client, model, run.facts)
        client.register_plugin(TileResources())
        memory_mb = max(task.memory_mb for task in remaining.values())
        amounts = [found[MEMORY] for found in worker_resources(client) if MEMORY in found]
        if not amounts:
            raise _SchedulerLost  # the workers ended meanwhile
        largest = max(amounts)
        if memory_mb > largest:
            raise ClusterUnfit(
                message("No worker of the Dask cluster has enough memory for a tile."),
                message("A tile needs {needed:,} MB, the largest worker has {largest:,.0f} MB.",
                        needed=memory_mb, largest=largest),
            )  # fmt: skip
        for task in () if run.store else list(remaining.values())[:1]:
            check_folder(client, Path(task.folder).parent)
    except (OSError, TimeoutError, RuntimeError) as error:
        raise _SchedulerLost from error


class _SubmittedTiles:
    """The tiles that the scheduler has, and what comes back of them."""

    def __init__(self, client: Client, run: ClusterRun, reporter: Reporter) -> None:
        self.futures: dict[str, Any] = {}
        self._client, self._run, self._reporter = client, run, reporter
        self._news: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._threads = max((amounts.get(THREADS, 1.0) for amounts in worker_resources(client)), default=1.0)
        self._unfit: set[str] = set()
        self._made_again: set[str] = set()
        self._worker_seen_s = self._asked_s = time.monotonic()
        self._scheduler_id = client.scheduler_info()["id"]

    def submit(self, task: TileTask) -> None:
        """Hand a tile to the scheduler."""
        threads = int(min(task.threads or self._threads, self._threads))
        inputs = _inputs(task) if self._run.store else {}
        options: dict[str, Any] = {}
        if self._unfit:
            options["workers"] = [name for name in self._client.scheduler_info()["workers"] if name not in self._unfit]
        future = self._client.submit(
            run_on_worker,
            replace(task, threads=threads),
            self._run,
            inputs,
            key=f"{self._run.topic}-{task.tile}-{uuid.uuid4().hex[:8]}",
            resources={MEMORY: task.memory_mb, THREADS: threads},
            pure=False,
            **options,
        )
        self.futures[task.tile] = future
        future.add_done_callback(lambda _future, tile=task.tile: self._news.put((tile, None)))

    def on_event(self, event: tuple[float, Any]) -> None:
        """Take in what a worker reported; called in Dask's thread."""
        values = event[1]
        if isinstance(values, dict) and isinstance(values.get("tile"), str):
            self._news.put((values["tile"], values))

    def results(self, tasks: Mapping[str, TileTask], progress: _Progress) -> Iterator[TileResult]:
        """What came since the last call, after a short wait; gives results, and hands on progress and logs."""
        with suppress(queue.Empty):
            tile, values = self._news.get(timeout=_POLL_S)
            if values is None:
                yield from self._ended(tasks[tile])
            elif tile in self.futures:
                self._tell(tile, values, progress)
        for tile in [tile for tile in self._made_again if self.futures[tile].status not in _UNFINISHED]:
            self._made_again.remove(tile)
            yield from self._ended(tasks[tile])
        if self._client.status != "running":
            raise _SchedulerLost
        self._watch_workers()

    def _tell(self, tile: str, values: Mapping[str, Any], progress: _Progress) -> None:
        if "text" in values:
            level = values.get("level")
            text = f"{tile}: {str(values['text'])[:2000]}"
            self._reporter.log(text, level if level in ("info", "warning", "error") else "info")
        elif isinstance(values.get("fraction"), float):
            progress.fractions[tile] = min(max(values["fraction"], 0.0), 1.0)

    def _ended(self, task: TileTask) -> Iterator[TileResult]:
        future = self.futures[task.tile]
        if future.status == "cancelled":
            raise _SchedulerLost
        if future.status == "error":
            del self.futures[task.tile]
            yield TileResult(task.tile, "failed", _failure(future.exception()))
            return
        if future.status == "finished":
            try:
                result = future.result(timeout=_RESULT_S)
            except (DaskTimeoutError, CancelledError):
                pass
            else:
                yield from self._taken(task, result)
                return
        self._made_again.add(task.tile)  # its worker was lost with the result: the scheduler has it made again

    def _taken(self, task: TileTask, result: object) -> Iterator[TileResult]:
        del self.futures[task.tile]
        if not isinstance(result, TileResult) or result.tile != task.tile:
            yield TileResult(task.tile, "failed", message("A worker gave no result."))
        elif result.state == UNFIT:
            self._avoid(result.message, task)
        else:
            yield result

    def _avoid(self, worker: str, task: TileTask) -> None:
        """Make the tile elsewhere: a worker that came later has another engine or model."""
        if worker not in self._unfit:
            self._unfit.add(worker)
            self._reporter.log(
                message("The worker {worker} has another version of Allpa or another model; it is not used.",
                        worker=worker), "warning",
            )  # fmt: skip
        self.submit(task)

    def _watch_workers(self) -> None:
        """Notice a scheduler that was started anew, and say so where tiles wait because there is no worker."""
        now = time.monotonic()
        if now - self._asked_s < _LOOK_S:
            return
        self._asked_s = now
        info = self._client.scheduler_info()
        if info["id"] != self._scheduler_id:
            raise _SchedulerLost  # another one at its address, which does not know the tiles
        if info["workers"]:
            self._worker_seen_s = now
        elif now - self._worker_seen_s > _NO_WORKER_S:
            self._worker_seen_s = now
            self._reporter.log(message("The Dask scheduler has no workers; waiting for one."), "warning")

    def cancel(self) -> None:
        """Take back what is not finished; the workers end these tiles within seconds."""
        with suppress(OSError, RuntimeError, ValueError):  # the connection may be gone
            if self.futures:
                self._client.cancel(list(self.futures.values()), force=True, asynchronous=False)


def _inputs(task: TileTask) -> dict[str, bytes]:
    """The files that go with a tile."""
    paths = {key: Path(str(task.job.get(key) or "")) for key in _SENT_KEYS if task.job.get(key)}
    return {key: path.read_bytes() for key, path in paths.items() if path.is_file()}


def _failure(error: BaseException | None) -> str:
    """Why a task failed, for people."""
    if isinstance(error, AllpaError):
        return str(error)
    name = type(error).__name__
    if name == "KilledWorker":
        return message(
            "The workers that made it ended again and again, as they do where memory is short. Run again to continue."
        )
    return message("{error_name}: {error}", error_name=name, error=str(error)[:1000])
