"""`allpa:embeddings`: what the network sees in each pixel over a year, as signed bytes for any program."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingOutputRasterLayer,
    QgsProcessingOutputString,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
)

from ..allpa_engine.core.job import Job
from ..allpa_engine.core.messages import translatable
from ..allpa_engine.core.refit_keys import EMBEDDING_PERIODS, YEAR
from ..translation import tr
from .access import access_parameter
from .base import destination_text, require_writable, run_job
from .computing import model_path
from .finished_run import FinishedRunAlgorithm, job_of_run, run_folder_parameter
from .parameters import advanced

PERIOD, MODEL, FOLDER = "PERIOD", "MODEL", "FOLDER"
_GDAL_OF_SIGNED_BYTES = 3_070_000
"""The first version of GDAL with a type for them, as a number."""


class Embeddings(FinishedRunAlgorithm):
    """Finished run to embeddings."""

    ID = "embeddings"
    TITLE = translatable("Embeddings of a run")
    SUMMARY = translatable(
        "Averages the network's features over the clear observations of a year or of each month, as GeoTIFF."
    )
    HELP = translatable(
        "Each tile gets a cloud-optimised GeoTIFF of signed bytes; scale and offset of each band stand in it. A few "
        "labelled pixels and the distance to their means, or any classifier, make a map of them."
    )
    TAGS = ("features", "few-shot", "COG", "int8")
    EXAMPLE = MappingProxyType({"RUN_FOLDER": "abancay", "FOLDER": "embeddings"})

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: ARG002, N802 - QGIS's
        """Declare parameters and outputs."""
        period = QgsProcessingParameterEnum(PERIOD, tr("Period"), list(EMBEDDING_PERIODS), False, YEAR, False, True)
        period.setHelp(tr("year: one file for each tile. month: one for each tile and month with scenes."))
        model = QgsProcessingParameterFile(
            MODEL, tr("Model folder"), QgsProcessingParameterFile.Behavior.Folder, "", None, True
        )
        folder = QgsProcessingParameterFolderDestination(FOLDER, tr("Output folder"))
        folder.setHelp(tr("The files are named after tile and period."))
        self.add([run_folder_parameter(), period])
        self.add([advanced(model, tr("The network. If empty, that of the run.")), access_parameter(), folder])
        self.addOutput(QgsProcessingOutputRasterLayer("EMBEDDING", tr("First embedding")))
        self.addOutput(QgsProcessingOutputString("EMBEDDINGS", tr("All embeddings")))
        self.addOutput(QgsProcessingOutputNumber("BANDS", tr("Bands")))
        self.addOutput(QgsProcessingOutputNumber("SCENE_COUNT", tr("Scenes used")))

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Refuse what can be refused without the engine.

        Parameters
        ----------
        parameters, context : as in `AllpaAlgorithm.check`.

        Raises
        ------
        FolderNotWritable, DiskFull : where the folder cannot be written.
        JobInvalid : where the run cannot be used.
        S3KeysMissing : where scenes must be downloaded again and need keys.

        """
        folder = destination_text(parameters, FOLDER)
        require_writable(folder)
        self._job(parameters, context, Path(folder or "embeddings"))
        self.check_access(parameters, context)

    def _job(self, parameters: dict[str, Any], context: QgsProcessingContext, folder: Path) -> Job:
        run = job_of_run(self, parameters, context)
        return replace(
            run,
            task="embeddings",
            folder=str(folder.absolute()),
            model=model_path(self.parameterAsFile(parameters, MODEL, context)) or run.model,
            embedding_period=self.parameterAsEnumString(parameters, PERIOD, context) or YEAR,
        ).validate()

    def execute(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Write the embeddings in the engine.

        Parameters
        ----------
        parameters, context, feedback : as in `AllpaAlgorithm.execute`.

        Returns
        -------
        Paths of the files, their number of bands, and the number of scenes.

        Raises
        ------
        AllpaError : of the class that names the cause.

        """
        from osgeo import gdal  # here, since the plugin's import in QGIS must stay light

        folder = Path(self.parameterAsString(parameters, FOLDER, context))
        job = self._job(parameters, context, folder)
        values = run_job(job, folder / "embeddings.job.json", feedback, self.access_variables())
        if int(gdal.VersionInfo()) < _GDAL_OF_SIGNED_BYTES:
            feedback.pushWarning(
                tr(
                    "This QGIS shows wrong values for embeddings: its GDAL {} takes signed bytes for bytes from 0 to "
                    "255. Use them with a QGIS of GDAL 3.7 or later, or in Python with rasterio."
                ).format(gdal.VersionInfo("RELEASE_NAME"))
            )
        return {
            FOLDER: str(folder),
            "EMBEDDING": values.get("embedding"),
            "EMBEDDINGS": "\n".join(values.get("embeddings", [])),
            "BANDS": values.get("bands"),
            "SCENE_COUNT": values.get("scene_count"),
        }
