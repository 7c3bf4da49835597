"""The change matrix: hectares from each class to each class between two maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..areas.tabulate import count_codes
from ..core.errors import RasterInvalid
from ..core.legend import ROLE_CLOUDS, LandClass
from ..core.messages import message, translatable, translate
from ..core.protocol import Reporter
from ..geo.grid import Grid
from ..geo.pixel_area import pixel_areas
from ..geo.projection import SQUARE_METRES_PER_HECTARE
from ..geo.region import Region
from .pairs import open_map_pair, transition_blocks

CHANGE_WARNING = translatable(
    "Change derived by comparing two maps contains the errors of both; many small changes are not real. Before figures "
    "are published, assess the change with a reference sample of its own (Olofsson et al. 2014)."
)
"""What every reader of a change must know."""
CHANGE_ASSESSED = translatable(
    "Areas counted from two maps contain the errors of both. This change was assessed with a reference sample: the "
    "estimated areas with their intervals are those to publish."
)
"""What takes its place where there is a sample."""


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
    """Land-cover transitions; rows are the earlier map's classes, columns the later one's, in the legend's order."""

    legend: tuple[LandClass, ...]
    pixels: NDArray[np.int64]
    """`(from, to)` of the pixels that have a class in both maps."""
    area_ha: NDArray[np.float64]
    """`(from, to)`: pixels times their nominal area; where that is not the area on the ground, the ellipsoidal area."""
    ellipsoidal_ha: NDArray[np.float64]
    """`(from, to)`: ellipsoidal area."""
    language: str = "en"
    notes: tuple[str, ...] = ()
    """What a reader of the figures must know."""
    is_assessed: bool = False
    """Whether a labelled sample of the change was evaluated."""

    @property
    def land_ha(self) -> NDArray[np.float64]:
        """`area_ha` without Clouds, which hide the land and are no change of it."""
        land = np.array([land_class.role != ROLE_CLOUDS for land_class in self.legend])
        return np.where(np.outer(land, land), self.area_ha, 0.0)

    @property
    def compared_ha(self) -> float:
        """Area where both maps show land."""
        return float(self.land_ha.sum())

    @property
    def changed_ha(self) -> float:
        """Area where both maps show land, and not the same class."""
        between = self.land_ha
        return float(between.sum() - np.trace(between))

    @property
    def warning(self) -> str:
        """What every reader must know."""
        return translate(CHANGE_ASSESSED if self.is_assessed else CHANGE_WARNING, self.language)

    def classes(self) -> tuple[ClassChange, ...]:
        """Gain, loss and net of every class over the land that both maps show; Clouds have none."""
        between = self.land_ha
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
        """What a class turned into, over the land that both maps show.

        Parameters
        ----------
        code : of a class in the legend.

        Returns
        -------
        The other classes and their hectares, the most first; without those of 0.

        """
        index = self._index_of(code)
        return self._sorted_flows(self.land_ha[index], index)

    def gains_by_class(self, code: int) -> list[tuple[LandClass, float]]:
        """What turned into a class, over the land that both maps show.

        Parameters
        ----------
        code : of a class in the legend.

        Returns
        -------
        The other classes and their hectares, the most first; without those of 0.

        """
        index = self._index_of(code)
        return self._sorted_flows(self.land_ha[:, index], index)

    def class_of(self, code: int) -> LandClass:
        """The class of a code of the legend."""
        return self.legend[self._index_of(code)]

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
    legend: Sequence[LandClass] | None = None,
    target_grid: Grid | None = None,
) -> ChangeMatrix:
    """Count the transitions between the classes of two maps, in the whole map or in a region.

    Parameters
    ----------
    before, after : the maps, single-band rasters of class codes; on different grids only where there is a
        `target_grid`, to which both are resampled.
    region : part of the maps to compare (pixels whose centre lies inside); None compares all.
    language : of names and texts, `en` or `es`.
    reporter : receives the progress of the stage "change"; its `progress` may raise to stop the work. None reports
        nothing.
    legend : the classes of both maps; None takes that of the maps, which must be one.
    target_grid : None takes the maps' own grid.

    Returns
    -------
    Pixels and hectares from every class to every class, `(from, to)` in the legend's order, where both maps have data.

    Raises
    ------
    LegendsDiffer : where the maps have different legends, and none is given.
    RasterInvalid : where a map cannot be read, contains codes that are not in the legend, or is on another grid, and
        where no pixel has a class of land or water in both.
    RegionInvalid : where the region lies outside the maps.

    Examples
    --------
    >>> import tempfile
    >>> import rasterio
    >>> from ..raster.gdal import gtiff_profile
    >>> profile = gtiff_profile(Grid("EPSG:32718", 700_000, 8_500_000, 10, 2, 1), 1, "uint8", nodata=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     before, after = Path(folder) / "2019.tif", Path(folder) / "2020.tif"
    ...     for path, codes in ((before, [[2, 2]]), (after, [[2, 5]])):
    ...         with rasterio.open(path, "w", **profile) as target:
    ...             target.write(np.array(codes, np.uint8), 1)
    ...     matrix = change_matrix(before, after)
    >>> matrix.compared_ha, matrix.changed_ha, [(land.name, area_ha) for land, area_ha in matrix.losses_by_class(2)]
    (0.02, 0.01, [('Crops', 0.01)])

    """
    with open_map_pair(before, after, legend, target_grid) as pair:
        areas = pixel_areas(pair.grid)
        counts = count_codes(transition_blocks(pair, region, reporter), areas, pair.code_count)
    codes = [land_class.code for land_class in pair.legend]
    cells = np.ix_(codes, codes)
    pixels = counts.pixels.reshape(pair.base, pair.base)[cells]
    true_ha = counts.area_m2.reshape(pair.base, pair.base)[cells] / SQUARE_METRES_PER_HECTARE
    nominal = areas.nominal_m2
    area_ha = true_ha if nominal is None else pixels * nominal / SQUARE_METRES_PER_HECTARE
    matrix = ChangeMatrix(tuple(pair.legend), pixels, area_ha, true_ha, language, (areas.note,) if areas.note else ())
    if not matrix.compared_ha:
        raise RasterInvalid(
            "The maps cannot be compared: no pixel has a class of land or water in both.",
            message(
                "They are {before} and {after}." if region is None else "They are {before} and {after}, in the region.",
                before=Path(before).name,
                after=Path(after).name,
            ),
            "Choose maps that show the same region.",
        )
    return matrix
