"""`allpa:refitnetwork`: the last layer of a network, refitted to corrections of its map."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeatureSource,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterNumber,
)

from ..allpa_engine.core.atomic import write_json
from ..allpa_engine.core.errors import JobInvalid
from ..allpa_engine.core.job import Job
from ..allpa_engine.core.messages import translatable
from ..region_geometry import COORDINATE_DECIMALS, to_wgs84
from ..translation import tr
from .access import access_parameter
from .base import destination_text, notes_text, require_writable, run_job
from .computing import model_path
from .finished_run import FinishedRunAlgorithm, job_of_run, run_folder_parameter
from .parameters import advanced, is_given

CORRECTIONS, CLASS_FIELD, LEGEND, MODEL, FOLDER = "CORRECTIONS", "CLASS_FIELD", "LEGEND", "MODEL", "FOLDER"
STRENGTH, BLOCK_SIZE = "STRENGTH", "BLOCK_SIZE"
DEFAULT_FIELD = "class"
CORRECTIONS_FILE = "corrections_used.geojson"
"""The corrections as the engine reads them, in longitude and latitude."""
_MAX_EDGE_M = 1000.0
"""Longer edges of polygons get points between before they are transformed."""
TEACHING_FOLDER = "teaching"
"""Within the run's folder, where none is given."""


