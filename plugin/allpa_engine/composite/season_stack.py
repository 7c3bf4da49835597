"""Fetched scenes as sources of a seasonal composite: their clear pixels, and their bands on any block of the grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.windows import Window
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from ..core.bands import SCL, SCL_NO_DATA
from ..core.errors import RasterInvalid
from ..core.messages import message
from ..core.scene import FetchedScene
from ..core.season_keys import KEEP_SNOW, SNOW_IF_ALONE
from ..geo.grid import Grid, grid_of
from ..raster.cloud_mask import HALO_M, cloud_shadow_mask, dilated
from ..raster.gdal import gtiff_profile, open_raster, translate_write_errors
from ..raster.resample import upsample_nearest
from .alignment import align_block
from .sources import DatasetPool, footprint, tile_centre

SCL_SNOW = 11
_MASK_RESOLUTION_M = 20
_STRIP_ROWS = 1024
"""Rows of 20 m pixels whose mask is computed at once."""


@dataclass(frozen=True)
class SceneSource:
    """A fetched scene and where its bands and pixels lie."""

    path: Path
    scene_id: str
    tile: str
    date: str
    """Day of sensing, ISO 8601."""
    grid: Grid
    bands: tuple[int, ...]
    """Numbers of the wanted bands in the file."""
    scl_band: int
    mask: Path
    """Raster of the scene's clear pixels, 20 m, from `write_clear_mask`."""


@dataclass(frozen=True)
class SceneTile:
    """All the scenes of one tile, in the order of their dates."""

    name: str
    sources: tuple[SceneSource, ...]
    footprint: BaseGeometry
    """Bounds of the scenes' windows in the output CRS."""
    centre: tuple[float, float]
    """Centre of the whole tile, output CRS."""


def read_scene_source(fetched: FetchedScene, bands: Sequence[str], mask: Path) -> SceneSource:
    """Read where a scene's bands and pixels lie.

    Parameters
    ----------
    fetched : a scene and its file, whose bands are named by their keys.
    bands : keys of the wanted bands, in the order of the composite.
    mask : where the raster of its clear pixels will lie.

    Returns
    -------
    The source.

    Raises
    ------
    RasterInvalid : where the file cannot be read, or lacks a band.

    """
    try:
        with open_raster(fetched.path) as dataset:
            grid, names = grid_of(dataset), list(dataset.descriptions)
    except RasterioError as error:
        raise _unreadable(fetched.path, str(error)) from error
    missing = [key for key in (*bands, SCL) if key not in names]
    if missing:
        raise _unreadable(fetched.path, message("It has no band {bands}.", bands=", ".join(missing)))
    numbers = tuple(names.index(key) + 1 for key in bands)
    scene = fetched.scene
    return SceneSource(fetched.path, scene.id, scene.tile, scene.date, grid, numbers, names.index(SCL) + 1, mask)


def group_scenes_by_tile(sources: Sequence[SceneSource], crs: str) -> tuple[SceneTile, ...]:
    """Group scenes by tile.

    Parameters
    ----------
    sources : in any order.
    crs : of the composite: footprints and centres are given in it.

    Returns
    -------
    Tiles in the order of their names, their scenes in the order of their dates.

    """
    tiles = []
    for name in sorted({source.tile for source in sources}):
        own = sorted((s for s in sources if s.tile == name), key=lambda source: (source.date, source.scene_id))
        extent = unary_union([footprint(grid, crs) for grid in {source.grid for source in own}])
        tiles.append(SceneTile(name, tuple(own), extent, tile_centre(name, own[0].grid, extent, crs)))
    return tuple(tiles)


