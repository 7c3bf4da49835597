"""The legend: land-cover classes with their codes, names, colours and default weights.

`LEGEND` is the one table of the ten bundled classes. Its codes and colours are those of the Esri / Impact Observatory
2020 map (Karra et al. 2021), so that maps can be compared. Models that a user trains have classes of their own: a
`Legend` holds any classes, and everything that depends on classes (renderers, colour tables, QML styles, tables,
charts) is made from the legend of the raster at hand. A raster without the tag `ALLPA_LEGEND` has the bundled one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, overload

from .atomic import write_json
from .errors import LegendInvalid
from .job_keys import MAX_OWN_CODE
from .json_input import parse_json, read_json
from .land_class import (
    MAX_WEIGHT,
    ROLE_BUILT,
    ROLE_CLOUDS,
    ROLE_SNOW,
    ROLE_WATER,
    ROLES,
    LandClass,
    checked_class,
    class_from_dict,
    distinct_color,
    hex_to_rgb,
)
from .messages import message, text_of, translatable

__all__ = [
    "BARE", "BUILT", "BUNDLED_LEGEND", "CLASS_BY_CODE", "CLASS_CODES", "CLASS_COUNT", "CLOUDS", "CROPS",
    "DEFAULT_WEIGHTS", "GRASS", "LEGEND", "MAX_OWN_CODE", "MAX_WEIGHT", "NO_DATA", "ROLES", "ROLE_BUILT",
    "ROLE_CLOUDS", "ROLE_SNOW", "ROLE_WATER", "SCRUB", "SNOW", "TREES", "WATER", "LandClass", "Legend",
    "distinct_color", "hex_to_rgb", "legend_from_tag", "pair_base", "read_legend", "write_legend",
]  # fmt: skip

NO_DATA = 0
"""Code of a pixel without a clear observation."""
MAX_LEGEND_BYTES = 1_000_000
"""Largest legend that is read, as a file or from a raster's tag."""


def _bundled(code: int, name: str, color: str, weight: float, definition: str, role: str = "") -> LandClass:
    return LandClass(code, name, color, weight, definition, role, is_bundled=True)


LEGEND: tuple[LandClass, ...] = (
    _bundled(
        1,
        "Water",
        "#1A5BAB",
        1.0,
        translatable("Water present for most of the year: rivers, lakes, reservoirs, sea."),
        ROLE_WATER,
    ),
    _bundled(
        2, "Trees", "#358221", 1.0, translatable("Closed stands of tall woody plants: forest, plantation, mangrove.")
    ),
    _bundled(
        3,
        "Grass",
        "#A7D282",
        1.2,
        translatable("Open land of homogeneous grasses with little or no taller vegetation."),
    ),
    _bundled(
        4,
        "Flooded vegetation",
        "#87D19E",
        1.2,
        translatable("Vegetation with water among it for much of the year: marsh, bofedal, paddy, flooded mangrove."),
    ),
    _bundled(
        5,
        "Crops",
        "#FFDB5C",
        1.1,
        translatable("Land planted by people and not at tree height: cereals, fallow plots."),
    ),
    _bundled(
        6,
        "Scrub/shrub",
        "#EECFA8",
        1.0,
        translatable("Mix of small plants, shrubs and exposed soil or rock; puna and savanna."),
    ),
    _bundled(
        7,
        "Built area",
        "#ED022A",
        1.0,
        translatable("Settlements, roads, large homogeneous sealed surfaces."),
        ROLE_BUILT,
    ),
    _bundled(
        8,
        "Bare ground",
        "#EDE9E4",
        0.9,
        translatable("Rock or soil with very little vegetation all year: desert, mines."),
    ),
    _bundled(9, "Snow/ice", "#F2FAFF", 0.6, translatable("Permanent snow or ice: glaciers, snow fields."), ROLE_SNOW),
    _bundled(10, "Clouds", "#C8C8C8", 0.0, translatable("Covered by clouds on all dates."), ROLE_CLOUDS),
)
"""The classes of the bundled network, in the order of their codes."""

