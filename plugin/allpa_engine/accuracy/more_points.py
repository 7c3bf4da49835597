"""How many more points a sample needs for a wished interval, and in which strata.

The new points are drawn at random within the strata of the first draw, from the pixels that are not points yet, so that
every pixel of a stratum keeps the same chance and old and new points are joined as if they had been drawn at once. How
many go to a stratum must not depend on its own labels: a stratum where few errors were seen by chance would get few
points and keep its lucky share, which biases the joined estimate by up to half a standard error. So what is expected of
a stratum follows from the labels in the other strata, at pixels of the same confidence and second class, and none is
left out. Without a quality raster others say little of a stratum; its own labels count then too, at the price of a bias
that `docs/accuracy_zones.md` gives.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core.errors import SampleInvalid
from ..core.messages import message
from .class_names import class_text
from .class_probability import Floats, Indices
from .distributions import Z_95
from .sample import LabelledSample

PRIOR_POINTS = 2.0
"""How many points the mean of all counts for in the share of a step of confidence."""
EXPECTED_POINTS = 10.0
"""How many points the share expected from other strata counts for beside a stratum's own, without a quality raster."""
MIN_STRATUM_POINTS = 10
"""Every stratum has so many in the end, as far as it has pixels."""


@dataclass(frozen=True)
class Target:
    """The wished half width of a 95 % interval."""

    class_code: int = 0
    """Class whose area is to be known; 0 for the overall accuracy."""
    half_width: float = 0.03
    """Of the overall accuracy, 0 to 1; of an area, as a share of it."""


@dataclass(frozen=True)
class PointQuality:
    """What the quality raster says at the points of a sample."""

    confidence_step: Indices
    """`(point,)`, as in `MapCells`."""
    second: Indices
    """`(point,)`: code of the second class; 0 for none."""


@dataclass(frozen=True)
class StratumPlan:
    """What a stratum has, contributes and needs."""

    name: str
    points: int
    """Labelled so far."""
    variance_share: float
    """Share in the variance of the estimate, 0 to 1."""
    more_points: int


@dataclass(frozen=True)
class MorePoints:
    """How many more points are needed, and where."""

    target: Target
    estimate: float
    """Of the overall accuracy or of the class's share in the area, so far."""
    half_width: float
    """Of its interval now, in the unit of the target; 1.96 standard errors, with a point added to each stratum."""
    expected_half_width: float
    """With the new points."""
    strata: tuple[StratumPlan, ...]

    @property
    def count(self) -> int:
        """New points in all."""
        return sum(stratum.more_points for stratum in self.strata)


def plan_more_points(
    sample: LabelledSample, target: Target, quality: PointQuality | None = None, max_points: int = 100_000
) -> MorePoints:
    """Plan the points that are still to be labelled for a target.

    Parameters
    ----------
    sample : the points so far; those without a label do not count, and their strata get new ones.
    target : the wished interval.
    quality : at all the points; None without a quality raster.
    max_points : new points at most.

    Returns
    -------
    The plan: the fewest new points by Neyman's allocation (Cochran 1977, 5.5) that reach the target, given those that
    are there; 0 where it is reached.

    Raises
    ------
    SampleInvalid : where no point is labelled, the class was not seen, or the target needs more points than are
        allowed.

    Examples
    --------
    >>> sample = LabelledSample(
    ...     np.repeat([0, 1], 50), np.repeat([1, 2], 50).astype(np.uint8),
    ...     np.r_[np.repeat([1, 2], [35, 15]), np.repeat(2, 50)].astype(np.uint8), np.full(100, -1),
    ...     ("Water", "Trees"), np.array([20_000, 80_000]), np.array([200.0, 800.0]),
    ... )
    >>> plan = plan_more_points(sample, Target(half_width=0.02))
    >>> [(row.name, row.more_points) for row in plan.strata], round(plan.half_width, 3)
    ([('Water', 9), ('Trees', 69)], 0.028)

    """
    is_labelled = (sample.reference_class > 0) & (sample.map_class > 0)
    points = np.bincount(sample.stratum[is_labelled], minlength=len(sample.stratum_names)).astype(np.int64)
    pixels = np.asarray(sample.stratum_pixels, np.int64)
    weight = sample.stratum_area_ha / sample.stratum_area_ha.sum()
    estimate = _estimate(sample, is_labelled, weight, target)
    half_width = target.half_width * (estimate if target.class_code else 1.0)
    hits = sample.reference_class == (target.class_code or sample.map_class)
    in_stratum = np.bincount(sample.stratum[is_labelled], hits[is_labelled], len(points))
    expected = _expected_shares(sample, is_labelled, target, quality)
    if quality is None:
        expected = (in_stratum + EXPECTED_POINTS * expected) / (points + EXPECTED_POINTS)
    seen = (in_stratum + (in_stratum.sum() + 0.5) / (points.sum() + 1)) / (points + 1)
    deviation, variance = weight * np.sqrt(expected * (1 - expected)), weight**2 * seen * (1 - seen)
    variance = variance / np.maximum(points, 1)
    now, planned = float(variance.sum()), float((deviation**2 / np.maximum(points, 1)).sum())
    wished_variance = (half_width / Z_95) ** 2
    is_too_wide = now > wished_variance
    scale = 1.0  # of the expected variance
    if not is_too_wide or quality is None or planned <= wished_variance:
        scale = now / planned if planned else 1.0
    wished_variance /= max(scale, 1e-300)
    wished = _allocated(deviation, points, pixels, wished_variance) if is_too_wide else points
    if wished is None or int((wished - points).sum()) > max_points:
        raise SampleInvalid(
            "The target needs more points than can be labelled.",
            message("They would be more than {max_points}, or than the map has pixels.", max_points=max_points),
            "Choose a wider interval.",
        )
    then = scale * float((deviation**2 / np.maximum(wished, 1)).sum()) if planned else now
    unit = Z_95 / (estimate if target.class_code else 1.0)
    return MorePoints(
        target,
        estimate,
        unit * math.sqrt(now),
        unit * math.sqrt(then),
        tuple(
            StratumPlan(name, int(old), float(part), int(new - old))
            for name, old, new, part in zip(
                sample.stratum_names, points, wished, variance / max(now, 1e-300), strict=True
            )
        ),
    )


