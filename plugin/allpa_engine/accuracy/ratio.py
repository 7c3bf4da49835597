"""The one estimator of accuracy and area: a ratio of two totals from a stratified sample.

Overall, user's and producer's accuracy, and the share of a class in the area, are all ratios of the area of some cells
of the error matrix to the area of others (Stehman 2014). Where the strata are the map's classes
this gives the formulas of Olofsson et al. (2013, 2014).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .matrix import ErrorMatrix

AUTO, ALWAYS, NEVER = "auto", "always", "never"
MIN_SAMPLED_SHARE = 0.05
"""The correction for finite populations is applied from this share of a stratum's pixels on (Cochran 1977, 2.6)."""

_ROUNDING = 1e-13
"""Variances below this share of the mean square are rounding errors of 0."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CellSums:
    """Ratios to estimate: numerator and denominator are sums of cells of the error matrix.

    `numerator` and `denominator` are `(ratio, map, reference)` of 0 and 1; the numerator's cells are among the
    denominator's.
    """

    numerator: Floats
    denominator: Floats


def overall_cells(class_count: int) -> CellSums:
    """The cells of the overall accuracy: the diagonal, of all.

    Parameters
    ----------
    class_count : rows and columns of the matrix.

    Returns
    -------
    Numerator and denominator, `(1, map, reference)`.

    """
    return CellSums(np.eye(class_count)[np.newaxis], np.ones((1, class_count, class_count)))


def user_cells(class_count: int) -> CellSums:
    """The cells of each class's user's accuracy: the diagonal, of the row.

    Parameters
    ----------
    class_count : rows and columns of the matrix.

    Returns
    -------
    Numerator and denominator, `(class, map, reference)`.

    """
    rows = np.eye(class_count)[:, :, np.newaxis] * np.ones((1, 1, class_count))
    return CellSums(rows * np.eye(class_count), rows)


def producer_cells(class_count: int) -> CellSums:
    """The cells of each class's producer's accuracy: the diagonal, of the column.

    Parameters
    ----------
    class_count : rows and columns of the matrix.

    Returns
    -------
    Numerator and denominator, `(class, map, reference)`.

    """
    columns = np.eye(class_count)[:, np.newaxis, :] * np.ones((1, class_count, 1))
    return CellSums(columns * np.eye(class_count), columns)


def area_cells(class_count: int) -> CellSums:
    """The cells of each class's share of the area: the column, of all.

    Parameters
    ----------
    class_count : rows and columns of the matrix.

    Returns
    -------
    Numerator and denominator, `(class, map, reference)`.

    """
    columns = np.eye(class_count)[:, np.newaxis, :] * np.ones((1, class_count, 1))
    return CellSums(columns, np.ones_like(columns))


def finite_population_factor(matrix: ErrorMatrix, correction: str = AUTO) -> Floats:
    """1 less the share of each stratum's pixels that was sampled, or 1 where this is not corrected.

    Parameters
    ----------
    matrix : points and pixels of the strata.
    correction : `always` (Stehman 2014), `never` (Olofsson et al. 2014), or `auto`: where 5 % of a stratum or more were
        sampled, since below that it makes no difference (Cochran 1977, section 2.6).

    Returns
    -------
    `(stratum,)`, 0 to 1.

    """
    share = np.clip(matrix.points / np.maximum(matrix.pixels, 1), 0.0, 1.0)
    if correction == NEVER:
        return np.ones_like(share)
    if correction == AUTO:
        share = np.where(share >= MIN_SAMPLED_SHARE, share, 0.0)
    return 1.0 - share


def ratio_estimates(matrix: ErrorMatrix, cells: CellSums, correction: str = AUTO) -> tuple[Floats, Floats]:
    """Ratios and their standard errors.

    Parameters
    ----------
    matrix : the counts.
    cells : the ratios, `(ratio, map, reference)`.
    correction : for finite populations, as in `finite_population_factor`.

    Returns
    -------
    Values and standard errors, `(ratio,)`; NaN where the denominator is 0. A standard error is NaN too where all the
    points that it rests on are single points of their strata.

    Notes
    -----
    With `W_h` the share of stratum h, and `y`, `x` the indicators of numerator and denominator at a point:
    `R = sum(W_h mean_h(y)) / sum(W_h mean_h(x))`, and `V(R) = sum(W_h^2 (1 - f_h) s_h^2(y - R x) / n_h) / X^2`
    (Stehman 2014). In a stratum with one point, `s_h^2` is the squared residual of that point.

    Examples
    --------
    The overall accuracy of Olofsson et al. (2014), table 8:

    >>> counts = [[66, 0, 5, 4], [0, 55, 8, 12], [1, 0, 153, 11], [2, 1, 9, 313]]
    >>> by_stratum = np.eye(4, dtype=int)[:, :, np.newaxis] * np.array(counts)
    >>> pixels = np.array([200_000, 150_000, 3_200_000, 6_450_000])
    >>> names = ("Deforestation", "Forest gain", "Stable forest", "Stable non-forest")
    >>> matrix = ErrorMatrix((1, 2, 3, 4), by_stratum, np.sum(counts, axis=1), pixels, pixels * 0.09, names)
    >>> value, error = ratio_estimates(matrix, overall_cells(4))
    >>> round(float(value[0]), 7), round(float(error[0]), 7)
    (0.9465119, 0.0094304)

    """
    points = np.maximum(matrix.points, 1).astype(np.float64)
    shares = matrix.counts.reshape(len(points), -1) / points[:, np.newaxis]
    factor = finite_population_factor(matrix, correction) / np.where(points > 1, points - 1, 1.0)
    values, variances = linearised_ratios(shares, matrix.weights, cells, factor, matrix.points == 1)
    has_variance = _rests_on_several(matrix, cells)
    return values, np.sqrt(np.where(has_variance, variances, np.nan))


def linearised_ratios(
    shares: Floats, weights: Floats, cells: CellSums, factor: Floats, is_single: NDArray[np.bool_] | None = None
) -> tuple[Floats, Floats]:
    """Ratios and their variances from the shares of the cells in each stratum.

    Parameters
    ----------
    shares : `(stratum, cell)`, cells of the matrix in rows; their sum is below 1 where the matrix is of a zone.
    weights : `(stratum,)` shares of the area.
    cells : the ratios.
    factor : `(stratum,)`, by which the variance of one point is multiplied: `(1 - f) / (n - 1)` for a sample.
    is_single : `(stratum,)`, where the mean residual is taken as 0 since it cannot be estimated; None: nowhere.

    Returns
    -------
    Values and variances, `(ratio,)`; NaN where the denominator is 0.

    """
    numerator, denominator = (part.reshape(len(part), -1) for part in (cells.numerator, cells.denominator))
    y, x = shares @ numerator.T, shares @ denominator.T  # (stratum, ratio)
    total = weights @ x
    values = np.divide(weights @ y, total, out=np.full_like(total, np.nan), where=total > 0)
    ratio = np.nan_to_num(values)
    mean = y - ratio * x
    square = y * (1 - 2 * ratio) + ratio**2 * x  # of y - R x, where y and x are 0 or 1 and y <= x
    spread = square - mean**2 if is_single is None else np.where(is_single[:, np.newaxis], square, square - mean**2)
    variance = (weights**2 * factor) @ np.where(spread > _ROUNDING * square, spread, 0.0)
    return values, np.divide(variance, total**2, out=np.full_like(total, np.nan), where=total > 0)


def _rests_on_several(matrix: ErrorMatrix, cells: CellSums) -> NDArray[np.bool_]:
    """Whether a stratum with two points or more has a part in the ratio's denominator."""
    several = matrix.counts[matrix.points > 1].sum(axis=0).ravel()
    is_several: NDArray[np.bool_] = cells.denominator.reshape(len(cells.denominator), -1) @ several > 0
    return is_several
