"""One scene's window as one file: read, checked, harmonised, written aside, verified, renamed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rasterio.shutil
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.windows import Window
from shapely.geometry.base import BaseGeometry

from ..core.atomic import scratch, writing
from ..core.bands import SCL
from ..core.errors import DiskFull, FolderNotWritable, SceneUnreadable
from ..core.messages import said
from ..core.scene import Radiometry, Scene
from ..geo.grid import Grid
from .band_reader import BandOpener, Undecodable
from .http import Connection
from .offset_test import DARKEST, decided, harmonised, undecided
from .remote_file import FileChanged, Signer
from .resume import remove_kept
from .scene_bands import (
    LAYERS,
    STRIP_BYTES,
    Strip,
    layer_strips,
    layer_window,
    open_layers,
    sampled_blocks,
)
from .window import window_on_tile

_BROKEN_DN = 20_000
_BROKEN_SHARE = 0.5
_RESTARTS = 4
_NEARLY_FULL_BYTES = 64 << 20
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


@dataclass(frozen=True)
class Wanted:
    """What is asked of a scene."""

    scene: Scene
    bounds: tuple[float, float, float, float]
    """Left, bottom, right, top in the tile's CRS, metres."""
    region: BaseGeometry
    """The region near the tile, in the tile's CRS."""
    crs: str = ""
    """The tile's CRS."""
    tags: tuple[tuple[str, str], ...] = ()
    """Written into the file."""


Advance = Callable[[float], None]
"""Told the share of the scene that is done, 0 to 1."""


def write_scene_file(
    wanted: Wanted, path: Path, connection: Connection, signer: Signer, advance: Advance
) -> Radiometry:
    """Fetch a scene's window into `path`, whole or not at all, and give the radiometry as it was decided.

    What a killed run fetched of it is not fetched again.

    Raises
    ------
    SceneUnreadable, SceneUnsupported : where the scene cannot be used. DiskFull, FolderNotWritable, Cancelled
    """
    if wanted.region.is_empty:
        raise SceneUnreadable("The scene does not reach the region.")
    restarts = decodings = 0
    try:
        while True:
            try:
                return _written_once(wanted, path, connection, signer, advance)
            except FileChanged:
                restarts += 1
                if restarts > _RESTARTS:
                    raise SceneUnreadable("A file of the scene kept changing while it was read.") from None
            except Undecodable:
                decodings += 1
                if decodings > 1:
                    raise
                remove_kept(path)
            connection.check()
    finally:
        remove_kept(path)


def _written_once(wanted: Wanted, path: Path, connection: Connection, signer: Signer, advance: Advance) -> Radiometry:
    with writing(path) as aside, scratch(path) as raw_path:
        with BandOpener(connection, signer, path) as opener:
            grid, histograms = _copy_layers(wanted, opener, raw_path, connection, advance)
        radiometry = decided(wanted.scene.radiometry, histograms)
        _settle(raw_path, grid, wanted.region, radiometry.offset)
        connection.check()
        _finish(raw_path, aside, {**dict(wanted.tags), **radiometry_tags(radiometry)})
        connection.check()
    advance(1.0)
    return radiometry


def radiometry_tags(radiometry: Radiometry) -> dict[str, str]:
    """What a scene file says of the offset that was removed from its numbers."""
    return {"ALLPA_OFFSET": str(radiometry.offset), "ALLPA_RADIOMETRY": radiometry.basis}


def _copy_layers(
    wanted: Wanted, opener: BandOpener, raw_path: Path, connection: Connection, advance: Advance
) -> tuple[Grid, dict[str, NDArray[np.int64]]]:
    """Write the window of all the layers as stored; gives its grid, and each band's counts per digital number."""
    sources = open_layers(wanted.scene, opener)
    tile = sources[LAYERS[0]].grid
    if tile.crs != wanted.crs:
        raise SceneUnreadable("The scene's files do not lie in its tile.", f"They are in {tile.crs}, not {wanted.crs}.")
    window = window_on_tile(tile, wanted.bounds)
    if window is None:
        raise SceneUnreadable("The scene does not reach the region.")
    connection.allow(sum(source.bytes_under(layer_window(key, window)) for key, source in sources.items()))
    grid = tile.part(window)
    _begin_raw(raw_path, grid)
    histograms: dict[str, NDArray[np.int64]] = {}
    for place, key in enumerate(LAYERS):
        source = opener.fitted(sources[key], layer_window(key, window))
        share = partial(_advanced, advance, place)
        histograms[key] = _copy_layer(key, layer_strips(key, source, window), raw_path, grid, connection, share)
    if raw_path.stat().st_size < 2 * len(LAYERS) * grid.width * grid.height:
        raise DiskFull(f"The disk is full while writing in {raw_path.parent}.")
    del histograms[SCL]
    _check_numbers(histograms)
    if undecided(wanted.scene.radiometry, histograms):
        for values in sampled_blocks(sources[DARKEST]):
            connection.check()
            histograms[DARKEST] += np.bincount(values.ravel(), minlength=1 << 16)
    return grid, histograms


