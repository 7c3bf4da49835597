"""`allpa:areatable`: the areas of a map's classes, in all or within a region."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterRasterLayer,
)

from ..allpa_engine.errors import RasterInvalid
from ..allpa_engine.job import Job
from ..translation import tr
from .base import AllpaAlgorithm, destination_text, job_of, record_beside, require_writable, run_job
from .region import region_geojson, region_parameters

INPUT, OUTPUT = "INPUT", "OUTPUT"


class AreaTable(AllpaAlgorithm):
    """Map to area table."""

    ID = "areatable"
    TITLE = "Area table"
    SUMMARY = "Tabulates pixels, hectares and percent of each class of a land-cover map."
    HELP = (
        "All ten classes are listed, with a total. Areas are given by pixel count and on the ellipsoid. "
        "With a region, pixels whose centre lies in it are counted."
    )
    TAGS = ("area", "hectares", "statistics", "zonal")

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: ARG002, N802 - QGIS's
        """Declare parameters and outputs."""
        raster = QgsProcessingParameterRasterLayer(INPUT, tr("Land-cover map"))
        raster.setHelp(tr("A map with the codes 1 to 10 that Allpa wrote."))
        output = QgsProcessingParameterFileDestination(OUTPUT, tr("Area table"), tr("Tables (*.csv)"))
        output.setHelp(tr("CSV file of the table."))
        self.add([raster, *region_parameters(), output])
        self.addOutput(QgsProcessingOutputNumber("AREA_HA", tr("Area in all (ha)")))
        self.addOutput(QgsProcessingOutputString("AREA_TABLE", tr("Area table (JSON)")))

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Make the job, as far as that needs no engine."""
        require_writable(destination_text(parameters, OUTPUT), is_file=True)
        self._job(parameters, context, Path.cwd() / "areas.csv")

    def _job(self, parameters: dict[str, Any], context: QgsProcessingContext, output: Path) -> Job:
        layer = self.parameterAsRasterLayer(parameters, INPUT, context)
        source = layer.source().split("|")[0] if layer is not None else ""
        if not Path(source).is_file():
            raise RasterInvalid(
                tr("The land-cover map is not a file on this machine."), "", tr("Save the layer as GeoTIFF first.")
            )
        return job_of(
            "areas",
            output.parent,
            region=region_geojson(self, parameters, context, optional=True),
            landcover=str(Path(source).absolute()),
            outputs={"areas": str(output.absolute())},
        )

    def execute(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Run the tabulation."""
        output = Path(self.parameterAsFileOutput(parameters, OUTPUT, context))
        values = run_job(self._job(parameters, context, output), record_beside(output), feedback)
        return {
            OUTPUT: values.get("areas", str(output)),
            "AREA_HA": values.get("area_ha"),
            "AREA_TABLE": json.dumps(values.get("area_table", []), ensure_ascii=False),
        }
