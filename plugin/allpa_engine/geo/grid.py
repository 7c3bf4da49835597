"""Pixel grids: where the pixels of a raster lie, and which of them belong to a region."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterio.features import geometry_mask
from rasterio.windows import Window
from shapely.geometry import box, mapping
from shapely.geometry.base import BaseGeometry

RESOLUTION_M = 10.0
"""Side of a pixel of every map."""
SNAP_TOLERANCE = 0.005
"""Share of a step by which a shape may reach over a grid line unfollowed."""


@dataclass(frozen=True)
class Grid:
    """A north-up grid of square pixels."""

    crs: str
    """Such as `EPSG:32718`."""
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

    def part(self, window: Window) -> Grid:
        """The grid of a window of this grid (whole pixels)."""
        return Grid(
            self.crs,
            self.left + int(window.col_off) * self.resolution,
            self.top - int(window.row_off) * self.resolution,
            self.resolution,
            int(window.width),
            int(window.height),
        )

    def blocks(self, size: int) -> Iterator[Window]:
        """Windows of at most `size` x `size` pixels that cover the grid once, row by row."""
        for row in range(0, self.height, size):
            for column in range(0, self.width, size):
                yield Window(column, row, min(size, self.width - column), min(size, self.height - row))

    def inside(self, geometry: BaseGeometry) -> NDArray[np.bool_]:
        """Mask `(y, x)`: True where the pixel's centre lies in `geometry` (in this grid's CRS)."""
        if geometry.is_empty or not geometry.intersects(box(*self.bounds)):
            return np.zeros((self.height, self.width), bool)
        mask: NDArray[np.bool_] = geometry_mask(
            [mapping(geometry)], (self.height, self.width), self.transform, all_touched=False, invert=True
        )
        return mask


def grid_covering(geometry: BaseGeometry, crs: str, resolution: float = RESOLUTION_M, snap: float = 0) -> Grid:
    """The smallest grid that holds `geometry` (in `crs`), its corners on multiples of `snap` (default `resolution`).

    Sentinel-2 tiles have their corners on multiples of 20 m, so grids snapped to 10 m or 20 m share their pixels. What
    reaches over a line by less than `SNAP_TOLERANCE` of a step is not followed: a rectangle that was drawn on the
    lines comes back from longitude and latitude a few millimetres off, and would get a rim of empty pixels.
    """
    step = snap or resolution
    west, south, east, north = (side / step for side in geometry.bounds)
    left, bottom = math.floor(west + SNAP_TOLERANCE) * step, math.floor(south + SNAP_TOLERANCE) * step
    right, top = math.ceil(east - SNAP_TOLERANCE) * step, math.ceil(north - SNAP_TOLERANCE) * step
    right, top = max(right, left + step), max(top, bottom + step)
    return Grid(crs, left, top, resolution, round((right - left) / resolution), round((top - bottom) / resolution))
