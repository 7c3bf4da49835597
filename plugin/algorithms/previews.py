"""`allpa:quicklooks`: small pictures of the chosen scenes of a list over the region."""

from __future__ import annotations

import json
from pathlib import Path
from types import MappingProxyType
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
)

from ..allpa_engine.core.job import Job
from ..allpa_engine.core.messages import translatable
from ..existing_output import JOB_FILE
from ..translation import tr
from .access import access_parameter
from .base import build_job, run_job
from .listed_scenes import OUTPUT, SCENES, ListedScenesAlgorithm


class Previews(ListedScenesAlgorithm):
    """Scene list to a folder of small georeferenced pictures."""

    ID = "quicklooks"
    TITLE = translatable("Quick looks of scenes")
    SUMMARY = translatable("Fetches small true-colour pictures of the chosen scenes of a scene list over the region.")
    HELP = translatable(
        "Only the overviews of the files are read, so a picture takes a small part of a scene's download. All pictures "
        "have one brightness scale, so that clouds, haze and snow can be compared. They are georeferenced PNG files. "
        "Scenes of the Copernicus Data Space are shown by the pictures beside their files: with pixels of 60 m by your "
        "S3 keys (about 4 MB a scene), or with pixels of 320 m for large regions and without keys."
    )
    TAGS = ("preview", "thumbnail", "quicklook", "scenes")
    EXAMPLE = MappingProxyType({"SCENES": "scenes.json", "OUTPUT": "quick_looks"})

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: ARG002, N802 - QGIS's
        """Declare parameters and outputs."""
        scenes = QgsProcessingParameterFile(SCENES, tr("Scene list"), extension="json")
        scenes.setHelp(tr("A list that 'Search scenes' wrote."))
        output = QgsProcessingParameterFolderDestination(OUTPUT, tr("Folder of the pictures"))
        output.setHelp(tr("One picture per scene is written here; those that are there already are kept."))
        self.add([scenes, access_parameter(), output])
        self.addOutput(QgsProcessingOutputString("QUICK_LOOKS", tr("Pictures by scene (JSON)")))
        self.addOutput(QgsProcessingOutputNumber("SCENE_COUNT", tr("Scenes with a picture")))
        self.addOutput(QgsProcessingOutputNumber("FAILED_SCENES", tr("Scenes without a picture")))
        self.addOutput(QgsProcessingOutputNumber("RECEIVED_BYTES", tr("Downloaded bytes")))

    def may_skip_access(self, parameters: dict[str, Any]) -> bool:  # noqa: ARG002 - as in every algorithm
        """Scenes whose files need keys have a small picture that needs none."""
        return True

    def job(self, parameters: dict[str, Any], context: QgsProcessingContext, folder: Path) -> Job:
        """As in `ListedScenesAlgorithm.job`."""
        scenes = self.scene_list(parameters, context)
        return build_job("quick_looks", folder, scenes=scenes)

    def execute(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Fetch the pictures in the engine.

        Parameters
        ----------
        parameters, context, feedback : as in `AllpaAlgorithm.execute`.

        Returns
        -------
        The folder, the paths of the pictures by scene id as JSON, the numbers of scenes with and without a picture, and
        the bytes that were downloaded.

        Raises
        ------
        AllpaError : of the class that names the cause.

        """
        folder = Path(self.parameterAsString(parameters, OUTPUT, context))
        values = run_job(self.job(parameters, context, folder), folder / JOB_FILE, feedback, self.access_variables())
        pictures = values.get("quick_looks", {})
        return {
            OUTPUT: str(folder),
            "QUICK_LOOKS": json.dumps(pictures),
            "SCENE_COUNT": len(pictures),
            "FAILED_SCENES": values.get("failed_scenes"),
            "RECEIVED_BYTES": values.get("received_bytes"),
        }
