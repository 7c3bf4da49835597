"""Calibration, folded into the last layer: one temperature, and the odds of grass and of clouds.

The temperature makes a probability mean how often the class is right (Guo et al. 2017, On calibration of modern neural
networks): the composite multiplies votes by it. The factor on the odds of grass corrects that the teacher
predicts grass less often than the reference labels have it; that on the odds of clouds sets how much false cloud is
accepted for how much thin cloud found.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import torch
from allpa_engine.classify.unet import UNet
from allpa_engine.core.legend import CLASS_COUNT, CLOUDS, GRASS
from allpa_engine.learn.calibration import optimal_temperature

from .chips import Chip
from .validation import chip_reflectance, predict_chip

GRASS_ODDS = 1.5
"""Factor on the odds of grass to every other class, as for another share of the class (Saerens et al. 2002).

In the reference labels of both sites grass is nearly five times as frequent as in the teacher's.
"""
_PIXEL_STEP = 7


def calibrate(network: UNet, chips: list[Chip], *, grass_odds: float, cloud_odds: float = 1.0) -> dict[str, float]:
    """Fold the temperature fitted on the chips and both odds; returns all three, as `uncalibrate` takes them."""
    temperature = fit_temperature(network, chips)
    fold_temperature(network, temperature)
    fold_odds(network, GRASS, grass_odds)
    fold_odds(network, CLOUDS, cloud_odds)
    return {"temperature": round(temperature, 4), "grass_odds": grass_odds, "cloud_odds": cloud_odds}


def uncalibrate(network: UNet, calibration: Mapping[str, float]) -> None:
    """Take out what `calibrate` folded in; what is not named was not."""
    for code, name in ((GRASS, "grass_odds"), (CLOUDS, "cloud_odds")):
        fold_odds(network, code, 1 / calibration.get(name, 1.0))
    fold_temperature(network, 1 / calibration.get("temperature", 1.0))


def fit_temperature(network: UNet, chips: list[Chip]) -> float:
    """The temperature with the least cross-entropy to the teacher's best class on every seventh pixel of the chips."""
    return optimal_temperature(*sample_logits(network, chips))


def fold_temperature(network: UNet, temperature: float) -> None:
    """Divide the last layer's weights and bias by the temperature."""
    with torch.no_grad():
        network.head.weight.div_(temperature)
        network.head.get_parameter("bias").div_(temperature)


def fold_odds(network: UNet, code: int, factor: float) -> None:
    """Multiply the odds of a class to every other by the factor: add its logarithm to the last layer's bias."""
    with torch.no_grad():
        network.head.get_parameter("bias").view(CLASS_COUNT, -1)[code - 1] += math.log(factor)


def sample_logits(network: UNet, chips: list[Chip]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """`(10, n)` logits and `(n,)` channel of the teacher's best class, every seventh labelled pixel."""
    device = next(network.parameters()).device
    logits, truth = [], []
    for chip in chips:
        answer = predict_chip(network, chip_reflectance(chip), device)
        labelled = np.flatnonzero(chip.soft.any(axis=0) & (chip.digital_numbers > 0).any(axis=0))[::_PIXEL_STEP]
        logits.append(answer.reshape(len(answer), -1)[:, labelled])
        truth.append(chip.soft.reshape(len(chip.soft), -1)[:, labelled].argmax(axis=0))
    return np.concatenate(logits, axis=1), np.concatenate(truth)
