"""The chain of steps: search, select, fetch, classify, composite, tabulate, report.

Each step reads the files of the one before and leaves files of its own, so that a run that was stopped continues where
it stopped, and each step can be run alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from ..classify.classify import classify_scene
from ..classify.prediction_file import inference_facts, read_predictions
from ..composite import compose
from ..composite.compose import check_decision_legend, common_legend
from ..core.atomic import explain_os_error, remove_stale_temporary_files, write_json
from ..core.bands import ALL_BAND_KEYS
from ..core.cluster_keys import SEPARATELY
from ..core.earlier_map import check_earlier_map, differences_from_earlier_map
from ..core.errors import AllScenesFailed, RasterInvalid
from ..core.job import ON, Job, job_to_dict
from ..core.messages import joined, message
from ..core.protocol import Reporter
from ..core.run_paths import RunPaths
from ..core.safe_names import safe_name
from ..core.scene import FailedScene, FetchedScene, Prediction, Scene, Selection
from ..geo.region import Region
from ..select.scene_list import read_scene_list, write_scene_list
from .checks import check_before_run, composite_rule, decision_model
from .finish import remove_results, table_result, write_area_table, write_results, write_zone_tables
from .folder_lock import lock_folder
from .guards import download_elevation, prepare_guards
from .loaded_model import SceneModel, load_model
from .plan_job import job_plan
from .record import Run, RunRecord
from .scenes import (
    add_missing_scenes,
    classified_bounds,
    fetch_scenes,
    job_region,
    record_radiometry,
    search_or_load_scenes,
    search_result,
    shared_ranges,
)

_MAIN_OUTPUTS = {
    "search": "scenes",
    "composite": "landcover",
    "areas": "areas",
    "accuracy_sample": "sample",
    "accuracy_import": "sample",
    "accuracy": "accuracy",
    "accuracy_more_points": "sample",
}
"""Tasks that write nothing of note into the folder where the job puts this output elsewhere."""


def run_job(job: Job, reporter: Reporter) -> dict[str, Any]:
    """Run the job's task; everything that can be checked before the work is checked first.

    Parameters
    ----------
    job : the task, and all that it needs.
    reporter : hears of progress; raises Cancelled to stop the run.

    Returns
    -------
    Paths and numbers of the result by name, all JSON values.

    Raises
    ------
    AllpaError : of the class that names the cause.

    """
    paths = RunPaths(job.validate().with_absolute_paths())
    try:
        check_before_run(paths)
    except OSError as error:  # of a path that cannot even be looked at
        raise (explain_os_error(error) or error) from error
    is_alone = _MAIN_OUTPUTS.get(job.task, "") not in paths.job.outputs
    with lock_folder(paths.folder) if is_alone else nullcontext():
        replaced = check_earlier_map(paths.job)  # under the lock: another run may just have finished its map
        if replaced:
            reporter.log(replaced, "warning")
        for folder in {paths.folder, paths.predictions, *(Path(path).parent for path in paths.job.outputs.values())}:
            remove_stale_temporary_files(folder)
        return _step(job.task)(Run(paths, reporter, RunRecord.load(paths.record)))


def _landcovermap(run: Run) -> dict[str, Any]:
    """The main job. The model is read first: a wrong file is refused before any scene is downloaded."""
    model = load_model(run.paths.job)
    composite_rule(run.paths.job, model.legend)
    if run.paths.job.annual_decision == ON:
        check_decision_legend(model.legend)
    # The job that is saved names precision and back end that were chosen: it makes the same map on another machine too.
    job = replace(_with_bands_of(run.paths.job, model), precision=model.precision, backend=model.backend)
    job = _with_decision_hash(job)
    run = replace(run, paths=RunPaths(job))
    selection, region = search_or_load_scenes(run)
    write_json(run.paths.job_file, job_to_dict(run.paths.job))
    if job.tiles == SEPARATELY or job.dask or job.tile_store:
        from .tile_run import map_tiles

        return map_tiles(run, selection, region, model.legend)
    selection, predictions = classify_until_clear(run, selection, region, model)
    write_composite(run, predictions, region)
    results = write_results(run, region, selection)
    run.measures.save()
    return {
        **search_result(run, selection),
        **results,
        "predictions": str(run.paths.predictions),
        "scene_count": len(predictions),
        "failed_scenes": len(run.record.failures),
    }


def _search(run: Run) -> dict[str, Any]:
    return search_result(run, search_or_load_scenes(run)[0])


def _fetch(run: Run) -> dict[str, Any]:
    selection, region = search_or_load_scenes(run)
    outcomes = list(fetch_scenes(run, selection, region))
    run.record.failures = tuple(outcome for outcome in outcomes if isinstance(outcome, FailedScene))
    record_radiometry(
        run, selection, region, [outcome.scene for outcome in outcomes if isinstance(outcome, FetchedScene)]
    )
    download_elevation(run, region)
    failed = len(run.record.failures)
    return {"cache": str(run.paths.cache), "fetched": len(outcomes) - failed, "failed_scenes": failed}


def _classify(run: Run) -> dict[str, Any]:
    model = load_model(run.paths.job)
    run = replace(run, paths=RunPaths(_with_bands_of(run.paths.job, model)))
    selection, region = search_or_load_scenes(run)
    _, predictions = classify_until_clear(run, selection, region, model)
    download_elevation(run, region)
    return {
        "predictions": str(run.paths.predictions),
        "scene_count": len(predictions),
        "failed_scenes": len(run.record.failures),
        "model_hash": model.model_hash,
    }


def _with_bands_of(job: Job, model: SceneModel) -> Job:
    """The job with the bands that its model reads among those that are downloaded."""
    return replace(job, bands=tuple(key for key in ALL_BAND_KEYS if key in (*job.bands, *model.bands)))


def classify_until_clear(
    run: Run, selection: Selection, region: Region, model: SceneModel
) -> tuple[Selection, list[Prediction]]:
    """Classify the selected scenes, and then more of a tile as long as its pixels lack clear observations.

    A scene list that the user gave is final: what is selected in it is what is downloaded. Where that is too little,
    the log says so.

    Parameters
    ----------
    run : its job says how many observations are wanted; its record gets failures and radiometry.
    selection : the chosen scenes, and candidates to add.
    region : what is mapped.
    model : classifies a scene.

    Returns
    -------
    The selection with the scenes that were added, and the predictions of its chosen scenes.

    Raises
    ------
    AllScenesFailed : where not one scene could be classified.

    """
    known_failures: dict[str, str] = {}
    while True:
        predictions = _classify_selection(run, selection, region, model, known_failures)
        known_failures |= {failure.scene_id: failure.reason for failure in run.record.failures}
        if not predictions:
            reasons = joined(
                (
                    message("{scene}: {reason}", scene=failure.scene_id, reason=failure.reason)
                    for failure in run.record.failures[:3]
                ),
                "; ",
            )
            raise AllScenesFailed(message("Scenes were found, but none could be used."), reasons)
        extended = add_missing_scenes(run, selection, predictions, region)
        if extended == selection:
            return selection, predictions
        selection = extended
        write_scene_list(selection, region, run.paths.scene_list)


def _classify_selection(
    run: Run, selection: Selection, region: Region, model: SceneModel, known_failures: Mapping[str, str]
) -> list[Prediction]:
    """Classify each selected scene as soon as it is here, while others are still being downloaded."""
    predictions: list[Prediction] = []
    failures: list[FailedScene] = []
    scenes: list[Scene] = []
    total, shared = len(selection.chosen), shared_ranges(run.paths)
    for outcome in run.measures.fetching(
        fetch_scenes(run, selection, region, known_failures, shared),
        job_plan(run, selection, region).fetch_bytes,
        shared,
    ):
        if isinstance(outcome, FailedScene):
            failures.append(outcome)
            if outcome.scene_id in known_failures:
                continue  # the log has it
            run.reporter.log(outcome.sentence, "warning")
            continue
        scenes.append(outcome.scene)
        run.reporter.progress("classify", len(predictions), total)
        path = run.paths.predictions / f"{safe_name(outcome.scene.id)}.tif"
        with run.measures.classifying(path, outcome.path):
            bounds = classified_bounds(outcome.scene, region)
            predictions.append(
                classify_scene(outcome, model, path, run.reporter, soft=run.paths.job.soft, bounds=bounds)
            )
    run.reporter.progress("classify", total, total)
    run.record.failures = tuple(failures)
    run.record.model_hash, run.record.inference = model.model_hash, inference_facts(predictions)
    record_radiometry(run, selection, region, scenes)
    return predictions


def _with_decision_hash(job: Job) -> Job:
    """The job with the hash of its annual decision's model, so that no other model makes its map again unnoticed."""
    decision = decision_model(job)
    return job if decision is None else replace(job, decision_model_hash=decision.sha256)


