"""Strips: a scene is read, classified and written strip by strip, all three at the same time.

While the network works on a strip, the last one is written and then the next one read by one thread, so that two strips
are in memory; by two threads and with three strips where the network takes several chips at once. Numbers stay as they
are stored, two bytes each, until the network has them. What is written does not depend on which thread is faster.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from rasterio import Env
from rasterio.windows import Window

from ..core.bands import BAND_BY_KEY
from ..core.legend import NO_DATA, Legend
from ..core.protocol import Reporter
from ..raster.gdal import GDAL_SETTINGS
from .chip_classes import ChipClasses, classes_of_probabilities
from .no_data import fill_no_data, halo_px
from .prediction_file import (
    BAND_NAMES,
    CLASS_BAND,
    CONFIDENCE_BAND,
    MOISTURE_BAND,
    NDVI_BAND,
    SCL_BAND,
    SECOND_CLASS_BAND,
    PredictionWriter,
    band_count,
)
from .scene_reader import NumberBlock, SceneReader
from .spectral_index import INDEX_BANDS, encoded_indices
from .tiling import CORE_PX, ChipSpan, absolute_origin, chip_spans, cut_chip, strip_rows

_INDEX_ROWS = 64
"""Rows whose indices are computed at a time, so that they stay in the processor's cache."""


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


@runtime_checkable
class ChipModel(ProbabilityModel, Protocol):
    """A model that takes stored numbers and gives classes, as `classifier.Classifier` does."""

    @property
    def core_margins(self) -> tuple[int, int]:
        """Pixels that a chip needs before and after a core that starts and ends on multiples of the stride."""

    @property
    def chip_px(self) -> tuple[int, int]:
        """Largest rows and columns of a chip with its margins."""

    @property
    def chips_at_once(self) -> int:
        """Chips that are to be started before the first is taken back."""

    def start_chip(
        self, numbers: NDArray[np.uint16], rows: slice, columns: slice, *, soft: bool
    ) -> Callable[[], ChipClasses]:
        """Begin with a chip of stored numbers; what is returned gives the classes of its core."""


@dataclass(frozen=True)
class _FinishedStrip:
    """What the network found in a strip, with what else is written of it."""

    layers: NDArray[np.uint8]
    """`(bands, y, x)` of the cores."""
    numbers: NumberBlock
    rows: ChipSpan


@dataclass(frozen=True)
class _ChipPlan:
    """How a scene is cut into chips, and by what these are classified."""

    model: ProbabilityModel
    columns: tuple[ChipSpan, ...]
    rows: tuple[ChipSpan, ...]
    chips_at_once: int
    soft: bool


def classify_strips(
    output: PredictionWriter,
    scene: SceneReader,
    model: ProbabilityModel,
    stage: str,
    reporter: Reporter,
    *,
    soft: bool,
) -> None:
    """Classify an open scene and write its prediction.

    Parameters
    ----------
    output : takes the rows from top to bottom.
    scene : gives the model's bands, and those of the stored indices where it has them.
    model : the network.
    stage : of the progress.
    reporter : gets the progress in strips.
    soft : whether the probabilities of all classes follow the six bands.

    Raises
    ------
    SceneUnreadable : where the scene's file is damaged.

    """
    plan = _plan(scene, model, soft=soft)
    rows = plan.rows
    with ExitStack() as threads:
        reading = threads.enter_context(ThreadPoolExecutor(max_workers=1))
        writing = reading if plan.chips_at_once == 1 else threads.enter_context(ThreadPoolExecutor(max_workers=1))
        upcoming = reading.submit(_read_strip, scene, rows[0], model.margin)
        finished: _FinishedStrip | None = None
        for number, span in enumerate(rows):
            strip = upcoming.result()
            written = None if finished is None else writing.submit(_write_strip, output, finished, scene.bands)
            finished = None  # its memory goes when it is written
            if number + 1 < len(rows):
                upcoming = reading.submit(_read_strip, scene, rows[number + 1], model.margin)
            reporter.progress(stage, number, len(rows))
            layers = _classify_strip(strip, span, plan)
            if written is not None:
                written.result()
            finished = _FinishedStrip(layers, strip, span)
        if finished is not None:
            _write_strip(output, finished, scene.bands)
    reporter.progress(stage, len(rows), len(rows))


def _plan(scene: SceneReader, model: ProbabilityModel, *, soft: bool) -> _ChipPlan:
    grid = scene.grid
    column_origin, row_origin = absolute_origin(grid)
    margins: tuple[int, int] = (model.margin, model.margin)
    cores, chips_at_once = (CORE_PX, CORE_PX), 1
    if isinstance(model, ChipModel):
        margins, chips_at_once = model.core_margins, model.chips_at_once
        height, width = (max(side - sum(margins), model.stride) for side in model.chip_px)
        cores = height, width
    rows = chip_spans(grid.height, row_origin, stride=model.stride, margin=margins, core=cores[0])
    columns = chip_spans(grid.width, column_origin, stride=model.stride, margin=margins, core=cores[1])
    return _ChipPlan(model, columns, rows, chips_at_once, soft)


