"""Where the pixels of an output block lie in a prediction's grid: by whole pixels, or nearest across CRSs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.windows import Window

from ..geo.grid import GRID_TOLERANCE_PX, Grid

_NODES_PX = 8
"""Output pixels between the points that are transformed exactly.

Between them coordinates follow straight lines, off by about 0.1 mm between UTM zones. Points lie on multiples of
this distance counted from the CRS's origin, so every block finds the same coordinates for a pixel.
"""


@dataclass(frozen=True)
class Alignment:
    """Which window of a source to read, and which of its pixels fill which pixels of the block."""

    window: Window
    """Of the source's grid, clipped to it."""
    rows: NDArray[np.intp] | None
    """`(y, x)` row in the window per output pixel, -1 outside; None where the window fits `target` pixel by pixel."""
    columns: NDArray[np.intp] | None
    target: tuple[slice, slice]
    """The part of the block that the window fills when `rows` is None."""

    def copy_pixels(self, values: NDArray[Any], out: NDArray[Any]) -> None:
        """Put the pixels of the window where they belong in the block.

        Parameters
        ----------
        values : `(band, y, x)` of the window, as read.
        out : `(band, y, x)` of the block in the same type, with as many bands; changed in place, other pixels stay.

        """
        if self.rows is None or self.columns is None:
            rows, columns = self.target
            out[:, rows, columns] = values
            return
        inside = self.rows >= 0
        out[:, inside] = values[:, self.rows[inside], self.columns[inside]]


def align_block(source: Grid, block: Grid) -> Alignment | None:
    """How a block of the output is filled from a source.

    Parameters
    ----------
    source : grid of a prediction.
    block : grid of the block, in any CRS.

    Returns
    -------
    Pixel by pixel where both grids have the same CRS and resolution and differ by whole pixels; else by nearest pixel.
    None where they do not meet.

    """
    offset_x = (block.left - source.left) / source.resolution
    offset_y = (source.top - block.top) / source.resolution
    on_pixels = max(abs(offset_x - round(offset_x)), abs(offset_y - round(offset_y))) <= GRID_TOLERANCE_PX
    if source.crs == block.crs and source.resolution == block.resolution and on_pixels:
        return _shifted(source, block, round(offset_x), round(offset_y))
    return _nearest(source, block)


def _shifted(source: Grid, block: Grid, column: int, row: int) -> Alignment | None:
    first_column, last_column = max(column, 0), min(column + block.width, source.width)
    first_row, last_row = max(row, 0), min(row + block.height, source.height)
    if first_column >= last_column or first_row >= last_row:
        return None
    window = Window(first_column, first_row, last_column - first_column, last_row - first_row)
    target = (slice(first_row - row, last_row - row), slice(first_column - column, last_column - column))
    return Alignment(window, None, None, target)


def _nearest(source: Grid, block: Grid) -> Alignment | None:
    """The source pixel that holds each output pixel's centre, which is the nearest one."""
    x, y = pixel_centres_in(block, source.crs)
    columns = np.floor((x - source.left) / source.resolution).astype(np.intp)
    rows = np.floor((source.top - y) / source.resolution).astype(np.intp)
    inside = (columns >= 0) & (columns < source.width) & (rows >= 0) & (rows < source.height)
    if not inside.any():
        return None
    first_row, first_column = int(rows[inside].min()), int(columns[inside].min())
    last_row, last_column = int(rows[inside].max()), int(columns[inside].max())
    window = Window(first_column, first_row, last_column - first_column + 1, last_row - first_row + 1)
    rows = np.where(inside, rows - first_row, -1)
    columns = np.where(inside, columns - first_column, -1)
    return Alignment(window, rows, columns, (slice(None), slice(None)))


def pixel_centres_in(block: Grid, crs: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coordinates of a block's pixel centres in another CRS.

    Some points are transformed exactly, those between them by bilinear interpolation (see `_NODES_PX`).

    Parameters
    ----------
    block : grid of the block.
    crs : in which the coordinates are wanted.

    Returns
    -------
    Two arrays `(y, x)` float64 in units of `crs`: x and y; infinite where a point cannot be transformed.

    """
    to_crs = Transformer.from_crs(block.crs, crs, always_xy=True).transform
    x, y = interpolated_from_nodes(block, _NODES_PX, to_crs)
    return x, y


def interpolated_from_nodes(
    block: Grid,
    nodes_px: int,
    values_at: Callable[[NDArray[np.float64], NDArray[np.float64]], Sequence[NDArray[np.float64]]],
) -> tuple[NDArray[np.float64], ...]:
    """Values at a block's pixel centres that are exact on some nodes, and bilinear between these.

    Parameters
    ----------
    block : grid of the block.
    nodes_px : pixels between the nodes; these lie on multiples of it counted from the CRS's origin, so that every block
        finds the same value for a pixel.
    values_at : gives one or more values, float64 of the shape of its arguments, for x and y of the nodes in the block's
        CRS.

    Returns
    -------
    Arrays `(y, x)` float64, as many as `values_at` gives.

    """
    step = nodes_px * block.resolution
    x = block.left + (np.arange(block.width) + 0.5) * block.resolution
    y = block.top - (np.arange(block.height) + 0.5) * block.resolution
    node_x = np.arange(math.floor(x[0] / step), math.floor(x[-1] / step) + 2) * step
    node_y = np.arange(math.floor(y[-1] / step), math.floor(y[0] / step) + 2) * step
    exact = values_at(*np.meshgrid(node_x, node_y))
    column, share_x = np.divmod(x - node_x[0], step)
    row, share_y = np.divmod(y - node_y[0], step)
    return tuple(
        _between(values, row.astype(int), share_y / step, column.astype(int), share_x / step) for values in exact
    )


def _between(
    nodes: NDArray[np.float64],
    row: NDArray[np.int_],
    share_y: NDArray[np.float64],
    column: NDArray[np.int_],
    share_x: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Bilinear values `(y, x)` between the nodes."""
    along_x = nodes[:, column] * (1 - share_x) + nodes[:, column + 1] * share_x
    out: NDArray[np.float64] = along_x[row] * (1 - share_y)[:, np.newaxis] + along_x[row + 1] * share_y[:, np.newaxis]
    return out
