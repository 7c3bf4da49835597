"""Where the tiles of a job are made and kept: here or on a Dask cluster, in the folder or in a store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ..core.job import Job
from ..core.messages import message
from ..core.protocol import Reporter
from .tile_files import stored_files
from .tile_run import Execute, run_here
from .tile_store import TileStore, fetch_stored, open_store, store_key, upload_tile
from .tile_tasks import FAILED, RECEIPT, TileResult, TileTask, known_result


def execute_for(job: Job) -> Execute:
    """What runs the tiles of a job.

    Parameters
    ----------
    job : its keys `dask` and `tile_store` are read.

    Returns
    -------
    Runs tasks and gives each result as soon as it is there. Tiles that are finished already, in their folders or in the
    store, are not made again; the files of the others are in their folders when their result is given.

    """

    def execute(tasks: Sequence[TileTask], reporter: Reporter) -> Iterator[TileResult]:
        store = open_store(job.tile_store) if job.tile_store else None
        waiting = []
        for task in tasks:
            known = known_result(task)
            if known is None and store is not None:
                known = fetch_stored(store, task)
            elif known is not None and store is not None:
                _keep(store, task, known)
            if known is None:
                waiting.append(task)
            else:
                yield known
        if not waiting:
            return
        if job.dask:
            yield from _on_dask(job, waiting, reporter, store)
        else:
            yield from _kept(run_here(waiting, reporter), waiting, store)

    return execute


def _on_dask(
    job: Job, waiting: Sequence[TileTask], reporter: Reporter, store: TileStore | None
) -> Iterator[TileResult]:
    from .dask_tiles import run_tiles_on_dask

    tasks = {task.tile: task for task in waiting}
    for result in run_tiles_on_dask(waiting, reporter, address=job.dask, store=job.tile_store):
        if store is not None and result.state != FAILED and fetch_stored(store, tasks[result.tile]) is None:
            yield TileResult(result.tile, FAILED, message("The store does not have the tile that a worker sent."))
        else:
            yield result


def _kept(results: Iterable[TileResult], tasks: Sequence[TileTask], store: TileStore | None) -> Iterator[TileResult]:
    by_name = {task.tile: task for task in tasks}
    for result in results:
        if store is not None and result.state != FAILED:
            _keep(store, by_name[result.tile], result)
        yield result


def _keep(store: TileStore, task: TileTask, result: TileResult) -> None:
    """Store a finished tile; what is there already is not sent again."""
    files = stored_files(result.files)
    if files is not None:
        upload_tile(store, store_key(task), Path(task.folder), files, RECEIPT)
