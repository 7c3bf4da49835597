"""Elevation: the region's part of the Copernicus DEM, read in ranges and joined to one raster of metres.

The model comes as files of one degree in longitude and latitude, whose pixels measure one second from north to south
and, beyond 50 degrees of latitude, more than that from west to east. The joined raster has the pixels of the tile
nearest the equator; tiles with other ones are interpolated.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, cast

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.io import MemoryFile
from rasterio.warp import Resampling, reproject
from rasterio.windows import Window

from ..core import raster_tags
from ..core.atomic import atomic_write, check_free_space
from ..core.errors import ElevationUnreadable, RegionInvalid, SceneUnreadable, ServerUnreachable
from ..core.messages import Message, message
from ..core.protocol import Reporter
from ..core.retry import RetryPolicy
from ..core.urls import local_path
from ..raster.gdal import GDAL_SETTINGS, check_complete, open_raster, translate_write_errors
from ..raster.parallel import map_in_order
from ..search.elevation import ElevationTile
from .http import Connection
from .remote_file import FileChanged, RangesIgnored, RemoteFile
from .resume import ResumableFile, remove_resume_files, resume_path
from .signing import signer_for
from .tiff_ranges import HEAD_BYTES, build_sub_tiff, is_tiff, read_layout

STAGE = "elevation"
ELEVATION_RETRY_POLICY = RetryPolicy(attempts=6, max_total_s=120)
"""A map is made without elevation rather than that it waits long for it."""
MAX_PIXELS = 400_000_000
"""Largest raster: some 5 x 5 degrees. Maps of larger regions need a raster of the user's own."""
VERSION = 1
"""Raised when the files change their content, so that older ones are not taken for new."""
WGS84 = "EPSG:4326"
_WORKERS = 4
_LATTICE_TOLERANCE_PX = 0.01

MIN_FREE_BYTES = 10_000_000

Bounds = tuple[float, float, float, float]
"""West, south, east, north, degrees."""


@dataclass(frozen=True)
class _Lattice:
    """Pixels in longitude and latitude."""

    west: float
    north: float
    step_x: float
    step_y: float
    width: int
    height: int

    @property
    def transform(self) -> Affine:
        return Affine(self.step_x, 0, self.west, 0, -self.step_y, self.north)

    @property
    def bounds(self) -> Bounds:
        south, east = self.north - self.height * self.step_y, self.west + self.width * self.step_x
        return self.west, south, east, self.north

    def window(self, bounds: Bounds) -> Window | None:
        """The pixels that touch some bounds; None where there are none."""
        left = max(math.floor((bounds[0] - self.west) / self.step_x), 0)
        right = min(math.ceil((bounds[2] - self.west) / self.step_x), self.width)
        top = max(math.floor((self.north - bounds[3]) / self.step_y), 0)
        bottom = min(math.ceil((self.north - bounds[1]) / self.step_y), self.height)
        return Window(left, top, right - left, bottom - top) if left < right and top < bottom else None

    def covering(self, bounds: Bounds) -> _Lattice:
        """The same pixels, as many as cover some bounds."""
        left, right = (math.floor((side - self.west) / self.step_x) for side in (bounds[0], bounds[2]))
        top, bottom = (math.floor((self.north - side) / self.step_y) for side in (bounds[3], bounds[1]))
        return self.part(Window(left, top, right - left + 1, bottom - top + 1))

    def part(self, window: Window) -> _Lattice:
        """The pixels of a window, which may lie outside."""
        west, north = self.west + window.col_off * self.step_x, self.north - window.row_off * self.step_y
        return _Lattice(west, north, self.step_x, self.step_y, int(window.width), int(window.height))


_Part = tuple[NDArray[np.float32], _Lattice]
"""Heights `(y, x)` in metres, NaN where there are none, and their pixels."""


