"""`allpa:trainforest`: training data to a random forest, a gradient boosting or a perceptron, with its validation."""

from __future__ import annotations

import json
from pathlib import Path
from types import MappingProxyType
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
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

from ..allpa_engine.core.forest_keys import FEATURE_MODEL_KINDS, FOREST, WEIGHTINGS
from ..allpa_engine.core.job import Job
from ..allpa_engine.core.messages import translatable
from ..translation import tr
from .base import AllpaAlgorithm, build_job, destination_text, notes_text, require_writable, run_job
from .computing import THREADS
from .parameters import advanced, language_parameter, number_parameter, option_parameter, selected_language
from .training_folder import training_folder

TRAINING, TEST_TRAINING, FOLDER, KIND, WEIGHTING = "TRAINING", "TEST_TRAINING", "FOLDER", "KIND", "WEIGHTING"
LICENCE = "LICENCE"
JOB_NAME = "train_forest.job.json"
"""By which a folder of training data is recognised."""
_NUMBERS = {
    "TREES": "trees", "KEEP_FEATURES": "keep_features", "MAX_DEPTH": "max_depth", "MIN_LEAF": "min_leaf",
    "SPLIT_FEATURES": "split_features", "LEARNING_RATE": "learning_rate", "LAYER_WIDTH": "layer_width",
    "FOLDS": "folds", "EXPLAIN_ROWS": "explain_rows", "SEED": "seed",
}  # fmt: skip
_SWITCHES = {"HIERARCHY": "hierarchy", "IMPORTANCE": "importance", "EXPLAIN": "explain"}


class TrainForest(AllpaAlgorithm):
    """Training data to model folder."""

    ID = "trainforest"
    TITLE = translatable("Train a forest")
    SUMMARY = translatable("Trains a model of your own classes on single pixels: a random forest or another kind.")
    HELP = translatable(
        "The model learns from the table that 'Training data' wrote, and is tested on blocks of land that it has not "
        "seen. The report shows error matrices, the accuracy with fewer features, the importance of each feature, and "
        "which feature speaks for which class (SHAP). A forest of 100 trees is the proposal. The folder of the model "
        "is what 'Classify composites' and, for models of single scenes, 'Annual land-cover map' take."
    )
    TAGS = ("random forest", "machine learning", "train", "SHAP", "gradient boosting", "MLP", "bosque aleatorio")
    EXAMPLE = MappingProxyType({"TRAINING": "training", "FOLDER": "forest"})

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: ARG002, N802 - QGIS's
        """Declare parameters and outputs."""
        as_folder = QgsProcessingParameterFile.Behavior.Folder
        training = QgsProcessingParameterFile(TRAINING, tr("Training data"), as_folder)
        training.setHelp(tr("The folder that 'Training data' wrote."))
        kind = QgsProcessingParameterEnum(
            KIND, tr("Kind of model"), list(FEATURE_MODEL_KINDS), False, FEATURE_MODEL_KINDS[0], False, True
        )
        kind.setHelp(tr("forest, gradient_boosting, or mlp: a perceptron of two hidden layers."))
        folder = QgsProcessingParameterFolderDestination(FOLDER, tr("Folder of the model"))
        folder.setHelp(tr("The model with its report. A model that is there is replaced."))
        trees = option_parameter("TREES", tr("Trees or rounds"), FOREST, _NUMBERS["TREES"])
        trees.setHelp(tr("Trees of a forest, or rounds of gradient boosting."))
        self.add([training, kind, trees, folder])
        self.add(_advanced_parameters())
        self.addOutput(QgsProcessingOutputHtml("REPORT", tr("Report on the model")))
        self.addOutput(QgsProcessingOutputString("MODEL", tr("Model folder")))
        self.addOutput(QgsProcessingOutputNumber("OVERALL", tr("Overall accuracy on unseen blocks (%)")))
        self.addOutput(QgsProcessingOutputString("METRICS", tr("Figures of the validation (JSON)")))
        self.addOutput(QgsProcessingOutputString("NOTES", tr("Notes (JSON)")))

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Refuse what can be refused without the engine.

        Parameters
        ----------
        parameters, context : as in `AllpaAlgorithm.check`.

        Raises
        ------
        FolderNotWritable, DiskFull : where the folder cannot be written.
        TrainingInvalid : where a folder holds no training data.
        JobInvalid : where another value cannot be used.

        """
        require_writable(destination_text(parameters, FOLDER))
        self._job(parameters, context, Path.cwd())

    def _job(self, parameters: dict[str, Any], context: QgsProcessingContext, folder: Path) -> Job:
        options = {
            "kind": self.parameterAsEnumString(parameters, KIND, context),
            "weighting": self.parameterAsEnumString(parameters, WEIGHTING, context),
            "licence": (self.parameterAsString(parameters, LICENCE, context) or "").strip(),
            **{key: self.parameterAsBoolean(parameters, name, context) for name, key in _SWITCHES.items()},
            **{key: self.parameterAsDouble(parameters, name, context) for name, key in _NUMBERS.items()},
        }
        test = self.parameterAsFile(parameters, TEST_TRAINING, context)
        return build_job(
            "train_forest",
            folder,
            training=str(training_folder(self.parameterAsFile(parameters, TRAINING, context))),
            test_training=str(training_folder(test)) if test else "",
            forest_options=options,
            threads=self.parameterAsInt(parameters, THREADS, context),
            language=selected_language(self, parameters, context),
        )

    def execute(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Train the model in the engine.

        Parameters
        ----------
        parameters, context, feedback : as in `AllpaAlgorithm.execute`.

        Returns
        -------
        Folder and report of the model, its overall accuracy on unseen blocks in percent, all figures as JSON.

        Raises
        ------
        AllpaError : of the class that names the cause.

        """
        folder = Path(self.parameterAsString(parameters, FOLDER, context))
        values = run_job(self._job(parameters, context, folder), folder / JOB_NAME, feedback)
        metrics = values.get("metrics", {})
        overall = metrics.get("blocked", {}).get("overall")
        return {
            FOLDER: str(folder),
            "MODEL": values.get("model"),
            "REPORT": values.get("report"),
            "OVERALL": None if overall is None else round(100 * overall, 2),
            "METRICS": json.dumps(metrics, ensure_ascii=False),
            "NOTES": notes_text(values),
        }


