"""The map that a run would replace: what of its job differs, in the words of the parameters."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsProcessingAlgorithm

from .allpa_engine.core.earlier_map import differences_from_earlier_map
from .allpa_engine.core.errors import MapExists
from .allpa_engine.core.job import Job
from .translation import tr

JOB_FILE = "job.json"
_PARAMETERS = {
    "max_cloud_percent": "MAX_CLOUD", "smoothing_px": "SMOOTHING", "start": "YEAR", "end": "YEAR",
}  # fmt: skip
"""Parameters of keys of the job that are not named alike."""


def differences_from_map(job: Job, algorithm: QgsProcessingAlgorithm) -> list[str]:
    """What differs between a job and that of the map which it would replace.

    Parameters
    ----------
    job : the job; its folder and period say which map it is.
    algorithm : the algorithm of the job; its parameters' titles name the differences.

    Returns
    -------
    Titles in QGIS's language, each once; empty where the job replaces no map or an equal one.

    """
    return list(dict.fromkeys(_title(key, algorithm) for key in differences_from_earlier_map(job)))


def _title(key: str, algorithm: QgsProcessingAlgorithm) -> str:
    if key == "region":
        return tr("Region")
    definition = algorithm.parameterDefinition(_PARAMETERS.get(key, key.upper()))
    return str(definition.description()) if definition is not None else tr("its settings, of which there is no record")


def require_no_map_of_other_job(job: Job, algorithm: QgsProcessingAlgorithm) -> None:
    """Refuse a job that would replace the map of another one, unless it is allowed to.

    Parameters
    ----------
    job : the job; with its `overwrite` nothing is refused.
    algorithm : the algorithm of the job; its parameters' titles name what differs.

    Raises
    ------
    MapExists : where the folder holds the map of another job for the same period.

    """
    differences = [] if job.overwrite else differences_from_map(job, algorithm)
    if differences:
        raise MapExists(
            tr("The folder {} holds the {} map of another job.").format(Path(job.folder).name, job.period),
            tr("It differs in: {}.").format(", ".join(differences)),
            tr("Choose another folder, or set 'Replace the map of another job' (OVERWRITE)."),
        )
