"""What a quality raster says at points."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rasterio.errors import RasterioError

from ..core.errors import RasterInvalid
from ..core.messages import message
from ..core.products import QUALITY
from ..raster.class_raster import open_quality_raster
from .more_points import PointQuality
from .zone_map import CONFIDENCE_STEPS

_BANDS = [1 + [band.key for band in QUALITY.bands].index(key) for key in ("confidence", "second")]


def read_point_quality(path: Path, x: NDArray[np.float64], y: NDArray[np.float64]) -> PointQuality:
    """Read confidence and second class at points.

    Parameters
    ----------
    path : quality raster of Allpa.
    x, y : `(point,)` coordinates in its CRS.

    Returns
    -------
    Step of confidence and second class; 0 outside the raster.

    Raises
    ------
    RasterInvalid : where the raster cannot be read.

    """
    with open_quality_raster(path) as source:
        try:
            values = np.array(list(source.sample(zip(x, y, strict=True), _BANDS)), np.int64).reshape(-1, 2)
        except RasterioError as error:
            raise RasterInvalid(message("{name} is damaged.", name=path.name), str(error)) from error
    steps = np.searchsorted(CONFIDENCE_STEPS, values[:, 0], side="right")
    return PointQuality(steps.astype(np.intp), values[:, 1].astype(np.intp))
