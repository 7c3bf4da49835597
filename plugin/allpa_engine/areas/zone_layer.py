"""Reading zones: the features of a polygon layer in GeoJSON."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError
from shapely.affinity import translate
from shapely.geometry import MultiPolygon, Polygon, box, shape
from shapely.geometry.base import BaseGeometry

from ..core.errors import RegionInvalid
from ..core.json_input import read_json
from ..core.messages import message, text_of
from ..core.zone_keys import NAME_ATTRIBUTES, usual_field
from ..geo.projection import WGS84, coordinate_transform
from ..geo.region import polygon_parts, simple_parts
from .zones import DUPLICATE_ID, NO_POLYGON, PARTS_IGNORED, REPAIRED, Zone

_MAX_LONGITUDE, _MAX_LATITUDE = 360.0, 90.0
"""Longitudes of layers that cross the 180th meridian may go on beyond it."""
_UNREADABLE = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    CRSError,
    shapely.errors.ShapelyError,
)
"""What a file that is no GeoJSON layer can raise."""


def read_zones(
    path: str | os.PathLike[str], name_field: str = "", code_field: str = "", sum_fields: Iterable[str] = ()
) -> tuple[Zone, ...]:
    """Read the features of a GeoJSON file, every one of them: what is left out of one is among its remarks.

    Coordinates are WGS 84 unless the file names another CRS in the `crs` member of GeoJSON 2008.

    Parameters
    ----------
    path : a FeatureCollection, one Feature, or a bare geometry.
    name_field : attribute that names a zone; empty takes a usual one, such as `name` or `distrito`, in any case. Zones
        without a name get their number.
    code_field : attribute with the zones' code; empty for none.
    sum_fields : attributes that the zones must have too, such as those by which they are summed.

    Returns
    -------
    The zones in the order of the features, with valid polygons in longitude and latitude, and keys that are unique.

    Raises
    ------
    RegionInvalid : where the file is not GeoJSON, contains no polygon, has no such attribute, or has coordinates that
        are not longitude and latitude.

    Examples
    --------
    >>> import tempfile
    >>> corners = "[[[-73, -14], [-72, -14], [-72, -13], [-73, -14]]]"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "zones.geojson"
    ...     _ = path.write_text(f'{{"type": "Polygon", "coordinates": {corners}}}')
    ...     zones = read_zones(path)
    >>> [(zone.key, zone.name, zone.geometry.area, zone.remarks) for zone in zones]
    [('1', '1', 0.5, ())]

    """
    file = Path(path)
    try:
        content = read_json(file)
        crs = _read_crs(content)
        features = content["features"] if content.get("type") == "FeatureCollection" else [content]
        keys = _unique_keys([feature.get("id") for feature in features])
        zones = [
            _read_zone(feature, number, key, remarks, (name_field, code_field), crs)
            for number, (feature, (key, remarks)) in enumerate(zip(features, keys, strict=True), 1)
        ]
    except _UNREADABLE as error:
        is_sentence = isinstance(error, (OSError, ValueError, CRSError, shapely.errors.ShapelyError))
        why = text_of(error) if is_sentence else message("Its values are not nested as GeoJSON demands.")
        raise RegionInvalid(
            message("The zones in {name} cannot be read.", name=file.name), why, "Give a polygon layer as GeoJSON."
        ) from error
    if all(zone.geometry.is_empty for zone in zones):
        raise RegionInvalid(
            message("{name} contains no polygons.", name=file.name), next_step="Give a layer of polygons."
        )
    for key, field in [("zone_name", name_field), ("zone_code", code_field), *(("zone_sums", f) for f in sum_fields)]:
        if field and not any(field in zone.properties for zone in zones):
            raise RegionInvalid(
                message("The zones have no attribute {field}.", field=repr(field)),
                next_step=message("Choose another attribute (`{key}`).", key=key),
            )
    for zone in zones:
        _check_on_earth(zone, file.name)
    return tuple(replace(zone, geometry=_within_180(zone.geometry)) for zone in zones)


def _read_crs(content: Mapping[str, Any]) -> CRS:
    member = content.get("crs")
    if member is None:
        return CRS.from_user_input(WGS84)
    name = (member.get("properties") or {}).get("name")
    if not name:
        raise ValueError(message("Its member `crs` names no CRS."))
    return CRS.from_user_input(name)


def _unique_keys(ids: list[Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """A key and remarks for each feature: its id, or its number where it has none or an earlier one has the same."""
    texts = [plain_attribute(value) for value in ids]
    saved, taken = set(texts), set()
    for number, text in enumerate(texts, 1):
        key = text or str(number)
        while key in taken or (key != text and key in saved):
            key += f"-{number}"
        taken.add(key)
        yield key, (DUPLICATE_ID,) if text and key != text else ()


def _read_zone(
    feature: Mapping[str, Any], number: int, key: str, remarks: tuple[str, ...], fields: tuple[str, str], crs: CRS
) -> Zone:
    is_bare_geometry = "geometry" not in feature and feature.get("type") != "Feature"
    saved = feature if is_bare_geometry else feature.get("geometry")
    has_empty_parts = False
    if saved and saved.get("type") == "MultiPolygon" and not all(saved["coordinates"]):
        saved, has_empty_parts = {**saved, "coordinates": [part for part in saved["coordinates"] if part]}, True
    polygons, found = _polygons_of(shapely.force_2d(shape(dict(saved))) if saved else Polygon())
    if has_empty_parts and not polygons.is_empty:
        found = (*found, PARTS_IGNORED)
    if crs != CRS.from_user_input(WGS84):
        polygons = shapely.transform(polygons, coordinate_transform(crs.to_wkt(), WGS84))
    properties = dict(feature.get("properties") or {})
    name_field, code_field = fields
    name = _zone_name(properties, name_field) or str(number)
    code = plain_attribute(properties.get(code_field)) if code_field else None
    return Zone(key, name, polygons, properties, (*found, *remarks), code)


def _polygons_of(geometry: BaseGeometry) -> tuple[Polygon | MultiPolygon, tuple[str, ...]]:
    """The valid polygons of a geometry, also those inside collections, and remarks on what was done for it."""
    parts = list(simple_parts(geometry))
    polygons = polygon_parts(geometry)
    remarks = [PARTS_IGNORED] if len(polygons) < len(parts) else []
    if not geometry.is_valid:
        remarks.append(REPAIRED)
    elif isinstance(geometry, (Polygon, MultiPolygon)) and not remarks and polygons:
        return geometry, ()
    # Each by itself, then joined: repaired together, land that two parts share would become a hole.
    joined = shapely.union_all([shapely.make_valid(polygon) for polygon in polygons])
    valid = MultiPolygon(polygon_parts(joined))
    return (valid, tuple(remarks)) if valid.area > 0 else (MultiPolygon(), (NO_POLYGON,))


def _zone_name(properties: Mapping[str, Any], name_field: str) -> str:
    if name_field:
        return plain_attribute(properties.get(name_field))
    return plain_attribute(properties.get(usual_field([*properties], NAME_ATTRIBUTES)))


def plain_attribute(value: Any) -> str:  # noqa: ANN401 - whatever JSON can hold
    """An attribute as one line of text; whole numbers without a decimal point, empty for null.

    Examples
    --------
    >>> plain_attribute("080105"), plain_attribute(80105.0), plain_attribute(None)
    ('080105', '80105', '')

    """
    if value is None:
        return ""
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        value = int(value)
    return " ".join(str(value).splitlines()).strip()


def _within_180(geometry: Polygon | MultiPolygon) -> Polygon | MultiPolygon:
    """Polygons whose longitudes go on beyond the 180th meridian, or run from 0 to 360, between -180 and 180."""
    west, _, east, _ = geometry.bounds if not geometry.is_empty else (0, 0, 0, 0)
    if west >= -180 and east <= 180:
        return geometry
    globe = box(-180, -90, 180, 90)
    parts = [translate(geometry, offset).intersection(globe) for offset in (-360, 0, 360)]
    return MultiPolygon(polygon_parts(shapely.union_all(parts)))


def _check_on_earth(zone: Zone, file_name: str) -> None:
    """Raise RegionInvalid where a zone's coordinates are no longitudes and latitudes."""
    points = shapely.get_coordinates(zone.geometry)
    off_earth = ~(np.abs(points) <= (_MAX_LONGITUDE, _MAX_LATITUDE)).all(axis=1)
    if off_earth.any():
        x, y = points[off_earth][0]
        raise RegionInvalid(
            message(
                "The zones in {file_name} have coordinates that are not longitude and latitude.", file_name=file_name
            ),
            message("Zone {zone} has a corner at {x:.10g}, {y:.10g}.", zone=zone.name, x=x, y=y),
            "Save the layer in EPSG:4326, or name its CRS in the file.",
        )
