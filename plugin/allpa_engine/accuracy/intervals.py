"""95 % intervals of accuracies and areas: the classical one, and one that holds its level for rare classes.

The classical interval, estimate +- 1.96 standard errors (Wald), is too short where a class has few points: a stratum in
which no error was seen adds nothing to the standard error. The default here is computed after a point or two were added
to each stratum in thought, spread over the classes; the effective size of the sample follows from the design's variance
(Korn & Graubard 1998; Franco et al. 2019). `docs/accuracy.md` has the measured coverage of both.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from .matrix import ErrorMatrix
from .ratio import AUTO, CellSums, Floats, finite_population_factor, linearised_ratios

Z_95 = NormalDist().inv_cdf(0.975)
"""1.959964, the 97.5 % quantile of the normal distribution; papers print figures with 1.96."""
SCORE, LOGIT = "score", "logit"


@dataclass(frozen=True)
class IntervalRule:
    """How the interval of a quantity is made; the values were chosen by simulation (`docs/accuracy.md`)."""

    added_points: float
    """Points added to each stratum."""
    scale: str
    """`score`: Wilson's interval around the estimate, on the effective sample size. `logit`: normal on the logit scale,
    which suits the skewed distribution of ratios and of small areas."""


OVERALL_RULE = USERS_RULE = IntervalRule(1.0, SCORE)
PRODUCERS_RULE = IntervalRule(1.0, LOGIT)
AREA_RULE = IntervalRule(2.0, LOGIT)
"""Two points: what a stratum may hold of a class that it showed nowhere counts most for areas."""
GROUP_RULE = IntervalRule(1.0, LOGIT)
"""For the area of several classes together, such as all changes."""
CORRECT_SHARE = 0.5
"""Share of the added points that is on the diagonal; the rest is spread over all classes."""


def with_another_class(matrix: ErrorMatrix) -> ErrorMatrix:
    """The matrix with a class that no point shows, where all points show one class, in map and reference.

    The points that are added in thought would all be correct otherwise, and one correct point would give an interval
    without width.

    Parameters
    ----------
    matrix : the counts.

    Returns
    -------
    The matrix itself where it has two classes or more; else one with the class 0 behind its own.

    """
    if len(matrix.codes) != 1:
        return matrix
    return replace(matrix, codes=(*matrix.codes, 0), counts=np.pad(matrix.counts, ((0, 0), (0, 1), (0, 1))))


def wald_intervals(values: Floats, errors: Floats) -> tuple[Floats, Floats]:
    """The classical intervals, estimate +- 1.959964 standard errors, as the papers print them; not cut at 0 and 1.

    Parameters
    ----------
    values, errors : `(ratio,)` estimates and standard errors; NaN where there is none.

    Returns
    -------
    Lower and upper bounds, `(ratio,)`.

    """
    return values - Z_95 * errors, values + Z_95 * errors


def smoothed_intervals(
    matrix: ErrorMatrix, cells: CellSums, values: Floats, rule: IntervalRule, correction: str = AUTO
) -> tuple[Floats, Floats]:
    """Intervals that hold their level for rare classes too.

    Parameters
    ----------
    matrix : the counts.
    cells : the ratios, `(ratio, map, reference)`.
    values : their estimates, `(ratio,)`; each lies in its interval. NaN gives NaN.
    rule : how many points are added to each stratum, and the scale of the interval.
    correction : for finite populations, as in `ratio.finite_population_factor`.

    Returns
    -------
    Lower and upper bounds, `(ratio,)`, 0 to 1.

    Notes
    -----
    Each stratum's shares become `(count + a prior) / (n + a)` with the variance of a Dirichlet distribution; ratio `R`
    and variance `V` follow by linearisation (Ericson 1969). The bounds are Wilson's (1927) for the
    estimate, as if seen at `R (1 - R) / V` points, or `logit^-1(logit(R) +- z sqrt(V) / (R (1 - R)))`.

    Examples
    --------
    No error was seen at 50 points: the classical interval has no width.

    >>> from .ratio import overall_cells
    >>> counts = np.zeros((1, 2, 2), int)
    >>> counts[0, 0, 0] = 50
    >>> matrix = ErrorMatrix((1, 2), counts, np.array([50]), np.array([10_000]), np.array([100.0]), ("Water",))
    >>> low, high = smoothed_intervals(matrix, overall_cells(2), np.array([1.0]), OVERALL_RULE)
    >>> round(float(low[0]), 3), float(high[0])
    (0.931, 1.0)

    """
    shares, factor = smoothed_shares(matrix, rule.added_points)
    factor = factor * finite_population_factor(matrix, correction)
    center, variance = linearised_ratios(shares, matrix.weights, cells, factor)
    is_known = np.isfinite(values)
    has_width = is_known & (variance > 0)
    center, variance = np.where(has_width, center, 0.5), np.where(has_width, variance, 1.0)
    per_point = variance / (center * (1 - center))
    if rule.scale == SCORE:
        low, high = _score_bounds(np.where(has_width, values, 0.5), per_point)
    else:
        low, high = _logit_bounds(center, variance)
        # Where no error was seen, the logit scale reaches too far down.
        low = np.where(values == 1, np.maximum(low, _score_bounds(center, per_point)[0]), low)
    low, high = (np.where(has_width, bound, values) for bound in (low, high))
    return np.where(is_known, np.fmin(low, values), np.nan), np.where(is_known, np.fmax(high, values), np.nan)


def _score_bounds(values: Floats, per_point: Floats) -> tuple[Floats, Floats]:
    """Wilson's interval of shares seen at `1 / per_point` points."""
    width = Z_95**2 * per_point
    middle = values + width / 2
    half_width = np.sqrt(width * values * (1 - values) + width**2 / 4)
    low, high = (np.clip((middle + sign * half_width) / (1 + width), 0.0, 1.0) for sign in (-1, 1))
    return low, high


def _logit_bounds(center: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """The normal interval on the logit scale."""
    logit = np.log(center / (1 - center))
    half_width = Z_95 * np.sqrt(variance) / (center * (1 - center))
    low, high = (1 / (1 + np.exp(-np.clip(logit + sign * half_width, -700, 700))) for sign in (-1, 1))
    return low, high


def smoothed_shares(matrix: ErrorMatrix, added_points: float) -> tuple[Floats, Floats]:
    """Each stratum's shares of the cells after points were added, and the factor of their variance.

    The added points have the map classes that the stratum's points have; a part of them is correct, the others have any
    of the classes.

    Parameters
    ----------
    matrix : the counts.
    added_points : for each stratum.

    Returns
    -------
    Shares `(stratum, cell)` with the cells of the matrix in rows, and the factor `(stratum,)` by which the variance of
    one point is multiplied.

    """
    strata, count, _ = matrix.counts.shape
    points = np.maximum(matrix.points, 1).astype(np.float64)
    mapped = matrix.counts.sum(axis=2) / points[:, np.newaxis]
    reference = CORRECT_SHARE * np.eye(count) + (1 - CORRECT_SHARE) / max(count, 1)
    added = added_points * (mapped[:, :, np.newaxis] * reference).reshape(strata, -1)
    shares = (matrix.counts.reshape(strata, -1) + added) / (points + added_points)[:, np.newaxis]
    return shares, 1.0 / (points + added_points + 1.0)
