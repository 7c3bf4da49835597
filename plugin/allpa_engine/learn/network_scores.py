"""How well a network finds the classes of chips that it did not learn from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from ..accuracy.matrix import ErrorMatrix
from ..classify.network_folder import Network
from ..classify.tiling import chip_spans, cut_chip
from ..core.messages import Message
from .calibration import optimal_temperature
from .network_chips import IGNORED, ChipFolder, FloatArray
from .validation import Validation

CORE_PX = 512
"""Side of the pieces in which a large chip is classified."""
_CALIBRATION_PIXELS = 60_000


@dataclass(frozen=True)
class Score:
    """Labels against the network's answers."""

    loss: float
    """Mean cross-entropy of the labelled pixels, weighted by class, nats."""
    matrix: NDArray[np.int64]
    """`(class, class)` labelled pixels: rows are the labels, columns the answers."""

    @property
    def pixels(self) -> int:
        """Labelled pixels."""
        return int(self.matrix.sum())

    @property
    def overall(self) -> float:
        """Share of pixels with the right class; NaN without pixels."""
        return float(np.trace(self.matrix) / self.pixels) if self.pixels else float("nan")

    @property
    def f1(self) -> NDArray[np.float64]:
        """Of each class; NaN for classes without labels."""
        labels, answers, right = self.matrix.sum(axis=1), self.matrix.sum(axis=0), np.diag(self.matrix)
        with np.errstate(invalid="ignore", divide="ignore"):
            values: NDArray[np.float64] = np.where(labels > 0, 2 * right / (labels + answers), np.nan)
        return values

    @property
    def mean_f1(self) -> float:
        """Mean over the classes that have labels; NaN without any."""
        return float(np.nanmean(self.f1)) if self.pixels else float("nan")

    @property
    def quality(self) -> float:
        """Mean of overall accuracy and mean F1, by which the best weights are chosen; NaN without pixels."""
        return (self.overall + self.mean_f1) / 2


def count_answers(truth: NDArray[np.int64], answers: NDArray[np.intp], class_count: int) -> NDArray[np.int64]:
    """Count pixels by label and answer.

    Parameters
    ----------
    truth, answers : `(n,)` channels.
    class_count : of all classes.

    Returns
    -------
    `(class, class)`: rows are the labels, columns the answers.

    Examples
    --------
    >>> count_answers(np.array([0, 1, 1]), np.array([0, 0, 1]), 2).tolist()
    [[1, 0], [1, 1]]

    """
    counts = np.bincount(truth * class_count + answers, minlength=class_count**2)
    return counts.reshape(class_count, class_count).astype(np.int64)


def predict_logits(network: Network, values: FloatArray, device: torch.device, *, core_px: int = CORE_PX) -> FloatArray:
    """Logits of a chip of any size; beyond its borders lies its mirror image.

    Parameters
    ----------
    network : in evaluation mode, on the device.
    values : `(band, y, x)` reflectance; 0 in all bands = no data.
    device : of the network.
    core_px : side of the pieces in which it is classified.

    Returns
    -------
    `(class, y, x)` float32.

    """
    return _predict(network, network, values, device, core_px)


def predict_features(network: Network, values: FloatArray, device: torch.device) -> FloatArray:
    """What the last layer reads, for a chip of any size; the network has one answer per pixel (`cell` is 1).

    Parameters
    ----------
    network : in evaluation mode, on the device.
    values : `(band, y, x)` reflectance; 0 in all bands = no data.
    device : of the network.

    Returns
    -------
    `(channel, y, x)` float32.

    """
    return _predict(network, network.features, values, device, CORE_PX)


def _predict(
    network: Network,
    answer: Callable[[torch.Tensor], torch.Tensor],
    values: FloatArray,
    device: torch.device,
    core_px: int,
) -> FloatArray:
    structure, (height, width) = network.architecture, values.shape[1:]
    spans = [
        chip_spans(length, 0, stride=structure.stride, margin=structure.margin, core=core_px)
        for length in (height, width)
    ]
    whole: FloatArray | None = None
    for rows in spans[0]:
        for columns in spans[1]:
            chip = torch.from_numpy(cut_chip(values, 0, rows, columns)[None])
            with torch.inference_mode():
                part = answer(chip.to(device, memory_format=torch.channels_last))[0].float().cpu().numpy()
            if whole is None:
                whole = np.empty((len(part), height, width), np.float32)
            whole[:, rows.core_start : rows.core_stop, columns.core_start : columns.core_stop] = part[
                :,
                rows.core_start - rows.read_start : rows.core_stop - rows.read_start,
                columns.core_start - columns.read_start : columns.core_stop - columns.read_start,
            ]
    if whole is None:
        raise ValueError("The chip has no pixels.")
    return whole


