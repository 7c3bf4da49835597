"""The six Sentinel-2 bands that Allpa reads, and the scene classification layer with its codes.

The one table of bands in the project; how each catalogue names them stands in `catalogues`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Band:
    """One spectral band."""

    key: str
    """ESA's name, such as `B02`."""
    name: str
    resolution_m: int


BANDS: tuple[Band, ...] = (
    Band("B02", "blue", 10),
    Band("B03", "green", 10),
    Band("B04", "red", 10),
    Band("B08", "near infrared", 10),
    Band("B11", "short-wave infrared 1", 20),
    Band("B12", "short-wave infrared 2", 20),
)
"""In the order of every array, file and model input."""

BAND_KEYS: tuple[str, ...] = tuple(band.key for band in BANDS)
SCL = "SCL"
"""Key of the 20 m scene classification layer."""

REFLECTANCE_SCALE = 10_000
"""Digital numbers per unit of reflectance, after the offset is removed."""

SCL_NO_DATA = 0
SCL_CLOUD_SHADOW = 3
SCL_CLOUD_MEDIUM = 8
SCL_CLOUD_HIGH = 9
SCL_CIRRUS = 10
SCL_OBSCURED: tuple[int, ...] = (SCL_CLOUD_SHADOW, SCL_CLOUD_MEDIUM, SCL_CLOUD_HIGH, SCL_CIRRUS)
"""Codes of clouds and shadows, which hide the land; snow is not among them, it is a class of the map."""
