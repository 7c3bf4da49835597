"""The error matrix of a labelled sample: points by stratum, map class and reference class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core.legend import BUNDLED_LEGEND, Legend
from ..core.messages import Message, message
from .sample import LabelledSample


@dataclass(frozen=True)
class ErrorMatrix:
    """Counts of points by stratum, and what they stand for; rows are map classes, columns reference classes."""

    codes: tuple[int, ...]
    """Codes of the classes that occur in map or reference, ascending; rows and columns of `counts`."""
    counts: NDArray[np.int64]
    """`(stratum, map, reference)`: labelled points, of one zone where the matrix is of a zone."""
    points: NDArray[np.int64]
    """`(stratum,)`: labelled points of the stratum, inside and outside the zone."""
    pixels: NDArray[np.int64]
    """`(stratum,)`: pixels of the stratum."""
    area_ha: NDArray[np.float64]
    """`(stratum,)`: true area of the stratum in hectares."""
    stratum_names: tuple[str, ...]
    notes: tuple[Message, ...] = ()
    """What a reader of the figures must know."""
    legend: Legend = BUNDLED_LEGEND
    """The classes of the codes, or of their pairs."""

    @property
    def weights(self) -> NDArray[np.float64]:
        """`(stratum,)`: share of each stratum in the area of those that have points; sums to 1."""
        area = np.where(self.points > 0, self.area_ha, 0.0)
        total = float(area.sum())
        return area / total if total else area

    @property
    def total_ha(self) -> float:
        """Area of the strata that have points, in hectares."""
        return float(self.area_ha[self.points > 0].sum())

    @property
    def total_counts(self) -> NDArray[np.int64]:
        """`(map, reference)`: points of all strata."""
        total: NDArray[np.int64] = self.counts.sum(axis=0)
        return total


def count_points(sample: LabelledSample, zone: int | None = None, codes: Sequence[int] = ()) -> ErrorMatrix:
    """Count the labelled points of a sample by stratum, map class and reference class.

    Parameters
    ----------
    sample : the points; those without a reference class (0) and on no data of the map (0) are left out, with a note.
    zone : index of the zone whose points are counted; None counts all. Points outside it stay in `points`, since they
        say how much of each stratum lies in the zone.
    codes : classes that get a row and a column in any case.

    Returns
    -------
    The matrix, with notes on points that were left out and on strata with no point or one.

    Examples
    --------
    >>> sample = LabelledSample(
    ...     stratum=np.array([0, 0, 1, 1]),
    ...     map_class=np.array([1, 1, 2, 2], np.uint8),
    ...     reference_class=np.array([1, 2, 2, 0], np.uint8),
    ...     zone=np.full(4, -1),
    ...     stratum_names=("Water", "Trees"),
    ...     stratum_pixels=np.array([100, 300]),
    ...     stratum_area_ha=np.array([1.0, 3.0]),
    ... )
    >>> matrix = count_points(sample)
    >>> matrix.total_counts.tolist(), matrix.notes[0]
    ([[1, 1], [0, 1]], 'Points without a reference class, which are left out: 1 of 4.')

    """
    is_labelled = (sample.reference_class > 0) & (sample.map_class > 0)
    stratum, mapped, reference = (
        values[is_labelled] for values in (sample.stratum, sample.map_class, sample.reference_class)
    )
    inside = np.ones(len(stratum), bool) if zone is None else sample.zone[is_labelled] == zone
    present = sorted({*(int(code) for code in codes), *np.unique(mapped).tolist(), *np.unique(reference).tolist()})
    order = np.array(present, np.int64)
    rows, columns = (np.searchsorted(order, values) for values in (mapped, reference))
    count = len(sample.stratum_names)
    counts = np.zeros((count, len(present), len(present)), np.int64)
    np.add.at(counts, (stratum[inside], rows[inside], columns[inside]), 1)
    points = np.bincount(stratum, minlength=count).astype(np.int64)
    area_ha = np.asarray(sample.stratum_area_ha, np.float64)
    return ErrorMatrix(
        tuple(present),
        counts,
        points,
        np.asarray(sample.stratum_pixels, np.int64),
        area_ha,
        sample.stratum_names,
        (*_left_out_notes(sample), *_stratum_notes(sample.stratum_names, points, area_ha)),
        sample.legend,
    )


def _left_out_notes(sample: LabelledSample) -> list[Message]:
    notes = []
    total = len(sample.map_class)
    unlabelled = int(np.count_nonzero(sample.reference_class == 0))
    if unlabelled:
        notes.append(
            message(
                "Points without a reference class, which are left out: {count} of {total}.",
                count=unlabelled,
                total=total,
            )
        )
    on_no_data = int(np.count_nonzero((sample.map_class == 0) & (sample.reference_class > 0)))
    if on_no_data:
        notes.append(
            message(
                "Labelled points on no data of the map, which are left out: {count} of {total}.",
                count=on_no_data,
                total=total,
            )
        )
    return notes


def _stratum_notes(names: Sequence[str], points: NDArray[np.int64], area_ha: NDArray[np.float64]) -> list[Message]:
    """What follows from strata with no point, or one."""
    total_ha, notes = float(area_ha.sum()), []
    for name, count, area in zip(names, points.tolist(), area_ha.tolist(), strict=True):
        if area > 0 and count == 0:
            notes.append(
                message(
                    "Stratum {name} ({percent:.1f} % of the area) has no labelled point: no figure says anything about "
                    "it.",
                    name=name,
                    percent=100 * area / total_ha,
                )
            )
        elif area > 0 and count == 1:
            notes.append(
                message(
                    "Stratum {name} has one labelled point: its variance cannot be estimated, and is taken from the "
                    "difference between the point and the estimate for all strata.",
                    name=name,
                )
            )
    return notes
