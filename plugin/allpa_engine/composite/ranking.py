"""Which class is first and which second, from the tally of the classes.

Ties go to the class of more observations, then to the lower code. Classes below their minimum share stand behind all
the others. Nearly every pixel is decided by a short sort_key per class, `score << 4 | 15 - code`, of which the three
largest are kept: they give the order of the first two where their scores differ from each other and from the third.
The few pixels that this leaves open are decided by whole sort_keys, `score << 20 | observations << 4 | 15 - code`.
Legends with codes above 15 have eight bits for the code in place of four.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .min_share import is_below_min_share
from .rule import WEIGHT_SCALE

_OBSERVATION_BITS = 16

_UnsignedArray = NDArray[np.unsignedinteger[Any]]


@dataclass(frozen=True)
class Ranking:
    """The outcome of n pixels, each `(n,)`."""

    first: NDArray[np.uint8]
    """Code of the winner; 0 where no class of a weight above 0 was seen."""
    second: NDArray[np.uint8]
    """Code of the second class; 0 where there is none."""
    best: _UnsignedArray
    """The winner's score."""
    total: _UnsignedArray
    """Sum of all scores."""
    observations: _UnsignedArray
    """Clear observations that voted for the winner."""


@dataclass(frozen=True)
class _Keys:
    """How sort_keys hold the codes of the classes."""

    codes: tuple[int, ...]
    """By row."""

    @property
    def bits(self) -> int:
        """Lowest bits of a sort_key, for the code."""
        return 4 if self.codes[-1] < 16 else 8

    @property
    def mask(self) -> int:
        """The largest number in these bits."""
        return (1 << self.bits) - 1

    @property
    def score_shift(self) -> int:
        """Where the score begins in a whole sort_key."""
        return self.bits + _OBSERVATION_BITS

    def code_of(self, sort_key: _UnsignedArray) -> NDArray[np.uint8]:
        """Class code `(n,)` in a sort_key of a class that has a score, or observations; 0 where there is none."""
        low = sort_key.astype(np.uint8) & np.uint8(self.mask)
        code: NDArray[np.uint8] = (np.uint8(self.mask) - low) * (sort_key > self.mask).view(np.uint8)
        return code


def rank_classes(
    confidence: _UnsignedArray,
    observations: _UnsignedArray,
    total_observations: NDArray[np.uint16],
    weights: Sequence[int],
    min_shares_permille: Sequence[int],
    codes: Sequence[int],
) -> Ranking:
    """Rank the classes of each pixel.

    Parameters
    ----------
    confidence, observations : `(class, n)` sums of a tally.
    total_observations : `(n,)` clear observations.
    weights : whole weight of each class; 0 takes no part.
    min_shares_permille : share of the observations that each class must exceed to stand before the others, -1 for none.
    codes : of the classes, rising, 1 to 255.

    Returns
    -------
    Codes of the winner and of the second class, with the scores, all `(n,)`.

    """
    rows = [row for row, weight in enumerate(weights) if weight and (observations[row].any() or confidence[row].any())]
    below_min_share = {
        row: out
        for row in rows
        if min_shares_permille[row] >= 0
        and (out := is_below_min_share(observations[row], total_observations, min_shares_permille[row])).any()
    }
    keys = _Keys(tuple(codes))
    best, second, third, total = _three_largest(confidence, weights, rows, below_min_share, keys)
    first_code, second_code = keys.code_of(best), keys.code_of(second)
    first_observations = _observations_of(first_code, observations, rows, codes)
    eligible_observations = total_observations.copy()
    for row, weight in enumerate(weights):
        if row in below_min_share or not weight:
            eligible_observations -= observations[row] * below_min_share[row] if weight else observations[row]
    has_second = second > keys.mask
    ambiguous = (best ^ second <= keys.mask) & (total_observations > 0)
    ambiguous |= (second ^ third <= keys.mask) & has_second
    ambiguous |= (first_observations != eligible_observations) & ~has_second
    best >>= best.dtype.type(keys.bits)
    ambiguous_px = np.flatnonzero(ambiguous)
    if ambiguous_px.size and rows:
        sort_keys = {
            row: _full_sort_keys(confidence, observations, ambiguous_px, row, weights[row], keys) for row in rows
        }
        below_min_share_px = {row: out[ambiguous_px] for row, out in below_min_share.items()}
        ranked = first_code[ambiguous_px], second_code[ambiguous_px], best[ambiguous_px] = _rank_by_full_keys(
            sort_keys, below_min_share_px, keys
        )
        first_observations[ambiguous_px] = _observations_of(ranked[0], observations[:, ambiguous_px], rows, codes)
    return Ranking(first_code, second_code, best, total, first_observations)


