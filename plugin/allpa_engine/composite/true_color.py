"""A picture in true colour of a composite: red, green and blue reflectance, stretched for the eye."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..core.bands import REFLECTANCE_SCALE
from ..core.season_keys import TRUE_COLOR_BANDS

STRETCH = (0.0, 0.35, 1.8)
"""Reflectance that is black, reflectance that is white, and the exponent 1 / gamma between: the same for all seasons
and places, so that pictures can be compared."""


def true_color(values: NDArray[np.uint16], bands: Sequence[str]) -> NDArray[np.uint8]:
    """The picture of a composite.

    Parameters
    ----------
    values : `(band, y, x)` digital numbers, 0 no data.
    bands : keys of the bands, with red, green and blue (B04, B03, B02) among them.

    Returns
    -------
    `(3, y, x)` uint8: brightness 1 to 255, 0 where there is no data.

    Examples
    --------
    >>> true_color(np.array([[[0]], [[1]], [[9000]]], np.uint16), ["B02", "B03", "B04"]).ravel().tolist()
    [255, 3, 0]

    """
    table = _brightness()
    order = [bands.index(key) for key in TRUE_COLOR_BANDS]
    picture: NDArray[np.uint8] = table[np.minimum(values[order], len(table) - 1)]
    return picture


def _brightness() -> NDArray[np.uint8]:
    """Brightness by digital number."""
    darkest, brightest, gamma = STRETCH
    reflectance = np.arange(round(brightest * REFLECTANCE_SCALE) + 1) / REFLECTANCE_SCALE
    share = np.clip((reflectance - darkest) / (brightest - darkest), 0, 1) ** (1 / gamma)
    table = np.maximum(np.rint(255 * share), 1).astype(np.uint8)
    table[0] = 0
    return table
