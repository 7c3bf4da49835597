"""Expected clear observations of the points of a region, given the acquisitions selected so far.

The region's part in a tile is represented by points on a regular grid. An acquisition with clear share p is a clear
observation of each point of its footprint with probability p, independently of the others. The number of clear
observations of a point then follows a Poisson binomial distribution, which is computed exactly up to the target count,
one acquisition at a time.
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
"""Largest number of grid points over the bounds of a region of scattered parts."""

Points = NDArray[np.float64]
"""`(n, 2)` x and y in the tile's CRS, metres."""


def sample_points(region_part: BaseGeometry, target_count: int = TARGET_POINTS) -> Points:
    """Points on a regular grid inside a part of a region.

    Parameters
    ----------
    region_part
        Polygon or multipolygon in the tile's CRS, metres.
    target_count
        About how many points are wanted; scattered parts get fewer, at least one.

    Examples
    --------
    >>> from shapely.geometry import box
    >>> sample_points(box(0, 0, 100, 100), target_count=4).tolist()
    [[25.0, 25.0], [75.0, 25.0], [25.0, 75.0], [75.0, 75.0]]

    """
    west, south, east, north = region_part.bounds
    step = max(math.sqrt(region_part.area / target_count), math.sqrt((east - west) * (north - south) / MAX_GRID_POINTS))
    columns = np.arange(west + step / 2, east, step)
    rows = np.arange(south + step / 2, north, step)
    x, y = (axis.ravel() for axis in np.meshgrid(columns, rows))
    inside = points_inside(region_part, np.column_stack((x, y)))
    if inside.any():
        return np.column_stack((x[inside], y[inside]))
    # too thin for the grid: one point in each of the largest polygons
    polygons = sorted(getattr(region_part, "geoms", [region_part]), key=lambda polygon: -polygon.area)
    centres = [polygon.representative_point() for polygon in polygons[:target_count]]
    return np.array([[centre.x, centre.y] for centre in centres])


def points_inside(footprint: BaseGeometry, points: Points) -> NDArray[np.bool_]:
    """Which points lie in a footprint; `(n,)`."""
    prepare(footprint)
    mask: NDArray[np.bool_] = contains_xy(footprint, points[:, 0], points[:, 1])
    return mask


class ExpectedObservations:
    """The distribution of the number of clear observations of every point.

    Parameters
    ----------
    points
        Number of points.
    target_count
        Wanted clear observations, 1 or more; larger numbers are not distinguished.

    Examples
    --------
    >>> observations = ExpectedObservations(points=1, target_count=2)
    >>> observations.add(np.array([True]), 0.5)
    >>> observations.add(np.array([True]), 0.5)
    >>> observations.shortfall_probability()
    array([0.75])

    """

    def __init__(self, points: int, target_count: int) -> None:
        self._probability = np.zeros((target_count, points))
        self._probability[0] = 1.0  # row k: probability of exactly k observations

    def shortfall_probability(self) -> NDArray[np.float64]:
        """Probability of each point to have fewer clear observations than wanted; `(n,)`."""
        probability: NDArray[np.float64] = self._probability.sum(axis=0)
        return probability

    def gains(self, covered: NDArray[np.float64], clear_probability: NDArray[np.float64]) -> NDArray[np.float64]:
        """Expected share of all points that lack observations and that an acquisition would observe clear.

        Parameters
        ----------
        covered
            `(a, n)`: 1 where acquisition a covers point n, else 0.
        clear_probability
            `(a,)`: clear share of each acquisition, 0 to 1.

        Returns
        -------
        ndarray
            `(a,)`.

        """
        share: NDArray[np.float64] = (
            clear_probability * (covered @ self.shortfall_probability()) / self._probability.shape[1]
        )
        return share

    def add(self, covered: NDArray[np.bool_], clear_probability: float) -> None:
        """Add an acquisition: `covered` `(n,)` are its points, each clear with `clear_probability`."""
        before = self._probability[:, covered]
        after = before * (1 - clear_probability)
        after[1:] += before[:-1] * clear_probability
        self._probability[:, covered] = after
