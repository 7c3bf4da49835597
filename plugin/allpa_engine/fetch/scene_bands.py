"""The files of a scene's bands, checked against one another and read onto the tile's 10 m grid strip by strip."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from ..core.bands import ALL_BANDS, BAND_BY_KEY, BAND_KEYS, SCL
from ..core.errors import SceneUnreadable
from ..core.messages import message
from ..core.scene import Scene
from ..geo.grid import RESOLUTION_M, Grid
from ..raster.resample import upsample_bilinear, upsample_nearest
from .band_reader import BandOpener, BandSource

STRIP_BYTES = 16 << 20
"""About so much of a band is held at once."""
_UPSAMPLED_ROWS = 512
"""Rows of the 10 m grid that are interpolated at once."""
_SAMPLES_PER_SIDE = 4
_RESOLUTIONS_M: dict[str, tuple[int, ...]] = {
    **{band.key: (band.resolution_m,) for band in ALL_BANDS},
    SCL: (20,),
    "B01": (60, 20),
    "AOT": (10, 20, 60),
    "WVP": (10, 20, 60),
}
"""Pixels that the files of catalogues have of each layer: the product holds some layers in several sizes."""


def scene_layers(bands: Sequence[str]) -> tuple[str, ...]:
    """Keys of the layers of a scene file, in order: the bands as `ALL_BANDS` has them, then SCL.

    Examples
    --------
    >>> scene_layers(["B8A", "B02"])
    ('B02', 'B8A', 'SCL')

    """
    return (*(band.key for band in ALL_BANDS if band.key in bands), SCL)


def usual_resolution_m(key: str) -> int:
    """Side of the pixels that files of a layer have in most catalogues, metres."""
    return _RESOLUTIONS_M[key][0]


@dataclass(frozen=True)
class Strip:
    """Rows of a layer within a window."""

    row: int
    """First row, counted from the window's top."""
    values: NDArray[np.uint16]
    """`(y, x)` on the 10 m grid, numbers as stored."""
    stored: NDArray[np.uint16]
    """The pixels of the file itself that belong to these rows."""


def open_bands(scene: Scene, opener: BandOpener, bands: Sequence[str] = BAND_KEYS) -> dict[str, BandSource]:
    """Open the files of a scene's bands and SCL, and check them against one another and against the catalogue.

    Parameters
    ----------
    scene : the scene, with a file for each of the layers.
    opener : opens the files, and closes them at its end.
    bands : keys of the bands.

    Returns
    -------
    The open files by key, in the order of `scene_layers`.

    Raises
    ------
    SceneUnreadable : where a file is missing, has another size than the catalogue says, or does not lie on the others'
        grid.
    FileChanged : where a file was replaced on its server meanwhile.
    Cancelled : where the run was stopped.

    """
    layers = scene_layers(bands)
    missing = [key for key in layers if key not in scene.assets]
    if missing:
        raise SceneUnreadable(message("The scene has no file for {bands}.", bands=", ".join(missing)))
    sources = {key: opener.open(scene.assets[key]) for key in layers}
    for key, source in sources.items():
        catalogue_shape = scene.assets[key].shape
        if catalogue_shape is not None and catalogue_shape != (source.grid.height, source.grid.width):
            raise SceneUnreadable(
                message("Band {band} differs in size from the catalogue.", band=key),
                message(
                    "It has {found} pixels instead of {expected}.",
                    found=f"{source.grid.height} x {source.grid.width}",
                    expected=f"{catalogue_shape[0]} x {catalogue_shape[1]}",
                ),
            )
    tile = tile_grid(sources)
    for key, source in sources.items():
        found, expected_grids = source.grid, [_band_grid(tile, side_m) for side_m in _RESOLUTIONS_M[key]]
        if found not in expected_grids:
            expected_grid = expected_grids[0]
            raise SceneUnreadable(
                message("Band {band} is not on the same grid as the other bands.", band=key),
                message(
                    "{width} x {height} x {resolution:g} m ≠ {width_2} x {height_2} x {resolution_2:g} m",
                    width=found.width,
                    height=found.height,
                    resolution=found.resolution,
                    width_2=expected_grid.width,
                    height_2=expected_grid.height,
                    resolution_2=expected_grid.resolution,
                ),
            )
    return sources