def fetch_elevation(
    tiles: Sequence[ElevationTile],
    bounds: Bounds,
    folder: Path,
    reporter: Reporter,
    retry_policy: RetryPolicy = ELEVATION_RETRY_POLICY,
) -> Path:
    """Fetch the part of some tiles within bounds and join it; a file that is there already costs no request.

    What a stopped run received of it is not fetched again.

    Parameters
    ----------
    tiles : of the elevation model, at least one.
    bounds : west, south, east, north of the land whose elevation is needed, degrees.
    folder : of the file; several jobs may share it.
    reporter : hears of the progress; its Cancelled stops the download.
    retry_policy : how long failures of a server are retried.

    Returns
    -------
    A GeoTIFF of one float32 band in metres, in longitude and latitude; NaN where no tile has land.

    Raises
    ------
    ElevationUnreadable : where a tile cannot be read.
    RegionInvalid : where the region is too large.
    DiskFull, FolderNotWritable, Cancelled

    """
    facts = [VERSION, sorted(tile.id for tile in tiles), [round(side, 6) for side in bounds]]
    key = hashlib.sha256(json.dumps(facts).encode()).hexdigest()
    path = folder / f"elevation_{key[:10]}.tif"
    if _is_whole(path, key):
        return path
    check_free_space(folder, MIN_FREE_BYTES)
    connection = Connection(retry_policy)
    numbered = list(enumerate(sorted(tiles, key=_distance_from_equator), start=1))

    def read_part(numbered_tile: tuple[int, ElevationTile]) -> _Part | None:
        number, tile = numbered_tile
        try:
            return _read_tile(tile, bounds, connection, resume_path(path, number))
        except ElevationUnreadable:
            raise
        except SceneUnreadable as error:
            raise _as_elevation(error) from error

    tags = {raster_tags.KEY: key, raster_tags.SOURCE: " ".join(sorted(tile.id for tile in tiles))}
    with (
        ThreadPoolExecutor(_WORKERS, "elevation") as pool,
        closing(map_in_order(pool, read_part, numbered, prefetch=_WORKERS)) as parts,
    ):
        try:
            _write_joined(_reported(parts, len(tiles), reporter), bounds, path, tags)
        finally:
            connection.stop.set()
    remove_resume_files(path)
    return path


def _as_elevation(error: SceneUnreadable) -> ElevationUnreadable:
    """A failure of a download, which speaks of scenes, in the words of heights."""
    reason = error.what.values.get("reason") if isinstance(error.what, Message) else None
    if reason:
        return ElevationUnreadable(
            message("A file of the elevation model could not be read: {reason}.", reason=reason), error.why
        )
    if isinstance(error, ServerUnreachable):
        return ElevationUnreadable(message("The server of the elevation model could not be reached."), error.why)
    return ElevationUnreadable(message("A file of the elevation model is damaged or incomplete."), error.why)


def _distance_from_equator(tile: ElevationTile) -> tuple[float, str]:
    return min(abs(tile.bounds[1]), abs(tile.bounds[3])), tile.id


def _reported(parts: Iterator[_Part | None], count: int, reporter: Reporter) -> Iterator[_Part]:
    """The parts that there are, with progress for each."""
    reporter.progress(STAGE, 0, count)
    for number, part in enumerate(parts, start=1):
        if part is not None:
            yield part
        reporter.progress(STAGE, number, count)


def _is_whole(path: Path, key: str) -> bool:
    if not path.is_file():
        return False
    try:
        check_complete(path)
        with open_raster(path) as source:
            return bool(source.tags().get(raster_tags.KEY) == key)
    except (RasterioError, ValueError):
        return False


def _read_tile(tile: ElevationTile, bounds: Bounds, connection: Connection, kept: Path) -> _Part | None:
    """The heights of a tile within bounds with their pixels; None where it has none there.

    A file that was replaced while it was read is read once more.
    """
    with rasterio.Env(**GDAL_SETTINGS):
        path = local_path(tile.asset.href)
        if path is not None:
            return _read_local(path, bounds)
        signer = signer_for(tile.catalogue, connection)
        for _ in range(2):
            resumable = ResumableFile(RemoteFile(tile.asset, connection, signer), kept)
            try:
                return _read_remote(resumable, bounds)
            except FileChanged:
                resumable.discard()
        raise ElevationUnreadable(message("An elevation file changed while it was read."))


def _read_local(path: Path, bounds: Bounds) -> _Part | None:
    try:
        with open_raster(path) as source:
            lattice = _lattice_of(source)
            window = lattice.window(bounds)
            return None if window is None else (_heights(source, window), lattice.part(window))
    except RasterioError as error:
        raise ElevationUnreadable(message("An elevation file is damaged.")) from error


