"""A tile as a task of its own: its scenes fetched and classified, its map composited, and a receipt written last.

A region of many tiles is mapped tile by tile, so that a tile that fails or a computer that stops costs that tile only.
A task is plain values: it can be sent to another process or another computer.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from shapely.geometry import MultiPolygon, box, mapping

from .. import __version__
from ..core.atomic import write_json
from ..core.cluster_keys import TOGETHER
from ..core.errors import AllpaError, Cancelled, JobInvalid
from ..core.file_hash import file_hash
from ..core.job import ON, Job, job_from_dict, job_to_dict
from ..core.json_input import read_json
from ..core.messages import message
from ..core.protocol import Reporter
from ..core.run_paths import RunPaths
from ..core.scene import Selection
from ..geo.mgrs_tiles import tile_bounds, tile_to_lonlat
from ..geo.region import Region, polygon_parts
from ..select.scene_list import read_scene_list, write_scene_list
from .folder_lock import lock_folder
from .loaded_model import load_model
from .record import Run, RunRecord
from .scenes import job_region, renew_urls
from .tile_files import stored_files

STAGE = "tiles"
"""Of the progress while tiles are mapped."""
RECEIPT = "tile.json"
FORMAT, VERSION = "allpa-tile", 1
DONE, KNOWN, FAILED = "done", "known", "failed"
MEMORY_MB = 1500
_MARGIN_M = 20_000.0
"""Land around a tile that stays in its region: the cut lies beyond all that the tile shows."""
_NOT_OF_THE_MAP = ("folder", "cache_folder", "cache_limit_gb", "threads", "overwrite", "dask", "tile_store", "scenes")
"""Keys of a tile's job that do not change its map."""


@dataclass(frozen=True)
class TileTask:
    """The work of one tile."""

    tile: str
    job: dict[str, Any]
    """The tile's job as JSON values: its region, and its scene list under `scenes`."""
    folder: str
    """Of the tile's results."""
    memory_mb: int = MEMORY_MB
    threads: int = 0
    may_add_scenes: bool = True
    """Whether further scenes of the list are taken where pixels lack clear observations."""


@dataclass(frozen=True)
class TileResult:
    """What became of a tile."""

    tile: str
    state: str
    """`done`, `known` (finished by an earlier run) or `failed`."""
    message: str = ""
    """Why it failed."""
    seconds: float = 0.0
    files: Mapping[str, Any] = field(default_factory=dict)
    """`size_bytes` and `sha256` of each result, by its name in the folder."""


def no_tile_of(job: Job) -> JobInvalid:
    """The error of a job whose `only_tiles` have nothing of its region."""
    return JobInvalid(message("None of the tiles {tiles} has a scene of the region.", tiles=job.only_tiles))


def make_tile_tasks(job: Job, selection: Selection, region: Region, crs: str) -> list[TileTask]:
    """The tasks of a region, one for each tile that has chosen scenes; their scene lists are written.

    Parameters
    ----------
    job : of the whole region, with the precision that all tiles use.
    selection : its scenes.
    region : what is mapped.
    crs : of the map.

    Returns
    -------
    Tasks in the order of the tiles' names.

    Raises
    ------
    DiskFull, FolderNotWritable : where a scene list cannot be written.

    """
    tasks = []
    names = {scene.tile for scene in selection.chosen}
    if job.only_tiles:
        names &= {*job.only_tiles.split(",")}
    for tile in sorted(names):
        part = _region_of_tile(region, tile)
        if part is None:
            continue
        folder = Path(job.folder) / "tiles" / tile
        folder.mkdir(parents=True, exist_ok=True)
        tile_job = replace(
            job,
            task="landcovermap",
            folder=str(folder),
            region=dict(mapping(part.geometry)),
            region_name=tile,
            scenes=str(folder / f"selection_{job.period}.json"),
            cache_folder=str(RunPaths(job).cache),
            crs=crs,
            smoothing_px=1,
            zones="",
            outputs={},
            predictions="",
            tiles=TOGETHER,
            only_tiles="",
            dask="",
            tile_store="",
        )
        write_scene_list(_selection_of_tile(selection, tile), part, tile_job.scenes)
        tasks.append(
            TileTask(tile, job_to_dict(tile_job), str(folder), threads=job.threads, may_add_scenes=not job.scenes)
        )
    return tasks


def _region_of_tile(region: Region, tile: str) -> Region | None:
    """The part of the region near a tile; None where there is none."""
    square = tile_to_lonlat(box(*tile_bounds(tile)).buffer(_MARGIN_M, join_style="mitre"), tile)
    parts = polygon_parts(region.geometry.intersection(square))
    if not parts:
        return None
    return replace(region, geometry=parts[0] if len(parts) == 1 else MultiPolygon(parts))