def write_clear_mask(source: SceneSource, *, dilate: bool) -> None:
    """Write which 20 m pixels of a scene are clear: neither no data, nor cloud, shadow or cirrus, nor near these.

    0 is hidden, 1 clear, 2 clear and snow by the scene classification.
    Written once for the whole scene, so that a block needs no pixels around it. The scene classification is read from
    the file's overview of 20 m, a quarter of its pixels, where there is one.

    Parameters
    ----------
    source : the scene; the raster appears at its `mask`.
    dilate : whether clouds and shadows are dilated, by the rule of `cloud_mask.dilated`.

    Raises
    ------
    RasterInvalid : where the scene cannot be read.
    DiskFull, FolderNotWritable : where the mask cannot be written.

    """
    grid = source.grid
    height, width = -(-grid.height // 2), -(-grid.width // 2)
    halo = HALO_M // _MASK_RESOLUTION_M if dilate else 0
    coarse = Grid(grid.crs, grid.left, grid.top, 2 * grid.resolution, width, height)
    profile = gtiff_profile(
        coarse, 1, "uint8", tiled=True, blockxsize=256, blockysize=256, compress="deflate", zlevel=1
    )
    with translate_write_errors(source.mask), rasterio.open(source.mask, "w", **profile) as target:
        for row in range(0, height, _STRIP_ROWS):
            top, bottom = max(row - halo, 0), min(row + _STRIP_ROWS + halo, height)
            scl = _read_classification(source, top, bottom)
            hidden = cloud_shadow_mask(scl)
            clear = ~(dilated(hidden) if dilate else hidden)
            clear &= scl != SCL_NO_DATA
            rows = min(_STRIP_ROWS, height - row)
            codes = clear.view(np.uint8) + (clear & (scl == SCL_SNOW))
            target.write(codes[row - top : row - top + rows], 1, window=Window(0, row, width, rows))


def _read_classification(source: SceneSource, top: int, bottom: int) -> NDArray[np.uint8]:
    """Rows of the scene classification on its own 20 m grid, `(y, x)`."""
    grid = source.grid
    window = Window(0, 2 * top, grid.width, min(2 * bottom, grid.height) - 2 * top)
    try:
        with open_raster(source.path) as dataset:
            if grid.width % 2 or grid.height % 2:
                codes = dataset.read(source.scl_band, window=window)[::2, ::2]
            else:
                shape = int(window.height) // 2, grid.width // 2
                codes = dataset.read(source.scl_band, window=window, out_shape=shape, resampling=Resampling.nearest)
    except RasterioError as error:
        raise _unreadable(source.path, str(error)) from error
    out: NDArray[np.uint8] = codes.astype(np.uint8)
    return out


def read_stack(
    tile: SceneTile, block: Grid, files: DatasetPool, snow: str = KEEP_SNOW, reflectance_count: int | None = None
) -> tuple[NDArray[np.uint16], NDArray[np.bool_]] | None:
    """The bands of all of a tile's scenes on a block, and where each is clear.

    Parameters
    ----------
    tile : its scenes.
    block : grid of the block, in any CRS; scenes of another CRS are read by nearest pixel.
    files : opens the scenes and their masks.
    snow : one of `SNOW_RULES`: which observations of snow count as clear.
    reflectance_count : the first bands, of which none may lack data in a clear pixel; None takes all.

    Returns
    -------
    `(scene, band, y, x)` uint16 digital numbers and `(scene, y, x)` masks, of the scenes that touch the block; None
    where none does.

    Raises
    ------
    RasterInvalid : where a scene's file is damaged.

    """
    aligned = [(source, found) for source in tile.sources if (found := align_block(source.grid, block)) is not None]
    if not aligned:
        return None
    shape = block.height, block.width
    stack = np.zeros((len(aligned), len(tile.sources[0].bands), *shape), np.uint16)
    masks = np.zeros((len(aligned), *shape), np.uint8)
    for number, (source, alignment) in enumerate(aligned):
        window = alignment.window
        is_whole = alignment.rows is None and (int(window.height), int(window.width)) == shape
        try:
            if is_whole:
                files.read_file(source.path, window, source.bands, stack[number])
            else:
                alignment.copy_pixels(files.read_file(source.path, window, source.bands), stack[number])
            alignment.copy_pixels(_read_mask(source, window, files)[np.newaxis], masks[number][np.newaxis])
        except RasterioError as error:
            raise _unreadable(source.path, str(error)) from error
        for band in stack[number, :reflectance_count]:
            masks[number] *= band != 0
    return stack, _without_snow(masks, snow)


def _without_snow(masks: NDArray[np.uint8], rule: str) -> NDArray[np.bool_]:
    """Which observations count as clear, `(scene, y, x)`."""
    clear: NDArray[np.bool_] = masks > 0 if rule == KEEP_SNOW else masks == 1
    if rule == SNOW_IF_ALONE:
        clear |= ~clear.any(axis=0) & (masks > 0)
    return clear


def _read_mask(source: SceneSource, window: Window, files: DatasetPool) -> NDArray[np.uint8]:
    """The mask of a window of a scene on the 10 m grid."""
    row, column, height, width = (int(v) for v in (window.row_off, window.col_off, window.height, window.width))
    top, left = row // 2, column // 2
    coarse = Window(left, top, -(-(column + width) // 2) - left, -(-(row + height) // 2) - top)
    values: NDArray[np.uint8] = files.read_file(source.mask, coarse, [1])[0]
    return upsample_nearest(values)[row % 2 :, column % 2 :][:height, :width]


def _unreadable(path: Path, why: str) -> RasterInvalid:
    return RasterInvalid(
        message("The scene file {file} cannot be used for a composite.", file=path.name),
        why,
        message("Remove the file and run again: the scene is then downloaded anew."),
    )
