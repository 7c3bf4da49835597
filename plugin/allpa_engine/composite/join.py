"""Joining the maps of single tiles: each pixel from the tile that owns it, as if all had been composited together.

The maps lie on the grid of the whole map. Their quality rasters say what each tile saw of a pixel, and so the rule of
`ownership.py` gives the same owner as in a composite of all predictions; smoothing follows over the joined map.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.windows import Window
from shapely.geometry import box

from ..core.errors import RasterInvalid
from ..core.messages import message
from ..core.protocol import NullReporter, Reporter
from ..geo.grid import RESOLUTION_M, Grid, grid_covering, grid_difference, grid_of
from ..geo.mgrs_tiles import tile_bounds, tile_crs
from ..geo.projection import coordinate_transform
from ..geo.region import Region
from ..raster.class_raster import open_class_raster, open_quality_raster
from .annual_decision import DecisionCounts
from .ownership import NO_OWNER, merge_layers, seen_rank
from .plan import CompositePlan
from .rule import CompositeRule
from .sources import DatasetPool, Tile
from .summary import ClippedBlock, CompositeCounter, CompositeSummary
from .write_map import MapFiles, map_facts, write_map

_OBSERVATIONS = 3
"""Layer of the clear observations: landcover is the first, then the quality raster's bands follow."""


@dataclass(frozen=True)
class TileMap:
    """The map of one tile, not smoothed."""

    tile: str
    files: MapFiles
    days: tuple[str, ...]
    """Day of each scene that could vote, ISO 8601."""
    model_hashes: tuple[str, ...]


@dataclass(frozen=True)
class _OpenTile:
    tile: Tile
    files: MapFiles
    grid: Grid


@dataclass(frozen=True)
class TileJoiner:
    """Decides the blocks of a map from those of its tiles."""

    plan: CompositePlan
    tiles: tuple[_OpenTile, ...]
    pool: DatasetPool

    def compose_block(self, window: Window) -> ClippedBlock:
        """The layers of one block, cut at the border."""
        part = self.plan.grid.for_window(window)
        inside = None if self.plan.border is None else part.mask_inside(self.plan.border)
        extent = box(*part.bounds)
        candidates = []
        for index, opened in enumerate(self.tiles):
            if (inside is None or inside.any()) and opened.tile.footprint.intersects(extent):
                layers = self._read(opened, part)
                rank = seen_rank(layers[0], layers[_OBSERVATIONS])
                candidates.append((index, opened.tile.centre, layers, rank))
        merged = merge_layers(part, candidates, 7)
        if inside is not None:
            merged.layers[:] *= inside.view(np.uint8)
            merged.owner[~inside] = NO_OWNER
        tile_pixels = {index: int(np.count_nonzero(merged.owner == index)) for index, *_ in candidates}
        region_px = merged.owner.size if inside is None else int(np.count_nonzero(inside))
        return ClippedBlock(merged.layers[:6], tile_pixels, region_px, merged.layers[6], DecisionCounts())

    def _read(self, opened: _OpenTile, part: Grid) -> NDArray[np.uint8]:
        """`(7, y, x)`: landcover, the quality raster's bands, and the landcover by the votes alone."""
        column = round((part.left - opened.grid.left) / part.resolution)
        row = round((opened.grid.top - part.top) / part.resolution)
        top, left = max(row, 0), max(column, 0)
        bottom, right = min(row + part.height, opened.grid.height), min(column + part.width, opened.grid.width)
        layers = np.zeros((7, part.height, part.width), np.uint8)
        if bottom <= top or right <= left:
            return layers
        window = Window(left, top, right - left, bottom - top)
        target = layers[:, top - row : bottom - row, left - column : right - column]
        files = opened.files
        for bands, path in ((slice(0, 1), files.landcover), (slice(1, 6), files.quality), (slice(6, 7), files.plain)):
            if path is None:
                target[6] = target[0]
                continue
            count = bands.stop - bands.start
            target[bands] = self.pool.read_file(path, window, range(1, count + 1))
        return layers


def join_maps(
    maps: Sequence[TileMap],
    region: Region | None,
    rule: CompositeRule,
    files: MapFiles,
    *,
    crs: str,
    decision_hash: str = "",
    reporter: Reporter | None = None,
    language: str = "en",
    threads: int = 0,
) -> CompositeSummary:
    """Join the maps of tiles into one map with its quality raster.

    Parameters
    ----------
    maps : one for each tile, in any order, in the CRS of the map and on its grid of 10 m.
    region : cut exactly at its border; None joins all.
    rule : that of the votes; its smoothing is done here.
    files : to write.
    crs : of the map.
    decision_hash : of the annual decision that the maps contain; empty where it was off.
    reporter : gets the progress in shares of the stage.
    language : of the class names beside the rasters.
    threads : 0 takes the number of processors.

    Returns
    -------
    The summary of the map, without what guards and annual decision changed: the tiles' own summaries have it.

    Raises
    ------
    RasterInvalid : where a map cannot be read or lies on another grid.
    DiskFull, FolderNotWritable

    """
    in_order = sorted(maps, key=lambda item: item.tile)
    opened = tuple(_open_tile(item, crs) for item in in_order)
    plan = _plan(opened, region, crs)
    days = [day for item in in_order for day in item.days]
    hashes = {model_hash for item in in_order for model_hash in item.model_hashes}
    counter = CompositeCounter(tuple(item.tile for item in in_order))

    def open_blocks(stack: ExitStack) -> TileJoiner:
        return TileJoiner(plan, opened, stack.enter_context(DatasetPool()))

    write_map(
        open_blocks,
        plan,
        rule,
        map_facts(region, days, hashes, rule),
        files,
        counter,
        decision_hash=decision_hash,
        reporter=reporter or NullReporter(),
        language=language,
        threads=threads,
    )
    # what guards changed was counted by tile, over pixels that another tile may own
    return replace(counter.summary(plan.grid, days, rule, files.landcover), guards={})


def _open_tile(item: TileMap, crs: str) -> _OpenTile:
    with open_class_raster(item.files.landcover) as landcover, open_quality_raster(item.files.quality) as quality:
        grid = landcover.grid
        expected = replace(grid, crs=crs, resolution=RESOLUTION_M)
        difference = grid_difference(expected, grid) or grid_difference(grid, grid_of(quality))
    if difference or grid.left % RESOLUTION_M or grid.top % RESOLUTION_M:
        raise RasterInvalid(
            message("The map of tile {tile} does not fit the others.", tile=item.tile),
            difference or message("It does not lie on whole pixels of the map."),
            message("Remove the tile's folder and run again."),
        )
    centre = shapely.transform(box(*tile_bounds(item.tile)).centroid, coordinate_transform(tile_crs(item.tile), crs))
    return _OpenTile(Tile(item.tile, (), box(*grid.bounds), (centre.x, centre.y)), item.files, grid)


def _plan(opened: Sequence[_OpenTile], region: Region | None, crs: str) -> CompositePlan:
    border = None if region is None else region.geometry_in_crs(crs)
    if border is not None:
        grid = grid_covering(border, crs, RESOLUTION_M)
    else:
        bounds = np.array([item.grid.bounds for item in opened])
        grid = grid_covering(box(*bounds[:, :2].min(axis=0), *bounds[:, 2:].max(axis=0)), crs, RESOLUTION_M)
    return CompositePlan((), grid, border, tuple(item.tile for item in opened))
