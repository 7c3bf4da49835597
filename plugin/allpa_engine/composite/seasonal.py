"""Seasonal composites: from the scenes of a season to statistics of their clear pixels, block by block.

Each product (a statistic of all bands, the number of clear observations, the picture in true colour) is a file of its
own with a key of all that it was made from, so that a product whose inputs did not change is not made again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.io import DatasetWriter
from rasterio.windows import Window
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from ..core import raster_tags
from ..core.atomic import check_free_space, temporary_file
from ..core.bands import BAND_BY_KEY
from ..core.products import software_tags_of
from ..core.scene import FetchedScene
from ..core.season_keys import feature_name
from ..geo.grid import Grid
from ..raster.parallel import map_in_order
from ..raster.value_raster import RGB, ValueBands, create_value_cog
from .ownership import squared_distance
from .season_stack import SceneTile, group_scenes_by_tile, read_scene_source, read_stack, write_clear_mask
from .season_statistics import season_statistics
from .sources import DatasetPool
from .true_color import STRETCH, true_color

OBSERVATIONS, TRUE_COLOR = "observations", "true_color"
"""Products that are no statistic: clear observations of each pixel, and the picture."""
METHOD_VERSION = 1
"""Raised when the same scenes give other numbers, so that earlier composites are made again."""
MAX_OBSERVATIONS = 255
_STACK_BYTES = 96 << 20
"""About so much of the scenes is held at once by each thread."""
_LARGEST_BLOCK_PX, _SMALLEST_BLOCK_PX = 512, 64
_CACHE_BYTES = 256 << 20


@dataclass(frozen=True)
class SeasonProduct:
    """One raster that is made of a season's scenes."""

    name: str
    """A statistic, `observations` or `true_color`."""
    path: Path
    key: str
    """Hash of all that it is made from; stands in the tags of the file."""
    bands: tuple[str, ...] = ()
    """Of a statistic: keys of the bands in the file, all of one unit."""


@dataclass(frozen=True)
class SeasonPlan:
    """What a season's composite is made from."""

    season: str
    bands: tuple[str, ...]
    """Keys of the bands."""
    grid: Grid
    border: BaseGeometry | None
    """Of the region, in the grid's CRS; None takes all that the scenes show."""
    dilate: bool
    """Whether clouds and shadows are widened."""
    snow: str
    """Which observations of snow count: one of `SNOW_RULES`."""
    picture_of: str = ""
    """The statistic that the picture in true colour shows; empty where it cannot be made."""

    @property
    def reflectance_count(self) -> int:
        """How many of the bands are reflectance: they come first, and decide on data and distances; all if none is."""
        return sum(BAND_BY_KEY[key].is_reflectance for key in self.bands) or len(self.bands)

    def product_key(self, name: str, scene_keys: Sequence[str], bands: Sequence[str] = ()) -> str:
        """The key of a product.

        Parameters
        ----------
        name : of the product.
        bands : of its file, where it is a statistic.
        scene_keys : hashes of the scenes with their windows and radiometry, in any order.

        Returns
        -------
        SHA-256 in hexadecimal.

        """
        border = "" if self.border is None else self.border.wkb_hex
        statistic = self.picture_of if name == TRUE_COLOR else ""
        stretch = list(STRETCH) if name == TRUE_COLOR else []
        grid = self.grid
        made_of = [list(bands), sorted(self.bands), self.dilate, self.snow, border, sorted(scene_keys)]
        pixels = [grid.crs, grid.left, grid.top, grid.resolution, grid.width, grid.height]
        facts = [METHOD_VERSION, name, statistic, stretch, self.season, made_of, pixels]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


@dataclass(frozen=True)
class SeasonBlock:
    """The composite of one block."""

    values: Mapping[str, NDArray[np.uint16]]
    """`(band, y, x)` by statistic; 0 is no data."""
    observations: NDArray[np.uint8]
    """Clear observations `(y, x)`, at most 255."""


