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
"""Mark of a file that is being written; a run that was killed may leave some, `remove_stale_temporary_files` removes
them."""

_temporary_paths: set[Path] = set()


@contextmanager
def temporary_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a path beside `path` for what is needed only while `path` is made; it is removed when the block ends.

    It keeps the suffix of `path` (drivers choose by it) and lies in the same folder. Files whose names begin with the
    given one (that drivers lay beside, such as `.ovr`) are removed with it.

    Raises
    ------
    DiskFull, FolderNotWritable : for the causes that a user can mend; other errors pass through.

    """
    final = Path(path)
    temporary_path = final.with_name(f".{final.stem}-{os.getpid()}-{os.urandom(4).hex()}{PART_SUFFIX}{final.suffix}")
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise to_allpa_error(error, final) from error
    _temporary_paths.add(temporary_path)
    try:
        yield temporary_path
    except OSError as error:
        raise to_allpa_error(error, final) from error
    finally:
        _remove(temporary_path)
        _temporary_paths.discard(temporary_path)


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a path aside to write to, and rename it to `path` when the block ends without an error.

    The path aside lies in the same folder, so that the rename is atomic.

    Raises
    ------
    DiskFull, FolderNotWritable : for the causes that a user can mend; other errors pass through. Nothing is left aside.

    """
    with temporary_file(path) as temporary_path:
        yield temporary_path
        temporary_path.replace(path)


def remove_temporary_files() -> None:
    """Remove what this process is writing aside; for a process that must end at once."""
    for temporary_path in list(_temporary_paths):
        with suppress(OSError):  # Windows holds on to open files; the next run sweeps them away
            _remove(temporary_path)


def _remove(temporary_path: Path) -> None:
    for path in (temporary_path, *temporary_path.parent.glob(f"{glob.escape(temporary_path.name)}.*")):
        path.unlink(missing_ok=True)


def to_allpa_error(error: OSError, path: Path) -> Exception:
    """Turn an operating system's error into the project's own where the cause is known, else give it back."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(f"The disk is full while writing {path.name} in {path.parent}.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST):
        return FolderNotWritable(f"The folder {path.parent} cannot be written.", error.strerror or "")
    return error


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write `text` as UTF-8, whole or not at all."""
    with atomic_write(path) as temporary_path:
        temporary_path.write_text(text, encoding="utf-8")


def write_json(path: str | os.PathLike[str], value: Any) -> None:  # noqa: ANN401 - anything that JSON can hold
    """Write `value` as indented JSON, whole or not at all."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def check_free_space(folder: str | os.PathLike[str], needed_bytes: int) -> None:
    """Make the folder, check that it can be written and that `needed_bytes` are free on its disk.

    Raises
    ------
    FolderNotWritable, DiskFull

    """
    folder_path = Path(folder)
    try:
        folder_path.mkdir(parents=True, exist_ok=True)
        probe = folder_path / f".allpa-{os.urandom(4).hex()}{PART_SUFFIX}"
        probe.write_bytes(b"")
        probe.unlink(missing_ok=True)  # another run's sweep may be first
    except OSError as error:
        raise FolderNotWritable(f"The folder {folder_path} cannot be written.", error.strerror or "") from error
    free = shutil.disk_usage(folder_path).free
    if free < needed_bytes:
        raise DiskFull(
            f"The disk of {folder_path} has {free / 1e9:.1f} GB free, "
            f"and this step needs about {needed_bytes / 1e9:.1f} GB."
        )


def remove_stale_temporary_files(folder: str | os.PathLike[str]) -> None:
    """Remove what killed runs left aside directly in `folder`; what a living process writes stays."""
    for leftover in Path(folder).glob(f".*-*-*{PART_SUFFIX}*"):
        owner_pid = leftover.name.split(PART_SUFFIX)[0].rsplit("-", 2)[-2]
        if owner_pid.isdigit() and not _may_be_alive(int(owner_pid), leftover):
            leftover.unlink(missing_ok=True)


def _may_be_alive(process_id: int, leftover: Path) -> bool:
    """Whether the process that wrote `left` may still run.

    Windows has no harmless way to ask with the standard library, so there only age tells: a day without a change.
    """
    if os.name == "nt":
        return time.time() - leftover.stat().st_mtime < 24 * 3600
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
