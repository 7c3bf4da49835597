"""Simulated training chips: parcels of known classes in spectra of their own, with labels on some of their pixels."""

import numpy as np
from allpa_engine.core.legend import LandClass, Legend, write_legend
from allpa_engine.geo.grid import Grid
from allpa_engine.learn.chip_files import Chip, ChipSet, write_chip, write_chip_list

ICHU, QUENUAL, BOFEDAL = 11, 40, 23
LEGEND = Legend(
    (
        LandClass(ICHU, "Ichu", "#D9C76A"),
        LandClass(BOFEDAL, "Bofedal", "#4FA39A"),
        LandClass(QUENUAL, "Queñual", "#2A6F3B"),
    )
)
SPECTRA = {
    "B02": (0.05, 0.04, 0.02), "B03": (0.08, 0.07, 0.03), "B04": (0.11, 0.06, 0.02), "B05": (0.15, 0.12, 0.06),
    "B08": (0.22, 0.35, 0.30), "B11": (0.30, 0.15, 0.12), "B12": (0.22, 0.08, 0.05),
}  # fmt: skip
"""Reflectance of the classes in the order of their codes."""
SIX = ("B02", "B03", "B04", "B08", "B11", "B12")


def true_classes(rng, height, width, parcel=8):
    """Positions of classes, in parcels of 8 pixels."""
    parcels = rng.integers(0, len(LEGEND), (-(-height // parcel), -(-width // parcel)))
    return np.kron(parcels, np.ones((parcel, parcel), np.int64))[:height, :width]


def chip_numbers(rng, classes, bands=SIX, noise=0.05):
    """Digital numbers `(band, y, x)` of classes."""
    reflectance = np.array([SPECTRA[band] for band in bands])[:, classes]
    reflectance = reflectance * (1 + rng.normal(0, noise, reflectance.shape))
    return np.clip(reflectance * 10_000, 1, 65_535).astype(np.uint16)


def write_training_folder(
    folder, *, count=10, size=48, bands=SIX, names=None, labelled=0.2, seed=0, legend=LEGEND, **changes
):
    """A training folder with chips of two per block; `labelled` is the share of pixels with a label."""
    rng = np.random.default_rng(seed)
    place = folder / "chips"
    write_legend(legend, folder / "legend.json")
    codes = np.array(legend.codes, np.uint8)
    chips = []
    for number in range(count):
        classes = true_classes(rng, size, size)
        labels = np.where(rng.random(classes.shape) < labelled, codes[classes], 0).astype(np.uint8)
        grid = Grid("EPSG:32718", 500_000 + 3_000 * number, 8_500_000, 10, size, size)
        image = (chip_numbers(rng, classes, bands) / 10_000).astype(np.float32)
        repeated = np.repeat(image, len(names or bands) // len(bands), axis=0)
        write_chip(place, f"{number:04}", grid, repeated, labels, names or bands, legend)
        counts = {int(code): int((labels == code).sum()) for code in codes}
        chips.append(Chip(f"{number:04}", "simulated", number // 2, counts))
    write_chip_list(place, ChipSet(place, size, tuple(names or bands), True, tuple(chips)), changes)
    return folder
