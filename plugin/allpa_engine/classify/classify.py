"""Classify: one fetched scene becomes one prediction raster."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.windows import Window

from ..core.atomic import atomic_write
from ..core.errors import RasterInvalid
from ..core.legend import CLASS_COUNT, LEGEND, NO_DATA
from ..core.protocol import Reporter
from ..core.scene import FetchedScene, Prediction
from ..raster.gdal import check_complete, gtiff_profile, open_raster, translate_write_errors
from ..raster.row_writer import RowWriter
from .prediction_file import (
    BAND_NAMES,
    CLASS_BAND,
    CONFIDENCE_BAND,
    CONFIDENCE_SCALE,
    SCL_BAND,
    prediction_tags,
    read_prediction,
)
from .scene_reader import SceneBlock, SceneReader, open_scene
from .tiling import ChipSpan, absolute_origin, chip_spans, cut_chip, strip_rows

_LAYOUT: dict[str, object] = {
    "tiled": True,
    "blockxsize": 512,
    "blockysize": 512,
    "compress": "zstd",  # as small as DEFLATE, written in a third and read in two thirds of its time
    "zstd_level": 1,
}


class ProbabilityModel(Protocol):
    """What classification needs of a network; `inference.Classifier` is one."""

    @property
    def model_hash(self) -> str:
        """SHA-256 of the weights."""

    @property
    def stride(self) -> int:
        """Chips start and end on multiples of this."""

    @property
    def margin(self) -> int:
        """Pixels at a chip's border whose answer depends on the border."""

    def probabilities(self, reflectance: NDArray[np.float32]) -> NDArray[np.float32]:
        """`(band=6, y, x)` reflectance to `(class=10, y, x)` probabilities."""


def classify_scene(
    fetched: FetchedScene, model: ProbabilityModel, path: Path, reporter: Reporter, *, soft: bool = False
) -> Prediction:
    """Classify a scene strip by strip and write its prediction; a whole prediction of the same inputs is kept.

    Memory is bounded by one strip of chips. Progress is told in strips. With `soft` the probabilities of all the
    classes follow the three bands.

    Raises
    ------
    SceneUnreadable : where the scene's file cannot be read.
    DiskFull, FolderNotWritable : where the prediction cannot be written.
    """
    with open_scene(fetched.path) as scene:
        tags = prediction_tags(fetched.scene, model.model_hash) | {"ALLPA_SOURCE": _hash_tags(scene.tags)}
        names = BAND_NAMES + (tuple(f"probability of {land_class.name}" for land_class in LEGEND) if soft else ())
        if _is_up_to_date(path, scene, tags, len(names)):
            return read_prediction(path)
        with atomic_write(path) as temporary_path, translate_write_errors(temporary_path):
            profile = gtiff_profile(scene.grid, len(names), "uint8", **_LAYOUT)
            with rasterio.open(temporary_path, "w", **profile) as target:
                target.update_tags(**tags)
                for number, name in enumerate(names, start=1):
                    target.set_band_description(number, name)
                _classify_strips(target, scene, model, fetched.scene.id, reporter)
            check_complete(temporary_path)
    return read_prediction(path)


def _hash_tags(tags: Mapping[str, str]) -> str:
    """Fingerprint of a fetched scene's facts: its id, window and radiometry stand in the file's tags."""
    return hashlib.sha256(repr(sorted(tags.items())).encode()).hexdigest()


def _is_up_to_date(path: Path, scene: SceneReader, tags: dict[str, str], band_count: int) -> bool:
    """Whether `path` is a whole prediction of this scene window by this network, with `band_count` bands or more."""
    if not path.exists():
        return False
    try:
        file_tags = read_prediction(path).file_tags
    except RasterInvalid:
        return False
    grid = scene.grid
    with open_raster(path) as output:
        fits = (output.width, output.height, output.transform) == (grid.width, grid.height, grid.transform)
        fits = fits and output.count >= band_count
    return fits and all(file_tags.get(key) == value for key, value in tags.items())


def _classify_strips(
    target: rasterio.io.DatasetWriter, scene: SceneReader, model: ProbabilityModel, scene_id: str, reporter: Reporter
) -> None:
    """Fill `target` strip by strip, reading the next strip while the network works on this one."""
    grid = scene.grid
    column_origin, row_origin = absolute_origin(grid)
    columns = chip_spans(grid.width, column_origin, stride=model.stride, margin=model.margin)
    rows = chip_spans(grid.height, row_origin, stride=model.stride, margin=model.margin)
    stage = f"classify {scene_id}"
    output = RowWriter(target)
    with ThreadPoolExecutor(max_workers=1) as reading:
        upcoming = reading.submit(_read_strip, scene, rows[0])
        for number, span in enumerate(rows):
            strip = upcoming.result()
            if number + 1 < len(rows):
                upcoming = reading.submit(_read_strip, scene, rows[number + 1])
            reporter.progress(stage, number, len(rows))
            output.write(_classify_strip(strip, span, columns, model)[: target.count])
    reporter.progress(stage, len(rows), len(rows))


def _read_strip(scene: SceneReader, rows: ChipSpan) -> SceneBlock:
    start, stop = strip_rows(rows, scene.grid.height)
    return scene.read(Window(0, start, scene.grid.width, stop - start))


def _classify_strip(
    strip: SceneBlock, rows: ChipSpan, columns: tuple[ChipSpan, ...], model: ProbabilityModel
) -> NDArray[np.uint8]:
    """All the bands that a prediction can hold, `(13, y, x)`, of one strip's cores."""
    row_start = max(rows.read_start, 0)
    inside = slice(rows.core_start - row_start, rows.core_stop - row_start)
    valid = strip.valid[inside]
    output = np.zeros((len(BAND_NAMES) + CLASS_COUNT, *valid.shape), np.uint8)
    for span in columns:
        core = slice(span.core_start, span.core_stop)
        if not valid[:, core].any():
            continue
        probabilities = model.probabilities(cut_chip(strip.reflectance, row_start, rows, span))
        part = probabilities[
            :,
            rows.core_start - rows.read_start : rows.core_stop - rows.read_start,
            span.core_start - span.read_start : span.core_stop - span.read_start,
        ]
        output[CLASS_BAND - 1, :, core] = part.argmax(axis=0) + 1
        output[CONFIDENCE_BAND - 1, :, core] = np.rint(part.max(axis=0) * CONFIDENCE_SCALE)
        output[SCL_BAND:, :, core] = np.rint(part * CONFIDENCE_SCALE)
    output[:, ~valid] = NO_DATA
    output[SCL_BAND - 1] = strip.scl[inside]
    return output
