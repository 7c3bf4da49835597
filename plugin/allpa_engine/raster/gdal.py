"""How GDAL is used: its settings, the formats that are opened, the layout of files, and its errors in plain words."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import rasterio
from rasterio.errors import RasterioError, RasterioIOError
from rasterio.io import DatasetReader

from ..core.atomic import write_failure
from ..core.messages import message
from ..geo.grid import Grid

GDAL_SETTINGS: dict[str, Any] = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_CACHEMAX": 256 << 20,
    "GDAL_NUM_THREADS": "1",
}
"""For `rasterio.Env` in every thread that reads scenes: no listing of folders, little cache; scenes are the threads."""
OWN_DRIVERS = ("GTiff",)
"""Formats of the files that Allpa writes."""
SCENE_DRIVERS = ("GTiff", "JP2OpenJPEG")
"""Formats of scenes' files, as catalogues have them."""
MAP_DRIVERS = ("GTiff", "HFA", "ENVI", "AAIGrid")
"""Formats of maps that a user may give. None of them names other files or addresses that GDAL would then open."""


def open_raster(path: str | os.PathLike[str], drivers: Sequence[str] = OWN_DRIVERS) -> DatasetReader:
    """Open a file of this disk for reading, in one of a few formats.

    GDAL by itself looks for more than a hundred formats, some of which are lists of other files and addresses that it
    would open too; a file from outside must not have the choice.

    Parameters
    ----------
    path : the file.
    drivers : GDAL's names of the formats to try, in this order.

    Returns
    -------
    The open raster; the caller closes it.

    Raises
    ------
    rasterio.errors.RasterioError : where there is no such file, or its content is of no such format.

    """
    if not os.path.isfile(path):  # noqa: PTH113 - pathlib raises for names that no file can have
        raise RasterioIOError(message("There is no file {path}.", path=os.fspath(path)))
    for driver in drivers[:-1]:  # rasterio takes one at a time
        with suppress(RasterioIOError):
            return rasterio.open(path, driver=driver)
    return rasterio.open(path, driver=drivers[-1])


def gtiff_profile(grid: Grid, count: int, dtype: str, **options: object) -> dict[str, object]:
    """What `rasterio.open` needs to create a GeoTIFF, one band after the other in the file.

    Parameters
    ----------
    grid : of all the bands.
    count : number of bands.
    dtype : NumPy's name of their type, such as `uint8`.
    **options : creation options of GDAL's driver, and `nodata`, in small letters; they replace the values given here.

    Returns
    -------
    Keyword arguments.

    Examples
    --------
    >>> profile = gtiff_profile(Grid("EPSG:32718", 700_000, 8_500_000, 10, 3, 2), 1, "uint8", nodata=0)
    >>> profile["width"], profile["height"], profile["nodata"]
    (3, 2, 0)

    """
    return {
        "driver": "GTiff",
        "width": grid.width,
        "height": grid.height,
        "count": count,
        "dtype": dtype,
        "crs": grid.crs,
        "transform": grid.transform,
        "interleave": "band",
        "bigtiff": "if_safer",
        **options,
    }


def check_complete(path: Path) -> None:
    """Check that a GeoTIFF can be opened and that all blocks of its full-resolution image lie within the file.

    GDAL writes the last blocks and the table of all of them when a file is closed, and says nothing where it cannot.

    Parameters
    ----------
    path : of the closed file.

    Raises
    ------
    rasterio.errors.RasterioError : where it cannot be opened, or was cut short.

    """
    size = path.stat().st_size
    with open_raster(path) as source:
        for (row, column), _ in source.block_windows(1):
            offset = source.get_tag_item(f"BLOCK_OFFSET_{column}_{row}", "TIFF", 1)
            length = source.get_tag_item(f"BLOCK_SIZE_{column}_{row}", "TIFF", 1)
            if offset is not None and int(offset) + int(length) > size:
                raise RasterioIOError(message("{name} was cut short.", name=path.name))


@contextmanager
def translate_write_errors(path: Path) -> Iterator[None]:
    """Turn GDAL's failure to write a file into the project's own error, for the time of a block.

    Parameters
    ----------
    path : the file that is written; the free space of its disk decides whether the disk is full.

    Raises
    ------
    DiskFull, FolderNotWritable : for a failure of GDAL; other errors pass through.

    """
    try:
        yield
    except RasterioError as error:
        raise write_failure(path, str(error)) from error
