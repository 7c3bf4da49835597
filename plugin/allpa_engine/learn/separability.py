"""How well classes can be separated by their features: Bhattacharyya and Jeffries-Matusita distances of all pairs.

Bhattacharyya distance of two normal distributions (Fukunaga 1990, Introduction to Statistical Pattern Recognition, 2nd
ed., p. 99), with means m and covariances S, and S the mean of both covariances:

    B = 1/8 (m1 - m2)' S^-1 (m1 - m2) + 1/2 ln(|S| / sqrt(|S1| |S2|))

and Jeffries-Matusita distance JM = 2 (1 - exp(-B)), 0 (the same) to 2 (apart) (Richards 2013, Remote Sensing Digital
Image Analysis, 5th ed., ch. 10).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from ..core.legend import Legend
from ..core.messages import Message, message, translatable
from .sample_table import SampleTable

ROWS_PER_COMPONENT = 10
"""Labels of the smaller class of a pair for each principal component: fewer make covariances too uncertain."""
MIN_LABELS = 10
"""A class with fewer labels is not compared."""
MAX_COMPONENTS = 20
_VARIANCE_KEPT = 0.999
_MERGE_ADVICE = translatable(
    "{one} and {other} can hardly be separated (Jeffries-Matusita {distance:.2f} of 2): merge them, or add features in "
    "which they differ. {feature} separates them best."
)
_TOO_FEW = translatable("{classes}: fewer than {count} labels, so that separability is not computed.")


@dataclass(frozen=True)
class Separability:
    """Distances of all pairs of classes."""

    codes: tuple[int, ...]
    """Classes that are compared."""
    left_out: tuple[int, ...]
    """Classes with too few labels."""
    bhattacharyya: NDArray[np.float64]
    """`(class, class)`, 0 on the diagonal."""
    components: NDArray[np.intp]
    """`(class, class)`: principal components of the standardised features by which each pair was compared, 0 on the
    diagonal. A rare class has fewer in its own pairs alone."""
    features: int
    best_feature: tuple[tuple[int, ...], ...]
    """`(class, class)`: position of the feature that by itself separates the pair best; -1 on the diagonal."""

    @property
    def jeffries_matusita(self) -> NDArray[np.float64]:
        """`(class, class)`, 0 to 2."""
        return jeffries_matusita(self.bhattacharyya)

    def poor_pairs(self, limit: float) -> list[tuple[int, int, float]]:
        """Pairs of classes below a Jeffries-Matusita distance, the poorest first, with the distance."""
        distances = self.jeffries_matusita
        pairs = [
            (self.codes[one], self.codes[other], float(distances[one, other]))
            for one in range(len(self.codes))
            for other in range(one + 1, len(self.codes))
            if distances[one, other] < limit
        ]
        return sorted(pairs, key=lambda pair: pair[2])

    def advice(self, limit: float, legend: Legend, names: Sequence[str]) -> list[Message]:
        """Sentences on what to merge.

        Parameters
        ----------
        limit : Jeffries-Matusita distance below which merging is advised.
        legend : names of the classes.
        names : of the features.

        Returns
        -------
        A sentence for each poor pair, and one for classes with too few labels.

        """
        found = []
        for one, other, distance in self.poor_pairs(limit):
            feature = names[self.best_feature[self.codes.index(one)][self.codes.index(other)]]
            first, second = legend.by_code[one].name, legend.by_code[other].name
            found.append(message(_MERGE_ADVICE, one=first, other=second, distance=distance, feature=feature))
        if self.left_out:
            classes = ", ".join(legend.by_code[code].name for code in self.left_out)
            found.append(message(_TOO_FEW, classes=classes, count=MIN_LABELS))
        return found


def jeffries_matusita(bhattacharyya: NDArray[np.float64]) -> NDArray[np.float64]:
    """Jeffries-Matusita distances, 0 to 2, of Bhattacharyya distances.

    Examples
    --------
    >>> jeffries_matusita(np.array([0.0, 0.5, 50.0])).round(3).tolist()
    [0.0, 0.787, 2.0]

    """
    return 2 * -np.expm1(-bhattacharyya)


def bhattacharyya_distance(
    mean_1: NDArray[np.float64],
    covariance_1: NDArray[np.float64],
    mean_2: NDArray[np.float64],
    covariance_2: NDArray[np.float64],
) -> float:
    """Bhattacharyya distance of two normal distributions.

    Parameters
    ----------
    mean_1, mean_2 : `(feature,)`.
    covariance_1, covariance_2 : `(feature, feature)`, positive definite.

    Returns
    -------
    0 where they are the same, without an upper limit.

    Examples
    --------
    >>> one = np.eye(1)
    >>> bhattacharyya_distance(np.zeros(1), one, np.full(1, 2.0), one)
    0.5

    """
    mean_covariance = (covariance_1 + covariance_2) / 2
    difference = mean_1 - mean_2
    distance = difference @ np.linalg.solve(mean_covariance, difference) / 8
    logs = [np.linalg.slogdet(part)[1] for part in (mean_covariance, covariance_1, covariance_2)]
    return float(max(distance + (logs[0] - (logs[1] + logs[2]) / 2) / 2, 0.0))


def separability(table: SampleTable) -> Separability:
    """Distances of all pairs of classes in a table.

    Features are standardised and turned to their principal components, since neighbouring bands and seasons are nearly
    the same and their covariances cannot be inverted. A pair is compared by one component at most for ten labels of its
    smaller class; 0.1 % of the variance of all rows is added, so that a class of equal pixels has a distance too.
    Where one feature by itself sets two classes further apart than the components do, its distance counts: more
    features never bring distributions nearer.

    Parameters
    ----------
    table : before balancing; incomplete rows are left out. Pixels of a label are averaged, as they are alike.

    Returns
    -------
    The distances; no pair where fewer than two classes have enough labels.

    """
    means, codes = label_means(table)
    present, counts = np.unique(codes, return_counts=True)
    used, few, labels = present[counts >= MIN_LABELS], present[counts < MIN_LABELS], counts[counts >= MIN_LABELS]
    chosen = np.isin(codes, used)
    means, codes = means[chosen], codes[chosen]
    count = len(used)
    if count < 2:
        empty = np.zeros((0, 0))
        return Separability((), tuple(map(int, present)), empty, empty.astype(np.intp), len(table.names), ())
    deviation = means.std(axis=0)
    scaled = (means - means.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0)
    most = np.clip(np.minimum.outer(labels, labels) // ROWS_PER_COMPONENT, 1, MAX_COMPONENTS)
    parts = _components(scaled, int(most.max()))
    components = np.minimum(most, parts.shape[1]) * ~np.eye(count, dtype=bool)
    groups, single = ([values[codes == code] for code in used] for values in (parts, scaled))
    ridge = 1e-3 * np.diag(parts.var(axis=0))
    distances, best = np.zeros((count, count)), np.full((count, count), -1)
    moments = [(group.mean(axis=0), np.atleast_2d(np.cov(group, rowvar=False)) + ridge) for group in groups]
    for one, other in combinations(range(count), 2):
        first = slice(components[one, other])
        pair = [(mean[first], covariance[first, first]) for mean, covariance in (moments[one], moments[other])]
        alone = _single_distances(single[one], single[other])
        distance = max(bhattacharyya_distance(*pair[0], *pair[1]), float(alone.max()))
        distances[one, other] = distances[other, one] = distance
        best[one, other] = best[other, one] = int(alone.argmax())
    return Separability(
        tuple(map(int, used)),
        tuple(map(int, few)),
        distances,
        components,
        len(table.names),
        tuple(tuple(row) for row in best.tolist()),
    )


def label_means(table: SampleTable) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """The mean features `(label, feature)` of each label in each source, and its class."""
    rows = np.flatnonzero(table.is_complete)
    keys = table.samples[rows].astype(np.int64) * (len(table.source_names) + 1) + table.sources[rows]
    _, first, number = np.unique(keys, return_index=True, return_inverse=True)
    number = number.reshape(-1)
    sums = np.zeros((len(first), len(table.names)))
    order = np.argsort(number, kind="stable")
    if len(order):
        starts = np.searchsorted(number[order], np.arange(len(first)))
        sums = np.add.reduceat(table.features[rows[order]], starts, dtype=np.float64)
    return sums / np.bincount(number, minlength=1)[:, None][: len(first)], table.codes[rows[first]]


def _components(scaled: NDArray[np.float64], most: int) -> NDArray[np.float64]:
    """Scores of the first principal components, as many as hold nearly all variance."""
    values, vectors = np.linalg.eigh(scaled.T @ scaled / len(scaled))
    values, vectors = np.maximum(values[::-1], 0), vectors[:, ::-1]
    share = np.cumsum(values) / values.sum() if values.sum() > 0 else np.ones(len(values))
    enough = int(np.searchsorted(share, _VARIANCE_KEPT)) + 1
    positive = max(int((values > 1e-9 * max(values[0], 1e-300)).sum()), 1)
    scores: NDArray[np.float64] = scaled @ vectors[:, : min(enough, most, positive)]
    return scores


def _single_distances(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bhattacharyya distance by each feature alone."""
    first, second = one.var(axis=0, ddof=1) + 1e-3, other.var(axis=0, ddof=1) + 1e-3
    mean = (first + second) / 2
    difference = one.mean(axis=0) - other.mean(axis=0)
    distances: NDArray[np.float64] = difference**2 / mean / 8 + np.log(mean / np.sqrt(first * second)) / 2
    return distances
