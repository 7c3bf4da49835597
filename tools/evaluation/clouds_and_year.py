"""The network on clouds, and beside the teacher on a year of one place."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
from allpa_engine.classify.chip_classes import CONFIDENCE_SCALE
from allpa_engine.classify.prediction_file import BAND_NAMES, create_prediction, read_prediction
from allpa_engine.classify.unet import UNet
from allpa_engine.composite import CompositeRule, compose
from allpa_engine.core.bands import SCL_NO_DATA
from allpa_engine.core.legend import BUILT, CLOUDS, SNOW, WATER
from allpa_engine.core.scene import Prediction
from allpa_engine.geo.grid import Grid
from training.chips import Chip
from training.labelled_sets import LabelledSet
from training.teacher import Teacher

from .metrics import intersection_over_union
from .predictions import ChipPrediction, KeptTeacher, predict_by_network, predict_by_teacher
from .series import SeriesScene

_SCL_UNCLASSIFIED = 7
"""Neither cloud nor shadow: for scenes without a scene classification."""


@dataclass(frozen=True)
class CloudScore:
    """How much of a chip is classified as clouds."""

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


def score_year(
    network: UNet, teacher: Teacher | KeptTeacher, scenes: list[SeriesScene], year: str = "2020"
) -> YearScore:
    """Composite the year's scenes as the product does, and compare the map's water with the one drawn by hand in June.

    The series has no scene classification, so only the clouds that the network itself sees are masked; the teacher
    has no class of clouds.
    """
    chosen = [scene for scene in scenes if scene.date.startswith(year)]
    dates = [scene.date for scene in chosen]
    digitised_water = next(scene.water for scene in chosen if scene.date.endswith("0621"))
    landcover = composite_chips([predict_by_network(network, scene.chip) for scene in chosen], dates)
    by_teacher = composite_chips([predict_by_teacher(teacher, scene.chip) for scene in chosen], dates)
    valid = landcover > 0
    water = np.zeros_like(valid) if digitised_water is None else digitised_water
    return YearScore(
        tuple(dates),
        intersection_over_union(water & valid, landcover == WATER),
        intersection_over_union(water & valid, by_teacher == WATER),
        *(float((landcover == code)[valid].mean()) for code in (SNOW, BUILT, CLOUDS)),
    )


def score_network_water(network: UNet, scenes: list[SeriesScene], year: str = "2020") -> tuple[float, float]:
    """IoU of the water and share of built area of the year's map, as in `score_year`, without the teacher."""
    chosen = [scene for scene in scenes if scene.date.startswith(year)]
    dates = [scene.date for scene in chosen]
    landcover = composite_chips([predict_by_network(network, scene.chip) for scene in chosen], dates)
    digitised_water = next(scene.water for scene in chosen if scene.date.endswith("0621"))
    valid = landcover > 0
    water = np.zeros_like(valid) if digitised_water is None else digitised_water
    return intersection_over_union(water & valid, landcover == WATER), float((landcover == BUILT)[valid].mean())


def composite_chips(
    predictions: list[ChipPrediction], dates: list[str], rule: CompositeRule | None = None
) -> npt.NDArray[np.uint8]:
    """The product's own map of some predictions of one chip, through files as in a run.

    Parameters
    ----------
    predictions : of equal size.
    dates : `YYYYMMDD` of each.
    rule : None takes the product's default rule.

    Returns
    -------
    `(y, x)` uint8 class codes.

    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        written = [_write_prediction(folder, item, date) for item, date in zip(predictions, dates, strict=True)]
        landcover = folder / "landcover.tif"
        compose(written, None, rule or CompositeRule(), landcover=landcover, quality=folder / "quality.tif")
        with rasterio.open(landcover) as source:
            codes: npt.NDArray[np.uint8] = source.read(1)
    return codes


def _write_prediction(folder: Path, prediction: ChipPrediction, date: str) -> Prediction:
    """A prediction file on some grid of 10 m: where it lies does not matter to the composite."""
    confidence = np.rint(prediction.confidence * CONFIDENCE_SCALE) * prediction.valid
    scl = np.where(prediction.valid, _SCL_UNCLASSIFIED, SCL_NO_DATA)
    layers = np.stack([prediction.codes, confidence, scl]).astype(np.uint8)
    layers = np.concatenate([layers, np.zeros((len(BAND_NAMES) - len(layers), *layers.shape[1:]), np.uint8)])
    grid = Grid("EPSG:32631", 500_000, 5_000_000, 10, layers.shape[2], layers.shape[1])
    path = folder / f"{date}.tif"
    tags = {"ALLPA_SCENE": date, "ALLPA_TILE": "31TDG", "ALLPA_DATE": f"{date[:4]}-{date[4:6]}-{date[6:]}"}
    with create_prediction(path, grid, {**tags, "ALLPA_MODEL": "evaluated"}, soft=False) as output:
        output.write(layers)
    return read_prediction(path)
