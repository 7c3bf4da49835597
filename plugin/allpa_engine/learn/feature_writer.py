"""Writing rasters of features into a feature folder: cloud-optimised GeoTIFFs with the features' names in the bands."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..core.errors import FeaturesInvalid
from ..core.messages import message
from ..geo.grid import Grid, grid_difference
from ..raster.row_writer import RowWriter
from ..raster.value_raster import ValueBands, create_value_cog
from .feature_manifest import FILE_NAME, FeatureManifest, FeatureRaster, read_manifest, write_manifest

UINT16, FLOAT32 = "uint16", "float32"
REFLECTANCE_SCALE = 1e-4
"""Reflectance of a digital number in a feature raster; 0 is no data."""


def reflectance_raster(path: str, bands: tuple[str, ...]) -> FeatureRaster:
    """The entry of a raster of reflectance: uint16 digital numbers, 10,000 for 1; 0 is no data.

    Examples
    --------
    >>> reflectance_raster("spring.tif", ("spring_B02", "spring_B03")).scale
    0.0001

    """
    return FeatureRaster(path, bands, REFLECTANCE_SCALE, 0.0, 0.0)


@contextmanager
def create_feature_raster(
    folder: str | os.PathLike[str],
    raster: FeatureRaster,
    grid: Grid,
    dtype: str = UINT16,
    tags: Mapping[str, str] | None = None,
) -> Iterator[RowWriter]:
    """Write a raster of features from top to bottom; when the block ends it is a whole file of the folder, or none.

    The folder's `features.json` does not name it yet: `add_feature_raster` does.

    Parameters
    ----------
    folder : the feature folder; it is made.
    raster : path within the folder, and the features.
    grid : of the folder.
    dtype : `uint16` or `float32`; of float32 no data is NaN.
    tags : of the file.

    Yields
    ------
    A writer that takes rows `(band, y, x)` of the whole width in the type of the file, from top to bottom.

    Raises
    ------
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    no_data = math.nan if raster.no_data is None and dtype == FLOAT32 else raster.no_data
    bands = ValueBands(raster.bands, dtype, no_data, raster.scale, raster.offset)
    with create_value_cog(Path(folder) / raster.path, grid, bands, tags or {}) as target:
        yield RowWriter(target)


def add_feature_raster(folder: str | os.PathLike[str], raster: FeatureRaster, grid: Grid) -> None:
    """Name a raster in the folder's `features.json`, which is made where there is none.

    An entry of the same path is replaced, and so is one that has any of the features.

    Parameters
    ----------
    folder : the feature folder.
    raster : a file that lies in it.
    grid : of the raster; it must be that of the folder.

    Raises
    ------
    FeaturesInvalid : where the folder has another grid, or the entry cannot be used.
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    manifest = FeatureManifest(grid, ())
    if (Path(folder) / FILE_NAME).exists():
        manifest = read_manifest(folder)
        difference = grid_difference(manifest.grid, grid)
        if difference:
            raise FeaturesInvalid(
                message("{file} is not on the grid of the folder's features.", file=raster.path), difference
            )
    others = [
        other for other in manifest.rasters if other.path != raster.path and not set(other.bands) & set(raster.bands)
    ]
    write_manifest(folder, replace(manifest, rasters=(*others, raster)))


def add_facts(folder: str | os.PathLike[str], facts: Mapping[str, Any]) -> None:
    """Add facts to the folder's `features.json`: seasons, scenes and so on; those of the same keys are replaced.

    Raises
    ------
    FeaturesInvalid : where the folder has no `features.json` that can be used.
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    manifest = read_manifest(folder)
    write_manifest(folder, replace(manifest, facts={**manifest.facts, **facts}))