CLOUDS = 10
TREES = 2
GRASS = 3
CROPS = 5
SCRUB = 6
BUILT = 7
BARE = 8
SNOW = 9
WATER = 1
CLASS_COUNT = len(LEGEND)
CLASS_CODES: tuple[int, ...] = tuple(land_class.code for land_class in LEGEND)
CLASS_BY_CODE: dict[int, LandClass] = {land_class.code: land_class for land_class in LEGEND}
DEFAULT_WEIGHTS: dict[int, float] = {land_class.code: land_class.weight for land_class in LEGEND}


@dataclass(frozen=True)
class Legend(Sequence[LandClass]):
    """The classes of a map, a model or a sample, in the order of their codes; checked when it is made.

    The position of a class here is its channel in models and its row in arrays by class.

    Parameters
    ----------
    classes : in any order, with the checks of `LegendInvalid`.

    Raises
    ------
    LegendInvalid : where codes or names occur twice or are not allowed, a colour is none, two classes have one role, a
        parent is missing or its own descendant, or no class can win.

    Examples
    --------
    >>> legend = Legend((LandClass(20, "Queñual", "#2A6F3B"), LandClass(10, "Ichu", "#D9C76A", parent=20)))
    >>> legend.codes, legend.by_code[20].name, legend.cloud_code
    ((10, 20), 'Queñual', None)

    """

    classes: tuple[LandClass, ...]

    def __post_init__(self) -> None:
        """Check the classes and put them into the order of their codes."""
        checked = tuple(sorted((checked_class(land) for land in self.classes), key=lambda land: land.code))
        object.__setattr__(self, "classes", checked)
        _check_together(checked)

    def __len__(self) -> int:
        """The number of classes."""
        return len(self.classes)

    @overload
    def __getitem__(self, index: int) -> LandClass: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[LandClass, ...]: ...

    def __getitem__(self, index: int | slice) -> LandClass | tuple[LandClass, ...]:
        """The class at a position in the order of the codes."""
        return self.classes[index]

    @cached_property
    def codes(self) -> tuple[int, ...]:
        """All codes, rising."""
        return tuple(land.code for land in self.classes)

    @cached_property
    def by_code(self) -> dict[int, LandClass]:
        """The classes by their codes."""
        return {land.code: land for land in self.classes}

    @cached_property
    def weights(self) -> dict[int, float]:
        """Default weights by code."""
        return {land.code: land.weight for land in self.classes}

    @cached_property
    def cloud_code(self) -> int | None:
        """Code of the class that means clouds; None where there is none: then only the scene classification masks."""
        return self.code_of(ROLE_CLOUDS)

    @cached_property
    def land_codes(self) -> tuple[int, ...]:
        """The codes that can win a pixel: all but that of clouds."""
        return tuple(code for code in self.codes if code != self.cloud_code)

    @property
    def is_bundled(self) -> bool:
        """Whether these are the ten classes of the bundled network."""
        return self.classes == LEGEND

    def code_of(self, role: str) -> int | None:
        """Code of the class of a role; None where no class has it."""
        return next((land.code for land in self.classes if land.role == role), None)

    def to_dict(self) -> dict[str, Any]:
        """The legend as JSON values, as `from_dict` reads it."""
        return {"format": "allpa-legend", "version": 1, "classes": [land.to_dict() for land in self.classes]}

    def to_tag(self) -> str:
        """The legend as the text of a raster's tag `ALLPA_LEGEND`; empty for the bundled one, which needs no tag."""
        return "" if self.is_bundled else json.dumps(self.to_dict(), ensure_ascii=False, separators=(",", ":"))

    @staticmethod
    def from_dict(values: Any) -> Legend:  # noqa: ANN401 - a value from outside
        """Make a legend of JSON values, which may come from anywhere.

        Parameters
        ----------
        values : an object with the list `classes`; each has `code`, `name` and optionally `color`, `weight`,
            `definition`, `role` and `parent`.

        Returns
        -------
        The legend; `BUNDLED_LEGEND` where it has the classes of that.

        Raises
        ------
        LegendInvalid : for anything else.

        """
        rows = values.get("classes") if isinstance(values, Mapping) else None
        if not isinstance(rows, list):
            raise LegendInvalid(translatable("The legend cannot be read."), translatable("It has no list of classes."))
        if len(rows) > MAX_OWN_CODE:
            raise LegendInvalid(
                message(
                    "The legend has {count} classes; there can be {most} at most.", count=len(rows), most=MAX_OWN_CODE
                )
            )
        return _recognised(Legend(tuple(class_from_dict(row, number) for number, row in enumerate(rows))))


