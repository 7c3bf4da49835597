"""The task `join`: finished tiles of several computers, checked by their receipts, become one map with its tables.

A tile counts as finished where its receipt and all files that the receipt names agree, size and SHA-256. Tiles of
another model, period, grid or rule than most are refused, as are damaged ones and tiles that are there twice and
differ; log and result say which, and why. The receipts show damage and mistakes, not forgery: they are not signed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from shapely import union_all
from shapely.geometry import MultiPolygon, mapping

from ..core.atomic import write_json
from ..core.earlier_map import check_earlier_map, differences_from_earlier_map
from ..core.errors import AllpaError, JobInvalid, RasterInvalid
from ..core.file_hash import file_hash
from ..core.job import Job, job_from_dict, job_to_dict, read_job
from ..core.messages import joined, message, text_of, translate
from ..core.run_paths import RunPaths
from ..core.scene import Selection
from ..geo.region import Region, polygon_parts
from ..raster.class_raster import open_class_raster
from ..select.region_coverage import measure_region_coverage
from ..select.scene_list import read_scene_list
from .finish import remove_results, write_results
from .record import Run, RunRecord
from .scenes import job_region
from .tile_run import join_tile_maps
from .tile_tasks import RECEIPT, read_receipt

TILES_FOLDER = "tiles"
STAGE = "join"
_RULE_KEYS = (
    "start", "end", "months", "month_balance", "soft", "weights", "weight_table", "mask_dilation", "guards",
    "annual_decision", "decision_model_hash", "crs", "max_scenes", "clear_observations", "max_cloud_percent",
)  # fmt: skip
"""What of a tile's job must be the same in all tiles of a map."""
_PATH_KEYS = ("weight_table",)
_GIVEN_KEYS = (
    "folder", "zones", "zone_name", "zone_code", "zone_sums", "language", "number_format", "overwrite", "threads",
)  # fmt: skip
"""What the task's own job says of the joined map."""
_EMPTIED_KEYS = (
    "cache_folder", "scenes", "predictions", "outputs", "dask", "tile_store", "only_tiles", "tile_folders",
)  # fmt: skip
"""What held for one computer only."""
_DEFAULTS = job_to_dict(Job(folder="."))


@dataclass(frozen=True)
class FoundTile:
    """A finished tile whose files are what its receipt says."""

    folder: Path
    tile: str
    facts: str
    """Model, period, grid and rule as one text; equal in all tiles of a map."""
    digests: tuple[tuple[str, str], ...]
    """Name and SHA-256 of the map's files."""
    job: Job


def join_folders(run: Run) -> dict[str, Any]:
    """Join the finished tiles of the job's `tile_folders` into one map of the job's folder.

    Parameters
    ----------
    run : its job names the folders: of single tiles, or of runs that hold tiles.

    Returns
    -------
    Paths and numbers of the result; `tiles` by name, and `refused` with a reason by folder.

    Raises
    ------
    RasterInvalid : where not one tile can be used.
    JobInvalid : where a folder holds no tiles at all.
    MapExists, DiskFull, FolderNotWritable

    """
    folders = _tile_folders(Path(path) for path in run.paths.job.tile_folders.values())
    found, refused = _check_tiles(folders, run)
    tiles, further = matching_tiles(found)
    refused |= further
    for folder, reason in refused.items():
        run.reporter.log(message("{folder} is refused: {reason}", folder=folder, reason=reason), "warning")
    if not tiles:
        reasons = joined(
            (message("{folder}: {reason}", folder=str(f), reason=r) for f, r in list(refused.items())[:3]), "; "
        )
        raise RasterInvalid(message("Not one tile can be joined."), reasons)
    job, region = _job_of_all(run.paths.job, tiles)
    check_earlier_map(job)
    paths = RunPaths(job)
    if differences_from_earlier_map(job):
        remove_results(paths)
    joint = replace(run, paths=paths, record=RunRecord())
    write_json(paths.job_file, job_to_dict(job))
    with open_class_raster(_landcover(tiles[0])) as raster:
        legend = raster.legend
    selection = join_tile_maps(joint, [tile.folder for tile in tiles], _coverage(tiles), region, legend, job.crs)
    selection = _covered(selection, region)
    return {
        "scenes": str(paths.run_scene_list),
        "scene_count": len(selection.chosen),
        "failed_scenes": len(joint.record.failures),
        "tiles": {tile.tile: {"state": "joined", "folder": str(tile.folder)} for tile in tiles},
        "refused": {str(folder): translate(reason, job.locale) for folder, reason in refused.items()},
        **write_results(joint, region, selection),
    }


def _tile_folders(given: Iterable[Path]) -> list[Path]:
    """The folders of tiles in some folders, each once."""
    folders: dict[Path, None] = {}
    for folder in given:
        below = sorted(path for path in (folder / TILES_FOLDER).glob("*") if path.is_dir())
        if (folder / RECEIPT).is_file():
            below = [folder]
        if not below:
            raise JobInvalid(
                message("The folder {folder} holds no tiles.", folder=str(folder)),
                message("It has neither a receipt {name} nor a folder 'tiles'.", name=RECEIPT),
                message("Give folders of runs whose tiles were mapped separately."),
            )
        folders |= dict.fromkeys(path.resolve() for path in below)
    return list(folders)


def _check_tiles(folders: Sequence[Path], run: Run) -> tuple[list[FoundTile], dict[Path, str]]:
    found, refused = [], {}
    for number, folder in enumerate(folders):
        run.reporter.progress(STAGE, number, len(folders))
        try:
            found.append(check_tile(folder))
        except AllpaError as error:
            refused[folder] = error.what
        except (OSError, ValueError, KeyError, TypeError) as error:
            refused[folder] = message("Its record cannot be read: {reason}.", reason=text_of(error))
    run.reporter.progress(STAGE, len(folders), len(folders))
    return found, refused


