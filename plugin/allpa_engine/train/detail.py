"""Finer labels than the teacher's first word, for the last stretch of a training.

At the edges of its classes, where the teacher blurs because it works at half the resolution, it is asked again on land
enlarged twice and the mean of both is taken; and where people or an office labelled real land, they are heard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from ..legend import CLOUDS
from .atmosphere import TEACHER_STRENGTHS, draw_atmosphere, median_atmosphere
from .chips import Chip
from .labelled import LabelledSet
from .recolour import unsaid
from .samples import Sample, as_sample, cut, squares
from .teacher import TEACHER_CLASS_COUNT, Teacher, teacher_probabilities

EDGE_PIXELS = 2
"""Pixels on either side of an edge where the closer look counts: as far as half the resolution blurs.

Everywhere it would do harm: enlarged towns and woods look like fields and meadows to the teacher.
"""
PEOPLE_SAMPLES = 120
"""Samples of each place that people labelled, whatever its size, among some thousand of the other real land."""
TEACHER_MARGIN = 32
"""Pixels by which chips are mirrored outwards for the teacher; more changes nothing."""
_TILE = 128

Floats = npt.NDArray[np.float32]


def look(teacher: Teacher, l1c: Floats, scale: int = 1) -> Floats:
    """`(9, y, x)` L1C digital numbers of any size -> `(9, y, x)` probabilities, seen enlarged `scale` times.

    The chip is mirrored outwards; tiles of it are asked one by one, with a margin, so that large ones need no memory.
    """
    height, width = l1c.shape[1:]
    sides = [(TEACHER_MARGIN, TEACHER_MARGIN + -extent % _TILE) for extent in (height, width)]
    padded = np.pad(l1c, ((0, 0), *sides), mode="reflect")
    answer = np.zeros((TEACHER_CLASS_COUNT, height + -height % _TILE, width + -width % _TILE), np.float32)
    whole, inside = _TILE + 2 * TEACHER_MARGIN, slice(TEACHER_MARGIN, -TEACHER_MARGIN)
    for top in range(0, height, _TILE):
        for left in range(0, width, _TILE):
            piece = torch.from_numpy(padded[None, :, top : top + whole, left : left + whole].astype(np.float32))
            if scale > 1:
                piece = functional.interpolate(piece, scale_factor=scale, mode="bilinear", align_corners=False)
            said = torch.from_numpy(teacher_probabilities(teacher, piece.numpy()))
            near = functional.avg_pool2d(said, scale)[0].numpy()
            answer[:, top : top + _TILE, left : left + _TILE] = near[:, inside, inside]
    return answer[:, :height, :width]


def look_at_chip(
    teacher: Teacher, chip: Chip, scale: int = 1, strengths: Sequence[float] = TEACHER_STRENGTHS
) -> Floats:
    """`(9, y, x)` probabilities: of L1C as it is, of L2A the mean through atmospheres of the given strengths."""
    pixels = chip.digital_numbers.astype(np.float32)
    sources = [pixels] if chip.level == "L1C" else [median_atmosphere(each).to_l1c(pixels) for each in strengths]
    said: Floats = np.mean([look(teacher, l1c, scale) for l1c in sources], axis=0, dtype=np.float32)
    return said


def near_edges(best: npt.NDArray[np.integer], pixels: int = EDGE_PIXELS) -> npt.NDArray[np.bool_]:
    """`(y, x)` pixels with another class within so many rows and columns."""
    padded = np.pad(best, pixels, mode="edge")
    height, width = best.shape
    near = np.zeros(best.shape, bool)
    for row in range(2 * pixels + 1):
        for column in range(2 * pixels + 1):
            near |= padded[row : row + height, column : column + width] != best
    return near


def finer(first: Floats, closer: Floats) -> Floats:
    """`(9, y, x)` first word and closer look of the teacher -> the first, at the edges of its classes the mean."""
    finer_labels: Floats = np.where(near_edges(first.argmax(axis=0)), (first + closer) / 2, first).astype(np.float32)
    return finer_labels


def fine_chip(chip: Chip, teacher: Teacher) -> Chip:
    """The chip with finer labels where it has any; under clouds the teacher is not heard anyway."""
    if chip.clouded:
        return chip
    middle = (float(np.mean(TEACHER_STRENGTHS)),)
    labels = finer((chip.soft / 255).astype(np.float32), look_at_chip(teacher, chip, 2, middle))
    labels[:, ~chip.soft.any(axis=0)] = 0
    return replace(chip, soft=np.rint(labels * 255).astype(np.uint8))


def people_samples(sets: Sequence[LabelledSet], teacher: Teacher, rng: np.random.Generator) -> list[Sample]:
    """`PEOPLE_SAMPLES` squares or a few more of the labelled sets of one place.

    People's word is the hard label; where they said nothing the teacher's finer labels hold.
    """
    pieces = [(item, top, left) for item in sets for top, left in squares(*item.label.shape)]
    fine = {item.name: finer(look_at_chip(teacher, item.chip), look_at_chip(teacher, item.chip, 2)) for item in sets}
    samples = []
    for _ in range(-(-PEOPLE_SAMPLES // len(pieces))):
        for item, top, left in pieces:
            land = cut(item.chip.digital_numbers.astype(np.float32), top, left)
            if item.chip.level == "L1C":
                land = draw_atmosphere(rng).to_l2a(land)
            said = cut(item.label[None].astype(np.float32), top, left)[0].astype(np.uint8)
            said[(said == CLOUDS) | ~(land > 0).any(axis=0)] = 0
            samples.append(replace(as_sample(unsaid(land), cut(fine[item.name], top, left)), hard=said))
    return samples
