"""Forests and other models of single pixels on real labels beside the bundled network, on the same blocks of land.

    python -m evaluation.own_forest --data DATA --out OUT [--set slovenia] [--seed 1]

Writes `own_forest.csv`. Labels, blocks and the division into blocks to learn from and to test are those of
`evaluation.own_network`, so that the rows of both tables can be laid side by side. A model of one date learns from
every date by itself and is tested on the pixels of every date, as the networks are; one of all dates learns from the
dates together, as from seasonal composites, and is tested on the same land once. The refitted network has seen twenty
pixels of each class in the blocks that are learnt from, drawn five times; its row counts all five.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from allpa_engine.classify.network_folder import SavedNetwork
from allpa_engine.classify.torch_network import load_network
from allpa_engine.core.bands import BAND_KEYS
from allpa_engine.core.forest_keys import FOREST
from allpa_engine.core.legend import BUNDLED_LEGEND, LandClass, Legend
from allpa_engine.learn.correction_features import Observations
from allpa_engine.learn.estimators import train_model
from allpa_engine.learn.indices import compute_index
from allpa_engine.learn.network_chips import IGNORED, ChipFolder
from allpa_engine.learn.network_features import load_feature_network
from allpa_engine.learn.network_scores import predict_features, predict_logits
from allpa_engine.learn.network_split import split_chips
from allpa_engine.learn.refit import RefitOptions, refit_to_corrections
from allpa_engine.learn.sample_table import SampleTable
from allpa_engine.learn.validation import Validation, compare, predict

from .own_network import CPU, NINE_BANDS, SETS, write_chips

INDICES = ("ndvi", "mndwi", "ndyi", "ri", "evi2", "osavi", "cri1")
"""Those of the paper that nine bands allow."""
LEARNT_FROM = 20_000
"""Rows at most, drawn at random from the blocks that are learnt from."""
CLICKS, DRAWS, BACKGROUND = 20, 5, 300
"""Corrections of each class, how often they are drawn, and pixels that tell how frequent classes are."""
NEW_CODE, BLOCK_SPACING_M = 40, 10_000.0
KINDS = ("forest", "gradient_boosting", "mlp")

Floats = npt.NDArray[np.float32]
Codes = npt.NDArray[np.uint8]


def pixels_of(chips: ChipFolder, chosen: npt.NDArray[np.intp]) -> tuple[Floats, Codes, npt.NDArray[np.int64]]:
    """Bands and indices `(row, feature)` of the labelled pixels of some chips, with classes and blocks."""
    values, codes, blocks = [], [], []
    for index in chosen.tolist():
        chip = chips.read(index)
        labelled = chip.channels != IGNORED
        values.append(with_indices(chip.values[:, labelled]))
        codes.append(np.array(chips.classes, np.uint8)[chip.channels[labelled]])
        blocks.append(np.full(int(labelled.sum()), chips.blocks[index]))
    return np.concatenate(values), np.concatenate(codes), np.concatenate(blocks)


def pixels_of_all_dates(chips: ChipFolder, chosen: npt.NDArray[np.intp]) -> tuple[Floats, Codes, npt.NDArray[np.int64]]:
    """The same with the features of all dates of a block side by side, of pixels that have a label on every date."""
    values, codes, blocks = [], [], []
    most = max(np.bincount(chips.blocks[chosen]))
    for block in np.unique(chips.blocks[chosen]).tolist():
        dates = [chips.read(int(index)) for index in chosen[chips.blocks[chosen] == block]]
        if len(dates) < most or len({date.channels.shape for date in dates}) > 1:
            continue
        labelled = np.logical_and.reduce([date.channels != IGNORED for date in dates])
        labelled &= np.logical_and.reduce([date.channels == dates[0].channels for date in dates])
        values.append(np.concatenate([with_indices(date.values[:, labelled]) for date in dates], axis=1))
        codes.append(np.array(chips.classes, np.uint8)[dates[0].channels[labelled]])
        blocks.append(np.full(int(labelled.sum()), block))
    return np.concatenate(values), np.concatenate(codes), np.concatenate(blocks)


def with_indices(bands: Floats) -> Floats:
    """`(9, row)` reflectance as `(row, feature)` bands and indices."""
    layers = dict(zip(NINE_BANDS, bands, strict=True))
    return np.column_stack([*bands, *(compute_index(name, layers) for name in INDICES)]).astype(np.float32)


def table_of(pixels: tuple[Floats, Codes, npt.NDArray[np.int64]], legend: Legend, seed: int) -> SampleTable:
    """Some of the pixels as a training table, all classes with the same weight."""
    features, codes, blocks = pixels
    rows = np.random.default_rng(seed).permutation(len(codes))[:LEARNT_FROM]
    number, zeros = np.arange(len(rows), dtype=np.int32), np.zeros(len(rows))
    names = tuple(f"f{index}" for index in range(features.shape[1]))
    return SampleTable(
        features[rows], names, codes[rows], number, number * 0, blocks[rows].astype(np.int32),
        np.ones(len(rows), np.float32), zeros, zeros, zeros, zeros, number * 0, ("labels",), legend, "EPSG:32633",
    )  # fmt: skip


def bundled_on_all_dates(
    chips: ChipFolder, chosen: npt.NDArray[np.intp], merged: Mapping[int, int]
) -> tuple[Codes, Codes]:
    """Predicted and labelled classes: the probabilities of the dates are added up, as in a soft composite."""
    network, channels = load_network(), [chips.features.index(key) for key in BAND_KEYS]
    predicted, codes, most = [], [], max(np.bincount(chips.blocks[chosen]))
    kept = np.array(chips.classes, np.uint8)
    for block in np.unique(chips.blocks[chosen]).tolist():
        dates = [chips.read(int(index)) for index in chosen[chips.blocks[chosen] == block]]
        if len(dates) < most or len({date.channels.shape for date in dates}) > 1:
            continue
        labelled = np.logical_and.reduce([date.channels != IGNORED for date in dates])
        labelled &= np.logical_and.reduce([date.channels == dates[0].channels for date in dates])
        votes = np.zeros((len(kept), int(labelled.sum())))
        for date in dates:
            logits = predict_logits(network.network, date.values[channels], CPU)[:, labelled].astype(np.float64)
            shares = np.exp(logits - logits.max(axis=0))
            shares /= shares.sum(axis=0)
            for code, target in merged.items():
                votes[np.searchsorted(kept, target)] += shares[code - 1] if target in kept else 0
        predicted.append(kept[votes.argmax(axis=0)])
        codes.append(kept[dates[0].channels[labelled]])
    return np.concatenate(predicted), np.concatenate(codes)


def rows_of(name: str, data: Path, out: Path, seed: int) -> list[dict[str, Any]]:
    """The rows of one set of labels."""
    chips = write_chips(name, data, out / f"{name}_forest", NINE_BANDS)
    split = split_chips(chips, seed)
    learning = np.concatenate([split.training, split.validation])
    rows = []
    for dates, read in (("one date", pixels_of), ("all dates", pixels_of_all_dates)):
        table, test = table_of(read(chips, learning), chips.legend, seed), read(chips, split.test)
        for kind in KINDS:
            options = {**FOREST.defaults, "kind": kind, "weighting": "none", "seed": seed}
            began = time.process_time()
            trained = train_model(table, options, 1)
            seconds = time.process_time() - began
            found = compare("blocked", predict(trained, test[0]), test[1], chips.classes)
            rows.append(_row(name, f"{kind}, {dates}", len(table), found, seconds))
            print(rows[-1], flush=True)
    predicted, codes = bundled_on_all_dates(chips, split.test, SETS[name].merged)
    rows.append(_row(name, "bundled network, all dates", 0, compare("blocked", predicted, codes, chips.classes), 0.0))
    print(rows[-1], flush=True)
    began = time.process_time()
    predicted, codes, clicks = refitted_on_all_dates(chips, learning, split.test, SETS[name].merged)
    found = compare("blocked", predicted, codes, chips.classes)
    seconds = (time.process_time() - began) / DRAWS
    rows.append(_row(name, "bundled network refitted, all dates", clicks, found, seconds))
    print(rows[-1], flush=True)
    return rows


def refitted_on_all_dates(
    chips: ChipFolder, learning: npt.NDArray[np.intp], test: npt.NDArray[np.intp], merged: Mapping[int, int]
) -> tuple[Codes, Codes, int]:
    """Predicted and labelled classes of all draws, and the corrections of a draw.

    Classes that the bundled network does not have become new ones, as they would by clicking.
    """
    head, network = load_feature_network(None, "cpu", precision="fp32").head, load_network()
    taught, tested = (network_features(chips, chosen, network) for chosen in (learning, test))
    own = {code: code if merged.get(code) == code and len(set(merged.values())) > 2 else NEW_CODE + code
           for code in chips.classes}  # fmt: skip
    added = (LandClass(own[code], f"New {code}", "#777777") for code in own if own[code] != code)
    legend = Legend((*BUNDLED_LEGEND.classes, *added))
    targets = dict(merged) | {mine: code for code, mine in own.items()}
    predicted, count = [], 0
    for draw in range(DRAWS):
        random = np.random.default_rng(draw)
        chosen = np.concatenate(
            [random.permutation(np.flatnonzero(taught.codes == code))[:CLICKS] for code in chips.classes]
        )
        background = random.choice(len(taught.codes), min(BACKGROUND, len(taught.codes)), replace=False)
        refit = refit_to_corrections(
            taught.observations(chosen), np.array([own[code] for code in taught.codes[chosen].tolist()]),
            taught.places_m[chosen], head, legend,
            RefitOptions(block_size_m=BLOCK_SPACING_M / 2, seed=draw + 1), background=taught.observations(background),
        )  # fmt: skip
        votes = np.zeros((len(tested.codes), len(chips.classes)))
        for date in tested.features:
            shares = refit.head.probabilities(date)
            for channel, code in enumerate(refit.head.classes):
                if targets.get(int(code)) in chips.classes:
                    votes[:, chips.classes.index(targets[int(code)])] += shares[:, channel]
        predicted.append(np.array(chips.classes, np.uint8)[votes.argmax(axis=1)])
        count = len(chosen)
    return np.concatenate(predicted), np.tile(tested.codes, DRAWS), count


@dataclass(frozen=True)
class FeaturePixels:
    """Labelled pixels with the network's features on all dates."""

    features: Floats
    """`(date, n, feature)`."""
    codes: Codes
    places_m: npt.NDArray[np.float64]

    def observations(self, chosen: npt.NDArray[np.intp]) -> Observations:
        """The dates of some pixels as rows."""
        features = self.features[:, chosen].reshape(-1, self.features.shape[2])
        return Observations(features, np.tile(np.arange(len(chosen)), len(self.features)), np.ones(len(features), bool))


