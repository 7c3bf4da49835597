"""From scikit-learn's trees to the plain arrays that a model folder holds, without a change of any prediction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..classify.tree_arrays import TreeArrays

_LEAF = -1


@dataclass(frozen=True)
class _Tree:
    """One tree in preorder."""

    feature: NDArray[np.int64]
    threshold: NDArray[np.float64]
    right: NDArray[np.int64]
    """Index of the right child; of any value at a leaf."""
    missing_left: NDArray[np.bool_]
    values: NDArray[np.float64]
    """`(node, outputs)`; only those of leaves count."""
    is_leaf: NDArray[np.bool_]


def forest_trees(estimators: Sequence[Any], channels: Sequence[int] | None = None, outputs: int = 0) -> TreeArrays:
    """The trees of a forest, as shares of the classes at each leaf.

    Parameters
    ----------
    estimators : fitted `DecisionTreeClassifier`s.
    channels : of the model's outputs for each class of the forest; None for one after the other.
    outputs : number of the model's outputs; 0 for as many as the forest has classes.

    Returns
    -------
    Trees whose values add up, over the number of trees, to what `predict_proba` gives.

    """
    trees = []
    for estimator in estimators:
        tree = estimator.tree_
        shares = tree.value[:, 0, :]
        if channels is not None:
            spread = np.zeros((len(shares), outputs))
            spread[:, list(channels)] = shares
            shares = spread
        trees.append(
            _Tree(
                tree.feature,
                tree.threshold,
                tree.children_right,
                np.asarray(tree.missing_go_to_left).astype(bool),
                shares,
                tree.children_left == _LEAF,
            )
        )
    return _join(trees, np.zeros(len(trees), np.int32))


def boosting_trees(predictors: Sequence[Sequence[Any]]) -> TreeArrays:
    """The trees of a gradient boosting: a number for one class at each leaf.

    Parameters
    ----------
    predictors : `_predictors` of a fitted `HistGradientBoostingClassifier`: for each round one tree per class, or a
        single one of two classes.

    Returns
    -------
    Trees whose values add up, with the baseline, to the raw scores.

    """
    trees, output = [], []
    for predictors_of_round in predictors:
        for number, predictor in enumerate(predictors_of_round):
            nodes = predictor.nodes
            trees.append(
                _Tree(
                    nodes["feature_idx"].astype(np.int64),
                    nodes["num_threshold"],
                    nodes["right"].astype(np.int64),
                    nodes["missing_go_to_left"].astype(bool),
                    nodes["value"][:, np.newaxis],
                    nodes["is_leaf"].astype(bool),
                )
            )
            output.append(number)
    return _join(trees, np.array(output, np.int32))


def round_down(thresholds: NDArray[np.float64]) -> NDArray[np.float32]:
    """The largest single-precision numbers that are not above the thresholds.

    A single-precision number is at most the one exactly where it is at most the other.

    Examples
    --------
    >>> round_down(np.array([0.1, 0.5])) <= [0.1, 0.5]
    array([ True,  True])

    """
    limit = float(np.finfo(np.float32).max)  # boosting parts missing from present ones at infinity
    clipped = np.clip(thresholds, -limit, limit)
    rounded = clipped.astype(np.float32)
    above = rounded.astype(np.float64) > clipped
    rounded[above] = np.nextafter(rounded[above], np.float32(-np.inf))
    return rounded


def _join(trees: Sequence[_Tree], output: NDArray[np.int32]) -> TreeArrays:
    """All trees in one set of arrays; equal leaves share a row of values."""
    leaf_values = np.concatenate([tree.values[tree.is_leaf] for tree in trees])
    values, rows = np.unique(leaf_values, axis=0, return_inverse=True)
    is_leaf = np.concatenate([tree.is_leaf for tree in trees])
    right = np.concatenate([tree.right - np.arange(len(tree.right)) for tree in trees])
    right[is_leaf] = rows.ravel()
    feature = np.concatenate([tree.feature for tree in trees])
    threshold = round_down(np.concatenate([tree.threshold for tree in trees]))
    return TreeArrays(
        np.cumsum([0, *(len(tree.feature) for tree in trees)], dtype=np.int64),
        np.where(is_leaf, _LEAF, feature).astype(np.int16),
        np.where(is_leaf, np.float32(0), threshold),
        right.astype(np.int32),
        np.concatenate([tree.missing_left for tree in trees]) & ~is_leaf,
        np.ascontiguousarray(values, np.float64),
        output,
    )