def score_chips(
    network: Network,
    chips: ChipFolder,
    chosen: NDArray[np.intp],
    weights: NDArray[np.float32],
    device: torch.device,
    heartbeat: Callable[[], None] = lambda: None,
) -> Score:
    """Compare the network's answers with the labels of some chips.

    Parameters
    ----------
    network : in evaluation mode, on the device.
    chips, chosen : the chips, and positions among them.
    weights : `(class,)` of the loss.
    device : of the network.
    heartbeat : is called for each chip, and may raise Cancelled.

    Returns
    -------
    Loss and matrix.

    """
    count = len(chips.classes)
    matrix = np.zeros((count, count), np.int64)
    loss_sum = weight_sum = 0.0
    for index in chosen.tolist():
        heartbeat()
        logits, truth = labelled_logits(network, chips, index, device)
        matrix += count_answers(truth, logits.argmax(axis=0), count)
        peak = logits.max(axis=0)
        log_sum = np.log(np.exp(logits - peak).sum(axis=0)) + peak
        loss_sum += float(((log_sum - logits[truth, np.arange(len(truth))]) * weights[truth]).sum())
        weight_sum += float(weights[truth].sum())
    return Score(loss_sum / weight_sum if weight_sum else float("nan"), matrix)


def labelled_logits(
    network: Network, chips: ChipFolder, index: int, device: torch.device
) -> tuple[FloatArray, NDArray[np.int64]]:
    """Logits `(class, n)` and channels `(n,)` of the labelled pixels of one chip."""
    chip = chips.read(index)
    labelled = chip.channels != IGNORED
    logits = predict_logits(network, chip.values, device)[:, labelled]
    return logits, chip.channels[labelled].astype(np.int64)


def fit_temperature(
    network: Network, chips: ChipFolder, chosen: NDArray[np.intp], device: torch.device, seed: int
) -> float:
    """The temperature that calibrates the network on some chips.

    Parameters
    ----------
    network : in evaluation mode, on the device.
    chips, chosen : the chips, and positions among them.
    device : of the network.
    seed : of the pixels that are drawn where there are many.

    Returns
    -------
    By which its logits are to be divided; 1 where the chips have no labels.

    """
    rng, share = np.random.default_rng(seed), 1.0
    total = int(chips.counts[chosen].sum())
    if not total:
        return 1.0
    share = min(1.0, _CALIBRATION_PIXELS / total)
    logits, truth = [], []
    for index in chosen.tolist():
        values, channels = labelled_logits(network, chips, index, device)
        kept = rng.random(len(channels)) < share
        logits.append(values[:, kept])
        truth.append(channels[kept])
    joined = np.concatenate(truth)
    return optimal_temperature(np.concatenate(logits, axis=1), joined) if len(joined) else 1.0


def fold_temperature(network: Network, temperature: float) -> None:
    """Divide the last layer's weights and bias by the temperature."""
    with torch.no_grad():
        network.head.weight.div_(temperature)
        network.head.get_parameter("bias").div_(temperature)


def to_validation(score: Score, chips: ChipFolder, method: str, notes: Sequence[Message] = ()) -> Validation:
    """A score as the validation of a model, whose rows are predicted and whose columns are labelled classes.

    Parameters
    ----------
    score : of some chips.
    chips : for the codes of the channels.
    method : a key of `validation.METHOD_NAMES`.
    notes : what a reader must know.

    Returns
    -------
    The same counts, turned round.

    """
    counts, pixels = score.matrix.T[np.newaxis].astype(np.int64), np.array([score.pixels], np.int64)
    matrix = ErrorMatrix(
        chips.classes, counts, pixels, pixels, pixels.astype(np.float64), (method,), legend=chips.legend
    )
    return Validation(method, matrix, tuple(notes))
