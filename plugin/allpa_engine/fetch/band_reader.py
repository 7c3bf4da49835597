"""Reading windows of a scene's files, wherever they are: on a disk, in ranges of a remote COG, or copied whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.io import MemoryFile
from rasterio.windows import Window

from ..core.errors import RasterInvalid, SceneUnreadable
from ..core.messages import message
from ..core.scene import Asset
from ..core.urls import local_path, public_url, url_fault
from ..geo.grid import Grid, grid_of
from ..raster.gdal import SCENE_DRIVERS, open_raster
from .http import Connection
from .remote_file import FileChanged, RangesIgnored, RemoteFile, Signer
from .resume import ResumableFile, resume_path
from .tiff_ranges import HEAD_BYTES, build_sub_tiff, is_tiff, read_layout

MIN_WHOLE_FILE_SHARE = 0.6
"""Where the window's blocks make up more than this share of a file, the file is copied whole (and verified)."""
_MAX_ETAG_CHANGES = 4
"""Largest number of different tags of the same file that are accepted."""
_Result = TypeVar("_Result")
_INTEGERS = {"uint8", "uint16", "int16"}
_JPEG2000_MAGIC = (b"\0\0\0\x0cjP  ", b"\xffO\xffQ")
"""Beginnings of a JPEG 2000 file and of a bare code stream."""


class DecodeError(SceneUnreadable):
    """The bytes arrived but are no image; worth fetching once more."""


class BandSource(Protocol):
    """One file of a scene, opened."""

    @property
    def grid(self) -> Grid:
        """The file's pixel grid."""

    @property
    def block_height(self) -> int:
        """Rows of its blocks."""

    def bytes_in_window(self, window: Window) -> int:
        """At least so many bytes are fetched for a window; 0 where the file is on this disk."""

    def read(self, window: Window) -> NDArray[np.uint16]:
        """The pixels of a window, `(y, x)` uint16 as stored.

        Raises
        ------
        SceneUnreadable, FileChanged, Cancelled
        """


class LocalBand:
    """A file on this disk."""

    def __init__(self, source: Any) -> None:  # noqa: ANN401 - rasterio ships no types
        self._source = source
        self.grid = scene_grid(source)
        self.block_height: int = source.block_shapes[0][0]

    def bytes_in_window(self, window: Window) -> int:  # noqa: ARG002 - other files depend on it
        """Nothing is fetched."""
        return 0

    def read(self, window: Window) -> NDArray[np.uint16]:
        """The pixels of a window."""
        return _read_pixels(self._source, window)


