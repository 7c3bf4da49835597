"""Quick looks: small pictures of scenes over the region, in true colours, from the overviews of their files.

An overview that is as coarse as the picture is a few blocks of each file, so the scenes of a list can be looked through
before any of them is downloaded. Scenes of JPEG 2000 files have pictures of their own instead (see `ready_picture`).
The pictures are georeferenced: a map shows them where they belong.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.errors import RasterioError

from ..core.atomic import atomic_write
from ..core.bands import REFLECTANCE_SCALE, WHOLE_FILE_SUFFIX
from ..core.errors import S3KeysMissing, SceneUnreadable
from ..core.messages import message
from ..core.protocol import Reporter
from ..core.retry import RetryPolicy
from ..core.safe_names import safe_name
from ..core.scene import Asset, Scene
from ..core.urls import local_path, public_url, suffix_of, url_fault
from ..geo.mgrs_tiles import region_in_tile_crs
from ..geo.region import Region
from ..raster.gdal import GDAL_SETTINGS, open_raster
from .band_reader import scene_grid
from .http import Connection
from .ready_picture import MAX_TRUE_COLOR_BYTES, Bounds, Picture, pictures_of, read_picture
from .remote_file import FileChanged, RangesIgnored, RemoteFile, Signer
from .signing import signer_for
from .window import snap_bounds, window_on_tile

STAGE = "quick_looks"
SIDE_PX = 240
"""Of the longer side of a picture."""
BRIGHT_REFLECTANCE = 0.3
"""Shown white; the same for all scenes, so that haze and snow can be compared."""
_BANDS = ("B04", "B03", "B02")
_PIECE_BYTES = 65_536
"""A file is read in pieces of this size."""
_NAME = "band.tif"
"""By which GDAL asks for a file that is read in pieces."""
_RETRY_POLICY = RetryPolicy(attempts=3, max_total_s=30)
_WORKERS = 6
"""Scenes that are read at once."""
_UNREADABLE = (SceneUnreadable, FileChanged, RangesIgnored, S3KeysMissing, RasterioError, OSError)


@dataclass(frozen=True)
class Previews:
    """What was made."""

    files: Mapping[str, Path]
    """Picture by scene id."""
    failed: tuple[str, ...]
    """Ids of scenes that gave none: unreadable, not over the region, or of files that have no overviews."""
    received_bytes: int
    """Downloaded; 0 where all pictures were there already."""


def write_previews(scenes: Iterable[Scene], region: Region, folder: Path, reporter: Reporter) -> Previews:
    """Write a picture of each scene over the bounds of a region; those that are there already are kept.

    Parameters
    ----------
    scenes : to picture.
    region : whose bounds are shown.
    folder : for the pictures; it is made.
    reporter : listener; a cancel ends the work.

    Returns
    -------
    The pictures, and the scenes that gave none.

    Raises
    ------
    DiskFull, FolderNotWritable : where a picture cannot be written.

    """
    wanted = list(scenes)
    folder.mkdir(parents=True, exist_ok=True)
    connection = Connection(_RETRY_POLICY)
    signers = {scene.catalogue: signer_for(scene.catalogue, connection) for scene in wanted}
    files: dict[str, Path] = {}
    failed: list[str] = []
    received = 0
    with ThreadPoolExecutor(_WORKERS) as pool:
        futures = {
            pool.submit(_write_preview, scene, region, folder, connection, signers[scene.catalogue]): scene
            for scene in wanted
        }
        try:
            for number, done in enumerate(as_completed(futures), start=1):
                path, scene_bytes = done.result()
                received += scene_bytes
                if path is None:
                    failed.append(futures[done].id)
                else:
                    files[futures[done].id] = path
                reporter.progress(STAGE, number, len(wanted))
        finally:
            connection.stop.set()
            pool.shutdown(cancel_futures=True)
    return Previews(files, tuple(sorted(failed)), received)


def true_color(bands: NDArray[np.uint16], offset: int) -> NDArray[np.uint8]:
    """Red, green, blue and opacity of digital numbers, on one scale for all scenes.

    Parameters
    ----------
    bands : red, green, blue, `(3, y, x)` digital numbers; 0 is no data.
    offset : that is subtracted from the numbers.

    Returns
    -------
    `(4, y, x)`; opacity is 0 where a band has no data.

    Examples
    --------
    >>> true_color(np.array([[[0, 1500]], [[0, 3000]], [[0, 9000]]], dtype="uint16"), 0)[:, 0].tolist()
    [[0, 127], [0, 255], [0, 255], [0, 255]]

    """
    reflectance = (bands.astype(np.float32) - offset) / REFLECTANCE_SCALE
    picture = np.empty((4, *bands.shape[1:]), dtype=np.uint8)
    picture[:3] = np.clip(reflectance / BRIGHT_REFLECTANCE, 0, 1) * 255
    picture[3] = np.where((bands > 0).all(axis=0), 255, 0)
    picture[:3, picture[3] == 0] = 0
    return picture


def _write_preview(
    scene: Scene, region: Region, folder: Path, connection: Connection, signer: Signer
) -> tuple[Path | None, int]:
    """The picture's path, None where there can be none, and the bytes that were downloaded for it."""
    part = region_in_tile_crs(region, scene.tile)
    if part.is_empty:
        return None, 0
    bounds = snap_bounds(part)
    digest = hashlib.sha256(repr(bounds).encode()).hexdigest()[:8]
    path = folder / f"{safe_name(scene.id)}_{digest}.png"
    if path.is_file():
        return path, 0
    files = _SceneFiles(connection, signer)
    is_whole = suffix_of(scene.assets[_BANDS[0]].href) == WHOLE_FILE_SUFFIX
    found = _ready_picture(scene, bounds, files) if is_whole else _from_overviews(scene, bounds, files)
    if found is None:
        return None, files.received_bytes
    _write_png(path, *found)
    return path, files.received_bytes


