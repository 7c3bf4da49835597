"""Validation while training: agreement with the teacher on the clear chips of the held-out sites."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from allpa_engine.classify.unet import UNet
from allpa_engine.core.bands import REFLECTANCE_SCALE

from .atmosphere import median_atmosphere
from .chips import Chip
from .teacher import STUDENT_BAND_INDEX, TEACHER_CLASS_COUNT

CERTAIN_MARGIN = 0.1
"""The teacher is certain where its best class leads the second by this much."""
SHARPNESS = 2.0
"""Exponent on the teacher's probabilities: it is less certain than it is correct, and its best class is what counts."""
FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Agreement:
    """How far the network agrees with the teacher."""

    loss: float
    """Cross-entropy to the teacher's sharpened probabilities, nats."""
    overall: float
    """Share of pixels with the same class."""
    sure: float
    """The same where the teacher is certain."""
    f1: tuple[float, ...]
    """Per class, water to snow; nan where the teacher never predicts the class."""


def chip_reflectance(chip: Chip) -> FloatArray:
    """`(6, y, x)` reflectance as the network sees it; L1C chips through the median relation."""
    pixels = chip.digital_numbers.astype(np.float32)
    if chip.level == "L1C":
        pixels = median_atmosphere().to_l2a(pixels)
    reflectance: FloatArray = (pixels[list(STUDENT_BAND_INDEX)] / REFLECTANCE_SCALE).astype(np.float32)
    return reflectance


def predict_chip(network: UNet, reflectance: FloatArray, device: torch.device) -> FloatArray:
    """`(6, y, x)` of any size -> `(10, y, x)` logits.

    The chip is mirrored outwards by the network's margin, as the product classifies with the land around a chip: half
    of a chip of 64 pixels lies within the reach of its border.
    """
    (height, width), margin = reflectance.shape[1:], network.architecture.margin
    rows, columns = (-extent % network.architecture.stride for extent in (height, width))
    padded = np.pad(reflectance, ((0, 0), (margin, margin + rows), (margin, margin + columns)), mode="reflect")
    with torch.inference_mode():
        chip = torch.from_numpy(padded[None]).to(device, memory_format=torch.channels_last)
        logits = network(chip)[0, :, margin : margin + height, margin : margin + width]
        answer: FloatArray = logits.float().cpu().numpy()
    return answer


def score_agreement(network: UNet, chips: list[Chip], device: torch.device) -> Agreement:
    """Score the network (in evaluation mode) on chips against the teacher's labels, clouds left out of its answers."""
    confusion = np.zeros((2, TEACHER_CLASS_COUNT, TEACHER_CLASS_COUNT + 1))
    loss_sum = 0.0
    for chip in chips:
        logits = predict_chip(network, chip_reflectance(chip), device)
        labelled = chip.soft.any(axis=0) & (chip.digital_numbers > 0).any(axis=0)
        soft = chip.soft[:, labelled].astype(np.float32) / 255
        ordered = np.sort(soft, axis=0)
        truth, predicted = soft.argmax(axis=0), logits[:, labelled].argmax(axis=0)
        sure = (ordered[-1] - ordered[-2]) >= CERTAIN_MARGIN
        for row, members in enumerate((np.ones_like(sure), sure)):
            pairs = truth[members] * (TEACHER_CLASS_COUNT + 1) + predicted[members]
            confusion[row] += np.bincount(pairs, minlength=confusion[row].size).reshape(confusion[row].shape)
        shifted = logits[:, labelled] - logits[:, labelled].max(axis=0)
        log_probabilities = shifted[:TEACHER_CLASS_COUNT] - np.log(np.exp(shifted).sum(axis=0))
        sharp = soft**SHARPNESS
        loss_sum -= float((sharp / sharp.sum(axis=0) * log_probabilities).sum())
    total, sure_total = confusion.sum(axis=(1, 2))
    correct = np.trace(confusion[0, :, :TEACHER_CLASS_COUNT]), np.trace(confusion[1, :, :TEACHER_CLASS_COUNT])
    return Agreement(
        loss_sum / float(total), float(correct[0] / total), float(correct[1] / sure_total), _f1(confusion[0])
    )


def _f1(confusion: npt.NDArray[np.float64]) -> tuple[float, ...]:
    square = confusion[:, :TEACHER_CLASS_COUNT]
    predicted, truth, correct = square.sum(axis=0), confusion.sum(axis=1), np.diag(square)
    with np.errstate(invalid="ignore"):
        return tuple(float(value) for value in np.where(truth > 0, 2 * correct / (predicted + truth), np.nan))
