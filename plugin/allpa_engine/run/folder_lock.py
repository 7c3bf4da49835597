"""One run at a time in a folder."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path

from ..core.errors import FolderInUse
from ..core.file_lock import LockHeld, hold_lock
from ..core.json_input import read_json
from ..core.messages import message

LOCK_FILE = ".allpa-lock"
"""Its content says who holds the lock, for people; what counts is the system's lock on the file."""


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
    with _refusing(path), hold_lock(path) as file:
        os.ftruncate(file, 0)
        os.write(file, json.dumps(_holder()).encode())
        yield


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """Explain that another run holds the lock."""
    try:
        yield
    except LockHeld as error:
        text = message("Another run is writing to the folder {folder}.", folder=path.parent)
        raise FolderInUse(text, _describe(path)) from error


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
