"""Writing files so that they are whole or absent: aside, verify, rename."""

from __future__ import annotations

import errno
import glob
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from .errors import DiskFull, FolderNotWritable

PART_SUFFIX = ".part"
"""Mark of a file that is being written; a run that was killed may leave some, `sweep_parts` removes them."""

_in_flight: set[Path] = set()


@contextmanager
def scratch(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a path beside `path` for what is needed only while `path` is made; it is removed when the block ends.

    It keeps the suffix of `path` (drivers choose by it) and lies in the same folder. Files whose names begin with the
    given one (that drivers lay beside, such as `.ovr`) are removed with it.

    Raises
    ------
    DiskFull, FolderNotWritable : for the causes that a user can mend; other errors pass through.

    """
    final = Path(path)
    aside = final.with_name(f".{final.stem}-{os.getpid()}-{os.urandom(4).hex()}{PART_SUFFIX}{final.suffix}")
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise explained(error, final) from error
    _in_flight.add(aside)
    try:
        yield aside
    except OSError as error:
        raise explained(error, final) from error
    finally:
        _remove(aside)
        _in_flight.discard(aside)


@contextmanager
def writing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a path aside to write to, and rename it to `path` when the block ends without an error.

    The path aside lies in the same folder, so that the rename is atomic.

    Raises
    ------
    DiskFull, FolderNotWritable : for the causes that a user can mend; other errors pass through. Nothing is left aside.

    """
    with scratch(path) as aside:
        yield aside
        aside.replace(path)


def discard_in_flight() -> None:
    """Remove what this process is writing aside; for a process that must end at once."""
    for aside in list(_in_flight):
        with suppress(OSError):  # Windows holds on to open files; the next run sweeps them away
            _remove(aside)


def _remove(aside: Path) -> None:
    for path in (aside, *aside.parent.glob(f"{glob.escape(aside.name)}.*")):
        path.unlink(missing_ok=True)


def explained(error: OSError, path: Path) -> Exception:
    """Turn an operating system's error into the project's own where the cause is known, else give it back."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(f"The disk is full while writing {path.name} in {path.parent}.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST):
        return FolderNotWritable(f"The folder {path.parent} cannot be written.", error.strerror or "")
    return error


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write `text` as UTF-8, whole or not at all."""
    with writing(path) as aside:
        aside.write_text(text, encoding="utf-8")


def write_json(path: str | os.PathLike[str], value: Any) -> None:  # noqa: ANN401 - anything that JSON can hold
    """Write `value` as indented JSON, whole or not at all."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def require_room(folder: str | os.PathLike[str], needed_bytes: int) -> None:
    """Make the folder, check that it can be written and that `needed_bytes` are free on its disk.

    Raises
    ------
    FolderNotWritable, DiskFull

    """
    place = Path(folder)
    try:
        place.mkdir(parents=True, exist_ok=True)
        probe = place / f".allpa-{os.urandom(4).hex()}{PART_SUFFIX}"
        probe.write_bytes(b"")
        probe.unlink(missing_ok=True)  # another run's sweep may be first
    except OSError as error:
        raise FolderNotWritable(f"The folder {place} cannot be written.", error.strerror or "") from error
    free = shutil.disk_usage(place).free
    if free < needed_bytes:
        raise DiskFull(
            f"The disk of {place} has {free / 1e9:.1f} GB free, and this step needs about {needed_bytes / 1e9:.1f} GB."
        )


def sweep_parts(folder: str | os.PathLike[str]) -> None:
    """Remove what killed runs left aside directly in `folder`; what a living process writes stays."""
    for left in Path(folder).glob(f".*-*-*{PART_SUFFIX}*"):
        owner = left.name.split(PART_SUFFIX)[0].rsplit("-", 2)[-2]
        if owner.isdigit() and not _may_be_alive(int(owner), left):
            left.unlink(missing_ok=True)


def _may_be_alive(process_id: int, left: Path) -> bool:
    """Whether the process that wrote `left` may still run.

    Windows has no harmless way to ask with the standard library, so there only age tells: a day without a change.
    """
    if os.name == "nt":
        return time.time() - left.stat().st_mtime < 24 * 3600
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
