"""A labelled sample in memory, as the estimators read it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core.legend import BUNDLED_LEGEND, Legend
from ..raster.class_raster import Codes


@dataclass(frozen=True)
class LabelledSample:
    """Points of a probability sample with map and reference class, and the sizes of the strata they were drawn from.

    Strata need not be the map's classes (Stehman 2014): districts, classes by districts, an older map.
    """

    stratum: NDArray[np.intp]
    """Index of each point's stratum."""
    map_class: Codes
    """Code of the assessed map at each point."""
    reference_class: Codes
    """Code that interpreters agreed on; 0 where there is none."""
    zone: NDArray[np.intp]
    """Index of each point's zone; -1 where it lies in none. All -1 without zones."""
    stratum_names: tuple[str, ...]
    stratum_pixels: NDArray[np.int64]
    """Pixels of each stratum, counted from the map."""
    stratum_area_ha: NDArray[np.float64]
    """True area of each stratum in hectares."""
    zone_names: tuple[str, ...] = ()
    legend: Legend = BUNDLED_LEGEND
    """The classes of the codes, or of their pairs."""
