"""Teaching by corrections: the last layer refitted, with a strength chosen and an effect measured on left-out blocks.

Corrections are divided into folds by blocks of land. Each fold's corrections are classified by a head that was refitted
to the others, by the same vote over the scenes that makes the annual map; so the matrix after the refit holds what the
corrections teach about other places, beside the matrix of the present head at the same corrections. Corrections are
made where the map is wrong: neither matrix is an accuracy of the map.

Where the refit is right on fewer corrections that were left out than the present head is, the present head is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core.errors import TrainingInvalid
from ..core.legend import Legend
from ..core.messages import Message, message, translatable
from .correction_features import Observations
from .folds import Folds, default_block_size, spatial_blocks
from .linear_head import LinearHead, cross_entropy
from .refit_task import RefitTask

STRENGTHS = (1.0, 0.3, 0.1, 0.03, 0.01)
"""Strengths that are tried."""
DEFAULT_STRENGTH = 0.1
"""Unless corrections that are left out clearly call for another; also where nothing can be validated."""
FOLDS = 5
FEW_CORRECTIONS = 5
"""Fewer corrections of a class than this are said to be few."""
_CLOUD_SHARE = 0.5
"""Where the network sees clouds on more of a correction's clear dates than this, it is the network that is wrong."""
_ONE_BLOCK = translatable(
    "All corrections lie in one block of land: the refit cannot be validated. Add corrections in other places."
)
_FEW = translatable("{classes}: fewer than {least} corrections. Add some in other places before you trust the class.")
_HARM = translatable(
    "The present model is kept: at corrections that were left out, the refitted one is right on {after:.0%}, the "
    "present one on {before:.0%}. The corrections do not teach what holds elsewhere. Add corrections in other places, "
    "also where the map is right, and refit again."
)
_NO_SCENE = translatable("{count} corrections lie where no scene has a clear observation; they teach nothing.")
_ONE_CLASS = translatable(
    "All corrections are of one class. Add some of the classes that are right now, so that they are kept."
)


@dataclass(frozen=True)
class ClassMatrix:
    """Corrections by their class and by the class that a model gives them."""

    codes: tuple[int, ...]
    counts: NDArray[np.int64]
    """`(class, class)`: rows the corrections' own class, columns the model's; both in the order of `codes`."""

    @property
    def agreement(self) -> float:
        """Share of the corrections on the diagonal; nan without corrections."""
        total = int(self.counts.sum())
        return int(np.trace(self.counts)) / total if total else float("nan")


@dataclass(frozen=True)
class Refit:
    """A refitted head and what is known of it."""

    head: LinearHead
    """The present one where that is right on more of the corrections that were left out."""
    strength: float
    before: ClassMatrix
    """The present head at all corrections that were left out once."""
    after: ClassMatrix
    """Heads refitted to the other folds, at the same corrections; empty where no validation was possible."""
    block_size_m: float
    """Side of the blocks; 0 without a validation."""
    folds: int
    losses: dict[float, float]
    """Mean cross-entropy of left-out corrections by strength, nats."""
    notes: tuple[Message, ...]
    keeps_present: bool = False
    """Whether the present head was kept."""

    @property
    def is_validated(self) -> bool:
        """Whether corrections were left out in blocks."""
        return self.folds > 1


@dataclass(frozen=True)
class RefitOptions:
    """How a refit is made."""

    strength: float = 0.0
    """0 chooses among `STRENGTHS` by left-out blocks."""
    block_size_m: float = 0.0
    """Side of the blocks; 0 takes the largest usual one that the corrections allow."""
    folds: int = FOLDS
    seed: int = 1


