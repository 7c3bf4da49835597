"""The annual decision on real series with labels of people: the product's own map with and without it.

    python -m evaluation.annual_decision --data DATA [--model NETWORK] [--decision FILE]

From `tools/`, with `plugin/` in PYTHONPATH. Each date goes through the product's own classification and composite.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timezone
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
from allpa_engine.classify.classifier import Classifier
from allpa_engine.classify.classify import classify_scene
from allpa_engine.classify.inference import load_classifier
from allpa_engine.composite import CompositeRule, compose
from allpa_engine.composite.decision_model import DecisionModel, read_decision_model
from allpa_engine.core.bands import BAND_KEYS, SCL
from allpa_engine.core.legend import CLOUDS, CROPS, GRASS
from allpa_engine.core.protocol import NullReporter
from allpa_engine.core.scene import FetchedScene, Prediction, Radiometry, Scene
from training.chips import Chip
from training.labelled_sets import LabelledSet, read_labelled_sets
from training.validation import chip_reflectance

from .series import read_boadella_series

_SCL_VEGETATION = 4
"""For series without a scene classification: neither cloud nor shadow."""
Codes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class LabelledSeries:
    """The dates of one place, and what people say is there."""

    name: str
    crs: str
    transform: rasterio.Affine
    chips: tuple[tuple[date, Chip], ...]
    label: Codes | None
    """`(y, x)` class code, 0 unlabelled; None where only the difference of the maps is counted."""


def read_series(data: Path) -> list[LabelledSeries]:
    """Flanders 2018, Slovenia 2015, and Boadella 2020 to 2022 without labels of its land."""
    sets = read_labelled_sets(data)
    series = []
    for name in ("worldcereal_be_424A", "eolearn_slovenia"):
        scenes = [item for item in sets if item.site == name]
        series.append(_labelled_series(data, name, scenes))
    series.append(_with_chips_of_the_year(data, series[0]))
    boadella = [(datetime.strptime(s.date, "%Y%m%d").date(), s.chip) for s in read_boadella_series(data)]
    with rasterio.open(data / "series" / "boadella" / "20200621.tif") as source:
        series.append(LabelledSeries("Boadella", "EPSG:32631", source.transform, tuple(boadella), None))
    return series


def _with_chips_of_the_year(data: Path, series: LabelledSeries) -> LabelledSeries:
    """The Flemish series with the other scenes of 2018 of the same ground, which lie among the chips."""
    chips = list(series.chips)
    for path in sorted((data / "chips").glob("worldcereal_639B424A_2018-??-??.tif")):
        with rasterio.open(path) as source:
            pixels = source.read()
        soft = np.zeros(pixels.shape, np.uint8)
        chips.append((date.fromisoformat(path.stem[-10:]), Chip(path.stem, series.name, "L2A", pixels, soft)))
    return replace(series, name=f"{series.name}, all scenes", chips=tuple(sorted(chips, key=lambda item: item[0])))


def _labelled_series(data: Path, name: str, scenes: Sequence[LabelledSet]) -> LabelledSeries:
    chips = []
    for item in scenes:
        with rasterio.open(data / "labels" / "dense" / f"{item.name}.tif") as source:
            chips.append((date.fromisoformat(source.tags()["date"][:10]), item.chip))
            crs, transform = source.crs.to_string(), source.transform
    label = np.max([item.land for item in scenes], axis=0)
    return LabelledSeries(name, crs, transform, tuple(chips), label)


def classify_series(series: LabelledSeries, model: Classifier, folder: Path) -> list[Prediction]:
    """Each date as a fetched scene, classified by the product."""
    return [
        classify_scene(_write_scene(series, day, chip, folder), model, folder / f"{day}.tif", NullReporter())
        for day, chip in series.chips
    ]


def _write_scene(series: LabelledSeries, day: date, chip: Chip, folder: Path) -> FetchedScene:
    numbers = np.rint(chip_reflectance(chip) * 10_000)
    scl = np.full((1, *numbers.shape[1:]), _SCL_VEGETATION)
    layers = np.concatenate([numbers, scl * numbers.any(axis=0)]).astype(np.uint16)
    path = folder / f"scene_{day}.tif"
    # Squares of exactly 10 m: resampled series have pixels a little off.
    transform = rasterio.Affine(10, 0, round(series.transform.c, -1), 0, -10, round(series.transform.f, -1))
    with rasterio.open(
        path, "w", driver="GTiff", count=len(layers), dtype="uint16", height=layers.shape[1], width=layers.shape[2],
        crs=series.crs, transform=transform,
    ) as target:  # fmt: skip
        target.write(layers)
        target.descriptions = (*BAND_KEYS, SCL)
        target.update_tags(ALLPA_SCENE=str(day))
    moment = datetime(day.year, day.month, day.day, tzinfo=timezone.utc)
    scene = Scene(
        str(day), "series", "series", "31TDG", moment, "S2A", "", 1, None, None, "", {}, 0, 0, series.crs, {},
        Radiometry(0, "series"),
    )  # fmt: skip
    return FetchedScene(scene, path)


@dataclass(frozen=True)
class SeriesScore:
    """One series by the votes alone and by the decision."""

    name: str
    dates: int
    per_date: float
    """Mean share of the labelled pixels that one date has right, clouds not counted; nan without labels."""
    plain: float
    decided: float
    """Share of the labelled pixels that the year's map has right."""
    balanced: tuple[float, float]
    """Balanced accuracy of grass against crops, by the votes and by the decision, over pixels of these two labels."""
    changed: float
    """Share of the map's pixels."""
    held_back: float
    """Share of the candidates."""


