"""`allpa:landcoverchange`: transitions between the classes of maps of the same region."""

from __future__ import annotations

import json
from pathlib import Path
from types import MappingProxyType
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingOutputNumber,
    QgsProcessingOutputRasterLayer,
    QgsProcessingOutputString,
    QgsProcessingParameterFolderDestination,
)

from ..allpa_engine.core.composite_keys import REFUSE
from ..allpa_engine.core.job import Job
from ..allpa_engine.core.messages import translatable
from ..layers.results import CERTAINTY, CHANGE, ONE_CLASS, load_on_completion
from ..translation import tr
from .base import (
    AllpaAlgorithm,
    build_job,
    destination_text,
    require_writable,
    run_job,
)
from .batches import region_name, region_name_parameters
from .comparing import (
    ALIGN,
    class_parameter,
    comparison_parameters,
    maps_to_compare,
    selected_class_code,
)
from .labelled_samples import agreement_parameters, agreement_values, sample_file, sample_parameter
from .own_classes import class_code_parameter
from .parameters import language_parameter, selected_language
from .region import region_geojson, region_parameters

FOLDER = "FOLDER"
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
    "ACCURACY_REPORT": "accuracy_report",
    "ACCURACY_TABLE": "accuracy",
    "WARNING": "warning",
}
"""Outputs with their key in the engine's result; those that a job did not write are left out."""


