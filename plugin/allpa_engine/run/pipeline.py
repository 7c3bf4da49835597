"""The chain of steps: search, select, fetch, read, classify, composite, tabulate, report.

Each step reads the files of the one before and leaves files of its own, so that a run that was stopped continues where
it stood, and each step can be run alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ..classify.classify import ProbabilityModel, classify_scene
from ..classify.inference import load_classifier
from ..classify.prediction_file import predictions_in
from ..composite import CompositeRule, compose, read_weight_table
from ..composite.shortage import TOLERATED_SHARE, short_share
from ..core.atomic import require_room, sweep_parts, write_json
from ..core.errors import AllScenesFailed, JobInvalid, RasterInvalid
from ..core.job import Job, job_to_dict, read_job
from ..core.protocol import Reporter
from ..core.run_paths import Workplace
from ..core.scene import (
    Candidate,
    Failure,
    FetchedScene,
    Prediction,
    Scene,
    Selection,
)
from ..fetch import fetch_selection, require_keys, scene_bytes
from ..fetch.region_cloud import clear_shares
from ..geo.region import Region, region_from_geojson
from ..search import search_scenes
from ..select import SelectionRule, select_scenes, with_more
from ..select.scene_list import read_scene_list, write_scene_list
from .change import compare
from .finish import (
    finish,
    note,
    note_failures,
    table_values,
    tabulate,
    tabulate_zones,
)

EDGE_M = 640.0
"""Land around the region that is fetched and classified too: what the network sees beside the border."""
MORE_AT_ONCE = 2
"""Scenes per tile that are added before looking again."""
OTHER_REGION_SHARE = 0.01
"""A scene list is of another region where more than this share of the job's region lies outside of the list's."""
SEARCH_KEYS = (
    "region",
    "start",
    "end",
    "catalogue",
    "collection",
    "max_scenes",
    "clear_looks",
    "max_cloud_percent",
    "fallback_catalogue",
    "months",
    "scenes",
)
"""What of a job decides its scene list; a job that differs in one of them searches again."""
FETCHING = ("landcovermap", "fetch", "classify")
"""Tasks that read the scenes' files."""


def run_job(job: Job, reporter: Reporter) -> dict[str, Any]:
    """Run the job's task and give its result's values (paths and numbers, all JSON).

    Raises
    ------
    AllpaError : of the class that names the cause.
    """
    steps: dict[str, Callable[[Workplace, Reporter], dict[str, Any]]] = {
        "landcovermap": _landcovermap,
        "search": lambda place, reporter: _search_result(place, _searched(place, reporter)[0]),
        "fetch": _fetch,
        "classify": _classify,
        "composite": _composite,
        "areas": _areas,
        "report": _report,
        "change": lambda place, reporter: compare(place.job, reporter),
    }
    place = Workplace(job.validated().absolute())
    # what an earlier run fetched needs none; where it lacks a scene, fetching says so
    if job.task in FETCHING and not job.scenes and not _was_searched(place):
        require_keys((job.catalogue, job.fallback_catalogue))
    require_room(place.folder, 10_000_000)
    for folder in (place.folder, place.predictions):
        sweep_parts(folder)
    return steps[job.task](place, reporter)


def _landcovermap(place: Workplace, reporter: Reporter) -> dict[str, Any]:
    """The main job. Network and rule are read first: a wrong file is told before any scene is fetched."""
    _rule(place.job)
    model = load_classifier(place.job.model or None, place.job.device, place.job.threads)
    selection, region = _searched(place, reporter)
    write_json(place.job_file, job_to_dict(place.job))
    selection, predictions, failures = _classified(place, selection, region, model, reporter)
    _composed(place, predictions, region, reporter)
    values = finish(place, region, selection, reporter)
    return {
        **_search_result(place, selection),
        **values,
        "predictions": str(place.predictions),
        "scene_count": len(predictions),
        "failed_scenes": len(failures),
    }


def _searched(place: Workplace, reporter: Reporter) -> tuple[Selection, Region]:
    """The scene list: the one given, the one of an earlier run of the same job, or a new one."""
    job, path = place.job, place.scene_list
    region = _region(job)
    if job.scenes:
        return _listed(path, region)
    if region is None:
        raise JobInvalid("The job names no region.")
    if _was_searched(place):
        reporter.log(f"Using the scene list of an earlier run, {path.name}; remove it to search again.")
        return read_scene_list(path)[0], region
    reporter.progress("search", 0, 1)
    found = search_scenes(
        region,
        job.start,
        job.end,
        catalogue=job.catalogue,
        collection=job.collection,
        months=job.months,
        max_cloud_percent=job.max_cloud_percent,
        reporter=reporter,
        fallback=job.fallback_catalogue,
    )
    rule = SelectionRule(max_scenes=job.max_scenes, clear_looks=job.clear_looks)
    shares = clear_shares(found.scenes, region, reporter=reporter)
    selection = select_scenes(found.scenes, region, rule, found.notes, clear_share=lambda scene: shares.get(scene.id))
    selection = replace(
        selection,
        candidates=tuple(_with_measures(each, region, shares) for each in selection.candidates),
        coverage=found.coverage,
    )
    write_scene_list(selection, region, path)
    reporter.progress("search", 1, 1)
    for remark in selection.notes:
        reporter.log(remark)
    return selection, region


