"""Which pixels of a tile a region needs."""

from __future__ import annotations

import math

from rasterio.windows import Window
from shapely.geometry.base import BaseGeometry

from ..geo.grid import Grid

SNAP_M = 20.0
"""Windows begin and end on whole pixels of the 20 m bands."""
_ROUNDING_M = 0.01
"""Coordinates that lie on the grid come back from longitude and latitude this close to it."""


def snap_bounds(geometry: BaseGeometry, margin_m: float = 0) -> tuple[float, float, float, float]:
    """The bounds of a geometry, widened by a margin, outward on multiples of 20 m.

    Parameters
    ----------
    geometry : in the CRS of a tile, metres; not empty.
    margin_m : added on all four sides, metres.

    Returns
    -------
    Left, bottom, right, top in metres.

    Examples
    --------
    >>> from shapely.geometry import box
    >>> snap_bounds(box(105, 205, 301, 400))
    (100.0, 200.0, 320.0, 400.0)

    """
    left, bottom, right, top = geometry.bounds
    padding_m = margin_m - _ROUNDING_M
    return (
        math.floor((left - padding_m) / SNAP_M) * SNAP_M,
        math.floor((bottom - padding_m) / SNAP_M) * SNAP_M,
        math.ceil((right + padding_m) / SNAP_M) * SNAP_M,
        math.ceil((top + padding_m) / SNAP_M) * SNAP_M,
    )


def window_on_tile(tile: Grid, bounds: tuple[float, float, float, float]) -> Window | None:
    """The tile's pixels within some bounds, outward on whole 20 m pixels of the tile's own grid.

    Parameters
    ----------
    tile : grid of a file of the tile; its pixels measure 10 m or 20 m.
    bounds : left, bottom, right, top in the tile's CRS, metres.

    Returns
    -------
    The window, cut where the tile ends; None where the tile has no pixel within the bounds.

    Examples
    --------
    >>> tile = Grid("EPSG:32718", 699960.0, 8500020.0, 10.0, 10980, 10980)
    >>> window = window_on_tile(tile, (700000, 8499000, 700130, 8499500))
    >>> window.col_off, window.row_off, window.width, window.height
    (4, 52, 14, 50)

    """
    left, bottom, right, top = bounds
    step = round(SNAP_M / tile.resolution)

    def snap_outward(low: float, high: float, size: int) -> tuple[int, int]:
        first = math.floor((low + _ROUNDING_M) / SNAP_M) * step
        end = math.ceil((high - _ROUNDING_M) / SNAP_M) * step
        return max(first, 0), min(end, size)

    first_column, end_column = snap_outward(left - tile.left, right - tile.left, tile.width)
    first_row, end_row = snap_outward(tile.top - top, tile.top - bottom, tile.height)
    if first_column >= end_column or first_row >= end_row:
        return None
    return Window(first_column, first_row, end_column - first_column, end_row - first_row)
