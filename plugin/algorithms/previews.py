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

from ..allpa_engine.core.errors import JobInvalid
from ..allpa_engine.core.job import Job
from ..allpa_engine.core.messages import translatable
from ..existing_output import JOB_FILE
from ..translation import tr
from .access import FetchingAlgorithm, access_parameter, read_list_catalogues
from .base import build_job, destination_text, require_writable, run_job
from .parameters import existing_scene_list

SCENES, OUTPUT = "SCENES", "OUTPUT"


class Previews(FetchingAlgorithm):
    """Scene list to a folder of small georeferenced pictures."""

    ID = "quicklooks"
    TITLE = translatable("Quick looks of scenes")
    SUMMARY = translatable("Fetches small true-colour pictures of the chosen scenes of a scene list over the region.")
    HELP = translatable(
        "Only the overviews of the files are read, so a picture takes a small part of a scene's download. All pictures "
        "have one brightness scale, so that clouds, haze and snow can be compared. They are georeferenced PNG files. "
        "Catalogues whose files have no overviews (Copernicus Data Space) give none."
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

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Refuse what can be refused without the engine.

        Parameters
        ----------
        parameters, context : as in `AllpaAlgorithm.check`.

        Raises
        ------
        FolderNotWritable, DiskFull : where the folder cannot be written.
        JobInvalid : where there is no scene list.
        S3KeysMissing : where the files of the scenes need keys.

        """
        require_writable(destination_text(parameters, OUTPUT))
        self._job(parameters, context, Path.cwd())
        self.check_access(parameters, context)

    def catalogues(self, parameters: dict[str, Any], context: QgsProcessingContext) -> set[str]:
        """The catalogues of the list's chosen scenes.

        Parameters
        ----------
        parameters : the algorithm's values by name; `SCENES` is read.
        context : of the run.

        Returns
        -------
        Keys of the table of catalogues, or URLs; empty where the list cannot be read.

        """
        return read_list_catalogues(Path(self.parameterAsFile(parameters, SCENES, context)))

    def _job(self, parameters: dict[str, Any], context: QgsProcessingContext, folder: Path) -> Job:
        scenes = existing_scene_list(self, parameters, SCENES, context)
        if not scenes:
            raise JobInvalid(tr("No scene list is set."), "", tr("Choose one that 'Search scenes' wrote."))
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
        values = run_job(self._job(parameters, context, folder), folder / JOB_FILE, feedback, self.access_variables())
        pictures = values.get("quick_looks", {})
        return {
            OUTPUT: str(folder),
            "QUICK_LOOKS": json.dumps(pictures),
            "SCENE_COUNT": len(pictures),
            "FAILED_SCENES": values.get("failed_scenes"),
            "RECEIVED_BYTES": values.get("received_bytes"),
        }
