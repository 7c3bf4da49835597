"""The class-weighted mode, as functions on arrays: looks are tallied, then each pixel's class is decided.

Scene t gives pixel x a class c_t(x) with confidence p_t(x). Score S_k(x) = w_k * sum of p_t over the clear looks with
c_t = k; the map is the class of the largest score. Ties: the class seen in more scenes, then the lower code. All sums
and comparisons are of integers (confidence x 255, weights in steps of 1/10,000), so the order of the scenes, the block
size and a common factor of the weights cannot change a pixel. Pixels are a flat axis of length n throughout.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .guards import refused
from .rule import VOTING_CODES, CompositeRule

MOST_SCENES_AT_ONCE = 255
"""Scenes per call of `tally_looks`, so that sums of one call fit 16 bits."""
MEAN_STEPS = 256
"""Fixed point of a month's mean: means are rounded down to 1/256 of a confidence step."""

_MONTHS_SET = np.array([bits.bit_count() for bits in range(1 << 12)], np.uint8)
"""Number of months in a mask of months."""
_LOOK_SHIFT, _CODE_SHIFT, _SCORE_SHIFT = 4, 15, 20
"""A ballot is one integer: score << 20 | looks << 4 | 15 - code. The largest ballot wins, ties included."""


@dataclass
class Tally:
    """Running sums of n pixels over the scenes tallied so far."""

    confidence: NDArray[np.uint32]
    """`(9, n)` sum of confidences x 255 per voting class."""
    looks: NDArray[np.uint16]
    """`(9, n)` number of clear looks per voting class."""
    months: NDArray[np.uint16]
    """`(n,)` bit m - 1 is set where month m has a clear look."""


@dataclass(frozen=True)
class Decision:
    """The map and its quality layers, all `(n,)` uint8."""

    landcover: NDArray[np.uint8]
    """Class code; 10 where only clouds were seen, 0 where nothing was."""
    confidence: NDArray[np.uint8]
    """Winner's score over the sum of all scores, x 255."""
    agreement: NDArray[np.uint8]
    """Percent of the clear looks that voted for the winner."""
    looks: NDArray[np.uint8]
    """Number of clear looks; 255 stands for 255 or more."""
    months: NDArray[np.uint8]
    """Number of calendar months with a clear look, 0 to 12."""
    second: NDArray[np.uint8]
    """Class of the second largest score; 0 where there was one class only."""

    @property
    def layers(self) -> tuple[NDArray[np.uint8], ...]:
        """Landcover, then the quality layers in the order of the quality raster's bands."""
        return self.landcover, self.confidence, self.agreement, self.looks, self.months, self.second


def empty_tally(size: int) -> Tally:
    """A tally of `size` pixels that were not seen."""
    rows = len(VOTING_CODES)
    return Tally(np.zeros((rows, size), np.uint32), np.zeros((rows, size), np.uint16), np.zeros(size, np.uint16))


def tally_looks(
    tally: Tally,
    classes: NDArray[np.uint8],
    confidence: NDArray[np.uint8],
    months: Sequence[int],
    probabilities: NDArray[np.uint8] | None = None,
) -> None:
    """Add the looks of some scenes to `tally`, in place.

    Parameters
    ----------
    tally : of n pixels.
    classes : `(scene, n)` codes 1 to 9, and 0 where the scene gives no clear look.
    confidence : `(scene, n)` confidence of the class x 255.
    months : month (1 to 12) of each scene.
    probabilities : `(scene, 9, n)` probability x 255 of the voting classes; given, they vote in place of `confidence`.

    """
    if len(classes) > MOST_SCENES_AT_ONCE:
        raise ValueError(f"at most {MOST_SCENES_AT_ONCE} scenes can be tallied at once")
    chosen = np.empty(classes.shape, bool)
    masked = np.empty(classes.shape, np.uint8)
    for row, code in enumerate(VOTING_CODES):
        np.equal(classes, code, out=chosen)
        if not chosen.any():
            continue
        flags = chosen.view(np.uint8)
        tally.looks[row] += np.add.reduce(flags, axis=0, dtype=np.uint8)
        if probabilities is None:
            np.multiply(flags, confidence, out=masked)
            tally.confidence[row] += np.add.reduce(masked, axis=0, dtype=np.uint16)
    clear = np.not_equal(classes, 0, out=chosen)
    if probabilities is not None:
        for row in range(len(VOTING_CODES)):
            np.multiply(clear.view(np.uint8), probabilities[:, row], out=masked)
            tally.confidence[row] += np.add.reduce(masked, axis=0, dtype=np.uint16)
    for month in sorted(set(months)):
        seen = clear[[index for index, each in enumerate(months) if each == month]].any(axis=0)
        tally.months |= seen.astype(np.uint16) << np.uint16(month - 1)


