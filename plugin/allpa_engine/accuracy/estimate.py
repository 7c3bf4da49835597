"""Accuracy of a map and areas of its classes, estimated from a labelled sample, with standard errors and intervals.

The sample must be a probability sample; its strata may be the map's classes or any others. Kappa is not computed: it
corrects for an agreement by chance that does not exist on a map (Pontius & Millones 2011; Olofsson et al. 2014).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..core.legend import Legend
from ..core.messages import Message, message
from .class_names import class_text
from .intervals import (
    AREA_RULE,
    GROUP_RULE,
    OVERALL_RULE,
    PRODUCERS_RULE,
    USERS_RULE,
    IntervalRule,
    smoothed_intervals,
    wald_intervals,
    with_another_class,
)
from .matrix import ErrorMatrix, count_points
from .ratio import (
    AUTO,
    CellSums,
    Floats,
    area_cells,
    finite_population_factor,
    overall_cells,
    producer_cells,
    ratio_estimates,
    user_cells,
)
from .sample import LabelledSample


@dataclass(frozen=True)
class Estimate:
    """An estimate, its standard error and its 95 % intervals; NaN where the sample cannot give one."""

    value: float
    standard_error: float
    low: float
    """Lower bound of the 95 % interval (`intervals.smoothed_intervals`)."""
    high: float
    wald_low: float
    """Lower bound of the classical interval: estimate less 1.959964 standard errors."""
    wald_high: float

    @property
    def margin(self) -> float:
        """Half the width of the classical interval, as papers print it behind +-."""
        return (self.wald_high - self.wald_low) / 2

    def times(self, factor: float) -> Estimate:
        """The estimate in another unit, such as a share as hectares."""
        return Estimate(
            self.value * factor,
            self.standard_error * factor,
            self.low * factor,
            self.high * factor,
            self.wald_low * factor,
            self.wald_high * factor,
        )


@dataclass(frozen=True)
class ClassEstimate:
    """Accuracy and area of one class."""

    code: int
    map_points: int
    """Labelled points that the map shows as this class."""
    reference_points: int
    """Labelled points whose reference class it is."""
    users: Estimate
    """User's accuracy: share of the mapped class that is this class."""
    producers: Estimate
    """Producer's accuracy: share of the class that is mapped as this class."""
    area_share: Estimate
    """Share of the class in the area, 0 to 1."""
    area_ha: Estimate
    mapped_ha: float
    """Area of the class on the map; where it was not counted, estimated from the sample."""

    @property
    def bias_ha(self) -> float:
        """Mapped less estimated area."""
        return self.mapped_ha - self.area_ha.value


@dataclass(frozen=True)
class AccuracyEstimate:
    """What a labelled sample says about a map."""

    matrix: ErrorMatrix
    total_ha: float
    """Area that the estimates are for."""
    proportions: NDArray[np.float64]
    """`(map, reference)`: estimated shares of the area; sums to 1."""
    proportion_errors: NDArray[np.float64]
    """`(map, reference)`: their standard errors."""
    overall: Estimate
    classes: tuple[ClassEstimate, ...]
    """In the order of `matrix.codes`."""
    notes: tuple[Message, ...] = ()

    @property
    def point_count(self) -> int:
        """Labelled points that the estimates rest on."""
        return int(self.matrix.counts.sum())


