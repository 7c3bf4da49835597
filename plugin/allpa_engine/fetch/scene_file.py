"""One scene's window as one file: read, checked, harmonised, written aside, verified, renamed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rasterio.shutil
from numpy.typing import NDArray
from rasterio.windows import Window

from ..core import raster_tags
from ..core.atomic import atomic_write, temporary_file
from ..core.bands import BAND_BY_KEY, SCL
from ..core.errors import DiskFull, FolderNotWritable, SceneUnreadable
from ..core.messages import message
from ..core.scene import Radiometry
from ..geo.grid import Grid
from ..raster.digest import has_own_digest, raster_digest
from ..raster.gdal import gtiff_profile, open_raster, translate_write_errors
from .band_reader import BandOpener, DecodeError
from .http import Connection
from .larger_window import LargerWindow
from .offset_test import darkest_band, needs_more_pixels, settle_radiometry, subtract_offset
from .remote_file import FileChanged, Signer
from .resume import remove_resume_files
from .scene_bands import (
    STRIP_BYTES,
    Strip,
    band_window,
    open_bands,
    read_band_strips,
    sample_blocks,
    tile_grid,
)
from .scene_request import SceneRequest
from .window import window_on_tile

_MAX_PLAUSIBLE_DN = 20_000
_MAX_IMPLAUSIBLE_SHARE = 0.5
_MAX_RESTARTS = 4
_MAX_PX_WITHOUT_OVERVIEWS = 1024
"""Making overviews takes as long as writing the file; programs show windows of this size as fast without."""
_COG = {
    "driver": "COG",
    "compress": "ZSTD",
    "level": 1,
    "predictor": 2,
    "blocksize": 512,
    "overview_resampling": "nearest",
    "num_threads": 1,
    "bigtiff": "IF_SAFER",
}


ProgressCallback = Callable[[float], None]
"""Called with the share of the scene that is done, 0 to 1."""


def write_scene_file(
    scene_request: SceneRequest, path: Path, connection: Connection, signer: Signer, on_progress: ProgressCallback
) -> Radiometry:
    """Fetch a scene's window and write it as one COG, whole or not at all.

    What a killed run fetched of it is not fetched again.

    Parameters
    ----------
    scene_request : the scene, its window, and the tags of the file.
    path : of the COG: the request's bands and SCL on the 10 m grid, uint16, no data 0; the offset is removed from the
        bands of reflectance.
    connection : of the run.
    signer : signs the addresses of the scene's files.
    on_progress : called with the share of the scene that is done, 0 to 1.

    Returns
    -------
    The radiometry as it was decided, also written into the tags of the file.

    Raises
    ------
    SceneUnreadable : where a file is missing, damaged or cannot be read, or the scene shows nothing of the region.
    SceneUnsupported : where it stays unknown whether the offset is in the numbers.
    DiskFull, FolderNotWritable : where the file cannot be written.
    Cancelled : where the run was stopped.

    """
    if scene_request.region.is_empty:
        raise SceneUnreadable("The scene does not cover the region.")
    restarts = decode_failures = 0
    try:
        while True:
            try:
                return _write_once(scene_request, path, connection, signer, on_progress)
            except FileChanged:
                _forget_shared(scene_request, connection)
                restarts += 1
                if restarts > _MAX_RESTARTS:
                    raise SceneUnreadable("A file of the scene changed repeatedly while it was read.") from None
            except DecodeError:
                _forget_shared(scene_request, connection)
                decode_failures += 1
                if decode_failures > 1:
                    raise
                remove_resume_files(path)
            connection.check()
    finally:
        remove_resume_files(path)


def _write_once(
    scene_request: SceneRequest, path: Path, connection: Connection, signer: Signer, on_progress: ProgressCallback
) -> Radiometry:
    with atomic_write(path) as temp_path, temporary_file(path) as raw_path:
        with BandOpener(connection, signer, path) as opener:
            tile, grid, histograms = _copy_bands(scene_request, opener, raw_path, connection, on_progress)
        radiometry = settle_radiometry(scene_request.scene.radiometry, histograms)
        _remove_offset(raw_path, grid, scene_request, radiometry.offset)
        connection.check()
        tags = {**dict(scene_request.tags), **radiometry_tags(radiometry), **_window_tags(scene_request, tile)}
        _write_cog(raw_path, temp_path, scene_request.layers, tags)
        connection.check()
    on_progress(1.0)
    return radiometry


def _forget_shared(scene_request: SceneRequest, connection: Connection) -> None:
    """Remove what is shared of a scene's files: some of it is damaged, or of files that are there no more."""
    if connection.shared is not None:
        for asset in scene_request.scene.assets.values():
            connection.shared.forget(asset.href)


