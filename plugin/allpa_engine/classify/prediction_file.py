"""Prediction files: one classified scene each, with the facts that a composite needs in the file's own tags.

Six bands of one byte: class, its confidence, the scene classification, the second most probable class, NDVI and the
moisture index NDMI (`spectral_index` says how these are stored). Files of earlier versions have the first three only:
they still vote, but a composite cannot use the year of their vegetation, and a run classifies their scenes again.

A digest in the tags covers the pixels, the other tags and the grid, so that a damaged file is found before it is used.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError, RasterioIOError

from ..core import raster_tags
from ..core.atomic import atomic_write
from ..core.errors import LegendInvalid, RasterInvalid
from ..core.legend import BUNDLED_LEGEND, CLASS_COUNT, Legend, legend_from_tag
from ..core.messages import message
from ..core.products import legend_tags
from ..core.safe_names import safe_name
from ..core.scene import Prediction, Scene
from ..geo.grid import Grid
from ..raster.digest import RasterDigest, has_own_digest
from ..raster.gdal import gtiff_profile, open_raster, translate_write_errors
from ..raster.row_writer import RowWriter

CLASS_BAND, CONFIDENCE_BAND, SCL_BAND, SECOND_CLASS_BAND, NDVI_BAND, MOISTURE_BAND = 1, 2, 3, 4, 5, 6
BAND_NAMES = (
    "class",
    "confidence",
    "scene classification",
    "second class",
    "vegetation index NDVI",
    "moisture index NDMI",
)
EARLIER_BAND_COUNT = SCL_BAND
"""Bands before the optional probabilities in files of earlier versions."""
MAX_SIDE_PX = 10_980
"""Rows and columns of a whole tile."""
INFERENCE_FACTS = ("precision", "device", "backend", "torch", "openvino", "threads", "ranges")
"""What decides a prediction's last digits beside the weights; of the libraries the one that computed."""
_REQUIRED_TAGS = (raster_tags.SCENE, raster_tags.TILE, raster_tags.DATE, raster_tags.MODEL)
_LAYOUT: dict[str, object] = {
    "tiled": True,
    "blockxsize": 512,
    "blockysize": 512,
    "compress": "zstd",  # as small as DEFLATE, written in a third and read in two thirds of its time
    "zstd_level": 1,
    "predictor": 2,  # a fifth smaller, read and written as fast
}


def prediction_tags(
    scene: Scene, model_hash: str, facts: Mapping[str, str] | None = None, legend: Legend = BUNDLED_LEGEND
) -> dict[str, str]:
    """The tags that `read_prediction` reads back.

    Parameters
    ----------
    scene : the classified scene.
    model_hash : SHA-256 of the weights, hex.
    facts : how the network computed: values of `INFERENCE_FACTS` by name; None for none.
    legend : the classes of the codes.

    Returns
    -------
    Texts by the names of the tags.

    """
    return {
        raster_tags.SCENE: scene.id,
        raster_tags.TILE: scene.tile,
        raster_tags.DATE: scene.date,
        raster_tags.MODEL: model_hash,
        **{f"{raster_tags.PREFIX}{name.upper()}": value for name, value in (facts or {}).items()},
        **legend_tags(legend),
    }


def band_count(class_count: int, *, soft: bool) -> int:
    """Bands of a prediction: the six, and for soft voting the probability of each class x 255."""
    return len(BAND_NAMES) + (class_count if soft else 0)


def has_year_bands(bands: int, class_count: int = CLASS_COUNT) -> bool:
    """Whether a prediction of so many bands holds second class, NDVI and moisture index.

    Parameters
    ----------
    bands : of the file.
    class_count : of its legend.

    Examples
    --------
    >>> [has_year_bands(count) for count in (3, 13, 6, 16)]
    [False, False, True, True]

    """
    return bands in (band_count(class_count, soft=False), band_count(class_count, soft=True))


def probability_bands(bands: int, class_count: int = CLASS_COUNT) -> tuple[int, ...]:
    """Numbers of the bands with the probabilities of the classes in the order of the legend, in so many bands.

    Parameters
    ----------
    bands : of the file.
    class_count : of its legend.

    Examples
    --------
    >>> probability_bands(16)[0], probability_bands(13)[0], probability_bands(6), probability_bands(9, 3)
    (7, 4, (), (7, 8, 9))

    """
    first = len(BAND_NAMES) if has_year_bands(bands, class_count) else EARLIER_BAND_COUNT
    return tuple(range(first + 1, bands + 1))


def _is_band_count(bands: int, legend: Legend) -> bool:
    """Whether a prediction of a legend can have so many bands; earlier versions knew the bundled legend only."""
    earlier = (EARLIER_BAND_COUNT, EARLIER_BAND_COUNT + CLASS_COUNT) if legend.is_bundled else ()
    return has_year_bands(bands, len(legend)) or bands in earlier


class PredictionWriter:
    """Takes the rows of a prediction from top to bottom."""

    def __init__(self, dataset: rasterio.io.DatasetWriter, tags: Mapping[str, str]) -> None:
        self._rows = RowWriter(dataset)
        self._digest = RasterDigest(dataset, tags)

    def write(self, rows: NDArray[np.uint8]) -> None:
        """Take the next rows `(band, y, x)` uint8 of the whole width."""
        self._rows.write(rows)
        self._digest.add_rows(rows)

    def hexdigest(self) -> str:
        """The digest of the rows so far."""
        return self._digest.hexdigest()


