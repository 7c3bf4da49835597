"""Votes of a tile: the observations of its scenes in a block, which of them are clear, and the decision from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from ..classify.prediction_file import CLASS_BAND, CONFIDENCE_BAND, SCL_BAND, SECOND_CLASS_BAND
from ..core.bands import SCL_NO_DATA
from ..core.composite_keys import SLOPE
from ..core.legend import NO_DATA
from ..geo.grid import Grid
from ..raster.cloud_mask import cloud_shadow_mask, is_clear
from .alignment import Alignment, align_block
from .guards import (
    SecondVotes,
    cropped,
    decide_guarded,
    expanded_by_halo,
    gather_evidence,
    slice_tally,
    without_halo,
)
from .rule import CompositeRule
from .sources import DatasetPool, PredictionSource, Tile, read_clear
from .terrain import ElevationRaster, slope_degrees
from .votes import (
    MAX_OBSERVATIONS,
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
    """`(scene, class, n)` of the classes that can win, for soft voting."""
    second: NDArray[np.uint8] | None
    """Second classes, for guards; 0 of files that hold none."""
    sky_is_clear: NDArray[np.bool_] | None
    """Where the scene classification sees data without cloud or shadow, for guards."""


def decide_tile(
    tile: Tile, block: Grid, rule: CompositeRule, files: DatasetPool, elevation: ElevationRaster | None = None
) -> Decision | None:
    """Decide a block's pixels from one tile's scenes.

    Memory grows with the block, not with the number of scenes: they are read a few at a time and summed.

    Parameters
    ----------
    tile : the predictions of the tile.
    block : grid of the block.
    rule : which observations count, and how much.
    files : opens the predictions.
    elevation : for the guard `slope`; None where none is known.

    Returns
    -------
    The layers of all the block's pixels, flat; None where the tile does not touch the block.

    Raises
    ------
    RasterInvalid : where a prediction is damaged.

    """
    if all(align_block(grid, block) is None for grid in {source.grid for source in tile.sources}):
        return None
    area = expanded_by_halo(block) if rule.guards else block
    total, seconds, seen = _tally_scenes(tile, area, rule, files)
    if rule.guards:
        has_slope = SLOPE in rule.guards and elevation is not None
        slope = slope_degrees(elevation, area) if has_slope and elevation is not None else None
        evidence = gather_evidence(block, total, seconds, slope, rule)
        total, seconds, seen = cropped(total, block), seconds.cropped(block), without_halo(seen, block)
    layers = np.empty((6, seen.size), np.uint8)
    guarded = np.zeros(seen.size, np.uint8) if rule.guards else None
    for pixels in _pixel_slices(seen.size):
        votes = slice_tally(total, pixels)
        if guarded is None:
            layers[:, pixels] = decide(votes, seen[pixels], rule).layers
        else:
            decision = decide_guarded(votes, seconds.slice(pixels), evidence.part(pixels), seen[pixels], rule)
            layers[:, pixels] = decision.layers
            if decision.guarded is not None:
                guarded[pixels] = decision.guarded
    return Decision(layers, guarded)


def _tally_scenes(
    tile: Tile, area: Grid, rule: CompositeRule, files: DatasetPool
) -> tuple[Tally, SecondVotes, NDArray[np.bool_]]:
    """The votes of all scenes on an area, those of their second classes, and where any scene saw the land."""
    alignments = [
        (source, alignment) for source in tile.sources if (alignment := align_block(source.grid, area)) is not None
    ]
    size = area.width * area.height
    most = MAX_OBSERVATIONS if rule.month_balance else len(alignments)
    codes = rule.legend.land_codes
    seen, total = np.zeros(size, bool), empty_tally(size, most, codes)
    total_seconds = SecondVotes(size, rule.guards, most, rule.legend)
    for part in _group_by_month(alignments) if rule.month_balance else (alignments,):
        tally, seconds = total, total_seconds
        if rule.month_balance:
            tally = empty_tally(size, len(part), codes)
            seconds = SecondVotes(size, rule.guards, len(part), rule.legend)
        for start in range(0, len(part), _SCENES_PER_READ):
            observations = _read_observations(part[start : start + _SCENES_PER_READ], area, rule, files)
            for pixels in _pixel_slices(size) if observations.months else ():
                _tally_clear_observations(observations, tally, seen, pixels)
                if rule.guards:
                    _tally_second_classes(observations, seconds, pixels, soft=rule.soft)
        if rule.month_balance:
            add_month(total, tally)
            total_seconds.add_month(seconds, tally)
    return total, total_seconds, seen


def _group_by_month(
    alignments: list[tuple[PredictionSource, Alignment]],
) -> Iterator[list[tuple[PredictionSource, Alignment]]]:
    ordered = sorted(alignments, key=lambda pair: pair[0].month)
    for _, part in groupby(ordered, key=lambda pair: pair[0].month):
        yield list(part)


def _pixel_slices(size: int) -> Iterator[slice]:
    for start in range(0, size, _PX_PER_SLICE):
        yield slice(start, min(start + _PX_PER_SLICE, size))


def _read_observations(
    alignments: Sequence[tuple[PredictionSource, Alignment]], block: Grid, rule: CompositeRule, files: DatasetPool
) -> _SceneObservations:
    """The pixels of the scenes that have data in the block; of a swath's edge or a part of a tile some have none."""
    legend = rule.legend
    voting = [legend.codes.index(code) for code in legend.land_codes] if rule.soft else []
    fixed = 4 if rule.guards else 3
    values = np.zeros((len(alignments), fixed + len(voting), block.height, block.width), np.uint8)
    clear = np.zeros((len(alignments), block.height, block.width), np.uint8)
    months: list[int] = []
    for source, alignment in alignments:
        index = len(months)
        layers = values[index]
        bands = [CLASS_BAND, CONFIDENCE_BAND, SCL_BAND, *(source.probability_bands[position] for position in voting)]
        if rule.guards:
            bands.insert(3, SECOND_CLASS_BAND if source.has_year_bands else CLASS_BAND)
        if alignment.rows is None:
            rows, columns = alignment.target
            files.read(source, alignment.window, bands, out=layers[:, rows, columns])
        else:
            alignment.copy_pixels(files.read(source, alignment.window, bands), layers)
        if not layers[0].max():
            layers[:] = 0
            continue
        if rule.guards and not source.has_year_bands:
            layers[3] = 0
        if rule.mask_dilation:
            with_halo = read_clear(source, alignment.window, files, dilate=True)
            alignment.copy_pixels(with_halo[np.newaxis].view(np.uint8), clear[index : index + 1])
        else:
            clear[index] = is_clear(layers[0], layers[2], dilate=False, cloud_code=legend.cloud_code)
        months.append(source.month)
    flat = values.reshape(*values.shape[:2], -1)[: len(months)]
    return _SceneObservations(
        tuple(months),
        flat[:, 0],
        flat[:, 1],
        clear.reshape(len(alignments), -1)[: len(months)].view(bool),
        flat[:, fixed:] if rule.soft else None,
        flat[:, 3] if rule.guards else None,
        ~cloud_shadow_mask(flat[:, 2]) & (flat[:, 2] != SCL_NO_DATA) if rule.guards else None,
    )


def _tally_second_classes(observations: _SceneObservations, seconds: SecondVotes, pixels: slice, *, soft: bool) -> None:
    """Tally what the second classes of some pixels' observations would vote."""
    if observations.second is None or observations.sky_is_clear is None:
        return
    seconds.slice(pixels).add(
        observations.classes[:, pixels],
        observations.confidence[:, pixels],
        observations.second[:, pixels],
        observations.clear[:, pixels],
        observations.sky_is_clear[:, pixels],
        observations.months,
        soft=soft,
    )


def _tally_clear_observations(
    observations: _SceneObservations, tally: Tally, seen: NDArray[np.bool_], pixels: slice
) -> None:
    """Tally the clear observations of some pixels, and mark in `seen` which of them any scene observed."""
    classes = observations.classes[:, pixels]
    seen[pixels] |= np.maximum.reduce(classes, axis=0) != NO_DATA
    add_observations(
        slice_tally(tally, pixels),
        classes * observations.clear[:, pixels].view(np.uint8),
        observations.confidence[:, pixels],
        observations.months,
        None if observations.probabilities is None else observations.probabilities[:, :, pixels],
    )
