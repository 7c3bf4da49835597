"""The model by which zones with few points learn from the others.

In each zone the reference classes of a mapped class are drawn from a Dirichlet distribution around what the points of
other zones say. Its concentration tells how alike zones are, in points: at 8, the other zones count as much as eight
points in the zone itself. It is not one number but a distribution for each mapped class, estimated from all the zones
(empirical Bayes by the EM algorithm), so that a zone that is unlike the others keeps what its own points say.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .class_probability import Floats, LabelledPoints, MapCells, ZonePriors
from .distributions import log_gamma

CONCENTRATIONS = np.array([0.5, 1, 2, 4, 8, 16, 32, 64, 128])
"""In points."""
SURPRISE = 0.05
"""Share of the prior that is spread over all classes, half of it evenly, half as in the whole sample: a zone may hold
what the others do not show."""
_POOLED_ZONES = 5.0
"""How many zones the distribution over all mapped classes counts for in that of one class."""
_EM_STEPS = 20


@dataclass(frozen=True)
class ZoneModel:
    """Shares of the reference classes by zone and mapped class; all arrays `(zone, mapped class, class)`."""

    points: Floats
    """`(zone, mapped class)`: effective number of points."""
    observed: Floats
    """Weighted shares among the points; 0 where there are none."""
    prior: Floats
    """Expected from the other zones, over all the pixels."""
    prior_at_points: Floats
    """The same, over the cells in which the zone's points lie."""
    prior_variance: Floats
    """Of the true shares around `prior`, for a zone of which nothing is known."""
    mean: Floats
    """Posterior mean."""
    variance: Floats
    """Posterior variance."""
    prior_at_pairs: Floats
    """`(pair, class)`."""


def fit_zone_model(cells: MapCells, points: LabelledPoints, priors: ZonePriors) -> ZoneModel:
    """Fit the model and compute what it says of every zone.

    Parameters
    ----------
    cells : the map's cells.
    points : the labelled points with their zones.
    priors : from `probabilities_without_zone`.

    Returns
    -------
    Prior and posterior of every zone and mapped class.

    """
    shares = (points.weight_ha[:, np.newaxis] * points.is_class).sum(axis=0) + 1e-3 * points.weight_ha.sum()
    spread = SURPRISE * (0.5 / len(shares) + 0.5 * shares / shares.sum())
    prior, at_pairs = ((1 - SURPRISE) * values + spread for values in (priors.of_class, priors.of_pairs))
    size, observed, expected = _zone_counts(cells, points, len(prior), at_pairs)
    expected = np.where(size[:, :, np.newaxis] > 0, expected, prior)
    fit = _log_likelihood(size, observed, expected)
    mixing = _mixing_shares(fit, size >= 2)
    weight = _posterior_weights(fit, mixing)
    mean, variance = _posterior(weight, size, prior, observed - expected)
    spread_of_prior = np.einsum("gm,g->m", mixing, 1 / (CONCENTRATIONS + 1))
    prior_variance = spread_of_prior[np.newaxis, :, np.newaxis] * prior * (1 - prior)
    return ZoneModel(size, observed, prior, expected, prior_variance, mean, variance, at_pairs)


def _zone_counts(
    cells: MapCells, points: LabelledPoints, zone_count: int, at_pairs: Floats
) -> tuple[Floats, Floats, Floats]:
    """Effective points `(zone, mapped)`, and weighted means `(zone, mapped, class)` of labels and of probabilities."""
    class_count = len(cells.codes)
    index = points.pair_zone, cells.mapped[points.cell[points.pair_point]]
    weight = points.weight_ha[points.pair_point]
    sums, squares = np.zeros((2, zone_count, class_count))
    labels, probabilities = np.zeros((2, zone_count, class_count, class_count))
    np.add.at(sums, index, weight)
    np.add.at(squares, index, weight**2)
    np.add.at(labels, index, weight[:, np.newaxis] * points.pair_is_class)
    np.add.at(probabilities, index, weight[:, np.newaxis] * at_pairs)
    size = sums**2 / np.where(squares > 0, squares, 1.0)
    divisor = np.where(sums > 0, sums, 1.0)[:, :, np.newaxis]
    return size, labels / divisor, probabilities / divisor


def _log_likelihood(size: Floats, observed: Floats, expected: Floats) -> Floats:
    """Dirichlet-multinomial log-likelihood, `(concentration, zone, mapped)`."""
    concentration = CONCENTRATIONS[:, np.newaxis, np.newaxis]
    alpha = concentration[..., np.newaxis] * expected
    found: Floats = (
        (log_gamma(alpha + size[:, :, np.newaxis] * observed) - log_gamma(alpha)).sum(axis=3)
        - log_gamma(concentration + size)
        + log_gamma(concentration)
    )
    return found


def _posterior_weights(fit: Floats, mixing: Floats) -> Floats:
    """Probabilities of the concentrations `(concentration, zone, mapped)`."""
    weight = np.exp(fit - fit.max(axis=0)) * mixing[:, np.newaxis, :]
    normed: Floats = weight / weight.sum(axis=0)
    return normed


def _mixing_shares(fit: Floats, is_informative: NDArray[np.bool_]) -> Floats:
    """Distribution of the concentration `(concentration, mapped)`, by the EM algorithm."""
    mixing = np.full((len(CONCENTRATIONS), fit.shape[2]), 1 / len(CONCENTRATIONS))
    for _ in range(_EM_STEPS):
        counts = (_posterior_weights(fit, mixing) * is_informative).sum(axis=1)
        pooled = counts.sum(axis=1) + 0.2
        pooled /= pooled.sum()
        mixing = (counts + _POOLED_ZONES * pooled[:, np.newaxis]) / (is_informative.sum(axis=0) + _POOLED_ZONES)
    return mixing


def _posterior(weight: Floats, size: Floats, prior: Floats, residual: Floats) -> tuple[Floats, Floats]:
    """Mean and variance over the mixture; the local residual corrects the prior as far as its points count."""
    total = CONCENTRATIONS[:, np.newaxis, np.newaxis] + size
    means = np.clip(prior + (size / total)[..., np.newaxis] * residual, 1e-7, 1.0)
    mean = (weight[..., np.newaxis] * means).sum(axis=0)
    within = means * (1 - means) / (total + 1)[..., np.newaxis]
    variance = (weight[..., np.newaxis] * (within + (means - mean) ** 2)).sum(axis=0)
    return mean, variance
