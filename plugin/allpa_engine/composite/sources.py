"""Predictions as sources of a composite: their grids, their tiles, and their observations on any block of the output
grid.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.windows import Window
from shapely.geometry import Polygon, box
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from ..classify.prediction_file import CLASS_BAND, SCL_BAND, has_year_bands, probability_bands
from ..core.errors import RasterInvalid, SceneUnsupported
from ..core.messages import message
from ..core.scene import Prediction
from ..geo.grid import Grid, grid_of
from ..geo.mgrs_tiles import tile_bounds, tile_crs
from ..geo.projection import coordinate_transform, reprojected
from ..raster.cloud_mask import HALO_M, is_clear

_MAX_IDLE_DATASETS = 256
"""Datasets that wait open: fewer than the files a process may have open on any system."""


@dataclass(frozen=True)
class PredictionSource:
    """A prediction and where its pixels lie."""

    prediction: Prediction
    grid: Grid
    probability_bands: tuple[int, ...]
    """Numbers of the bands with the probability of each class; empty where there are none."""
    has_year_bands: bool
    """Whether it holds second class, NDVI and moisture index, as files of earlier versions do not."""

    @property
    def month(self) -> int:
        """Month of sensing, 1 to 12."""
        return int(self.prediction.date[5:7])


@dataclass(frozen=True)
class Tile:
    """All the predictions of one tile, in the order of their dates."""

    name: str
    sources: tuple[PredictionSource, ...]
    footprint: BaseGeometry
    """Bounds of the predictions in the output CRS."""
    centre: tuple[float, float]
    """Centre of the whole tile, output CRS."""


def read_source(prediction: Prediction) -> PredictionSource:
    """Read where a prediction lies.

    Raises
    ------
    RasterInvalid : where it cannot be read, or has no CRS or no square north-up pixels.

    """
    try:
        with rasterio.open(prediction.path) as dataset:
            grid, bands = grid_of(dataset), dataset.count
    except RasterioError as error:
        raise RasterInvalid(
            message("The prediction {name} cannot be read.", name=prediction.path.name), str(error)
        ) from error
    count = len(prediction.legend)
    return PredictionSource(prediction, grid, probability_bands(bands, count), has_year_bands(bands, count))


def most_common_crs(sources: Iterable[PredictionSource]) -> str:
    """The CRS of most predictions; of equals, the first by name."""
    counts = Counter(source.grid.crs for source in sources)
    return min(counts, key=lambda crs: (-counts[crs], crs))


def footprint(grid: Grid, crs: str) -> BaseGeometry:
    """The bounds of a grid as a polygon in another CRS.

    Parameters
    ----------
    grid : of a prediction.
    crs : of the polygon.

    Returns
    -------
    A polygon in units of `crs`.

    """
    bounds = box(*grid.bounds)
    if grid.crs == crs:
        return bounds
    return reprojected(bounds, grid.crs, crs)


def group_by_tile(sources: Sequence[PredictionSource], crs: str) -> tuple[Tile, ...]:
    """Group predictions by tile.

    Parameters
    ----------
    sources : in any order.
    crs : of the map: footprints and centres of the tiles are given in it.

    Returns
    -------
    Tiles in the order of their names, their predictions in the order of their dates.

    """
    tiles = []
    for name in sorted({source.prediction.tile for source in sources}):
        tile_sources = sorted(
            (source for source in sources if source.prediction.tile == name),
            key=lambda source: (source.prediction.date, source.prediction.scene_id),
        )
        extent = unary_union([footprint(grid, crs) for grid in {source.grid for source in tile_sources}])
        tiles.append(Tile(name, tuple(tile_sources), extent, tile_centre(name, tile_sources[0].grid, extent, crs)))
    return tuple(tiles)


def tile_centre(name: str, grid: Grid, extent: BaseGeometry, crs: str) -> tuple[float, float]:
    """Centre of a tile in the output CRS, x and y, from its name.

    The whole tile's centre and not that of the part that was classified: maps of neighbouring regions then take the
    same pixel from the same tile. Where the name is not that of a tile that lies there, the part's centre is taken.
    """
    full_tile = _full_tile(name, grid.crs)
    if full_tile is not None and full_tile.contains(box(*grid.bounds)):
        centre = shapely.transform(full_tile.centroid, coordinate_transform(grid.crs, crs))
        return centre.x, centre.y
    west, south, east, north = extent.bounds
    return (west + east) / 2, (south + north) / 2


def _full_tile(name: str, crs: str) -> Polygon | None:
    """The bounds of a Sentinel-2 tile of that name in `crs`; None where there is no such tile."""
    try:
        return box(*tile_bounds(name)) if tile_crs(name) == crs else None
    except SceneUnsupported:
        return None


class DatasetPool:
    """Files that stay open between the blocks, since opening one takes as long as decoding a sixth of a block.

    Several threads may read at once: a dataset serves one of them at a time, and each file is opened as often as it is
    read at the same time. Leaving the context closes all.
    """

    def __init__(self) -> None:
        self._idle: OrderedDict[Path, list[DatasetReader]] = OrderedDict()
        self._idle_count = 0
        self._lock = Lock()

    def __enter__(self) -> DatasetPool:
        return self

    def __exit__(self, *_: object) -> None:
        self._close_idle(0)

    def read(
        self, source: PredictionSource, window: Window, bands: Sequence[int], out: NDArray[np.uint8] | None = None
    ) -> NDArray[np.uint8]:
        """Read a window of a prediction; its file then stays open.

        Parameters
        ----------
        source : the prediction.
        window : in its pixels; it lies within the prediction.
        bands : numbers of the bands, from 1.
        out : `(band, y, x)` uint8 to read into; None makes a new array.

        Returns
        -------
        `(band, y, x)` uint8, in the order of `bands`; `out` where it was given.

        Raises
        ------
        RasterInvalid : where the file is cut short or corrupt.

        """
        path = source.prediction.path
        try:
            values: NDArray[np.uint8] = self.read_file(path, window, bands, out)
        except RasterioError as error:
            raise RasterInvalid(
                message("The prediction {name} is damaged.", name=path.name),
                str(error),
                "Remove the file and classify its scene again.",
            ) from error
        return values

    def read_file(
        self, path: Path, window: Window, bands: Sequence[int], out: NDArray[Any] | None = None
    ) -> NDArray[Any]:
        """Read a window of any raster; its file then stays open.

        Parameters
        ----------
        path : of a GeoTIFF.
        window : in its pixels; it lies within the raster.
        bands : numbers of the bands, from 1.
        out : `(band, y, x)` in the type of the file, to read into; None makes a new array.

        Returns
        -------
        `(band, y, x)` in the order of `bands`; `out` where it was given.

        Raises
        ------
        rasterio.errors.RasterioError : where the file is missing, cut short or corrupt.

        """
        dataset = self._acquire(path)
        values: NDArray[Any] = dataset.read(list(bands), window=window, out=out)
        self._release(path, dataset)
        return values

    def _acquire(self, path: Path) -> DatasetReader:
        with self._lock:
            if idle_datasets := self._idle.get(path):
                self._idle_count -= 1
                return idle_datasets.pop()
        return rasterio.open(path)

    def _release(self, path: Path, dataset: DatasetReader) -> None:
        with self._lock:
            self._idle.setdefault(path, []).append(dataset)
            self._idle.move_to_end(path)
            self._idle_count += 1
        self._close_idle(_MAX_IDLE_DATASETS)

    def _close_idle(self, max_idle: int) -> None:
        """Close idle datasets, of the longest idle file first, until `max_idle` are left."""
        with self._lock:
            while self._idle_count > max_idle:
                path, idle_datasets = next(iter(self._idle.items()))
                if not idle_datasets:
                    del self._idle[path]
                    continue
                idle_datasets.pop().close()
                self._idle_count -= 1


def read_clear(source: PredictionSource, window: Window, files: DatasetPool, *, dilate: bool) -> NDArray[np.bool_]:
    """Which pixels of a window are clear observations.

    Parameters
    ----------
    source : the prediction.
    window : in its pixels; it lies within the prediction.
    files : opens the file.
    dilate : dilate clouds and shadows of the scene classification, which is then read with a halo, so that the mask
        does not depend on the window.

    Returns
    -------
    `(y, x)` mask of the window.

    Raises
    ------
    RasterInvalid : where the file is cut short or corrupt.

    """
    halo = round(HALO_M / source.grid.resolution) if dilate else 0
    row, column, height, width = (int(v) for v in (window.row_off, window.col_off, window.height, window.width))
    top, left = (max(start - halo, 0) // 2 * 2 for start in (row, column))  # whole pixels of 20 m
    bottom, right = min(row + height + halo, source.grid.height), min(column + width + halo, source.grid.width)
    codes, scl = files.read(source, Window(left, top, right - left, bottom - top), [CLASS_BAND, SCL_BAND])
    clear = is_clear(codes, scl, dilate=dilate, cloud_code=source.prediction.legend.cloud_code)
    return np.ascontiguousarray(clear[row - top :, column - left :][:height, :width])
