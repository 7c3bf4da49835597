"""The draw: which pixels of a frame become points, each of a stratum with the same chance, in bounded memory.

A stratum's pixels are numbered in the order in which the frame is read. Numbers are drawn first, without the map; a
second pass over the frame finds their pixels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer

from ..core.protocol import Reporter
from ..geo.grid import Grid
from ..raster.class_raster import Codes, as_codes
from .frame import CellBlock, Frame
from .strata import Key

_EARTH_CENTRED = "EPSG:4978"
CANDIDATES_PER_POINT = 20
"""Pixels that are tried for each point where points must keep a distance."""
_EXTRA_CANDIDATES = 100
_NEIGHBOURS = np.array(np.meshgrid(*[[-1, 0, 1]] * 3)).reshape(3, -1).T


@dataclass(frozen=True)
class DrawnPixels:
    """Pixels of a frame, in the order in which they were drawn."""

    column: NDArray[np.int64]
    row: NDArray[np.int64]
    stratum: NDArray[np.intp]
    zone: NDArray[np.intp]
    """-1 outside the zones."""
    map_class: Codes

    def take(self, index: NDArray[np.intp]) -> DrawnPixels:
        """Some of them, in another order."""
        return DrawnPixels(
            self.column[index], self.row[index], self.stratum[index], self.zone[index], self.map_class[index]
        )

    def centres(self, grid: Grid) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Coordinates of the pixels' centres in the CRS of their grid."""
        column, row = self.column.astype(np.float64), self.row.astype(np.float64)
        return grid.left + (column + 0.5) * grid.resolution, grid.top - (row + 0.5) * grid.resolution


def draw_pixels(
    frame: Frame,
    index_of: dict[Key, int],
    pixels: NDArray[np.int64],
    points: NDArray[np.int64],
    random: np.random.Generator,
    reporter: Reporter | None = None,
) -> DrawnPixels:
    """Draw pixels of each stratum at random without replacement, each with the same chance.

    Parameters
    ----------
    frame : the map with its region, zones and strata.
    index_of : stratum of each cell.
    pixels : `(strata,)`, counted from the frame.
    points : `(strata,)`, at most `pixels`.
    random : the source of random numbers; the same one draws the same pixels.
    reporter : receives the progress of the second pass.

    Returns
    -------
    The pixels of all strata in random order.

    """
    ranks = [
        np.sort(random.choice(int(total), int(count), replace=False, shuffle=False))  # nosec B311 - a sample, no secret
        for total, count in zip(pixels, points)
    ]
    found: list[NDArray[np.int64]] = []
    seen = np.zeros(len(pixels), np.int64)
    for block in frame.blocks(reporter):
        strata = _strata_of(block, index_of)
        for stratum in np.unique(strata[strata >= 0]).tolist():
            places = np.flatnonzero(strata == stratum)
            first, last = np.searchsorted(ranks[stratum], [seen[stratum], seen[stratum] + len(places)])
            chosen = places[ranks[stratum][first:last] - seen[stratum]]
            seen[stratum] += len(places)
            if len(chosen):
                found.append(_described(block, chosen, stratum))
    drawn = _joined(found)
    return drawn.take(random.permutation(len(drawn.row)))


def draw_systematic(
    frame: Frame,
    index_of: dict[Key, int],
    total: int,
    size: int,
    random: np.random.Generator,
    reporter: Reporter | None = None,
) -> DrawnPixels:
    """Draw the pixels on a square lattice with a random start: each pixel has the same chance.

    Parameters
    ----------
    frame : the map with its region.
    index_of : the one stratum of each cell that is sampled.
    total : pixels of the stratum.
    size : points wished; how many fall on the frame depends on its shape.
    random : the source of the start.
    reporter : receives the progress of the second pass.

    Returns
    -------
    The pixels in random order.

    """
    spacing = max(1.0, math.sqrt(total / size))
    start_row, start_column = random.random(2)  # nosec B311 - a sample, no secret
    rows = _lattice(start_row, spacing, frame.grid.height)
    columns = _lattice(start_column, spacing, frame.grid.width)
    found: list[NDArray[np.int64]] = []
    for block in frame.blocks(reporter):
        strata = _strata_of(block, index_of)
        top, left = int(block.window.row_off), int(block.window.col_off)
        height, width = block.index.shape
        in_rows = rows[(rows >= top) & (rows < top + height)] - top
        in_columns = columns[(columns >= left) & (columns < left + width)] - left
        places = (in_rows[:, np.newaxis] * width + in_columns).ravel()
        chosen = places[strata[places] >= 0]
        if len(chosen):
            found.append(_described(block, chosen, 0))
    drawn = _joined(found)
    return drawn.take(random.permutation(len(drawn.row)))


