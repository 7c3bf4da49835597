"""Mountains from nothing: rock, scree and moraine, ice above, plants and lakes below, lit by the sun.

The label is that of the ground, in the sun or not. Rock is bare ground however bright or dark it is, and so are lava
and burnt land; rock between tongues of ice is not snow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from allpa_engine.core.bands import REFLECTANCE_SCALE
from allpa_engine.core.legend import BARE, GRASS, SCRUB, SNOW, TREES, WATER

from .relief import draw_elevation, draw_light, shade
from .samples import SAMPLE_SIZE, Sample
from .teacher import TEACHER_CLASS_COUNT
from .texture import blur, fractal_noise

FLAT_SHARE = 0.15
"""Part of the scenes without relief: dark lava, burnt land and stony plains."""
_EDGE_WEIGHT = 0.2
"""Weight of the label where two kinds of ground are mixed."""
_GREY_ROCK = np.array([0.75, 0.88, 1.0, 1.15, 1.3, 1.2], np.float32)
_CLEAN_ICE = np.array([0.85, 0.85, 0.83, 0.75, 0.08, 0.06], np.float32)
_MILKY_WATER = np.array([0.13, 0.17, 0.12, 0.05, 0.012, 0.008], np.float32)
_CLEAR_WATER = np.array([0.030, 0.028, 0.015, 0.008, 0.005, 0.004], np.float32)
_MIN_REFLECTANCE = 0.004

FloatArray = npt.NDArray[np.float32]
Codes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class SceneSpectra:
    """The spectra from which scenes are made, reflectance in the six bands."""

    soils: FloatArray
    """`(n, 6)` measured soils."""
    classes: Mapping[int, FloatArray]
    """`(n, 6)` by class code: water, trees, grass, scrub, bare ground, snow."""

    def draw(self, code: int, rng: np.random.Generator, count: int = 1) -> FloatArray:
        """`(count, 6)` random spectra of a class; half of the bare ones are measured soils."""
        source = self.soils if code == BARE and len(self.soils) and rng.random() < 0.5 else self.classes[code]
        drawn: FloatArray = source[rng.integers(0, len(source), count)]
        return drawn


class _Ground:
    """Flat ground while it is being made: reflectance, label, weight."""

    def __init__(self, reflectance: FloatArray) -> None:
        self.reflectance = reflectance
        self.label = np.full(reflectance.shape[1:], BARE, np.uint8)
        self.weight = np.ones(reflectance.shape[1:], np.float32)

    def cover(self, mask: npt.NDArray[np.bool_], spectrum: FloatArray, code: int, texture: FloatArray) -> None:
        """Another kind of ground where the mask says, its edge blurred."""
        share = np.clip(blur(blur(mask[None].astype(np.float32)))[0], 0, 1)
        cover = spectrum[:, None, None] * np.exp(texture)
        self.reflectance = (1 - share) * self.reflectance + share * cover
        self.label[share >= 0.5] = code
        self.weight[(share > 0.25) & (share < 0.75)] = _EDGE_WEIGHT


def make_mountain_scene(
    spectra: SceneSpectra, elevations: Sequence[FloatArray], rng: np.random.Generator, size: int = SAMPLE_SIZE
) -> Sample:
    """One scene; elevations : `(size, size)` metres of real relief, from which every other scene takes its own."""
    use_real = elevations and rng.random() < 0.5
    elevation = elevations[int(rng.integers(len(elevations)))] if use_real else draw_elevation(rng, size)
    height = (elevation - elevation.min()) / max(float(np.ptp(elevation)), 1.0)
    height = height + 0.08 * fractal_noise(rng, size, 16, 0.6)
    ground = _Ground(_rock(spectra, rng, size))
    _add_plants(ground, spectra, height, rng)
    _add_ice(ground, spectra, height, rng)
    lake = _add_lake(ground, spectra, height, rng)
    reflectance, lit = ground.reflectance.astype(np.float32), np.ones((size, size), np.float32)
    if rng.random() >= FLAT_SHARE:
        level = np.where(lake, np.percentile(elevation, 5), elevation).astype(np.float32)
        reflectance, lit = shade(reflectance, draw_light(level, rng), lake.astype(np.float32), rng)
    weight = np.rint(255 * ground.weight * (0.5 + 0.5 * np.clip(lit, 0, 1))).astype(np.uint8)
    numbers = np.clip(np.rint(reflectance * REFLECTANCE_SCALE), 1, 16000).astype(np.uint16)
    nothing = np.zeros((size, size), np.uint8)
    soft = np.zeros((TEACHER_CLASS_COUNT, size, size), np.uint8)
    return Sample(numbers, soft, ground.label, nothing, cloud=nothing, weight=weight)


def _rock(spectra: SceneSpectra, rng: np.random.Generator, size: int) -> FloatArray:
    """`(6, y, x)` three kinds of rock that run into one another, from rough to smooth, from lava to pale scree."""
    rocks = spectra.draw(BARE, rng, 3)
    rocks = rocks[:1] + rng.uniform(0.1, 0.6) * (rocks - rocks[:1])
    if rng.random() < 0.5:
        grey = rocks.mean(axis=1, keepdims=True) * _GREY_ROCK
        rocks = grey * (1 + rng.normal(0, 0.08, (1, 6)))
    if rng.random() < 0.5:
        rocks = rocks * rng.uniform(0.25, 1.0)
    elif rng.random() < 0.3:
        rocks = rocks / rocks.max() * rng.uniform(0.4, 0.8)
        rocks[:, 4:] *= rng.uniform(0.5, 1)
    fields = np.stack([fractal_noise(rng, size, int(rng.choice([8, 16, 32])), 0.7) for _ in range(3)])
    shares = np.exp(rng.uniform(1, 4) * fields)
    shares /= shares.sum(axis=0)
    logarithms = np.einsum("kyx,kb->byx", shares, np.log(np.maximum(rocks, _MIN_REFLECTANCE)))
    texture = rng.uniform(0.03, 0.28) * fractal_noise(rng, size, int(rng.choice([2, 4, 8])), 0.9)
    of_band = 1 + 0.15 * rng.normal(0, 1, (6, 1, 1))
    rock: FloatArray = np.exp(logarithms + texture * of_band).astype(np.float32)
    return rock


def _add_plants(ground: _Ground, spectra: SceneSpectra, height: FloatArray, rng: np.random.Generator) -> None:
    """Grass, scrub or woods in the lower part of three scenes in five."""
    if rng.random() >= 0.6:
        return
    code = int(rng.choice([TREES, GRASS, SCRUB]))
    size = len(height)
    mask = (height < rng.uniform(0.15, 0.55)) & (fractal_noise(rng, size, 16, 0.6) > rng.uniform(-1.5, 0.5))
    texture = rng.uniform(0.03, 0.2) * fractal_noise(rng, size, 4, 0.8)
    ground.cover(mask, spectra.draw(code, rng)[0], code, texture)


def _add_ice(ground: _Ground, spectra: SceneSpectra, height: FloatArray, rng: np.random.Generator) -> None:
    """Snow or ice above a line in three scenes in five; rock stands out of it where that is steep."""
    if rng.random() >= 0.6:
        return
    size = len(height)
    mask = height > rng.uniform(0.35, 0.95)
    if rng.random() < 0.5:
        mask &= fractal_noise(rng, size, 16, 0.7) < rng.uniform(0.3, 1.5)
    clean = rng.random() < 0.4
    spectrum = _CLEAN_ICE * rng.uniform(0.4, 1.1) if clean else spectra.draw(SNOW, rng)[0]
    ground.cover(mask, spectrum, SNOW, rng.uniform(0.01, 0.08) * fractal_noise(rng, size, 4, 0.8))


def _add_lake(
    ground: _Ground, spectra: SceneSpectra, height: FloatArray, rng: np.random.Generator
) -> npt.NDArray[np.bool_]:
    """A lake at the bottom of two scenes in five, clear or milky; `(y, x)` where it is."""
    mask: npt.NDArray[np.bool_] = height < rng.uniform(0.03, 0.2)
    if rng.random() >= 0.4 or not mask.any():
        return np.zeros_like(mask)
    kind = rng.random()
    own = _MILKY_WATER if kind < 0.3 else _CLEAR_WATER
    spectrum = spectra.draw(WATER, rng)[0] if kind >= 0.65 else own * rng.uniform(0.4, 1.4)
    ground.cover(mask, spectrum, WATER, np.asarray(0.02 * fractal_noise(rng, len(height), 4, 0.8)))
    return mask
