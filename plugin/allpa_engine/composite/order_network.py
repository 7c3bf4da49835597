"""Networks of comparisons that sort a few arrays pixel by pixel, cut down to what an order statistic needs.

Sorting thousands of short series one by one is slow; a fixed sequence of minima and maxima over whole arrays is not,
since each is one instruction for many pixels.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Comparison(NamedTuple):
    """Row `low` takes the smaller and row `high` the larger value of both; a part that is not needed is left out."""

    low: int
    high: int
    needs_low: bool
    needs_high: bool


@lru_cache(maxsize=128)
def order_network(count: int, positions: tuple[int, ...]) -> tuple[Comparison, ...]:
    """The comparisons after which some positions of the sorted series are right.

    Parameters
    ----------
    count : length of the series, 1 or more.
    positions : those that are needed, from 0 (smallest) to `count` - 1.

    Returns
    -------
    The comparisons in their order.

    References
    ----------
    Knuth, D. E. (1998): The Art of Computer Programming 3, 5.2.2, algorithm M (merge exchange, by K. E. Batcher).

    Examples
    --------
    >>> [comparison[:2] for comparison in order_network(3, (1,))]
    [(0, 2), (0, 1), (1, 2)]

    """
    needed, kept = set(positions), []
    for low, high in reversed(_merge_exchange(count)):
        if low in needed or high in needed:
            kept.append(Comparison(low, high, low in needed, high in needed))
            needed |= {low, high}
    return tuple(reversed(kept))


def _merge_exchange(count: int) -> list[tuple[int, int]]:
    comparisons: list[tuple[int, int]] = []
    largest = 1 << max(0, (count - 1).bit_length() - 1)
    step = largest if count > 1 else 0
    while step:
        distance, rest, span = step, 0, largest
        while True:
            comparisons += [(i, i + distance) for i in range(count - distance) if i & step == rest]
            if span == step:
                break
            distance, rest, span = span - step, step, span >> 1
        step >>= 1
    return comparisons


def apply_network(rows: list[NDArray[np.uint16]], network: tuple[Comparison, ...], spare: NDArray[np.uint16]) -> None:
    """Sort rows as far as a network does.

    Parameters
    ----------
    rows : arrays of one shape. They are overwritten, and the list is changed: afterwards it may hold `spare`.
    network : from `order_network` for as many rows.
    spare : an array of the same shape to work with.

    """
    for low, high, needs_low, needs_high in network:
        smaller, larger = rows[low], rows[high]
        if not needs_high:
            np.minimum(smaller, larger, out=smaller)
        elif not needs_low:
            np.maximum(smaller, larger, out=larger)
        else:
            np.minimum(smaller, larger, out=spare)
            np.maximum(smaller, larger, out=larger)
            rows[low], spare = spare, smaller
