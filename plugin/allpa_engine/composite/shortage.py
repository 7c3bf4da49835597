"""Shortage: where the classified scenes still show the land too seldom, so that more scenes must be fetched."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from ..classify.prediction_file import CLASS_BAND
from ..core.legend import NO_DATA
from ..core.scene import Prediction
from ..geo.grid import Grid
from ..geo.region import Region
from .sources import DatasetPool, PredictionSource, read_clear, read_source

SAMPLE_STEP = 4
"""Every fourth pixel of every fourth row is counted: enough to know shares to a thousandth, a sixteenth of memory."""
MAX_SHORTAGE_SHARE = 0.01
"""A tile is short of observations when more than this share of its pixels in the region is."""
_STRIP_ROWS = 512


def shortage_shares(
    predictions: Sequence[Prediction], region: Region, clear_observations: int, *, dilate: bool
) -> dict[str, float]:
    """Share of each tile's pixels in the region that have too few clear observations.

    Pixels that no scene of the tile reaches are left out: more scenes of the same orbits would not reach them either.

    Parameters
    ----------
    predictions : of any tiles; those of a tile share one grid.
    region : where pixels are counted.
    clear_observations : how many a pixel needs.
    dilate : whether clouds and shadows are dilated, as the composite will do.

    Returns
    -------
    Share from 0 to 1 by tile.

    Raises
    ------
    RasterInvalid : where a prediction is damaged.

    """
    sources_by_tile: dict[str, list[PredictionSource]] = defaultdict(list)
    for prediction in predictions:
        sources_by_tile[prediction.tile].append(read_source(prediction))
    with DatasetPool() as files:
        return {
            tile: _tile_shortage(sources, region, clear_observations, files, dilate=dilate)
            for tile, sources in sorted(sources_by_tile.items())
        }


def _tile_shortage(
    sources: Sequence[PredictionSource], region: Region, clear_observations: int, files: DatasetPool, *, dilate: bool
) -> float:
    grid = sources[0].grid
    samples = _sample_grid(grid)
    in_region = samples.mask_inside(region.geometry_in_crs(grid.crs))
    observations = np.zeros(in_region.shape, np.uint16)
    has_data = np.zeros(in_region.shape, bool)
    for source in sources:
        for row in range(0, grid.height, _STRIP_ROWS):
            window = Window(0, row, grid.width, min(_STRIP_ROWS, grid.height - row))
            rows = slice(row // SAMPLE_STEP, row // SAMPLE_STEP + -(-int(window.height) // SAMPLE_STEP))
            observations[rows] += _sampled(read_clear(source, window, files, dilate=dilate))
            has_data[rows] |= _sampled(files.read(source, window, [CLASS_BAND])[0] != NO_DATA)
    counted = has_data & in_region
    return float((observations[counted] < clear_observations).mean()) if counted.any() else 0.0


def _sampled(values: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return values[::SAMPLE_STEP, ::SAMPLE_STEP]


def _sample_grid(grid: Grid) -> Grid:
    """A grid whose pixel centres are those of the sampled pixels, the first of every `SAMPLE_STEP`."""
    shift = (SAMPLE_STEP - 1) / 2 * grid.resolution
    width, height = (-(-side // SAMPLE_STEP) for side in (grid.width, grid.height))
    return Grid(grid.crs, grid.left - shift, grid.top + shift, SAMPLE_STEP * grid.resolution, width, height)
