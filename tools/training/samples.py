"""Training samples: what the network sees, the teacher's labels, and weak labels.

Real chips are cut into squares and keep the labels that came with them; synthetic chips (brightened, mixed, recoloured)
are labelled by the teacher through two random atmospheres.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from allpa_engine.core.legend import BARE, CLOUDS

from .atmosphere import draw_atmosphere, draw_opposite_atmospheres
from .chips import Chip
from .recolouring import (
    Land,
    make_natural_land,
    make_plain_land,
    mix_lands,
    recolour,
    shade_by_terrain,
    transfer_colours,
    unlabelled_land,
)
from .spectra import NATURAL_BARE, NOT_CROPS, SpectrumPool
from .teacher import (
    STUDENT_BAND_INDEX,
    TEACHER_CLASS_COUNT,
    Teacher,
    teacher_probabilities,
)

SAMPLE_SIZE = 128
"""Pixels per side of a training sample."""
BORDER = 6
"""Outermost pixels of synthetic chips that have no label: the teacher saw no neighbours there."""

NATURAL_SHARE = 0.6
"""Of the chips of homogeneous land, those without any trace of a real chip's fields."""

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Sample:
    """One square of training data."""

    reflectance: npt.NDArray[np.uint16]
    """`(6, y, x)` L2A digital numbers, 0 = no data."""
    soft: npt.NDArray[np.uint8]
    """`(9, y, x)` the teacher's probabilities x 255; all 0 where there is no label."""
    hard: npt.NDArray[np.uint8]
    """`(y, x)` a label above the teacher's, code 1 to 10; 0 where there is none."""
    weak_label: npt.NDArray[np.uint8]
    """`(y, x)` weak label of such land beside the teacher's: a class code, one of the marks of `spectra`, or 0."""
    cloud: npt.NDArray[np.uint8] | None = None
    """`(y, x)` share x 255 of class 10, which takes its part from the other labels; None where there are no clouds."""
    weight: npt.NDArray[np.uint8] | None = None
    """`(y, x)` weight of the label x 255; None where all labels count fully."""


