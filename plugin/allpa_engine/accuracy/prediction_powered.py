"""Prediction-powered areas of the whole map: the sample helped by what the quality raster says of every pixel.

Within each mapped class the mean class probability of all its pixels is known. The labelled points say by how much the
labels differ from the probabilities, and this difference varies less than the labels do (Angelopoulos et al. 2023,
"Prediction-powered inference"). Each class has a slope between 0, the classical estimate, and 1 (power tuning;
Angelopoulos, Duchi & Zrnic 2023, "PPI++"), and the probability of a point is estimated without the point itself, as in
cross-prediction (Zrnic & Candes 2024).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .class_probability import Floats, Indices, LabelledPoints, MapCells, probabilities_without_point

KEPT_GAIN = 0.85
"""Share of the measured gain in variance that intervals count on: slopes and probabilities are fitted to the same
points, so that the measured gain is a little too large (`docs/accuracy_zones.md`)."""


@dataclass(frozen=True)
class PoweredShares:
    """Shares of the classes in the whole map; `(class,)`."""

    share: Floats
    low: Floats
    high: Floats
    slope: Floats
    """0 where the probabilities do not help: then the estimate is the classical one."""
    variance_ratio: Floats
    """Variance by that of the classical estimate, at most 1."""


def prediction_powered_shares(
    cells: MapCells, points: LabelledPoints, cell_ha: Floats, classical: tuple[Floats, Floats, Floats]
) -> PoweredShares:
    """Estimate the shares of all classes in the whole map.

    Parameters
    ----------
    cells : the map's cells.
    points : the labelled points; their zones do not matter.
    cell_ha : `(cell,)` hectares of the cells in the whole map.
    classical : shares, lower and upper bounds by the classical estimate (`estimate_accuracy`), `(class,)` each.

    Returns
    -------
    Estimates whose intervals are those of the classical ones, moved to the estimate and shorter by the root of the
    ratio of the variances on the logit scale; the classical ones where a class was not seen.

    """
    of_cells, of_points = probabilities_without_point(cells, points)
    mapped = cells.mapped[points.cell]
    weight = cell_ha @ np.eye(len(cells.codes))[cells.mapped]
    mean = np.zeros((len(cells.codes), len(cells.codes)))
    np.add.at(mean, cells.mapped, cell_ha[:, np.newaxis] * of_cells)
    mean /= np.where(weight > 0, weight, 1.0)[:, np.newaxis]
    centered = _centered(mapped, points), _centered_by(mapped, points, of_points)
    cost = _cost(mapped, points, weight / weight.sum())
    slope = np.clip(_sum(cost, centered[0] * centered[1]) / _positive(_sum(cost, centered[1] ** 2)), 0.0, 1.0)
    before = _sum(cost, centered[0] ** 2)
    after = _sum(cost, (centered[0] - slope * centered[1]) ** 2)
    slope = np.where((after < before) & (classical[0] > 0) & (classical[0] < 1), slope, 0.0)
    ratio = np.where(slope > 0, 1 - KEPT_GAIN * (1 - after / _positive(before)), 1.0)
    has_points = np.bincount(mapped, minlength=len(weight)) > 0
    shift = slope * np.where(has_points[:, np.newaxis], mean - _means(mapped, points, of_points), 0.0)
    in_sample = np.where(has_points, weight, 0.0)
    share = classical[0] + (in_sample / _positive(in_sample.sum())) @ shift
    is_moved = (slope > 0) & (share > 0) & (share < 1)
    share, ratio = np.where(is_moved, share, classical[0]), np.where(is_moved, ratio, 1.0)
    low, high = _moved_bounds(classical, share, ratio, is_moved)
    return PoweredShares(share, low, high, np.where(is_moved, slope, 0.0), ratio)


def _moved_bounds(
    classical: tuple[Floats, Floats, Floats], share: Floats, ratio: Floats, is_moved: NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    old, low, high = (_logit(np.where(is_moved, values, 0.5)) for values in classical)
    center = _logit(np.where(is_moved, share, 0.5))
    root = np.sqrt(ratio)
    moved_low, moved_high = (1 / (1 + np.exp(-(center + root * (bound - old)))) for bound in (low, high))
    return np.where(is_moved, moved_low, classical[1]), np.where(is_moved, moved_high, classical[2])


def _logit(share: Floats) -> Floats:
    inside = np.clip(share, 1e-12, 1 - 1e-12)
    logit: Floats = np.log(inside / (1 - inside))
    return logit


def _cost(mapped: Indices, points: LabelledPoints, weight: Floats) -> Floats:
    """How much a squared deviation of each point adds to the variance, `(point,)`."""
    is_mapped = np.eye(len(weight))[mapped]
    sums, squares, counts = points.weight_ha @ is_mapped, points.weight_ha**2 @ is_mapped, is_mapped.sum(axis=0)
    per_class = weight**2 * squares / _positive(sums) ** 2 / np.maximum(counts - 1, 1)
    cost: Floats = per_class[mapped]
    return cost


def _means(mapped: Indices, points: LabelledPoints, values: Floats) -> Floats:
    """Weighted means `(mapped class, class)` of values of the points."""
    is_mapped = np.eye(values.shape[1])[mapped] * points.weight_ha[:, np.newaxis]
    means: Floats = (is_mapped.T @ values) / _positive(is_mapped.sum(axis=0))[:, np.newaxis]
    return means


def _centered(mapped: Indices, points: LabelledPoints) -> Floats:
    return _centered_by(mapped, points, points.is_class)


def _centered_by(mapped: Indices, points: LabelledPoints, values: Floats) -> Floats:
    """Values less their mean within the mapped class."""
    return values - _means(mapped, points, values)[mapped]


def _sum(cost: Floats, values: Floats) -> Floats:
    total: Floats = (cost[:, np.newaxis] * values).sum(axis=0)
    return total


def _positive(values: Floats) -> Floats:
    return np.where(values > 0, values, 1.0)
