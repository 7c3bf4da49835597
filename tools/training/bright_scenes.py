"""Bright land that is no cloud: salt flats, old ice, greenhouses of white plastic, metal roofs, laid over real land.

No chip shows them; their reflectance is drawn within ranges known from spectral libraries and the literature.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from allpa_engine.core.bands import REFLECTANCE_SCALE
from allpa_engine.core.legend import BARE, BUILT, SNOW

from .samples import Sample
from .texture import blur, fractal_noise

FloatArray = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

_SALT_LOW = np.array([0.30, 0.35, 0.38, 0.40, 0.15, 0.08], np.float32)
_SALT_HIGH = np.array([0.60, 0.66, 0.70, 0.72, 0.50, 0.40], np.float32)
_OLD_ICE = np.array([0.48, 0.50, 0.46, 0.36, 0.04, 0.03], np.float32)
_DUST = np.array([0.10, 0.14, 0.18, 0.22, 0.26, 0.22], np.float32)
_PLASTIC_LOW = np.array([0.22, 0.26, 0.28, 0.34, 0.24, 0.16], np.float32)
_PLASTIC_HIGH = np.array([0.45, 0.50, 0.54, 0.62, 0.48, 0.38], np.float32)
_ROOF_LOW = np.array([0.25, 0.27, 0.29, 0.30, 0.22, 0.18], np.float32)
_ROOF_HIGH = np.array([0.75, 0.78, 0.80, 0.82, 0.70, 0.60], np.float32)


def make_bright_scene(land: Sample, rng: np.random.Generator) -> Sample:
    """The land with one bright kind of ground on a part of it, labelled as what it is; the rest keeps its label.

    land : a sample of real land with the teacher's labels.
    """
    make, code = _KINDS[int(rng.integers(len(_KINDS)))]
    size = land.reflectance.shape[-1]
    mask, spectrum = make(rng, size)
    cover = spectrum[:, None, None] * np.exp(_texture(rng, size, code, mask))
    share = blur(mask[None].astype(np.float32))[0]
    reflectance = (1 - share) * land.reflectance / REFLECTANCE_SCALE + share * cover
    seen = (land.reflectance > 0).any(axis=0)
    numbers = np.where(seen, np.clip(np.rint(reflectance * REFLECTANCE_SCALE), 1, 16000), 0).astype(np.uint16)
    hard = np.where(seen & (share >= 0.5), code, land.hard).astype(np.uint8)
    weight = np.where((share > 0.1) & (share < 0.9), 0.3, 1.0) * seen
    nothing = np.zeros((size, size), np.uint8)
    return replace(land, reflectance=numbers, hard=hard, cloud=nothing, weight=np.rint(255 * weight).astype(np.uint8))


def _between(low: FloatArray, high: FloatArray, rng: np.random.Generator) -> FloatArray:
    spectrum: FloatArray = (low + rng.uniform(0, 1) * (high - low)) * np.exp(rng.normal(0, 0.05, len(low)))
    return spectrum.astype(np.float32)


def _texture(rng: np.random.Generator, size: int, code: int, mask: Mask) -> FloatArray:
    """Logarithm of brightness: fine and weak, and for roofs and greenhouses from one to the next."""
    texture = rng.uniform(0.01, 0.08) * fractal_noise(rng, size, 8, 0.8)
    if code == BUILT:
        texture = texture + rng.uniform(0.05, 0.3) * fractal_noise(rng, size, 4, 0.9) * mask
    return np.asarray(texture, np.float32)


def _salt(rng: np.random.Generator, size: int) -> tuple[Mask, FloatArray]:
    return fractal_noise(rng, size, 64, 0.4) > rng.uniform(-0.8, 1.0), _between(_SALT_LOW, _SALT_HIGH, rng)


def _ice(rng: np.random.Generator, size: int) -> tuple[Mask, FloatArray]:
    dust = rng.uniform(0, 0.6)
    spectrum = (1 - dust) * _OLD_ICE * rng.uniform(0.6, 1.3) + dust * _DUST * rng.uniform(0.5, 1)
    return fractal_noise(rng, size, 32, 0.5) > rng.uniform(-0.5, 1.0), np.asarray(spectrum, np.float32)


def _plastic(rng: np.random.Generator, size: int) -> tuple[Mask, FloatArray]:
    return _blocks(rng, size, int(rng.integers(5, 25)), 8, 30), _between(_PLASTIC_LOW, _PLASTIC_HIGH, rng)


def _roofs(rng: np.random.Generator, size: int) -> tuple[Mask, FloatArray]:
    return _blocks(rng, size, int(rng.integers(4, 40)), 3, 16), _between(_ROOF_LOW, _ROOF_HIGH, rng)


def _blocks(rng: np.random.Generator, size: int, count: int, smallest: int, largest: int) -> Mask:
    """`count` rectangles, with narrow gaps where they touch."""
    mask = np.zeros((size, size), bool)
    for _ in range(count):
        height, width = rng.integers(smallest, largest + 1, 2)
        top, left = int(rng.integers(0, size - height)), int(rng.integers(0, size - width))
        mask[max(0, top - 1) : top + height + 1, max(0, left - 1) : left + width + 1] = False
        mask[top : top + height, left : left + width] = True
    return mask


_KINDS: tuple[tuple[Callable[[np.random.Generator, int], tuple[Mask, FloatArray]], int], ...] = (
    (_salt, BARE),
    (_ice, SNOW),
    (_plastic, BUILT),
    (_roofs, BUILT),
)
