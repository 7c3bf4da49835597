"""The step of accuracy: assess maps by their labelled samples, and leave tables, picture and report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..accuracy.accuracy_table import region_record, write_accuracy_csv, write_accuracy_json, write_matrix_csv
from ..accuracy.assessment import RegionAccuracy, assess
from ..core.errors import JobInvalid, RasterInvalid, SampleInvalid
from ..core.job import Job, job_to_dict
from ..core.messages import message, translate
from ..core.protocol import Reporter
from ..core.run_paths import RunPaths
from ..report.accuracy_page import AccuracyFacts, write_accuracy_report
from ..report.accuracy_picture import write_matrix_png
from ..report.accuracy_texts import area_sentences, overall_sentence
from ..report.versions import versions
from .accuracy_zones import ZONE_FILES, assess_zones

_BESIDE = (".html", ".json", ".png")
"""Endings of the files beside the table."""


def assess_maps(paths: RunPaths, reporter: Reporter) -> dict[str, Any]:
    """Assess the job's maps by their samples.

    Parameters
    ----------
    paths : the job with `sample` and `landcover`, or `samples` and `maps`, and where its files go.
    reporter : receives the progress of the stage "accuracy", and notes as warnings.

    Returns
    -------
    Paths of the files by name, the sentences of the report, and all figures, as JSON values.

    Raises
    ------
    SampleOfAnotherMap, SampleInvalid : where a sample cannot be used for its map.
    RasterInvalid : where a map cannot be read.
    DiskFull, FolderNotWritable : where a file cannot be written.

    """
    job, pairs = paths.job, sample_pairs(paths)
    regions: list[RegionAccuracy] = []
    for index, (name, sample, raster) in enumerate(pairs):
        reporter.progress("accuracy", index, len(pairs) + 1)
        regions.append(assess(sample, raster, name=name, rule=job.agreement, interpreter=job.interpreter))
        for note in (*regions[-1].notes, *regions[-1].estimate.notes):
            reporter.log(note, "warning")
    reporter.progress("accuracy", len(pairs), len(pairs) + 1)
    zones = assess_zones(paths, regions[0], reporter)
    files = write_assessment(regions, paths.accuracy, job, zones)
    reporter.progress("accuracy", len(pairs) + 1, len(pairs) + 1)
    return {
        **zones,
        **{name: str(path) for name, path in files.items()},
        "sentences": [text for region in regions for text in _sentences(region, job.locale)],
        "accuracies": [region_record(region) for region in regions],
    }


def sample_pairs(paths: RunPaths) -> list[tuple[str, Path, Path]]:
    """The assessments of a job.

    Parameters
    ----------
    paths : of the job.

    Returns
    -------
    Name of the region, sample and map of each.

    """
    job = paths.job
    pairs = [(job.region_name, Path(job.sample), paths.landcover)] if job.sample else []
    return pairs + [
        (name, Path(sample), Path(job.maps.get(name) or paths.landcover)) for name, sample in job.samples.items()
    ]


def check_samples(paths: RunPaths) -> None:
    """Refuse samples and maps that do not exist, before the work.

    Parameters
    ----------
    paths : of the job.

    Raises
    ------
    SampleInvalid, RasterInvalid : for a file that does not exist.
    JobInvalid : for maps that no sample assesses.

    """
    job = paths.job
    unknown = sorted(set(job.maps) - set(job.samples)) if job.task == "accuracy" else []
    if unknown:
        raise JobInvalid(
            message(
                "The job's key 'maps' has regions that 'samples' does not have: {unknown}.", unknown=", ".join(unknown)
            )
        )
    if job.task == "accuracy":
        _check_tables(paths.accuracy)
    for _, sample, raster in sample_pairs(paths):
        if not sample.is_file():
            raise SampleInvalid(message("The sample {sample} does not exist.", sample=str(sample)))
        if job.task == "accuracy" and not raster.is_file():
            raise RasterInvalid(message("The map {raster} does not exist.", raster=str(raster)))


def _check_tables(table: Path) -> None:
    """The files of an assessment have the table's name, and must not replace those of a map or of a job."""
    if table.suffix.lower() in _BESIDE:
        raise JobInvalid(
            message("The table of accuracies {name} has the name of another file of the assessment.", name=table.name),
            next_step=message("Give it a name that ends in .csv."),
        )
    taken = [path.name for path in _files(table).values() if path != table and path.exists()]
    if taken and not table.exists():
        raise JobInvalid(
            message(
                "The table of accuracies {name} would have other files beside it, which exist: {files}.",
                name=table.name,
                files=", ".join(taken),
            ),
            message("They are not of an assessment, and would be replaced."),
            message("Give the table another name."),
        )


def _files(table: Path) -> dict[str, Path]:
    """The files of an assessment by the names of the result."""
    return {
        "accuracy": table,
        "accuracy_matrix": table.with_name(f"{table.stem}_matrix.csv"),
        "accuracy_data": table.with_name(f"{table.stem}.json"),
        "accuracy_picture": table.with_name(f"{table.stem}.png"),
        "accuracy_report": table.with_name(f"{table.stem}.html"),
    }


def write_assessment(
    regions: Sequence[RegionAccuracy], table: Path, job: Job, zones: Mapping[str, Any] | None = None
) -> dict[str, Path]:
    """Write the tables, the data, the picture and the report of assessments.

    Parameters
    ----------
    regions : the assessments; the picture is of the first one.
    table : path of the CSV table; the other files lie beside it, under its name.
    job : gives the language, and is printed in the report.
    zones : result of `assess_zones`; its estimates stand in the report.

    Returns
    -------
    The files by the names of the result, without those of the zones.

    Raises
    ------
    DiskFull, FolderNotWritable : where a file cannot be written.

    """
    files = _files(table)
    write_accuracy_csv(regions, files["accuracy"], job.locale)
    write_matrix_csv(regions, files["accuracy_matrix"], job.locale)
    write_accuracy_json(regions, files["accuracy_data"])
    write_matrix_png(regions[0].estimate, files["accuracy_picture"], regions[0].name, job.locale)
    picture = files["accuracy_picture"].read_bytes()
    records = zones or {}
    zone_files = [Path(records[name]).name for name in ZONE_FILES if name in records]
    facts = AccuracyFacts(
        tuple(regions),
        (*(path.name for path in files.values()), *zone_files),
        (picture,),
        job_to_dict(job),
        versions(),
        job.locale,
        tuple(records.get("zone_estimates", ())),
    )
    write_accuracy_report(facts, files["accuracy_report"])
    return files


def _sentences(region: RegionAccuracy, language: str) -> list[str]:
    texts = [overall_sentence(region), *area_sentences(region)]
    return [translate(text, language) for text in texts]