class LandCoverChange(AllpaAlgorithm):
    """Maps of several periods to change raster, transition matrix, gains and losses, and change confidence."""

    ID = "landcoverchange"
    TITLE = translatable("Land-cover change")
    SUMMARY = translatable(
        "Compares land-cover maps of two or more periods: transition matrix, gains and losses, change raster."
    )
    HELP = translatable(
        "The first map is compared with the last: a change raster with a category for every transition that occurs, "
        "the transition matrix, gain, loss and net change of each class, and a transition diagram. With quality "
        "rasters, a second raster separates confident and uncertain changes. One class can be analysed in detail: "
        "loss, gain, and its transitions. Three or more maps also give a time series of class areas. The report is "
        "one HTML file. Maps on different grids are refused, or aligned on request. Change derived from two maps "
        "contains the errors of both: before publishing figures, draw a sample from the change raster, label it for "
        "both dates, and give it here."
    )
    TAGS = ("change", "transition", "matrix", "gain", "loss", "Sankey", "cambio", "deforestation")
    EXAMPLE = MappingProxyType({"INPUTS": ["landcover_2018.tif", "landcover_2020.tif"], "FOLDER": "change"})

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: ARG002, N802 - QGIS's
        """Declare parameters and outputs."""
        maps, *advanced_parameters = comparison_parameters()
        sample = sample_parameter()
        sample.setHelp(
            tr("A sample that was drawn from the change raster of an earlier run of the same maps, with the classes of "
               "both dates as labels: areas of change are then estimated, with intervals.")
        )  # fmt: skip
        folder = QgsProcessingParameterFolderDestination(FOLDER, tr("Output folder"))
        folder.setHelp(tr("All files are written here, with the periods in their names."))
        self.add(
            [
                maps,
                *region_parameters(optional=True),
                class_parameter(),
                class_code_parameter(tr("Class to analyse")),
                sample,
                folder,
                *advanced_parameters,
                *agreement_parameters(),
                *region_name_parameters(),
                language_parameter(),
            ]
        )
        self.addOutput(QgsProcessingOutputRasterLayer("CHANGE", tr("Change")))
        self.addOutput(QgsProcessingOutputRasterLayer("CERTAINTY", tr("Change confidence")))
        self.addOutput(QgsProcessingOutputRasterLayer("CLASS_RASTER", tr("Change of one class")))
        self.addOutput(QgsProcessingOutputFile("CLASS_TABLE", tr("Transitions of one class (CSV)")))
        self.addOutput(QgsProcessingOutputFile("REPORT", tr("Report (HTML)")))
        self.addOutput(QgsProcessingOutputFile("MATRIX", tr("Transition matrix (ha, CSV)")))
        self.addOutput(QgsProcessingOutputFile("CLASSES", tr("Gain, loss and net change by class (CSV)")))
        self.addOutput(QgsProcessingOutputFile("PICTURE", tr("Transition diagram")))
        self.addOutput(QgsProcessingOutputFile("TIMELINE", tr("Class areas by period (CSV)")))
        self.addOutput(QgsProcessingOutputFile("TIMELINE_PICTURE", tr("Time series chart")))
        self.addOutput(QgsProcessingOutputFile("ACCURACY_REPORT", tr("Report on the accuracy of the change (HTML)")))
        self.addOutput(QgsProcessingOutputFile("ACCURACY_TABLE", tr("Accuracy and areas of the change (CSV)")))
        self.addOutput(QgsProcessingOutputNumber("COMPARED_HA", tr("Compared area (ha)")))
        self.addOutput(QgsProcessingOutputNumber("CHANGED_HA", tr("Changed area (ha)")))
        self.addOutput(QgsProcessingOutputNumber("CONFIDENT_PERCENT", tr("Confident changes (%)")))
        self.addOutput(QgsProcessingOutputString("CLASS_CHANGES", tr("Gain, loss and net change by class (JSON)")))
        self.addOutput(QgsProcessingOutputString("CLASS_FLOWS", tr("Transitions of one class (JSON)")))
        self.addOutput(QgsProcessingOutputString("WARNING", tr("Warning")))

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Refuse what can be refused without the engine.

        Parameters
        ----------
        parameters, context : as in `AllpaAlgorithm.check`.

        Raises
        ------
        FolderNotWritable, DiskFull : where the folder cannot be written.
        RasterInvalid, SampleInvalid : where a map or the sample is not a file.
        JobInvalid, RegionInvalid : where periods, quality rasters, region or another value cannot be used.

        """
        require_writable(destination_text(parameters, FOLDER))
        self._job(parameters, context, Path.cwd())

    def _job(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        folder: Path,
        feedback: QgsProcessingFeedback | None = None,
    ) -> Job:
        compared = maps_to_compare(self, parameters, context)
        return build_job(
            "change",
            folder,
            region=region_geojson(self, parameters, context, optional=True, feedback=feedback),
            language=selected_language(self, parameters, context),
            region_name=region_name(self, parameters, context),
            maps=compared.maps,
            qualities=compared.qualities,
            align=self.parameterAsEnumString(parameters, ALIGN, context) or REFUSE,
            change_class=selected_class_code(self, parameters, context),
            sample=sample_file(self, parameters, context),
            **agreement_values(self, parameters, context),
        )

    def execute(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Compare the maps in the engine, and let Processing load the rasters of change.

        Parameters
        ----------
        parameters, context, feedback : as in `AllpaAlgorithm.execute`.

        Returns
        -------
        Paths of files and layers, areas in hectares, and tables as JSON.

        Raises
        ------
        AllpaError : of the class that names the cause.

        """
        folder = Path(self.parameterAsString(parameters, FOLDER, context))
        require_writable(str(folder))
        job = self._job(parameters, context, folder, feedback)
        first, last = min(job.maps), max(job.maps)
        feedback.pushInfo(tr("Comparing {} with {}.").format(Path(job.maps[first]).name, Path(job.maps[last]).name))
        values = run_job(job, folder / f"change_{first}_{last}.job.json", feedback)
        title = f"{job.region_name} {first} – {last}".strip()
        for output, kind in (("CERTAINTY", CERTAINTY), ("CLASS_RASTER", ONE_CLASS), ("CHANGE", CHANGE)):
            load_on_completion(context, str(values.get(kind) or ""), kind, title, output)
        outputs = {name: values[key] for name, key in RESULTS.items() if key in values}
        outputs["CLASS_FLOWS"] = json.dumps(values.get("class_flows", []), ensure_ascii=False)
        outputs["CLASS_CHANGES"] = json.dumps(values.get("class_changes", []), ensure_ascii=False)
        outputs[FOLDER] = str(folder)
        return outputs
