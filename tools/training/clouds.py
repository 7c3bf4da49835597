"""Clouds that were never there: thick, cumulus, thin and cirrus clouds with their shadows, blended over clear chips.

The teacher has no class for clouds, and there are few manual cloud labels, so most of class 10 is learnt from these.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .texture import fractal_noise

FloatArray = npt.NDArray[np.float32]

MIN_CLOUD_OPACITY, FULL_CLOUD_OPACITY = 0.30, 0.60
"""Opacity at which a pixel begins to count as cloud, and from which it is cloud alone."""
MIN_SHADOW_LOSS, MAX_SHADOW_LOSS = 0.3, 0.92
"""Between these lies the share of the light that the shadow of an opaque cloud takes."""
SEMI_OPAQUE_SHARE = 0.15
"""Share of the clouds that are greyish white and as bright at 1.6 micrometres as in the visible."""


@dataclass(frozen=True)
class CloudBank:
    """Ready cloud fields, drawn once and used in many turns."""

    opacity: npt.NDArray[np.uint8]
    """`(n, y, x)` opacity x 255."""
    relief: npt.NDArray[np.uint8]
    """`(n, y, x)` brightness within the cloud x 255."""

    def draw(self, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        """Opacity and brightness of one cloud field, turned at random, `(y, x)` each 0..1."""
        number, rotations = int(rng.integers(len(self.opacity))), int(rng.integers(4))
        flipped = slice(None, None, -1 if rng.random() < 0.5 else 1)
        opacity, relief = (np.rot90(field[number], rotations)[flipped] for field in (self.opacity, self.relief))
        return opacity.astype(np.float32) / 255, relief.astype(np.float32) / 255


def build_bank(rng: np.random.Generator, count: int, size: int) -> CloudBank:
    """`count` cloud fields of `size` pixels per side, of the four kinds in turn."""
    opacity = np.empty((count, size, size), np.uint8)
    relief = np.empty_like(opacity)
    for number in range(count):
        alpha = _opacity(rng, size, number % 4)
        opacity[number] = np.rint(255 * alpha)
        relief[number] = np.rint(255 * np.clip(0.85 + 0.1 * fractal_noise(rng, size, 32, 0.6), 0.4, 1))
    return CloudBank(opacity, relief)


def _opacity(rng: np.random.Generator, size: int, kind: int) -> FloatArray:
    """Thick decks (0), small cumulus (1), thin veils (2), drawn-out cirrus (3)."""
    cell = {0: 64, 1: int(rng.choice([8, 16])), 2: 64, 3: 32}[kind]
    field = fractal_noise(rng, size, cell, 0.6)
    if kind == 3:
        field = np.repeat(field[:: max(1, size // 32)], max(1, size // 32), axis=0)[:size]
        field = 0.7 * field + 0.3 * fractal_noise(rng, size, 16)
    cover = rng.uniform(-0.8, 0.9) if kind in (0, 2) else rng.uniform(0.4, 1.5)
    steepness = rng.uniform(2, 5) if kind < 2 else rng.uniform(0.5, 1.2)
    top = 1.0 if kind < 2 else rng.uniform(0.2, 0.75)
    opacity: FloatArray = (top / (1 + np.exp(-steepness * (field - cover))) * (field > cover - 3 / steepness)).astype(
        np.float32
    )
    return opacity


def cloud_spectrum(rng: np.random.Generator) -> FloatArray:
    """Reflectance of an opaque cloud in the six bands: white in the visible, darker in the short-wave infrared.

    The ratio of 1.6 to 0.84 micrometres stays above 0.3, where snow does not come.
    """
    if rng.random() < SEMI_OPAQUE_SHARE:
        grey, swir1 = rng.uniform(0.25, 0.35), rng.uniform(0.30, 0.40)
        return np.array([grey, grey, grey, rng.uniform(0.95, 1.15) * grey, swir1, 0.85 * swir1], np.float32)
    white = rng.uniform(0.3, 1.0)
    visible = white * np.array([1.0, rng.uniform(0.92, 1.0), rng.uniform(0.88, 1.0), rng.uniform(0.95, 1.08)])
    swir1 = white * rng.uniform(0.30, 0.95)
    return np.array([*visible, swir1, swir1 * rng.uniform(0.7, 1.1)], np.float32)


def add_clouds(
    land: FloatArray, bank: CloudBank, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Blend one cloud field with its shadow over a chip.

    Parameters
    ----------
    land : `(6, y, x)` reflectance 0..1.

    Returns
    -------
    The clouded chip; `(y, x)` share 0..1 of class 10; `(y, x)` depth 0..1 of the shadow.
    """
    opacity, relief = bank.draw(rng)
    shift = rng.integers(-25, 26, 2)
    loss = rng.uniform(MIN_SHADOW_LOSS, MAX_SHADOW_LOSS)
    shadow = loss * np.roll(opacity, (int(shift[0]), int(shift[1])), axis=(0, 1))
    sky_light = np.array([0.45, 0.35, 0.25, 0.15, 0.08, 0.05], np.float32)[:, None, None]
    shaded = land * (1 - shadow[None] * (1 - sky_light))
    cloud = cloud_spectrum(rng)[:, None, None] * relief[None]
    clouded = (1 - opacity[None]) * shaded + opacity[None] * cloud
    share = np.clip((opacity - MIN_CLOUD_OPACITY) / (FULL_CLOUD_OPACITY - MIN_CLOUD_OPACITY), 0, 1)
    return clouded.astype(np.float32), share.astype(np.float32), shadow.astype(np.float32)