class RemoteBand:
    """A remote TIFF, read in ranges."""

    def __init__(self, resumable: ResumableFile, head: bytes) -> None:
        self._resumable, self._head = resumable, head
        self._layout = layout = read_layout(self._read_bytes)
        size = resumable.remote.size
        if size is not None and layout.end > size:
            raise SceneUnreadable(
                "A file of the scene is incomplete.",
                message("It has {size} of at least {expected} bytes.", size=size, expected=layout.end),
            )
        self.block_height = layout.block_height
        header_only = replace(layout, offsets=(0,) * len(layout.offsets))
        block_grid = _read_grid(build_sub_tiff(header_only, range(1), range(1), self._read_bytes))
        self.grid = replace(block_grid, width=layout.width, height=layout.height)

    def should_copy_whole(self, window: Window) -> bool:
        """Whether a window needs so much of the file that it should be copied whole."""
        size = self._resumable.remote.size
        return size is not None and size > len(self._head) and self._window_bytes(window) > MIN_WHOLE_FILE_SHARE * size

    def bytes_in_window(self, window: Window) -> int:
        """The header and the blocks under the window."""
        return max(self._window_bytes(window), len(self._head))

    def read(self, window: Window) -> NDArray[np.uint16]:
        """The pixels of a window."""
        columns, rows = self._blocks(window)
        inner = Window(
            window.col_off - columns.start * self._layout.block_width,
            window.row_off - rows.start * self._layout.block_height,
            window.width,
            window.height,
        )
        try:
            return self._retry_on_etag_change(lambda: self._read_blocks(columns, rows, inner))
        except DecodeError:  # bytes may be damaged on their way: these blocks are fetched once more
            self._resumable.discard()
            return self._retry_on_etag_change(lambda: self._read_blocks(columns, rows, inner))

    def whole(self) -> Path:
        """Copy the whole file, and give the path of the copy."""
        return self._retry_on_etag_change(self._resumable.whole)

    def _retry_on_etag_change(self, operation: Callable[[], _Result]) -> _Result:
        """Do what needs the file unchanged; again where only its tag has changed.

        Servers behind one name may tag the same file differently. Blocks that are compressed hardly keep all their
        places and lengths where a single pixel of them changes: a file with the same header is the same file.
        """
        for _ in range(_MAX_ETAG_CHANGES):
            try:
                return operation()
            except FileChanged:
                remote = self._resumable.remote
                remote.accept_other_etag()
                if not self._layout.is_compressed or remote.read(0, HEAD_BYTES) != self._head:
                    self._resumable.discard()
                    raise
        self._resumable.discard()
        raise FileChanged

    def _read_blocks(self, columns: range, rows: range, inner: Window) -> NDArray[np.uint16]:
        with _open_in_memory(build_sub_tiff(self._layout.without_crs, columns, rows, self._read_bytes)) as source:
            return _read_pixels(source, inner)

    def _window_bytes(self, window: Window) -> int:
        columns, rows = self._blocks(window)
        return sum(self._layout.counts[row * self._layout.columns + column] for row in rows for column in columns)

    def _blocks(self, window: Window) -> tuple[range, range]:
        return (
            _covering_blocks(int(window.col_off), int(window.width), self._layout.block_width),
            _covering_blocks(int(window.row_off), int(window.height), self._layout.block_height),
        )

    def _read_bytes(self, start: int, stop: int) -> bytes:
        if stop <= len(self._head):
            return self._head[start:stop]
        return self._resumable.read(start, stop)


class BandOpener:
    """Opens the files of one scene, always in the same order, and closes them at the end.

    What is fetched of them stays beside `path`, the file that is made of them, until `resume.remove_resume_files`.
    """

    def __init__(self, connection: Connection, signer: Signer, path: Path) -> None:
        self._connection, self._signer, self._path = connection, signer, path
        self._stack = ExitStack()
        self._opened_count = 0

    def __enter__(self) -> BandOpener:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def open(self, asset: Asset) -> BandSource:
        """Open a file: local ones and JPEG 2000 whole, remote TIFFs in ranges.

        Raises
        ------
        SceneUnreadable, FileChanged, Cancelled
        """
        path = local_path(asset.href)
        if path is not None:
            return self._open_local(path)
        self._opened_count += 1
        if fault := url_fault(public_url(asset.href)):
            raise SceneUnreadable(message("A file of the scene cannot be read: {reason}.", reason=fault))
        remote = RemoteFile(asset, self._connection, self._signer)
        resumable = ResumableFile(remote, resume_path(self._path, self._opened_count))
        try:
            resumable.discard_if_changed()
            head = resumable.read(0, HEAD_BYTES)
        except RangesIgnored:
            return self._copy_whole(resumable)
        if is_tiff(head):
            return RemoteBand(resumable, head)
        _require_image(head)
        return self._copy_whole(resumable)

    def copy_if_cheaper(self, source: BandSource, window: Window) -> BandSource:
        """Copy a remote file whole where the window needs most of its bytes; else keep reading it in ranges.

        Parameters
        ----------
        source : a file of the scene, from `open`.
        window : the pixels that will be read, on the file's own grid.

        Returns
        -------
        The opened copy where the window's blocks are more than `MIN_WHOLE_FILE_SHARE` of the file; else `source`.

        Raises
        ------
        SceneUnreadable : where the copy is incomplete, its checksum is not the catalogue's, or it cannot be used.
        DecodeError : where GDAL cannot open the copy.
        FileChanged : where the file was replaced on its server meanwhile.
        Cancelled : where the run was stopped.

        """
        if isinstance(source, RemoteBand) and source.should_copy_whole(window):
            return self._open_local(source.whole())
        return source

    def _copy_whole(self, resumable: ResumableFile) -> BandSource:
        try:
            path = resumable.whole()
        except FileChanged:
            resumable.discard()
            raise
        with path.open("rb") as copy:
            head = copy.read(64)
        _require_image(head)
        return self._open_local(path)

    def _open_local(self, path: Path) -> BandSource:
        if not os.path.isfile(path):  # noqa: PTH113 - pathlib raises for names that no file can have
            raise SceneUnreadable(message("The scene's file {file} does not exist.", file=path.name))
        return LocalBand(self._stack.enter_context(_open_dataset(path)))