def write_composite(
    run: Run, predictions: list[Prediction], region: Region | None, *, cut_to_predictions: bool = False
) -> dict[str, Any]:
    """Composite predictions to the map and its quality raster, with what was found out in the record.

    Parameters
    ----------
    run : its job says how, its paths where; its record is saved.
    predictions : of one legend.
    region : what is mapped; None maps all that they cover.
    cut_to_predictions : the rasters end where the predictions end.

    Returns
    -------
    The summary of the composite as JSON values.

    """
    job, paths = _with_decision_hash(run.paths.job), run.paths
    decision = decision_model(job)
    rule = composite_rule(job, common_legend(predictions))
    if differences_from_earlier_map(job):
        remove_results(paths)
    # A map that was composited by itself is made again by doing just that, of the same predictions.
    source_job = replace(job, predictions=str(paths.predictions)) if job.task == "composite" else job
    run.record.made_by = job_to_dict(source_job)
    run.record.inference = inference_facts(predictions)
    run.save_record()  # before the map: a map is never older than the job that is said to have made it
    active = prepare_guards(run, rule, predictions, region)
    with run.measures.compositing([prediction.path for prediction in predictions]):
        summary = compose(
            predictions,
            region,
            active.rule,
            landcover=paths.landcover,
            quality=paths.quality,
            plain=None if decision is None else paths.plain_landcover,
            decision=decision,
            crs=job.crs,
            elevation=active.elevation,
            language=job.locale,
            threads=job.threads,
            reporter=run.reporter,
            cut_to_predictions=cut_to_predictions,
        )
    run.record.composite = summary.to_dict()
    for name, found in active.facts().items():
        run.record.composite["guards"].setdefault(name, {}).update(found)
    run.save_record()
    return run.record.composite


