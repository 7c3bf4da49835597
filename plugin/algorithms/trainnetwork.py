"""`allpa:trainnetwork`: chips of training data to a network of own classes, trained further or from nothing."""

from __future__ import annotations

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
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterString,
)

from ..allpa_engine.core.errors import JobInvalid
from ..allpa_engine.core.job import Job
from ..allpa_engine.core.messages import translatable
from ..allpa_engine.core.network_keys import BUNDLED, MODEL, NETWORK, NOTHING, STARTS
from ..translation import tr
from .base import AllpaAlgorithm, build_job, destination_text, require_writable, run_job
from .computing import DEVICE, THREADS, device_parameter, model_path
from .parameters import advanced, language_parameter, number_parameter, option_parameter, selected_language
from .training_folder import chips_folder

TRAINING, START, START_MODEL, FOLDER = "TRAINING", "START", "START_MODEL", "FOLDER"
ENCODER, PRETRAINED, FEATURES, AUGMENTATION, OVERWRITE = (
    "ENCODER", "PRETRAINED", "FEATURES", "AUGMENTATION", "OVERWRITE",
)  # fmt: skip
JOB_NAME = "train_network.job.json"
"""By which training data with chips are recognised."""
_NUMBERS = {
    "STEPS": "steps", "BATCH_SIZE": "batch_size", "CROP_PX": "crop_px", "LEARNING_RATE": "learning_rate",
    "VALIDATE_EVERY": "validate_every", "EARLY_STOPPING_ROUNDS": "early_stopping_rounds", "SEED": "seed",
}  # fmt: skip


class TrainNetwork(AllpaAlgorithm):
    """Chips to model folder."""

    ID = "trainnetwork"
    TITLE = translatable("Train a network")
    SUMMARY = translatable("Trains a network of your own classes on chips: further from another one, or from nothing.")
    HELP = translatable(
        "The network learns from the chips that 'Training data' wrote; most of their pixels may be without a label. A "
        "fifth of the blocks of land says when it has learnt enough, another fifth tests it at the end. Trained "
        "further, the bundled network needs few labels and minutes; other bands and other classes than its own are "
        "taken. A training that was cancelled goes on where it stopped when it is run again with the same folder and "
        "values. The folder of the model is what 'Annual land-cover map' takes as model."
    )
    TAGS = (
        "UNet",
        "deep learning",
        "fine-tuning",
        "train",
        "encoder",
        "ResNet",
        "red neuronal",
        "aprendizaje profundo",
    )
    EXAMPLE = MappingProxyType({"TRAINING": "training", "START": "bundled", "FOLDER": "network"})

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: ARG002, N802 - QGIS's
        """Declare parameters and outputs."""
        as_folder = QgsProcessingParameterFile.Behavior.Folder
        training = QgsProcessingParameterFile(TRAINING, tr("Training data"), as_folder)
        training.setHelp(tr("The folder that 'Training data' wrote, with chips."))
        start = QgsProcessingParameterEnum(START, tr("Start from"), list(STARTS), False, BUNDLED, False, True)
        start.setHelp(tr("bundled: Allpa's network; model: another model folder; nothing: random numbers."))
        model = QgsProcessingParameterFile(START_MODEL, tr("Model to start from"), as_folder, "", None, True)
        model.setHelp(tr("A model folder of a network, where the start is 'model'."))
        folder = QgsProcessingParameterFolderDestination(FOLDER, tr("Folder of the model"))
        folder.setHelp(tr("The model, its curve, and while it learns the checkpoint."))
        steps = option_parameter("STEPS", tr("Largest number of steps"), NETWORK, _NUMBERS["STEPS"])
        steps.setHelp(tr("The training stops before where it no longer gets better."))
        self.add([training, start, model, steps, folder])
        self.add(_advanced_parameters())
        self.addOutput(QgsProcessingOutputHtml("REPORT", tr("Report on the model")))
        self.addOutput(QgsProcessingOutputString("MODEL", tr("Model folder")))
        self.addOutput(QgsProcessingOutputFile("CURVE", tr("Curve of the training (PNG)")))
        self.addOutput(QgsProcessingOutputNumber("TEST_ACCURACY", tr("Overall accuracy on the test blocks (%)")))
        self.addOutput(
            QgsProcessingOutputNumber("VALIDATION_ACCURACY", tr("Overall accuracy on validation blocks (%)"))
        )

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Refuse what can be refused without the engine.

        Parameters
        ----------
        parameters, context : as in `AllpaAlgorithm.check`.

        Raises
        ------
        FolderNotWritable, DiskFull : where the folder cannot be written.
        TrainingInvalid : where the training data have no chips.
        ModelInvalid : where there is no model to start from.
        JobInvalid : where another value cannot be used.

        """
        require_writable(destination_text(parameters, FOLDER))
        self._job(parameters, context, Path.cwd())

    def _job(self, parameters: dict[str, Any], context: QgsProcessingContext, folder: Path) -> Job:
        training = chips_folder(self.parameterAsFile(parameters, TRAINING, context))
        start = self.parameterAsEnumString(parameters, START, context)
        model = self.parameterAsFile(parameters, START_MODEL, context)
        encoder = (self.parameterAsString(parameters, ENCODER, context) or "").strip()
        if start == MODEL and not model:
            raise JobInvalid(tr("The training starts from a model, but none is given."))
        if encoder and start != NOTHING:
            raise JobInvalid(tr("An encoder can only be chosen where the training starts from nothing."))
        features = self.parameterAsString(parameters, FEATURES, context) or ""
        options = {
            "start": start,
            "encoder": encoder,
            "pretrained": self.parameterAsBoolean(parameters, PRETRAINED, context),
            "augmentation": self.parameterAsBoolean(parameters, AUGMENTATION, context),
            "features": [name for name in features.replace(",", " ").split() if name],
            **{key: self.parameterAsDouble(parameters, name, context) for name, key in _NUMBERS.items()},
        }
        return build_job(
            "train_network",
            folder,
            training=str(training),
            model=model_path(model) if start == MODEL else "",
            network_options=options,
            device=self.parameterAsEnumString(parameters, DEVICE, context) or "auto",
            threads=self.parameterAsInt(parameters, THREADS, context),
            overwrite=self.parameterAsBoolean(parameters, OVERWRITE, context),
            language=selected_language(self, parameters, context),
        )

    def execute(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Train the network in the engine.

        Parameters
        ----------
        parameters, context, feedback : as in `AllpaAlgorithm.execute`.

        Returns
        -------
        Folder and report of the model, picture of the curve, accuracies in percent.

        Raises
        ------
        AllpaError : of the class that names the cause.

        """
        folder = Path(self.parameterAsString(parameters, FOLDER, context))
        values = run_job(self._job(parameters, context, folder), folder / JOB_NAME, feedback)
        return {
            FOLDER: str(folder),
            "MODEL": values.get("model"),
            "REPORT": values.get("report"),
            "CURVE": values.get("curve_picture"),
            "TEST_ACCURACY": _percent(values.get("test_accuracy")),
            "VALIDATION_ACCURACY": _percent(values.get("validation_accuracy")),
        }


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 2)


