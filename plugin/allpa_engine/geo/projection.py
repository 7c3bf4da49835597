"""Coordinates of one CRS in another, and true areas: one rule for the points that keep straight edges in place."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Geod, Transformer
from shapely.geometry.base import BaseGeometry

WGS84 = "EPSG:4326"
SQUARE_METRES_PER_HECTARE = 10_000
MAX_EDGE_DEGREES, MAX_EDGE_M = 0.02, 2_000.0
"""Longest edge that is transformed by its ends alone: one of 2 km bends by less than 0.1 m between WGS 84 and UTM."""


@lru_cache(maxsize=256)
def coordinate_transform(source: str, target: str) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """A function that takes coordinates of one CRS to another, as `shapely.transform` expects it.

    Parameters
    ----------
    source, target : codes such as `EPSG:32718`, or WKT.

    Returns
    -------
    A function from `(n, 2)` x/y in `source` to `(n, 2)` x/y in `target`; x is the longitude in geographic CRSs. Points
    that have no place in `target` become infinite.

    Examples
    --------
    >>> to_utm = coordinate_transform("EPSG:4326", "EPSG:32718")
    >>> to_utm(np.array([[-75.0, 0.0]])).round(3).tolist()
    [[500000.0, 10000000.0]]

    """
    transformer = Transformer.from_crs(source, target, always_xy=True)
    return lambda points: np.column_stack(transformer.transform(points[:, 0], points[:, 1]))


def densified(geometry: BaseGeometry, crs: str) -> BaseGeometry:
    """A geometry with points along its long edges, so that they stay where they were in another CRS.

    Parameters
    ----------
    geometry : in `crs`, x/y order.
    crs : code or WKT; it decides the longest edge, `MAX_EDGE_DEGREES` in geographic CRSs and `MAX_EDGE_M` in others.

    Returns
    -------
    The same shape in the same CRS.

    Examples
    --------
    >>> len(densified(shapely.LineString([(0, 0), (10 * MAX_EDGE_M, 0)]), "EPSG:32718").coords)
    11

    """
    system = CRS.from_user_input(crs)
    if system.is_geographic:
        return geometry.segmentize(MAX_EDGE_DEGREES)
    return geometry.segmentize(MAX_EDGE_M / system.axis_info[0].unit_conversion_factor)


def reprojected(geometry: BaseGeometry, source: str, target: str) -> BaseGeometry:
    """A geometry in another CRS, its edges straight in the CRS that it came from.

    Parameters
    ----------
    geometry : in `source`, x/y order.
    source, target : codes such as `EPSG:32718`, or WKT.

    Returns
    -------
    The geometry in `target`, x/y order; points that have no place there are infinite.

    Examples
    --------
    >>> reprojected(shapely.Point(-75, 0), "EPSG:4326", "EPSG:32718").wkt
    'POINT (500000 10000000)'

    """
    return shapely.transform(densified(geometry, source), coordinate_transform(source, target))


def true_area_ha(geometry: BaseGeometry, crs: str = WGS84) -> float:
    """Area of polygons on the ellipsoid of their CRS, their edges straight in the CRS.

    Karney (2013), Algorithms for geodesics, through pyproj. The order of a ring's points does not matter.

    Parameters
    ----------
    geometry : polygons in `crs`, x/y order; may be empty.
    crs : code or WKT.

    Returns
    -------
    Hectares.

    Examples
    --------
    >>> round(true_area_ha(shapely.box(0, 0, 1, 1)))
    1230846

    """
    if geometry.is_empty:
        return 0.0
    system = CRS.from_user_input(crs)
    geod = system.get_geod() or Geod(ellps="WGS84")
    shape = densified(geometry, crs)
    if system.is_projected and system.geodetic_crs is not None:
        shape = shapely.transform(shape, coordinate_transform(crs, system.geodetic_crs.to_wkt()))
    # Rings of one direction would add what holes take away, and parts of two directions would take each other away.
    area_m2, _ = geod.geometry_area_perimeter(shapely.normalize(shape))
    return abs(float(area_m2)) / SQUARE_METRES_PER_HECTARE
