"""The region: the land that is mapped, as a polygon in longitude and latitude."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shapely import get_parts
from shapely.geometry import MultiPolygon, Polygon, mapping, shape
from shapely.geometry.base import BaseGeometry, BaseMultipartGeometry
from shapely.validation import explain_validity

from ..core.errors import RegionInvalid
from ..core.geojson import check_polygon
from ..core.mgrs import utm_epsg
from .projection import WGS84, reprojected, true_area_ha


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
        """True area on the WGS 84 ellipsoid."""
        return true_area_ha(self.geometry)

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
        """The geometry in another CRS, its edges straight in longitude and latitude.

        Parameters
        ----------
        crs : code such as `EPSG:32718`, or WKT.

        Returns
        -------
        The geometry, x/y order; points that have no place in the CRS are infinite.

        """
        return reprojected(self.geometry, WGS84, crs)


def simple_parts(geometry: BaseGeometry) -> Iterator[BaseGeometry]:
    """The points, lines and polygons of a geometry and of the collections in it, the empty ones too."""
    for part in get_parts(geometry):
        if isinstance(part, BaseMultipartGeometry):
            yield from simple_parts(part)
        else:
            yield part


def polygon_parts(geometry: BaseGeometry) -> list[Polygon]:
    """The polygons of a geometry and of the collections in it, without empty ones.

    Examples
    --------
    >>> from shapely import from_wkt
    >>> polygon_parts(from_wkt("GEOMETRYCOLLECTION (POINT (5 5), POLYGON ((0 0, 1 0, 1 1, 0 0)))"))
    [<POLYGON ((0 0, 1 0, 1 1, 0 0))>]

    """
    return [part for part in simple_parts(geometry) if isinstance(part, Polygon) and not part.is_empty]


def utm_crs_at(longitude: float, latitude: float) -> str:
    """The CRS of the UTM zone at a point, with the grid's exceptions at Norway and Svalbard.

    Parameters
    ----------
    longitude, latitude : WGS 84, degrees; -180 to 180 and -90 to 90.

    Returns
    -------
    `EPSG:326xx` from the equator on to the north, `EPSG:327xx` in the south.

    Examples
    --------
    >>> utm_crs_at(-72.9, -13.6), utm_crs_at(5.3, 60.4)
    ('EPSG:32718', 'EPSG:32632')

    """
    return f"EPSG:{utm_epsg(longitude, latitude)}"


def region_from_geojson(geometry: dict[str, Any], name: str = "") -> Region:
    """Make a region from a GeoJSON geometry in longitude and latitude.

    Parameters
    ----------
    geometry : a Polygon or MultiPolygon, WGS 84, degrees.
    name : title for tables and reports.

    Returns
    -------
    The region, its polygon valid and not empty.

    Raises
    ------
    RegionInvalid : where the geometry is not a polygon, is empty, crosses itself, leaves the globe, or has a part that
        spans more than 180 degrees.

    Examples
    --------
    >>> corners = [[-73, -14], [-72.9, -14], [-72.9, -13.9], [-73, -13.9], [-73, -14]]
    >>> region = region_from_geojson({"type": "Polygon", "coordinates": [corners]}, "Abancay")
    >>> region.utm_crs, round(region.area_ha)
    ('EPSG:32718', 11955)

    """
    check_polygon(geometry)
    try:
        polygon = shape(geometry)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise RegionInvalid("The region's geometry cannot be read.", str(error)) from error
    if not isinstance(polygon, (Polygon, MultiPolygon)) or polygon.is_empty:
        raise RegionInvalid("The region is empty.", "It has no corners.")
    if not polygon.is_valid:
        raise RegionInvalid("The region's border crosses or touches itself.", f"{explain_validity(polygon)}.")
    parts = polygon.geoms if isinstance(polygon, MultiPolygon) else [polygon]
    if any(part.bounds[2] - part.bounds[0] > 180 for part in parts):
        raise RegionInvalid(
            "The region spans more than 180 degrees of longitude.",
            next_step="Cut a region that crosses the 180th meridian into two parts of one multipolygon.",
        )
    return Region(polygon, name)