def _begin_raw(raw_path: Path, grid: Grid) -> None:
    """Begin the file of all the layers of the window, uncompressed, `(layer, y, x)` uint16."""
    profile = {
        "driver": "GTiff",
        "width": grid.width,
        "height": grid.height,
        "count": len(LAYERS),
        "dtype": "uint16",
        "nodata": 0,
        "crs": grid.crs,
        "transform": grid.transform,
        "interleave": "band",
        "bigtiff": "IF_SAFER",
        "sparse_ok": True,  # nothing is written before the layers come
    }
    with _explained_writing(raw_path), rasterio.open(raw_path, "w", **profile):
        pass


def _copy_layer(
    key: str, strips: Iterable[Strip], raw_path: Path, grid: Grid, connection: Connection, advance: Advance
) -> NDArray[np.int64]:
    """Write a layer's strips into the raw file; gives its counts per digital number."""
    counts = np.zeros(1 << 16, np.int64)
    with _opened_for_writing(raw_path) as target:
        for strip in strips:
            connection.check()
            window = Window(0, strip.row, grid.width, len(strip.values))
            with _explained_writing(raw_path):
                target.write(strip.values, LAYERS.index(key) + 1, window=window)
            counts += np.bincount(strip.stored.ravel(), minlength=1 << 16)
            advance((strip.row + len(strip.values)) / grid.height)
    return counts


def _advanced(advance: Advance, place: int, share: float) -> None:
    """Tell the share of the scene from that of one of its layers."""
    advance((place + share) / len(LAYERS) * 0.9)


def _check_numbers(histograms: dict[str, NDArray[np.int64]]) -> None:
    for key, counts in histograms.items():
        if counts[_BROKEN_DN + 1 :].sum() > _BROKEN_SHARE * max(counts[1:].sum(), 1):
            raise SceneUnreadable(
                said("The scene's {band} is corrupt.", band=key),
                said("Most of its pixels have numbers above {number}.", number=_BROKEN_DN),
            )


def _settle(raw_path: Path, grid: Grid, region: BaseGeometry, offset: int) -> None:
    """Remove the offset in place, and refuse a scene that shows nothing of the region."""
    seen = bands_seen = classified = 0
    step = max(1, STRIP_BYTES // (2 * len(LAYERS) * grid.width))
    with _explained_writing(raw_path), rasterio.open(raw_path, "r+") as raw:
        for row in range(0, grid.height, step):
            window = Window(0, row, grid.width, min(step, grid.height - row))
            bands, scl = raw.read(list(range(1, len(LAYERS))), window=window), raw.read(len(LAYERS), window=window)
            if offset:
                raw.write(harmonised(bands, offset), list(range(1, len(LAYERS))), window=window)
            complete = (bands != 0).all(axis=0) & grid.part(window).inside(region)
            bands_seen += int(complete.sum())
            classified += int((scl != 0).sum())
            seen += int((complete & (scl != 0)).sum())
    if bands_seen and not classified:
        raise SceneUnreadable("The scene's classification layer is empty.")
    if not seen:
        raise SceneUnreadable("The scene holds no valid pixel in the region.")


def _finish(raw_path: Path, aside: Path, tags: dict[str, str]) -> None:
    """Turn the raw file into the final one and compare the two."""
    with _explained_writing(aside):
        with rasterio.open(raw_path, "r+") as raw:
            raw.update_tags(**tags)
            for place, key in enumerate(LAYERS):
                raw.set_band_description(place + 1, key)
        rasterio.shutil.copy(raw_path, aside, **_COG)
        with rasterio.open(raw_path) as raw, rasterio.open(aside) as final:
            # the bands are interleaved, so that one checksum decodes every block
            if raw.checksum(1) != final.checksum(1):
                raise FolderNotWritable(f"The file in {aside.parent} does not read back as it was written.")


@contextmanager
def _opened_for_writing(path: Path) -> Iterator[Any]:
    with _explained_writing(path):
        target = rasterio.open(path, "r+")
    try:
        yield target
    finally:
        with _explained_writing(path):
            target.close()


@contextmanager
def _explained_writing(path: Path) -> Iterator[None]:
    """GDAL's errors of writing as the project's own; those of reading a scene pass through."""
    try:
        yield
    except RasterioError as error:
        if shutil.disk_usage(path.parent).free < _NEARLY_FULL_BYTES:
            raise DiskFull(f"The disk is full while writing in {path.parent}.") from error
        raise FolderNotWritable(f"A file in {path.parent} could not be written.", str(error)) from error
