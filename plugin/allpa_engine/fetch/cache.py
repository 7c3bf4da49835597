"""The folder of scene files: one per scene, region window and radiometry, shared by all jobs that name the folder."""

from __future__ import annotations

import errno
import hashlib
import importlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from rasterio.errors import RasterioError

from ..core import raster_tags
from ..core.atomic import PART_SUFFIX
from ..core.errors import FolderNotWritable
from ..core.safe_names import safe_name
from ..core.scene import Radiometry, Scene
from ..raster.gdal import check_complete, open_raster
from .http import Connection
from .resume import find_stale_downloads, remove_resume_files
from .scene_bands import SCENE_BANDS

SCENE_FILE_VERSION = 1
"""Raised when scene files change their content, so that older ones are not taken for new."""
MIN_IDLE_S = 6 * 3600
"""A file used less than this long ago is not removed: a job may be about to read it."""
_LOCK_SUFFIX = ".lock"
_LOCKS_UNSUPPORTED = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
_locked_paths: set[Path] = set()
"""Scene files that this process has claimed."""


def scene_path(folder: Path, scene: Scene, bounds: tuple[float, float, float, float], crs: str) -> Path:
    """Where a scene's window lies in the cache: `<name of the scene>_<key>.tif`."""
    facts = [SCENE_FILE_VERSION, scene.id, crs, *bounds, scene.radiometry.offset, scene.radiometry.pixel_test]
    key = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:10]
    return folder / f"{safe_name(scene.id)}_{key}.tif"


def read_cached_radiometry(path: Path) -> Radiometry | None:
    """The radiometry of a scene file that is there and whole, marking it as used; None where it must be fetched."""
    if not path.is_file():
        return None
    try:
        check_complete(path)
        with open_raster(path) as source:
            band_count, tags = source.count, source.tags()
    except RasterioError:
        return None
    if band_count != len(SCENE_BANDS) or raster_tags.OFFSET not in tags:
        return None
    with suppress(OSError):  # a cache that may only be read serves all the same
        os.utime(path)
    return Radiometry(int(tags[raster_tags.OFFSET]), tags.get(raster_tags.RADIOMETRY, ""))


@contextmanager
def lock_scene_file(path: Path, connection: Connection) -> Iterator[None]:
    """Hold the right to write `path`, against other threads and other processes; a killed holder loses it.

    It is waited for as long as another lives: what comes for a scene file has one place, for one writer. What a killed
    writer left aside is removed first; the bytes that it had fetched stay for this one.

    Raises
    ------
    FolderNotWritable : where the folder's disk has no locks. Cancelled
    """
    lock_path = _lock_path(path)
    while (lock := _try_lock(lock_path)) is None:
        connection.pause(0.2)
    _locked_paths.add(path)
    try:
        remove_partial_files(path)
        yield
    finally:
        _locked_paths.discard(path)
        _unlock(lock, lock_path)


def remove_partial_files(path: Path) -> None:
    """Remove what lies aside for `path`; only its claimant may."""
    for leftover in path.parent.glob(f".{path.stem}-*{PART_SUFFIX}*"):
        with suppress(OSError):  # Windows removes no open file; the next sweep will
            leftover.unlink(missing_ok=True)


def discard_unfinished(path: Path) -> None:
    """Remove what this process has aside for `path`, where its writer was stopped but does not return.

    Where another process is the claimant, this one only waits for it, and nothing is its own to remove.
    """
    if path not in _locked_paths:
        return
    remove_partial_files(path)
    remove_resume_files(path)
    with suppress(OSError):  # Windows removes no open file; the next sweep will
        _lock_path(path).unlink(missing_ok=True)


def remove_leftovers(folder: Path) -> None:
    """Remove what killed runs left in the folder: parts and locks that nobody holds, bytes that serve nobody."""
    unused_paths = set(find_stale_downloads(folder))
    stems = {_scene_stem(leftover) for leftover in folder.glob(f".*{PART_SUFFIX}*")}
    stems |= {leftover.name[1 : -len(_LOCK_SUFFIX)] for leftover in folder.glob(f".*{_LOCK_SUFFIX}")}
    for stem in sorted(stems | {path.stem for path in unused_paths}):
        path = folder / f"{stem}.tif"
        lock = _try_lock(_lock_path(path))
        if lock is not None:
            remove_partial_files(path)
            if path in unused_paths:
                remove_resume_files(path)
            _unlock(lock, _lock_path(path))


def trim_cache(folder: Path, max_bytes: int, keep: frozenset[Path], min_idle_s: float = MIN_IDLE_S) -> tuple[Path, ...]:
    """Remove the scene files used longest ago until the folder holds at most `max_bytes`; gives what was removed.

    Files in `keep` and files used within `min_idle_s` stay, even where the folder then remains larger.
    """
    found = []
    for path in folder.glob("*.tif"):
        with suppress(OSError):
            facts = path.stat()
            found.append((facts.st_mtime, path, facts.st_size))
    total, removed = sum(size for _, _, size in found), []
    for used, path, size in sorted(found):
        if total <= max_bytes:
            break
        if path not in keep and time.time() - used >= min_idle_s:
            with suppress(OSError):  # Windows removes no file that another job has open
                path.unlink(missing_ok=True)
                total -= size
                removed.append(path)
    return tuple(removed)


def _scene_stem(leftover: Path) -> str:
    """Stem of the scene file for which a part lies aside, by the name that `atomic.scratch` gave it."""
    return leftover.name[1:].split(PART_SUFFIX)[0].rsplit("-", 2)[0]


def _lock_path(path: Path) -> Path:
    return path.with_name(f".{path.stem}{_LOCK_SUFFIX}")


def _try_lock(lock_path: Path) -> IO[bytes] | None:
    """Take the lock now; None where another holds it."""
    lock = lock_path.open("ab")
    try:
        _lock_handle(lock)
        # a holder removes its lock file on leaving: one that was removed meanwhile locks nothing
        if os.fstat(lock.fileno()).st_ino == lock_path.stat().st_ino:
            return lock
    except OSError as error:
        lock.close()
        if error.errno in _LOCKS_UNSUPPORTED:
            raise FolderNotWritable(
                f"The folder {lock_path.parent} cannot be written.", "Its disk has no locks to keep two runs apart."
            ) from error
        return None
    lock.close()
    return None


def _lock_handle(lock: IO[bytes]) -> None:
    """Lock a file for this handle alone; raises OSError where another handle has it."""
    if os.name == "nt":
        windows: Any = importlib.import_module("msvcrt")
        lock.seek(0)
        windows.locking(lock.fileno(), windows.LK_NBLCK, 1)
    else:
        posix: Any = importlib.import_module("fcntl")
        posix.flock(lock.fileno(), posix.LOCK_EX | posix.LOCK_NB)


def _unlock(lock: IO[bytes], lock_path: Path) -> None:
    """Give the lock back and remove its file."""
    with suppress(OSError):  # Windows removes no open file; an empty lock file harms nobody
        if os.fstat(lock.fileno()).st_ino == lock_path.stat().st_ino:
            lock_path.unlink()
    lock.close()