def _listed(path: Path, region: Region | None) -> tuple[Selection, Region]:
    """A scene list that the user gave, and the region to map: the job's own, or the list's.

    Raises
    ------
    JobInvalid : where nothing is chosen in it, or it does not reach over the job's region.
    """
    selection, listed = read_scene_list(path)
    if not selection.chosen:
        raise JobInvalid(f"No scene is chosen in {path.name}.", next_step="Choose at least one, or search again.")
    if region is None:
        return selection, listed
    if region.geometry.difference(listed.geometry).area > OTHER_REGION_SHARE * region.geometry.area:
        raise JobInvalid(
            f"The scene list {path.name} is of another region.",
            next_step="Search the scenes of this region, or leave the region out to take the list's own.",
        )
    return selection, region


def _with_measures(candidate: Candidate, region: Region, shares: Mapping[str, float]) -> Candidate:
    """A candidate with what is known of it over the region: its clouds, and the bytes to download."""
    clear = shares.get(candidate.scene.id)
    return replace(
        candidate,
        region_cloud_percent=None if clear is None else round(100 * (1 - clear), 2),
        fetch_bytes=scene_bytes(candidate.scene, region, EDGE_M),
    )


def _was_searched(place: Workplace) -> bool:
    """Whether the folder holds the scene list of a job that searched for the same scenes."""
    if not (place.scene_list.exists() and place.job_file.exists()):
        return False
    before, now = job_to_dict(read_job(place.job_file)), job_to_dict(place.job)
    return all(before[key] == now[key] for key in SEARCH_KEYS)


def _region(job: Job) -> Region | None:
    return region_from_geojson(job.region, job.region_name) if job.region else None


def _search_result(place: Workplace, selection: Selection) -> dict[str, Any]:
    return {
        "scenes": str(place.scene_list),
        "scene_count": len(selection.chosen),
        "candidates": len(selection.candidates),
    }


def _fetched(
    place: Workplace, selection: Selection, region: Region, reporter: Reporter
) -> Iterator[FetchedScene | Failure]:
    limit_gb = place.job.cache_limit_gb
    return fetch_selection(
        selection,
        region,
        place.cache,
        reporter=reporter,
        margin_m=EDGE_M,
        cache_bytes=round(limit_gb * 1e9) if limit_gb else None,
    )


def _fetch(place: Workplace, reporter: Reporter) -> dict[str, Any]:
    selection, region = _searched(place, reporter)
    outcomes = list(_fetched(place, selection, region, reporter))
    failures = [each for each in outcomes if isinstance(each, Failure)]
    note_failures(place, failures)
    _note_radiometry(place, selection, region, [each.scene for each in outcomes if isinstance(each, FetchedScene)])
    return {"cache": str(place.cache), "fetched": len(outcomes) - len(failures), "failed_scenes": len(failures)}


def _classify(place: Workplace, reporter: Reporter) -> dict[str, Any]:
    model = load_classifier(place.job.model or None, place.job.device, place.job.threads)
    selection, region = _searched(place, reporter)
    _, predictions, failures = _classified(place, selection, region, model, reporter)
    return {
        "predictions": str(place.predictions),
        "scene_count": len(predictions),
        "failed_scenes": len(failures),
        "model_hash": model.model_hash,
    }


def _classified(
    place: Workplace, selection: Selection, region: Region, model: ProbabilityModel, reporter: Reporter
) -> tuple[Selection, list[Prediction], list[Failure]]:
    """Classify the chosen scenes, and then more of a tile as long as its pixels are short of clear looks.

    A scene list that the user gave is final: what is chosen in it is what is fetched. Where it shows too little, that
    is told.

    Raises
    ------
    AllScenesFailed : where not one scene could be classified.
    """
    while True:
        predictions, failures = _classified_once(place, selection, region, model, reporter)
        note_failures(place, failures)
        note(place, model_hash=model.model_hash)
        if not predictions:
            reasons = "; ".join(f"{each.scene_id}: {each.reason}" for each in failures[:3])
            raise AllScenesFailed("Scenes were found, but none could be used.", reasons)
        if place.job.scenes:
            _tell_shortage(place.job, predictions, region, reporter)
            return selection, predictions, failures
        more = _with_more_looks(place.job, selection, predictions, region, reporter)
        if more == selection:
            return selection, predictions, failures
        selection = more
        write_scene_list(selection, region, place.scene_list)


