"""Rasters of values, such as reflectance, as cloud-optimised GeoTIFFs: written by blocks, whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
import rasterio.shutil
from rasterio.enums import ColorInterp
from rasterio.errors import RasterioError
from rasterio.io import DatasetWriter

from ..core import raster_tags
from ..core.atomic import atomic_write, temporary_file
from ..geo.grid import Grid
from .gdal import check_complete, gtiff_profile, open_raster, translate_write_errors

_COG_BLOCK_PX = 512
RGB = ("red", "green", "blue")
_PREDICTORS = {"uint8": "NO", "uint16": "STANDARD", "float32": "FLOATING_POINT"}


@dataclass(frozen=True)
class ValueBands:
    """What the bands of a raster of values have in common."""

    names: tuple[str, ...]
    """Descriptions of the bands."""
    dtype: str
    """`uint8`, `uint16` or `float32`."""
    no_data: float | None = 0.0
    scale: float = 1.0
    """Value of a number of 1."""
    offset: float = 0.0
    """Value of a number of 0."""
    overviews: str = "average"
    """GDAL's resampling for the overviews."""

    @property
    def bytes_per_pixel(self) -> int:
        """Of all bands together, without compression."""
        return len(self.names) * int(np.dtype(self.dtype).itemsize)


@contextmanager
def create_value_cog(
    path: Path, grid: Grid, bands: ValueBands, tags: Mapping[str, str], block_px: int = _COG_BLOCK_PX
) -> Iterator[DatasetWriter]:
    """Open a raster for writing by blocks; when the block of code ends it is a cloud-optimised GeoTIFF.

    Parameters
    ----------
    path : of the finished file.
    grid : of all its bands.
    bands : names, type, no data and scale.
    tags : of the file.
    block_px : side of the blocks that are written, a multiple of 16. Each is to be written whole and once, aligned to
        the upper left corner: GDAL's cache may drop a block that was written in part.

    Yields
    ------
    The open file.

    Raises
    ------
    DiskFull, FolderNotWritable : where it cannot be written.

    """
    profile = gtiff_profile(
        grid,
        len(bands.names),
        bands.dtype,
        nodata=bands.no_data,
        tiled=True,
        blockxsize=block_px,
        blockysize=block_px,
        sparse_ok=True,
        photometric="rgb" if bands.names == RGB else "minisblack",
    )
    with atomic_write(path) as final, temporary_file(path) as plain:
        with translate_write_errors(path), rasterio.open(plain, "w", **profile) as target:
            target.update_tags(**tags)
            for number, name in enumerate(bands.names, start=1):
                target.set_band_description(number, name)
            target.scales, target.offsets = [bands.scale] * target.count, [bands.offset] * target.count
            if bands.names != RGB:
                target.colorinterp = [ColorInterp.gray] + [ColorInterp.undefined] * (target.count - 1)
            yield target
        with translate_write_errors(path):
            rasterio.shutil.copy(
                plain, final, driver="COG", compress="ZSTD", level="1", predictor=_PREDICTORS[bands.dtype],
                blocksize=str(_COG_BLOCK_PX), overview_resampling=bands.overviews, num_threads="ALL_CPUS",
                bigtiff="IF_SAFER",
            )  # fmt: skip
            check_complete(final)


def has_key(path: Path, key: str) -> bool:
    """Whether a whole raster lies at a path that was made from the inputs of a key.

    Parameters
    ----------
    path : of the raster; there need not be one.
    key : as it stands in the file's tag `ALLPA_KEY`.

    """
    try:
        check_complete(path)
        with open_raster(path) as source:
            return bool(source.tags().get(raster_tags.KEY) == key)
    except (RasterioError, OSError, ValueError):
        return False
