"""Time series: the area of every class over several maps of the same region."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from ..areas.table import AreaTable
from ..areas.tabulate import tabulate_raster
from ..core.errors import JobInvalid, RasterInvalid
from ..core.messages import message, translate
from ..core.protocol import Reporter
from ..geo.grid import Grid
from ..geo.region import Region
from ..raster.class_raster import open_class_raster
from .grids import align_to_grid, require_same_grid
from .matrix import CHANGE_WARNING
from .pairs import shared_legend


@dataclass(frozen=True)
class Timeline:
    """Areas by period, in the order of the periods."""

    periods: tuple[str, ...]
    tables: tuple[AreaTable, ...]
    """One area table per period."""
    language: str = "en"

    @property
    def warning(self) -> str:
        """What every reader must know."""
        return translate(CHANGE_WARNING, self.language)

    def area_ha(self, code: int) -> tuple[float, ...]:
        """Hectares of a class, period by period."""
        return tuple(next(row.area_ha for row in table.rows if row.code == code) for table in self.tables)


def timeline(
    maps: Mapping[str, Path],
    region: Region | None = None,
    language: str = "en",
    reporter: Reporter | None = None,
    target_grid: Grid | None = None,
) -> Timeline:
    """The area of every class in each of several maps of one region.

    Parameters
    ----------
    maps : single-band rasters of class codes, by the names of their periods; at least two.
    region : part of the maps to count (pixels whose centre lies inside); None counts all.
    language : of names and texts, `en` or `es`.
    reporter : receives the progress of the stage "areas", once per map; None reports nothing.
    target_grid : all maps are read on it; None demands one grid of all.

    Returns
    -------
    One area table per period, in the order of the periods' names.

    Raises
    ------
    JobInvalid : for fewer than two maps.
    RasterInvalid : where a map cannot be read or shows no class, or is on another grid than the first and there is no
        `target_grid`.
    LegendsDiffer : where the maps have different classes.
    RegionInvalid : where the region lies outside a map.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> import rasterio
    >>> from ..raster.gdal import gtiff_profile
    >>> profile = gtiff_profile(Grid("EPSG:32718", 700_000, 8_500_000, 10, 2, 1), 1, "uint8", nodata=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     maps = {period: Path(folder) / f"{period}.tif" for period in ("2019", "2020", "2021")}
    ...     for path, second in zip(maps.values(), (2, 2, 5)):
    ...         with rasterio.open(path, "w", **profile) as target:
    ...             target.write(np.array([[2, second]], np.uint8), 1)
    ...     line = timeline(maps)
    >>> line.periods, line.area_ha(2)
    (('2019', '2020', '2021'), (0.02, 0.02, 0.01))

    """
    if len(maps) < 2:
        raise JobInvalid("A time series needs at least two maps.", message("Maps given: {count}.", count=len(maps)))
    periods = sorted(maps)
    with ExitStack() as stack:
        legend = shared_legend([stack.enter_context(open_class_raster(maps[period])) for period in periods])
    if target_grid is None:
        require_same_grid(maps)
    tables: list[AreaTable] = []
    for period in periods:
        with ExitStack() as stack:
            raster = stack.enter_context(open_class_raster(maps[period]))
            if target_grid is not None:
                raster = stack.enter_context(align_to_grid(raster, target_grid))
            tables.append(tabulate_raster(raster, region, language, reporter, legend))
        if not tables[-1].total.pixels:
            raise RasterInvalid(
                message("The map of {period} cannot be compared: no pixel has a class.", period=period),
                message("{name} has no data.", name=maps[period].name)
                if region is None
                else message("{name} has no data in the region.", name=maps[period].name),
                "Leave this map out.",
            )
    return Timeline(tuple(periods), tuple(tables), language)
