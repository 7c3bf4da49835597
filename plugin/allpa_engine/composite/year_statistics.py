"""Statistics of a year's clear observations of a vegetation index, exact for any order of the scenes.

Indices are worked on as predictions store them, in whole steps, so sums and order statistics are exact; only the last
conversion to units of the index rounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..classify.spectral_index import NO_INDEX, STEPS_PER_UNIT, ZERO_CODE

PERCENTILES = (10, 25, 50, 75, 90)

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class IndexStatistics:
    """What a year tells of one index at n pixels; NaN where a pixel has no clear observation."""

    observations: NDArray[np.int64]
    """`(n,)` clear observations."""
    percentiles: FloatArray
    """`(5, n)` the `PERCENTILES` of the index, by linear interpolation between observations."""
    deviation: FloatArray
    """`(n,)` standard deviation of the index, divided by the number of observations."""

    @property
    def amplitude(self) -> FloatArray:
        """`(n,)` difference of the 90th and the 10th percentile."""
        difference: FloatArray = self.percentiles[-1] - self.percentiles[0]
        return difference


def index_statistics(
    codes: NDArray[np.uint8], percentiles: Sequence[int] = PERCENTILES, *, deviation: bool = True
) -> IndexStatistics:
    """Statistics of an index over the scenes.

    Parameters
    ----------
    codes : `(scene, n)` uint8 as `spectral_index` stores the index, 0 where a scene has no clear observation.
    percentiles : those of `PERCENTILES` that are computed; the others are NaN.
    deviation : whether the deviation is computed; otherwise it is NaN.

    Returns
    -------
    Percentiles, deviation and number of observations of the n pixels.

    Examples
    --------
    Three clear observations of 0, 0.5 and 1 and a cloud:

    >>> codes = np.array([[255], [0], [128], [192]], np.uint8)
    >>> year = index_statistics(codes)
    >>> int(year.observations[0]), year.percentiles[2].round(2).tolist(), year.deviation.round(2).tolist()
    (3, [0.5], [0.41])

    """
    ordered = np.sort(np.ascontiguousarray(codes.T), axis=1)  # no data comes first
    scenes = codes.shape[0]
    observations = np.count_nonzero(ordered, axis=1).astype(np.int64)
    is_seen = observations > 0
    layers = np.full((len(PERCENTILES), len(ordered)), np.nan)
    values, number = ordered[is_seen], observations[is_seen]
    rows = np.arange(len(values))
    for percentile in percentiles:
        position = (number - 1) * (percentile / 100)
        below = position.astype(np.int64)
        above = np.minimum(below + 1, number - 1)
        low, high = (values[rows, scenes - number + index].astype(np.float64) for index in (below, above))
        between = low + (high - low) * (position - below)
        layers[PERCENTILES.index(percentile), is_seen] = (between - ZERO_CODE) / STEPS_PER_UNIT
    spread = _deviation(codes, observations) if deviation else np.full(len(ordered), np.nan)
    return IndexStatistics(observations, layers, spread)


def _deviation(codes: NDArray[np.uint8], observations: NDArray[np.int64]) -> FloatArray:
    """Standard deviation `(n,)` in units of the index, from exact sums."""
    steps = np.where(codes == NO_INDEX, 0, codes.astype(np.int64) - ZERO_CODE)
    total, squares = steps.sum(axis=0), (steps * steps).sum(axis=0)
    number = np.maximum(observations, 1)
    deviation: FloatArray = np.sqrt(number * squares - total * total) / number / STEPS_PER_UNIT
    return np.where(observations > 0, deviation, np.nan)
