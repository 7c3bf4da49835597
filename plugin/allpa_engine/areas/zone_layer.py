"""Reading zones: the polygons of a GeoJSON layer."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError
from shapely.geometry import MultiPolygon, Polygon, shape
from shapely.geometry.base import BaseGeometry

from ..core.errors import RegionInvalid
from ..core.json_input import read_json
from .tabulate import coordinate_transform
from .zones import Zone

_WGS84 = CRS.from_epsg(4326)


def read_zones(path: str | os.PathLike[str], name_field: str = "") -> tuple[Zone, ...]:
    """Read the polygons of a GeoJSON file.

    Coordinates are WGS 84 unless the file names another CRS in the `crs` member of GeoJSON 2008. `name_field` is the
    attribute that names a zone; empty takes `name` in any case, or the number. Polygons that cross themselves are
    repaired, and the zone says so; features without an area are left out.

    Raises
    ------
    RegionInvalid : where the file is not GeoJSON, holds no polygon, or has no such attribute.

    """
    file = Path(path)
    try:
        content = read_json(file)
        features = content["features"] if content.get("type") == "FeatureCollection" else [content]
        crs = _read_crs(content)
        zones = [
            zone for number, feature in enumerate(features, 1) if (zone := _read_zone(feature, number, name_field, crs))
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, CRSError, shapely.errors.ShapelyError) as error:
        raise RegionInvalid(
            f"The zones in {file.name} cannot be read.", str(error), "Give a polygon layer as GeoJSON."
        ) from error
    if not zones:
        raise RegionInvalid(f"{file.name} holds no polygons.", next_step="Give a layer of polygons.")
    if name_field and not any(name_field in zone.properties for zone in zones):
        raise RegionInvalid(f"The zones have no attribute {name_field!r}.", next_step="Choose another name field.")
    return tuple(zones)


def _read_crs(content: Mapping[str, Any]) -> CRS:
    named = (content.get("crs") or {}).get("properties", {}).get("name")
    return CRS.from_user_input(named) if named else _WGS84


def _read_zone(feature: Mapping[str, Any], number: int, name_field: str, crs: CRS) -> Zone | None:
    is_bare_geometry = "geometry" not in feature
    geometry = (
        shape(dict(feature) if is_bare_geometry else feature["geometry"])
        if is_bare_geometry or feature["geometry"]
        else Polygon()
    )
    if not isinstance(geometry, (Polygon, MultiPolygon)):
        return None
    repaired = not geometry.is_valid
    if repaired:
        geometry = _polygons_of(shapely.make_valid(geometry))
    if geometry.is_empty or geometry.area == 0:
        return None
    if crs != _WGS84:
        geometry = shapely.transform(geometry, coordinate_transform(crs, _WGS84))
    properties = dict(feature.get("properties") or {})
    return Zone(
        str(feature.get("id", number)), _zone_name(properties, name_field, number), geometry, properties, repaired
    )


def _polygons_of(geometry: BaseGeometry) -> MultiPolygon:
    """The polygons of a repaired geometry; lines and points that the repair left have no area."""
    parts = [each for each in shapely.get_parts(geometry) if each.geom_type in ("Polygon", "MultiPolygon")]
    return MultiPolygon([polygon for part in parts for polygon in shapely.get_parts(part)])


def _zone_name(properties: Mapping[str, Any], name_field: str, number: int) -> str:
    if name_field:
        return str(properties.get(name_field, ""))
    named = next((value for key, value in properties.items() if key.lower() in ("name", "nombre")), None)
    return str(number) if named is None else str(named)