def _read_remote(resumable: ResumableFile, bounds: Bounds) -> _Part | None:
    try:
        resumable.discard_if_changed()
        head = resumable.read(0, HEAD_BYTES)
    except RangesIgnored:
        return _read_local(resumable.whole(), bounds)
    if not is_tiff(head):
        resumable.discard()  # a later run asks the server again
        raise ElevationUnreadable(message("An elevation file is not a GeoTIFF."))

    def read(start: int, stop: int) -> bytes:
        return head[start:stop] if stop <= len(head) else resumable.read(start, stop)

    layout = read_layout(read)
    try:
        with MemoryFile(build_sub_tiff(layout, range(1), range(1), read)) as memory, memory.open() as first_block:
            lattice = _lattice_of(first_block, layout.width, layout.height)
        window = lattice.window(bounds)
        if window is None:
            return None
        left, top = int(window.col_off) // layout.block_width, int(window.row_off) // layout.block_height
        columns = range(left, (int(window.col_off + window.width) - 1) // layout.block_width + 1)
        rows = range(top, (int(window.row_off + window.height) - 1) // layout.block_height + 1)
        inner = Window(
            window.col_off - left * layout.block_width,
            window.row_off - top * layout.block_height,
            window.width,
            window.height,
        )
        with MemoryFile(build_sub_tiff(layout, columns, rows, read)) as memory, memory.open() as blocks:
            return _heights(blocks, inner), lattice.part(window)
    except RasterioError as error:
        resumable.discard()
        raise ElevationUnreadable(message("An elevation file is damaged.")) from error


def _lattice_of(source: Any, width: int = 0, height: int = 0) -> _Lattice:  # noqa: ANN401 - rasterio ships no types
    """The pixels of an open file, as wide and high as said, else as the file."""
    transform = source.transform
    is_north_up = transform.a > 0 and transform.e < 0 and transform.b == transform.d == 0
    if source.crs is None or not source.crs.is_geographic or not is_north_up:
        raise ElevationUnreadable(message("An elevation file is not in longitude and latitude."))
    return _Lattice(transform.c, transform.f, transform.a, -transform.e, width or source.width, height or source.height)


def _heights(source: Any, window: Window) -> NDArray[np.float32]:  # noqa: ANN401 - rasterio ships no types
    """Metres `(y, x)`, NaN where the file has none."""
    values = source.read(1, window=window).astype(np.float32)
    if source.nodata is not None and not math.isnan(source.nodata):
        values[values == np.float32(source.nodata)] = np.nan
    values[~np.isfinite(values)] = np.nan
    return cast("NDArray[np.float32]", values)


def _write_joined(parts: Iterator[_Part], bounds: Bounds, path: Path, tags: dict[str, str]) -> None:
    """Join the parts on the pixels of the first one, as they come."""
    first = next(parts, None)
    if first is None:
        raise ElevationUnreadable(message("No elevation tile shows the region."))
    joined = first[1].covering(bounds)
    if joined.width * joined.height > MAX_PIXELS:
        raise RegionInvalid(message("The region is too large for an elevation model from the catalogue."))
    profile = {
        "driver": "GTiff", "width": joined.width, "height": joined.height, "count": 1, "dtype": "float32",
        "crs": WGS84, "transform": joined.transform, "nodata": math.nan, "compress": "deflate", "zlevel": 4,
        "predictor": 3, "tiled": True, "blockxsize": 256, "blockysize": 256, "bigtiff": "if_safer",
    }  # fmt: skip
    with atomic_write(path) as temporary, translate_write_errors(temporary):
        with rasterio.open(temporary, "w+", **profile) as target:
            for heights, lattice in chain((first,), parts):
                _write_part(target, heights, lattice, joined)
            target.update_tags(**tags)
        check_complete(temporary)


def _write_part(target: Any, heights: NDArray[np.float32], lattice: _Lattice, joined: _Lattice) -> None:  # noqa: ANN401
    """Put a part into the joined raster: pixel by pixel where it has the same pixels, else interpolated."""
    column, row = (lattice.west - joined.west) / joined.step_x, (joined.north - lattice.north) / joined.step_y
    same_size = max(
        abs(lattice.step_x - joined.step_x) / joined.step_x * lattice.width,
        abs(lattice.step_y - joined.step_y) / joined.step_y * lattice.height,
    )
    off_lattice = max(abs(column - round(column)), abs(row - round(row)), same_size)
    if off_lattice > _LATTICE_TOLERANCE_PX:
        part = joined.window(lattice.bounds)
        if part is None:
            return
        resampled = np.full((int(part.height), int(part.width)), np.nan, np.float32)
        reproject(
            heights, resampled, src_transform=lattice.transform, src_crs=WGS84, src_nodata=np.nan,
            dst_transform=joined.part(part).transform, dst_crs=WGS84, dst_nodata=np.nan,
            resampling=Resampling.bilinear,
        )  # fmt: skip
        heights, column, row = resampled, part.col_off, part.row_off
    window = Window(round(column), round(row), heights.shape[1], heights.shape[0])
    before = target.read(1, window=window)
    target.write(np.where(np.isnan(heights), before, heights), 1, window=window)
