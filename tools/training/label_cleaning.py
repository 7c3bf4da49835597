"""Label cleaning: the teacher's class is removed where the reflectance contradicts it.

Its second most probable class is used there. The teacher works at half the resolution, so that it widens lakes and
towns by a pixel or two and misses meadows in forests.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from allpa_engine.core.legend import BUILT, TREES, WATER
from torch.nn import functional

_GREEN, _RED, _NEAR_INFRARED, _SWIR1 = 1, 2, 3, 4
_EDGE_WIDTH_PX = 3
"""How far the teacher blurs the edges of its classes."""
_MAX_BUILT_NDVI = 0.5
_DENSE_GREEN_NDVI, _MAX_TREES_SWIR, _MAX_SMOOTH_VARIATION = 0.6, 0.20, 0.05
"""Dense green land that is brighter than this at 1.6 micrometres and smooth is meadow or field.

Crowns shade each other, so that woods are darker, and rough at ten metres where fresh leaves make them bright.
"""

FloatArray = npt.NDArray[np.float32]


def remove_implausible_labels(
    soft_labels: npt.NDArray[Any], best: npt.NDArray[np.integer], reflectance: FloatArray
) -> None:
    """Set shares `(9, y, x)` to 0 where the reflectance contradicts the teacher's best class `(y, x)`.

    reflectance : `(6, y, x)`, 0..1. At the edges of its classes water is not brighter at 0.84 than at 0.56 micrometres
    and a town is not green; trees are never dense green, bright at 1.6 micrometres and smooth at the same time.
    """
    green, red, near_infrared, swir1 = reflectance[[_GREEN, _RED, _NEAR_INFRARED, _SWIR1]]
    soft_labels[WATER - 1, _at_edge(best == WATER - 1) & (near_infrared >= green)] = 0
    ndvi = (near_infrared - red) / np.maximum(near_infrared + red, 1e-6)
    soft_labels[BUILT - 1, _at_edge(best == BUILT - 1) & (ndvi > _MAX_BUILT_NDVI)] = 0
    bright = (best == TREES - 1) & (ndvi > _DENSE_GREEN_NDVI) & (swir1 > _MAX_TREES_SWIR)
    soft_labels[TREES - 1, bright & (_variation(near_infrared) < _MAX_SMOOTH_VARIATION)] = 0


def _at_edge(inside: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """`(y, x)` the part of a class that has other land within `_EDGE_WIDTH_PX` rows and columns."""
    near_others: npt.NDArray[np.bool_] = ~inside
    for axis in (0, 1):
        shifted = [np.roll(near_others, step, axis=axis) for step in range(-_EDGE_WIDTH_PX, _EDGE_WIDTH_PX + 1)]
        near_others = np.logical_or.reduce(shifted)
    return inside & near_others


def _variation(band: FloatArray) -> FloatArray:
    """`(y, x)` least coefficient of variation of the 3 x 3 windows that a pixel lies in; at an edge the inner ones'."""
    values = torch.from_numpy(np.ascontiguousarray(band))[None, None].double()
    mean, mean_square = (functional.avg_pool2d(part, 3, 1) for part in (values, values * values))
    variation = (mean_square - mean * mean).clamp(min=0).sqrt() / mean.clamp(min=1e-4)
    minimum = -functional.max_pool2d(-functional.pad(variation, (2, 2, 2, 2), value=torch.inf), 3, 1)
    answer: FloatArray = minimum[0, 0].float().numpy()
    return answer
