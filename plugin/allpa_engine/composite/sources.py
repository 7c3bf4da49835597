"""Predictions as sources of a composite: their grids, their tiles, and their looks on any block of the output grid."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.windows import Window
from shapely.geometry import Polygon, box
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from ..classify.prediction_file import BAND_NAMES
from ..core.errors import RasterInvalid
from ..core.scene import Prediction
from ..geo.grid import Grid
from ..geo.mgrs_tiles import tile_bounds, tile_crs

_MOST_IDLE = 256
"""Datasets that wait open: fewer than the files a process may have open on any system."""


@dataclass(frozen=True)
class Source:
    """A prediction and where its pixels lie."""

    prediction: Prediction
    grid: Grid
    block_px: int
    """Side of the file's own blocks."""
    has_probabilities: bool
    """Whether the probabilities of all the classes follow the three bands."""

    @property
    def month(self) -> int:
        """Month of sensing, 1 to 12."""
        return int(self.prediction.date[5:7])


@dataclass(frozen=True)
class Tile:
    """All the predictions of one tile, in the order of their dates."""

    name: str
    sources: tuple[Source, ...]
    footprint: BaseGeometry
    """Bounds of the predictions in the output CRS."""
    centre: tuple[float, float]
    """Centre of the whole tile, output CRS."""


def open_source(prediction: Prediction) -> Source:
    """Read where a prediction lies.

    Raises
    ------
    RasterInvalid : where it cannot be read, or has no CRS or no square north-up pixels.

    """
    try:
        with rasterio.open(prediction.path) as dataset:
            transform, crs, bands = dataset.transform, dataset.crs, dataset.count
            width, height, block_px = dataset.width, dataset.height, dataset.block_shapes[0][1]
    except RasterioError as error:
        raise RasterInvalid(f"The prediction {prediction.path.name} cannot be read.", str(error)) from error
    if crs is None or transform.b or transform.d or transform.a != -transform.e:
        raise RasterInvalid(f"The prediction {prediction.path.name} has no north-up grid of square pixels.")
    grid = Grid(crs.to_string(), transform.c, transform.f, transform.a, width, height)
    return Source(prediction, grid, block_px, bands > len(BAND_NAMES))


def usual_crs(sources: Iterable[Source]) -> str:
    """The CRS of most predictions; of equals, the first by name."""
    counts = Counter(source.grid.crs for source in sources)
    return min(counts, key=lambda crs: (-counts[crs], crs))


def footprint(grid: Grid, crs: str) -> BaseGeometry:
    """The bounds of a grid as a polygon in another CRS."""
    bounds = box(*grid.bounds)
    if grid.crs == crs:
        return bounds
    to_crs = Transformer.from_crs(grid.crs, crs, always_xy=True).transform
    edge = bounds.segmentize(64 * grid.resolution).exterior
    return Polygon(zip(*to_crs(*edge.xy), strict=True))


def tiles_from(sources: Sequence[Source], crs: str) -> tuple[Tile, ...]:
    """Group predictions by tile, in the order of the tiles' names; `crs` is the output's."""
    made = []
    for name in sorted({source.prediction.tile for source in sources}):
        own = sorted(
            (source for source in sources if source.prediction.tile == name),
            key=lambda source: (source.prediction.date, source.prediction.scene_id),
        )
        ground = unary_union([footprint(grid, crs) for grid in {source.grid for source in own}])
        made.append(Tile(name, tuple(own), ground, _centre(name, own[0].grid, ground, crs)))
    return tuple(made)


def _centre(name: str, grid: Grid, ground: BaseGeometry, crs: str) -> tuple[float, float]:
    """Centre of a tile in the output CRS, from its name.

    The whole tile's centre and not that of the part that was classified: maps of neighbouring regions then take the
    same pixel from the same tile. Where the name is not that of a tile that lies there, the part's centre stands in.
    """
    whole = _whole_tile(name, grid.crs)
    if whole is not None and whole.contains(box(*grid.bounds)):
        x, y = Transformer.from_crs(grid.crs, crs, always_xy=True).transform(whole.centroid.x, whole.centroid.y)
        return float(x), float(y)
    west, south, east, north = ground.bounds
    return (west + east) / 2, (south + north) / 2


def _whole_tile(name: str, crs: str) -> Polygon | None:
    """The bounds of a Sentinel-2 tile of that name in `crs`; None where there is no such tile."""
    try:
        return box(*tile_bounds(name)) if tile_crs(name) == crs else None
    except (ValueError, IndexError):
        return None


class OpenFiles:
    """Files that stay open between the blocks, since opening one takes as long as decoding a sixth of a block.

    Several threads may read at once: a dataset serves one of them at a time, and each file is opened as often as it is
    read at the same time. Leaving the context closes all.
    """

    def __init__(self) -> None:
        self._idle: OrderedDict[Path, list[DatasetReader]] = OrderedDict()
        self._idle_count = 0
        self._lock = Lock()

    def __enter__(self) -> OpenFiles:
        return self

    def __exit__(self, *_: object) -> None:
        self._close_beyond(0)

    def read(
        self, source: Source, window: Window, bands: Sequence[int], out: NDArray[np.uint8] | None = None
    ) -> NDArray[np.uint8]:
        """Read a window `(band, y, x)` that lies within the prediction, into `out` where it is given.

        Raises
        ------
        RasterInvalid : where the file is cut short or corrupt.

        """
        path = source.prediction.path
        try:
            dataset = self._borrow(path)
            values: NDArray[np.uint8] = dataset.read(list(bands), window=window, out=out)
        except RasterioError as error:
            raise RasterInvalid(
                f"The prediction {path.name} is damaged.", str(error), "Remove the file and classify its scene again."
            ) from error
        self._give_back(path, dataset)
        return values

    def _borrow(self, path: Path) -> DatasetReader:
        with self._lock:
            if waiting := self._idle.get(path):
                self._idle_count -= 1
                return waiting.pop()
        return rasterio.open(path)

    def _give_back(self, path: Path, dataset: DatasetReader) -> None:
        with self._lock:
            self._idle.setdefault(path, []).append(dataset)
            self._idle.move_to_end(path)
            self._idle_count += 1
        self._close_beyond(_MOST_IDLE)

    def _close_beyond(self, most: int) -> None:
        """Close idle datasets, of the longest idle file first, until `most` are left."""
        with self._lock:
            while self._idle_count > most:
                path, waiting = next(iter(self._idle.items()))
                if not waiting:
                    del self._idle[path]
                    continue
                waiting.pop().close()
                self._idle_count -= 1
