"""From a file's digital numbers to harmonised ones: the offset, tested on the pixels where the catalogue is unsure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..core.bands import BAND_BY_KEY
from ..core.errors import SceneUnsupported
from ..core.messages import message
from ..core.scene import Radiometry

FLOOR_QUANTILE = 0.001
"""The floor is this quantile of the digital numbers above 0."""
MAX_FLOOR_WITHOUT_OFFSET = 800
"""A floor below it proves that no +1000 is in the numbers; one above it proves nothing (measured floors with the
+1000 lie at 1003 and up, those without it between 1 and 2048)."""
_DARKEST_FIRST = ("B12", "B11", "B04", "B01", "B02", "B05", "B03", "B09")
"""Water, shadow and dense vegetation are darkest in the first of them."""
MIN_FLOOR_PIXELS = 10_000
"""Fewer valid pixels than this give no floor."""


def darkest_band(bands: Iterable[str]) -> str | None:
    """The band of which more is read where the window does not tell; None where there is none of reflectance.

    Examples
    --------
    >>> darkest_band(["B02", "B11", "AOT"]), darkest_band(["WVP"])
    ('B11', None)

    """
    reflectance = [key for key in bands if key in BAND_BY_KEY and BAND_BY_KEY[key].is_reflectance]
    return next((key for key in (*_DARKEST_FIRST, *reflectance) if key in reflectance), None)


def subtract_offset(numbers: NDArray[np.uint16], offset: int) -> NDArray[np.uint16]:
    """Subtract the offset from digital numbers; 0 stays no data, valid numbers that would fall below 1 become 1.

    Parameters
    ----------
    numbers : of any shape, uint16 as stored.
    offset : 0 or more.

    Returns
    -------
    Digital numbers of the same shape, uint16; the array itself where the offset is 0.

    Examples
    --------
    >>> subtract_offset(np.array([0, 900, 1000, 3500], np.uint16), 1000).tolist()
    [0, 1, 1, 2500]

    """
    if offset == 0:
        return numbers
    corrected = np.maximum(numbers.astype(np.int32) - offset, 1)
    return np.where(numbers > 0, corrected, 0).astype(np.uint16)


def histogram_floor(histogram: NDArray[np.int64]) -> int | None:
    """The 0.1 percentile of the digital numbers above 0, from counts per number; None where too few are valid.

    Examples
    --------
    >>> histogram_floor(np.bincount(np.arange(20_000)))
    20
    """
    counts = histogram.copy()
    counts[0] = 0
    total = int(counts.sum())
    if total < MIN_FLOOR_PIXELS:
        return None
    return int(np.searchsorted(np.cumsum(counts), FLOOR_QUANTILE * total, side="right"))


def needs_more_pixels(radiometry: Radiometry, histograms: Mapping[str, NDArray[np.int64]]) -> bool:
    """Whether the pixels must decide on the offset and those read so far did not: more of them may.

    Parameters
    ----------
    radiometry : by the catalogue.
    histograms : counts per digital number as stored, int64, of the bands read so far, by key.

    Returns
    -------
    False where the catalogue is sure, or where the darkest pixels of a band already prove that there is no offset.

    """
    return radiometry.pixel_test != "none" and radiometry.offset != 0 and not _low_floors(histograms)


def settle_radiometry(radiometry: Radiometry, histograms: Mapping[str, NDArray[np.int64]]) -> Radiometry:
    """Settle a scene's offset, by its darkest pixels where the catalogue is unsure.

    A floor below `MAX_FLOOR_WITHOUT_OFFSET` in any band proves that no +1000 is in the numbers.

    Parameters
    ----------
    radiometry : by the catalogue; its `pixel_test` says what the pixels may change.
    histograms : counts per digital number as stored in the files, int64, by key of the band; 0 is no data.

    Returns
    -------
    The offset to subtract and the fact that decided it; its `pixel_test` is `none`.

    Raises
    ------
    SceneUnsupported : where only the pixels could tell and they do not.

    """
    if radiometry.pixel_test == "none" or radiometry.offset == 0:
        return replace(radiometry, pixel_test="none")
    low = _low_floors(histograms)
    if low:
        band = min(low, key=lambda key: low[key])
        return Radiometry(0, f"pixels: the darkest of {band} lie at {low[band]}, so no offset is in the numbers")
    if radiometry.pixel_test == "require":
        raise SceneUnsupported(
            "It is unknown whether the scene's digital numbers include the offset.",
            message(
                "The catalogue does not say ({basis}), and the darkest pixels are too bright to decide.",
                basis=radiometry.basis,
            ),
        )
    return Radiometry(radiometry.offset, f"{radiometry.basis}; metadata only, the pixels could not confirm it")


def _low_floors(histograms: Mapping[str, NDArray[np.int64]]) -> dict[str, int]:
    """The floors that prove that no offset is in the numbers."""
    floors = {band: floor for band, counts in histograms.items() if (floor := histogram_floor(counts)) is not None}
    return {band: floor for band, floor in floors.items() if floor < MAX_FLOOR_WITHOUT_OFFSET}
