"""Compose: from the predictions of all the scenes to the annual map and its quality raster, block by block."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pyproj import CRS
from pyproj.exceptions import CRSError
from rasterio.io import DatasetWriter
from rasterio.windows import Window
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from ..atomic import require_room, scratch, writing
from ..dilation import obscured_widely
from ..errors import JobInvalid, RasterInvalid, RegionInvalid
from ..grid import RESOLUTION_M, Grid, grid_around
from ..legend import NO_DATA
from ..products import LANDCOVER, QUALITY, RasterFacts
from ..protocol import Reporter, Silent
from ..rasters import create_plain, write_cog, write_styles
from ..region import Region
from ..scene import Prediction
from .looks import Widen, decide_tile
from .ownership import NO_OWNER, merged
from .rule import CompositeRule
from .smoothing import smooth_raster
from .sources import Source, Tile, open_source, tiles_from, usual_crs
from .summary import CompositeSummary, Count, CutBlock
from .votes import MOST_LOOKS

BLOCK_PX = 1024
STAGE = "composite"
_BYTES_PER_PX = 10
"""Room on the disk per output pixel: six bytes of plain layers, and their compressed copies with overviews."""
_WEB_MERCATOR = 3857


def compose(
    predictions: Sequence[Prediction],
    region: Region | None,
    rule: CompositeRule,
    *,
    landcover: Path,
    quality: Path,
    crs: str = "",
    reporter: Reporter | None = None,
    language: str = "en",
    widen: Widen = obscured_widely,
    threads: int = 0,
    block_px: int = BLOCK_PX,
) -> CompositeSummary:
    """Merge predictions to a map of one class per pixel and a raster of its quality layers: COGs with styles beside.

    Parameters
    ----------
    predictions : of any dates and tiles; those out of the rule's months are left out.
    region : cut exactly at its border by pixel centres; None maps all that the predictions cover.
    rule : the class-weighted mode's options.
    landcover, quality : files to write; they appear whole or not at all.
    crs : of the map, projected and in metres; empty takes the UTM zone of the region's centre, without a region the
        zone of most predictions.
    reporter : is told the progress in blocks.
    language : of the class names beside the rasters, `en` or `es`.
    widen : widens clouds and shadows where the rule asks for it.
    threads : 0 takes the number of processors.
    block_px : side of the blocks; the map does not depend on it.

    Raises
    ------
    RasterInvalid : where there are no predictions of the season, or one is damaged.
    RegionInvalid : where the predictions do not touch the region.
    JobInvalid : for a rule or CRS that cannot be used.
    DiskFull, FolderNotWritable

    """
    rule.validated()
    listener = reporter or Silent()
    sources = _sources_of_season(predictions, rule)
    grid, border = _output_grid(sources, region, crs, listener)
    tiles = _tiles_here(sources, grid, border)
    require_room(landcover.parent, _BYTES_PER_PX * grid.width * grid.height)
    work = _Work(grid, border, tiles, rule, widen if rule.mask_dilation else None)
    count = Count(tuple(tile.name for tile in tiles))
    facts = _facts(sources, rule, region)
    with ExitStack() as stack:
        plain = [stack.enter_context(scratch(path)) for path in (landcover, quality)]
        with (
            create_plain(plain[0], grid, LANDCOVER, facts) as classes,
            create_plain(plain[1], grid, QUALITY, facts) as layers,
        ):
            _write_blocks(work, classes, layers, count, listener, threads or os.cpu_count() or 1, block_px)
        if rule.smoothing_px > 1:
            plain[0] = _smoothed(plain[0], stack.enter_context(scratch(landcover)), grid, facts, rule.smoothing_px)
        for kind, source, path in zip((LANDCOVER, QUALITY), plain, (landcover, quality), strict=True):
            write_cog(source, stack.enter_context(writing(path)), kind)
    write_styles(landcover, quality, language)
    return count.summary(grid, [source.prediction for source in sources], rule, landcover)


def _smoothed(plain: Path, target: Path, grid: Grid, facts: RasterFacts, least_px: int) -> Path:
    with create_plain(target, grid, LANDCOVER, facts) as classes:
        smooth_raster(plain, classes, least_px)
    return target


@dataclass(frozen=True)
class _Work:
    grid: Grid
    border: BaseGeometry | None
    tiles: tuple[Tile, ...]
    rule: CompositeRule
    widen: Widen | None

    def block(self, window: Window) -> CutBlock:
        """The layers of one block, cut at the border."""
        part = self.grid.part(window)
        inside = None if self.border is None else part.inside(self.border)
        ground = box(*part.bounds)
        touching = () if inside is not None and not inside.any() else self.tiles
        decided = [
            (index, tile.centre, decision)
            for index, tile in enumerate(touching)
            if tile.footprint.intersects(ground)
            and (decision := decide_tile(tile, part, self.rule, self.widen)) is not None
        ]
        made = merged(part, decided)
        if inside is not None:
            made.layers[:, ~inside] = NO_DATA
            made.owner[~inside] = NO_OWNER
        owner = made.owner[made.owner != NO_OWNER]
        return CutBlock(
            made.layers,
            np.bincount(owner, minlength=len(self.tiles)),
            made.owner.size if inside is None else int(inside.sum()),
        )


def _sources_of_season(predictions: Sequence[Prediction], rule: CompositeRule) -> list[Source]:
    sources = [open_source(each) for each in predictions if int(each.date[5:7]) in rule.months]
    if not sources:
        raise RasterInvalid("There are no predictions of the chosen months.", f"{len(predictions)} lie in others.")
    if rule.soft and not all(source.has_probabilities for source in sources):
        raise RasterInvalid(
            "The soft form needs the probabilities of all the classes, and the predictions hold the best class alone.",
            next_step="Classify the scenes again with the soft form chosen, or composite in the hard form.",
        )
    return sources


def _tiles_here(sources: Sequence[Source], grid: Grid, border: BaseGeometry | None) -> tuple[Tile, ...]:
    tiles = tiles_from(sources, grid.crs)
    if not any(tile.footprint.intersects(border or box(*grid.bounds)) for tile in tiles):
        raise RegionInvalid(
            "The predictions do not touch the region.", next_step="Choose the predictions of this region."
        )
    for tile in tiles:
        if len(tile.sources) > MOST_LOOKS:
            raise JobInvalid(
                f"Tile {tile.name} has {len(tile.sources)} scenes, and at most {MOST_LOOKS} can vote.",
                next_step="Choose a shorter period.",
            )
    return tiles


def _output_grid(
    sources: Sequence[Source], region: Region | None, crs: str, reporter: Reporter
) -> tuple[Grid, BaseGeometry | None]:
    """The output's grid and the region's border in its CRS."""
    wanted = crs or (region.utm_crs if region else usual_crs(sources))
    try:
        parsed = CRS.from_user_input(wanted)
    except CRSError as error:
        raise JobInvalid(f"The CRS {wanted!r} is not known.", str(error)) from error
    if not parsed.is_projected or any(axis.unit_conversion_factor != 1 for axis in parsed.axis_info[:2]):
        raise JobInvalid(
            f"The map's CRS must be projected and in metres, and {wanted} is not.",
            next_step="Choose the UTM zone of the region, or a national grid in metres.",
        )
    if parsed.to_epsg() == _WEB_MERCATOR:
        reporter.log("Pixels of Web Mercator are not 10 m on the ground: choose another CRS for areas.", "warning")
    if region is not None:
        border = region.projected(wanted)
        return grid_around(border, wanted, RESOLUTION_M), border
    ground = unary_union([tile.footprint for tile in tiles_from(sources, wanted)])
    return grid_around(ground, wanted, RESOLUTION_M), None


def _facts(sources: Sequence[Source], rule: CompositeRule, region: Region | None) -> RasterFacts:
    days = sorted({source.prediction.date for source in sources})
    return RasterFacts(
        region.name if region else "",
        days[0],
        days[-1],
        len(sources),
        tuple(sorted({source.prediction.model_hash for source in sources})),
        rule.as_tags(),
    )


def _write_blocks(
    work: _Work,
    landcover: DatasetWriter,
    quality: DatasetWriter,
    count: Count,
    reporter: Reporter,
    threads: int,
    block_px: int,
) -> None:
    """Decide the blocks in parallel and write them in order, no more of them ahead than there are threads."""
    windows = list(aligned_blocks(work.grid, work.tiles, block_px))
    reporter.progress(STAGE, 0, len(windows))
    with ThreadPoolExecutor(threads, "composite") as pool:
        running: deque[tuple[Window, Future[CutBlock]]] = deque()
        upcoming = iter(windows)
        try:
            for number in range(len(windows)):
                while len(running) <= threads and (window := next(upcoming, None)) is not None:
                    running.append((window, pool.submit(work.block, window)))
                window, future = running.popleft()
                block = future.result()
                landcover.write(block.layers[:1], window=window)
                quality.write(block.layers[1:], window=window)
                count.add(block)
                reporter.progress(STAGE, number + 1, len(windows))
        finally:
            for _, future in running:
                future.cancel()


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
