"""A map of own classes: the pixels of feature folders classified once, by blocks, with the usual quality raster."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window
from shapely.geometry.base import BaseGeometry

from ..classify.feature_model import FeatureModel
from ..classify.model_folder import ModelFolder
from ..core.atomic import atomic_write, check_free_space, temporary_file
from ..core.errors import FeaturesInvalid, RegionInvalid
from ..core.legend import Legend
from ..core.messages import message
from ..core.products import LANDCOVER, QUALITY, RasterMetadata
from ..geo.grid import Grid
from ..raster.cog import create_geotiff, write_cog
from ..raster.parallel import map_in_order
from ..raster.row_writer import RowWriter
from ..raster.styles import write_styles
from .feature_folder import FeatureFolder
from .map_block import MapBlock, quality_layers, read_overlap

BLOCK_PX = 256
"""Side of the blocks that are read and classified at once; 100 features of a block take 26 MB."""
MIN_FEATURE_SHARE = 0.5
"""Of a pixel's features; one that has fewer gets no class."""
_BYTES_PER_PX = 12
_NEAR = 1e-3
"""Of a pixel: by how much grids of folders may be shifted."""


@dataclass(frozen=True)
class FeatureMapSummary:
    """What was classified, in pixels."""

    pixels: int
    """Within the region."""
    classified: int
    lacking_some: int
    """Classified without some of their features."""
    grid: Grid

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "pixels": self.pixels,
            "classified": self.classified,
            "lacking_some_features": self.lacking_some,
            "crs": self.grid.crs,
            "width": self.grid.width,
            "height": self.grid.height,
        }


class BlockClassifier(Protocol):
    """What a map needs of a model: `PixelClassifier`, or `network_map.NetworkClassifier`."""

    @property
    def features(self) -> Sequence[str]:
        """Names, in the order of the model's input."""

    @property
    def threads(self) -> int:
        """Blocks that are classified at once."""

    def windows(self, grid: Grid) -> list[Window]:
        """Blocks of a grid, row by row; those of a row are equally high and cover its width."""

    def classify_block(
        self, folders: Sequence[FeatureFolder], grid: Grid, border: BaseGeometry | None, window: Window
    ) -> MapBlock:
        """Classify the pixels of a block that lie within the border."""


@dataclass(frozen=True)
class PixelClassifier:
    """A model of single pixels, block by block."""

    model: FeatureModel
    threads: int

    @property
    def features(self) -> tuple[str, ...]:
        """See `BlockClassifier.features`."""
        return self.model.features

    def windows(self, grid: Grid) -> list[Window]:
        """See `BlockClassifier.windows`."""
        return list(grid.block_windows(BLOCK_PX))

    def classify_block(
        self, folders: Sequence[FeatureFolder], grid: Grid, border: BaseGeometry | None, window: Window
    ) -> MapBlock:
        """See `BlockClassifier.classify_block`."""
        return _classify_pixels(self.model, folders, grid, border, window)


def joined_grid(folders: Sequence[FeatureFolder]) -> Grid:
    """The grid that covers those of some feature folders.

    Parameters
    ----------
    folders : of one CRS and resolution, shifted by whole pixels.

    Returns
    -------
    The smallest such grid.

    Raises
    ------
    FeaturesInvalid : where CRS, resolution or phase differ.

    """
    grids = [folder.grid for folder in folders]
    first = grids[0]
    for folder, grid in zip(folders, grids, strict=True):
        shift = [(grid.left - first.left) / first.resolution, (grid.top - first.top) / first.resolution]
        fits = (grid.crs, grid.resolution) == (first.crs, first.resolution)
        if not fits or any(abs(value - round(value)) > _NEAR for value in shift):
            raise FeaturesInvalid(
                message(
                    "The features in {name} do not lie on the grid of those in {other}.",
                    name=folder.path.name,
                    other=folders[0].path.name,
                ),
                message("One is in {crs}, the other in {other_crs}.", crs=grid.crs, other_crs=first.crs),
                message("Classify each of these folders by itself."),
            )
    left, top = min(grid.left for grid in grids), max(grid.top for grid in grids)
    right, bottom = max(grid.bounds[2] for grid in grids), min(grid.bounds[1] for grid in grids)
    width, height = (round(length / first.resolution) for length in (right - left, top - bottom))
    return Grid(first.crs, left, top, first.resolution, width, height)


def map_legend(folder: ModelFolder) -> Legend:
    """The legend of a model's maps: the classes that it gives, with those of their parents that are among them."""
    kept = [folder.legend.by_code[code] for code in folder.classes]
    return Legend(tuple(land if land.parent in folder.classes else replace(land, parent=None) for land in kept))


