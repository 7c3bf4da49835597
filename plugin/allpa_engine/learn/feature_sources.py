"""What labels are sampled from: feature folders (seasonal composites), or the scenes of a run."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.windows import Window

from ..core.bands import REFLECTANCE_SCALE, SCL_NO_DATA
from ..core.errors import FeaturesInvalid, SceneUnreadable, TrainingInvalid
from ..core.file_hash import file_hash
from ..core.messages import message
from ..core.raster_tags import SCENE
from ..geo.grid import Grid, grid_of
from ..raster.cloud_mask import is_clear
from ..raster.gdal import GDAL_SETTINGS, open_raster
from .feature_folder import find_feature_folders, open_features
from .feature_manifest import FILE_NAME as FEATURES_FILE
from .feature_names import find_index_feature
from .indices import compute_index

SCL = "SCL"
BLOCK_PX = 512
SCOPE_SCENE, SCOPE_FEATURES = "scene", "features"


class FeatureSource(Protocol):
    """Features on one grid."""

    @property
    def names(self) -> tuple[str, ...]:
        """Features that are stored."""

    @property
    def grid(self) -> Grid:
        """Of all features."""

    def has(self, name: str) -> bool:
        """Whether a feature can be read, also an index whose bands are stored."""

    def read(self, window: Window | None, names: Sequence[str]) -> NDArray[np.float32]:
        """Features `(feature, y, x)` float32 of a window, NaN where there is no data."""


class SceneFeatures:
    """The bands of a fetched scene as features; what its scene classification calls clouds or shadow is no data."""

    def __init__(self, path: Path, source: Any) -> None:  # noqa: ANN401 - rasterio ships no types
        self._path = path
        self._source = source
        self.tags: Mapping[str, str] = dict(source.tags())
        descriptions = tuple(source.descriptions)
        if SCL not in descriptions or SCENE not in self.tags or None in descriptions:
            raise TrainingInvalid(
                message("{name} is no scene that Allpa fetched.", name=path.name),
                message("It lacks bands or facts of one."),
            )
        self._bands: dict[str, int] = {str(name): number for number, name in enumerate(descriptions, 1)}
        self.grid = grid_of(source)

    @property
    def names(self) -> tuple[str, ...]:
        """Keys of the bands, without the scene classification."""
        return tuple(name for name in self._bands if name != SCL)

    def has(self, name: str) -> bool:
        """Whether a band, or an index of bands that are there, can be read."""
        return name in self.names or find_index_feature(name, self.names) is not None

    def read(self, window: Window | None, names: Sequence[str]) -> NDArray[np.float32]:
        """Features of a window of whole pixels.

        Parameters
        ----------
        window : within the grid; None reads all.
        names : bands and indices.

        Returns
        -------
        `(feature, y, x)` float32 reflectance 0 to about 1, and indices; NaN where the scene is not clear.

        Raises
        ------
        SceneUnreadable : where the file is damaged.

        """
        indices = {name: find_index_feature(name, self.names) for name in names if name not in self._bands}
        needed = [name for name in names if name in self._bands]
        for index in indices.values():
            needed += index.bands.values() if index else []
        wanted = list(dict.fromkeys(needed))
        try:
            numbers = self._source.read([self._bands[name] for name in (*wanted, SCL)], window=window)
        except RasterioError as error:
            raise SceneUnreadable(
                message("The scene file {file} is damaged.", file=self._path.name), str(error)
            ) from error
        scl = numbers[-1].astype(np.uint8)
        usable = is_clear(None, scl, dilate=False) & (scl != SCL_NO_DATA)
        values = dict(zip(wanted, numbers[:-1].astype(np.float32) / REFLECTANCE_SCALE))
        for band, raw in zip(wanted, numbers[:-1]):
            values[band][~usable | (raw == 0)] = np.nan
        out = [
            values[name] if index is None else compute_index(
                index.index.name, {key: values[band] for key, band in index.bands.items()}
            )
            for name, index in ((name, indices.get(name)) for name in names)
        ]  # fmt: skip
        return np.asarray(out, np.float32)


def find_sources(path: str | os.PathLike[str]) -> tuple[str, tuple[Path, ...]]:
    """What can be sampled at a path.

    Parameters
    ----------
    path : a feature folder, a folder of such (one for each tile), a folder of scenes, the output folder of a run with
        its folder `scenes`, or one scene file. Other rasters beside scenes, such as elevation, are passed over.

    Returns
    -------
    `features` or `scene`, and the paths of the folders or files in the order of their names.

    Raises
    ------
    TrainingInvalid : where there is neither.

    """
    root = Path(path)
    if root.is_file() and root.suffix.lower() in (".tif", ".tiff"):
        return SCOPE_SCENE, (root,)
    with suppress(FeaturesInvalid):
        return SCOPE_FEATURES, find_feature_folders(root)
    for pattern in ("scenes/*.tif", "*.tif"):
        scenes = tuple(file for file in sorted(root.glob(pattern)) if _is_scene(file)) if root.is_dir() else ()
        if scenes:
            return SCOPE_SCENE, scenes
    raise TrainingInvalid(
        message("There are neither features nor scenes in {folder}.", folder=root.name or root),
        message("A folder of seasonal composites has the file features.json; one of scenes has GeoTIFFs."),
        message("Make seasonal composites first, or choose the folder 'scenes' of a run: the job's key 'features'."),
    )


def _is_scene(path: Path) -> bool:
    try:
        with open_raster(path) as source:
            return SCENE in source.tags() and SCL in source.descriptions
    except RasterioError:
        return False


@contextmanager
def open_source(path: Path, scope: str) -> Iterator[FeatureSource]:
    """Open a feature folder or a scene.

    Parameters
    ----------
    path : of `find_sources`.
    scope : of `find_sources`.

    Raises
    ------
    FeaturesInvalid, SceneUnreadable, TrainingInvalid : where it is damaged or something else.

    """
    if scope == SCOPE_FEATURES:
        with open_features(path) as folder:
            yield folder
        return
    with rasterio.Env(**GDAL_SETTINGS):
        try:
            source = open_raster(path)
        except RasterioError as error:
            raise SceneUnreadable(
                message("The scene file {file} cannot be opened.", file=path.name), str(error)
            ) from error
        with source:
            yield SceneFeatures(path, source)


def source_hash(path: Path, scope: str) -> str:
    """SHA-256 by which a source is known: of a feature folder that of its `features.json`, of a scene of its file."""
    return file_hash(path / FEATURES_FILE if scope == SCOPE_FEATURES else path)


def feature_names(source: FeatureSource, wanted: Sequence[str], indices: Sequence[str]) -> tuple[str, ...]:
    """The features that are read: those that are wanted, or all that are stored, and indices for each season.

    Parameters
    ----------
    source : an open source.
    wanted : names; an empty list takes all that are stored.
    indices : names of spectral indices, such as `NDVI`, which are taken for each season that has their bands.

    Returns
    -------
    The names, each once.

    Raises
    ------
    TrainingInvalid : where a feature cannot be read, or the bands of an index are in no season.

    """
    names = list(wanted or source.names)
    missing = [name for name in names if not source.has(name)]
    seasons = dict.fromkeys("".join(name.rpartition("_B")[:1]) for name in source.names)
    for index in indices:
        found = [f"{season}_{index}" if season else index for season in seasons]
        found = [name for name in found if source.has(name)]
        missing += [] if found else [index]
        names += found
    if missing:
        raise TrainingInvalid(
            message("The images have no feature {missing}.", missing=", ".join(missing[:10])),
            message("They have {features}.", features=", ".join(source.names[:40])),
            message("Choose features that are stored, or indices whose bands are."),
        )
    return tuple(dict.fromkeys(names))


def sample_pixels(
    source: FeatureSource, rows: NDArray[np.int64], columns: NDArray[np.int64], names: Sequence[str]
) -> NDArray[np.float32]:
    """Features of single pixels; blocks are read one after the other, each once.

    Parameters
    ----------
    source : an open source.
    rows, columns : `(n,)`, within the grid.
    names : of the features.

    Returns
    -------
    `(n, feature)` float32; NaN where there is no data.

    """
    out = np.full((len(rows), len(names)), np.nan, np.float32)
    blocks = rows // BLOCK_PX * (source.grid.width // BLOCK_PX + 1) + columns // BLOCK_PX
    order = np.argsort(blocks, kind="stable")
    starts = np.flatnonzero(np.diff(blocks[order], prepend=-1))
    for chosen in np.split(order, starts[1:]) if len(order) else ():
        top, left = int(rows[chosen].min()), int(columns[chosen].min())
        height, width = int(rows[chosen].max()) - top + 1, int(columns[chosen].max()) - left + 1
        values = source.read(Window(left, top, width, height), names)
        out[chosen] = values[:, rows[chosen] - top, columns[chosen] - left].T
    return out
