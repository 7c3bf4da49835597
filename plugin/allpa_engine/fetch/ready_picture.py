"""Pictures that come with a scene, for quick looks of scenes whose bands are JPEG 2000 files without cheap overviews.

The Copernicus Data Space has two beside each scene: true colours with 60 m pixels (about 4 MB, by the user's S3 keys),
and a JPEG of the whole tile with 320 m pixels (about 40 kB, without keys). For a small region the first one is tried
first, for a large one the second; where one cannot be read, the other is taken.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.io import MemoryFile

from ..core.bands import THUMBNAIL, TRUE_COLOR_60M
from ..core.errors import SceneUnreadable
from ..core.messages import message
from ..core.scene import Asset, Scene
from ..geo.mgrs_tiles import tile_bounds, tile_crs

LARGE_REGION_M = 60_000
"""From this side on, the pixels of the small picture are as fine as a quick look needs."""
MAX_TRUE_COLOR_BYTES, MAX_THUMBNAIL_BYTES = 16_000_000, 2_000_000
"""Larger files are refused; those of the Copernicus Data Space have 4 MB and 0.05 MB."""
_MAX_SIDE_PX = 4096
_BANDS = 3
_DARKEST = 3
"""Darker pixels have no data; JPEG does not keep their zeros."""
_ROUNDING = 1e-6

Bounds = tuple[float, float, float, float]
Picture = tuple[NDArray[np.uint8], dict[str, Any]]
"""Red, green, blue and opacity, `(4, y, x)`, and CRS, size and transform of the part that was read."""
OpenRaster = Callable[[Asset], AbstractContextManager[Any]]
"""Gives the open raster of a file that is read in pieces."""
ReadFile = Callable[[Asset, int], bytes]
"""Gives a whole file that is not larger than so many bytes."""


def pictures_of(scene: Scene, bounds: Bounds) -> tuple[str, ...]:
    """The pictures that a scene has, in the order in which they are tried for a region.

    Parameters
    ----------
    scene : from a catalogue or a scene list.
    bounds : of the region in the CRS of the scene's tile, metres.

    Returns
    -------
    Keys of the scene's assets; none for a scene without ready pictures.

    """
    side_m = max(bounds[2] - bounds[0], bounds[3] - bounds[1])
    order = (THUMBNAIL, TRUE_COLOR_60M) if side_m >= LARGE_REGION_M else (TRUE_COLOR_60M, THUMBNAIL)
    return tuple(key for key in order if key in scene.assets)


def read_picture(
    key: str, scene: Scene, bounds: Bounds, side_px: int, open_raster: OpenRaster, read_file: ReadFile
) -> Picture:
    """The part of a scene's picture within some bounds.

    Parameters
    ----------
    key : of the picture among the scene's assets, from `pictures_of`.
    scene : whose picture it is.
    bounds : in the CRS of the scene's tile, metres.
    side_px : of the longer side, at most.
    open_raster, read_file : how its files are reached.

    Returns
    -------
    The picture; opacity is 0 where it has no data.

    Raises
    ------
    SceneUnreadable : where the picture does not show the bounds, or is none of a tile.
    RasterioError : where its file cannot be decoded.

    """
    if key == TRUE_COLOR_60M:
        with open_raster(scene.assets[key]) as source:
            return _cut(source, source.transform, source.crs, bounds, side_px)
    west, south, east, north = tile_bounds(scene.tile)
    with MemoryFile(read_file(scene.assets[key], MAX_THUMBNAIL_BYTES)) as file, file.open(driver="JPEG") as source:
        transform = rasterio.transform.from_bounds(west, south, east, north, source.width, source.height)
        return _cut(source, transform, tile_crs(scene.tile), bounds, side_px)


def _cut(
    source: Any,  # noqa: ANN401 - rasterio ships no types
    transform: Any,  # noqa: ANN401
    crs: Any,  # noqa: ANN401
    bounds: Bounds,
    side_px: int,
) -> Picture:
    """The part of an open picture within some bounds, as small as it is shown."""
    if source.count < _BANDS or source.dtypes[0] != "uint8" or max(source.width, source.height) > _MAX_SIDE_PX:
        raise SceneUnreadable(message("The scene's own picture is not one of its tile."))
    left, top = (math.floor(side + _ROUNDING) for side in ~transform * (bounds[0], bounds[3]))
    right, bottom = (math.ceil(side - _ROUNDING) for side in ~transform * (bounds[2], bounds[1]))
    left, top, right, bottom = max(0, left), max(0, top), min(source.width, right), min(source.height, bottom)
    if right <= left or bottom <= top:
        raise SceneUnreadable(message("The scene does not cover the region."))
    factor = max(1.0, max(right - left, bottom - top) / side_px)
    height, width = max(1, round((bottom - top) / factor)), max(1, round((right - left) / factor))
    values = source.read(
        (1, 2, 3),
        window=((top, bottom), (left, right)),
        out_shape=(_BANDS, height, width),
        resampling=Resampling.average,
    )
    picture = np.empty((_BANDS + 1, height, width), dtype=np.uint8)
    picture[:_BANDS] = values
    picture[_BANDS] = np.where(values.max(axis=0) > _DARKEST, 255, 0)
    scale = rasterio.Affine.scale((right - left) / width, (bottom - top) / height)
    moved = transform * rasterio.Affine.translation(left, top) * scale
    return picture, {"crs": crs, "transform": moved, "height": height, "width": width}
