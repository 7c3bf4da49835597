"""More points for a sample, drawn in its own strata from pixels that are not points yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..areas.zones import Zone
from ..core.agreement import Label
from ..core.errors import SampleInvalid, SampleOfAnotherMap
from ..core.messages import message
from ..core.protocol import Reporter
from ..core.sample_keys import CLASSES, CLASSES_BY_ZONES, RASTER, ZONES
from ..core.sample_schema import IMPORTED, SETTLED, SIMPLE, SYSTEMATIC
from ..geo.region import Region
from ..raster.digest import raster_digest
from .draw import DrawnPixels, draw_pixels
from .frame import Frame, count_cells, open_frame
from .sample_design import SampleDesign
from .sample_file import SamplePoints
from .strata import StrataPlan, plan_strata


def extend_sample(
    map_path: Path,
    design: SampleDesign,
    points: SamplePoints,
    labels: Sequence[Label],
    more: NDArray[np.int64],
    *,
    region: Region | None = None,
    zones: Sequence[Zone] = (),
    strata_path: Path | None = None,
    reporter: Reporter | None = None,
) -> tuple[SampleDesign, SamplePoints, tuple[Label, ...]]:
    """Draw more points in the strata of a sample.

    Parameters
    ----------
    map_path : the map from which the sample was drawn.
    design, points, labels : of the sample.
    more : `(stratum,)` new points in the order of the design; where a stratum has fewer pixels left, all of them.
    region, zones, strata_path : as at the first draw.
    reporter : receives the progress of the stage "sample".

    Returns
    -------
    Facts, points and labels with the new ones behind the old ones; each interpreter gets an empty label for each new
    point. Within a stratum every pixel has had the same chance.

    Raises
    ------
    SampleInvalid : for a sample that cannot be extended, or where region, zones or strata are not those of the draw.
    SampleOfAnotherMap : where it was drawn from another map.
    RasterInvalid, RegionInvalid : where a raster cannot be read, or region or zones lie outside the map.

    """
    check_can_be_extended(design)
    seed = design.seed + len(points)
    with open_frame(map_path, region, zones, strata_path) as frame:
        if raster_digest(frame.raster.source) != design.map_digest:
            raise SampleOfAnotherMap(
                message("The sample was not drawn from the map {map}.", map=map_path.name),
                message("It was drawn from {map_name}.", map_name=design.map_name),
            )
        plan = _same_plan(frame, design, map_path.name, reporter)
        drawn = _draw_new(frame, plan, points, np.asarray(more, np.int64), seed, reporter)
        x, y = drawn.centres(frame.grid)
    joined = SamplePoints(
        np.concatenate([points.x, x]),
        np.concatenate([points.y, y]),
        np.concatenate([points.stratum, drawn.stratum]),
        np.concatenate([points.zone, drawn.zone]),
        np.concatenate([points.map_class, drawn.map_class]),
    )
    counts = np.bincount(joined.stratum, minlength=len(design.strata)).tolist()
    note = message(
        "{count} points were added to {first} with the seed {seed}.", count=len(x), first=len(points), seed=seed
    )
    extended = replace(
        design,
        strata=tuple(replace(part, points=count) for part, count in zip(design.strata, counts, strict=True)),
        notes=(*design.notes, note),
    )
    interpreters = sorted({*design.interpreters, *(label.interpreter for label in labels)} - {SETTLED})
    numbers = range(len(points) + 1, len(joined) + 1)
    return extended, joined, (*labels, *(Label(number, name) for name in interpreters for number in numbers))


def check_can_be_extended(design: SampleDesign) -> None:
    """Refuse samples to which points cannot be added by chance.

    Raises
    ------
    SampleInvalid : for points that were not drawn by chance, on a grid, or at a minimum distance.

    """
    reason = ""
    if design.method == IMPORTED:
        reason = message("Its points were not drawn by chance.")
    elif design.method == SYSTEMATIC:
        reason = message("Its points lie on a regular grid.")
    elif design.min_distance_m:
        reason = message("Its points keep a minimum distance, so that pixels near them must not be drawn.")
    if reason:
        raise SampleInvalid("The sample cannot be extended.", reason, "Draw a new, larger sample.")


def _same_plan(frame: Frame, design: SampleDesign, map_name: str, reporter: Reporter | None) -> StrataPlan:
    """The strata of the frame, which must be those of the design."""
    cells, legend = count_cells(frame, reporter), frame.raster.legend
    plan = plan_strata(cells, _strata_kind(design), design.kind, frame.zone_names, map_name, legend=legend)
    found = [(part.map_class, part.zone, part.pixels) for part in plan.strata]
    if found != [(part.map_class, part.zone, part.pixels) for part in design.strata]:
        raise SampleInvalid(
            "The strata are not those of the first draw.",
            "Their pixels have other numbers: region, zones or raster of strata are not the same.",
            "Give region, zones and raster of strata as at the first draw.",
        )
    return plan


def _strata_kind(design: SampleDesign) -> str:
    if design.method == SIMPLE:
        return ""
    first = design.strata[0]
    if first.zone is not None:
        return ZONES if first.map_class is None else CLASSES_BY_ZONES
    return CLASSES if first.map_class is not None or design.kind != "landcover" else RASTER


def _draw_new(
    frame: Frame,
    plan: StrataPlan,
    points: SamplePoints,
    more: NDArray[np.int64],
    seed: int,
    reporter: Reporter | None,
) -> DrawnPixels:
    """New pixels of each stratum. As many as are points already are drawn besides, so that enough others are left."""
    old = np.bincount(points.stratum, minlength=len(more))
    wished = np.where(more > 0, np.minimum(more + old, plan.pixels), 0)
    drawn = draw_pixels(frame, plan.index_of, plan.pixels, wished, np.random.default_rng(seed), reporter)
    grid = frame.grid
    column = np.floor((points.x - grid.left) / grid.resolution).astype(np.int64)
    row = np.floor((grid.top - points.y) / grid.resolution).astype(np.int64)
    is_new = ~np.isin(drawn.row * grid.width + drawn.column, row * grid.width + column)
    fresh = drawn.take(np.flatnonzero(is_new))
    rank = np.zeros(len(fresh.row), np.int64)
    for stratum in np.unique(fresh.stratum).tolist():
        inside = fresh.stratum == stratum
        rank[inside] = np.arange(np.count_nonzero(inside))
    return fresh.take(np.flatnonzero(rank < more[fresh.stratum]))
