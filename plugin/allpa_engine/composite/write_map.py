"""The files of a map, written from its blocks: plain rasters first, smoothed where asked for, then COGs with styles."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import rasterio

from ..core.atomic import atomic_write, check_free_space, temporary_file
from ..core.products import LANDCOVER, QUALITY, RasterMetadata
from ..core.protocol import Reporter
from ..geo.region import Region
from ..raster.cog import create_geotiff, write_cog
from ..raster.styles import write_styles
from .blocks import BlockSource, write_blocks
from .plan import CompositePlan
from .rule import CompositeRule
from .smoothing import smooth_raster
from .summary import CompositeCounter

BLOCK_PX = 512
STAGE = "composite"
VOTING_PERCENT = 70
"""Usual share of the voting in the time without smoothing; only the progress bar depends on it."""
_CACHE_BYTES = 128 << 20
"""Of GDAL's block cache, which otherwise grows to a twentieth of the machine's memory while the files stay open."""
_BYTES_PER_PX = 12
"""Disk space per pixel of the tiles: eight bytes of plain layers with overviews, and their compressed copies. Blocks of
no data are not stored."""
_PLAIN_BYTES_PER_PX = 2
"""The same for the plain map beside an annual decision."""


@dataclass(frozen=True)
class MapFiles:
    """The files of a map; they appear whole or not at all."""

    landcover: Path
    quality: Path
    plain: Path | None = None
    """The map by the votes alone, where a decision follows them."""


def write_map(
    open_blocks: Callable[[ExitStack], BlockSource],
    plan: CompositePlan,
    rule: CompositeRule,
    facts: RasterMetadata,
    files: MapFiles,
    counter: CompositeCounter,
    *,
    decision_hash: str,
    reporter: Reporter,
    language: str,
    threads: int,
    block_px: int = BLOCK_PX,
) -> None:
    """Decide the blocks of a map and write its files.

    Parameters
    ----------
    open_blocks : gives what decides the blocks; what it opens in the stack is closed when all are written.
    plan : grid of the map, and the tiles near which it has pixels.
    rule : its smoothing is done here, over all blocks.
    facts : for the tags of the rasters.
    files : to write.
    counter : sums up the blocks.
    decision_hash : SHA-256 of the model of the annual decision, for the tags; empty where it is off.
    reporter : gets the progress in shares of the stage.
    language : of the class names beside the rasters.
    threads : 0 takes the number of processors.
    block_px : side of the blocks; the map does not depend on it.

    Raises
    ------
    DiskFull, FolderNotWritable

    """
    landcover, quality, plain = files.landcover, files.quality, files.plain
    bytes_per_px = _BYTES_PER_PX + (0 if plain is None else _PLAIN_BYTES_PER_PX)
    check_free_space(landcover.parent, bytes_per_px * plan.count_pixels_near_tiles(BLOCK_PX))
    report_voting, report_smoothing, report_map, report_quality = _part_reporters(reporter, rule)
    with ExitStack() as stack:
        stack.enter_context(rasterio.Env(GDAL_CACHEMAX=_CACHE_BYTES))
        maps = [(landcover, _decided_facts(facts, decision_hash)), *([] if plain is None else [(plain, facts)])]
        voted = [stack.enter_context(temporary_file(path)) for path, _ in maps]
        layers = stack.enter_context(temporary_file(quality))
        with ExitStack() as rasters:
            targets = [
                rasters.enter_context(create_geotiff(path, plan.grid, LANDCOVER, map_facts))
                for path, (_, map_facts) in zip(voted, maps, strict=True)
            ]
            voted_quality = rasters.enter_context(create_geotiff(layers, plan.grid, QUALITY, facts))
            blocks = open_blocks(rasters)
            plain_target = None if plain is None else targets[1]
            write_blocks(blocks, targets[0], voted_quality, plain_target, counter, report_voting, threads, block_px)
        for path, (target, map_facts), reports in zip(voted, maps, (True, False), strict=False):
            progress = (report_smoothing, report_map) if reports else (_ignore, _ignore)
            _finish_map(stack, path, target, plan, map_facts, rule.smoothing_px, threads, progress)
        write_cog(layers, stack.enter_context(atomic_write(quality)), QUALITY, report_quality)
    if plain is not None:
        write_styles(plain, None, language, rule.legend)
    write_styles(landcover, quality, language, rule.legend)


def map_facts(
    region: Region | None, days: Sequence[str], model_hashes: Collection[str], rule: CompositeRule
) -> RasterMetadata:
    """The facts of a map for its tags.

    Parameters
    ----------
    region : its name; None where all that was predicted is mapped.
    days : of every scene that could vote, ISO 8601.
    model_hashes : SHA-256 of the models that classified them.
    rule : of the votes.

    """
    in_order = sorted(set(days))
    return RasterMetadata(
        region.name if region else "",
        in_order[0],
        in_order[-1],
        len(days),
        tuple(sorted(model_hashes)),
        rule.to_tags(),
        rule.legend,
    )


def _finish_map(
    files: ExitStack,
    voted: Path,
    target: Path,
    plan: CompositePlan,
    facts: RasterMetadata,
    smoothing_px: int,
    threads: int,
    progress: tuple[Callable[[float], None], Callable[[float], None]],
) -> None:
    """Smooth a plain map where that is asked for, and write it as a COG that appears when `files` closes."""
    finished = voted
    if smoothing_px > 1:
        finished = files.enter_context(temporary_file(target))
        with create_geotiff(finished, plan.grid, LANDCOVER, facts) as smooth_map:
            smooth_raster(
                voted,
                smooth_map,
                smoothing_px,
                cloud_code=facts.legend.cloud_code,
                threads=threads,
                progress=progress[0],
            )
    write_cog(finished, files.enter_context(atomic_write(target)), LANDCOVER, progress[1])


def _ignore(_: float) -> None:
    """Progress of the second map, which is as long as that of the first and is not reported."""


def _decided_facts(facts: RasterMetadata, decision_hash: str) -> RasterMetadata:
    """The facts of the map, with the hash of the model that decided on it after the votes."""
    return replace(facts, rule={**facts.rule, "ANNUAL_DECISION": decision_hash}) if decision_hash else facts


def _part_reporters(reporter: Reporter, rule: CompositeRule) -> list[Callable[[float], None]]:
    """A listener for each part of the stage (vote, smooth, write two files), called with the share that is done."""

    def part(before: float, share: float) -> Callable[[float], None]:
        return lambda done: reporter.progress(STAGE, round(before + done * share, 2), total)

    shares = VOTING_PERCENT, 20 if rule.smoothing_px > 1 else 0, 5, 25
    total = sum(shares)
    return [part(sum(shares[:number]), share) for number, share in enumerate(shares)]
