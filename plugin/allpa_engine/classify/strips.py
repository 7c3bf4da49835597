"""Strips: a scene is read, classified and written strip by strip, all three at the same time.

While the network works on a strip, the last one is written and then the next one read by one thread, so that the
numbers of two strips are in memory; by two threads where the network takes several chips at once. Numbers stay as they
are stored, two bytes each, until the network has them. What is written does not depend on which thread is faster.

Chips are laid where there is something to classify, within the area that is wanted. Columns of a strip that have no
data, or in which the scene classification sees cloud, cirrus or shadow in every pixel, are left out where chips do not
reach them anyway: such pixels are no clear observations whatever the network finds, so maps stay the same. They get the
class of clouds.
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
from ..raster.cloud_mask import cloud_shadow_mask
from ..raster.gdal import GDAL_SETTINGS
from .chip_classes import CONFIDENCE_SCALE, ChipClasses, classes_of_probabilities
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
from .scene_reader import SceneReader
from .spectral_index import INDEX_BANDS, encoded_indices
from .tiling import CORE_PX, ChipSpan, absolute_origin, cut_chip, even_core, needed_spans, strip_rows

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
class _Strip:
    """What was read for a strip of chips."""

    numbers: NDArray[np.uint16]
    """`(band, y, x)` of the model's bands with margins, pixels without data filled."""
    facts: _CoreFacts
    rows: ChipSpan


@dataclass(frozen=True)
class _CoreFacts:
    """What is written of a strip's cores and needs no network."""

    valid: NDArray[np.bool_]
    """`(y, x)`: where there is data."""
    scl: NDArray[np.uint8]
    indices: NDArray[np.uint8] | None
    """`(2, y, x)` NDVI and moisture index, as stored; None where the scene lacks a band."""


@dataclass(frozen=True)
class _ChipPlan:
    """How a scene is cut into chips, and by what these are classified."""

    model: ProbabilityModel
    rows: tuple[ChipSpan, ...]
    """Of all rows, those without chips too."""
    area: tuple[slice, slice]
    """Rows and columns of the scene that are classified."""
    column_origin: int
    margins: tuple[int, int]
    core_columns: int
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
    area: Window | None = None,
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
    area : pixels that get a class; the land around it is what the network sees beyond them. None takes all.

    Raises
    ------
    SceneUnreadable : where the scene's file is damaged.

    """
    plan = _plan(scene, model, area or Window(0, 0, scene.grid.width, scene.grid.height), soft=soft)
    rows = plan.rows
    with ExitStack() as threads:
        reading = threads.enter_context(ThreadPoolExecutor(max_workers=1))
        writing = reading if plan.chips_at_once == 1 else threads.enter_context(ThreadPoolExecutor(max_workers=1))
        upcoming = reading.submit(_read_strip, scene, rows[0], model)
        finished: tuple[NDArray[np.uint8], _CoreFacts] | None = None
        for number in range(len(rows)):
            strip = upcoming.result()
            written = None if finished is None else writing.submit(_write_strip, output, *finished)
            finished = None  # its memory goes when it is written
            if number + 1 < len(rows):
                upcoming = reading.submit(_read_strip, scene, rows[number + 1], model)
            reporter.progress(stage, number, len(rows))
            layers = _classify_strip(strip, plan)
            if written is not None:
                written.result()
            finished = layers, strip.facts
        if finished is not None:
            _write_strip(output, *finished)
    reporter.progress(stage, len(rows), len(rows))


def _plan(scene: SceneReader, model: ProbabilityModel, area: Window, *, soft: bool) -> _ChipPlan:
    grid = scene.grid
    column_origin, row_origin = absolute_origin(grid)
    margins: tuple[int, int] = (model.margin, model.margin)
    height, width, chips_at_once = CORE_PX, CORE_PX, 1
    if isinstance(model, ChipModel):
        margins, chips_at_once = model.core_margins, model.chips_at_once
        height, width = (max(side - sum(margins), model.stride) for side in model.chip_px)
    wanted_rows, wanted_columns = (slice(round(start), round(stop)) for start, stop in area.toranges())
    core_rows = even_core(round(area.height), row_origin + wanted_rows.start, stride=model.stride, core=height)
    core_columns = even_core(round(area.width), column_origin + wanted_columns.start, stride=model.stride, core=width)
    needed_rows = np.zeros(grid.height, bool)
    needed_rows[wanted_rows] = True
    chips = needed_spans(needed_rows, row_origin, stride=model.stride, margin=margins, core=core_rows)
    return _ChipPlan(
        model,
        _with_other_rows(chips, grid.height, core_rows),
        (wanted_rows, wanted_columns),
        column_origin,
        margins,
        core_columns,
        chips_at_once,
        soft,
    )


def _with_other_rows(chips: tuple[ChipSpan, ...], height: int, step: int) -> tuple[ChipSpan, ...]:
    """The spans of chips, and between them spans of the rows in which there are none."""
    rows: list[ChipSpan] = []
    done = 0
    for chip in (*chips, ChipSpan(height, height, height, height)):
        for start in range(done, chip.core_start, step):
            stop = min(start + step, chip.core_start)
            rows.append(ChipSpan(start, stop, start, stop))
        if chip.core_start < chip.core_stop:
            rows.append(chip)
        done = chip.core_stop
    return tuple(rows)


def _read_strip(scene: SceneReader, rows: ChipSpan, model: ProbabilityModel) -> _Strip:
    """The rows of a strip of chips, with pixels without data filled for the network.

    How they are filled depends on more rows than the network sees, which are read only where there are such pixels.
    """
    start, stop = strip_rows(rows, scene.grid.height)
    inside = _core(rows, start)
    with Env(**GDAL_SETTINGS):
        strip = scene.read_block(Window(0, start, scene.grid.width, stop - start))
        valid = strip.valid[inside].copy()
        facts = _CoreFacts(valid, strip.scl[inside].copy(), _indices(strip.numbers[:, inside], valid, scene.bands))
        numbers = strip.numbers[: len(model.bands)]
        if not strip.valid.all():
            halo = halo_px(model.margin)
            top, bottom = max(start - halo, 0), min(stop + halo, scene.grid.height)
            further, _ = scene.read_numbers(Window(0, top, scene.grid.width, bottom - top))
            fill_no_data(further, model.margin)
            numbers = further[: len(model.bands), start - top : stop - top]
    return _Strip(numbers, facts, rows)


def _indices(
    numbers: NDArray[np.uint16], valid: NDArray[np.bool_], read_bands: tuple[str, ...]
) -> NDArray[np.uint8] | None:
    """NDVI and moisture index of a strip's cores; None where the scene lacks a band."""
    if not set(INDEX_BANDS) <= set(read_bands):
        return None
    places = [read_bands.index(key) for key in INDEX_BANDS]
    scale = np.float32(BAND_BY_KEY[INDEX_BANDS[0]].numbers_per_unit)
    indices = np.empty((2, *valid.shape), np.uint8)
    for top in range(0, len(valid), _INDEX_ROWS):
        part = slice(top, min(top + _INDEX_ROWS, len(valid)))
        bands = [numbers[place, part].astype(np.float32) / scale for place in places]
        indices[:, part] = encoded_indices(bands, valid[part])
    return indices


