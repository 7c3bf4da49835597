"""Clouds, their shadows, fresh snow, and the scene classification that sees them with the usual errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, label, shift

from .landscape import BARE, BUILT, SNOW, WATER
from .random_fields import Field, fractal_field, make_rng
from .reflectance import Surface
from .spectra import read_spectra

SHADOW_LIGHT = np.array([0.50, 0.44, 0.38, 0.30, 0.26, 0.26], np.float32)[:, None, None]
"""Light left in a cloud's shadow per band: the sky still shines, most in the blue."""
SCL_NO_DATA, SCL_DARK, SCL_SHADOW, SCL_VEGETATION, SCL_BARE, SCL_WATER = 0, 2, 3, 4, 5, 6
SCL_UNCLASSIFIED, SCL_CLOUD_MEDIUM, SCL_CLOUD_HIGH, SCL_CIRRUS, SCL_SNOW = 7, 8, 9, 10, 11


@dataclass(frozen=True)
class Weather:
    """The sky over the land at one overpass, all `(y, x) float32`, 0 to 1."""

    cloud: Field
    """Opacity of thick clouds."""
    cirrus: Field
    """Opacity of thin clouds, at most 0.35."""
    shadow: Field
    snow: Field
    """Cover of fresh snow."""


def make_weather(
    height_m: Field,
    name: str,
    seed: int,
    *,
    clouds: float,
    cirrus_share: float,
    snow_line_m: float | None,
    zenith_deg: float,
    azimuth_deg: float,
) -> Weather:
    """Weather with about the shares `clouds` and `thin` of the sky covered; `snow_line_m` None for no fresh snow."""
    shape = height_m.shape
    rng = make_rng(seed, f"weather {name}")
    thick = _cloud_opacity(fractal_field(shape, 3.0, rng), clouds, 0.22)
    cirrus = 0.35 * _cloud_opacity(gaussian_filter(fractal_field(shape, 3.4, rng), 6), cirrus_share, 0.8)
    length_px = rng.uniform(900, 1500) * np.tan(np.radians(zenith_deg)) / 10
    azimuth = np.radians(azimuth_deg)
    # Shadows fall away from the sun: south is +row, east is +column.
    shifted_clouds = shift(thick, (length_px * np.cos(azimuth), -length_px * np.sin(azimuth)), order=1, mode="reflect")
    shadow = np.clip(gaussian_filter(shifted_clouds, 1.5) - thick, 0, 1)
    snow = np.zeros(shape, np.float32)
    if snow_line_m is not None:
        above_snow_line = height_m - snow_line_m + 110 * gaussian_filter(fractal_field(shape, 2.4, rng), 2)
        snow = np.clip(above_snow_line / 90, 0, 1)
    return Weather(thick, cirrus, np.asarray(shadow, np.float32), np.asarray(snow, np.float32))


def _cloud_opacity(field: Field, share: float, softness: float) -> Field:
    if share <= 0:
        return np.zeros(field.shape, np.float32)
    threshold = np.quantile(field, 1 - share)
    return np.asarray(np.clip((field - threshold) / softness + 0.25, 0, 1) * (field > threshold - softness), np.float32)


def apply_clouds(image: NDArray[np.float32], weather: Weather, rng: np.random.Generator) -> NDArray[np.float32]:
    """What the sensor sees of an image `(6, y, x)` through the weather."""
    cloud = read_spectra()["clouds", "thick"]
    relief = np.clip(1 + 0.10 * gaussian_filter(fractal_field(weather.cloud.shape, 2.6, rng), 1.5), 0.6, 1.4)
    white = cloud.mean[:, None, None] * relief * (0.75 + 0.25 * weather.cloud)
    image = image * (1 - weather.shadow * (1 - SHADOW_LIGHT))
    cover = 1 - (1 - weather.cloud) * (1 - weather.cirrus)
    return np.asarray(image + cover * (white - image), np.float32)


def scene_classification(
    image: NDArray[np.float32], weather: Weather, surface: Surface, *, scl_misses_cloud: bool, scl_misses_shadow: bool
) -> NDArray[np.uint8]:
    """SCL at 20 m `(y / 2, x / 2)`: right but for some roofs called cloud, and a cloud or shadow missed on demand."""
    truth = surface.landscape.truth[::2, ::2]
    cloud, cirrus, shadow, snow = (
        _half(cover) for cover in (weather.cloud, weather.cirrus, weather.shadow, weather.snow)
    )
    if scl_misses_cloud:
        cloud = np.where(_second_largest(cloud > 0.15), 0, cloud)
    if scl_misses_shadow:
        shadow = np.where(_second_largest(shadow > 0.3), 0, shadow)
    blue, _, red, nir, _, _ = (_half(band) for band in image)
    ndvi = (nir - red) / np.maximum(nir + red, 1)
    scl = np.where(ndvi > 0.42, SCL_VEGETATION, SCL_BARE).astype(np.uint8)
    scl[(nir < 900) & (truth != WATER)] = SCL_DARK
    scl[truth == WATER] = SCL_WATER
    scl[((truth == SNOW) | (snow > 0.5)) & (truth != WATER)] = SCL_SNOW
    scl[(blue > 1900) & (truth == BUILT) | (blue > 2700) & (truth == BARE)] = SCL_CLOUD_MEDIUM
    scl[shadow > 0.35] = SCL_SHADOW
    scl[cirrus > 0.12] = SCL_CIRRUS
    scl[(cloud > 0.08) & (cloud <= 0.25)] = SCL_UNCLASSIFIED
    scl[cloud > 0.25] = SCL_CLOUD_MEDIUM
    scl[cloud > 0.7] = SCL_CLOUD_HIGH
    return scl


def _half(field: Field) -> Field:
    """Mean of 2 x 2 pixels."""
    rows, columns = field.shape
    return np.asarray(field.reshape(rows // 2, 2, columns // 2, 2).mean((1, 3)), np.float32)


def _second_largest(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The second largest patch (the largest often fills the sky); nothing where there is one patch or none."""
    numbers, count = label(mask)
    if count < 2:
        return np.zeros(mask.shape, bool)
    sizes = np.bincount(numbers.ravel())[1:]
    return np.asarray(numbers == int(np.argsort(sizes)[-2]) + 1)
