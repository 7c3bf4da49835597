"""The design of a sample: frame, strata, size, allocation and draw, joined to points and the facts about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .. import __version__
from ..areas.zones import Zone
from ..core.errors import SampleInvalid
from ..core.legend import BUNDLED_LEGEND, Legend
from ..core.messages import message, translatable
from ..core.protocol import NullReporter, Reporter
from ..core.sample_keys import (
    ACCURACY,
    CLASSES,
    CLASSES_BY_ZONES,
    EQUAL,
    MAX_POINTS,
    MINIMUM,
    OTHER,
    PROPORTIONAL,
    RASTER,
    ZONES,
)
from ..core.sample_schema import FIRST_INTERPRETER, LANDCOVER, STRATIFIED, SYSTEMATIC
from ..geo.region import Region
from ..raster.digest import raster_digest
from .allocation import (
    MIN_POINTS,
    allocate_equal,
    allocate_minimum,
    allocate_optimal,
    allocate_proportional,
    size_for_standard_error,
)
from .draw import DrawnPixels, candidate_counts, draw_pixels, draw_systematic, keep_distance
from .frame import Frame, count_cells, half_of, open_frame
from .sample_design import SampleDesign, Stratum
from .sample_file import SamplePoints
from .strata import PlannedStratum, StrataPlan, plan_strata

DEFAULT_ACCURACY = 0.75
"""User's accuracy that is expected where nothing is given."""


@dataclass(frozen=True)
class DesignOptions:
    """How a sample is to be drawn."""

    method: str = STRATIFIED
    """`simple`, `stratified` or `systematic`."""
    strata: str = CLASSES
    """Of a stratified sample, one of `sample_keys.STRATA`."""
    kind: str = LANDCOVER
    """`landcover`, or `change` for a raster of change."""
    size: int = 0
    """Points; 0 takes as many as the standard error needs."""
    standard_error: float = 0.01
    """Of the overall accuracy, wished."""
    expected: Mapping[str, float] = field(default_factory=dict)
    """User's accuracies that are expected, 0 to 1, by class code or name of the stratum; `other` for all others."""
    allocation: str = MINIMUM
    minimum: int = 50
    """Points that `minimum` gives each stratum at least."""
    optimal_class: int = 0
    """Class for which `optimal` allocates; 0 for the overall accuracy."""
    optimal_goal: str = ACCURACY
    """`area` or `accuracy` of that class."""
    min_distance_m: float = 0.0
    seed: int = 1
    interpreters: tuple[str, ...] = (FIRST_INTERPRETER,)


def design_sample(
    map_path: Path,
    options: DesignOptions,
    region: Region | None = None,
    zones: Sequence[Zone] = (),
    strata_path: Path | None = None,
    language: str = "en",
    reporter: Reporter | None = None,
) -> tuple[SampleDesign, SamplePoints]:
    """Count the strata of a map exactly and draw points from them.

    Parameters
    ----------
    map_path : the map that will be assessed.
    options : how it is drawn.
    region : part of the map; None samples all of it.
    zones : polygons; points carry the name of their zone, and strata may be zones.
    strata_path : raster of strata on the grid of the map, for strata of the kind `raster`.
    language : of the strata's names.
    reporter : receives the progress of the stage "sample".

    Returns
    -------
    The facts of the draw, and its points in random order.

    Raises
    ------
    RasterInvalid : where a raster cannot be read, has codes that are not in the legend, or is on another grid.
    RegionInvalid : where region or zones lie outside the map.
    SampleInvalid : where there is nothing to draw, or less than is wished.

    """
    used_raster = strata_path if options.method == STRATIFIED and options.strata == RASTER else None
    with open_frame(map_path, region, zones, used_raster) as frame:
        cells = count_cells(frame, half_of(reporter, 0))
        by = options.strata if options.method == STRATIFIED else ""
        plan = plan_strata(cells, by, options.kind, frame.zone_names, map_path.name, language, frame.raster.legend)
        points = allocate(plan, options, frame.raster.legend)
        drawn, notes = _draw(frame, plan, points, options, reporter)
        digest = raster_digest(frame.raster.source)
        x, y = drawn.centres(frame.grid)
        counts = np.bincount(drawn.stratum, minlength=len(plan.strata))
        strata = tuple(
            Stratum(part.name, part.map_class, part.zone, part.pixels, part.area_ha, int(count))
            for part, count in zip(plan.strata, counts)
        )
        design = SampleDesign(
            map_digest=digest,
            map_name=map_path.name,
            kind=options.kind,
            crs=frame.grid.crs,
            method=options.method,
            strata=strata,
            zones=frame.zone_names,
            map_counts=plan.map_counts,
            seed=options.seed,
            min_distance_m=options.min_distance_m,
            interpreters=options.interpreters,
            notes=(*frame.notes, *_size_notes(strata, options.size), *notes),
            created=datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            allpa_version=__version__,
            legend=frame.raster.legend,
        )
    return design, SamplePoints(x, y, drawn.stratum, drawn.zone, drawn.map_class)


