"""The real series of Boadella: a year of one place with hand-drawn water."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
from training.chips import Chip
from training.labelled_sets import FILE_BANDS


@dataclass(frozen=True)
class SeriesScene:
    """One date of the Boadella series."""

    date: str
    chip: Chip
    water: npt.NDArray[np.bool_] | None
    """`(y, x)` hand-drawn water, where there is any."""


def read_boadella_series(data: Path) -> list[SeriesScene]:
    """The dates of `data/series/boadella`, in order."""
    folder = data / "series" / "boadella"
    dates = []
    for path in sorted(folder.glob("????????.tif")):
        with rasterio.open(path) as source:
            names = list(source.descriptions)
            pixels = source.read([names.index(band) + 1 for band in FILE_BANDS])
        water_path = folder / f"{path.stem}_water.tif"
        water = None
        if water_path.is_file():
            with rasterio.open(water_path) as source:
                water = source.read(1) == 1
        soft = np.zeros((len(FILE_BANDS), *pixels.shape[1:]), np.uint8)
        dates.append(SeriesScene(path.stem, Chip(path.stem, "eotdl_boadella", "L2A", pixels, soft), water))
    return dates
