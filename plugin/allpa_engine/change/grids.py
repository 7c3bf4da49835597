"""Grids of maps that are compared: whether they are the same, and how maps on others are read on a common one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.vrt import WarpedVRT
from shapely.geometry import box

from ..core.composite_keys import FINEST, REFUSE
from ..core.errors import RasterInvalid
from ..core.legend import NO_DATA
from ..core.messages import message, translatable
from ..geo.grid import Grid, grid_difference
from ..geo.pixel_area import central_pixel_m2
from ..geo.projection import reprojected
from ..raster.class_raster import ClassRaster, open_class_raster

_MODE_PIXEL_RATIO = 2.0
"""From this many source pixels in one of the common grid on, the most frequent class is taken, not the nearest one."""
_RESAMPLING_NAMES = {
    Resampling.nearest: translatable("by nearest pixel"),
    Resampling.mode: translatable("by the most frequent class"),
}


@dataclass(frozen=True)
class CommonGrid:
    """The grid on which all the maps of a comparison are read."""

    grid: Grid | None
    """None where all the maps lie on one grid, or must."""
    notes: tuple[str, ...] = ()
    """For the reader: which map was read on which grid, and how."""


def common_grid(maps: Mapping[str, Path], alignment: str = REFUSE) -> CommonGrid:
    """The grid on which maps are compared.

    Parameters
    ----------
    maps : by the names of their periods.
    alignment : `refuse` demands one grid of all, `first` takes the grid of the earliest map, `finest` that of the map
        with the smallest pixels (of equals, the earliest).

    Returns
    -------
    The grid, None where all the maps lie on one already, and a note on every map that is resampled.

    Raises
    ------
    RasterInvalid : where a map cannot be read or does not meet the grid, or the grids differ and `alignment` refuses
        that.

    """
    if alignment == REFUSE:
        require_same_grid(maps)
        return CommonGrid(None)
    grids = _read_grids(maps)
    reference_period = (
        min(grids, key=lambda period: (central_pixel_m2(grids[period]), period)) if alignment == FINEST else min(grids)
    )
    reference = grids[reference_period]
    different = [period for period, grid in grids.items() if grid_difference(reference, grid)]
    for period in different:
        _require_overlap(reference_period, reference, period, grids[period])
    notes = tuple(
        message(
            "The {period} map ({grid}) was resampled to the grid of the {reference_period} map ({reference_grid}) "
            "{how}: along borders of classes, a shift of half a pixel appears as change.",
            period=period,
            grid=grid_text(grids[period]),
            reference_period=reference_period,
            reference_grid=grid_text(reference),
            how=_RESAMPLING_NAMES[_resampling(grids[period], reference)],
        )
        for period in different
    )
    return CommonGrid(reference if different else None, notes)


def _require_overlap(reference_period: str, reference: Grid, period: str, grid: Grid) -> None:
    extent = reprojected(box(*grid.bounds), grid.crs, reference.crs)
    finite = np.isfinite(shapely.get_coordinates(extent)).all()
    if not finite or extent.intersection(box(*reference.bounds)).area == 0:
        raise RasterInvalid(
            message(
                "The maps of {first} and {second} do not overlap.",
                first=min(reference_period, period),
                second=max(reference_period, period),
            ),
            message(
                "One covers {first}, the other {second}.", first=_bounds_text(reference), second=_bounds_text(grid)
            ),
            "Choose maps of the same region.",
        )


def _bounds_text(grid: Grid) -> str:
    return f"{', '.join(f'{side:.9g}' for side in grid.bounds)} ({grid.crs})"


def require_same_grid(maps: Mapping[str, Path]) -> None:
    """Refuse maps that do not all lie on one grid.

    Parameters
    ----------
    maps : by the names of their periods; at least one. The grid is that of the first period.

    Raises
    ------
    RasterInvalid : where a map cannot be read, or lies on another grid.

    """
    grids = _read_grids(maps)
    first, *others = grids
    for period in others:
        if difference := grid_difference(grids[first], grids[period]):
            raise RasterInvalid(
                message("The maps of {first} and {second} have different grids.", first=first, second=period),
                difference,
                "Create the maps with the same region and CRS, or choose an alignment (`align`).",
            )


def grid_text(grid: Grid) -> str:
    """A grid in words.

    Examples
    --------
    >>> grid_text(Grid("EPSG:32718", 700_000, 8_500_000, 10, 300, 200))
    'EPSG:32718, 10 m'

    """
    return f"{grid.crs}, {grid.resolution:.4g}{'' if grid.unit == '°' else ' '}{grid.unit}"


@contextmanager
def align_to_grid(raster: ClassRaster, grid: Grid) -> Iterator[ClassRaster]:
    """Read a map on another grid: by nearest pixel, or by the most frequent class where that grid is coarser.

    Parameters
    ----------
    raster : the open map; it must stay open.
    grid : on which it is read; its pixels count as coarser from twice the area of the map's on.

    Yields
    ------
    A map that reads on `grid`, with the map's own no data; the given one where it lies on that grid already.

    Raises
    ------
    RasterInvalid : where GDAL cannot resample it to that grid.

    """
    if not grid_difference(raster.grid, grid):
        yield raster
        return
    try:
        with WarpedVRT(
            raster.source,
            crs=grid.crs,
            transform=grid.transform,
            width=grid.width,
            height=grid.height,
            resampling=_resampling(raster.grid, grid),
            src_nodata=NO_DATA if raster.source.nodata is None else raster.source.nodata,
            nodata=NO_DATA if raster.source.nodata is None else raster.source.nodata,
        ) as aligned:
            yield ClassRaster(raster.path, grid, aligned, raster.tags)
    except RasterioError as error:
        raise RasterInvalid(message("{name} cannot be aligned.", name=raster.path.name), str(error)) from error


def _resampling(source: Grid, target: Grid) -> Resampling:
    return (
        Resampling.mode
        if central_pixel_m2(target) >= _MODE_PIXEL_RATIO * central_pixel_m2(source)
        else Resampling.nearest
    )


def _read_grids(maps: Mapping[str, Path]) -> dict[str, Grid]:
    """The maps' grids, in the order of the periods."""
    grids = {}
    for period in sorted(maps):
        with open_class_raster(maps[period]) as raster:
            grids[period] = raster.grid
    return grids
