"""Real land that people or an office labelled, as training samples: their word above the teacher's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .labelled import LabelledSet
from .recolour import unsaid
from .samples import Sample, as_l2a, as_sample, cut, squares
from .teacher import Teacher, look_at_chip

PEOPLE_SAMPLES = 120
"""Samples of each place that people labelled, whatever its size, among some thousand of the other real land."""


def people_samples(sets: Sequence[LabelledSet], teacher: Teacher, rng: np.random.Generator) -> list[Sample]:
    """`PEOPLE_SAMPLES` squares or a few more of the labelled sets of one place.

    People's word is the hard label; where they said nothing the teacher's holds.
    """
    pieces = [(item, top, left) for item in sets for top, left in squares(*item.label.shape)]
    taught = {item.name: look_at_chip(teacher, item.chip) for item in sets}
    samples = []
    for _ in range(-(-PEOPLE_SAMPLES // len(pieces))):
        for item, top, left in pieces:
            land = as_l2a(item.chip, cut(item.chip.digital_numbers.astype(np.float32), top, left), rng)
            said = cut(item.land[None].astype(np.float32), top, left)[0].astype(np.uint8)
            said[~(land > 0).any(axis=0)] = 0
            samples.append(replace(as_sample(unsaid(land), cut(taught[item.name], top, left)), hard=said))
    return samples
