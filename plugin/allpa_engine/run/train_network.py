"""The task `train_network`: a network for a user's own classes, trained further or from nothing, as a model folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..areas.csv_table import write_csv
from ..classify.encoder_network import check_encoder
from ..classify.model_folder import CARD_NAME, is_model_folder
from ..classify.torch_network import find_device, load_network
from ..core.errors import JobInvalid, MapExists
from ..core.job import Job, job_to_dict
from ..core.messages import message
from ..core.network_keys import MODEL, NOTHING
from ..core.run_paths import RunPaths
from ..learn.network_chips import open_chips
from ..learn.network_curve import CURVE_PICTURE, CURVE_TABLE
from ..learn.network_model import NetworkStart, TrainedModel, train_model_folder
from ..learn.network_training import TrainingOptions
from ..learn.validation import BLOCKED, STOPPING, UNTRAINED, matrix_rows, validation_rows
from ..report.model_page import ModelFacts, write_model_report
from ..report.versions import versions
from .record import Run

REPORT_FILE = "model_report.html"
_OPTIONS = (
    "steps",
    "batch_size",
    "crop_px",
    "learning_rate",
    "validate_every",
    "early_stopping_rounds",
    "augmentation",
    "seed",
)


def train_network(run: Run) -> dict[str, Any]:
    """Train the network of a job on the chips of its training folder, and write it as a model folder.

    Returns
    -------
    Paths of model folder, report and curve, the model's hash, kind, features and classes, and its accuracies.

    Raises
    ------
    AllpaError : of the class that names the cause.

    """
    job, folder = run.paths.job, run.paths.folder
    if job.threads:
        import torch

        torch.set_num_threads(job.threads)
    chips = open_chips(job.training, job.network_options["features"])
    options = TrainingOptions(**{name: job.network_options[name] for name in _OPTIONS})
    trained = train_model_folder(chips, network_start(job), options, folder, find_device(job.device), run.reporter)
    model, legend = trained.folder, trained.folder.legend
    write_csv(folder / "validation.csv", validation_rows(trained.validations, legend))
    for found in trained.validations:
        write_csv(folder / f"matrix_{found.method}.csv", matrix_rows(found, legend))
    report = folder / REPORT_FILE
    write_model_report(_report_facts(job, trained, folder), report)
    accuracies = {found.method: found.overall for found in trained.validations}
    return {
        "model": str(folder),
        "report": str(report),
        "model_hash": model.model_hash,
        "kind": model.kind,
        "features": list(model.features),
        "classes": list(model.classes),
        "validation_accuracy": accuracies[STOPPING],
        "test_accuracy": accuracies.get(BLOCKED),
        "untrained_accuracy": accuracies.get(UNTRAINED),
        "metrics": model.card["metrics"],
        "curve": str(folder / CURVE_TABLE),
        "curve_picture": str(folder / CURVE_PICTURE),
        "seconds": model.card["training"]["seconds"],
    }


def _report_facts(job: Job, trained: TrainedModel, folder: Path) -> ModelFacts:
    model = trained.folder
    return ModelFacts(
        title=folder.name,
        kind=model.kind,
        features=model.features,
        legend=model.legend,
        codes=model.classes,
        training=model.card["training"],
        validations=trained.validations,
        notes=trained.notes,
        licence=model.card["licence"],
        files=("validation.csv", CURVE_TABLE, CURVE_PICTURE),
        job=job_to_dict(job),
        versions=versions(),
        language=job.locale,
        curve=(folder / CURVE_PICTURE).read_bytes(),
    )


def network_start(job: Job) -> NetworkStart:
    """What the training of a job begins with."""
    keys = job.network_options
    if keys["start"] == NOTHING:
        return NetworkStart(None, keys["encoder"], keys["pretrained"])
    return NetworkStart(job.model if keys["start"] == MODEL else "", keys["encoder"])


def check_network_job(paths: RunPaths) -> None:
    """Check what the training of a network needs, before anything is read at length.

    Raises
    ------
    JobInvalid : where chips, model or encoder are missing or contradict each other.
    ModelInvalid, PartsMissing : where the network to start from or the encoder cannot be used.
    MapExists : where the folder has a model that may not be replaced.

    """
    job, keys = paths.job, paths.job.network_options
    if not job.training:
        raise JobInvalid(message("The job names no training data."), message("Its key 'training' is empty."))
    open_chips(job.training, keys["features"])
    if keys["start"] == MODEL and not job.model:
        raise JobInvalid(message("The job names no model to start from."), message("Its key 'model' is empty."))
    if keys["start"] != NOTHING and keys["encoder"]:
        raise JobInvalid(
            message("An encoder can only be chosen for a training that begins with nothing."),
            message("The training starts from: {start}.", start=keys["start"]),
            message("Start from nothing, or leave the encoder empty."),
        )
    if keys["start"] == MODEL:
        load_network(job.model)
    if keys["encoder"]:
        check_encoder(keys["encoder"])
    if is_model_folder(paths.folder) and not job.overwrite:
        raise MapExists(
            message("The folder {name} contains a model already.", name=paths.folder.name),
            message("It has the file {file}.", file=CARD_NAME),
            message(
                "Choose another folder, or allow the model to be replaced: the job's key overwrite, or "
                "OVERWRITE in QGIS."
            ),
        )
