"""Chips for a network: pairs of an image and its labels, as GeoTIFFs with a list `chips.json`; written and read.

A chip holds labels of one validation block only. Where labels of several blocks lie in one window there is a chip for
each block, with the same image and other labels: no label is ever in two folds, and none is lost.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.io import DatasetWriter

from ..core.atomic import atomic_write, write_json
from ..core.bands import REFLECTANCE_SCALE
from ..core.errors import TrainingInvalid
from ..core.job_keys import shown
from ..core.json_input import read_json
from ..core.legend import Legend
from ..core.messages import message, text_of
from ..core.raster_tags import LEGEND as LEGEND_TAG
from ..geo.grid import Grid
from ..raster.cog import color_table
from ..raster.gdal import gtiff_profile, open_raster, translate_write_errors

CHIPS_FOLDER, CHIPS_FILE = "chips", "chips.json"
FORMAT, VERSION = "allpa-chips", 1
MAX_CHIPS = 200_000
UNLABELLED = 0
_REFLECTANCE = re.compile(r"(.*_)?B(0[1-9]|8A|1[0-2])(_(?!std).*)?")
_MAX_SIDE = 4096


@dataclass(frozen=True)
class Chip:
    """One pair of image and labels."""

    name: str
    """Of the files `NAME.tif` and `NAME_label.tif`."""
    source: str
    """Feature folder or scene."""
    block: int
    """Validation block, by the numbers of the table of samples."""
    counts: Mapping[int, int]
    """Labelled pixels by class."""


@dataclass(frozen=True)
class ChipSet:
    """All chips of a folder."""

    folder: Path
    """With `chips.json`."""
    size: int
    """Side in pixels."""
    bands: tuple[str, ...]
    """Features of the images, in the order of the bands."""
    is_reflectance: bool
    """Whether images hold uint16 reflectance x 10000 with 0 for no data; else float32 with NaN."""
    chips: tuple[Chip, ...]

    def read(self, chip: Chip) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """Image and labels of a chip.

        Parameters
        ----------
        chip : one of `chips`.

        Returns
        -------
        Features `(band, y, x)` float32, reflectance 0 to about 1 where they are bands, NaN where there is no data; and
        codes `(y, x)` uint8, 0 where nothing is labelled.

        Raises
        ------
        TrainingInvalid : where a file is missing, damaged, or of another size.

        """
        shape = (self.size, self.size)
        try:
            with open_raster(self.folder / f"{chip.name}.tif") as source:
                image = source.read()
            with open_raster(self.folder / f"{chip.name}_label.tif") as source:
                labels = source.read(1)
        except RasterioError as error:
            raise TrainingInvalid(
                message("The chip {name} cannot be read.", name=chip.name), str(error)[:300]
            ) from error
        if image.shape != (len(self.bands), *shape) or labels.shape != shape or labels.dtype != np.uint8:
            raise TrainingInvalid(
                message("The chip {name} is not of the size that {file} names.", name=chip.name, file=CHIPS_FILE)
            )
        values = image.astype(np.float32)
        if self.is_reflectance:
            values /= REFLECTANCE_SCALE
            values[image == 0] = np.nan
        return values, labels


def is_reflectance(names: Sequence[str]) -> bool:
    """Whether all features are reflectance of bands, which chips hold as uint16.

    Examples
    --------
    >>> is_reflectance(["B02", "spring_B8A", "B11_p90"]), is_reflectance(["B02", "NDVI"])
    (True, False)

    """
    return all(_REFLECTANCE.fullmatch(name) for name in names)


def write_chip(
    folder: Path,
    name: str,
    grid: Grid,
    image: NDArray[np.float32],
    labels: NDArray[np.uint8],
    bands: Sequence[str],
    legend: Legend,
) -> None:
    """Write image and labels of a chip.

    Parameters
    ----------
    folder : is made.
    name : of the files.
    grid : of the chip.
    image : `(band, y, x)`, NaN where there is no data.
    labels : `(y, x)` codes, 0 where nothing is labelled.
    bands : names of the features.
    legend : of the codes; gives the colours.

    Raises
    ------
    DiskFull, FolderNotWritable

    """
    reflectance = is_reflectance(bands)
    if reflectance:
        numbers = np.rint(np.nan_to_num(image) * REFLECTANCE_SCALE)
        stored = np.where(np.isnan(image), 0, np.clip(numbers, 1, 65_535)).astype(np.uint16)
    else:
        stored = image.astype(np.float32)
    path, label_path = folder / f"{name}.tif", folder / f"{name}_label.tif"
    profile = gtiff_profile(
        grid, len(bands), str(stored.dtype), nodata=0 if reflectance else np.nan, compress="deflate"
    )
    with atomic_write(path) as temporary_path, _created(temporary_path, profile) as target:
        target.write(stored)
        target.descriptions = tuple(bands)
    profile = gtiff_profile(grid, 1, "uint8", nodata=UNLABELLED, compress="deflate", photometric="palette")
    with atomic_write(label_path) as temporary_path, _created(temporary_path, profile) as target:
        target.write(labels, 1)
        target.write_colormap(1, color_table({land.code: land.color for land in legend}))
        if legend.to_tag():
            target.update_tags(**{LEGEND_TAG: legend.to_tag()})


@contextmanager
def _created(path: Path, profile: Mapping[str, Any]) -> Iterator[DatasetWriter]:
    with translate_write_errors(path), rasterio.open(path, "w", **profile) as target:
        yield target


def write_chip_list(folder: Path, chips: ChipSet, facts: Mapping[str, Any]) -> None:
    """Write `chips.json`, after all chips.

    Parameters
    ----------
    folder : of the chips.
    chips : what was written.
    facts : further facts, such as stride and parameters.

    """
    write_json(
        folder / CHIPS_FILE,
        {
            **facts,
            "format": FORMAT,
            "version": VERSION,
            "size": chips.size,
            "bands": list(chips.bands),
            "dtype": "uint16" if chips.is_reflectance else "float32",
            "scale": 1 / REFLECTANCE_SCALE if chips.is_reflectance else 1.0,
            "no_data": 0 if chips.is_reflectance else None,
            "chips": [
                {
                    "name": chip.name,
                    "source": chip.source,
                    "block": chip.block,
                    "counts": {str(code): count for code, count in chip.counts.items()},
                }
                for chip in chips.chips
            ],
        },
    )


def read_chips(training: str | os.PathLike[str]) -> ChipSet:
    """The chips of a training folder; the list may come from anywhere, so it is checked.

    Parameters
    ----------
    training : the folder that 'Training data' wrote.

    Returns
    -------
    The list; `ChipSet.read` reads a chip.

    Raises
    ------
    TrainingInvalid : where there are no chips, or their list is damaged.

    """
    folder = Path(training) / CHIPS_FOLDER
    try:
        values = read_json(folder / CHIPS_FILE)
    except ValueError as error:
        raise TrainingInvalid(
            message("The training data in {name} have no chips.", name=Path(training).name),
            message("{file}: {error}", file=CHIPS_FILE, error=text_of(error)),
            message("Make the training data again with a size of chips above 0."),
        ) from error
    try:
        if values["format"] != FORMAT or values["version"] != VERSION:
            raise ValueError(message("It is of another format."))
        size, bands = int(values["size"]), tuple(str(name) for name in values["bands"])
        chips = tuple(_chips(values["chips"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise TrainingInvalid(
            message("{file} in {name} cannot be used.", file=CHIPS_FILE, name=Path(training).name),
            shown(text_of(error)),
        ) from error
    if not 1 <= size <= _MAX_SIDE or not bands or not chips:
        raise TrainingInvalid(
            message(
                "{file} in {name} names no chips, no bands or a size that is none.",
                file=CHIPS_FILE,
                name=Path(training).name,
            )
        )
    return ChipSet(folder, size, bands, values.get("dtype") == "uint16", chips)


def _chips(rows: Sequence[Any]) -> Iterator[Chip]:
    for row in rows:
        name = str(row["name"])
        if not re.fullmatch(r"[0-9]{4,7}", name):
            raise ValueError(message("The name {name} is none of a chip.", name=repr(name[:40])))
        counts = {int(code): int(count) for code, count in row["counts"].items()}
        yield Chip(name, str(row["source"]), int(row["block"]), counts)
