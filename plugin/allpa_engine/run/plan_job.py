"""The task `plan`: search the scenes of a job, and say what its run takes; nothing of the scenes is fetched."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..classify.model_folder import is_model_folder, read_model_folder
from ..core.atomic import write_json
from ..core.bands import ALL_BAND_KEYS
from ..core.job import Job
from ..core.messages import message, translate
from ..core.run_paths import RunPaths
from ..core.scene import Selection
from ..geo.region import Region
from .plan import Plan, plan_selection, plan_table
from .rates import read_rates
from .record import Run
from .scenes import REGION_MARGIN_M, has_matching_scene_list, search_or_load_scenes
from .tile_tasks import no_tile_of


def job_plan(run: Run, selection: Selection, region: Region) -> Plan:
    """The plan of a run with its scenes.

    Parameters
    ----------
    run : its paths say what is there already.
    selection : its scenes.
    region : what is mapped.

    Raises
    ------
    JobInvalid : where none of the job's `only_tiles` has a scene.

    """
    paths = run.paths
    if paths.job.only_tiles:
        wanted = {*paths.job.only_tiles.split(",")}
        candidates = tuple(item for item in selection.candidates if item.scene.tile in wanted)
        if not any(item.chosen for item in candidates):
            raise no_tile_of(paths.job)
        selection = replace(selection, candidates=candidates)
    return plan_selection(
        selection,
        region,
        read_rates(),
        period=paths.job.period,
        cache=paths.cache,
        predictions=paths.predictions,
        margin_m=REGION_MARGIN_M,
        bands=paths.job.bands,
    )


def make_plan(run: Run) -> dict[str, Any]:
    """Search the scenes, write the plan as JSON and give it as a table too.

    The scene list of an earlier run of the same job is used; a new one is written under a name of its own, so that a
    finished map keeps its list.

    Raises
    ------
    AllpaError : of the search, or where none of the job's `only_tiles` has a scene.

    """
    job = replace(run.paths.job, bands=_bands(run.paths.job))
    if not job.scenes and not has_matching_scene_list(RunPaths(job)):
        job = replace(job, outputs={**job.outputs, "scenes": str(run.paths.plan_scenes)})
    run = replace(run, paths=RunPaths(job))
    selection, region = search_or_load_scenes(run)
    plan = job_plan(run, selection, region)
    if not job.scenes:
        more = message(
            "Where clouds leave gaps, further scenes are used, up to {count} per tile.", count=job.max_scenes
        )
        plan = replace(plan, notes=(*plan.notes, more))
    write_json(run.paths.plan, plan.to_dict())
    return {**plan_result(plan, job.locale), "plan": str(run.paths.plan), "scenes": str(run.paths.scene_list)}


def plan_result(plan: Plan, language: str) -> dict[str, Any]:
    """The plan as values of a result: sums, and the table as text."""
    values = plan.to_dict()
    sums = {key: values[key] for key in (
        "tile_count", "scene_count", "fetch_bytes", "cached_bytes", "core_hours", "minutes", "disk_bytes", "memory_mb",
    )}  # fmt: skip
    share = plan.covered_share
    return {
        **sums,
        "covered_percent": None if share is None else round(100 * share, 2),
        "notes": [translate(note, language) for note in plan.notes],
        "plan_table": plan_table(plan, language),
    }


def _bands(job: Job) -> tuple[str, ...]:
    """The bands of the job with those of its model, read from the model's card alone."""
    if not (job.model and is_model_folder(job.model)):
        return job.bands
    wanted = {*job.bands, *read_model_folder(job.model).features}
    return tuple(key for key in ALL_BAND_KEYS if key in wanted)