def _selection_of_tile(selection: Selection, tile: str) -> Selection:
    candidates = tuple(item for item in selection.candidates if item.scene.tile == tile)
    coverage = tuple(item for item in selection.coverage if item.tile == tile)
    return replace(selection, candidates=candidates, coverage=coverage, notes=(), warnings=(), gap=None)


def job_digest(task: TileTask) -> str:
    """SHA-256 of what decides the tile's map: its job and its scene list, wherever they lie."""
    values = {key: value for key, value in task.job.items() if key not in _NOT_OF_THE_MAP}
    selection, _ = read_scene_list(task.job["scenes"])
    scenes = [[item.scene.id, item.chosen, item.rank] for item in selection.candidates]
    text = json.dumps([task.tile, values, scenes, task.may_add_scenes], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def run_tile(task: TileTask, reporter: Reporter) -> TileResult:
    """Make the map of one tile in its folder; a tile that an earlier run finished is known by its receipt.

    Parameters
    ----------
    task : the tile.
    reporter : hears of progress; raises Cancelled to stop the work.

    Returns
    -------
    What became of it; where it failed, why.

    Raises
    ------
    Cancelled : by the reporter; what was done so far is used by the next run.

    """
    started = time.monotonic()
    try:
        known = known_result(task)
        if known is not None:
            return known
        receipt = _make_tile(task, reporter)
    except Cancelled:
        raise
    except AllpaError as error:
        return TileResult(task.tile, FAILED, str(error), time.monotonic() - started)
    return TileResult(task.tile, DONE, "", time.monotonic() - started, receipt["files"])


def known_result(task: TileTask) -> TileResult | None:
    """The result of an earlier run of the same task; None where its folder holds none that is whole."""
    receipt = read_receipt(Path(task.folder))
    if receipt is None or receipt["tile"] != task.tile or receipt["job_digest"] != job_digest(task):
        return None
    for name, facts in receipt["files"].items():
        path = Path(task.folder) / name
        if not path.is_file() or path.stat().st_size != facts["size_bytes"]:
            return None
    return TileResult(task.tile, KNOWN, files=receipt["files"])


def read_receipt(folder: Path) -> dict[str, Any] | None:
    """The receipt of a finished tile; None where the folder has none that can be used.

    Parameters
    ----------
    folder : of the tile; its content is untrusted.
    """
    try:
        values = read_json(folder / RECEIPT)
        files, days = values["files"], values["days"]
        is_whole = (
            (values["format"], values["version"]) == (FORMAT, VERSION)
            and stored_files(files) is not None
            and all(set(facts) == {"size_bytes", "sha256"} for facts in files.values())
            and all(isinstance(day, str) for day in days)
            and all(isinstance(values[key], str) for key in ("tile", "job_digest", "model_hash", "crs", "period"))
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return dict(values) if is_whole else None


def _make_tile(task: TileTask, reporter: Reporter) -> dict[str, Any]:
    from .pipeline import classify_until_clear, write_composite

    job = job_from_dict({**task.job, "folder": task.folder, "threads": task.threads}).validate()
    digest = job_digest(task)
    paths = RunPaths(job)
    region = job_region(job)
    if region is None:
        raise JobInvalid(message("The task of tile {tile} has no region.", tile=task.tile))
    with lock_folder(paths.folder):
        (paths.folder / RECEIPT).unlink(missing_ok=True)
        selection, _ = read_scene_list(paths.scene_list)
        if selection.signed:
            selection = renew_urls(selection, region, job, reporter)
        if task.may_add_scenes:
            paths = RunPaths(replace(job, scenes=""))
            write_scene_list(selection, region, paths.scene_list)
        run = Run(paths, reporter, RunRecord())
        selection, predictions = classify_until_clear(run, selection, region, load_model(paths.job))
        write_scene_list(selection, region, paths.run_scene_list, run.record.radiometry)
        write_composite(run, predictions, region, cut_to_predictions=True)
        run.measures.save()
        return _write_receipt(task, run, digest, [item.date for item in predictions])


def _write_receipt(task: TileTask, run: Run, digest: str, days: list[str]) -> dict[str, Any]:
    paths, job = run.paths, run.paths.job
    results = [paths.landcover, paths.quality, paths.run_scene_list, paths.record]
    if job.annual_decision == ON:
        results.append(paths.plain_landcover)
    receipt = {
        "format": FORMAT,
        "version": VERSION,
        "allpa": __version__,
        "tile": task.tile,
        "job_digest": digest,
        "period": job.period,
        "crs": job.crs,
        "model_hash": run.record.model_hash,
        "decision_model_hash": job.decision_model_hash,
        "days": sorted(day for day in days if int(day[5:7]) in job.months),
        "files": {
            path.name: {"size_bytes": path.stat().st_size, "sha256": file_hash(path)} for path in sorted(results)
        },
    }
    write_json(paths.folder / RECEIPT, receipt)
    return receipt
