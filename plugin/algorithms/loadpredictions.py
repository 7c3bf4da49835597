"""`allpa:loadpredictions`: the classified scenes of a run as a layer group for the temporal controller."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputMultipleLayers,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
)

from ..allpa_engine.core.messages import translatable
from ..layers.predictions import (
    PREDICTIONS_FOLDER,
    PredictionFile,
    find_predictions,
    load_predictions_on_completion,
    write_layer_definition,
)
from ..translation import tr
from .base import AllpaAlgorithm, destination_text, require_writable
from .parameters import existing_folder

INPUT, DEFINITION, LAYERS = "INPUT", "DEFINITION", "LAYERS"


class LoadPredictions(AllpaAlgorithm):
    """Folder of predictions to a group of layers with the day of each scene."""

    ID = "loadpredictions"
    TITLE = translatable("Load classified scenes")
    SUMMARY = translatable("Loads the classified scenes of a run as a layer group for the temporal controller.")
    HELP = translatable(
        "Open the temporal controller, set it to the full range and choose a step of a few days. Each layer is shown "
        "only on its acquisition date. Needs no engine, and writes no files unless a layer definition is requested."
    )
    TAGS = ("temporal", "time", "animation", "predictions", "scenes")
    EXAMPLE = MappingProxyType({"INPUT": "abancay"})
    NEEDS_ENGINE = False

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: ARG002, N802 - QGIS's
        """Declare parameters and outputs."""
        folder = QgsProcessingParameterFile(INPUT, tr("Predictions folder"), QgsProcessingParameterFile.Behavior.Folder)
        folder.setHelp(tr("The folder 'predictions' of a run, or the folder of the run itself."))
        definition = QgsProcessingParameterFileDestination(
            DEFINITION, tr("Layer definition"), tr("QGIS layer definitions (*.qlr)"), None, True, False
        )
        definition.setHelp(tr("File of the whole group, which can be dragged into any project later."))
        self.add([folder, definition])
        self.addOutput(QgsProcessingOutputMultipleLayers(LAYERS, tr("Classified scenes")))
        self.addOutput(QgsProcessingOutputNumber("SCENE_COUNT", tr("Scenes")))
        self.addOutput(QgsProcessingOutputString("FIRST_DAY", tr("First date")))
        self.addOutput(QgsProcessingOutputString("LAST_DAY", tr("Last date")))

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Refuse a folder that does not exist, and a layer definition that cannot be written.

        Parameters
        ----------
        parameters, context : as in `AllpaAlgorithm.check`.

        Raises
        ------
        FolderNotWritable, DiskFull : where the folder of the layer definition cannot be written.
        JobInvalid : where the folder of predictions does not exist.

        """
        require_writable(destination_text(parameters, DEFINITION), is_file=True)
        existing_folder(self, parameters, INPUT, context)

    def execute(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Find the predictions in the folder; Processing loads them as layers.

        Parameters
        ----------
        parameters, context, feedback : as in `AllpaAlgorithm.execute`.

        Returns
        -------
        Paths of the layers, their number, the first and the last day (ISO 8601), and the layer definition where one is
        written.

        Raises
        ------
        AllpaError : of the class that names the cause.

        """
        folder = existing_folder(self, parameters, INPUT, context)
        predictions = find_predictions(folder)
        first, last = predictions[0].day.isoformat(), predictions[-1].day.isoformat()
        feedback.pushInfo(tr("{} scenes, from {} to {}.").format(len(predictions), first, last))
        title = tr("Scenes of {}").format(folder.parent.name if folder.name == PREDICTIONS_FOLDER else folder.name)
        load_predictions_on_completion(context, predictions, title, LAYERS)
        outputs: dict[str, Any] = {
            LAYERS: [str(prediction.path) for prediction in predictions],
            "SCENE_COUNT": len(predictions),
            "FIRST_DAY": first,
            "LAST_DAY": last,
        }
        return outputs | self._definition(parameters, context, predictions, title)

    def _definition(
        self, parameters: dict[str, Any], context: QgsProcessingContext, predictions: list[PredictionFile], title: str
    ) -> dict[str, Any]:
        path = self.parameterAsFileOutput(parameters, DEFINITION, context)
        if not path:
            return {}
        write_layer_definition(predictions, title, Path(path))
        return {DEFINITION: path}
