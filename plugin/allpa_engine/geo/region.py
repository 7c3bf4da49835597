"""The region: the land that is mapped, as a polygon in longitude and latitude."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from pyproj import Geod, Transformer
from shapely import transform
from shapely.geometry import MultiPolygon, Polygon, mapping, shape
from shapely.geometry.base import BaseGeometry
from shapely.validation import explain_validity

from ..core.errors import RegionInvalid
from ..core.geojson import check_polygon

_WGS84 = Geod(ellps="WGS84")
SQUARE_METRES_PER_HECTARE = 10_000


@dataclass(frozen=True)
class Region:
    """A valid, non-empty polygon or multipolygon."""

    geometry: Polygon | MultiPolygon
    """Longitude/latitude WGS 84, degrees."""
    name: str = ""
    """Title for tables and reports."""

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north, degrees."""
        west, south, east, north = self.geometry.bounds
        return west, south, east, north

    @property
    def area_ha(self) -> float:
        """True area on the WGS 84 ellipsoid (Karney's geodesics through pyproj)."""
        area_m2, _ = _WGS84.geometry_area_perimeter(self.geometry)
        return abs(area_m2) / SQUARE_METRES_PER_HECTARE

    @property
    def utm_crs(self) -> str:
        """`EPSG:` code of the UTM zone that holds the region's centre (the Norway and Svalbard exceptions included)."""
        parts = self.geometry.geoms if isinstance(self.geometry, MultiPolygon) else [self.geometry]
        cut = self.bounds[2] - self.bounds[0] > 180  # at the antimeridian: the centre of both sides lies far from both
        centre = max(parts, key=lambda part: part.area).centroid if cut else self.geometry.centroid
        return utm_crs_at(centre.x, centre.y)

    @property
    def geojson(self) -> dict[str, Any]:
        """The geometry as GeoJSON."""
        return dict(mapping(self.geometry))

    def geometry_in_crs(self, crs: str) -> BaseGeometry:
        """The geometry in another CRS, x/y order, its long edges densified so that they stay where they were."""
        to_crs = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform
        longest = 0.02  # degrees; a straight edge of 2 km bends by less than 0.1 m between WGS 84 and UTM
        return transform(self.geometry.segmentize(longest), lambda corners: np.column_stack(to_crs(*corners.T)))


def utm_crs_at(longitude: float, latitude: float) -> str:
    """`EPSG:326xx` or `EPSG:327xx` of the UTM zone at a point, with the grid's exceptions at Norway and Svalbard."""
    zone = min(int((longitude + 180) // 6) + 1, 60)
    if 56 <= latitude < 64 and 3 <= longitude < 12:
        zone = 32
    elif 72 <= latitude < 84 and 0 <= longitude < 42:
        zone = 31 + 2 * math.floor((longitude + 3) / 12)
    return f"EPSG:{(32600 if latitude >= 0 else 32700) + zone}"


def region_from_geojson(geometry: dict[str, Any], name: str = "") -> Region:
    """Make a region from a GeoJSON geometry.

    Raises
    ------
    RegionInvalid : where the geometry is not a polygon, is empty, crosses itself, or leaves the globe.

    """
    check_polygon(geometry)
    try:
        made = shape(geometry)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise RegionInvalid("The region's geometry cannot be read.", str(error)) from error
    if not isinstance(made, (Polygon, MultiPolygon)) or made.is_empty:
        raise RegionInvalid("The region is empty.", "It has no corners.")
    if not made.is_valid:
        raise RegionInvalid("The region's border crosses or touches itself.", f"{explain_validity(made)}.")
    parts = made.geoms if isinstance(made, MultiPolygon) else [made]
    if any(part.bounds[2] - part.bounds[0] > 180 for part in parts):
        raise RegionInvalid(
            "The region spans more than 180 degrees of longitude.",
            next_step="Cut a region that crosses the 180th meridian into two parts of one multipolygon.",
        )
    return Region(made, name)
