"""Reading scene files: reflectance, validity and scene classification of a window."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.windows import Window

from ..core.bands import BAND_BY_KEY, BAND_KEYS, SCL, SCL_NO_DATA
from ..core.errors import SceneUnreadable
from ..core.messages import message
from ..fetch.band_reader import scene_grid
from ..geo.grid import Grid
from ..raster.gdal import GDAL_SETTINGS, open_raster


@dataclass(frozen=True)
class SceneBlock:
    """A window of a scene."""

    reflectance: NDArray[np.float32]
    """`(band, y, x)` float32 surface reflectance, 0 to about 1 (bright clouds exceed it), in the order of the reader's
    bands; 0 where there is no data. AOT and WVP, where they are read, in their own units."""
    valid: NDArray[np.bool_]
    """`(y, x)`: True where all bands of reflectance that are read, and the scene classification, have data."""
    scl: NDArray[np.uint8]
    """`(y, x)` scene classification codes."""


@dataclass(frozen=True)
class NumberBlock:
    """A window of a scene as it is stored."""

    numbers: NDArray[np.uint16]
    """`(band, y, x)` digital numbers without offset, in the order of the reader's bands; 0 no data."""
    valid: NDArray[np.bool_]
    """As in `SceneBlock`."""
    scl: NDArray[np.uint8]
    """`(y, x)` scene classification codes."""


class SceneReader:
    """An open scene file; use one per thread."""

    def __init__(self, source: Any, bands: Sequence[str] = BAND_KEYS) -> None:  # noqa: ANN401 - rasterio ships no types
        self._source = source
        self.bands = tuple(bands)
        """Keys of the bands that are read, in this order."""
        self.stored_bands = tuple(key for key in source.descriptions if key != SCL)
        """Keys of the bands in the file."""
        places = {key: number for number, key in enumerate(source.descriptions, start=1)}
        self._numbers = [places[key] for key in (*self.bands, SCL)]
        self._scales = np.array([[[BAND_BY_KEY[key].numbers_per_unit]] for key in self.bands], np.float32)
        self._is_reflectance = [BAND_BY_KEY[key].is_reflectance for key in self.bands]
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
        block = self.read_block(window)
        reflectance = block.numbers.astype(np.float32)
        reflectance /= self._scales
        return SceneBlock(reflectance, block.valid, block.scl)

    def read_block(self, window: Window | None = None) -> NumberBlock:
        """Read a window as it is stored, with its validity; parameters and errors as in `read`."""
        numbers, scl = self.read_numbers(window)
        valid = scl != SCL_NO_DATA
        for band, is_reflectance in zip(numbers, self._is_reflectance, strict=True):
            if is_reflectance:
                valid &= band != 0
        return NumberBlock(numbers, valid, scl)

    def read_numbers(self, window: Window | None = None) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
        """Read a window as it is stored.

        Parameters
        ----------
        window : whole pixels within the grid; None reads all.

        Returns
        -------
        numbers : `(band, y, x)` uint16 digital numbers without offset, 10,000 for a reflectance of 1; 0 no data.
        scl : `(y, x)` scene classification codes.

        Raises
        ------
        SceneUnreadable : where the file is damaged.

        """
        try:
            layers: NDArray[np.uint16] = self._source.read(self._numbers, window=window)
        except RasterioError as error:
            raise SceneUnreadable(
                message("The scene file {file} is damaged.", file=self._source.name), str(error)
            ) from error
        return layers[:-1], layers[-1].astype(np.uint8)


@contextmanager
def open_scene(path: str | os.PathLike[str], bands: Sequence[str] = BAND_KEYS) -> Iterator[SceneReader]:
    """Open a file that `fetch_selection` wrote.

    Parameters
    ----------
    path : the file.
    bands : keys of the bands that are read; the file may have others too.

    Yields
    ------
    The reader.

    Raises
    ------
    SceneUnreadable : where it is missing, damaged, not a scene file, or lacks a band.

    """
    with rasterio.Env(**GDAL_SETTINGS):
        try:
            source = open_raster(path)
        except RasterioError as error:
            raise SceneUnreadable(
                message("The scene file {file} cannot be opened.", file=os.fspath(path)), str(error)
            ) from error
        with source:
            missing = [key for key in (*bands, SCL) if key not in source.descriptions]
            if missing:
                raise SceneUnreadable(
                    message(
                        "{file} is not a scene file with the bands that are needed: it lacks {bands}.",
                        file=os.fspath(path),
                        bands=", ".join(missing),
                    )
                )
            yield SceneReader(source, bands)
