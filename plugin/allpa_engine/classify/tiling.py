"""Chips: how a scene is cut into overlapping squares for the network, and put together again without seams.

Chips start on multiples of the network's stride counted from the grid's absolute origin, and each gives only its core,
the part whose answer does not depend on where the chip ends. So a pixel's class is the same whatever the region.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ..geo.grid import Grid

_Number = TypeVar("_Number", bound=np.generic)
CORE_PX = 896
"""Side of a chip's core; with margins of 64 px a chip is 1024 px: 1.3 times the pixels, about 1 GB at work."""


@dataclass(frozen=True)
class ChipSpan:
    """One chip along one axis, in pixels of the scene; a span may reach beyond the scene."""

    core_start: int
    core_stop: int
    """The core, clipped to the scene."""
    read_start: int
    read_stop: int
    """Core and margins; a multiple of the stride long."""


def chip_spans(
    length: int, origin: int, *, stride: int, margin: int | tuple[int, int], core: int = CORE_PX
) -> tuple[ChipSpan, ...]:
    """Cut one axis of a scene into chips whose cores cover it once.

    Parameters
    ----------
    length : of the axis, pixels.
    origin : absolute index of the axis's first pixel on the grid of its CRS; decides the phase of the stride.
    stride : chips start and end on multiples of it, pixels.
    margin : pixels on both sides of a core, or before and after it, rounded up to a multiple of the stride.
    core : pixels of a core, rounded up to a multiple of the stride.

    Returns
    -------
    The chips in order; cores are cut where the axis ends, margins may reach beyond it.

    Examples
    --------
    >>> [(span.core_start, span.core_stop) for span in chip_spans(100, 5, stride=16, margin=16, core=48)]
    [(0, 43), (43, 91), (91, 100)]

    """
    before, after = margin if isinstance(margin, tuple) else (margin, margin)
    before, after = -(-before // stride) * stride, -(-after // stride) * stride
    core = -(-core // stride) * stride
    first = -(origin % stride)
    result = []
    for start in range(first, length, core):
        stop = min(start + core, length)
        padded_stop = start + -(-(stop - start) // stride) * stride
        result.append(ChipSpan(max(start, 0), stop, start - before, padded_stop + after))
    return tuple(result)


def even_core(length: int, origin: int, *, stride: int, core: int = CORE_PX) -> int:
    """Side of the cores that cut an axis into equal parts, as few as there must be: libraries are faster for one size.

    Parameters
    ----------
    length : of the axis, pixels.
    origin, stride : as in `chip_spans`.
    core : largest side, rounded up to a multiple of the stride.

    Returns
    -------
    A multiple of the stride.

    Examples
    --------
    >>> even_core(10_980, 0, stride=16, core=1200), even_core(100, 5, stride=16, core=1200)
    (1104, 112)

    """
    core = -(-core // stride) * stride
    covered = length + origin % stride
    return -(-covered // (-(-covered // core) * stride)) * stride


def needed_spans(
    needed: NDArray[np.bool_], origin: int, *, stride: int, margin: int | tuple[int, int], core: int = CORE_PX
) -> tuple[ChipSpan, ...]:
    """Cut one axis into chips of one size whose cores cover, once, what is needed of it.

    Parameters
    ----------
    needed : along the axis: False for rows or columns of which nothing is to be classified.
    origin, stride, margin, core : as in `chip_spans`.

    Returns
    -------
    The chips in order; cores are cut where the axis ends, what is read may reach beyond it.

    Examples
    --------
    >>> needed = np.ones(100, bool)
    >>> [(span.core_start, span.core_stop) for span in needed_spans(needed, 5, stride=16, margin=16, core=48)]
    [(0, 43), (43, 91), (91, 100)]
    >>> needed[:60] = False
    >>> [(span.core_start, span.core_stop) for span in needed_spans(needed, 5, stride=16, margin=16, core=48)]
    [(59, 100)]

    """
    before, after = margin if isinstance(margin, tuple) else (margin, margin)
    before, after = -(-before // stride) * stride, -(-after // stride) * stride
    core = -(-core // stride) * stride
    places = np.flatnonzero(needed)
    result: list[ChipSpan] = []
    while len(places):
        start = int(places[0])
        start -= (start + origin) % stride
        stop = start + core
        result.append(ChipSpan(max(start, 0), min(stop, len(needed)), start - before, stop + after))
        places = places[np.searchsorted(places, stop) :]
    return tuple(result)


def absolute_origin(grid: Grid) -> tuple[int, int]:
    """Absolute column and row index of the grid's first pixel, counted east and south from the CRS's origin."""
    return round(grid.left / grid.resolution), round(-grid.top / grid.resolution)


def cut_chip(scene: NDArray[_Number], row_start: int, rows: ChipSpan, columns: ChipSpan) -> NDArray[_Number]:
    """Cut a chip out of a strip of a scene.

    What lies beyond the strip is mirrored, so that land continues beyond a scene's edge.

    Parameters
    ----------
    scene : the strip, `(band, y, x)` of any type, as wide as the scene.
    row_start : row of the scene in which the strip begins.
    rows, columns : what the chip covers, in pixels of the scene.

    Returns
    -------
    `(band, y, x)` of the same type with core and margins, contiguous.

    """
    height, width = scene.shape[1:]
    top, bottom = rows.read_start - row_start, rows.read_stop - row_start
    left, right = columns.read_start, columns.read_stop
    row_index: slice | NDArray[np.intp] = slice(top, bottom)
    if top < 0 or bottom > height:
        row_index = reflect_indices(top, bottom, height)
    chip = np.empty((len(scene), bottom - top, right - left), scene.dtype)
    first, last = max(left, 0), min(right, width)  # whole pieces of rows are copied fast, single pixels slowly
    chip[:, :, first - left : last - left] = scene[:, row_index, first:last]
    for start, stop in ((left, first), (last, right)):
        if start < stop:
            mirrored = reflect_indices(start, stop, width)
            chip[:, :, start - left : stop - left] = scene[:, row_index][:, :, mirrored]
    return chip


def reflect_indices(start: int, stop: int, length: int) -> NDArray[np.intp]:
    """Indices start..stop folded into 0..length-1 by reflection at the borders, however short the axis is."""
    index = np.arange(start, stop)
    if length == 1:
        return np.zeros_like(index)
    period = 2 * (length - 1)
    reflected = np.abs(index) % period
    return np.where(reflected < length, reflected, period - reflected)


def strip_rows(rows: ChipSpan, height: int) -> tuple[int, int]:
    """The rows of a scene that a strip of chips reads.

    Parameters
    ----------
    rows : of the chips, in pixels of the scene.
    height : of the scene, pixels.

    Returns
    -------
    First row, and first row after the last one; both within the scene.

    """
    return max(rows.read_start, 0), min(rows.read_stop, height)
