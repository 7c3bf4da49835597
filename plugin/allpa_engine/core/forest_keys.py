"""The job's keys on models of a pixel's features: which kind is trained, how it is validated and explained."""

from __future__ import annotations

from .job_keys import Number, Switch, Text
from .sample_keys import Group

FOREST_KIND, BOOSTING_KIND, MLP_KIND = "forest", "gradient_boosting", "mlp"
FEATURE_MODEL_KINDS = (FOREST_KIND, BOOSTING_KIND, MLP_KIND)
"""The same texts as the kinds of model folders."""
TABLE_WEIGHTS, BALANCED_WEIGHTS, NO_WEIGHTS = "table", "balanced", "none"
WEIGHTINGS = (TABLE_WEIGHTS, BALANCED_WEIGHTS, NO_WEIGHTS)

FOREST = Group(
    "How the task train_forest trains a model of a pixel's features.",
    {
        "kind": (
            Text(
                "A random forest, gradient boosting by histograms, or a perceptron of two hidden layers.",
                choices=FEATURE_MODEL_KINDS,
            ),
            FOREST_KIND,
        ),
        "trees": (Number("Trees of a forest; rounds of a gradient boosting.", 1, 2000, is_whole=True), 100),
        "max_depth": (Number("Deepest level of a tree; 0 for no limit.", 0, 500, is_whole=True), 0),
        "min_leaf": (Number("Fewest rows at a leaf of a forest.", 1, 10_000, is_whole=True), 1),
        "split_features": (
            Number("Features tried at each split of a forest; 0 for the square root of all.", 0, 500, is_whole=True),
            0,
        ),
        "learning_rate": (Number("Step of each round of a gradient boosting.", 0.001, 1), 0.1),
        "layer_width": (Number("Units of each hidden layer of a perceptron.", 2, 1000, is_whole=True), 40),
        "weighting": (
            Text(
                "Weights of rows: those of the training data, such that all classes weigh the same, or none.",
                choices=WEIGHTINGS,
            ),
            TABLE_WEIGHTS,
        ),
        "hierarchy": (
            Switch("Whether classes with a parent in the legend get a model of their own below that parent's class."),
            False,
        ),
        "keep_features": (
            Number("Features that recursive elimination keeps; 0 eliminates none.", 0, 500, is_whole=True),
            0,
        ),
        "folds": (Number("Folds of the validation by blocks.", 2, 50, is_whole=True), 5),
        "importance": (Switch("Whether the importance of each feature is measured by permutation."), True),
        "explain": (Switch("Whether SHAP values are computed, of forests and gradient boosting."), True),
        "explain_rows": (
            Number("Rows for the SHAP values, spread over the classes.", 10, 100_000, is_whole=True),
            200,
        ),
        "licence": (Text("Licence of the model, for its card.", 300), ""),
        "seed": (Number("The same seed trains the same model.", 0, 2_147_483_647, is_whole=True), 1),
    },
)
"""The key `forest_options`."""