def _read_strip(scene: SceneReader, rows: ChipSpan, margin_px: int) -> NumberBlock:
    """The rows of a strip of chips, with pixels without data filled for the network.

    How they are filled depends on more rows than the network sees, which are read only where there are such pixels.
    """
    start, stop = strip_rows(rows, scene.grid.height)
    with Env(**GDAL_SETTINGS):
        strip = scene.read_block(Window(0, start, scene.grid.width, stop - start))
        if strip.valid.all():
            return strip
        halo = halo_px(margin_px)
        top, bottom = max(start - halo, 0), min(stop + halo, scene.grid.height)
        numbers, _ = scene.read_numbers(Window(0, top, scene.grid.width, bottom - top))
    fill_no_data(numbers, margin_px)
    return NumberBlock(numbers[:, start - top : stop - top], strip.valid, strip.scl)


def _classify_strip(strip: NumberBlock, rows: ChipSpan, plan: _ChipPlan) -> NDArray[np.uint8]:
    """The bands of a prediction, `(bands, y, x)`, of one strip's cores, with what the network finds."""
    model, row_start = plan.model, max(rows.read_start, 0)
    inside = _core(rows, row_start)
    valid = strip.valid[inside]
    numbers = strip.numbers[: len(model.bands)]
    output = np.zeros((band_count(len(model.legend), soft=plan.soft), *valid.shape), np.uint8)
    started: deque[tuple[slice, Callable[[], ChipClasses]]] = deque()
    for span in plan.columns:
        core = slice(span.core_start, span.core_stop)
        if not valid[:, core].any():
            continue
        if len(started) == plan.chips_at_once:
            _keep(output, *started.popleft())
        chip = cut_chip(numbers, row_start, rows, span)
        started.append((core, _start_chip(model, chip, rows, span, soft=plan.soft)))
    while started:
        _keep(output, *started.popleft())
    return output


def _core(rows: ChipSpan, start: int) -> slice:
    """The core of a span, counted from a pixel of the scene."""
    return slice(rows.core_start - start, rows.core_stop - start)


def _start_chip(
    model: ProbabilityModel, chip: NDArray[np.uint16], rows: ChipSpan, columns: ChipSpan, *, soft: bool
) -> Callable[[], ChipClasses]:
    """Begin with a chip: where the model computes by itself, else here."""
    core = _core(rows, rows.read_start), _core(columns, columns.read_start)
    if isinstance(model, ChipModel):
        return model.start_chip(chip, *core, soft=soft)
    scales = np.array([[[BAND_BY_KEY[key].numbers_per_unit]] for key in model.bands], np.float32)
    probabilities = model.probabilities(chip.astype(np.float32) / scales)[:, core[0], core[1]]
    found = classes_of_probabilities(probabilities, model.legend.codes, soft=soft)
    return lambda: found


def _keep(output: NDArray[np.uint8], core: slice, wait: Callable[[], ChipClasses]) -> None:
    """Put the classes of a chip into the columns of its core."""
    found = wait()
    output[CLASS_BAND - 1, :, core] = found.code
    output[CONFIDENCE_BAND - 1, :, core] = found.confidence
    output[SECOND_CLASS_BAND - 1, :, core] = found.second
    if found.probabilities is not None:
        output[len(BAND_NAMES) :, :, core] = found.probabilities


def _write_strip(output: PredictionWriter, finished: _FinishedStrip, read_bands: tuple[str, ...]) -> None:
    """Add to a strip what no network is needed for, and write it.

    Parameters
    ----------
    output : takes the strip.
    finished : the strip.
    read_bands : of the scene: those of the model, and behind them those of the stored indices that it lacks.

    """
    layers, strip = finished.layers, finished.numbers
    inside = _core(finished.rows, max(finished.rows.read_start, 0))
    valid = strip.valid[inside]
    if set(INDEX_BANDS) <= set(read_bands):
        places = [read_bands.index(key) for key in INDEX_BANDS]
        scale = np.float32(BAND_BY_KEY[INDEX_BANDS[0]].numbers_per_unit)
        for top in range(0, len(valid), _INDEX_ROWS):
            part = slice(top, min(top + _INDEX_ROWS, len(valid)))
            bands = [strip.numbers[place, inside][part].astype(np.float32) / scale for place in places]
            layers[NDVI_BAND - 1 : MOISTURE_BAND, part] = encoded_indices(bands, valid[part])
    if not valid.all():
        layers[:, ~valid] = NO_DATA
    layers[SCL_BAND - 1] = strip.scl[inside]
    with Env(**GDAL_SETTINGS):
        output.write(layers)
