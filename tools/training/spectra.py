"""The pool of surface spectra: labelled points of other regions, and pixels of the training chips.

Grouped by place, so that a chip can be recoloured with spectra that occur together, and by class, so that rare classes
are drawn as often as common ones. The label of a point is kept with its spectrum as a weak
label: it comes from the field or from a year of images, where the teacher has one synthetic chip.
"""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
from allpa_engine.core.legend import CLOUDS, SNOW
from rasterio.warp import transform_bounds

from .atmosphere import median_atmosphere
from .chips import Chip

_COLUMNS = ("B2", "B3", "B4", "B5", "B6", "B7", "B8", "B11", "B12")
_POINTS_PER_GROUP = 400
_GROUP_DEGREES = 2.0
_WIDE_PREFIX = "wide"
"""Begins the key of points whose site is a part of a continent: too wide for one group, split by colour."""
NOT_CROPS = 100
"""Weak label: anything but crops."""
NATURAL = 101
"""Weak label: neither crops nor built area (land without shapes of fields or buildings)."""
NATURAL_BARE = 102
"""Weak label: bare ground without shapes of fields or buildings, measured in the field or the laboratory."""
_NOT_CROPS_TEXT = "anything but crops"
_TEXTURE_CLASSES = frozenset({4, 7})
"""Flooded vegetation and built area: they are defined by their surroundings, one spectrum does not suffice."""
_EVALUATION_MARGIN_DEG = 0.2
"""Labels of points nearer than this to the evaluation sets are not used."""
FLOOR_DN, CEILING_DN = 20.0, 15000.0
"""Range of the digital numbers of synthetic land."""
FloatArray = npt.NDArray[np.float32]
Codes = npt.NDArray[np.uint8]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Spectra:
    """Some spectra of the pool."""

    digital_numbers: FloatArray
    """`(n, 9)` L2A digital numbers."""
    weak_label: Codes
    """`(n,)` weak label: a class code, `NOT_CROPS`, or 0 for none."""

    def logarithms(self) -> FloatArray:
        """`(n, 9)` natural logarithms of the digital numbers, within what land can be."""
        numbers: FloatArray = np.log(np.clip(self.digital_numbers, FLOOR_DN, CEILING_DN))
        return numbers


@dataclass(frozen=True)
class SpectrumPool:
    """Spectra with the group (place and season) and the class they come from."""

    spectra: FloatArray
    """`(n, 9)` L2A digital numbers."""
    group: npt.NDArray[np.int32]
    """`(n,)` number of the group."""
    land_class: npt.NDArray[np.uint8]
    """`(n,)` class code 1 to 9, 0 unknown."""
    weak_label: Codes
    """`(n,)` weak label: a class code, `NOT_CROPS`, or 0 for none."""

    def draw_group(self, rng: np.random.Generator, count: int) -> Spectra:
        """Spectra that occur together in one random group."""
        members = np.flatnonzero(self.group == rng.integers(0, int(self.group.max()) + 1))
        return self._take(rng.choice(members, count))

    def draw_class(self, rng: np.random.Generator, code: int, count: int) -> Spectra:
        """Spectra of one class from anywhere."""
        return self._take(rng.choice(np.flatnonzero(self.land_class == code), count))

    def draw_classes(self, rng: np.random.Generator, count: int) -> Spectra:
        """Spectra from anywhere, each of three random classes equally often; snow seldom."""
        present = np.unique(self.land_class)
        share = np.where(present == SNOW, 0.3, 1.0)
        chosen = rng.choice(rng.choice(present, 3, p=share / share.sum()), count)
        return self._take(np.array([rng.choice(np.flatnonzero(self.land_class == code)) for code in chosen]))

    def _take(self, index: npt.NDArray[np.int64]) -> Spectra:
        return Spectra(self.spectra[index], self.weak_label[index])