def _recognised(legend: Legend) -> Legend:
    """The bundled legend where the classes are those, so that their names are translated."""
    return BUNDLED_LEGEND if legend.to_dict() == BUNDLED_LEGEND.to_dict() else legend


def _check_together(classes: Sequence[LandClass]) -> None:
    """Check what depends on several classes."""
    _check_unique([land.code for land in classes], translatable("Two classes of the legend have the code {value}."))
    _check_unique(
        [land.name.casefold() for land in classes], translatable("Two classes of the legend have the name {value}.")
    )
    _check_unique(
        [land.role for land in classes if land.role], translatable("Two classes of the legend have the role {value}.")
    )
    if not any(land.weight > 0 and land.role != ROLE_CLOUDS for land in classes):
        raise LegendInvalid(
            translatable("No class of the legend can win."),
            translatable("It needs a class of land with a weight above zero."),
        )
    parents = {land.code: land.parent for land in classes}
    for land in classes:
        seen, code = {land.code}, land.parent
        while code is not None:
            if code not in parents:
                raise LegendInvalid(
                    message(
                        "The parent of the class {name} is not in the legend: code {code}.", name=land.name, code=code
                    )
                )
            if code in seen:
                raise LegendInvalid(
                    message("The class {name} is a part of itself: its parents form a circle.", name=land.name)
                )
            seen.add(code)
            code = parents[code]


def _check_unique(values: Iterable[int | str], sentence: str) -> None:
    seen: set[int | str] = set()
    for value in values:
        if value in seen:
            raise LegendInvalid(message(sentence, value=value))
        seen.add(value)


def pair_base(legend: Iterable[LandClass]) -> int:
    """What the code of the earlier class is multiplied by in the code of a change, so that that of the later fits in.

    Parameters
    ----------
    legend : the classes of both maps.

    Returns
    -------
    16 where all codes are below it, and a change fits into a byte; else 256, and it takes two.

    Examples
    --------
    >>> pair_base(LEGEND), pair_base([LandClass(200, "Ichu", "#D9C76A")])
    (16, 256)

    """
    return 16 if all(land.code < 16 for land in legend) else 256


BUNDLED_LEGEND = Legend(LEGEND)
"""The legend of the bundled network, and of rasters that name none."""


@lru_cache(maxsize=64)
def legend_from_tag(text: str) -> Legend:
    """The legend in a raster's tag `ALLPA_LEGEND`.

    Parameters
    ----------
    text : of the tag; empty means the bundled legend. May come from a file of anybody.

    Raises
    ------
    LegendInvalid : where it is not one.

    """
    if not text:
        return BUNDLED_LEGEND
    if len(text) > MAX_LEGEND_BYTES:
        raise LegendInvalid(
            translatable("The legend cannot be read."), message("It has {count} characters.", count=len(text))
        )
    try:
        values = parse_json(text)
    except ValueError as error:
        raise LegendInvalid(translatable("The legend cannot be read."), text_of(error)) from error
    return Legend.from_dict(values)


def read_legend(path: str | os.PathLike[str]) -> Legend:
    """Read a legend that `write_legend` wrote, or that was written by hand.

    Raises
    ------
    LegendInvalid : where the file cannot be read or holds no legend.

    """
    try:
        values = read_json(path, MAX_LEGEND_BYTES)
    except ValueError as error:
        raise LegendInvalid(
            message("The legend {name} cannot be read.", name=Path(path).name), text_of(error)
        ) from error
    return Legend.from_dict(values)


def write_legend(legend: Legend, path: str | os.PathLike[str]) -> None:
    """Write a legend as JSON, whole or not at all.

    Raises
    ------
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    write_json(path, legend.to_dict())
