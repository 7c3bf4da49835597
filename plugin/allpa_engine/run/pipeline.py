"""The chain of steps: search, select, fetch, read, classify, composite, tabulate, report.

Each step reads the files of the one before and leaves files of its own, so that a run that was stopped continues where
it stood, and each step can be run alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ..classify.classify import ProbabilityModel, classify_scene
from ..classify.inference import Classifier, load_classifier
from ..classify.prediction_file import inference_facts, read_predictions
from ..composite import CompositeRule, compose, read_weight_table
from ..composite.shortage import MAX_SHORTAGE_SHARE, shortage_shares
from ..core.atomic import check_free_space, remove_stale_temporary_files, write_json
from ..core.errors import AllScenesFailed, JobInvalid, RasterInvalid
from ..core.job import Job, job_to_dict, read_job
from ..core.protocol import Reporter
from ..core.run_paths import RunPaths
from ..core.safe_names import safe_name
from ..core.scene import Candidate, FailedScene, FetchedScene, Prediction, Scene, Selection
from ..fetch import estimate_download_bytes, fetch_selection, require_keys
from ..fetch.region_cloud import measure_clear_shares
from ..geo.region import Region, region_from_geojson
from ..search import search_scenes
from ..select import SelectionRule, choose_next_acquisitions, select_scenes
from ..select.region_coverage import measure_region_coverage
from ..select.scene_list import read_scene_list, write_scene_list
from .change import compare_maps
from .finish import finish, record_failures, table_result, update_record, write_area_table, write_zone_tables

REGION_MARGIN_M = 640.0
"""Land around the region that is fetched and classified too: what the network sees beside the border."""
SCENES_PER_ROUND = 2
"""Scenes per tile that are added before looking again."""
MAX_SHARE_OUTSIDE_LIST = 0.01
"""A scene list is of another region where more than this share of the job's region lies outside of the list's."""
SEARCH_KEYS = (
    "region",
    "start",
    "end",
    "catalogue",
    "collection",
    "max_scenes",
    "clear_observations",
    "max_cloud_percent",
    "fallback_catalogue",
    "months",
    "scenes",
)
"""What of a job decides its scene list; a job that differs in one of them searches again."""
FETCH_TASKS = ("landcovermap", "fetch", "classify")
"""Tasks that read the scenes' files."""


def run_job(job: Job, reporter: Reporter) -> dict[str, Any]:
    """Run the job's task and give its result's values (paths and numbers, all JSON).

    Raises
    ------
    AllpaError : of the class that names the cause.
    """
    steps: dict[str, Callable[[RunPaths, Reporter], dict[str, Any]]] = {
        "landcovermap": _landcovermap,
        "search": lambda paths, reporter: _search_result(paths, _search_or_load_scenes(paths, reporter)[0]),
        "fetch": _fetch,
        "classify": _classify,
        "composite": _composite,
        "areas": _areas,
        "report": _report,
        "change": lambda paths, reporter: compare_maps(paths.job, reporter),
    }
    paths = RunPaths(job.validate().with_absolute_paths())
    # what an earlier run fetched needs none; where it lacks a scene, fetching says so
    if job.task in FETCH_TASKS and not job.scenes and not _has_matching_scene_list(paths):
        require_keys((job.catalogue, job.fallback_catalogue))
    check_free_space(paths.folder, 10_000_000)
    for folder in (paths.folder, paths.predictions):
        remove_stale_temporary_files(folder)
    return steps[job.task](paths, reporter)


