"""The bands of Sentinel-2 Level-2A, the six of them that the bundled network reads, and the scene classification layer.

The one table of bands in the project; how each catalogue names them stands in `catalogues`.
"""

from __future__ import annotations

from dataclasses import dataclass

REFLECTANCE_SCALE = 10_000
"""Digital numbers per unit of reflectance, after the offset is removed."""
_ATMOSPHERE_SCALE = 1_000
"""Digital numbers per unit of aerosol optical thickness, and per cm of water vapour."""


@dataclass(frozen=True)
class Band:
    """One band of a Level-2A product."""

    key: str
    """ESA's name, such as `B02`."""
    name: str
    resolution_m: int
    """Of the finest file that the product has of it; catalogues may list a coarser one of AOT and WVP."""
    units: str = "reflectance"
    """`reflectance`; of the two layers on the atmosphere `optical thickness` and `cm`."""

    @property
    def is_reflectance(self) -> bool:
        """Whether it is surface reflectance: only such bands hold the offset of processing baseline 04.00."""
        return self.units == "reflectance"

    @property
    def numbers_per_unit(self) -> int:
        """Digital numbers per unit, after the offset is removed."""
        return REFLECTANCE_SCALE if self.is_reflectance else _ATMOSPHERE_SCALE


ALL_BANDS: tuple[Band, ...] = (
    Band("B01", "coastal aerosol", 60),
    Band("B02", "blue", 10),
    Band("B03", "green", 10),
    Band("B04", "red", 10),
    Band("B05", "red edge 1", 20),
    Band("B06", "red edge 2", 20),
    Band("B07", "red edge 3", 20),
    Band("B08", "near infrared", 10),
    Band("B8A", "near infrared, narrow", 20),
    Band("B09", "water vapour band", 60),
    Band("B11", "short-wave infrared 1", 20),
    Band("B12", "short-wave infrared 2", 20),
    Band("AOT", "aerosol optical thickness", 10, "optical thickness"),
    Band("WVP", "water vapour column", 10, "cm"),
)
"""All bands of Level-2A (B10 is none of them), in ESA's order; the order in every file."""
ALL_BAND_KEYS: tuple[str, ...] = tuple(band.key for band in ALL_BANDS)
BAND_BY_KEY: dict[str, Band] = {band.key: band for band in ALL_BANDS}

BAND_KEYS: tuple[str, ...] = ("B02", "B03", "B04", "B08", "B11", "B12")
"""The six that the bundled network reads, in the order of its input."""
BANDS: tuple[Band, ...] = tuple(BAND_BY_KEY[key] for key in BAND_KEYS)
SCL = "SCL"
"""Key of the 20 m scene classification layer."""
TRUE_COLOR_60M, THUMBNAIL = "TCI_60m", "thumbnail"
"""Keys of the pictures that come with a scene: true colours with 60 m pixels, and a JPEG of the whole tile."""

WHOLE_FILE_SUFFIX = ".jp2"
"""Of files without overviews or small blocks, which are copied whole."""
SCL_NO_DATA = 0
SCL_CLOUD_SHADOW = 3
SCL_CLOUD_MEDIUM = 8
SCL_CLOUD_HIGH = 9
SCL_CIRRUS = 10
SCL_OBSCURED: tuple[int, ...] = (SCL_CLOUD_SHADOW, SCL_CLOUD_MEDIUM, SCL_CLOUD_HIGH, SCL_CIRRUS)
"""Codes of clouds and shadows, which hide the land; snow is not among them, it is a class of the map."""
