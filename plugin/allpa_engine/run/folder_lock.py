"""One run at a time in a folder: a lock that the system gives back when a process ends, however it ends."""

from __future__ import annotations

import errno
import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path

from ..core.atomic import to_allpa_error
from ..core.errors import FolderInUse
from ..core.json_input import read_json
from ..core.messages import message

LOCK_FILE = ".allpa-lock"
"""Its content says who holds the lock, for people; what counts is the system's lock on the file."""
_HELD = {errno.EAGAIN, errno.EACCES, errno.EDEADLK}
_LOCKED_BYTE = 1 << 30
"""Far behind the content: Windows keeps others from reading locked bytes."""


@contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Keep other runs out of a folder while the block lasts.

    The system drops the lock of a process that ends, so a run that was killed locks no other out. Where a file system
    knows no locks (some network drives), the block runs without one.

    Raises
    ------
    FolderInUse : where another run holds the lock.
    FolderNotWritable : where the lock's file cannot be made.

    """
    path = folder / LOCK_FILE
    file = _open_locked(path)
    try:
        os.ftruncate(file, 0)
        os.write(file, json.dumps(_holder()).encode())
        yield
    finally:
        with suppress(OSError):
            if os.name != "nt":  # before the lock ends: a run that waits for it sees that its file is gone
                path.unlink()
            os.close(file)
            if os.name == "nt":
                path.unlink()


def _open_locked(path: Path) -> int:
    while True:
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
        except OSError as error:
            raise to_allpa_error(error, path) from error
        try:
            _lock(file)
        except OSError as error:
            if error.errno in _HELD:
                os.close(file)
                raise FolderInUse(
                    message("Another run is writing to the folder {folder}.", folder=path.parent), _describe(path)
                ) from error
            return file  # no locks on this file system
        if _is_still(file, path):
            return file
        os.close(file)  # the run that held it ended and removed it in between


def _lock(file: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        os.lseek(file, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        os.lseek(file, 0, os.SEEK_SET)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_still(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except OSError:
        return False


def _holder() -> dict[str, str | int]:
    started = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return {"process": os.getpid(), "computer": socket.gethostname(), "started": started}


def _describe(path: Path) -> str:
    """Who holds the lock, as far as its file says so."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        holder = read_json(path, 10_000)
        return message(
            "It is process {process} on {computer}, started {started}.",
            process=holder["process"],
            computer=holder["computer"],
            started=holder["started"],
        )
    return ""
