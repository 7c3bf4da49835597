"""The network's features at the corrections, of every scene; those of an earlier refit are read from a folder."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..classify.scene_reader import SceneReader, open_scene
from ..classify.tiling import ChipSpan, absolute_origin
from ..core.atomic import atomic_write
from ..core.protocol import Reporter
from ..core.safe_names import safe_name
from ..core.scene import FetchedScene
from ..geo.grid import Grid
from ..raster.cloud_mask import is_clear
from .corrections import CorrectionPixels, Corrections, pixels_on_grid
from .network_features import FeatureNetwork, read_features

BLOCK_PX = 128
"""Corrections of a block of this side are classified together; smaller ones read their margins too often."""
BACKGROUND_PATCHES = 12
"""Places of the scenes whose class is not known; they tell how frequent classes are."""
_PATCH_PX, _PATCH_STEP_PX = 60, 12
_GOLDEN = 0.754877666, 0.569840291
"""Steps of an even sequence in the plane (Roberts 2018, R2): any number of patches is spread evenly."""
_STAGE = "features"


@dataclass(frozen=True)
class Observations:
    """What the scenes show at the corrections: a row for each pixel and scene with data."""

    features: NDArray[np.float32]
    """`(n, feature)`."""
    correction: NDArray[np.int64]
    """Position of the correction of each row, `(n,)`."""
    sky_is_clear: NDArray[np.bool_]
    """`(n,)`: False where the scene classification says cloud, cirrus or cloud shadow."""
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.correction)


@dataclass(frozen=True)
class _SceneFeatures:
    """Features of some pixels of one scene."""

    row: NDArray[np.int64]
    column: NDArray[np.int64]
    features: NDArray[np.float32]
    valid: NDArray[np.bool_]
    sky_is_clear: NDArray[np.bool_]


def observe_corrections(
    corrections: Corrections,
    scenes: Sequence[FetchedScene],
    network: FeatureNetwork,
    folder: Path,
    reporter: Reporter,
) -> tuple[Observations, Observations]:
    """Features of all scenes at the corrections, and on the background.

    Parameters
    ----------
    corrections : in any CRS.
    scenes : fetched; those that do not reach a correction give nothing.
    network : whose features are wanted.
    folder : of a file per scene with the features that were computed before; new ones are added.
    reporter : gets the progress.

    Returns
    -------
    All rows with data at the corrections, scene by scene, and those of the background, each pixel a number of its own.

    Raises
    ------
    SceneUnreadable : where a scene's file cannot be read.
    DiskFull, FolderNotWritable : where the folder cannot be written.
    Cancelled : where the user stopped.

    """
    parts: list[_SceneFeatures] = []
    owners: list[NDArray[np.int64]] = []
    notes: dict[str, None] = {}
    pixels: dict[object, CorrectionPixels] = {}
    for number, fetched in enumerate(scenes):
        reporter.progress(_STAGE, number, len(scenes))
        with open_scene(fetched.path, network.classifier.bands) as scene:
            if scene.grid not in pixels:
                named = pixels_on_grid(corrections, scene.grid)
                pixels[scene.grid] = _with_background(named, scene.grid, len(corrections), len(pixels))
            wanted = pixels[scene.grid]
            notes |= dict.fromkeys(wanted.notes)
            path = folder / f"{safe_name(fetched.scene.id)}.npz"
            key = f"{network.body_key} {sorted(scene.tags.items())}"
            found = _of_scene(scene, wanted, network, path, key)
        parts.append(found)
        owners.append(wanted.correction)
    reporter.progress(_STAGE, len(scenes), len(scenes))
    whole = _stacked(parts, owners, network.feature_count, tuple(notes))
    of_correction = whole.correction < len(corrections)
    return _rows(whole, of_correction, 0), _rows(whole, ~of_correction & whole.sky_is_clear, len(corrections))


def _stacked(
    parts: list[_SceneFeatures], owners: list[NDArray[np.int64]], feature_count: int, notes: tuple[str, ...]
) -> Observations:
    """The rows of all scenes that have data."""
    valid = np.concatenate([np.zeros(0, bool), *(part.valid for part in parts)])
    empty = np.zeros((0, feature_count), np.float32)
    return Observations(
        np.concatenate([empty, *(part.features for part in parts)])[valid],
        np.concatenate([np.zeros(0, np.int64), *owners])[valid],
        np.concatenate([np.zeros(0, bool), *(part.sky_is_clear for part in parts)])[valid],
        notes,
    )


def _rows(whole: Observations, kept: NDArray[np.bool_], first: int) -> Observations:
    return Observations(whole.features[kept], whole.correction[kept] - first, whole.sky_is_clear[kept], whole.notes)


def _with_background(named: CorrectionPixels, grid: Grid, corrections: int, tile: int) -> CorrectionPixels:
    """The pixels of corrections, followed by those of the background patches of the tile."""
    height, width = max(grid.height - _PATCH_PX, 1), max(grid.width - _PATCH_PX, 1)
    places: dict[tuple[int, int], None] = {}
    for patch in range(1, BACKGROUND_PATCHES + 1):
        top, left = (int(patch * step % 1 * side) for step, side in zip(_GOLDEN, (height, width), strict=True))
        for row in range(top, min(top + _PATCH_PX, grid.height), _PATCH_STEP_PX):
            for column in range(left, min(left + _PATCH_PX, grid.width), _PATCH_STEP_PX):
                places[row, column] = None
    taken = set(zip(named.row.tolist(), named.column.tolist(), strict=True))
    free = np.array([place for place in places if place not in taken], np.int64).reshape(-1, 2)
    first = corrections + tile * BACKGROUND_PATCHES * (_PATCH_PX // _PATCH_STEP_PX) ** 2
    return CorrectionPixels(
        np.concatenate([named.row, free[:, 0]]),
        np.concatenate([named.column, free[:, 1]]),
        np.concatenate([named.correction, first + np.arange(len(free))]),
        named.notes,
    )


def _of_scene(
    scene: SceneReader, wanted: CorrectionPixels, network: FeatureNetwork, path: Path, key: str
) -> _SceneFeatures:
    """Features of the wanted pixels, in their order: the ones that are known, and the others computed and kept."""
    known = _read(path, key, network.feature_count)
    places = {place: index for index, place in enumerate(zip(known.row.tolist(), known.column.tolist(), strict=True))}
    pairs = list(zip(wanted.row.tolist(), wanted.column.tolist(), strict=True))
    missing = np.array([pair not in places for pair in pairs], bool)
    if missing.any():
        added = _compute(scene, wanted.row[missing], wanted.column[missing], network)
        known = _joined(known, added)
        _write(path, key, known)
        places = {
            place: index for index, place in enumerate(zip(known.row.tolist(), known.column.tolist(), strict=True))
        }
    order = np.array([places[pair] for pair in pairs], np.intp)
    return _SceneFeatures(
        known.row[order], known.column[order], known.features[order], known.valid[order], known.sky_is_clear[order]
    )


def _compute(
    scene: SceneReader, row: NDArray[np.int64], column: NDArray[np.int64], network: FeatureNetwork
) -> _SceneFeatures:
    """Run the network around the pixels, block by block."""
    stride, margin = network.classifier.stride, network.classifier.margin
    column_origin, row_origin = absolute_origin(scene.grid)
    features = np.zeros((len(row), network.feature_count), np.float32)
    valid, clear = np.zeros(len(row), bool), np.zeros(len(row), bool)
    row_block, column_block = (row + row_origin) // BLOCK_PX, (column + column_origin) // BLOCK_PX
    for block in np.unique(np.column_stack((row_block, column_block)), axis=0):
        mine = np.flatnonzero((row_block == block[0]) & (column_block == block[1]))
        rows = _span(row[mine], scene.grid.height, row_origin, stride, margin)
        columns = _span(column[mine], scene.grid.width, column_origin, stride, margin)
        found = read_features(network, scene, rows, columns)
        inner = row[mine] - rows.core_start, column[mine] - columns.core_start
        features[mine] = found.features[:, inner[0], inner[1]].T
        valid[mine] = found.valid[inner]
        clear[mine] = is_clear(None, found.scl[inner], dilate=False)
    return _SceneFeatures(row, column, features, valid, clear)


def _span(positions: NDArray[np.int64], length: int, origin: int, stride: int, margin: int) -> ChipSpan:
    """The smallest chip along one axis whose core holds some pixels."""
    first = int(positions.min()) + origin
    last = int(positions.max()) + origin
    start, stop = first // stride * stride - origin, (last // stride + 1) * stride - origin
    margin = -(-margin // stride) * stride
    return ChipSpan(max(start, 0), min(stop, length), start - margin, stop + margin)


def _joined(one: _SceneFeatures, other: _SceneFeatures) -> _SceneFeatures:
    return _SceneFeatures(
        np.concatenate([one.row, other.row]),
        np.concatenate([one.column, other.column]),
        np.concatenate([one.features, other.features]),
        np.concatenate([one.valid, other.valid]),
        np.concatenate([one.sky_is_clear, other.sky_is_clear]),
    )


def _read(path: Path, key: str, feature_count: int) -> _SceneFeatures:
    """The features that are known of a scene; none where the file is missing, damaged or of another network."""
    nothing = _SceneFeatures(
        np.zeros(0, np.int64),
        np.zeros(0, np.int64),
        np.zeros((0, feature_count), np.float32),
        np.zeros(0, bool),
        np.zeros(0, bool),
    )
    try:
        with np.load(path, allow_pickle=False) as file:
            if str(file["key"]) != key:
                return nothing
            found = _SceneFeatures(
                file["row"].astype(np.int64),
                file["column"].astype(np.int64),
                file["features"].astype(np.float32),
                file["valid"].astype(bool),
                file["sky_is_clear"].astype(bool),
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return nothing
    count = len(found.row)
    fits = found.features.shape == (count, feature_count) and np.isfinite(found.features).all()
    sizes = {len(found.column), len(found.valid), len(found.sky_is_clear)}
    return found if fits and sizes == {count} else nothing


def _write(path: Path, key: str, found: _SceneFeatures) -> None:
    with atomic_write(path) as temporary_path, temporary_path.open("wb") as file:
        np.savez(
            file,
            key=np.array(key),
            row=found.row,
            column=found.column,
            features=found.features,
            valid=found.valid,
            sky_is_clear=found.sky_is_clear,
        )
