"""`allpa:landcoverchange`: what became of what between maps of the same region."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingOutputNumber,
    QgsProcessingOutputRasterLayer,
    QgsProcessingOutputString,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterString,
)

from ..allpa_engine.core.job import REFUSE, Job
from ..layers.results import CERTAINTY, CHANGE, ONE_CLASS, load_on_completion
from ..translation import tr
from .base import (
    AllpaAlgorithm,
    build_job,
    destination_text,
    require_writable,
    run_job,
)
from .comparing import (
    ALIGN,
    class_parameter,
    comparison_parameters,
    maps_to_compare,
    selected_class_code,
)
from .merging import advanced
from .region import region_geojson, region_parameters

FOLDER, REGION_NAME = "FOLDER", "REGION_NAME"
RESULTS = {
    "CHANGE": "change",
    "CERTAINTY": "certainty",
    "CLASS_RASTER": "one_class",
    "CLASS_TABLE": "one_class_table",
    "REPORT": "report",
    "MATRIX": "matrix",
    "CLASSES": "classes",
    "PICTURE": "picture",
    "TIMELINE": "timeline",
    "TIMELINE_PICTURE": "timeline_picture",
    "COMPARED_HA": "compared_ha",
    "CHANGED_HA": "changed_ha",
    "CONFIDENT_PERCENT": "confident_percent",
    "WARNING": "warning",
}
"""Outputs with their key in the engine's result; what was not made is left out."""


class LandCoverChange(AllpaAlgorithm):
    """Maps of several periods to change raster, from-to matrix, gains and losses, and where a change is confident."""

    ID = "landcoverchange"
    TITLE = "Land-cover change"
    SUMMARY = "Compares land-cover maps of several periods: what became of what, in hectares and as a map."
    HELP = (
        "The first map is compared with the last: a change raster with a category for every pair of classes that "
        "exists, the from-to matrix, gain, loss and net of each class, and a picture of the flows. With quality "
        "rasters, a second raster tells the confident changes from the doubtful ones. One class can be looked at by "
        "itself: where it was lost and gained, to what and from what. From three maps on there is a time line of the "
        "classes' areas too. A report of one HTML file holds all of it. Maps on different grids are refused, or "
        "aligned where that is asked for. Change read from two maps holds the errors of both: assess it with a "
        "reference sample of its own before figures are published."
    )
    TAGS = ("change", "transition", "matrix", "gain", "loss", "Sankey", "cambio", "deforestation")

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: ARG002, N802 - QGIS's
        """Declare parameters and outputs."""
        maps, *advanced_parameters = comparison_parameters()
        folder = QgsProcessingParameterFolderDestination(FOLDER, tr("Folder of the results"))
        folder.setHelp(tr("All files are written here, with the periods in their names."))
        name = QgsProcessingParameterString(REGION_NAME, tr("Name of the region"), None, False, True)
        self.add(
            [
                maps,
                *region_parameters(optional=True),
                class_parameter(),
                folder,
                *advanced_parameters,
                advanced(name, tr("Title of the picture.")),
            ]
        )
        self.addOutput(QgsProcessingOutputRasterLayer("CHANGE", tr("Change")))
        self.addOutput(QgsProcessingOutputRasterLayer("CERTAINTY", tr("Certainty of change")))
        self.addOutput(QgsProcessingOutputRasterLayer("CLASS_RASTER", tr("Change of one class")))
        self.addOutput(QgsProcessingOutputFile("CLASS_TABLE", tr("What one class became and came from (CSV)")))
        self.addOutput(QgsProcessingOutputFile("REPORT", tr("Report (HTML)")))
        self.addOutput(QgsProcessingOutputFile("MATRIX", tr("From-to matrix in hectares (CSV)")))
        self.addOutput(QgsProcessingOutputFile("CLASSES", tr("Gain, loss and net of each class (CSV)")))
        self.addOutput(QgsProcessingOutputFile("PICTURE", tr("Picture of the flows")))
        self.addOutput(QgsProcessingOutputFile("TIMELINE", tr("Area of each class by period (CSV)")))
        self.addOutput(QgsProcessingOutputFile("TIMELINE_PICTURE", tr("Picture of the time line")))
        self.addOutput(QgsProcessingOutputNumber("COMPARED_HA", tr("Area that both maps show (ha)")))
        self.addOutput(QgsProcessingOutputNumber("CHANGED_HA", tr("Area of another class than before (ha)")))
        self.addOutput(QgsProcessingOutputNumber("CONFIDENT_PERCENT", tr("Confident share of the change (percent)")))
        self.addOutput(QgsProcessingOutputString("CLASS_CHANGES", tr("Gain, loss and net of each class (JSON)")))
        self.addOutput(QgsProcessingOutputString("CLASS_FLOWS", tr("What one class became and came from (JSON)")))
        self.addOutput(QgsProcessingOutputString("WARNING", tr("What a reader must be told")))

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Make the job, as far as that needs no engine."""
        require_writable(destination_text(parameters, FOLDER))
        self._job(parameters, context, Path.cwd())

    def _job(self, parameters: dict[str, Any], context: QgsProcessingContext, folder: Path) -> Job:
        compared = maps_to_compare(self, parameters, context)
        return build_job(
            "change",
            folder,
            region=region_geojson(self, parameters, context, optional=True),
            region_name=(self.parameterAsString(parameters, REGION_NAME, context) or "").strip(),
            maps=compared.maps,
            qualities=compared.qualities,
            align=self.parameterAsEnumString(parameters, ALIGN, context) or REFUSE,
            change_class=selected_class_code(self, parameters, context),
        )

    def execute(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Run the comparison and hand its files, layers and numbers on."""
        folder = Path(self.parameterAsString(parameters, FOLDER, context))
        require_writable(str(folder))
        job = self._job(parameters, context, folder)
        first, last = min(job.maps), max(job.maps)
        feedback.pushInfo(tr("{} is compared with {}.").format(Path(job.maps[first]).name, Path(job.maps[last]).name))
        values = run_job(job, folder / f"change_{first}_{last}.job.json", feedback)
        title = f"{job.region_name} {first} – {last}".strip()
        for output, kind in (("CERTAINTY", CERTAINTY), ("CLASS_RASTER", ONE_CLASS), ("CHANGE", CHANGE)):
            load_on_completion(context, str(values.get(kind) or ""), kind, title, output)
        outputs = {name: values[key] for name, key in RESULTS.items() if key in values}
        outputs["CLASS_FLOWS"] = json.dumps(values.get("class_flows", []), ensure_ascii=False)
        outputs["CLASS_CHANGES"] = json.dumps(values.get("class_changes", []), ensure_ascii=False)
        outputs[FOLDER] = str(folder)
        return outputs
