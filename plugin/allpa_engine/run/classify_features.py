"""The task `classify_features`: features and a model of own classes become a map with its tables and report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from ..classify.feature_model import FeatureModel, load_feature_model
from ..classify.model_folder import FEATURE_KINDS, FEATURES, ModelFolder, is_model_folder, read_model_folder
from ..core.earlier_map import differences_from_earlier_map
from ..core.errors import JobInvalid, ModelInvalid
from ..core.job import Job, job_to_dict
from ..core.messages import message
from ..core.products import RasterMetadata
from ..core.run_paths import RunPaths
from ..learn.feature_folder import FeatureFolder, find_feature_folders, open_features
from ..learn.feature_map import BlockClassifier, classify_feature_folders, map_legend
from .finish import remove_results, write_results
from .loaded_model import load_network_of
from .record import Run
from .scenes import job_region

STAGE = "classify_features"


def classify_features(run: Run) -> dict[str, Any]:
    """Classify the pixels of the job's features once, and write map, quality raster, areas and report.

    Returns
    -------
    Paths of the files and counts of pixels, as JSON values.

    Raises
    ------
    AllpaError : of the class that names the cause.

    """
    job, paths, reporter = run.paths.job, run.paths, run.reporter
    model, folder = _load_model(job)
    region = job_region(job)
    legend = map_legend(folder)
    if differences_from_earlier_map(job):
        remove_results(paths)
    run.record.made_by, run.record.model_hash = job_to_dict(job), folder.model_hash
    run.save_record()  # before the map, as for any map
    with ExitStack() as stack:
        folders = [stack.enter_context(open_features(path)) for path in find_feature_folders(job.features)]
        border = None if region is None else region.geometry_in_crs(folders[0].grid.crs)
        first, last = _period(folders, job.start, job.end)
        seasons = _seasons(folders)
        scenes = {scene for season in seasons for scene in season["scenes"]}
        metadata = RasterMetadata(job.region_name, first, last, len(scenes), (folder.model_hash,), {}, legend)
        summary = classify_feature_folders(
            folders, model, landcover=paths.landcover, quality=paths.quality, metadata=metadata, border=border,
            language=job.locale, threads=job.threads,
            progress=lambda share: reporter.progress(STAGE, round(share, 3), 1),
        )  # fmt: skip
    run.record.composite = summary.to_dict() | {"seasons": seasons, "scene_count": len(scenes)}
    run.save_record()
    if summary.lacking_some:
        share = 100 * summary.lacking_some / max(summary.classified, 1)
        reporter.log(
            message("{share:.1f} % of the classified pixels lack some of the features.", share=share), "warning"
        )
    return {"model_hash": folder.model_hash, **summary.to_dict(), **write_results(run, region, None)}


def check_feature_map_job(paths: RunPaths) -> None:
    """Check model, features and region before the work.

    Raises
    ------
    JobInvalid, ModelInvalid, FeaturesInvalid : with the next step.

    """
    job = paths.job
    for key, what in (
        ("model", message("The job names no model.")),
        ("features", message("The job names no features.")),
    ):
        if not getattr(job, key):
            raise JobInvalid(what, message("Its key {key} is empty.", key=repr(key)))
    if not is_model_folder(job.model):
        raise ModelInvalid(
            message("{name} is not a model folder.", name=Path(job.model).name), message("It contains no model.json.")
        )
    folder = read_model_folder(job.model)
    if folder.scope != FEATURES:
        raise ModelInvalid(
            message("The model {name} reads the bands of single scenes.", name=folder.path.name),
            next_step=message("Use it as the model of an annual map, or train one on seasonal features."),
        )
    if folder.kind in FEATURE_KINDS:
        load_feature_model(job.model)
    for path in find_feature_folders(job.features):
        with open_features(path) as features:
            features.check_names(folder.features)


def _load_model(job: Job) -> tuple[FeatureModel | BlockClassifier, ModelFolder]:
    """The job's model of single pixels, or its network, with the folder that it was read from."""
    folder = read_model_folder(job.model)
    if folder.kind in FEATURE_KINDS:
        return load_feature_model(job.model)
    from ..learn.network_map import NetworkClassifier

    return NetworkClassifier(load_network_of(job)), folder


def _period(folders: Sequence[FeatureFolder], start: str, end: str) -> tuple[str, str]:
    """First and last day: those of the job, or what the composites say."""
    periods = [_composites(folder).get("period") for folder in folders]
    days = [str(day) for period in periods if isinstance(period, list) for day in period]
    return start or min(days, default=""), end or max(days, default="")


def _seasons(folders: Sequence[FeatureFolder]) -> list[dict[str, Any]]:
    """The composites by folder, season and tile, with the ids of their scenes, as far as the folders say so."""
    found: list[dict[str, Any]] = []
    for folder in folders:
        seasons = _composites(folder).get("seasons")
        for name, season in seasons.items() if isinstance(seasons, dict) else ():
            by_tile = season.get("scenes") if isinstance(season, dict) else None
            for tile, ids in by_tile.items() if isinstance(by_tile, dict) else ():
                months = season.get("months")
                found.append(
                    {
                        "folder": folder.path.name,
                        "season": str(name),
                        "months": [int(month) for month in months] if isinstance(months, list) else [],
                        "tile": str(tile),
                        "scenes": [str(scene) for scene in ids] if isinstance(ids, list) else [],
                    }
                )
    return found


def _composites(folder: FeatureFolder) -> Mapping[str, Any]:
    """What the folder's manifest says of its composites; empty where it says nothing."""
    record = folder.manifest.facts.get("composites")
    return record if isinstance(record, dict) else {}
