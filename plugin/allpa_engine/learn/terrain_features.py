"""Terrain as features: elevation, slope and aspect on the grid of a feature folder.

Elevation comes from any raster of metres: the Copernicus DEM that `fetch.elevation` joins, or a user's own.

* `elevation`: metres, bilinear between the raster's heights.
* `slope`: degrees from the horizontal, from heights 30 m apart.
* `aspect`: the direction in which the ground falls, degrees clockwise from the grid's north, 0 on level ground.
* `northness`, `eastness`: cosine and sine of the aspect, both 0 on level ground. They say that 359 degrees and 1 degree
  are nearly the same direction, which the numbers of `aspect` do not.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from ..composite.terrain import ElevationRaster, slope_and_aspect
from ..core import raster_tags
from ..core.protocol import Reporter
from ..geo.grid import Grid
from ..raster.parallel import map_in_order
from .feature_manifest import FeatureRaster
from .feature_names import ASPECT, EASTNESS, ELEVATION, NORTHNESS, SLOPE, TERRAIN
from .feature_writer import FLOAT32, add_feature_raster, create_feature_raster

FILE_NAME = "terrain.tif"
STAGE = "terrain"
_STRIP_PIXELS = 1_400_000
"""Pixels that are computed at once by a thread: some 150 MB."""


def add_terrain(
    folder: str | os.PathLike[str],
    elevation: str | os.PathLike[str],
    grid: Grid,
    reporter: Reporter,
    *,
    names: Sequence[str] = TERRAIN,
    threads: int = 2,
) -> FeatureRaster:
    """Write a raster of terrain into a feature folder, and name it in the folder's `features.json`.

    Parameters
    ----------
    folder : the feature folder; it is made.
    elevation : raster of metres, in any CRS.
    grid : of the folder, projected and in metres.
    reporter : hears of the progress; its Cancelled stops the work.
    names : which of `TERRAIN`, in the order of the bands.
    threads : strips that are computed at once.

    Returns
    -------
    The entry of the raster.

    Raises
    ------
    RasterInvalid : where the elevation cannot be used.
    FeaturesInvalid : where the folder has another grid.
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    raster = FeatureRaster(FILE_NAME, tuple(names))
    rows = max(1, _STRIP_PIXELS // grid.width)
    windows = [Window(0, top, grid.width, min(rows, grid.height - top)) for top in range(0, grid.height, rows)]
    tags = {raster_tags.SOURCE: Path(elevation).name}
    with ElevationRaster(elevation) as heights, ThreadPoolExecutor(threads, STAGE) as pool:

        def strip(window: Window) -> NDArray[np.float32]:
            return terrain_of(heights, grid.for_window(window), names)

        with (
            create_feature_raster(folder, raster, grid, FLOAT32, tags) as writer,
            closing(map_in_order(pool, strip, windows, prefetch=threads)) as strips,
        ):
            for number, values in enumerate(strips):
                reporter.progress(STAGE, number, len(windows))
                writer.write(values)
    reporter.progress(STAGE, len(windows), len(windows))
    add_feature_raster(folder, raster, grid)
    return raster


def terrain_of(elevation: ElevationRaster, block: Grid, names: Sequence[str]) -> NDArray[np.float32]:
    """Terrain of a block.

    Parameters
    ----------
    elevation : the open raster.
    block : grid of the block, in metres.
    names : which of `TERRAIN`.

    Returns
    -------
    `(feature, y, x)` float32 in the order of `names`; NaN where heights are missing.

    Raises
    ------
    RasterInvalid : where the raster is damaged.

    """
    values: dict[str, NDArray[np.float32]] = {}
    if ELEVATION in names:
        values[ELEVATION] = elevation.heights(block)
    if set(names) - {ELEVATION}:
        slope, aspect = slope_and_aspect(elevation, block)
        tilted = np.where(slope > 0, np.float32(1), np.where(np.isnan(slope), np.float32(np.nan), np.float32(0)))
        values |= {
            SLOPE: slope,
            ASPECT: aspect,
            NORTHNESS: tilted * np.cos(np.radians(aspect)),
            EASTNESS: tilted * np.sin(np.radians(aspect)),
        }
    return np.stack([values[name] for name in names]).astype(np.float32)
