"""`allpa:areatable`: the area of each class of a map, in total, within a region, and by zone."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import MappingProxyType
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterRasterLayer,
)

from ..allpa_engine.core.job import Job
from ..allpa_engine.core.messages import translatable
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
from .parameters import language_parameter, selected_language
from .rasters import raster_file
from .region import region_geojson, region_parameters
from .zone_areas import ZONE_LAYER, write_zone_layer, zone_layer_parameter
from .zones import (
    ZoneFiles,
    write_zones,
    zone_source,
    zone_table_parameters,
    zone_values,
)

INPUT, OUTPUT = "INPUT", "OUTPUT"
_DATABASE = re.compile(r"[A-Za-z]\w+:")
"""Of a destination that is no file, such as `memory:`; a drive has one letter."""


class TabulateAreas(AllpaAlgorithm):
    """Map to area table."""

    ID = "areatable"
    TITLE = translatable("Area table")
    SUMMARY = translatable("Calculates the area of each class of a land-cover map, in total and by zone.")
    HELP = translatable(
        "Lists pixels, hectares and percent of all ten classes, with a total. Areas are given by pixel count and on "
        "the ellipsoid. With a region, pixels whose centre lies in it are counted. With zones, each polygon gets a row "
        "in a wide table, a row for each class in a long one, and its areas as attributes of a layer."
    )
    TAGS = ("area", "hectares", "statistics", "zonal", "zones", "districts")
    EXAMPLE = MappingProxyType(
        {"INPUT": "landcover_2020.tif", "ZONES": "districts.gpkg", "ZONE_FIELD": "name", "OUTPUT": "areas.csv"}
    )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: ARG002, N802 - QGIS's
        """Declare parameters and outputs."""
        raster = QgsProcessingParameterRasterLayer(INPUT, tr("Land-cover map"))
        raster.setHelp(tr("A map with the codes 1 to 10 that Allpa wrote."))
        output = QgsProcessingParameterFileDestination(OUTPUT, tr("Area table"), tr("Tables (*.csv)"))
        output.setHelp(tr("CSV file of the table."))
        self.add([raster, *region_parameters(optional=True), *zone_table_parameters(), output, zone_layer_parameter()])
        self.add([language_parameter()])
        self.addOutput(QgsProcessingOutputNumber("AREA_HA", tr("Total area (ha)")))
        self.addOutput(QgsProcessingOutputString("AREA_TABLE", tr("Area table (JSON)")))
        self.addOutput(QgsProcessingOutputFile("ZONE_TABLE", tr("Areas by zone, wide (CSV)")))
        self.addOutput(QgsProcessingOutputFile("ZONE_TABLE_LONG", tr("Areas by zone, long (CSV)")))
        self.addOutput(QgsProcessingOutputFile("ZONE_TABLE_SUMS", tr("Sums of zones (CSV)")))
        self.addOutput(QgsProcessingOutputNumber("ZONE_COUNT", tr("Zones")))

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Refuse what can be refused without the engine.

        Parameters
        ----------
        parameters, context : as in `AllpaAlgorithm.check`.

        Raises
        ------
        FolderNotWritable, DiskFull : where the table's folder cannot be written.
        RasterInvalid : where the map is not a file.
        RegionInvalid, JobInvalid : where the region, the zones or another value cannot be used.

        """
        require_writable(destination_text(parameters, OUTPUT), is_file=True)
        layer = destination_text(parameters, ZONE_LAYER)
        if not _DATABASE.match(layer):
            require_writable(layer, is_file=True)
        zone_source(self, parameters, context)
        self._job(parameters, context, expected_output(parameters, OUTPUT, "areas.csv"), None)

    def _job(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        output: Path,
        zones: ZoneFiles | None,
        feedback: QgsProcessingFeedback | None = None,
    ) -> Job:
        outputs = {"areas": str(output.absolute())}
        if zones is not None:
            outputs |= {"zones": str(zones.layer), "zones_wide": str(zones.wide), "zones_long": str(zones.long)}
            outputs["zones_sums"] = str(zones.sums)
        return build_job(
            "areas",
            output.parent,
            region=region_geojson(self, parameters, context, optional=True, feedback=feedback),
            language=selected_language(self, parameters, context),
            landcover=str(raster_file(self.parameterAsRasterLayer(parameters, INPUT, context))),
            zones="" if zones is None else str(zones.input_file),
            **({} if zones is None else zone_values(self, parameters, context)),
            outputs=outputs,
        )

    def execute(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Tabulate the areas in the engine; with zones, write them for it, and their layer from its table.

        Parameters
        ----------
        parameters, context, feedback : as in `AllpaAlgorithm.execute`.

        Returns
        -------
        The table's path, the total area in hectares, the table as JSON; with zones their tables, layer and number.

        Raises
        ------
        AllpaError : of the class that names the cause.

        """
        output = Path(self.parameterAsFileOutput(parameters, OUTPUT, context))
        source = zone_source(self, parameters, context)
        zones = None if source is None else ZoneFiles.for_table(output)
        job = self._job(parameters, context, output, zones, feedback)
        if source is not None and zones is not None:
            write_zones(source, zones.input_file, context, feedback)
        values = run_job(job, job_file_beside(output), feedback)
        results = {
            OUTPUT: values.get("areas", str(output)),
            "AREA_HA": values.get("area_ha"),
            "AREA_TABLE": json.dumps(values.get("area_table", []), ensure_ascii=False),
        }
        if source is not None and zones is not None:
            results |= {
                "ZONE_TABLE": values.get("zones_wide"),
                "ZONE_TABLE_LONG": values.get("zones_long"),
                "ZONE_TABLE_SUMS": values.get("zones_sums"),
                "ZONE_COUNT": values.get("zone_count"),
                ZONE_LAYER: write_zone_layer(self, parameters, context, zones.wide, feedback),
            }
        return results
