"""The task `train_forest`: training data become a model folder with its validation, explanation and report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..areas.csv_table import write_csv
from ..core.atomic import atomic_write
from ..core.errors import JobInvalid, TrainingInvalid
from ..core.job import job_to_dict
from ..core.legend import Legend
from ..core.messages import message, translate
from ..core.parts import LEARN, require_parts
from ..core.run_paths import RunPaths
from ..learn.explanation import Explanation
from ..learn.feature_training import FeatureTraining, save_feature_training, train_and_validate, training_facts
from ..learn.sample_table import FACTS_FILE, read_samples
from ..learn.validation import matrix_rows, validation_rows
from ..report.model_page import ModelFacts, write_model_report
from ..report.model_picture import elimination_png, importance_png, shap_png
from ..report.versions import versions
from .record import Run

STAGE = "train_forest"
REPORT_FILE = "model_report.html"
_PARTS = {"elimination": (0, 40), "validation": (40, 60), "importance": (60, 75), "training": (75, 85),
          "explanation": (85, 95)}  # fmt: skip
"""Percent of the stage at which each part of the work begins and ends."""


def train_forest(run: Run) -> dict[str, Any]:
    """Train a model of a pixel's features on the job's training data, and write its folder.

    Returns
    -------
    Paths of the files and the figures of the validation, as JSON values.

    Raises
    ------
    AllpaError : of the class that names the cause; a model that is in the folder stays until the new one is written.

    """
    job, reporter, folder = run.paths.job, run.reporter, run.paths.folder
    options = job.forest_options
    table = read_samples(job.training)
    test = read_samples(job.test_training) if job.test_training else None

    def progress(part: str, share: float) -> None:
        first, last = _PARTS[part]
        reporter.progress(STAGE, first + share * (last - first), 100)

    found = train_and_validate(table, options, test=test, threads=job.threads, progress=progress)
    saved = save_feature_training(folder, found, options)
    files = _write_tables(folder, found) | _write_pictures(folder, found, job.locale)
    report = folder / REPORT_FILE
    facts = ModelFacts(
        folder.name, saved.kind, saved.features, saved.legend, saved.classes, training_facts(found.table, found.folds),
        found.validations, found.importance, found.elimination, found.explanations, found.notes, options["licence"],
        tuple(sorted(Path(path).name for path in files.values())), job_to_dict(job), versions(), job.locale,
    )  # fmt: skip
    write_model_report(facts, report)
    for note in found.notes:
        reporter.log(note, "warning")
    reporter.progress(STAGE, 100, 100)
    return {
        **files,
        "model": str(folder),
        "report": str(report),
        "model_hash": saved.model_hash,
        "features": list(saved.features),
        "metrics": {validation.method: validation.to_dict() for validation in found.validations},
        "shap_largest_difference": max((part.largest_difference for part in found.explanations), default=None),
        "notes": [translate(note, job.locale) for note in found.notes],
    }


def check_training_folder(paths: RunPaths) -> None:
    """Check what the task names before the work.

    Raises
    ------
    JobInvalid, TrainingInvalid, PartsMissing : with the next step.

    """
    require_parts(LEARN, "sklearn", "pyarrow")
    job = paths.job
    if not job.training:
        raise JobInvalid(message("The job names no training data."), message("Its key 'training' is empty."))
    for path in (job.training, job.test_training):
        if path and not (Path(path) / FACTS_FILE).is_file():
            raise TrainingInvalid(
                message("The folder {name} holds no training data.", name=Path(path).name),
                message("{file} is missing.", file=FACTS_FILE),
                message("Choose the folder that 'Training data' wrote, or make it again."),
            )


def _write_tables(folder: Path, found: FeatureTraining) -> dict[str, str]:
    """Write the tables of the model; their paths by name."""
    legend = found.table.legend
    tables = {"validation": validation_rows(found.validations, legend)}
    tables |= {f"matrix_{validation.method}": matrix_rows(validation, legend) for validation in found.validations}
    if found.elimination is not None:
        tables["elimination"] = found.elimination.rows()
    if found.importance is not None:
        tables["importance"] = found.importance.rows([legend.by_code[code].name for code in found.importance.codes])
    for explanation in found.explanations:
        names = [legend.by_code[code].name for code in explanation.codes]
        tables[_shap_name(explanation)] = explanation.table_rows(names)
    files = {name: folder / f"{name}.csv" for name in tables}
    for name, path in files.items():
        write_csv(path, tables[name])
    return {f"{name}_table": str(path) for name, path in files.items()}


def _write_pictures(folder: Path, found: FeatureTraining, language: str) -> dict[str, str]:
    """Write the pictures of the model; their paths by name."""
    pictures = {}
    if found.elimination is not None:
        pictures["elimination"] = elimination_png(found.elimination, language)
    if found.importance is not None:
        pictures["importance"] = importance_png(found.importance, language)
    legend: Legend = found.table.legend
    for explanation in found.explanations:
        pictures[_shap_name(explanation)] = shap_png(explanation, legend, language)
    for name, content in pictures.items():
        with atomic_write(folder / f"{name}.png") as temporary_path:
            temporary_path.write_bytes(content)
    return {f"{name}_picture": str(folder / f"{name}.png") for name in pictures}


def _shap_name(explanation: Explanation) -> str:
    return f"shap_{explanation.parent}" if explanation.parent else "shap"
