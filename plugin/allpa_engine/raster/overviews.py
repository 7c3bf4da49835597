"""Overviews of uint8 rasters, written beside them so that GDAL's COG driver takes them as they are.

GDAL makes overviews itself, but in one thread and with more passes over the raster than its whole compression takes.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.windows import Window

from ..core.legend import NO_DATA
from .parallel import map_in_order
from .row_writer import RowWriter

_STRIP_ROWS = 512
_MAX_WORKERS = 4
"""Strips that are halved at the same time: of a full tile's five layers each takes 28 MB."""


def write_overviews(raster: Path, *, by_mode: bool, min_size_px: int, progress: Callable[[float], None]) -> None:
    """Write overviews of halves, quarters ... down to at most `min_size_px` a side, each beside the one before.

    They are named `raster.tif.ovr`, `raster.tif.ovr.ovr` ...: GDAL reads them as the overviews of `raster`.

    Parameters
    ----------
    raster : a complete GeoTIFF of uint8 or uint16 bands, no data 0.
    by_mode : True takes the most frequent value of every 2 x 2 cell, False its upper left pixel.
    min_size_px : no overview is made of one whose sides are at most this long, in pixels.
    progress : is called with the share that is done, 0 to 1; what it raises ends the work.

    Raises
    ------
    rasterio.errors.RasterioError : where the raster cannot be read or an overview cannot be written.

    """
    with rasterio.open(raster) as dataset:
        sizes = [(dataset.height, dataset.width)]
    while max(sizes[-1]) > min_size_px:
        sizes.append((-(-sizes[-1][0] // 2), -(-sizes[-1][1] // 2)))
    total = sum(height * width for height, width in sizes[:-1])
    before = 0
    for height, width in sizes[:-1]:
        raster = _write_overview(raster, by_mode, partial(_report_progress, progress, total, before, width))
        before += height * width
    progress(1.0)


def _report_progress(progress: Callable[[float], None], total_px: int, before_px: int, width: int, rows: int) -> None:
    progress((before_px + rows * width) / total_px)


def _write_overview(source: Path, by_mode: bool, progress: Callable[[int], None]) -> Path:
    """Write the overview of `source` beside it and give its path; `progress` is called with the rows that are done."""
    target = source.with_name(source.name + ".ovr")
    with rasterio.open(source) as dataset:
        profile = {key: dataset.profile[key] for key in ("dtype", "count", "nodata", "tiled", "interleave")}
        profile |= {"blockxsize": 512, "blockysize": 512, "bigtiff": "if_safer", "sparse_ok": True}
        transform = dataset.transform
        profile["transform"] = rasterio.Affine(2 * transform.a, 0, transform.c, 0, 2 * transform.e, transform.f)
        height, width = dataset.shape
    strips = [(row, min(_STRIP_ROWS, height - row)) for row in range(0, height, _STRIP_ROWS)]
    workers = min(os.cpu_count() or 1, _MAX_WORKERS)
    size = {"width": -(-width // 2), "height": -(-height // 2)}
    with (
        rasterio.open(target, "w", driver="GTiff", **size, **profile) as out,
        ThreadPoolExecutor(workers, "overviews") as pool,
        closing(
            map_in_order(pool, partial(_downsample_strip, source, by_mode), strips, prefetch=workers)
        ) as downsampled_strips,
    ):
        overview = RowWriter(out)
        for (row, rows), downsampled in zip(strips, downsampled_strips, strict=True):
            overview.write(downsampled)
            progress(row + rows)
    return target


def _downsample_strip(source: Path, by_mode: bool, strip: tuple[int, int]) -> NDArray[np.unsignedinteger[Any]]:
    row, rows = strip
    with rasterio.open(source) as dataset:
        values = dataset.read(window=Window(0, row, dataset.width, rows))
    return downsample_by_mode(values) if by_mode else np.ascontiguousarray(values[:, ::2, ::2])


def downsample_by_mode(values: NDArray[np.unsignedinteger[Any]]) -> NDArray[np.unsignedinteger[Any]]:
    """The most frequent value of every 2 x 2 cell, no data left out; of equals the first, row by row.

    Parameters
    ----------
    values : `(band, y, x)` uint8 or uint16, 0 no data; where a side is odd, the last cells are of the pixels
        that are there.

    Returns
    -------
    `(band, y, x)` of half the height and width, rounded up.

    Examples
    --------
    >>> downsample_by_mode(np.array([[[2, 5, 3, 0], [5, 7, 0, 0]]], np.uint8)).tolist()
    [[[5, 3]]]

    """
    _, height, width = values.shape
    padded = np.pad(values, ((0, 0), (0, height % 2), (0, width % 2)), constant_values=NO_DATA)
    first, second = padded[:, ::2, ::2], padded[:, ::2, 1::2]
    third, fourth = padded[:, 1::2, ::2], padded[:, 1::2, 1::2]
    is_unique = (first != second) & (first != third) & (first != fourth)
    out = np.where(is_unique & (third == fourth), third, first)
    out = np.where(is_unique & ((second == third) | (second == fourth)), second, out)
    for other in (first, second, third, fourth):
        out = np.where(out == NO_DATA, other, out)
    return out