def estimate_accuracy(
    sample: LabelledSample,
    *,
    zone: int | None = None,
    area_ha: float | None = None,
    mapped_ha: Mapping[int, float] | None = None,
    correction: str = AUTO,
) -> AccuracyEstimate:
    """Estimate accuracies and areas from a labelled sample.

    Parameters
    ----------
    sample : a probability sample with its strata; a simple or systematic sample is post-stratified first
        (`post_stratify`).
    zone : index of a zone of the sample; the estimates are for it alone. None takes all of the area.
    area_ha : true area of the zone where it is known; None takes what the sample says (exact where the strata are
        parts of zones).
    mapped_ha : area of each class on the map by code, for the bias; None takes what the sample says (exact where the
        strata are the map's classes).
    correction : for finite populations: `auto`, `always` or `never` (`ratio.finite_population_factor`).

    Returns
    -------
    The error matrix and all estimates. Classes without a point in the map have no user's accuracy (NaN), those without
    one in the reference no producer's accuracy.

    Examples
    --------
    Three points of a mapped class of 30 ha, and four of one of 70 ha:

    >>> sample = LabelledSample(
    ...     stratum=np.array([0, 0, 0, 1, 1, 1, 1]),
    ...     map_class=np.array([1, 1, 1, 2, 2, 2, 2], np.uint8),
    ...     reference_class=np.array([1, 1, 2, 2, 2, 2, 1], np.uint8),
    ...     zone=np.full(7, -1),
    ...     stratum_names=("Water", "Trees"),
    ...     stratum_pixels=np.array([3000, 7000]),
    ...     stratum_area_ha=np.array([30.0, 70.0]),
    ... )
    >>> found = estimate_accuracy(sample)
    >>> round(found.overall.value, 3), [round(row.area_ha.value, 2) for row in found.classes]
    (0.725, [37.5, 62.5])

    """
    return estimate_from_matrix(count_points(sample, zone), area_ha=area_ha, mapped_ha=mapped_ha, correction=correction)


def estimate_from_matrix(
    matrix: ErrorMatrix,
    *,
    area_ha: float | None = None,
    mapped_ha: Mapping[int, float] | None = None,
    correction: str = AUTO,
) -> AccuracyEstimate:
    """Estimate accuracies and areas from counts.

    Parameters
    ----------
    matrix : the counts.
    area_ha, mapped_ha, correction : as in `estimate_accuracy`.

    Returns
    -------
    As in `estimate_accuracy`.

    """
    shares = matrix.counts / np.maximum(matrix.points, 1)[:, np.newaxis, np.newaxis]
    joint = np.tensordot(matrix.weights, shares, 1)
    inside = float(joint.sum())  # of a zone; 1 for the whole area
    total_ha = matrix.total_ha * inside if area_ha is None else area_ha
    wide = with_another_class(matrix)
    count = len(wide.codes)
    overall = _estimates(wide, overall_cells(count), OVERALL_RULE, correction)[0]
    users = _estimates(wide, user_cells(count), USERS_RULE, correction)
    producers = _estimates(wide, producer_cells(count), PRODUCERS_RULE, correction)
    areas = _estimates(wide, area_cells(count), AREA_RULE, correction)
    map_share = joint.sum(axis=1) / inside if inside else joint.sum(axis=1)
    counts = matrix.total_counts
    classes = tuple(
        ClassEstimate(
            code,
            int(counts[index].sum()),
            int(counts[:, index].sum()),
            users[index],
            producers[index],
            areas[index],
            areas[index].times(total_ha),
            float(map_share[index]) * total_ha if mapped_ha is None else float(mapped_ha.get(code, 0.0)),
        )
        for index, code in enumerate(matrix.codes)
    )
    return AccuracyEstimate(
        matrix,
        total_ha,
        joint / inside if inside else joint,
        _proportion_errors(matrix, shares, inside, correction),
        overall,
        classes,
        (*matrix.notes, *_class_notes(classes, matrix.legend), *_unsampled_notes(matrix, mapped_ha or {})),
    )


def area_of_codes(matrix: ErrorMatrix, codes: Collection[int], *, correction: str = AUTO) -> Estimate:
    """The area of several classes together, such as all changes, in hectares.

    Parameters
    ----------
    matrix : the counts.
    codes : reference classes whose areas are added; those that occur nowhere add nothing.
    correction : as in `estimate_accuracy`.

    Returns
    -------
    The area and its intervals; the standard error takes into account that the classes exclude one another.

    """
    matrix = with_another_class(matrix)
    columns = np.isin(matrix.codes, list(codes)).astype(np.float64)
    cells = CellSums(
        np.broadcast_to(columns, (1, len(columns), len(columns))), np.ones((1, len(columns), len(columns)))
    )
    return _estimates(matrix, cells, GROUP_RULE, correction)[0].times(matrix.total_ha)


