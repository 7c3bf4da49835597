"""From reference features to points on a map: polygons to points, one point per pixel, each with the map's class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, box
from shapely.geometry.base import BaseGeometry

from ..core.messages import message, translatable
from ..core.sample_keys import RANDOM_POINTS
from ..geo.grid import Grid
from ..geo.projection import coordinate_transform, reprojected
from ..geo.region import polygon_parts
from ..raster.class_raster import ClassRaster
from .labelled_sample import codes_at

_POINT_KINDS = (0, 4)
"""Points and multipoints, by shapely's numbers."""
_IGNORED = translatable("Features that are neither points nor polygons, or have no place, which are left out: {count}.")
_DUPLICATES = translatable("Points in a pixel that has a point already: {count}. The pixel counts once.")
_TRIES = 40
"""Rounds of random points before a thin polygon gets fewer of them."""


@dataclass(frozen=True)
class ReferencePoints:
    """Points in the CRS of a map."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    code: NDArray[np.uint8]
    """Reference class."""
    source: NDArray[np.intp]
    """Position of the feature that each comes from."""


def to_points(
    geometry: NDArray[np.object_],
    codes: NDArray[np.uint8],
    crs: str,
    grid: Grid,
    polygons: str,
    points_per_polygon: int,
    random: np.random.Generator,
) -> tuple[ReferencePoints, list[str]]:
    """Points of features: of points themselves, of polygons their innermost point or random ones.

    The innermost point (pole of inaccessibility) lies furthest from the border, where the class is surest.

    Parameters
    ----------
    geometry : features in `crs`.
    codes : class of each feature; those with 0 are left out.
    crs : of the features.
    grid : of the map; points are given in its CRS.
    polygons : `inner_point` or `random_points`.
    points_per_polygon : random points of each polygon.
    random : their source.

    Returns
    -------
    The points, and notes on what was left out.

    """
    used = np.flatnonzero(codes)
    kinds = shapely.get_type_id(geometry[used])
    is_empty = shapely.is_empty(geometry[used])
    of_points = used[np.isin(kinds, _POINT_KINDS) & ~is_empty]
    places, position = shapely.get_coordinates(geometry[of_points], return_index=True)
    if len(places):
        places = coordinate_transform(crs, grid.crs)(places)
    found, source = [places], [of_points[position]]
    ignored = len(used) - len(of_points)
    for index in used[(kinds >= 0) & ~np.isin(kinds, _POINT_KINDS) & ~is_empty].tolist():
        if polygon_parts(geometry[index]):
            inner = _points_of_polygon(geometry[index], crs, grid, polygons, points_per_polygon, random)
            found.append(inner)
            source.append(np.full(len(inner), index))
            ignored -= 1
    notes: list[str] = []
    if ignored:
        notes.append(message(_IGNORED, count=ignored))
    xy, sources = np.concatenate(found), np.concatenate(source).astype(np.intp)
    return ReferencePoints(xy[:, 0], xy[:, 1], codes[sources], sources), notes


def _points_of_polygon(
    feature: BaseGeometry,
    crs: str,
    grid: Grid,
    polygons: str,
    count: int,
    random: np.random.Generator,
) -> NDArray[np.float64]:
    """Points `(n, 2)` within a polygon, in the CRS of the map; none where it lies outside the map or is broken."""
    valid = shapely.make_valid(shapely.force_2d(feature))
    shape = reprojected(MultiPolygon(polygon_parts(valid)), crs, grid.crs)
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        return np.empty((0, 2))
    on_map = MultiPolygon(polygon_parts(shapely.make_valid(shape).intersection(box(*grid.bounds))))
    if on_map.is_empty:
        return np.empty((0, 2))
    if polygons == RANDOM_POINTS:
        return _random_points(on_map, count, random)
    largest = max(on_map.geoms, key=lambda part: part.area)
    line = shapely.maximum_inscribed_circle(largest, tolerance=grid.resolution / 10)
    return shapely.get_coordinates(line)[:1]


def _random_points(shape: MultiPolygon, count: int, random: np.random.Generator) -> NDArray[np.float64]:
    west, south, east, north = shape.bounds
    shapely.prepare(shape)
    found = np.empty((0, 2))
    for _ in range(_TRIES):
        share = random.random((max(50, 4 * count), 2))  # nosec B311 - a sample, no secret
        tried = share * (east - west, north - south) + (west, south)
        found = np.concatenate([found, tried[shapely.contains_xy(shape, tried[:, 0], tried[:, 1])]])
        if len(found) >= count:
            break
    return found[:count]


def points_on_map(points: ReferencePoints, raster: ClassRaster) -> tuple[ReferencePoints, NDArray[np.uint8], list[str]]:
    """The points that can be used: on the map, with data, one per pixel.

    Parameters
    ----------
    points : by `to_points`.
    raster : the map, open.

    Returns
    -------
    The points, the map's class at each, and notes on what was left out. Points of one class in a pixel count once;
    where they have different classes, all of that pixel are left out.

    """
    grid = raster.grid
    notes: list[str] = []
    codes = codes_at(raster, points.x, points.y)
    with np.errstate(invalid="ignore"):
        column = np.floor((points.x - grid.left) / grid.resolution)
        row = np.floor((grid.top - points.y) / grid.resolution)
        on_map = (column >= 0) & (column < grid.width) & (row >= 0) & (row < grid.height)
    outside, empty = int((~on_map).sum()), int((on_map & (codes == 0)).sum())
    if outside:
        notes.append(message("Points outside the map, which are left out: {count}.", count=outside))
    if empty:
        notes.append(message("Points where the map has no data, which are left out: {count}.", count=empty))
    kept = np.flatnonzero(codes)
    pixel = row[kept].astype(np.int64) * grid.width + column[kept].astype(np.int64)
    _, first, which = np.unique(pixel, return_index=True, return_inverse=True)
    lowest, highest = np.full(len(first), 255), np.zeros(len(first), int)
    np.minimum.at(lowest, which, points.code[kept])
    np.maximum.at(highest, which, points.code[kept])
    agree = lowest == highest
    contradictory = int(np.isin(which, np.flatnonzero(~agree)).sum())
    duplicates = len(kept) - contradictory - int(agree.sum())
    if duplicates:
        notes.append(message(_DUPLICATES, count=duplicates))
    if contradictory:
        notes.append(
            message(
                "Points of another class than a point in the same pixel, all of which are left out: {count}.",
                count=contradictory,
            )
        )
    chosen = kept[np.sort(first[agree])]
    used = ReferencePoints(points.x[chosen], points.y[chosen], points.code[chosen], points.source[chosen])
    return used, codes[chosen], notes
