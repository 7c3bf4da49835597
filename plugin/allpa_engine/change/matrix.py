"""The change matrix: hectares from each class to each class between two maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..core.legend import CLASS_BY_CODE, CLOUDS, LEGEND, LandClass
from ..core.protocol import NullReporter, Reporter
from ..geo.grid import Grid
from ..geo.pixel_area import pixel_areas
from ..geo.region import SQUARE_METRES_PER_HECTARE, Region
from .pairs import open_map_pair, transition_blocks

_WARNINGS = {
    "en": "Change read from two maps holds the errors of both: many small changes are none. Before figures are "
    "published, assess the change with a reference sample of its own (Olofsson et al. 2014).",
    "es": "El cambio leído de dos mapas contiene los errores de ambos: muchos cambios pequeños no lo son. Antes "
    "de publicar cifras, evalúe el cambio con una muestra de referencia propia (Olofsson et al. 2014).",
}


def change_warning(language: str) -> str:
    """What every reader of a change must be told."""
    return _WARNINGS["es" if language.startswith("es") else "en"]


@dataclass(frozen=True)
class ClassChange:
    """One class between two maps, over the land that both show."""

    code: int
    name: str
    before_ha: float
    after_ha: float
    unchanged_ha: float
    gain_ha: float
    """Of the class in the later map only."""
    loss_ha: float
    """Of the class in the earlier map only."""

    @property
    def net_ha(self) -> float:
        """Gain less loss."""
        return self.gain_ha - self.loss_ha


@dataclass(frozen=True)
class ChangeMatrix:
    """What became of what; rows are the earlier map's classes, columns the later one's, in the legend's order."""

    legend: tuple[LandClass, ...]
    pixels: NDArray[np.int64]
    """`(from, to)` of the pixels that have a class in both maps."""
    area_ha: NDArray[np.float64]
    """`(from, to)`: pixels times their nominal area; on a grid in degrees, the true area."""
    ellipsoidal_ha: NDArray[np.float64]
    """`(from, to)`: true area."""
    language: str = "en"

    @property
    def land(self) -> NDArray[np.bool_]:
        """`(class,)`: False for Clouds, which hide the land and are no change of it."""
        return np.array([land != CLASS_BY_CODE[CLOUDS] for land in self.legend])

    @property
    def compared_ha(self) -> float:
        """Area where both maps show land."""
        return float(self._land_ha().sum())

    @property
    def changed_ha(self) -> float:
        """Area where both maps show land, and not the same class."""
        between = self._land_ha()
        return float(between.sum() - np.trace(between))

    @property
    def warning(self) -> str:
        """What every reader must be told."""
        return change_warning(self.language)

    def classes(self) -> tuple[ClassChange, ...]:
        """Gain, loss and net of every class over the land that both maps show; Clouds have none."""
        between = self._land_ha()
        unchanged, before, after = np.diagonal(between), between.sum(axis=1), between.sum(axis=0)
        return tuple(
            ClassChange(
                land.code,
                land.label(self.language),
                float(before[index]),
                float(after[index]),
                float(unchanged[index]),
                float(after[index] - unchanged[index]),
                float(before[index] - unchanged[index]),
            )
            for index, land in enumerate(self.legend)
        )

    def losses_by_class(self, code: int) -> list[tuple[LandClass, float]]:
        """What a class turned into, hectares by class, the most first."""
        index = self._index_of(code)
        return self._sorted_flows(self._land_ha()[index], index)

    def gains_by_class(self, code: int) -> list[tuple[LandClass, float]]:
        """What turned into a class, hectares by class, the most first."""
        index = self._index_of(code)
        return self._sorted_flows(self._land_ha()[:, index], index)

    def _land_ha(self) -> NDArray[np.float64]:
        land = self.land
        return np.where(np.outer(land, land), self.area_ha, 0.0)

    def _index_of(self, code: int) -> int:
        return [land.code for land in self.legend].index(code)

    def _sorted_flows(self, hectares: NDArray[np.float64], excluded: int) -> list[tuple[LandClass, float]]:
        flows = [
            (land, float(area)) for index, (land, area) in enumerate(zip(self.legend, hectares)) if index != excluded
        ]
        return sorted((flow for flow in flows if flow[1] > 0), key=lambda flow: -flow[1])


def change_matrix(
    before: Path,
    after: Path,
    region: Region | None = None,
    language: str = "en",
    reporter: Reporter | None = None,
    legend: Sequence[LandClass] = LEGEND,
    target_grid: Grid | None = None,
) -> ChangeMatrix:
    """Count what became of what between two maps, in the whole map or in a region.

    Maps on different grids are refused, unless there is a grid `onto` which both are read.

    Raises
    ------
    RasterInvalid : where a map cannot be read, holds unknown codes, or lies on another grid.

    """
    pixels = np.zeros(256, np.int64)
    area_m2 = np.zeros(256, np.float64)
    with open_map_pair(before, after, legend, target_grid) as pair:
        areas = pixel_areas(pair.grid)
        shape = None if region is None else region.geometry_in_crs(pair.grid.crs)
        for window, codes in transition_blocks(pair, shape, reporter or NullReporter()):
            weights = np.broadcast_to(areas.in_window(window), codes.shape)
            pixels += np.bincount(codes.ravel(), minlength=256)
            area_m2 += np.bincount(codes.ravel(), weights.ravel(), 256)
    between = slice(1, len(legend) + 1)
    counted = pixels.reshape(16, 16)[between, between]
    true_ha = area_m2.reshape(16, 16)[between, between] / SQUARE_METRES_PER_HECTARE
    nominal = areas.nominal_m2
    area_ha = true_ha if nominal is None else counted * nominal / SQUARE_METRES_PER_HECTARE
    return ChangeMatrix(tuple(legend), counted, area_ha, true_ha, language)