def compose_season(
    plan: SeasonPlan,
    products: Sequence[SeasonProduct],
    scenes: Sequence[FetchedScene],
    *,
    threads: int = 0,
    progress: Callable[[float], None],
) -> None:
    """Make products of a season, each of which appears whole or not at all.

    Memory is bounded by the block: with many scenes or bands the blocks are smaller.

    Parameters
    ----------
    plan : bands, grid, region and mask.
    products : those to be made, at least one.
    scenes : the season's, at least one.
    threads : 0 takes the number of processors.
    progress : called with the share that is done, 0 to 1; what it raises ends the work.

    Raises
    ------
    RasterInvalid : where a scene's file cannot be used.
    DiskFull, FolderNotWritable : where a file cannot be written.

    """
    pixels = plan.grid.width * plan.grid.height
    bytes_per_px = sum(_bands_of(plan, item).bytes_per_pixel for item in products)
    check_free_space(products[0].path.parent, 2 * bytes_per_px * pixels)
    statistics = _statistics_of(plan, products)
    with ExitStack() as stack:
        stack.enter_context(rasterio.Env(GDAL_CACHEMAX=_CACHE_BYTES))
        tiles = _masked_tiles(stack, plan, scenes, products[0].path, lambda share: progress(0.1 * share))
        most = max(len(tile.sources) for tile in tiles)
        block_px = block_size(most, len(plan.bands))
        targets = [
            stack.enter_context(
                create_value_cog(item.path, plan.grid, _bands_of(plan, item), _tags(plan, item, scenes), block_px)
            )
            for item in products
        ]
        with DatasetPool() as files:
            composer = SeasonComposer(plan, tiles, statistics, files)
            _write_blocks(composer, products, targets, threads, block_px, lambda share: progress(0.1 + 0.8 * share))
        progress(0.9)
    progress(1.0)


@dataclass(frozen=True)
class SeasonComposer:
    """Computes the blocks of a season's composite; several threads may use it."""

    plan: SeasonPlan
    tiles: tuple[SceneTile, ...]
    statistics: tuple[str, ...]
    files: DatasetPool

    def compose_block(self, window: Window) -> SeasonBlock:
        """The composite of one window of the grid, cut at the region's border.

        Where tiles overlap, a pixel comes from the tile with the nearest centre of those that show it clear, as in the
        annual map.

        Raises
        ------
        RasterInvalid : where a scene's file is damaged.

        """
        part = self.plan.grid.for_window(window)
        shape = part.height, part.width
        values = {name: np.zeros((len(self.plan.bands), *shape), np.uint16) for name in self.statistics}
        observations = np.zeros(shape, np.uint8)
        nearest = np.full(shape, np.inf)
        extent = box(*part.bounds)
        inside = None if self.plan.border is None else part.mask_inside(self.plan.border)
        for tile in self.tiles if inside is None or inside.any() else ():
            read = self._read(tile, part) if tile.footprint.intersects(extent) else None
            if read is None:
                continue
            scenes, clear = read
            if inside is not None:
                clear &= inside
            flat = scenes.reshape(*scenes.shape[:2], -1), clear.reshape(len(clear), -1)
            found, count = season_statistics(*flat, self.statistics, self.plan.reflectance_count)
            distance = squared_distance(part, tile.centre)
            replaces = (count.reshape(shape) > 0) & (distance < nearest)
            for name, target in values.items():
                np.copyto(target, found[name].reshape(target.shape), where=replaces)
            limited = np.minimum(count, MAX_OBSERVATIONS).astype(np.uint8).reshape(shape)
            np.copyto(observations, limited, where=replaces)
            np.copyto(nearest, distance, where=replaces)
        return SeasonBlock(values, observations)

    def _read(self, tile: SceneTile, part: Grid) -> tuple[NDArray[np.uint16], NDArray[np.bool_]] | None:
        return read_stack(tile, part, self.files, self.plan.snow, self.plan.reflectance_count)


