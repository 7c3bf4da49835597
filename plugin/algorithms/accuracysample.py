"""`allpa:accuracysample`: points for the assessment of a map, drawn from exactly counted strata."""

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
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterRasterLayer,
)

from ..allpa_engine.core.errors import JobInvalid
from ..allpa_engine.core.job import Job
from ..allpa_engine.core.messages import translatable
from ..allpa_engine.core.sample_keys import CLASSES_BY_ZONES, ZONES
from ..allpa_engine.core.sample_schema import STRATIFIED
from ..layers.sample_layers import load_labels
from ..translation import tr
from . import zones as zone_layer
from .base import (
    AllpaAlgorithm,
    build_job,
    destination_text,
    expected_output,
    job_file_beside,
    require_writable,
    run_job,
)
from .parameters import advanced, language_parameter, selected_language
from .rasters import raster_file
from .region import region_geojson, region_parameters
from .sampling import advanced_design_parameters, design_parameters, design_values

LANDCOVER, OVERWRITE, OUTPUT = "LANDCOVER", "OVERWRITE", "OUTPUT"
RESULTS = {"POINTS": "points", "EXPECTED_STANDARD_ERROR": "expected_standard_error"}
"""Outputs with their key in the engine's result."""


class AccuracySample(AllpaAlgorithm):
    """Map to sample."""

    ID = "accuracysample"
    TITLE = translatable("Accuracy sample")
    SUMMARY = translatable("Draws the points by which the accuracy of a land-cover map is assessed.")
    HELP = translatable(
        "Strata are counted exactly from the map; every pixel of a stratum has the same chance, and the same seed "
        "draws the same points. The size follows from the wished standard error and the accuracies that are expected "
        "(Olofsson et al. 2014, equation 13). The result is a GeoPackage with points, empty labels for each "
        "interpreter, and a form with a button for each class; the class of the map is not shown. The sample knows "
        "its map: it is refused for any other."
    )
    TAGS = ("accuracy", "sample", "validation", "stratified", "Olofsson", "AcATaMa", "exactitud", "muestra")
    EXAMPLE = MappingProxyType({"LANDCOVER": "landcover_2020.tif", "SIZE": 300, "OUTPUT": "sample.gpkg"})

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: ARG002, N802 - QGIS's
        """Declare parameters and outputs."""
        landcover = QgsProcessingParameterRasterLayer(LANDCOVER, tr("Land-cover map"))
        landcover.setHelp(tr("The map that will be assessed, with the codes 1 to 10; 0 is no data."))
        zones, field = zone_layer.zone_parameters()
        zones.setHelp(tr("Provinces or districts: strata may be made of them, and points carry the zone's name."))
        output = QgsProcessingParameterFileDestination(OUTPUT, tr("Sample"), tr("GeoPackage (*.gpkg)"))
        output.setHelp(tr("A file with labels is never replaced unasked."))
        overwrite = QgsProcessingParameterBoolean(OVERWRITE, tr("Replace a sample with labels"), False)
        self.add([landcover, *design_parameters(), zones, field, *region_parameters(optional=True), output])
        self.add(advanced_design_parameters())
        self.add([advanced(overwrite, tr("Labels of the file are lost.")), language_parameter()])
        self.addOutput(QgsProcessingOutputNumber("POINTS", tr("Points")))
        self.addOutput(QgsProcessingOutputString("STRATA_TABLE", tr("Strata (JSON)")))
        self.addOutput(QgsProcessingOutputNumber("EXPECTED_STANDARD_ERROR", tr("Expected standard error")))

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Refuse what can be refused without the engine.

        Parameters
        ----------
        parameters, context : as in `AllpaAlgorithm.check`.

        Raises
        ------
        FolderNotWritable, DiskFull : where the file's folder cannot be written.
        RasterInvalid : where the map, or the raster of strata, is not a file.
        RegionInvalid, JobInvalid : where region, zones or another value cannot be used.

        """
        require_writable(destination_text(parameters, OUTPUT), is_file=True)
        zone_layer.zone_source(self, parameters, context)
        self._job(parameters, context, expected_output(parameters, OUTPUT, "sample.gpkg"))

    def _job(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        output: Path,
        feedback: QgsProcessingFeedback | None = None,
    ) -> Job:
        source = zone_layer.zone_source(self, parameters, context)
        values = design_values(self, parameters, context)
        design = values["design"]
        needs_zones = design["method"] == STRATIFIED and design["strata"] in (ZONES, CLASSES_BY_ZONES)
        if source is None and needs_zones:
            raise JobInvalid(tr("The strata are zones, but no layer of zones is given."))
        return build_job(
            "accuracy_sample",
            output.parent,
            region=region_geojson(self, parameters, context, optional=True, feedback=feedback),
            language=selected_language(self, parameters, context),
            landcover=str(raster_file(self.parameterAsRasterLayer(parameters, LANDCOVER, context))),
            zones="" if source is None else str(zones_file(output)),
            zone_name="" if source is None else zone_layer.zone_name_field(self, parameters, context),
            overwrite=self.parameterAsBoolean(parameters, OVERWRITE, context),
            outputs={"sample": str(output.absolute())},
            **values,
        )

    def execute(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Draw the sample in the engine, and let Processing load the labels of each interpreter.

        Parameters
        ----------
        parameters, context, feedback : as in `AllpaAlgorithm.execute`.

        Returns
        -------
        Path of the sample, numbers of points and strata.

        Raises
        ------
        AllpaError : of the class that names the cause.

        """
        output = Path(self.parameterAsFileOutput(parameters, OUTPUT, context))
        job = self._job(parameters, context, output, feedback)
        source = zone_layer.zone_source(self, parameters, context)
        if source is not None:
            zone_layer.write_zones(source, zones_file(output), context, feedback)
        values = run_job(job, job_file_beside(output), feedback)
        load_labels(context, output.absolute(), job.design["interpreters"])
        return {
            OUTPUT: values.get("sample", str(output)),
            "STRATA_TABLE": json.dumps(values.get("strata", []), ensure_ascii=False),
            **{name: values.get(key) for name, key in RESULTS.items()},
        }


def zones_file(output: Path) -> Path:
    """Where the zones of a sample lie as the job reads them: beside it."""
    return output.absolute().with_name(f"{output.stem}_zones_input.geojson")
