"""The task `accuracy_sample`: draw a sample of a map, by the job's design, into a GeoPackage to be labelled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..accuracy.design import DesignOptions, design_sample, expected_standard_error, needs_zones
from ..accuracy.sample_design import SampleDesign
from ..accuracy.sample_file import read_labels, write_sample
from ..areas import read_zones
from ..core.errors import JobInvalid, RasterInvalid, SampleExists, SampleInvalid
from ..core.job import Job
from ..core.messages import message
from ..core.run_paths import RunPaths
from ..core.sample_keys import MAX_POINTS, RASTER
from ..core.sample_schema import STRATIFIED
from .record import Run
from .scenes import job_region


def draw_sample(run: Run) -> dict[str, Any]:
    """Draw the sample that the job's design describes, and write it.

    Returns
    -------
    Path of the sample, number of points, strata as JSON values, and the standard error that is expected.

    Raises
    ------
    AllpaError : of the class that names the cause.

    """
    job, paths = run.paths.job, run.paths
    options = design_options(job)
    zones = read_zones(job.zones, job.zone_name) if job.zones else ()
    design, points = design_sample(
        paths.landcover,
        options,
        job_region(job),
        tuple(zone for zone in zones if not zone.geometry.is_empty),
        Path(job.strata_raster) if job.strata_raster else None,
        job.locale,
        run.reporter,
    )
    write_sample(paths.sample, design, points, language=job.locale)
    for note in design.notes:
        run.reporter.log(note, "warning")
    return {**sample_result(paths, design), "expected_standard_error": expected_standard_error(design, options)}


def sample_result(paths: RunPaths, design: SampleDesign) -> dict[str, Any]:
    """Path of a sample, number of points, and the strata as JSON values."""
    return {
        "sample": str(paths.sample),
        "points": sum(stratum.points for stratum in design.strata),
        "strata": [
            {
                "name": stratum.name,
                "map_class": stratum.map_class,
                "zone": stratum.zone,
                "pixels": stratum.pixels,
                "area_ha": round(stratum.area_ha, 4),
                "points": stratum.points,
            }
            for stratum in design.strata
        ],
    }


def design_options(job: Job) -> DesignOptions:
    """The design of a job."""
    keys = job.design
    return DesignOptions(
        method=keys["method"],
        strata=keys["strata"],
        kind=keys["kind"],
        size=keys["size"],
        standard_error=keys["standard_error"],
        expected=keys["expected_accuracy"],
        allocation=keys["allocation"],
        minimum=keys["minimum_points"],
        optimal_class=keys["optimal_class"],
        optimal_goal=keys["optimal_for"],
        min_distance_m=keys["min_distance_m"],
        seed=keys["seed"],
        interpreters=tuple(keys["interpreters"]),
    )


def check_sample_job(paths: RunPaths) -> None:
    """Check what a task on samples names: the map, zones or raster for the strata, and a file that may be written.

    Raises
    ------
    RasterInvalid, JobInvalid, SampleExists : with the next step.

    """
    job = paths.job
    if not paths.landcover.is_file():
        raise RasterInvalid(
            message("There is no map {name} to assess.", name=paths.landcover.name),
            message("It was looked for in {folder}.", folder=paths.landcover.parent),
            message("Set the job's key 'landcover' to the map."),
        )
    if job.task == "accuracy_sample":
        options = design_options(job)
        if needs_zones(options) and not job.zones:
            raise JobInvalid(message("The strata are zones, but the job's key 'zones' is empty."))
        if options.method == STRATIFIED and options.strata == RASTER and not Path(job.strata_raster).is_file():
            raise JobInvalid(
                message("The strata are those of a raster, but the job's key 'strata_raster' names no file."),
                message("It is {file}.", file=repr(job.strata_raster)),
            )
    check_may_replace(paths.sample, overwrite=job.overwrite)


def check_may_replace(path: Path, *, overwrite: bool) -> None:
    """Refuse to replace labels, which are days of work, and files that are no samples.

    Parameters
    ----------
    path : the file that will be written.
    overwrite : whether the user allows it.

    Raises
    ------
    SampleExists : where the file holds labels, or is something else.

    """
    if overwrite or not path.exists() or path.is_dir():
        return
    try:
        labelled = sum(label.reference_class is not None for label in read_labels(path, MAX_POINTS))
    except SampleInvalid as error:
        raise SampleExists(message("{name} exists and is no sample of Allpa.", name=path.name), error.why) from error
    if labelled:
        raise SampleExists(message("{name} exists and holds {labelled} labels.", name=path.name, labelled=labelled))
