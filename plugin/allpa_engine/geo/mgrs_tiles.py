"""Sentinel-2 tiles (MGRS): which tiles a region needs, and the bounds and CRS of a tile.

Every point of the land lies in exactly one 100 km square of the Military Grid Reference System (`core/mgrs.py`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from shapely import transform, union_all
from shapely.affinity import translate
from shapely.geometry import MultiPolygon, Polygon, box, shape
from shapely.geometry.base import BaseGeometry

from ..core.errors import SceneUnsupported
from ..core.messages import message
from ..core.mgrs import (
    COLUMN_LETTERS,
    LATITUDE_BANDS,
    ROW_LETTERS,
    SQUARE_M,
    square_names,
    tile_of_square,
    zone_cells,
)
from ..core.scene import Scene
from .projection import WGS84, coordinate_transform
from .region import Region

_ROW_CYCLE_M = 2_000_000
_TILE_NAME = re.compile(r"(0[1-9]|[1-5]\d|60)[C-HJ-NP-X][A-HJ-NP-Z][A-HJ-NP-V]")
_EDGE_STEP_DEGREES = 0.1
_OUTLINE_TOLERANCE_M = 2_000
"""Catalogues simplify footprints, so that these may extend a little beyond their tile."""
_MAX_LENGTH_DEGREES = 20_000.0
"""Longest outline that is reprojected; one around the globe has about 1,100, the coast of a country some hundreds."""


def tile_crs(tile: str) -> str:
    """The UTM CRS of a tile, `EPSG:326xx` or `EPSG:327xx`.

    Parameters
    ----------
    tile
        Name of five characters, the zone padded with a zero.

    Raises
    ------
    SceneUnsupported
        Where the text is not the name of a tile.

    Examples
    --------
    >>> tile_crs("18LYF")
    'EPSG:32718'

    """
    if not _TILE_NAME.fullmatch(tile):
        raise SceneUnsupported(message("{tile!r} is not the name of a Sentinel-2 tile.", tile=tile))
    return f"EPSG:{(32600 if tile[2] >= 'N' else 32700) + int(tile[:2])}"


def tile_bounds(tile: str) -> tuple[int, int, int, int]:
    """Left, bottom, right, top of a tile.

    Parameters
    ----------
    tile : name of five characters, the zone padded with a zero; `tile_crs` checks names that come from outside.

    Returns
    -------
    Metres in the tile's UTM CRS; a tile is 109.8 km wide and high.

    Examples
    --------
    >>> tile_bounds("18LYL")
    (699960, 8490220, 809760, 8600020)

    """
    easting, northing = _square_corner(tile)
    return tile_of_square(easting, northing, is_northern=tile[2] >= "N")


def tiles_for_region(region: Region) -> tuple[str, ...]:
    """The tiles that are needed to cover a region, sorted.

    A square in two latitude bands is returned under both names, as only the archive knows which one it uses. A tile is
    omitted where neighbours of the same zone cover its part of the region; tiles of the next zone are not, as not every
    archive holds every tile at the edge of a zone.

    Examples
    --------
    >>> from shapely.geometry import box
    >>> tiles_for_region(Region(box(-72.95, -13.55, -72.85, -13.45)))
    ('18LYL',)

    """
    parts = squares_in_region(region)
    for names in sorted(parts, key=lambda names: (parts[names].area, names)):
        others = [box(*tile_bounds(other[0])) for other in parts if other != names and other[0][:2] == names[0][:2]]
        near = [other for other in others if other.intersects(parts[names])]
        if near and parts[names].difference(union_all(near)).area <= 1e-6 * parts[names].area:
            del parts[names]
    return tuple(sorted(name for names in parts for name in names))


def to_tile_crs(geometry: BaseGeometry, tile: str) -> BaseGeometry:
    """Reproject a geometry from longitude/latitude to the tile's UTM CRS and make it valid.

    Longitudes are first shifted to within 180 degrees of the tile's zone, so that a footprint across the antimeridian
    becomes one polygon, whichever way its catalogue writes it.

    Parameters
    ----------
    geometry : longitude and latitude, WGS 84, degrees; points are added along long edges.
    tile : name of five characters, such as `18LYL`.

    Returns
    -------
    The geometry in the tile's UTM CRS, metres; an empty one where its edges are longer in all than any outline needs.

    """
    near = _unwrap_longitudes(geometry, _central_meridian(tile))
    if not near.length <= _MAX_LENGTH_DEGREES:  # of a hostile catalogue: its points would fill the memory
        return Polygon()
    return _project_to_valid(near.segmentize(_EDGE_STEP_DEGREES), tile_crs(tile))


def scene_footprint(scene: Scene) -> BaseGeometry:
    """A scene's footprint in its tile's UTM CRS, clipped to the tile.

    Some catalogues draw footprints near the antimeridian and the poles around the whole globe.

    Parameters
    ----------
    scene : its footprint is GeoJSON in longitude and latitude.

    Returns
    -------
    Polygons in metres, at most 2 km beyond the tile; may be empty.

    """
    extent = box(*tile_bounds(scene.tile)).buffer(_OUTLINE_TOLERANCE_M)
    return to_tile_crs(shape(dict(scene.footprint)), scene.tile).intersection(extent)


def reproject_between_tiles(geometry: BaseGeometry, source: str, target: str) -> BaseGeometry:
    """Reproject a geometry from the UTM CRS of one tile to that of another.

    Parameters
    ----------
    geometry : in the CRS of `source`, metres.
    source, target : names of tiles, such as `18LYL`; where both have one CRS the geometry stays as it is.

    Returns
    -------
    The geometry in the CRS of `target`, metres.

    Raises
    ------
    SceneUnsupported : where a text is not the name of a tile.

    Examples
    --------
    >>> square = box(700_000, 8_500_000, 700_100, 8_500_100)
    >>> reproject_between_tiles(square, "18LYL", "18LZL") is square
    True

    """
    if tile_crs(source) == tile_crs(target):
        return geometry
    to_lonlat = coordinate_transform(tile_crs(source), WGS84)
    return to_tile_crs(transform(geometry.segmentize(SQUARE_M / 20), to_lonlat), target)


def tile_to_lonlat(geometry: BaseGeometry, tile: str) -> BaseGeometry:
    """Reproject a geometry from the tile's CRS to longitude/latitude, cut at the antimeridian.

    Parameters
    ----------
    geometry : in the tile's UTM CRS, metres; points are added along long edges.
    tile : name of five characters, such as `18LYL`.

    Returns
    -------
    The geometry in degrees, longitudes between -180 and 180; in parts where it crosses the antimeridian.

    Raises
    ------
    SceneUnsupported : where `tile` is not the name of a tile.

    Examples
    --------
    >>> from shapely.geometry import Point
    >>> lonlat = tile_to_lonlat(Point(700_000, 8_500_000), "18LYL")
    >>> round(lonlat.x, 3), round(lonlat.y, 3)
    (-73.152, -13.562)

    """
    reprojected = transform(geometry.segmentize(SQUARE_M / 20), coordinate_transform(tile_crs(tile), WGS84))
    lonlat = _unwrap_longitudes(reprojected, _central_meridian(tile))
    lonlat = lonlat if lonlat.is_valid else lonlat.buffer(0)
    if lonlat.is_empty or (lonlat.bounds[0] >= -180 and lonlat.bounds[2] <= 180):
        return lonlat
    parts = [lonlat.intersection(box(-180 + shift, -90, 180 + shift, 90)) for shift in (-360, 0, 360)]
    return union_all([translate(part, -shift) for part, shift in zip(parts, (-360, 0, 360), strict=True)])


def region_in_tile_crs(region: Region, tile: str) -> BaseGeometry:
    """The parts of a region within 20 degrees of the tile's zone, in the tile's UTM CRS.

    Parameters
    ----------
    region : in longitude and latitude.
    tile : name of five characters, such as `18LYL`.

    Returns
    -------
    Polygons in metres; an empty geometry where no part of the region is so near.

    """
    meridian = _central_meridian(tile)
    longitude_boxes = [
        box(meridian - 20 + shift_degrees, -90, meridian + 20 + shift_degrees, 90) for shift_degrees in (-360, 0, 360)
    ]
    near = region.geometry.intersection(union_all(longitude_boxes))
    return to_tile_crs(near, tile) if near.area > 0 else near


def _unwrap_longitudes(geometry: BaseGeometry, meridian: float) -> BaseGeometry:
    def near(points: NDArray[np.float64]) -> NDArray[np.float64]:
        longitudes = meridian + (points[:, 0] - meridian + 180) % 360 - 180
        return np.column_stack((longitudes, np.clip(points[:, 1], -90, 90)))

    unwrapped: BaseGeometry = transform(geometry, near)
    return unwrapped


def _project_to_valid(geometry: BaseGeometry, crs: str) -> BaseGeometry:
    reprojected: BaseGeometry = transform(geometry, coordinate_transform(WGS84, crs))
    return reprojected if reprojected.is_valid else reprojected.buffer(0)


def _central_meridian(tile: str) -> float:
    return int(tile[:2]) * 6 - 183


def _square_corner(tile: str) -> tuple[int, int]:
    """Easting and northing of the south-west corner of the tile's 100 km square."""
    zone, band = int(tile[:2]), tile[2]
    easting = (COLUMN_LETTERS[(zone - 1) % 3].index(tile[3]) + 1) * SQUARE_M
    row = (ROW_LETTERS.index(tile[4]) - (0 if zone % 2 else 5)) % len(ROW_LETTERS) * SQUARE_M
    south = -80 + 8 * LATITUDE_BANDS.index(band)
    middle = south + (6 if band == "X" else 4)
    to_utm = coordinate_transform(WGS84, tile_crs(tile))
    _, expected_northing = to_utm(np.array([[_central_meridian(tile), middle]]))[0]
    cycles = round((expected_northing - row - SQUARE_M / 2) / _ROW_CYCLE_M)
    return easting, row + cycles * _ROW_CYCLE_M


