"""From the 20 m and 60 m grids to the 10 m grid: by whole ratios with half-pixel phase, in integers.

A 10 m pixel's centre lies a quarter of a 20 m pixel from its parent's centre, so bilinear weights are 9/16 for the
parent, 3/16 for the neighbours beside and above or below, 1/16 for the one across the corner. Of a 60 m pixel it lies
1/12, 3/12 or 5/12 away in each direction.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

_Value = TypeVar("_Value", bound=np.generic)


def upsample_bilinear(values: NDArray[np.uint16], ratio: int = 2) -> NDArray[np.uint16]:
    """Interpolate from a coarser grid to the 10 m grid, rounding half up; no data does not bleed.

    A pixel whose parent is no data stays no data; elsewhere the weights of neighbours without data are left out and the
    rest scaled up. The outermost rows and columns repeat their edge: read a halo of one pixel and cut it off where the
    neighbours exist.

    Parameters
    ----------
    values : digital numbers `(y, x)` uint16, 0 no data.
    ratio : fine pixels per coarse one in each direction: 2 for the 20 m grid, 6 for the 60 m grid.

    Returns
    -------
    Digital numbers `(ratio * y, ratio * x)` uint16, 0 no data.

    Examples
    --------
    >>> upsample_bilinear(np.array([[100, 200]], np.uint16)).tolist()
    [[100, 125, 175, 200], [100, 125, 175, 200]]
    >>> upsample_bilinear(np.array([[100, 0]], np.uint16)).tolist()
    [[100, 100, 0, 0], [100, 100, 0, 0]]

    """
    weighted, weight_sum = _weighted_sums(values.astype(np.uint32), ratio), 4 * ratio**2
    if values.all():
        result = (weighted + weight_sum // 2) // weight_sum
    else:
        weight = _weighted_sums((values != 0).astype(np.uint32), ratio)
        result = (2 * weighted + weight) // np.maximum(2 * weight, 1)
        result[~upsample_nearest(values != 0, ratio)] = 0
    return result.astype(np.uint16)


def upsample_nearest(values: NDArray[_Value], ratio: int = 2) -> NDArray[_Value]:
    """Repeat each pixel in both directions.

    Parameters
    ----------
    values : `(y, x)` of any type.
    ratio : how often.

    Returns
    -------
    `(ratio * y, ratio * x)` of the same type.

    Examples
    --------
    >>> upsample_nearest(np.array([[4, 9]], np.uint8)).tolist()
    [[4, 4, 9, 9], [4, 4, 9, 9]]

    """
    return np.repeat(np.repeat(values, ratio, axis=0), ratio, axis=1)


def _weighted_sums(values: NDArray[np.uint32], ratio: int) -> NDArray[np.uint32]:
    """Sums of the bilinear weights (of `4 * ratio**2`) times the values, `(ratio * y, ratio * x)`."""
    sums: NDArray[np.uint32] = _weighted_sums_rows(_weighted_sums_rows(values, ratio).T, ratio).T
    return sums


def _weighted_sums_rows(values: NDArray[np.uint32], ratio: int) -> NDArray[np.uint32]:
    """Along y, in parts of `2 * ratio`: those of the neighbour grow with the distance from the parent's centre."""
    padded = np.concatenate([values[:1], values, values[-1:]])
    upsampled = np.empty((ratio * len(values), *values.shape[1:]), np.uint32)
    for phase in range(ratio):
        distance = 2 * phase + 1 - ratio
        neighbour = padded[:-2] if distance < 0 else padded[2:]
        upsampled[phase::ratio] = (2 * ratio - abs(distance)) * values + abs(distance) * neighbour
    return upsampled
