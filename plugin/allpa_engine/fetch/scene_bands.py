"""The seven files of a scene, checked against one another and read onto the tile's 10 m grid strip by strip."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from ..core.bands import BAND_KEYS, BANDS, SCL
from ..core.errors import SceneUnreadable
from ..core.messages import said
from ..core.scene import Scene
from ..geo.grid import RESOLUTION_M, Grid
from ..raster.resample import doubled_bilinear, doubled_nearest
from .band_reader import BandOpener, BandSource

LAYERS = (*BAND_KEYS, SCL)
"""Bands of a scene file, in order."""
STRIP_BYTES = 16 << 20
"""About so much of a band is held at once."""
_DOUBLED_ROWS = 256
"""20 m rows that are doubled at once."""
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
        raise SceneUnreadable(said("The scene has no file of {bands}.", bands=", ".join(missing)))
    sources = {key: opener.open(scene.assets[key]) for key in LAYERS}
    for key, source in sources.items():
        told = scene.assets[key].shape
        if told is not None and told != (source.grid.height, source.grid.width):
            raise SceneUnreadable(
                said("The scene's {band} has not the size that the catalogue gives.", band=key),
                f"It has {source.grid.height} x {source.grid.width} pixels instead of {told[0]} x {told[1]}.",
            )
    tile = sources[LAYERS[0]].grid
    for key, source in sources.items():
        found, due = source.grid, _grid_of_layer(tile, _RESOLUTION_M[key])
        if found != due:
            raise SceneUnreadable(
                said("The scene's {band} does not lie on the grid of its other bands.", band=key),
                f"{found.width} x {found.height} x {found.resolution:g} m ≠ "
                f"{due.width} x {due.height} x {due.resolution:g} m",
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
    """Read 20 m pixels with a halo of one, and double each row once the row below it is known."""
    own = layer_window(key, window)
    top, bottom = int(own.row_off), int(own.row_off + own.height)
    first_row, end_row = max(top - 1, 0), min(bottom + 1, source.grid.height)
    first_column = max(int(own.col_off) - 1, 0)
    columns = min(int(own.col_off + own.width) + 1, source.grid.width) - first_column
    skipped = int(own.col_off) - first_column
    held, held_row, done = np.empty((0, columns), np.uint16), first_row, top
    for strip in _native_strips(source, Window(first_column, first_row, columns, end_row - first_row)):
        held = np.concatenate([held, strip.values])
        known_end = held_row + len(held)
        ready = bottom if known_end == end_row else known_end - 1
        for start in range(done, ready, _DOUBLED_ROWS):
            end = min(start + _DOUBLED_ROWS, ready)
            above = max(start - 1, held_row)
            piece = held[above - held_row : end + 1 - held_row]
            doubled = doubled_nearest(piece) if key == SCL else doubled_bilinear(piece)
            inside = doubled[2 * (start - above) : 2 * (end - above), 2 * skipped :][:, : int(window.width)]
            row = 2 * (start - top)
            stored = held[start - held_row : end - held_row, skipped : skipped + int(own.width)]
            yield Strip(row, inside[: int(window.height) - row], stored)
        done = max(done, ready)
        keep = max(done - 1, held_row)
        held, held_row = held[keep - held_row :], keep
