"""The received bytes of a remote file, stored until its scene is complete, so that a killed run goes on with them.

Bytes lie in the order in which they were received, and a journal beside them says which part of the file each piece
is. A piece counts once its line is in the journal; its checksum there shows bytes that a failing machine never wrote.
Both files lie hidden beside the scene file and are removed with it; only a kill leaves them behind.
"""

from __future__ import annotations

import json
import os
import stat
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from ..core.atomic import files_beginning
from ..core.json_input import parse_json
from ..core.urls import strip_secrets
from .http import CHUNK_BYTES
from .remote_file import FileChanged, RangesIgnored, RemoteFile
from .shared_ranges import SharedFile

RESUME_SUFFIX = ".kept"
MAX_RESUME_AGE_S = 24 * 3600
"""What a killed run left is kept so long for the next one."""
_JOURNAL_SUFFIX = ".journal"
_REQUEST_BYTES = 16 << 20
"""A file that is copied whole is requested in parts of this size: a kill loses no more than what was requested."""

_Files = tuple[IO[bytes], IO[bytes]]
"""Bytes and journal."""


def resume_path(path: Path, number: int) -> Path:
    """Where the received bytes of one remote file of a scene are stored.

    Parameters
    ----------
    path : of the scene file that is made of them.
    number : of the remote file within its scene, from 1.

    Returns
    -------
    A hidden file beside `path`.

    """
    return path.with_name(f".{path.stem}.{number}{RESUME_SUFFIX}")


def remove_resume_files(path: Path) -> None:
    """Remove the bytes received for a scene file."""
    for leftover in files_beginning(path.parent, f".{path.stem}."):
        if RESUME_SUFFIX in leftover.name:
            with suppress(OSError):  # Windows removes no open file; the next sweep will
                leftover.unlink(missing_ok=True)


def find_stale_downloads(folder: Path) -> Iterator[Path]:
    """The scene files with stored bytes that no run needs: those that are complete, and after a day all."""
    for data_path in folder.glob(f".*{RESUME_SUFFIX}"):
        path = folder / f"{data_path.name[1:].rsplit('.', 2)[0]}.tif"
        with suppress(OSError):
            if path.exists() or time.time() - data_path.stat().st_mtime > MAX_RESUME_AGE_S:
                yield path


