"""Compose: from the predictions of all the scenes to the annual map and its quality raster, block by block."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import rasterio

from ..core.atomic import atomic_write, check_free_space, temporary_file
from ..core.errors import JobInvalid, LegendInvalid, LegendsDiffer, RasterInvalid
from ..core.legend import BUNDLED_LEGEND, Legend
from ..core.messages import message, translatable
from ..core.products import LANDCOVER, QUALITY, RasterMetadata
from ..core.protocol import NullReporter, Reporter
from ..core.scene import Prediction
from ..geo.region import Region
from ..raster.cog import create_geotiff, write_cog
from ..raster.styles import write_styles
from .blocks import BlockComposer, write_blocks
from .decision_model import DecisionModel
from .plan import CompositePlan, plan_composite
from .rule import CompositeRule
from .smoothing import smooth_raster
from .sources import DatasetPool
from .summary import CompositeCounter, CompositeSummary
from .terrain import ElevationRaster

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


def compose(
    predictions: Sequence[Prediction],
    region: Region | None,
    rule: CompositeRule,
    *,
    landcover: Path,
    quality: Path,
    plain: Path | None = None,
    decision: DecisionModel | None = None,
    crs: str = "",
    elevation: Path | None = None,
    reporter: Reporter | None = None,
    language: str = "en",
    threads: int = 0,
    block_px: int = BLOCK_PX,
) -> CompositeSummary:
    """Merge predictions to a map of one class per pixel and a raster of its quality layers: COGs with styles beside.

    Parameters
    ----------
    predictions : of any dates and tiles; those of other months than the rule's are ignored.
    region : cut exactly at its border by pixel centres; None maps all that the predictions cover.
    rule : the class-weighted mode's options.
    landcover, quality : files to write; they appear whole or not at all. The quality layers are those of the votes.
    plain : file of the map by the votes alone, needed with `decision`.
    decision : decides by the year what the votes leave confused; None leaves the map as voted.
    crs : of the map, projected and in metres; empty takes the UTM zone of the region's centre, without a region the
        zone of most predictions.
    elevation : raster of elevation in metres, in any CRS, for the guard `slope`; None where none is known.
    reporter : gets the progress in shares of the stage.
    language : of the class names beside the rasters, `en` or `es`.
    threads : 0 takes the number of processors.
    block_px : side of the blocks; the map does not depend on it.

    Returns
    -------
    The scenes that could vote, and the pixels of the map by code.

    Raises
    ------
    RasterInvalid : where there are no predictions of the season, or one is damaged.
    RegionInvalid : where the predictions do not overlap the region.
    JobInvalid : for a rule or CRS that cannot be used.
    DiskFull, FolderNotWritable

    """
    rule = rule.for_legend(common_legend(predictions)).validate()
    _check_decision(decision, plain, rule.legend)
    listener = reporter or NullReporter()
    plan = plan_composite(predictions, region, rule, crs, listener)
    bytes_per_px = _BYTES_PER_PX + (0 if plain is None else _PLAIN_BYTES_PER_PX)
    check_free_space(landcover.parent, bytes_per_px * plan.count_pixels_near_tiles(BLOCK_PX))
    counter = CompositeCounter(tuple(tile.name for tile in plan.tiles))
    _warn_without_year(plan, decision, listener)
    facts = _raster_facts(plan, rule, region)
    report_voting, report_smoothing, report_map, report_quality = _part_reporters(listener, rule)
    with ExitStack() as stack:
        stack.enter_context(rasterio.Env(GDAL_CACHEMAX=_CACHE_BYTES))
        maps = [(landcover, _decided_facts(facts, decision)), *([] if plain is None else [(plain, facts)])]
        voted = [stack.enter_context(temporary_file(path)) for path, _ in maps]
        layers = stack.enter_context(temporary_file(quality))
        with DatasetPool() as files, ExitStack() as rasters:
            targets = [
                rasters.enter_context(create_geotiff(path, plan.grid, LANDCOVER, map_facts))
                for path, (_, map_facts) in zip(voted, maps, strict=True)
            ]
            voted_quality = rasters.enter_context(create_geotiff(layers, plan.grid, QUALITY, facts))
            heights = None if elevation is None else stack.enter_context(ElevationRaster(elevation))
            blocks = BlockComposer(plan, rule, files, heights, decision)
            plain_target = None if plain is None else targets[1]
            write_blocks(blocks, targets[0], voted_quality, plain_target, counter, report_voting, threads, block_px)
        for path, (target, map_facts), reports in zip(voted, maps, (True, False), strict=False):
            progress = (report_smoothing, report_map) if reports else (_ignore, _ignore)
            _finish_map(stack, path, target, plan, map_facts, rule.smoothing_px, threads, progress)
        write_cog(layers, stack.enter_context(atomic_write(quality)), QUALITY, report_quality)
    if plain is not None:
        write_styles(plain, None, language, rule.legend)
    write_styles(landcover, quality, language, rule.legend)
    return counter.summary(plan.grid, [source.prediction for source in plan.sources], rule, landcover, decision)


def _check_decision(decision: DecisionModel | None, plain: Path | None, legend: Legend) -> None:
    if (decision is None) != (plain is None):
        raise ValueError("The annual decision and the plain map belong together.")
    if decision is not None:
        check_decision_legend(legend)


def check_decision_legend(legend: Legend) -> None:
    """Refuse the annual decision for other classes than those that its model learnt from.

    Raises
    ------
    JobInvalid : where the legend is not the bundled one.

    """
    if not legend.is_bundled:
        raise JobInvalid(
            translatable("The annual decision knows the classes of the bundled model only."),
            translatable("The model has a legend of its own."),
            translatable("Turn the annual decision off."),
        )


def common_legend(predictions: Sequence[Prediction]) -> Legend:
    """The one legend of some predictions; the bundled one where there are none.

    Raises
    ------
    LegendsDiffer : where they have different ones.
    RasterInvalid : where the legend of one cannot be read.

    """
    first: Prediction | None = None
    for prediction in predictions:
        try:
            legend = prediction.legend
        except LegendInvalid as error:
            raise RasterInvalid(
                message("The legend of the prediction {name} cannot be read.", name=prediction.path.name), str(error)
            ) from error
        if first is not None and legend != first.legend:
            raise LegendsDiffer(
                message(
                    "The predictions {first} and {second} have different classes.",
                    first=first.path.name,
                    second=prediction.path.name,
                ),
                next_step=translatable("Keep the predictions of one model in a folder."),
            )
        first = first or prediction
    return BUNDLED_LEGEND if first is None else first.legend


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


def _decided_facts(facts: RasterMetadata, decision: DecisionModel | None) -> RasterMetadata:
    """The facts of the map, with the hash of the model that decided on it after the votes."""
    return facts if decision is None else replace(facts, rule={**facts.rule, "ANNUAL_DECISION": decision.sha256})


def _part_reporters(reporter: Reporter, rule: CompositeRule) -> list[Callable[[float], None]]:
    """A listener for each part of the stage (vote, smooth, write two files), called with the share that is done."""

    def part(before: float, share: float) -> Callable[[float], None]:
        return lambda done: reporter.progress(STAGE, round(before + done * share, 2), total)

    shares = VOTING_PERCENT, 20 if rule.smoothing_px > 1 else 0, 5, 25
    total = sum(shares)
    return [part(sum(shares[:number]), share) for number, share in enumerate(shares)]


def _warn_without_year(plan: CompositePlan, decision: DecisionModel | None, reporter: Reporter) -> None:
    without = sum(not source.has_year_bands for source in plan.sources)
    if decision is not None and without:
        reporter.log(
            f"{without} of {len(plan.sources)} predictions were written by an earlier version and hold no vegetation "
            "indices; the annual decision does not use them.",
            "warning",
        )


def _raster_facts(plan: CompositePlan, rule: CompositeRule, region: Region | None) -> RasterMetadata:
    days = sorted({source.prediction.date for source in plan.sources})
    return RasterMetadata(
        region.name if region else "",
        days[0],
        days[-1],
        len(plan.sources),
        tuple(sorted({source.prediction.model_hash for source in plan.sources})),
        rule.to_tags(),
        rule.legend,
    )
