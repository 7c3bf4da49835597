"""The task `refit`: a run's scenes, corrections of its map, and a model folder whose last layer is refitted to them."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ..classify.scene_reader import open_scene
from ..core.errors import AllScenesFailed, JobInvalid, TrainingInvalid
from ..core.job import Job
from ..core.legend import Legend, read_legend
from ..core.messages import message, translate
from ..core.model_versions import MODEL_FOLDER, ModelVersion, read_versions, write_versions
from ..core.protocol import Reporter
from ..core.run_paths import RunPaths
from ..core.scene import FetchedScene
from ..learn.correction_features import Observations, observe_corrections
from ..learn.corrections import Corrections, read_corrections
from ..learn.network_features import FeatureNetwork, load_feature_network
from ..learn.refit import Refit, RefitOptions, refit_to_corrections
from ..learn.refit_folder import refit_metrics, write_refitted_model
from .record import Run
from .scenes import fetch_scenes, search_or_load_scenes

FEATURES_FOLDER = "features"
"""Of the folder: the network's features at the corrections, kept for the next refit."""
_STAGE = "refit"


def refit_model(run: Run) -> dict[str, Any]:
    """Refit the last layer of the job's model to the job's corrections, and write it as the next version.

    Returns
    -------
    Paths, number of the version, and figures of the refit as JSON values.

    Raises
    ------
    AllpaError : of the class that names the cause.

    """
    started = time.monotonic()
    job, paths, reporter = run.paths.job, run.paths, run.reporter
    network = load_feature_network(job.model or None, job.device, job.threads, job.precision)
    legend = refit_legend(job, network)
    corrections = read_corrections(Path(job.corrections), legend, job.refit_options["class_field"])
    scenes = _fetched(run)
    observations, background = observe_corrections(
        corrections, scenes, network, paths.folder / FEATURES_FOLDER, reporter
    )
    with open_scene(scenes[0].path) as scene:
        crs = scene.grid.crs  # in metres: distances between corrections
    refit = _refit(job, corrections, observations, network, legend, crs, reporter, background)
    notes = (*refit.notes, *corrections.notes, *observations.notes)  # first that the model is worse, where it is
    for note in notes:
        reporter.log(note, "warning")
    versions = read_versions(paths.folder)
    version = ModelVersion(
        versions.next_number,
        datetime.now(timezone.utc).isoformat(timespec="seconds"),
        len(corrections),
        refit.before.agreement if refit.is_validated else None,
        refit.after.agreement if refit.is_validated else None,
    )
    model = paths.folder / version.folder_name / MODEL_FOLDER
    facts = {"corrections": len(corrections), "scenes": sorted(scene.scene.id for scene in scenes)}
    model_hash = write_refitted_model(model, job.model or None, refit, legend, facts)
    write_versions(paths.folder, versions.with_version(version))
    return {
        "model": str(model),
        "model_hash": model_hash,
        "version": version.number,
        "corrections": len(corrections),
        "scene_count": len(scenes),
        "strength": refit.strength,
        **refit_metrics(refit),
        "notes": [translate(note, job.locale) for note in notes],
        "seconds": round(time.monotonic() - started, 1),
    }


def refit_legend(job: Job, network: FeatureNetwork) -> Legend:
    """The classes after a refit: those of the model, and the further ones of the job's legend.

    Raises
    ------
    LegendInvalid : where the legend cannot be read, or the two do not fit together.

    """
    present = network.classifier.legend
    if not job.legend:
        return present
    given = read_legend(job.legend)
    named = set(given.codes)
    return Legend((*given.classes, *(land for land in present.classes if land.code not in named)))


def _refit(
    job: Job,
    corrections: Corrections,
    observations: Observations,
    network: FeatureNetwork,
    legend: Legend,
    crs: str,
    reporter: Reporter,
    background: Observations,
) -> Refit:
    options = RefitOptions(strength=job.refit_options["strength"], block_size_m=job.refit_options["block_size_m"])
    return refit_to_corrections(
        observations,
        corrections.codes,
        corrections.centres(crs),
        network.head,
        legend,
        options,
        lambda share: reporter.progress(_STAGE, share, 1),
        background,
    )


def _fetched(run: Run) -> list[FetchedScene]:
    """The scenes of the list, from the folder of downloaded scenes; what is missing is downloaded again."""
    selection, region = search_or_load_scenes(run)
    found = [outcome for outcome in fetch_scenes(run, selection, region) if isinstance(outcome, FetchedScene)]
    if not found:
        raise AllScenesFailed("None of the run's scenes can be read.")
    return found


def check_refit_job(paths: RunPaths) -> None:
    """Check what a refit names: corrections, and the scene list of a run.

    Raises
    ------
    JobInvalid, TrainingInvalid : with the next step.

    """
    job = paths.job
    if not job.scenes:
        raise JobInvalid("The job's key 'scenes' is empty.", next_step="Name the scene list of a finished run.")
    if not job.corrections:
        raise JobInvalid("The job's key 'corrections' is empty.", next_step="Name a file of corrected places.")
    if not Path(job.corrections).is_file():
        raise TrainingInvalid(message("The corrections {corrections} do not exist.", corrections=job.corrections))
    read_versions(paths.folder)
