"""A network that was not trained on the chips, with its classes read as theirs: what a model must be better than.

It is the start of the training, or the bundled network where a training begins with random numbers. Classes of the same
name are the same. Every other class of the network is read as the class whose labels it meets most
often on the chips to learn from; the probabilities of classes that are read as the same are added.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from ..classify.network_folder import Network, SavedNetwork
from ..core.messages import Message, message, translatable
from .network_chips import IGNORED, ChipFolder, FloatArray
from .network_scores import Score, count_answers, predict_logits
from .network_start import adapted_network, same_classes
from .validation import Validation

_CHIPS_FOR_READING = 60
_CPU = torch.device("cpu")
_THE_START, _THE_BUNDLED = translatable("the network that it started from"), translatable("the bundled network")
_BETTER = translatable(
    "On the blocks that tested it, the model is right on {overall:.1%} (mean F1 {f1:.1%}); {other}, with its classes "
    "read as yours, on {other_overall:.1%} (mean F1 {other_f1:.1%})."
)
_WORSE = translatable(
    "The model is worse than {other}: on the blocks that tested both it is right on {overall:.1%} (mean F1 {f1:.1%}), "
    "the other, with its classes read as yours, on {other_overall:.1%} (mean F1 {other_f1:.1%}). Make maps with the "
    "other, or add labels in other places and train again."
)
_FEWER_RIGHT = translatable(
    "The model is right on fewer pixels than {other}, with its classes read as yours: {overall:.1%} in place of "
    "{other_overall:.1%} on the blocks that tested both. Its mean F1 is higher ({f1:.1%} in place of "
    "{other_f1:.1%}): it finds rare classes better and frequent ones worse. Compare maps of both before you choose "
    "one, or add labels of the frequent classes."
)
_LOWER_F1 = translatable(
    "The model finds rare classes worse than {other}, with its classes read as yours: on the blocks that tested both "
    "its mean F1 is {f1:.1%} in place of {other_f1:.1%}, while it is right on {overall:.1%} in place of "
    "{other_overall:.1%} of the pixels. Compare maps of both before you choose one, or add labels of the rare classes."
)


@dataclass(frozen=True)
class Baseline:
    """A trained network and how its classes are read."""

    network: Network
    """For the bands of the chips, with its own classes."""
    reading: tuple[int | None, ...]
    """For each channel of the network that of the chips; None where it is read as none."""

    def score(self, chips: ChipFolder, chosen: NDArray[np.intp]) -> Score:
        """Compare its answers with the labels of some chips.

        Parameters
        ----------
        chips, chosen : the chips, and positions among them.

        Returns
        -------
        The matrix; the loss is not a number, since a class may have no probability at all.

        """
        matrix = np.zeros((len(chips.classes),) * 2, np.int64)
        for index in chosen.tolist():
            chip = chips.read(index)
            labelled = chip.channels != IGNORED
            logits = predict_logits(self.network, chip.values, _CPU)[:, labelled]
            answers = read_as(logits, self.reading, len(matrix)).argmax(axis=0)
            matrix += count_answers(chip.channels[labelled].astype(np.int64), answers, len(matrix))
        return Score(float("nan"), matrix)


def read_as(logits: FloatArray, reading: tuple[int | None, ...], class_count: int) -> FloatArray:
    """Probabilities of the user's classes.

    Parameters
    ----------
    logits : `(channel, n)` of the trained network.
    reading : for each channel the user's class, or None.
    class_count : of the user's classes.

    Returns
    -------
    `(class, n)`, 0 for classes that no channel is read as.

    Examples
    --------
    >>> read_as(np.log(np.array([[0.5], [0.25], [0.25]])), (0, 1, 0), 2).round(2).ravel().tolist()
    [0.75, 0.25]

    """
    exponentials = np.exp(logits - logits.max(axis=0))
    sums = np.zeros((class_count, logits.shape[1]), exponentials.dtype)
    for channel, mine in enumerate(reading):
        if mine is not None:
            sums[mine] += exponentials[channel]
    probabilities: FloatArray = sums / exponentials.sum(axis=0)
    return probabilities


def read_start(start: SavedNetwork, chips: ChipFolder, training: NDArray[np.intp], seed: int) -> Baseline:
    """A trained network with its classes read as those of the chips.

    Parameters
    ----------
    start : the trained network.
    chips, training : the chips, and positions of those whose labels say what classes without a common name mean.
    seed : of the chips that are drawn.

    Returns
    -------
    The network for the bands of the chips, and the reading.

    Raises
    ------
    JobInvalid : where it cannot be used with the bands of the chips.

    """
    network = adapted_network(start, chips)
    reading: list[int | None] = [None] * len(start.classes)
    for mine, channel in enumerate(same_classes(start, chips)):
        if channel is not None:
            reading[channel] = mine
    if None in reading:
        met = np.zeros((len(start.classes), len(chips.classes)), np.int64)
        for index in np.random.default_rng(seed).permutation(training)[:_CHIPS_FOR_READING].tolist():
            chip = chips.read(index)
            labelled = chip.channels != IGNORED
            answers = predict_logits(network, chip.values, _CPU)[:, labelled].argmax(axis=0)
            np.add.at(met, (answers, chip.channels[labelled]), 1)
        reading = [
            mine if mine is not None else int(row.argmax()) if row.any() else None for mine, row in zip(reading, met)
        ]
    return Baseline(network, tuple(reading))


def comparison(trained: Validation, other: Validation, *, is_start: bool) -> tuple[Message, bool]:
    """A sentence on a trained model beside a network that was not trained on the chips, on the same blocks.

    Parameters
    ----------
    trained, other : their validations.
    is_start : whether the other is the network from which the training started; else it is the bundled one.

    Returns
    -------
    The sentence, and whether the model is worse by overall accuracy or mean F1.

    """
    less_right, lower_f1 = trained.overall < other.overall, trained.mean_f1 < other.mean_f1
    text = _FEWER_RIGHT if less_right else _LOWER_F1
    if less_right == lower_f1:
        text = _WORSE if less_right else _BETTER
    sentence = message(
        text,
        other=message(_THE_START if is_start else _THE_BUNDLED),
        overall=trained.overall,
        f1=trained.mean_f1,
        other_overall=other.overall,
        other_f1=other.mean_f1,
    )
    return sentence, less_right or lower_f1
