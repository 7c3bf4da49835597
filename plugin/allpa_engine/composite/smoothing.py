"""Smoothing: patches smaller than a minimum mapping unit take the class around them, and lines stay.

A patch is a set of pixels of one class that touch at sides or corners, so a road or river one pixel wide is one patch,
also where it runs diagonally, and stays when it has enough pixels; a moving majority window would eat it. The pixels of
small patches are filled from their border inwards: each takes the class that most of its settled neighbours have.
No data and clouds are neither filled nor spread.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Union

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.io import DatasetWriter
from rasterio.windows import Window

from ..core.legend import CLOUDS, NO_DATA
from ..geo.grid import Grid
from ..raster.parallel import map_in_order

_Slices = Union[slice, tuple[slice, slice]]
_NEIGHBOUR_OFFSETS = tuple((dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if (dy, dx) != (0, 0))


def margin_px(min_patch_px: int) -> int:
    """Pixels around a block that decide its smoothed values.

    A small patch reaches at most `min_patch_px` pixels from any of its pixels; filling is bounded by as many rounds,
    and each round looks one pixel further.
    """
    return 2 * min_patch_px + 1


def fill_small_patches(classes: NDArray[np.uint8], min_patch_px: int) -> NDArray[np.uint8]:
    """Fill patches of fewer than `min_patch_px` pixels from around them.

    Parameters
    ----------
    classes : `(y, x)` class codes; 0 and 10 stay and are not spread.
    min_patch_px : pixels of the smallest patch that stays.

    Returns
    -------
    `(y, x)` uint8; small patches that no settled land reaches within `min_patch_px` pixels keep their class.

    """
    fixed = (classes == NO_DATA) | (classes == CLOUDS)
    small = (patch_sizes(classes) < min_patch_px) & ~fixed
    padded = np.pad(np.where(small | fixed, NO_DATA, classes), 1)
    stride = padded.shape[1]
    flat = padded.ravel()
    unfilled_px = np.flatnonzero(np.pad(small, 1).ravel())
    neighbour_offsets = np.array([dy * stride + dx for dy, dx in _NEIGHBOUR_OFFSETS])
    for _ in range(min_patch_px):
        if not unfilled_px.size:
            break
        filled = _majority(flat[unfilled_px[:, np.newaxis] + neighbour_offsets])
        reached = filled != NO_DATA
        if not reached.any():
            break
        flat[unfilled_px[reached]] = filled[reached]
        unfilled_px = unfilled_px[~reached]
    out = flat.reshape(padded.shape)[1:-1, 1:-1]
    return np.where(out == NO_DATA, classes, out)


def _majority(neighbours: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Most frequent code but 0 of each row `(n, 8)`, the lower of equals; 0 where all are 0."""
    best, max_count = np.zeros(len(neighbours), np.uint8), np.zeros(len(neighbours), np.uint8)
    for code in range(1, CLOUDS):
        counts = (neighbours == code).sum(axis=1, dtype=np.uint8)
        wins = counts > max_count
        best[wins], max_count[wins] = code, counts[wins]
    return best


def patch_sizes(classes: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Number of pixels of the patch that each pixel `(y, x)` belongs to; touching at corners counts.

    Rows are cut into runs of one class; runs that touch in neighbouring rows are joined by repeatedly giving both the
    lower label, until nothing changes.
    """
    height, width = classes.shape
    starts_run = np.ones((height, width), bool)
    starts_run[:, 1:] = classes[:, 1:] != classes[:, :-1]
    run = np.cumsum(starts_run.ravel()).reshape(height, width) - 1
    row_pairs = (np.s_[:-1], np.s_[1:]), (np.s_[:-1, 1:], np.s_[1:, :-1]), (np.s_[:-1, :-1], np.s_[1:, 1:])
    pairs = [_touching_runs(classes, run, upper, lower) for upper, lower in row_pairs]
    label = _connected_labels(int(run[-1, -1]) + 1, np.concatenate(pairs, axis=1))
    sizes = np.bincount(label[run.ravel()], minlength=label.size)
    out: NDArray[np.int64] = sizes[label[run]]
    return out


def _touching_runs(
    classes: NDArray[np.uint8], run: NDArray[np.int64], upper: _Slices, lower: _Slices
) -> NDArray[np.int64]:
    """Pairs `(2, n)` of runs of one class that touch from row to row, most of the repeated ones left out."""
    same = classes[upper] == classes[lower]
    first, second = run[upper][same], run[lower][same]
    new = np.ones(first.size, bool)
    new[1:] = (first[1:] != first[:-1]) | (second[1:] != second[:-1])
    return np.stack([first[new], second[new]])


def _connected_labels(count: int, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """The lowest member of each connected set of `count` items, by the `(2, n)` pairs that are connected."""
    label = np.arange(count)
    first, second = pairs
    while True:
        lower = np.minimum(label[first], label[second])
        before = label.copy()
        np.minimum.at(label, before[first], lower)
        np.minimum.at(label, before[second], lower)
        while not np.array_equal(label, shorter := label[label]):
            label = shorter
        if np.array_equal(label, before):
            return label


def smooth_raster(
    source: Path,
    target: DatasetWriter,
    min_patch_px: int,
    block_px: int = 1024,
    *,
    threads: int = 0,
    progress: Callable[[float], None] | None = None,
) -> None:
    """Smooth the class raster `source` into the open raster `target` of the same grid, block by block.

    Each block is read with `margin_px` around it, so the result does not depend on the block size. `threads` 0 takes
    the number of processors. `progress` is told the share that is done, 0 to 1; what it raises ends the work.
    """
    windows = list(Grid("", 0, 0, 1, target.width, target.height).blocks(block_px))
    worker_count = threads or os.cpu_count() or 1
    with ThreadPoolExecutor(worker_count, "smoothing") as pool:
        smoothed = map_in_order(pool, partial(_smooth_block, source, min_patch_px), windows, prefetch=worker_count)
        with closing(smoothed):
            for number, (window, classes) in enumerate(zip(windows, smoothed, strict=True), start=1):
                target.write(classes, 1, window=window)
                if progress is not None:
                    progress(number / len(windows))


def _smooth_block(source: Path, min_patch_px: int, window: Window) -> NDArray[np.uint8]:
    """One block, smoothed."""
    margin = margin_px(min_patch_px)
    row, column = int(window.row_off), int(window.col_off)
    top, left = max(row - margin, 0), max(column - margin, 0)
    with rasterio.open(source) as dataset:
        bottom = min(row + int(window.height) + margin, dataset.height)
        right = min(column + int(window.width) + margin, dataset.width)
        classes = dataset.read(1, window=Window(left, top, right - left, bottom - top))
    whole = fill_small_patches(classes, min_patch_px)
    return whole[row - top : row - top + int(window.height), column - left : column - left + int(window.width)]
