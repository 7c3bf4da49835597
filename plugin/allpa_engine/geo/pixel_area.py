"""The true area of pixels: what a pixel of a map covers on the ellipsoid."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from rasterio.windows import Window
from shapely.geometry import box

from ..core.errors import RasterInvalid
from ..core.messages import message
from .grid import Grid
from .region import Region

NODE_SPACING_PX = 64
"""Distance of the nodes at which a projected pixel's area is computed; over it the area changes by about 1e-5."""
MAX_NOMINAL_ERROR = 0.01
"""Share by which nominal and true area of a pixel may differ where hectares are counted in nominal pixels. Within a UTM
zone they differ by less than 0.003; in Web Mercator pixels are four times too large at 60 degrees."""


class PixelAreas(Protocol):
    """True areas of the pixels of a grid."""

    nominal_m2: float | None
    """Area of a pixel in the plane of the map; None where it is not the area on the ground: hectares are then sums of
    true areas."""
    note: str
    """What a reader must know of the areas; empty where nominal areas can be used."""

    def in_window(self, window: Window) -> NDArray[np.float64]:
        """Square metres per pixel, `(y, x)` or `(y, 1)` where all the pixels of a row are alike."""


def pixel_areas(grid: Grid) -> PixelAreas:
    """The areas of a grid's pixels on the ellipsoid.

    Parameters
    ----------
    grid : in a geographic or projected CRS.

    Returns
    -------
    Reads the square metres of the pixels of any window.

    Raises
    ------
    RasterInvalid : where the CRS is neither, such as one of local engineering coordinates.

    Examples
    --------
    >>> areas = pixel_areas(Grid("EPSG:32718", 500_000, 9_000_000, 10, 4, 4))
    >>> areas.nominal_m2, areas.in_window(Window(1, 1, 2, 2)).round(2).tolist()
    (100.0, [[100.08, 100.08], [100.08, 100.08]])

    """
    crs = CRS.from_user_input(grid.crs)
    if crs.is_geographic:
        return GeographicPixelAreas(grid, crs)
    if not crs.is_projected:
        raise RasterInvalid(
            "Areas cannot be computed in the raster's CRS.",
            message("It is {crs}.", crs=crs.name),
            "Warp the raster to another CRS.",
        )
    return ProjectedPixelAreas(grid, crs)


