"""The annual decision: among classes that one date confuses, what the year of a pixel's vegetation says.

It comes after the votes and after their guards, looks only at pixels whose class is one of a pair of the model, and
changes a class only where enough clear observations are spread over the year, the year is like those that the model
has learnt from, and the place lies in a zone where it was shown to help. Each pixel is decided by itself from exact
statistics, so neither blocks nor the order of the scenes matter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..classify.chip_classes import CONFIDENCE_SCALE
from ..classify.prediction_file import CLASS_BAND, CONFIDENCE_BAND, MOISTURE_BAND, NDVI_BAND, SCL_BAND
from ..geo.grid import Grid
from ..geo.pixel_area import central_pixel_m2
from ..geo.projection import WGS84
from ..raster.cloud_mask import is_clear
from .alignment import Alignment, align_block, pixel_centres_in
from .decision_model import DecisionModel, PairModel
from .sources import DatasetPool, PredictionSource, Tile, read_clear

MIN_QUARTERS = 3
"""Quarters of the calendar year in which a pixel needs a clear observation: one season is not a year."""
FEW_OBSERVATIONS, FEW_SEASONS, OUTSIDE_ZONES, UNLIKE_TRAINING = "few_observations", "few_seasons", "zones", "unlike"
_PX_PER_SLICE = 16_384
"""Pixels that are decided together, so that their features stay in the processor's cache."""
_MAX_STACK_BYTES = 1 << 26
"""Of the year's stack of a block in one thread; more scenes are read in several parts of the pixels."""


@dataclass
class DecisionCounts:
    """What the decision did, in pixels."""

    candidates: int = 0
    """Pixels whose class by the votes is one of a pair."""
    changed: Counter[tuple[int, int]] = field(default_factory=Counter)
    """Pixels by class of the votes and class of the decision."""
    held_back: Counter[str] = field(default_factory=Counter)
    """Candidates that no pair could decide, by the first reason that holds."""

    def add(self, other: DecisionCounts) -> None:
        """Add those of another block."""
        self.candidates += other.candidates
        self.changed.update(other.changed)
        self.held_back.update(other.held_back)

    def to_dict(self, model: DecisionModel, grid: Grid) -> dict[str, Any]:
        """The counts as JSON values, with the areas at the pixel size of the map's centre and the model's hash."""
        pixel_ha = central_pixel_m2(grid) / 10_000
        return {
            "model": model.name,
            "model_hash": model.sha256,
            "candidate_pixels": self.candidates,
            "changed": [
                {"from": before, "to": after, "pixels": pixels, "area_ha": round(pixels * pixel_ha, 4)}
                for (before, after), pixels in sorted(self.changed.items())
            ],
            "held_back_pixels": dict(sorted(self.held_back.items())),
        }


