"""The network on the new sites: by site and class, under real clouds, on landslides and on steep mountains.

A chip counts in full where it is clear. Of a clouded one only what its mask says is scored, against the label of the
ground from the clear view. Landslides drawn by people are scored apart: the teacher calls them scrub or trees.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from allpa_engine.classify.unet import UNet
from allpa_engine.core.legend import BUILT, CLASS_COUNT, CLOUDS, WATER
from training.chips import Chip, read_raster
from training.new_sites import CLOUD_CLEAR, CLOUD_SHADOW, CLOUD_THICK, CLOUD_THIN, NewChip

from .held_out import HeldOutScore, score_predictions
from .metrics import Codes, Counts, confusion_matrix
from .predictions import ChipPrediction, labels_as_prediction, predict_by_network

BARE = 8
_MASKED = (CLOUD_CLEAR, CLOUD_THIN, CLOUD_THICK, CLOUD_SHADOW)
STEEP_DEGREES = 15
"""Slope from which there is neither water nor, but for roads, a town."""


@dataclass(frozen=True)
class CloudCounts:
    """Pixels of clouded chips."""

    name: str
    by_mask: Counts
    """`(4, 10)`: clear, thin, thick, shadow by predicted class."""
    ground_in_shadow: Counts
    """`(10, 10)` in shadow: rows the class of the ground in the clear view, columns the predicted class."""

    def found(self, mask: int) -> float:
        """Share of the pixels with this code of the mask that is called cloud; nan without any."""
        row = self.by_mask[mask]
        return float(row[CLOUDS - 1] / row.sum()) if row.sum() else float("nan")

    def pixels(self, mask: int) -> int:
        """Pixels with this code of the mask."""
        return int(self.by_mask[mask].sum())

    def shadow_called(self, code: int) -> float:
        """Share of the shadow on ground of other classes that is called by this class; nan without any."""
        others = np.delete(self.ground_in_shadow, code - 1, axis=0)
        return float(others[:, code - 1].sum() / others.sum()) if others.sum() else float("nan")

    @property
    def shadow_kept(self) -> float:
        """Share of the shadow that keeps the class of its ground."""
        total = self.ground_in_shadow.sum()
        return float(np.trace(self.ground_in_shadow) / total) if total else float("nan")


@dataclass(frozen=True)
class SlideCounts:
    """Landslides of one chip."""

    name: str
    predicted: Counts
    """`(10,)` pixels of the landslides by predicted class."""

    @property
    def bare(self) -> float:
        """Share that is called bare ground; nan where there is no landslide."""
        return float(self.predicted[BARE - 1] / self.predicted.sum()) if self.predicted.sum() else float("nan")


@dataclass(frozen=True)
class SteepScore:
    """Steep land (over 15 degrees) of one mountain chip: share of it called by a class that cannot be there."""

    name: str
    pixels: int
    water: float
    built: float
    teacher_water: float
    teacher_built: float


@dataclass(frozen=True)
class PredictedChip:
    """A new chip and what the network says of it."""

    item: NewChip
    prediction: ChipPrediction

    @property
    def ground(self) -> Codes:
        """`(y, x)` the teacher's class of the ground, 0 without."""
        return labels_as_prediction(self.item.chip).codes


def predict_new_chips(network: UNet, chips: list[NewChip]) -> list[PredictedChip]:
    """Each chip once, for all the scores."""
    return [PredictedChip(item, predict_by_network(network, item.chip)) for item in chips]


def score_new_clear(chips: list[PredictedChip]) -> HeldOutScore:
    """Agreement with the teacher on the clear chips, without the landslides."""
    return score_predictions(
        (_without_landslides(part.item), part.prediction) for part in chips if part.item.cloud is None
    )


def _without_landslides(item: NewChip) -> Chip:
    if item.landslide is None:
        return item.chip
    return replace(item.chip, soft=np.where(item.landslide, 0, item.chip.soft).astype(np.uint8))


def score_pairs(chips: list[PredictedChip]) -> list[CloudCounts]:
    """Clouds and shadows of every clouded chip."""
    return [
        count_clouds(part.item.name, part.item.cloud, part.prediction.codes, part.ground)
        for part in chips
        if part.item.cloud is not None
    ]


def count_clouds(name: str, mask: Codes, predicted: Codes, ground: Codes) -> CloudCounts:
    """Count what was predicted by the code of the mask, and the classes of the ground in shadow.

    mask : `(y, x)` 0 clear, 1 thin, 2 thick, 3 shadow. predicted, ground : codes, 0 = none.
    """
    rows = [np.bincount(predicted[mask == code], minlength=CLASS_COUNT + 1)[1:] for code in _MASKED]
    in_shadow = confusion_matrix(ground * (mask == CLOUD_SHADOW), predicted)
    return CloudCounts(name, np.stack(rows), in_shadow)


def pool_clouds(counts: list[CloudCounts], name: str = "together") -> CloudCounts:
    """All pairs together."""
    by_mask = sum((item.by_mask for item in counts), np.zeros((len(_MASKED), CLASS_COUNT), np.int64))
    ground = sum((item.ground_in_shadow for item in counts), np.zeros((CLASS_COUNT, CLASS_COUNT), np.int64))
    return CloudCounts(name, by_mask, ground)


def score_landslides(chips: list[PredictedChip]) -> list[SlideCounts]:
    """What the landslides of each chip that has some are called."""
    scores = []
    for part in chips:
        if part.item.landslide is not None and part.item.landslide.any():
            codes = part.prediction.codes[part.item.landslide]
            scores.append(SlideCounts(part.item.name, np.bincount(codes, minlength=CLASS_COUNT + 1)[1:]))
    return scores


def pool_landslides(scores: list[SlideCounts]) -> SlideCounts:
    """All landslides together."""
    return SlideCounts("together", sum((item.predicted for item in scores), np.zeros(CLASS_COUNT, np.int64)))


def score_steep_land(chips: list[PredictedChip], data: Path) -> list[SteepScore]:
    """Water and built area on the steep land of every chip that has an elevation."""
    scores = []
    for part in chips:
        path = data / "more" / "chips" / f"{part.item.name}_dem.tif"
        if not path.is_file():
            continue
        steep = read_raster(path)[1] >= STEEP_DEGREES
        predicted, teacher = part.prediction.codes, part.ground
        inside = steep & (predicted > 0) & (teacher > 0)
        if inside.any():
            shares = [_share(codes, code, inside) for codes in (predicted, teacher) for code in (WATER, BUILT)]
            scores.append(SteepScore(part.item.name, int(inside.sum()), *shares))
    return scores


def _share(codes: Codes, code: int, where: npt.NDArray[np.bool_]) -> float:
    return float((codes == code)[where].mean())
