"""Which pixels of a tile a region needs."""

from __future__ import annotations

import math

from rasterio.windows import Window
from shapely.geometry import MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry

from ..errors import SceneUnsupported
from ..grid import Grid
from ..language import said
from ..region import Region

SNAP_M = 20.0
"""Windows begin and end on whole pixels of the 20 m bands."""
_ROUNDING_M = 0.01
"""Coordinates that lie on the grid come back from longitude and latitude this close to it."""
_REACH_DEGREES = 15.0
"""A tile of a UTM zone lies within this many degrees of its meridian, at the highest latitudes too."""


def tile_crs(tile: str) -> str:
    """`EPSG:` code of a Sentinel-2 tile's UTM zone, from its five-character MGRS name such as `18LYF`.

    Raises
    ------
    SceneUnsupported : where the name is not one.
    """
    zone, band = tile[:2], tile[2:3].upper()
    if not (zone.isdigit() and 1 <= int(zone) <= 60 and "C" <= band <= "X"):
        raise SceneUnsupported(said("{tile!r} is not the name of a Sentinel-2 tile.", tile=tile))
    return f"EPSG:{(32600 if band >= 'N' else 32700) + int(zone)}"


def region_near_tile(region: Region, tile: str, crs: str) -> BaseGeometry:
    """The region's part near the tile's UTM zone, in `crs`; may be empty.

    Parts on the other side of the globe have no useful coordinates in the zone. The 180th meridian is no border here.
    """
    meridian = int(tile[:2]) * 6 - 183
    west, east = meridian - _REACH_DEGREES, meridian + _REACH_DEGREES
    near = region.geometry.intersection(box(west, -84, east, 84))
    for turn in (-360, 360):
        if west + turn < 180 and east + turn > -180:
            near = near.union(region.geometry.intersection(box(west + turn, -84, east + turn, 84)))
    polygons = [part for part in getattr(near, "geoms", [near]) if isinstance(part, Polygon)]
    return Region(MultiPolygon(polygons), region.name).projected(crs)


def snapped_bounds(geometry: BaseGeometry, margin_m: float = 0) -> tuple[float, float, float, float]:
    """Left, bottom, right, top of a geometry in metres, widened by a margin, outward on multiples of 20 m."""
    left, bottom, right, top = geometry.bounds
    reach = margin_m - _ROUNDING_M
    return (
        math.floor((left - reach) / SNAP_M) * SNAP_M,
        math.floor((bottom - reach) / SNAP_M) * SNAP_M,
        math.ceil((right + reach) / SNAP_M) * SNAP_M,
        math.ceil((top + reach) / SNAP_M) * SNAP_M,
    )


def window_on_tile(tile: Grid, bounds: tuple[float, float, float, float]) -> Window | None:
    """The tile's pixels within `bounds`, snapped outward to 20 m of the tile's own grid; None where there are none."""
    left, bottom, right, top = bounds
    step = round(SNAP_M / tile.resolution)

    def outward(low: float, high: float, size: int) -> tuple[int, int]:
        first = math.floor((low + _ROUNDING_M) / SNAP_M) * step
        end = math.ceil((high - _ROUNDING_M) / SNAP_M) * step
        return max(first, 0), min(end, size)

    first_column, end_column = outward(left - tile.left, right - tile.left, tile.width)
    first_row, end_row = outward(tile.top - top, tile.top - bottom, tile.height)
    if first_column >= end_column or first_row >= end_row:
        return None
    return Window(first_column, first_row, end_column - first_column, end_row - first_row)