def network_features(chips: ChipFolder, chosen: npt.NDArray[np.intp], network: SavedNetwork) -> FeaturePixels:
    """Features of the pixels that `pixels_of_all_dates` takes; each block lies far from all others."""
    channels = [chips.features.index(key) for key in BAND_KEYS]
    features, codes, places, most = [], [], [], max(np.bincount(chips.blocks[chosen]))
    for block in np.unique(chips.blocks[chosen]).tolist():
        dates = [chips.read(int(index)) for index in chosen[chips.blocks[chosen] == block]]
        if len(dates) < most or len({date.channels.shape for date in dates}) > 1:
            continue
        labelled = np.logical_and.reduce([date.channels != IGNORED for date in dates])
        labelled &= np.logical_and.reduce([date.channels == dates[0].channels for date in dates])
        maps = [predict_features(network.network, date.values[channels], CPU) for date in dates]
        features.append(np.stack([values[:, labelled].T for values in maps]))
        codes.append(np.array(chips.classes, np.uint8)[dates[0].channels[labelled]])
        row, column = np.nonzero(labelled)
        places.append(np.column_stack((column * 10.0 + block * BLOCK_SPACING_M, row * -10.0)))
    return FeaturePixels(np.concatenate(features, axis=1), np.concatenate(codes), np.concatenate(places))


def _row(name: str, model: str, learnt: int, found: Validation, seconds: float) -> dict[str, Any]:
    return {
        "set": name,
        "model": model,
        "learnt_from": learnt,
        "test_pixels": found.rows,
        "overall_percent": round(100 * found.overall, 1),
        "mean_f1_percent": round(100 * found.mean_f1, 1),
        "f1_by_code": " ".join(f"{score.code}:{100 * score.f1:.0f}" for score in found.classes),
        "training_core_s": round(seconds, 1),
    }


def main() -> None:
    """Train on each set, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--set", action="append", choices=SETS)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    path, names = arguments.out / "own_forest.csv", arguments.set or list(SETS)
    rows: list[Mapping[str, Any]] = []
    if path.is_file():  # what was measured of other sets stays
        with path.open(newline="", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["set"] not in names]
    for name in names:
        rows += rows_of(name, arguments.data, arguments.out, arguments.seed)
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    main()
