"""95 % intervals of the classes' shares in zones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..core.sample_keys import COMPOSITE, SYNTHETIC
from .class_probability import Floats
from .distributions import Z_95, beta_quantile, t_975
from .zone_estimators import MODEL_METHODS, ZoneSample, ZoneShares, zone_shares

POOLED_DEGREES = 4
"""Degrees of freedom that the spread learnt from other zones adds to those of a zone's own points."""
TOWARDS_COMPOSITE = 0.2
"""How far the mean of the beta distribution moves from an estimate to a larger composite one."""
MIN_SHARE, MAX_SHARE = 1e-6, 1 - 1e-6


def zone_intervals(sample: ZoneSample, shares: ZoneShares, method: str) -> tuple[Floats, Floats]:
    """Intervals that hold their level for few points and rare classes, as far as that is possible.

    The wider of two on each side: the estimate and Student's t times its standard error; and the quantiles of a beta
    distribution, which is skewed as shares near 0 and 1 are. A class that is neither mapped nor seen in a zone may be
    absent: its lower bound is 0.

    Parameters
    ----------
    sample : from `zone_sample`.
    shares : estimates of a method.
    method : the name of the method: it decides about the degrees of freedom.

    Returns
    -------
    Lower and upper bounds between 0 and 1, `(zone, class)`; 0 to 1 for a zone without pixels.

    Notes
    -----
    Degrees of freedom are those of the zone's points and of the spread learnt from others (`POOLED_DEGREES`); by the
    model, those of the zones that have points. The beta distribution has the variance of the estimate; its mean is
    the composite estimate where that lies further out, since an estimate of 0 has no such distribution.

    """
    factor = _factor(sample, method)[:, np.newaxis]
    margin = factor * np.sqrt(shares.variance)
    composite = zone_shares(sample, COMPOSITE).share
    variance = shares.variance * (factor / Z_95) ** 2
    share = np.clip(shares.share, MIN_SHARE, MAX_SHARE)
    center = np.where(share < composite, (1 - TOWARDS_COMPOSITE) * share + TOWARDS_COMPOSITE * composite, share)
    low = np.minimum(shares.share - margin, beta_quantile(share, variance, -Z_95))
    high = np.maximum(shares.share + margin, beta_quantile(np.minimum(center, MAX_SHARE), variance, Z_95))
    may_be_absent = ~_is_present(sample)
    has_pixels = sample.mapped_share.sum(axis=1)[:, np.newaxis] > 0
    low = np.where(may_be_absent | ~has_pixels, 0.0, np.clip(low, 0.0, 1.0))
    return low, np.where(has_pixels, np.clip(high, 0.0, 1.0), 1.0)


def _factor(sample: ZoneSample, method: str) -> Floats:
    """How many standard errors a normal interval reaches, `(zone,)`."""
    if method == SYNTHETIC:
        return np.full(len(sample.point_count), Z_95)
    if method in MODEL_METHODS:
        degrees = max((int((sample.point_count > 0).sum()) - 1) / 2, POOLED_DEGREES)
        return np.full(len(sample.point_count), t_975(np.array([degrees]))[0])
    return t_975(sample.point_count.astype(np.float64) + POOLED_DEGREES)


def _is_present(sample: ZoneSample) -> NDArray[np.bool_]:
    """Whether a class is mapped in a zone, or was seen at one of its points, `(zone, class)`."""
    seen = np.zeros(sample.mapped_share.shape, bool)
    seen[sample.points.pair_zone, sample.points.is_class.argmax(axis=1)[sample.points.pair_point]] = True
    present: NDArray[np.bool_] = seen | (sample.mapped_share > 0)
    return present