class ResumableFile:
    """A remote file, each of whose bytes is fetched once."""

    def __init__(self, remote: RemoteFile, path: Path) -> None:
        """Go on with what a killed run left at `path`, or begin anew."""
        self.remote, self.path = remote, path
        self._ranges: list[tuple[int, int, int]] = []
        """First and last byte (exclusive) in the remote file, and where the first one lies in `path`."""
        self._metadata: dict[str, Any] = {}
        self._journal_path = path.with_name(path.name + _JOURNAL_SUFFIX)
        self._load_journal()
        self._shared = self._open_shared()

    def discard_if_changed(self) -> None:
        """Where bytes are kept, ask the server whether the file is still the same; begin anew where it is not.

        Raises
        ------
        SceneUnreadable, FileChanged, RangesIgnored, Cancelled
        """
        if not self._ranges:
            return
        etag, size = self._metadata["etag"], self._metadata.get("size")
        try:
            if not self.remote.is_unchanged(etag, size):
                self.discard()
        except RangesIgnored:
            if self.remote.etag == etag:
                self.remote.size = size  # which is known where the copy is whole
            else:
                self.discard()
            raise

    def read(self, start: int, stop: int) -> bytes:
        """Bytes `start` to `stop` of the remote file; those kept on the disk are not fetched again.

        Parameters
        ----------
        start : first byte, from 0.
        stop : first byte that is not wanted any more.

        Returns
        -------
        The bytes, fewer where the file ends before `stop`.

        Raises
        ------
        SceneUnreadable : where the server refuses, or gives no answer until all retries are used.
        FileChanged : where the file was replaced since its first bytes were received.
        RangesIgnored : where the server sends the whole file instead of the part.
        Cancelled : where the run was stopped.
        OSError : where the kept bytes cannot be read or written.

        """
        pieces = self._read_stored(start, stop)
        next_byte = start + sum(len(piece) for piece in pieces)
        while next_byte < stop:
            piece = self._shared.read(next_byte, stop) if self._shared else b""
            piece = piece or self._receive(next_byte, stop)
            if not piece:  # the file ends here
                break
            pieces.append(piece)
            next_byte += len(piece)
        return b"".join(pieces)

    def whole(self) -> Path:
        """Fetch what is missing of the whole file, verify its size and checksum, and give the path of the copy.

        Raises
        ------
        SceneUnreadable, FileChanged, Cancelled, OSError
        """
        if len(self._ranges) > 1 or (self._ranges and self._ranges[0][0] > 0):
            self._clear()  # they did not come in order from the first byte on
        self.remote.connection.allow_pending_bytes(self.remote.expected_bytes or 0)
        self._fetch_rest()
        with self._open_files() as files:
            self._write_header(files, {"size": self._end})
        self.remote.verify(self.path)
        return self.path

    def discard(self) -> None:
        """Discard the received bytes, also those that are shared with other jobs: they are damaged or out of date."""
        if self._shared is not None:
            self._shared.forget()
        self._clear()

    def _clear(self) -> None:
        """Begin anew, without the bytes of this file alone."""
        self._ranges.clear()
        self._metadata.clear()
        for path in (self._journal_path, self.path):
            if path.exists() or path.is_symlink():
                _truncate(path, 0)

    def _fetch_rest(self) -> None:
        """Append to a copy that has come in order from its first byte on."""
        remote = self.remote
        try:
            while remote.size is not None and self._end < remote.size:
                stop = min(self._end + _REQUEST_BYTES, remote.size)
                if piece := self._shared.read(self._end, stop) if self._shared else b"":
                    with self._open_files() as files:
                        self._append(files, self._end, piece)
                elif not self._receive(self._end, stop):
                    break
            if remote.size is None:
                self._receive(self._end, None)
        except RangesIgnored:
            with self._open_files() as files:
                remote.receive_whole(self._clear, lambda piece: self._append(files, self._end, piece))

    def _receive(self, start: int, stop: int | None) -> bytes:
        """Fetch bytes from the server, at most to the next ones that are shared, and share them."""
        shared, next_byte = self._shared, start
        pieces: list[bytes] = []

        def consume(piece: bytes) -> None:
            nonlocal next_byte
            self._append(files, next_byte, piece)
            next_byte += len(piece)
            if stop is not None:  # else it may be a large file, which is not held in memory
                pieces.append(piece)

        if shared is not None and stop is not None:
            stop = shared.next_start(start, stop)
        try:
            with self._open_files() as files:
                self.remote.receive(start, stop, consume)
        except (FileChanged, RangesIgnored):
            if shared is None or not shared.ranges:
                raise
            shared.forget()  # the server has another file than that whose bytes are shared
            raise FileChanged from None
        received = b"".join(pieces)
        if shared is not None and self.remote.has_sent_ranges:
            shared.keep(start, received, self.remote.etag, self.remote.size)
        return received

    def _open_shared(self) -> SharedFile | None:
        """What other jobs received of the file; None where nothing is shared, or it is another than what is stored."""
        if self.remote.connection.shared is None:
            return None
        shared = self.remote.connection.shared.open(self.remote.href)
        if not self._ranges and shared.etag:
            self.remote.etag, self.remote.size = shared.etag, shared.size
        return shared if not self._ranges or shared.etag in ("", self.remote.etag) else None

    @contextmanager
    def _open_files(self) -> Iterator[_Files]:
        """Open the two files for appending; they are closed between requests, since a run has many of them."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with _open_own(self.path) as data, _open_own(self._journal_path) as journal:
            yield data, journal

    @property
    def _end(self) -> int:
        return self._ranges[-1][1] if self._ranges else 0

    def _read_stored(self, start: int, stop: int) -> list[bytes]:
        """The bytes from `start` on that are there without a gap."""
        found: list[bytes] = []
        while piece := next((part for part in self._ranges if part[0] <= start < min(stop, part[1])), None):
            first, end, offset = piece
            with self.path.open("rb") as data:
                data.seek(offset + start - first)
                found.append(data.read(min(stop, end) - start))
            start = min(stop, end)
        return found

    def _append(self, files: _Files, start: int, piece: bytes) -> None:
        """Append received bytes; they count once their line is in the journal."""
        if self._metadata.get("etag") != self.remote.etag or not self._metadata:
            self._write_header(files, {"etag": self.remote.etag, "size": self.remote.size})
        data, journal = files
        data.write(piece)
        data.flush()
        _write_line(journal, f"{start} {len(piece)} {zlib.crc32(piece)}")
        self._add_range(start, len(piece))

    def _add_range(self, start: int, length: int) -> None:
        if self._ranges and self._ranges[-1][1] == start:
            first, _, offset = self._ranges.pop()
            self._ranges.append((first, start + length, offset))
        else:
            offset = sum(stop - first for first, stop, _ in self._ranges)
            self._ranges.append((start, start + length, offset))

    def _write_header(self, files: _Files, metadata: dict[str, Any]) -> None:
        self._metadata.update(href=strip_secrets(self.remote.href), **metadata)
        _write_line(files[1], json.dumps(self._metadata))

    def _load_journal(self) -> None:
        """Read the journal as far as it and the bytes are whole, and cut off what lies beyond."""
        if not (_is_own(self._journal_path) and _is_own(self.path)):
            self._clear()
            return
        whole = 0
        with suppress(ValueError), self._journal_path.open("rb") as journal, self.path.open("rb") as data:
            for line in journal:
                if not line.endswith(b"\n"):
                    break
                if line.startswith(b"{"):
                    self._metadata.update(parse_json(line))
                else:
                    start, length, checksum = (int(number_text) for number_text in line.split(b" "))
                    if not _matches_checksum(data, length, checksum):
                        break
                    self._add_range(start, length)
                whole += len(line)
        etag, size = self._metadata.get("etag"), self._metadata.get("size")
        is_same_address = self._metadata.get("href") == strip_secrets(self.remote.href)
        if not (etag and isinstance(etag, str) and isinstance(size, (int, type(None))) and is_same_address):
            self._clear()  # nothing could tell whether it is the same file
        else:
            _truncate(self._journal_path, whole)
            _truncate(self.path, sum(stop - first for first, stop, _ in self._ranges))
            self.remote.etag, self.remote.size = etag, size


def _is_own(path: Path) -> bool:
    """Whether a file is there that no other name leads to, neither a link nor another folder's entry."""
    with suppress(OSError):
        facts = path.lstat()
        return stat.S_ISREG(facts.st_mode) and facts.st_nlink == 1
    return False


def _open_own(path: Path) -> IO[bytes]:
    """Open a file for appending, or make it; never through a link, since the folder may be shared and names are known.

    Raises
    ------
    OSError
    """
    if not _is_own(path):
        path.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    return open(os.open(path, flags, 0o600), "ab")  # noqa: PTH123 - of a descriptor, for the caller to close


def _truncate(path: Path, size: int) -> None:
    """Cut a file, which may be open for appending."""
    with _open_own(path) as file:
        os.ftruncate(file.fileno(), size)


def _write_line(journal: IO[bytes], line: str) -> None:
    journal.write(f"{line}\n".encode())
    journal.flush()


def _matches_checksum(data: IO[bytes], length: int, checksum: int) -> bool:
    """Whether the next `length` bytes of a file have a checksum."""
    found = 0
    while length > 0:
        piece = data.read(min(length, CHUNK_BYTES))
        if not piece:
            return False
        found, length = zlib.crc32(piece, found), length - len(piece)
    return found == checksum
