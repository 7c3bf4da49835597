"""What can be known to be wrong before the first request: everything that a job names is looked at once."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timezone
from importlib import import_module
from pathlib import Path

from ..areas import read_joint_table, read_zones
from ..classify.model_folder import FEATURES, NETWORK_KINDS, is_model_folder, read_model_folder
from ..classify.prediction_file import read_prediction
from ..composite import CompositeRule, read_weight_table
from ..composite.decision_model import DecisionModel, read_decision_model
from ..composite.terrain import check_elevation
from ..core.atomic import check_free_space
from ..core.catalogues import find_catalogue
from ..core.composite_keys import SLOPE
from ..core.errors import JobInvalid, ModelInvalid, PeriodInvalid, RasterInvalid, RegionInvalid
from ..core.job import ON, Job
from ..core.legend import BUNDLED_LEGEND, Legend
from ..core.messages import message
from ..core.parts import CLUSTER, require_parts
from ..core.run_paths import RunPaths
from ..fetch import require_keys
from ..geo.map_crs import check_map_crs
from ..geo.region import Region
from .scenes import has_matching_scene_list, job_region, load_given_scenes

SEARCH_TASKS = ("landcovermap", "search", "fetch", "classify", "seasonal_composite", "embeddings", "plan")
"""Tasks that search, unless they are given scenes or have found them before."""
FETCH_TASKS = ("landcovermap", "fetch", "classify", "seasonal_composite", "refit", "embeddings")
"""Tasks that read the scenes' files."""
COMPOSITE_TASKS = ("landcovermap", "composite")
CLASSIFY_TASKS = ("landcovermap", "classify")
SCENE_MODEL_TASKS = (*CLASSIFY_TASKS, "refit", "embeddings", "plan")
"""Tasks whose model reads the bands of single scenes."""
SAMPLE_TASKS = ("accuracy_sample", "accuracy_import", "accuracy_more_points")
ZONE_TASKS = ("landcovermap", "join", "areas", "report", "accuracy", "classify_features", *SAMPLE_TASKS)
_TASK_CHECKS = {
    "refit": ("refit", "check_refit_job"),
    "accuracy_import": ("accuracy_import", "check_import_job"),
    "classify_features": ("classify_features", "check_feature_map_job"),
    "train_forest": ("train_forest", "check_training_folder"),
    "training_data": ("training_data", "check_training_job"),
    "train_network": ("train_network", "check_network_job"),
    "export_model": ("model_tasks", "check_model_tasks"),
    "explain_model": ("model_tasks", "check_model_tasks"),
    "quick_looks": ("previews", "check_previews"),
}
"""Module of this folder and function that checks what only this task needs."""
MIN_REGION_M2 = 100.0
"""A smaller region need not have a single pixel of the map, whose side is 10 m."""
MIN_FREE_BYTES = 10_000_000
"""Room that every task needs; downloading asks for what its scenes need."""


def check_before_run(paths: RunPaths) -> None:
    """Check all that a job names: region, scenes, catalogues, keys, rule, CRS, model, zones, maps and folders.

    Raises
    ------
    AllpaError : of the class that names the cause; nothing was searched or written.

    """
    job = paths.job
    region = job_region(job)
    if job.scenes and job.task not in ("search", "change"):
        _, region = load_given_scenes(paths.scene_list, region)
    elif job.task in SEARCH_TASKS:
        _check_search(paths)
        _check_size(region)
    if job.task in COMPOSITE_TASKS:
        _check_rule(paths)
        if job.elevation and SLOPE in job.guards:
            check_elevation(job.elevation)
        decision_model(job)
    if job.task == "landcovermap":
        check_cluster(job)
    if job.crs and job.task in (*COMPOSITE_TASKS, "seasonal_composite"):
        check_map_crs(job.crs, region)
    if job.model and not Path(job.model).is_file() and not is_model_folder(job.model):
        if Path(job.model).is_dir():
            raise ModelInvalid(message("The folder {model} holds no model: it has no model.json.", model=job.model))
        raise ModelInvalid(message("The model {model} does not exist.", model=job.model))
    if job.task in SCENE_MODEL_TASKS:
        _check_scene_model(job)
    if job.zones and job.task in ZONE_TASKS:
        _check_zones(job, region)
    if job.joint_table:
        read_joint_table(Path(job.joint_table))
    _check_maps(job)
    _check_task(paths)
    _check_folders(paths)


def _check_task(paths: RunPaths) -> None:
    """Check what only some tasks need; their modules are imported for these alone."""
    job = paths.job
    if job.task == "seasonal_composite":
        from .season_scenes import check_seasons

        check_seasons(job)
        if job.elevation and job.seasonal["terrain"]:
            check_elevation(job.elevation)
    if job.task in SAMPLE_TASKS:
        from .accuracy_sample import check_sample_job

        check_sample_job(paths)
    if job.sample or job.samples:
        from .accuracy import check_samples

        check_samples(paths)
    if job.task in _TASK_CHECKS:
        module, function = _TASK_CHECKS[job.task]
        getattr(import_module(f".{module}", __package__), function)(paths)


def check_cluster(job: Job) -> None:
    """Refuse a job whose packages for Dask are missing, or whose store cannot be used.

    Parameters
    ----------
    job : its keys `dask` and `tile_store` are read.

    Raises
    ------
    PartsMissing, StoreUnreachable, FolderNotWritable, DiskFull

    """
    if job.dask:
        require_parts(CLUSTER, "dask", "distributed", "cryptography")
    if job.tile_store:
        from .tile_store import open_store  # few jobs have one

        open_store(job.tile_store).check()


