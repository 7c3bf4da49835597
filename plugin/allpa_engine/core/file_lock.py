"""A lock of the system on a file: a process that ends gives it back, however it ends."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .atomic import to_allpa_error

_HELD = {errno.EAGAIN, errno.EACCES, errno.EDEADLK}
_LOCKED_BYTE = 1 << 30
"""Far behind the content: Windows keeps others from reading locked bytes."""
_POLL_S = 0.02


class LockHeld(Exception):
    """Another process, or another part of this one, holds the lock."""


@contextmanager
def hold_lock(path: Path, wait_s: float = 0.0) -> Iterator[int]:
    """Hold the lock of a file while the block lasts; the file is made before, and removed afterwards.

    Where a file system knows no locks (some network drives), the block runs without one.

    Parameters
    ----------
    path : of the lock's file.
    wait_s : how long another holder is waited for, seconds.

    Yields
    ------
    The number of the open file, into which the holder may write.

    Raises
    ------
    LockHeld : where another one holds it still.
    FolderNotWritable : where the file cannot be made.

    """
    deadline = time.monotonic() + wait_s
    while True:
        try:
            file = _open_locked(path)
            break
        except LockHeld:
            if time.monotonic() >= deadline:
                raise
            time.sleep(_POLL_S)
    try:
        yield file
    finally:
        with suppress(OSError):
            if os.name != "nt":  # before the lock ends: one that waits for it sees that its file is gone
                path.unlink()
            os.close(file)
            if os.name == "nt":
                path.unlink()


def _open_locked(path: Path) -> int:
    """Open the file and lock it.

    Raises
    ------
    LockHeld, FolderNotWritable
    """
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
                raise LockHeld(str(path)) from error
            return file  # no locks on this file system
        if _is_still(file, path):
            return file
        os.close(file)  # the holder before ended and removed it in between


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
