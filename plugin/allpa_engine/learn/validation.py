"""How well a model of own classes does on labels it did not learn from: by blocks, out of bag, and on other data.

Labels of a training table are no probability sample of a map: the figures say how well the model tells these labels
apart, not how much of a map is right. That is what the accuracy assessment with a drawn sample says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..accuracy.matrix import ErrorMatrix, count_points
from ..accuracy.sample import LabelledSample
from ..core.legend import Legend
from ..core.messages import Message, message, translatable
from .estimators import TrainedModel, train_model
from .folds import Folds
from .sample_table import SampleTable

BLOCKED, OUT_OF_BAG, INDEPENDENT, STOPPING, UNTRAINED = "blocked", "out_of_bag", "independent", "stopping", "untrained"
METHOD_NAMES: Mapping[str, str] = {
    BLOCKED: translatable("By blocks"),
    OUT_OF_BAG: translatable("Out of bag"),
    INDEPENDENT: translatable("Independent test"),
    STOPPING: translatable("Blocks that ended the training"),
    UNTRAINED: translatable("Without this training, on the same blocks"),
}
_OUT_OF_BAG_NOTE = translatable(
    "Out of bag, a tree is tested by single pixels that it did not learn from, whose neighbours it may have learnt "
    "from: the figures are better than on new land. Those by blocks say what to expect."
)
_UNKNOWN_CLASSES = translatable("Rows of classes that the model does not have, which are left out: {count}.")


@dataclass(frozen=True)
class ClassScore:
    """How well one class is found."""

    code: int
    labelled: int
    """Rows of the class."""
    predicted: int
    """Rows that the model calls so."""
    producers: float
    """Share of the class's rows that are found; NaN where there are none."""
    users: float
    """Share of what is called so that is so; NaN where nothing is."""

    @property
    def f1(self) -> float:
        """Harmonic mean of both; 0 where nothing is right, NaN where the class neither occurs nor is predicted."""
        total = self.labelled + self.predicted
        right = self.producers * self.labelled if self.labelled else 0.0
        return 2 * right / total if total else float("nan")


@dataclass(frozen=True)
class Validation:
    """An error matrix and its figures."""

    method: str
    """A key of `METHOD_NAMES`."""
    matrix: ErrorMatrix
    """Rows are predicted, columns labelled classes."""
    notes: tuple[Message, ...] = ()

    @property
    def counts(self) -> NDArray[np.int64]:
        """`(predicted, labelled)` rows."""
        return self.matrix.total_counts

    @property
    def rows(self) -> int:
        """Tested rows."""
        return int(self.counts.sum())

    @property
    def overall(self) -> float:
        """Share of rows that are right."""
        return float(np.trace(self.counts) / max(self.rows, 1))

    @property
    def kappa(self) -> float:
        """Cohen's kappa; 0 where chance alone would be right always (Cohen 1960)."""
        shares = self.counts / max(self.rows, 1)
        chance = float(shares.sum(axis=0) @ shares.sum(axis=1))
        return (self.overall - chance) / (1 - chance) if chance < 1 else 0.0

    @property
    def mean_f1(self) -> float:
        """Mean of the classes' F1, each class as much as the others."""
        return float(np.nanmean([score.f1 for score in self.classes]))

    @property
    def classes(self) -> list[ClassScore]:
        """The figures of each class."""
        predicted, labelled, right = self.counts.sum(axis=1), self.counts.sum(axis=0), np.diag(self.counts)
        return [
            ClassScore(code, int(has), int(says), _share(hit, has), _share(hit, says))
            for code, has, says, hit in zip(self.matrix.codes, labelled, predicted, right, strict=True)
        ]

    def to_dict(self) -> dict[str, Any]:
        """Figures as JSON values, rounded to four digits; None for those that cannot be computed."""
        return {
            "method": self.method,
            "rows": self.rows,
            "overall": _rounded(self.overall),
            "kappa": _rounded(self.kappa),
            "mean_f1": _rounded(self.mean_f1),
            "codes": list(self.matrix.codes),
            "matrix": self.counts.tolist(),
            "classes": [
                {
                    "code": score.code,
                    "labelled": score.labelled,
                    "predicted": score.predicted,
                    "producers": _rounded(score.producers),
                    "users": _rounded(score.users),
                    "f1": _rounded(score.f1),
                }
                for score in self.classes
            ],
        }


