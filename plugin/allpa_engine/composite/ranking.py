"""Which class is first and which second, given the scores of all the classes.

Ties go to the class of more looks, then to the lower code. Classes that the guards refuse stand behind all the others.
Most pixels have neither a tie nor a refusal to decide and are ranked by their scores alone; the others are ranked by
whole ballots.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .guards import refused
from .rule import VOTING_CODES

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
    held_back = [
        (row, refused(looks[row], all_looks, share))
        for row, share in enumerate(permille_shares)
        if share >= 0 and (scores[row].any() or looks[row].any())
    ]
    allowed = scores.copy() if held_back else scores
    for row, out in held_back:
        allowed[row] *= ~out
    first, second, best, sure = _by_scores(allowed, looks)
    doubtful = np.flatnonzero(~sure)
    if doubtful.size:
        ballots = _ballots(scores[:, doubtful], looks[:, doubtful])
        held = {row: out[doubtful] for row, out in held_back}
        first[doubtful], second[doubtful], best[doubtful] = _by_ballots(ballots, held)
    return first, second, best


def _by_scores(
    scores: NDArray[np.uint32], looks: NDArray[np.uint16]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint32], NDArray[np.bool_]]:
    """First and second code, largest score, and where this is sure: no tie, and no vote without a score."""
    size = scores.shape[1]
    best, runner_up, lesser = (np.zeros(size, np.uint32) for _ in range(3))
    first, second, firsts, seconds, voted = (np.zeros(size, np.uint8) for _ in range(5))
    present = [row for row in range(len(VOTING_CODES)) if scores[row].any() or looks[row].any()]
    for row in present:
        np.minimum(best, scores[row], out=lesser)
        np.maximum(runner_up, lesser, out=runner_up)
        np.maximum(best, scores[row], out=best)
        voted += looks[row] > 0
    for row in present:
        code = np.uint8(VOTING_CODES[row])
        is_first, is_second = scores[row] == best, scores[row] == runner_up
        firsts += is_first
        seconds += is_second
        np.maximum(first, is_first.view(np.uint8) * code, out=first)
        np.maximum(second, is_second.view(np.uint8) * code, out=second)
    nothing = voted == 0
    first[best == 0] = 0
    second[runner_up == 0] = 0
    alone = (voted == 1) & (runner_up == 0) & (best > 0)
    sure = nothing & (best == 0) | alone | (firsts == 1) & (seconds == 1) & (runner_up > 0)
    return first, second, best, sure


def _ballots(scores: NDArray[np.uint32], looks: NDArray[np.uint16]) -> NDArray[np.uint64]:
    """`(9, n)`; 0 where a class has neither score nor looks."""
    ballots = (scores.astype(np.uint64) << np.uint64(_SCORE_SHIFT)) | (
        looks.astype(np.uint64) << np.uint64(_LOOK_SHIFT)
    )
    codes = np.uint64(_HIGHEST_CODE) - np.array(VOTING_CODES, np.uint64)
    return ballots + (ballots > 0) * codes[:, np.newaxis]


def _by_ballots(
    ballots: NDArray[np.uint64], held_back: dict[int, NDArray[np.bool_]]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint32]]:
    """First and second code and largest score; held-back classes only where no other one has a ballot."""
    allowed = ballots.copy()
    for row, out in held_back.items():
        allowed[row, out] = 0
    only_held = ~allowed.any(axis=0)
    allowed[:, only_held] = ballots[:, only_held]
    allowed.sort(axis=0)
    best, runner_up = allowed[-1], allowed[-2]
    return _code_of(best), _code_of(runner_up), (best >> np.uint64(_SCORE_SHIFT)).astype(np.uint32)


def _code_of(ballot: NDArray[np.uint64]) -> NDArray[np.uint8]:
    code: NDArray[np.uint8] = np.uint8(_HIGHEST_CODE) - (ballot & np.uint64(15)).astype(np.uint8)
    code[ballot == 0] = 0
    return code
