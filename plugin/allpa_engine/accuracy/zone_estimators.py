"""Shares of the classes in zones, by seven methods that join map and sample, each with its variance.

| method | what it takes | source |
|---|---|---|
| direct | the labels alone, with the design's weights | Horvitz & Thompson 1952; Hajek 1971 |
| post-stratified | labels by mapped class, weighted by the zone's mapped areas | Holt & Smith 1979; Card 1982 |
| regression | mapped area plus the labels' difference to the map, with a fitted slope | Sarndal et al. 1992, ch. 6 |
| prediction-powered | mean probability of all pixels plus the labels' difference to it | Angelopoulos et al. 2023a |
| prediction-powered, tuned | the same with a fitted slope, never worse than none | Angelopoulos et al. 2023b |
| synthetic | what points of other zones say about the zone's pixels | Rao & Molina 2015, ch. 3 |
| composite | synthetic, corrected by the zone's own points as far as these count | Rao & Molina 2015, ch. 9-10 |

The variances of the first five are those of the design, with the spread of labels in a zone's mapped class taken from
the model's posterior: the spread among three points that are all alike says nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core.sample_keys import (
    COMPOSITE,
    DIRECT,
    POST_STRATIFIED,
    PREDICTION_POWERED,
    REGRESSION,
    SYNTHETIC,
    TUNED,
)
from .class_probability import Floats, LabelledPoints, MapCells, probabilities_without_zone
from .zone_model import ZoneModel, fit_zone_model

MODEL_METHODS = (SYNTHETIC, COMPOSITE)
"""Methods whose uncertainty rests on the model of how alike zones are."""


@dataclass(frozen=True)
class ZoneShares:
    """Estimated shares of the classes in every zone, by one method; `(zone, class)`."""

    share: Floats
    """May be a little below 0 or above 1 by regression and prediction-powered estimates."""
    variance: Floats


@dataclass(frozen=True)
class ZoneSample:
    """What all methods start from."""

    mapped_share: Floats
    """`(zone, mapped class)`: shares of the zone's mapped area; 0 in a zone without pixels."""
    points: LabelledPoints
    point_count: NDArray[np.int64]
    """`(zone,)`: labelled points."""
    pair_mapped: NDArray[np.intp]
    """`(pair,)`: mapped class of the points."""
    model: ZoneModel


def zone_sample(cells: MapCells, points: LabelledPoints, area_ha: Floats) -> ZoneSample:
    """Fit the model of the zones and put together what the methods need.

    Parameters
    ----------
    cells : the map's cells.
    points : the labelled points with their zones.
    area_ha : `(zone, cell)` hectares.

    """
    model = fit_zone_model(cells, points, probabilities_without_zone(cells, points, area_ha))
    mapped_ha = area_ha @ np.eye(len(cells.codes))[cells.mapped]
    total = mapped_ha.sum(axis=1, keepdims=True)
    return ZoneSample(
        mapped_ha / np.where(total > 0, total, 1.0),
        points,
        np.bincount(points.pair_zone, minlength=len(area_ha)).astype(np.int64),
        cells.mapped[points.cell[points.pair_point]],
        model,
    )


def zone_shares(sample: ZoneSample, method: str) -> ZoneShares:
    """Estimate the shares of all classes in all zones.

    Parameters
    ----------
    sample : from `zone_sample`.
    method : one of `core.sample_keys.ZONE_METHODS`. What a zone's own points cannot say is taken from the model in
        every method: mapped classes without a point, and zones without any.

    """
    return _ESTIMATORS[method](sample)


def _over_mapped_classes(sample: ZoneSample, share: Floats, variance: Floats) -> ZoneShares:
    """Sums over the mapped classes of a zone, which were sampled independently."""
    weight = sample.mapped_share
    return ZoneShares(np.einsum("zm,zmk->zk", weight, share), np.einsum("zm,zmk->zk", weight**2, variance))


def _synthetic(sample: ZoneSample) -> ZoneShares:
    return _over_mapped_classes(sample, sample.model.prior, sample.model.prior_variance)


def _composite(sample: ZoneSample) -> ZoneShares:
    return _over_mapped_classes(sample, sample.model.mean, sample.model.variance)


def _post_stratified(sample: ZoneSample) -> ZoneShares:
    return _corrected(sample, np.zeros(sample.model.prior.shape[2]), 1.0)


def _prediction_powered(sample: ZoneSample) -> ZoneShares:
    slope = np.ones(sample.model.prior.shape[2])
    return _corrected(sample, slope, _residual_ratio(sample, slope))


def _tuned(sample: ZoneSample) -> ZoneShares:
    """The slope of each class is the one with the smallest variance, between 0 (post-stratified) and 1."""
    labels, probabilities, weight = _within_cells(sample)
    slope = np.clip(_weighted(labels * probabilities, weight) / _positive(_weighted(probabilities**2, weight)), 0, 1)
    return _corrected(sample, slope, _residual_ratio(sample, slope))


