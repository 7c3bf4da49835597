"""The task `training_data`: labels and images become a table of samples, chips, a report and a layer of doubts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from .. import __version__
from ..areas.csv_table import write_csv
from ..core.errors import JobInvalid, ReferenceInvalid, TrainingInvalid
from ..core.file_hash import file_hash
from ..core.job import job_to_dict
from ..core.legend import Legend, read_legend
from ..core.messages import Message, message, translate
from ..core.parts import LEARN, require_parts
from ..core.run_paths import RunPaths
from ..learn.balance import balanced
from ..learn.chip_files import CHIPS_FOLDER
from ..learn.chips import cut_chips
from ..learn.feature_sources import find_sources, source_hash
from ..learn.folds import Folds, group_folds
from ..learn.label_quality import LabelQuality, label_quality
from ..learn.labels import Labels, read_labels
from ..learn.sample_table import FACTS_FILE, LEGEND_FILE, SAMPLES_FILE, SampleTable, write_samples, write_samples_csv
from ..learn.sampling import SampledLabels, sample_labels
from ..learn.separability import Separability, separability
from ..learn.suspicious_layer import write_suspicious
from ..learn.training_summary import TrainingSummary, summarise
from ..report.training_page import TrainingFacts, write_training_report
from ..report.versions import versions
from .record import Run

STAGE = "training_data"
SUSPICIOUS_FILE, REPORT_FILE = "suspicious.gpkg", "training_data.html"
SEPARABILITY_FILE, CSV_FILE = "separability.csv", "samples.csv"


def make_training_data(run: Run) -> dict[str, Any]:
    """Make training data of the job's labels and images.

    Returns
    -------
    Paths of the files, counts, separability and notes, as JSON values.

    Raises
    ------
    AllpaError : of the class that names the cause; an earlier table in the folder stays until the new one is read.

    """
    job, reporter = run.paths.job, run.reporter
    options, path = job.training_options, Path(job.labels)
    scope, sources = find_sources(job.features)
    labels = read_labels(path, options, read_legend(job.legend) if job.legend else None)
    steps = len(sources)

    def progress(done: int, _total: int) -> None:
        reporter.progress(STAGE, done, 2 * steps)

    sampled = sample_labels(labels, sources, scope, options, path.name, progress)
    full, used = sampled.table, sampled.labels
    notes: list[Message | str] = [*used.left_out.notes(), *sampled.notes]
    folds, quality = _folds_and_quality(full, options, notes)
    table = balanced(full, options["balance"], options["class_rows"], options["seed"])
    distances = separability(full)
    summary = summarise(
        full, table, folds, sampled.block_size_m, distances, options["merge_below"], quality, used.left_out, notes
    )
    chips = _cut(run, sampled, sources, scope)
    files = _write(run, table, used, summary, sources, scope)
    names = tuple(Path(name).name for name in files.values())
    facts = TrainingFacts(path.name, full, summary, names, chips, job_to_dict(job), versions(), job.locale)
    report = run.paths.folder / REPORT_FILE
    write_training_report(facts, report)
    for note in summary.notes:
        reporter.log(note, "warning")
    reporter.progress(STAGE, 2 * steps, 2 * steps)
    return {
        **files,
        "training": str(run.paths.folder),
        "report": str(report),
        "rows": len(table),
        "labels": len(used),
        "chips": chips,
        **summary.to_dict(),
        "notes": [translate(note, job.locale) for note in summary.notes],
    }


def check_training_job(paths: RunPaths) -> None:
    """Check what the task names before the work: labels, images and legend.

    Raises
    ------
    PartsMissing, JobInvalid, ReferenceInvalid, TrainingInvalid, LegendInvalid : with the next step.

    """
    require_parts(LEARN, "pyarrow", "sklearn")
    job = paths.job
    if not job.labels:
        raise JobInvalid(message("The job names no labels."), message("Its key 'labels' is empty."))
    if not Path(job.labels).is_file():
        raise ReferenceInvalid(
            message("The labels {name} do not exist.", name=Path(job.labels).name), message("{path}.", path=job.labels)
        )
    if not job.features:
        raise JobInvalid(
            message("The job names no images to sample."),
            message("Its key 'features' is empty."),
            message("Give a folder of seasonal composites, or the folder of scenes of a run."),
        )
    find_sources(job.features)
    if job.legend:
        read_legend(job.legend)


def _folds_and_quality(
    table: SampleTable, options: dict[str, Any], notes: list[Message | str]
) -> tuple[Folds | None, LabelQuality | None]:
    """Folds and the check of labels; both need two blocks, without which the table is still of use."""
    try:
        folds = group_folds(table.blocks, table.codes, options["folds"], options["seed"])
    except TrainingInvalid as error:
        notes.append(f"{error.what} {error.next_step}")
        return None, None
    if not options["check_labels"]:
        return folds, None
    return folds, label_quality(table, options["folds"], options["seed"])


def _cut(run: Run, sampled: SampledLabels, sources: tuple[Path, ...], scope: str) -> int:
    """Write chips where the job asks for them; how many there are."""
    options = run.paths.job.training_options
    if not options["chip_size"]:
        return 0
    folder = run.paths.folder / CHIPS_FOLDER
    for leftover in folder.glob("*.tif") if folder.is_dir() else ():
        leftover.unlink()
    blocks = sampled.block_of_labels

    def progress(done: int, _total: int) -> None:
        run.reporter.progress(STAGE, len(sources) + done, 2 * len(sources))

    return len(cut_chips(sampled.labels, blocks, sources, scope, options, folder, progress).chips)


def _write(
    run: Run, table: SampleTable, labels: Labels, summary: TrainingSummary, sources: tuple[Path, ...], scope: str
) -> dict[str, str]:
    """Write table, legend, facts, layer and matrix; their paths by name."""
    job, folder = run.paths.job, run.paths.folder
    files = {
        "samples": folder / SAMPLES_FILE,
        "training_legend": folder / LEGEND_FILE,
        "samples_facts": folder / FACTS_FILE,
        "suspicious_labels": folder / SUSPICIOUS_FILE,
        "separability_table": folder / SEPARABILITY_FILE,
    }
    write_suspicious(files["suspicious_labels"], labels, summary.quality, job.locale)
    write_csv(files["separability_table"], separability_rows(summary.separability, table.legend))
    if job.training_options["csv"]:
        files["samples_csv"] = folder / CSV_FILE
        write_samples_csv(table, files["samples_csv"])
    facts = {
        **summary.to_dict(),
        "scope": scope,
        "seed": job.training_options["seed"],
        "parameters": job.training_options,
        "labels": {"name": Path(job.labels).name, "sha256": file_hash(job.labels)},
        "sources": [{"name": path.name, "sha256": source_hash(path, scope)} for path in sources],
        "notes": [str(note) for note in summary.notes],
        "allpa": __version__,
    }
    write_samples(folder, replace(table, facts=facts))
    return {name: str(path) for name, path in files.items()}


def separability_rows(found: Separability, legend: Legend) -> list[list[object]]:
    """The table of pairs: names and codes of both classes, and their distances."""
    rows: list[list[object]] = [["class", "code", "other class", "other code", "bhattacharyya", "jeffries_matusita"]]
    distances = found.jeffries_matusita
    for one, code in enumerate(found.codes):
        for other in range(one + 1, len(found.codes)):
            second = found.codes[other]
            rows.append(
                [
                    legend.by_code[code].name, code, legend.by_code[second].name, second,
                    round(float(found.bhattacharyya[one, other]), 4), round(float(distances[one, other]), 4),
                ]
            )  # fmt: skip
    return rows