def _lattice(start: float, spacing: float, count: int) -> NDArray[np.int64]:
    steps = np.arange(math.ceil(count / spacing) + 1)
    positions: NDArray[np.int64] = np.floor((steps + start) * spacing).astype(np.int64)
    inside: NDArray[np.int64] = positions[positions < count]
    return inside


def _strata_of(block: CellBlock, index_of: dict[Key, int]) -> NDArray[np.intp]:
    """Stratum of every pixel of a block, in the order of its rows; -1 for none."""
    table = np.array([index_of.get(key, -1) for key in block.keys] + [-1], np.intp)
    strata: NDArray[np.intp] = table[block.index.ravel()]  # -1 takes the last entry
    return strata


def _described(block: CellBlock, places: NDArray[np.intp], stratum: int) -> NDArray[np.int64]:
    """Rows of column, row, stratum, zone and class."""
    width = block.index.shape[1]
    keys = np.array(block.keys, np.int64)[block.index.ravel()[places]]
    return np.column_stack(
        (
            places % width + int(block.window.col_off),
            places // width + int(block.window.row_off),
            np.full(len(places), stratum),
            keys[:, 1],
            keys[:, 0],
        )
    )


def _joined(found: Sequence[NDArray[np.int64]]) -> DrawnPixels:
    table = np.concatenate(found) if found else np.empty((0, 5), np.int64)
    return DrawnPixels(
        table[:, 0], table[:, 1], table[:, 2].astype(np.intp), table[:, 3].astype(np.intp), as_codes(table[:, 4])
    )


def candidate_counts(pixels: NDArray[np.int64], points: NDArray[np.int64]) -> NDArray[np.int64]:
    """Pixels to draw of each stratum where points must keep a distance: more than points, so that some can be left."""
    return np.minimum(pixels, CANDIDATES_PER_POINT * points + _EXTRA_CANDIDATES)


def keep_distance(drawn: DrawnPixels, points: NDArray[np.int64], grid: Grid, min_distance_m: float) -> DrawnPixels:
    """The first of the drawn pixels that keep a distance from one another; strata with few candidates choose first.

    Parameters
    ----------
    drawn : candidates in random order.
    points : `(strata,)`, wished of each stratum.
    grid : of the pixels.
    min_distance_m : smallest distance between two points, metres.

    Returns
    -------
    Pixels in the order of `drawn`; of a stratum fewer than wished where its candidates lie too close.

    """
    x, y = drawn.centres(grid)
    places = _earth_centred(x, y, grid.crs)
    cells = np.floor(places / min_distance_m).astype(np.int64)
    occupied: dict[tuple[int, ...], list[int]] = {}
    left = points.copy()
    candidates = np.bincount(drawn.stratum, minlength=len(points))
    kept = []
    for index in np.lexsort((np.arange(len(x)), candidates[drawn.stratum])).tolist():
        if left[drawn.stratum[index]] == 0:
            continue
        if not _is_free(index, places, cells, occupied, min_distance_m):
            continue
        occupied.setdefault(tuple(cells[index].tolist()), []).append(index)
        left[drawn.stratum[index]] -= 1
        kept.append(index)
    return drawn.take(np.sort(np.array(kept, np.intp)))


def _earth_centred(x: NDArray[np.float64], y: NDArray[np.float64], crs: str) -> NDArray[np.float64]:
    """X, y and z in metres from the centre of the earth, `(n, 3)`: chords, which are as long as short distances."""
    transformer = Transformer.from_crs(crs, _EARTH_CENTRED, always_xy=True)
    return np.column_stack(transformer.transform(x, y, np.zeros(len(x))))


def _is_free(
    index: int,
    places: NDArray[np.float64],
    cells: NDArray[np.int64],
    occupied: dict[tuple[int, ...], list[int]],
    min_distance_m: float,
) -> bool:
    """Whether no point that is kept lies nearer than the distance; it can only lie in the cells around."""
    around = _NEIGHBOURS + cells[index]
    near = [other for cell in map(tuple, around.tolist()) for other in occupied.get(cell, ())]
    return not near or bool((((places[near] - places[index]) ** 2).sum(axis=1) >= min_distance_m**2).all())
