"""The squares of the Military Grid Reference System and the Sentinel-2 tiles around them: names, zones and bounds.

Letters after NGA.SIG.0012, tile corners after ESA's tiling grid.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

SQUARE_M = 100_000
TILE_M = 109_800
CORNER_STEP_M = 60
LATITUDE_BANDS = "CDEFGHJKLMNPQRSTUVWX"
COLUMN_LETTERS = ("ABCDEFGH", "JKLMNPQR", "STUVWXYZ")
ROW_LETTERS = "ABCDEFGHJKLMNPQRSTUV"
FALSE_NORTHING_M = 10_000_000
_CELL_DEGREES = 3
_CELL_LATITUDES = (-84, 0, 56, 64, 72, 84)
"""Zones of Norway and Svalbard begin and end at these."""


def utm_epsg(longitude: float, latitude: float) -> int:
    """EPSG code of the UTM zone at a point, with the grid's exceptions at Norway and Svalbard.

    Parameters
    ----------
    longitude, latitude : WGS 84, degrees; -180 to 180 and -90 to 90.

    Returns
    -------
    326xx from the equator on to the north, 327xx in the south.

    Examples
    --------
    >>> utm_epsg(-72.9, -13.6), utm_epsg(5.3, 60.4)
    (32718, 32632)

    """
    zone = min(int((longitude + 180) // 6) + 1, 60)
    if 56 <= latitude < 64 and 3 <= longitude < 12:
        zone = 32
    elif 72 <= latitude < 84 and 0 <= longitude < 42:
        zone = 31 + 2 * math.floor((longitude + 3) / 12)
    return (32600 if latitude >= 0 else 32700) + zone


def zone_cells(bounds: tuple[float, float, float, float]) -> Iterator[tuple[int, tuple[float, float, float, float]]]:
    """The parts of UTM zones that `bounds` meet.

    Parameters
    ----------
    bounds : west, south, east, north, degrees.

    Yields
    ------
    EPSG code of a zone, and west, south, east, north of one of its parts.

    Examples
    --------
    >>> [epsg for epsg, _ in zone_cells((-72.9, -13.7, -72.8, -13.6))]
    [32718]

    """
    west, south, east, north = bounds
    for left in range(-180, 180, _CELL_DEGREES):
        for bottom, top in zip(_CELL_LATITUDES, _CELL_LATITUDES[1:]):
            if left <= east and left + _CELL_DEGREES >= west and bottom <= north and top >= south:
                epsg = utm_epsg(left + _CELL_DEGREES / 2, (bottom + top) / 2)
                yield epsg, (left, bottom, left + _CELL_DEGREES, top)


def square_names(epsg: int, column: int, row: int, south: float, north: float) -> tuple[str, ...]:
    """The name of a 100 km square, or its two names where it lies in two latitude bands.

    Parameters
    ----------
    epsg : code of the UTM zone.
    column, row : of the square: its easting and its northing in 100 km; columns are 1 to 8.
    south, north : latitudes between which the square lies, degrees.

    Returns
    -------
    Names of five characters, such as `18LYL`.

    """
    zone, is_northern = epsg % 100, epsg < 32700
    letters = COLUMN_LETTERS[(zone - 1) % 3][column - 1] + ROW_LETTERS[(row + (0 if zone % 2 else 5)) % 20]
    first, last = (min(max(int((edge + 80) // 8), 0), len(LATITUDE_BANDS) - 1) for edge in (south, north - 1e-6))
    bands = [band for band in LATITUDE_BANDS[first : last + 1] if (band >= "N") == is_northern]
    return tuple(f"{zone:02d}{band}{letters}" for band in bands)


def tile_of_square(easting: int, northing: int, *, is_northern: bool) -> tuple[int, int, int, int]:
    """The tile of a 100 km square, which covers it and 9.8 km more in the south and east.

    Parameters
    ----------
    easting, northing : of the square's south-west corner, metres.
    is_northern : whether it lies north of the equator.

    Returns
    -------
    Left, bottom, right, top, metres.

    Examples
    --------
    >>> tile_of_square(700_000, 8_500_000, is_northern=False)
    (699960, 8490220, 809760, 8600020)

    """
    left = easting - easting % CORNER_STEP_M
    equator = 0 if is_northern else FALSE_NORTHING_M
    top = equator + math.ceil((northing + SQUARE_M - equator) / CORNER_STEP_M) * CORNER_STEP_M
    return left, top - TILE_M, left + TILE_M, top
