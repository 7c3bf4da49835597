"""The map and its quality raster as files: cloud-optimised GeoTIFFs with colours, names, title and origin inside."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import rasterio
import rasterio.shutil
from rasterio.enums import ColorInterp
from rasterio.errors import RasterioError
from rasterio.io import DatasetWriter

from ..core.errors import DiskFull, RasterInvalid
from ..core.legend import LEGEND, NO_DATA
from ..core.products import RasterKind, RasterMetadata
from ..geo.grid import Grid
from .overviews import write_overviews
from .styles import write_styles

__all__ = ["create_geotiff", "write_cog", "write_styles"]

_BLOCK_PX = 512
_MIN_FREE_BYTES = 10_000_000
"""With less room than this a failure to write is put down to the full disk."""


@contextmanager
def create_geotiff(path: Path, grid: Grid, kind: RasterKind, metadata: RasterMetadata) -> Iterator[DatasetWriter]:
    """Open a plain, uncompressed GeoTIFF of a kind for writing by windows; `write_cog` makes the final file of it.

    Raises
    ------
    DiskFull, RasterInvalid : where GDAL cannot write it.

    """
    with _translate_gdal_errors(path), _open_geotiff(path, grid, kind) as dataset:
        if kind.is_categorical:
            dataset.write_colormap(
                1, {NO_DATA: (0, 0, 0, 0)} | {land_class.code: (*land_class.rgb, 255) for land_class in LEGEND}
            )
        else:
            dataset.colorinterp = [ColorInterp.gray] + [ColorInterp.undefined] * (len(kind.bands) - 1)
        dataset.update_tags(**metadata.tags(kind))
        for number, band in enumerate(kind.bands, start=1):
            dataset.set_band_description(number, band.name)
            dataset.update_tags(number, DEFINITION=band.description)
        yield dataset


def _open_geotiff(path: Path, grid: Grid, kind: RasterKind) -> DatasetWriter:
    return rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=grid.width,
        height=grid.height,
        count=len(kind.bands),
        dtype="uint8",
        crs=grid.crs,
        transform=grid.transform,
        nodata=NO_DATA,
        tiled=True,
        blockxsize=_BLOCK_PX,
        blockysize=_BLOCK_PX,
        interleave="band",
        sparse_ok=True,
        bigtiff="if_safer",
        photometric="palette" if kind.is_categorical else "minisblack",
    )


def write_cog(
    uncompressed: Path, path: Path, kind: RasterKind, progress: Callable[[float], None] | None = None
) -> None:
    """Copy a plain GeoTIFF to a cloud-optimised one: 512 px blocks, DEFLATE, overviews of the kind's resampling.

    The overviews are laid beside `plain` and left there; `atomic.scratch` removes them with it. `progress` is told the
    share that is done, 0 to 1; what it raises ends the work.

    Raises
    ------
    DiskFull, RasterInvalid : where GDAL cannot write it.

    """
    with _translate_gdal_errors(path):
        write_overviews(
            uncompressed, by_mode=kind.overviews == "MODE", min_size_px=_BLOCK_PX, progress=progress or _ignore_progress
        )
        rasterio.shutil.copy(
            uncompressed,
            path,
            driver="COG",
            compress="DEFLATE",
            level="6" if kind.is_categorical else "1",  # quality is noisy: 6 takes eight times as long and saves 15 %
            blocksize=str(_BLOCK_PX),
            overviews="FORCE_USE_EXISTING",
            num_threads="ALL_CPUS",
            bigtiff="IF_SAFER",
        )


def _ignore_progress(share: float) -> None:
    """Take no notice of the progress."""


@contextmanager
def _translate_gdal_errors(path: Path) -> Iterator[None]:
    """Turn GDAL's failure to write into the project's own error; a full disk is told by its free room."""
    try:
        yield
    except RasterioError as error:
        if shutil.disk_usage(path.parent).free < _MIN_FREE_BYTES:
            raise DiskFull(f"The disk is full while writing {path.name} in {path.parent}.") from error
        raise RasterInvalid(
            f"The raster {path.name} cannot be written.", str(error), "Check the disk and run again."
        ) from error
