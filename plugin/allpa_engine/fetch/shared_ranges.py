"""Bytes of remote files that jobs of one cache folder share: neighbouring regions need the same blocks of a scene.

Each range that was received is a file of its own, which is written once, with the address, the tag and the checksum of
what it holds. One that is damaged, too old or of another content of the remote file is not used. The folder is bounded:
what was used longest ago goes first.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..core.atomic import atomic_write, create_file, remove_stale_temporary_files
from ..core.errors import AllpaError
from ..core.json_input import parse_json
from ..core.urls import strip_secrets

FOLDER = "ranges"
"""Within the cache folder."""
MAX_BYTES = 8_000_000_000
"""Size of the folder beyond which ranges used longest ago are removed."""
MAX_AGE_S = 24 * 3600
"""Ranges are used so long without asking the server whether its file is still the same."""
MIN_FREE_BYTES = 2_000_000_000
"""Where the disk has less free space, nothing is kept."""
_SUFFIX = ".range"
_MAX_HEADER_BYTES = 10_000


@dataclass(frozen=True)
class _Range:
    """A kept range, by the name of its file."""

    start: int
    stop: int
    path: Path


@dataclass
class SharedFile:
    """The kept ranges of one remote file; for one thread."""

    folder: Path
    href: str
    """Without secrets."""
    etag: str = ""
    """Of the content that they belong to; empty where nothing is known."""
    size: int | None = None
    ranges: list[_Range] = field(default_factory=list)
    on_read: Callable[[int], None] = field(default=lambda _: None, repr=False)
    """Called with the number of bytes that a read gives."""

    def read(self, start: int, stop: int) -> bytes:
        """The kept bytes from `start` on, at most to `stop`; none where the first is not kept.

        Parameters
        ----------
        start : first byte, from 0.
        stop : first byte that is not wanted any more.

        """
        for known in [known for known in self.ranges if known.start <= start < min(known.stop, stop)]:
            found = _read_range(known.path, self.href)
            if found is not None and found[0]["etag"] == self.etag:
                with suppress(OSError):  # it counts as used
                    os.utime(known.path)
                data = found[1][start - known.start : stop - known.start]
                self.on_read(len(data))
                return data
            self.ranges.remove(known)
        return b""

    def next_start(self, start: int, stop: int) -> int:
        """The first kept byte behind `start`; `stop` where there is none before it."""
        return min((known.start for known in self.ranges if start < known.start < stop), default=stop)

    def keep(self, start: int, data: bytes, etag: str | None, size: int | None) -> None:
        """Keep a range that was received; a full disk keeps none.

        Parameters
        ----------
        start : its first byte in the remote file.
        data : its bytes.
        etag : what tells this content of the file from any other; nothing is kept where the server gives none.
        size : of the remote file, bytes; None where the server does not say.

        """
        if not etag or not data:
            return
        if etag != self.etag:
            self.ranges.clear()
            self.etag, self.size = etag, size
        head = {
            "href": self.href, "etag": etag, "size": size, "start": start, "stored_s": time.time(),
            "sha256": hashlib.sha256(data).hexdigest(),
        }  # fmt: skip
        stop = start + len(data)
        path = self.folder / f"{start}-{stop}-{hashlib.sha256(etag.encode()).hexdigest()[:12]}{_SUFFIX}"
        with suppress(OSError, AllpaError):
            self.folder.mkdir(parents=True, exist_ok=True)
            if shutil.disk_usage(self.folder).free < MIN_FREE_BYTES + len(data):
                return
            with atomic_write(path) as aside, os.fdopen(create_file(aside), "wb") as file:
                file.write(json.dumps(head).encode() + b"\n")
                file.write(data)
            self.ranges.append(_Range(start, stop, path))

    def forget(self) -> None:
        """Remove all that is kept of the file: it is damaged, or the server has another one."""
        self.ranges.clear()
        self.etag, self.size = "", None
        for path in self.folder.glob(f"*{_SUFFIX}"):
            with suppress(OSError):  # Windows removes no open file; its digest or tag will tell
                path.unlink()


@dataclass
class SharedRanges:
    """The kept ranges of all remote files; several threads and processes may use them at once.

    Parameters
    ----------
    folder : is made when the first range is kept.
    max_bytes : size beyond which `trim` removes those used longest ago.

    """

    folder: Path
    max_bytes: int = MAX_BYTES
    read_bytes: int = 0
    """Bytes that were read here instead of being fetched."""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def open(self, href: str) -> SharedFile:
        """What is kept of a remote file.

        Parameters
        ----------
        href : its address, not signed; secrets in it are left out.

        """
        address = strip_secrets(href)
        shared = SharedFile(self._folder_of(address), address, on_read=self._count)
        for known in sorted(_ranges(shared.folder), key=lambda known: known.start):
            facts = _read_header(known.path, address)
            if facts is None:
                continue
            if not shared.etag:
                shared.etag, shared.size = facts["etag"], facts["size"]
            if facts["etag"] == shared.etag:
                shared.ranges.append(known)
        return shared

    def forget(self, href: str) -> None:
        """Remove what is kept of a remote file."""
        address = strip_secrets(href)
        SharedFile(self._folder_of(address), address).forget()

    def trim(self, room_bytes: int | None = None) -> None:
        """Remove ranges that are too old, and beyond the size those used longest ago; also what a kill left aside.

        Parameters
        ----------
        room_bytes : a smaller size than usual; None takes `max_bytes`.

        """
        limit_bytes = self.max_bytes if room_bytes is None else min(self.max_bytes, room_bytes)
        found = []
        for folder in self.folder.glob("*/"):
            remove_stale_temporary_files(folder)
            for path in folder.glob(f"*{_SUFFIX}"):
                with suppress(OSError):
                    facts = path.stat()
                    found.append((facts.st_mtime, facts.st_size, path))
            with suppress(OSError):  # it is not empty
                folder.rmdir()
        total = sum(size for _, size, _ in found)
        for used, size, path in sorted(found):
            if total <= limit_bytes and time.time() - used <= MAX_AGE_S:
                return
            with suppress(OSError):  # another process was first, or has it open
                path.unlink()
                total -= size

    def _count(self, count: int) -> None:
        with self._lock:
            self.read_bytes += count

    def _folder_of(self, address: str) -> Path:
        return self.folder / hashlib.sha256(address.encode()).hexdigest()[:24]


def _ranges(folder: Path) -> Iterator[_Range]:
    """The ranges in a folder, by the names of their files."""
    for path in folder.glob(f"*{_SUFFIX}"):
        start, _, rest = path.stem.partition("-")
        stop = rest.partition("-")[0]
        if start.isdigit() and stop.isdigit() and int(start) < int(stop):
            yield _Range(int(start), int(stop), path)


def _read_header(path: Path, address: str) -> dict[str, Any] | None:
    """What a file of a range says of itself; None where it is damaged, too old or of another address."""
    try:
        with path.open("rb") as file:
            return _header(file.readline(_MAX_HEADER_BYTES), address)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _read_range(path: Path, address: str) -> tuple[dict[str, Any], bytes] | None:
    """Header and bytes of a range; None where `_read_header` gives none or the checksum differs."""
    try:
        with path.open("rb") as file:
            facts = _header(file.readline(_MAX_HEADER_BYTES), address)
            data = file.read()
    except (OSError, ValueError, KeyError, TypeError):
        return None
    start, stop = (int(part) for part in path.stem.split("-")[:2])
    is_whole = len(data) == stop - start and facts["start"] == start
    return (facts, data) if is_whole and hashlib.sha256(data).hexdigest() == facts["sha256"] else None


def _header(line: bytes, address: str) -> dict[str, Any]:
    """The parsed header.

    Raises
    ------
    ValueError, KeyError, TypeError : where it is damaged, too old or of another address.
    """
    facts = parse_json(line)
    age_s = time.time() - float(facts["stored_s"])
    is_usable = facts["href"] == address and 0 <= age_s <= MAX_AGE_S and facts["etag"] and facts["sha256"]
    if not is_usable or not isinstance(facts["etag"], str) or not isinstance(facts["size"], (int, type(None))):
        raise ValueError(line)
    return dict(facts)
