"""`allpa:composite`: merge a folder of predictions into a map, with another season, other weights or another region."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFile,
    QgsProcessingParameterRasterDestination,
)

from ..allpa_engine.core.errors import JobInvalid
from ..allpa_engine.core.job import Job
from ..layers.results import LANDCOVER, QUALITY, kind_title, style_result_on_load
from ..translation import tr
from .base import (
    AllpaAlgorithm,
    build_job,
    destination_text,
    job_file_beside,
    require_writable,
    run_job,
)
from .merging import composite_parameters, composite_values
from .region import region_geojson, region_parameters

PREDICTIONS = "PREDICTIONS"
OUT_LANDCOVER, OUT_QUALITY = "LANDCOVER", "QUALITY"


class Composite(AllpaAlgorithm):
    """Predictions to annual map and quality raster."""

    ID = "composite"
    TITLE = "Merge predictions into a map"
    SUMMARY = "Merges the predictions of many scenes into one map, by a class-weighted mode."
    HELP = (
        "Nothing is fetched or classified, so another season, other weights or a smaller region take seconds. "
        "Without a region the map covers all that the predictions cover."
    )
    TAGS = ("composite", "mode", "season", "weights")

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: ARG002, N802 - QGIS's
        """Declare parameters and outputs."""
        folder = QgsProcessingParameterFile(
            PREDICTIONS, tr("Folder of the predictions"), QgsProcessingParameterFile.Behavior.Folder
        )
        folder.setHelp(tr("The folder 'predictions' of an earlier run, or the output of 'Classify scenes'."))
        landcover = QgsProcessingParameterRasterDestination(OUT_LANDCOVER, kind_title(LANDCOVER))
        landcover.setHelp(tr("GeoTIFF of the map: codes 1 to 10, 0 where nothing was seen."))
        quality = QgsProcessingParameterRasterDestination(OUT_QUALITY, kind_title(QUALITY))
        quality.setHelp(tr("GeoTIFF of the quality layers: confidence, scenes, agreement, second class."))
        self.add([folder, *region_parameters(optional=True), *composite_parameters(), landcover, quality])
        self.addOutput(QgsProcessingOutputNumber("VALID_PERCENT", tr("Share that was seen (percent)")))

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Make the job, as far as that needs no engine."""
        for name in (OUT_LANDCOVER, OUT_QUALITY):
            require_writable(destination_text(parameters, name), is_file=True)
        self._job(parameters, context, Path.cwd() / "landcover.tif", Path.cwd() / "quality.tif")

    def _job(self, parameters: dict[str, Any], context: QgsProcessingContext, landcover: Path, quality: Path) -> Job:
        folder = self.parameterAsFile(parameters, PREDICTIONS, context)
        if not folder or not Path(folder).is_dir():
            raise JobInvalid(tr("The folder of predictions does not exist: {}.").format(folder or ""))
        return build_job(
            "composite",
            landcover.parent,
            region=region_geojson(self, parameters, context, optional=True),
            predictions=str(Path(folder).absolute()),
            outputs={LANDCOVER: str(landcover.absolute()), QUALITY: str(quality.absolute())},
            **composite_values(self, parameters, context),
        )

    def execute(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Run the merge."""
        landcover, quality = (
            self.parameterAsOutputLayer(parameters, name, context) for name in (OUT_LANDCOVER, OUT_QUALITY)
        )
        job = self._job(parameters, context, Path(landcover), Path(quality))
        values = run_job(job, job_file_beside(Path(landcover)), feedback)
        style_result_on_load(context, landcover, LANDCOVER, kind_title(LANDCOVER))
        style_result_on_load(context, quality, QUALITY, kind_title(QUALITY))
        return {OUT_LANDCOVER: landcover, OUT_QUALITY: quality, "VALID_PERCENT": values.get("valid_pixel_percent")}