def post_stratify(
    sample: LabelledSample, codes: tuple[int, ...], pixels: NDArray[np.int64], area_ha: NDArray[np.float64]
) -> LabelledSample:
    """The sample with the map's classes as strata, for simple and systematic samples.

    Post-stratification uses what is known of the whole map, so that its estimates vary less than those of the sample
    as it was drawn (Card 1982; Stehman 2009). Classes without a point become strata without points; they are named.

    Parameters
    ----------
    sample : a simple random or systematic sample; its own strata are given up.
    codes : the map's classes.
    pixels, area_ha : `(class,)` their pixels and true areas, counted from the map.

    Returns
    -------
    The same points, each in the stratum of its map class; points of other classes get no reference class.

    Examples
    --------
    >>> sample = LabelledSample(
    ...     np.zeros(3, int), np.array([5, 2, 5], np.uint8), np.array([5, 2, 2], np.uint8), np.full(3, -1),
    ...     ("Map",), np.array([1000]), np.array([10.0]),
    ... )
    >>> found = post_stratify(sample, (2, 5), np.array([600, 400]), np.array([6.0, 4.0]))
    >>> found.stratum.tolist(), found.stratum_names
    ([1, 0, 1], ('Trees', 'Crops'))

    """
    order = np.array(codes, np.int64)
    index = np.minimum(np.searchsorted(order, sample.map_class), len(order) - 1)
    is_known = order[index] == sample.map_class
    return replace(
        sample,
        stratum=index.astype(np.intp),
        reference_class=np.where(is_known, sample.reference_class, 0).astype(sample.reference_class.dtype),
        stratum_names=tuple(class_text(code, sample.legend) for code in codes),
        stratum_pixels=np.asarray(pixels, np.int64),
        stratum_area_ha=np.asarray(area_ha, np.float64),
    )


def _estimates(matrix: ErrorMatrix, cells: CellSums, rule: IntervalRule, correction: str) -> list[Estimate]:
    values, errors = ratio_estimates(matrix, cells, correction)
    low, high = smoothed_intervals(matrix, cells, values, rule, correction)
    wald_low, wald_high = wald_intervals(values, errors)
    return [Estimate(*row) for row in np.stack([values, errors, low, high, wald_low, wald_high], axis=1).tolist()]


def _proportion_errors(matrix: ErrorMatrix, shares: Floats, inside: float, correction: str) -> Floats:
    """Standard error of every cell's share of the area."""
    if not inside:
        return np.full(shares.shape[1:], np.nan)
    points = matrix.points.astype(np.float64)
    factor = finite_population_factor(matrix, correction) / np.where(points > 1, points - 1, 1.0)
    weights = matrix.weights**2 * factor / inside**2
    ratio = np.tensordot(matrix.weights, shares, 1) / inside
    in_zone = shares.sum(axis=(1, 2))[:, np.newaxis, np.newaxis]
    square = shares * (1 - 2 * ratio) + ratio**2 * in_zone
    mean = shares - ratio * in_zone
    spread = np.where((points == 1)[:, np.newaxis, np.newaxis], square, square - mean**2)
    errors: Floats = np.sqrt(np.tensordot(weights, np.maximum(spread, 0.0), 1))
    return errors


def _class_notes(classes: tuple[ClassEstimate, ...], legend: Legend) -> list[Message]:
    notes = []
    for row in classes:
        name = class_text(row.code, legend)
        if not row.map_points and row.reference_points:
            notes.append(message("The map shows {name} at no point: it has no user's accuracy.", name=name))
        elif row.map_points and not row.reference_points:
            notes.append(message("No point is {name} in the reference: it has no producer's accuracy.", name=name))
    return notes


def _unsampled_notes(matrix: ErrorMatrix, mapped_ha: Mapping[int, float]) -> list[Message]:
    """Classes of the map that no labelled point shows; where their stratum has no point, its own note says so."""
    return [
        message(
            "{name} covers {area_ha:,.0f} ha of the map and has no labelled point: it has no estimates.",
            name=class_text(code, matrix.legend),
            area_ha=float(area),
        )
        for code, area in sorted(mapped_ha.items())
        if area > 0 and code not in matrix.codes and class_text(code, matrix.legend) not in matrix.stratum_names
    ]
