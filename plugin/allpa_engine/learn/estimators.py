"""Training models of a pixel's features by scikit-learn, and taking them over into plain arrays."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..classify.feature_model import (
    ROOT,
    BoostingPart,
    Branch,
    FeatureModel,
    ForestPart,
    Part,
    PerceptronPart,
    final_classes,
)
from ..core.errors import TrainingInvalid
from ..core.forest_keys import BALANCED_WEIGHTS, BOOSTING_KIND, FOREST_KIND, NO_WEIGHTS
from ..core.legend import Legend
from ..core.messages import message
from ..core.parts import LEARN, require_parts
from .sample_table import SampleTable
from .tree_conversion import boosting_trees, forest_trees

_HIDDEN_LAYERS = 2
_PERCEPTRON_EPOCHS = 200


@dataclass(frozen=True)
class TrainedModel:
    """A model and scikit-learn's estimators of it, which only its explanation needs."""

    model: FeatureModel
    estimators: tuple[Any, ...]
    """Of each branch, fitted."""
    rows: tuple[NDArray[np.intp], ...]
    """Rows of the table that each branch learnt from."""


def train_model(
    table: SampleTable, options: Mapping[str, Any], threads: int = 0, *, out_of_bag: bool = True
) -> TrainedModel:
    """Train a model on all rows of a table.

    Parameters
    ----------
    table : at least two classes; features may be missing (NaN): trees learn which way a missing one goes, a perceptron
        takes the mean instead.
    options : of the job's key `forest_options`.
    threads : 0 takes all processors.
    out_of_bag : whether a forest keeps the votes of the trees that did not draw a row.

    Returns
    -------
    The model; the same seed and rows give the same one.

    Raises
    ------
    TrainingInvalid : where there is one class only.
    PartsMissing : where the parts for own classes are not installed.

    """
    require_parts(LEARN, "sklearn")
    branches = branch_codes(table.codes, table.legend, is_hierarchy=options["hierarchy"])
    parts, estimators, rows = [], [], []
    for parent, codes in branches:
        below = codes_below(codes, table.legend, is_hierarchy=options["hierarchy"])
        target = np.zeros(256, np.int16)
        for code, members in below.items():
            target[list(members)] = code
        chosen = np.flatnonzero(target[table.codes] > 0)
        labels, features = target[table.codes[chosen]], table.features[chosen]
        estimator = _estimator(options, threads, out_of_bag=out_of_bag)
        scale = _scale(features)
        is_perceptron = options["kind"] not in (FOREST_KIND, BOOSTING_KIND)
        inputs = _scaled(features, scale) if is_perceptron else features
        _fit(estimator, inputs, labels, _row_weights(labels, table.weights[chosen], options["weighting"]), threads)
        parts.append(Branch(parent, codes, _part(estimator, scale, options["kind"])))
        estimators.append(estimator)
        rows.append(chosen)
    model = FeatureModel(options["kind"], table.names, final_classes(branches), tuple(parts))
    return TrainedModel(model, tuple(estimators), tuple(rows))


def branch_codes(codes: NDArray[np.uint8], legend: Legend, *, is_hierarchy: bool) -> list[tuple[int, tuple[int, ...]]]:
    """The decisions of a model: below which parent it tells which classes apart.

    Parameters
    ----------
    codes : classes of the rows.
    legend : with parents.
    is_hierarchy : whether parents matter; without, all classes stand side by side.

    Returns
    -------
    Parent and classes, rising; the root first. A parent with rows of one child alone is not parted.

    Raises
    ------
    TrainingInvalid : where there is one class only.

    """
    present = [int(code) for code in np.unique(codes)]
    if len(present) < 2:
        raise TrainingInvalid(
            message("The training data have one class only."),
            message("It is {class_name}.", class_name=legend.by_code[present[0]].name) if present else "",
            message("Add labels of a second class."),
        )
    if not is_hierarchy:
        return [(ROOT, tuple(present))]
    children: dict[int, set[int]] = {}
    for code in present:
        path = _path(code, legend)
        for parent, child in zip((ROOT, *path), path):
            children.setdefault(parent, set()).add(child)
    branches, waiting = [], [ROOT]
    while waiting:
        parent = waiting.pop(0)
        members = tuple(sorted(children[parent]))
        if len(members) < 2:
            if parent == ROOT:  # one group of classes holds all rows: the first decision is among its classes
                children[ROOT] = children[members[0]]
                waiting.append(ROOT)
            continue
        branches.append((parent, members))
        waiting += [code for code in members if len(children.get(code, ())) > 1]
    return branches