def refit_to_corrections(
    observations: Observations,
    codes: NDArray[np.uint8],
    places_m: NDArray[np.float64],
    head: LinearHead,
    legend: Legend,
    options: RefitOptions | None = None,
    progress: Callable[[float], None] | None = None,
    background: Observations | None = None,
) -> Refit:
    """Refit a head to corrections.

    Parameters
    ----------
    observations : of all scenes at the corrections.
    codes : `(c,)` class of each correction.
    places_m : `(c, 2)` the middle of each, metres.
    head : the present one.
    legend : of present and new classes; its weights are those of the vote.
    options : None for the default.
    progress : is called with the share of the work that is done.
    background : of pixels of unknown class; they tell how frequent classes are. None weighs all classes alike.

    Returns
    -------
    The head, and what is known of it.

    Raises
    ------
    TrainingInvalid : where no correction has a clear observation.
    """
    options, report = options or RefitOptions(), progress or (lambda _: None)
    weights = observation_weights(observations, head, legend, len(codes))
    seen = _seen(observations, weights, len(codes))
    task = RefitTask(observations, codes[observations.correction], weights, head, legend, background)
    notes = _notes(codes[seen], int((~seen).sum()), legend)
    folds = _folds(places_m, codes, seen, options)
    if folds is None:
        return _without_validation(task, options.strength, notes)
    strengths = (options.strength,) if options.strength else STRENGTHS
    left_out, predicted = _leave_out(task, folds[0], strengths, seen, report)
    strength = choose_strength(left_out, codes[seen], task.class_shares(DEFAULT_STRENGTH))
    chosen = task.fit(weights, strength)
    before = class_matrix(codes[seen], task.classify(head, seen)[seen], chosen.classes)
    after = class_matrix(codes[seen], predicted[strength][seen], chosen.classes)
    is_worse = after.agreement < before.agreement
    if is_worse:
        notes = (message(_HARM, before=before.agreement, after=after.agreement), *notes)
    report(1.0)
    losses = {value: float(loss.mean()) for value, loss in left_out.items()}
    kept = head if is_worse else chosen
    return Refit(kept, strength, before, after, folds[1], folds[0].count, losses, notes, is_worse)


def _seen(observations: Observations, weights: NDArray[np.float64], count: int) -> NDArray[np.bool_]:
    """`(count,)`: which corrections have an observation that counts."""
    seen: NDArray[np.bool_] = np.bincount(observations.correction, weights, minlength=count) > 0
    if not seen.any():
        raise TrainingInvalid(
            translatable("No scene has a clear observation at any of the corrections."),
            translatable("They lie outside of the scenes, or under clouds on every date."),
            translatable("Check the CRS of the corrections, or use the scenes of another run."),
        )
    return seen


def _without_validation(task: RefitTask, strength: float, notes: tuple[Message, ...]) -> Refit:
    """A refit to corrections that lie in one block."""
    strength = strength or DEFAULT_STRENGTH
    chosen = task.fit(task.weights, strength)
    nothing = ClassMatrix(chosen.classes, np.zeros((len(chosen.classes),) * 2, np.int64))
    return Refit(chosen, strength, nothing, nothing, 0.0, 0, {}, (*notes, message(_ONE_BLOCK)))


def observation_weights(
    observations: Observations, head: LinearHead, legend: Legend, corrections: int
) -> NDArray[np.float64]:
    """The weight of each observation: those of a correction share a weight of 1, whatever its size and number of dates.

    Observations that the scene classification calls cloud or shadow do not count, nor those in which the network sees
    clouds, unless it does so on more than half of a correction's clear dates.

    Parameters
    ----------
    observations : of `n` rows.
    head : the present one.
    legend : says which class is clouds.
    corrections : their number.

    Returns
    -------
    `(n,)`, 0 for rows that do not count.

    """
    channels = head.probabilities(observations.features).argmax(axis=1)
    is_cloud = np.asarray(head.classes)[channels] == legend.cloud_code
    clear, cloudy = (
        np.bincount(observations.correction, rows, minlength=corrections)
        for rows in (observations.sky_is_clear, observations.sky_is_clear & is_cloud)
    )
    misled = cloudy > _CLOUD_SHARE * clear
    used = observations.sky_is_clear & (~is_cloud | misled[observations.correction])
    counts = np.bincount(observations.correction, used, minlength=corrections)
    weights: NDArray[np.float64] = used / np.maximum(counts, 1)[observations.correction]
    return weights


def class_matrix(own: NDArray[np.integer], given: NDArray[np.integer], codes: tuple[int, ...]) -> ClassMatrix:
    """Count corrections by class.

    Examples
    --------
    >>> class_matrix(np.array([3, 3, 5]), np.array([3, 5, 5]), (3, 5)).counts.tolist()
    [[1, 1], [0, 1]]

    """
    position = {code: index for index, code in enumerate(codes)}
    counts = np.zeros((len(codes), len(codes)), np.int64)
    for one, other in zip(own.tolist(), given.tolist(), strict=True):
        counts[position[one], position[other]] += 1
    return ClassMatrix(codes, counts)


