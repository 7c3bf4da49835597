"""The read-me's picture of real land: a scene of the Boadella reservoir beside the product's map of its year.

    PYTHONPATH=plugin:tools python -m evaluation.real_map --data DATA

The map is the product's own composite of the seven dates of 2020; the place was held out of every training.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
from allpa_engine.classify.model_file import load_model
from allpa_engine.core.atomic import atomic_write
from allpa_engine.core.legend import LEGEND, LandClass
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from training.chips import Chip

from .clouds_and_year import composite_chips
from .predictions import predict_by_network
from .series import SeriesScene, read_boadella_series

ROOT = Path(__file__).resolve().parents[2]
YEAR, SHOWN_DATE = "2020", "20200621"
DARKEST, BRIGHTEST = 150, 2400
"""Digital numbers that are shown black and white."""
GAMMA = 1.4
_DPI = 110
_PIXEL_M = 10


def main() -> None:
    """Read the series, classify and merge its year, draw both."""
    parser = argparse.ArgumentParser(prog="evaluation.real_map", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with series/boadella")
    parser.add_argument("--model", type=Path, default=ROOT / "resources/models/allpa_unet.safetensors")
    parser.add_argument("--out", type=Path, default=ROOT / "docs/images/boadella.png")
    options = parser.parse_args()
    scenes = [scene for scene in read_boadella_series(options.data) if scene.date.startswith(YEAR)]
    draw(options.out, true_color(shown_chip(scenes)), annual_map(scenes, options.model))


def annual_map(scenes: list[SeriesScene], weights: Path) -> npt.NDArray[np.uint8]:
    """Class codes of the year's map, `(y, x)`; 0 no data."""
    network = load_model(weights).network
    predictions = [predict_by_network(network, scene.chip) for scene in scenes]
    return composite_chips(predictions, [scene.date for scene in scenes])


def shown_chip(scenes: list[SeriesScene]) -> Chip:
    """The scene that is shown beside the map."""
    return next(scene.chip for scene in scenes if scene.date == SHOWN_DATE)


def true_color(chip: Chip) -> npt.NDArray[np.float32]:
    """Red, green and blue of 0 to 1, `(y, x, 3)`."""
    blue, green, red = chip.digital_numbers[:3].astype(np.float32)
    shown = (np.stack([red, green, blue], axis=-1) - DARKEST) / (BRIGHTEST - DARKEST)
    brightened: npt.NDArray[np.float32] = np.clip(shown, 0, 1) ** np.float32(1 / GAMMA)
    return brightened


def map_colors(codes: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Colours of the legend, `(y, x, 3)`; white where there is no data."""
    table = np.full((256, 3), 255, np.uint8)
    for land_class in LEGEND:
        table[land_class.code] = [int(land_class.color[i : i + 2], 16) for i in (1, 3, 5)]
    return table[codes]


def classes_in(codes: npt.NDArray[np.uint8]) -> list[LandClass]:
    """The classes that cover at least a thousandth of the map, the largest first."""
    shares = [(float((codes == land_class.code).mean()), land_class) for land_class in LEGEND]
    return [land_class for share, land_class in sorted(shares, key=lambda pair: -pair[0]) if share >= 0.001]


def draw(path: Path, image: npt.NDArray[np.float32], codes: npt.NDArray[np.uint8]) -> None:
    """Write both beside each other, with a legend and a bar of one kilometre."""
    figure = Figure(figsize=(10.0, 5.6), dpi=_DPI, layout="constrained")
    left, right = figure.subplots(1, 2)
    left.imshow(image, interpolation="nearest")
    right.imshow(map_colors(codes), interpolation="nearest")
    left.set_title("Sentinel-2, 21 June 2020", fontsize=10, loc="left")
    right.set_title("Allpa: annual map of 2020, seven dates", fontsize=10, loc="left")
    for axes in (left, right):
        axes.set_axis_off()
    height, kilometre_px = codes.shape[0], 1000 / _PIXEL_M
    left.plot([12, 12 + kilometre_px], [height - 14] * 2, color="white", linewidth=3, solid_capstyle="butt")
    left.text(12 + kilometre_px / 2, height - 20, "1 km", color="white", ha="center", va="bottom", fontsize=9)
    patches = [
        Patch(facecolor=land_class.color, edgecolor="#6b7278", linewidth=0.5, label=land_class.label("en"))
        for land_class in classes_in(codes)
    ]
    figure.legend(handles=patches, loc="outside lower center", ncols=len(patches), fontsize=9, frameon=False)
    with atomic_write(path) as temporary_path:
        figure.savefig(temporary_path, format="png", metadata={"Software": None})


if __name__ == "__main__":
    main()