def _corrected(sample: ZoneSample, slope: Floats, variance_ratio: Floats | float) -> ZoneShares:
    """Within each mapped class: slope times mean probability, plus the mean difference of labels to it."""
    model = sample.model
    has_points = model.points[:, :, np.newaxis] > 0
    share = slope * model.prior + model.observed - slope * model.prior_at_points
    spread = variance_ratio * model.mean * (1 - model.mean) / np.maximum(model.points, 1.0)[:, :, np.newaxis]
    return _over_mapped_classes(
        sample, np.where(has_points, share, model.prior), np.where(has_points, spread, model.prior_variance)
    )


def _within_cells(sample: ZoneSample) -> tuple[Floats, Floats, Floats]:
    """Labels and probabilities less their means in zone and mapped class, `(pair, class)`, and weights `(pair,)`."""
    model, index = sample.model, (sample.points.pair_zone, sample.pair_mapped)
    return (
        sample.points.pair_is_class - model.observed[index],
        model.prior_at_pairs - model.prior_at_points[index],
        sample.points.weight_ha[sample.points.pair_point],
    )


def _residual_ratio(sample: ZoneSample, slope: Floats) -> Floats:
    """By which factor the probabilities change the variance within zone and mapped class, `(class,)`."""
    labels, probabilities, weight = _within_cells(sample)
    before = _weighted(labels**2, weight)
    after = _weighted((labels - slope * probabilities) ** 2, weight)
    ratio: Floats = np.where(before > 0, np.clip(after / _positive(before), 0.05, 3.0), 1.0)
    return ratio


def _direct(sample: ZoneSample) -> ZoneShares:
    return _whole_zone(sample, np.zeros(sample.model.prior.shape[2]))


def _regression(sample: ZoneSample) -> ZoneShares:
    mapped = np.eye(sample.model.prior.shape[2])[sample.pair_mapped]
    zone, weight = sample.points.pair_zone, sample.points.weight_ha[sample.points.pair_point]
    labels = sample.points.pair_is_class
    labels = labels - _zone_means(sample, labels)[zone]
    mapped = mapped - _zone_means(sample, mapped)[zone]
    slope = np.clip(_weighted(labels * mapped, weight) / _positive(_weighted(mapped**2, weight)), 0, 1)
    return _whole_zone(sample, slope)


def _whole_zone(sample: ZoneSample, slope: Floats) -> ZoneShares:
    """Slope times mapped share, plus the weighted mean over the zone of the labels' difference to it."""
    model, zone, mapped = sample.model, sample.points.pair_zone, sample.pair_mapped
    is_mapped = np.eye(model.prior.shape[2])[mapped]
    weight = sample.points.weight_ha[sample.points.pair_point]
    share = slope * sample.mapped_share + _zone_means(sample, sample.points.pair_is_class - slope * is_mapped)
    # Expected square of a label's deviation from the zone's mean, given its mapped class.
    posterior = model.mean[zone, mapped]
    zone_mean = np.einsum("zm,zmk->zk", sample.mapped_share, model.mean) - slope * sample.mapped_share
    square = posterior * (1 - posterior) + (posterior - slope * is_mapped - zone_mean[zone]) ** 2
    variance = np.zeros_like(share)
    np.add.at(variance, zone, weight[:, np.newaxis] ** 2 * square)
    total = _zone_weights(sample)[:, np.newaxis]
    synthetic = _synthetic(sample)
    has_points = total > 0
    return ZoneShares(
        np.where(has_points, share, synthetic.share),
        np.where(has_points, variance / _positive(total) ** 2, synthetic.variance),
    )


def _zone_means(sample: ZoneSample, values: Floats) -> Floats:
    """Weighted means `(zone, class)` of values of the pairs; 0 in a zone without points."""
    weight = sample.points.weight_ha[sample.points.pair_point]
    sums = np.zeros((len(sample.mapped_share), values.shape[1]))
    np.add.at(sums, sample.points.pair_zone, weight[:, np.newaxis] * values)
    means: Floats = sums / _positive(_zone_weights(sample))[:, np.newaxis]
    return means


def _zone_weights(sample: ZoneSample) -> Floats:
    """`(zone,)`: hectares that a zone's points stand for."""
    weight = sample.points.weight_ha[sample.points.pair_point]
    return np.bincount(sample.points.pair_zone, weight, len(sample.mapped_share)).astype(np.float64)


def _weighted(values: Floats, weight: Floats) -> Floats:
    total: Floats = (weight[:, np.newaxis] * values).sum(axis=0)
    return total


def _positive(values: Floats) -> Floats:
    return np.where(values > 0, values, 1.0)


_ESTIMATORS: dict[str, Callable[[ZoneSample], ZoneShares]] = {
    DIRECT: _direct,
    POST_STRATIFIED: _post_stratified,
    REGRESSION: _regression,
    PREDICTION_POWERED: _prediction_powered,
    TUNED: _tuned,
    SYNTHETIC: _synthetic,
    COMPOSITE: _composite,
}
