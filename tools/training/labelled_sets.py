"""The labelled sets: reference labels (manual and official) on real pixels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
from allpa_engine.core.legend import CLOUDS, WATER

from .chips import Chip
from .teacher import STUDENT_BAND_INDEX, TEACHER_BANDS

FILE_BANDS = tuple(f"B{int(band[1:])}" for band in TEACHER_BANDS)
"""The teacher's bands as the files name them, B2 for B02."""
_NETWORK_BANDS = tuple(FILE_BANDS[number] for number in STUDENT_BAND_INDEX)

Codes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class LabelledSet:
    """One labelled raster."""

    name: str
    chip: Chip
    """Nine bands; the three that only the teacher reads are 0 where the set lacks them."""
    label: Codes
    """`(y, x)` code 1 to 10; 0 unlabelled."""
    quality: str
    """Origin of the labels, from the file's tags."""
    has_teacher_bands: bool

    @property
    def is_model_product(self) -> bool:
        """Whether the labels are another model's: agreement with it is not accuracy."""
        return "PRODUCT" in self.quality or self.quality.startswith("WEAK")

    @property
    def site(self) -> str:
        """What the scenes of one site have in common: the name without its number."""
        return self.name.rsplit("_", 1)[0]

    @property
    def land(self) -> Codes:
        """`(y, x)` the labels of land, code 1 to 9; clouds count as unlabelled, 0."""
        return np.where(self.label == CLOUDS, 0, self.label).astype(np.uint8)

    @property
    def has_land_labels(self) -> bool:
        """Whether there are reference labels of several land classes, on pixels that the teacher can classify too."""
        land_codes = set(np.unique(self.land)) - {0}
        return self.has_teacher_bands and not self.is_model_product and bool(land_codes - {WATER})


def read_labelled_sets(data: Path) -> list[LabelledSet]:
    """Every set of `data/labels/dense` that has the network's six bands."""
    sets = []
    for path in sorted((data / "labels" / "dense").glob("*_class.tif")):
        labelled = _read_set(path)
        if labelled:
            sets.append(labelled)
    return sets


def _read_set(class_path: Path) -> LabelledSet | None:
    name = class_path.name.removesuffix("_class.tif")
    with rasterio.open(class_path.with_name(f"{name}.tif")) as source:
        bands = {description: source.read(number + 1) for number, description in enumerate(source.descriptions)}
        tags = source.tags()
    if not all(band in bands for band in _NETWORK_BANDS):
        return None
    with rasterio.open(class_path) as source:
        label = source.read(1).astype(np.uint8)
    empty = np.zeros(label.shape, np.uint16)
    pixels = np.stack([bands.get(band, empty) for band in FILE_BANDS])
    chip = Chip(name, name, tags["level"][:3], pixels, np.zeros((len(FILE_BANDS), *label.shape), np.uint8))
    return LabelledSet(name, chip, label, tags["quality"], all(band in bands for band in FILE_BANDS))
