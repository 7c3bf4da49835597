"""Prediction files: one classified scene each, with the facts that a composite needs in the file's own tags."""

from __future__ import annotations

import os
from pathlib import Path

from rasterio.errors import RasterioError

from ..core.errors import RasterInvalid
from ..core.legend import CLASS_CODES
from ..core.scene import Prediction, Scene
from ..raster.gdal import open_raster

CLASS_BAND, CONFIDENCE_BAND, SCL_BAND = 1, 2, 3
BAND_NAMES = ("class", "confidence", "scene classification")
PROBABILITY_BANDS = tuple(SCL_BAND + code for code in CLASS_CODES)
"""Optional further bands, all or none: the probability of each class x 255, for the soft form of the composite."""
CONFIDENCE_SCALE = 255
"""Stored confidence per unit of probability."""
_PREFIX = "ALLPA_"


def prediction_tags(scene: Scene, model_hash: str) -> dict[str, str]:
    """The tags that `read_prediction` reads back."""
    return {
        f"{_PREFIX}SCENE": scene.id,
        f"{_PREFIX}TILE": scene.tile,
        f"{_PREFIX}DATE": scene.date,
        f"{_PREFIX}MODEL": model_hash,
    }


def read_prediction(path: str | os.PathLike[str]) -> Prediction:
    """Read a prediction's facts from its file.

    Raises
    ------
    RasterInvalid : where the file cannot be read or is not a prediction.
    """
    try:
        with open_raster(path) as source:
            tags, bands, dtypes = source.tags(), source.count, set(source.dtypes)
    except RasterioError as error:
        raise RasterInvalid(f"The prediction {Path(path).name} cannot be read.", str(error)) from error
    if bands not in (SCL_BAND, PROBABILITY_BANDS[-1]) or dtypes != {"uint8"} or f"{_PREFIX}SCENE" not in tags:
        raise RasterInvalid(f"{Path(path).name} is not a prediction of Allpa.", f"It has {bands} bands of {dtypes}.")
    return Prediction(
        Path(path),
        tags[f"{_PREFIX}SCENE"],
        tags[f"{_PREFIX}TILE"],
        tags[f"{_PREFIX}DATE"],
        tags[f"{_PREFIX}MODEL"],
        {key: value for key, value in tags.items() if key.startswith(_PREFIX)},
    )


def read_predictions(folder: str | os.PathLike[str]) -> tuple[Prediction, ...]:
    """All the predictions of a folder, in the order tile, date, scene.

    Raises
    ------
    RasterInvalid : where the folder holds none, or a file that is not one.
    """
    paths = sorted(path for path in Path(folder).glob("*.tif") if not path.name.startswith("."))
    if not paths:
        raise RasterInvalid(f"There are no predictions in {folder}.", next_step="Classify the scenes first.")
    return tuple(sorted((read_prediction(path) for path in paths), key=lambda p: (p.tile, p.date, p.scene_id)))
