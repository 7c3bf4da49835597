"""Reading the features of a feature folder by their names: reflectance, indices and terrain, block by block.

Stored are bands, statistics and terrain; indices are computed from them on reading (`indices.py`). Values are float32
in the feature's own unit (reflectance 0 to about 1, metres, degrees), NaN where there is no data.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.windows import Window

from ..core.errors import FeaturesInvalid, RasterInvalid
from ..core.messages import message
from ..geo.grid import Grid, grid_difference, grid_of
from ..raster.gdal import GDAL_SETTINGS, open_raster
from .feature_manifest import FILE_NAME, FeatureManifest, FeatureRaster, read_manifest
from .feature_names import IndexFeature, find_index_feature
from .indices import compute_index

BLOCK_PX = 512
"""Side of the blocks in which features are stored, and by which points are read."""


class FeatureFolder:
    """The features of one grid; several threads may read it.

    Files are opened when they are first needed, once per thread; `close`, or a `with` block, closes them.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        """Read the folder's `features.json`; rasters are opened on reading.

        Raises
        ------
        FeaturesInvalid : where it is no feature folder.
        """
        self.path = Path(folder)
        self._manifest = read_manifest(self.path)
        self._places = {name: (raster, name) for raster in self._manifest.rasters for name in raster.bands}
        self._open_files = threading.local()
        self._all_open: list[Any] = []
        self._lock = threading.Lock()

    @property
    def manifest(self) -> FeatureManifest:
        """What `features.json` holds, with the facts that the writer noted."""
        return self._manifest

    @property
    def names(self) -> tuple[str, ...]:
        """The stored features; indices can be read too where their bands are among them."""
        return self._manifest.names

    @property
    def grid(self) -> Grid:
        """Of all features."""
        return self._manifest.grid

    def has(self, name: str) -> bool:
        """Whether a feature can be read: it is stored, or an index whose bands are."""
        return name in self._places or find_index_feature(name, self._places) is not None

    def check_names(self, names: Sequence[str]) -> None:
        """Check that features can be read.

        Raises
        ------
        FeaturesInvalid : naming those that cannot.
        """
        missing = [name for name in names if not self.has(name)]
        if missing:
            raise FeaturesInvalid(
                message(
                    "The folder of features {folder} lacks {count}: {names}.",
                    folder=self.path.name,
                    count=len(missing),
                    names=", ".join(missing[:10]),
                ),
                message("It has {names}.", names=", ".join(self.names[:60])),
            )

    def read(self, window: Window | None, names: Sequence[str]) -> NDArray[np.float32]:
        """Read features of a window.

        Parameters
        ----------
        window : whole pixels within the grid; None reads all of it, which takes much memory for a large one.
        names : of the features, stored ones or indices; any order.

        Returns
        -------
        `(feature, y, x)` float32 in the order of `names`; NaN where a feature has no data.

        Raises
        ------
        FeaturesInvalid : where a feature is missing, or a raster is damaged or not on the grid.

        """
        self.check_names(names)
        area = window or Window(0, 0, self.grid.width, self.grid.height)
        indices = {name: find_index_feature(name, self._places) for name in names if name not in self._places}
        needed = [name for name in names if name in self._places]
        for index in indices.values():
            needed += index.bands.values() if index else []
        stored = self._read_stored(area, tuple(dict.fromkeys(needed)))
        out = np.empty((len(names), int(area.height), int(area.width)), np.float32)
        for number, name in enumerate(names):
            index = indices.get(name)
            out[number] = stored[name] if index is None else _compute(index, stored)
        return out

    def sample(self, x: NDArray[np.float64], y: NDArray[np.float64], names: Sequence[str]) -> NDArray[np.float32]:
        """Features at points: of the pixel that holds each.

        Blocks are read one after the other, each once, so that memory does not grow with the grid.

        Parameters
        ----------
        x, y : `(n,)` coordinates in the grid's CRS.
        names : of the features, stored ones or indices.

        Returns
        -------
        `(n, feature)` float32; NaN for points outside, and where a feature has no data.

        Raises
        ------
        FeaturesInvalid : where a feature is missing, or a raster is damaged or not on the grid.

        """
        self.check_names(names)
        rows, columns = self.pixels_at(np.asarray(x, np.float64), np.asarray(y, np.float64))
        return self.sample_pixels(rows, columns, names)

    def pixels_at(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows and columns, `(n,)` int64, of the pixels that hold some points; -1 for both outside of the grid."""
        with np.errstate(invalid="ignore"):
            columns = np.floor((x - self.grid.left) / self.grid.resolution)
            rows = np.floor((self.grid.top - y) / self.grid.resolution)
            inside = (columns >= 0) & (columns < self.grid.width) & (rows >= 0) & (rows < self.grid.height)
        return np.where(inside, rows, -1).astype(np.int64), np.where(inside, columns, -1).astype(np.int64)

    def sample_pixels(
        self, rows: NDArray[np.int64], columns: NDArray[np.int64], names: Sequence[str]
    ) -> NDArray[np.float32]:
        """Features of single pixels.

        Parameters
        ----------
        rows, columns : `(n,)` whole numbers; pixels outside of the grid give NaN.
        names : of the features.

        Returns
        -------
        `(n, feature)` float32.

        Raises
        ------
        FeaturesInvalid : where a feature is missing, or a raster is damaged or not on the grid.

        """
        out = np.full((len(rows), len(names)), np.nan, np.float32)
        for chosen, window in _blocks_of(rows, columns, self.grid):
            values = self.read(window, names)
            out[chosen] = values[:, rows[chosen] - int(window.row_off), columns[chosen] - int(window.col_off)].T
        return out

    def close(self) -> None:
        """Close the files; reading opens them again."""
        with self._lock:
            sources, self._all_open = self._all_open, []
            self._open_files = threading.local()
        for source in sources:
            source.close()

    def __enter__(self) -> FeatureFolder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read_stored(self, window: Window, names: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Stored features by name, `(y, x)`; the bands of a file are read together."""
        by_raster: dict[FeatureRaster, list[str]] = {}
        for name in names:
            by_raster.setdefault(self._places[name][0], []).append(name)
        values: dict[str, NDArray[np.float32]] = {}
        for raster, wanted in by_raster.items():
            try:
                with rasterio.Env(**GDAL_SETTINGS):
                    source = self._source(raster)
                    numbers = source.read([raster.bands.index(name) + 1 for name in wanted], window=window)
            except RasterioError as error:
                raise self._damaged(raster, str(error)) from error
            values |= dict(zip(wanted, _to_values(numbers, raster), strict=True))
        return values

    def _source(self, raster: FeatureRaster) -> Any:  # noqa: ANN401 - rasterio ships no types
        """The open file of a raster, of this thread."""
        files: dict[str, Any] = self._open_files.__dict__.setdefault("files", {})
        if raster.path not in files:
            source = open_raster(self._file(raster))
            try:
                self._check_source(source, raster)
            except FeaturesInvalid:
                source.close()
                raise
            files[raster.path] = source
            with self._lock:
                self._all_open.append(source)
        return files[raster.path]

    def _file(self, raster: FeatureRaster) -> Path:
        """The file of a raster, which no link may take out of the folder."""
        path = (self.path / raster.path).resolve()
        if not path.is_relative_to(self.path.resolve()):
            raise self._damaged(
                raster,
                message("{file}: The path {raster} leads out of the folder.", file=FILE_NAME, raster=raster.path),
            )
        return path

    def _check_source(self, source: Any, raster: FeatureRaster) -> None:  # noqa: ANN401 - rasterio ships no types
        if source.descriptions != raster.bands:
            raise self._damaged(raster, message("Its bands are not those that {file} lists.", file=FILE_NAME))
        if any(kind.startswith("complex") for kind in source.dtypes):
            raise self._damaged(raster, message("Its numbers are complex."))
        try:
            difference = grid_difference(self.grid, grid_of(source))
        except RasterInvalid as error:
            raise self._damaged(raster, error.what) from error
        if difference:
            raise self._damaged(raster, difference)

    def _damaged(self, raster: FeatureRaster, why: str) -> FeaturesInvalid:
        return FeaturesInvalid(
            message("The raster of features {file} cannot be used.", file=raster.path),
            why,
            message("Write the features again, or remove the file and its entry in {name}.", name=FILE_NAME),
        )


def open_features(folder: str | os.PathLike[str]) -> FeatureFolder:
    """Open a feature folder.

    Parameters
    ----------
    folder : with a file `features.json`.

    Returns
    -------
    Its reader, which may stand in a `with` statement.

    Raises
    ------
    FeaturesInvalid : where it is no feature folder.

    """
    return FeatureFolder(folder)


def find_feature_folders(folder: str | os.PathLike[str]) -> tuple[Path, ...]:
    """The feature folders at a path: itself, or else those directly in it, one for each tile.

    Parameters
    ----------
    folder : a feature folder, or a folder of feature folders.

    Returns
    -------
    Their paths in the order of their names.

    Raises
    ------
    FeaturesInvalid : where there is none.

    """
    root = Path(folder)
    if (root / FILE_NAME).is_file():
        return (root,)
    found = tuple(sorted(path.parent for path in root.glob(f"*/{FILE_NAME}"))) if root.is_dir() else ()
    if not found:
        raise FeaturesInvalid(message("There are no features in the folder {folder}.", folder=str(folder)))
    return found


def _to_values(numbers: NDArray[Any], raster: FeatureRaster) -> NDArray[np.float32]:
    """Numbers as stored to values, NaN where there is no data."""
    values: NDArray[np.float32] = numbers.astype(np.float32)
    if raster.scale != 1:
        values *= np.float32(raster.scale)
    if raster.offset:
        values += np.float32(raster.offset)
    if raster.no_data is not None:
        values[numbers == raster.no_data] = np.nan
    return values


def _compute(feature: IndexFeature, stored: dict[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    return compute_index(feature.index.name, {key: stored[name] for key, name in feature.bands.items()})


def _blocks_of(
    rows: NDArray[np.int64], columns: NDArray[np.int64], grid: Grid
) -> Iterator[tuple[NDArray[np.intp], Window]]:
    """The pixels of each block that has any, as positions in the arrays, and the window that holds them all."""
    inside = np.flatnonzero((rows >= 0) & (rows < grid.height) & (columns >= 0) & (columns < grid.width))
    per_row = -(-grid.width // BLOCK_PX)
    blocks = rows[inside] // BLOCK_PX * per_row + columns[inside] // BLOCK_PX
    order = np.argsort(blocks, kind="stable")
    starts = np.flatnonzero(np.diff(blocks[order], prepend=-1))
    for positions in np.split(order, starts[1:]) if len(order) else ():
        chosen = inside[positions]
        top, left = int(rows[chosen].min()), int(columns[chosen].min())
        height, width = int(rows[chosen].max()) - top + 1, int(columns[chosen].max()) - left + 1
        yield chosen, Window(left, top, width, height)