def _advanced_parameters() -> list[QgsProcessingParameterDefinition]:
    as_folder = QgsProcessingParameterFile.Behavior.Folder
    weighting = QgsProcessingParameterEnum(
        WEIGHTING, tr("Weights of the rows"), list(WEIGHTINGS), False, WEIGHTINGS[0], True, True
    )
    test = QgsProcessingParameterFile(TEST_TRAINING, tr("Independent test data"), as_folder, "", None, True)
    licence = QgsProcessingParameterString(LICENCE, tr("Licence of the model"), None, False, True)
    numbers = (
        ("KEEP_FEATURES", tr("Features to keep"), tr("Recursive elimination keeps so many. 0 keeps all.")),
        ("MAX_DEPTH", tr("Deepest level of a tree"), tr("0 for no limit.")),
        ("MIN_LEAF", tr("Fewest rows at a leaf"), tr("Of a forest. More make smaller files and smoother maps.")),
        ("SPLIT_FEATURES", tr("Features tried at a split"), tr("Of a forest. 0 for the square root of all.")),
        ("LEARNING_RATE", tr("Step of a round"), tr("Of gradient boosting.")),
        ("LAYER_WIDTH", tr("Units of a hidden layer"), tr("Of the perceptron.")),
        ("FOLDS", tr("Folds of the validation"), tr("So many models are trained for it, each without some blocks.")),
        ("EXPLAIN_ROWS", tr("Rows for SHAP values"), tr("Spread over the classes.")),
        ("SEED", tr("Seed"), tr("The same seed trains the same model.")),
    )
    switches = (
        ("HIERARCHY", tr("A model for each parent class"), tr("For classes that have a parent in the legend.")),
        ("IMPORTANCE", tr("Measure the importance of features"), tr("By permutation on unseen blocks.")),
        ("EXPLAIN", tr("Compute SHAP values"), tr("Of forests and gradient boosting.")),
    )
    return [
        advanced(weighting, tr("table: as in the training data; balanced: all classes weigh the same; none.")),
        advanced(test, tr("Other training data, which the model does not learn from. It may be empty.")),
        *(advanced(option_parameter(name, title, FOREST, _NUMBERS[name]), text) for name, title, text in numbers),
        *(
            advanced(QgsProcessingParameterBoolean(name, title, FOREST.defaults[_SWITCHES[name]]), text)
            for name, title, text in switches
        ),
        advanced(licence, tr("For the card of the model, e.g. CC BY 4.0.")),
        advanced(
            number_parameter(THREADS, tr("CPU threads (0 = all)"), "threads", 0, optional=True),
            tr("Threads of the engine. 0 uses all."),
        ),
        language_parameter(),
    ]
