"""Rasters as files: cloud-optimised GeoTIFFs with colours, names, title and origin inside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import rasterio
import rasterio.shutil
from rasterio.enums import ColorInterp
from rasterio.io import DatasetWriter

from ..core.legend import BUNDLED_LEGEND, NO_DATA, hex_to_rgb
from ..core.products import RasterKind, RasterMetadata, band_description, software_tags
from ..geo.grid import Grid
from .gdal import gtiff_profile, translate_write_errors
from .overviews import write_overviews

_BLOCK_PX = 512


@contextmanager
def create_geotiff(
    path: Path,
    grid: Grid,
    kind: RasterKind,
    metadata: RasterMetadata | None = None,
    colors: Mapping[int, tuple[int, int, int, int]] | None = None,
    *,
    dtype: str = "uint8",
    tags: Mapping[str, str] | None = None,
) -> Iterator[DatasetWriter]:
    """Open a plain, uncompressed GeoTIFF of a kind for writing by windows; `write_cog` makes the final file of it.

    Parameters
    ----------
    path : of the plain file.
    grid : of all its bands; no data is 0.
    kind : its bands and title.
    metadata : where it comes from, for its tags; None leaves the title and the software.
    colors : red, green, blue, alpha (0 to 255) by value; None takes those of the legend that `metadata` names where the
        kind is categorical.
    dtype : `uint8`, or `uint16` for changes between classes of the user's.
    tags : further tags; None for none.

    Yields
    ------
    The open file, in blocks of 512 px.

    Raises
    ------
    DiskFull, FolderNotWritable : where GDAL cannot write it.

    """
    legend = BUNDLED_LEGEND if metadata is None else metadata.legend
    if colors is None and kind.is_categorical:
        colors = color_table({land_class.code: land_class.color for land_class in legend})
    with translate_write_errors(path), _open_geotiff(path, grid, len(kind.bands), dtype, colors is not None) as dataset:
        if colors is not None:
            dataset.write_colormap(1, colors)
        else:
            dataset.colorinterp = [ColorInterp.gray] + [ColorInterp.undefined] * (len(kind.bands) - 1)
        dataset.update_tags(**(software_tags(kind) if metadata is None else metadata.tags(kind)), **(tags or {}))
        for number, band in enumerate(kind.bands, start=1):
            dataset.set_band_description(number, band.name)
            dataset.update_tags(number, DEFINITION=band_description(band, legend))
        yield dataset


def color_table(colors: Mapping[int, str]) -> dict[int, tuple[int, int, int, int]]:
    """A colour table as rasterio takes it.

    Parameters
    ----------
    colors : `#RRGGBB` by value.

    Returns
    -------
    Red, green, blue and alpha, 0 to 255, by value; no data (0) is transparent.

    Examples
    --------
    >>> color_table({1: "#1A5BAB"})
    {0: (0, 0, 0, 0), 1: (26, 91, 171, 255)}

    """
    return {NO_DATA: (0, 0, 0, 0)} | {value: (*hex_to_rgb(color), 255) for value, color in colors.items()}


def _open_geotiff(path: Path, grid: Grid, band_count: int, dtype: str, has_palette: bool) -> DatasetWriter:
    profile = gtiff_profile(
        grid,
        band_count,
        dtype,
        nodata=NO_DATA,
        tiled=True,
        blockxsize=_BLOCK_PX,
        blockysize=_BLOCK_PX,
        sparse_ok=True,
        photometric="palette" if has_palette else "minisblack",
    )
    return rasterio.open(path, "w", **profile)


def write_cog(
    uncompressed: Path, path: Path, kind: RasterKind, progress: Callable[[float], None] | None = None
) -> None:
    """Copy a plain GeoTIFF to a cloud-optimised one: 512 px blocks, DEFLATE, overviews of the kind's resampling.

    The overviews are written beside `uncompressed` and stay there; `atomic.temporary_file` removes them with it.

    Parameters
    ----------
    uncompressed : the complete plain file, from `create_geotiff`.
    path : of the cloud-optimised file.
    kind : decides how the overviews are made and how much time the compression may take.
    progress : is called with the share of the overviews that is done, 0 to 1; what it raises ends the work. None
        reports nothing.

    Raises
    ------
    DiskFull, FolderNotWritable : where GDAL cannot write it.

    """
    with translate_write_errors(path):
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