def _draw(
    frame: Frame, plan: StrataPlan, points: NDArray[np.int64], options: DesignOptions, reporter: Reporter | None
) -> tuple[DrawnPixels, tuple[str, ...]]:
    random = np.random.default_rng(options.seed)
    listener = half_of(reporter, 1) or NullReporter()
    if options.method == SYSTEMATIC:
        drawn = draw_systematic(frame, plan.index_of, int(plan.pixels[0]), int(points[0]), random, listener)
        if len(drawn.row) < MIN_POINTS:
            raise SampleInvalid(
                message("Only {count} points of the systematic sample fall on the map.", count=len(drawn.row)),
                next_step="Take more points, or a random sample.",
            )
        return drawn, (_SYSTEMATIC_NOTE,)
    if not options.min_distance_m:
        return draw_pixels(frame, plan.index_of, plan.pixels, points, random, listener), ()
    candidates = candidate_counts(plan.pixels, points)
    drawn = draw_pixels(frame, plan.index_of, plan.pixels, candidates, random, listener)
    kept = keep_distance(drawn, points, frame.grid, options.min_distance_m)
    return kept, (_DISTANCE_NOTE, *_shortages(plan, points, kept, options))


_SYSTEMATIC_NOTE = translatable(
    "A systematic sample is estimated like a simple random one: intervals are usually a little too wide, and wrong "
    "where the land has a pattern of the spacing of the points."
)
_DISTANCE_NOTE = translatable(
    "Points keep a minimum distance: pixels of small patches and near borders of strata were drawn a little less "
    "often than others, and intervals do not take this into account."
)


def _shortages(plan: StrataPlan, points: NDArray[np.int64], kept: DrawnPixels, options: DesignOptions) -> list[str]:
    found = np.bincount(kept.stratum, minlength=len(points))
    if int(found.sum()) < MIN_POINTS:
        raise SampleInvalid(
            "The minimum distance leaves less than two points.",
            message("It is {min_distance_m:g} m.", min_distance_m=options.min_distance_m),
            "Take a smaller minimum distance.",
        )
    return [
        message(
            "The minimum distance of {distance} m leaves {found} of {wished} points in the stratum {name}.",
            distance=f"{options.min_distance_m:g}",
            found=int(found[index]),
            wished=int(points[index]),
            name=plan.strata[index].name,
        )
        for index in np.flatnonzero(found < points).tolist()
    ]


def _size_notes(strata: Sequence[Stratum], wished: int) -> list[str]:
    notes: list[str] = [
        message("All {count} pixels of the stratum {name} are points.", count=stratum.pixels, name=stratum.name)
        for stratum in strata
        if stratum.points == stratum.pixels
    ]
    notes += [
        message(
            "The stratum {name} has {count} points: it gives no standard error.",
            name=stratum.name,
            count=stratum.points,
        )
        for stratum in strata
        if stratum.points < MIN_POINTS and stratum.points < stratum.pixels
    ]
    drawn = sum(stratum.points for stratum in strata)
    if 0 < wished < drawn and len(strata) > 1:
        notes.append(
            message(
                "{drawn:,} points are drawn instead of the {wished:,} that were wished, for the least number of points "
                "in each of {count} strata.",
                drawn=drawn,
                wished=wished,
                count=len(strata),
            )
        )
    return notes