def _landcovermap(paths: RunPaths, reporter: Reporter) -> dict[str, Any]:
    """The main job. Network and rule are read first: a wrong file is told before any scene is fetched."""
    _composite_rule(paths.job)
    model = _load_model(paths.job)
    paths = RunPaths(replace(paths.job, precision=model.precision))  # the same job makes the same map elsewhere too
    selection, region = _search_or_load_scenes(paths, reporter)
    write_json(paths.job_file, job_to_dict(paths.job))
    selection, predictions, failures = _classify_until_clear(paths, selection, region, model, reporter)
    _write_composite(paths, predictions, region, reporter)
    values = finish(paths, region, selection, reporter)
    return {
        **_search_result(paths, selection),
        **values,
        "predictions": str(paths.predictions),
        "scene_count": len(predictions),
        "failed_scenes": len(failures),
    }


def _load_model(job: Job) -> Classifier:
    return load_classifier(job.model or None, job.device, job.threads, job.precision)


def _search_or_load_scenes(paths: RunPaths, reporter: Reporter) -> tuple[Selection, Region]:
    """The scene list: the one given, the one of an earlier run of the same job, or a new one."""
    job, path = paths.job, paths.scene_list
    region = _region(job)
    if job.scenes:
        return _load_given_scenes(path, region, reporter)
    if region is None:
        raise JobInvalid("The job names no region.")
    if _has_matching_scene_list(paths):
        reporter.log(f"Using the scene list of an earlier run, {path.name}; remove it to search again.")
        selection = read_scene_list(path)[0]
        _log_warnings(selection.warnings, reporter)
        return selection, region
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
    rule = SelectionRule(max_scenes=job.max_scenes, clear_observations=job.clear_observations)
    shares = measure_clear_shares(found.scenes, region, dilate=job.mask_dilation, reporter=reporter)
    selection = select_scenes(found.scenes, region, rule, found.notes, clear_share=lambda scene: shares.get(scene.id))
    selection = replace(
        selection,
        candidates=tuple(_add_measurements(each, region, shares) for each in selection.candidates),
        coverage=found.coverage,
        warnings=(*found.warnings, *selection.warnings),
    )
    write_scene_list(selection, region, path)
    reporter.progress("search", 1, 1)
    _log_warnings(selection.warnings, reporter)
    for note in selection.notes:
        if note not in selection.warnings:
            reporter.log(note)
    return selection, region


def _log_warnings(warnings: Iterable[str], reporter: Reporter) -> None:
    for warning in warnings:
        reporter.log(warning, "warning")


def _load_given_scenes(path: Path, region: Region | None, reporter: Reporter) -> tuple[Selection, Region]:
    """A scene list that the user gave, and the region to map: the job's own, or the list's.

    Raises
    ------
    JobInvalid : where nothing is chosen in it, or it does not reach over the job's region.
    """
    selection, listed = read_scene_list(path)
    if not selection.chosen:
        raise JobInvalid(f"No scene is chosen in {path.name}.", next_step="Choose at least one, or search again.")
    if region is None:
        region = listed
    if region.geometry.difference(listed.geometry).area > MAX_SHARE_OUTSIDE_LIST * region.geometry.area:
        raise JobInvalid(
            f"The scene list {path.name} is of another region.",
            next_step="Search the scenes of this region, or leave the region out to take the list's own.",
        )
    coverage = measure_region_coverage(selection.chosen, region)
    _log_warnings(coverage.warnings, reporter)
    return replace(selection, warnings=coverage.warnings, covered_share=coverage.share, gap=coverage.gap), region


def _add_measurements(candidate: Candidate, region: Region, shares: Mapping[str, float]) -> Candidate:
    """A candidate with what is known of it over the region: its clouds, and the bytes to download."""
    clear = shares.get(candidate.scene.id)
    return replace(
        candidate,
        region_cloud_percent=None if clear is None else round(100 * (1 - clear), 2),
        fetch_bytes=estimate_download_bytes(candidate.scene, region, REGION_MARGIN_M),
    )


def _has_matching_scene_list(paths: RunPaths) -> bool:
    """Whether the folder holds the scene list of a job that searched for the same scenes."""
    if not (paths.scene_list.exists() and paths.job_file.exists()):
        return False
    before, now = job_to_dict(read_job(paths.job_file)), job_to_dict(paths.job)
    return all(before[key] == now[key] for key in SEARCH_KEYS)


