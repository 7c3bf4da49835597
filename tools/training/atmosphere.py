"""The atmosphere between L2A (what the network sees) and L1C (what the teacher sees).

Per band, L1C = gain x L2A + offset in digital numbers. The medians were measured on five places with both levels; gain
and offset are drawn partly apart, because a low sun raises the path radiance in the blue without changing the gains.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]

MEDIAN_GAIN: FloatArray = np.array([0.634, 0.687, 0.781, 0.745, 0.788, 0.842, 0.802, 0.898, 0.830], np.float32)
"""In the teacher's nine bands, B02 to B12."""
MEDIAN_OFFSET: FloatArray = np.array([797, 512, 368, 323, 369, 335, 267, 51, 21], np.float32)
"""Path radiance in digital numbers, likewise."""
_LOW_SUN_OFFSET: FloatArray = np.array([1.37, 1.28, 1.06, 1.15, 1.0, 1.0, 1.0, 1.0, 1.1], np.float32)
"""Offsets of a northern autumn scene relative to the median."""
TEACHER_STRENGTHS = (0.6, 0.9, 1.2, 1.5)
"""Strengths of the atmosphere over which the teacher's answers to an L2A chip are averaged."""
_MIN_STRENGTH, _MAX_STRENGTH = 0.6, 1.5
"""Strengths between which an atmosphere is drawn."""
_RAYLEIGH: FloatArray = np.array([0.030, 0.0165, 0.0075, 0.0035, 0.0018, 0.0008], np.float32)
"""Reflectance that a correction wrong by a third of the path radiance leaves in the six bands."""

_BAND_ERROR: FloatArray = np.array([0.006, 0.005, 0.005, 0.004, 0.004, 0.003], np.float32)
"""Reflectance by which a correction may be wrong in one band and not in the next, by aerosol and water vapour."""


@dataclass(frozen=True)
class Atmosphere:
    """A linear relation, L1C = gain x L2A + offset."""

    gain: FloatArray
    """`(9,)`, without unit."""
    offset: FloatArray
    """`(9,)`, digital numbers."""

    def to_l1c(self, l2a: FloatArray) -> FloatArray:
        """`(9, y, x)` L2A digital numbers -> L1C; pixels without data stay 0."""
        l1c = self.gain[:, None, None] * l2a + self.offset[:, None, None]
        return np.where((l2a > 0).any(axis=0), np.maximum(l1c, 1), 0).astype(np.float32)

    def to_l2a(self, l1c: FloatArray) -> FloatArray:
        """`(9, y, x)` L1C digital numbers -> L2A, at least 1.

        The path radiance taken off is never more than the darkest half percent of the chip allows, as in the
        dark-object search of a real correction.
        """
        valid = (l1c > 0).any(axis=0)
        if not valid.any():
            return np.zeros_like(l1c)
        darkest = np.percentile(l1c[:, valid], 0.5, axis=1).astype(np.float32)
        offset = np.minimum(self.offset, darkest - 30)
        l2a = (l1c - offset[:, None, None]) / self.gain[:, None, None]
        return np.where(valid, np.maximum(l2a, 1), 0).astype(np.float32)


def median_atmosphere(strength: float = 1.0) -> Atmosphere:
    """The median relation at one strength for gains and offsets."""
    return Atmosphere(1 - strength * (1 - MEDIAN_GAIN), strength * MEDIAN_OFFSET)


def draw_opposite_atmospheres(rng: np.random.Generator) -> tuple[Atmosphere, Atmosphere]:
    """Two random atmospheres, the thinner the one the thicker the other.

    The teacher's labels depend on the atmosphere; its labels of real L2A chips are means over four strengths.
    """
    strength = rng.uniform(_MIN_STRENGTH, _MAX_STRENGTH)
    return draw_atmosphere(rng, strength), draw_atmosphere(rng, _MIN_STRENGTH + _MAX_STRENGTH - strength)


def draw_atmosphere(rng: np.random.Generator, strength: float | None = None) -> Atmosphere:
    """A random atmosphere: strength 0.6 to 1.5, offsets partly apart from gains, one in five with a low sun."""
    if strength is None:
        strength = rng.uniform(_MIN_STRENGTH, _MAX_STRENGTH)
    offset_factor = np.exp(rng.normal(0, 0.12))
    low_sun = rng.uniform(0.3, 1.2) if rng.random() < 0.2 else 0.0
    offset = MEDIAN_OFFSET * strength * offset_factor * (1 + low_sun * (_LOW_SUN_OFFSET - 1))
    band_error = np.exp(rng.normal(0, 0.03, MEDIAN_GAIN.shape))
    gain = (1 - strength * (1 - MEDIAN_GAIN)) * np.exp(rng.normal(0, 0.02, MEDIAN_GAIN.shape))
    return Atmosphere(gain.astype(np.float32), (offset * band_error).astype(np.float32))


def draw_correction_errors(rng: np.random.Generator, count: int) -> tuple[FloatArray, FloatArray]:
    """What a wrong atmospheric correction does to the six bands of `count` chips: factors and added reflectance.

    The label does not change with it, so it is drawn afresh each time a chip is seen. One chip in six is overcorrected
    in the blue and green as a northern autumn scene is, one in three wrong in each band by itself. Returns
    `(count, 6, 1, 1)` factors and reflectances.
    """
    bands = len(_RAYLEIGH)
    factor = np.exp(rng.normal(0, 0.04, (count, 1)) + rng.normal(0, 0.015, (count, bands)))
    amount = rng.normal(0, 0.15, (count, 1))
    overcorrected = rng.random((count, 1)) < 1 / 6
    amount = np.where(overcorrected, -rng.uniform(0.3, 1.2, (count, 1)), amount)
    added = amount * _RAYLEIGH * np.exp(rng.normal(0, 0.2, (count, bands)))
    added += (rng.random((count, 1)) < 1 / 3) * rng.normal(0, 1, (count, bands)) * _BAND_ERROR
    shape = (count, bands, 1, 1)
    return factor.reshape(shape).astype(np.float32), added.reshape(shape).astype(np.float32)
