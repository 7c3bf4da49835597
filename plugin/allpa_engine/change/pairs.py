"""Pairs of maps: two rasters read on one grid, and the one number that tells what became of what in a pixel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window
from shapely.geometry.base import BaseGeometry

from ..areas.class_raster import ClassRaster, open_class_raster
from ..areas.tabulate import cover, windows_over
from ..errors import JobInvalid, RasterInvalid
from ..grid import Grid
from ..legend import NO_DATA, LandClass
from ..protocol import Reporter

LARGEST_LEGEND = 15
"""Classes that fit into a pair's code, 16 x from + to, in a byte."""
REFUSE, NEAREST = "refuse", "nearest"
ALIGNMENTS = (REFUSE, NEAREST)
"""What is done with maps on different grids: refused, or the later one read on the earlier one's by nearest pixel."""
_UNKNOWN = 255
_SAME_PLACE_PX = 1e-3
"""Share of a pixel by which two grids may be apart and still be one: corners are stored as floating point."""


@dataclass(frozen=True)
class MapPair:
    """Two open maps of one legend on one grid."""

    grid: Grid
    before: ClassRaster
    after: ClassRaster
    legend: tuple[LandClass, ...]

    def read(self, window: Window) -> NDArray[np.uint8]:
        """Pair codes `(y, x)` uint8 of a window; 0 where either map has no data.

        Raises
        ------
        RasterInvalid : where a map is damaged, or holds a code that the legend does not know.

        """
        before, after = (self._places(raster, window) for raster in (self.before, self.after))
        codes: NDArray[np.uint8] = np.where((before == 0) | (after == 0), 0, 16 * before + after).astype(np.uint8)
        return codes

    def _places(self, raster: ClassRaster, window: Window) -> NDArray[np.uint8]:
        table = np.full(256, _UNKNOWN, np.uint8)
        table[NO_DATA] = 0
        for place, land in enumerate(self.legend, 1):
            table[land.code] = place
        codes = raster.read(window)
        places = table[codes]
        if (places == _UNKNOWN).any():
            unknown = sorted(set(np.unique(codes[places == _UNKNOWN]).tolist()))
            raise RasterInvalid(
                f"{raster.path.name} holds codes that the legend does not know.", f"They are {unknown[:10]}."
            )
        return places


@contextmanager
def open_pair(before: Path, after: Path, legend: Sequence[LandClass], alignment: str = REFUSE) -> Iterator[MapPair]:
    """Open two maps on the earlier one's grid.

    Raises
    ------
    RasterInvalid : where a map cannot be read, or the grids differ and `alignment` refuses that.
    JobInvalid : for an alignment that does not exist, or a legend of more than `LARGEST_LEGEND` classes.

    """
    if alignment not in ALIGNMENTS:
        raise JobInvalid(f"The alignment {alignment!r} does not exist.", f"Known are {', '.join(ALIGNMENTS)}.")
    if len(legend) > LARGEST_LEGEND:
        raise JobInvalid(f"Change is coded for at most {LARGEST_LEGEND} classes.", f"There are {len(legend)}.")
    with ExitStack() as stack:
        earlier = stack.enter_context(open_class_raster(before))
        later = stack.enter_context(open_class_raster(after))
        difference = grid_difference(earlier.grid, later.grid)
        if difference and alignment == REFUSE:
            raise RasterInvalid(
                "The two maps lie on different grids.",
                difference,
                "Make both maps with the same region and CRS, or ask for alignment by nearest pixel.",
            )
        if difference:
            later = stack.enter_context(_aligned(later, earlier))
        yield MapPair(earlier.grid, earlier, later, tuple(legend))


def grid_difference(one: Grid, other: Grid) -> str:
    """In words, how two grids differ; empty where they are one."""
    if CRS.from_user_input(one.crs) != CRS.from_user_input(other.crs):
        return f"One is in {one.crs}, the other in {other.crs}."
    # Over the whole grid, a difference of resolution adds up to one of place.
    if abs(one.resolution - other.resolution) * max(one.width, one.height) > _SAME_PLACE_PX * one.resolution:
        return f"Pixels of one are {one.resolution:g} wide, those of the other {other.resolution:g}."
    if (one.width, one.height) != (other.width, other.height):
        return f"One has {one.width} x {one.height} pixels, the other {other.width} x {other.height}."
    if max(abs(one.left - other.left), abs(one.top - other.top)) > _SAME_PLACE_PX * one.resolution:
        return f"One begins at {one.left:.9g}, {one.top:.9g}, the other at {other.left:.9g}, {other.top:.9g}."
    return ""


@contextmanager
def _aligned(raster: ClassRaster, onto: ClassRaster) -> Iterator[ClassRaster]:
    grid = onto.grid
    try:
        with WarpedVRT(
            raster.source,
            crs=onto.source.crs,
            transform=grid.transform,
            width=grid.width,
            height=grid.height,
            resampling=Resampling.nearest,
            src_nodata=NO_DATA,
            nodata=NO_DATA,
        ) as aligned:
            yield ClassRaster(raster.path, grid, aligned)
    except RasterioError as error:
        raise RasterInvalid(f"{raster.path.name} cannot be aligned.", str(error)) from error


def pair_blocks(
    pair: MapPair, shape: BaseGeometry | None, reporter: Reporter
) -> Iterator[tuple[Window, NDArray[np.uint8]]]:
    """The pair codes block by block; 0 outside `shape` (in the maps' CRS)."""
    windows = list(windows_over(pair.grid, shape))
    for done, window in enumerate(windows):
        reporter.progress("areas", done, len(windows))
        codes = pair.read(window)
        if shape is not None:
            codes[~cover(pair.grid.part(window), shape)] = 0
        yield window, codes
    reporter.progress("areas", len(windows), len(windows))
