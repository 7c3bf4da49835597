"""The network beside the teacher on people's and official labels, set by set and all together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from allpa_engine.classify.unet import UNet
from allpa_engine.core.legend import WATER
from training.labelled import Codes, LabelledSet
from training.teacher import Teacher

from .metrics import (
    Counts,
    Reliability,
    confusion_matrix,
    intersection_over_union,
    reliability,
)
from .predictions import Answer, network_answer, teacher_answer


@dataclass(frozen=True)
class AnsweredSet:
    """A labelled set with what both say of it; its cloud labels are scored apart."""

    labelled: LabelledSet
    network: Answer
    teacher: Answer | None
    """None where the set lacks the bands that the teacher needs."""


def answered(network: UNet, teacher: Teacher, labelled: LabelledSet) -> AnsweredSet:
    """Ask both."""
    taught = teacher_answer(teacher, labelled.chip) if labelled.has_teacher_bands else None
    return AnsweredSet(labelled, network_answer(network, labelled.chip), taught)


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


def score_set(item: AnsweredSet) -> SetScore:
    """Accuracy or IoU of both."""
    labelled, label = item.labelled, item.labelled.land
    water_alone = set(np.unique(label)) - {0} == {WATER}
    measure, score = ("water IoU", _water_iou) if water_alone else ("accuracy", _accuracy)
    teacher = float("nan") if item.teacher is None else score(label, item.teacher)
    pixels = int((label > 0).sum())
    return SetScore(labelled.name, measure, pixels, score(label, item.network), teacher, labelled.quality)


@dataclass(frozen=True)
class Together:
    """All people's and official labels of land together; water alone and products left out."""

    network: Counts
    """`(10, 10)`, rows the label."""
    teacher: Counts
    """The same of the teacher's answers to the same pixels."""
    agreement: float
    """Share of these pixels on which both say the same."""
    network_reliability: Reliability
    teacher_reliability: Reliability


def score_together(items: list[AnsweredSet]) -> Together:
    """Both on the same pixels; raises ValueError when no set has people's labels of land and the teacher's bands."""
    parts = []
    for item in items:
        if item.teacher is None or not item.labelled.tells_land:
            continue
        label = item.labelled.land
        where = (label > 0) & item.network.seen & item.teacher.seen
        answers = [(answer.codes[where], answer.confidence[where]) for answer in (item.network, item.teacher)]
        parts.append((label[where], *answers[0], *answers[1]))
    label, said, sure, taught, teacher_sure = (np.concatenate(columns) for columns in zip(*parts))
    return Together(
        confusion_matrix(label, said),
        confusion_matrix(label, taught),
        float((said == taught).mean()),
        reliability(sure, said == label),
        reliability(teacher_sure, taught == label),
    )


def _accuracy(label: Codes, answer: Answer) -> float:
    matrix = confusion_matrix(label, answer.codes)
    return float(np.trace(matrix) / matrix.sum()) if matrix.sum() else float("nan")


def _water_iou(label: Codes, answer: Answer) -> float:
    return intersection_over_union((label == WATER) & answer.seen, answer.codes == WATER)