def spectral_clusters(pixels: FloatArray, count: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """`(n, bands)` log reflectance -> `(n,)` cluster numbers below `count`, by a few rounds of k-means."""
    sample = pixels[rng.choice(len(pixels), min(2048, len(pixels)), replace=False)]
    centres = sample[rng.choice(len(sample), count, replace=False)]
    for _ in range(6):
        nearest = _nearest(sample, centres)
        for number in range(count):
            members = sample[nearest == number]
            if len(members):
                centres[number] = members.mean(axis=0)
    return _nearest(pixels, centres)


def _nearest(pixels: FloatArray, centres: FloatArray) -> npt.NDArray[np.int64]:
    distance = (centres**2).sum(axis=1)[None, :] - 2 * pixels @ centres.T
    nearest: npt.NDArray[np.int64] = distance.argmin(axis=1)
    return nearest


def _read_table(path: Path, evaluation_boxes: list[Box]) -> tuple[FloatArray, list[str], Codes, Codes]:
    """Spectra, group keys, classes and weak labels of one point table; empty when it lacks one of the nine bands."""
    spectra, keys, classes, weak_labels = [], [], [], []
    with gzip.open(path, "rt", newline="") as stream:
        for row in csv.DictReader(stream):
            values = [row.get(column) or "" for column in _COLUMNS]
            if not all(values) or "L1C" in row["level"]:
                continue
            spectra.append([float(value) for value in values])
            keys.append(_group_key(path.stem, row))
            classes.append(int(row["class"]))
            weak_labels.append(_weak_label_of_point(row, evaluation_boxes))
    numbers = np.array(spectra, np.float32).reshape(-1, len(_COLUMNS))
    return numbers, keys, np.array(classes, np.uint8), np.array(weak_labels, np.uint8)


def _weak_label_of_point(row: dict[str, str], evaluation_boxes: list[Box]) -> int:
    """The weak label of a point, as far as one spectrum supports it."""
    if row["lat"]:
        longitude, latitude = float(row["lon"]), float(row["lat"])
        if any(
            west <= longitude <= east and south <= latitude <= north for west, south, east, north in evaluation_boxes
        ):
            return 0
    if row["class10_alt"] == _NOT_CROPS_TEXT:
        return NOT_CROPS
    code = int(row["class"])
    return 0 if code in _TEXTURE_CLASSES else code


def evaluation_extents(data: Path) -> list[Box]:
    """West, south, east, north of the evaluation sets, with a margin around them."""
    boxes = []
    for path in sorted((data / "labels" / "dense").glob("*_class.tif")):
        with rasterio.open(path) as source:
            if source.crs is None:
                continue
            west, south, east, north = transform_bounds(source.crs, "EPSG:4326", *source.bounds)
        margin = _EVALUATION_MARGIN_DEG
        boxes.append((west - margin, south - margin, east + margin, north + margin))
    return boxes


def _group_key(table: str, row: dict[str, str]) -> str:
    """Points of one cell of two degrees and one month belong together; without coordinates, those of one site name."""
    if not row["lat"]:
        return f"{_WIDE_PREFIX} {table} {row['site'].split('_')[0]}"
    cell = [round(float(row[axis]) / _GROUP_DEGREES) for axis in ("lat", "lon")]
    return f"{table} {cell} {row['date'][5:7]}"


def _chip_pixels(chip: Chip, rng: np.random.Generator) -> tuple[FloatArray, npt.NDArray[np.uint8]]:
    """Up to 60 pixels of each class of one chip, as L2A."""
    pixels = chip.digital_numbers.astype(np.float32)
    if chip.level == "L1C":
        pixels = median_atmosphere().to_l2a(pixels)
    best = np.where(chip.soft.max(axis=0) > 0, chip.soft.argmax(axis=0) + 1, 0)
    pixel_indices = []
    for code in np.unique(best[best > 0]):
        members = np.flatnonzero(best.ravel() == code)
        if len(members) >= 50:
            pixel_indices.append(rng.choice(members, min(60, len(members)), replace=False))
    index = np.concatenate(pixel_indices) if pixel_indices else np.zeros(0, np.int64)
    return pixels.reshape(len(_COLUMNS), -1)[:, index].T, best.ravel()[index].astype(np.uint8)


def build_pool(data: Path, chips: list[Chip], rng: np.random.Generator) -> SpectrumPool:
    """The pool from all point tables with nine bands and from the given chips (without the held-out places)."""
    spectra, keys, classes, weak_labels = [], [], [], []
    evaluation_boxes = evaluation_extents(data)
    for path in sorted((data / "labels" / "points").glob("*.csv.gz")):
        table_spectra, table_keys, table_classes, table_weak_labels = _read_table(path, evaluation_boxes)
        spectra.append(table_spectra)
        keys += table_keys
        classes.append(table_classes)
        weak_labels.append(table_weak_labels)
    for chip in chips:
        chip_spectra, chip_classes = _chip_pixels(chip, rng)
        spectra.append(chip_spectra)
        keys += [f"chip {chip.site}"] * len(chip_spectra)
        classes.append(chip_classes)
        weak_labels.append(np.full(len(chip_spectra), NOT_CROPS if chip.has_no_crops else 0, np.uint8))
    all_spectra = Spectra(np.concatenate(spectra), np.concatenate(weak_labels))
    return _thin_groups(all_spectra, np.array(keys), np.concatenate(classes), rng)


def _thin_groups(
    all_spectra: Spectra, keys: npt.NDArray[np.str_], classes: Codes, rng: np.random.Generator
) -> SpectrumPool:
    """At most a few hundred spectra per group, groups of at least ten, no impossible values."""
    spectra = all_spectra.digital_numbers
    plausible = (spectra > 0).all(axis=1) & (spectra < 16000).all(axis=1) & (classes != CLOUDS)
    spectra, keys, classes, weak_labels = (
        spectra[plausible],
        keys[plausible],
        classes[plausible],
        all_spectra.weak_label[plausible],
    )
    keys = _split_wide_sites(spectra, keys, rng)
    _, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
    group_members: list[npt.NDArray[np.int64]] = []
    group: list[int] = []
    for number in np.flatnonzero(counts >= 10):
        members = np.flatnonzero(inverse == number)
        if len(members) > _POINTS_PER_GROUP:
            members = rng.choice(members, _POINTS_PER_GROUP, replace=False)
        group += [len(group_members)] * len(members)
        group_members.append(members)
    index = np.concatenate(group_members)
    return SpectrumPool(spectra[index], np.array(group, np.int32), classes[index], weak_labels[index])


def _split_wide_sites(
    spectra: FloatArray, keys: npt.NDArray[np.str_], rng: np.random.Generator
) -> npt.NDArray[np.str_]:
    """Keys in which each wide site has become groups of like colour, of some hundred points on average."""
    split = keys.astype(object)
    for key in np.unique(keys):
        members = np.flatnonzero(keys == key)
        count = len(members) // _POINTS_PER_GROUP
        if key.startswith(_WIDE_PREFIX) and count > 1:
            numbers = spectral_clusters(np.log(spectra[members]), count, rng)
            split[members] = [f"{key} {number}" for number in numbers]
    return split.astype(str)
