"""Small tasks of tiles on the sample archive: what tests and measurements of clusters run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from allpa_engine.core.job import Job
from allpa_engine.core.protocol import NullReporter
from allpa_engine.core.run_paths import RunPaths
from allpa_engine.geo.region import region_from_geojson
from allpa_engine.run.pipeline import run_job
from allpa_engine.run.tile_tasks import TileTask, make_tile_tasks
from allpa_engine.select.scene_list import read_scene_list
from shapely.geometry import box, mapping

from .serve import ServedArchive

WEST, SOUTH = -72.876, -13.690


def small_job(folder: Path, catalogue: ServedArchive, **changes: object) -> Job:
    """A job of about one square kilometre, without what needs elevation."""
    values = {
        "folder": str(folder), "region": _square(0, 0.008), "start": "2020-01-01", "end": "2020-12-31",
        "catalogue": catalogue.stac_url, "collection": catalogue.collection, "threads": 1, "max_scenes": 2,
        "clear_observations": 1, "guards": (), "precision": "fp32", "tiles": "separately",
    }  # fmt: skip
    return Job(**(values | changes))  # type: ignore[arg-type]


def small_tasks(
    folder: Path, catalogue: ServedArchive, count: int, *, size: float = 0.006, **changes: object
) -> list[TileTask]:
    """Tasks of squares side by side, each under a name of its own.

    Parameters
    ----------
    folder : gets a folder for each task, and the search of all.
    catalogue : the running sample archive.
    count : of tasks.
    size : of the squares, degrees.
    **changes : keys of the job.

    """
    job = small_job(folder, catalogue, region=_square(0, 0.012 * count + size), **changes)
    run_job(replace(job, task="search"), NullReporter())
    selection, _ = read_scene_list(RunPaths(job).scene_list)
    tasks = []
    for number in range(count):
        part = replace(job, folder=str(folder / f"square_{number}"), region=_square(number, size))
        task = make_tile_tasks(part, selection, region_from_geojson(part.region), "EPSG:32718")[0]
        tasks.append(replace(task, tile=f"{task.tile}_{number}"))
    return tasks


def _square(number: int, size: float) -> dict[str, object]:
    west = WEST + 0.012 * number
    return dict(mapping(box(west, SOUTH, west + size, SOUTH + size)))
