"""One block of a map of own classes: its features in a folder, and its class and quality layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from ..core.products import QUALITY
from ..geo.grid import Grid
from .feature_folder import FeatureFolder

LAYER_COUNT = 1 + len(QUALITY.bands)
_CONFIDENCE_SCALE, _PERCENT = 255, 100


@dataclass(frozen=True)
class MapBlock:
    """The classes of a block of pixels."""

    layers: NDArray[np.uint8]
    """`(6, y, x)`: class, confidence, agreement, observations, months, second class."""
    pixels: int
    """Within the border."""
    lacking_some: int
    """Classified without some of their features."""


def read_overlap(
    folder: FeatureFolder, part: Grid, names: Sequence[str]
) -> tuple[slice, slice, NDArray[np.float32]] | None:
    """Read the part of a block that a folder covers.

    Parameters
    ----------
    folder : whose grid is that of the block but for whole pixels.
    part : grid of the block.
    names : of the features.

    Returns
    -------
    Rows and columns within the block, and the features `(feature, y, x)` float32 with NaN for no data; None where the
    folder covers nothing of it.

    """
    grid = folder.grid
    left = round((part.left - grid.left) / grid.resolution)
    top = round((grid.top - part.top) / grid.resolution)
    first_column, last_column = max(left, 0), min(left + part.width, grid.width)
    first_row, last_row = max(top, 0), min(top + part.height, grid.height)
    if first_column >= last_column or first_row >= last_row:
        return None
    window = Window(first_column, first_row, last_column - first_column, last_row - first_row)
    rows, columns = slice(first_row - top, last_row - top), slice(first_column - left, last_column - left)
    return rows, columns, folder.read(window, names)


def quality_layers(
    best: NDArray[np.intp], probabilities: NDArray[np.float32], classes: Sequence[int]
) -> NDArray[np.uint8]:
    """Class and quality of pixels that were classified once.

    Parameters
    ----------
    best : `(pixel,)` channel of each pixel's class.
    probabilities : `(class, pixel)`.
    classes : codes by channel.

    Returns
    -------
    `(6, pixel)`: code, confidence in 255ths (1 at least, as 0 is no data), agreement 100 %, one observation, no month,
    and the next probable class, 0 where there is none.

    """
    codes = np.array(classes, np.uint8)
    confidence = np.take_along_axis(probabilities, best[np.newaxis], axis=0)[0]
    others = probabilities.copy()
    np.put_along_axis(others, best[np.newaxis], -1, axis=0)
    second = others.argmax(axis=0)
    has_second = np.take_along_axis(others, second[np.newaxis], axis=0)[0] > 0
    layers = np.empty((LAYER_COUNT, len(best)), np.uint8)
    layers[0] = codes[best]
    layers[1] = np.maximum(np.rint(confidence * _CONFIDENCE_SCALE), 1)
    layers[2], layers[3], layers[4] = _PERCENT, 1, 0
    layers[5] = np.where(has_second, codes[second], 0)
    return layers