def squares_in_region(region: Region) -> dict[tuple[str, ...], BaseGeometry]:
    """Names of the 100 km squares that the region touches, with its part in each in UTM, metres."""
    found: dict[tuple[str, ...], list[BaseGeometry]] = {}
    polygons = region.geometry.geoms if isinstance(region.geometry, MultiPolygon) else [region.geometry]
    for polygon in polygons:
        for crs, cell in _cells_of_zones(polygon.bounds):
            inside = polygon.intersection(cell)
            if not inside.is_empty and inside.area > 0:
                for names, part in _squares_in_zone(inside, crs):
                    found.setdefault(names, []).append(part)
    return {names: union_all(parts) for names, parts in found.items()}


def _cells_of_zones(bounds: tuple[float, float, float, float]) -> Iterator[tuple[str, BaseGeometry]]:
    """The UTM zones of `bounds` (degrees): the CRS of each and its area in longitude/latitude."""
    cells: dict[str, list[BaseGeometry]] = {}
    for epsg, cell in zone_cells(bounds):
        cells.setdefault(f"EPSG:{epsg}", []).append(box(*cell))
    for crs, boxes in cells.items():
        yield crs, union_all(boxes)


def _squares_in_zone(polygon: BaseGeometry, crs: str) -> Iterator[tuple[tuple[str, ...], BaseGeometry]]:
    projected = _project_to_valid(polygon.segmentize(_EDGE_STEP_DEGREES), crs)
    if projected.is_empty:  # a sliver at the edge of a zone
        return
    west, south, east, north = projected.bounds
    for column in range(math.floor(west / SQUARE_M), math.ceil(east / SQUARE_M)):
        for row in range(math.floor(south / SQUARE_M), math.ceil(north / SQUARE_M)):
            square = box(column * SQUARE_M, row * SQUARE_M, (column + 1) * SQUARE_M, (row + 1) * SQUARE_M)
            inside = projected.intersection(square)
            if 1 <= column <= 8 and inside.area > 0:
                yield _square_names(column, row, square, crs), inside


def _square_names(column: int, row: int, square: BaseGeometry, crs: str) -> tuple[str, ...]:
    """The square's name, or its two names where it lies in two latitude bands."""
    outline_lonlat = transform(square.segmentize(SQUARE_M / 10), coordinate_transform(crs, WGS84))
    _, south, _, north = outline_lonlat.bounds
    return square_names(int(crs[5:]), column, row, south, north)
