"""Answers to known artefacts: what is seen on few dates out of many is not what lies there.

A cloud that the masks missed is classified as snow, a shadow that they missed as water, and so is seasonal snow: each
on few of a pixel's clear looks. Weights alone do not stop them where the other looks are divided among many classes
(a few confident votes for snow beat many hesitant ones for grass, crops and scrub). So these classes must also be seen
in more than a given share of the clear looks. The share of looks, not of scores, is asked: a missed cloud is often
classified with high confidence.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .rule import SHARE_STEPS


def refused(looks: NDArray[np.uint16], all_looks: NDArray[np.uint16], permille: int) -> NDArray[np.bool_]:
    """Where a class has votes, but not in more than `permille` of the clear looks; `(n,)`.

    Where no other class was seen the vote stands all the same (`votes.decide` sees to that), so a pixel that was seen
    is never left empty by a guard.
    """
    too_few = looks.astype(np.uint32) * np.uint32(SHARE_STEPS) <= all_looks.astype(np.uint32) * np.uint32(permille)
    out: NDArray[np.bool_] = too_few & (all_looks > 0)
    return out
