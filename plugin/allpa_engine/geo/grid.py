"""Pixel grids: where the pixels of a raster lie, and which of them belong to a region."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS
from rasterio.features import geometry_mask
from rasterio.io import DatasetReader
from rasterio.windows import Window
from shapely.geometry import box, mapping
from shapely.geometry.base import BaseGeometry

from ..core.errors import RasterInvalid
from ..core.messages import message

RESOLUTION_M = 10.0
"""Side of a pixel of every map."""
SNAP_TOLERANCE = 0.005
"""Share of a step by which a shape may reach over a grid line without adding a row or column of pixels."""
GRID_TOLERANCE_PX = 1e-3
"""Share of a pixel by which any pixel of two grids may be apart where they count as one grid: corners are stored as
floating point, and small differences of pixel sizes add up over the grid."""


@dataclass(frozen=True)
class Grid:
    """A north-up grid of square pixels.

    Examples
    --------
    >>> grid = Grid("EPSG:32718", 700_000, 8_500_000, 10, 300, 200)
    >>> grid.bounds
    (700000, 8498000, 703000, 8500000)
    >>> [(int(window.col_off), int(window.width)) for window in grid.block_windows(200)]
    [(0, 200), (200, 100)]

    """

    crs: str
    """Such as `EPSG:32718`; WKT where the CRS has no code."""
    left: float
    """x of the upper left corner, in units of the CRS."""
    top: float
    """y of the upper left corner."""
    resolution: float
    """Side of a pixel, in units of the CRS (metres where the CRS is projected)."""
    width: int
    """Columns."""
    height: int
    """Rows."""

    @property
    def transform(self) -> Affine:
        """Affine from column/row to x/y."""
        return Affine(self.resolution, 0, self.left, 0, -self.resolution, self.top)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, bottom, right, top."""
        return (
            self.left,
            self.top - self.height * self.resolution,
            self.left + self.width * self.resolution,
            self.top,
        )

    @property
    def unit(self) -> str:
        """Unit of the resolution: `°`, `m`, or the name that the CRS gives it."""
        unit = CRS.from_user_input(self.crs).axis_info[0].unit_name
        return {"degree": "°", "metre": "m"}.get(unit, unit)

    def for_window(self, window: Window) -> Grid:
        """The grid of a window of this grid (whole pixels).

        Examples
        --------
        >>> Grid("EPSG:32718", 700_000, 8_500_000, 10, 300, 200).for_window(Window(10, 5, 20, 15))
        Grid(crs='EPSG:32718', left=700100, top=8499950, resolution=10, width=20, height=15)

        """
        return Grid(
            self.crs,
            self.left + int(window.col_off) * self.resolution,
            self.top - int(window.row_off) * self.resolution,
            self.resolution,
            int(window.width),
            int(window.height),
        )

    def block_windows(self, size: int) -> Iterator[Window]:
        """Windows that cover the grid once, row by row.

        Parameters
        ----------
        size : rows and columns of a window at most, in pixels.

        Yields
        ------
        Windows of `size` x `size` pixels, smaller ones at the right and at the bottom.

        """
        for row in range(0, self.height, size):
            for column in range(0, self.width, size):
                yield Window(column, row, min(size, self.width - column), min(size, self.height - row))

    def mask_inside(self, geometry: BaseGeometry) -> NDArray[np.bool_]:
        """Mask of the pixels whose centre lies in a geometry.

        Parameters
        ----------
        geometry : in this grid's CRS; may be empty.

        Returns
        -------
        Mask `(y, x)`, True inside.

        Examples
        --------
        >>> Grid("EPSG:32718", 0, 30, 10, 3, 3).mask_inside(box(0, 0, 20, 20)).astype(int).tolist()
        [[0, 0, 0], [1, 1, 0], [1, 1, 0]]

        """
        if geometry.is_empty or not geometry.intersects(box(*self.bounds)):
            return np.zeros((self.height, self.width), bool)
        mask: NDArray[np.bool_] = geometry_mask(
            [mapping(geometry)], (self.height, self.width), self.transform, all_touched=False, invert=True
        )
        return mask


