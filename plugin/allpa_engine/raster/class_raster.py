"""Rasters of class codes and of quality: opened, checked, and read with 0 for what they declare as no data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import MaskFlags, Resampling
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.windows import Window

from ..core import raster_tags
from ..core.errors import LegendInvalid, RasterInvalid
from ..core.legend import NO_DATA, Legend, legend_from_tag
from ..core.messages import joined, message
from ..core.products import QUALITY
from ..geo.grid import Grid, grid_of
from .gdal import MAP_DRIVERS, open_raster

CACHE_BYTES = 128 << 20
"""GDAL's block cache while maps are read; its default, a twentieth of the memory, would not be bounded."""
MAX_CODE = 255
"""Largest code of a class."""
PAIR_CODE_COUNT = 1 << 16
CHANGE_KIND = "change"
"""Value of the tag `ALLPA_KIND` of rasters of change between classes that are not the bundled ones."""
Codes = NDArray[np.unsignedinteger[Any]]


@dataclass(frozen=True)
class ClassRaster:
    """An open map of class codes."""

    path: Path
    grid: Grid
    source: DatasetReader
    tags: Mapping[str, str] = field(default_factory=dict)
    """Of the file."""

    @property
    def code_count(self) -> int:
        """One more than the largest code that it can hold: a change between classes of the user's takes two bytes."""
        return PAIR_CODE_COUNT if self.tags.get(raster_tags.KIND) == CHANGE_KIND else MAX_CODE + 1

    @property
    def legend(self) -> Legend:
        """The classes of the codes, from the raster's own tag; the bundled ones where it has none.

        Raises
        ------
        RasterInvalid : where the tag cannot be used.

        """
        return legend_of(self.tags, self.path)

    def read(self, window: Window | None = None, shape: tuple[int, int] | None = None) -> Codes:
        """Read the codes of the map or of a part of it.

        Parameters
        ----------
        window : part of the grid to read; None reads all.
        shape : rows and columns of a smaller picture of it, by nearest pixel of the overviews, which hold the most
            frequent class; None reads every pixel.

        Returns
        -------
        Codes `(y, x)` uint8, of change between own classes uint16; 0 where there is no data, whatever value or mask of
        the file declares it.

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
            raise RasterInvalid(message("{name} is damaged.", name=self.path.name), str(error)) from error
        if self.source.nodata not in (None, NO_DATA):
            values = np.where(values == self.source.nodata, NO_DATA, values)
        if values.dtype != np.uint8:
            unknown = values[(values < 0) | (values >= self.code_count)]
            if unknown.size:
                raise unknown_codes(
                    self.path,
                    np.unique(unknown).tolist(),
                    message("class codes lie between 1 and {last}", last=self.code_count - 1),
                )
        codes: Codes = values.astype(np.uint8 if self.code_count <= MAX_CODE + 1 else np.uint16, copy=False)
        return codes


def legend_of(tags: Mapping[str, str], path: Path) -> Legend:
    """The legend in the tags of a raster; the bundled one where they name none.

    Parameters
    ----------
    tags : of the raster, of class codes or of their quality.
    path : only its name is used, in the error.

    Raises
    ------
    RasterInvalid : where the tag cannot be used.

    """
    try:
        return legend_from_tag(tags.get(raster_tags.LEGEND, ""))
    except LegendInvalid as error:
        raise RasterInvalid(
            message("The legend in {name} cannot be read.", name=Path(path).name), joined((error.what, error.why))
        ) from error


def as_codes(values: Sequence[int] | NDArray[Any]) -> Codes:
    """Codes of classes or of changes as an array of the smallest type that holds them, uint8 or uint16."""
    array = np.asarray(values)
    return array.astype(np.uint8 if not array.size or int(array.max()) <= MAX_CODE else np.uint16)


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
        message("{name} contains codes that are not in the legend.", name=Path(path).name),
        message("They are {names}; {known}.", names=", ".join(map(str, found[:10])), known=known),
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
    with _open(path, message("The map {name} cannot be read.", name=Path(path).name)) as source:
        name = Path(path).name
        if source.count != 1 or not np.issubdtype(np.dtype(source.dtypes[0]), np.integer):
            bands = message("1 band") if source.count == 1 else message("{count} bands", count=source.count)
            raise RasterInvalid(
                message("{name} is not a map of classes.", name=name),
                message("It has {bands} of {data_type}.", bands=bands, data_type=source.dtypes[0]),
            )
        if (source.scales[0], source.offsets[0]) != (1.0, 0.0):
            raise RasterInvalid(
                message("{name} is not a map of classes.", name=name),
                message(
                    "It declares the scale {scale:g} and the offset {offset:g}; codes have none.",
                    scale=source.scales[0],
                    offset=source.offsets[0],
                ),
            )
        yield ClassRaster(Path(path), grid_of(source), source, source.tags())


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
    with _open(path, message("The quality raster {name} cannot be read.", name=Path(path).name)) as source:
        if source.count != len(QUALITY.bands) or set(source.dtypes) != {"uint8"}:
            raise RasterInvalid(
                message("{name} is not a quality raster of Allpa.", name=Path(path).name),
                message(
                    "It has {count} bands of {data_types}.",
                    count=source.count,
                    data_types=", ".join(sorted(set(source.dtypes))),
                ),
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