def tile_corners(height: int, width: int, size: int = SAMPLE_SIZE) -> list[tuple[int, int]]:
    """Upper left corners of squares that cover a chip; the last ones shifted inwards; chips too small give one."""

    def starts(extent: int) -> list[int]:
        if extent <= size:
            return [0]
        count = -(-extent // size)
        return [round(number * (extent - size) / (count - 1)) for number in range(count)]

    return [(top, left) for top in starts(height) for left in starts(width)]


def cut_tile(array: FloatArray, top: int, left: int, size: int = SAMPLE_SIZE) -> FloatArray:
    """A square `(band, size, size)` of the array, mirrored outwards where it is too small."""
    tile = array[:, top : top + size, left : left + size]
    short_y, short_x = size - tile.shape[1], size - tile.shape[2]
    while short_y or short_x:
        grow_y, grow_x = min(short_y, tile.shape[1] - 1), min(short_x, tile.shape[2] - 1)
        tile = np.pad(tile, ((0, 0), (0, grow_y), (0, grow_x)), mode="reflect")
        short_y, short_x = size - tile.shape[1], size - tile.shape[2]
    return tile


def cut_random_tile(chip: Chip, rng: np.random.Generator) -> Land:
    """A random square of a chip as L2A, its level changed through a random atmosphere where it is L1C."""
    _, height, width = chip.digital_numbers.shape
    top = int(rng.integers(0, max(1, height - SAMPLE_SIZE + 1)))
    left = int(rng.integers(0, max(1, width - SAMPLE_SIZE + 1)))
    tile = cut_tile(chip.digital_numbers.astype(np.float32), top, left)
    return _land_of_chip(chip, to_l2a_level(chip, tile, rng))


def to_l2a_level(chip: Chip, tile: FloatArray, rng: np.random.Generator) -> FloatArray:
    """`(9, y, x)` digital numbers of a chip as L2A: L1C through a random atmosphere."""
    return draw_atmosphere(rng).to_l2a(tile) if chip.level == "L1C" else tile


def _land_of_chip(chip: Chip, l2a: FloatArray) -> Land:
    """A piece of a real chip, with what is known of its place."""
    return Land(l2a, np.full(l2a.shape[1:], NOT_CROPS, np.uint8)) if chip.has_no_crops else unlabelled_land(l2a)


def to_sample(land: Land, probabilities: FloatArray, *, border: int = 0) -> Sample:
    """Round a square and its labels to what is stored; the border and pixels without data carry no label."""
    l2a, soft = land.l2a, np.rint(probabilities * 255).astype(np.uint8)
    soft[:, ~(l2a > 0).any(axis=0)] = 0
    if border:
        inner = np.zeros(soft.shape[1:], bool)
        inner[border:-border, border:-border] = True
        soft[:, ~inner] = 0
    reflectance = np.clip(np.rint(l2a[list(STUDENT_BAND_INDEX)]), 0, 16000).astype(np.uint16)
    return Sample(reflectance, soft, np.zeros(soft.shape[1:], np.uint8), land.weak_label)


def real_samples(chip: Chip, rng: np.random.Generator) -> list[Sample]:
    """The squares of one real chip with the labels that came with it (L1C brought to L2A by random atmospheres)."""
    samples = []
    pixels = chip.digital_numbers.astype(np.float32)
    for top, left in tile_corners(*pixels.shape[1:]):
        tile = to_l2a_level(chip, cut_tile(pixels, top, left), rng)
        labels = cut_tile((chip.soft / 255).astype(np.float32), top, left)
        sample = to_sample(_land_of_chip(chip, tile), labels)
        samples.append(_label_clouds(sample, chip) if chip.is_cloudy else sample)
    return samples


def _label_clouds(sample: Sample, chip: Chip) -> Sample:
    """Under clouds the teacher's label is dropped; what is bright in blue and short-wave infrared is labelled cloud."""
    blue, swir = sample.reflectance[0], sample.reflectance[4]
    is_all_cloud = chip.site in {"majortom_0U_199R", "worldcereal_639B424A"} or chip.name == "eolearn_ref_0"
    cloud = ((blue > 2200) & (swir > 900)) | (is_all_cloud & (blue > 0))
    hard = np.where(cloud, CLOUDS, 0).astype(np.uint8)
    return Sample(sample.reflectance, np.zeros_like(sample.soft), hard, sample.weak_label)


def make_plain_chip(
    chips: list[Chip], weights: npt.NDArray[np.float64], pool: SpectrumPool, rng: np.random.Generator
) -> Land:
    """One chip of homogeneous or natural land, half of them on slopes, a third beside a real chip."""
    if rng.random() < NATURAL_SHARE:
        land = make_natural_land(SAMPLE_SIZE, pool, rng)
    else:
        land = make_plain_land(cut_random_tile(chips[rng.choice(len(chips), p=weights)], rng).l2a, pool, rng)
    if rng.random() < 0.5:
        land = Land(shade_by_terrain(land.l2a, rng), land.weak_label)
    if rng.random() < 0.35:
        land = mix_lands(land, cut_random_tile(chips[rng.choice(len(chips), p=weights)], rng), rng)
    return _change_brightness(land, rng)


def make_dry_chip(
    chips: list[Chip], weights: npt.NDArray[np.float64], pool: SpectrumPool, rng: np.random.Generator
) -> Land:
    """One chip of dry land in measured spectra, a third of it beside a real chip.

    What is bare there is bare, whatever the teacher calls it.
    """

    def draw() -> Land:
        return cut_random_tile(chips[rng.choice(len(chips), p=weights)], rng)

    land = make_natural_land(SAMPLE_SIZE, pool, rng) if rng.random() < 0.7 else make_plain_land(draw().l2a, pool, rng)
    land = Land(land.l2a, np.where(land.weak_label == BARE, NATURAL_BARE, land.weak_label).astype(np.uint8))
    if rng.random() < 0.35:
        land = mix_lands(land, draw(), rng)
    return _change_brightness(land, rng)


def make_mixed_chip(
    chips: list[Chip], weights: npt.NDArray[np.float64], pool: SpectrumPool, rng: np.random.Generator
) -> Land:
    """One synthetic chip as L2A: a tenth only brightened, the others mixed, recoloured whole or in segments."""

    def draw() -> Land:
        return cut_random_tile(chips[rng.choice(len(chips), p=weights)], rng)

    land, kind = draw(), rng.random()
    if kind > 0.1:
        if kind < 0.3 or rng.random() < 0.2:
            land = mix_lands(land, draw(), rng)
        if kind > 0.6:
            land = recolour(land.l2a, pool, rng)
        elif kind > 0.2:
            land = unlabelled_land(transfer_colours(land.l2a, pool, rng))
        if rng.random() < 0.3:
            land = Land(shade_by_terrain(land.l2a, rng), land.weak_label)
    return _change_brightness(land, rng)


def _change_brightness(land: Land, rng: np.random.Generator) -> Land:
    bright = np.exp(rng.normal(0, 0.12))
    l2a = np.where(land.l2a > 0, np.clip(land.l2a * bright, 1, 16000), 0).astype(np.float32)
    return Land(l2a, land.weak_label)


def label_by_teacher(land: Land, teacher: Teacher, rng: np.random.Generator) -> Sample:
    """The teacher's label of a square of land, its mean through two opposite atmospheres, with the weak labels."""
    l1c_views = np.stack([atmosphere.to_l1c(land.l2a) for atmosphere in draw_opposite_atmospheres(rng)])
    probabilities = teacher_probabilities(teacher, l1c_views).mean(axis=0)
    if probabilities.shape[0] != TEACHER_CLASS_COUNT:
        raise ValueError("The teacher must give nine classes.")
    return to_sample(land, probabilities, border=BORDER)
