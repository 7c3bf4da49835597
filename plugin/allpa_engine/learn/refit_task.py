"""Observations of corrections, to which heads are fitted and which they classify by the vote of the annual map.

Corrections do not say how frequent classes are: ten clicks of a rare class and ten of a frequent one would make the
rare class win too often. So a class weighs as the square root of its share of the land, counted on background pixels of
the scenes: the mean of what the present head finds there and of what a head finds that was fitted with all classes
alike. The present head alone would hold down the classes that it misses, the fitted one alone lets rare classes win too
often (`docs/learn_clicks.md`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..core.legend import Legend
from .correction_features import Observations
from .linear_head import LinearHead, refit_head, with_new_classes

_SHARE_FLOOR = 0.01
"""Added to the share of each class, so that one which is not on the background yet can come up."""


class RefitTask:
    """The observations with their classes.

    Parameters
    ----------
    observations : of all scenes at the corrections, `n` rows.
    row_codes : `(n,)` class of each row.
    weights : `(n,)`, 0 for rows that do not count.
    head : the present one.
    legend : of present and new classes; its weights are those of the vote.
    background : of pixels of unknown class, on which classes are counted; None weighs all classes alike.

    """

    def __init__(
        self,
        observations: Observations,
        row_codes: NDArray[np.uint8],
        weights: NDArray[np.float64],
        head: LinearHead,
        legend: Legend,
        background: Observations | None,
    ) -> None:
        self.observations, self.row_codes, self.weights, self._legend = observations, row_codes, weights, legend
        used = weights > 0
        self.start = with_new_classes(head, row_codes[used], observations.features[used], weights[used])
        self._background = background if background is not None and len(background) else None
        self._present = self._counted(head)
        self._last = self.start

    def fit(self, weights: NDArray[np.float64], strength: float) -> LinearHead:
        """A head fitted to weighted rows, its classes weighed by how frequent they are.

        Parameters
        ----------
        weights : `(n,)` of the rows; those of corrections that are left out are 0.
        strength : how strongly the present head is held.

        Returns
        -------
        A head of the present and the new classes.

        """
        alike = self._fit_alike(weights, strength)
        if self._background is None:
            return alike
        return self._fit(weights, np.sqrt(self._shares(alike)), strength)

    def class_shares(self, strength: float) -> NDArray[np.float64]:
        """`(256,)` by code: shares of the classes on the background, by a fit to all corrections; else all alike."""
        return self._shares(self._fit_alike(self.weights, strength))

    def classify(self, head: LinearHead, wanted: NDArray[np.bool_]) -> NDArray[np.int64]:
        """The class of each wanted correction by the vote of its observations; 0 for others."""
        rows = np.flatnonzero((self.weights > 0) & wanted[self.observations.correction])
        part = Observations(
            self.observations.features[rows], self.observations.correction[rows], np.ones(len(rows), bool)
        )
        codes = vote_classes(part, head, self._legend, len(wanted), self.weights[rows])
        return np.where(wanted, codes, 0)

    def _fit_alike(self, weights: NDArray[np.float64], strength: float) -> LinearHead:
        return self._fit(weights, np.ones(256), strength)

    def _fit(self, weights: NDArray[np.float64], by_class: NDArray[np.float64], strength: float) -> LinearHead:
        """A fit in which all rows of a class together weigh as given by its code."""
        total = np.bincount(self.row_codes, weights, minlength=256)
        factors = by_class / np.where(total > 0, total, 1)
        self._last = refit_head(
            self.start,
            self.observations.features,
            self.row_codes,
            weights * factors[self.row_codes],
            strength,
            self._last,
        )
        return self._last

    def _shares(self, head: LinearHead) -> NDArray[np.float64]:
        if self._background is None:
            return np.ones(256)
        shares: NDArray[np.float64] = (self._counted(head) + self._present) / 2 + _SHARE_FLOOR
        return shares

    def _counted(self, head: LinearHead) -> NDArray[np.float64]:
        """`(256,)` by code: shares of the background that a head gives its classes."""
        if self._background is None:
            return np.zeros(256)
        codes = vote_classes(self._background, head, self._legend, int(self._background.correction.max()) + 1)
        counts = np.bincount(codes[codes > 0], minlength=256)
        shares: NDArray[np.float64] = counts / max(counts.sum(), 1)
        return shares


def vote_classes(
    observations: Observations,
    head: LinearHead,
    legend: Legend,
    count: int,
    weights: NDArray[np.float64] | None = None,
) -> NDArray[np.int64]:
    """The class of each correction by the class-weighted mode of its observations, as in the annual map.

    Parameters
    ----------
    observations : all of them vote, each for its most probable class of land, by its probability.
    head : gives the probabilities.
    legend : of the head's classes; gives the weights of the votes.
    count : of the corrections.
    weights : `(n,)` of the observations; None takes 1.

    Returns
    -------
    `(count,)` codes; 0 where nothing votes.

    """
    probabilities = head.probabilities(observations.features)
    land = np.array([code != legend.cloud_code for code in head.classes])
    factors = np.array([legend.by_code[code].weight for code in head.classes])
    best = np.where(land, probabilities, -1).argmax(axis=1)
    votes = probabilities[np.arange(len(best)), best] * factors[best]
    scores = np.zeros((count, len(head.classes)))
    np.add.at(scores, (observations.correction, best), votes if weights is None else votes * weights)
    return np.where(scores.any(axis=1), np.asarray(head.classes)[scores.argmax(axis=1)], 0)
