"""Filling pixels without data before the network sees them, so that the edge of the data does not look like dark land.

At the edge of a swath a scene's pixels are zero. The network would read them as black land, and its convolutions would
carry that into the pixels beside the edge. So they take the spectra of data nearby: a pixel at distance d from its
nearest pixel with data takes the pixel that lies d / 2, but at most `MAX_INWARD_PX`, behind that one in the same
direction. That is a mirror image of the edge, stretched to twice its size and then continued; of the fills that were
compared it changed the fewest classes beside an edge (`docs/decisions/no-data-fill.md`).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

MAX_INWARD_PX = 4


def halo_px(reach_px: int) -> int:
    """Rows around a block that decide how its pixels are filled; see `fill_no_data`."""
    return _search_px(reach_px) + MAX_INWARD_PX


def _search_px(reach_px: int) -> int:
    return math.ceil(reach_px * math.sqrt(2))


def fill_no_data(reflectance: NDArray[np.float32] | NDArray[np.uint16], reach_px: int) -> None:
    """Fill pixels without data, in place, as far as a network can see them from a pixel with data.

    Parameters
    ----------
    reflectance : `(band, y, x)`, or numbers as they are stored; a pixel with 0 in any band has no data and takes all
        its bands from elsewhere.
    reach_px : rows and columns that a network looks away from a pixel. Pixels without data that are farther from all
        data are left.

    Examples
    --------
    >>> import numpy as np
    >>> scene = np.array([[[1, 2, 3, 0, 0, 0, 0]]], np.float32)
    >>> fill_no_data(scene, 3)
    >>> scene[0, 0]
    array([1., 2., 3., 3., 2., 1., 0.], dtype=float32)
    """
    has_data = (reflectance != 0).all(axis=0)
    if has_data.all() or not has_data.any():
        return
    above, below = _distances_in_columns(has_data)
    rows, columns = np.nonzero(~has_data & _within(np.minimum(above, below) <= reach_px, reach_px))
    nearest_rows, nearest_columns = _nearest(above, below, rows, columns, _search_px(reach_px))
    dy, dx = nearest_rows - rows, nearest_columns - columns
    distance = np.hypot(dy, dx)
    inward = np.minimum(distance / 2, MAX_INWARD_PX) / distance
    height, width = has_data.shape
    source_rows = np.clip(nearest_rows + np.rint(dy * inward).astype(np.intp), 0, height - 1)
    source_columns = np.clip(nearest_columns + np.rint(dx * inward).astype(np.intp), 0, width - 1)
    usable = has_data[source_rows, source_columns]
    source_rows = np.where(usable, source_rows, nearest_rows)
    source_columns = np.where(usable, source_columns, nearest_columns)
    reflectance[:, rows, columns] = reflectance[:, source_rows, source_columns]


def _distances_in_columns(has_data: NDArray[np.bool_]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Rows `(y, x)` to the nearest pixel with data above and below in the same column; a large number for none."""
    height = len(has_data)
    row = np.arange(height, dtype=np.int32)[:, np.newaxis]
    far = np.int32(1 << 20)
    above = row - np.maximum.accumulate(np.where(has_data, row, -far), axis=0)
    below = np.minimum.accumulate(np.where(has_data, row, far + height)[::-1], axis=0)[::-1] - row
    return above, below


def _within(near: NDArray[np.bool_], reach_px: int) -> NDArray[np.bool_]:
    """Pixels of which a row has one that is `near` within `reach_px` columns."""
    counts = np.zeros((near.shape[0], near.shape[1] + 1), np.int32)
    np.cumsum(near, axis=1, out=counts[:, 1:])
    column = np.arange(near.shape[1])
    first, last = np.maximum(column - reach_px, 0), np.minimum(column + reach_px + 1, near.shape[1])
    return counts[:, last] > counts[:, first]


def _nearest(
    above: NDArray[np.int32],
    below: NDArray[np.int32],
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    search_px: int,
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Row and column of the nearest pixel with data of each pixel that has some within `search_px`.

    Of equally near ones the first in a fixed order of directions is taken, so that it does not depend on the block.
    """
    width = above.shape[1]
    best = np.full(len(rows), 1 << 40)
    nearest_rows, nearest_columns = rows.copy(), columns.copy()
    active = np.arange(len(rows))
    for offset in range(search_px + 1):
        active = active[best[active] > offset * offset]
        if not active.size:
            break
        for step in (offset, -offset) if offset else (0,):
            column = columns[active] + step
            inside = (column >= 0) & (column < width)
            pixels, column = active[inside], column[inside]
            for distances, sign in ((above, -1), (below, 1)):
                dy = distances[rows[pixels], column].astype(np.int64)
                squared = dy * dy + offset * offset
                nearer = squared < best[pixels]
                chosen = pixels[nearer]
                best[chosen] = squared[nearer]
                nearest_rows[chosen] = rows[chosen] + sign * dy[nearer]
                nearest_columns[chosen] = column[nearer]
    return nearest_rows, nearest_columns