def tile_grid(sources: Mapping[str, BandSource]) -> Grid:
    """The tile's 10 m grid: that of the first band of 10 m, else that of SCL with smaller pixels."""
    for key, source in sources.items():
        band = BAND_BY_KEY.get(key)
        if band is not None and band.is_reflectance and band.resolution_m == RESOLUTION_M:
            return source.grid
    grid = sources[SCL].grid
    ratio = max(1, round(grid.resolution / RESOLUTION_M))
    return Grid(grid.crs, grid.left, grid.top, RESOLUTION_M, ratio * grid.width, ratio * grid.height)


def band_window(source: BandSource, window: Window) -> Window:
    """The pixels of a file's own grid that cover a window of the 10 m grid.

    Parameters
    ----------
    source : the file of a layer, opened.
    window : on the 10 m grid.

    Returns
    -------
    The window itself for files of 10 m pixels; else outward on whole pixels of the file.

    """
    ratio = _ratio(source)
    left, top = int(window.col_off) // ratio, int(window.row_off) // ratio
    right, bottom = -(-int(window.col_off + window.width) // ratio), -(-int(window.row_off + window.height) // ratio)
    return Window(left, top, right - left, bottom - top)


def read_band_strips(key: str, source: BandSource, window: Window) -> Iterator[Strip]:
    """Read a band within a window of the 10 m grid, strip by strip from top to bottom.

    Files of 10 m pixels come as they are, coarser ones by bilinear interpolation (of numbers as stored), SCL by nearest
    pixel.

    Parameters
    ----------
    key : of the layer.
    source : its file, opened.
    window : on the 10 m grid; it lies within the tile.

    Yields
    ------
    Strips as wide as the window, about `STRIP_BYTES` at a time, uint16 digital numbers as stored; 0 is no data.

    Raises
    ------
    SceneUnreadable : where the file cannot be read.
    FileChanged : where it was replaced on its server meanwhile.
    Cancelled : where the run was stopped.

    """
    if _ratio(source) == 1:
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


def _ratio(source: BandSource) -> int:
    """Pixels of the 10 m grid to one of the file, along each side."""
    return max(1, round(source.grid.resolution / RESOLUTION_M))


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
    """Read coarse pixels with a halo of one, and interpolate each row once the row below it is known."""
    ratio, own = _ratio(source), band_window(source, window)
    top, bottom = int(own.row_off), int(own.row_off + own.height)
    first_row, end_row = max(top - 1, 0), min(bottom + 1, source.grid.height)
    first_column = max(int(own.col_off) - 1, 0)
    columns = min(int(own.col_off + own.width) + 1, source.grid.width) - first_column
    stored_columns = slice(int(own.col_off) - first_column, int(own.col_off + own.width) - first_column)
    fine_columns = int(window.col_off) - ratio * first_column
    fine_top, fine_bottom = int(window.row_off), int(window.row_off + window.height)
    buffer, buffer_row, done = np.empty((0, columns), np.uint16), first_row, top
    for strip in _native_strips(source, Window(first_column, first_row, columns, end_row - first_row)):
        buffer = np.concatenate([buffer, strip.values])
        known_end = buffer_row + len(buffer)
        ready = bottom if known_end == end_row else known_end - 1
        step = max(1, _UPSAMPLED_ROWS // ratio)
        for start in range(done, ready, step):
            end = min(start + step, ready)
            above = max(start - 1, buffer_row)
            piece = buffer[above - buffer_row : end + 1 - buffer_row]
            fine = upsample_nearest(piece, ratio) if key == SCL else upsample_bilinear(piece, ratio)
            row, last = max(ratio * start, fine_top), min(ratio * end, fine_bottom)
            inside = fine[row - ratio * above : last - ratio * above, fine_columns : fine_columns + int(window.width)]
            yield Strip(row - fine_top, inside, buffer[start - buffer_row : end - buffer_row, stored_columns])
        done = max(done, ready)
        keep = max(done - 1, buffer_row)
        buffer, buffer_row = buffer[keep - buffer_row :], keep
