"""`allpa:accuracy`: accuracies and areas of maps, estimated from their labelled samples."""

from __future__ import annotations

import json
from pathlib import Path
from types import MappingProxyType
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingOutputHtml,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterMatrix,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
)

from ..allpa_engine.core.errors import JobInvalid, SampleInvalid
from ..allpa_engine.core.job import Job
from ..allpa_engine.core.messages import translatable
from ..layers.tables import load_table
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
from .estimating import zone_estimate_parameters, zone_estimate_values
from .labelled_samples import (
    agreement_parameters,
    agreement_values,
    sample_file,
    sample_parameter,
)
from .parameters import advanced, language_parameter, selected_language
from .rasters import raster_file

LANDCOVER, REGION_NAME, REGIONS, OUTPUT = "LANDCOVER", "REGION_NAME", "REGIONS", "OUTPUT"
_COLUMNS = 3
FILES = {
    "REPORT": "accuracy_report",
    "MATRIX": "accuracy_matrix",
    "PICTURE": "accuracy_picture",
    "ZONE_ESTIMATES": "accuracy_zones",
}
"""Outputs with their key in the engine's result."""


class Accuracy(AllpaAlgorithm):
    """Map and labelled sample to accuracies and areas."""

    ID = "accuracy"
    TITLE = translatable("Accuracy and areas")
    SUMMARY = translatable("Estimates the accuracy of a map and the true area of its classes from a labelled sample.")
    HELP = translatable(
        "Gives the error matrix in points and in shares of the area; user's, producer's and overall accuracy, and the "
        "area of each class in hectares, with standard errors and 95 % intervals (Olofsson et al. 2014, Stehman "
        "2014), for the whole map and for each zone of the sample. Strata need not be the classes of the map; a simple "
        "or systematic sample is post-stratified. Points without a label are left out and counted. A sample that was "
        "drawn from another map is refused. Writes tables, a picture of the matrix, and a report with sentences that "
        "can be printed. With a layer of zones, such as districts, a table of its own has the estimated area of each "
        "class in each zone with its interval, the method, and whether it may be published; zones with few points "
        "learn from the others."
    )
    TAGS = ("accuracy", "error matrix", "confusion", "area", "hectares", "Olofsson", "exactitud", "matriz")
    EXAMPLE = MappingProxyType({"LANDCOVER": "landcover_2020.tif", "SAMPLE": "sample.gpkg", "OUTPUT": "accuracy.csv"})

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: ARG002, N802 - QGIS's
        """Declare parameters and outputs."""
        landcover = QgsProcessingParameterRasterLayer(LANDCOVER, tr("Land-cover map"), None, True)
        landcover.setHelp(tr("The map from which the sample was drawn; a change raster for a sample of change."))
        name = QgsProcessingParameterString(REGION_NAME, tr("Region name"), None, False, True)
        headers = [tr("Region"), tr("Map"), tr("Sample")]
        regions = QgsProcessingParameterMatrix(REGIONS, tr("Several regions"), 0, False, headers, None, True)
        output = QgsProcessingParameterFileDestination(OUTPUT, tr("Accuracy table"), tr("Tables (*.csv)"))
        output.setHelp(tr("CSV file; matrix, report, picture and the figures as JSON are written beside it."))
        zones, field = zone_layer.zone_parameters()
        zones.setHelp(tr("Areas are estimated for each of them too, also where the sample knows no zones."))
        self.add([landcover, sample_parameter(), zones, field, output])
        self.add(agreement_parameters())
        self.add(
            [
                advanced(name, tr("Title of table and report.")),
                advanced(
                    regions,
                    tr("A row for each region: its name, and the paths of its map and its sample. They are assessed "
                       "in one run, each by itself."),
                ),
                *zone_estimate_parameters(),
                language_parameter(),
            ]
        )  # fmt: skip
        self.addOutput(QgsProcessingOutputHtml("REPORT", tr("Report")))
        self.addOutput(QgsProcessingOutputFile("MATRIX", tr("Error matrix (CSV)")))
        self.addOutput(QgsProcessingOutputFile("ZONE_ESTIMATES", tr("Areas of zones (CSV)")))
        self.addOutput(QgsProcessingOutputFile("PICTURE", tr("Picture of the error matrix")))
        self.addOutput(QgsProcessingOutputNumber("OVERALL_PERCENT", tr("Overall accuracy (%)")))
        self.addOutput(QgsProcessingOutputNumber("OVERALL_FROM", tr("Overall accuracy, 95 % from (%)")))
        self.addOutput(QgsProcessingOutputNumber("OVERALL_TO", tr("Overall accuracy, 95 % to (%)")))
        self.addOutput(QgsProcessingOutputNumber("POINTS", tr("Labelled points")))
        self.addOutput(QgsProcessingOutputString("SENTENCES", tr("Accuracy and areas in sentences")))
        self.addOutput(QgsProcessingOutputString("ACCURACIES", tr("All figures (JSON)")))

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Refuse what can be refused without the engine.

        Parameters
        ----------
        parameters, context : as in `AllpaAlgorithm.check`.

        Raises
        ------
        FolderNotWritable, DiskFull : where the table's folder cannot be written.
        RasterInvalid, SampleInvalid : where map or sample is not a file.
        JobInvalid : where another value cannot be used.

        """
        require_writable(destination_text(parameters, OUTPUT), is_file=True)
        self._job(parameters, context, expected_output(parameters, OUTPUT, "accuracy.csv"))

    def _job(self, parameters: dict[str, Any], context: QgsProcessingContext, output: Path) -> Job:
        maps, samples = self._regions(parameters, context)
        sample = sample_file(self, parameters, context)
        if not sample and not samples:
            raise SampleInvalid(tr("No sample is given."), "", tr("Choose a sample whose points are labelled."))
        landcover = self.parameterAsRasterLayer(parameters, LANDCOVER, context)
        source = zone_layer.zone_source(self, parameters, context)
        return build_job(
            "accuracy",
            output.parent,
            landcover=str(raster_file(landcover)) if sample or landcover is not None else "",
            sample=sample,
            samples=samples,
            zones="" if source is None else str(zones_file(output)),
            zone_name="" if source is None else zone_layer.zone_name_field(self, parameters, context),
            maps=maps,
            region_name=(self.parameterAsString(parameters, REGION_NAME, context) or "").strip(),
            language=selected_language(self, parameters, context),
            outputs={"accuracy": str(output.absolute())},
            **zone_estimate_values(self, parameters, context),
            **agreement_values(self, parameters, context),
        )

    def _regions(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Maps and samples of several regions by their names."""
        cells = [str(cell or "").strip() for cell in self.parameterAsMatrix(parameters, REGIONS, context)]
        rows = [cells[index : index + _COLUMNS] for index in range(0, len(cells), _COLUMNS)]
        maps, samples = {}, {}
        for row in rows:
            if not any(row):
                continue
            if len(row) < _COLUMNS or not all(row) or row[0] in maps:
                raise JobInvalid(
                    tr("Each region needs a name of its own, a map and a sample."),
                    " | ".join(row),
                    tr("Complete the row, or remove it."),
                )
            maps[row[0]], samples[row[0]] = str(Path(row[1]).absolute()), str(Path(row[2]).absolute())
        return maps, samples

    def execute(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Assess the maps in the engine, and let Processing load the table.

        Parameters
        ----------
        parameters, context, feedback : as in `AllpaAlgorithm.execute`.

        Returns
        -------
        Paths of the files, the overall accuracy of the first region with its interval in percent, the sentences of the
        report, and all figures as JSON.

        Raises
        ------
        AllpaError : of the class that names the cause.

        """
        output = Path(self.parameterAsFileOutput(parameters, OUTPUT, context))
        job = self._job(parameters, context, output)
        source = zone_layer.zone_source(self, parameters, context)
        if source is not None:
            zone_layer.write_zones(source, zones_file(output), context, feedback)
        values = run_job(job, job_file_beside(output), feedback)
        sentences = values.get("sentences", [])
        for sentence in sentences:
            feedback.pushInfo(str(sentence))
        path = str(values.get("accuracy", output))
        load_table(context, path, tr("Accuracy and areas"), OUTPUT)
        if values.get("accuracy_zones"):
            load_table(context, str(values["accuracy_zones"]), tr("Areas of zones"), "ZONE_ESTIMATES")
        first = (values.get("accuracies") or [{}])[0]
        overall = first.get("overall") or {}
        return {
            OUTPUT: path,
            **{name: values.get(key) for name, key in FILES.items()},
            "OVERALL_PERCENT": _percent(overall.get("value")),
            "OVERALL_FROM": _percent(overall.get("low")),
            "OVERALL_TO": _percent(overall.get("high")),
            "POINTS": first.get("points"),
            "SENTENCES": "\n".join(str(sentence) for sentence in sentences),
            "ACCURACIES": json.dumps(values.get("accuracies", []), ensure_ascii=False),
        }


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 4)
