"""The folder of scene files: one per scene, region window and radiometry, shared by all jobs that name the folder."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from filelock import FileLock, Timeout
from rasterio.errors import RasterioError

from ..core import raster_tags
from ..core.atomic import PART_SUFFIX, files_beginning
from ..core.bands import ALL_BAND_KEYS, BAND_KEYS, SCL
from ..core.errors import FolderNotWritable, RasterInvalid
from ..core.messages import message
from ..core.safe_names import safe_name
from ..core.scene import Radiometry, Scene
from ..geo.grid import Grid, grid_of
from ..raster.digest import has_own_digest
from ..raster.gdal import check_complete, open_raster
from .http import Connection
from .resume import find_stale_downloads, remove_resume_files
from .shared_ranges import SharedRanges

SCENE_FILE_VERSION = 2
"""Raised when scene files change their content, so that older ones are not taken for new."""
MIN_IDLE_S = 6 * 3600
"""A file used less than this long ago is not removed: a job may be about to read it."""
_LOCK_SUFFIX = ".lock"
_POLL_S = 0.2
_LOCKS_UNSUPPORTED = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)

Bounds = tuple[float, float, float, float]
"""Left, bottom, right, top in the tile's CRS, metres."""


class CachedFileInvalid(Exception):
    """A file of the cache is not what its name says; the text is the end of a sentence."""


def scene_key(scene: Scene, bounds: Bounds, crs: str, bands: Sequence[str] = BAND_KEYS) -> str:
    """The key of a scene file: a hash of scene, window, bands, and radiometry as far as the catalogue says it.

    Parameters
    ----------
    scene : the scene; its id and the offset in its numbers go into the key.
    bounds : left, bottom, right, top of the window in the tile's CRS, metres.
    crs : of the tile, such as `EPSG:32718`.
    bands : keys of the file's bands, in order; the six of the bundled network go into the key as nothing, since files
        of earlier versions have no others.

    Returns
    -------
    SHA-256 as 64 hexadecimal digits; the version of scene files goes into it too.

    """
    facts = [SCENE_FILE_VERSION, scene.id, crs, *bounds, scene.radiometry.offset, scene.radiometry.pixel_test]
    if tuple(bands) != BAND_KEYS:
        facts.append(" ".join(bands))
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def scene_path(folder: Path, scene: Scene, bounds: Bounds, crs: str, bands: Sequence[str] = BAND_KEYS) -> Path:
    """Where a scene's window lies in the cache: `<name of the scene>_<key>.tif`.

    Parameters
    ----------
    folder : the cache.
    scene : the scene; characters of its id that no file name can have are replaced.
    bounds : left, bottom, right, top of the window in the tile's CRS, metres.
    crs : of the tile, such as `EPSG:32718`.
    bands : keys of the file's bands, in order.

    Returns
    -------
    The path, with the first ten digits of `scene_key`, whether or not the file is there.

    """
    return folder / f"{safe_name(scene.id)}_{scene_key(scene, bounds, crs, bands)[:10]}.tif"


@dataclass(frozen=True)
class StoredFacts:
    """What a scene file says of itself."""

    layers: tuple[str, ...]
    tags: Mapping[str, str]
    grid: Grid


def scene_files(folder: Path, scene: Scene) -> list[Path]:
    """The files of a scene in the cache, by name, whatever their windows."""
    found = files_beginning(folder, f"{safe_name(scene.id)}_")
    return sorted(path for path in found if path.suffix == ".tif")


def stored_facts(path: Path) -> StoredFacts:
    """What a scene file says of itself; one that has not changed is read once by a process that serves many jobs.

    Raises
    ------
    RasterioError, RasterInvalid : where it is damaged.
    OSError : where it is not there.

    """
    facts = path.stat()
    return _read_facts(path, facts.st_size, facts.st_mtime_ns, facts.st_ino)


@lru_cache(maxsize=5000)
def _read_facts(path: Path, *_: int) -> StoredFacts:
    with open_raster(path) as source:
        return StoredFacts(tuple(str(name or "") for name in source.descriptions), source.tags(), grid_of(source))


def find_stored_bands(folder: Path, scene: Scene, bounds: Bounds, crs: str, bands: Sequence[str]) -> tuple[str, ...]:
    """The bands of the scene file that serves: of one with just the wanted bands, or else of one that has more.

    Parameters
    ----------
    folder : the cache.
    scene : the scene.
    bounds, crs : of the window.
    bands : keys of the wanted bands, in order.

    Returns
    -------
    The wanted bands where no file serves; the names of files say which window and radiometry they have.

    """
    wanted = tuple(bands)
    if scene_path(folder, scene, bounds, crs, wanted).is_file():
        return wanted
    for path in scene_files(folder, scene):
        try:
            *stored, last = stored_facts(path).layers
        except (RasterioError, RasterInvalid, OSError, ValueError):  # damaged, foreign, or removed meanwhile
            continue
        is_larger = set(wanted) < set(stored) <= {*ALL_BAND_KEYS} & {*scene.assets} and last == SCL
        if is_larger and path == scene_path(folder, scene, bounds, crs, stored):
            return tuple(stored)
    return wanted


