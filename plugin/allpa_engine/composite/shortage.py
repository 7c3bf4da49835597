"""Shortage: where the classified scenes still show the land too seldom, so that more scenes must be fetched."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import rasterio
from numpy.typing import NDArray

from ..classify.prediction_file import CLASS_BAND, SCL_BAND
from ..core.bands import SCL_OBSCURED
from ..core.legend import CLOUDS, NO_DATA
from ..core.scene import Prediction
from ..geo.grid import Grid
from ..geo.region import Region

SAMPLE_STEP = 4
"""Every fourth pixel of every fourth row is looked at: enough to know shares to a thousandth, a sixteenth of memory."""
TOLERATED_SHARE = 0.01
"""A tile is short of looks when more than this share of its pixels in the region is."""


def short_share(predictions: Sequence[Prediction], region: Region, clear_looks: int) -> dict[str, float]:
    """Share of each tile's pixels in the region that have fewer than `clear_looks` clear looks, 0 to 1.

    A look is clear where the scene has data, neither the network nor the scene classification says cloud, and the
    scene classification says no shadow. Pixels that no scene of the tile reaches are left out: more scenes of the
    same orbits would not reach them either. The predictions of a tile share one grid.

    Raises
    ------
    RasterioIOError : where a prediction was damaged since it was written.
    """
    by_tile: dict[str, list[Prediction]] = defaultdict(list)
    for each in predictions:
        by_tile[each.tile].append(each)
    return {tile: _tile_share(each, region, clear_looks) for tile, each in sorted(by_tile.items())}


def _tile_share(predictions: Sequence[Prediction], region: Region, clear_looks: int) -> float:
    grid = _sample_grid(predictions[0])
    looks = np.zeros((grid.height, grid.width), np.uint16)
    reached = np.zeros(looks.shape, bool)
    for each in predictions:
        codes, scl = _sampled(each, grid)
        reached |= codes != NO_DATA
        looks += (codes != NO_DATA) & (codes != CLOUDS) & ~np.isin(scl, SCL_OBSCURED)
    counted = reached & grid.inside(region.projected(grid.crs))
    return float((looks[counted] < clear_looks).mean()) if counted.any() else 0.0


def _sample_grid(prediction: Prediction) -> Grid:
    with rasterio.open(prediction.path) as source:
        height, width = (-(-side // SAMPLE_STEP) for side in source.shape)
        step = source.transform.a * SAMPLE_STEP
        return Grid(source.crs.to_string(), source.transform.c, source.transform.f, step, width, height)


def _sampled(prediction: Prediction, grid: Grid) -> NDArray[np.uint8]:
    """Class and scene classification `(2, y, x)` uint8 of the sampled pixels."""
    with rasterio.open(prediction.path) as source:
        bands: NDArray[np.uint8] = source.read([CLASS_BAND, SCL_BAND], out_shape=(2, grid.height, grid.width))
    return bands
