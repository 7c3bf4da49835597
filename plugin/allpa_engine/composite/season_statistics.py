"""Statistics of the clear observations of each pixel: median, percentiles, mean, standard deviation, medoid, count.

Values are digital numbers (reflectance x 10,000) from 1 to 65,535; 0 is no data. Results are rounded to whole numbers,
halves up, and are at least 1 where there is a result, so that 0 stays no data.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..core.season_keys import MEAN, MEDIAN, MEDOID, STANDARD_DEVIATION, percentile_of
from .order_network import apply_network, order_network

_PX_PER_SLICE = 16_384
"""Pixels that are worked on together, so that their series stay in the processor's cache."""
_HIGHEST = np.uint16(0xFFFF)
Stack = NDArray[np.uint16]


def season_statistics(
    stack: Stack, clear: NDArray[np.bool_], statistics: Sequence[str], distance_bands: int | None = None
) -> tuple[dict[str, Stack], NDArray[np.uint16]]:
    """Compute statistics of some observations, pixel by pixel and band by band.

    The median of an even number of observations is the mean of the two in the middle. Percentiles are interpolated
    linearly between the observations (rank p/100 x (n - 1), counted from 0). The standard deviation is that of the
    observations themselves (divided by n) and needs two. The medoid is the one observation, in all bands together,
    whose distances to the others have the smallest sum; of equal ones the first.

    Parameters
    ----------
    stack : `(scene, band, n)` uint16.
    clear : `(scene, n)`, True where the scene shows the pixel clear in all bands; other values are ignored.
    statistics : `median`, `mean`, `std`, `medoid`, or percentiles such as `p90`.
    distance_bands : the first bands, by which the medoid measures distances; None takes all.

    Returns
    -------
    `(band, n)` uint16 by statistic, 0 where there is none; and the number of clear observations `(n,)`, uint16.

    Examples
    --------
    >>> stack = np.array([[[100, 7]], [[300, 9]], [[201, 5]], [[400, 3]]], np.uint16)
    >>> clear = np.array([[1, 0], [1, 0], [1, 0], [1, 0]], bool)
    >>> found, count = season_statistics(stack, clear, ["median", "p100"])
    >>> found["median"].tolist(), found["p100"].tolist(), count.tolist()
    ([[251, 0]], [[400, 0]], [4, 0])

    """
    size = clear.shape[1]
    found = {name: np.zeros((stack.shape[1], size), np.uint16) for name in statistics}
    count = np.zeros(size, np.uint16)
    for start in range(0, size, _PX_PER_SLICE):
        pixels = slice(start, min(start + _PX_PER_SLICE, size))
        _slice_statistics(stack[:, :, pixels], clear[:, pixels], found, count, pixels, distance_bands)
    return found, count


def _slice_statistics(
    stack: Stack,
    clear: NDArray[np.bool_],
    found: dict[str, Stack],
    count: NDArray[np.uint16],
    pixels: slice,
    distance_bands: int | None,
) -> None:
    """The statistics of some pixels, put into the results."""
    observations = np.zeros(clear.shape[1], np.uint16)
    for scene in clear:
        observations += scene
    count[pixels] = observations
    if not observations.any():
        return
    keep = np.where(clear, _HIGHEST, np.uint16(0))
    for name, out in found.items():
        if name == MEDIAN:
            _median(stack, keep, observations, out[:, pixels])
        elif name == MEDOID:
            _medoid(stack, clear, distance_bands or stack.shape[1], out[:, pixels])
        elif name in (MEAN, STANDARD_DEVIATION):
            _moments(stack, keep, observations, out[:, pixels], is_mean=name == MEAN)
    ranks = {name: percentile_of(name) for name in found if name[1:2].isdigit()}
    if ranks:
        _percentiles(stack, keep, observations, {name: found[name][:, pixels] for name in ranks}, ranks)