@contextmanager
def create_prediction(path: Path, grid: Grid, tags: Mapping[str, str], *, soft: bool) -> Iterator[PredictionWriter]:
    """Write a prediction, which appears under `path` when it is complete and was read back without a difference.

    Parameters
    ----------
    path : of the file; an existing one is replaced.
    grid : of the scene.
    tags : as `prediction_tags` gives them, with further ones of the same prefix.
    soft : whether the probabilities of all classes follow the six bands.

    Yields
    ------
    A writer that takes the rows from top to bottom; all of them must be written before the context ends.

    Raises
    ------
    DiskFull, FolderNotWritable : where it cannot be written, or what was written cannot be read back.

    """
    legend = legend_from_tag(tags.get(raster_tags.LEGEND, ""))
    names = BAND_NAMES + (tuple(f"probability of {land_class.name}" for land_class in legend) if soft else ())
    with atomic_write(path) as temporary_path, translate_write_errors(temporary_path):
        profile = gtiff_profile(grid, len(names), "uint8", **_LAYOUT)
        with rasterio.open(temporary_path, "w", **profile) as target:
            for number, name in enumerate(names, start=1):
                target.set_band_description(number, name)
            writer = PredictionWriter(target, tags)
            yield writer
            target.update_tags(**tags, **{raster_tags.DIGEST: writer.hexdigest()})
        try:
            check_prediction(temporary_path)
        except RasterInvalid as error:  # GDAL says nothing where it cannot write the last blocks
            raise RasterioIOError(error.why) from error


def read_prediction(path: str | os.PathLike[str]) -> Prediction:
    """Read a prediction's facts from its file; `check_prediction` reads the pixels too.

    Raises
    ------
    RasterInvalid : where the file cannot be read or is not a prediction.
    """
    name = Path(path).name
    try:
        with open_raster(path) as source:
            tags, bands, dtypes, side = source.tags(), source.count, set(source.dtypes), max(source.shape)
    except RasterioError as error:
        raise RasterInvalid(message("The prediction {name} cannot be read.", name=name), str(error)) from error
    try:
        legend = legend_from_tag(tags.get(raster_tags.LEGEND, ""))
    except LegendInvalid as error:
        raise _damaged(name, message("{what} {why}", what=error.what, why=error.why)) from error
    if not _is_band_count(bands, legend) or dtypes != {"uint8"} or _REQUIRED_TAGS[0] not in tags:
        raise RasterInvalid(
            message("{name} is not a prediction of Allpa.", name=name),
            message("It has {count} bands of {types}.", count=bands, types=", ".join(sorted(dtypes))),
        )
    if side > MAX_SIDE_PX:
        raise RasterInvalid(
            message("{name} is not a prediction of Allpa.", name=name),
            message("It is {side:,} pixels long; a tile has {maximum:,}.", side=side, maximum=MAX_SIDE_PX),
        )
    if not all(tags.get(tag) for tag in _REQUIRED_TAGS) or not _is_date(tags[raster_tags.DATE]):
        raise _damaged(name, message("Its scene, tile, date or model is missing."))
    return Prediction(
        Path(path),
        tags[raster_tags.SCENE],
        tags[raster_tags.TILE],
        tags[raster_tags.DATE],
        tags[raster_tags.MODEL],
        raster_tags.own_tags(tags),
    )


def check_prediction(path: str | os.PathLike[str]) -> Prediction:
    """Read a prediction's facts, and compare its pixels, tags and grid with the digest that was written with them.

    Raises
    ------
    RasterInvalid : where the file cannot be read, is not a prediction, or was damaged or changed.
    """
    prediction = read_prediction(path)
    name = prediction.path.name
    try:
        with open_raster(path) as source:
            is_intact = has_own_digest(source)
    except RasterioError as error:
        raise _damaged(name, str(error)) from error
    if not is_intact:
        has_digest = raster_tags.DIGEST in prediction.file_tags
        raise _damaged(
            name,
            message("Its content is not what was written.")
            if has_digest
            else message("It has no digest of its content."),
        )
    return prediction


def _damaged(name: str, reason: str) -> RasterInvalid:
    return RasterInvalid(
        message("The prediction {name} is damaged.", name=name),
        reason,
        message("Remove the file and classify its scene again."),
    )


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def read_predictions(folder: str | os.PathLike[str]) -> tuple[Prediction, ...]:
    """All the predictions of a folder, each checked, in the order tile, date, scene.

    Raises
    ------
    RasterInvalid : where the folder has none, or a file that is not one, is damaged, or is named after another scene.
    """
    paths = sorted(path for path in Path(folder).glob("*.tif") if not path.name.startswith("."))
    if not paths:
        raise RasterInvalid(
            message("There are no predictions in {folder}.", folder=folder),
            next_step=message("Classify the scenes first."),
        )
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        predictions = list(pool.map(check_prediction, paths))
    for prediction in predictions:
        if prediction.path.stem != safe_name(prediction.scene_id):
            raise RasterInvalid(
                message("The file {name} has the name of another scene.", name=prediction.path.name),
                message("It is the prediction of {scene}.", scene=prediction.scene_id),
                message("Give the file its own name, or remove it and classify the scenes again."),
            )
    return tuple(sorted(predictions, key=lambda p: (p.tile, p.date, p.scene_id)))


def inference_facts(predictions: Sequence[Prediction]) -> dict[str, str]:
    """How predictions were computed, by `INFERENCE_FACTS`; different values are joined by commas."""
    values = {
        name: sorted(
            {str(item.file_tags.get(f"{raster_tags.PREFIX}{name.upper()}", "")) for item in predictions} - {""}
        )
        for name in INFERENCE_FACTS
    }
    return {name: ", ".join(found) for name, found in values.items() if found}
