"""The annual map of the series of Lazio, by the product's composite, against the teacher's mean over clear dates."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from allpa_engine.classify.unet import UNet
from allpa_engine.core.legend import CLOUDS, SNOW
from training.chips import Chip, read_raster
from training.validation import CERTAIN_MARGIN

from .clouds_and_year import composite_chips
from .metrics import Counts, accuracy, confusion_matrix
from .predictions import labels_as_prediction, predict_by_network

SITE = "sen12mscr_2017_146"


@dataclass(frozen=True)
class LazioScore:
    """The annual map beside the single dates."""

    dates: int
    agreement: float
    """Share of the pixels with the class that the teacher gives on the mean of the clear dates."""
    agreement_where_certain: float
    confusion: Counts
    """`(10, 10)`, rows the teacher's class."""
    median_date_agreement: float
    """Median over all dates of the same share, clouds and all."""
    clouds_share: float
    snow_share: float
    """Of the map's pixels."""


def has_lazio_series(data: Path) -> bool:
    """Whether the data folder holds the series."""
    return (_folder(data) / "mean_soft.tif").is_file()


def read_lazio_series(data: Path) -> list[Chip]:
    """Every date, in order, with the teacher's mean over the clear dates as its label; the names are the dates."""
    soft = read_raster(_folder(data) / "mean_soft.tif").astype(np.uint8)
    paths = sorted(_folder(data).glob("????????.tif"))
    return [Chip(path.stem, SITE, "L1C", read_raster(path), soft) for path in paths]


def score_lazio(network: UNet, chips: list[Chip]) -> LazioScore:
    """Composite all dates with the product's default rule; there is no scene classification beside them."""
    reference = labels_as_prediction(chips[0])
    ordered = np.sort(reference.probabilities, axis=0)
    is_certain = (ordered[-1] - ordered[-2]) >= CERTAIN_MARGIN
    predictions = [predict_by_network(network, chip) for chip in chips]
    landcover = composite_chips(predictions, [chip.name for chip in chips])
    confusion = confusion_matrix(reference.codes, landcover)
    by_date = [accuracy(confusion_matrix(reference.codes, item.codes)).overall for item in predictions]
    mapped = landcover > 0
    return LazioScore(
        len(chips),
        accuracy(confusion).overall,
        accuracy(confusion_matrix(reference.codes * is_certain, landcover)).overall,
        confusion,
        float(np.median(by_date)),
        float((landcover == CLOUDS)[mapped].mean()),
        float((landcover == SNOW)[mapped].mean()),
    )


def _folder(data: Path) -> Path:
    return data / "more" / "series_lazio_L1C"