def add_month(total: Tally, month: Tally) -> None:
    """Add to `total`, in place, the mean of a month's clear looks: the month votes once, however often it was seen.

    A total takes either months by this function or looks by `tally_looks`, not both: their sums have different units.
    """
    looks = month.looks.sum(axis=0, dtype=np.uint32)
    np.maximum(looks, 1, out=looks)
    total.confidence += month.confidence * np.uint32(MEAN_STEPS) // looks
    total.looks += month.looks
    total.months |= month.months


def decide(tally: Tally, seen: NDArray[np.bool_], rule: CompositeRule) -> Decision:
    """Decide each pixel's class from its tally.

    Parameters
    ----------
    tally : of n pixels.
    seen : `(n,)` True where any scene of the season saw the pixel, if only clouds there.
    rule : gives the weights and the least shares of looks.

    """
    all_looks = tally.looks.sum(axis=0, dtype=np.uint16)
    best, runner_up, scores = _ranked(tally, all_looks, rule)
    won = best > 0
    landcover = _code_of(best)
    landcover[~won & seen & (all_looks == 0)] = 10
    score = (best >> np.uint64(_SCORE_SHIFT)).astype(np.float64)
    winner_looks = (best >> np.uint64(_LOOK_SHIFT)) & np.uint64(0xFFFF)
    return Decision(
        landcover,
        _rounded(255 * score, scores.astype(np.float64)),
        _rounded(100 * winner_looks.astype(np.float32), all_looks.astype(np.float32)),
        np.minimum(all_looks, 255).astype(np.uint8),
        _MONTHS_SET[tally.months],
        _code_of(runner_up),
    )


def _ranked(
    tally: Tally, all_looks: NDArray[np.uint16], rule: CompositeRule
) -> tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint64]]:
    """The largest and second largest ballot, and the sum of all scores; each `(n,)`.

    Classes that the guards refuse stand behind all the others, so they win only where nothing else was seen.
    """
    size = all_looks.size
    best, runner_up, scores = (np.zeros(size, np.uint64) for _ in range(3))
    held_back: list[NDArray[np.uint64]] = []
    for row, (code, weight, share) in enumerate(
        zip(VOTING_CODES, rule.integer_weights, rule.permille_shares, strict=True)
    ):
        looks = tally.looks[row]
        if not weight or not (looks.any() or tally.confidence[row].any()):
            continue
        score = np.multiply(tally.confidence[row], weight, dtype=np.uint64)
        scores += score
        ballot = (score << np.uint64(_SCORE_SHIFT)) + (looks.astype(np.uint64) << np.uint64(_LOOK_SHIFT))
        ballot += (ballot > 0) * np.uint64(_CODE_SHIFT - code)
        if share >= 0:
            out = refused(looks, all_looks, share)
            if out.any():
                held_back.append(np.where(out, ballot, np.uint64(0)))
                ballot[out] = 0
        _enter(ballot, best, runner_up)
    nothing_else = best == 0
    for ballot in held_back:
        _enter(ballot * nothing_else, best, runner_up)
    return best, runner_up, scores


def _enter(ballot: NDArray[np.uint64], best: NDArray[np.uint64], runner_up: NDArray[np.uint64]) -> None:
    """Let a class's ballots compete with the two best so far, in place."""
    np.maximum(runner_up, np.minimum(best, ballot), out=runner_up)
    np.maximum(best, ballot, out=best)


def _code_of(ballot: NDArray[np.uint64]) -> NDArray[np.uint8]:
    code: NDArray[np.uint8] = np.uint8(_CODE_SHIFT) - (ballot & np.uint64(15)).astype(np.uint8)
    code[ballot == 0] = 0
    return code


def _rounded(part: NDArray[np.floating], whole: NDArray[np.floating]) -> NDArray[np.uint8]:
    """`part / whole` to the nearest integer, halves up; 0 where `whole` is 0."""
    ratio = np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)
    out: NDArray[np.uint8] = (ratio + 0.5).astype(np.uint8)
    return out