def _composite(run: Run) -> dict[str, Any]:
    """Merge a folder of predictions again, with another season or other weights; nothing is classified."""
    job, paths = run.paths.job, run.paths
    predictions = [
        prediction
        for prediction in read_predictions(paths.predictions)
        if not job.start or job.start <= prediction.date <= job.end
    ]
    hashes = {prediction.model_hash for prediction in predictions}
    if len(hashes) > 1:
        raise RasterInvalid(
            message("The folder contains predictions of different models."),
            message("There are {count}.", count=len(hashes)),
            message("Keep the predictions of one model in a folder."),
        )
    if not predictions:
        raise RasterInvalid(
            message("No prediction lies in the period."),
            message("It runs from {start} to {end}.", start=job.start, end=job.end),
        )
    return write_composite(run, predictions, job_region(job)) | {
        "landcover": str(paths.landcover),
        "quality": str(paths.quality),
        **({"plain_landcover": str(paths.plain_landcover)} if job.annual_decision == ON else {}),
    }


def _areas(run: Run) -> dict[str, Any]:
    table = write_area_table(run, job_region(run.paths.job))
    return {**table_result(run.paths, table), **write_zone_tables(run)}


def _report(run: Run) -> dict[str, Any]:
    """Write table, map image, report and STAC item of a map that an earlier run left."""
    if "seasons" in run.record.composite and not run.paths.scene_list.exists():  # composites were classified
        return write_results(run, job_region(run.paths.job), None)
    selection, region = read_scene_list(run.paths.scene_list)
    return write_results(run, region, selection)


def _change(run: Run) -> dict[str, Any]:
    from .change import compare_maps

    return compare_maps(run.paths.job, run.reporter)


def _accuracy(run: Run) -> dict[str, Any]:
    from .accuracy import assess_maps

    return assess_maps(run.paths, run.reporter)


_STEPS: dict[str, Callable[[Run], dict[str, Any]]] = {
    "landcovermap": _landcovermap,
    "search": _search,
    "fetch": _fetch,
    "classify": _classify,
    "composite": _composite,
    "areas": _areas,
    "report": _report,
    "change": _change,
    "accuracy": _accuracy,
}
"""What the tasks of the flow do."""
_OTHER_STEPS = {
    "refit": ("refit", "refit_model"),
    "embeddings": ("embeddings", "embed_region"),
    "accuracy_sample": ("accuracy_sample", "draw_sample"),
    "accuracy_import": ("accuracy_import", "import_reference"),
    "accuracy_more_points": ("accuracy_more_points", "add_points"),
    "training_data": ("training_data", "make_training_data"),
    "seasonal_composite": ("seasonal", "make_composites"),
    "train_forest": ("train_forest", "train_forest"),
    "classify_features": ("classify_features", "classify_features"),
    "train_network": ("train_network", "train_network"),
    "export_model": ("model_tasks", "export"),
    "explain_model": ("model_tasks", "explain"),
    "plan": ("plan_job", "make_plan"),
    "join": ("join_folders", "join_folders"),
    "quick_looks": ("previews", "make_previews"),
}
"""Module of this folder and function of each other task; no job waits for the import of what others need."""


def _step(task: str) -> Callable[[Run], dict[str, Any]]:
    """What a task of a job does."""
    if task in _STEPS:
        return _STEPS[task]
    module, function = _OTHER_STEPS[task]
    step: Callable[[Run], dict[str, Any]] = getattr(import_module(f".{module}", __package__), function)
    return step
