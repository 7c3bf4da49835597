"""Votes of a tile: the observations of its scenes in a block, which of them are clear, and the decision from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from ..classify.prediction_file import CLASS_BAND, CONFIDENCE_BAND, SCL_BAND
from ..core.legend import NO_DATA
from ..geo.grid import Grid
from ..raster.cloud_mask import is_clear
from .alignment import Alignment, align_block
from .rule import VOTING_CODES, CompositeRule
from .sources import DatasetPool, PredictionSource, Tile, read_clear
from .votes import (
    Decision,
    Tally,
    add_month,
    add_observations,
    decide,
    empty_tally,
)

_SCENES_PER_READ = 16
_PX_PER_SLICE = 65_536
"""Pixels that are worked on together, so that their sums stay in the processor's cache."""


@dataclass(frozen=True)
class _SceneObservations:
    """Some scenes' pixels of a block, flat: `(scene, n)`."""

    months: tuple[int, ...]
    classes: NDArray[np.uint8]
    confidence: NDArray[np.uint8]
    clear: NDArray[np.bool_]
    probabilities: NDArray[np.uint8] | None
    """`(scene, 9, n)`, for soft voting."""


def decide_tile(tile: Tile, block: Grid, rule: CompositeRule, files: DatasetPool) -> Decision | None:
    """Decide a block's pixels from one tile's scenes.

    Memory grows with the block, not with the number of scenes: they are read a few at a time and summed.

    Parameters
    ----------
    tile : the predictions of the tile.
    block : grid of the block.
    rule : which observations count, and how much.
    files : opens the predictions.

    Returns
    -------
    The layers of all the block's pixels, flat; None where the tile does not touch the block.

    Raises
    ------
    RasterInvalid : where a prediction is damaged.

    """
    alignments = [
        (source, alignment) for source in tile.sources if (alignment := align_block(source.grid, block)) is not None
    ]
    if not alignments:
        return None
    size = block.width * block.height
    seen = np.zeros(size, bool)
    total = empty_tally(size) if rule.month_balance else empty_tally(size, len(alignments))
    for part in _group_by_month(alignments) if rule.month_balance else (alignments,):
        tally = empty_tally(size, len(part)) if rule.month_balance else total
        for start in range(0, len(part), _SCENES_PER_READ):
            observations = _read_observations(part[start : start + _SCENES_PER_READ], block, rule, files)
            for pixels in _pixel_slices(size) if observations.months else ():
                _tally_clear_observations(observations, tally, seen, pixels)
        if rule.month_balance:
            add_month(total, tally)
    layers = np.empty((6, size), np.uint8)
    for pixels in _pixel_slices(size):
        layers[:, pixels] = decide(_slice_tally(total, pixels), seen[pixels], rule).layers
    return Decision(layers)


def _group_by_month(
    alignments: list[tuple[PredictionSource, Alignment]],
) -> Iterator[list[tuple[PredictionSource, Alignment]]]:
    ordered = sorted(alignments, key=lambda pair: pair[0].month)
    for _, part in groupby(ordered, key=lambda pair: pair[0].month):
        yield list(part)


def _pixel_slices(size: int) -> Iterator[slice]:
    for start in range(0, size, _PX_PER_SLICE):
        yield slice(start, min(start + _PX_PER_SLICE, size))


def _slice_tally(tally: Tally, pixels: slice) -> Tally:
    return Tally(tally.confidence[:, pixels], tally.observations[:, pixels], tally.months[pixels])


def _read_observations(
    alignments: Sequence[tuple[PredictionSource, Alignment]], block: Grid, rule: CompositeRule, files: DatasetPool
) -> _SceneObservations:
    """The pixels of the scenes that have data in the block; of a swath's edge or a part of a tile some have none."""
    voting = len(VOTING_CODES) if rule.soft else 0
    values = np.zeros((len(alignments), 3 + voting, block.height, block.width), np.uint8)
    clear = np.zeros((len(alignments), block.height, block.width), np.uint8)
    months: list[int] = []
    for source, alignment in alignments:
        index = len(months)
        layers = values[index]
        bands = [CLASS_BAND, CONFIDENCE_BAND, SCL_BAND, *source.probability_bands[:voting]]
        if alignment.rows is None:
            rows, columns = alignment.target
            files.read(source, alignment.window, bands, out=layers[:, rows, columns])
        else:
            alignment.copy_pixels(files.read(source, alignment.window, bands), layers)
        if not layers[0].max():
            layers[:] = 0
            continue
        if rule.mask_dilation:
            with_halo = read_clear(source, alignment.window, files, dilate=True)
            alignment.copy_pixels(with_halo[np.newaxis].view(np.uint8), clear[index : index + 1])
        else:
            clear[index] = is_clear(layers[0], layers[2], dilate=False)
        months.append(source.month)
    flat = values.reshape(*values.shape[:2], -1)[: len(months)]
    return _SceneObservations(
        tuple(months),
        flat[:, 0],
        flat[:, 1],
        clear.reshape(len(alignments), -1)[: len(months)].view(bool),
        flat[:, 3:] if rule.soft else None,
    )


def _tally_clear_observations(
    observations: _SceneObservations, tally: Tally, seen: NDArray[np.bool_], pixels: slice
) -> None:
    """Tally the clear observations of some pixels, and mark in `seen` which of them any scene observed."""
    classes = observations.classes[:, pixels]
    seen[pixels] |= np.maximum.reduce(classes, axis=0) != NO_DATA
    add_observations(
        _slice_tally(tally, pixels),
        classes * observations.clear[:, pixels].view(np.uint8),
        observations.confidence[:, pixels],
        observations.months,
        None if observations.probabilities is None else observations.probabilities[:, :, pixels],
    )
