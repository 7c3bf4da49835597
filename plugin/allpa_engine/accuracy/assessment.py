"""One region's assessment: from a labelled sample and its map to the estimates, in all and by zone."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..core.agreement import ALL, DISAGREED, SINGLE, Label, agreed_classes
from ..core.errors import SampleInvalid
from ..core.messages import Message, message, translatable
from ..core.sample_schema import SIMPLE, SYSTEMATIC
from .estimate import AccuracyEstimate, estimate_accuracy, post_stratify
from .labelled_sample import read_labelled_sample
from .sample import LabelledSample
from .sample_design import SampleDesign
from .sample_file import SamplePoints, read_design, read_labels, read_points

MIN_STRATUM_POINTS = 20
"""Strata with fewer labelled points are named: intervals are then less exact."""
NOT_BY_CHANCE = translatable(
    "The points were not drawn by chance: the figures describe these points, and the intervals do not hold for the map."
)


@dataclass(frozen=True)
class ZoneAccuracy:
    """The estimates for one zone of a sample."""

    name: str
    estimate: AccuracyEstimate


@dataclass(frozen=True)
class RegionAccuracy:
    """The assessment of one map by one sample."""

    name: str
    """Of the region; may be empty."""
    map_name: str
    """File name of the map."""
    sample_name: str
    """File name of the sample."""
    design: SampleDesign
    rule: str
    """How labels of several interpreters were joined, of `core.agreement.RULES`."""
    estimate: AccuracyEstimate
    zones: tuple[ZoneAccuracy, ...]
    """Zones with labelled points."""
    notes: tuple[Message, ...]
    """What a reader must know."""
    sample: LabelledSample
    """As it was read and held against the map, before any post-stratification."""


def assess(
    sample_path: str | os.PathLike[str],
    map_path: str | os.PathLike[str],
    *,
    name: str = "",
    rule: str = ALL,
    interpreter: str = "",
) -> RegionAccuracy:
    """Assess a map, or a change raster, by its labelled sample.

    Parameters
    ----------
    sample_path : GeoPackage of the sample.
    map_path : the raster from which it was drawn.
    name : of the region.
    rule, interpreter : how labels of several interpreters are joined (`core.agreement.agreed_classes`).

    Returns
    -------
    The estimates. A simple or systematic sample is post-stratified by the map's classes.

    Raises
    ------
    SampleOfAnotherMap : where the sample was drawn from another map.
    SampleInvalid : where the file is no sample, two points lie on one pixel, or no point has a reference class.
    RasterInvalid : where the map cannot be read.

    """
    design = read_design(sample_path)
    points = read_points(sample_path, design)
    _refuse_duplicates(points, Path(sample_path).name)
    sample = as_read = read_labelled_sample(sample_path, map_path, rule, interpreter)
    if not sample.reference_class.any():
        raise SampleInvalid(
            message("No point of {name} has a reference class.", name=Path(sample_path).name),
            "None is labelled, or the interpreters agree at none.",
            "Label the points first; where interpreters disagree, settle the class.",
        )
    sample = _with_known_strata(sample, design)
    labels = read_labels(sample_path, len(points), design.legend)
    return RegionAccuracy(
        name,
        Path(map_path).name,
        Path(sample_path).name,
        design,
        rule,
        estimate_accuracy(sample, mapped_ha=_mapped_ha(design)),
        tuple(_zones(sample, design)),
        (*_design_notes(design), *_label_notes(labels, rule, interpreter), *_few_points_notes(sample)),
        as_read,
    )


def _refuse_duplicates(points: SamplePoints, name: str) -> None:
    places = np.stack([points.x, points.y], axis=1)
    _, first, counts = np.unique(places, axis=0, return_index=True, return_counts=True)
    repeated = first[counts > 1]
    if repeated.size:
        index = int(repeated.min())
        same = np.flatnonzero((places == places[index]).all(axis=1)) + 1
        raise SampleInvalid(
            message(
                "Points of {name} lie on one pixel: {names}.",
                name=name,
                names=", ".join(str(number) for number in same[:5]),
            ),
            "A pixel must not count twice.",
            "Draw a new sample, or import the reference data again.",
        )


def _with_known_strata(sample: LabelledSample, design: SampleDesign) -> LabelledSample:
    """The sample as it was drawn, or post-stratified where it was drawn from the whole map."""
    if design.method not in (SIMPLE, SYSTEMATIC) or not design.map_counts:
        return sample
    codes = sorted({count.map_class for count in design.map_counts})
    pixels, area_ha = np.zeros(len(codes), np.int64), np.zeros(len(codes))
    for count in design.map_counts:
        pixels[codes.index(count.map_class)] += count.pixels
        area_ha[codes.index(count.map_class)] += count.area_ha
    return post_stratify(sample, tuple(codes), pixels, area_ha)


def _mapped_ha(design: SampleDesign, zone: str | None = None) -> dict[int, float] | None:
    """Area of each class on the map, in all or in a zone; None where the design does not hold it."""
    mapped: dict[int, float] = {}
    for count in design.map_counts:
        if zone is None or count.zone == zone:
            mapped[count.map_class] = mapped.get(count.map_class, 0.0) + count.area_ha
    return mapped or None


def _zones(sample: LabelledSample, design: SampleDesign) -> Iterable[ZoneAccuracy]:
    """The zones in which labelled points lie."""
    labelled = set(sample.zone[sample.reference_class > 0].tolist())
    for index, name in enumerate(sample.zone_names):
        if index in labelled:
            mapped = _mapped_ha(design, name)
            area_ha = sum(mapped.values()) if mapped else None
            yield ZoneAccuracy(name, _without_sample_notes(sample, index, area_ha, mapped))


def _without_sample_notes(
    sample: LabelledSample, zone: int, area_ha: float | None, mapped: dict[int, float] | None
) -> AccuracyEstimate:
    """A zone's estimates; what is said of the whole sample is not repeated."""
    found = estimate_accuracy(sample, zone=zone, area_ha=area_ha, mapped_ha=mapped)
    return replace(found, notes=found.notes[len(found.matrix.notes) :])


