"""Classify: one fetched scene becomes one prediction raster."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from ..core import raster_tags
from ..core.errors import RasterInvalid
from ..core.legend import NO_DATA, Legend
from ..core.protocol import Reporter
from ..core.scene import FetchedScene, Prediction
from ..raster.gdal import open_raster
from .no_data import fill_no_data, halo_px
from .prediction_file import (
    BAND_NAMES,
    CLASS_BAND,
    CONFIDENCE_BAND,
    CONFIDENCE_SCALE,
    MOISTURE_BAND,
    NDVI_BAND,
    SCL_BAND,
    SECOND_CLASS_BAND,
    PredictionWriter,
    band_count,
    check_prediction,
    create_prediction,
    has_year_bands,
    prediction_tags,
    read_prediction,
)
from .scene_reader import SceneBlock, SceneReader, open_scene
from .spectral_index import INDEX_BANDS, encoded_indices
from .tiling import ChipSpan, absolute_origin, chip_spans, cut_chip, strip_rows

_DECISIVE_TAGS = tuple(f"ALLPA_{name}" for name in ("SCENE", "TILE", "DATE", "MODEL", "PRECISION", "SOURCE", "LEGEND"))
"""What must be equal for a prediction to be used again. The device and the number of threads need not."""


class ProbabilityModel(Protocol):
    """What classification needs of a network; `inference.Classifier` is one."""

    @property
    def model_hash(self) -> str:
        """SHA-256 of the weights."""

    @property
    def bands(self) -> tuple[str, ...]:
        """Keys of the bands that it reads, in the order of its input."""

    @property
    def legend(self) -> Legend:
        """Its classes, in the order of its channels."""

    @property
    def stride(self) -> int:
        """Chips start and end on multiples of this."""

    @property
    def margin(self) -> int:
        """Pixels at a chip's border whose answer depends on the border."""

    @property
    def facts(self) -> Mapping[str, str]:
        """How it computes, by `prediction_file.INFERENCE_FACTS`; `precision` at least."""

    def probabilities(self, reflectance: NDArray[np.float32]) -> NDArray[np.float32]:
        """`(band, y, x)` reflectance to `(class, y, x)` probabilities."""


def classify_scene(
    fetched: FetchedScene, model: ProbabilityModel, path: Path, reporter: Reporter, *, soft: bool = False
) -> Prediction:
    """Classify a scene strip by strip and write its prediction; an intact prediction of the same inputs stays.

    Memory is bounded by one strip of chips. Progress is reported in strips.

    Parameters
    ----------
    fetched : the scene's window on this disk.
    model : the network.
    path : of the prediction.
    reporter : gets the progress, and why an existing prediction is made again.
    soft : whether the probabilities of all classes follow the six bands.

    Returns
    -------
    The facts of the prediction as they stand in its file, new or already there.

    Raises
    ------
    SceneUnreadable : where the scene's file cannot be read, or lacks a band that the model reads.
    DiskFull, FolderNotWritable : where the prediction cannot be written.

    """
    with open_scene(fetched.path, _bands_to_read(fetched.path, model)) as scene:
        tags = prediction_tags(fetched.scene, model.model_hash, model.facts, model.legend)
        tags[raster_tags.SOURCE] = _hash_tags(scene.tags)
        if kept := _reusable_prediction(path, scene, tags, reporter, model.legend, soft=soft):
            return kept
        with create_prediction(path, scene.grid, tags, soft=soft) as output:
            _classify_strips(output, scene, model, fetched.scene.id, reporter, soft=soft)
    return read_prediction(path)


def _bands_to_read(path: Path, model: ProbabilityModel) -> tuple[str, ...]:
    """The model's bands, and behind them those of the stored indices that it lacks, where the scene has them."""
    further = tuple(key for key in INDEX_BANDS if key not in model.bands)
    with open_scene(path, model.bands) as scene:
        return (*model.bands, *further) if set(further) <= set(scene.stored_bands) else model.bands


def _hash_tags(tags: Mapping[str, str]) -> str:
    """Fingerprint of a fetched scene's facts: its id, window and radiometry stand in the file's tags."""
    return hashlib.sha256(repr(sorted(tags.items())).encode()).hexdigest()


def _reusable_prediction(
    path: Path, scene: SceneReader, tags: Mapping[str, str], reporter: Reporter, legend: Legend, *, soft: bool
) -> Prediction | None:
    """The prediction under `path` if it is intact and of this window, network and precision; else None, with a log."""
    if not path.exists():
        return None
    try:
        found = read_prediction(path)
        if found.scene_id != tags[raster_tags.SCENE]:
            reporter.log(f"{path.name} is the prediction of another scene, {found.scene_id}: made again.", "warning")
            return None
        grid = scene.grid
        with open_raster(path) as output:
            fits = (output.width, output.height, output.transform) == (grid.width, grid.height, grid.transform)
            bands = output.count
        if found.legend != legend:
            return None
        if not has_year_bands(bands, len(legend)):
            reporter.log(f"{path.name} was written by an earlier version, without vegetation indices: made again.")
            return None
        fits = fits and bands >= band_count(len(legend), soft=soft)
        if not fits or any(found.file_tags.get(key) != tags.get(key) for key in _DECISIVE_TAGS):
            return None
        return check_prediction(path)
    except RasterInvalid as error:
        reporter.log(f"{error.what} {error.why} It is made again.", "warning")
        return None


