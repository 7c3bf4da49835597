"""From counted cells to the strata of a design: classes, zones, classes by zones, codes of a raster, or transitions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core.errors import RasterInvalid, SampleInvalid
from ..core.legend import BUNDLED_LEGEND, Legend, pair_base
from ..core.messages import message, translatable, translate
from ..core.sample_keys import CLASSES, CLASSES_BY_ZONES, RASTER, ZONES
from ..core.sample_schema import CHANGE
from .frame import Cell
from .sample_design import MapCount

MAX_STRATA = 5000
LARGEST_TRANSITIONS = 8
"""Transitions that get a stratum of their own in a sample of change; the rest share one."""
ALL_PIXELS = translatable("Whole map")
_UNCHANGED = translatable("No change")
_OTHER_CHANGE = translatable("Other changes")
_OUTSIDE = translatable("Outside the zones")

Key = tuple[int, int, int]
"""Class, zone and raster stratum of a cell."""


@dataclass(frozen=True)
class PlannedStratum:
    """A stratum before its points are allocated."""

    name: str
    map_class: int | None
    zone: str | None
    pixels: int
    area_ha: float


@dataclass(frozen=True)
class StrataPlan:
    """The strata of a design, and which of them every cell of the frame belongs to."""

    strata: tuple[PlannedStratum, ...]
    index_of: dict[Key, int]
    """Cells that are not sampled are missing."""
    map_counts: tuple[MapCount, ...]
    """Of the sampled cells, by class and zone."""

    @property
    def pixels(self) -> NDArray[np.int64]:
        """`(strata,)`."""
        return np.array([stratum.pixels for stratum in self.strata], np.int64)


def plan_strata(
    cells: Sequence[Cell],
    by: str,
    kind: str,
    zone_names: Sequence[str],
    map_name: str,
    language: str = "en",
    legend: Legend = BUNDLED_LEGEND,
) -> StrataPlan:
    """Join the cells of a frame to strata.

    Parameters
    ----------
    cells : by `count_cells`.
    by : one of `sample_keys.STRATA`; an empty text joins all to one stratum.
    kind : `landcover` or `change`; in a sample of change the classes are "No change" and the largest transitions.
    zone_names : by the indices of the cells.
    map_name : of the map, for the sentences of errors.
    language : of the strata's names.
    legend : the classes of the map.

    Returns
    -------
    The strata that have pixels, in the order of codes and zones.

    Raises
    ------
    RasterInvalid : where a code is not in the legend.
    SampleInvalid : where no pixel is left, or there are more than `MAX_STRATA` strata.

    Examples
    --------
    >>> cells = (Cell(2, -1, 0, 90, 0.9), Cell(5, -1, 0, 10, 0.1))
    >>> [(stratum.name, stratum.pixels) for stratum in plan_strata(cells, "classes", "landcover", (), "map").strata]
    [('Trees', 90), ('Crops', 10)]

    """
    _check_codes(cells, kind, map_name, legend)
    base = pair_base(legend)
    largest = _largest_transitions(cells, base) if kind == CHANGE else ()

    def class_name(code: int) -> tuple[int, str]:
        """A number to sort by, and the name of the class or of the group of transitions."""
        if kind != CHANGE:
            return code, legend.by_code[code].label(language)
        if code // base == code % base:
            return -1, translate(_UNCHANGED, language)
        if code in largest:
            return largest.index(code), transition_name(code, language, legend)
        return len(largest), translate(_OTHER_CHANGE, language)

    def stratum(cell: Cell) -> tuple[tuple[int, ...], str] | None:
        zone = zone_names[cell.zone] if cell.zone >= 0 else translate(_OUTSIDE, language)
        order, name = class_name(cell.map_class)
        if by == CLASSES:
            return (order,), name
        if by == RASTER:
            return ((cell.raster_stratum,), str(cell.raster_stratum)) if cell.raster_stratum else None
        if by in (ZONES, CLASSES_BY_ZONES) and cell.zone < 0:
            return None
        if by == ZONES:
            return (cell.zone,), zone
        return ((order, cell.zone), f"{name} – {zone}") if by else ((), translate(ALL_PIXELS, language))

    return _join(cells, stratum, by, kind, zone_names, map_name)


def _join(
    cells: Sequence[Cell],
    stratum: Callable[[Cell], tuple[tuple[int, ...], str] | None],
    by: str,
    kind: str,
    zone_names: Sequence[str],
    map_name: str,
) -> StrataPlan:
    members: dict[tuple[tuple[int, ...], str], list[Cell]] = {}
    for cell in cells:
        place = stratum(cell)
        if place is not None:
            members.setdefault(place, []).append(cell)
    if not members:
        raise SampleInvalid(
            message("No pixel of {map_name} can be drawn.", map_name=map_name),
            "The map has no class in the region, in the zones, or in the raster of strata.",
            "Choose another map, or check region, zones and strata.",
        )
    if len(members) > MAX_STRATA:
        raise SampleInvalid(
            message(
                "There are {count:,} strata; at most {max_strata:,} are allowed.",
                count=len(members),
                max_strata=MAX_STRATA,
            ),
            next_step="Take fewer zones, or strata of classes alone.",
        )
    planned, index_of = [], {}
    for index, place in enumerate(sorted(members)):
        part = members[place]
        is_class = by in (CLASSES, CLASSES_BY_ZONES) and kind != CHANGE
        planned.append(
            PlannedStratum(
                place[1],
                part[0].map_class if is_class else None,
                zone_names[part[0].zone] if by in (ZONES, CLASSES_BY_ZONES) else None,
                sum(cell.pixels for cell in part),
                sum(cell.area_ha for cell in part),
            )
        )
        index_of.update({(cell.map_class, cell.zone, cell.raster_stratum): index for cell in part})
    sampled = [cell for part in members.values() for cell in part]
    return StrataPlan(tuple(planned), index_of, map_counts(sampled, zone_names))


def map_counts(cells: Sequence[Cell], zone_names: Sequence[str]) -> tuple[MapCount, ...]:
    """Pixels and areas of cells by class and zone.

    Parameters
    ----------
    cells : of any strata.
    zone_names : by the indices of the cells.

    Returns
    -------
    A count for each class and zone that occurs together.

    """
    sums: dict[tuple[int, int], tuple[int, float]] = {}
    for cell in cells:
        pixels, area_ha = sums.get((cell.map_class, cell.zone), (0, 0.0))
        sums[cell.map_class, cell.zone] = pixels + cell.pixels, area_ha + cell.area_ha
    return tuple(
        MapCount(code, zone_names[zone] if zone >= 0 else None, *sums[code, zone]) for code, zone in sorted(sums)
    )


def transition_name(code: int, language: str = "en", legend: Legend = BUNDLED_LEGEND) -> str:
    """The name of a code of change.

    Examples
    --------
    >>> transition_name(16 * 2 + 5)
    'Trees → Crops'

    """
    before, after = divmod(code, pair_base(legend))
    return f"{legend.by_code[before].label(language)} → {legend.by_code[after].label(language)}"


def _check_codes(cells: Sequence[Cell], kind: str, map_name: str, legend: Legend) -> None:
    codes = sorted({cell.map_class for cell in cells})
    if kind == CHANGE:
        base = pair_base(legend)
        unknown = [code for code in codes if not set(divmod(code, base)) <= set(legend.codes)]
        expected = message("a raster of change has {base} x the earlier class + the later class", base=base)
    else:
        unknown = [code for code in codes if code not in legend.by_code]
        expected = message(
            "a land-cover map has the codes of its legend; for a raster of change, set the kind of the map"
        )
    if unknown:
        raise RasterInvalid(
            message("{map_name} contains codes that are not in the legend.", map_name=map_name),
            message("They are {names}; {expected}.", names=", ".join(map(str, unknown[:10])), expected=expected),
        )


def _largest_transitions(cells: Sequence[Cell], base: int) -> tuple[int, ...]:
    pixels: dict[int, int] = {}
    for cell in cells:
        if cell.map_class // base != cell.map_class % base:
            pixels[cell.map_class] = pixels.get(cell.map_class, 0) + cell.pixels
    return tuple(sorted(pixels, key=lambda code: (-pixels[code], code))[:LARGEST_TRANSITIONS])
