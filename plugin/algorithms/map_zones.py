"""The zones of a job that makes a map."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDefinition,
)

from ..allpa_engine.core.job import Job
from ..translation import tr
from .parameters import advanced
from .zones import ZoneFiles, write_zones, zone_source, zone_values

ZONE_MAPS = "ZONE_MAPS"


def zone_maps_parameter() -> QgsProcessingParameterDefinition:
    """Whether each zone gets a map of its own."""
    return advanced(
        QgsProcessingParameterBoolean(ZONE_MAPS, tr("A map for each zone too"), False),
        tr(
            "Cut out of the map and named by the zone, such as zone_maps_2020/Abancay_2020.tif. All zones share one "
            "search and one set of scenes, and are rows of one table."
        ),
    )


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
    wants_maps = algorithm.parameterDefinition(ZONE_MAPS) is not None and algorithm.parameterAsBoolean(
        parameters, ZONE_MAPS, context
    )
    values = zone_values(algorithm, parameters, context)
    return replace(job, zones=str(input_file), zone_maps=wants_maps, **values).validate()
