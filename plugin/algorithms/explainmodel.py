"""`allpa:explainmodel`: which bands the classes of a network depend on, as report, table and picture."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingOutputHtml,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
)

from ..allpa_engine.core.export_keys import EXPLAIN
from ..allpa_engine.core.job import Job
from ..allpa_engine.core.messages import translatable
from ..translation import tr
from .base import AllpaAlgorithm, build_job, destination_text, require_writable, run_job
from .network_model import network_parameter, selected_network
from .parameters import advanced, language_parameter, option_parameter, selected_language
from .training_folder import chips_folder

TRAINING, CHIPS, STEPS, FOLDER = "TRAINING", "CHIPS", "STEPS", "FOLDER"
JOB_NAME = "explain_model.job.json"
"""By which training data with chips are recognised."""


class ExplainModel(AllpaAlgorithm):
    """Network and chips to a report on its bands."""

    ID = "explainmodel"
    TITLE = translatable("Explain a network")
    SUMMARY = translatable("Says on which bands each class of a network depends, on chips of training data.")
    HELP = translatable(
        "Integrated gradients share the rise of each class's score among the bands, from the mean spectrum of the "
        "network's training to the labelled pixels; the shares add up to the rise. Occlusion gives each band its mean "
        "and counts the pixels that lose their class. The report has a picture and a table; explanation.csv has all "
        "figures. Models of single pixels are explained by SHAP values in the report of 'Train a forest'."
    )
    TAGS = ("explain", "integrated gradients", "occlusion", "attribution", "XAI", "explicar", "bandas")
    EXAMPLE = MappingProxyType({"NETWORK": "network", "TRAINING": "training", "FOLDER": "explanation"})

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: ARG002, N802 - QGIS's
        """Declare parameters and outputs."""
        as_folder = QgsProcessingParameterFile.Behavior.Folder
        training = QgsProcessingParameterFile(TRAINING, tr("Training data"), as_folder)
        training.setHelp(tr("The folder that 'Training data' wrote, with chips."))
        folder = QgsProcessingParameterFolderDestination(FOLDER, tr("Folder of the explanation"))
        folder.setHelp(tr("Page, tables and pictures are written here."))
        self.add([network_parameter(), training, folder])
        self.add(
            [
                advanced(option_parameter(CHIPS, tr("Chips"), EXPLAIN, "chips"), tr("Those of each class in turn.")),
                advanced(
                    option_parameter(STEPS, tr("Steps"), EXPLAIN, "steps"),
                    tr("More steps bring the sums closer to the rises."),
                ),
                language_parameter(),
            ]
        )
        self.addOutput(QgsProcessingOutputHtml("REPORT", tr("Report")))
        self.addOutput(QgsProcessingOutputFile("TABLE", tr("Effects by class and band (CSV)")))
        self.addOutput(QgsProcessingOutputFile("PICTURE", tr("Picture (PNG)")))

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Refuse what can be refused without the engine.

        Parameters
        ----------
        parameters, context : as in `AllpaAlgorithm.check`.

        Raises
        ------
        FolderNotWritable, DiskFull : where the folder cannot be written.
        ModelInvalid : where the network does not exist.
        TrainingInvalid : where the training data have no chips.

        """
        require_writable(destination_text(parameters, FOLDER))
        self._job(parameters, context, Path.cwd())

    def _job(self, parameters: dict[str, Any], context: QgsProcessingContext, folder: Path) -> Job:
        training = chips_folder(self.parameterAsFile(parameters, TRAINING, context))
        return build_job(
            "explain_model",
            folder,
            model=selected_network(self, parameters, context),
            training=str(training),
            explain_options={
                "chips": self.parameterAsInt(parameters, CHIPS, context),
                "steps": self.parameterAsInt(parameters, STEPS, context),
            },
            language=selected_language(self, parameters, context),
        )

    def execute(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Explain the network in the engine.

        Parameters
        ----------
        parameters, context, feedback : as in `AllpaAlgorithm.execute`.

        Returns
        -------
        The folder, and the paths of report, table and picture.

        Raises
        ------
        AllpaError : of the class that names the cause.

        """
        folder = Path(self.parameterAsString(parameters, FOLDER, context))
        values = run_job(self._job(parameters, context, folder), folder / JOB_NAME, feedback)
        return {FOLDER: str(folder), **{name.upper(): values.get(name) for name in ("report", "table", "picture")}}
