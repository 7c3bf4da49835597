"""The class-weighted mode, as functions on arrays: observations are tallied, then each pixel's class is decided.

Scene t gives pixel x a class c_t(x) with confidence p_t(x). Score S_k(x) = w_k * sum of p_t over the clear
observations with c_t = k; the map is the class of the largest score. Ties: the class seen in more scenes, then the
lower code. All sums and comparisons are of integers (confidence x 255, weights in steps of 1/10,000), so the order of
the scenes, the block size and a common factor of the weights cannot change a pixel. Pixels are a flat axis of length n
throughout.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core.legend import BUNDLED_LEGEND, NO_DATA
from .ranking import rank_classes
from .rule import CompositeRule

MAX_SCENES_PER_CALL = 255
"""Scenes per call of `add_observations`, so that sums of one call fit 16 bits."""
MEAN_SCALE = 128
"""Fixed point of a month's mean: means are rounded down to 1/128 of a confidence step."""
MAX_OBSERVATIONS = 1_600
"""Observations per pixel whose scores together fit 32 bits: ten years of every acquisition."""

_MONTH_COUNTS = np.array([bits.bit_count() for bits in range(1 << 12)], np.uint8)
"""Number of months in a mask of months."""


@dataclass
class Tally:
    """Running sums of n pixels over the scenes tallied so far, in the smallest types that hold them."""

    confidence: NDArray[np.unsignedinteger]
    """`(class, n)` sum of confidences x 255 per voting class; uint16 or uint32."""
    observations: NDArray[np.unsignedinteger]
    """`(class, n)` number of clear observations per voting class; uint8 or uint16."""
    months: NDArray[np.uint16]
    """`(n,)` bit m - 1 is set where month m has a clear observation."""
    codes: tuple[int, ...] = BUNDLED_LEGEND.land_codes
    """The voting classes, in the order of the rows."""


@dataclass(frozen=True)
class Decision:
    """The map and its quality layers."""

    layers: NDArray[np.uint8]
    """`(6, n)`: class code (that of clouds where only clouds were seen, 0 where nothing was, or the
    legend has no class of clouds), then the quality raster's bands:
    confidence (winner's score over the sum of all scores, x 255), agreement (percent of the clear observations that
    voted for the winner), clear observations (255 stands for 255 or more), calendar months with a clear
    observation, second class (0: none).
    """
    guarded: NDArray[np.uint8] | None = None
    """`(n,)` bits of the guards that changed the class; None where none is on."""

    @property
    def landcover(self) -> NDArray[np.uint8]:
        """Class code `(n,)`."""
        codes: NDArray[np.uint8] = self.layers[0]
        return codes

    @property
    def observations(self) -> NDArray[np.uint8]:
        """Number of clear observations `(n,)`."""
        number: NDArray[np.uint8] = self.layers[3]
        return number


def empty_tally(
    size: int, max_observations: int = MAX_OBSERVATIONS, codes: tuple[int, ...] = BUNDLED_LEGEND.land_codes
) -> Tally:
    """A tally without observations.

    Parameters
    ----------
    size : number of pixels.
    max_observations : most observations that will be added to a pixel; up to `MAX_SCENES_PER_CALL` the sums take about
        half of the memory. With the default, months can be added too.
    codes : of the classes that can win.

    Returns
    -------
    Sums of 0, in the smallest types that hold so many observations.

    """
    fits_16_bits = max_observations <= MAX_SCENES_PER_CALL
    shape = len(codes), size
    return Tally(
        np.zeros(shape, np.uint16 if fits_16_bits else np.uint32),
        np.zeros(shape, np.uint8 if fits_16_bits else np.uint16),
        np.zeros(size, np.uint16),
        codes,
    )