def _classify_strips(
    output: PredictionWriter,
    scene: SceneReader,
    model: ProbabilityModel,
    scene_id: str,
    reporter: Reporter,
    *,
    soft: bool,
) -> None:
    """Write a prediction strip by strip, reading the next strip while the network works on this one."""
    grid = scene.grid
    column_origin, row_origin = absolute_origin(grid)
    columns = chip_spans(grid.width, column_origin, stride=model.stride, margin=model.margin)
    rows = chip_spans(grid.height, row_origin, stride=model.stride, margin=model.margin)
    stage = f"classify {scene_id}"
    bands = band_count(len(model.legend), soft=soft)
    with ThreadPoolExecutor(max_workers=1) as reading:
        upcoming = reading.submit(_read_strip, scene, rows[0], model.margin)
        for number, span in enumerate(rows):
            strip = upcoming.result()
            if number + 1 < len(rows):
                upcoming = reading.submit(_read_strip, scene, rows[number + 1], model.margin)
            reporter.progress(stage, number, len(rows))
            output.write(_classify_strip(strip, span, columns, model, bands, scene.bands))
    reporter.progress(stage, len(rows), len(rows))


def _read_strip(scene: SceneReader, rows: ChipSpan, margin_px: int) -> SceneBlock:
    """The rows of a strip of chips, with pixels without data filled for the network.

    How they are filled depends on more rows than the network sees, which are read only where there are such pixels.
    """
    start, stop = strip_rows(rows, scene.grid.height)
    strip = scene.read(Window(0, start, scene.grid.width, stop - start))
    if strip.valid.all():
        return strip
    halo = halo_px(margin_px)
    top, bottom = max(start - halo, 0), min(stop + halo, scene.grid.height)
    reflectance = scene.read(Window(0, top, scene.grid.width, bottom - top)).reflectance
    fill_no_data(reflectance, margin_px)
    return replace(strip, reflectance=reflectance[:, start - top : stop - top])


def _classify_strip(
    strip: SceneBlock,
    rows: ChipSpan,
    columns: tuple[ChipSpan, ...],
    model: ProbabilityModel,
    bands: int,
    read_bands: tuple[str, ...],
) -> NDArray[np.uint8]:
    """The first bands of a prediction, `(bands, y, x)`, of one strip's cores; `read_bands` are those of the strip."""
    row_start = max(rows.read_start, 0)
    inside = slice(rows.core_start - row_start, rows.core_stop - row_start)
    valid = strip.valid[inside]
    codes = np.array(model.legend.codes, np.uint8)
    reflectance = strip.reflectance[: len(model.bands)]
    output = np.zeros((bands, *valid.shape), np.uint8)
    for span in columns:
        core = slice(span.core_start, span.core_stop)
        if not valid[:, core].any():
            continue
        probabilities = model.probabilities(cut_chip(reflectance, row_start, rows, span))
        part = probabilities[
            :,
            rows.core_start - rows.read_start : rows.core_stop - rows.read_start,
            span.core_start - span.read_start : span.core_stop - span.read_start,
        ]
        best = part.argmax(axis=0)
        output[CLASS_BAND - 1, :, core] = codes[best]
        output[CONFIDENCE_BAND - 1, :, core] = np.rint(part.max(axis=0) * CONFIDENCE_SCALE)
        if bands > len(BAND_NAMES):
            output[len(BAND_NAMES) :, :, core] = np.rint(part * CONFIDENCE_SCALE)
        others = part.copy()
        np.put_along_axis(others, best[np.newaxis], -1, axis=0)
        output[SECOND_CLASS_BAND - 1, :, core] = codes[others.argmax(axis=0)]
    output[NDVI_BAND - 1 : MOISTURE_BAND] = encoded_indices(
        _index_layers(strip.reflectance[:, inside], read_bands), valid
    )
    output[:, ~valid] = NO_DATA
    output[SCL_BAND - 1] = strip.scl[inside]
    return output


def _index_layers(reflectance: NDArray[np.float32], read_bands: tuple[str, ...]) -> list[NDArray[np.float32]]:
    """The bands of the stored indices; none where the scene lacks one."""
    if not set(INDEX_BANDS) <= set(read_bands):
        return []
    return [reflectance[read_bands.index(key)] for key in INDEX_BANDS]
