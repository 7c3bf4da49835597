"""The zones of a job that makes a map."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from qgis.core import QgsProcessingAlgorithm, QgsProcessingContext, QgsProcessingFeedback

from ..allpa_engine.core.job import Job
from .zones import ZoneFiles, write_zones, zone_source, zone_values


def with_zones(
    job: Job,
    algorithm: QgsProcessingAlgorithm,
    parameters: dict[str, Any],
    context: QgsProcessingContext,
    feedback: QgsProcessingFeedback,
) -> Job:
    """The job of a map with its zones, which are written beside its area table; the same job where there are none.

    Parameters
    ----------
    job : of a map.
    algorithm, parameters, context : as in `zone_source`.
    feedback : as in `write_zones`.

    Raises
    ------
    JobInvalid, RegionInvalid : where the layer of zones cannot be used.
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    source = zone_source(algorithm, parameters, context)
    if source is None:
        return job
    input_file = ZoneFiles.for_table(Path(job.folder) / f"areas_{job.period}.csv").input_file
    write_zones(source, input_file, context, feedback)
    return replace(job, zones=str(input_file), **zone_values(algorithm, parameters, context)).validate()
