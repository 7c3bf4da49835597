"""The tasks `export_model` and `explain_model`: a network for other programs, and what its classes depend on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..areas.csv_table import write_csv
from ..classify.torch_network import load_network
from ..core.atomic import atomic_write
from ..core.errors import JobInvalid, TrainingInvalid
from ..core.job import job_to_dict
from ..core.messages import message
from ..core.run_paths import RunPaths
from ..learn.chip_files import CHIPS_FILE, CHIPS_FOLDER, Chip, ChipSet, read_chips
from ..learn.model_export import NetworkToExport, export_model
from ..learn.network_explanation import explain_network
from ..report.explanation_page import ExplanationFacts, write_explanation
from ..report.explanation_picture import explanation_png
from ..report.versions import versions
from .record import Run

EXPORT_STAGE, EXPLAIN_STAGE = "export_model", "explain_model"
REPORT_FILE, TABLE_FILE, PICTURE_FILE = "explanation.html", "explanation.csv", "explanation.png"


def export(run: Run) -> dict[str, Any]:
    """Write the job's network for other programs.

    Returns
    -------
    Paths of the files by format, and that of the facts.

    Raises
    ------
    AllpaError : of the class that names the cause.

    """
    job, reporter = run.paths.job, run.reporter
    reporter.progress(EXPORT_STAGE, 0, 1)
    options = job.export_options
    files = export_model(
        read_network(job.model), run.paths.folder, tuple(options["formats"]), options["tile_px"], job.locale
    )
    reporter.progress(EXPORT_STAGE, 1, 1)
    return {**files, "folder": str(run.paths.folder)}


def explain(run: Run) -> dict[str, Any]:
    """Explain the job's network on chips of its training data.

    Returns
    -------
    Paths of report, table and picture, and how well the attributions add up.

    Raises
    ------
    AllpaError : of the class that names the cause.

    """
    job, reporter, folder = run.paths.job, run.reporter, run.paths.folder
    model, options = read_network(job.model), job.explain_options
    chips = read_chips(job.training)
    missing = [band for band in model.bands if band not in chips.bands]
    if missing:
        raise TrainingInvalid(
            message("The chips lack bands: {names}.", names=", ".join(missing)),
            "",
            message("Choose training data made of the bands that the model reads."),
        )
    chosen = choose_chips(chips, options["chips"])

    def progress(done: int) -> None:
        reporter.progress(EXPLAIN_STAGE, done, len(chosen))

    progress(0)
    found = explain_network(
        model.network,
        model.bands,
        model.codes,
        _read_chips(chips, chosen, model.bands),
        stride=model.stride,
        steps=options["steps"],
        progress=progress,
    )
    title = Path(job.model).stem if job.model else "Allpa"
    files = {"report": REPORT_FILE, "table": TABLE_FILE, "picture": PICTURE_FILE}
    facts = ExplanationFacts(
        title, found, model.legend, len(chosen), options["steps"], tuple(files.values()), job_to_dict(job), versions(),
        job.locale,
    )  # fmt: skip
    write_csv(folder / TABLE_FILE, found.table_rows(facts.class_names))
    with atomic_write(folder / PICTURE_FILE) as temporary_path:
        temporary_path.write_bytes(explanation_png(found, facts.class_names, job.locale))
    write_explanation(facts, folder / REPORT_FILE)
    paths = {name: str(folder / file) for name, file in files.items()}
    return {**paths, "chips": len(chosen), "largest_gap": round(found.largest_gap, 6)}


def read_network(path: str) -> NetworkToExport:
    """Read a network to export or to explain.

    Parameters
    ----------
    path : of the model; empty takes the bundled one.

    Raises
    ------
    ModelInvalid : where it is none, or is damaged.

    """
    saved = load_network(path or None)
    structure = saved.network.architecture
    return NetworkToExport(
        saved.network.eval(),
        saved.features,
        saved.legend,
        saved.classes,
        structure.stride,
        structure.margin,
        saved.model_hash,
        str(saved.card.get("licence", "")),
    )


def choose_chips(chips: ChipSet, limit: int) -> list[Chip]:
    """Chips to explain: for each class in turn the one with most labelled pixels of it that is not yet chosen.

    Parameters
    ----------
    chips : all of the folder.
    limit : largest number.

    Returns
    -------
    At most `limit` chips, each once.

    """
    codes = sorted({code for chip in chips.chips for code, count in chip.counts.items() if count})
    queues = {
        code: sorted((chip for chip in chips.chips if chip.counts.get(code)), key=lambda chip: -chip.counts[code])
        for code in codes
    }
    chosen: dict[str, Chip] = {}
    while len(chosen) < min(limit, len(chips.chips)) and any(queues.values()):
        for queue in queues.values():
            while queue and queue[0].name in chosen:
                queue.pop(0)
            if queue and len(chosen) < limit:
                chip = queue.pop(0)
                chosen[chip.name] = chip
    return list(chosen.values())


def _read_chips(
    chips: ChipSet, chosen: list[Chip], bands: tuple[str, ...]
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.uint8]]]:
    places = [chips.bands.index(band) for band in bands]
    for chip in chosen:
        values, labels = chips.read(chip)
        yield values[places], labels


def check_model_tasks(paths: RunPaths) -> None:
    """Check what the two tasks name before the work.

    Raises
    ------
    JobInvalid, TrainingInvalid : with the next step.

    """
    job = paths.job
    if job.task == EXPORT_STAGE and not job.export_options["formats"]:
        raise JobInvalid(
            message("The job names no format to export to."), message("Its key 'export_options.formats' is empty.")
        )
    if job.task == EXPLAIN_STAGE and not job.training:
        raise JobInvalid(message("The job names no training data."), message("Its key 'training' is empty."))
    if job.task == EXPLAIN_STAGE and not (Path(job.training) / CHIPS_FOLDER / CHIPS_FILE).is_file():
        raise TrainingInvalid(
            message("The folder {name} holds no chips.", name=Path(job.training).name),
            message("{folder}/{file} is missing.", folder=CHIPS_FOLDER, file=CHIPS_FILE),
            message("Make training data with a size of chips above 0, and choose their folder."),
        )