def allocate(plan: StrataPlan, options: DesignOptions, legend: Legend = BUNDLED_LEGEND) -> NDArray[np.int64]:
    """Points of each stratum of a plan.

    Parameters
    ----------
    plan : strata with their pixels.
    options : size or standard error, and the rule of allocation.
    legend : the classes of the map.

    Returns
    -------
    `(strata,)`, at most the pixels of each.

    Raises
    ------
    SampleInvalid : where there are fewer pixels than points, fewer points than two per stratum, more points than
        `MAX_POINTS`, or no stratum of the class that is to be optimal.

    """
    pixels = plan.pixels
    _refuse_unknown_names(plan, options, legend)
    expected = _expected(plan, options)
    size = options.size or max(
        MIN_POINTS * len(pixels), size_for_standard_error(pixels, expected, options.standard_error)
    )
    if size > int(pixels.sum()):
        raise SampleInvalid(
            message(
                "{size:,} points are wished, but the map has only {available:,} pixels to draw from.",
                size=size,
                available=int(pixels.sum()),
            ),
            next_step="Take fewer points, or a larger standard error.",
        )
    if size > MAX_POINTS:
        raise SampleInvalid(
            message(
                "{size:,} points are needed, but at most {max_points:,} are drawn.", size=size, max_points=MAX_POINTS
            ),
            message("The wished standard error is {standard_error:g}.", standard_error=options.standard_error),
            next_step="Take a larger standard error.",
        )
    least = int(np.minimum(MIN_POINTS, pixels).sum())
    if size < least:
        raise SampleInvalid(
            message("{size} points are too few for {count} strata.", size=size, count=len(pixels)),
            "Each needs two at least, for its standard error.",
            "Take more points, or fewer strata.",
        )
    if len(pixels) == 1 or options.allocation == PROPORTIONAL:
        return allocate_proportional(size, pixels)
    if options.allocation == EQUAL:
        return allocate_equal(size, pixels)
    if options.allocation == MINIMUM:
        return allocate_minimum(size, pixels, options.minimum)
    return allocate_optimal(size, pixels, expected, _strata_of_class(plan, options), options.optimal_goal)


def _refuse_unknown_names(plan: StrataPlan, options: DesignOptions, legend: Legend) -> None:
    """A name that is no stratum would be ignored, and the guess for all others taken in its place."""
    strata = [part.name for part in plan.strata] if options.method == STRATIFIED else []
    codes = {str(count.map_class) for count in plan.map_counts} | {str(land_class.code) for land_class in legend}
    unknown = [name for name in options.expected if name not in {OTHER, *strata, *codes}]
    if unknown:
        raise SampleInvalid(
            message("Accuracies are expected of what is no stratum: {names}.", names=", ".join(unknown[:5])),
            message("The strata are {names}.", names=", ".join(strata[:20]))
            if strata
            else "Without strata, classes have their codes.",
            "Write codes of classes, names of strata, or 'other', e.g. 2=0.9; other=0.75.",
        )


def _expected(plan: StrataPlan, options: DesignOptions) -> NDArray[np.float64]:
    """The user's accuracy that is expected in each stratum; of the whole map, the mean by the area of its classes."""
    other = options.expected.get(OTHER, DEFAULT_ACCURACY)

    def of_class(code: int | None, name: str) -> float:
        return options.expected.get(name, options.expected.get(str(code), other))

    if options.method == STRATIFIED:
        return np.array([of_class(part.map_class, part.name) for part in plan.strata], np.float64)
    counts = np.array([count.pixels for count in plan.map_counts], np.float64)
    by_class = np.array([of_class(count.map_class, "") for count in plan.map_counts], np.float64)
    return np.array([float((counts * by_class).sum() / counts.sum())])


def _strata_of_class(plan: StrataPlan, options: DesignOptions) -> NDArray[np.bool_] | None:
    if not options.optimal_class:
        return None
    of_class = np.array([part.map_class == options.optimal_class for part in plan.strata], bool)
    if not of_class.any():
        raise SampleInvalid(
            message(
                "No stratum is the class {optimal_class}, for which the allocation shall be optimal.",
                optimal_class=options.optimal_class,
            ),
            "The map does not have it, or the strata are not classes.",
            "Choose a class of the map, with strata of classes.",
        )
    return of_class


def needs_zones(options: DesignOptions) -> bool:
    """Whether the strata of a design are made of zones."""
    return options.method == STRATIFIED and options.strata in (ZONES, CLASSES_BY_ZONES)


def expected_standard_error(design: SampleDesign, options: DesignOptions) -> float | None:
    """The standard error of the overall accuracy that a drawn sample would have with the expected accuracies.

    Parameters
    ----------
    design : with the points that were drawn.
    options : with the accuracies that are expected.

    Returns
    -------
    By the variance of Olofsson et al. (2014), equation 5, with n in place of n - 1, as their equation 13 takes it;
    None where a stratum has no point.

    """
    if any(stratum.points == 0 for stratum in design.strata):
        return None
    planned = tuple(
        PlannedStratum(part.name, part.map_class, part.zone, part.pixels, part.area_ha) for part in design.strata
    )
    expected = _expected(StrataPlan(planned, {}, design.map_counts), options)
    pixels = np.array([stratum.pixels for stratum in design.strata], np.float64)
    points = np.array([stratum.points for stratum in design.strata], np.float64)
    share = pixels / pixels.sum()
    variance = (share**2 * expected * (1 - expected) * (1 / points - 1 / pixels)).sum()
    return round(float(np.sqrt(variance)), 6)