def add_observations(
    tally: Tally,
    classes: NDArray[np.uint8],
    confidence: NDArray[np.uint8],
    months: Sequence[int],
    probabilities: NDArray[np.uint8] | None = None,
) -> None:
    """Add the observations of some scenes to `tally`, in place.

    Parameters
    ----------
    tally : of n pixels.
    classes : `(scene, n)` codes of `tally.codes`, and 0 where the scene has no clear observation.
    confidence : `(scene, n)` confidence of the class x 255.
    months : month (1 to 12) of each scene.
    probabilities : `(scene, class, n)` probability x 255 of the voting classes; they replace `confidence`.
        Those of a pixel sum to 255 at most, rounding aside.

    """
    if len(classes) > MAX_SCENES_PER_CALL:
        raise ValueError(f"at most {MAX_SCENES_PER_CALL} scenes can be tallied at once")
    chosen = np.empty(classes.shape, bool)
    masked = np.empty(classes.shape, np.uint8)
    for row, code in enumerate(tally.codes):
        np.equal(classes, code, out=chosen)
        if not chosen.any():
            continue
        flags = chosen.view(np.uint8)
        tally.observations[row] += np.add.reduce(flags, axis=0, dtype=np.uint8)
        if probabilities is None:
            np.multiply(flags, confidence, out=masked)
            tally.confidence[row] += np.add.reduce(masked, axis=0, dtype=np.uint16)
    clear = np.not_equal(classes, 0, out=chosen)
    if probabilities is not None:
        for row in range(len(tally.codes)):
            np.multiply(clear.view(np.uint8), probabilities[:, row], out=masked)
            tally.confidence[row] += np.add.reduce(masked, axis=0, dtype=np.uint16)
    tally.months |= _month_bits(clear, months)


def _month_bits(clear: NDArray[np.bool_], months: Sequence[int]) -> NDArray[np.uint16]:
    """Mask `(n,)` of the months in which some scene is clear; bytes first, since they are faster than words."""
    first, last = (np.zeros(clear.shape[1], np.uint8) for _ in range(2))
    for scene, month in zip(clear.view(np.uint8), months, strict=True):
        bits = first if month <= 8 else last
        bits |= scene * np.uint8(1 << (month - 1) % 8)
    bits_of_year: NDArray[np.uint16] = first | (last.astype(np.uint16) << np.uint16(8))
    return bits_of_year


def add_month(total: Tally, month: Tally, observations: NDArray[np.uint32] | None = None) -> None:
    """Add the mean of a month's clear observations to `total`: the month votes once, however often it was seen.

    A total takes either months by this function or observations by `add_observations`, not both: their sums have
    different units.

    Parameters
    ----------
    total : of n pixels, made with the default of `empty_tally`; changed in place. Confidences are in 1/`MEAN_SCALE`.
    month : of the same pixels, with all observations of one month.
    observations : `(n,)` how many the month has; None counts those in `month`.

    """
    if observations is None:
        observations = month.observations.sum(axis=0, dtype=np.uint32)
    observations = np.maximum(observations, 1)
    total.confidence += month.confidence.astype(np.uint32) * np.uint32(MEAN_SCALE) // observations
    total.observations += month.observations
    total.months |= month.months


def decide(tally: Tally, seen: NDArray[np.bool_], rule: CompositeRule) -> Decision:
    """Decide each pixel's class from its tally.

    Parameters
    ----------
    tally : of n pixels, of at most `MAX_OBSERVATIONS` observations each.
    seen : `(n,)` True where any scene of the season observed the pixel, if only clouds.
    rule : gives the weights and the minimum shares.

    Returns
    -------
    The class codes and the quality layers, `(6, n)` uint8.

    Examples
    --------
    Three scenes see crops, crops and water; the fourth sees nothing.

    >>> import numpy as np
    >>> tally, classes = empty_tally(1, 4), np.array([[5], [5], [1], [0]], np.uint8)
    >>> add_observations(tally, classes, np.full((4, 1), 200, np.uint8), months=(1, 4, 4, 9))
    >>> decide(tally, np.array([True]), CompositeRule()).layers[:, 0].tolist()
    [5, 175, 67, 3, 2, 1]

    """
    total_observations = np.add.reduce(tally.observations, axis=0, dtype=np.uint16)
    ranking = rank_classes(
        tally.confidence,
        tally.observations,
        total_observations,
        rule.integer_weights,
        rule.min_shares_permille,
        tally.codes,
    )
    layers = np.empty((6, total_observations.size), np.uint8)
    layers[0] = ranking.first
    layers[0, seen & (total_observations == 0)] = rule.legend.cloud_code or NO_DATA
    layers[1] = _rounded_ratio(ranking.best * 255.0, ranking.total.astype(np.float64))
    layers[2] = _rounded_ratio(ranking.observations * np.float32(100), total_observations.astype(np.float32))
    np.minimum(total_observations, 255, out=layers[3], casting="unsafe")
    layers[4] = _MONTH_COUNTS[tally.months]
    layers[5] = ranking.second
    return Decision(layers)


def _rounded_ratio(part: NDArray[np.floating], whole: NDArray[np.floating]) -> NDArray[np.uint8]:
    """`part / whole` to the nearest integer, halves up; 0 where `whole` is 0."""
    ratio = np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)
    out: NDArray[np.uint8] = (ratio + 0.5).astype(np.uint8)
    return out
