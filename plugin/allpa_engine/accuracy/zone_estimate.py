"""Hectares of the classes in every zone, from map and sample, each with an interval, its method and whether to publish.

The method is chosen by the points in a zone: with `MIN_POINTS` or more the tuned prediction-powered estimate, which
needs no model; with fewer the composite, which learns from the other zones; without any the synthetic estimate. Zones
are then made to add up to the whole (raking); intervals are not narrowed by that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..core.errors import SampleInvalid
from ..core.legend import BUNDLED_LEGEND, Legend
from ..core.messages import Message, message
from ..core.sample_keys import AUTO, COMPOSITE, POST_STRATIFIED, SYNTHETIC, TUNED, ZONE_METHODS
from .class_probability import Floats, LabelledPoints, MapCells
from .estimate import estimate_accuracy, post_stratify
from .prediction_powered import prediction_powered_shares
from .sample import LabelledSample
from .zone_estimators import ZoneSample, zone_sample, zone_shares
from .zone_intervals import zone_intervals
from .zone_map import ZoneMap

MIN_POINTS = 30
"""Labelled points from which a zone's estimate needs no model of the other zones."""
PUBLISH, CAUTION, WITHHOLD = "publish", "caution", "withhold"
CAUTION_CV, WITHHOLD_CV = 0.165, 0.333
"""Largest coefficients of variation of estimates that may be published, and published with a warning: Statistics
Canada's rule for estimates from surveys."""
CAUTION_POINTS = 10
"""With fewer points in the zone an estimate is published with a warning at best."""
_RAKING_STEPS = 500


