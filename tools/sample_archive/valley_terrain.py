"""The terrain of the simulated mountain valley, and what its shape does to the light: slopes, cast shadows, sky."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, gaussian_filter1d

from .random_fields import Field, fractal_field, make_rng
from .terrain import RESOLUTION_M

MARGIN_PX = 220
"""Land around the valley that exists to cast shadows into it."""
FLOOR_LAKES = ((0.31, 27.0), (0.405, 17.0), (0.50, 9.0))
"""Lakes on the valley floor: place along it (0 head, 1 mouth) and radius in pixels."""
CIRQUE_LAKES_PX = (12.0, 9.0, 7.0, 5.0, 4.0)
"""Radii of the lakes in hollows of the walls."""


@dataclass(frozen=True)
class ValleyTerrain:
    """Heights with their margin, all `(y, x) float32`; `crop` cuts the margin off."""

    height_m: Field
    floor_distance_m: Field
    """Distance from the edge of the valley floor, 0 on it."""
    along: Field
    """Place along the valley, 0 at its head, 1 at its mouth."""
    lakes: NDArray[np.bool_]

    @property
    def gradient(self) -> tuple[Field, Field]:
        """Rise per metre towards the south (rows) and the east (columns)."""
        south, east = np.gradient(self.height_m)
        return np.asarray(south / RESOLUTION_M, np.float32), np.asarray(east / RESOLUTION_M, np.float32)


def crop(field: NDArray) -> NDArray:
    """The field without the margin."""
    return field[..., MARGIN_PX:-MARGIN_PX, MARGIN_PX:-MARGIN_PX]


def make_valley_terrain(size: int, seed: int) -> ValleyTerrain:
    """A glacial trough from an icy head in the north to a village in the south; `size` pixels a side, and a margin."""
    side = size + 2 * MARGIN_PX
    shape = (side, side)
    rows, columns = (np.mgrid[0:side, 0:side] - MARGIN_PX).astype(np.float32) / size
    bend = gaussian_filter1d(make_rng(seed, "valley axis").standard_normal(3 * side), side / 9)[side : 2 * side]
    axis = 0.5 + 0.07 * bend / bend.std()
    along = np.clip(rows, -0.2, 1.2)
    lower = np.clip(along, 0, 1)
    floor_m = 3480 + 1230 * np.clip(1 - lower, 0, 1) ** 2.6 - 40 * (along - lower)
    half_width = 0.028 + 0.045 * lower
    across_m = np.clip(np.abs(columns - axis[:, None]) - half_width, 0, None) * size * RESOLUTION_M
    rough = fractal_field(shape, 3.9, make_rng(seed, "valley rough"))
    ridges = 0.8 - np.sqrt(fractal_field(shape, 3.3, make_rng(seed, "valley ridges")) ** 2 + 0.02)
    fine = fractal_field(shape, 2.9, make_rng(seed, "valley gullies"))
    wall = 1 - np.exp(-((across_m / 1350) ** 1.25))
    crest_m = 1120 - 200 * lower
    height = floor_m + crest_m * wall * (1 + 0.22 * rough) + wall * (200 * ridges + 85 * fine)
    # The head: an icy massif that closes the valley.
    distance = np.hypot((rows + 0.02) * 1.0, (columns - axis[:, None].mean() - 0.05) * 0.75)
    height += 620 * np.exp(-((distance / 0.19) ** 2)) * (1 + 0.15 * ridges)
    height += 5 * fine * np.clip(across_m / 300, 0.1, 1)
    height = gaussian_filter(np.asarray(height, np.float32), 1.6)
    lakes = _carve_lakes(height, axis, across_m, size, seed)
    return ValleyTerrain(height, np.asarray(across_m, np.float32), np.asarray(along, np.float32), lakes)


def _carve_lakes(height: Field, axis: NDArray, across_m: Field, size: int, seed: int) -> NDArray[np.bool_]:
    """Lakes on the floor and in the flattest hollows of the walls; the heights are changed in place."""
    shore = gaussian_filter(fractal_field(height.shape, 2.6, make_rng(seed, "valley shores")), 3)
    lakes = np.zeros(height.shape, bool)
    places = []
    for along, radius_px in FLOOR_LAKES:
        row = int(MARGIN_PX + along * size)
        places.append((row, int(MARGIN_PX + axis[row] * size), radius_px))
    slope = gaussian_filter(np.hypot(*np.gradient(height)), 8)
    slope[(across_m < 500) | (height < 4000) | (height > 4800)] = np.inf
    inner = np.full(height.shape, False)
    inner[MARGIN_PX + 60 : -MARGIN_PX - 60, MARGIN_PX + 60 : -MARGIN_PX - 60] = True
    slope[~inner] = np.inf
    for radius_px in CIRQUE_LAKES_PX:
        row, column = np.unravel_index(int(np.argmin(slope)), slope.shape)
        places.append((int(row), int(column), radius_px))
        slope[max(row - 90, 0) : row + 90, max(column - 90, 0) : column + 90] = np.inf
    for row, column, radius_px in places:
        _carve_lake(height, lakes, shore, (row, column), radius_px)
    return lakes


def _carve_lake(
    height: Field, lakes: NDArray[np.bool_], shore: Field, centre: tuple[int, int], radius_px: float
) -> None:
    """A level lake around `centre`, in place; its shores rise, and fall, to the land around it."""
    reach = int(7 * radius_px)
    window = (slice(centre[0] - reach, centre[0] + reach), slice(centre[1] - reach, centre[1] + reach))
    rows, columns = np.mgrid[-reach:reach, -reach:reach].astype(np.float32)
    distance = np.hypot(rows, columns * 1.25) / (1 + 0.25 * shore[window])
    inside = distance < radius_px
    level = np.float32(np.median(height[window][inside]))
    blend = np.clip((distance - radius_px) / (4 * radius_px), 0, 1)
    blend = blend * blend * (3 - 2 * blend)
    height[window] = np.where(inside, level, level + 2 * (1 - blend) + (height[window] - level) * blend)
    lakes[window] |= inside


def sun_position(moment: datetime, latitude: float, longitude: float) -> tuple[float, float]:
    """Zenith and azimuth of the sun in degrees (Spencer 1971; good to half a degree).

    The azimuth counts from north over east.
    """
    day = moment.timetuple().tm_yday - 1 + moment.hour / 24
    angle = 2 * np.pi * day / 365
    declination = (
        0.006918 - 0.399912 * np.cos(angle) + 0.070257 * np.sin(angle)
        - 0.006758 * np.cos(2 * angle) + 0.000907 * np.sin(2 * angle)
    )  # fmt: skip
    equation_min = 229.18 * (
        0.000075 + 0.001868 * np.cos(angle) - 0.032077 * np.sin(angle)
        - 0.014615 * np.cos(2 * angle) - 0.040849 * np.sin(2 * angle)
    )  # fmt: skip
    solar_h = moment.hour + moment.minute / 60 + longitude / 15 + equation_min / 60
    hour_angle, phi = np.radians(15 * (solar_h - 12)), np.radians(latitude)
    up = np.sin(phi) * np.sin(declination) + np.cos(phi) * np.cos(declination) * np.cos(hour_angle)
    north = np.cos(phi) * np.sin(declination) - np.sin(phi) * np.cos(declination) * np.cos(hour_angle)
    east = -np.cos(declination) * np.sin(hour_angle)
    return float(np.degrees(np.arccos(up))), float(np.degrees(np.arctan2(east, north)) % 360)


def incidence_ratio(terrain: ValleyTerrain, zenith_deg: float, azimuth_deg: float) -> Field:
    """Cosine of the sun's incidence over that on level ground; 0 where the slope faces away from the sun."""
    zenith, azimuth = np.radians(zenith_deg), np.radians(azimuth_deg)
    south, east = terrain.gradient
    incidence = np.sin(zenith) * (np.sin(azimuth) * -east + np.cos(azimuth) * south) + np.cos(zenith)
    cosine = incidence / np.sqrt(1 + south**2 + east**2)
    return np.asarray(np.clip(cosine, 0, None) / np.cos(zenith), np.float32)


