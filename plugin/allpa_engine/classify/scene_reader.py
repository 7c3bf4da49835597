"""Reading scene files: reflectance, validity and scene classification of a window."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.windows import Window

from ..core.bands import BANDS, REFLECTANCE_SCALE, SCL_NO_DATA
from ..core.errors import SceneUnreadable
from ..core.messages import message
from ..fetch.band_reader import scene_grid
from ..geo.grid import Grid
from ..raster.gdal import GDAL_SETTINGS, open_raster


@dataclass(frozen=True)
class SceneBlock:
    """A window of a scene."""

    reflectance: NDArray[np.float32]
    """`(band, y, x)` float32 surface reflectance, 0 to about 1 (bright clouds exceed it), in the order of `BANDS`;
    0 where there is no data."""
    valid: NDArray[np.bool_]
    """`(y, x)`: True where all six bands and the scene classification have data."""
    scl: NDArray[np.uint8]
    """`(y, x)` scene classification codes."""


class SceneReader:
    """An open scene file; use one per thread."""

    def __init__(self, source: Any) -> None:  # noqa: ANN401 - rasterio ships no types
        self._source = source
        self.grid: Grid = scene_grid(source)
        """The window's 10 m grid, in the tile's CRS."""
        self.tags: Mapping[str, str] = dict(source.tags())
        """Facts on the scene: `ALLPA_SCENE`, `ALLPA_TILE`, `ALLPA_DATE`, `ALLPA_OFFSET`, `ALLPA_RADIOMETRY`, ..."""

    def read(self, window: Window | None = None) -> SceneBlock:
        """Read a window of whole pixels within the grid; None reads all.

        Raises
        ------
        SceneUnreadable : where the file is damaged.
        """
        try:
            digital_numbers: NDArray[np.uint16] = self._source.read(window=window)
        except RasterioError as error:
            raise SceneUnreadable(
                message("The scene file {file} is damaged.", file=self._source.name), str(error)
            ) from error
        bands, scl = digital_numbers[: len(BANDS)], digital_numbers[len(BANDS)].astype(np.uint8)
        reflectance = bands.astype(np.float32)
        reflectance /= REFLECTANCE_SCALE
        return SceneBlock(reflectance, (bands != 0).all(axis=0) & (scl != SCL_NO_DATA), scl)


@contextmanager
def open_scene(path: str | os.PathLike[str]) -> Iterator[SceneReader]:
    """Open a file that `fetch_selection` wrote.

    Raises
    ------
    SceneUnreadable : where it is missing, damaged, or not a scene file.
    """
    with rasterio.Env(**GDAL_SETTINGS):
        try:
            source = open_raster(path)
        except RasterioError as error:
            raise SceneUnreadable(
                message("The scene file {file} cannot be opened.", file=os.fspath(path)), str(error)
            ) from error
        with source:
            if source.count != len(BANDS) + 1:
                raise SceneUnreadable(
                    message(
                        "{file} is not a scene file: it has {count} bands.", file=os.fspath(path), count=source.count
                    )
                )
            yield SceneReader(source)
