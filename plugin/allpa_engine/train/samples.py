"""Training samples: what the network sees, what the teacher says, what people said.

Real chips are cut into squares and keep the labels that came with them; made chips (brightened, mixed, recoloured) are
labelled by the teacher through a random atmosphere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .atmosphere import Atmosphere, draw_atmosphere
from .chips import Chip
from .recolour import mix, plain_land, recolour, terrain_light, transfer, wild_land
from .spectra import SpectrumPool
from .teacher import STUDENT_BAND_INDEX, TEACHER_CLASS_COUNT, Teacher, teacher_probabilities

SAMPLE_SIZE = 128
"""Pixels per side of a training sample."""
BORDER = 6
"""Outermost pixels of made chips that carry no label: the teacher saw no neighbours there."""

WILD_SHARE = 0.6
"""Of the chips of plain land, those without any trace of a real chip's fields."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Sample:
    """One square of training data."""

    reflectance: npt.NDArray[np.uint16]
    """`(6, y, x)` L2A digital numbers, 0 = no data."""
    soft: npt.NDArray[np.uint8]
    """`(9, y, x)` the teacher's probabilities x 255; all 0 where there is no label."""
    hard: npt.NDArray[np.uint8]
    """`(y, x)` a label above the teacher's, code 1 to 10; 0 where there is none."""


def squares(height: int, width: int, size: int = SAMPLE_SIZE) -> list[tuple[int, int]]:
    """Upper left corners of squares that cover a chip; the last ones shifted inwards; chips too small give one."""

    def starts(extent: int) -> list[int]:
        if extent <= size:
            return [0]
        count = -(-extent // size)
        return [round(number * (extent - size) / (count - 1)) for number in range(count)]

    return [(top, left) for top in starts(height) for left in starts(width)]


def cut(array: Floats, top: int, left: int, size: int = SAMPLE_SIZE) -> Floats:
    """A square `(band, size, size)` of the array, mirrored outwards where it is too small."""
    piece = array[:, top : top + size, left : left + size]
    short_y, short_x = size - piece.shape[1], size - piece.shape[2]
    while short_y or short_x:
        grow_y, grow_x = min(short_y, piece.shape[1] - 1), min(short_x, piece.shape[2] - 1)
        piece = np.pad(piece, ((0, 0), (0, grow_y), (0, grow_x)), mode="reflect")
        short_y, short_x = size - piece.shape[1], size - piece.shape[2]
    return piece


def random_cut(chip: Chip, rng: np.random.Generator) -> Floats:
    """A random square of a chip as L2A `(9, y, x)`, its level changed through a random atmosphere where it is L1C."""
    _, height, width = chip.digital_numbers.shape
    top = int(rng.integers(0, max(1, height - SAMPLE_SIZE + 1)))
    left = int(rng.integers(0, max(1, width - SAMPLE_SIZE + 1)))
    piece = cut(chip.digital_numbers.astype(np.float32), top, left)
    return draw_atmosphere(rng).to_l2a(piece) if chip.level == "L1C" else piece


def as_sample(l2a: Floats, probabilities: Floats, *, border: int = 0) -> Sample:
    """Round a square and its labels to what is stored; the border and pixels without data carry no label."""
    soft = np.rint(probabilities * 255).astype(np.uint8)
    soft[:, ~(l2a > 0).any(axis=0)] = 0
    if border:
        inner = np.zeros(soft.shape[1:], bool)
        inner[border:-border, border:-border] = True
        soft[:, ~inner] = 0
    reflectance = np.clip(np.rint(l2a[list(STUDENT_BAND_INDEX)]), 0, 16000).astype(np.uint16)
    return Sample(reflectance, soft, np.zeros(soft.shape[1:], np.uint8))


def real_samples(chip: Chip, rng: np.random.Generator) -> list[Sample]:
    """The squares of one real chip with the labels that came with it (L1C brought to L2A by random atmospheres)."""
    samples = []
    pixels = chip.digital_numbers.astype(np.float32)
    for top, left in squares(*pixels.shape[1:]):
        piece = cut(pixels, top, left)
        if chip.level == "L1C":
            piece = draw_atmosphere(rng).to_l2a(piece)
        labels = cut((chip.soft / 255).astype(np.float32), top, left)
        sample = as_sample(piece, labels)
        samples.append(_cloud_labelled(sample, chip) if chip.clouded else sample)
    return samples


def _cloud_labelled(sample: Sample, chip: Chip) -> Sample:
    """Under clouds the teacher is not heard; what is bright in blue and short-wave infrared is labelled cloud."""
    blue, swir = sample.reflectance[0], sample.reflectance[4]
    wholly = chip.place in {"majortom_0U_199R", "worldcereal_639B424A"} or chip.name == "eolearn_ref_0"
    cloud = ((blue > 2200) & (swir > 900)) | (wholly & (blue > 0))
    return Sample(sample.reflectance, np.zeros_like(sample.soft), np.where(cloud, 10, 0).astype(np.uint8))


def plain_l2a(
    chips: list[Chip], weights: npt.NDArray[np.float64], pool: SpectrumPool, rng: np.random.Generator
) -> Floats:
    """One chip `(9, y, x)` of plain or wild land as L2A, half of them on slopes, a third beside a real chip."""
    if rng.random() < WILD_SHARE:
        land = wild_land(SAMPLE_SIZE, pool, rng)
    else:
        land = plain_land(random_cut(chips[rng.choice(len(chips), p=weights)], rng), pool, rng)
    if rng.random() < 0.5:
        land = terrain_light(land, rng)
    if rng.random() < 0.35:
        land = mix(land, random_cut(chips[rng.choice(len(chips), p=weights)], rng), rng)
    bright = np.exp(rng.normal(0, 0.12))
    return np.where(land > 0, np.clip(land * bright, 1, 16000), 0).astype(np.float32)


def made_l2a(
    chips: list[Chip], weights: npt.NDArray[np.float64], pool: SpectrumPool, rng: np.random.Generator
) -> Floats:
    """One made chip `(9, y, x)` as L2A: a tenth only brightened, the others mixed, recoloured whole or in segments."""

    def draw() -> Floats:
        return random_cut(chips[rng.choice(len(chips), p=weights)], rng)

    chip, kind = draw(), rng.random()
    if kind > 0.1:
        if kind < 0.3 or rng.random() < 0.2:
            chip = mix(chip, draw(), rng)
        if kind > 0.6:
            chip = recolour(chip, pool, rng)
        elif kind > 0.2:
            chip = transfer(chip, pool, rng)
        if rng.random() < 0.3:
            chip = terrain_light(chip, rng)
    bright = np.exp(rng.normal(0, 0.12))
    return np.where(chip > 0, np.clip(chip * bright, 1, 16000), 0).astype(np.float32)


def label(l2a: Floats, teacher: Teacher, rng: np.random.Generator) -> Sample:
    """The teacher's word on an L2A square seen through a random atmosphere."""
    atmosphere: Atmosphere = draw_atmosphere(rng)
    probabilities = teacher_probabilities(teacher, atmosphere.to_l1c(l2a)[None])[0]
    if probabilities.shape[0] != TEACHER_CLASS_COUNT:
        raise ValueError("The teacher must give nine classes.")
    return as_sample(l2a, probabilities, border=BORDER)
