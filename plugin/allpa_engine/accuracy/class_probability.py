"""Calibrated class probabilities: what the labelled points say about pixels of which the map says the same.

A cell joins the pixels of one mapped class, one step of confidence and one second class. The share of each reference
class in a cell is estimated from the labelled points in it, drawn towards the shares of coarser cells where it has few:
mapped class and confidence, then the mapped class, then the map itself. So the probabilities are calibrated on the
sample, whatever the map's own confidence is worth. They are never taken from the points whose error they must show:
those of the same zone, or the point itself, are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
PRIOR_POINTS = 4.0
"""How many points a coarser cell counts for in a finer one."""
PRIOR_ACCURACY = 0.8
"""Share of the mapped class where there is no point at all."""
_ZONES_AT_ONCE = 32


@dataclass(frozen=True)
class MapCells:
    """What the map says of a pixel, as a number."""

    codes: tuple[int, ...]
    """Codes of the classes of map and reference, ascending."""
    mapped: Indices
    """`(cell,)`: index into `codes` of the mapped class."""
    confidence_step: Indices
    """`(cell,)`: step of the confidence, 0 lowest; all 0 without a quality raster."""
    second: Indices
    """`(cell,)`: code of the second class, 0 where there is none."""

    def levels(self) -> tuple[Indices, ...]:
        """Groups of the cells from coarse to fine, `(cell,)` each: class; confidence too; second class too."""
        parts = (self.mapped, self.confidence_step, self.second)
        return tuple(
            np.unique(np.stack(parts[:depth], axis=1), axis=0, return_inverse=True)[1].reshape(-1).astype(np.intp)
            for depth in (1, 2, 3)
        )

    def map_shares(self) -> Floats:
        """`(cell, class)`: probabilities without any point."""
        count = len(self.codes)
        shares = np.full((len(self.mapped), count), (1 - PRIOR_ACCURACY) / max(1, count - 1))
        shares[np.arange(len(self.mapped)), self.mapped] = PRIOR_ACCURACY if count > 1 else 1.0
        return shares


@dataclass(frozen=True)
class LabelledPoints:
    """The labelled points as the estimators of zones read them."""

    cell: Indices
    """`(point,)`: cell of the map."""
    is_class: Floats
    """`(point, class)`: 1 at the reference class."""
    weight_ha: Floats
    """`(point,)`: hectares that a point stands for: area of its stratum by the number of labelled points in it."""
    pair_point: Indices
    """`(pair,)`: a pair for every zone in which a point lies; several where zones overlap."""
    pair_zone: Indices

    @property
    def pair_is_class(self) -> Floats:
        """`(pair, class)`."""
        found: Floats = self.is_class[self.pair_point]
        return found


def probabilities_without_point(cells: MapCells, points: LabelledPoints) -> tuple[Floats, Floats]:
    """Probabilities of the cells, and of each point's cell as estimated from all the other points.

    Parameters
    ----------
    cells : the map's cells.
    points : the labelled points.

    Returns
    -------
    `(cell, class)` and `(point, class)`; rows sum to 1.

    Examples
    --------
    >>> cells = MapCells((1, 2), np.array([0, 1]), np.array([0, 0]), np.array([0, 0]))
    >>> points = LabelledPoints(np.array([0, 0]), np.eye(2), np.ones(2), np.zeros(0, int), np.zeros(0, int))
    >>> of_cells, of_points = probabilities_without_point(cells, points)
    >>> of_points.round(2).tolist()  # the first point is class 1; the other one says class 2
    [[0.41, 0.59], [0.9, 0.1]]

    """
    own = _relative_weights(cells, points)[:, np.newaxis] * points.is_class
    of_cells = cells.map_shares()
    of_points: Floats = of_cells[points.cell]
    for level in cells.levels():
        totals = _totals(level, points.cell, own)
        of_cells = _shrunk(totals[level], of_cells)
        of_points = _shrunk(totals[level[points.cell]] - own, of_points)
    return of_cells, of_points


@dataclass(frozen=True)
class ZonePriors:
    """What the points outside each zone say about it."""

    of_class: Floats
    """`(zone, mapped class, class)`: mean probabilities over the zone's pixels of a mapped class."""
    of_pairs: Floats
    """`(pair, class)`: probabilities of a point's cell without all the points of the zone."""


