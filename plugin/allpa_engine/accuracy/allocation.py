"""How many points a sample needs, and how many of them each stratum gets.

Size: Olofsson et al. (2014), Good practices for estimating area and assessing accuracy of land change, equation 13
(Cochran 1977, equation 5.25). Allocation: their section 5.1.2; optimal is that of Neyman (Cochran 1977, 5.26).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..core.sample_keys import AREA

MIN_POINTS = 2
"""Fewer in a stratum give no standard error."""


def size_for_standard_error(pixels: NDArray[np.int64], expected: NDArray[np.float64], standard_error: float) -> int:
    """Points of a stratified sample that give the overall accuracy with a standard error.

    n = (sum W S)² / (SE² + sum W S² / N) with S = sqrt(U (1 - U)); the second term, of the finite number of pixels, is
    left out in the print where N is large.

    Parameters
    ----------
    pixels : `(strata,)`, of each stratum.
    expected : `(strata,)`, the user's accuracy that is expected in each, 0 to 1.
    standard_error : of the overall accuracy, above 0.

    Returns
    -------
    The number of points, rounded up.

    Examples
    --------
    The example of Olofsson et al. (2014), section 5.1.1.

    >>> pixels = np.array([200_000, 150_000, 3_200_000, 6_450_000])
    >>> size_for_standard_error(pixels, np.array([0.7, 0.6, 0.9, 0.95]), 0.01)
    641

    """
    total = int(pixels.sum())
    share, deviation = pixels / total, _deviation(expected)
    numerator = float((share * deviation).sum()) ** 2
    return math.ceil(numerator / (standard_error**2 + float((share * deviation**2).sum()) / total))


def _deviation(expected: NDArray[np.float64]) -> NDArray[np.float64]:
    deviation: NDArray[np.float64] = np.sqrt(expected * (1 - expected))
    return deviation


def allocate_proportional(size: int, pixels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Points in proportion to the pixels, at least `MIN_POINTS` in each stratum; see `fill`."""
    return fill(size, pixels.astype(float), pixels, MIN_POINTS)


def allocate_equal(size: int, pixels: NDArray[np.int64]) -> NDArray[np.int64]:
    """The same number of points in each stratum; see `fill`."""
    return fill(size, np.ones(len(pixels)), pixels, MIN_POINTS)


def allocate_minimum(size: int, pixels: NDArray[np.int64], minimum: int) -> NDArray[np.int64]:
    """Points in proportion to the pixels, at least `minimum` in each stratum.

    Parameters
    ----------
    size : points of the sample.
    pixels : `(strata,)`.
    minimum : 50, 75 or 100 for rare classes is usual (Olofsson et al. 2014, table 5).

    Returns
    -------
    Points by stratum; their sum is more than `size` where `minimum` alone needs more.

    Examples
    --------
    >>> allocate_minimum(641, np.array([200_000, 150_000, 3_200_000, 6_450_000]), 75).tolist()
    [75, 75, 163, 328]

    """
    return fill(size, pixels.astype(float), pixels, max(minimum, MIN_POINTS))


def allocate_optimal(
    size: int, pixels: NDArray[np.int64], expected: NDArray[np.float64], of_class: NDArray[np.bool_] | None, goal: str
) -> NDArray[np.int64]:
    """Points so that one figure gets the smallest standard error (Neyman).

    What is omitted of the class in the other strata is not known before the sample. It is assumed that the errors of
    every other stratum fall on the class by its share of the map outside that stratum.

    Parameters
    ----------
    size : points of the sample.
    pixels : `(strata,)`.
    expected : `(strata,)`, the user's accuracies that are expected.
    of_class : `(strata,)`, True for the strata of the class; None for the overall accuracy.
    goal : `area` for the area of the class, `accuracy` for its user's and producer's accuracy.

    Returns
    -------
    Points by stratum.

    Examples
    --------
    >>> pixels, expected = np.array([1000, 9000]), np.array([0.5, 0.95])
    >>> allocate_optimal(100, pixels, expected, None, "accuracy").tolist()
    [20, 80]
    >>> allocate_optimal(100, pixels, expected, np.array([True, False]), "area").tolist()
    [20, 80]
    >>> allocate_optimal(100, pixels, expected, np.array([True, False]), "accuracy").tolist()
    [34, 66]

    """
    share = pixels / pixels.sum()
    if of_class is None:
        return fill(size, share * _deviation(expected), pixels, MIN_POINTS)
    class_share = float(share[of_class].sum())
    others = np.where(of_class, 0.0, np.minimum(1.0, class_share / np.maximum(1 - share, 1e-12)))
    proportion = np.where(of_class, expected, (1 - expected) * others)
    deviation = share * _deviation(proportion)
    if goal == AREA:
        return fill(size, deviation, pixels, MIN_POINTS)
    # The sum of both variances by stratum; that of the producer's accuracy is equation 7 of Olofsson et al. (2014).
    area = float((share * proportion).sum())
    producers = float((share * proportion)[of_class].sum()) / area if area else 0.0
    within = np.sqrt((1 / max(class_share, 1e-12)) ** 2 + ((1 - producers) / max(area, 1e-12)) ** 2)
    weight = deviation * np.where(of_class, within, producers / max(area, 1e-12))
    return fill(size, weight, pixels, MIN_POINTS)


def fill(size: int, weight: NDArray[np.float64], pixels: NDArray[np.int64], minimum: int) -> NDArray[np.int64]:
    """Whole numbers of points in proportion to weights, none below a minimum or above the stratum's pixels.

    Strata that are exhausted leave their share to the others; the largest remainders are rounded up.

    Parameters
    ----------
    size : points in all; at most the sum of `pixels`.
    weight : `(strata,)`, not negative; where all are 0, pixels take their place.
    pixels : `(strata,)`.
    minimum : points of each stratum, as far as it has pixels.

    Returns
    -------
    Points by stratum. Their sum is `size`, or that of the minimums where it is larger.

    Examples
    --------
    >>> fill(10, np.array([1.0, 1.0, 2.0]), np.array([100, 1, 100]), 2).tolist()
    [3, 1, 6]

    """
    weights = weight if weight.any() else pixels.astype(float)
    lowest = np.minimum(minimum, pixels).astype(float)
    points = lowest.copy()
    fixed = np.zeros(len(pixels), bool)
    while not fixed.all():  # each round fixes one stratum at least
        left = size - float(points[fixed].sum())
        total = float(weights[~fixed].sum())
        wished = np.where(fixed, points, left * weights / total if total else left / max(1, int((~fixed).sum())))
        below, above = ~fixed & (wished < lowest), ~fixed & (wished > pixels)
        # The side that is further off first: fixing both at once could leave a sum that is not `size`.
        shortage = float((lowest - wished)[below].sum()) if below.any() else 0.0
        excess = float((wished - pixels)[above].sum()) if above.any() else 0.0
        if not below.any() and not above.any():
            points = np.where(fixed, points, wished)
            break
        chosen = below if shortage >= excess else above
        points = np.where(chosen, lowest if shortage >= excess else pixels, points)
        fixed |= chosen
    return _rounded(points, max(size, int(lowest.sum())), pixels)


def _rounded(points: NDArray[np.float64], size: int, pixels: NDArray[np.int64]) -> NDArray[np.int64]:
    whole = np.floor(points + 1e-9).astype(np.int64)
    order = np.argsort(whole - points, kind="stable")
    for index in order[: max(0, size - int(whole.sum()))]:
        if whole[index] < pixels[index]:
            whole[index] += 1
    return whole