def decide_by_year(
    tile: Tile,
    block: Grid,
    landcover: NDArray[np.uint8],
    owned: NDArray[np.bool_],
    model: DecisionModel,
    files: DatasetPool,
    *,
    dilate: bool,
) -> DecisionCounts:
    """Decide the pixels of a block that one tile owns, and change their classes in place.

    Parameters
    ----------
    tile : the predictions of the tile, of the composite's months.
    block : grid of the block.
    landcover : `(y, x)` uint8 classes by the votes; changed in place.
    owned : `(y, x)` pixels whose class was decided by this tile.
    model : tells the pairs apart.
    files : opens the predictions.
    dilate : dilate clouds and shadows, as the votes did.

    Returns
    -------
    What was changed and what was held back.

    Raises
    ------
    RasterInvalid : where a prediction is damaged.

    """
    pair_codes = sorted({code for pair in model.pairs for code in pair.classes})
    index = np.flatnonzero(owned & np.isin(landcover, pair_codes))
    counts = DecisionCounts(candidates=index.size)
    alignments = [
        (source, alignment) for source in tile.sources if (alignment := align_block(source.grid, block)) is not None
    ]
    if not index.size or not alignments:
        return counts
    longitude, latitude = (axis.ravel()[index] for axis in pixel_centres_in(block, WGS84))
    parts = -(-2 * len(alignments) * index.size // _MAX_STACK_BYTES)
    flat = landcover.reshape(-1)
    for part in np.array_split(np.arange(index.size), parts):
        year = _read_year(alignments, block, index[part], model, files, dilate=dilate)
        before = flat[index[part]]
        after = np.empty_like(before)
        for start in range(0, before.size, _PX_PER_SLICE):
            px = slice(start, start + _PX_PER_SLICE)
            after[px] = _decide(year.take(px), before[px], longitude[part][px], latitude[part][px], model, counts)
        for old in pair_codes:
            for new in pair_codes:
                if pixels := int(np.count_nonzero((before == old) & (after == new))) if old != new else 0:
                    counts.changed[old, new] += pixels
        flat[index[part]] = after
    return counts


@dataclass(frozen=True)
class _Year:
    """The clear observations of m pixels."""

    ndvi: NDArray[np.uint8]
    """`(scene, m)` as stored, 0 where not clear."""
    ndmi: NDArray[np.uint8]
    scores: dict[int, NDArray[np.uint32]]
    """`(m,)` sum of the confidences x 255 by class."""
    quarters: NDArray[np.uint8]
    """`(m,)` bits of the quarters with a clear observation."""

    def take(self, px: slice) -> _Year:
        """The year of some of the pixels."""
        scores = {code: score[px] for code, score in self.scores.items()}
        return _Year(self.ndvi[:, px], self.ndmi[:, px], scores, self.quarters[px])


def _read_year(
    alignments: Sequence[tuple[PredictionSource, Alignment]],
    block: Grid,
    index: NDArray[np.intp],
    model: DecisionModel,
    files: DatasetPool,
    *,
    dilate: bool,
) -> _Year:
    """Read the year of some of a block's pixels, one scene after the other."""
    size = index.size
    ndvi, ndmi = (np.zeros((len(alignments), size), np.uint8) for _ in range(2))
    scores = {code: np.zeros(size, np.uint32) for pair in model.pairs for code in pair.classes}
    quarters = np.zeros(size, np.uint8)
    for number, (source, classes, confidence, indices) in enumerate(
        _clear_observations(alignments, block, index, files, dilate=dilate)
    ):
        ndvi[number], ndmi[number] = indices
        for code, score in scores.items():
            score += confidence * (classes == code)
        quarters |= (indices[0] > 0).view(np.uint8) << np.uint8((source.month - 1) // 3)
    return _Year(ndvi, ndmi, scores, quarters)


def _clear_observations(
    alignments: Sequence[tuple[PredictionSource, Alignment]],
    block: Grid,
    index: NDArray[np.intp],
    files: DatasetPool,
    *,
    dilate: bool,
) -> Iterator[tuple[PredictionSource, NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]]:
    """Class, confidence and `(2, m)` indices of each scene that holds indices, 0 where it is not clear."""
    bands = [CLASS_BAND, CONFIDENCE_BAND, SCL_BAND, NDVI_BAND, MOISTURE_BAND]
    for source, alignment in alignments:
        if not source.has_year_bands:
            continue
        layers = np.zeros((len(bands), block.height, block.width), np.uint8)
        alignment.copy_pixels(files.read(source, alignment.window, bands), layers)
        if dilate:
            mask = np.zeros((1, block.height, block.width), np.uint8)
            clear_window = read_clear(source, alignment.window, files, dilate=True)
            alignment.copy_pixels(clear_window[np.newaxis].view(np.uint8), mask)
            clear = mask.reshape(-1)[index]
        values = layers.reshape(len(bands), -1)[:, index]
        if not dilate:
            clear = is_clear(values[0], values[2], dilate=False).view(np.uint8)
        values *= clear
        yield source, values[0], values[1], values[3:]


def _decide(
    year: _Year,
    before: NDArray[np.uint8],
    longitude: NDArray[np.float64],
    latitude: NDArray[np.float64],
    model: DecisionModel,
    counts: DecisionCounts,
) -> NDArray[np.uint8]:
    """The classes `(m,)` after the decision; counts why pixels could not be decided."""
    ndvi, ndmi = model.statistics("ndvi", year.ndvi), model.statistics("ndmi", year.ndmi)
    has_observations = ndvi.observations >= model.min_observations
    has_seasons = _QUARTER_COUNTS[year.quarters] >= MIN_QUARTERS
    could_decide = has_observations & has_seasons
    held_back = counts.held_back
    held_back[FEW_OBSERVATIONS] += int(np.count_nonzero(~has_observations))
    held_back[FEW_SEASONS] += int(np.count_nonzero(has_observations & ~has_seasons))
    features = model.select_features(ndvi, ndmi)
    after: NDArray[np.uint8] = before.copy()
    strongest = np.zeros(before.size)
    in_zone, familiar = np.zeros(before.size, bool), np.zeros(before.size, bool)
    for pair in model.pairs:
        for sign, (own, other) in ((-1, pair.classes), (1, pair.classes[::-1])):
            pixels = np.flatnonzero(could_decide & (before == own))
            pixels = pixels[pair.is_in_zone(longitude[pixels], latitude[pixels])]
            in_zone[pixels] = True
            pixels = pixels[pair.is_familiar(features[pixels])]
            familiar[pixels] = True
            evidence = sign * pair.evidence(features[pixels], _score_ratio(year, pair, pixels, ndvi.observations))
            wins = evidence > strongest[pixels]
            after[pixels[wins]], strongest[pixels[wins]] = other, evidence[wins]
    held_back[OUTSIDE_ZONES] += int(np.count_nonzero(could_decide & ~in_zone))
    held_back[UNLIKE_TRAINING] += int(np.count_nonzero(in_zone & ~familiar))
    return after


def _score_ratio(
    year: _Year, pair: PairModel, pixels: NDArray[np.intp], observations: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Natural logarithm of the ratio of the pair's votes, each plus one whole vote, as if of `vote_dates` dates."""
    share = pair.vote_dates / CONFIDENCE_SCALE / observations[pixels]
    first, second = (np.log1p(year.scores[code][pixels] * share) for code in pair.classes)
    ratio: NDArray[np.float64] = first - second
    return ratio


_QUARTER_COUNTS = np.array([bits.bit_count() for bits in range(16)], np.uint8)
"""Number of quarters in a mask of quarters."""
