"""What classification keeps of the probabilities of a chip: one byte each for the class, its confidence and the second.

Networks compute these where their probabilities are; models that give probabilities get them here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CONFIDENCE_SCALE = 255
"""Stored confidence per unit of probability."""


@dataclass(frozen=True)
class ChipClasses:
    """The classes of a chip or of its core."""

    code: NDArray[np.uint8]
    """`(y, x)` codes of the most probable class; of equal ones the first of the legend."""
    confidence: NDArray[np.uint8]
    """`(y, x)` its probability x 255, to the nearest integer, halves to even."""
    second: NDArray[np.uint8]
    """`(y, x)` codes of the second most probable class."""
    probabilities: NDArray[np.uint8] | None = None
    """`(class, y, x)` probabilities x 255 in the order of the legend, where they were asked for."""


def classes_of_probabilities(probabilities: NDArray[np.float32], codes: tuple[int, ...], *, soft: bool) -> ChipClasses:
    """Class, confidence and second class of probabilities.

    Parameters
    ----------
    probabilities : `(class, y, x)` float32 that sum to 1.
    codes : of the classes, by channel.
    soft : whether the probabilities are kept too.

    Returns
    -------
    The classes, of the same `(y, x)`.

    Examples
    --------
    >>> values = np.array([0.2, 0.5, 0.3], np.float32).reshape(3, 1, 1)
    >>> found = classes_of_probabilities(values, (1, 4, 7), soft=False)
    >>> int(found.code[0, 0]), int(found.confidence[0, 0]), int(found.second[0, 0])
    (4, 128, 7)

    """
    table = np.array(codes, np.uint8)
    best = probabilities.argmax(axis=0)
    confidence = np.rint(probabilities.max(axis=0) * CONFIDENCE_SCALE).astype(np.uint8)
    others = probabilities.copy()
    np.put_along_axis(others, best[np.newaxis], -1, axis=0)
    scaled = np.rint(probabilities * CONFIDENCE_SCALE).astype(np.uint8) if soft else None
    return ChipClasses(table[best], confidence, table[others.argmax(axis=0)], scaled)
