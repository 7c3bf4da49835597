"""Folds of a validation: by blocks of land or by groups, never by single pixels.

Pixels beside each other are alike. A model that is tested on the neighbours of what it learnt from seems better than it
is on new land (Roberts et al. 2017, Ecography 40: 913-929; Ploton et al. 2020, Nature Communications 11: 4540).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core.errors import TrainingInvalid
from ..core.legend import Legend
from ..core.messages import Message, message, translatable

BLOCK_SIZES_M = (10_000.0, 5_000.0, 2_000.0, 1_000.0, 500.0, 200.0)
"""Sides of blocks that `default_block_size` tries, the largest first."""
MIN_FOLDS = 2
_BLOCKS_PER_FOLD = 3
_FEWER_FOLDS = translatable(
    "There are {blocks} blocks for {wanted} folds: {folds} folds are made. Smaller blocks, or labels in more places, "
    "allow more."
)
_ONE_BLOCK_CLASSES = translatable(
    "{classes}: all labels lie in one block, so that validation cannot tell how well they are found. Add labels in "
    "other places."
)
_SHOWN = 12


@dataclass(frozen=True)
class Folds:
    """The fold of each row of a table: a row is tested by the model that learnt from the other folds."""

    fold: NDArray[np.intp]
    """Of each row, from 0."""
    count: int
    """Folds; fewer than were wanted where there are fewer blocks."""
    wanted: int
    block_count: int
    one_block_codes: tuple[int, ...] = ()
    """Classes whose rows lie in one block: where it is tested, no other fold has taught them."""

    def splits(self) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Rows to learn from, and rows to test, of each fold.

        Yields
        ------
        Two arrays of row numbers; no block is in both.

        """
        for number in range(self.count):
            yield np.flatnonzero(self.fold != number), np.flatnonzero(self.fold == number)

    def notes(self, legend: Legend) -> list[Message]:
        """What a reader of the validation must know.

        Parameters
        ----------
        legend : names of the classes.

        Returns
        -------
        A sentence for fewer folds than were wanted, and one for classes that lie in one block.

        """
        notes = []
        if self.count < self.wanted:
            notes.append(message(_FEWER_FOLDS, blocks=self.block_count, wanted=self.wanted, folds=self.count))
        if self.one_block_codes:
            names = [legend.by_code[code].name for code in self.one_block_codes if code in legend.by_code]
            more = ", …" if len(names) > _SHOWN else ""
            notes.append(message(_ONE_BLOCK_CLASSES, classes=", ".join(names[:_SHOWN]) + more))
        return notes


def block_numbers(x_m: NDArray[np.float64], y_m: NDArray[np.float64], block_size_m: float) -> NDArray[np.int32]:
    """The square block of land in which each place lies.

    Parameters
    ----------
    x_m, y_m : places in metres, of one projected CRS.
    block_size_m : side of a block; blocks begin at multiples of it.

    Returns
    -------
    Numbers from 0, without gaps, in the order of columns and rows of blocks.

    Examples
    --------
    >>> block_numbers(np.array([10.0, 990.0, 1010.0, 20.0]), np.array([5.0, 5.0, 5.0, 2500.0]), 1000.0).tolist()
    [0, 0, 2, 1]

    """
    cells = np.column_stack((np.floor(x_m / block_size_m), np.floor(y_m / block_size_m))).astype(np.int64)
    if not len(cells):
        return np.zeros(0, np.int32)
    _, numbers = np.unique(cells, axis=0, return_inverse=True)
    return numbers.reshape(-1).astype(np.int32)


def default_block_size(
    x_m: NDArray[np.float64], y_m: NDArray[np.float64], codes: NDArray[np.uint8], folds: int
) -> float:
    """The largest usual side of blocks with which a validation is possible.

    Parameters
    ----------
    x_m, y_m : places of the labels in metres.
    codes : their classes.
    folds : wanted.

    Returns
    -------
    Metres: the largest of `BLOCK_SIZES_M` with three blocks per fold at least and each class in two of them; else the
    one with the most classes in two blocks.

    """
    best, best_share = BLOCK_SIZES_M[-1], -1.0
    for size in BLOCK_SIZES_M:
        blocks = block_numbers(x_m, y_m, size)
        pairs = np.unique(np.column_stack((codes.astype(np.int32), blocks)), axis=0)[:, 0]
        share = float((np.unique(pairs, return_counts=True)[1] > 1).mean())
        enough = len(np.unique(blocks)) >= _BLOCKS_PER_FOLD * folds
        if enough and share == 1:
            return size
        if enough and share > best_share:
            best, best_share = size, share
    return best


