"""Training samples: what the network sees, what the teacher says, what people said.

Real chips are cut into squares and keep the labels that came with them; made chips (brightened, mixed, recoloured) are
labelled by the teacher through two random atmospheres.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from allpa_engine.core.legend import CLOUDS

from .atmosphere import draw_atmosphere, draw_opposites
from .chips import Chip
from .recolour import (
    Land,
    mix,
    plain_land,
    recolour,
    terrain_light,
    transfer,
    unsaid,
    wild_land,
)
from .spectra import NOT_CROPS, SpectrumPool
from .teacher import (
    STUDENT_BAND_INDEX,
    TEACHER_CLASS_COUNT,
    Teacher,
    teacher_probabilities,
)

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
    word: npt.NDArray[np.uint8]
    """`(y, x)` what people said of such land, beside the teacher: a class code, `NOT_CROPS`, `WILD`, or 0."""


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


def random_cut(chip: Chip, rng: np.random.Generator) -> Land:
    """A random square of a chip as L2A, its level changed through a random atmosphere where it is L1C."""
    _, height, width = chip.digital_numbers.shape
    top = int(rng.integers(0, max(1, height - SAMPLE_SIZE + 1)))
    left = int(rng.integers(0, max(1, width - SAMPLE_SIZE + 1)))
    piece = cut(chip.digital_numbers.astype(np.float32), top, left)
    return _of_chip(chip, as_l2a(chip, piece, rng))


def as_l2a(chip: Chip, piece: Floats, rng: np.random.Generator) -> Floats:
    """`(9, y, x)` digital numbers of a chip as L2A: L1C through a random atmosphere."""
    return draw_atmosphere(rng).to_l2a(piece) if chip.level == "L1C" else piece


def _of_chip(chip: Chip, l2a: Floats) -> Land:
    """A piece of a real chip, with what is known of its place."""
    return Land(l2a, np.full(l2a.shape[1:], NOT_CROPS, np.uint8)) if chip.cropless else unsaid(l2a)


def as_sample(land: Land, probabilities: Floats, *, border: int = 0) -> Sample:
    """Round a square and its labels to what is stored; the border and pixels without data carry no label."""
    l2a, soft = land.l2a, np.rint(probabilities * 255).astype(np.uint8)
    soft[:, ~(l2a > 0).any(axis=0)] = 0
    if border:
        inner = np.zeros(soft.shape[1:], bool)
        inner[border:-border, border:-border] = True
        soft[:, ~inner] = 0
    reflectance = np.clip(np.rint(l2a[list(STUDENT_BAND_INDEX)]), 0, 16000).astype(np.uint16)
    return Sample(reflectance, soft, np.zeros(soft.shape[1:], np.uint8), land.word)


def real_samples(chip: Chip, rng: np.random.Generator) -> list[Sample]:
    """The squares of one real chip with the labels that came with it (L1C brought to L2A by random atmospheres)."""
    samples = []
    pixels = chip.digital_numbers.astype(np.float32)
    for top, left in squares(*pixels.shape[1:]):
        piece = as_l2a(chip, cut(pixels, top, left), rng)
        labels = cut((chip.soft / 255).astype(np.float32), top, left)
        sample = as_sample(_of_chip(chip, piece), labels)
        samples.append(_cloud_labelled(sample, chip) if chip.clouded else sample)
    return samples


def _cloud_labelled(sample: Sample, chip: Chip) -> Sample:
    """Under clouds the teacher is not heard; what is bright in blue and short-wave infrared is labelled cloud."""
    blue, swir = sample.reflectance[0], sample.reflectance[4]
    wholly = chip.place in {"majortom_0U_199R", "worldcereal_639B424A"} or chip.name == "eolearn_ref_0"
    cloud = ((blue > 2200) & (swir > 900)) | (wholly & (blue > 0))
    hard = np.where(cloud, CLOUDS, 0).astype(np.uint8)
    return Sample(sample.reflectance, np.zeros_like(sample.soft), hard, sample.word)


def plain_l2a(
    chips: list[Chip], weights: npt.NDArray[np.float64], pool: SpectrumPool, rng: np.random.Generator
) -> Land:
    """One chip of plain or wild land, half of them on slopes, a third beside a real chip."""
    if rng.random() < WILD_SHARE:
        land = wild_land(SAMPLE_SIZE, pool, rng)
    else:
        land = plain_land(random_cut(chips[rng.choice(len(chips), p=weights)], rng).l2a, pool, rng)
    if rng.random() < 0.5:
        land = Land(terrain_light(land.l2a, rng), land.word)
    if rng.random() < 0.35:
        land = mix(land, random_cut(chips[rng.choice(len(chips), p=weights)], rng), rng)
    return _brightened(land, rng)


def made_l2a(chips: list[Chip], weights: npt.NDArray[np.float64], pool: SpectrumPool, rng: np.random.Generator) -> Land:
    """One made chip as L2A: a tenth only brightened, the others mixed, recoloured whole or in segments."""

    def draw() -> Land:
        return random_cut(chips[rng.choice(len(chips), p=weights)], rng)

    land, kind = draw(), rng.random()
    if kind > 0.1:
        if kind < 0.3 or rng.random() < 0.2:
            land = mix(land, draw(), rng)
        if kind > 0.6:
            land = recolour(land.l2a, pool, rng)
        elif kind > 0.2:
            land = unsaid(transfer(land.l2a, pool, rng))
        if rng.random() < 0.3:
            land = Land(terrain_light(land.l2a, rng), land.word)
    return _brightened(land, rng)


def _brightened(land: Land, rng: np.random.Generator) -> Land:
    bright = np.exp(rng.normal(0, 0.12))
    l2a = np.where(land.l2a > 0, np.clip(land.l2a * bright, 1, 16000), 0).astype(np.float32)
    return Land(l2a, land.word)


def label(land: Land, teacher: Teacher, rng: np.random.Generator) -> Sample:
    """The teacher's word on a square of land, its mean through two opposite atmospheres, beside what people said."""
    seen = np.stack([atmosphere.to_l1c(land.l2a) for atmosphere in draw_opposites(rng)])
    probabilities = teacher_probabilities(teacher, seen).mean(axis=0)
    if probabilities.shape[0] != TEACHER_CLASS_COUNT:
        raise ValueError("The teacher must give nine classes.")
    return as_sample(land, probabilities, border=BORDER)
