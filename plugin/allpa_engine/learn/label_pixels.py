"""Which pixels of a grid labels stand for: of points their own and its neighbours, of polygons those within."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from ..core.training_keys import PIXELS
from ..geo.grid import Grid
from ..geo.projection import MAX_EDGE_DEGREES, MAX_EDGE_M, coordinate_transform
from .labels import POINT, Labels

NEIGHBOURS = ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1))
"""Steps in rows and columns to pixels 1 to 8 around that of a point."""
_MOST_TESTED = 250_000
"""Pixels of a polygon's bounding box that are all tested; of larger ones random pixels are."""
_ROUNDS = 40
"""Of random pixels, before a large thin polygon gets fewer of them."""


@dataclass(frozen=True)
class LabelPixels:
    """Pixels of one grid, in the order of the labels."""

    row: NDArray[np.int64]
    column: NDArray[np.int64]
    label: NDArray[np.int32]
    """Position in the labels."""
    pixel: NDArray[np.int32]
    """0 for that of a point itself, 1 to 8 for its neighbours; running numbers from 0 in polygons."""
    is_neighbour: NDArray[np.bool_]
    """Whether the pixel has the class of a point beside it, which any label of its own overrules."""

    def __len__(self) -> int:
        """Pixels."""
        return len(self.row)

    def chosen(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> LabelPixels:
        """Some of the pixels."""
        return LabelPixels(
            self.row[which], self.column[which], self.label[which], self.pixel[which], self.is_neighbour[which]
        )


def in_crs(geometry: NDArray[np.object_], source: str, target: str) -> NDArray[np.object_]:
    """Geometries in another CRS, their edges straight in the CRS that they came from.

    Parameters
    ----------
    geometry : points and polygons in `source`.
    source, target : codes or WKT.

    Returns
    -------
    Geometries in `target`; what has no place there is infinite.

    """
    system = CRS.from_user_input(source)
    if source == target or system == CRS.from_user_input(target):
        return geometry
    longest = MAX_EDGE_DEGREES if system.is_geographic else MAX_EDGE_M / system.axis_info[0].unit_conversion_factor
    moved: NDArray[np.object_] = shapely.transform(
        shapely.segmentize(geometry, longest), coordinate_transform(source, target)
    )
    return moved


def label_pixels(
    labels: Labels,
    grid: Grid,
    candidates: NDArray[np.intp],
    polygons: str = PIXELS,
    limit: int = 50,
    neighbours: bool = True,
    seed: int = 1,
) -> LabelPixels:
    """The pixels of some labels on a grid.

    Parameters
    ----------
    labels : points and polygons.
    grid : of the images.
    candidates : positions of the labels that are wanted.
    polygons : `pixels`, or `inner_point`: the pixel at the point that lies furthest from the border.
    limit : largest number of pixels of one polygon, chosen at random.
    neighbours : whether the eight pixels around a point belong to it.
    seed : the same seed chooses the same pixels of the same labels.

    Returns
    -------
    Pixels within the grid. A polygon that contains no centre of a pixel has the pixel at its innermost point.

    """
    geometry = in_crs(labels.geometry[candidates], labels.crs, grid.crs)
    is_point = shapely.get_type_id(geometry) == POINT
    points = _point_pixels(geometry[is_point], candidates[is_point], grid, neighbours)
    found = [points]
    bounds = shapely.bounds(geometry)
    left, bottom, right, top = grid.bounds
    with np.errstate(invalid="ignore"):
        near = (bounds[:, 0] < right) & (bounds[:, 2] > left) & (bounds[:, 1] < top) & (bounds[:, 3] > bottom)
    for index in np.flatnonzero(~is_point & near & np.isfinite(bounds).all(axis=1)).tolist():
        label = int(candidates[index])
        random = np.random.default_rng((seed, label))
        inside = np.empty((0, 2), np.int64)
        if polygons == PIXELS:
            inside = _pixels_within(geometry[index], grid, limit, random)
        if len(inside):
            found.append(_of_polygon(inside, label))
        else:
            inner = np.array([innermost_point(geometry[index], grid.resolution / 10)], object)
            found.append(_point_pixels(inner, candidates[index : index + 1], grid, neighbours and polygons != PIXELS))
    joined = [np.concatenate([getattr(part, name) for part in found]) for name in LabelPixels.__dataclass_fields__]
    order = np.lexsort((joined[3], joined[2]))
    return LabelPixels(*(values[order] for values in joined))


def innermost_point(polygon: BaseGeometry, tolerance: float) -> BaseGeometry:
    """The point of a polygon that lies furthest from its border (pole of inaccessibility), of the largest part.

    Parameters
    ----------
    polygon : a polygon or multipolygon, not empty.
    tolerance : how exact, in units of the CRS.

    Returns
    -------
    The point.

    Examples
    --------
    >>> innermost_point(shapely.box(0, 0, 100, 20), 0.1).y
    10.0

    """
    largest = max(shapely.get_parts(polygon), key=lambda part: part.area)
    circle = shapely.maximum_inscribed_circle(largest, tolerance=tolerance)
    return Point(*shapely.get_coordinates(circle)[0].tolist())


def _of_polygon(inside: NDArray[np.int64], label: int) -> LabelPixels:
    count = len(inside)
    return LabelPixels(
        inside[:, 0],
        inside[:, 1],
        np.full(count, label, np.int32),
        np.arange(count, dtype=np.int32),
        np.zeros(count, bool),
    )


def _point_pixels(
    points: NDArray[np.object_], positions: NDArray[np.intp], grid: Grid, neighbours: bool
) -> LabelPixels:
    """The pixel of each point within the grid, and those around it that lie within the grid."""
    places = shapely.get_coordinates(points).reshape(-1, 2)
    with np.errstate(invalid="ignore"):
        column = np.floor((places[:, 0] - grid.left) / grid.resolution)
        row = np.floor((grid.top - places[:, 1]) / grid.resolution)
        inside = (column >= 0) & (column < grid.width) & (row >= 0) & (row < grid.height)
    steps = np.array(((0, 0), *NEIGHBOURS) if neighbours else ((0, 0),))
    rows = (row[inside].astype(np.int64)[:, None] + steps[:, 0]).reshape(-1)
    columns = (column[inside].astype(np.int64)[:, None] + steps[:, 1]).reshape(-1)
    label = np.repeat(positions[inside].astype(np.int32), len(steps))
    pixel = np.tile(np.arange(len(steps), dtype=np.int32), int(inside.sum()))
    within = (rows >= 0) & (rows < grid.height) & (columns >= 0) & (columns < grid.width)
    return LabelPixels(rows, columns, label, pixel, pixel > 0).chosen(within)


def _pixels_within(shape: BaseGeometry, grid: Grid, limit: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Rows and columns `(n, 2)` of pixels whose centre lies within a shape, in the grid's CRS; at most `limit`."""
    west, south, east, north = shape.bounds
    first_column = max(int(np.floor((west - grid.left) / grid.resolution)), 0)
    last_column = min(int(np.floor((east - grid.left) / grid.resolution)), grid.width - 1)
    first_row = max(int(np.floor((grid.top - north) / grid.resolution)), 0)
    last_row = min(int(np.floor((grid.top - south) / grid.resolution)), grid.height - 1)
    height, width = last_row - first_row + 1, last_column - first_column + 1
    if height <= 0 or width <= 0:
        return np.empty((0, 2), np.int64)
    shapely.prepare(shape)
    if height * width <= _MOST_TESTED:
        rows, columns = np.mgrid[first_row : last_row + 1, first_column : last_column + 1].reshape(2, -1)
        found = np.flatnonzero(_contains(shape, grid, rows, columns))
        if len(found) > limit:
            found = np.sort(random.choice(found, limit, replace=False))  # nosec B311 - a sample, no secret
        return np.column_stack((rows[found], columns[found]))
    chosen = np.empty(0, np.int64)
    for _ in range(_ROUNDS):
        tried = random.integers(0, height * width, max(1000, 4 * limit))  # nosec B311 - a sample, no secret
        rows, columns = first_row + tried // width, first_column + tried % width
        chosen = np.concatenate((chosen, tried[_contains(shape, grid, rows, columns)]))
        _, first = np.unique(chosen, return_index=True)
        chosen = chosen[np.sort(first)]  # in the order of the draw: sorted ones would begin at the top
        if len(chosen) >= limit:
            break
    kept = np.sort(chosen[:limit])
    return np.column_stack((first_row + kept // width, first_column + kept % width))


def _contains(
    shape: BaseGeometry, grid: Grid, rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Whether the centres of pixels lie within a shape."""
    x = grid.left + (columns + 0.5) * grid.resolution
    y = grid.top - (rows + 0.5) * grid.resolution
    inside: NDArray[np.bool_] = shapely.contains_xy(shape, x, y)
    return inside