def _check_scene_model(job: Job) -> None:
    """Refuse a damaged model folder, and a network of seasonal features, before scenes are searched."""
    if not (job.model and is_model_folder(job.model)):
        return
    folder = read_model_folder(job.model)
    if folder.kind in NETWORK_KINDS and folder.scope == FEATURES:
        raise ModelInvalid(
            message("The model {name} reads seasonal features, not single scenes.", name=folder.path.name),
            message("It reads {features}.", features=", ".join(folder.features[:8])),
            message("Use it with 'Classify composites', or train a model on scenes."),
        )


def _check_rule(paths: RunPaths) -> None:
    """Check the rule of a composite, as far as its legend is known: a model of the user's is read later."""
    job = paths.job
    if job.task == "composite":
        composite_rule(job, _legend_of_predictions(paths.predictions))
    elif not job.model:
        composite_rule(job)


def _legend_of_predictions(folder: Path) -> Legend:
    """The legend of the first prediction of a folder; the bundled one where there is none that can be read."""
    for path in sorted(folder.glob("*.tif"))[:1]:
        with suppress(RasterInvalid):
            return read_prediction(path).legend
    return BUNDLED_LEGEND


def composite_rule(job: Job, legend: Legend = BUNDLED_LEGEND) -> CompositeRule:
    """How the scenes of a job vote.

    Parameters
    ----------
    job : its options of the composite.
    legend : the classes of the predictions; guards that are about none of them are left out.

    Raises
    ------
    JobInvalid : where the weight table cannot be read or the rule cannot decide a map.

    """
    table = read_weight_table(job.weight_table, legend) if job.weight_table else CompositeRule(weights=job.weights)
    rule = replace(
        table,
        months=job.months,
        month_balance=job.month_balance,
        soft=job.soft,
        mask_dilation=job.mask_dilation,
        smoothing_px=job.smoothing_px,
        guards=job.guards,
    )
    return rule.for_legend(legend).validate()


def decision_model(job: Job) -> DecisionModel | None:
    """The model of a job's annual decision; None where it is off.

    Raises
    ------
    ModelInvalid : where its file cannot be used, or is not the one that the job names.

    """
    return read_decision_model(job.decision_model, job.decision_model_hash) if job.annual_decision == ON else None


def _check_search(paths: RunPaths) -> None:
    job = paths.job
    if not job.region:
        raise JobInvalid(message("The job has no region."), message("Its key 'region' is empty."))
    if not job.start:
        raise JobInvalid(message("The job has no period."), message("Its keys 'start' and 'end' are empty."))
    # What an earlier run downloaded needs neither catalogue nor keys; where it lacks a scene, fetching says so.
    if has_matching_scene_list(paths):
        return
    if date.fromisoformat(job.start) > datetime.now(timezone.utc).date():
        raise PeriodInvalid(message("The period has not begun yet."), message("It starts on {start}.", start=job.start))
    find_catalogue(job.catalogue, job.collection)
    if job.fallback_catalogue:
        find_catalogue(job.fallback_catalogue)
    if job.task in FETCH_TASKS:
        require_keys((job.catalogue, job.fallback_catalogue))


def _check_size(region: Region | None) -> None:
    area_m2 = MIN_REGION_M2 if region is None else region.area_ha * 10_000
    if area_m2 < MIN_REGION_M2:
        raise RegionInvalid(
            message("The region is smaller than a pixel of the map."),
            message("Its area is {area:,.1f} m²; a pixel has {pixel:,.0f} m².", area=area_m2, pixel=MIN_REGION_M2),
            message("Give a larger region; check its CRS, too."),
        )


def _check_zones(job: Job, region: Region | None) -> None:
    zones = read_zones(job.zones, job.zone_name, job.zone_code, job.zone_sums)
    if region is not None and not any(zone.geometry.intersects(region.geometry) for zone in zones):
        raise RegionInvalid(
            message("None of the zones in {name} lies in the region.", name=Path(job.zones).name),
            next_step=message("Check the CRS of the zones, or give a region in which they lie."),
        )


def _check_maps(job: Job) -> None:
    for key in ("maps", "qualities") if job.task in ("change", "accuracy") else ():
        for period, path in getattr(job, key).items():
            if not Path(path).is_file():
                raise RasterInvalid(
                    message(
                        "The job's key {key} names a file that does not exist: {period}, {path}.",
                        key=repr(key),
                        period=period,
                        path=str(path),
                    )
                )
    unknown = sorted(set(job.qualities) - set(job.maps))
    if unknown:
        raise JobInvalid(
            message(
                "The job's key 'qualities' has periods that 'maps' does not have: {unknown}.",
                unknown=", ".join(unknown),
            ),
            next_step=message("Give each quality raster under the name of its map's period."),
        )


def _check_folders(paths: RunPaths) -> None:
    """Each folder that is written to can be; a file that is written must not be a folder."""
    job = paths.job
    for name, path in job.outputs.items():
        if Path(path).is_dir():
            raise JobInvalid(
                message("The job's output {name} is a folder: {path}.", name=repr(name), path=str(path)),
                next_step=message("Give the path of a file."),
            )
    folders = [paths.folder, *(Path(path).parent for path in job.outputs.values())]
    if job.task in FETCH_TASKS:
        folders += [paths.cache, *([paths.predictions] if job.task in CLASSIFY_TASKS else [])]
    for folder in dict.fromkeys(folders):
        check_free_space(folder, MIN_FREE_BYTES)