def cast_shadow(height_m: Field, zenith_deg: float, azimuth_deg: float) -> NDArray[np.float32]:
    """Share of each pixel that lies in the shadow of higher land towards the sun, 0 to 1.

    The ray to the sun is followed pixel by pixel until it is above all land.
    """
    zenith, azimuth = np.radians(zenith_deg), np.radians(azimuth_deg)
    rise_m = RESOLUTION_M / np.tan(zenith)
    steps = min(int(float(np.ptp(height_m)) / rise_m) + 1, 400)
    above = np.full(height_m.shape, -np.inf, np.float32)
    for step in range(1, steps + 1):
        # Towards the sun: north is -row, east is +column.
        down, right = round(-step * np.cos(azimuth)), round(step * np.sin(azimuth))
        _maximum_of_shifted(above, height_m, down, right, step * rise_m)
    # A quarter of a degree of sun makes the edge soft; the rest of the softness is the sensor's.
    return np.asarray(np.clip((above - height_m) / 3 + 0.5, 0, 1), np.float32)


def _maximum_of_shifted(out: Field, height_m: Field, down: int, right: int, lower_m: float) -> None:
    """Let `out` be at least the height `down` rows and `right` columns away, less `lower_m`; in place."""
    rows, columns = height_m.shape
    target = (slice(max(-down, 0), rows - max(down, 0)), slice(max(-right, 0), columns - max(right, 0)))
    source = (slice(max(down, 0), rows - max(-down, 0)), slice(max(right, 0), columns - max(-right, 0)))
    np.maximum(out[target], height_m[source] - np.float32(lower_m), out=out[target])
