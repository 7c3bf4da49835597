"""Clear looks: how many times each place of a region is expected to be seen clear by the scenes chosen so far.

The region's part in a tile is represented by points on a regular grid. An acquisition with clear share p shows each
point of its footprint clear with probability p, independently; the number of clear looks of a point is then a sum of
independent yes/no draws, whose distribution up to k is kept exactly (a Poisson binomial, one step per acquisition).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from shapely import contains_xy, prepare
from shapely.geometry.base import BaseGeometry

POINTS_WANTED = 1000
"""Points that represent the region's part in a tile."""
GRID_POINTS = 200_000
"""Most points of the grid that is laid over the bounds of a region of scattered pieces."""

Points = NDArray[np.float64]
"""`(n, 2)` x and y in the tile's CRS, metres."""


def sample_points(part: BaseGeometry, wanted: int = POINTS_WANTED) -> Points:
    """About `wanted` points on a regular grid inside `part`, fewer where it is scattered; at least one."""
    west, south, east, north = part.bounds
    step = max(math.sqrt(part.area / wanted), math.sqrt((east - west) * (north - south) / GRID_POINTS))
    columns = np.arange(west + step / 2, east, step)
    rows = np.arange(south + step / 2, north, step)
    x, y = (axis.ravel() for axis in np.meshgrid(columns, rows))
    inside = points_inside(part, np.column_stack((x, y)))
    if inside.any():
        return np.column_stack((x[inside], y[inside]))
    pieces = getattr(part, "geoms", [part])  # too thin for the grid: a point of each of the greatest pieces
    centres = [piece.representative_point() for piece in sorted(pieces, key=lambda each: -each.area)[:wanted]]
    return np.array([[centre.x, centre.y] for centre in centres])


def points_inside(ground: BaseGeometry, points: Points) -> NDArray[np.bool_]:
    """Which points lie in `ground`; `(n,)`."""
    prepare(ground)
    mask: NDArray[np.bool_] = contains_xy(ground, points[:, 0], points[:, 1])
    return mask


class ClearLooks:
    """The distribution of clear looks of every point, up to `wanted` looks.

    Parameters
    ----------
    points : number of points.
    wanted : looks after which a point counts as satisfied, 1 or more.

    """

    def __init__(self, points: int, wanted: int) -> None:
        self._chance = np.zeros((wanted, points))
        self._chance[0] = 1.0  # chance of exactly 0, 1, ... wanted - 1 looks

    def short(self) -> NDArray[np.float64]:
        """Chance of each point to have fewer looks than wanted; `(n,)`."""
        chance: NDArray[np.float64] = self._chance.sum(axis=0)
        return chance

    def gains(self, seen: NDArray[np.float64], clear: NDArray[np.float64]) -> NDArray[np.float64]:
        """Expected share of the points, still short of looks, that each acquisition would show clear; `(a,)`.

        `seen` is `(a, n)`, 1 where an acquisition covers a point, else 0; `clear` is `(a,)`, its clear share.
        """
        share: NDArray[np.float64] = clear * (seen @ self.short()) / self._chance.shape[1]
        return share

    def add(self, seen: NDArray[np.bool_], clear: float) -> None:
        """Count an acquisition that shows the points `seen` clear with probability `clear`."""
        before = self._chance[:, seen]
        after = before * (1 - clear)
        after[1:] += before[:-1] * clear
        self._chance[:, seen] = after
