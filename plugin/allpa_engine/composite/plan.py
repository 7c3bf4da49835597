"""Before the work: which predictions vote, on which grid the map lies, and which tiles give it its pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from shapely.geometry import box
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from ..core.errors import JobInvalid, RasterInvalid, RegionInvalid
from ..core.messages import message
from ..core.protocol import Reporter
from ..core.scene import Prediction
from ..geo.grid import RESOLUTION_M, Grid, grid_covering
from ..geo.map_crs import WEB_MERCATOR, check_map_crs
from ..geo.region import Region
from .rule import CompositeRule
from .sources import PredictionSource, Tile, group_by_tile, most_common_crs, read_source
from .votes import MAX_OBSERVATIONS


@dataclass(frozen=True)
class CompositePlan:
    """The sources of a composite, and its grid."""

    sources: tuple[PredictionSource, ...]
    """The predictions of the rule's months."""
    grid: Grid
    """Of the map."""
    border: BaseGeometry | None
    """Of the region, in the map's CRS; None takes all that the predictions cover."""
    tiles: tuple[Tile, ...]
    """The predictions by tile, in the order of the tiles' names."""

    def count_pixels_near_tiles(self, margin_px: int) -> int:
        """Pixels of the grid within the bounds of any tile's predictions and `margin_px` around them."""
        tiles = unary_union([tile.footprint.buffer(margin_px * self.grid.resolution) for tile in self.tiles])
        return math.ceil(tiles.intersection(box(*self.grid.bounds)).area / self.grid.resolution**2)


def plan_composite(
    predictions: Sequence[Prediction],
    region: Region | None,
    rule: CompositeRule,
    crs: str,
    reporter: Reporter,
    *,
    cut_to_predictions: bool = False,
) -> CompositePlan:
    """Choose the sources of the map and its grid.

    Parameters
    ----------
    predictions : of any months; those out of the rule's months are left out.
    region : what is mapped; None takes all that the predictions cover.
    rule : gives the months, and whether the probabilities of all classes are needed.
    crs : of the map; empty takes the UTM zone of the region, without a region the CRS of most predictions.
    reporter : gets a warning for Web Mercator, whose pixels are not 10 m on the ground.
    cut_to_predictions : the map ends where the predictions end, not where the region does.

    Returns
    -------
    The sources by tile, the grid of 10 m pixels, and the border of the region.

    Raises
    ------
    RasterInvalid : where no prediction is of the chosen months, or one cannot be read or lacks what the rule needs.
    RegionInvalid : where the predictions do not overlap the region.
    JobInvalid : for a CRS that cannot be used, or more scenes of a tile than are allowed.

    """
    sources = _select_sources(predictions, rule)
    grid, border = _output_grid(sources, region, crs, reporter)
    tiles = _tiles_in_region(sources, grid, border)
    if cut_to_predictions and border is not None:
        seen = box(*unary_union([tile.footprint for tile in tiles]).bounds)
        grid = grid_covering(border.intersection(seen), grid.crs, RESOLUTION_M)
    return CompositePlan(tuple(sources), grid, border, tiles)


def _select_sources(predictions: Sequence[Prediction], rule: CompositeRule) -> list[PredictionSource]:
    sources = [read_source(item) for item in predictions if int(item.date[5:7]) in rule.months]
    if not sources:
        raise RasterInvalid(
            "No predictions fall in the chosen months.",
            message("{count} are from other months.", count=len(predictions)),
        )
    if rule.soft and not all(source.probability_bands for source in sources):
        raise RasterInvalid(
            "Soft voting needs all class probabilities, but the predictions contain the best class only.",
            next_step="Classify the scenes again with soft voting, or composite with hard voting.",
        )
    return sources


def _tiles_in_region(sources: Sequence[PredictionSource], grid: Grid, border: BaseGeometry | None) -> tuple[Tile, ...]:
    tiles = group_by_tile(sources, grid.crs)
    if not any(tile.footprint.intersects(border or box(*grid.bounds)) for tile in tiles):
        raise RegionInvalid("No prediction overlaps the region.", next_step="Choose predictions that cover it.")
    for tile in tiles:
        if len(tile.sources) > MAX_OBSERVATIONS:
            raise JobInvalid(
                message(
                    "Tile {tile} has {count} scenes, and at most {max_observations} are allowed.",
                    tile=tile.name,
                    count=len(tile.sources),
                    max_observations=MAX_OBSERVATIONS,
                ),
                next_step="Choose a shorter period.",
            )
    return tiles


def _output_grid(
    sources: Sequence[PredictionSource], region: Region | None, crs: str, reporter: Reporter
) -> tuple[Grid, BaseGeometry | None]:
    """The output's grid and the region's border in its CRS."""
    wanted = crs or (region.utm_crs if region else most_common_crs(sources))
    parsed = check_map_crs(wanted, region)
    if parsed.to_epsg() == WEB_MERCATOR:
        reporter.log(
            message("Web Mercator pixels are not 10 m on the ground; choose another CRS if areas matter."), "warning"
        )
    if region is not None:
        border = region.geometry_in_crs(wanted)
        return grid_covering(border, wanted, RESOLUTION_M), border
    extent = unary_union([tile.footprint for tile in group_by_tile(sources, wanted)])
    return grid_covering(extent, wanted, RESOLUTION_M), None