def _folds(
    places_m: NDArray[np.float64], codes: NDArray[np.uint8], seen: NDArray[np.bool_], options: RefitOptions
) -> tuple[Folds, float] | None:
    """Folds of the corrections that are seen, and the side of their blocks; None where they lie in one block."""
    x_m, y_m, own = places_m[seen, 0], places_m[seen, 1], codes[seen]
    size = options.block_size_m or default_block_size(x_m, y_m, own, options.folds)
    try:
        return spatial_blocks(x_m, y_m, size, options.folds, options.seed, own), size
    except TrainingInvalid:
        return None


def _leave_out(
    task: RefitTask,
    folds: Folds,
    strengths: tuple[float, ...],
    seen: NDArray[np.bool_],
    report: Callable[[float], None],
) -> tuple[dict[float, NDArray[np.float64]], dict[float, NDArray[np.int64]]]:
    """Loss of each seen correction while it is left out, by strength, and the class that each gets then."""
    numbers = np.flatnonzero(seen)
    correction, weights = task.observations.correction, task.weights
    losses = {strength: np.zeros(len(seen)) for strength in strengths}
    predicted = {strength: np.zeros(len(seen), np.int64) for strength in strengths}
    for number, (_, tested) in enumerate(folds.splits()):
        left_out = np.zeros(len(seen), bool)
        left_out[numbers[tested]] = True
        is_left_out = left_out[correction]
        taught, asked = np.where(is_left_out, 0, weights), is_left_out & (weights > 0)
        for strength in strengths:
            head = task.fit(taught, strength)
            loss = cross_entropy(head, task.observations.features[asked], task.row_codes[asked])
            np.add.at(losses[strength], correction[asked], loss * weights[asked])
            predicted[strength] += task.classify(head, left_out)
        report((number + 1) / (folds.count + 1))
    return {strength: loss[seen] for strength, loss in losses.items()}, predicted


def choose_strength(
    losses: dict[float, NDArray[np.float64]], codes: NDArray[np.integer], shares: NDArray[np.float64]
) -> float:
    """The usual strength, unless the loss of another one is clearly lower.

    Clearly means by more than one standard error of the difference (after the rule of one standard error of Breiman et
    al. 1984). Classes weigh as in the fit, by the square roots of their shares.

    Parameters
    ----------
    losses : `(c,)` of each left-out correction, by strength.
    codes : `(c,)` their classes.
    shares : `(256,)` of the classes on the land, by code.

    Returns
    -------
    One of the strengths.

    Examples
    --------
    >>> codes, shares = np.array([2, 2, 3, 3]), np.ones(256)
    >>> choose_strength({1.0: np.array([0.1, 0.9, 0.4, 0.59]), 0.1: np.full(4, 0.5)}, codes, shares)
    0.1
    >>> choose_strength({1.0: np.array([0.1, 0.2, 0.1, 0.2]), 0.1: np.full(4, 0.5)}, codes, shares)
    1.0

    """
    weights = np.sqrt(shares)[codes] / np.bincount(codes, minlength=256)[codes]
    weights /= weights.sum()
    best = min(losses, key=lambda strength: (float(weights @ losses[strength]), -strength))
    if DEFAULT_STRENGTH not in losses:
        return best
    difference = losses[DEFAULT_STRENGTH] - losses[best]
    mean = float(weights @ difference)
    error = float(np.sqrt((weights**2) @ (difference - mean) ** 2))
    return best if mean > error else DEFAULT_STRENGTH


def _notes(codes: NDArray[np.uint8], unseen: int, legend: Legend) -> tuple[Message, ...]:
    """What to say of the corrections: classes with few, only one class, and those that no scene shows."""
    present, counts = np.unique(codes, return_counts=True)
    few = [
        legend.by_code[code].name
        for code, count in zip(present.tolist(), counts.tolist(), strict=True)
        if count < FEW_CORRECTIONS
    ]
    notes = []
    if unseen:
        notes.append(message(_NO_SCENE, count=unseen))
    if len(present) == 1:
        notes.append(message(_ONE_CLASS))
    if few:
        notes.append(message(_FEW, classes=", ".join(few[:12]), least=FEW_CORRECTIONS))
    return tuple(notes)
