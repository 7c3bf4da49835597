"""Areas of zones in the step of accuracy: where the job has zones, their estimates stand in a table of their own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..accuracy.assessment import NOT_BY_CHANCE, RegionAccuracy
from ..accuracy.sample_file import read_points
from ..accuracy.zone_estimate import estimate_zones
from ..accuracy.zone_estimate_table import write_zone_estimates_csv, write_zone_estimates_json, zone_records
from ..accuracy.zone_map import count_zone_map
from ..areas import read_zones
from ..core.errors import RasterInvalid
from ..core.messages import message
from ..core.protocol import Reporter
from ..core.run_paths import RunPaths
from .scenes import job_region

_MAP, _QUALITY = "landcover", "quality"
ZONE_FILES = ("accuracy_zones", "accuracy_zones_data")
"""Names of the result that hold the files of the zones: table and data."""


@dataclass(frozen=True)
class _ZoneReporter:
    """Reports the counting of zones as the part of the stage "accuracy" that follows the tables."""

    reporter: Reporter

    def progress(self, stage: str, done: float, total: float) -> None:  # noqa: ARG002 - one stage
        self.reporter.progress("accuracy", 1 + (done / total if total else 1.0), 2)

    def log(self, text: str, level: str = "info") -> None:
        self.reporter.log(text, level)


def assess_zones(paths: RunPaths, region: RegionAccuracy, reporter: Reporter) -> dict[str, Any]:
    """Estimate the areas of classes in the job's zones, and write their table.

    Parameters
    ----------
    paths : the job with `sample`, `landcover` and `zones`.
    region : the assessment of that sample, which was held against the map there.
    reporter : receives the progress of the stage "accuracy", and notes as warnings.

    Returns
    -------
    Paths of the files by name and the records of the table, as JSON values; empty where the job has no zones or
    several samples.

    Raises
    ------
    SampleInvalid : where the sample's points cannot be read.
    RasterInvalid, RegionInvalid : where map, quality raster or zones cannot be used.
    DiskFull, FolderNotWritable : where a file cannot be written.

    """
    job = paths.job
    if not (job.zones and job.sample):
        return {}
    design = region.design
    points = read_points(job.sample, design)
    quality = quality_path(paths)
    zones = [zone for zone in read_zones(job.zones, job.zone_name) if not zone.geometry.is_empty]
    zone_map = count_zone_map(
        paths.landcover, quality, zones, points.x, points.y, job_region(job), _ZoneReporter(reporter)
    )
    options = job.estimation
    estimates = estimate_zones(region.sample, zone_map, options["zone_method"], rake=options["zones_add_up"])
    notes = estimates.notes
    if quality is None:
        notes = (*notes, message("There is no quality raster: class probabilities follow from the mapped class alone."))
    for note in notes:
        reporter.log(note, "warning")
    if not design.is_probability_sample:
        estimates = replace(estimates, is_random=False, notes=(message(NOT_BY_CHANCE), *estimates.notes))
    table, data = (paths.accuracy.with_name(f"{paths.accuracy.stem}_zones.{ending}") for ending in ("csv", "json"))
    write_zone_estimates_csv(estimates, table, job.locale)
    write_zone_estimates_json(estimates, data)
    return {**dict(zip(ZONE_FILES, (str(table), str(data)))), "zone_estimates": zone_records(estimates)}


def quality_path(paths: RunPaths) -> Path | None:
    """The quality raster of the assessed map: the job's, or that of the same run beside the map; None without one.

    Parameters
    ----------
    paths : of the job.

    Returns
    -------
    The path of a file that exists.

    Raises
    ------
    RasterInvalid : where the job names one that does not exist.

    """
    if paths.job.quality:
        if not Path(paths.job.quality).is_file():
            raise RasterInvalid(message("The quality raster {path} does not exist.", path=paths.job.quality))
        return Path(paths.job.quality)
    name = paths.landcover.name
    beside = paths.landcover.with_name(name.replace(_MAP, _QUALITY, 1))
    return beside if _MAP in name and beside.is_file() else None
