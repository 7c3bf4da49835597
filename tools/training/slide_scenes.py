"""Landslides and quarries laid over real green land: fresh soil or rock, drawn out down a slope, in light and shadow.

The teacher calls such ground scrub, trees or built area; few chips have landslides drawn by people.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from allpa_engine.core.bands import REFLECTANCE_SCALE
from allpa_engine.core.legend import BARE

from .mountain_scenes import SceneSpectra
from .samples import Sample
from .texture import blur, fractal_noise

FloatArray = npt.NDArray[np.float32]

PLANTS_LEFT = 0.5
"""Largest part of the reflectance of plants that is left in a landslide."""
_EDGE_WEIGHT = 0.3


def make_slide_scene(land: Sample, spectra: SceneSpectra, rng: np.random.Generator) -> Sample:
    """The land with landslides on it, labelled bare ground; the rest keeps its label.

    land : a sample of real land with the teacher's labels.
    """
    size = land.reflectance.shape[-1]
    mask = _drawn_out_patches(rng, size)
    soil = spectra.draw(BARE, rng)[0] * rng.uniform(0.5, 1.2)
    texture = rng.uniform(0.05, 0.3) * fractal_noise(rng, size, int(rng.choice([2, 4, 8])), 0.9)
    share = blur(mask[None].astype(np.float32))[0]
    opacity = share * (1 - rng.uniform(0, PLANTS_LEFT) * (rng.random((size, size)) < 0.5))
    before = land.reflectance / np.float32(REFLECTANCE_SCALE)
    after = (1 - opacity) * before + opacity * soil[:, None, None] * np.exp(texture)
    seen = (land.reflectance > 0).any(axis=0)
    numbers = np.where(seen, np.clip(np.rint(after * REFLECTANCE_SCALE), 1, 16000), 0).astype(np.uint16)
    hard = np.where(seen & (share >= 0.5), BARE, land.hard).astype(np.uint8)
    weight = np.where((share > 0.1) & (share < 0.9), _EDGE_WEIGHT, 1.0) * seen
    nothing = np.zeros((size, size), np.uint8)
    return replace(land, reflectance=numbers, hard=hard, cloud=nothing, weight=np.rint(255 * weight).astype(np.uint8))


def _drawn_out_patches(rng: np.random.Generator, size: int) -> npt.NDArray[np.bool_]:
    """One to twelve ellipses, two to eight times as long as wide, all in about one direction, with ragged borders."""
    rows, columns = np.mgrid[:size, :size].astype(np.float32)
    ragged = rng.uniform(0.1, 0.5) * fractal_noise(rng, size, 8, 0.8)
    direction = rng.uniform(0, np.pi)
    mask = np.zeros((size, size), bool)
    for _ in range(int(rng.integers(1, 13))):
        angle = direction + rng.normal(0, 0.3)
        width, stretch = rng.uniform(2, 9), rng.uniform(2, 8)
        y, x = rows - rng.uniform(0, size), columns - rng.uniform(0, size)
        along, across = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
        mask |= (along / (width * stretch)) ** 2 + (across / width) ** 2 + ragged < 1
    return mask
