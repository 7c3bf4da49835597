"""The network beside the teacher on reference labels, set by set and all together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from allpa_engine.classify.unet import UNet
from allpa_engine.core.legend import WATER
from training.labelled_sets import Codes, LabelledSet
from training.teacher import Teacher

from .metrics import (
    Counts,
    Reliability,
    accuracy,
    confusion_matrix,
    intersection_over_union,
    reliability,
)
from .predictions import ChipPrediction, KeptTeacher, predict_by_network, predict_by_teacher


@dataclass(frozen=True)
class PredictedSet:
    """A labelled set with the predictions of both; its cloud labels are scored apart."""

    labelled: LabelledSet
    network: ChipPrediction
    teacher: ChipPrediction | None
    """None where the set lacks the bands that the teacher needs."""


def predict_set(network: UNet, teacher: Teacher | KeptTeacher, labelled: LabelledSet) -> PredictedSet:
    """The predictions of network and teacher."""
    teacher_prediction = predict_by_teacher(teacher, labelled.chip) if labelled.has_teacher_bands else None
    return PredictedSet(labelled, predict_by_network(network, labelled.chip), teacher_prediction)


@dataclass(frozen=True)
class SetScore:
    """One labelled set."""

    name: str
    measure: str
    """`accuracy` over labelled land pixels, or `water IoU` where water is all that was labelled."""
    pixels: int
    network: float
    teacher: float
    """nan where the set lacks the bands that the teacher needs."""
    quality: str


def score_set(item: PredictedSet) -> SetScore:
    """Accuracy or IoU of both."""
    labelled, label = item.labelled, item.labelled.land
    only_water = set(np.unique(label)) - {0} == {WATER}
    measure, score = ("water IoU", _water_iou) if only_water else ("accuracy", _accuracy)
    teacher = float("nan") if item.teacher is None else score(label, item.teacher)
    pixels = int((label > 0).sum())
    return SetScore(labelled.name, measure, pixels, score(label, item.network), teacher, labelled.quality)


@dataclass(frozen=True)
class PooledScore:
    """All reference labels of land together; water alone and products left out."""

    network: Counts
    """`(10, 10)`, rows the label."""
    teacher: Counts
    """The same of the teacher's answers to the same pixels."""
    agreement: float
    """Share of these pixels on which both say the same."""
    network_reliability: Reliability
    teacher_reliability: Reliability


def score_pooled(items: list[PredictedSet]) -> PooledScore:
    """Both on the same pixels; raises ValueError when no set has people's labels of land and the teacher's bands."""
    parts = []
    for item in items:
        if item.teacher is None or not item.labelled.has_land_labels:
            continue
        label = item.labelled.land
        where = (label > 0) & item.network.valid & item.teacher.valid
        chip_predictions = [
            (prediction.codes[where], prediction.confidence[where]) for prediction in (item.network, item.teacher)
        ]
        parts.append((label[where], *chip_predictions[0], *chip_predictions[1]))
    label, predicted, network_confidence, teacher_prediction, teacher_confidence = (
        np.concatenate(columns) for columns in zip(*parts)
    )
    return PooledScore(
        confusion_matrix(label, predicted),
        confusion_matrix(label, teacher_prediction),
        float((predicted == teacher_prediction).mean()),
        reliability(network_confidence, predicted == label),
        reliability(teacher_confidence, teacher_prediction == label),
    )


def score_network_labels(
    network: UNet, sets: list[LabelledSet], left_out_models: Mapping[str, UNet]
) -> dict[str, tuple[float, int]]:
    """Accuracy and pixels of every site with reference labels of land, by the model that left the site out if given."""
    counts: dict[str, Counts] = {}
    for labelled in sets:
        if labelled.has_land_labels:
            used = left_out_models.get(labelled.site, network)
            matrix = confusion_matrix(labelled.land, predict_by_network(used, labelled.chip).codes)
            counts[labelled.site] = counts.get(labelled.site, np.zeros_like(matrix)) + matrix
    return {site: (accuracy(matrix).overall, int(matrix.sum())) for site, matrix in sorted(counts.items())}


def _accuracy(label: Codes, prediction: ChipPrediction) -> float:
    matrix = confusion_matrix(label, prediction.codes)
    return float(np.trace(matrix) / matrix.sum()) if matrix.sum() else float("nan")


def _water_iou(label: Codes, prediction: ChipPrediction) -> float:
    return intersection_over_union((label == WATER) & prediction.valid, prediction.codes == WATER)
