"""A region tile by tile: tasks run here or on a cluster, then one map of all tiles with its tables and report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from ..composite.join import TileMap, join_maps
from ..composite.write_map import MapFiles
from ..core.errors import AllScenesFailed
from ..core.job import ON, Job, job_to_dict
from ..core.legend import Legend
from ..core.messages import joined, message
from ..core.protocol import Reporter
from ..core.run_paths import RunPaths
from ..core.scene import Selection
from ..geo.region import Region
from ..raster.virtual_raster import write_virtual_raster
from ..select.scene_list import read_scene_list, write_scene_list
from .checks import composite_rule
from .finish import write_results
from .record import Run, RunRecord
from .tile_counts import annual_decision_of_tiles, guards_of_tiles
from .tile_tasks import FAILED, STAGE, TileResult, TileTask, make_tile_tasks, no_tile_of, read_receipt, run_tile

Execute: TypeAlias = Callable[[Sequence[TileTask], Reporter], Iterable[TileResult]]
"""Runs tasks and gives each result as soon as it is there, in any order."""


def run_here(tasks: Sequence[TileTask], reporter: Reporter) -> Iterator[TileResult]:
    """Run the tasks one after the other in this process."""
    for number, task in enumerate(tasks):
        reporter.log(message("Tile {tile}, {number} of {count}.", tile=task.tile, number=number + 1, count=len(tasks)))
        yield run_tile(task, _TileReporter(reporter, number, len(tasks)))


class _TileReporter:
    """Passes on what a tile logs, and the number of finished tiles for its own progress."""

    def __init__(self, reporter: Reporter, done: int, total: int) -> None:
        self._reporter, self._done, self._total = reporter, done, total

    def progress(self, stage: str, done: float, total: float) -> None:  # noqa: ARG002 - of the protocol
        """Report the tiles: a stage of one of them says little; cancelling works as often as it reports."""
        self._reporter.progress(STAGE, self._done, self._total)

    def log(self, text: str, level: str = "info") -> None:
        """Pass on a line."""
        self._reporter.log(text, level)


def map_tiles(
    run: Run, selection: Selection, region: Region, legend: Legend, execute: Execute | None = None
) -> dict[str, Any]:
    """Map each tile by itself, and join what was made.

    Parameters
    ----------
    run : of the whole region.
    selection, region : its scenes and what is mapped.
    legend : the classes of the model.
    execute : runs the tasks; None runs them where the job's keys `dask` and `tile_store` say.

    Returns
    -------
    Paths and numbers of the result; `tiles` by name with `state` and, where it failed, `message`.

    Raises
    ------
    AllScenesFailed : where not one tile could be mapped.
    Cancelled

    """
    from .tile_places import execute_for

    job, reporter = run.paths.job, run.reporter
    crs = job.crs or region.utm_crs
    tasks = make_tile_tasks(job, selection, region, crs)
    if not tasks:
        raise no_tile_of(job)
    results = _run(tasks, reporter, execute or execute_for(job))
    failed = [result for result in results if result.state == FAILED]
    finished = [task for task in tasks if task.tile not in {result.tile for result in failed}]
    if not finished:
        reasons = joined((message("{tile}: {reason}", tile=r.tile, reason=r.message) for r in failed[:3]), "; ")
        next_step = message("Remove the cause, then run the same job again.")
        raise AllScenesFailed(message("Not one tile could be mapped."), reasons, next_step)
    for result in failed:
        reporter.log(
            message(
                "Tile {tile} failed: {reason} Run the same job again to try it once more.",
                tile=result.tile,
                reason=result.message,
            ),
            "warning",
        )
    selection = join_tile_maps(run, [Path(task.folder) for task in finished], selection, region, legend, crs)
    states = {result.tile: {"state": result.state, "message": result.message} for result in results}
    return {
        "scenes": str(run.paths.run_scene_list),
        "scene_count": len(selection.chosen),
        "candidates": len(selection.candidates),
        "failed_scenes": len(run.record.failures),
        "tiles": states,
        "failed_tiles": len(failed),
        "tile_maps": str(run.paths.virtual_landcover),
        **write_results(run, region, selection),
    }


def _run(tasks: Sequence[TileTask], reporter: Reporter, execute: Execute) -> list[TileResult]:
    results = []
    reporter.progress(STAGE, 0, len(tasks))
    for result in execute(tasks, reporter):
        results.append(result)
        reporter.progress(STAGE, len(results), len(tasks))
    return sorted(results, key=lambda result: result.tile)


def join_tile_maps(
    run: Run, folders: Sequence[Path], selection: Selection, region: Region | None, legend: Legend, crs: str
) -> Selection:
    """Join finished tiles into the run's map, record and scene list.

    Parameters
    ----------
    run : gets the map; its record is filled from those of the tiles.
    folders : of finished tiles.
    selection : of the whole region; the candidates of finished tiles are replaced by theirs.
    region : cut exactly at its border; None joins all.
    legend : the classes of the model.
    crs : of the map.

    Returns
    -------
    The selection with what the tiles used.

    Raises
    ------
    RasterInvalid : where a tile cannot be joined.
    DiskFull, FolderNotWritable

    """
    job, paths = run.paths.job, run.paths
    parts = [_tile_part(folder, job) for folder in folders]
    _collect_records(run, [record for _, record, _ in parts])
    run.record.made_by = job_to_dict(job)
    run.save_record()
    summary = join_maps(
        [tile_map for tile_map, _, _ in parts],
        region,
        composite_rule(job, legend),
        MapFiles(paths.landcover, paths.quality, paths.plain_landcover if job.annual_decision == ON else None),
        crs=crs,
        decision_hash=job.decision_model_hash if job.annual_decision == ON else "",
        reporter=run.reporter,
        language=job.locale,
        threads=job.threads,
    )
    composites = [record.composite for _, record, _ in parts]
    run.record.composite = summary.to_dict() | {
        "guards": guards_of_tiles(composites),
        "annual_decision": annual_decision_of_tiles(composites),
    }
    run.save_record()
    for path, files in (
        (paths.virtual_landcover, [tile_map.files.landcover for tile_map, _, _ in parts]),
        (paths.virtual_quality, [tile_map.files.quality for tile_map, _, _ in parts]),
    ):
        write_virtual_raster(path, files)
    used = {item.scene.tile for _, _, chosen in parts for item in chosen.candidates}
    kept = (item for item in selection.candidates if item.scene.tile not in used)
    candidates = (*kept, *(item for _, _, chosen in parts for item in chosen.candidates))
    selection = replace(selection, candidates=tuple(candidates))
    if region is not None:
        write_scene_list(selection, region, paths.run_scene_list, run.record.radiometry)
    return selection


def _tile_part(folder: Path, job: Job) -> tuple[TileMap, RunRecord, Selection]:
    paths = RunPaths(replace(job, folder=str(folder), outputs={}, predictions="", scenes=""))
    receipt = read_receipt(folder) or {}
    files = MapFiles(paths.landcover, paths.quality, paths.plain_landcover if job.annual_decision == ON else None)
    tile_map = TileMap(receipt["tile"], files, tuple(receipt["days"]), (receipt["model_hash"],))
    return tile_map, RunRecord.load(paths.record), read_scene_list(paths.run_scene_list)[0]


def _collect_records(run: Run, records: Sequence[RunRecord]) -> None:
    run.record.failures = tuple(failure for record in records for failure in record.failures)
    run.record.radiometry = {scene: found for record in records for scene, found in record.radiometry.items()}
    run.record.model_hash = records[0].model_hash
    run.record.inference = records[0].inference