def block_size(scenes: int, bands: int) -> int:
    """Side of the blocks in pixels, so that all scenes of one fit into memory.

    Parameters
    ----------
    scenes : of the tile that has most.
    bands : of a scene.

    Examples
    --------
    >>> block_size(5, 12), block_size(100, 12), block_size(400, 14)
    (512, 128, 64)

    """
    side = _LARGEST_BLOCK_PX
    while side > _SMALLEST_BLOCK_PX and 2 * scenes * (bands + 1) * side * side > _STACK_BYTES:
        side //= 2
    return side


def _masked_tiles(
    stack: ExitStack,
    plan: SeasonPlan,
    scenes: Sequence[FetchedScene],
    beside: Path,
    progress: Callable[[float], None],
) -> tuple[SceneTile, ...]:
    """The scenes by tile, with rasters of their clear pixels that last as long as `stack`."""
    sources = []
    for number, fetched in enumerate(scenes):
        progress(number / len(scenes))
        mask = stack.enter_context(temporary_file(beside))
        source = read_scene_source(fetched, plan.bands, mask)
        write_clear_mask(source, dilate=plan.dilate)
        sources.append(source)
    return group_scenes_by_tile(sources, plan.grid.crs)


def _write_blocks(
    composer: SeasonComposer,
    products: Sequence[SeasonProduct],
    targets: Sequence[DatasetWriter],
    threads: int,
    block_px: int,
    progress: Callable[[float], None],
) -> None:
    plan, workers = composer.plan, threads or os.cpu_count() or 1
    windows = list(plan.grid.block_windows(block_px))
    with (
        ThreadPoolExecutor(workers, "composite") as pool,
        closing(map_in_order(pool, composer.compose_block, windows, prefetch=workers)) as blocks,
    ):
        for number, (window, block) in enumerate(zip(windows, blocks, strict=True), start=1):
            if block.observations.any():
                for product, target in zip(products, targets, strict=True):
                    target.write(_product_block(plan, product, block), window=window)
            progress(number / len(windows))


def _product_block(
    plan: SeasonPlan, product: SeasonProduct, block: SeasonBlock
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    name = product.name
    if name == OBSERVATIONS:
        return block.observations[np.newaxis]
    if name == TRUE_COLOR:
        return true_color(block.values[plan.picture_of], plan.bands)
    values = block.values[name]
    return values[[plan.bands.index(key) for key in product.bands]]


def _statistics_of(plan: SeasonPlan, products: Sequence[SeasonProduct]) -> tuple[str, ...]:
    names = (plan.picture_of if item.name == TRUE_COLOR else item.name for item in products)
    return tuple(dict.fromkeys(name for name in names if name != OBSERVATIONS))


def _bands_of(plan: SeasonPlan, product: SeasonProduct) -> ValueBands:
    name = product.name
    if name == OBSERVATIONS:
        return ValueBands(("clear observations",), "uint8", overviews="nearest")
    if name == TRUE_COLOR:
        return ValueBands(RGB, "uint8")
    features = tuple(feature_name(plan.season, band, name) for band in product.bands)
    return ValueBands(features, "uint16", scale=1 / BAND_BY_KEY[product.bands[0]].numbers_per_unit)


def _tags(plan: SeasonPlan, product: SeasonProduct, scenes: Sequence[FetchedScene]) -> dict[str, str]:
    days = sorted(fetched.scene.date for fetched in scenes)
    tags = {
        **software_tags_of(f"Seasonal composite, {plan.season}: {product.name}"),
        raster_tags.KEY: product.key,
        raster_tags.FIRST_DATE: days[0],
        raster_tags.LAST_DATE: days[-1],
        raster_tags.SCENE_COUNT: str(len(scenes)),
        f"{raster_tags.PREFIX}SEASON": plan.season,
        f"{raster_tags.PREFIX}SCENES": " ".join(sorted(fetched.scene.id for fetched in scenes)),
    }
    if product.name == TRUE_COLOR:
        tags[f"{raster_tags.PREFIX}STRETCH"] = stretch_text()
    return tags


def stretch_text() -> str:
    """How reflectance became brightness, for tags and texts."""
    darkest, brightest, gamma = STRETCH
    return f"reflectance {darkest:g} to {brightest:g}, gamma {gamma:g}, of B04, B03 and B02"
