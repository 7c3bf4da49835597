"""The kind of a job's key that holds a geometry, such as its region."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .geojson import check_polygon
from .job_keys import Json, ValueKind, wrong_value


@dataclass(frozen=True)
class PolygonGeometry(ValueKind):
    """A GeoJSON Polygon or MultiPolygon, or an empty object for none."""

    def check(self, subject: str, value: Any) -> Json:  # noqa: ANN401 - a value from outside
        """Check the structure of a polygon; see `geojson.check_polygon`.

        Parameters
        ----------
        subject : what the value is, for the sentence of an error.
        value : a GeoJSON Polygon or MultiPolygon; an empty object means none.

        Raises
        ------
        JobInvalid : for what is not an object; RegionInvalid for any other geometry.
        """
        if not isinstance(value, Mapping):
            raise wrong_value(subject, value, "a GeoJSON Polygon or MultiPolygon")
        if value:
            check_polygon(value, subject)
        return dict(value)

    def schema(self) -> Json:
        """The two kinds of geometry, or an empty object."""
        position = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 4}
        ring = {"type": "array", "items": position, "minItems": 3}
        polygon = {"type": "array", "items": ring, "minItems": 1}
        nested = {"Polygon": polygon, "MultiPolygon": {"type": "array", "items": polygon, "minItems": 1}}
        kinds = [
            {
                "type": "object",
                "properties": {"type": {"const": kind}, "coordinates": coordinates},
                "required": ["type", "coordinates"],
            }
            for kind, coordinates in nested.items()
        ]
        return {"anyOf": [{"type": "object", "maxProperties": 0}, *kinds]}
