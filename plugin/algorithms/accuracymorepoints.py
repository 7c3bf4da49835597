"""`allpa:accuracymorepoints`: how many more points a sample needs for a wished interval, and the sample with them."""

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
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterRasterLayer,
)

from ..allpa_engine.core.errors import SampleInvalid
from ..allpa_engine.core.job import Job
from ..allpa_engine.core.messages import translatable
from ..allpa_engine.core.sample_schema import FIRST_INTERPRETER
from ..layers.sample_layers import load_labels
from ..translation import tr
from . import zones as zone_layer
from .accuracysample import zones_file
from .base import (
    AllpaAlgorithm,
    build_job,
    destination_text,
    expected_output,
    job_file_beside,
    require_writable,
    run_job,
)
from .estimating import optional_raster, quality_parameter, target_parameters, target_values
from .labelled_samples import agreement_parameters, agreement_values, sample_file, sample_parameter
from .parameters import advanced, language_parameter, selected_language
from .rasters import raster_file
from .region import region_geojson, region_parameters

LANDCOVER, STRATA_RASTER, OUTPUT = "LANDCOVER", "STRATA_RASTER", "OUTPUT"
NUMBERS = {
    "POINTS": "points",
    "HALF_WIDTH_PERCENT": "half_width_percent",
    "EXPECTED_HALF_WIDTH_PERCENT": "expected_half_width_percent",
}
"""Outputs with their key in the engine's result."""


class AccuracyMorePoints(AllpaAlgorithm):
    """Labelled sample to a longer sample."""

    ID = "accuracymorepoints"
    TITLE = translatable("More points for an accuracy sample")
    SUMMARY = translatable("Says how many more points a sample needs for a wished interval, and draws them.")
    HELP = translatable(
        "From the labels so far, plans the points that are still needed to know the overall accuracy, or the area of "
        "a class, as exactly as wished, and in which strata they are needed (Neyman). New points are drawn at random "
        "in the strata of the sample, from pixels that are not points yet, so that all points can be estimated "
        "together. The quality raster beside the map tells where errors are likely. Writes a new sample with all "
        "points and labels; where nothing is needed, none."
    )
    TAGS = ("accuracy", "sample", "Neyman", "points", "exactitud", "muestra", "puntos")
    EXAMPLE = MappingProxyType(
        {
            "LANDCOVER": "landcover_2020.tif",
            "SAMPLE": "sample.gpkg",
            "TARGET": "Trees",
            "TARGET_PERCENT": 10,
            "OUTPUT": "more_points.gpkg",
        }
    )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: ARG002, N802 - QGIS's
        """Declare parameters and outputs."""
        landcover = QgsProcessingParameterRasterLayer(LANDCOVER, tr("Land-cover map"))
        landcover.setHelp(tr("The map from which the sample was drawn."))
        strata = QgsProcessingParameterRasterLayer(STRATA_RASTER, tr("Raster of strata"), None, True)
        zones, field = zone_layer.zone_parameters()
        zones.setHelp(tr("The zones with which the sample was drawn, where it was drawn with zones."))
        output = QgsProcessingParameterFileDestination(OUTPUT, tr("Sample with more points"), tr("GeoPackage (*.gpkg)"))
        output.setHelp(tr("A new file with all points and labels; the given sample stays as it is."))
        self.add([landcover, sample_parameter(), *target_parameters(), zones, field, *region_parameters(optional=True)])
        self.add(
            [
                output,
                *agreement_parameters(),
                quality_parameter(),
                advanced(strata, tr("The one with which the sample was drawn, if any.")),
                language_parameter(),
            ]
        )
        self.addOutput(QgsProcessingOutputNumber("POINTS", tr("New points")))
        self.addOutput(QgsProcessingOutputNumber("HALF_WIDTH_PERCENT", tr("Half width now (%)")))
        self.addOutput(QgsProcessingOutputNumber("EXPECTED_HALF_WIDTH_PERCENT", tr("Half width expected (%)")))
        self.addOutput(QgsProcessingOutputString("STRATA_TABLE", tr("Strata (JSON)")))
        self.addOutput(QgsProcessingOutputString("SENTENCE", tr("The plan in a sentence")))

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Refuse what can be refused without the engine.

        Parameters
        ----------
        parameters, context : as in `AllpaAlgorithm.check`.

        Raises
        ------
        FolderNotWritable, DiskFull : where the file's folder cannot be written.
        RasterInvalid, SampleInvalid : where map or sample is not a file.
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
        sample = sample_file(self, parameters, context)
        if not sample:
            raise SampleInvalid(tr("No sample is given."), "", tr("Choose a sample whose points are labelled."))
        source = zone_layer.zone_source(self, parameters, context)
        return build_job(
            "accuracy_more_points",
            output.parent,
            region=region_geojson(self, parameters, context, optional=True, feedback=feedback),
            language=selected_language(self, parameters, context),
            landcover=str(raster_file(self.parameterAsRasterLayer(parameters, LANDCOVER, context))),
            strata_raster=optional_raster(self, parameters, STRATA_RASTER, context),
            sample=sample,
            zones="" if source is None else str(zones_file(output)),
            zone_name="" if source is None else zone_layer.zone_name_field(self, parameters, context),
            outputs={"sample": str(output.absolute())},
            **target_values(self, parameters, context),
            **agreement_values(self, parameters, context),
        )

    def execute(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Plan and draw in the engine, and let Processing load the labels.

        Parameters
        ----------
        parameters, context, feedback : as in `AllpaAlgorithm.execute`.

        Returns
        -------
        Path of the sample (None where no point is needed), new points, half widths, strata and sentence.

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
        feedback.pushInfo(str(values.get("sentence", "")))
        if values.get("sample"):
            load_labels(context, output.absolute(), values.get("interpreters") or [FIRST_INTERPRETER])
        return {
            OUTPUT: values.get("sample"),
            **{name: values.get(key) for name, key in NUMBERS.items()},
            "STRATA_TABLE": json.dumps(values.get("strata", []), ensure_ascii=False),
            "SENTENCE": values.get("sentence"),
        }