def codes_below(codes: tuple[int, ...], legend: Legend, *, is_hierarchy: bool) -> dict[int, tuple[int, ...]]:
    """The classes of the legend that count as each class of a decision: itself and those below it.

    Parameters
    ----------
    codes : of the decision.
    legend : with parents.
    is_hierarchy : whether parents matter.

    Returns
    -------
    Codes by code.

    """
    if not is_hierarchy:
        return {code: (code,) for code in codes}
    return {code: tuple(other for other in legend.codes if code in _path(other, legend)) for code in codes}


def _path(code: int, legend: Legend) -> tuple[int, ...]:
    """The class with its parents, the outermost first."""
    path = [code]
    while (parent := legend.by_code[path[0]].parent) is not None:
        path.insert(0, parent)
    return tuple(path)


def _estimator(options: Mapping[str, Any], threads: int, *, out_of_bag: bool) -> Any:  # noqa: ANN401 - scikit-learn ships no types
    """scikit-learn's estimator with the options."""
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.neural_network import MLPClassifier

    depth, seed = options["max_depth"] or None, options["seed"]
    if options["kind"] == FOREST_KIND:
        return RandomForestClassifier(
            options["trees"], max_depth=depth, min_samples_leaf=options["min_leaf"],
            max_features=options["split_features"] or "sqrt", oob_score=out_of_bag, n_jobs=threads or -1,
            random_state=seed,
        )  # fmt: skip
    if options["kind"] == BOOSTING_KIND:
        return HistGradientBoostingClassifier(
            max_iter=options["trees"], learning_rate=options["learning_rate"], max_depth=depth,
            early_stopping=False, random_state=seed,
        )  # fmt: skip
    width = options["layer_width"]
    return MLPClassifier((width,) * _HIDDEN_LAYERS, max_iter=_PERCEPTRON_EPOCHS, random_state=seed)


def _fit(
    estimator: Any,  # noqa: ANN401 - scikit-learn ships no types
    inputs: NDArray[np.float32],
    labels: NDArray[np.int16],
    weights: NDArray[np.float64] | None,
    threads: int,
) -> None:
    """Fit with the wished number of threads; a perceptron that has not settled after its epochs is used as it is.

    Rows that every tree has drawn have no out-of-bag votes and are not tested. Boosting leaves one processor free
    unless threads are asked for: its threads wait for each other after every node, and wait long where another program
    takes a processor from one of them.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    if not threads and isinstance(estimator, HistGradientBoostingClassifier):
        threads = max((os.cpu_count() or 1) - 1, 1)
    with threadpool_limits(threads or None), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", "Some inputs do not have OOB scores", UserWarning)
        estimator.fit(inputs, labels, sample_weight=weights)


def _row_weights(labels: NDArray[np.int16], weights: NDArray[np.float32], weighting: str) -> NDArray[np.float64] | None:
    if weighting == NO_WEIGHTS:
        return None
    if weighting == BALANCED_WEIGHTS:
        present, position, counts = np.unique(labels, return_inverse=True, return_counts=True)
        balanced: NDArray[np.float64] = (len(labels) / (len(present) * counts))[position.ravel()]
        return balanced
    return weights.astype(np.float64)


def _scale(features: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and deviation of each feature without missing values; a constant one has the deviation 1."""
    values = np.where(np.isfinite(features), features, np.nan).astype(np.float64)
    count = np.maximum(np.isfinite(values).sum(axis=0), 1)
    mean = np.nansum(values, axis=0) / count
    deviation = np.sqrt(np.nansum((values - mean) ** 2, axis=0) / count)
    return mean, np.where(deviation > 0, deviation, 1.0)


def _scaled(
    features: NDArray[np.float32], scale: tuple[NDArray[np.float64], NDArray[np.float64]]
) -> NDArray[np.float32]:
    scaled = (features - scale[0]) / scale[1]
    return np.where(np.isnan(scaled), 0, scaled).astype(np.float32)


def _part(estimator: Any, scale: tuple[NDArray[np.float64], NDArray[np.float64]], kind: str) -> Part:  # noqa: ANN401 - scikit-learn ships no types
    """A fitted estimator as plain arrays."""
    if kind == FOREST_KIND:
        return ForestPart(forest_trees(estimator.estimators_))
    if kind == BOOSTING_KIND:
        return BoostingPart(boosting_trees(estimator._predictors), estimator._baseline_prediction.ravel())
    return PerceptronPart(
        *scale,
        tuple(np.asarray(weight, np.float32) for weight in estimator.coefs_),
        tuple(np.asarray(bias, np.float32) for bias in estimator.intercepts_),
    )
