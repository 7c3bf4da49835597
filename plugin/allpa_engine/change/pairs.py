"""Pairs of maps: two rasters read on one grid, and the one number of each pixel that codes its transition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from ..areas.tabulate import check_known_codes, read_blocks, region_on_map
from ..core.errors import LegendsDiffer, RasterInvalid
from ..core.legend import NO_DATA, LandClass, Legend, pair_base
from ..core.messages import message, translatable
from ..core.protocol import Reporter
from ..geo.grid import Grid, grid_difference
from ..geo.region import Region
from ..raster.class_raster import MAX_CODE, ClassRaster, Codes, open_class_raster
from .grids import align_to_grid


@dataclass(frozen=True)
class MapPair:
    """Two open maps of one legend on one grid."""

    grid: Grid
    before: ClassRaster
    after: ClassRaster
    legend: Sequence[LandClass]
    """The classes of both."""

    @property
    def base(self) -> int:
        """What the earlier class's code is multiplied by in a pair's code."""
        return pair_base(self.legend)

    @property
    def code_count(self) -> int:
        """One more than the largest code of a pair."""
        return self.base**2

    def read(self, window: Window) -> Codes:
        """Read the transitions in a window of both maps.

        Parameters
        ----------
        window : part of the grid.

        Returns
        -------
        Pair codes `(y, x)`, `base` x code of the earlier class + that of the later; uint8 where `base` is 16, else
        uint16; 0 where either has no data.

        Raises
        ------
        RasterInvalid : where a map is damaged, or contains a code that is not in the legend.

        """
        dtype = np.uint8 if self.code_count <= MAX_CODE + 1 else np.uint16
        before, after = (self._known_codes(raster, window).astype(dtype) for raster in (self.before, self.after))
        codes: Codes = np.where((before == 0) | (after == 0), dtype(0), dtype(self.base) * before + after)
        return codes

    def _known_codes(self, raster: ClassRaster, window: Window) -> Codes:
        codes = raster.read(window)
        is_known = np.zeros(raster.code_count, bool)
        is_known[[NO_DATA, *(land_class.code for land_class in self.legend)]] = True
        if not is_known[codes].all():
            check_known_codes(np.bincount(codes.ravel(), minlength=raster.code_count), self.legend, raster.path)
        return codes


def shared_legend(rasters: Iterable[ClassRaster]) -> Legend:
    """The one legend of several maps.

    Parameters
    ----------
    rasters : open maps, at least one.

    Returns
    -------
    The legend of the first, whose colours are taken.

    Raises
    ------
    LegendsDiffer : where a code means another class in another map, or classes are missing there.
    RasterInvalid : where a map's legend cannot be read.

    """
    first, *others = rasters
    legend = first.legend
    for other in others:
        for code in sorted({*legend.codes, *other.legend.codes}):
            one, two = (found.by_code.get(code) for found in (legend, other.legend))
            if one is None or two is None or one.name != two.name:
                names = _map_names(first.path, other.path)
                raise LegendsDiffer(
                    message("The maps {first} and {second} have different classes.", first=names[0], second=names[1]),
                    message(
                        "Code {code}: {one} in one map, {two} in the other.", code=code, one=_name(one), two=_name(two)
                    ),
                )
    return legend


def _map_names(one: Path, other: Path) -> tuple[str, str]:
    """Names of two maps that tell them apart: maps of one year have the same file name in several folders."""
    if one.name != other.name:
        return one.name, other.name
    return f"{one.parent.name}/{one.name}", f"{other.parent.name}/{other.name}"


def _name(land: LandClass | None) -> str:
    return translatable("no class") if land is None else land.text


@contextmanager
def open_map_pair(
    before: Path, after: Path, legend: Sequence[LandClass] | None = None, target_grid: Grid | None = None
) -> Iterator[MapPair]:
    """Open two maps so that both are read on one grid; a context manager.

    Parameters
    ----------
    before, after : single-band rasters of class codes.
    legend : the classes of both; None takes that of the maps, which must be one.
    target_grid : grid on which both are read; None takes their own, which must be one.

    Yields
    ------
    The pair, which reads the transitions of both maps.

    Raises
    ------
    RasterInvalid : where a map cannot be read, or the grids differ and there is no `target_grid`.
    LegendsDiffer : where no legend is given, and the maps have different ones.

    """
    with ExitStack() as stack:
        earlier, later = (stack.enter_context(open_class_raster(path)) for path in (before, after))
        classes = shared_legend((earlier, later)) if legend is None else legend
        difference = grid_difference(earlier.grid, later.grid)
        if difference and target_grid is None:
            raise RasterInvalid(
                "The two maps have different grids.",
                difference,
                "Create both maps with the same region and CRS, or choose an alignment (`align`).",
            )
        if target_grid is not None:
            earlier, later = (stack.enter_context(align_to_grid(raster, target_grid)) for raster in (earlier, later))
        yield MapPair(earlier.grid, earlier, later, classes)


def transition_blocks(
    pair: MapPair, region: Region | None, reporter: Reporter | None
) -> Iterator[tuple[Window, Codes, NDArray[np.bool_] | None]]:
    """Read the transitions of two maps block by block.

    Parameters
    ----------
    pair : the open maps.
    region : blocks without a pixel centre inside are left out; None reads all.
    reporter : receives the progress of the stage "change"; None reports nothing.

    Returns
    -------
    An iterator over windows of the grid, their pair codes `(y, x)` (0 where either map has no data), and masks
    `(y, x)` that are True inside the region (None where there is no region).

    Raises
    ------
    RegionInvalid : where the region lies outside the maps.
    RasterInvalid : while reading, where a map is damaged or contains a code that is not in the legend.

    """
    shape = None if region is None else region_on_map(region, pair.grid, pair.before.path)
    return read_blocks(pair.read, pair.grid, shape, reporter, "change")
