"""The seven files of a scene, checked against one another and read onto the tile's 10 m grid strip by strip."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from ..core.bands import BAND_KEYS, BANDS, SCL
from ..core.errors import SceneUnreadable
from ..core.messages import message
from ..core.scene import Scene
from ..geo.grid import RESOLUTION_M, Grid
from ..raster.resample import upsample_bilinear, upsample_nearest
from .band_reader import BandOpener, BandSource

SCENE_BANDS = (*BAND_KEYS, SCL)
"""Bands of a scene file, in order."""
STRIP_BYTES = 16 << 20
"""About so much of a band is held at once."""
_UPSAMPLED_ROWS = 256
"""20 m rows that are doubled at once."""
_SAMPLES_PER_SIDE = 4
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


def open_bands(scene: Scene, opener: BandOpener) -> dict[str, BandSource]:
    """Open the scene's seven files and check them against one another and against the catalogue.

    Parameters
    ----------
    scene : the scene, with a file for every band of `SCENE_BANDS`.
    opener : opens the files, and closes them at its end.

    Returns
    -------
    The open files by key, in the order of `SCENE_BANDS`; the grid of the first is the tile's 10 m grid.

    Raises
    ------
    SceneUnreadable : where a file is missing, has another size than the catalogue says, or does not lie on the others'
        grid.
    FileChanged : where a file was replaced on its server meanwhile.
    Cancelled : where the run was stopped.

    """
    missing = [key for key in SCENE_BANDS if key not in scene.assets]
    if missing:
        raise SceneUnreadable(message("The scene has no file for {bands}.", bands=", ".join(missing)))
    sources = {key: opener.open(scene.assets[key]) for key in SCENE_BANDS}
    for key, source in sources.items():
        catalogue_shape = scene.assets[key].shape
        if catalogue_shape is not None and catalogue_shape != (source.grid.height, source.grid.width):
            raise SceneUnreadable(
                message("Band {band} differs in size from the catalogue.", band=key),
                f"It has {source.grid.height} x {source.grid.width} pixels "
                f"instead of {catalogue_shape[0]} x {catalogue_shape[1]}.",
            )
    tile = sources[SCENE_BANDS[0]].grid
    for key, source in sources.items():
        found, expected_grid = source.grid, _band_grid(tile, _RESOLUTION_M[key])
        if found != expected_grid:
            raise SceneUnreadable(
                message("Band {band} is not on the same grid as the other bands.", band=key),
                f"{found.width} x {found.height} x {found.resolution:g} m ≠ "
                f"{expected_grid.width} x {expected_grid.height} x {expected_grid.resolution:g} m",
            )
    return sources


def band_window(key: str, window: Window) -> Window:
    """The pixels of a band's own grid that cover a window of the 10 m grid.

    Parameters
    ----------
    key : of the band, one of `SCENE_BANDS`.
    window : on the 10 m grid; it begins on even rows and columns.

    Returns
    -------
    The window itself for 10 m bands, half of it (rounded up) for 20 m bands.

    """
    if _RESOLUTION_M[key] == RESOLUTION_M:
        return window
    return Window(
        int(window.col_off) // 2, int(window.row_off) // 2, -(-int(window.width) // 2), -(-int(window.height) // 2)
    )


def read_band_strips(key: str, source: BandSource, window: Window) -> Iterator[Strip]:
    """Read a band within a window of the 10 m grid, strip by strip from top to bottom.

    10 m bands come as they are, 20 m bands by bilinear interpolation (of numbers as stored), SCL by nearest pixel.

    Parameters
    ----------
    key : of the band, one of `SCENE_BANDS`.
    source : its file, opened.
    window : on the 10 m grid; it begins on even rows and columns and lies within the tile.

    Yields
    ------
    Strips as wide as the window, about `STRIP_BYTES` at a time, uint16 digital numbers as stored; 0 is no data.

    Raises
    ------
    SceneUnreadable : where the file cannot be read.
    FileChanged : where it was replaced on its server meanwhile.
    Cancelled : where the run was stopped.

    """
    if _RESOLUTION_M[key] == RESOLUTION_M:
        yield from _native_strips(source, window)
    else:
        yield from _upsampled_strips(key, source, window)


def sample_blocks(source: BandSource) -> Iterator[NDArray[np.uint16]]:
    """Read square pieces of a file at full resolution, spread evenly over the tile.

    Parameters
    ----------
    source : a file of the scene, opened.

    Yields
    ------
    Pieces `(y, x)` of at most 256 x 256 pixels, uint16 digital numbers as stored; 0 is no data.

    Raises
    ------
    SceneUnreadable : where the file cannot be read.
    FileChanged : where it was replaced on its server meanwhile.
    Cancelled : where the run was stopped.

    """
    side = min(256, source.grid.width, source.grid.height)
    for row in np.linspace(0, source.grid.height - side, _SAMPLES_PER_SIDE).astype(int):
        for column in np.linspace(0, source.grid.width - side, _SAMPLES_PER_SIDE).astype(int):
            yield source.read(Window(int(column), int(row), side, side))


def _band_grid(tile: Grid, resolution_m: float) -> Grid:
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


def _upsampled_strips(key: str, source: BandSource, window: Window) -> Iterator[Strip]:
    """Read 20 m pixels with a halo of one, and double each row once the row below it is known."""
    own = band_window(key, window)
    top, bottom = int(own.row_off), int(own.row_off + own.height)
    first_row, end_row = max(top - 1, 0), min(bottom + 1, source.grid.height)
    first_column = max(int(own.col_off) - 1, 0)
    columns = min(int(own.col_off + own.width) + 1, source.grid.width) - first_column
    skipped_columns = int(own.col_off) - first_column
    buffer, buffer_row, done = np.empty((0, columns), np.uint16), first_row, top
    for strip in _native_strips(source, Window(first_column, first_row, columns, end_row - first_row)):
        buffer = np.concatenate([buffer, strip.values])
        known_end = buffer_row + len(buffer)
        ready = bottom if known_end == end_row else known_end - 1
        for start in range(done, ready, _UPSAMPLED_ROWS):
            end = min(start + _UPSAMPLED_ROWS, ready)
            above = max(start - 1, buffer_row)
            piece = buffer[above - buffer_row : end + 1 - buffer_row]
            doubled = upsample_nearest(piece) if key == SCL else upsample_bilinear(piece)
            inside = doubled[2 * (start - above) : 2 * (end - above), 2 * skipped_columns :][:, : int(window.width)]
            row = 2 * (start - top)
            stored = buffer[start - buffer_row : end - buffer_row, skipped_columns : skipped_columns + int(own.width)]
            yield Strip(row, inside[: int(window.height) - row], stored)
        done = max(done, ready)
        keep = max(done - 1, buffer_row)
        buffer, buffer_row = buffer[keep - buffer_row :], keep