def _classified_once(
    place: Workplace, selection: Selection, region: Region, model: ProbabilityModel, reporter: Reporter
) -> tuple[list[Prediction], list[Failure]]:
    """Classify each chosen scene as soon as it is here, while others are still on their way."""
    predictions: list[Prediction] = []
    failures: list[Failure] = []
    read: list[Scene] = []
    total = len(selection.chosen)
    for outcome in _fetched(place, selection, region, reporter):
        if isinstance(outcome, Failure):
            failures.append(outcome)
            taken = f"; {outcome.replaced_by} takes its place" if outcome.replaced_by else ""
            reporter.log(f"{outcome.scene_id} failed: {outcome.reason}{taken}", "warning")
            continue
        read.append(outcome.scene)
        reporter.progress("classify", len(predictions), total)
        path = place.predictions / f"{outcome.scene.id}.tif"
        predictions.append(classify_scene(outcome, model, path, reporter, soft=place.job.soft))
    reporter.progress("classify", total, total)
    _note_radiometry(place, selection, region, read)
    return predictions, failures


def _note_radiometry(place: Workplace, selection: Selection, region: Region, read: list[Scene]) -> None:
    """Write what was decided of each scene's numbers when it was read into the record and the run's scene list."""
    note(place, radiometry={scene.id: asdict(scene.radiometry) for scene in read})
    write_scene_list(selection, region, place.own_scene_list, {scene.id: scene.radiometry for scene in read})


def _with_more_looks(
    job: Job, selection: Selection, predictions: list[Prediction], region: Region, reporter: Reporter
) -> Selection:
    """The selection with further scenes of the tiles that are short of looks; the same one where none can be added."""
    more = selection
    for tile, share in short_share(predictions, region, job.clear_looks).items():
        chosen = sum(each.tile == tile for each in selection.chosen)
        if share <= TOLERATED_SHARE or chosen >= job.max_scenes:
            continue
        grown = with_more(more, tile, min(MORE_AT_ONCE, job.max_scenes - chosen))
        if grown != more:
            reporter.log(
                f"{share:.1%} of tile {tile} has fewer than {job.clear_looks} clear looks: fetching more scenes."
            )
        more = grown
    return more


def _tell_shortage(job: Job, predictions: list[Prediction], region: Region, reporter: Reporter) -> None:
    for tile, share in short_share(predictions, region, job.clear_looks).items():
        if share > TOLERATED_SHARE:
            reporter.log(
                f"{share:.1%} of tile {tile} has fewer than {job.clear_looks} clear looks; the scene list was given, "
                "so no scene is added to it.",
                "warning",
            )


def _rule(job: Job) -> CompositeRule:
    """How the scenes vote.

    Raises
    ------
    JobInvalid : where the weight table cannot be read or the rule cannot decide a map.
    """
    table = read_weight_table(job.weight_table) if job.weight_table else CompositeRule(weights=job.weights)
    return replace(
        table,
        months=job.months,
        month_balance=job.month_balance,
        soft=job.soft,
        mask_dilation=job.mask_dilation,
        smoothing_px=job.smoothing_px,
    ).validated()


def _composed(
    place: Workplace, predictions: list[Prediction], region: Region | None, reporter: Reporter
) -> dict[str, Any]:
    job = place.job
    summary = compose(
        predictions,
        region,
        _rule(job),
        landcover=place.landcover,
        quality=place.quality,
        crs=job.crs,
        language=job.language,
        threads=job.threads,
        reporter=reporter,
    )
    values = summary.as_values()
    # A map that was composited by itself is made again by doing just that, of the same predictions.
    maker = replace(job, predictions=str(place.predictions)) if job.task == "composite" else job
    note(place, composite=values, made_by=job_to_dict(maker))
    return values


def _composite(place: Workplace, reporter: Reporter) -> dict[str, Any]:
    """Merge a folder of predictions again, with another season or other weights; nothing is classified."""
    job = place.job
    predictions = [
        each for each in predictions_in(place.predictions) if not job.start or job.start <= each.date <= job.end
    ]
    hashes = {each.model_hash for each in predictions}
    if len(hashes) > 1:
        raise RasterInvalid(
            "The folder holds predictions of different networks.",
            f"There are {len(hashes)}.",
            "Keep the predictions of one network in a folder.",
        )
    if not predictions:
        raise RasterInvalid("None of the predictions lies in the period.", f"It runs from {job.start} to {job.end}.")
    return _composed(place, predictions, _region(job), reporter) | {
        "landcover": str(place.landcover),
        "quality": str(place.quality),
    }


def _areas(place: Workplace, reporter: Reporter) -> dict[str, Any]:
    table = tabulate(place, _region(place.job), reporter)
    return {**table_values(place, table), **tabulate_zones(place, reporter)}


def _report(place: Workplace, reporter: Reporter) -> dict[str, Any]:
    """Write table, picture, report and provenance of a map that an earlier run left."""
    selection, region = read_scene_list(place.scene_list)
    return finish(place, region, selection, reporter)
