"""What the features of a model are worth: by permutation on unseen blocks, and by leaving features out step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.forest_keys import FOREST_KIND
from .estimators import TrainedModel, train_model
from .folds import Folds
from .sample_table import SampleTable
from .validation import compare, predict

MAX_TESTED_ROWS = 4_000
"""Rows of each fold that are predicted with a permuted feature."""
MAX_ELIMINATION_ROWS = 10_000
"""Rows from which each model of the elimination learns; the final model learns from all."""
_ELIMINATION_TREES = 50
_KEPT_SHARE = 0.8
"""Of the features at each step of the elimination."""
_FEWEST = 2

Progress = Callable[[float], None]
"""Called with the share that is done, 0 to 1."""


@dataclass(frozen=True)
class Importance:
    """Permutation importance: what is lost where a feature says nothing."""

    names: tuple[str, ...]
    codes: tuple[int, ...]
    overall_loss: NDArray[np.float64]
    """`(fold, feature)`: share of right rows that is lost."""
    class_loss: NDArray[np.float64]
    """`(feature, class)`: share of the class's rows that is no longer found, over all folds; NaN without rows."""

    @property
    def mean_loss(self) -> NDArray[np.float64]:
        """`(feature,)`: mean over the folds."""
        mean: NDArray[np.float64] = self.overall_loss.mean(axis=0)
        return mean

    @property
    def order(self) -> NDArray[np.intp]:
        """Features from the most important on."""
        return np.argsort(-self.mean_loss, kind="stable")

    def rows(self, class_names: Sequence[str]) -> list[list[object]]:
        """The table `importance.csv`: the most important feature first."""
        spread = self.overall_loss.std(axis=0)
        return [
            ["feature", "overall_loss", "deviation_over_folds", *(f"loss: {name}" for name in class_names)],
            *(
                [
                    self.names[feature], round(float(self.mean_loss[feature]), 5), round(float(spread[feature]), 5),
                    *(None if np.isnan(loss) else round(float(loss), 5) for loss in self.class_loss[feature]),
                ]
                for feature in self.order.tolist()
            ),
        ]  # fmt: skip


@dataclass(frozen=True)
class EliminationStep:
    """A set of features and how well a model of them does on unseen blocks."""

    names: tuple[str, ...]
    """The most important first, by the forests of this step."""
    overall: float
    mean_f1: float


@dataclass(frozen=True)
class Elimination:
    """Recursive elimination of features."""

    steps: tuple[EliminationStep, ...]
    """From all features on."""
    kept: tuple[str, ...]
    """In the order of the training table."""

    def rows(self) -> list[list[object]]:
        """The table `elimination.csv`."""
        head: list[object] = ["features", "overall", "mean_f1", "names"]
        steps = [[len(step.names), round(step.overall, 4), round(step.mean_f1, 4), " ".join(step.names)]
                 for step in self.steps]  # fmt: skip
        return [head, *steps]


def permutation_importance(
    table: SampleTable,
    models: Sequence[tuple[TrainedModel, NDArray[np.intp]]],
    seed: int = 1,
    progress: Progress | None = None,
) -> Importance:
    """Shuffle one feature after the other among the rows that a fold's model has not seen (Breiman 2001).

    A feature whose content others share is missed little, however useful it is by itself.

    Parameters
    ----------
    table : all rows.
    models : from `validation.train_folds`.
    seed : of the shuffling.
    progress : None reports nothing.

    """
    random = np.random.default_rng(seed)
    codes = tuple(np.unique(table.codes).tolist())
    loss = np.zeros((len(models), len(table.names)))
    found, lost, total = (np.zeros((len(table.names), len(codes))) for _ in range(3))
    for fold, (trained, testing) in enumerate(models):
        rows = random.permutation(testing)[:MAX_TESTED_ROWS]
        features, labelled = table.features[rows].copy(), table.codes[rows]
        is_right = predict(trained, features) == labelled
        for column in range(features.shape[1]):
            original = features[:, column].copy()
            features[:, column] = random.permutation(original)
            still_right = predict(trained, features) == labelled
            features[:, column] = original
            loss[fold, column] = is_right.mean() - still_right.mean()
            for number, code in enumerate(codes):
                of_class = labelled == code
                total[column, number] += np.count_nonzero(of_class)
                found[column, number] += np.count_nonzero(is_right & of_class)
                lost[column, number] += np.count_nonzero(still_right & of_class)
            if progress is not None:
                progress((fold + (column + 1) / features.shape[1]) / len(models))
    with np.errstate(invalid="ignore"):
        return Importance(table.names, codes, loss, (found - lost) / total)