def _median(stack: Stack, keep: Stack, count: NDArray[np.uint16], out: Stack) -> None:
    """The median, by sorting only as far as the middle.

    What is not clear takes the highest and the lowest number by turns, so that the middle of all observations is that
    of the clear ones, whatever their number.
    """
    scenes = len(stack)
    middle = scenes // 2
    is_complete = bool((count == scenes).all())
    if scenes == 1 or (is_complete and scenes % 2):
        network = order_network(scenes, (middle,))
    else:
        network = order_network(scenes, (middle - 1, middle))
    fill = np.empty_like(keep)
    turn = np.full(keep.shape[1], _HIGHEST)
    for scene, kept in enumerate(keep):
        np.bitwise_and(turn, ~kept, out=fill[scene])
        turn ^= ~kept
    is_even, has_data = count % 2 == 0, count > 0
    work, spare = np.empty_like(keep), np.empty_like(count)
    for band in range(stack.shape[1]):
        rows = list(work)
        for scene, row in enumerate(rows):
            np.bitwise_and(stack[scene, band], keep[scene], out=row)
            np.bitwise_or(row, fill[scene], out=row)
        apply_network(rows, network, spare)
        if len(network) and (not is_complete or scenes % 2 == 0):
            lower, upper = rows[middle - 1], rows[middle]
            halfway = lower + ((upper - lower + np.uint16(1)) >> np.uint16(1))
            odd = upper if scenes % 2 else lower
            out[band] = np.where(is_even, halfway, odd)
        else:
            out[band] = rows[middle]
        out[band] *= has_data


def _percentiles(
    stack: Stack, keep: Stack, count: NDArray[np.uint16], out: dict[str, Stack], ranks: dict[str, float]
) -> None:
    """Percentiles of sorted observations; what is not clear is sorted behind them."""
    scenes, size = keep.shape
    network = order_network(scenes, tuple(range(scenes)))
    last = np.maximum(count.astype(np.float64) - 1, 0)
    has_data, pixel = count > 0, np.arange(size)
    places = {}
    for name, rank in ranks.items():
        place = last * (rank / 100)
        below = np.floor(place).astype(np.intp)
        places[name] = below, np.minimum(below + 1, last.astype(np.intp)), place - below
    spare = np.empty_like(count)
    for band in range(stack.shape[1]):
        rows = list((stack[:, band] & keep) | ~keep)
        apply_network(rows, network, spare)
        ordered = np.stack(rows)
        for name, (below, above, share) in places.items():
            lower, upper = ordered[below, pixel].astype(np.float64), ordered[above, pixel].astype(np.float64)
            value = np.floor(lower + (upper - lower) * share + 0.5)
            out[name][band] = np.where(has_data, value, 0).astype(np.uint16)


def _moments(stack: Stack, keep: Stack, count: NDArray[np.uint16], out: Stack, *, is_mean: bool) -> None:
    """Mean or standard deviation, from sums that are exact."""
    number = count.astype(np.float64)
    safe = np.maximum(number, 1)
    for band in range(stack.shape[1]):
        values = (stack[:, band] & keep).astype(np.float64)
        total = values.sum(axis=0)
        if is_mean:
            out[band] = np.floor(total / safe + 0.5).astype(np.uint16)
            continue
        spread = np.sqrt(np.maximum(number * (values * values).sum(axis=0) - total * total, 0)) / safe
        out[band] = np.where(count > 1, np.maximum(np.floor(spread + 0.5), 1), 0).astype(np.uint16)


def _medoid(stack: Stack, clear: NDArray[np.bool_], bands: int, out: Stack) -> None:
    """The observation nearest to all others, by Euclidean distance over the first bands."""
    scenes, _, size = stack.shape
    totals = np.zeros((scenes, size), np.float64)
    for first in range(scenes):
        for second in range(first + 1, scenes):
            squared = np.zeros(size, np.float64)
            for band in range(bands):
                difference = stack[first, band].astype(np.float32) - stack[second, band]
                squared += difference * difference
            distance = np.sqrt(squared)
            distance *= clear[first] & clear[second]
            totals[first] += distance
            totals[second] += distance
    totals[~clear] = np.inf
    best = totals.argmin(axis=0)
    for scene in range(scenes):
        np.copyto(out, stack[scene], where=(best == scene) & clear[scene])