def _region(job: Job) -> Region | None:
    return region_from_geojson(job.region, job.region_name) if job.region else None


def _search_result(paths: RunPaths, selection: Selection) -> dict[str, Any]:
    return {
        "scenes": str(paths.scene_list),
        "scene_count": len(selection.chosen),
        "candidates": len(selection.candidates),
    }


def _fetch_scenes(
    paths: RunPaths, selection: Selection, region: Region, reporter: Reporter
) -> Iterator[FetchedScene | FailedScene]:
    limit_gb = paths.job.cache_limit_gb
    return fetch_selection(
        selection,
        region,
        paths.cache,
        reporter=reporter,
        margin_m=REGION_MARGIN_M,
        cache_bytes=round(limit_gb * 1e9) if limit_gb else None,
    )


def _fetch(paths: RunPaths, reporter: Reporter) -> dict[str, Any]:
    selection, region = _search_or_load_scenes(paths, reporter)
    outcomes = list(_fetch_scenes(paths, selection, region, reporter))
    failures = [each for each in outcomes if isinstance(each, FailedScene)]
    record_failures(paths, failures)
    _record_radiometry(paths, selection, region, [each.scene for each in outcomes if isinstance(each, FetchedScene)])
    return {"cache": str(paths.cache), "fetched": len(outcomes) - len(failures), "failed_scenes": len(failures)}


def _classify(paths: RunPaths, reporter: Reporter) -> dict[str, Any]:
    model = _load_model(paths.job)
    selection, region = _search_or_load_scenes(paths, reporter)
    _, predictions, failures = _classify_until_clear(paths, selection, region, model, reporter)
    return {
        "predictions": str(paths.predictions),
        "scene_count": len(predictions),
        "failed_scenes": len(failures),
        "model_hash": model.model_hash,
    }


def _classify_until_clear(
    paths: RunPaths, selection: Selection, region: Region, model: ProbabilityModel, reporter: Reporter
) -> tuple[Selection, list[Prediction], list[FailedScene]]:
    """Classify the chosen scenes, and then more of a tile as long as its pixels are short of clear observations.

    A scene list that the user gave is final: what is chosen in it is what is fetched. Where it shows too little, that
    is told.

    Raises
    ------
    AllScenesFailed : where not one scene could be classified.
    """
    while True:
        predictions, failures = _classify_selection(paths, selection, region, model, reporter)
        record_failures(paths, failures)
        update_record(paths, model_hash=model.model_hash, inference=inference_facts(predictions))
        if not predictions:
            reasons = "; ".join(f"{each.scene_id}: {each.reason}" for each in failures[:3])
            raise AllScenesFailed("Scenes were found, but none could be used.", reasons)
        if paths.job.scenes:
            _warn_of_shortage(paths.job, predictions, region, reporter)
            return selection, predictions, failures
        more = _add_missing_scenes(paths.job, selection, predictions, region, reporter)
        if more == selection:
            return selection, predictions, failures
        selection = more
        write_scene_list(selection, region, paths.scene_list)


def _classify_selection(
    paths: RunPaths, selection: Selection, region: Region, model: ProbabilityModel, reporter: Reporter
) -> tuple[list[Prediction], list[FailedScene]]:
    """Classify each chosen scene as soon as it is here, while others are still on their way."""
    predictions: list[Prediction] = []
    failures: list[FailedScene] = []
    read: list[Scene] = []
    total = len(selection.chosen)
    for outcome in _fetch_scenes(paths, selection, region, reporter):
        if isinstance(outcome, FailedScene):
            failures.append(outcome)
            taken = f"; {outcome.replaced_by} takes its place" if outcome.replaced_by else ""
            reporter.log(f"{outcome.scene_id} failed: {outcome.reason}{taken}", "warning")
            continue
        read.append(outcome.scene)
        reporter.progress("classify", len(predictions), total)
        path = paths.predictions / f"{safe_name(outcome.scene.id)}.tif"
        predictions.append(classify_scene(outcome, model, path, reporter, soft=paths.job.soft))
    reporter.progress("classify", total, total)
    _record_radiometry(paths, selection, region, read)
    return predictions, failures


