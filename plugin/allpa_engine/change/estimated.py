"""Areas of change estimated from a labelled sample of the change raster: in all, and gain, loss and net by class."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..accuracy.estimate import Estimate, area_of_codes
from ..accuracy.intervals import GROUP_RULE, Z_95, smoothed_shares
from ..accuracy.matrix import ErrorMatrix
from ..accuracy.ratio import AUTO, Floats, finite_population_factor
from ..core.legend import pair_base


@dataclass(frozen=True)
class EstimatedClassChange:
    """Change of one class in hectares, with standard errors and 95 % intervals."""

    code: int
    gain_ha: Estimate
    loss_ha: Estimate
    net_ha: Estimate


@dataclass(frozen=True)
class EstimatedChange:
    """What a sample of change says; land that is Clouds in either reference is no change."""

    changed_ha: Estimate
    classes: tuple[EstimatedClassChange, ...]
    """Those that gain or lose at a labelled point."""


def estimate_change(matrix: ErrorMatrix) -> EstimatedChange:
    """Estimate the areas of change.

    Parameters
    ----------
    matrix : counts by pair codes, as in change rasters.

    Returns
    -------
    The area that changed, and gain, loss and net of each class, in hectares.

    """
    pairs = {code: divmod(code, pair_base(matrix.legend)) for code in matrix.codes}
    changes = {
        code: pair for code, pair in pairs.items() if pair[0] != pair[1] and matrix.legend.cloud_code not in pair
    }
    counts = matrix.total_counts.sum(axis=0)
    seen = {code for code, count in zip(matrix.codes, counts.tolist(), strict=True) if count}
    classes = sorted({land for code in seen & set(changes) for land in changes[code]})
    return EstimatedChange(
        area_of_codes(matrix, changes),
        tuple(
            EstimatedClassChange(
                land,
                area_of_codes(matrix, gains := [code for code, pair in changes.items() if pair[1] == land]),
                area_of_codes(matrix, losses := [code for code, pair in changes.items() if pair[0] == land]),
                _net_ha(matrix, gains, losses),
            )
            for land in classes
        ),
    )


def _net_ha(matrix: ErrorMatrix, gains: Iterable[int], losses: Iterable[int]) -> Estimate:
    """Gain less loss: +1 at a point that became the class, -1 at one that was lost, 0 elsewhere."""
    sign = np.isin(matrix.codes, list(gains)).astype(float) - np.isin(matrix.codes, list(losses))
    cells = np.tile(sign, len(matrix.codes))
    points = np.maximum(matrix.points, 1).astype(np.float64)
    shares = matrix.counts.reshape(len(points), -1) / points[:, np.newaxis]
    finite = finite_population_factor(matrix, AUTO)
    value = float(matrix.weights @ (shares @ cells))
    error = _error(shares, matrix, cells, finite / np.where(points > 1, points - 1, 1.0))
    smoothed, factor = smoothed_shares(matrix, GROUP_RULE.added_points)
    half_width = Z_95 * _error(smoothed, matrix, cells, finite * factor)
    bounds = value - half_width, value + half_width, value - Z_95 * error, value + Z_95 * error
    return Estimate(value, error, *bounds).times(matrix.total_ha)


def _error(shares: Floats, matrix: ErrorMatrix, cells: Floats, factor: Floats) -> float:
    spread = shares @ cells**2 - (shares @ cells) ** 2
    return float(np.sqrt((matrix.weights**2 * factor) @ np.maximum(spread, 0.0)))
