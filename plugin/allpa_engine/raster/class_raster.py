"""Class rasters: maps of one band of codes, read by window."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.windows import Window

from ..core.errors import RasterInvalid
from ..geo.grid import Grid

CACHE_BYTES = 128 << 20
"""GDAL's block cache while maps are read; its default, a twentieth of the memory, would not be bounded."""


@dataclass(frozen=True)
class ClassRaster:
    """An open map of class codes."""

    path: Path
    grid: Grid
    source: DatasetReader

    def read(self, window: Window) -> NDArray[np.uint8]:
        """Codes `(y, x)` uint8 of a window that lies in the grid; 0 is no data, whatever the file declares as such.

        Raises
        ------
        RasterInvalid : where the file is damaged.

        """
        try:
            codes: NDArray[np.uint8] = self.source.read(1, window=window)
        except RasterioError as error:
            raise RasterInvalid(f"{self.path.name} is damaged.", str(error)) from error
        return codes


@contextmanager
def open_class_raster(path: Path) -> Iterator[ClassRaster]:
    """Open a single-band uint8 raster on a north-up grid of square pixels.

    Raises
    ------
    RasterInvalid : where the file cannot be read or is something else.

    """
    name = Path(path).name
    with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES):
        try:
            source = rasterio.open(path)
        except RasterioError as error:
            raise RasterInvalid(f"The map {name} cannot be read.", str(error)) from error
        with source:
            if source.count != 1 or source.dtypes[0] != "uint8":
                raise RasterInvalid(
                    f"{name} is not a map of classes.", f"It has {source.count} bands of {source.dtypes[0]}."
                )
            yield ClassRaster(Path(path), grid_of(source), source)


def grid_of(source: DatasetReader) -> Grid:
    """The grid of an open raster.

    Raises
    ------
    RasterInvalid : where it has no CRS, is rotated, or has pixels that are not square.

    """
    name, transform = Path(source.name).name, source.transform
    if source.crs is None:
        raise RasterInvalid(f"{name} has no coordinate system.")
    square = abs(transform.a + transform.e) <= 1e-9 * abs(transform.a)
    if transform.b or transform.d or transform.a <= 0 or not square:
        raise RasterInvalid(
            f"{name} is not a north-up grid of square pixels.", f"Its transform is {tuple(transform)[:6]}."
        )
    return Grid(source.crs.to_string(), transform.c, transform.f, transform.a, source.width, source.height)