def _record_radiometry(paths: RunPaths, selection: Selection, region: Region, read: list[Scene]) -> None:
    """Write what was decided of each scene's numbers when it was read into the record and the run's scene list."""
    update_record(paths, radiometry={scene.id: asdict(scene.radiometry) for scene in read})
    write_scene_list(selection, region, paths.run_scene_list, {scene.id: scene.radiometry for scene in read})


def _add_missing_scenes(
    job: Job, selection: Selection, predictions: list[Prediction], region: Region, reporter: Reporter
) -> Selection:
    """The selection with further scenes of the tiles that are short of observations; the same one where none can be
    added.
    """
    more = selection
    shares = shortage_shares(predictions, region, job.clear_observations, dilate=job.mask_dilation)
    for tile, share in shares.items():
        chosen = sum(each.tile == tile for each in selection.chosen)
        if share <= MAX_SHORTAGE_SHARE or chosen >= job.max_scenes:
            continue
        extended = choose_next_acquisitions(more, tile, min(SCENES_PER_ROUND, job.max_scenes - chosen))
        if extended != more:
            reporter.log(
                f"{share:.1%} of tile {tile} has fewer than {job.clear_observations} clear observations: "
                "fetching more scenes."
            )
        more = extended
    return more


def _warn_of_shortage(job: Job, predictions: list[Prediction], region: Region, reporter: Reporter) -> None:
    shares = shortage_shares(predictions, region, job.clear_observations, dilate=job.mask_dilation)
    for tile, share in shares.items():
        if share > MAX_SHORTAGE_SHARE:
            reporter.log(
                f"{share:.1%} of tile {tile} has fewer than {job.clear_observations} clear observations; "
                "the scene list was given, so no scene is added to it.",
                "warning",
            )


def _composite_rule(job: Job) -> CompositeRule:
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
    ).validate()


def _write_composite(
    paths: RunPaths, predictions: list[Prediction], region: Region | None, reporter: Reporter
) -> dict[str, Any]:
    job = paths.job
    summary = compose(
        predictions,
        region,
        _composite_rule(job),
        landcover=paths.landcover,
        quality=paths.quality,
        crs=job.crs,
        language=job.language,
        threads=job.threads,
        reporter=reporter,
    )
    values = summary.to_dict()
    # A map that was composited by itself is made again by doing just that, of the same predictions.
    source_job = replace(job, predictions=str(paths.predictions)) if job.task == "composite" else job
    inference = inference_facts(predictions)
    update_record(paths, composite=values, made_by=job_to_dict(source_job), inference=inference)
    return values


def _composite(paths: RunPaths, reporter: Reporter) -> dict[str, Any]:
    """Merge a folder of predictions again, with another season or other weights; nothing is classified."""
    job = paths.job
    predictions = [
        each for each in read_predictions(paths.predictions) if not job.start or job.start <= each.date <= job.end
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
    return _write_composite(paths, predictions, _region(job), reporter) | {
        "landcover": str(paths.landcover),
        "quality": str(paths.quality),
    }


def _areas(paths: RunPaths, reporter: Reporter) -> dict[str, Any]:
    table = write_area_table(paths, _region(paths.job), reporter)
    return {**table_result(paths, table), **write_zone_tables(paths, reporter)}


def _report(paths: RunPaths, reporter: Reporter) -> dict[str, Any]:
    """Write table, picture, report and provenance of a map that an earlier run left."""
    selection, region = read_scene_list(paths.scene_list)
    return finish(paths, region, selection, reporter)
