"""Smoothing: patches smaller than a minimum mapping unit take the class around them, and lines stay.

A patch is a set of pixels of one class that touch at sides or corners, so a road or river one pixel wide is one patch,
also where it runs diagonally, and stays when it has enough pixels; a moving majority window would remove it. The pixels
of small patches are filled from their border inwards: each takes the class that most of its neighbours have, without
those that are not filled yet. No data and clouds are neither filled nor spread.

A raster is worked on in strips of rows, twice: first the patches of each strip are measured, and those that cross from
strip to strip are added up; then the small ones are filled. So the result does not depend on the strips, and memory
does not grow with the size of the patches.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Union

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.io import DatasetWriter
from rasterio.windows import Window

from ..core.atomic import temporary_file
from ..core.legend import CLOUDS, NO_DATA
from ..raster.gdal import open_raster
from ..raster.parallel import map_in_order
from ..raster.row_writer import RowWriter

MAX_DEPTH_PX = 128
"""Pixels of small patches that are farther from every large patch keep their class; strips are read with so many rows
around them."""
_SMALL = np.uint16(0x100)
"""Added to the class of the pixels of small patches in the intermediate raster."""
_STRIP_ROWS = 256
_MEASURING_SHARE = 0.6
"""Usual share of the first of the two passes in the time; only the progress bar depends on it."""
_Slices = Union[slice, tuple[slice, slice]]
_NEIGHBOUR_OFFSETS = tuple((dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if (dy, dx) != (0, 0))


def fill_small_patches(
    classes: NDArray[np.uint8], min_patch_px: int, cloud_code: int | None = CLOUDS
) -> NDArray[np.uint8]:
    """Fill patches of fewer than `min_patch_px` pixels from around them.

    Parameters
    ----------
    classes : `(y, x)` class codes; no data and clouds stay and are not spread.
    min_patch_px : pixels of the smallest patch that stays.
    cloud_code : of the class of clouds; None where there is none.

    Returns
    -------
    `(y, x)` uint8; pixels of small patches that are farther than `MAX_DEPTH_PX` from every large one keep their class.

    Examples
    --------
    >>> import numpy as np
    >>> classes = np.full((3, 5), 2, np.uint8)
    >>> classes[1, 1:3] = 5
    >>> fill_small_patches(classes, 3)[1]
    array([2, 2, 2, 2, 2], dtype=uint8)
    """
    fixed = _is_fixed(classes, cloud_code)
    return _fill(classes, (patch_sizes(classes) < min_patch_px) & ~fixed, fixed)


def _is_fixed(classes: NDArray[np.uint8], cloud_code: int | None) -> NDArray[np.bool_]:
    fixed: NDArray[np.bool_] = classes == NO_DATA
    if cloud_code is not None:
        fixed |= classes == cloud_code
    return fixed


def _fill(classes: NDArray[np.uint8], small: NDArray[np.bool_], fixed: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Fill the pixels that are `small` from the others."""
    padded = np.pad(np.where(small | fixed, NO_DATA, classes), 1)
    flat, unfilled = padded.ravel(), np.pad(small, 1).ravel()
    neighbour_offsets = np.array([dy * padded.shape[1] + dx for dy, dx in _NEIGHBOUR_OFFSETS])
    has_class = np.pad(padded != NO_DATA, 1)
    height, width = padded.shape
    beside_class = np.zeros(padded.shape, bool)
    for dy, dx in _NEIGHBOUR_OFFSETS:
        beside_class |= has_class[1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width]
    front = np.flatnonzero(beside_class.ravel() & unfilled)
    for _ in range(MAX_DEPTH_PX):
        if not front.size:
            break
        neighbours = front[:, np.newaxis] + neighbour_offsets
        flat[front] = _majority(flat[neighbours])
        unfilled[front] = False
        front = np.unique(neighbours[unfilled[neighbours]])
    out = flat.reshape(padded.shape)[1:-1, 1:-1]
    return np.where(out == NO_DATA, classes, out)


