"""Pairs of maps: two rasters read on one grid, and the one number of each pixel that codes its transition."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from ..areas.tabulate import check_known_codes, read_blocks, region_on_map
from ..core.errors import JobInvalid, RasterInvalid
from ..core.legend import NO_DATA, LandClass
from ..core.protocol import Reporter
from ..geo.grid import Grid, grid_difference
from ..geo.region import Region
from ..raster.class_raster import ClassRaster, open_class_raster
from .grids import align_to_grid

MAX_CLASSES = 15
"""Classes that fit into a pair's code, 16 x from + to, in a byte."""
_UNKNOWN = 255


@dataclass(frozen=True)
class MapPair:
    """Two open maps of one legend on one grid."""

    grid: Grid
    before: ClassRaster
    after: ClassRaster
    legend: tuple[LandClass, ...]

    def read(self, window: Window) -> NDArray[np.uint8]:
        """Read the transitions in a window of both maps.

        Parameters
        ----------
        window : part of the grid.

        Returns
        -------
        Pair codes `(y, x)` uint8, 16 x earlier + later index in the legend, from 1; 0 where either has no data.

        Raises
        ------
        RasterInvalid : where a map is damaged, or contains a code that is not in the legend.

        """
        before, after = (self._legend_indices(raster, window) for raster in (self.before, self.after))
        codes: NDArray[np.uint8] = np.where((before == 0) | (after == 0), 0, 16 * before + after).astype(np.uint8)
        return codes

    def _legend_indices(self, raster: ClassRaster, window: Window) -> NDArray[np.uint8]:
        table = np.full(256, _UNKNOWN, np.uint8)
        table[NO_DATA] = 0
        for index, land_class in enumerate(self.legend, 1):
            table[land_class.code] = index
        codes = raster.read(window)
        indices = table[codes]
        if (indices == _UNKNOWN).any():
            check_known_codes(np.bincount(codes.ravel(), minlength=256), self.legend, raster.path)
        return indices


@contextmanager
def open_map_pair(
    before: Path, after: Path, legend: Sequence[LandClass], target_grid: Grid | None = None
) -> Iterator[MapPair]:
    """Open two maps so that both are read on one grid; a context manager.

    Parameters
    ----------
    before, after : single-band rasters of class codes.
    legend : the classes of both, at most `MAX_CLASSES`.
    target_grid : grid on which both are read; None takes their own, which must be one.

    Yields
    ------
    The pair, which reads the transitions of both maps.

    Raises
    ------
    RasterInvalid : where a map cannot be read, or the grids differ and there is no `target_grid`.
    JobInvalid : for a legend of more than `MAX_CLASSES` classes.

    """
    if len(legend) > MAX_CLASSES:
        raise JobInvalid(f"Change is coded for at most {MAX_CLASSES} classes.", f"There are {len(legend)}.")
    with ExitStack() as stack:
        earlier, later = (stack.enter_context(open_class_raster(path)) for path in (before, after))
        difference = grid_difference(earlier.grid, later.grid)
        if difference and target_grid is None:
            raise RasterInvalid(
                "The two maps have different grids.",
                difference,
                "Create both maps with the same region and CRS, or choose an alignment (`align`).",
            )
        if target_grid is not None:
            earlier, later = (stack.enter_context(align_to_grid(raster, target_grid)) for raster in (earlier, later))
        yield MapPair(earlier.grid, earlier, later, tuple(legend))


def transition_blocks(
    pair: MapPair, region: Region | None, reporter: Reporter | None
) -> Iterator[tuple[Window, NDArray[np.uint8], NDArray[np.bool_] | None]]:
    """Read the transitions of two maps block by block.

    Parameters
    ----------
    pair : the open maps.
    region : blocks without a pixel centre inside are left out; None reads all.
    reporter : receives the progress of the stage "change"; None reports nothing.

    Returns
    -------
    An iterator over windows of the grid, their pair codes `(y, x)` uint8 (0 where either map has no data), and masks
    `(y, x)` that are True inside the region (None where there is no region).

    Raises
    ------
    RegionInvalid : where the region lies outside the maps.
    RasterInvalid : while reading, where a map is damaged or contains a code that is not in the legend.

    """
    shape = None if region is None else region_on_map(region, pair.grid, pair.before.path)
    return read_blocks(pair.read, pair.grid, shape, reporter, "change")