class RefitNetwork(FinishedRunAlgorithm):
    """Corrections of a map to a model folder."""

    ID = "refitnetwork"
    TITLE = translatable("Teach the network by corrections")
    SUMMARY = translatable(
        "Refits the last layer of the network to corrected places of a map, and writes the model as a new version."
    )
    HELP = translatable(
        "Points and polygons with the class that they have are compared with the network's features on every date of "
        "the run. The effect is measured at corrections that are left out in blocks. Apply the model with 'Map again "
        "with another model'."
    )
    TAGS = ("correct", "train", "learn", "click", "model")
    EXAMPLE = MappingProxyType({"RUN_FOLDER": "abancay", "CORRECTIONS": "corrections.gpkg", "CLASS_FIELD": "class"})

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: ARG002, N802 - QGIS's
        """Declare parameters and outputs."""
        corrections = QgsProcessingParameterFeatureSource(
            CORRECTIONS,
            tr("Corrections (points or polygons)"),
            [QgsProcessing.SourceType.TypeVectorPoint, QgsProcessing.SourceType.TypeVectorPolygon],
        )
        corrections.setHelp(tr("Places with the class that they have. Some that are right now keep their class."))
        field = QgsProcessingParameterField(CLASS_FIELD, tr("Class field"), DEFAULT_FIELD, CORRECTIONS, optional=True)
        field.setHelp(tr("Codes or names of classes. May stay empty for corrections that were made in the dock."))
        file = QgsProcessingParameterFile.Behavior.File
        legend = QgsProcessingParameterFile(LEGEND, tr("Legend with further classes"), file, "json", None, True)
        model = QgsProcessingParameterFile(
            MODEL, tr("Model folder"), QgsProcessingParameterFile.Behavior.Folder, "", None, True
        )
        strength = QgsProcessingParameterNumber(
            STRENGTH, tr("Strength of the present model"), QgsProcessingParameterNumber.Type.Double, 0.0, True, 0.0
        )
        block = QgsProcessingParameterNumber(
            BLOCK_SIZE, tr("Side of left-out blocks (m)"), QgsProcessingParameterNumber.Type.Double, 0.0, True, 0.0
        )
        folder = QgsProcessingParameterFolderDestination(FOLDER, tr("Folder of the versions"), None, True, False)
        folder.setHelp(tr("Each refit is a version of its own in it. If empty: 'teaching' in the folder of the run."))
        self.add([run_folder_parameter(), corrections, field])
        self.add(
            [
                advanced(legend, tr("JSON file of a legend. If empty, the classes are those of the model.")),
                advanced(model, tr("The model that is refitted. If empty, that of the run.")),
                advanced(strength, tr("0 chooses it by left-out blocks; the larger, the less the model changes.")),
                advanced(block, tr("0 takes the largest usual size that the corrections allow.")),
                access_parameter(),
                folder,
            ]
        )
        for name, title in (
            ("VERSION", tr("Version")),
            ("CORRECTION_COUNT", tr("Corrections")),
            ("AGREEMENT_BEFORE", tr("Left-out corrections that the present model has right (%)")),
            ("AGREEMENT_AFTER", tr("Left-out corrections that the refitted model has right (%)")),
        ):
            self.addOutput(QgsProcessingOutputNumber(name, title))
        self.addOutput(QgsProcessingOutputString("MODEL_FOLDER", tr("Model folder")))
        self.addOutput(QgsProcessingOutputString("NOTES", tr("Notes (JSON)")))

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Refuse what can be refused without the engine.

        Parameters
        ----------
        parameters, context : as in `AllpaAlgorithm.check`.

        Raises
        ------
        FolderNotWritable, DiskFull : where the folder cannot be written.
        JobInvalid : where run, corrections or another value cannot be used.
        S3KeysMissing : where scenes must be downloaded again and need keys.

        """
        require_writable(destination_text(parameters, FOLDER))
        self._job(parameters, context)
        self._source(parameters, context)
        self.check_access(parameters, context)

    def _source(self, parameters: dict[str, Any], context: QgsProcessingContext) -> QgsProcessingFeatureSource:
        source = self.parameterAsSource(parameters, CORRECTIONS, context)
        if source is None:
            raise JobInvalid(tr("No corrections are set."))
        if self._field(parameters, context) not in source.fields().names():
            raise JobInvalid(
                tr("The corrections have no field {}.").format(self._field(parameters, context)),
                "",
                tr("Choose the field with the class of each correction."),
            )
        return source

    def _field(self, parameters: dict[str, Any], context: QgsProcessingContext) -> str:
        return str(self.parameterAsString(parameters, CLASS_FIELD, context) or DEFAULT_FIELD)

    def _job(self, parameters: dict[str, Any], context: QgsProcessingContext) -> Job:
        run = job_of_run(self, parameters, context)
        folder = (
            Path(self.parameterAsString(parameters, FOLDER, context)).absolute()
            if is_given(parameters, FOLDER)
            else Path(run.folder) / TEACHING_FOLDER
        )
        return replace(
            run,
            task="refit",
            folder=str(folder),
            corrections=str(folder / CORRECTIONS_FILE),
            legend=self.parameterAsFile(parameters, LEGEND, context) or "",
            model=model_path(self.parameterAsFile(parameters, MODEL, context)) or run.model,
            refit_options={
                "class_field": DEFAULT_FIELD,
                "strength": self.parameterAsDouble(parameters, STRENGTH, context),
                "block_size_m": self.parameterAsDouble(parameters, BLOCK_SIZE, context),
            },
        ).validate()

    def execute(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Refit the model in the engine.

        Parameters
        ----------
        parameters, context, feedback : as in `AllpaAlgorithm.execute`.

        Returns
        -------
        The model's folder, its version, and how many left-out corrections are right before and after.

        Raises
        ------
        AllpaError : of the class that names the cause.

        """
        job = self._job(parameters, context)
        write_corrections(
            self._source(parameters, context), self._field(parameters, context), Path(job.corrections), context
        )
        values = run_job(job, Path(job.folder) / "refit.job.json", feedback, self.access_variables())
        return {
            FOLDER: job.folder,
            "MODEL_FOLDER": values.get("model"),
            "VERSION": values.get("version"),
            "CORRECTION_COUNT": values.get("corrections"),
            "AGREEMENT_BEFORE": _percent(values.get("agreement_before")),
            "AGREEMENT_AFTER": _percent(values.get("agreement_after")),
            "NOTES": notes_text(values),
        }


def _percent(share: Any) -> float | None:  # noqa: ANN401 - a value of the engine
    return None if share is None else round(100 * float(share), 2)


def write_corrections(
    source: QgsProcessingFeatureSource, field: str, path: Path, context: QgsProcessingContext
) -> None:
    """Write corrections as GeoJSON in longitude and latitude for the engine.

    Parameters
    ----------
    source : of points or polygons.
    field : with the class.
    path : of the file.
    context : gives the project's transformations.

    Raises
    ------
    RegionInvalid : where the layer has no CRS.
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    features = []
    for feature in source.getFeatures():
        geometry = feature.geometry()
        if geometry.isNull() or geometry.isEmpty():
            continue
        value = feature.attribute(field)
        is_null = value is None or (hasattr(value, "isNull") and value.isNull())
        shape = to_wgs84(geometry, source.sourceCrs(), _MAX_EDGE_M, context.transformContext())
        features.append(
            {
                "type": "Feature",
                "geometry": json.loads(shape.asJson(COORDINATE_DECIMALS)),
                "properties": {DEFAULT_FIELD: None if is_null else value},
            }
        )
    write_json(path, {"type": "FeatureCollection", "features": features})
