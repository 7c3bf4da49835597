"""A digest of a raster's content in its own tags: pixels, facts and grid, so that damage or another file is noticed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from rasterio.io import DatasetReader
from rasterio.windows import Window

from ..core import raster_tags

_STRIP_BYTES = 16 << 20
_ROWS_AT_ONCE = 16
"""Rows that are copied into order at a time: what fits into the processor's cache costs little."""


class RasterDigest:
    """The digest of a raster whose rows are given from top to bottom.

    Parameters
    ----------
    source : the open raster, or the one that is being written; its size, transform and CRS count.
    tags : those that the file has or will have; the digest itself and tags of other origin do not count.

    """

    def __init__(self, source: DatasetReader, tags: Mapping[str, str]) -> None:
        """`tags` are those that the file has or will have; the digest itself and tags of other origin do not count."""
        facts = sorted((k, v) for k, v in raster_tags.own_tags(tags).items() if k != raster_tags.DIGEST and v)
        crs = source.crs and source.crs.to_epsg()
        grid = source.height, source.width, source.count, *tuple(source.transform)[:6], crs
        self._sha256 = hashlib.sha256(repr((facts, grid)).encode())

    def add_rows(self, rows: NDArray[np.generic]) -> None:
        """Take the next rows; how many at a time makes no difference.

        Parameters
        ----------
        rows : `(band, y, x)`, all bands and the whole width, in the type of the file.

        """
        for top in range(0, rows.shape[1], _ROWS_AT_ONCE):
            part = rows[:, top : top + _ROWS_AT_ONCE].transpose(1, 0, 2)
            self._sha256.update(np.ascontiguousarray(part).data)

    def hexdigest(self) -> str:
        """The digest of the rows so far."""
        return self._sha256.hexdigest()


def raster_digest(source: DatasetReader, tags: Mapping[str, str] | None = None) -> str:
    """The digest of an open raster with its own tags, or with others.

    Parameters
    ----------
    source : the raster; all its bands are read.
    tags : tags to count instead of the raster's own; None takes its own.

    Returns
    -------
    SHA-256 of tags, grid and pixels, in hexadecimal.

    Raises
    ------
    rasterio.errors.RasterioError : where pixels cannot be read.

    """
    digest = RasterDigest(source, source.tags() if tags is None else tags)
    row_bytes = source.width * source.count * np.dtype(source.dtypes[0]).itemsize
    block_rows = source.block_shapes[0][0]
    step = max(1, _STRIP_BYTES // (row_bytes * block_rows)) * block_rows
    for row in range(0, source.height, step):
        digest.add_rows(source.read(window=Window(0, row, source.width, min(step, source.height - row))))
    return digest.hexdigest()


def has_own_digest(source: DatasetReader) -> bool:
    """Whether an open raster holds what was written; False for one without a digest, too.

    Parameters
    ----------
    source : the raster; all its bands are read.

    Returns
    -------
    True where the digest among its tags is that of its content.

    Raises
    ------
    rasterio.errors.RasterioError : where pixels cannot be read.

    """
    expected = source.tags().get(raster_tags.DIGEST)
    return expected is not None and raster_digest(source) == expected
