"""Compose: from the predictions of all the scenes to the annual map and its quality raster, block by block."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from ..core.errors import JobInvalid, LegendInvalid, LegendsDiffer, RasterInvalid
from ..core.legend import BUNDLED_LEGEND, Legend
from ..core.messages import message, translatable
from ..core.protocol import NullReporter, Reporter
from ..core.scene import Prediction
from ..geo.region import Region
from .blocks import BlockComposer
from .decision_model import DecisionModel
from .plan import CompositePlan, plan_composite
from .rule import CompositeRule
from .sources import DatasetPool
from .summary import CompositeCounter, CompositeSummary
from .terrain import ElevationRaster
from .write_map import BLOCK_PX, MapFiles, map_facts, write_map


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
    cut_to_predictions: bool = False,
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
    cut_to_predictions : the rasters end where the predictions end, not where the region does.

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
    plan = plan_composite(predictions, region, rule, crs, listener, cut_to_predictions=cut_to_predictions)
    counter = CompositeCounter(tuple(tile.name for tile in plan.tiles))
    _warn_without_year(plan, decision, listener)
    predictions = [source.prediction for source in plan.sources]
    facts = map_facts(region, [item.date for item in predictions], {item.model_hash for item in predictions}, rule)
    write_map(
        lambda stack: _block_composer(stack, plan, rule, elevation, decision),
        plan,
        rule,
        facts,
        MapFiles(landcover, quality, plain),
        counter,
        decision_hash="" if decision is None else decision.sha256,
        reporter=listener,
        language=language,
        threads=threads,
        block_px=block_px,
    )
    days = [source.prediction.date for source in plan.sources]
    return counter.summary(plan.grid, days, rule, landcover, decision)


def _block_composer(
    stack: ExitStack,
    plan: CompositePlan,
    rule: CompositeRule,
    elevation: Path | None,
    decision: DecisionModel | None,
) -> BlockComposer:
    files = stack.enter_context(DatasetPool())
    heights = None if elevation is None else stack.enter_context(ElevationRaster(elevation))
    return BlockComposer(plan, rule, files, heights, decision)


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


def _warn_without_year(plan: CompositePlan, decision: DecisionModel | None, reporter: Reporter) -> None:
    without = sum(not source.has_year_bands for source in plan.sources)
    if decision is not None and without:
        reporter.log(
            message(
                "{without} of {count} predictions were written by an earlier version and hold no "
                "vegetation indices; the annual decision does not use them.",
                without=without,
                count=len(plan.sources),
            ),
            "warning",
        )