def eliminate_features(
    table: SampleTable,
    folds: Folds,
    options: Mapping[str, Any],
    *,
    threads: int = 0,
    progress: Progress | None = None,
) -> Elimination:
    """Leave out a fifth of the features at a time, the least important first, and test each set on unseen blocks.

    What is least important is decided by forests (decrease of impurity) that have not seen the block, as a mean over
    the folds. The steps go on below the wished number, so that the curve shows what fewer would do.

    Parameters
    ----------
    table : all rows.
    folds : of the rows.
    options : of the job's key `forest_options`; `keep_features` is the wished number.
    threads : 0 takes all processors.
    progress : None reports nothing.

    """
    keep = min(options["keep_features"], len(table.names))
    sizes = _sizes(len(table.names), keep)
    random = np.random.default_rng(options["seed"])
    smaller = {**options, "trees": min(options["trees"], _ELIMINATION_TREES)}
    steps: list[EliminationStep] = []
    names = table.names
    for number, size in enumerate(sizes):
        names = tuple(name for name in table.names if name in names[:size])
        part = table.with_features(names)
        importance, predicted = np.zeros(size), np.zeros(len(table), np.uint8)
        for fold, (learning, testing) in enumerate(folds.splits()):
            rows = part.rows(random.permutation(learning)[:MAX_ELIMINATION_ROWS])
            if len(np.unique(rows.codes)) < 2:
                continue
            trained, ranking = _trained_and_ranking(rows, smaller, threads)
            importance += ranking
            predicted[testing] = predict(trained, part.features[testing])
            if progress is not None:
                progress((number + (fold + 1) / folds.count) / len(sizes))
        names = tuple(names[index] for index in np.argsort(-importance, kind="stable"))
        result = compare("", predicted, table.codes, np.unique(table.codes).tolist())
        steps.append(EliminationStep(names, result.overall, result.mean_f1))
    kept = next(step.names for step in steps if len(step.names) == keep)
    return Elimination(tuple(steps), tuple(name for name in table.names if name in kept))


def _trained_and_ranking(
    rows: SampleTable, options: Mapping[str, Any], threads: int
) -> tuple[TrainedModel, NDArray[np.float64]]:
    """A model of the asked kind, and the importance of the features in a forest."""
    trained = train_model(rows, options, threads, out_of_bag=False)
    if options["kind"] == FOREST_KIND:
        return trained, trained.estimators[0].feature_importances_
    forest = train_model(rows, {**options, "kind": FOREST_KIND, "hierarchy": False}, threads, out_of_bag=False)
    return trained, forest.estimators[0].feature_importances_


def _sizes(count: int, keep: int) -> list[int]:
    """Numbers of features: all, a fifth fewer each time, the wished number among them.

    Examples
    --------
    >>> _sizes(20, 10)
    [20, 16, 12, 10, 8, 6, 4, 3, 2]

    """
    sizes = [count]
    while sizes[-1] > min(_FEWEST, keep):
        smaller = min(int(sizes[-1] * _KEPT_SHARE), sizes[-1] - 1)
        sizes.append(keep if smaller < keep < sizes[-1] else smaller)
    return sizes


def chosen_rows(table: SampleTable, count: int, seed: int) -> NDArray[np.intp]:
    """Some rows with all features, as many of each class as there are, up to `count`.

    Parameters
    ----------
    table : all rows.
    count : of all classes together.
    seed : the same seed chooses the same rows.

    """
    random = np.random.default_rng(seed)
    complete = np.flatnonzero(table.is_complete)
    codes = np.unique(table.codes[complete])
    share = max(count // max(len(codes), 1), 1)
    parts = [random.permutation(complete[table.codes[complete] == code])[:share] for code in codes]
    return np.sort(np.concatenate(parts)) if parts else complete