def _advanced_parameters() -> list[QgsProcessingParameterDefinition]:
    defaults = NETWORK.defaults
    encoder = QgsProcessingParameterString(ENCODER, tr("Encoder, where the start is nothing"), "", False, True)
    features = QgsProcessingParameterString(FEATURES, tr("Bands"), "", False, True)
    pretrained = QgsProcessingParameterBoolean(PRETRAINED, tr("Download pretrained weights"), defaults["pretrained"])
    numbers = (
        ("BATCH_SIZE", tr("Crops of a step"), tr("More need more memory and make the steps steadier.")),
        ("CROP_PX", tr("Side of a crop (pixels)"), tr("It is rounded up to what the network can read.")),
        (
            "LEARNING_RATE",
            tr("Learning rate"),
            tr("After the warm-up; it falls to 0 in the second half. 0: by the start."),
        ),
        ("VALIDATE_EVERY", tr("Steps between validations"), tr("Each classifies the validation blocks.")),
        ("EARLY_STOPPING_ROUNDS", tr("Validations without progress"), tr("After so many the training stops.")),
        ("SEED", tr("Seed"), tr("The same seed parts and draws the chips in the same way.")),
    )
    light = QgsProcessingParameterBoolean(AUGMENTATION, tr("Vary the light"), defaults["augmentation"])
    overwrite = QgsProcessingParameterBoolean(OVERWRITE, tr("Replace a model in the folder"), False)
    return [
        advanced(
            encoder,
            tr("A name of segmentation_models_pytorch, such as resnet18. Empty takes Allpa's own network."),
        ),
        advanced(pretrained, tr("Weights of ImageNet for the encoder; needs the network.")),
        advanced(features, tr("Names with spaces between, such as B02 B03 B04 B08. Empty takes all of the chips.")),
        *(advanced(option_parameter(name, title, NETWORK, _NUMBERS[name]), text) for name, title, text in numbers),
        advanced(light, tr("Crops are lit differently each time; they are always turned and mirrored.")),
        advanced(overwrite, tr("Without it a folder with a model is refused.")),
        device_parameter(),
        advanced(
            number_parameter(THREADS, tr("CPU threads (0 = all)"), "threads", 0, optional=True),
            tr("Threads of the engine. 0 uses all."),
        ),
        language_parameter(),
    ]
