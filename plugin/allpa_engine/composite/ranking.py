"""Which class is first and which second, given the scores of all the classes.

Ties go to the class of more looks, then to the lower code. Classes that the guards refuse stand behind all the others.
Most pixels have neither a tie nor a refusal to decide and are ranked by their scores alone; the others are ranked by
whole ballots.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from .guards import refused
from .rule import VOTING_CODES

_Number = TypeVar("_Number", np.uint32, np.uint64)
_LOOK_SHIFT, _HIGHEST_CODE, _SCORE_SHIFT = 4, 15, 20
"""A ballot is one integer, score << 20 | looks << 4 | 15 - code: the largest ballot wins, ties included."""


def ranked(
    scores: NDArray[np.uint32],
    looks: NDArray[np.uint16],
    all_looks: NDArray[np.uint16],
    permille_shares: Sequence[int],
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint32]]:
    """Codes of the first and second class, and the first one's score; each `(n,)`, 0 where there is none.

    Parameters
    ----------
    scores : `(9, n)` weighted sums; a class without a score ranks only if it is the only kind of class there is.
    looks : `(9, n)` clear looks per class; 0 where the class has weight 0.
    all_looks : `(n,)` clear looks.
    permille_shares : share of the looks that each class must exceed to stand before the others, -1 for none.

    """
    rows = [row for row in range(len(VOTING_CODES)) if looks[row].max() or scores[row].max()]
    held_back = {
        row: out
        for row in rows
        if permille_shares[row] >= 0 and (out := refused(looks[row], all_looks, permille_shares[row])).any()
    }
    allowed = {row: scores[row] * ~held_back[row] if row in held_back else scores[row] for row in rows}
    voted = {row: (looks[row] > 0) & ~held_back[row] if row in held_back else looks[row] > 0 for row in rows}
    first, second, best, sure = _by_scores(allowed, voted, all_looks)
    doubtful = np.flatnonzero(~sure)
    if doubtful.size and rows:
        ballots = {row: _ballots(scores[row, doubtful], looks[row, doubtful], VOTING_CODES[row]) for row in rows}
        held = {row: out[doubtful] for row, out in held_back.items()}
        first[doubtful], second[doubtful], best[doubtful] = _by_ballots(ballots, held)
    return first, second, best


def _by_scores(
    scores: Mapping[int, NDArray[np.uint32]], voted: Mapping[int, NDArray[np.bool_]], all_looks: NDArray[np.uint16]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint32], NDArray[np.bool_]]:
    """First and second code, largest score, and where this is sure: no tie, and no vote without a score."""
    size = all_looks.size
    best, runner_up, first_voted = np.zeros(size, np.uint32), np.zeros(size, np.uint32), np.zeros(size, bool)
    first, second, firsts, seconds, voters = (np.zeros(size, np.uint8) for _ in range(5))
    for row, score in scores.items():
        _enter(score, best, runner_up)
        voters += voted[row]
    for row, score in scores.items():
        code = np.uint8(VOTING_CODES[row])
        is_first, is_second = score == best, score == runner_up
        firsts += is_first
        seconds += is_second
        first_voted |= is_first & voted[row]
        np.maximum(first, is_first.view(np.uint8) * code, out=first)
        np.maximum(second, is_second.view(np.uint8) * code, out=second)
    has_first, has_second = best > 0, runner_up > 0
    first *= has_first
    second *= has_second
    clear_order = has_second & (firsts == 1) & (seconds == 1)
    alone = has_first & ~has_second & first_voted & (voters == 1)
    sure = clear_order | alone | (all_looks == 0)
    return first, second, best, sure


def _enter(ballots: NDArray[_Number], best: NDArray[_Number], runner_up: NDArray[_Number]) -> None:
    """Let a class compete with the two best so far, in place."""
    np.maximum(runner_up, np.minimum(best, ballots), out=runner_up)
    np.maximum(best, ballots, out=best)


def _ballots(scores: NDArray[np.uint32], looks: NDArray[np.uint16], code: int) -> NDArray[np.uint64]:
    """A class's ballots `(n,)`; 0 where it has neither score nor looks."""
    ballots: NDArray[np.uint64] = (scores.astype(np.uint64) << np.uint64(_SCORE_SHIFT)) | (
        looks.astype(np.uint64) << np.uint64(_LOOK_SHIFT)
    )
    ballots[ballots > 0] += np.uint64(_HIGHEST_CODE - code)
    return ballots


def _by_ballots(
    ballots: Mapping[int, NDArray[np.uint64]], held_back: Mapping[int, NDArray[np.bool_]]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint32]]:
    """First and second code and largest score; held-back classes only where no other one has a ballot."""
    size = next(iter(ballots.values())).size
    best, runner_up = np.zeros(size, np.uint64), np.zeros(size, np.uint64)
    for row, ballot in ballots.items():
        _enter(ballot * ~held_back[row] if row in held_back else ballot, best, runner_up)
    nothing_else = best == 0
    for row, out in held_back.items():
        _enter(ballots[row] * (out & nothing_else), best, runner_up)
    return _code_of(best), _code_of(runner_up), (best >> np.uint64(_SCORE_SHIFT)).astype(np.uint32)


def _code_of(ballot: NDArray[np.uint64]) -> NDArray[np.uint8]:
    code: NDArray[np.uint8] = np.uint8(_HIGHEST_CODE) - (ballot & np.uint64(15)).astype(np.uint8)
    code[ballot == 0] = 0
    return code