def read_cached_radiometry(
    path: Path, expected_tags: Mapping[str, str], bands: Sequence[str] = BAND_KEYS
) -> Radiometry | None:
    """The radiometry of a scene file that is there, marking it as used; None where there is none.

    Parameters
    ----------
    path : of the scene file.
    expected_tags : what its tags must say: scene, window and so on.
    bands : keys of the bands that it must have, beside SCL.

    Returns
    -------
    The offset that was removed from the numbers in the file; None where there is no file.

    Raises
    ------
    CachedFileInvalid : where the file is damaged, or is that of another scene or window.

    """
    if not path.is_file():
        return None
    try:
        check_complete(path)
        with open_raster(path) as source:
            band_count, tags = source.count, source.tags()
            if any(tags.get(name, "") != value for name, value in expected_tags.items()):
                raise CachedFileInvalid(message("it belongs to another scene or another window"))
            is_intact = band_count == len(bands) + 1 and raster_tags.OFFSET in tags and has_own_digest(source)
    except (RasterioError, ValueError):  # GDAL gives what a damaged table holds, whatever that is
        is_intact = False
    if not is_intact:
        raise CachedFileInvalid(message("it is damaged"))
    with suppress(OSError):  # a cache that may only be read serves all the same
        os.utime(path)
    return Radiometry(int(tags[raster_tags.OFFSET]), tags.get(raster_tags.RADIOMETRY, ""))


@contextmanager
def lock_scene_file(path: Path, connection: Connection) -> Iterator[None]:
    """Hold the right to write `path`, against other threads and other processes; a killed holder loses it.

    What is fetched for a scene file lies under one name, for one writer. What a killed writer left aside is removed
    first; the bytes that it had fetched stay for this one.

    Parameters
    ----------
    path : of the scene file; the lock is a hidden file beside it.
    connection : of the run; while another process or thread holds the lock, it says whether the run was stopped.

    Raises
    ------
    FolderNotWritable : where the folder cannot be written or its file system has no locks.
    Cancelled : where the run was stopped while waiting.

    """
    lock = _lock_of(path)
    while not _acquire(lock):
        connection.pause(_POLL_S)
    try:
        remove_partial_files(path)
        yield
    finally:
        _release(lock)


def remove_partial_files(path: Path) -> None:
    """Remove unfinished files for `path`; only the holder of its lock may."""
    for leftover in files_beginning(path.parent, f".{path.stem}-"):
        if PART_SUFFIX in leftover.name:
            with suppress(OSError):  # Windows removes no open file; the next sweep will
                leftover.unlink(missing_ok=True)


def discard_unfinished(path: Path) -> None:
    """Remove what the holder of the lock has aside for `path`, where its thread was stopped but does not return."""
    remove_partial_files(path)
    remove_resume_files(path)
    with suppress(OSError):  # Windows removes no open file; the next sweep will
        _lock_path(path).unlink(missing_ok=True)


def remove_leftovers(folder: Path) -> None:
    """Remove what killed runs left in the folder: parts, locks that no process holds, bytes that no run needs."""
    unused_paths = set(find_stale_downloads(folder))
    stems = {_scene_stem(leftover) for leftover in folder.glob(f".*{PART_SUFFIX}*")}
    stems |= {leftover.name[1 : -len(_LOCK_SUFFIX)] for leftover in folder.glob(f".*{_LOCK_SUFFIX}")}
    for stem in sorted(stems | {path.stem for path in unused_paths}):
        path = folder / f"{stem}.tif"
        lock = _lock_of(path)
        if _acquire(lock):
            remove_partial_files(path)
            if path in unused_paths:
                remove_resume_files(path)
            _release(lock)


def trim_cache(folder: Path, max_bytes: int, keep: frozenset[Path], min_idle_s: float = MIN_IDLE_S) -> tuple[Path, ...]:
    """Remove the scene files used longest ago until the folder holds at most `max_bytes`.

    Parameters
    ----------
    folder : the cache; only files that end in `.tif` are counted and removed.
    max_bytes : size that the folder should have at most; it stays larger where too few files may be removed.
    keep : files that are never removed, such as those of the present job.
    min_idle_s : files used less than so many seconds ago are not removed.

    Returns
    -------
    The removed files, that used longest ago first.

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


def trim_shared(folder: Path, shared: SharedRanges | None, max_bytes: int | None) -> None:
    """Remove shared bytes used longest ago, where they are too many or leave the scene files too little room.

    Parameters
    ----------
    folder : the cache.
    shared : what is shared; None has nothing to remove.
    max_bytes : of scene files and shared bytes together; None bounds the shared bytes alone.

    """
    if shared is None:
        return
    if max_bytes is not None:
        for path in folder.glob("*.tif"):
            with suppress(OSError):  # removed meanwhile
                max_bytes -= path.stat().st_size
    shared.trim(max_bytes)


def _scene_stem(leftover: Path) -> str:
    """Stem of the scene file for which a part lies aside, by the name that `atomic.temporary_file` gave it."""
    return leftover.name[1:].split(PART_SUFFIX)[0].rsplit("-", 2)[0]


def _lock_path(path: Path) -> Path:
    return path.with_name(f".{path.stem}{_LOCK_SUFFIX}")


def _lock_of(path: Path) -> FileLock:
    return FileLock(_lock_path(path), timeout=0, thread_local=False)


def _acquire(lock: FileLock) -> bool:
    """Take a lock if it is free.

    Raises
    ------
    FolderNotWritable : where the disk has no locks or its folder cannot be written.
    """
    try:
        lock.acquire()
    except Timeout:
        return False
    except OSError as error:
        folder = Path(lock.lock_file).parent
        why = (
            message("Its file system does not support file locks.") if error.errno in _LOCKS_UNSUPPORTED else str(error)
        )
        raise FolderNotWritable(message("The folder {folder} cannot be written.", folder=folder), why) from error
    return True


def _release(lock: FileLock) -> None:
    """Give a lock back and remove its file; who waits for it notices that the file is gone."""
    with suppress(OSError):  # Windows removes no open file; an empty lock file is harmless
        Path(lock.lock_file).unlink(missing_ok=True)
    lock.release()
