"""Looks: what each scene of a tile says of a block, which of it is clear, and the tile's decision from all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from ..classify.prediction_file import CLASS_BAND, CONFIDENCE_BAND, PROBABILITY_BANDS, SCL_BAND
from ..core.bands import SCL_OBSCURED
from ..core.legend import CLOUDS, NO_DATA
from ..geo.grid import Grid
from .alignment import Placing, placing
from .rule import VOTING_CODES, CompositeRule
from .sources import OpenFiles, Source, Tile
from .votes import (
    Decision,
    Tally,
    add_month,
    decide,
    empty_tally,
    tally_looks,
)

Widen = Callable[[NDArray[np.uint8]], NDArray[np.bool_]]
"""Takes a scene classification `(y, x)` uint8 at 10 m and says where clouds and shadows, widened, hide the land."""

WIDEN_MARGIN_PX = 32
"""Pixels around a block that are read for widening, at 10 m; the widening window must reach no further."""
_SCENES_AT_ONCE = 16
_CACHED_PX = 65_536
"""Pixels that are worked on together, so that their sums stay in the processor's cache."""


@dataclass(frozen=True)
class _Looks:
    """Some scenes' pixels of a block, flat: `(scene, n)`."""

    months: tuple[int, ...]
    classes: NDArray[np.uint8]
    confidence: NDArray[np.uint8]
    scl: NDArray[np.uint8]
    hidden: NDArray[np.bool_] | None
    """Where widened clouds and shadows hide the land; None takes the scene classification as it is."""
    probabilities: NDArray[np.uint8] | None
    """`(scene, 9, n)`, for the soft form."""


def decide_tile(tile: Tile, block: Grid, rule: CompositeRule, widen: Widen | None, files: OpenFiles) -> Decision | None:
    """Decide a block's pixels from one tile's scenes; None where the tile does not touch the block.

    Memory grows with the block, not with the number of scenes: they are read a few at a time and summed.

    Raises
    ------
    RasterInvalid : where a prediction is damaged.

    """
    placed = [(source, place) for source in tile.sources if (place := placing(source.grid, block)) is not None]
    if not placed:
        return None
    size = block.width * block.height
    seen = np.zeros(size, bool)
    total = empty_tally(size) if rule.month_balance else empty_tally(size, len(placed))
    for part in _months(placed) if rule.month_balance else (placed,):
        tally = empty_tally(size, len(part)) if rule.month_balance else total
        for start in range(0, len(part), _SCENES_AT_ONCE):
            looks = _read(part[start : start + _SCENES_AT_ONCE], block, rule, widen, files)
            for pixels in _pieces(size) if looks.months else ():
                _tally_clear(looks, tally, seen, pixels)
        if rule.month_balance:
            add_month(total, tally)
    layers = np.empty((6, size), np.uint8)
    for pixels in _pieces(size):
        layers[:, pixels] = decide(_cut(total, pixels), seen[pixels], rule).layers
    return Decision(layers)


def _months(placed: list[tuple[Source, Placing]]) -> Iterator[list[tuple[Source, Placing]]]:
    ordered = sorted(placed, key=lambda each: each[0].month)
    for _, part in groupby(ordered, key=lambda each: each[0].month):
        yield list(part)


def _pieces(size: int) -> Iterator[slice]:
    for start in range(0, size, _CACHED_PX):
        yield slice(start, min(start + _CACHED_PX, size))


def _cut(tally: Tally, pixels: slice) -> Tally:
    return Tally(tally.confidence[:, pixels], tally.looks[:, pixels], tally.months[pixels])


def _read(
    placed: Sequence[tuple[Source, Placing]], block: Grid, rule: CompositeRule, widen: Widen | None, files: OpenFiles
) -> _Looks:
    """The pixels of the scenes that have data in the block; of a swath's edge or a part of a tile some have none."""
    bands = [CLASS_BAND, CONFIDENCE_BAND, SCL_BAND]
    if rule.soft:
        bands += PROBABILITY_BANDS[: len(VOTING_CODES)]
    values = np.zeros((len(placed), len(bands), block.height, block.width), np.uint8)
    hidden = np.zeros((len(placed), 1, block.height, block.width), np.uint8) if widen else None
    months: list[int] = []
    for source, place in placed:
        layers = values[len(months)]
        if place.rows is None:
            rows, columns = place.target
            files.read(source, place.window, bands, out=layers[:, rows, columns])
        else:
            place.place(files.read(source, place.window, bands), layers)
        if not layers[0].max():
            layers[:] = 0
            continue
        if widen is not None and hidden is not None:
            wide = _widened(source, place.window, widen, files)
            place.place(wide[np.newaxis].view(np.uint8), hidden[len(months)])
        months.append(source.month)
    flat = values.reshape(len(placed), len(bands), -1)[: len(months)]
    return _Looks(
        tuple(months),
        flat[:, 0],
        flat[:, 1],
        flat[:, 2],
        None if hidden is None else hidden.reshape(len(placed), -1)[: len(months)].view(bool),
        flat[:, 3:] if rule.soft else None,
    )


def _widened(source: Source, window: Window, widen: Widen, files: OpenFiles) -> NDArray[np.bool_]:
    """Widened clouds and shadows of a window, computed with a margin around it so that blocks do not show."""
    row, column = int(window.row_off), int(window.col_off)
    height, width = int(window.height), int(window.width)
    top, left = _even(max(row - WIDEN_MARGIN_PX, 0)), _even(max(column - WIDEN_MARGIN_PX, 0))
    bottom = min(row + height + WIDEN_MARGIN_PX, source.grid.height)
    right = min(column + width + WIDEN_MARGIN_PX, source.grid.width)
    scl = files.read(source, Window(left, top, right - left, bottom - top), [SCL_BAND])[0]
    return np.ascontiguousarray(widen(scl)[row - top : row - top + height, column - left : column - left + width])


def _even(number: int) -> int:
    """The scene classification has pixels of 20 m: windows start with a whole one."""
    return number - number % 2


def _tally_clear(looks: _Looks, tally: Tally, seen: NDArray[np.bool_], pixels: slice) -> None:
    """Tally the clear looks of some pixels, and note in `seen` which of them any scene saw."""
    classes = looks.classes[:, pixels]
    seen[pixels] |= np.maximum.reduce(classes, axis=0) != NO_DATA
    clear = classes != CLOUDS
    if looks.hidden is not None:
        clear &= ~looks.hidden[:, pixels]
    else:
        scl = looks.scl[:, pixels]
        for code in SCL_OBSCURED:
            clear &= scl != code
    tally_looks(
        _cut(tally, pixels),
        classes * clear.view(np.uint8),
        looks.confidence[:, pixels],
        looks.months,
        None if looks.probabilities is None else looks.probabilities[:, :, pixels],
    )
