"""The predictions of the network and the teacher for a chip, as codes and probabilities of the legend."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from allpa_engine.classify.no_data import fill_no_data
from allpa_engine.classify.unet import UNet
from allpa_engine.core.bands import REFLECTANCE_SCALE
from allpa_engine.core.legend import CLASS_COUNT
from training.chips import Chip
from training.teacher import STUDENT_BAND_INDEX, TEACHER_CLASS_COUNT, Teacher, predict_chip_by_teacher
from training.validation import chip_reflectance, predict_chip

FloatArray = npt.NDArray[np.float32]
Codes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class ChipPrediction:
    """Probabilities of the ten classes."""

    probabilities: FloatArray
    """`(10, y, x)`; the teacher's clouds are 0."""
    valid: npt.NDArray[np.bool_]
    """`(y, x)` pixels with data."""

    @property
    def codes(self) -> Codes:
        """`(y, x)` code of the best class, 0 without data."""
        return np.where(self.valid, self.probabilities.argmax(axis=0) + 1, 0).astype(np.uint8)

    @property
    def confidence(self) -> FloatArray:
        """`(y, x)` probability of the best class."""
        best: FloatArray = self.probabilities.max(axis=0)
        return best


def has_network_data(chip: Chip) -> npt.NDArray[np.bool_]:
    """`(y, x)` pixels with data in all six bands of the network: those that the product classifies."""
    return np.asarray((chip.digital_numbers[list(STUDENT_BAND_INDEX)] > 0).all(axis=0))


def product_reflectance(chip: Chip, margin_px: int) -> FloatArray:
    """`(6, y, x)` reflectance as the product gives it to the network: pixels without data filled from their edge.

    chip : L1C goes through the median relation to L2A. margin_px : the network's margin.
    """
    has_data = has_network_data(chip)
    darkest = 1 / REFLECTANCE_SCALE
    reflectance = np.where(has_data, np.maximum(chip_reflectance(chip), darkest), 0).astype(np.float32)
    fill_no_data(reflectance, margin_px)
    return reflectance


def predict_by_network(network: UNet, chip: Chip) -> ChipPrediction:
    """The network's prediction, with the product's filling of pixels without data."""
    reflectance = product_reflectance(chip, network.architecture.margin)
    return ChipPrediction(class_probabilities(network, reflectance), has_network_data(chip))


def class_probabilities(network: UNet, reflectance: FloatArray) -> FloatArray:
    """`(6, y, x)` reflectance of any size -> `(10, y, x)` probabilities."""
    logits = predict_chip(network, reflectance, torch.device("cpu"))
    exponentials = np.exp(logits - logits.max(axis=0))
    probabilities: FloatArray = exponentials / exponentials.sum(axis=0)
    return probabilities


@dataclass(frozen=True)
class KeptTeacher:
    """The teacher with a folder that keeps its answers: they do not depend on the network that is evaluated."""

    teacher: Teacher
    folder: Path

    def predict(self, chip: Chip) -> FloatArray:
        """As `predict_chip_by_teacher`; from the folder where the same pixels were asked before."""
        digest = hashlib.sha256(chip.level.encode() + chip.digital_numbers.tobytes()).hexdigest()
        path = self.folder / f"{digest[:32]}.npy"
        if not path.is_file():
            self.folder.mkdir(parents=True, exist_ok=True)
            aside = path.with_suffix(".part")
            with aside.open("wb") as stream:
                np.save(stream, predict_chip_by_teacher(self.teacher, chip))
            aside.replace(path)
        answer: FloatArray = np.load(path)
        return answer


def predict_by_teacher(teacher: Teacher | KeptTeacher, chip: Chip) -> ChipPrediction:
    """The teacher's prediction: on L1C as it is, on L2A averaged over four simulated atmospheres; without flips.

    The chip is mirrored outwards, as for the network.
    """
    answer = teacher.predict(chip) if isinstance(teacher, KeptTeacher) else predict_chip_by_teacher(teacher, chip)
    probabilities = np.zeros((CLASS_COUNT, *chip.digital_numbers.shape[1:]), np.float32)
    probabilities[:TEACHER_CLASS_COUNT] = answer
    return ChipPrediction(probabilities, np.asarray((chip.digital_numbers > 0).any(axis=0)))


def labels_as_prediction(chip: Chip) -> ChipPrediction:
    """The teacher's labels that came with a chip; invalid where there is no label."""
    probabilities = np.zeros((CLASS_COUNT, *chip.soft.shape[1:]), np.float32)
    probabilities[:TEACHER_CLASS_COUNT] = chip.soft / 255
    return ChipPrediction(probabilities, np.asarray(chip.soft.any(axis=0)))
