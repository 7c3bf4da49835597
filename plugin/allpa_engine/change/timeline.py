"""Time lines: the area of every class over several maps of the same region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..areas.class_raster import open_class_raster
from ..areas.table import AreaTable
from ..areas.tabulate import area_table
from ..errors import JobInvalid, RasterInvalid
from ..legend import LEGEND, LandClass
from ..protocol import Reporter
from ..region import Region
from .matrix import warning_in
from .pairs import grid_difference


@dataclass(frozen=True)
class Timeline:
    """Areas by period, in the order of the periods."""

    periods: tuple[str, ...]
    tables: tuple[AreaTable, ...]
    """One area table per period."""
    language: str = "en"

    @property
    def warning(self) -> str:
        """What every reader must be told."""
        return warning_in(self.language)

    def area_ha(self, code: int) -> tuple[float, ...]:
        """Hectares of a class, period by period."""
        return tuple(next(row.area_ha for row in table.rows if row.code == code) for table in self.tables)


def timeline(
    maps: Mapping[str, Path],
    region: Region | None = None,
    language: str = "en",
    reporter: Reporter | None = None,
    legend: Sequence[LandClass] = LEGEND,
) -> Timeline:
    """The area of every class in each of several maps, by the names of their periods.

    Raises
    ------
    JobInvalid : for less than two maps.
    RasterInvalid : where a map cannot be read, or lies on another grid than the first.

    """
    if len(maps) < 2:
        raise JobInvalid("A time line needs two maps at least.", f"There are {len(maps)}.")
    periods = sorted(maps)
    for period in periods[1:]:
        with open_class_raster(maps[periods[0]]) as first, open_class_raster(maps[period]) as other:
            difference = grid_difference(first.grid, other.grid)
        if difference:
            raise RasterInvalid(f"The map of {period} lies on another grid than that of {periods[0]}.", difference)
    tables = tuple(area_table(maps[period], region, language, reporter, legend) for period in periods)
    return Timeline(tuple(periods), tables, language)