def _from_overviews(scene: Scene, bounds: Bounds, files: _SceneFiles) -> Picture | None:
    """The picture from the overviews of three bands; None where one cannot be read."""
    bands: list[NDArray[np.uint16]] = []
    profile: dict[str, Any] = {}
    try:
        with rasterio.Env(**GDAL_SETTINGS):
            for band in _BANDS:
                with files.open(scene.assets[band]) as source:
                    values, profile = _read_small(source, bounds)
                bands.append(values)
            return true_color(np.stack(bands), scene.radiometry.offset), profile
    except _UNREADABLE:
        return None


def _ready_picture(scene: Scene, bounds: Bounds, files: _SceneFiles) -> Picture | None:
    """The first of the pictures that come with the scene that can be read; None where there is none."""
    for key in pictures_of(scene, bounds):
        with suppress(*_UNREADABLE), rasterio.Env(**GDAL_SETTINGS):
            return read_picture(key, scene, bounds, SIDE_PX, files.open_picture, files.read)
    return None


def _write_png(path: Path, picture: NDArray[np.uint8], profile: dict[str, Any]) -> None:
    """Write a picture with its georeference in a file beside it, both or none."""
    with atomic_write(path) as unfinished, rasterio.Env(**GDAL_SETTINGS):
        with rasterio.open(unfinished, "w", driver="PNG", dtype="uint8", count=4, **profile) as target:
            target.write(picture)
        georeference = unfinished.with_name(f"{unfinished.name}.aux.xml")
        georeference.replace(path.with_name(f"{path.name}.aux.xml"))


def _read_small(
    source: Any,  # noqa: ANN401 - rasterio ships no types
    bounds: tuple[float, float, float, float],
) -> tuple[NDArray[np.uint16], dict[str, Any]]:
    """The window of some bounds, at most `SIDE_PX` a side, and CRS, size and transform of what was read."""
    window = window_on_tile(scene_grid(source), bounds)
    if window is None:
        raise SceneUnreadable(message("The scene does not cover the region."))
    factor = max(1.0, max(window.width, window.height) / SIDE_PX)
    shape = (max(1, round(window.height / factor)), max(1, round(window.width / factor)))
    values: NDArray[np.uint16] = source.read(1, window=window, out_shape=shape, resampling=Resampling.average)
    scale = rasterio.Affine.scale(window.width / shape[1], window.height / shape[0])
    transform = source.window_transform(window) * scale
    return values, {"crs": source.crs, "transform": transform, "height": shape[0], "width": shape[1]}


