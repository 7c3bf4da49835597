"""`allpa:mapwithmodel`: the map of a finished run, made again from the same scenes with another model."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingOutputHtml,
    QgsProcessingOutputNumber,
    QgsProcessingOutputRasterLayer,
    QgsProcessingOutputString,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
)

from ..allpa_engine.core.errors import JobInvalid
from ..allpa_engine.core.job import Job
from ..allpa_engine.core.messages import translatable
from ..existing_output import JOB_FILE
from ..layers.results import load_map_on_completion
from ..translation import tr
from .access import access_parameter
from .base import destination_text, require_writable, run_job
from .computing import model_path
from .finished_run import FinishedRunAlgorithm, job_of_run, run_folder_parameter

MODEL, FOLDER = "MODEL", "FOLDER"


class MapWithModel(FinishedRunAlgorithm):
    """Finished run and model to another map."""

    ID = "mapwithmodel"
    TITLE = translatable("Map again with another model")
    SUMMARY = translatable("Makes the map of a finished run again from the same scenes, with another model.")
    HELP = translatable(
        "Nothing is searched, and scenes that are on the disk are not downloaded again: they are classified by the "
        "model and combined by the settings of the run. Compare the maps with 'Land-cover change'."
    )
    TAGS = ("model", "apply", "classify")
    EXAMPLE = MappingProxyType({"RUN_FOLDER": "abancay", "MODEL": "network", "FOLDER": "abancay_again"})

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: ARG002, N802 - QGIS's
        """Declare parameters and outputs."""
        model = QgsProcessingParameterFile(MODEL, tr("Model folder"), QgsProcessingParameterFile.Behavior.Folder)
        model.setHelp(tr("A model that classifies single scenes, such as one taught by corrections."))
        folder = QgsProcessingParameterFolderDestination(FOLDER, tr("Output folder"))
        folder.setHelp(tr("Another folder than that of the run: its map stays."))
        self.add([run_folder_parameter(), model, access_parameter(), folder])
        self.addOutput(QgsProcessingOutputRasterLayer("LANDCOVER", tr("Land cover")))
        self.addOutput(QgsProcessingOutputRasterLayer("QUALITY", tr("Quality")))
        self.addOutput(QgsProcessingOutputFile("AREAS", tr("Area table (CSV)")))
        self.addOutput(QgsProcessingOutputHtml("REPORT", tr("Report")))
        self.addOutput(QgsProcessingOutputNumber("SCENE_COUNT", tr("Scenes used")))
        self.addOutput(QgsProcessingOutputString("AREA_TABLE", tr("Area table (JSON)")))

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Refuse what can be refused without the engine.

        Parameters
        ----------
        parameters, context : as in `AllpaAlgorithm.check`.

        Raises
        ------
        FolderNotWritable, DiskFull : where the folder cannot be written.
        JobInvalid : where run or model cannot be used, or the folder is that of the run.
        S3KeysMissing : where scenes must be downloaded again and need keys.

        """
        folder = destination_text(parameters, FOLDER)
        require_writable(folder)
        self._job(parameters, context, Path(folder or "map_again"))
        self.check_access(parameters, context)

    def _job(self, parameters: dict[str, Any], context: QgsProcessingContext, folder: Path) -> Job:
        run = job_of_run(self, parameters, context)
        model = model_path(self.parameterAsFile(parameters, MODEL, context))
        if not model:
            raise JobInvalid(tr("The model does not exist: {}.").format("–"))
        if folder.absolute() == Path(run.folder):
            raise JobInvalid(
                tr("The output folder is that of the run."), "", tr("Choose another one: the map of the run stays.")
            )
        return replace(
            run,
            task="landcovermap",
            folder=str(folder.absolute()),
            model=model,
            precision="auto",
            overwrite=True,
        ).validate()

    def execute(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Make the map in the engine, and let Processing load it.

        Parameters
        ----------
        parameters, context, feedback : as in `AllpaAlgorithm.execute`.

        Returns
        -------
        Paths of the files, the number of scenes and the area table.

        Raises
        ------
        AllpaError : of the class that names the cause.

        """
        folder = Path(self.parameterAsString(parameters, FOLDER, context))
        job = self._job(parameters, context, folder)
        values = run_job(job, folder / JOB_FILE, feedback, self.access_variables())
        load_map_on_completion(context, values, f"{job.region_name} {job.period}".strip())
        return {
            FOLDER: str(folder),
            "LANDCOVER": values.get("landcover"),
            "QUALITY": values.get("quality"),
            "AREAS": values.get("areas"),
            "REPORT": values.get("report"),
            "SCENE_COUNT": values.get("scene_count"),
            "AREA_TABLE": json.dumps(values.get("area_table", []), ensure_ascii=False),
        }
