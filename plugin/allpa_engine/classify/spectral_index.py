"""Spectral indices of a scene, and how predictions store them in one byte.

NDVI is (B08 - B04) / (B08 + B04), the moisture index NDMI is (B08 - B11) / (B08 + B11), of surface reflectance
(Rouse et al. 1974; Gao 1996, there as NDWI).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

INDEX_BANDS = ("B04", "B08", "B11")
"""Red, near infrared and short-wave infrared, of which the indices are made."""
NO_INDEX = 0
"""Stored where there is no data."""
ZERO_CODE = 128
"""Stored for an index of 0; 1 is -1 and 255 is 1."""
STEPS_PER_UNIT = 127
MAX_INDEX_ERROR = 0.5 / STEPS_PER_UNIT
"""Largest difference between an index and what is stored of it: half a step, 0.004."""


def encode_index(values: NDArray[np.floating]) -> NDArray[np.uint8]:
    """An index as it is stored.

    Parameters
    ----------
    values : index from -1 to 1, of any shape; values outside are cut off, those that are not finite become no data.

    Returns
    -------
    uint8 of the same shape: 128 + 127 x index to the nearest integer, 0 for no data.

    Examples
    --------
    >>> encode_index(np.array([-1, 0, 0.5, 1, np.nan])).tolist()
    [1, 128, 192, 255, 0]

    """
    is_finite = np.isfinite(values)
    codes = np.rint(np.clip(np.where(is_finite, values, 0), -1, 1) * STEPS_PER_UNIT) + ZERO_CODE
    stored: NDArray[np.uint8] = (codes * is_finite).astype(np.uint8)
    return stored


def decode_index(codes: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The index that `encode_index` stored; NaN for no data.

    Examples
    --------
    >>> decode_index(np.array([1, 128, 255, 0], np.uint8)).tolist()
    [-1.0, 0.0, 1.0, nan]

    """
    values: NDArray[np.float32] = (codes.astype(np.float32) - np.float32(ZERO_CODE)) / np.float32(STEPS_PER_UNIT)
    values[codes == NO_INDEX] = np.nan
    return values


def encoded_indices(index_bands: Sequence[NDArray[np.float32]], valid: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """NDVI and NDMI of a scene, as they are stored.

    Parameters
    ----------
    index_bands : red (B04), near infrared (B08) and short-wave infrared (B11), each `(y, x)` float32 surface
        reflectance, above 0 where it is valid; none where the scene lacks one of them.
    valid : `(y, x)`, False where there is no data.

    Returns
    -------
    `(2, y, x)` uint8: NDVI and NDMI, 0 for no data.

    Examples
    --------
    Green vegetation: red 0.03, near infrared 0.39, short-wave infrared 0.13.

    >>> chip = np.array([0.03, 0.39, 0.13], np.float32).reshape(3, 1, 1)
    >>> encoded_indices(chip, np.array([[True]])).ravel().tolist()
    [237, 192]

    """
    stored = np.zeros((2, *valid.shape), np.uint8)
    if len(index_bands) == 0:
        return stored
    red, nir, swir = index_bands
    for layer, band in zip(stored, (red, swir), strict=True):
        total = nir + band
        scaled = np.divide(nir - band, total, out=np.zeros_like(total), where=valid & (total > 0))
        scaled *= np.float32(STEPS_PER_UNIT)
        scaled += np.float32(ZERO_CODE)
        np.rint(scaled, out=scaled)
        layer[valid] = np.clip(scaled, ZERO_CODE - STEPS_PER_UNIT, ZERO_CODE + STEPS_PER_UNIT)[valid]
    return stored
