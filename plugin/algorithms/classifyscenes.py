"""`allpa:classifyscenes`: download and classify the chosen scenes of a list."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
)

from ..allpa_engine.core.job import Job
from ..allpa_engine.core.messages import translatable
from ..existing_output import JOB_FILE
from ..translation import tr
from .access import access_parameter
from .base import build_job, run_job
from .computing import computing_parameters, computing_values
from .listed_scenes import OUTPUT, SCENES, ListedScenesAlgorithm


class ClassifyScenes(ListedScenesAlgorithm):
    """Scene list to a folder of predictions."""

    ID = "classifyscenes"
    TITLE = translatable("Classify scenes")
    SUMMARY = translatable("Downloads the chosen scenes of a scene list and classifies them.")
    HELP = translatable(
        "Writes one raster per scene (class, confidence) into the folder. Scenes that are classified already are not "
        "classified again. Combine them by 'Composite predictions'."
    )
    TAGS = ("UNet", "predict")
    EXAMPLE = MappingProxyType({"SCENES": "scenes.json", "OUTPUT": "predictions"})

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: ARG002, N802 - QGIS's
        """Declare parameters and outputs."""
        scenes = QgsProcessingParameterFile(SCENES, tr("Scene list"), extension="json")
        scenes.setHelp(tr("A list that 'Search scenes' wrote."))
        output = QgsProcessingParameterFolderDestination(OUTPUT, tr("Predictions folder"))
        output.setHelp(tr("One raster per scene is written here."))
        self.add([scenes, access_parameter(), *computing_parameters(), output])
        self.addOutput(QgsProcessingOutputNumber("SCENE_COUNT", tr("Scenes classified")))
        self.addOutput(QgsProcessingOutputNumber("FAILED_SCENES", tr("Failed scenes")))

    def job(self, parameters: dict[str, Any], context: QgsProcessingContext, folder: Path) -> Job:
        """As in `ListedScenesAlgorithm.job`."""
        scenes = self.scene_list(parameters, context)
        return build_job(
            "classify",
            folder,
            scenes=scenes,
            predictions=str(folder.absolute()),
            **computing_values(self, parameters, context),
        )

    def execute(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Classify the scenes of the list in the engine.

        Parameters
        ----------
        parameters, context, feedback : as in `AllpaAlgorithm.execute`.

        Returns
        -------
        The folder of the predictions, the number of scenes classified and the number of those that failed.

        Raises
        ------
        AllpaError : of the class that names the cause.

        """
        folder = Path(self.parameterAsString(parameters, OUTPUT, context))
        job = self.job(parameters, context, folder)
        values = run_job(job, folder / JOB_FILE, feedback, self.access_variables())
        return {
            OUTPUT: values.get("predictions", str(folder)),
            "SCENE_COUNT": values.get("scene_count"),
            "FAILED_SCENES": values.get("failed_scenes"),
        }
