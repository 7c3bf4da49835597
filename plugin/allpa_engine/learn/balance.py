"""Balancing classes: by weights, by leaving rows out, by repeating rows, or as the paper of landcoverpy does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..core.training_keys import BALANCE_NONE, CENTRE_OF_LARGEST, DOWN, UP, WEIGHTS
from .sample_table import SampleTable


def balanced(table: SampleTable, method: str, class_rows: int = 0, seed: int = 1) -> SampleTable:
    """Balance the classes of a table.

    Parameters
    ----------
    table : with one row per pixel.
    method : `none`; `weights`: each class has the same sum of weights, with a mean of 1; `down`: at most `class_rows`
        of each class, first those of the labelled pixels themselves; `up`: rows are repeated until each class has
        `class_rows`; `centre_of_largest`: of the largest class the labelled pixels alone stay, of the others all
        (Burgueño et al. 2023, J. Big Data 10: 91, who so reduce closed forest to a ninth).
    class_rows : of `down` and `up`; 0 takes the rows of the smallest or the largest class.
    seed : the same seed chooses the same rows.

    Returns
    -------
    The table, its rows in their order; repeated ones follow.

    """
    codes, counts = np.unique(table.codes, return_counts=True)
    random = np.random.default_rng(seed)
    if method == WEIGHTS:
        weight = dict(zip(codes.tolist(), (len(table) / (len(codes) * counts)).tolist()))
        return replace(table, weights=np.array([weight[code] for code in table.codes.tolist()], np.float32))
    if method == CENTRE_OF_LARGEST:
        largest = codes[counts.argmax()]
        return table.rows((table.codes != largest) | (table.pixels == 0))
    if method == DOWN:
        limit = class_rows or int(counts.min())
        return table.rows(np.sort(np.concatenate([_fewer(table, code, limit, random) for code in codes])))
    if method == UP:
        limit = class_rows or int(counts.max())
        more = [_repeated(table.codes, code, limit - count, random) for code, count in zip(codes, counts)]
        return table.rows(np.concatenate([np.arange(len(table)), *more]))
    if method != BALANCE_NONE:
        raise ValueError(f"{method} is no way of balancing")
    return table


def _fewer(table: SampleTable, code: int, limit: int, random: np.random.Generator) -> NDArray[np.intp]:
    """Rows of a class, at most `limit`: labelled pixels before their neighbours, in a random order."""
    rows = np.flatnonzero(table.codes == code)
    order = rows[random.permutation(len(rows))]
    return order[np.argsort(table.pixels[order] > 0, kind="stable")][:limit]


def _repeated(codes: NDArray[np.uint8], code: int, count: int, random: np.random.Generator) -> NDArray[np.intp]:
    """Rows of a class that are repeated, each as often as the others, and the rest at random."""
    rows = np.flatnonzero(codes == code)
    if count <= 0:
        return rows[:0]
    whole, rest = divmod(count, len(rows))
    drawn = random.choice(rows, rest, replace=False)  # nosec B311 - a sample, no secret
    return np.concatenate([np.tile(rows, whole), drawn])
