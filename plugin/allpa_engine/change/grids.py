"""Grids of maps that are compared: whether they are one, and how maps on different ones are read on a common one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pyproj import CRS
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.vrt import WarpedVRT

from ..core.errors import RasterInvalid
from ..core.job import FINEST, REFUSE
from ..core.legend import NO_DATA
from ..geo.grid import Grid
from ..geo.pixel_area import central_pixel_m2
from ..raster.class_raster import ClassRaster, open_class_raster

_GRID_TOLERANCE_PX = 1e-3
"""Share of a pixel by which two grids may be apart and still be one: corners are stored as floating point."""
_MODE_PIXEL_RATIO = 2.0
"""From this many source pixels in one of the common grid on, the most frequent class is taken, not the nearest one."""
_RESAMPLING_NAMES = {
    Resampling.nearest: ("by nearest pixel", "por el píxel más cercano"),
    Resampling.mode: ("by the most frequent class", "por la clase más frecuente"),
}
_TEXTS = {
    "en": "The map of {period} ({grid}) was read on the grid of the map of {reference_period} ({reference_grid}) "
    "{how}: along borders of classes, half a pixel of shift looks like change.",
    "es": "El mapa de {period} ({grid}) se leyó en la cuadrícula del mapa de {reference_period} ({reference_grid}) "
    "{how}: en los bordes de las clases, medio píxel de desplazamiento parece un cambio.",
}


@dataclass(frozen=True)
class CommonGrid:
    """The grid on which all the maps of a comparison are read."""

    grid: Grid | None
    """None where all the maps lie on one grid, or must."""
    notes: tuple[str, ...] = ()
    """For the reader: which map was read on which grid, and how."""


def common_grid(maps: Mapping[str, Path], alignment: str = REFUSE, language: str = "en") -> CommonGrid:
    """The grid for maps by the names of their periods: that of the first map, or of the one with the smallest pixels.

    Raises
    ------
    RasterInvalid : where a map cannot be read, or the grids differ and `alignment` refuses that.

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
    language_index = 1 if language.startswith("es") else 0
    notes = tuple(
        _TEXTS["es" if language_index else "en"].format(
            period=period,
            grid=grid_text(grids[period]),
            reference_period=reference_period,
            reference_grid=grid_text(reference),
            how=_RESAMPLING_NAMES[_resampling(grids[period], reference)][language_index],
        )
        for period in different
    )
    return CommonGrid(reference if different else None, notes)


def require_same_grid(maps: Mapping[str, Path]) -> None:
    """Refuse maps, by the names of their periods, that do not all lie on the first one's grid.

    Raises
    ------
    RasterInvalid

    """
    grids = _read_grids(maps)
    first, *others = grids
    for period in others:
        if difference := grid_difference(grids[first], grids[period]):
            raise RasterInvalid(
                f"The maps of {first} and {period} lie on different grids.",
                difference,
                "Make all maps with the same region and CRS, or ask for alignment.",
            )


def grid_difference(one: Grid, other: Grid) -> str:
    """In words, how two grids differ; empty where they are one."""
    if CRS.from_user_input(one.crs) != CRS.from_user_input(other.crs):
        return f"One is in {one.crs}, the other in {other.crs}."
    # Over the whole grid, a difference of resolution adds up to one of place.
    if abs(one.resolution - other.resolution) * max(one.width, one.height) > _GRID_TOLERANCE_PX * one.resolution:
        return f"Pixels of one are {one.resolution:g} wide, those of the other {other.resolution:g}."
    if (one.width, one.height) != (other.width, other.height):
        return f"One has {one.width} x {one.height} pixels, the other {other.width} x {other.height}."
    if max(abs(one.left - other.left), abs(one.top - other.top)) > _GRID_TOLERANCE_PX * one.resolution:
        return f"One begins at {one.left:.9g}, {one.top:.9g}, the other at {other.left:.9g}, {other.top:.9g}."
    return ""


def grid_text(grid: Grid) -> str:
    """A grid in words: `EPSG:32718, 10 m`."""
    unit = "°" if CRS.from_user_input(grid.crs).is_geographic else " m"
    return f"{grid.crs}, {grid.resolution:.4g}{unit}"


@contextmanager
def align_to_grid(raster: ClassRaster, grid: Grid) -> Iterator[ClassRaster]:
    """A map read on another grid: by nearest pixel, or by the most frequent class where that grid is coarser.

    Raises
    ------
    RasterInvalid : where it cannot be.

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
            src_nodata=NO_DATA,
            nodata=NO_DATA,
        ) as aligned:
            yield ClassRaster(raster.path, grid, aligned)
    except RasterioError as error:
        raise RasterInvalid(f"{raster.path.name} cannot be aligned.", str(error)) from error


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
