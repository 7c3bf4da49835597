"""Minimum shares, against known artefacts: a class that is observed on few dates out of many is not the land's.

A cloud that the masks missed is classified as snow, a shadow that they missed as water, and so is seasonal snow: each
on few of a pixel's clear observations. Weights alone do not stop them where the other observations are divided among
many classes (a few confident votes for snow beat many hesitant ones for grass, crops and scrub). So these classes must
also have more than a minimum share of the clear observations. It is a share of observations, not of scores, since
a missed cloud is often classified with high confidence.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .rule import PERMILLE


def is_below_min_share(
    observations: NDArray[np.uint16], total_observations: NDArray[np.uint16], permille: int
) -> NDArray[np.bool_]:
    """Where a class has not more than its minimum share of the clear observations.

    Where no other class was observed the share is not applied (see `votes.decide`), so that every pixel with clear
    observations has a class.

    Parameters
    ----------
    observations : `(n,)` uint16 number of clear observations with the class.
    total_observations : `(n,)` uint16 number of clear observations with any class.
    permille : the minimum share, 0 to 1000.

    Returns
    -------
    `(n,)` mask; False where there is no clear observation.

    """
    too_few = observations.astype(np.uint32) * np.uint32(PERMILLE) <= total_observations.astype(np.uint32) * np.uint32(
        permille
    )
    out: NDArray[np.bool_] = too_few & (total_observations > 0)
    return out
