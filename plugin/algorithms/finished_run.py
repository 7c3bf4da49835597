"""The parameter of a finished run, whose scenes are used again: its job, its scene list and its downloaded scenes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterFile,
)

from ..allpa_engine.core.errors import JobInvalid
from ..allpa_engine.core.job import Job, read_job
from ..allpa_engine.core.run_paths import RunPaths
from ..existing_output import JOB_FILE
from ..translation import table_language, tr
from .access import FetchingAlgorithm, read_list_catalogues

RUN_FOLDER = "RUN_FOLDER"


def run_folder_parameter() -> QgsProcessingParameterDefinition:
    """The folder of a finished run."""
    folder = QgsProcessingParameterFile(RUN_FOLDER, tr("Folder of the run"), QgsProcessingParameterFile.Behavior.Folder)
    folder.setHelp(tr("The output folder of an annual land-cover map; its scenes are used again."))
    return folder


def job_of_run(algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext) -> Job:
    """The job of the run that `RUN_FOLDER` names, with its scene list and its downloaded scenes as inputs.

    Parameters
    ----------
    algorithm : with the parameter.
    parameters : its values by name.
    context : of the run.

    Returns
    -------
    The job, without outputs that it moved elsewhere; folder and task are those of the run.

    Raises
    ------
    JobInvalid : where the folder holds no finished run.

    """
    text = algorithm.parameterAsFile(parameters, RUN_FOLDER, context)
    if not text:
        raise JobInvalid(tr("No folder of a run is set."))
    folder = Path(text).absolute()
    if not (folder / JOB_FILE).is_file():
        raise JobInvalid(
            tr("{} holds no run of Allpa.").format(folder),
            tr("There is no {} in it.").format(JOB_FILE),
            tr("Choose the output folder of an annual land-cover map."),
        )
    job = replace(read_job(folder / JOB_FILE), folder=str(folder))
    paths = RunPaths(job)
    scenes = paths.run_scene_list if paths.run_scene_list.is_file() else paths.scene_list
    if not scenes.is_file():
        raise JobInvalid(
            tr("The run in {} has no scene list.").format(folder), "", tr("Finish the run, or choose another one.")
        )
    return replace(
        job,
        scenes=str(scenes),
        cache_folder=str(paths.cache),
        predictions="",
        landcover="",
        outputs={},
        zones="",
        language=table_language(),
    )


class FinishedRunAlgorithm(FetchingAlgorithm):
    """Base of the algorithms that use the scenes of a finished run again."""

    def may_skip_access(self, parameters: dict[str, Any]) -> bool:  # noqa: ARG002 - the scenes are there already
        """The scenes of a finished run are on the disk."""
        return True

    def catalogues(self, parameters: dict[str, Any], context: QgsProcessingContext) -> set[str]:
        """The catalogues of the run's scenes."""
        return read_list_catalogues(Path(job_of_run(self, parameters, context).scenes))