def _estimate(sample: LabelledSample, is_labelled: NDArray[np.bool_], weight: Floats, target: Target) -> float:
    """The overall accuracy or the class's share in the area so far."""
    if not is_labelled.any():
        raise SampleInvalid("No point of the sample is labelled.", next_step="Label the points first.")
    hits = sample.reference_class == (target.class_code or sample.map_class)
    points = np.bincount(sample.stratum[is_labelled], minlength=len(weight))
    in_stratum = np.bincount(sample.stratum[is_labelled], hits[is_labelled], len(weight))
    estimate = float((weight * in_stratum / np.maximum(points, 1)).sum() / weight[points > 0].sum())
    if target.class_code and not estimate:
        raise SampleInvalid(
            message("No labelled point is {class_name}.", class_name=class_text(target.class_code, sample.legend)),
            "How many points its area needs cannot be known from this sample.",
            "Label more points, or choose another class.",
        )
    return estimate


def _expected_shares(
    sample: LabelledSample, is_labelled: NDArray[np.bool_], target: Target, quality: PointQuality | None
) -> Floats:
    """Expected share of every stratum, `(stratum,)`: the mean over its points of what the other strata say of such.

    At a point the target's class is the mapped class, the second class, or neither; what share of such points has it
    in the reference is taken from all the points of the same step of confidence, whatever their classes are.
    """
    reference, mapped = sample.reference_class, sample.map_class
    step = np.zeros(len(mapped), np.intp) if quality is None else quality.confidence_step
    second = np.zeros(len(mapped), np.intp) if quality is None else quality.second
    index = sample.stratum, step
    expected = _rates_of_others(sample, reference == mapped, is_labelled, step)[index]
    if target.class_code:
        has_second = second > 0
        of_second = _rates_of_others(sample, reference == second, is_labelled & has_second, step)[index]
        is_neither = (mapped != target.class_code) & (second != target.class_code)
        of_neither = _rates_of_others(sample, reference == target.class_code, is_labelled & is_neither, step)[index]
        expected = np.where(
            mapped == target.class_code, expected, np.where(second == target.class_code, of_second, of_neither)
        )
    count = len(sample.stratum_names)
    points = np.bincount(sample.stratum, minlength=count)
    means: Floats = np.bincount(sample.stratum, expected, count) / np.maximum(points, 1)
    return np.where(points > 0, means, expected.mean())


def _rates_of_others(
    sample: LabelledSample, hits: NDArray[np.bool_], is_used: NDArray[np.bool_], step: Indices
) -> Floats:
    """Share of hits by stratum and step, `(stratum, step)`, from the points of all the other strata."""
    shape = len(sample.stratum_names), int(step.max(initial=0)) + 1
    hit_counts, counts = np.zeros(shape), np.zeros(shape)
    np.add.at(hit_counts, (sample.stratum[is_used], step[is_used]), hits[is_used])
    np.add.at(counts, (sample.stratum[is_used], step[is_used]), 1)
    other_hits, others = hit_counts.sum(axis=0) - hit_counts, counts.sum(axis=0) - counts
    mean = (other_hits.sum(axis=1, keepdims=True) + 0.5) / (others.sum(axis=1, keepdims=True) + 1)
    rates: Floats = (other_hits + PRIOR_POINTS * mean) / (others + PRIOR_POINTS)
    return rates


def _allocated(
    deviation: Floats, points: NDArray[np.int64], pixels: NDArray[np.int64], variance: float
) -> NDArray[np.int64] | None:
    """Points of each stratum in the end, at least those that are there; None where all pixels are too few."""
    least = np.minimum(np.maximum(points, MIN_STRATUM_POINTS), pixels)

    def points_at(level: float) -> NDArray[np.int64]:
        return np.maximum(points, np.minimum(pixels, np.maximum(least, np.ceil(level * deviation).astype(np.int64))))

    def variance_at(count: NDArray[np.int64]) -> float:
        return float((deviation**2 / np.maximum(count, 1)).sum())

    if variance_at(points) <= variance:
        return points
    low, high = 0.0, 1.0
    while variance_at(points_at(high)) > variance:
        if (points_at(high)[deviation > 0] >= pixels[deviation > 0]).all():
            return None
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if variance_at(points_at(middle)) <= variance else (middle, high)
    return points_at(high)
