"""Which class is first and which second, given what each class has in the tally.

Ties go to the class of more looks, then to the lower code. Classes that the guards refuse stand behind all the others.
Nearly every pixel is decided by a short ballot per class, `score << 4 | 15 - code`, of which the three largest are
kept: they tell the order of the first two where their scores differ from each other and from the third. The few pixels
that this leaves open are decided by whole ballots, `score << 20 | looks << 4 | 15 - code`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .min_share import refused
from .rule import VOTING_CODES, WEIGHT_STEPS

_HIGHEST_CODE = 15
_SHORT_SHIFT = 4
_LOOK_SHIFT, _SCORE_SHIFT = 4, 20

_Numbers = NDArray[np.unsignedinteger[Any]]


@dataclass(frozen=True)
class Ranking:
    """The outcome of n pixels, each `(n,)`."""

    first: NDArray[np.uint8]
    """Code of the winner; 0 where no class of a weight above 0 was seen."""
    second: NDArray[np.uint8]
    """Code of the second class; 0 where there is none."""
    best: _Numbers
    """The winner's score."""
    total: _Numbers
    """Sum of all scores."""
    looks: _Numbers
    """Clear looks that voted for the winner."""


def ranked(
    confidence: _Numbers,
    looks: _Numbers,
    all_looks: NDArray[np.uint16],
    weights: Sequence[int],
    permille_shares: Sequence[int],
) -> Ranking:
    """Rank the classes of each pixel.

    Parameters
    ----------
    confidence, looks : `(9, n)` sums of a tally.
    all_looks : `(n,)` clear looks.
    weights : whole weight of each class; 0 takes no part.
    permille_shares : share of the looks that each class must exceed to stand before the others, -1 for none.

    """
    rows = [row for row, weight in enumerate(weights) if weight and (looks[row].any() or confidence[row].any())]
    held_back = {
        row: out
        for row in rows
        if permille_shares[row] >= 0 and (out := refused(looks[row], all_looks, permille_shares[row])).any()
    }
    best, second, third, total = _three_largest(confidence, weights, rows, held_back)
    first_code, second_code = _code_of(best), _code_of(second)
    first_looks = _looks_of(first_code, looks, rows)
    standing = all_looks.copy()
    for row, weight in enumerate(weights):
        if row in held_back or not weight:
            standing -= looks[row] * held_back[row] if weight else looks[row]
    has_second = second > _HIGHEST_CODE
    unsure = (best ^ second <= _HIGHEST_CODE) & (all_looks > 0)
    unsure |= (second ^ third <= _HIGHEST_CODE) & has_second
    unsure |= (first_looks != standing) & ~has_second
    best >>= best.dtype.type(_SHORT_SHIFT)
    open_px = np.flatnonzero(unsure)
    if open_px.size and rows:
        ballots = {row: _ballots(confidence, looks, open_px, row, weights[row]) for row in rows}
        held = {row: out[open_px] for row, out in held_back.items()}
        codes = first_code[open_px], second_code[open_px], best[open_px] = _by_ballots(ballots, held)
        first_looks[open_px] = _looks_of(codes[0], looks[:, open_px], rows)
    return Ranking(first_code, second_code, best, total, first_looks)


def _three_largest(
    confidence: _Numbers, weights: Sequence[int], rows: Sequence[int], held_back: Mapping[int, NDArray[np.bool_]]
) -> tuple[_Numbers, _Numbers, _Numbers, _Numbers]:
    """The three largest short ballots and the sum of all scores; a ballot up to 15 is that of a class without score."""
    most = int(confidence.max(initial=0)) * WEIGHT_STEPS
    number = np.uint32 if most < 1 << 32 - _SHORT_SHIFT else np.uint64
    size = confidence.shape[1]
    best, second, third, total = (np.zeros(size, number) for _ in range(4))
    ballot = np.empty(size, number)
    for row in rows:
        np.multiply(confidence[row], number(weights[row]), out=ballot, dtype=number)
        total += ballot
        ballot <<= number(_SHORT_SHIFT)
        ballot |= number(_HIGHEST_CODE - VOTING_CODES[row])
        if row in held_back:
            ballot[held_back[row]] = 0
        for place in (best, second):
            lower = np.minimum(place, ballot)
            np.maximum(place, ballot, out=place)
            ballot = lower
        np.maximum(third, ballot, out=third)
    return best, second, third, total


def _code_of(ballot: _Numbers) -> NDArray[np.uint8]:
    """Class code `(n,)` in a ballot of a class that has a score, or looks; 0 where there is none."""
    low = ballot.astype(np.uint8) & np.uint8(_HIGHEST_CODE)
    code: NDArray[np.uint8] = (np.uint8(_HIGHEST_CODE) - low) * (ballot > _HIGHEST_CODE).view(np.uint8)
    return code


def _looks_of(code: NDArray[np.uint8], looks: _Numbers, rows: Sequence[int]) -> _Numbers:
    """Looks `(n,)` of each pixel's class."""
    out = np.zeros(code.size, looks.dtype)
    for row in rows:
        out += looks[row] * (code == VOTING_CODES[row]).view(np.uint8)
    return out


def _ballots(
    confidence: _Numbers, looks: _Numbers, pixels: NDArray[np.intp], row: int, weight: int
) -> NDArray[np.uint64]:
    """A class's whole ballots; 0 where it has neither score nor looks."""
    score = confidence[row, pixels].astype(np.uint64) * np.uint64(weight)
    ballots: NDArray[np.uint64] = score << np.uint64(_SCORE_SHIFT)
    ballots |= looks[row, pixels].astype(np.uint64) << np.uint64(_LOOK_SHIFT)
    ballots[ballots > 0] += np.uint64(_HIGHEST_CODE - VOTING_CODES[row])
    return ballots


def _by_ballots(
    ballots: Mapping[int, NDArray[np.uint64]], held_back: Mapping[int, NDArray[np.bool_]]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint64]]:
    """First and second code and largest score; held-back classes only where no other one has a ballot."""
    size = next(iter(ballots.values())).size
    best, second = np.zeros(size, np.uint64), np.zeros(size, np.uint64)
    for row, ballot in ballots.items():
        _enter(ballot * ~held_back[row] if row in held_back else ballot, best, second)
    nothing_else = best == 0
    for row, out in held_back.items():
        _enter(ballots[row] * (out & nothing_else), best, second)
    return _code_of(best), _code_of(second), best >> np.uint64(_SCORE_SHIFT)


def _enter(ballot: NDArray[np.uint64], best: NDArray[np.uint64], second: NDArray[np.uint64]) -> None:
    """Let a class compete with the two best so far, in place."""
    np.maximum(second, np.minimum(best, ballot), out=second)
    np.maximum(best, ballot, out=best)
