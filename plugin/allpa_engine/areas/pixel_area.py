"""The true area of pixels: what a pixel of a map covers on the ellipsoid."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Proj
from rasterio.windows import Window
from shapely.geometry import box

from ..errors import RasterInvalid
from ..grid import Grid
from ..region import Region

KNOT_SPACING_PX = 64
"""Distance of the points at which a projection's areal scale is computed; over it the scale changes by about 1e-5."""


class PixelAreas(Protocol):
    """True areas of the pixels of a grid."""

    nominal_m2: float | None
    """Area of a pixel in the plane of the map; None where the map is in degrees."""

    def within(self, window: Window) -> NDArray[np.float64]:
        """Square metres per pixel, `(y, x)` or `(y, 1)` where all the pixels of a row are alike."""


def pixel_areas(grid: Grid) -> PixelAreas:
    """The true pixel areas of a grid, geographic or projected.

    Raises
    ------
    RasterInvalid : where the CRS is neither, such as one of local engineering coordinates.

    """
    crs = CRS.from_user_input(grid.crs)
    if crs.is_geographic:
        return DegreeAreas(grid, crs)
    if not crs.is_projected:
        raise RasterInvalid("The raster's coordinate system has no areas.", f"It is {crs.name}.")
    return ProjectedAreas(grid, crs)


class DegreeAreas:
    """Pixels of a grid in degrees: exact area between two parallels and two meridians."""

    nominal_m2: float | None = None

    def __init__(self, grid: Grid, crs: CRS) -> None:
        to_radians = crs.axis_info[0].unit_conversion_factor
        ellipsoid = crs.ellipsoid
        if ellipsoid is None:
            raise RasterInvalid("The raster's coordinate system has no ellipsoid.", f"It is {crs.name}.")
        edges = (grid.top - grid.resolution * np.arange(grid.height + 1)) * to_radians
        zones = zone_area_m2(
            np.clip(edges, -math.pi / 2, math.pi / 2), ellipsoid.semi_major_metre, ellipsoid.inverse_flattening
        )
        self._rows = (zones[:-1] - zones[1:]) * grid.resolution * to_radians / (2 * math.pi)

    def within(self, window: Window) -> NDArray[np.float64]:
        """Square metres per pixel, `(y, 1)`."""
        first = int(window.row_off)
        rows: NDArray[np.float64] = self._rows[first : first + int(window.height), np.newaxis]
        return rows


def zone_area_m2(latitude: NDArray[np.float64], semi_major_m: float, inverse_flattening: float) -> NDArray[np.float64]:
    """Area of the ellipsoid between the equator and a latitude (radians), negative in the south.

    Snyder (1987), Map Projections - A Working Manual, equation 3-12: the authalic q, times pi a².
    """
    squared = 0.0 if not inverse_flattening else (2 - 1 / inverse_flattening) / inverse_flattening
    sine = np.sin(latitude)
    if squared == 0:
        return 2 * math.pi * semi_major_m**2 * sine
    excentricity = math.sqrt(squared)
    q = (1 - squared) * (sine / (1 - squared * sine**2) + np.arctanh(excentricity * sine) / excentricity)
    zone: NDArray[np.float64] = math.pi * semi_major_m**2 * q
    return zone


@dataclass(frozen=True)
class _Knots:
    """Points of a coarse lattice and where each pixel lies between them."""

    at: NDArray[np.float64]
    """Pixel coordinates of the knots."""
    left: NDArray[np.intp]
    """Index of the knot before each pixel."""
    share: NDArray[np.float64]
    """How far each pixel lies towards the next knot, 0 to 1."""


def _knots(offset: int, count: int) -> _Knots:
    # Knots stand at whole multiples of the spacing, so a pixel has the same area whichever window it is read with.
    first = offset // KNOT_SPACING_PX
    last = -(-(offset + count) // KNOT_SPACING_PX)
    at = KNOT_SPACING_PX * np.arange(first, last + 1, dtype=np.float64)
    position = (offset + np.arange(count) + 0.5) / KNOT_SPACING_PX - first
    left = np.minimum(position.astype(np.intp), len(at) - 2)
    return _Knots(at, left, position - left)


class ProjectedAreas:
    """Pixels of a projected grid: the nominal area over the projection's areal scale (k² for UTM)."""

    nominal_m2: float | None

    def __init__(self, grid: Grid, crs: CRS) -> None:
        metres = crs.axis_info[0].unit_conversion_factor
        self.nominal_m2 = (grid.resolution * metres) ** 2
        self._grid = grid
        self._projection = Proj(crs)

    def within(self, window: Window) -> NDArray[np.float64]:
        """Square metres per pixel, `(y, x)`, bilinear between the knots."""
        rows, columns = _knots(int(window.row_off), int(window.height)), _knots(int(window.col_off), int(window.width))
        scale = self._areal_scale(rows.at, columns.at)
        right = columns.share
        across = scale[:, columns.left] * (1 - right) + scale[:, columns.left + 1] * right
        down = rows.share[:, np.newaxis]
        areas: NDArray[np.float64] = across[rows.left] * (1 - down) + across[rows.left + 1] * down
        return areas

    def _areal_scale(self, rows: NDArray[np.float64], columns: NDArray[np.float64]) -> NDArray[np.float64]:
        grid = self._grid
        x, y = np.meshgrid(grid.left + columns * grid.resolution, grid.top - rows * grid.resolution)
        longitude, latitude = self._projection(x, y, inverse=True)
        scale = self._projection.get_factors(longitude, latitude).areal_scale
        areas = (self.nominal_m2 or 0.0) / np.asarray(scale, np.float64)
        if not np.isfinite(areas).all():
            raise RasterInvalid("The raster reaches beyond what its projection can show.", f"It is in {grid.crs}.")
        return areas


def border_pixels(grid: Grid, region: Region | None) -> float:
    """Length of the region's border (of the grid's where there is none), in pixels."""
    shape = box(*grid.bounds) if region is None else region.projected(grid.crs)
    return float(shape.length) / grid.resolution