def _classify_strip(strip: _Strip, plan: _ChipPlan) -> NDArray[np.uint8]:
    """The bands of a prediction, `(bands, y, x)`, of one strip's cores, with what the network finds."""
    model, rows, facts = plan.model, strip.rows, strip.facts
    row_start = max(rows.read_start, 0)
    output = np.zeros((band_count(len(model.legend), soft=plan.soft), *facts.valid.shape), np.uint8)
    wanted = _wanted(rows, facts.valid.shape, plan.area)
    valid = facts.valid if wanted is None else facts.valid & wanted
    needed = _without_hidden(output, valid, facts.scl, model.legend)
    started: deque[tuple[slice, Callable[[], ChipClasses]]] = deque()
    for span in needed_spans(
        needed, plan.column_origin, stride=model.stride, margin=plan.margins, core=plan.core_columns
    ):
        chip = cut_chip(strip.numbers, row_start, rows, span)  # while the network works on the one before
        if len(started) == plan.chips_at_once:
            _keep(output, *started.popleft())
        core = slice(span.core_start, span.core_stop)
        started.append((core, _start_chip(model, chip, rows, span, soft=plan.soft)))
    while started:
        _keep(output, *started.popleft())
    if wanted is not None:
        output *= wanted.view(np.uint8)  # the rest has no data
    return output


def _wanted(rows: ChipSpan, shape: tuple[int, ...], area: tuple[slice, slice]) -> NDArray[np.bool_] | None:
    """Where a strip lies in the area that is classified; None where all of it does."""
    first, last = (min(max(row - rows.core_start, 0), shape[0]) for row in (area[0].start, area[0].stop))
    if (first, last) == (0, shape[0]) and (area[1].start, area[1].stop) == (0, shape[1]):
        return None
    wanted = np.zeros(shape, bool)
    wanted[first:last, area[1]] = True
    return wanted


def _without_hidden(
    output: NDArray[np.uint8], valid: NDArray[np.bool_], scl: NDArray[np.uint8], legend: Legend
) -> NDArray[np.bool_]:
    """Put the class of clouds where the sky hides the land; the columns that have anything else."""
    if legend.cloud_code is None:
        return np.asarray(valid.any(axis=0))
    hidden = valid & cloud_shadow_mask(scl)
    needed = np.asarray((valid & ~hidden).any(axis=0))
    if not needed.all():
        output[[CLASS_BAND - 1, SECOND_CLASS_BAND - 1]] = np.where(hidden, legend.cloud_code, NO_DATA)
        certain = [CONFIDENCE_BAND - 1]
        if len(output) > len(BAND_NAMES):
            certain.append(len(BAND_NAMES) + legend.codes.index(legend.cloud_code))
        output[certain] = np.where(hidden, CONFIDENCE_SCALE, 0)
    return needed


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


def _write_strip(output: PredictionWriter, layers: NDArray[np.uint8], facts: _CoreFacts) -> None:
    """Add to a strip what no network is needed for, and write it."""
    if facts.indices is not None:
        layers[NDVI_BAND - 1 : MOISTURE_BAND] = facts.indices
    if not facts.valid.all():
        layers[:, ~facts.valid] = NO_DATA
    layers[SCL_BAND - 1] = facts.scl
    with Env(**GDAL_SETTINGS):
        output.write(layers)