def spatial_blocks(
    x_m: NDArray[np.float64],
    y_m: NDArray[np.float64],
    block_size_m: float,
    folds: int,
    seed: int = 1,
    codes: NDArray[np.uint8] | None = None,
) -> Folds:
    """Folds by square blocks of land.

    The rows of one label must have one place here, that of the label: its pixels then stay together. The column `block`
    of a training table has been made so; `group_folds` takes it.

    Parameters
    ----------
    x_m, y_m : places of the labels in metres, of one projected CRS.
    block_size_m : side of a block.
    folds : wanted, 2 or more.
    seed : the same seed makes the same folds.
    codes : classes, which are spread over the folds as evenly as the blocks allow; None leaves them unregarded.

    Returns
    -------
    The fold of each place.

    Raises
    ------
    TrainingInvalid : where all places lie in one block.

    """
    return group_folds(block_numbers(x_m, y_m, block_size_m), codes, folds, seed)


def group_folds(
    groups: NDArray[np.int32], codes: NDArray[np.uint8] | None = None, folds: int = 5, seed: int = 1
) -> Folds:
    """Folds by groups, such as blocks, fields or regions: no group is parted.

    Groups are taken from the one with the most uneven classes on, and each goes to the fold where it makes the shares
    of the classes most even.

    Parameters
    ----------
    groups : number of the group of each row.
    codes : class of each row; None spreads the rows alone.
    folds : wanted, 2 or more.
    seed : decides among equals.

    Returns
    -------
    The fold of each row.

    Raises
    ------
    TrainingInvalid : where there is one group only.

    Examples
    --------
    >>> found = group_folds(np.array([4, 4, 7, 7, 9, 9], np.int32), folds=3)
    >>> [len(set(found.fold[[row, row + 1]])) for row in (0, 2, 4)], sorted(set(found.fold.tolist()))
    ([1, 1, 1], [0, 1, 2])

    """
    _, number = np.unique(groups, return_inverse=True)
    block_count = int(number.max()) + 1 if len(number) else 0
    if block_count < MIN_FOLDS:
        raise TrainingInvalid(
            message("All labels lie in one block or group, so that no validation is possible."),
            message("A model tested beside the labels from which it learnt seems better than it is."),
            message("Choose smaller blocks, or add labels in other places."),
        )
    count = min(max(folds, MIN_FOLDS), block_count)
    known = np.zeros(len(number), np.uint8) if codes is None else codes
    present, column = np.unique(known, return_inverse=True)
    table = np.zeros((block_count, len(present)))
    np.add.at(table, (number, column.reshape(-1)), 1)
    in_blocks = (table > 0).sum(axis=0)
    single = () if codes is None else tuple(int(code) for code in present[in_blocks == 1])
    return Folds(_spread(table / table.sum(axis=0), count, seed)[number], count, folds, block_count, single)


def _spread(shares: NDArray[np.float64], count: int, seed: int) -> NDArray[np.intp]:
    """The fold of each block, by the share `(block, class)` of each class's rows that lies in it."""
    random = np.random.default_rng(seed)
    order = random.permutation(len(shares))
    order = order[np.argsort(-shares[order].max(axis=1), kind="stable")]
    held, fold = np.zeros((count, shares.shape[1])), np.zeros(len(shares), np.intp)
    blocks_held = np.zeros(count)
    for block in order.tolist():
        # The sum of squares grows least in the fold that has least of what the block holds.
        growth = held @ shares[block]
        least = int(np.lexsort((blocks_held, np.round(growth, 12)))[0])
        held[least] += shares[block]
        blocks_held[least] += 1
        fold[block] = least
    for empty in np.flatnonzero(blocks_held == 0).tolist():  # never a fold without a block
        fullest = int(blocks_held.argmax())
        fold[np.flatnonzero(fold == fullest)[-1]] = empty
        blocks_held[[fullest, empty]] += (-1, 1)
    return fold


def fold_counts(folds: Folds, codes: NDArray[np.uint8], present: Sequence[int]) -> NDArray[np.int64]:
    """How many rows of each class each fold tests.

    Parameters
    ----------
    folds : of the rows.
    codes : class of each row.
    present : codes of the columns.

    Returns
    -------
    Counts `(fold, class)`.

    """
    return np.array(
        [[int((codes[folds.fold == fold] == code).sum()) for code in present] for fold in range(folds.count)], np.int64
    ).reshape(folds.count, len(present))
