"""The terrain of the simulated highland: a river valley at 2700 m below puna and a glacier peak at 5300 m."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, gaussian_filter, gaussian_filter1d

from .random_fields import Field, fractal_field, make_rng

RESOLUTION_M = 10.0


@dataclass(frozen=True)
class Terrain:
    """Height and its derivatives, all `(y, x) float32`."""

    height_m: Field
    slope: Field
    """Tangent of the steepest slope."""
    river: NDArray[np.bool_]
    """The river's channel."""
    river_distance_m: Field
    """Distance to the channel."""
    gradient: tuple[Field, Field]
    """Rise per metre towards the south (rows) and the east (columns)."""

    def illumination(self, zenith_deg: float, azimuth_deg: float) -> Field:
        """Cosine of the sun's incidence over the cosine on flat ground: 1 on flat land, less on shaded slopes."""
        zenith, azimuth = np.radians(zenith_deg), np.radians(azimuth_deg)
        south, east = self.gradient
        # The normal of the surface is (-east, +south, 1) in (east, north, up), as rows run south.
        incidence = np.sin(zenith) * (np.sin(azimuth) * -east + np.cos(azimuth) * south) + np.cos(zenith)
        cosine = incidence / np.sqrt(1 + south**2 + east**2)
        return np.asarray(np.clip(cosine, 0, None) / np.cos(zenith), np.float32)


def make_terrain(size: int, seed: int) -> Terrain:
    """Terrain of `size` x `size` pixels."""
    shape = (size, size)
    rng = make_rng(seed, "terrain")
    rows, columns = np.mgrid[0:size, 0:size].astype(np.float32)
    meander = gaussian_filter1d(rng.standard_normal(size * 3), size / 14)[size : 2 * size]
    course = size * (0.70 + 0.06 * meander / meander.std()) - (np.arange(size) - size / 2) * 0.08
    river = np.abs(rows - course[None, :]) < 2.6 + 1.2 * np.sin(columns / 70)
    distance = np.asarray(distance_transform_edt(~river) * RESOLUTION_M, np.float32)
    rough = fractal_field(shape, 4.2, rng)
    ridges = 0.8 - np.sqrt(fractal_field(shape, 3.8, make_rng(seed, "ridges")) ** 2 + 0.03)
    broad = distance * np.clip(
        1 + 0.45 * gaussian_filter(fractal_field(shape, 3.0, make_rng(seed, "floor")), 12), 0.4, 2
    )
    away = 1 - np.exp(-np.clip(broad - 350, 0, None) / 2900)
    hills = gaussian_filter(np.clip((broad - 250) / 1100, 0, 1), 8)
    height = 2720 + broad * 0.012 + 1600 * away + hills * (80 * rough + 95 * ridges) * (0.45 + away)
    peak = np.hypot(rows - size * 0.07, columns - size * 0.86) * RESOLUTION_M
    height = height + 1250 * np.exp(-((peak / 1500) ** 2)) * (1 + 0.12 * ridges)
    height = np.asarray(gaussian_filter(height, 6.0), np.float32)
    south, east = (np.asarray(rise / RESOLUTION_M, np.float32) for rise in np.gradient(height))
    return Terrain(height, np.asarray(np.hypot(south, east), np.float32), river, distance, (south, east))