def scene_grid(source: Any) -> Grid:  # noqa: ANN401 - rasterio ships no types
    """The grid of a file of a scene.

    Raises
    ------
    SceneUnreadable : where its pixels are not square and north-up, or its coordinate system is unknown.
    """
    try:
        return grid_of(source)
    except RasterInvalid as error:
        raise SceneUnreadable("A file of the scene has no usable georeference.", error.what) from error


def _require_image(head: bytes) -> None:
    """Refuse a file that begins as no image that scenes are made of.

    Raises
    ------
    DecodeError : where the bytes may have been damaged on their way.
    SceneUnreadable : where the server sent a page or a message.
    """
    if is_tiff(head) or head.startswith(_JPEG2000_MAGIC):
        return
    start = head[:40].lstrip(b"\xef\xbb\xbf\r\n\t ")
    if start.startswith((b"<", b"{")):  # bytes that were damaged on their way look different
        text = " ".join(start.decode("ascii", "replace").split())
        raise SceneUnreadable(message('A file of the scene is not an image: the server sent "{text}" …', text=text))
    raise DecodeError("A file of the scene is not an image.")


@lru_cache(maxsize=64)
def _read_grid(header: bytes) -> Grid:
    """The grid of a TIFF that is all header; files of the same kind have the same."""
    with _open_in_memory(header) as source:
        return scene_grid(source)


@contextmanager
def _open_dataset(path: Path) -> Iterator[Any]:
    try:
        source = open_raster(path, SCENE_DRIVERS)
    except RasterioError as error:
        raise DecodeError("A file of the scene is damaged: it cannot be opened.") from error
    with source:
        yield source


@contextmanager
def _open_in_memory(data: bytes) -> Iterator[Any]:
    """A TIFF in memory, opened."""
    with MemoryFile(data) as memory:
        try:
            source = memory.open(driver="GTiff")
        except RasterioError as error:
            raise DecodeError("A file of the scene is damaged: it cannot be opened.") from error
        with source:
            yield source


def _read_pixels(source: Any, window: Window) -> NDArray[np.uint16]:  # noqa: ANN401 - rasterio ships no types
    """A window of an open dataset."""
    try:
        return _to_uint16(source.read(1, window=window))
    except RasterioError as error:
        raise DecodeError("A file of the scene is damaged: its pixels cannot be decoded.") from error


def _to_uint16(values: NDArray[Any]) -> NDArray[np.uint16]:
    """Digital numbers as uint16."""
    if values.dtype.name not in _INTEGERS:
        raise SceneUnreadable(
            message("A file of the scene has data type {type} instead of integers.", type=values.dtype.name)
        )
    if values.dtype == np.int16:
        values = np.maximum(values, 0)
    return values.astype(np.uint16, copy=False)


def _covering_blocks(first: int, length: int, block: int) -> range:
    """Numbers of the blocks that cover pixels `first` to `first + length`."""
    return range(first // block, -(-(first + length) // block))