@dataclass(frozen=True)
class ZoneEstimates:
    """Estimates by zone and class; `(zone, class)` where nothing else is said."""

    zone_keys: tuple[str, ...]
    zone_names: tuple[str, ...]
    """The last one is empty where it is the land outside all zones."""
    has_rest: bool
    codes: tuple[int, ...]
    points: NDArray[np.int64]
    """`(zone,)`: labelled points."""
    methods: tuple[str, ...]
    """`(zone,)`: one of `ZONE_METHODS`."""
    mapped_ha: Floats
    area_ha: Floats
    """The estimate; sums over the classes to the zone's mapped area. NaN in a zone without pixels."""
    standard_error_ha: Floats
    low_ha: Floats
    high_ha: Floats
    total_ha: Floats
    """`(class,)`: estimates for the whole map, to which the zones add up where `is_raked`."""
    is_raked: bool
    whole_ha: Floats
    """`(3, class)`: prediction-powered estimates for the whole map with their lower and upper bounds; NaN
    without a quality raster, and where zones overlap."""
    notes: tuple[Message, ...]
    legend: Legend = BUNDLED_LEGEND
    """The classes of the codes."""
    is_random: bool = True
    """Whether the points were drawn by chance; estimates from others must not be published."""

    def release(self) -> tuple[tuple[str, ...], ...]:
        """Whether each estimate may be published: `publish`, `caution` or `withhold`.

        By the coefficient of variation (`CAUTION_CV`, `WITHHOLD_CV`), at best with caution below `CAUTION_POINTS`
        points, and not at all without points in the zone, or where the points were not drawn by chance.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            variation = self.standard_error_ha / self.area_ha
        return tuple(
            tuple(_release(value, points if self.is_random else 0) for value in row)
            for row, points in zip(variation.tolist(), self.points.tolist(), strict=True)
        )


def _release(variation: float, points: int) -> str:
    if points == 0 or not variation <= WITHHOLD_CV:  # NaN too
        return WITHHOLD
    return CAUTION if variation > CAUTION_CV or points < CAUTION_POINTS else PUBLISH


def estimate_zones(
    sample: LabelledSample, zone_map: ZoneMap, method: str = AUTO, *, rake: bool = True
) -> ZoneEstimates:
    """Estimate the area of every class in every zone.

    Parameters
    ----------
    sample : a probability sample of the map; its own zones do not matter.
    zone_map : from `count_zone_map`, with the sample's points in the same order.
    method : `auto`, or one of `ZONE_METHODS` for all zones. What cannot be estimated so (a zone without points) is
        synthetic, and said so.
    rake : whether the zones are made to add up to the estimates for the whole; not where zones overlap.

    Returns
    -------
    Estimates with intervals.

    Raises
    ------
    SampleInvalid : where no point on the map has a label.

    """
    fit = _zone_sample(sample, zone_map)
    methods = tuple(_method(method, int(points), zone_map) for points in fit.sample.point_count)
    share, variance, low, high = _by_methods(fit.sample, methods)
    share = _normed(share)
    area = zone_map.area_ha.sum(axis=1, keepdims=True)
    classical = _classical_shares(sample, fit)
    whole = _powered_shares(fit, zone_map, classical) * area.sum()
    total = classical[0] / classical[0].sum() * area.sum()
    if zone_map.overlaps:
        total, whole = np.full_like(total, np.nan), np.full_like(whole, np.nan)
    raked = _raked(share, area[:, 0], total) if rake and not zone_map.overlaps else None
    area_ha = share * area if raked is None else raked
    low_ha, high_ha = np.minimum(low * area, area_ha), np.maximum(high * area, area_ha)
    has_no_pixels = area[:, 0] == 0
    area_ha[has_no_pixels] = low_ha[has_no_pixels] = high_ha[has_no_pixels] = np.nan
    return ZoneEstimates(
        tuple(zone.key for zone in zone_map.zones) + ("",) * zone_map.has_rest,
        tuple(zone.name for zone in zone_map.zones) + ("",) * zone_map.has_rest,
        zone_map.has_rest,
        fit.codes,
        fit.sample.point_count,
        methods,
        fit.sample.mapped_share * area,
        area_ha,
        np.sqrt(variance) * area,
        low_ha,
        high_ha,
        total,
        raked is not None,
        whole,
        (*zone_map.notes, *_notes(fit.sample.point_count, zone_map), *_sum_notes(raked, zone_map)),
        sample.legend,
    )


def _method(method: str, points: int, zone_map: ZoneMap) -> str:
    if points == 0:
        return SYNTHETIC
    if method != AUTO:
        return method
    if points < MIN_POINTS:
        return COMPOSITE
    # Without a quality raster all the pixels of a mapped class have the same probabilities, which then cancel.
    return TUNED if len(zone_map.cells.mapped) > len(zone_map.cells.codes) else POST_STRATIFIED


def _by_methods(sample: ZoneSample, methods: tuple[str, ...]) -> tuple[Floats, Floats, Floats, Floats]:
    """Shares, variances, lower and upper bounds, `(zone, class)`, each zone by its method."""
    found = np.zeros((4, *sample.mapped_share.shape))
    for method in ZONE_METHODS:
        rows = np.array([name == method for name in methods])
        if rows.any():
            shares = zone_shares(sample, method)
            for target, values in zip(
                found, (shares.share, shares.variance, *zone_intervals(sample, shares, method)), strict=True
            ):
                target[rows] = values[rows]
    return found[0], found[1], found[2], found[3]


@dataclass(frozen=True)
class _Fit:
    """The sample of all zones with the codes of its classes, and the areas of the mapped ones."""

    sample: ZoneSample
    cells: MapCells
    codes: tuple[int, ...]
    mapped_codes: tuple[int, ...]
    mapped_ha: Floats


def _zone_sample(sample: LabelledSample, zone_map: ZoneMap) -> _Fit:
    is_used = (sample.reference_class > 0) & (zone_map.point_cell >= 0)
    if not is_used.any():
        raise SampleInvalid("No point of the sample has a class on the map.", next_step="Label points first.")
    number = np.cumsum(is_used) - 1
    references = sample.reference_class[is_used]
    codes = tuple(sorted({*zone_map.cells.codes, *np.unique(references).tolist()}))
    order = np.array(codes)
    mapped = np.searchsorted(order, np.array(zone_map.cells.codes))[zone_map.cells.mapped]
    cells = replace(zone_map.cells, codes=codes, mapped=mapped.astype(np.intp))
    stratum = sample.stratum[is_used]
    in_stratum = np.bincount(stratum, minlength=len(sample.stratum_area_ha))
    keep = is_used[zone_map.pair_point]
    points = LabelledPoints(
        zone_map.point_cell[is_used],
        np.eye(len(codes))[np.searchsorted(order, references)],
        sample.stratum_area_ha[stratum] / in_stratum[stratum],
        number[zone_map.pair_point[keep]].astype(np.intp),
        zone_map.pair_zone[keep],
    )
    mapped_ha = zone_map.area_ha.sum(axis=0) @ np.eye(len(zone_map.cells.codes))[zone_map.cells.mapped]
    return _Fit(zone_sample(cells, points, zone_map.area_ha), cells, codes, zone_map.cells.codes, mapped_ha)


def _classical_shares(sample: LabelledSample, fit: _Fit) -> Floats:
    """Shares of the classes in the whole with lower and upper bounds, `(3, class)`, as the table for the whole map."""
    if len(sample.stratum_names) == 1:
        sample = post_stratify(sample, fit.mapped_codes, np.round(fit.mapped_ha * 100).astype(np.int64), fit.mapped_ha)
    share_by_code = {row.code: row.area_share for row in estimate_accuracy(sample).classes}
    found = [share_by_code.get(code) for code in fit.codes]
    shares: Floats = np.array([(row.value, row.low, row.high) if row else (0.0, 0.0, 1.0) for row in found]).T
    return shares


def _powered_shares(fit: _Fit, zone_map: ZoneMap, classical: Floats) -> Floats:
    """The same with the help of the quality raster; NaN where there is none."""
    if len(fit.cells.mapped) <= len(fit.mapped_codes):
        return np.full_like(classical, np.nan)
    powered = prediction_powered_shares(
        fit.cells, fit.sample.points, zone_map.area_ha.sum(axis=0), (classical[0], classical[1], classical[2])
    )
    return np.stack([powered.share, powered.low, powered.high])


def _normed(share: Floats) -> Floats:
    """Shares without negative ones, that sum to 1 in every zone."""
    share = np.clip(share, 0.0, None)
    sums = share.sum(axis=1, keepdims=True)
    normed: Floats = share / np.where(sums > 0, sums, 1.0)
    return normed


def _raked(share: Floats, zone_ha: Floats, total_ha: Floats) -> Floats | None:
    """Hectares `(zone, class)` near the estimates whose sums are both the zones' areas and the classes' totals.

    Iterative proportional fitting (Deming & Stephan 1940). A class that the zones do not show at all, but the whole
    does, is spread over them by area. None where no such estimates are found, since too many are 0.
    """
    area = share * zone_ha[:, np.newaxis]
    is_missing = (area.sum(axis=0) == 0) & (total_ha > 0)
    area[:, is_missing] = np.outer(zone_ha / zone_ha.sum(), total_ha[is_missing])
    for _ in range(_RAKING_STEPS):
        columns = area.sum(axis=0)
        area = area * (total_ha / np.where(columns > 0, columns, 1.0))
        rows = area.sum(axis=1)
        area = area * (zone_ha / np.where(rows > 0, rows, 1.0))[:, np.newaxis]
        if np.abs(area.sum(axis=0) - total_ha).max() <= 1e-6 * total_ha.sum():
            return area
    return None


def _notes(points: NDArray[np.int64], zone_map: ZoneMap) -> list[Message]:
    notes = []
    counts = points[: len(zone_map.zones)]
    without = int(((counts == 0) & (zone_map.area_ha[: len(counts)].sum(axis=1) > 0)).sum())
    few = int(((counts > 0) & (counts < MIN_POINTS)).sum())
    if without:
        notes.append(
            message(
                "{count} of {total} zones have no labelled point: their estimates say what the other zones show.",
                count=without,
                total=len(counts),
            )
        )
    if few:
        notes.append(
            message(
                "{count} of {total} zones have fewer than {least} points: their estimates also learn from other zones.",
                count=few,
                total=len(counts),
                least=MIN_POINTS,
            )
        )
    return notes


def _sum_notes(raked: Floats | None, zone_map: ZoneMap) -> list[Message]:
    if raked is not None or zone_map.overlaps:
        return []
    return [message("The zones do not add up to the estimates for the whole map.")]