def _three_largest(
    confidence: _UnsignedArray,
    weights: Sequence[int],
    rows: Sequence[int],
    below_min_share: Mapping[int, NDArray[np.bool_]],
    keys: _Keys,
) -> tuple[_UnsignedArray, _UnsignedArray, _UnsignedArray, _UnsignedArray]:
    """The three largest short sort_keys and the sum of all scores; a sort_key up to `keys.mask` is that of a class
    without score.
    """
    max_score = int(confidence.max(initial=0)) * WEIGHT_SCALE
    score_dtype = np.uint32 if max_score < 1 << 32 - keys.bits else np.uint64
    size = confidence.shape[1]
    best, second, third, total = (np.zeros(size, score_dtype) for _ in range(4))
    sort_key = np.empty(size, score_dtype)
    for row in rows:
        np.multiply(confidence[row], score_dtype(weights[row]), out=sort_key, dtype=score_dtype)
        total += sort_key
        sort_key <<= score_dtype(keys.bits)
        sort_key |= score_dtype(keys.mask - keys.codes[row])
        if row in below_min_share:
            sort_key[below_min_share[row]] = 0
        for running_max in (best, second):
            lower = np.minimum(running_max, sort_key)
            np.maximum(running_max, sort_key, out=running_max)
            sort_key = lower
        np.maximum(third, sort_key, out=third)
    return best, second, third, total


def _observations_of(
    code: NDArray[np.uint8], observations: _UnsignedArray, rows: Sequence[int], codes: Sequence[int]
) -> _UnsignedArray:
    """Observations `(n,)` of each pixel's class."""
    out = np.zeros(code.size, observations.dtype)
    for row in rows:
        out += observations[row] * (code == codes[row]).view(np.uint8)
    return out


def _full_sort_keys(
    confidence: _UnsignedArray,
    observations: _UnsignedArray,
    pixels: NDArray[np.intp],
    row: int,
    weight: int,
    keys: _Keys,
) -> NDArray[np.uint64]:
    """A class's whole sort_keys; 0 where it has neither score nor observations."""
    score = confidence[row, pixels].astype(np.uint64) * np.uint64(weight)
    sort_keys: NDArray[np.uint64] = score << np.uint64(keys.score_shift)
    sort_keys |= observations[row, pixels].astype(np.uint64) << np.uint64(keys.bits)
    sort_keys[sort_keys > 0] += np.uint64(keys.mask - keys.codes[row])
    return sort_keys


def _rank_by_full_keys(
    sort_keys: Mapping[int, NDArray[np.uint64]], below_min_share: Mapping[int, NDArray[np.bool_]], keys: _Keys
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint64]]:
    """First and second code and largest score; held-back classes only where no other one has a sort_key."""
    size = next(iter(sort_keys.values())).size
    best, second = np.zeros(size, np.uint64), np.zeros(size, np.uint64)
    for row, sort_key in sort_keys.items():
        _update_two_largest(sort_key * ~below_min_share[row] if row in below_min_share else sort_key, best, second)
    no_other_class = best == 0
    for row, out in below_min_share.items():
        _update_two_largest(sort_keys[row] * (out & no_other_class), best, second)
    return keys.code_of(best), keys.code_of(second), best >> np.uint64(keys.score_shift)


def _update_two_largest(sort_key: NDArray[np.uint64], best: NDArray[np.uint64], second: NDArray[np.uint64]) -> None:
    """Let a class compete with the two best so far, in place."""
    np.maximum(second, np.minimum(best, sort_key), out=second)
    np.maximum(best, sort_key, out=best)
