"""The new sites: their chips, the same ground under clouds, landslides, and which sites are left out of training.

`data/more/chips/INDEX.csv` names the chips. What shares ground or a scene is one group, and a group stands on one side
only. **The rule, fixed before any training or measure with these chips**: a group is left out of training where the
first eight hexadecimal digits of the SHA-256 of its name, as a number, are divisible by five.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .chips import Chip, Labels, read_raster

GROUPS_PER_LEFT_OUT = 5
"""One group in this many is left out."""
CLOUD_CLEAR, CLOUD_THIN, CLOUD_THICK, CLOUD_SHADOW, CLOUD_UNKNOWN = 0, 1, 2, 3, 255
"""Codes of a cloud mask."""
_LANDSLIDE_PLACE = "l4s"
"""Place of the landslide chips in the index: they come from several mountains, and each is a group of its own."""
_LANDSLIDE_CODE = 8
_CLEAR_TWINS = {"sen12mscr_2017_146_p0": "sen12mscr_2017_146_p0_20180720"}
"""The clear view of the ground where the name of the clouded chip does not give it."""


@dataclass(frozen=True)
class NewChip:
    """One chip of a new site."""

    chip: Chip
    """Its `site` is the group. Under clouds `soft` is the label of the ground, from the clear view."""
    cloud: Labels | None
    """`(y, x)` 0 clear, 1 thin, 2 thick, 3 shadow, 255 unknown; None where the chip is clear."""
    landslide: npt.NDArray[np.bool_] | None
    """`(y, x)` landslides drawn by people; None where they were not mapped."""
    clear_twin: str | None
    """Name of the chip with the same ground without clouds, for a clouded one."""

    @property
    def name(self) -> str:
        """Name of the chip."""
        return self.chip.name

    @property
    def group(self) -> str:
        """What shares ground or a scene with it."""
        return self.chip.site

    @property
    def left_out(self) -> bool:
        """Whether the rule keeps it out of training."""
        return is_left_out(self.group)


def group_of(chip: str, place: str) -> str:
    """The group of a chip: its place in the index, or itself for a landslide chip.

    Examples
    --------
    >>> group_of("sen12mscr_1158_39_p100_cloudy", "sen12mscr_1158_39"), group_of("l4s_27", "l4s")
    ('sen12mscr_1158_39', 'l4s_27')

    """
    return chip if place == _LANDSLIDE_PLACE else place


def is_left_out(group: str) -> bool:
    """Whether a group is kept out of training, by the rule above.

    Examples
    --------
    >>> [is_left_out(group) for group in ("sen12mscr_1158_39", "sen12mscr_1970_85", "l4s_2")]
    [True, False, True]

    """
    return int(hashlib.sha256(group.encode()).hexdigest()[:8], 16) % GROUPS_PER_LEFT_OUT == 0


def has_new_sites(data: Path) -> bool:
    """Whether the data folder holds the new sites."""
    return (_folder(data) / "INDEX.csv").is_file()


def read_new_groups(data: Path) -> dict[str, str]:
    """Group of every new chip, by the chip's name, in the order of the index."""
    return {row["chip"]: group_of(row["chip"], row["place"]) for row in _read_index(data)}


def read_new_chips(data: Path, *, left_out: bool | None = None) -> list[NewChip]:
    """Read the new chips with their masks.

    Parameters
    ----------
    data : the data folder; the chips lie in `more/chips`.
    left_out : True for those that the rule keeps out of training, False for the others, None for all.

    """
    rows = _read_index(data)
    names = {row["chip"] for row in rows}
    return [
        _read_chip(_folder(data), row, names)
        for row in rows
        if left_out is None or is_left_out(group_of(row["chip"], row["place"])) == left_out
    ]


def _folder(data: Path) -> Path:
    return data / "more" / "chips"


def _read_index(data: Path) -> list[dict[str, str]]:
    with (_folder(data) / "INDEX.csv").open(newline="", encoding="utf-8") as index:
        return list(csv.DictReader(index))


def _read_chip(folder: Path, row: dict[str, str], names: Collection[str]) -> NewChip:
    name = row["chip"]
    group = group_of(name, row["place"])
    pixels, soft = read_raster(folder / f"{name}.tif"), read_raster(folder / f"{name}_soft.tif").astype(np.uint8)
    cloud_path, label_path = folder / f"{name}_cloud.tif", folder / f"{name}_label.tif"
    cloud = read_raster(cloud_path)[0].astype(np.uint8) if cloud_path.is_file() else None
    has_landslides = row["place"] == _LANDSLIDE_PLACE and label_path.is_file()
    return NewChip(
        Chip(name, group, row["level"], pixels, soft),
        cloud,
        read_raster(label_path)[0] == _LANDSLIDE_CODE if has_landslides else None,
        _clear_twin(name, names) if cloud is not None else None,
    )


def _clear_twin(name: str, names: Collection[str]) -> str | None:
    named = [clear for start, clear in _CLEAR_TWINS.items() if name.startswith(start)]
    twin = named[0] if named else name.removesuffix("_cloudy")
    return twin if twin in names and twin != name else None
