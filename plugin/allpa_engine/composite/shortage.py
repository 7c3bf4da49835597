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
MAX_SHORTAGE_SHARE = 0.01
"""A tile is short of observations when more than this share of its pixels in the region is."""


def shortage_shares(predictions: Sequence[Prediction], region: Region, clear_observations: int) -> dict[str, float]:
    """Share of each tile's pixels in the region that have fewer than `clear_observations` clear observations, 0 to 1.

    A look is clear where the scene has data, neither the network nor the scene classification says cloud, and the
    scene classification says no shadow. Pixels that no scene of the tile reaches are left out: more scenes of the
    same orbits would not reach them either. The predictions of a tile share one grid.

    Raises
    ------
    RasterioIOError : where a prediction was damaged since it was written.
    """
    predictions_by_tile: dict[str, list[Prediction]] = defaultdict(list)
    for each in predictions:
        predictions_by_tile[each.tile].append(each)
    return {
        tile: _tile_shortage(each, region, clear_observations) for tile, each in sorted(predictions_by_tile.items())
    }


def _tile_shortage(predictions: Sequence[Prediction], region: Region, clear_observations: int) -> float:
    grid = _sample_grid(predictions[0])
    observations = np.zeros((grid.height, grid.width), np.uint16)
    has_data = np.zeros(observations.shape, bool)
    for each in predictions:
        codes, scl = _read_sampled(each, grid)
        has_data |= codes != NO_DATA
        observations += (codes != NO_DATA) & (codes != CLOUDS) & ~np.isin(scl, SCL_OBSCURED)
    counted = has_data & grid.inside(region.geometry_in_crs(grid.crs))
    return float((observations[counted] < clear_observations).mean()) if counted.any() else 0.0


def _sample_grid(prediction: Prediction) -> Grid:
    with rasterio.open(prediction.path) as source:
        height, width = (-(-side // SAMPLE_STEP) for side in source.shape)
        step = source.transform.a * SAMPLE_STEP
        return Grid(source.crs.to_string(), source.transform.c, source.transform.f, step, width, height)


def _read_sampled(prediction: Prediction, grid: Grid) -> NDArray[np.uint8]:
    """Class and scene classification `(2, y, x)` uint8 of the sampled pixels."""
    with rasterio.open(prediction.path) as source:
        bands: NDArray[np.uint8] = source.read([CLASS_BAND, SCL_BAND], out_shape=(2, grid.height, grid.width))
    return bands
