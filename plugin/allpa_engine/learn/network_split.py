"""Which chips a network learns from, which say when it has learnt enough, and which test it at the end.

Parted by blocks of land, so that no chip is tested beside one that was learnt from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core.messages import Message, message, translatable
from .folds import group_folds
from .network_chips import FOLDS, ChipFolder

Indices = NDArray[np.intp]

_NOT_LEARNT = translatable("No chip to learn from has {classes}: add labels in other places.")
_NOT_STOPPING = translatable(
    "The blocks that say when to stop have no labels of {classes}: the choice of the best weights does not see these "
    "classes. Add labels of them in other places."
)
_NOT_TESTED = translatable(
    "The blocks that test the network have no labels of {classes}: how well these classes are found is not known. Add "
    "labels of them in other places."
)


@dataclass(frozen=True)
class ChipSplit:
    """Chips by their use, as positions in `ChipFolder`."""

    training: Indices
    validation: Indices
    """Early stopping and calibration."""
    test: Indices
    """Used once, after the training; empty where there are only two blocks."""
    notes: tuple[Message, ...] = ()
    """What a reader of the results must know."""


def split_chips(chips: ChipFolder, seed: int) -> ChipSplit:
    """Part the chips by their validation blocks: three fifths, one fifth, one fifth.

    Parameters
    ----------
    chips : with their blocks.
    seed : the same seed parts them in the same way.

    Returns
    -------
    The parts. With two blocks there is no test, and results are those of the validation.

    Raises
    ------
    TrainingInvalid : where all chips lie in one block.

    """
    has_class = chips.counts > 0
    chip, channel = np.nonzero(has_class)
    codes = np.array(chips.classes, np.uint8)[channel]
    folds = group_folds(chips.blocks[chip].astype(np.int32), codes, FOLDS, seed)
    of_chip = np.zeros(len(has_class), np.intp)
    of_chip[chip] = folds.fold
    classes_in_fold = [int(has_class[of_chip == fold].any(axis=0).sum()) for fold in range(folds.count)]
    order = np.argsort(-np.array(classes_in_fold), kind="stable")
    has_test = folds.count > 2  # one to learn from, one to stop by
    validation, test = order[0], order[1] if has_test else -1
    parts = [np.flatnonzero(of_chip == fold) for fold in (validation, test)]
    training = np.flatnonzero((of_chip != validation) & (of_chip != test))
    notes = folds.notes(chips.legend) if folds.count >= FOLDS else []
    if not has_test:
        notes.append(
            message("The chips lie in two blocks: the blocks that say when to stop are also those of the results.")
        )
    used_to = [(training, _NOT_LEARNT), (parts[0], _NOT_STOPPING), *([(parts[1], _NOT_TESTED)] if has_test else [])]
    for chosen, sentence in used_to:
        missing = [chips.classes[k] for k in np.flatnonzero(~has_class[chosen].any(axis=0))]
        if missing:
            notes.append(message(sentence, classes=", ".join(chips.legend.by_code[code].name for code in missing)))
    return ChipSplit(training, parts[0], parts[1], tuple(notes))