class _RemotePieces:
    """A file on a server, read in pieces that are kept."""

    def __init__(self, remote: RemoteFile, max_bytes: int | None = None) -> None:
        self._remote = remote
        self._pieces: dict[int, bytes] = {}
        self.received_bytes = 0
        self.piece(0)
        self.size = remote.size or 0
        """Bytes; known since the first piece."""
        if max_bytes is not None and self.size > max_bytes:
            raise SceneUnreadable(message("A file of the scene is larger than expected."))

    def piece(self, number: int) -> bytes:
        """One piece of the file, the last one shorter."""
        if number not in self._pieces:
            start = number * _PIECE_BYTES
            self._pieces[number] = self._remote.read(start, start + _PIECE_BYTES)
            self.received_bytes += len(self._pieces[number])
        return self._pieces[number]


class _OpenPieces(io.RawIOBase):
    """The file as GDAL reads it."""

    def __init__(self, pieces: _RemotePieces) -> None:
        super().__init__()
        self._pieces = pieces
        self._position = 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._pieces.size}[whence]
        self._position = max(0, start + offset)
        return self._position

    def read(self, size: int = -1) -> bytes:
        end = self._pieces.size
        stop = end if size < 0 else min(end, self._position + size)
        body = bytearray()
        while self._position < stop:
            number, first = divmod(self._position, _PIECE_BYTES)
            part = self._pieces.piece(number)[first : first + stop - self._position]
            if not part:
                break
            body += part
            self._position += len(part)
        return bytes(body)


class _SceneFiles:
    """The files of a scene, on this computer or on a server; counts what is downloaded of them."""

    def __init__(self, connection: Connection, signer: Signer) -> None:
        self._connection, self._signer = connection, signer
        self.received_bytes = 0

    @contextmanager
    def open(self, asset: Asset, driver: str = "GTiff", max_bytes: int | None = None) -> Iterator[Any]:
        """Give the open raster of a file."""
        path = local_path(asset.href)
        if path is not None:
            with open_raster(path) as source:
                yield source
            return
        pieces = self._pieces(asset, max_bytes)

        def open_file(name: str, mode: str = "rb") -> _OpenPieces:  # noqa: ARG001 - rasterio names it
            if name != _NAME:
                raise FileNotFoundError(name)  # GDAL looks for files beside it
            return _OpenPieces(pieces)

        try:
            with rasterio.open(_NAME, opener=open_file, driver=driver) as source:
                yield source
        finally:
            self.received_bytes += pieces.received_bytes

    def open_picture(self, asset: Asset) -> AbstractContextManager[Any]:
        """Give the open raster of a JPEG 2000 file of limited size."""
        return self.open(asset, "JP2OpenJPEG", MAX_TRUE_COLOR_BYTES)

    def read(self, asset: Asset, max_bytes: int) -> bytes:
        """A whole file of limited size."""
        path = local_path(asset.href)
        if path is not None:
            if path.stat().st_size > max_bytes:
                raise SceneUnreadable(message("A file of the scene is larger than expected."))
            return path.read_bytes()
        pieces = self._pieces(asset, max_bytes)
        try:
            return _OpenPieces(pieces).read()
        finally:
            self.received_bytes += pieces.received_bytes

    def _pieces(self, asset: Asset, max_bytes: int | None) -> _RemotePieces:
        if fault := url_fault(public_url(asset.href)):
            raise SceneUnreadable(message("A file of the scene cannot be read: {reason}.", reason=fault))
        return _RemotePieces(RemoteFile(asset, self._connection, self._signer), max_bytes)
