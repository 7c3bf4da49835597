"""Relief: slopes lit and shaded by the sun, and cast shadows, over land whose label is known and stays.

Elevations are real where there are some, fractal elsewhere. In shadow only the sky lights the ground: it is dark, and
bluer than in the sun.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .texture import blur, fractal_noise

FloatArray = npt.NDArray[np.float32]

SKY_LIGHT: FloatArray = np.array([0.30, 0.20, 0.13, 0.075, 0.035, 0.025], np.float32)
"""Part of the light on flat sunlit ground that comes from the sky, in the six bands: what is left in a cast shadow."""
PIXEL_M = 10.0
MIN_SUN_DEG, MAX_SUN_DEG = 18.0, 52.0
"""Elevation of the sun between which it is drawn."""
MAX_LIGHT = 2.2
"""Direct light on a slope that faces a low sun, relative to flat ground, is limited to this."""
_SHADOW_STEPS_PX = range(2, 70, 3)
_PENUMBRA_PX = 1.5


@dataclass(frozen=True)
class Light:
    """How relief is lit."""

    direct: FloatArray
    """`(y, x)` direct light relative to flat ground, 0 to `MAX_LIGHT`."""
    lit: FloatArray
    """`(y, x)` 1 in the sun, 0 in a cast shadow, between at its edge."""


@dataclass(frozen=True)
class ReliefBank:
    """Lit relief, computed once and used in many turns."""

    lights: tuple[Light, ...]

    def draw(self, rng: np.random.Generator) -> Light:
        """One of them, turned and mirrored at random."""
        light, turns = self.lights[int(rng.integers(len(self.lights)))], int(rng.integers(4))
        step = -1 if rng.random() < 0.5 else 1
        return Light(*(np.rot90(part, turns)[:, ::step] for part in (light.direct, light.lit)))


def draw_elevation(rng: np.random.Generator, size: int) -> FloatArray:
    """`(size, size)` elevation in metres of mountains that are not there, three in five of them with sharp ridges."""
    field = fractal_noise(rng, size, 64, 0.5)
    if rng.random() < 0.6:
        field = -np.abs(field) + 0.3 * fractal_noise(rng, size, 64, 0.5)
    elevation: FloatArray = (field * rng.uniform(12, 40) * PIXEL_M).astype(np.float32)
    return elevation


def cast_light(elevation_m: FloatArray, sun_azimuth: float, sun_elevation: float) -> Light:
    """Light on relief by the angle between slope and sun, and the shadows that it casts.

    Parameters
    ----------
    elevation_m : `(y, x)` metres, on pixels of `PIXEL_M`.
    sun_azimuth : radians from the direction of growing columns towards growing rows.
    sun_elevation : radians above the horizon.

    Returns
    -------
    Direct light is cos(incidence) / sin(sun's elevation), 1 on flat ground; what lies beyond the border casts none.

    Examples
    --------
    >>> light = cast_light(np.zeros((8, 8), np.float32), 0.3, 0.6)
    >>> float(light.direct.min()), float(light.lit.min())
    (1.0, 1.0)

    """
    height_px = elevation_m / PIXEL_M
    slope_y, slope_x = np.gradient(height_px)
    sun_y, sun_x, tangent = np.sin(sun_azimuth), np.cos(sun_azimuth), np.tan(sun_elevation)
    normal = np.sqrt(1 + slope_x**2 + slope_y**2)
    incidence = (np.sin(sun_elevation) - np.cos(sun_elevation) * (slope_x * sun_x + slope_y * sun_y)) / normal
    direct = np.clip(incidence / np.sin(sun_elevation), 0, MAX_LIGHT)
    lit = np.ones(elevation_m.shape, np.float32)
    for distance in _SHADOW_STEPS_PX:
        towards_sun = _shifted(height_px, round(sun_y * distance), round(sun_x * distance))
        lit = np.minimum(lit, np.clip(1 - (towards_sun - height_px - distance * tangent) / _PENUMBRA_PX, 0, 1))
    return Light(direct.astype(np.float32), blur(lit[None].astype(np.float32))[0])


def draw_light(elevation_m: FloatArray, rng: np.random.Generator) -> Light:
    """The light of a random sun, 18 to 52 degrees high, on the relief."""
    return cast_light(elevation_m, rng.uniform(0, 2 * np.pi), np.deg2rad(rng.uniform(MIN_SUN_DEG, MAX_SUN_DEG)))


def build_relief_bank(
    rng: np.random.Generator, count: int, size: int, elevations: Sequence[FloatArray] = ()
) -> ReliefBank:
    """`count` lit reliefs of `size` pixels a side; half of them of real elevations, where there are any."""
    lights = []
    for number in range(count):
        real = elevations[number // 2 % len(elevations)] if elevations and number % 2 else None
        lights.append(draw_light(real if real is not None else draw_elevation(rng, size), rng))
    return ReliefBank(tuple(lights))


def shade(land: FloatArray, light: Light, water: FloatArray, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Land with relief.

    Parameters
    ----------
    land : `(6, y, x)` reflectance of the land as if it were flat.
    light : on the relief, of the same size.
    water : `(y, x)` share of water, which lies flat: it takes cast shadows alone.
    rng : draws how much of the sky's light there is, and how much of the slopes' light a correction has removed.

    Returns
    -------
    `(6, y, x)` reflectance, and `(y, x)` 1 in the sun to 0 in cast shadow.

    """
    sky = SKY_LIGHT * rng.uniform(0.5, 1.6) * np.exp(rng.normal(0, 0.15, len(SKY_LIGHT)))
    sky = np.clip(sky, 0, 0.6).astype(np.float32)[:, None, None]
    kept = rng.uniform(0.4, 1.0)
    direct = (1 - kept * (1 - light.direct)) * (1 - water) + water
    path = rng.normal(0, 0.006) * np.array([1, 0.7, 0.4, 0.2, 0.1, 0.05], np.float32)[:, None, None]
    shaded = land * (direct * light.lit * (1 - sky) + sky) + (1 - light.lit) * path
    return np.maximum(shaded, 2e-4).astype(np.float32), light.lit


def _shifted(field: FloatArray, rows: int, columns: int) -> FloatArray:
    """`field[y + rows, x + columns]`, minus infinity beyond the border."""
    shifted = np.full_like(field, -np.inf)
    height, width = field.shape
    target_y, target_x = slice(max(0, -rows), height - max(0, rows)), slice(max(0, -columns), width - max(0, columns))
    source_y, source_x = slice(max(0, rows), height + min(0, rows)), slice(max(0, columns), width + min(0, columns))
    if abs(rows) < height and abs(columns) < width:
        shifted[target_y, target_x] = field[source_y, source_x]
    return shifted
