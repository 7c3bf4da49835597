"""The task `accuracy_import`: reference data that were labelled elsewhere become a sample, or labels of one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..accuracy.reference_file import RASTERS
from ..accuracy.reference_import import NOT_RANDOM, ImportOptions, import_points, label_sample
from ..accuracy.sample_file import write_sample
from ..areas import read_zones
from ..core.errors import JobInvalid, ReferenceInvalid, SampleInvalid
from ..core.job import Job
from ..core.messages import message, translate
from ..core.run_paths import RunPaths
from .accuracy_sample import sample_result
from .record import Run


def import_reference(run: Run) -> dict[str, Any]:
    """Import the job's reference data: as a new sample, or as the labels of the job's sample.

    Returns
    -------
    Path of the sample, numbers of points and labels, strata, method, and notes.

    Raises
    ------
    AllpaError : of the class that names the cause.

    """
    job, paths = run.paths.job, run.paths
    options, reference = import_options(job), Path(job.reference)
    if job.sample:
        design, points, labels, notes = label_sample(Path(job.sample), paths.landcover, reference, options)
    else:
        zones = read_zones(job.zones, job.zone_name) if job.zones else ()
        usable = tuple(zone for zone in zones if not zone.geometry.is_empty)
        design, points, labels = import_points(reference, paths.landcover, options, usable, job.locale, run.reporter)
        notes = [*design.notes, *([] if design.is_probability_sample else [NOT_RANDOM])]
    write_sample(paths.sample, design, points, labels, job.locale)
    for note in notes:
        run.reporter.log(note, "warning")
    return {
        **sample_result(paths, design),
        "labels": sum(label.reference_class is not None for label in labels),
        "method": design.method,
        "notes": [translate(note, job.locale) for note in notes],
    }


def import_options(job: Job) -> ImportOptions:
    """How a job reads its reference data."""
    return ImportOptions(**job.reference_options)


def check_import_job(paths: RunPaths) -> None:
    """Check what an import names before the work: the reference data, the sample, and the file that is written.

    Raises
    ------
    JobInvalid, ReferenceInvalid, SampleInvalid : with the next step.

    """
    job = paths.job
    if not job.reference:
        raise JobInvalid(message("The job names no reference data."), message("Its key 'reference' is empty."))
    if not Path(job.reference).is_file():
        raise ReferenceInvalid(
            message("The reference data {name} do not exist.", name=Path(job.reference).name),
            message("{path}.", path=job.reference),
        )
    if job.sample and not Path(job.sample).is_file():
        raise SampleInvalid(
            message("The sample {name} does not exist.", name=Path(job.sample).name),
            message("{path}.", path=job.sample),
        )
    if Path(job.reference).suffix.lower() in RASTERS and not job.sample:
        raise JobInvalid(
            message("A raster of reference classes needs the sample whose points it labels."),
            message("The job's key 'sample' is empty."),
            message("Draw a sample of the map first, with 'Accuracy sample'."),
        )
