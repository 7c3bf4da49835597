"""Fine-tuning on real labels beside the bundled network, on the same blocks of land that nothing learnt from.

    python -m evaluation.own_network --data DATA --out OUT [--set slovenia] [--steps 200] [--encoder resnet18]

Writes `own_network.csv`: accuracies on the test blocks of the bundled network (its classes merged to those of the
labels), of a network trained further, and of one from nothing, with the minutes that each took. Labels come from other
projects and stay outside of this one.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
import torch
from allpa_engine.classify.network_folder import SavedNetwork
from allpa_engine.classify.torch_network import load_network
from allpa_engine.core.bands import BAND_KEYS
from allpa_engine.core.legend import CLASS_BY_CODE, LandClass, Legend, write_legend
from allpa_engine.core.protocol import NullReporter
from allpa_engine.geo.grid import Grid
from allpa_engine.learn.chip_files import Chip, ChipSet, write_chip, write_chip_list
from allpa_engine.learn.network_chips import IGNORED, ChipFolder, open_chips
from allpa_engine.learn.network_model import NetworkStart, train_model_folder
from allpa_engine.learn.network_scores import Score, predict_logits
from allpa_engine.learn.network_split import split_chips
from allpa_engine.learn.network_training import TrainingOptions
from training.atmosphere import median_atmosphere

FloatArray = npt.NDArray[np.float32]
CPU = torch.device("cpu")
NINE_BANDS = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B11", "B12")
_OTHER_LAND, _LANDSLIDE = 1, 2
_WHOLE_PX, _MARGIN_PX = 128, 24
"""Side of chips that are whole images, and of others the pixels around the block whose labels they hold."""


@dataclass(frozen=True)
class LabelledImage:
    """An image with labels."""

    reflectance: FloatArray
    """`(9, y, x)`, in the order of `NINE_BANDS`, 0 = no data."""
    codes: npt.NDArray[np.uint8]
    """`(y, x)`, 0 where there is no label."""
    place: str


@dataclass(frozen=True)
class LabelSet:
    """Labels of one source, and the classes by which the bundled network is compared."""

    legend: Legend
    images: Callable[[Path], Iterator[LabelledImage]]
    block_px: int
    """Side of the blocks of the validation; 0 takes whole images."""
    merged: dict[int, int]
    """Code of the labels by code of the bundled network; others count as wrong."""


def dense_images(data: Path, pattern: str) -> Iterator[LabelledImage]:
    """Images of `labels/dense` whose name fits, with nine bands; L1C through the median relation."""
    for path in sorted((data / "labels" / "dense").glob(pattern)):
        if path.stem.endswith("_class"):
            continue
        with rasterio.open(path) as source, rasterio.open(path.with_name(f"{path.stem}_class.tif")) as labels:
            names = [f"B{name[1:]:0>2}" for name in source.descriptions]
            numbers = source.read([names.index(key) + 1 for key in NINE_BANDS]).astype(np.float32)
            codes, level = labels.read(1), source.tags().get("level", labels.tags().get("level", ""))
        codes[codes == 10] = 0  # clouds
        if codes.any():
            yield LabelledImage(_reflectance(numbers, level), codes, path.stem)


def landslide_images(data: Path) -> Iterator[LabelledImage]:
    """Chips of steep land with landslides; all other pixels are other land."""
    for path in sorted((data / "more" / "chips").glob("l4s_*_label.tif")):
        image = path.with_name(path.name.replace("_label", ""))
        with rasterio.open(image) as source, rasterio.open(path) as labels:
            numbers, codes = source.read().astype(np.float32), labels.read(1)
        yield LabelledImage(_reflectance(numbers, "L1C"), np.where(codes == 8, 2, 1).astype(np.uint8), image.stem)


def _reflectance(numbers: FloatArray, level: str) -> FloatArray:
    values = median_atmosphere().to_l2a(numbers) if level.startswith("L1C") else numbers
    return (values / 10_000).astype(np.float32)


def _bundled(*codes: int) -> Legend:
    return Legend(tuple(CLASS_BY_CODE[code] for code in codes))


SETS: dict[str, LabelSet] = {
    "slovenia": LabelSet(
        _bundled(2, 3, 6, 7), lambda data: dense_images(data, "eolearn_slovenia_*.tif"), 20, {2: 2, 3: 3, 6: 6, 7: 7}
    ),
    "flanders": LabelSet(
        _bundled(3, 5, 7), lambda data: dense_images(data, "worldcereal_be_424A_*.tif"), 16, {3: 3, 5: 5, 7: 7}
    ),
    "landslides": LabelSet(
        Legend((LandClass(_OTHER_LAND, "Other land", "#BBBBBB"), LandClass(_LANDSLIDE, "Landslide", "#B5482A"))),
        landslide_images,
        0,
        {code: _LANDSLIDE if code == 8 else _OTHER_LAND for code in CLASS_BY_CODE},
    ),
}


def write_chips(name: str, data: Path, folder: Path, bands: tuple[str, ...]) -> ChipFolder:
    """Write the labels of a set as the chips of a training folder, one chip for each image and block."""
    chosen, place = SETS[name], folder / "chips"
    chips: list[Chip] = []
    size = chosen.block_px + 2 * _MARGIN_PX if chosen.block_px else _WHOLE_PX
    write_legend(chosen.legend, folder / "legend.json")
    known = np.isin(np.arange(256), chosen.legend.codes)
    blocks: dict[tuple[object, ...], int] = {}
    for image in chosen.images(data):
        codes = np.where(known[image.codes], image.codes, 0).astype(np.uint8)
        for key, part, window in _parts(image, codes, chosen.block_px):
            if not part.any():
                continue
            number = blocks.setdefault(key, len(blocks))
            title = f"{len(chips):04}"
            grid = Grid("EPSG:32633", 500_000, 5_000_000, 10, size, size)
            layers = [NINE_BANDS.index(band) for band in bands]
            values = _padded(image.reflectance[layers][:, window[0], window[1]], size, np.nan)
            values[:, ~(values > 0).all(axis=0)] = np.nan
            write_chip(place, title, grid, values, _padded(part[window], size, 0), bands, chosen.legend)
            counts = {int(code): int((part[window] == code).sum()) for code in chosen.legend.codes}
            chips.append(Chip(title, image.place, number, counts))
    write_chip_list(place, ChipSet(place, size, bands, True, tuple(chips)), {})
    return open_chips(folder)


def _parts(
    image: LabelledImage, codes: npt.NDArray[np.uint8], block_px: int
) -> Iterator[tuple[tuple[object, ...], npt.NDArray[np.uint8], tuple[slice, slice]]]:
    """Blocks of an image: their key, the labels of the block alone, and the window of the chip.

    Dates of one place share their blocks.
    """
    height, width = codes.shape
    if not block_px:
        yield (image.place,), codes, (slice(0, min(height, _WHOLE_PX)), slice(0, min(width, _WHOLE_PX)))
        return
    for top in range(0, height, block_px):
        for left in range(0, width, block_px):
            part = np.zeros_like(codes)
            part[top : top + block_px, left : left + block_px] = codes[top : top + block_px, left : left + block_px]
            rows, columns = (
                slice(max(0, start - _MARGIN_PX), min(length, start + block_px + _MARGIN_PX))
                for start, length in ((top, height), (left, width))
            )
            yield (top, left), part, (rows, columns)


def _padded(array: npt.NDArray[Any], size: int, value: float) -> npt.NDArray[Any]:
    rows, columns = (size - length for length in array.shape[-2:])
    width = [(0, 0)] * (array.ndim - 2) + [(0, rows), (0, columns)]
    return np.pad(array, width, constant_values=value)


def score_bundled(
    network: SavedNetwork, chips: ChipFolder, chosen: npt.NDArray[np.intp], merged: dict[int, int]
) -> Score:
    """The bundled network on some chips, its classes merged to those of the labels: the most probable of those kept."""
    count, matrix = len(chips.classes), np.zeros((len(chips.classes),) * 2, np.int64)
    for index in chosen.tolist():
        chip = chips.read(index)
        labelled = chip.channels != IGNORED
        logits = predict_logits(network.network, chip.values[[chips.features.index(key) for key in BAND_KEYS]], CPU)
        exponentials = np.exp(logits - logits.max(axis=0))
        votes = np.stack(
            [
                sum(
                    (exponentials[code - 1] for code, target in merged.items() if target == mine),
                    np.zeros(labelled.shape),
                )
                for mine in chips.classes
            ]
        )
        truth, answer = chip.channels[labelled].astype(np.int64), votes.argmax(axis=0)[labelled]
        matrix += np.bincount(truth * count + answer, minlength=count * count).reshape(count, count)
    return Score(float("nan"), matrix)


def main() -> None:
    """Train on each set, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--set", action="append", choices=SETS)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--learning-rate", type=float, default=TrainingOptions().learning_rate)
    parser.add_argument("--encoder", default="")
    parser.add_argument("--only-six", action="store_true", help="fine-tune with the bundled network's bands alone")
    arguments = parser.parse_args()
    rows = []
    for name in arguments.set or SETS:
        rows += compare(name, arguments)
        with (arguments.out / "own_network.csv").open("a", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            if stream.tell() == 0:
                writer.writeheader()
            writer.writerows(rows)
        rows = []


def compare(name: str, arguments: argparse.Namespace) -> list[dict[str, object]]:
    """The rows of one set."""
    six, nine = (
        write_chips(name, arguments.data, arguments.out / f"{name}_{len(bands)}", bands)
        for bands in (BAND_KEYS, NINE_BANDS)
    )
    split = split_chips(six, arguments.seed)
    bundled = load_network()
    rows = [_row(name, "bundled", six, score_bundled(bundled, six, split.test, SETS[name].merged), 0.0, 0)]
    options = TrainingOptions(
        steps=arguments.steps,
        batch_size=4,
        crop_px=64,
        learning_rate=arguments.learning_rate,
        validate_every=25,
        early_stopping_rounds=4,
        seed=arguments.seed,
    )
    runs: list[tuple[str, ChipFolder, NetworkStart, TrainingOptions]] = [
        ("fine-tuned, six bands", six, NetworkStart(""), options)
    ]
    if not arguments.only_six:
        runs.append(("fine-tuned, nine bands", nine, NetworkStart(""), options))
        values = options.to_dict() | {"steps": 2 * arguments.steps, "learning_rate": 3e-3, "early_stopping_rounds": 8}
        runs.append(("UNet from nothing", six, NetworkStart(None), TrainingOptions(**values)))
        if arguments.encoder:
            start = NetworkStart(None, arguments.encoder)
            runs.append((f"{arguments.encoder} from nothing", six, start, TrainingOptions(**values)))
    for number, (title, chips, start, chosen) in enumerate(runs):
        began = time.process_time()
        folder = arguments.out / f"{name}_model_{number}"
        card = train_model_folder(chips, start, chosen, folder, CPU, NullReporter()).folder.card
        score = Score(0.0, np.array(card["metrics"]["blocked"]["matrix"]).T)
        row = _row(name, title, chips, score, time.process_time() - began, card["training"]["best_step"])
        rows.append(row | {"minutes": round(card["training"]["seconds"] / 60, 1)})
        print(row, flush=True)
    return rows


def _row(name: str, title: str, chips: ChipFolder, score: Score, cpu_s: float, step: int) -> dict[str, object]:
    return {
        "set": name,
        "model": title,
        "test_pixels": score.pixels,
        "overall_percent": round(100 * score.overall, 1),
        "mean_f1_percent": round(100 * score.mean_f1, 1),
        "f1_by_code": " ".join(f"{code}:{100 * f1:.0f}" for code, f1 in zip(chips.classes, score.f1)),
        "best_step": step,
        "cpu_s": round(cpu_s),
        "minutes": 0.0,
    }


if __name__ == "__main__":
    main()