def classify_feature_folders(
    folders: Sequence[FeatureFolder],
    model: FeatureModel | BlockClassifier,
    *,
    landcover: Path,
    quality: Path,
    metadata: RasterMetadata,
    border: BaseGeometry | None = None,
    language: str = "en",
    threads: int = 0,
    progress: Callable[[float], None] | None = None,
) -> FeatureMapSummary:
    """Classify the pixels of feature folders, and write the map and its quality raster: COGs with styles beside.

    Where folders overlap, a pixel is taken from the first one that has its features.

    Parameters
    ----------
    folders : of one CRS, with all features of the model.
    model : of a pixel's features, or one that classifies whole blocks.
    landcover, quality : files to write; they appear whole or not at all. Of the quality, confidence is the probability
        of the class, agreement 100 % and observations 1, since each pixel is classified once; months are 0.
    metadata : facts for the tags, with the legend of the map.
    border : in the CRS of the folders; pixels whose centre lies outside get no class. None takes all.
    language : of the names of the styles.
    threads : blocks of a model of pixels that are classified at once; 0 takes the number of processors.
    progress : called with the share that is done; what it raises ends the work.

    Returns
    -------
    Counts of pixels.

    Raises
    ------
    FeaturesInvalid : where features are missing, or rasters are damaged or on different grids.
    RegionInvalid : where no pixel lies within the border.
    DiskFull, FolderNotWritable : where a file cannot be written.

    """
    report = progress or (lambda _share: None)
    if isinstance(model, FeatureModel):
        model = PixelClassifier(model, threads or os.cpu_count() or 1)
    for folder in folders:
        folder.check_names(model.features)
    grid = joined_grid(folders)
    check_free_space(landcover.parent, _BYTES_PER_PX * grid.width * grid.height)
    with ExitStack() as stack:
        plain = [stack.enter_context(temporary_file(path)) for path in (landcover, quality)]
        with ExitStack() as rasters:
            targets = [
                RowWriter(rasters.enter_context(create_geotiff(path, grid, kind, metadata)))
                for path, kind in zip(plain, (LANDCOVER, QUALITY), strict=True)
            ]
            summary = _classify_blocks(folders, model, grid, border, targets, lambda done: report(0.85 * done))
        if not summary.pixels:
            raise RegionInvalid(message("None of the features lie in the region."))
        for number, (source, target, kind) in enumerate(
            zip(plain, (landcover, quality), (LANDCOVER, QUALITY), strict=True)
        ):
            start = 0.85 + 0.05 * number
            write_cog(source, stack.enter_context(atomic_write(target)), kind, partial(_part, report, start))
    write_styles(landcover, quality, language, metadata.legend)
    report(1.0)
    return summary


def _part(report: Callable[[float], None], start: float, share: float) -> None:
    report(start + 0.05 * share)


def _classify_blocks(
    folders: Sequence[FeatureFolder],
    model: BlockClassifier,
    grid: Grid,
    border: BaseGeometry | None,
    targets: Sequence[RowWriter],
    report: Callable[[float], None],
) -> FeatureMapSummary:
    """Classify the grid block by block, and write rows of blocks as soon as they are whole."""
    windows = model.windows(grid)
    classify = partial(model.classify_block, folders, grid, border)
    counts, row_of_blocks = np.zeros(3, np.int64), np.empty((0, 0, 0), np.uint8)
    with (
        ThreadPoolExecutor(model.threads, "features") as pool,
        closing(map_in_order(pool, classify, windows, prefetch=model.threads)) as output,
    ):
        for number, (window, block) in enumerate(zip(windows, output, strict=True), start=1):
            left, right = int(window.col_off), int(window.col_off + window.width)
            if left == 0:
                row_of_blocks = np.empty((len(block.layers), int(window.height), grid.width), np.uint8)
            row_of_blocks[:, :, left:right] = block.layers
            if right == grid.width:
                targets[0].write(row_of_blocks[:1])
                targets[1].write(row_of_blocks[1:])
            counts += np.array([block.pixels, np.count_nonzero(block.layers[0]), block.lacking_some])
            report(number / len(windows))
    return FeatureMapSummary(int(counts[0]), int(counts[1]), int(counts[2]), grid)


def _classify_pixels(
    model: FeatureModel, folders: Sequence[FeatureFolder], grid: Grid, border: BaseGeometry | None, window: Window
) -> MapBlock:
    part = grid.for_window(window)
    inside = np.ones((part.height, part.width), bool) if border is None else part.mask_inside(border)
    layers = np.zeros((1 + len(QUALITY.bands), part.height, part.width), np.uint8)
    pixels, lacking = int(np.count_nonzero(inside)), 0
    missing = inside.copy()
    for folder in folders if pixels else ():
        if not missing.any():
            break
        found = read_overlap(folder, part, model.features)
        if found is None:
            continue
        rows, columns, features = found
        present = np.isfinite(features).sum(axis=0)
        usable = missing[rows, columns] & (present >= MIN_FEATURE_SHARE * len(features)) & (present > 0)
        if usable.any():
            view = layers[:, rows, columns]
            view[:, usable] = _pixel_layers(model, features[:, usable])
            missing[rows, columns] &= ~usable
            lacking += int(np.count_nonzero(usable & (present < len(features))))
    return MapBlock(layers, pixels, lacking)


def _pixel_layers(model: FeatureModel, features: NDArray[np.float32]) -> NDArray[np.uint8]:
    best, probabilities = model.classify(np.where(np.isinf(features), np.float32(np.nan), features))
    return quality_layers(best, probabilities, model.classes)
