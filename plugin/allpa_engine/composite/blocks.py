"""The blocks of a map: which windows they are, and the layers of each, decided in parallel and written in order."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from rasterio.io import DatasetWriter
from rasterio.windows import Window
from shapely.geometry import box

from ..geo.grid import Grid
from ..raster.parallel import map_in_order
from ..raster.row_writer import RowWriter
from .annual_decision import DecisionCounts, decide_by_year
from .decision_model import DecisionModel
from .guards import GUARD_BITS
from .ownership import NO_OWNER, MergedBlock, merge_tiles
from .plan import CompositePlan
from .rule import CompositeRule
from .sources import DatasetPool, Tile
from .summary import ClippedBlock, CompositeCounter
from .terrain import ElevationRaster
from .tile_votes import decide_tile
from .votes import Decision


class BlockSource(Protocol):
    """Decides the blocks of a map, several at a time."""

    @property
    def plan(self) -> CompositePlan:
        """Grid of the map, and the tiles whose blocks its windows follow."""

    def compose_block(self, window: Window) -> ClippedBlock:
        """The layers of one block, cut at the border."""


def write_blocks(
    composer: BlockSource,
    landcover: DatasetWriter,
    quality: DatasetWriter,
    plain: DatasetWriter | None,
    counter: CompositeCounter,
    progress: Callable[[float], None],
    threads: int,
    block_px: int,
) -> None:
    """Decide and write all the blocks of a map.

    Parameters
    ----------
    composer : decides a block.
    landcover, quality : open for writing, on the map's grid.
    plain : likewise, for the classes by the votes alone; None where no decision follows them.
    counter : sums up the blocks.
    progress : called with the share that is done, 0 to 1.
    threads : 0 takes the number of processors; no more blocks than these wait to be written.
    block_px : side of a block; the blocks of a row are joined before they are written.

    """
    windows = list(aligned_blocks(composer.plan.grid, composer.plan.tiles, block_px))
    worker_count = threads or os.cpu_count() or 1
    landcover_rows, quality_rows = RowWriter(landcover), RowWriter(quality)
    plain_rows = None if plain is None else RowWriter(plain)
    row_of_blocks = row_of_plain = np.empty((0, 0, 0), np.uint8)
    progress(0.0)
    with (
        ThreadPoolExecutor(worker_count, "composite") as pool,
        closing(map_in_order(pool, composer.compose_block, windows, prefetch=worker_count)) as output,
    ):
        for number, (window, block) in enumerate(zip(windows, output, strict=True), start=1):
            left, right = int(window.col_off), int(window.col_off + window.width)
            if left == 0:
                row_of_blocks = np.empty((len(block.layers), int(window.height), landcover.width), np.uint8)
                row_of_plain = np.empty((1, int(window.height), landcover.width), np.uint8)
            row_of_blocks[:, :, left:right] = block.layers
            row_of_plain[:, :, left:right] = block.plain
            if right == landcover.width:
                landcover_rows.write(row_of_blocks[:1])
                quality_rows.write(row_of_blocks[1:])
                if plain_rows is not None:
                    plain_rows.write(row_of_plain)
            counter.add(block)
            progress(number / len(windows))


@dataclass(frozen=True)
class BlockComposer:
    """Decides the blocks of a map."""

    plan: CompositePlan
    rule: CompositeRule
    files: DatasetPool
    elevation: ElevationRaster | None = None
    """For the guard `slope`."""
    decision: DecisionModel | None = None
    """Decides by the year what the votes leave confused; None leaves the map as voted."""

    def compose_block(self, window: Window) -> ClippedBlock:
        """The layers of one block, cut at the border."""
        plan = self.plan
        part = plan.grid.for_window(window)
        inside = None if plan.border is None else part.mask_inside(plan.border)
        extent = box(*part.bounds)
        decisions = [
            (index, tile.centre, decision)
            for index, tile in enumerate(plan.tiles)
            if (inside is None or inside.any())
            and tile.footprint.intersects(extent)
            and (decision := decide_tile(tile, part, self.rule, self.files, self.elevation)) is not None
        ]
        output = merge_tiles(part, decisions)
        if inside is not None:
            output.layers[:] *= inside.view(np.uint8)
            output.owner[~inside] = NO_OWNER
        tile_pixels = {index: int(np.count_nonzero(output.owner == index)) for index, *_ in decisions}
        region_px = output.owner.size if inside is None else int(np.count_nonzero(inside))
        plain, counts = output.layers[0], DecisionCounts()
        if self.decision is not None:
            plain = plain.copy()
            for index, *_ in decisions:
                counts.add(self._decide_by_year(part, index, output))
        guarded_px = self._count_guarded(decisions, output.owner)
        return ClippedBlock(output.layers, tile_pixels, region_px, plain, counts, guarded_px)

    def _count_guarded(
        self, decisions: Sequence[tuple[int, tuple[float, float], Decision]], owner: NDArray[np.int16]
    ) -> dict[str, int]:
        """Pixels of the map whose class each guard changed."""
        counts = dict.fromkeys(self.rule.guards, 0)
        for index, _, decision in decisions:
            if decision.guarded is not None:
                bits = decision.guarded[owner.ravel() == index]
                for name in counts:
                    counts[name] += int(np.count_nonzero(bits & GUARD_BITS[name]))
        return counts

    def _decide_by_year(self, part: Grid, index: int, output: MergedBlock) -> DecisionCounts:
        """Let the year decide the pixels of one tile in a block, in place."""
        if self.decision is None:
            return DecisionCounts()
        owned = output.owner == index
        tile, dilate = self.plan.tiles[index], self.rule.mask_dilation
        return decide_by_year(tile, part, output.layers[0], owned, self.decision, self.files, dilate=dilate)


def aligned_blocks(grid: Grid, tiles: Sequence[Tile], block_px: int) -> Iterator[Window]:
    """Windows that cover a grid once, their borders on those of the predictions' own blocks where most of these lie.

    A window that cuts the blocks of the files makes GDAL decode them once for every window.

    Parameters
    ----------
    grid : of the map.
    tiles : the predictions; those in another CRS than the map's do not count.
    block_px : side of a window in pixels; windows at the edge of the grid may be smaller.

    Yields
    ------
    Windows of the grid, row by row from the top left one.

    """
    offsets = Counter(
        (round((source.grid.left - grid.left) / grid.resolution) % block_px,
         round((grid.top - source.grid.top) / grid.resolution) % block_px)
        for tile in tiles
        for source in tile.sources
        if source.grid.crs == grid.crs
    )  # fmt: skip
    column, row = min(offsets, key=lambda offset: (-offsets[offset], offset)) if offsets else (0, 0)
    for top, bottom in _block_bounds(row, grid.height, block_px):
        for left, right in _block_bounds(column, grid.width, block_px):
            yield Window(left, top, right - left, bottom - top)


def _block_bounds(offset: int, size: int, step: int) -> Iterator[tuple[int, int]]:
    start = offset - step if offset else 0
    for first in range(start, size, step):
        yield max(first, 0), min(first + step, size)
