"""The seven files of a scene, checked against one another and read onto the tile's 10 m grid strip by strip."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from ..bands import BAND_KEYS, BANDS, SCL
from ..errors import SceneUnreadable
from ..grid import RESOLUTION_M, Grid
from ..resample import doubled_bilinear, doubled_nearest
from ..scene import Scene
from .transfer import BandOpener, BandSource

LAYERS = (*BAND_KEYS, SCL)
"""Bands of a scene file, in order."""
STRIP_BYTES = 16 << 20
"""About so much of a band is held at once."""
_RESOLUTION_M = {**{band.key: band.resolution_m for band in BANDS}, SCL: 20}


@dataclass(frozen=True)
class Strip:
    """Rows of a layer within a window."""

    row: int
    """First row, counted from the window's top."""
    values: NDArray[np.uint16]
    """`(y, x)` on the 10 m grid, numbers as stored."""
    stored: NDArray[np.uint16]
    """The pixels of the file itself that belong to these rows."""


def open_layers(scene: Scene, opener: BandOpener) -> dict[str, BandSource]:
    """Open the scene's files; the grid of the first is the tile's 10 m grid.

    Raises
    ------
    SceneUnreadable : where a file is missing or does not lie on the others' grid. FileChanged, Cancelled
    """
    missing = [key for key in LAYERS if key not in scene.assets]
    if missing:
        raise SceneUnreadable(f"The scene has no file of {', '.join(missing)}.")
    sources = {key: opener.open(scene.assets[key]) for key in LAYERS}
    tile = sources[LAYERS[0]].grid
    for key, source in sources.items():
        found, due = source.grid, _grid_of_layer(tile, _RESOLUTION_M[key])
        if found != due:
            raise SceneUnreadable(
                f"The scene's {key} does not lie on the grid of its other bands.",
                f"It has {found.width} x {found.height} pixels of {found.resolution:g} m instead of "
                f"{due.width} x {due.height} of {due.resolution:g} m, or lies elsewhere.",
            )
    return sources


def layer_window(key: str, window: Window) -> Window:
    """The pixels of a layer's own grid that cover a window of the 10 m grid (which begins on even pixels)."""
    if _RESOLUTION_M[key] == RESOLUTION_M:
        return window
    return Window(
        int(window.col_off) // 2, int(window.row_off) // 2, -(-int(window.width) // 2), -(-int(window.height) // 2)
    )


def layer_strips(key: str, source: BandSource, window: Window) -> Iterator[Strip]:
    """Read a layer within a window of the 10 m grid, from top to bottom.

    10 m bands come as they are, 20 m bands by bilinear interpolation (of numbers as stored), SCL repeated.
    """
    if _RESOLUTION_M[key] == RESOLUTION_M:
        yield from _native_strips(source, window)
    else:
        yield from _doubled_strips(key, source, window)


def sampled_blocks(source: BandSource, across: int = 4) -> Iterator[NDArray[np.uint16]]:
    """`across` x `across` pieces of a file at full resolution, of at most 256 x 256 pixels, spread over the tile."""
    side = min(256, source.grid.width, source.grid.height)
    for row in np.linspace(0, source.grid.height - side, across).astype(int):
        for column in np.linspace(0, source.grid.width - side, across).astype(int):
            yield source.read(Window(int(column), int(row), side, side))


def _grid_of_layer(tile: Grid, resolution_m: float) -> Grid:
    ratio = round(resolution_m / RESOLUTION_M)
    return Grid(tile.crs, tile.left, tile.top, resolution_m, -(-tile.width // ratio), -(-tile.height // ratio))


def _native_strips(source: BandSource, window: Window) -> Iterator[Strip]:
    """Strips that end on the file's own block rows, so that no block is fetched or decoded twice."""
    top, height = int(window.row_off), int(window.height)
    blocks = max(1, STRIP_BYTES // (2 * int(window.width) * source.block_height))
    step = blocks * source.block_height
    row = top
    while row < top + height:
        end = min((row // step + 1) * step, top + height)
        values = source.read(Window(window.col_off, row, window.width, end - row))
        yield Strip(row - top, values, values)
        row = end


def _doubled_strips(key: str, source: BandSource, window: Window) -> Iterator[Strip]:
    """Read the whole 20 m window with a halo of one pixel, and double it piece by piece."""
    own = layer_window(key, window)
    left, top = int(own.col_off), int(own.row_off)
    first_column, first_row = max(left - 1, 0), max(top - 1, 0)
    end_column = min(left + int(own.width) + 1, source.grid.width)
    end_row = min(top + int(own.height) + 1, source.grid.height)
    stored = source.read(Window(first_column, first_row, end_column - first_column, end_row - first_row))
    inner_left, inner_top = left - first_column, top - first_row
    columns = slice(inner_left, inner_left + int(own.width))
    step = max(1, STRIP_BYTES // (16 * int(own.width)))
    for start in range(inner_top, inner_top + int(own.height), step):
        end = min(start + step, inner_top + int(own.height))
        above, below = max(start - 1, 0), min(end + 1, len(stored))
        piece = stored[above:below]
        doubled = doubled_nearest(piece) if key == SCL else doubled_bilinear(piece)
        rows = slice(2 * (start - above), 2 * (end - above))
        inside = doubled[rows, 2 * columns.start : 2 * columns.start + int(window.width)]
        first = 2 * (start - inner_top)
        yield Strip(first, inside[: int(window.height) - first], stored[start:end, columns])
