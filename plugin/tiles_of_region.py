"""Which Sentinel-2 tiles a region needs, before any search: the engine's rule, with QGIS's geometries."""

from __future__ import annotations

import math
from collections.abc import Iterator

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsGeometry,
    QgsRectangle,
)

from .allpa_engine.core.mgrs import SQUARE_M, square_names, tile_of_square, zone_cells
from .region_geometry import repair_polygon, wgs84

_EDGE_DEGREES = 0.1
_MAX_SQUARES = 2000
"""More are not counted: the land of a continent."""
_COVERED_SHARE = 1e-6
_MAX_POINTS = 2000
_FIRST_TOLERANCE_DEGREES = 0.0005
"""About 50 m."""
_Squares = dict[tuple[int, int, int], QgsGeometry]
"""Parts of a region by UTM zone (EPSG code), column and row of their square; in UTM, metres."""


def tiles_of_region(region: QgsGeometry) -> tuple[str, ...]:
    """The tiles that are needed to cover a region, sorted.

    As in the engine a square in two latitude bands is returned under both names, and a tile is omitted where neighbours
    of the same zone cover its part of the region.

    Parameters
    ----------
    region : polygon or multipolygon in longitude and latitude.

    Returns
    -------
    Names such as `18LYL`; empty where the region needs more than two thousand or so.

    """
    pieces: dict[tuple[int, int, int], list[QgsGeometry]] = {}
    for part in region.constParts():
        for epsg, inside in _zone_parts(_with_fewer_points(QgsGeometry(part.clone()))):
            for column, row, piece in _square_parts(inside):
                pieces.setdefault((epsg, column, row), []).append(piece)
                if len(pieces) > _MAX_SQUARES:
                    return ()
    squares = {key: found[0] if len(found) == 1 else QgsGeometry.unaryUnion(found) for key, found in pieces.items()}
    names = {key: _names(*key) for key in squares}
    for key in sorted(squares, key=lambda key: (squares[key].area(), names[key])):
        if _is_covered_by_neighbours(key, squares):
            del squares[key]
    return tuple(sorted({name for key in squares for name in names[key]}))


def _with_fewer_points(polygon: QgsGeometry) -> QgsGeometry:
    """The polygon, or where it has many points one that differs little and is cut in little time."""
    simple, tolerance = polygon, _FIRST_TOLERANCE_DEGREES
    while simple.constGet().nCoordinates() > _MAX_POINTS and tolerance < 1:
        simple = polygon.simplify(tolerance)
        tolerance *= 2
    return polygon if simple.isEmpty() else repair_polygon(simple)


def _zone_parts(polygon: QgsGeometry) -> Iterator[tuple[int, QgsGeometry]]:
    """The parts of a polygon in UTM zones: EPSG code, and the part in the zone's CRS."""
    box = polygon.boundingBox()
    bounds = (box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum())
    for epsg, cell in zone_cells(bounds):
        rectangle = QgsRectangle(*cell)
        inside = polygon if rectangle.contains(box) else polygon.intersection(QgsGeometry.fromRect(rectangle))
        if inside.isEmpty() or not inside.area() > 0:
            continue
        projected = inside.densifyByDistance(_EDGE_DEGREES)
        projected.transform(_transform(wgs84(), _utm(epsg)))
        yield epsg, projected


def _transform(source: QgsCoordinateReferenceSystem, target: QgsCoordinateReferenceSystem) -> QgsCoordinateTransform:
    return QgsCoordinateTransform(source, target, QgsCoordinateTransformContext())


def _utm(epsg: int) -> QgsCoordinateReferenceSystem:
    return QgsCoordinateReferenceSystem(f"EPSG:{epsg}")


def _square_parts(projected: QgsGeometry) -> Iterator[tuple[int, int, QgsGeometry]]:
    """Column and row of each square, and the geometry's part in it; cut by columns first, since outlines are long."""
    box = projected.boundingBox()
    for column in range(max(1, _floor(box.xMinimum())), min(9, _ceil(box.xMaximum()))):
        across = QgsRectangle(column * SQUARE_M, box.yMinimum() - 1, (column + 1) * SQUARE_M, box.yMaximum() + 1)
        strip = projected.intersection(QgsGeometry.fromRect(across))
        if strip.isEmpty():
            continue
        bounds = strip.boundingBox()
        for row in range(_floor(bounds.yMinimum()), _ceil(bounds.yMaximum())):
            part = strip.intersection(QgsGeometry.fromRect(_square(column, row)))
            if not part.isEmpty() and part.area() > 0:
                yield column, row, part


def _floor(metres: float) -> int:
    return math.floor(metres / SQUARE_M)


def _ceil(metres: float) -> int:
    return math.ceil(metres / SQUARE_M)


def _square(column: int, row: int) -> QgsRectangle:
    return QgsRectangle(column * SQUARE_M, row * SQUARE_M, (column + 1) * SQUARE_M, (row + 1) * SQUARE_M)


def _names(epsg: int, column: int, row: int) -> tuple[str, ...]:
    outline = QgsGeometry.fromRect(_square(column, row)).densifyByDistance(SQUARE_M / 10)
    outline.transform(_transform(_utm(epsg), wgs84()))
    box = outline.boundingBox()
    return square_names(epsg, column, row, box.yMinimum(), box.yMaximum())


def _is_covered_by_neighbours(key: tuple[int, int, int], squares: _Squares) -> bool:
    epsg, column, row = key
    part = squares[key]
    near = [
        QgsRectangle(*tile_of_square(other[1] * SQUARE_M, other[2] * SQUARE_M, is_northern=epsg < 32700))
        for other in squares
        if other != key and other[0] == epsg and abs(other[1] - column) <= 1 and abs(other[2] - row) <= 1
    ]
    tiles = [QgsGeometry.fromRect(tile) for tile in near if tile.intersects(part.boundingBox())]
    if not tiles:
        return False
    return bool(part.difference(QgsGeometry.unaryUnion(tiles)).area() <= _COVERED_SHARE * part.area())
