"""Real scenes with reference labels, manual or official, as training samples: they replace the teacher's labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .labelled_sets import LabelledSet
from .recolouring import unlabelled_land
from .samples import Sample, cut_tile, tile_corners, to_l2a_level, to_sample
from .teacher import Teacher, predict_chip_by_teacher

MIN_REFERENCE_SAMPLES = 120
"""Samples of each site with reference labels, whatever its size, among some thousand of other real land."""


def reference_samples(sets: Sequence[LabelledSet], teacher: Teacher, rng: np.random.Generator) -> list[Sample]:
    """`MIN_REFERENCE_SAMPLES` squares or a few more of the labelled sets of one site.

    The reference label is the hard label; pixels without one have the teacher's.
    """
    pieces = [(item, top, left) for item in sets for top, left in tile_corners(*item.label.shape)]
    soft_labels = {item.name: predict_chip_by_teacher(teacher, item.chip) for item in sets}
    samples = []
    for _ in range(-(-MIN_REFERENCE_SAMPLES // len(pieces))):
        for item, top, left in pieces:
            land = to_l2a_level(item.chip, cut_tile(item.chip.digital_numbers.astype(np.float32), top, left), rng)
            reference_label = cut_tile(item.land[None].astype(np.float32), top, left)[0].astype(np.uint8)
            reference_label[~(land > 0).any(axis=0)] = 0
            samples.append(
                replace(
                    to_sample(unlabelled_land(land), cut_tile(soft_labels[item.name], top, left)), hard=reference_label
                )
            )
    return samples