def grid_of(dataset: DatasetReader) -> Grid:
    """The grid of an open raster.

    Parameters
    ----------
    dataset : north-up, with square pixels and a CRS.

    Returns
    -------
    Its grid; the CRS as `EPSG:` code where it has one, else as WKT.

    Raises
    ------
    RasterInvalid : where it has no CRS, is rotated, or has pixels that are not square.

    """
    name, transform = Path(dataset.name).name, dataset.transform
    if dataset.crs is None:
        raise RasterInvalid(
            message("{name} has no CRS.", name=name), next_step="Assign the CRS of the raster and run again."
        )
    skew = max(abs(transform.b), abs(transform.d), abs(transform.a + transform.e)) * max(dataset.width, dataset.height)
    if transform.a <= 0 or skew > GRID_TOLERANCE_PX * transform.a:
        raise RasterInvalid(
            message("{name} is not north-up with square pixels.", name=name),
            message("Its transform is {numbers}.", numbers=str(tuple(transform)[:6])),
            "Warp it to square pixels and run again.",
        )
    code = dataset.crs.to_epsg()
    crs = f"EPSG:{code}" if code else dataset.crs.to_wkt()
    return Grid(crs, transform.c, transform.f, transform.a, dataset.width, dataset.height)


def grid_difference(one: Grid, other: Grid) -> str:
    """How two grids differ, in words; empty where they count as one grid.

    Parameters
    ----------
    one, other : the grids; they count as one where no pixel is apart by more than `GRID_TOLERANCE_PX` of a pixel of
        `one`.

    Returns
    -------
    A sentence about the first difference that is found: of the CRS, the pixel sizes, the sizes in pixels or the
    origins.

    Examples
    --------
    >>> one = Grid("EPSG:32718", 700_000, 8_500_000, 10, 300, 200)
    >>> grid_difference(one, Grid("EPSG:32718", 700_000, 8_500_000, 10, 300, 100))
    'The sizes differ: 300 x 200 and 300 x 100 pixels.'
    >>> grid_difference(one, Grid("EPSG:32718", 700_000.001, 8_500_000, 10, 300, 200))
    ''

    """
    tolerance = GRID_TOLERANCE_PX * one.resolution
    if one.crs != other.crs and CRS.from_user_input(one.crs) != CRS.from_user_input(other.crs):
        return message("The CRS differ: {first} and {second}.", first=one.crs, second=other.crs)
    if abs(one.resolution - other.resolution) * max(one.width, one.height) > tolerance:
        return message(
            "The pixel sizes differ: {first:g} and {second:g}.",
            first=one.resolution,
            second=other.resolution,
        )
    if (one.width, one.height) != (other.width, other.height):
        return message(
            "The sizes differ: {first} and {second} pixels.",
            first=f"{one.width} x {one.height}",
            second=f"{other.width} x {other.height}",
        )
    if max(abs(one.left - other.left), abs(one.top - other.top)) > tolerance:
        return message(
            "The origins differ: {left:.9g}, {top:.9g} and {left_2:.9g}, {top_2:.9g}.",
            left=one.left,
            top=one.top,
            left_2=other.left,
            top_2=other.top,
        )
    return ""


def grid_covering(geometry: BaseGeometry, crs: str, resolution: float = RESOLUTION_M, snap: float = 0) -> Grid:
    """The smallest grid that covers a geometry.

    Sentinel-2 tiles have their corners on multiples of 20 m, so grids snapped to 10 m or 20 m share their pixels. What
    reaches over a line by less than `SNAP_TOLERANCE` of a step is ignored: a rectangle that was drawn on the lines
    comes back from longitude and latitude a few millimetres off, and would get a rim of empty pixels.

    Parameters
    ----------
    geometry : in `crs`, not empty.
    crs : such as `EPSG:32718`.
    resolution : side of a pixel, in units of the CRS.
    snap : the corners lie on multiples of it, in units of the CRS; 0 takes `resolution`.

    Returns
    -------
    A grid of at least one step in width and height.

    Examples
    --------
    >>> grid_covering(box(700_004, 8_499_991, 700_026, 8_500_000), "EPSG:32718")
    Grid(crs='EPSG:32718', left=700000.0, top=8500000.0, resolution=10.0, width=3, height=1)

    """
    step = snap or resolution
    west, south, east, north = (side / step for side in geometry.bounds)
    left, bottom = math.floor(west + SNAP_TOLERANCE) * step, math.floor(south + SNAP_TOLERANCE) * step
    right, top = math.ceil(east - SNAP_TOLERANCE) * step, math.ceil(north - SNAP_TOLERANCE) * step
    right, top = max(right, left + step), max(top, bottom + step)
    return Grid(crs, left, top, resolution, round((right - left) / resolution), round((top - bottom) / resolution))
