"""Clear observations: how many times each place of a region is expected to be seen clear by the scenes chosen so far.

The region's part in a tile is represented by points on a regular grid. An acquisition with clear share p shows each
point of its footprint clear with probability p, independently; the number of clear observations of a point is then a
sum of independent yes/no draws, whose distribution up to k is kept exactly (a Poisson binomial, one step per
acquisition).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from shapely import contains_xy, prepare
from shapely.geometry.base import BaseGeometry

TARGET_POINTS = 1000
"""Points that represent the region's part in a tile."""
MAX_GRID_POINTS = 200_000
"""Most points of the grid that is laid over the bounds of a region of scattered pieces."""

Points = NDArray[np.float64]
"""`(n, 2)` x and y in the tile's CRS, metres."""


def sample_points(region_part: BaseGeometry, target_count: int = TARGET_POINTS) -> Points:
    """About `wanted` points on a regular grid inside `part`, fewer where it is scattered; at least one."""
    west, south, east, north = region_part.bounds
    step = max(math.sqrt(region_part.area / target_count), math.sqrt((east - west) * (north - south) / MAX_GRID_POINTS))
    columns = np.arange(west + step / 2, east, step)
    rows = np.arange(south + step / 2, north, step)
    x, y = (axis.ravel() for axis in np.meshgrid(columns, rows))
    inside = points_inside(region_part, np.column_stack((x, y)))
    if inside.any():
        return np.column_stack((x[inside], y[inside]))
    pieces = getattr(
        region_part, "geoms", [region_part]
    )  # too thin for the grid: a point of each of the greatest pieces
    centres = [piece.representative_point() for piece in sorted(pieces, key=lambda each: -each.area)[:target_count]]
    return np.array([[centre.x, centre.y] for centre in centres])


def points_inside(footprint: BaseGeometry, points: Points) -> NDArray[np.bool_]:
    """Which points lie in `ground`; `(n,)`."""
    prepare(footprint)
    mask: NDArray[np.bool_] = contains_xy(footprint, points[:, 0], points[:, 1])
    return mask


class ExpectedObservations:
    """The distribution of clear observations of every point, up to `wanted` observations.

    Parameters
    ----------
    points : number of points.
    wanted : observations after which a point counts as satisfied, 1 or more.

    """

    def __init__(self, points: int, target_count: int) -> None:
        self._probability = np.zeros((target_count, points))
        self._probability[0] = 1.0  # chance of exactly 0, 1, ... wanted - 1 observations

    def shortfall_probability(self) -> NDArray[np.float64]:
        """Chance of each point to have fewer observations than wanted; `(n,)`."""
        probability: NDArray[np.float64] = self._probability.sum(axis=0)
        return probability

    def gains(self, covered: NDArray[np.float64], clear_probability: NDArray[np.float64]) -> NDArray[np.float64]:
        """Expected share of the points, still short of observations, that each acquisition would show clear; `(a,)`.

        `seen` is `(a, n)`, 1 where an acquisition covers a point, else 0; `clear` is `(a,)`, its clear share.
        """
        share: NDArray[np.float64] = (
            clear_probability * (covered @ self.shortfall_probability()) / self._probability.shape[1]
        )
        return share

    def add(self, covered: NDArray[np.bool_], clear_probability: float) -> None:
        """Count an acquisition that shows the points `seen` clear with probability `clear`."""
        before = self._probability[:, covered]
        after = before * (1 - clear_probability)
        after[1:] += before[:-1] * clear_probability
        self._probability[:, covered] = after