def _majority(neighbours: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Most frequent code but 0 of each row `(n, 8)`, the lower of equals; 0 where all are 0."""
    best, max_count = np.zeros(len(neighbours), np.uint8), np.zeros(len(neighbours), np.uint8)
    for code in np.flatnonzero(np.bincount(neighbours.ravel(), minlength=1)[1:]) + 1:
        counts = (neighbours == code).sum(axis=1, dtype=np.uint8)
        wins = counts > max_count
        best[wins], max_count[wins] = code, counts[wins]
    return best


def patch_sizes(classes: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Number of pixels of the patch that each pixel `(y, x)` belongs to; touching at corners counts."""
    label, sizes = _label_patches(classes)
    out: NDArray[np.int64] = sizes[label]
    return out


def _label_patches(classes: NDArray[np.uint8]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The patch `(y, x)` of each pixel, and the number of pixels by patch.

    Rows are cut into runs of one class; runs that touch in neighbouring rows are joined by repeatedly giving both the
    lower label, until nothing changes.
    """
    starts_run = np.ones(classes.shape, bool)
    starts_run[:, 1:] = classes[:, 1:] != classes[:, :-1]
    run = (np.cumsum(starts_run.ravel(), dtype=np.int32) - np.int32(1)).reshape(classes.shape)
    label = _connected_labels(int(run[-1, -1]) + 1, _touching_pairs(classes, run)).astype(np.int32)[run]
    return label, np.bincount(label.ravel())


def _touching_pairs(classes: NDArray[np.uint8], run: NDArray[np.int32]) -> NDArray[np.int32]:
    """Pairs `(2, n)` of runs of one class that touch from one row to the next, at sides or corners."""
    row_pairs = (np.s_[:-1], np.s_[1:]), (np.s_[:-1, 1:], np.s_[1:, :-1]), (np.s_[:-1, :-1], np.s_[1:, 1:])
    return np.concatenate([_touching_runs(classes, run, upper, lower) for upper, lower in row_pairs], axis=1)


def _touching_runs(
    classes: NDArray[np.uint8], run: NDArray[np.int32], upper: _Slices, lower: _Slices
) -> NDArray[np.int32]:
    """Pairs `(2, n)` of runs of one class that touch from row to row, most of the repeated ones left out."""
    same = classes[upper] == classes[lower]
    first, second = run[upper][same], run[lower][same]
    new = np.ones(first.size, bool)
    new[1:] = (first[1:] != first[:-1]) | (second[1:] != second[:-1])
    return np.stack([first[new], second[new]])


def _connected_labels(count: int, pairs: NDArray[np.int32]) -> NDArray[np.int64]:
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


@dataclass(frozen=True)
class _Edges:
    """The patches at the first and last row of a strip, which may go on in other strips."""

    classes: NDArray[np.uint8]
    """`(2, x)` classes of the two rows."""
    patches: NDArray[np.int32]
    """`(2, x)` their patches, numbered from 0."""
    sizes: NDArray[np.int64]
    """Pixels of each of these patches within the strip."""
    open_px: NDArray[np.intp]
    """Flat index of the pixels of those that are small so far, without no data and clouds."""
    open_patches: NDArray[np.int32]
    """The patch of each of these pixels."""


def smooth_raster(
    source: Path,
    target: DatasetWriter,
    min_patch_px: int,
    strip_rows: int = _STRIP_ROWS,
    *,
    cloud_code: int | None = CLOUDS,
    threads: int = 0,
    progress: Callable[[float], None],
) -> None:
    """Smooth a class raster as `fill_small_patches` does, in bounded memory.

    Parameters
    ----------
    source : class raster; an intermediate file is laid beside it and removed.
    target : open for writing, on the same grid.
    min_patch_px : pixels of the smallest patch that stays.
    strip_rows : rows that are worked on together; the result does not depend on it.
    cloud_code : of the class of clouds, which is neither filled nor spread; None where there is none.
    threads : 0 takes the number of processors.
    progress : called with the share that is done, 0 to 1; what it raises ends the work.

    """
    starts = range(0, target.height, strip_rows)
    workers = threads or os.cpu_count() or 1
    with temporary_file(source) as marked, ThreadPoolExecutor(workers, "smoothing") as pool:
        measure = partial(_measure_strip, source, min_patch_px, strip_rows, cloud_code)
        with closing(map_in_order(pool, measure, starts, prefetch=workers)) as measured:
            strips = _write_marked(marked, target, measured, len(starts), progress)
        fill = partial(_fill_strip, marked, strip_rows, cloud_code, _small_open_px(strips, min_patch_px))
        with closing(map_in_order(pool, fill, starts, prefetch=workers)) as filled:
            rows = RowWriter(target)
            for number, classes in enumerate(filled, start=1):
                rows.write(classes[np.newaxis])
                progress(_MEASURING_SHARE + (1 - _MEASURING_SHARE) * number / len(starts))


def _measure_strip(
    source: Path, min_patch_px: int, strip_rows: int, cloud_code: int | None, start: int
) -> tuple[NDArray[np.uint16], _Edges]:
    """The classes of a strip with small patches marked, and the patches at its edges."""
    with open_raster(source) as dataset:
        rows = min(strip_rows, dataset.height - start)
        classes = dataset.read(1, window=Window(0, start, dataset.width, rows))
    label, sizes = _label_patches(classes)
    can_be_small = sizes < min_patch_px
    at_edge = np.zeros(len(sizes), bool)
    at_edge[label[[0, -1]]] = True
    fixed = _is_fixed(classes, cloud_code)
    marked = classes | ((can_be_small & ~at_edge)[label] & ~fixed) * _SMALL
    open_px = np.flatnonzero((can_be_small & at_edge)[label] & ~fixed)
    number = np.cumsum(at_edge, dtype=np.int32) - np.int32(1)
    edges = _Edges(classes[[0, -1]], number[label[[0, -1]]], sizes[at_edge], open_px, number[label.ravel()[open_px]])
    return marked, edges


def _write_marked(
    path: Path,
    target: DatasetWriter,
    measured: Iterator[tuple[NDArray[np.uint16], _Edges]],
    count: int,
    progress: Callable[[float], None],
) -> list[_Edges]:
    profile = {"driver": "GTiff", "width": target.width, "height": target.height, "count": 1, "dtype": "uint16"}
    edges = []
    with rasterio.open(path, "w", **profile, blockysize=1, bigtiff="if_safer") as marked_raster:
        rows = RowWriter(marked_raster)
        for number, (marked, strip_edges) in enumerate(measured, start=1):
            rows.write(marked[np.newaxis])
            edges.append(strip_edges)
            progress(_MEASURING_SHARE * number / count)
    return edges


def _small_open_px(strips: Sequence[_Edges], min_patch_px: int) -> list[NDArray[np.intp]]:
    """By strip, the flat index of the pixels of small patches that touch its edges; sizes are those over all strips."""
    offsets = np.cumsum([0, *(len(strip.sizes) for strip in strips)])
    pairs = [np.zeros((2, 0), np.int32)]
    for upper, lower, upper_offset, lower_offset in zip(strips, strips[1:], offsets, offsets[1:]):
        classes = np.stack([upper.classes[1], lower.classes[0]])
        pairs.append(
            _touching_pairs(classes, np.stack([upper.patches[1] + upper_offset, lower.patches[0] + lower_offset]))
        )
    label = _connected_labels(int(offsets[-1]), np.concatenate(pairs, axis=1))
    sizes = np.zeros(len(label), np.int64)
    np.add.at(sizes, label, np.concatenate([strip.sizes for strip in strips]))
    small = (sizes < min_patch_px)[label]
    return [strip.open_px[small[strip.open_patches + offset]] for strip, offset in zip(strips, offsets)]


def _fill_strip(
    marked: Path, strip_rows: int, cloud_code: int | None, small_px: Sequence[NDArray[np.intp]], start: int
) -> NDArray[np.uint8]:
    """A strip, smoothed."""
    with open_raster(marked) as dataset:
        height, width = dataset.shape
        top, bottom = max(start - MAX_DEPTH_PX, 0), min(start + strip_rows + MAX_DEPTH_PX, height)
        values = dataset.read(1, window=Window(0, top, width, bottom - top))
    small = values >= _SMALL
    for number in range(top // strip_rows, -(-bottom // strip_rows)):
        index = small_px[number] + (number * strip_rows - top) * width
        small.ravel()[index[(index >= 0) & (index < small.size)]] = True
    classes = values.astype(np.uint8)  # without the mark
    return _fill(classes, small, _is_fixed(classes, cloud_code))[start - top : start - top + strip_rows]