def compare(
    method: str,
    predicted: NDArray[np.integer[Any]],
    labelled: NDArray[np.integer[Any]],
    codes: Sequence[int],
    notes: Sequence[Message] = (),
) -> Validation:
    """Count predictions against labels.

    Parameters
    ----------
    method : a key of `METHOD_NAMES`.
    predicted, labelled : `(row,)` codes; rows with 0 in either are left out.
    codes : classes that get a row and a column in any case.
    notes : what a reader must know.

    Examples
    --------
    >>> found = compare("blocked", np.array([1, 1, 2, 2]), np.array([1, 2, 2, 2]), (1, 2))
    >>> found.overall, round(found.kappa, 3), [round(score.f1, 3) for score in found.classes]
    (0.75, 0.5, [0.667, 0.8])

    """
    count = len(labelled)
    sample = LabelledSample(
        np.zeros(count, np.intp), predicted.astype(np.uint8), labelled.astype(np.uint8), np.full(count, -1),
        (method,), np.array([count]), np.array([float(count)]),
    )  # fmt: skip
    return Validation(method, count_points(sample, codes=codes), tuple(notes))


def predict(trained: TrainedModel, features: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Classes `(row,)` of rows of features `(row, feature)`, by the same code that makes maps."""
    best, _ = trained.model.classify(np.ascontiguousarray(features.T))
    return np.array(trained.model.classes, np.uint8)[best]


def train_folds(
    table: SampleTable, folds: Folds, options: Mapping[str, Any], threads: int = 0
) -> Iterator[tuple[TrainedModel, NDArray[np.intp]]]:
    """A model for each fold, trained on the others, and the rows that it has not seen.

    Parameters
    ----------
    table : all rows.
    folds : of the rows.
    options : of the job's key `forest_options`.
    threads : 0 takes all processors.

    Yields
    ------
    Model and rows to test; a fold without which one class alone is left is passed over.

    """
    for learning, testing in folds.splits():
        rows = table.rows(learning)
        if len(np.unique(rows.codes)) > 1:
            yield train_model(rows, options, threads, out_of_bag=False), testing


def validate_by_blocks(
    table: SampleTable, models: Sequence[tuple[TrainedModel, NDArray[np.intp]]], notes: Sequence[Message] = ()
) -> Validation:
    """The matrix of all rows, each predicted by the model that has seen nothing of its block.

    Parameters
    ----------
    table : all rows.
    models : from `train_folds`.
    notes : of the folds.

    """
    predicted = np.zeros(len(table), np.uint8)
    for trained, testing in models:
        predicted[testing] = predict(trained, table.features[testing])
    return compare(BLOCKED, predicted, table.codes, np.unique(table.codes).tolist(), notes)


def validate_out_of_bag(table: SampleTable, trained: TrainedModel) -> Validation | None:
    """The matrix of a forest's rows, each by the trees that did not learn from it; None for other models.

    Parameters
    ----------
    table : that the model learnt from.
    trained : a forest without a hierarchy.

    """
    estimator = trained.estimators[0]
    if len(trained.estimators) > 1 or not hasattr(estimator, "oob_decision_function_"):
        return None
    votes = estimator.oob_decision_function_
    is_tested = np.isfinite(votes).all(axis=1) & (votes.sum(axis=1) > 0)
    predicted = np.where(is_tested, np.array(trained.model.classes)[np.nan_to_num(votes).argmax(axis=1)], 0)
    codes = np.unique(table.codes).tolist()
    return compare(OUT_OF_BAG, predicted, table.codes, codes, [message(_OUT_OF_BAG_NOTE)])


def validate_independently(test: SampleTable, trained: TrainedModel) -> Validation:
    """The matrix of rows of other training data.

    Parameters
    ----------
    test : with the model's features, in its order.
    trained : any model.

    """
    known = np.isin(test.codes, trained.model.classes)
    notes = [] if known.all() else [message(_UNKNOWN_CLASSES, count=int(np.count_nonzero(~known)))]
    labelled = np.where(known, test.codes, 0)
    return compare(INDEPENDENT, predict(trained, test.features), labelled, trained.model.classes, notes)


def validation_rows(validations: Sequence[Validation], legend: Legend) -> list[list[object]]:
    """The table `validation.csv`: a row for all classes and one per class, of each method."""
    rows: list[list[object]] = [
        ["method", "code", "class", "labelled", "predicted", "producers", "users", "f1", "kappa"]
    ]
    for found in validations:
        overall = _rounded(found.overall)
        rows.append(
            [found.method, "", "all", found.rows, found.rows, overall, overall, _rounded(found.mean_f1),
             _rounded(found.kappa)]
        )  # fmt: skip
        rows += [
            [
                found.method, score.code, legend.by_code[score.code].name, score.labelled, score.predicted,
                _rounded(score.producers), _rounded(score.users), _rounded(score.f1), "",
            ]
            for score in found.classes
        ]  # fmt: skip
    return rows


def matrix_rows(found: Validation, legend: Legend) -> list[list[object]]:
    """An error matrix as a table: predicted classes down, labelled ones across."""
    names = [legend.by_code[code].name for code in found.matrix.codes]
    return [
        ["predicted \\ labelled", *names],
        *([name, *row] for name, row in zip(names, found.counts.tolist(), strict=True)),
    ]


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")


def _rounded(value: float) -> float | None:
    return round(value, 4) if np.isfinite(value) else None
