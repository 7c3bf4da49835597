"""How clear a scene is over the region itself, read from its scene classification layer.

A catalogue tells the clouds of a whole tile of 110 km; a small region may lie under them or beside them. The region's
window of the 20 m layer takes some ten kilobytes, a thousandth of the scene, so it is read before scenes are chosen.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import numpy as np
import rasterio

from ..core.bands import SCL, SCL_NO_DATA, WHOLE_FILE_SUFFIX
from ..core.errors import S3KeysMissing, SceneUnreadable
from ..core.protocol import NullReporter, Reporter
from ..core.retry import RetryPolicy
from ..core.scene import Scene
from ..core.urls import suffix_of
from ..geo.mgrs_tiles import region_in_tile_crs
from ..geo.region import Region
from ..raster.cloud_mask import HALO_M, is_clear
from ..raster.gdal import GDAL_SETTINGS
from .band_reader import BandOpener
from .http import Connection
from .remote_file import FileChanged, Signer
from .shared_ranges import SharedRanges
from .signing import signer_for
from .window import snap_bounds, window_on_tile

STAGE = "select"
MAX_WINDOW_PIXELS = 2_000_000
"""Windows of more pixels (28 km x 28 km at 20 m) are not read: there the tile's clouds tell enough."""
SCL_RETRY_POLICY = RetryPolicy(attempts=3, max_total_s=30)
"""A scene that does not answer soon keeps its catalogue's cloud percentage; fetching retries for longer."""
NO_SUCCESS_TIMEOUT_S = 60.0
"""After so long without a single scene read, the rest keep their catalogue's figures."""
_WORKERS = 8
"""Scenes that are read at once."""


def measure_clear_shares(
    scenes: Iterable[Scene],
    region: Region,
    *,
    dilate: bool = False,
    reporter: Reporter | None = None,
    retry_policy: RetryPolicy = SCL_RETRY_POLICY,
    shared: SharedRanges | None = None,
) -> dict[str, float]:
    """Measure, for each scene that can be read cheaply, which share of the region that it sees it shows clear.

    Parameters
    ----------
    scenes : candidates of the selection.
    region : where clear pixels are counted.
    dilate : whether clouds and shadows are dilated, as the composite will do.
    reporter : listener; a cancel ends the measuring.
    retry_policy : how long failures of a server are retried for each scene.
    shared : as in `scheduler.fetch_selection`.

    Returns
    -------
    Share from 0 to 1 by scene id; scenes that could not be read, or not cheaply, are missing.

    """
    active_reporter = reporter or NullReporter()
    connection = Connection(retry_policy)
    connection.shared = shared
    shares: dict[str, float] = {}
    measurable = [scene for scene in scenes if _is_small_window(scene, region)]
    signers = {scene.catalogue: signer_for(scene.catalogue, connection) for scene in measurable}
    last_success = _LastSuccess()
    with tempfile.TemporaryDirectory(prefix="allpa-clouds-") as folder, ThreadPoolExecutor(_WORKERS) as pool:
        futures = {
            pool.submit(
                _measure_clear_share,
                scene,
                region,
                connection,
                signers[scene.catalogue],
                Path(folder),
                last_success,
                dilate=dilate,
            ): scene
            for scene in measurable
        }
        try:
            for number, done in enumerate(as_completed(futures), start=1):
                share = done.result()
                if share is not None:
                    shares[futures[done].id] = share
                active_reporter.progress(STAGE, number, len(measurable))
        finally:
            connection.stop.set()
            pool.shutdown(cancel_futures=True)
    return shares


class _LastSuccess:
    """When a scene was last read, shared by the threads."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._time_s = time.monotonic()

    def has_timed_out(self) -> bool:
        return time.monotonic() - self._time_s > NO_SUCCESS_TIMEOUT_S


def _is_small_window(scene: Scene, region: Region) -> bool:
    if suffix_of(scene.assets[SCL].href) == WHOLE_FILE_SUFFIX:
        return False
    part = region_in_tile_crs(region, scene.tile)
    if part.is_empty:
        return False
    left, bottom, right, top = part.bounds
    return (right - left) * (top - bottom) / 20**2 <= MAX_WINDOW_PIXELS


def _measure_clear_share(
    scene: Scene,
    region: Region,
    connection: Connection,
    signer: Signer,
    folder: Path,
    last_success: _LastSuccess,
    *,
    dilate: bool,
) -> float | None:
    """The scene's clear share, or None where it cannot be read."""
    if last_success.has_timed_out():
        return None
    part = region_in_tile_crs(region, scene.tile)
    try:
        with (
            rasterio.Env(**GDAL_SETTINGS),
            BandOpener(connection, signer, folder / f"{threading.get_ident()}.tif") as opener,
        ):
            source = opener.open(scene.assets[SCL])
            window = window_on_tile(source.grid, snap_bounds(part, HALO_M if dilate else 0))
            if window is None:
                return None
            codes = source.read(window).astype(np.uint8)
            inside = source.grid.for_window(window).mask_inside(part)
            if not inside.any():  # a region narrower than a pixel: the pixels around it
                inside[...] = True
    except (SceneUnreadable, FileChanged, S3KeysMissing, OSError):  # a full disk is reported where scenes are fetched
        return None
    last_success.reset()
    valid = inside & (codes != SCL_NO_DATA)
    if not valid.any():
        return 0.0
    return float((valid & is_clear(None, codes, dilate=dilate, resolution_m=20)).sum() / valid.sum())