def cut_scene_file(
    scene_request: SceneRequest, larger: LargerWindow, path: Path, connection: Connection, on_progress: ProgressCallback
) -> Radiometry:
    """Write a scene's window out of a file of the cache that holds it, as the file that fetching it would give.

    Parameters
    ----------
    scene_request, path, connection, on_progress : as in `write_scene_file`.
    larger : the file, with what is to be read of it.

    Returns
    -------
    The radiometry of the larger file.

    Raises
    ------
    SceneUnreadable : where the scene shows nothing of the region.
    DiskFull, FolderNotWritable : where the file cannot be written.
    rasterio.errors.RasterioError : where the larger file cannot be read.
    Cancelled : where the run was stopped.

    """
    grid, window = larger.grid, larger.window
    with atomic_write(path) as temp_path, temporary_file(path) as raw_path:
        _create_raw(raw_path, grid, len(scene_request.layers))
        step = max(1, STRIP_BYTES // (2 * len(scene_request.layers) * grid.width))
        with open_raster(larger.path) as source, _open_for_update(raw_path) as target:
            for row in range(0, grid.height, step):
                connection.check()
                count = min(step, grid.height - row)
                part = Window(window.col_off, window.row_off + row, grid.width, count)
                values = source.read(list(larger.numbers), window=part)
                with translate_write_errors(raw_path):
                    target.write(values, window=Window(0, row, grid.width, count))
                on_progress(0.9 * (row + count) / grid.height)
        _remove_offset(raw_path, grid, scene_request, 0)
        tags = {**dict(scene_request.tags), **radiometry_tags(larger.radiometry)}
        tags[raster_tags.WINDOW], tags[raster_tags.TILE_BOUNDS] = _bounds_text(scene_request.bounds), larger.tile_bounds
        _write_cog(raw_path, temp_path, scene_request.layers, tags)
        connection.check()
    on_progress(1.0)
    return larger.radiometry


def _window_tags(scene_request: SceneRequest, tile: Grid) -> dict[str, str]:
    """By which a later run finds its window within this one."""
    return {
        raster_tags.WINDOW: _bounds_text(scene_request.bounds),
        raster_tags.TILE_BOUNDS: _bounds_text(tile.bounds),
    }


def _bounds_text(bounds: tuple[float, float, float, float]) -> str:
    return " ".join(repr(float(number)) for number in bounds)


def radiometry_tags(radiometry: Radiometry) -> dict[str, str]:
    """What a scene file says of the offset that was removed from its numbers."""
    return {raster_tags.OFFSET: str(radiometry.offset), raster_tags.RADIOMETRY: radiometry.basis}


def _copy_bands(
    scene_request: SceneRequest,
    opener: BandOpener,
    raw_path: Path,
    connection: Connection,
    on_progress: ProgressCallback,
) -> tuple[Grid, Grid, dict[str, NDArray[np.int64]]]:
    """Write the window of all layers as stored; gives grids of tile and window, and counts per number of each band."""
    layers = scene_request.layers
    sources = open_bands(scene_request.scene, opener, scene_request.bands)
    tile = tile_grid(sources)
    if tile.crs != scene_request.crs:
        raise SceneUnreadable(
            "The scene's files are not in the CRS of its tile.",
            message("They are in {found}, not {expected}.", found=tile.crs, expected=scene_request.crs),
        )
    window = window_on_tile(tile, scene_request.bounds)
    if window is None:
        raise SceneUnreadable("The scene does not cover the region.")
    connection.allow_pending_bytes(
        sum(source.bytes_in_window(band_window(source, window)) for source in sources.values())
    )
    grid = tile.for_window(window)
    _create_raw(raw_path, grid, len(layers))
    histograms: dict[str, NDArray[np.int64]] = {}
    for number, key in enumerate(layers, start=1):
        source = opener.copy_if_cheaper(sources[key], band_window(sources[key], window))
        share = partial(_report_band_share, on_progress, number, len(layers))
        histograms[key] = _copy_band(number, read_band_strips(key, source, window), raw_path, grid, connection, share)
    if raw_path.stat().st_size < 2 * len(layers) * grid.width * grid.height:
        raise DiskFull(message("The disk is full while writing in {parent}.", parent=raw_path.parent))
    del histograms[SCL]
    _check_numbers(histograms)
    histograms = {key: counts for key, counts in histograms.items() if BAND_BY_KEY[key].is_reflectance}
    darkest = darkest_band(histograms)
    if darkest is not None and needs_more_pixels(scene_request.scene.radiometry, histograms):
        for values in sample_blocks(sources[darkest]):
            connection.check()
            histograms[darkest] += np.bincount(values.ravel(), minlength=1 << 16)
    return tile, grid, histograms


def _create_raw(raw_path: Path, grid: Grid, layer_count: int) -> None:
    """Begin the file of all the layers of the window, uncompressed, `(layer, y, x)` uint16."""
    profile = gtiff_profile(
        grid,
        layer_count,
        "uint16",
        nodata=0,
        sparse_ok=True,  # nothing is written before the layers come
        blockysize=1,  # every write is of whole blocks: see `raster.row_writer`
    )
    with translate_write_errors(raw_path), rasterio.open(raw_path, "w", **profile):
        pass


def _copy_band(
    number: int,
    strips: Iterable[Strip],
    raw_path: Path,
    grid: Grid,
    connection: Connection,
    on_progress: ProgressCallback,
) -> NDArray[np.int64]:
    """Write a layer's strips into the raw file; gives its counts per digital number."""
    counts = np.zeros(1 << 16, np.int64)
    with _open_for_update(raw_path) as target:
        for strip in strips:
            connection.check()
            window = Window(0, strip.row, grid.width, len(strip.values))
            with translate_write_errors(raw_path):
                target.write(strip.values, number, window=window)
            counts += np.bincount(strip.stored.ravel(), minlength=1 << 16)
            on_progress((strip.row + len(strip.values)) / grid.height)
    return counts


def _report_band_share(on_progress: ProgressCallback, number: int, layer_count: int, share: float) -> None:
    """Report the share of the scene from that of one of its layers, counted from 1."""
    on_progress((number - 1 + share) / layer_count * 0.9)


def _check_numbers(histograms: dict[str, NDArray[np.int64]]) -> None:
    for key, counts in histograms.items():
        if counts[_MAX_PLAUSIBLE_DN + 1 :].sum() > _MAX_IMPLAUSIBLE_SHARE * max(counts[1:].sum(), 1):
            raise SceneUnreadable(
                message("Band {band} is corrupt.", band=key),
                message("Most of its pixels have values above {number}.", number=_MAX_PLAUSIBLE_DN),
            )


def _remove_offset(raw_path: Path, grid: Grid, scene_request: SceneRequest, offset: int) -> None:
    """Remove the offset in place from reflectance, and refuse a scene that shows nothing of the region."""
    valid_pixels = pixels_with_bands = classified = 0
    layers = scene_request.layers
    step = max(1, STRIP_BYTES // (2 * len(layers) * grid.width))
    numbers = [number for number, key in enumerate(layers[:-1], start=1) if BAND_BY_KEY[key].is_reflectance]
    with translate_write_errors(raw_path), rasterio.open(raw_path, "r+") as raw:
        for row in range(0, grid.height, step):
            window = Window(0, row, grid.width, min(step, grid.height - row))
            bands, scl = raw.read(numbers or [1], window=window), raw.read(len(layers), window=window)
            if offset and numbers:
                raw.write(subtract_offset(bands, offset), numbers, window=window)
            complete = (bands != 0).all(axis=0) & grid.for_window(window).mask_inside(scene_request.region)
            pixels_with_bands += int(complete.sum())
            classified += int((scl != 0).sum())
            valid_pixels += int((complete & (scl != 0)).sum())
    if pixels_with_bands and not classified:
        raise SceneUnreadable("The scene's classification layer is empty.")
    if not valid_pixels:
        raise SceneUnreadable("The scene has no valid pixel in the region.")


def _write_cog(raw_path: Path, temp_path: Path, layers: Sequence[str], tags: dict[str, str]) -> None:
    """Turn the raw file into the final one, with a digest of its content, and check it."""
    with translate_write_errors(temp_path):
        with rasterio.open(raw_path, "r+") as raw:
            raw.update_tags(**tags, **{raster_tags.DIGEST: raster_digest(raw, tags)})
            for number, key in enumerate(layers, start=1):
                raw.set_band_description(number, key)
            raw_size = raw.shape
        is_small = max(raw_size) <= _MAX_PX_WITHOUT_OVERVIEWS
        rasterio.shutil.copy(raw_path, temp_path, **_COG, **({"overviews": "NONE"} if is_small else {}))
        with open_raster(temp_path) as final:
            if not has_own_digest(final):
                raise FolderNotWritable(
                    message("The file in {parent} could not be verified after writing.", parent=temp_path.parent)
                )


@contextmanager
def _open_for_update(path: Path) -> Iterator[Any]:
    with translate_write_errors(path):
        target = rasterio.open(path, "r+")
    try:
        yield target
    finally:
        with translate_write_errors(path):
            target.close()
