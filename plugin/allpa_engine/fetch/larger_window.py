"""A window that lies within one of the same scene that was fetched before is cut out of that file."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from rasterio.errors import RasterioError
from rasterio.windows import Window

from ..core import raster_tags
from ..core.bands import ALL_BAND_KEYS, SCL
from ..core.errors import RasterInvalid
from ..core.scene import Radiometry
from ..geo.grid import RESOLUTION_M, Grid
from ..raster.digest import has_own_digest
from ..raster.gdal import check_complete, open_raster
from .cache import scene_files, scene_key, scene_path, stored_facts
from .scene_request import SceneRequest
from .window import window_on_tile

_MAX_FILES = 40
"""So many files of a scene are examined, the largest first."""
_MAX_VERIFIED = 500


@dataclass(frozen=True)
class LargerWindow:
    """A file of the same scene that holds what is wanted."""

    path: Path
    window: Window
    """Its pixels that are wanted."""
    grid: Grid
    """Of the wanted pixels."""
    numbers: tuple[int, ...]
    """Numbers of its bands that are wanted, SCL last, counted from 1."""
    radiometry: Radiometry
    """What was removed from its numbers."""
    tile_bounds: str
    """As its tag has it."""


class _VerifiedFiles:
    """Files whose digest this process has compared: the digest of a whole tile takes seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, int, int, int], None] = OrderedDict()

    def holds(self, path: Path) -> bool:
        """Whether a file is what was written; a file that has changed since is read again."""
        facts = path.stat()
        key = (str(path), facts.st_size, facts.st_mtime_ns, facts.st_ino)
        if key in self._known:
            return True
        check_complete(path)
        with open_raster(path) as source:
            if not has_own_digest(source):
                return False
        with suppress(OSError):  # it counts as used; a cache that may only be read serves all the same
            os.utime(path)
        facts = path.stat()
        with self._lock:
            self._known[(str(path), facts.st_size, facts.st_mtime_ns, facts.st_ino)] = None
            while len(self._known) > _MAX_VERIFIED:
                self._known.popitem(last=False)
        return True


_VERIFIED = _VerifiedFiles()


def find_larger_window(folder: Path, request: SceneRequest) -> LargerWindow | None:
    """Find a file of the cache that holds a scene's window within a larger one.

    Only what is certain to be the same pixels serves: a file of this scene with the same radiometry as the catalogue
    says it, by the hash in its tags. Where the offset is found out from the pixels of the window, none does.

    Parameters
    ----------
    folder : the cache.
    request : the scene, its window and bands.

    Returns
    -------
    The file with what is to be read of it; None where there is none. Damaged and foreign files do not serve.

    """
    radiometry = request.scene.radiometry
    if request.region.is_empty or (radiometry.pixel_test != "none" and radiometry.offset):
        return None
    sized = []
    for path in scene_files(folder, request.scene):
        with suppress(OSError):
            sized.append((path.stat().st_size, path))
    for _, path in sorted(sized, reverse=True)[:_MAX_FILES]:
        try:
            found = _examine(path, request)
            if found is not None and _VERIFIED.holds(path):
                return found
        except (RasterioError, RasterInvalid, OSError, ValueError):  # damaged, or removed meanwhile
            continue
    return None


def _examine(path: Path, request: SceneRequest) -> LargerWindow | None:
    """What a file can give, by its tags.

    Raises
    ------
    ValueError, RasterioError, RasterInvalid, OSError : where it is damaged or not there.
    """
    facts = stored_facts(path)
    tags, layers, own_grid = facts.tags, list(facts.layers), facts.grid
    if not layers or layers[-1] != SCL or not {*request.layers} <= {*layers} <= {*ALL_BAND_KEYS, SCL}:
        return None
    stored = tuple(layers[:-1])
    bounds = _numbers(tags.get(raster_tags.WINDOW, ""))
    tile_bounds = _numbers(tags.get(raster_tags.TILE_BOUNDS, ""))
    radiometry = replace(request.scene.radiometry, pixel_test="none")
    if tags.get(raster_tags.OFFSET) != str(radiometry.offset):
        return None
    if tags.get(raster_tags.KEY) != scene_key(request.scene, bounds, request.crs, stored):
        return None
    if path != scene_path(path.parent, request.scene, bounds, request.crs, stored):
        return None
    left, bottom, right, top = tile_bounds
    width, height = round((right - left) / RESOLUTION_M), round((top - bottom) / RESOLUTION_M)
    tile = Grid(request.crs, left, top, RESOLUTION_M, width, height)
    wanted = window_on_tile(tile, request.bounds)
    if wanted is None or own_grid.crs != request.crs or own_grid.resolution != tile.resolution:
        return None
    grid = tile.for_window(wanted)
    column, row = (
        round(distance_m / RESOLUTION_M) for distance_m in (grid.left - own_grid.left, own_grid.top - grid.top)
    )
    if column < 0 or row < 0 or column + grid.width > own_grid.width or row + grid.height > own_grid.height:
        return None
    return LargerWindow(
        path,
        Window(column, row, grid.width, grid.height),
        grid,
        tuple(layers.index(key) + 1 for key in request.layers),
        radiometry,
        tags[raster_tags.TILE_BOUNDS],
    )


def _numbers(text: str) -> tuple[float, float, float, float]:
    """Left, bottom, right and top of a tag.

    Raises
    ------
    ValueError : where the tag is missing or damaged.
    """
    left, bottom, right, top = (float(part) for part in text.split())
    if not left < right or not bottom < top or max(map(abs, (left, bottom, right, top))) > 1e8:
        raise ValueError(text)
    return left, bottom, right, top
