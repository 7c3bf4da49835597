"""`allpa:composite`: combine per-scene predictions into a map, with other months, weights or another region."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFile,
    QgsProcessingParameterRasterDestination,
)

from ..allpa_engine.core.job import Job
from ..allpa_engine.core.messages import translatable
from ..layers.results import LANDCOVER, QUALITY, ResultStyler, kind_title
from ..translation import tr
from .base import (
    AllpaAlgorithm,
    build_job,
    destination_text,
    expected_output,
    job_file_beside,
    require_writable,
    run_job,
)
from .merging import composite_parameters, composite_values
from .parameters import existing_folder, language_parameter, selected_language
from .region import region_geojson, region_parameters

PREDICTIONS = "PREDICTIONS"
OUT_LANDCOVER, OUT_QUALITY = "LANDCOVER", "QUALITY"


class Composite(AllpaAlgorithm):
    """Predictions to annual map and quality raster."""

    ID = "composite"
    TITLE = translatable("Composite predictions")
    SUMMARY = translatable("Combines per-scene predictions into one map by class-weighted majority vote.")
    HELP = translatable(
        "Nothing is downloaded or classified, so other months, other weights or a smaller region take seconds. "
        "Without a region the map covers the extent of the predictions."
    )
    TAGS = ("composite", "mode", "season", "weights")
    EXAMPLE = MappingProxyType(
        {
            "PREDICTIONS": "predictions",
            "MONTHS": ["6", "7", "8"],
            "LANDCOVER": "dry_season.tif",
            "QUALITY": "quality.tif",
        }
    )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: ARG002, N802 - QGIS's
        """Declare parameters and outputs."""
        folder = QgsProcessingParameterFile(
            PREDICTIONS, tr("Predictions folder"), QgsProcessingParameterFile.Behavior.Folder
        )
        folder.setHelp(tr("The folder 'predictions' of an earlier run, or the output of 'Classify scenes'."))
        landcover = QgsProcessingParameterRasterDestination(OUT_LANDCOVER, kind_title(LANDCOVER))
        landcover.setHelp(tr("GeoTIFF of the map: codes 1 to 10, 0 = no data."))
        quality = QgsProcessingParameterRasterDestination(OUT_QUALITY, kind_title(QUALITY))
        quality.setHelp(tr("GeoTIFF of the quality layers: confidence, scenes, agreement, second class."))
        self.add([folder, *region_parameters(optional=True), *composite_parameters(), language_parameter()])
        self.add([landcover, quality])
        self.addOutput(QgsProcessingOutputNumber("VALID_PIXEL_PERCENT", tr("Valid pixels (%)")))

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Refuse what can be refused without the engine.

        Parameters
        ----------
        parameters, context : as in `AllpaAlgorithm.check`.

        Raises
        ------
        FolderNotWritable, DiskFull : where a folder of the two rasters cannot be written.
        JobInvalid, RegionInvalid : where predictions, region or another value cannot be used.

        """
        for name in (OUT_LANDCOVER, OUT_QUALITY):
            require_writable(destination_text(parameters, name), is_file=True)
        maps = (
            expected_output(parameters, OUT_LANDCOVER, "landcover.tif"),
            expected_output(parameters, OUT_QUALITY, "quality.tif"),
        )
        self._job(parameters, context, *maps)

    def _job(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        landcover: Path,
        quality: Path,
        feedback: QgsProcessingFeedback | None = None,
    ) -> Job:
        return build_job(
            "composite",
            landcover.parent,
            region=region_geojson(self, parameters, context, optional=True, feedback=feedback),
            predictions=str(existing_folder(self, parameters, PREDICTIONS, context)),
            language=selected_language(self, parameters, context),
            outputs={LANDCOVER: str(landcover.absolute()), QUALITY: str(quality.absolute())},
            **composite_values(self, parameters, context),
        )

    def execute(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Make the map of the predictions in the engine; map and quality raster are styled when they are loaded.

        Parameters
        ----------
        parameters, context, feedback : as in `AllpaAlgorithm.execute`.

        Returns
        -------
        Paths of the two rasters (the map by the vote alone lies beside), and the share of valid pixels in percent.

        Raises
        ------
        AllpaError : of the class that names the cause.

        """
        landcover, quality = (
            self.parameterAsOutputLayer(parameters, name, context) for name in (OUT_LANDCOVER, OUT_QUALITY)
        )
        job = self._job(parameters, context, Path(landcover), Path(quality), feedback)
        values = run_job(job, job_file_beside(Path(landcover)), feedback)
        ResultStyler(LANDCOVER, kind_title(LANDCOVER), "").attach(context, landcover)
        ResultStyler(QUALITY, kind_title(QUALITY), "").attach(context, quality)
        return {
            OUT_LANDCOVER: landcover,
            OUT_QUALITY: quality,
            "VALID_PIXEL_PERCENT": values.get("valid_pixel_percent"),
        }
