"""Where finished tiles are kept for other computers: a shared folder, or a bucket of an S3-compatible store.

A tile is a folder of files under its key. Its receipt is stored last, so that a tile without one does not count. What
comes back is untrusted: names, sizes and SHA-256 are checked before a file has its name.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from ..core.atomic import atomic_write, check_free_space
from ..core.cluster_keys import is_bucket
from ..core.errors import StoreUnreachable
from ..core.file_hash import file_hash
from ..core.json_input import parse_json
from ..core.messages import message
from ..core.safe_names import safe_name
from .tile_files import StoredFiles, stored_files
from .tile_tasks import RECEIPT, TileResult, TileTask, job_digest, known_result

MAX_RECEIPT_BYTES = 4_000_000
_NEEDED_BYTES = 100_000_000
OnBytes = Callable[[int], None]
"""Hears of bytes that went over; what it raises ends the transfer."""


def ignore_bytes(count: int) -> None:
    """Take no notice of a transfer's progress."""


class TileStore(Protocol):
    """Files under keys such as `18LYL/landcover_2020.tif`; they are whole or absent."""

    name: str
    """For people; without keys or logins."""

    def check(self) -> None:
        """Refuse a store that cannot be used, before the work."""

    def has(self, key: str, size_bytes: int, sha256: str) -> bool:
        """Whether a file of this size and hash is there already."""

    def put(self, key: str, path: Path, sha256: str, on_bytes: OnBytes) -> None:
        """Store a file; one of the same key is replaced."""

    def get(self, key: str, path: Path, on_bytes: OnBytes) -> None:
        """Write the file of a key, which must exist, to `path`."""

    def read(self, key: str, max_bytes: int) -> bytes | None:
        """A small file; None where there is none."""


def open_store(address: str) -> TileStore:
    """The store of a job.

    Parameters
    ----------
    address : a folder, or `s3://bucket/prefix`.

    Raises
    ------
    JobInvalid, PartsMissing, StoreUnreachable

    """
    if is_bucket(address):
        from .s3_store import S3Store

        return S3Store(address)
    return FolderStore(Path(address))


class FolderStore:
    """A folder that every computer sees.

    Parameters
    ----------
    folder : is made where it does not exist.

    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.name = str(folder)

    def check(self) -> None:
        """Make the folder, and refuse one that cannot be written.

        Raises
        ------
        FolderNotWritable, DiskFull

        """
        check_free_space(self._folder, _NEEDED_BYTES)

    def has(self, key: str, size_bytes: int, sha256: str) -> bool:
        """Whether a file of this size and hash is there already."""
        path = self._folder / key
        return path.is_file() and path.stat().st_size == size_bytes and file_hash(path) == sha256

    def put(self, key: str, path: Path, sha256: str, on_bytes: OnBytes) -> None:
        """Copy a file aside, verify it and rename it.

        Raises
        ------
        StoreUnreachable : where the copy has other bytes.
        DiskFull, FolderNotWritable

        """
        with atomic_write(self._folder / key) as aside:
            _copy(path, aside, on_bytes)
            if file_hash(aside) != sha256:
                raise changed_file(self.name, key)

    def get(self, key: str, path: Path, on_bytes: OnBytes) -> None:
        """Copy the file of a key.

        Raises
        ------
        StoreUnreachable : where it cannot be read.

        """
        try:
            _copy(self._folder / key, path, on_bytes)
        except OSError as error:
            raise StoreUnreachable(
                message("The file {file} in the store {store} cannot be read.", file=key, store=self.name), str(error)
            ) from error

    def read(self, key: str, max_bytes: int) -> bytes | None:
        """A small file; None where there is none, or it is larger."""
        path = self._folder / key
        if not path.is_file() or path.stat().st_size > max_bytes:
            return None
        return path.read_bytes()


def _copy(source: Path, target: Path, on_bytes: OnBytes) -> None:
    with source.open("rb") as reader, target.open("wb") as writer:
        while piece := reader.read(1 << 22):
            writer.write(piece)
            on_bytes(len(piece))
    shutil.copystat(source, target)


def changed_file(store: str, key: str) -> StoreUnreachable:
    """The error of a file that came over with other bytes than its receipt says."""
    return StoreUnreachable(
        message("The file {file} in the store {store} is not the one that was stored.", file=key, store=store),
        message("Its size or its SHA-256 differs from that of its receipt."),
        message("Remove it from the store and run again; the tile is made anew."),
    )


def upload_tile(
    store: TileStore, key: str, folder: Path, files: StoredFiles, receipt: str, on_bytes: OnBytes = ignore_bytes
) -> None:
    """Store a finished tile; its receipt goes last. What is there already is not sent again.

    Parameters
    ----------
    store : where it goes.
    key : the tile's name in the store, of the characters that `is_safe_name` allows.
    folder : the tile's folder.
    files : what is stored, as the receipt lists it.
    receipt : name of the receipt in the folder.
    on_bytes : hears of bytes that were sent; what it raises ends the transfer.

    Raises
    ------
    StoreUnreachable, DiskFull, FolderNotWritable

    """
    for name, (size_bytes, sha256) in files.items():
        if not store.has(f"{key}/{name}", size_bytes, sha256):
            store.put(f"{key}/{name}", folder / name, sha256, on_bytes)
    store.put(f"{key}/{receipt}", folder / receipt, file_hash(folder / receipt), on_bytes)


def download_tile(
    store: TileStore, key: str, folder: Path, files: StoredFiles, receipt: str, on_bytes: OnBytes = ignore_bytes
) -> None:
    """Bring a stored tile into a folder; the receipt is written last.

    Parameters
    ----------
    store, key : where it lies.
    folder : is made; files in it that are as the receipt says are kept.
    files : those of the receipt, as `stored_files` checked them.
    receipt : name of the receipt.
    on_bytes : hears of bytes that came; what it raises ends the transfer.

    Raises
    ------
    StoreUnreachable : where a file is missing or differs from the receipt.
    DiskFull, FolderNotWritable

    """
    for name, (size_bytes, sha256) in files.items():
        path = folder / name
        if path.is_file() and path.stat().st_size == size_bytes and file_hash(path) == sha256:
            continue
        with atomic_write(path) as aside:
            store.get(f"{key}/{name}", aside, on_bytes)
            if aside.stat().st_size != size_bytes or file_hash(aside) != sha256:
                raise changed_file(store.name, f"{key}/{name}")
    with atomic_write(folder / receipt) as aside:
        aside.write_bytes(store.read(f"{key}/{receipt}", MAX_RECEIPT_BYTES) or b"")


def store_key(task: TileTask) -> str:
    """The name of a tile in a store; the same tile of another job has another one, so that nothing is replaced."""
    return f"{safe_name(task.tile)}-{job_digest(task)[:16]}"


def fetch_stored(store: TileStore, task: TileTask) -> TileResult | None:
    """Bring a tile that is in the store already into its folder.

    Parameters
    ----------
    store : where finished tiles are kept.
    task : the tile.

    Returns
    -------
    Its result; None where the store does not have all of it.

    Raises
    ------
    StoreUnreachable : where the store refuses, or holds other bytes than its receipt says.

    """
    content = store.read(f"{store_key(task)}/{RECEIPT}", MAX_RECEIPT_BYTES)
    if content is None:
        return None
    try:
        receipt = parse_json(content)
    except ValueError:
        return None
    files = stored_files(receipt.get("files")) if isinstance(receipt, Mapping) else None
    if files is None:
        return None
    download_tile(store, store_key(task), Path(task.folder), files, RECEIPT)
    return known_result(task)
