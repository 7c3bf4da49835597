"""The blocks of a map: which windows they are, and the layers of each, decided in parallel and written in order."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass

import numpy as np
from rasterio.io import DatasetWriter
from rasterio.windows import Window
from shapely.geometry import box

from ..geo.grid import Grid
from ..raster.parallel import in_order
from .ownership import NO_OWNER, merged
from .plan import Plan
from .rule import CompositeRule
from .sources import OpenFiles, Tile
from .summary import Count, CutBlock
from .tile_votes import Widen, decide_tile


def write_blocks(
    blocks: Blocks,
    landcover: DatasetWriter,
    quality: DatasetWriter,
    count: Count,
    progress: Callable[[float], None],
    threads: int,
    block_px: int,
) -> None:
    """Decide and write all the blocks of a map.

    Parameters
    ----------
    blocks : what they are decided from.
    landcover, quality : open for writing, on the map's grid.
    count : is told what each block shows.
    progress : is told the share that is done, 0 to 1.
    threads : 0 takes the number of processors; no more blocks than these wait to be written.
    block_px : side of a block.

    """
    windows = list(aligned_blocks(blocks.plan.grid, blocks.plan.tiles, block_px))
    at_once = threads or os.cpu_count() or 1
    progress(0.0)
    with (
        ThreadPoolExecutor(at_once, "composite") as pool,
        closing(in_order(pool, blocks.block, windows, ahead=at_once)) as made,
    ):
        for number, (window, block) in enumerate(zip(windows, made, strict=True), start=1):
            landcover.write(block.layers[:1], window=window)
            quality.write(block.layers[1:], window=window)
            count.add(block)
            progress(number / len(windows))


@dataclass(frozen=True)
class Blocks:
    """Decides the blocks of a map."""

    plan: Plan
    rule: CompositeRule
    widen: Widen | None
    files: OpenFiles

    def block(self, window: Window) -> CutBlock:
        """The layers of one block, cut at the border."""
        plan = self.plan
        part = plan.grid.part(window)
        inside = None if plan.border is None else part.inside(plan.border)
        ground = box(*part.bounds)
        decided = [
            (index, tile.centre, decision)
            for index, tile in enumerate(plan.tiles)
            if (inside is None or inside.any())
            and tile.footprint.intersects(ground)
            and (decision := decide_tile(tile, part, self.rule, self.widen, self.files)) is not None
        ]
        made = merged(part, decided)
        if inside is not None:
            made.layers[:] *= inside.view(np.uint8)
            made.owner[~inside] = NO_OWNER
        owned = {index: int(np.count_nonzero(made.owner == index)) for index, *_ in decided}
        return CutBlock(made.layers, owned, made.owner.size if inside is None else int(np.count_nonzero(inside)))


def aligned_blocks(grid: Grid, tiles: Sequence[Tile], block_px: int) -> Iterator[Window]:
    """Windows that cover the grid once, their borders on the borders of the predictions' own blocks where most lie.

    A window that cuts the blocks of the files makes GDAL decode them once for every window.
    """
    offsets = Counter(
        (round((source.grid.left - grid.left) / grid.resolution) % block_px,
         round((grid.top - source.grid.top) / grid.resolution) % block_px)
        for tile in tiles
        for source in tile.sources
        if source.grid.crs == grid.crs
    )  # fmt: skip
    column, row = min(offsets, key=lambda each: (-offsets[each], each)) if offsets else (0, 0)
    for top, bottom in _steps(row, grid.height, block_px):
        for left, right in _steps(column, grid.width, block_px):
            yield Window(left, top, right - left, bottom - top)


def _steps(offset: int, size: int, step: int) -> Iterator[tuple[int, int]]:
    start = offset - step if offset else 0
    for first in range(start, size, step):
        yield max(first, 0), min(first + step, size)