def probabilities_without_zone(cells: MapCells, points: LabelledPoints, area_ha: Floats) -> ZonePriors:
    """Probabilities for every zone, estimated from the points outside it.

    Parameters
    ----------
    cells : the map's cells.
    points : the labelled points with their zones.
    area_ha : `(zone, cell)` hectares.

    Returns
    -------
    Means by zone and mapped class, and the probabilities at the zones' own points; a mapped class that a zone lacks
    gets equal probabilities.

    """
    zone_count, class_count = len(area_ha), len(cells.codes)
    own = _relative_weights(cells, points)[:, np.newaxis] * points.is_class
    levels, start = cells.levels(), cells.map_shares()
    all_totals = [_totals(level, points.cell, own) for level in levels]
    of_class = np.empty((zone_count, class_count, class_count))
    of_pairs = np.empty((len(points.pair_point), class_count))
    for first in range(0, zone_count, _ZONES_AT_ONCE):
        zones = np.arange(first, min(first + _ZONES_AT_ONCE, zone_count))
        here = np.flatnonzero((points.pair_zone >= first) & (points.pair_zone <= zones[-1]))
        point, zone = points.pair_point[here], points.pair_zone[here] - first
        shares = np.broadcast_to(start, (len(zones), *start.shape))
        for level, totals in zip(levels, all_totals, strict=True):
            inside = np.zeros((len(zones), *totals.shape))
            np.add.at(inside, (zone, level[points.cell[point]]), own[point])
            shares = _shrunk((totals - inside)[:, level], shares)
        of_pairs[here] = shares[zone, points.cell[point]]
        of_class[zones] = _means_by_class(shares, cells.mapped, area_ha[zones])
    return ZonePriors(of_class, of_pairs)


def _means_by_class(shares: Floats, mapped: Indices, area_ha: Floats) -> Floats:
    """`(zone, mapped class, class)` from `(zone, cell, class)`, weighted by area."""
    class_count = shares.shape[2]
    sums, areas = np.zeros((len(shares), class_count, class_count)), np.zeros((len(shares), class_count, 1))
    for index in range(class_count):
        of_class = mapped == index
        sums[:, index] = (area_ha[:, of_class, np.newaxis] * shares[:, of_class]).sum(axis=1)
        areas[:, index, 0] = area_ha[:, of_class].sum(axis=1)
    means: Floats = np.where(areas > 0, sums / np.where(areas > 0, areas, 1.0), 1 / class_count)
    return means


def _relative_weights(cells: MapCells, points: LabelledPoints) -> Floats:
    """Weights with a mean of 1 among the points of a mapped class."""
    mapped, count = cells.mapped[points.cell], len(cells.codes)
    sums = np.bincount(mapped, points.weight_ha, count) / np.maximum(np.bincount(mapped, minlength=count), 1)
    relative: Floats = points.weight_ha / sums[mapped]
    return relative


def _totals(level: Indices, cell: Indices, own: Floats) -> Floats:
    totals = np.zeros((int(level.max(initial=-1)) + 1, own.shape[1]))
    np.add.at(totals, level[cell], own)
    return totals


def _shrunk(totals: Floats, prior: Floats) -> Floats:
    """Shares of the totals, with the prior counting for `PRIOR_POINTS`."""
    totals = np.maximum(totals, 0.0)
    shares: Floats = (totals + PRIOR_POINTS * prior) / (totals.sum(axis=-1, keepdims=True) + PRIOR_POINTS)
    return shares
