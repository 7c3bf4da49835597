"""The structure of polygons that come from outside, checked before any library of geometry reads them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from .errors import RegionInvalid
from .messages import message, translatable

MAX_POSITIONS = 1_000_000
"""Corners of one geometry; more of them are no border that a map of 10 m pixels can show."""
MAX_LATITUDE = 84
"""Degrees north and south that Sentinel-2 tiles reach."""
_ADVICE = translatable("Give a GeoJSON Polygon or MultiPolygon in longitude and latitude (WGS 84).")


def check_polygon(geometry: Any, subject: str = "The region") -> None:  # noqa: ANN401 - from outside
    """Check that a value is a GeoJSON Polygon or MultiPolygon: nesting, finite coordinates within the globe, size.

    Whether rings cross each other is for the library of geometry to say.

    Parameters
    ----------
    geometry : GeoJSON values; tuples count as lists.
    subject : what the geometry is, for the sentence of an error.

    Raises
    ------
    RegionInvalid : with what is wrong.

    Examples
    --------
    >>> check_polygon({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]})

    """
    if not isinstance(geometry, Mapping):
        raise RegionInvalid(message("{subject} is not a GeoJSON geometry.", subject=subject), next_step=_ADVICE)
    kind, parts = geometry.get("type"), geometry.get("coordinates")
    if kind not in ("Polygon", "MultiPolygon"):
        raise RegionInvalid(
            message("{subject} is not a polygon.", subject=subject),
            message("It is of type {kind}.", kind=repr(str(kind)[:40])),
            _ADVICE,
        )
    polygons = _sequence(parts, subject) if kind == "MultiPolygon" else [parts]
    count = 0
    for polygon in polygons:
        rings = _sequence(polygon, subject)
        if not rings:
            raise RegionInvalid(message("{subject} is empty.", subject=subject), "It has no corners.", _ADVICE)
        for ring in rings:
            positions = _sequence(ring, subject)
            count += len(positions)
            if count > MAX_POSITIONS:
                raise RegionInvalid(
                    message(
                        "{subject} has more than {max_positions:,} corners.",
                        subject=subject,
                        max_positions=MAX_POSITIONS,
                    ),
                    next_step="Simplify its border.",
                )
            if len(positions) < 3:
                raise RegionInvalid(
                    message("{subject} has a ring of fewer than three corners.", subject=subject), next_step=_ADVICE
                )
            for position in positions:
                _check_position(position, subject)
    if not polygons:
        raise RegionInvalid(message("{subject} is empty.", subject=subject), "It has no corners.", _ADVICE)


def _sequence(value: Any, subject: str) -> list[Any] | tuple[Any, ...]:  # noqa: ANN401 - from outside
    if not isinstance(value, (list, tuple)):
        raise RegionInvalid(
            message("{subject} has coordinates that are not nested as GeoJSON asks.", subject=subject),
            next_step=_ADVICE,
        )
    return value


def _check_position(position: Any, subject: str) -> None:  # noqa: ANN401 - from outside
    numbers = _sequence(position, subject)
    if not 2 <= len(numbers) <= 4 or not all(is_finite_number(number) for number in numbers):
        raise RegionInvalid(
            message("{subject} has a corner that is not a pair of finite numbers.", subject=subject),
            message("It is {position}.", position=str(position)[:80]),
            _ADVICE,
        )
    longitude, latitude = numbers[0], numbers[1]
    if not (-180 <= longitude <= 180 and -MAX_LATITUDE <= latitude <= MAX_LATITUDE):
        raise RegionInvalid(
            message("{subject} leaves the area that Sentinel-2 tiles cover.", subject=subject),
            message(
                "It has a corner at {longitude:g}, {latitude:g}; longitudes must lie within -180 and "
                "180, latitudes within -{max_latitude} and {max_latitude}.",
                longitude=longitude,
                latitude=latitude,
                max_latitude=MAX_LATITUDE,
            ),
            "Give the region in longitude and latitude; cut one that crosses the 180th meridian into two parts.",
        )


def is_finite_number(value: Any) -> bool:  # noqa: ANN401 - from outside
    """Whether a JSON value is a number that a float can hold; true and false are none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond every float
        return False
