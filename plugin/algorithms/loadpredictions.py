"""`allpa:loadpredictions`: the classified scenes of a run as a group of layers that play in time."""

from __future__ import annotations

from pathlib import Path
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

from ..allpa_engine.core.errors import JobInvalid
from ..layers.predictions import (
    PREDICTIONS,
    PredictionFile,
    find_predictions,
    load_predictions_on_completion,
    write_layer_definition,
)
from ..translation import tr
from .base import AllpaAlgorithm, destination_text, require_writable

INPUT, DEFINITION, LAYERS = "INPUT", "DEFINITION", "LAYERS"


class LoadPredictions(AllpaAlgorithm):
    """Folder of predictions to a group of layers with the day of each scene."""

    ID = "loadpredictions"
    TITLE = "Load the scenes' maps"
    SUMMARY = "Loads the classified scenes of a run as a group of layers, each with the day on which it was seen."
    HELP = (
        "QGIS's temporal controller plays them: open it, set it to the full range and take a step of some days. "
        "A layer shows only in the time steps that hold its day. Needs no engine and writes nothing, unless a layer "
        "definition is asked for."
    )
    TAGS = ("temporal", "time", "animation", "predictions", "scenes")
    NEEDS_ENGINE = False

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: ARG002, N802 - QGIS's
        """Declare parameters and outputs."""
        folder = QgsProcessingParameterFile(
            INPUT, tr("Folder of the predictions"), QgsProcessingParameterFile.Behavior.Folder
        )
        folder.setHelp(tr("The folder 'predictions' of a run, or the folder of the run itself."))
        definition = QgsProcessingParameterFileDestination(
            DEFINITION, tr("Layer definition"), tr("QGIS layer definitions (*.qlr)"), None, True, False
        )
        definition.setHelp(tr("File of the whole group, which can be dragged into any project later."))
        self.add([folder, definition])
        self.addOutput(QgsProcessingOutputMultipleLayers(LAYERS, tr("Scenes' maps")))
        self.addOutput(QgsProcessingOutputNumber("SCENE_COUNT", tr("Scenes")))
        self.addOutput(QgsProcessingOutputString("FIRST_DAY", tr("First day")))
        self.addOutput(QgsProcessingOutputString("LAST_DAY", tr("Last day")))

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Refuse a folder that does not exist."""
        require_writable(destination_text(parameters, DEFINITION), is_file=True)
        self._folder(parameters, context)

    def _folder(self, parameters: dict[str, Any], context: QgsProcessingContext) -> Path:
        folder = self.parameterAsFile(parameters, INPUT, context)
        if not folder or not Path(folder).is_dir():
            raise JobInvalid(tr("The folder of predictions does not exist: {}.").format(folder or ""))
        return Path(folder).absolute()

    def execute(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Read what the folder holds and have it loaded."""
        folder = self._folder(parameters, context)
        predictions = find_predictions(folder)
        first, last = predictions[0].day.isoformat(), predictions[-1].day.isoformat()
        feedback.pushInfo(tr("{} scenes, from {} to {}.").format(len(predictions), first, last))
        title = tr("Scenes of {}").format(folder.parent.name if folder.name == PREDICTIONS else folder.name)
        load_predictions_on_completion(context, predictions, title, LAYERS)
        outputs: dict[str, Any] = {
            LAYERS: [str(each.path) for each in predictions],
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