def central_pixel_m2(grid: Grid) -> float:
    """Area of the pixel in the middle of a grid on the ellipsoid, m².

    Examples
    --------
    >>> round(central_pixel_m2(Grid("EPSG:3857", 0, 8_400_000, 10, 2, 2)), 1)
    25.1

    """
    grid = grid.for_window(Window(grid.width // 2, grid.height // 2, 1, 1))
    return float(pixel_areas(grid).in_window(Window(0, 0, 1, 1))[0, 0])


class GeographicPixelAreas:
    """Pixels of a grid in degrees: exact area between two parallels and two meridians.

    Parameters
    ----------
    grid : the pixels, in a geographic CRS.
    crs : the CRS of the grid.

    Raises
    ------
    RasterInvalid : where the CRS has no ellipsoid.

    """

    nominal_m2: float | None = None
    note = ""

    def __init__(self, grid: Grid, crs: CRS) -> None:
        to_radians = crs.axis_info[0].unit_conversion_factor
        ellipsoid = crs.ellipsoid
        if ellipsoid is None:
            raise RasterInvalid("The raster's CRS has no ellipsoid.", message("It is {crs}.", crs=crs.name))
        edges = (grid.top - grid.resolution * np.arange(grid.height + 1)) * to_radians
        areas_from_equator_m2 = area_from_equator_m2(
            np.clip(edges, -math.pi / 2, math.pi / 2), ellipsoid.semi_major_metre, ellipsoid.inverse_flattening
        )
        self._rows = (
            (areas_from_equator_m2[:-1] - areas_from_equator_m2[1:]) * grid.resolution * to_radians / (2 * math.pi)
        )

    def in_window(self, window: Window) -> NDArray[np.float64]:
        """Square metres per pixel, `(y, 1)`."""
        first = int(window.row_off)
        rows: NDArray[np.float64] = self._rows[first : first + int(window.height), np.newaxis]
        return rows


def area_from_equator_m2(
    latitude: NDArray[np.float64], semi_major_m: float, inverse_flattening: float
) -> NDArray[np.float64]:
    """Area of the ellipsoid between the equator and a latitude, negative in the south.

    Snyder (1987), Map Projections - A Working Manual, equation 3-12: the authalic q, times pi a².

    Parameters
    ----------
    latitude : geodetic latitudes of any shape, radians.
    semi_major_m : equatorial radius a of the ellipsoid, metres.
    inverse_flattening : 1/f of the ellipsoid; 0 for a sphere.

    Returns
    -------
    Square metres, all around the globe, in the shape of `latitude`.

    Examples
    --------
    >>> area_from_equator_m2(np.array([-np.pi / 2, 0.0, np.pi / 2]), 1.0, 0.0).round(4).tolist()
    [-6.2832, 0.0, 6.2832]

    """
    eccentricity_squared = 0.0 if not inverse_flattening else (2 - 1 / inverse_flattening) / inverse_flattening
    sine = np.sin(latitude)
    if eccentricity_squared == 0:
        return 2 * math.pi * semi_major_m**2 * sine
    eccentricity = math.sqrt(eccentricity_squared)
    q = (1 - eccentricity_squared) * (
        sine / (1 - eccentricity_squared * sine**2) + np.arctanh(eccentricity * sine) / eccentricity
    )
    area_m2: NDArray[np.float64] = math.pi * semi_major_m**2 * q
    return area_m2


class ProjectedPixelAreas:
    """Pixels of a projected grid: the ellipsoid's area element under the map (for UTM, the nominal area over k²).

    Parameters
    ----------
    grid : the pixels, in a projected CRS.
    crs : the CRS of the grid.

    Raises
    ------
    RasterInvalid : where the CRS has no ellipsoid.

    """

    def __init__(self, grid: Grid, crs: CRS) -> None:
        geodetic = crs.geodetic_crs
        if geodetic is None or geodetic.ellipsoid is None:
            raise RasterInvalid("The raster's CRS has no ellipsoid.", message("It is {crs}.", crs=crs.name))
        self._grid = grid
        self._ellipsoid = geodetic.ellipsoid
        self._to_degrees = Transformer.from_crs(crs, geodetic, always_xy=True)
        nominal_m2 = (grid.resolution * crs.axis_info[0].unit_conversion_factor) ** 2
        ratios = nominal_m2 / self._node_areas[np.isfinite(self._node_areas) & (self._node_areas > 0)]
        error = float(np.abs(ratios - 1).max(initial=0.0))
        self.nominal_m2 = nominal_m2 if error <= MAX_NOMINAL_ERROR else None
        self.note = (
            ""
            if self.nominal_m2
            else message(
                "Pixels of {crs} differ by up to {error:.0%} from their size on the ground: "
                "all areas are ellipsoidal areas.",
                crs=crs.name,
                error=error,
            )
        )

    def in_window(self, window: Window) -> NDArray[np.float64]:
        """Areas of the pixels in a window, bilinear between the nodes.

        Parameters
        ----------
        window : part of the grid.

        Returns
        -------
        Square metres per pixel, `(y, x)`.

        Raises
        ------
        RasterInvalid : where the window reaches beyond the valid area of the projection.

        """
        top, row_fraction = _node_fractions(int(window.row_off), int(window.height))
        left, column_fraction = _node_fractions(int(window.col_off), int(window.width))
        node_areas = self._node_areas[top[0] : top[-1] + 2]
        if not np.isfinite(node_areas[:, left[0] : left[-1] + 2]).all():
            raise RasterInvalid(
                "The raster extends beyond the valid area of its projection.",
                message("It is in {crs}.", crs=self._grid.crs),
            )
        interpolated = node_areas[:, left] * (1 - column_fraction) + node_areas[:, left + 1] * column_fraction
        first, share = top - top[0], row_fraction[:, np.newaxis]
        areas: NDArray[np.float64] = interpolated[first] * (1 - share) + interpolated[first + 1] * share
        return areas

    @cached_property
    def _node_areas(self) -> NDArray[np.float64]:
        """Area of a pixel at each node of the whole grid: few, one for every 4096 pixels.

        It is the Jacobian of map to degrees times the ellipsoid's radii of curvature.
        """
        grid, spacing = self._grid, NODE_SPACING_PX * self._grid.resolution
        x, y = np.meshgrid(
            grid.left + spacing * np.arange(grid.width // NODE_SPACING_PX + 2),
            grid.top - spacing * np.arange(grid.height // NODE_SPACING_PX + 2),
        )
        step = spacing / 4
        east, west = self._radians(x + step, y), self._radians(x - step, y)
        north, south = self._radians(x, y + step), self._radians(x, y - step)
        along_x = _wrap_longitude(east[0] - west[0]), east[1] - west[1]
        along_y = _wrap_longitude(north[0] - south[0]), north[1] - south[1]
        jacobian = np.abs(along_x[0] * along_y[1] - along_x[1] * along_y[0]) / (2 * step) ** 2
        latitude = self._radians(x, y)[1]
        eccentricity_squared = 1 - (self._ellipsoid.semi_minor_metre / self._ellipsoid.semi_major_metre) ** 2
        # Meridian times parallel radius (Snyder 1987, equations 4-18 to 4-21).
        radii = (
            self._ellipsoid.semi_major_metre**2
            * (1 - eccentricity_squared)
            / (1 - eccentricity_squared * np.sin(latitude) ** 2) ** 2
        )
        areas: NDArray[np.float64] = jacobian * radii * np.cos(latitude) * grid.resolution**2
        return areas

    def _radians(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
        longitude, latitude = self._to_degrees.transform(x, y)
        return np.radians(longitude), np.radians(latitude)


def _node_fractions(offset: int, count: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """For each of `count` pixels from `offset` on: the node before its centre, and how far it lies to the next one."""
    position = (offset + np.arange(count) + 0.5) / NODE_SPACING_PX
    before = position.astype(np.intp)
    return before, position - before


def _wrap_longitude(difference: NDArray[np.float64]) -> NDArray[np.float64]:
    """A difference of longitudes without the jump at the 180th meridian, radians."""
    wrapped: NDArray[np.float64] = (difference + math.pi) % (2 * math.pi) - math.pi
    return wrapped


def border_length_px(grid: Grid, region: Region | None) -> float:
    """Length of the region's border in pixels, of all its rings.

    Parameters
    ----------
    grid : gives the CRS and the size of a pixel.
    region : None measures the border of the grid.

    Returns
    -------
    Length in the plane of the map, in sides of a pixel.

    Examples
    --------
    >>> border_length_px(Grid("EPSG:32718", 700_000, 8_500_000, 10, 30, 20), None)
    100.0

    """
    shape = box(*grid.bounds) if region is None else region.geometry_in_crs(grid.crs)
    return float(shape.length) / grid.resolution


def percent_of(part: float, whole: float) -> float:
    """Share of a part in a whole, percent; 0 where there is nothing.

    Parameters
    ----------
    part, whole : amounts in one unit; a `whole` of 0 gives 0.

    Returns
    -------
    100 for the whole.

    Examples
    --------
    >>> percent_of(1, 8), percent_of(0, 0)
    (12.5, 0.0)

    """
    return 100.0 * part / whole if whole else 0.0
