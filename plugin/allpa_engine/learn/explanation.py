"""SHAP values of trees: how much each feature raises or lowers the probability of each class, row by row.

The values of a row, added to the mean prediction, are the prediction of it (Lundberg et al. 2020, Nature Machine
Intelligence 2: 56-67). Of a forest they are shares of probability, of a gradient boosting scores before softmax.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..classify.feature_model import BoostingPart, Branch
from ..core.parts import LEARN, require_parts
from .estimators import TrainedModel
from .importance import chosen_rows
from .sample_table import SampleTable


@dataclass(frozen=True)
class Explanation:
    """SHAP values of one decision of a model: of the first, or of that below a parent class."""

    parent: int
    """Code of the parent class; 0 for the first decision."""
    names: tuple[str, ...]
    codes: tuple[int, ...]
    rows: NDArray[np.intp]
    """Rows of the table that are explained; those with missing features are not."""
    values: NDArray[np.float64]
    """`(row, feature, class)`."""
    base: NDArray[np.float64]
    """`(class,)`: the mean prediction, to which a row's values are added."""
    largest_difference: float
    """Between the sum and the model's own prediction, over all rows and classes."""

    @property
    def mean_size(self) -> NDArray[np.float64]:
        """`(feature, class)`: mean of the absolute values."""
        size: NDArray[np.float64] = np.abs(self.values).mean(axis=0)
        return size

    @property
    def order(self) -> NDArray[np.intp]:
        """Features from the one with the largest values on, all classes together."""
        return np.argsort(-self.mean_size.sum(axis=1), kind="stable")

    def table_rows(self, class_names: Sequence[str]) -> list[list[object]]:
        """The table of mean absolute values: features down, classes across."""
        return [
            ["feature", *class_names],
            *(
                [self.names[feature], *(round(float(size), 6) for size in self.mean_size[feature])]
                for feature in self.order.tolist()
            ),
        ]


def explain_trees(trained: TrainedModel, table: SampleTable, row_count: int, seed: int = 1) -> list[Explanation]:
    """SHAP values of each decision of a model, for rows of all classes.

    Parameters
    ----------
    trained : a forest or a gradient boosting.
    table : that it learnt from.
    row_count : rows to explain, those of each class the same number; the time grows with it and with the trees.
    seed : the same seed chooses the same rows.

    Returns
    -------
    One for each decision that has rows without missing features.

    Raises
    ------
    PartsMissing : where the parts for own classes are not installed.

    """
    require_parts(LEARN, "shap")
    explanations = []
    for branch, estimator, rows in zip(trained.model.branches, trained.estimators, trained.rows, strict=True):
        chosen = rows[chosen_rows(table.rows(rows), row_count, seed)]
        if len(chosen):
            explanations.append(_explain_branch(branch, estimator, table, chosen))
    return explanations


def _explain_branch(branch: Branch, estimator: Any, table: SampleTable, rows: NDArray[np.intp]) -> Explanation:  # noqa: ANN401 - scikit-learn ships no types
    import shap

    features = table.features[rows]
    explainer = shap.TreeExplainer(estimator)
    values = np.asarray(explainer.shap_values(features, check_additivity=False), np.float64)
    base = np.atleast_1d(np.asarray(explainer.expected_value, np.float64))
    if values.ndim == 2:  # one score of two classes: that of the second
        values, base = np.stack([-values, values], axis=2), np.array([-base[-1], base[-1]])
    predicted = _own_scores(branch, features)
    difference = np.abs(values.sum(axis=1) + base - predicted).max()
    return Explanation(branch.parent, table.names, branch.classes, rows, values, base, float(difference))


def _own_scores(branch: Branch, features: NDArray[np.float32]) -> NDArray[np.float64]:
    """What the model that makes maps gives, on the scale of the SHAP values."""
    part, columns = branch.part, np.ascontiguousarray(features.T)
    if not isinstance(part, BoostingPart):
        return part.scores(columns)
    scores = part.raw_scores(columns)
    return np.concatenate([-scores, scores], axis=1) if scores.shape[1] == 1 else scores
