"""From labels to rows: features of the pixels of each label, each pixel once, and the reasons of those without any."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from ..core.errors import TrainingInvalid
from ..core.messages import Message, message
from ..geo.grid import Grid
from ..geo.projection import WGS84, coordinate_transform
from ..geo.region import utm_crs_at
from .feature_sources import SCOPE_SCENE, feature_names, open_source, sample_pixels
from .folds import block_numbers, default_block_size
from .label_pixels import LabelPixels, label_pixels
from .labels import CONTRADICTION, DUPLICATE, NO_DATA_THERE, OUTSIDE, Labels, check_classes
from .sample_table import MAX_ROWS, SampleTable

MAX_BYTES = 8_000_000_000
"""Of all features: more would not be held by the memory of most machines."""


@dataclass(frozen=True)
class SampledLabels:
    """The rows, and the labels with all that was left out."""

    table: SampleTable
    labels: Labels
    notes: tuple[Message, ...]
    block_size_m: float
    """0 where groups of the labels are taken."""

    @property
    def block_of_labels(self) -> NDArray[np.int32]:
        """Validation block of each of the labels."""
        _, first = np.unique(self.table.samples, return_index=True)
        return self.table.blocks[first]


@dataclass(frozen=True)
class _SourceRows:
    """The rows of one source."""

    name: str
    grid: Grid
    pixels: LabelPixels
    features: NDArray[np.float32]


def sample_labels(
    labels: Labels,
    sources: Sequence[Path],
    scope: str,
    options: Mapping[str, Any],
    name: str = "labels",
    progress: Callable[[int, int], None] | None = None,
) -> SampledLabels:
    """Read the features of the pixels of all labels.

    Of feature folders each label is read from the first that has data there; of scenes from each that is clear there.

    Parameters
    ----------
    labels : points and polygons with classes.
    sources : feature folders or scene files.
    scope : `features` or `scene`.
    options : the job's `training_options`.
    name : of the labels' file, for sentences.
    progress : is called with the number of sources that are done, and of all; what it raises ends the work.

    Returns
    -------
    Rows without missing features, before balancing, and notes.

    Raises
    ------
    TrainingInvalid : where no label lies on the images, one class alone is left, or features are missing.
    FeaturesInvalid, SceneUnreadable : where images are damaged.

    """
    found: list[_SourceRows] = []
    names: tuple[str, ...] = ()
    waiting = np.ones(len(labels), bool)
    seen, with_data = np.zeros(len(labels), bool), np.zeros(len(labels), bool)
    reasons = np.full(len(labels), NO_DATA_THERE, object)
    gaps: NDArray[np.int64] = np.zeros(0, np.int64)
    for number, path in enumerate(sources):
        if progress:
            progress(number, len(sources))
        with open_source(path, scope) as source:
            names = names or feature_names(source, options["features"], options["indices"])
            feature_names(source, names, ())  # all sources have the same
            pixels = label_pixels(
                labels, source.grid, np.flatnonzero(waiting), options["polygons"], options["polygon_pixels"],
                options["neighbours"], options["seed"],
            )  # fmt: skip
            seen[pixels.label] = True
            pixels, duplicate, contradicting = unique_pixels(pixels, labels.codes, source.grid.width)
            for which, reason in ((duplicate, DUPLICATE), (contradicting, CONTRADICTION)):
                reasons[which] = reason
            _check_size(len(pixels), len(names), name)
            features = sample_pixels(source, pixels.row, pixels.column, names)
            grid = source.grid
        finite = np.isfinite(features)
        partial = np.asarray(finite.any(axis=1))[:, None] & ~finite
        gaps = partial.sum(axis=0) + (gaps if len(gaps) else 0)
        complete = np.asarray(finite.all(axis=1))
        source_name = path.stem if path.is_file() else path.name
        found.append(_SourceRows(source_name, grid, pixels.chosen(complete), features[complete]))
        with_data[pixels.label[complete]] = True
        if scope != SCOPE_SCENE:
            waiting &= ~with_data
    if progress:
        progress(len(sources), len(sources))
    used = _with_reasons(labels, seen, with_data, reasons)
    check_classes(used, name)
    return _table(labels, used, with_data, found, names, options, (*used.notes, *_gap_notes(gaps, names)))


def unique_pixels(
    pixels: LabelPixels, codes: NDArray[np.uint8], width: int
) -> tuple[LabelPixels, NDArray[np.intp], NDArray[np.intp]]:
    """Each pixel once: a label of its own goes before a neighbour's, and pixels with two classes are left out.

    Parameters
    ----------
    pixels : of one grid.
    codes : class of each label.
    width : columns of the grid.

    Returns
    -------
    The pixels that stay in their order, and the labels that lost all of theirs to labels of the same class, and to one
    of another class.

    """
    if not len(pixels):
        return pixels, np.zeros(0, np.intp), np.zeros(0, np.intp)
    place = pixels.row * width + pixels.column
    order = np.lexsort((np.arange(len(place)), pixels.is_neighbour, place))
    is_first = np.diff(place[order], prepend=-1) != 0
    group = np.cumsum(is_first) - 1
    first = order[is_first]
    label, is_neighbour = pixels.label[order], pixels.is_neighbour[order]
    counts = is_neighbour == pixels.is_neighbour[first][group]  # neighbours only where no label has the pixel itself
    differs = np.zeros(len(first), bool)
    np.logical_or.at(differs, group, counts & (codes[label] != codes[pixels.label[first]][group]))
    kept = np.zeros(len(place), bool)
    kept[first[~differs]] = True
    has_own, lost, contradicted = (np.zeros(len(codes), bool) for _ in range(3))
    has_own[pixels.label[kept & ~pixels.is_neighbour]] = True
    lost[label] = ~has_own[label]  # also of a point whose neighbours alone are left: they stand for nothing
    contradicted[label[differs[group] & ~is_neighbour]] = True
    kept &= ~lost[pixels.label]
    return pixels.chosen(kept), np.flatnonzero(lost & ~contradicted), np.flatnonzero(lost & contradicted)


def _check_size(rows: int, features: int, name: str) -> None:
    if rows > MAX_ROWS or 4 * rows * features > MAX_BYTES:
        raise TrainingInvalid(
            message(
                "The labels of {name} have {rows:,} pixels of {features} features: too many for the memory.",
                name=name,
                rows=rows,
                features=features,
            ),
            message("The table would need {size_gb:.1f} GB.", size_gb=4e-9 * rows * features),
            message(
                "Take fewer pixels per polygon (the job's key 'training_options.polygon_pixels'), or fewer features."
            ),
        )


def _with_reasons(
    labels: Labels, seen: NDArray[np.bool_], with_data: NDArray[np.bool_], reasons: NDArray[np.object_]
) -> Labels:
    """The labels that have rows; the others with their reason."""
    lost = ~with_data
    tags = np.where(~seen, OUTSIDE, reasons)
    remaining = labels
    kept = np.arange(len(labels))
    for reason in (OUTSIDE, NO_DATA_THERE, DUPLICATE, CONTRADICTION):
        drop = lost[kept] & (tags[kept] == reason)
        remaining = remaining.without(drop, reason)
        kept = kept[~drop]
    return remaining


def _gap_notes(gaps: NDArray[np.int64], names: Sequence[str]) -> list[Message]:
    if not len(gaps) or not gaps.any():
        return []
    worst = int(gaps.argmax())
    return [
        message(
            "Pixels lack some of the features and are left out; {feature} is missing most often, at {count} pixels.",
            feature=names[worst],
            count=int(gaps[worst]),
        )
    ]


def _table(
    labels: Labels,
    used: Labels,
    with_data: NDArray[np.bool_],
    found: Sequence[_SourceRows],
    names: tuple[str, ...],
    options: Mapping[str, Any],
    notes: tuple[Message, ...],
) -> SampledLabels:
    """All rows with their places and blocks; labels are numbered anew, without those that are left out."""
    number = np.cumsum(with_data) - 1
    crs = metric_crs(found[0].grid)
    sources = [rows for rows in found if len(rows.pixels)]
    x, y = (np.concatenate(parts) for parts in zip(*(_places(rows, crs) for rows in sources)))
    degrees = coordinate_transform(crs, WGS84)(np.column_stack((x, y)))
    position = np.concatenate([rows.pixels.label for rows in sources])
    samples = number[position].astype(np.int32)
    blocks, size = _blocks(used, samples, x, y, options)
    table = SampleTable(
        features=np.concatenate([rows.features for rows in sources]),
        names=names,
        codes=labels.codes[position],
        samples=samples,
        pixels=np.concatenate([rows.pixels.pixel for rows in sources]),
        blocks=blocks,
        weights=np.ones(len(samples), np.float32),
        longitude=degrees[:, 0],
        latitude=degrees[:, 1],
        x=x,
        y=y,
        sources=np.repeat(np.arange(len(sources), dtype=np.int32), [len(rows.pixels) for rows in sources]),
        source_names=tuple(rows.name for rows in sources),
        legend=labels.legend,
        crs=crs,
    )
    return SampledLabels(table, used, notes, size)


def metric_crs(grid: Grid) -> str:
    """A CRS in metres for blocks of land: that of the grid where it is, else the UTM zone at its centre."""
    system = CRS.from_user_input(grid.crs)
    if system.is_projected and grid.unit == "m":
        return grid.crs
    left, bottom, right, top = grid.bounds
    centre = coordinate_transform(grid.crs, WGS84)(np.array([[(left + right) / 2, (bottom + top) / 2]]))[0]
    return utm_crs_at(float(centre[0]), float(centre[1]))


def _places(rows: _SourceRows, crs: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Centres of the pixels in `crs`."""
    grid = rows.grid
    places = np.column_stack(
        (
            grid.left + (rows.pixels.column + 0.5) * grid.resolution,
            grid.top - (rows.pixels.row + 0.5) * grid.resolution,
        )
    )
    if grid.crs != crs:
        places = coordinate_transform(grid.crs, crs)(places)
    return places[:, 0], places[:, 1]


def _blocks(
    used: Labels,
    samples: NDArray[np.int32],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    options: Mapping[str, Any],
) -> tuple[NDArray[np.int32], float]:
    """Block of each row, the same for all rows of a label, and the side of the blocks."""
    if used.groups is not None:
        _, number = np.unique(used.groups, return_inverse=True)
        return number.reshape(-1)[samples].astype(np.int32), 0.0
    _, first = np.unique(samples, return_index=True)
    size = options["block_size_m"] or default_block_size(x[first], y[first], used.codes, options["folds"])
    return block_numbers(x[first], y[first], size)[samples], size