def score_series(series: LabelledSeries, network: Classifier, decision: DecisionModel) -> SeriesScore:
    """Classify and composite a series, with the votes alone and with the decision."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        predictions = classify_series(series, network, folder)
        paths = {"landcover": folder / "m.tif", "quality": folder / "q.tif", "plain": folder / "p.tif"}
        summary = compose(
            predictions,
            None,
            CompositeRule(),
            landcover=paths["landcover"],
            quality=paths["quality"],
            plain=paths["plain"],
            decision=decision,
        )
        decided, plain = _read(paths["landcover"]), _read(paths["plain"])
        dates = [_read(prediction.path) for prediction in predictions]
    facts = summary.annual_decision
    return SeriesScore(
        series.name,
        len(predictions),
        _accuracy_per_date(dates, series.label),
        _accuracy(plain, series.label),
        _accuracy(decided, series.label),
        (_balanced_accuracy(plain, series.label), _balanced_accuracy(decided, series.label)),
        float((decided != plain).mean()),
        sum(facts["held_back_pixels"].values()) / max(facts["candidate_pixels"], 1),
    )


def _accuracy(codes: Codes, label: Codes | None) -> float:
    return float("nan") if label is None else float((codes == label)[label > 0].mean())


def _balanced_accuracy(codes: Codes, label: Codes | None) -> float:
    """Mean share found of grass and of crops."""
    if label is None:
        return float("nan")
    return float(np.mean([(codes[label == code] == code).mean() for code in (GRASS, CROPS)]))


def _accuracy_per_date(dates: Sequence[Codes], label: Codes | None) -> float:
    """Mean over the dates that show most labelled pixels without clouds."""
    if label is None:
        return float("nan")
    shares = []
    for codes in dates:
        seen = (label > 0) & (codes > 0) & (codes != CLOUDS)
        if seen.sum() > (label > 0).sum() / 2:
            shares.append(float((codes == label)[seen].mean()))
    return float(np.mean(shares))


def _read(path: Path) -> Codes:
    with rasterio.open(path) as source:
        codes: Codes = source.read(1)
    return codes


def main() -> None:
    """Print a line for each series."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--decision", type=Path)
    parser.add_argument("--only", default="", help="beginning of the names of the series to score")
    arguments = parser.parse_args()
    network = load_classifier(arguments.model, precision="bf16")
    decision = read_decision_model(arguments.decision)
    for series in read_series(arguments.data):
        if not series.name.startswith(arguments.only):
            continue
        print(score_series(series, network, decision), flush=True)


if __name__ == "__main__":
    main()
