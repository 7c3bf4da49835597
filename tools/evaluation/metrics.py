"""Measures of agreement between a map's classes and a reference: counts, accuracies, F1, IoU, calibration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from allpa_engine.core.legend import CLASS_COUNT

Codes = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


def confusion_matrix(reference: Codes, predicted: Codes) -> Counts:
    """`(10, 10)` pixel counts, rows the reference's code - 1, columns the map's; code 0 on either side is left out."""
    both = (reference > 0) & (predicted > 0)
    pairs = (reference[both].astype(np.int64) - 1) * CLASS_COUNT + predicted[both] - 1
    return np.bincount(pairs, minlength=CLASS_COUNT**2).reshape(CLASS_COUNT, CLASS_COUNT)


@dataclass(frozen=True)
class Accuracy:
    """What a confusion matrix says; nan where a class does not occur."""

    overall: float
    """Share of pixels on the diagonal."""
    producers: FloatArray
    """`(10,)` share of the reference's pixels of a class that the map finds (recall)."""
    users: FloatArray
    """`(10,)` share of the map's pixels of a class that are right (precision)."""
    f1: FloatArray
    """`(10,)` harmonic mean of both."""
    share: FloatArray
    """`(10,)` share of the class in the reference."""


def accuracy(confusion: Counts) -> Accuracy:
    """Overall, producer's and user's accuracy and F1 of a `(10, 10)` confusion matrix (rows the reference)."""
    correct = np.diag(confusion).astype(np.float64)
    reference, predicted = confusion.sum(axis=1), confusion.sum(axis=0)
    total = max(1, int(confusion.sum()))
    with np.errstate(invalid="ignore", divide="ignore"):
        producers = np.where(reference > 0, correct / reference, np.nan)
        users = np.where(predicted > 0, correct / predicted, np.nan)
        f1 = np.where(reference > 0, 2 * correct / (reference + predicted), np.nan)
    return Accuracy(float(correct.sum() / total), producers, users, f1, reference / total)


def intersection_over_union(reference: npt.NDArray[np.bool_], predicted: npt.NDArray[np.bool_]) -> float:
    """Pixels in both over pixels in either; nan when both are empty."""
    union = int((reference | predicted).sum())
    return int((reference & predicted).sum()) / union if union else float("nan")


@dataclass(frozen=True)
class Reliability:
    """Share of correct pixels at each level of confidence."""

    edges: FloatArray
    """`(bins + 1,)` borders of the confidence bins."""
    confidence: FloatArray
    """`(bins,)` mean confidence, nan in empty bins."""
    right: FloatArray
    """`(bins,)` share of right pixels."""
    count: Counts
    """`(bins,)` pixels."""

    @property
    def expected_calibration_error(self) -> float:
        """Mean of |share right - confidence| over the pixels (Guo et al. 2017, equal-width bins)."""
        filled = self.count > 0
        gaps = np.abs(self.right[filled] - self.confidence[filled])
        return float((gaps * self.count[filled]).sum() / self.count.sum())


def reliability(confidence: npt.NDArray[np.float32], right: npt.NDArray[np.bool_], bins: int = 15) -> Reliability:
    """Bin the confidence (predicted probability, 0..1) of pixels and count the correct ones."""
    edges = np.linspace(0, 1, bins + 1)
    number = np.clip((confidence * bins).astype(np.int64), 0, bins - 1)
    count = np.bincount(number, minlength=bins)
    with np.errstate(invalid="ignore"):
        mean = np.bincount(number, confidence, minlength=bins) / count
        share = np.bincount(number, right, minlength=bins) / count
    return Reliability(edges, mean, share, count)
