"""The network on clouds, and beside the teacher on a year of one place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from allpa_engine.classify.unet import UNet
from allpa_engine.core.legend import BUILT, CLASS_COUNT, CLOUDS, DEFAULT_WEIGHTS, SNOW, WATER
from training.chips import Chip
from training.labelled_sets import LabelledSet
from training.teacher import Teacher

from .metrics import intersection_over_union
from .predictions import ChipPrediction, predict_by_network, predict_by_teacher
from .series import SeriesScene


@dataclass(frozen=True)
class CloudScore:
    """How a chip's clouds, or its lack of clouds, are seen."""

    name: str
    target_type: str
    pixels: int
    cloud_share: float
    """Share of the pixels called cloud: recall on clouds, false alarms on clear ground."""


def score_clouds(network: UNet, chips: list[Chip], labelled: list[LabelledSet]) -> list[CloudScore]:
    """Recall on labelled and thick clouds, false clouds on snow, sand and roofs."""
    scores = []
    for item in labelled:
        for is_cloud, target_type in ((True, "labelled cloud"), (False, "labelled not cloud")):
            if item.name.startswith("ukis"):
                scores.append(_score_cloud(network, item.chip, (item.label == CLOUDS) == is_cloud, target_type))
    for chip in chips:
        white = chip.digital_numbers[:3].astype(np.float32).mean(axis=0)
        swir = chip.digital_numbers[7]
        bright = white > 2000
        if chip.is_cloudy:
            scores.append(_score_cloud(network, chip, (white > 3500) & (swir > 1200), "thick cloud by brightness"))
        elif bright.mean() > 0.01 and bright.sum() > 500:
            scores.append(_score_cloud(network, chip, bright, "bright clear ground"))
    return [score for score in scores if score.pixels >= 200]


def _score_cloud(network: UNet, chip: Chip, where: npt.NDArray[np.bool_], target_type: str) -> CloudScore:
    prediction = predict_by_network(network, chip)
    inside = where & prediction.valid
    share = float((prediction.codes == CLOUDS)[inside].mean()) if inside.any() else float("nan")
    name = f"{chip.name}{' (held out)' if chip.held_out or target_type.startswith('labelled') else ''}"
    return CloudScore(name, target_type, int(inside.sum()), share)


@dataclass(frozen=True)
class YearScore:
    """The annual map of the Boadella series."""

    dates: tuple[str, ...]
    water_iou: float
    """Against the hand-drawn water of 2020-06-21."""
    teacher_water_iou: float
    """The same for the teacher's labels of the same scenes."""
    snow_share: float
    built_share: float
    clouds_share: float
    """Of the map's pixels."""


def score_year(network: UNet, teacher: Teacher, dates: list[SeriesScene], year: str = "2020") -> YearScore:
    """Compose the year's scenes by the class-weighted mode and compare its water with the hand-drawn one of June."""
    scenes = [date for date in dates if date.date.startswith(year)]
    digitised_water = next(date.water for date in scenes if date.date.endswith("0621"))
    maps = (
        class_weighted_mode([predict_by_network(network, date.chip) for date in scenes]),
        class_weighted_mode([predict_by_teacher(teacher, date.chip) for date in scenes]),
    )
    valid = maps[0] > 0
    water = np.zeros_like(valid) if digitised_water is None else digitised_water
    return YearScore(
        tuple(date.date for date in scenes),
        intersection_over_union(water & valid, maps[0] == WATER),
        intersection_over_union(water & valid, maps[1] == WATER),
        *(float((maps[0] == code)[valid].mean()) for code in (SNOW, BUILT, CLOUDS)),
    )


def class_weighted_mode(chip_predictions: list[ChipPrediction]) -> npt.NDArray[np.uint8]:
    """`(y, x)` code with the largest sum of probability x weight of the scenes that say it; clouds do not vote."""
    scores = np.zeros((CLASS_COUNT, *chip_predictions[0].valid.shape), np.float32)
    rows, columns = np.mgrid[: scores.shape[1], : scores.shape[2]]
    is_cloudy = np.zeros(chip_predictions[0].valid.shape, bool)
    for prediction in chip_predictions:
        codes = prediction.codes
        weight = np.array([0.0, *(DEFAULT_WEIGHTS[code] for code in range(1, CLASS_COUNT + 1))], np.float32)[codes]
        votes = prediction.valid & (codes != CLOUDS)
        scores[codes[votes] - 1, rows[votes], columns[votes]] += (weight * prediction.confidence)[votes]
        is_cloudy |= codes == CLOUDS
    best = np.where(scores.max(axis=0) > 0, scores.argmax(axis=0) + 1, np.where(is_cloudy, CLOUDS, 0))
    return best.astype(np.uint8)
