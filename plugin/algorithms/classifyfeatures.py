"""`allpa:classifyfeatures`: seasonal composites and a model of own classes to a map with its quality and areas."""

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
    QgsProcessingOutputRasterLayer,
    QgsProcessingOutputString,
    QgsProcessingOutputVectorLayer,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterString,
)

from ..allpa_engine.core.errors import FeaturesInvalid, ModelInvalid
from ..allpa_engine.core.job import Job
from ..allpa_engine.core.messages import translatable
from ..existing_output import JOB_FILE
from ..layers.results import load_map_on_completion
from ..translation import tr
from .base import AllpaAlgorithm, build_job, destination_text, require_writable, run_job
from .computing import THREADS, model_path
from .map_zones import with_zones
from .parameters import advanced, language_parameter, number_parameter, selected_language
from .period import period_dates, period_parameters
from .region import region_geojson, region_parameters
from .zones import zone_source, zone_table_parameters

MODEL, FEATURES, FOLDER, REGION_NAME, OVERWRITE = "MODEL", "FEATURES", "FOLDER", "REGION_NAME", "OVERWRITE"
CARD_FILE, FEATURES_FILE = "model.json", "features.json"
FILES = {
    "LANDCOVER": "landcover",
    "QUALITY": "quality",
    "AREAS": "areas",
    "PICTURE": "picture",
    "REPORT": "report",
    "ZONE_LAYER": "zones",
    "ZONE_TABLE": "zones_wide",
    "ZONE_TABLE_SUMS": "zones_sums",
}
"""Outputs that are files, with their key in the engine's result."""


class ClassifyFeatures(AllpaAlgorithm):
    """Composites and model to map."""

    ID = "classifyfeatures"
    TITLE = translatable("Classify composites")
    SUMMARY = translatable("Makes a map of your own classes from seasonal composites and a trained model.")
    HELP = translatable(
        "Each pixel is classified once from the features of its seasons. The composites may be of another place or "
        "year than the training data, with the same seasons and bands. A pixel that lacks more than half of the "
        "features gets no class. Map, quality raster and area table are those that accuracy, change and reports take."
    )
    TAGS = ("random forest", "classification", "map", "own classes", "mapa", "clasificar")
    EXAMPLE = MappingProxyType({"MODEL": "forest", "FEATURES": "seasons", "YEAR": 2020, "FOLDER": "own_map"})

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: ARG002, N802 - QGIS's
        """Declare parameters and outputs."""
        as_folder = QgsProcessingParameterFile.Behavior.Folder
        model = QgsProcessingParameterFile(MODEL, tr("Model folder"), as_folder)
        model.setHelp(tr("A model of seasonal features: of 'Train a forest', or a network of 'Train a network'."))
        features = QgsProcessingParameterFile(FEATURES, tr("Composites"), as_folder)
        features.setHelp(tr("A folder of seasonal composites, or one with a folder for each tile."))
        year, start, end = period_parameters()
        folder = QgsProcessingParameterFolderDestination(FOLDER, tr("Output folder"))
        folder.setHelp(tr("Map, quality raster, tables and picture are written here."))
        name = QgsProcessingParameterString(REGION_NAME, tr("Region name"), None, False, True)
        overwrite = QgsProcessingParameterBoolean(OVERWRITE, tr("Replace the map of another job"), False)
        threads = number_parameter(THREADS, tr("CPU threads (0 = all)"), "threads", 0, optional=True)
        self.add([model, features, *region_parameters(optional=True), year, folder])
        self.add([advanced(name, tr("Title of the table and the report.")), start, end])
        self.add(advanced(parameter, parameter.help()) for parameter in zone_table_parameters())
        self.add(
            [
                advanced(overwrite, tr("If not, the run is refused where another job's map lies in the folder.")),
                advanced(threads, tr("Threads of the engine. 0 uses all.")),
                language_parameter(),
            ]
        )
        self.addOutput(QgsProcessingOutputRasterLayer("LANDCOVER", tr("Land cover")))
        self.addOutput(QgsProcessingOutputRasterLayer("QUALITY", tr("Quality")))
        self.addOutput(QgsProcessingOutputFile("AREAS", tr("Area table (CSV)")))
        self.addOutput(QgsProcessingOutputFile("PICTURE", tr("Map image")))
        self.addOutput(QgsProcessingOutputHtml("REPORT", tr("Report")))
        self.addOutput(QgsProcessingOutputVectorLayer("ZONE_LAYER", tr("Areas by zone")))
        self.addOutput(QgsProcessingOutputFile("ZONE_TABLE", tr("Areas by zone, wide (CSV)")))
        self.addOutput(QgsProcessingOutputFile("ZONE_TABLE_SUMS", tr("Sums of zones (CSV)")))
        self.addOutput(QgsProcessingOutputNumber("AREA_HA", tr("Region area (ha)")))
        self.addOutput(QgsProcessingOutputString("AREA_TABLE", tr("Area table (JSON)")))

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Refuse what can be refused without the engine.

        Parameters
        ----------
        parameters, context : as in `AllpaAlgorithm.check`.

        Raises
        ------
        FolderNotWritable, DiskFull : where the folder cannot be written.
        ModelInvalid, FeaturesInvalid : where a folder holds no model or no composites.
        JobInvalid, PeriodInvalid, RegionInvalid : where another value cannot be used.

        """
        require_writable(destination_text(parameters, FOLDER))
        self._job(parameters, context, Path.cwd())
        zone_source(self, parameters, context)

    def _job(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        folder: Path,
        feedback: QgsProcessingFeedback | None = None,
    ) -> Job:
        start, end = period_dates(self, parameters, context)
        model, features = (self.parameterAsFile(parameters, name, context) for name in (MODEL, FEATURES))
        model, features = Path(model_path(model)), Path(features)
        if not (model / CARD_FILE).is_file():
            raise ModelInvalid(tr("This folder holds no model: {}.").format(model))
        if not (features / FEATURES_FILE).is_file() and not any(features.glob(f"*/{FEATURES_FILE}")):
            raise FeaturesInvalid(tr("This folder holds no composites: {}.").format(features))
        return build_job(
            "classify_features",
            folder,
            region=region_geojson(self, parameters, context, optional=True, feedback=feedback),
            start=start,
            end=end,
            region_name=(self.parameterAsString(parameters, REGION_NAME, context) or "").strip(),
            model=str(model.absolute()),
            features=str(features.absolute()),
            overwrite=self.parameterAsBoolean(parameters, OVERWRITE, context),
            threads=self.parameterAsInt(parameters, THREADS, context),
            language=selected_language(self, parameters, context),
        )

    def execute(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Make the map in the engine, and let Processing load it and its quality raster.

        Parameters
        ----------
        parameters, context, feedback : as in `AllpaAlgorithm.execute`.

        Returns
        -------
        Paths of files and layers, the area in hectares, and the area table as JSON.

        Raises
        ------
        AllpaError : of the class that names the cause.

        """
        folder = Path(self.parameterAsString(parameters, FOLDER, context))
        job = self._job(parameters, context, folder, feedback)
        job = with_zones(job, self, parameters, context, feedback)
        values = run_job(job, folder / JOB_FILE, feedback)
        load_map_on_completion(context, values, f"{job.region_name} {job.period}".strip())
        outputs: dict[str, Any] = {name: values.get(key) for name, key in FILES.items()}
        outputs["AREA_HA"] = values.get("area_ha")
        outputs["AREA_TABLE"] = json.dumps(values.get("area_table", []), ensure_ascii=False)
        outputs[FOLDER] = str(folder)
        return outputs