def check_tile(folder: Path) -> FoundTile:
    """Check a finished tile by its receipt: every file is there, with its size and SHA-256.

    Parameters
    ----------
    folder : of the tile; its content is untrusted.

    Raises
    ------
    RasterInvalid : with the reason.

    """
    receipt = read_receipt(folder)
    if receipt is None:
        raise RasterInvalid(message("It has no whole receipt: the tile is not finished, or the receipt is damaged."))
    for name, facts in receipt["files"].items():
        path = folder / name
        if path.is_symlink() or not path.is_file():
            raise RasterInvalid(message("The file {name} is missing.", name=name))
        if path.stat().st_size != facts["size_bytes"] or file_hash(path) != facts["sha256"]:
            raise RasterInvalid(message("The file {name} is not the one that the receipt describes.", name=name))
    job = _made_by(folder, receipt["period"])
    for path in (RunPaths(job).landcover, RunPaths(job).quality, RunPaths(job).record, RunPaths(job).run_scene_list):
        if path.name not in receipt["files"]:
            raise RasterInvalid(message("The receipt does not name the file {name}.", name=path.name))
    rule = {key: job_to_dict(job)[key] for key in _RULE_KEYS}
    rule |= {key: Path(rule[key]).name for key in _PATH_KEYS}
    version = str(receipt.get("allpa", "")).split(".", maxsplit=1)[0]
    facts_of_map = [version, receipt["model_hash"], receipt["period"], receipt["crs"], rule]
    digests = tuple((name, receipt["files"][name]["sha256"]) for name in sorted((
        RunPaths(job).landcover.name, RunPaths(job).quality.name,
    )))  # fmt: skip
    return FoundTile(folder, receipt["tile"], json.dumps(facts_of_map, sort_keys=True), digests, job)


def _made_by(folder: Path, period: str) -> Job:
    """The job of a tile as its record holds it, in the folder where the tile lies now."""
    record = RunRecord.load(folder / f"record_{Path(period).name}.json")
    if not record.made_by:
        raise RasterInvalid(message("Its record does not say which job made the map."))
    job = replace(job_from_dict(record.made_by), folder=str(folder), outputs={}, scenes="", predictions="").validate()
    if job.period != period:
        raise RasterInvalid(message("The record is that of another period than the receipt."))
    return job


def matching_tiles(found: Sequence[FoundTile]) -> tuple[list[FoundTile], dict[Path, str]]:
    """Which tiles make one map.

    Parameters
    ----------
    found : tiles whose files are whole.

    Returns
    -------
    The tiles in the order of their names, each once; and by folder why others are not among them.

    """
    refused: dict[Path, str] = {}
    counts = Counter(tile.facts for tile in found)
    usual = min(counts, key=lambda facts: (-counts[facts], facts), default="")
    kept: dict[str, FoundTile] = {}
    contradictory: set[str] = set()
    for tile in found:
        if tile.facts != usual:
            refused[tile.folder] = message("Its version, model, period, grid or rule differs from most other tiles.")
        elif tile.tile not in kept:
            kept[tile.tile] = tile
        elif kept[tile.tile].digests != tile.digests:
            contradictory.add(tile.tile)
    for tile in found:
        if tile.tile in contradictory and tile.folder not in refused:
            refused[tile.folder] = message("The tile is there more than once, and its maps differ.")
    return [kept[name] for name in sorted(set(kept) - contradictory)], refused


def _job_of_all(given: Job, tiles: Sequence[FoundTile]) -> tuple[Job, Region]:
    """The job of the joined map with its region: that of the runs, or of the tiles where these lie alone."""
    runs = [_run_job(tile) for tile in tiles]
    base = runs[0] or tiles[0].job
    regions = list(dict.fromkeys(json.dumps((run or tile.job).region) for run, tile in zip(runs, tiles, strict=True)))
    if len(regions) == 1:
        geometry = json.loads(regions[0])
    else:
        shapes = [job_region(replace(base, region=json.loads(text))) for text in regions]
        parts = polygon_parts(union_all([region.geometry for region in shapes if region is not None]))
        geometry = dict(mapping(parts[0] if len(parts) == 1 else MultiPolygon(parts)))
    from_call = {key: getattr(given, key) for key in _GIVEN_KEYS}
    emptied = {key: _DEFAULTS[key] for key in _EMPTIED_KEYS}
    name, crs = given.region_name or base.region_name, tiles[0].job.crs
    job = replace(
        base, **from_call, **emptied, task="landcovermap", region=geometry, region_name=name, crs=crs
    ).validate()
    region = job_region(job)
    if region is None:
        raise JobInvalid(message("The job has no region."))
    return job, region


def _run_job(tile: FoundTile) -> Job | None:
    """The job of the run whose tile this is; None where the tile lies alone."""
    try:
        job = read_job(tile.folder.parent.parent / "job.json")
    except AllpaError:
        return None
    fits = tile.folder.parent.name == TILES_FOLDER and job.region and job.period == tile.job.period
    return job if fits else None


def _coverage(tiles: Sequence[FoundTile]) -> Selection:
    lists = [read_scene_list(RunPaths(tile.job).run_scene_list)[0] for tile in tiles]
    return Selection((), coverage=tuple(item for selection in lists for item in selection.coverage))


def _covered(selection: Selection, region: Region) -> Selection:
    measured = measure_region_coverage(selection.chosen, region)
    return replace(selection, covered_share=measured.share, gap=measured.gap, warnings=measured.warnings)


def _landcover(tile: FoundTile) -> Path:
    return RunPaths(tile.job).landcover
