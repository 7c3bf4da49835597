"""Rasters of class codes and of quality: opened, checked, and read with 0 for what they declare as no data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import MaskFlags, Resampling
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.windows import Window

from ..core.errors import RasterInvalid
from ..core.legend import NO_DATA
from ..core.products import QUALITY
from ..geo.grid import Grid, grid_of
from .gdal import MAP_DRIVERS, open_raster

CACHE_BYTES = 128 << 20
"""GDAL's block cache while maps are read; its default, a twentieth of the memory, would not be bounded."""
MAX_CODE = 255
"""Largest code of a class."""


@dataclass(frozen=True)
class ClassRaster:
    """An open map of class codes."""

    path: Path
    grid: Grid
    source: DatasetReader

    def read(self, window: Window | None = None, shape: tuple[int, int] | None = None) -> NDArray[np.uint8]:
        """Read the codes of the map or of a part of it.

        Parameters
        ----------
        window : part of the grid to read; None reads all.
        shape : rows and columns of a smaller picture of it, by nearest pixel of the overviews, which hold the most
            frequent class; None reads every pixel.

        Returns
        -------
        Codes `(y, x)` uint8; 0 where there is no data, whatever value or mask of the file declares it.

        Raises
        ------
        RasterInvalid : where the file is damaged, or holds numbers that are no codes.

        """
        options = {"window": window, "out_shape": shape, "resampling": Resampling.nearest}
        try:
            values = self.source.read(1, **options)
            if MaskFlags.per_dataset in self.source.mask_flag_enums[0]:
                values = np.where(self.source.read_masks(1, **options) == 0, NO_DATA, values)
        except RasterioError as error:
            raise RasterInvalid(f"{self.path.name} is damaged.", str(error)) from error
        if self.source.nodata not in (None, NO_DATA):
            values = np.where(values == self.source.nodata, NO_DATA, values)
        if values.dtype != np.uint8:
            unknown = values[(values < 0) | (values > MAX_CODE)]
            if unknown.size:
                raise unknown_codes(self.path, np.unique(unknown).tolist(), "class codes lie between 1 and 255")
        codes: NDArray[np.uint8] = values.astype(np.uint8, copy=False)
        return codes


def unknown_codes(path: Path, found: list[int], known: str) -> RasterInvalid:
    """The error of a map with codes of no class.

    Parameters
    ----------
    path : of the map; only its name is used.
    found : the unknown codes; the first ten are listed.
    known : which codes there are, as the end of a sentence.

    Returns
    -------
    The error, to be raised by the caller.

    """
    return RasterInvalid(
        f"{Path(path).name} contains codes that are not in the legend.",
        f"They are {', '.join(map(str, found[:10]))}; {known}.",
    )


@contextmanager
def open_class_raster(path: Path) -> Iterator[ClassRaster]:
    """Open a map: one band of whole numbers on a north-up grid of square pixels, in one of `MAP_DRIVERS`.

    Parameters
    ----------
    path : of the raster, without scale and offset.

    Yields
    ------
    The open map; it is closed when the block ends.

    Raises
    ------
    RasterInvalid : where the file cannot be read or is something else.

    """
    with _open(path, f"The map {Path(path).name} cannot be read.") as source:
        name = Path(path).name
        if source.count != 1 or not np.issubdtype(np.dtype(source.dtypes[0]), np.integer):
            bands = "1 band" if source.count == 1 else f"{source.count} bands"
            raise RasterInvalid(f"{name} is not a map of classes.", f"It has {bands} of {source.dtypes[0]}.")
        if (source.scales[0], source.offsets[0]) != (1.0, 0.0):
            raise RasterInvalid(
                f"{name} is not a map of classes.",
                f"It declares the scale {source.scales[0]:g} and the offset {source.offsets[0]:g}; codes have none.",
            )
        yield ClassRaster(Path(path), grid_of(source), source)


@contextmanager
def open_quality_raster(path: Path) -> Iterator[DatasetReader]:
    """Open a quality raster of Allpa.

    Parameters
    ----------
    path : of the raster: uint8, with the bands of `QUALITY`.

    Yields
    ------
    The open raster; it is closed when the block ends.

    Raises
    ------
    RasterInvalid : where the file cannot be read or is something else.

    """
    with _open(path, f"The quality raster {Path(path).name} cannot be read.") as source:
        if source.count != len(QUALITY.bands) or set(source.dtypes) != {"uint8"}:
            raise RasterInvalid(
                f"{Path(path).name} is not a quality raster of Allpa.",
                f"It has {source.count} bands of {', '.join(sorted(set(source.dtypes)))}.",
            )
        yield source


@contextmanager
def _open(path: Path, failure: str) -> Iterator[DatasetReader]:
    with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES):
        try:
            source = open_raster(path, MAP_DRIVERS)
        except RasterioError as error:
            raise RasterInvalid(failure, str(error), "Give a GeoTIFF.") from error
        with source:
            yield source
