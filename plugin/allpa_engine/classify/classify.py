"""Classify: one fetched scene becomes one prediction raster."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from ..core import raster_tags
from ..core.errors import RasterInvalid
from ..core.legend import Legend
from ..core.messages import message
from ..core.protocol import Reporter
from ..core.scene import FetchedScene, Prediction
from ..fetch.window import window_on_tile
from ..raster.gdal import open_raster
from .back_end import TORCH
from .prediction_file import (
    band_count,
    check_prediction,
    create_prediction,
    has_year_bands,
    prediction_tags,
    read_prediction,
)
from .scene_reader import SceneReader, open_scene
from .spectral_index import INDEX_BANDS
from .strips import ProbabilityModel, classify_strips

_DECISIVE_TAGS = tuple(f"ALLPA_{name}" for name in ("SCENE", "TILE", "DATE", "MODEL", "PRECISION", "SOURCE", "LEGEND"))
"""What must be equal for a prediction to be used again. The device and the number of threads need not."""


_BACK_END_TAG = f"{raster_tags.PREFIX}BACKEND"


def classify_scene(
    fetched: FetchedScene,
    model: ProbabilityModel,
    path: Path,
    reporter: Reporter,
    *,
    soft: bool = False,
    bounds: tuple[float, float, float, float] | None = None,
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
    bounds : left, bottom, right, top in the scene's CRS, metres, of what gets classes; the rest of the scene is what
        the network sees around it. None takes all of it.

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
        area = None if bounds is None else window_on_tile(scene.grid, bounds)
        if area is not None:
            tags[raster_tags.AREA] = " ".join(str(round(part)) for part in area.flatten())
        if kept := _reusable_prediction(path, scene, tags, reporter, model.legend, soft=soft):
            return kept
        with create_prediction(path, scene.grid, tags, soft=soft) as output:
            classify_strips(output, scene, model, f"classify {fetched.scene.id}", reporter, soft=soft, area=area)
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
            reporter.log(
                message(
                    "{name} is the prediction of another scene, {scene_id}: made again.",
                    name=path.name,
                    scene_id=found.scene_id,
                ),
                "warning",
            )
            return None
        grid = scene.grid
        with open_raster(path) as output:
            fits = (output.width, output.height, output.transform) == (grid.width, grid.height, grid.transform)
            bands = output.count
        if found.legend != legend:
            return None
        if not has_year_bands(bands, len(legend)):
            reporter.log(
                message(
                    "{name} was written by an earlier version, without vegetation indices: made again.", name=path.name
                )
            )
            return None
        fits = fits and bands >= band_count(len(legend), soft=soft)
        if not fits or not _same_origin(found.file_tags, tags):
            return None
        return check_prediction(path)
    except RasterInvalid as error:
        reporter.log(message("{what} {why} It is made again.", what=error.what, why=error.why), "warning")
        return None


def _same_origin(found: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    """Whether a prediction is of the same inputs; earlier versions knew one back end, and classified whole scenes."""
    if any(found.get(key) != wanted.get(key) for key in _DECISIVE_TAGS):
        return False
    if found.get(raster_tags.AREA, wanted.get(raster_tags.AREA)) != wanted.get(raster_tags.AREA):
        return False
    return found.get(_BACK_END_TAG, TORCH) == wanted.get(_BACK_END_TAG, TORCH)