def _design_notes(design: SampleDesign) -> list[Message]:
    notes = [Message(note) for note in design.notes]
    if not design.is_probability_sample:
        notes.append(message(NOT_BY_CHANCE))
    if design.method == SYSTEMATIC:
        notes.append(
            message(
                "The points lie on a regular grid; standard errors are those of a random sample, which are as a rule "
                "larger than the true ones."
            )
        )
    return notes


def _label_notes(labels: Iterable[Label], rule: str, interpreter: str) -> list[Message]:
    """Points that are left out since interpreters disagree make a map look better than it is."""
    if rule == SINGLE:
        return []
    count = sum(point.state == DISAGREED for point in agreed_classes(labels, rule, interpreter))
    if not count:
        return []
    return [
        message(
            "Points on which the interpreters disagree, which are left out: {count}. They are the harder ones, so that "
            "the accuracy without them is too high; settle them.",
            count=count,
        )
    ]


def _few_points_notes(sample: LabelledSample) -> list[Message]:
    counts = np.bincount(sample.stratum[sample.reference_class > 0], minlength=len(sample.stratum_names))
    few = [
        (name, count)
        for name, count in zip(sample.stratum_names, counts.tolist(), strict=True)
        if 1 < count < MIN_STRATUM_POINTS
    ]
    if not few:
        return []
    # a text of its own for each name, so that names of classes are translated
    listed = ", ".join(f"{{name_{index}}} ({{count_{index}}})" for index in range(len(few)))
    values = {f"name_{index}": name for index, (name, _) in enumerate(few)}
    counted = {f"count_{index}": count for index, (_, count) in enumerate(few)}
    return [
        message(
            "Strata with fewer than {limit} labelled points, whose intervals are less exact: {names}.",
            limit=MIN_STRATUM_POINTS,
            names=message(listed, **values, **counted),
        )
    ]
