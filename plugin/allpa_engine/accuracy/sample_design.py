"""The facts of a draw: from which map, from which strata and with which method, as they lie in the sample's file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..core.errors import LegendInvalid, SampleInvalid
from ..core.legend import BUNDLED_LEGEND, Legend
from ..core.messages import joined, message, text_of
from ..core.sample_schema import CHANGE, IMPORTED, LANDCOVER, METHODS


@dataclass(frozen=True)
class Stratum:
    """A part of the map from which points were drawn with equal probability."""

    name: str
    """Unique within the design."""
    map_class: int | None
    """Code of the map where the stratum is a class, or a class in a zone."""
    zone: str | None
    """Name of the zone where the stratum is a zone, or a class in a zone."""
    pixels: int
    """Counted from the map."""
    area_ha: float
    """On the ellipsoid."""
    points: int


@dataclass(frozen=True)
class MapCount:
    """Pixels of one class in one zone of the frame."""

    map_class: int
    zone: str | None
    pixels: int
    area_ha: float


@dataclass(frozen=True)
class SampleDesign:
    """What is known of a draw; `core/sample_schema.py` says what the fields hold."""

    map_digest: str
    map_name: str
    kind: str
    crs: str
    method: str
    strata: tuple[Stratum, ...]
    zones: tuple[str, ...]
    map_counts: tuple[MapCount, ...]
    seed: int
    min_distance_m: float
    interpreters: tuple[str, ...]
    notes: tuple[str, ...]
    created: str
    allpa_version: str
    legend: Legend = BUNDLED_LEGEND
    """The classes of the map."""

    @property
    def is_probability_sample(self) -> bool:
        """Whether every pixel had a known chance, so that intervals hold."""
        return self.method != IMPORTED


def design_to_dict(design: SampleDesign) -> dict[str, Any]:
    """The design as JSON values; `design_from_dict` gives it back."""
    values = {**asdict(design), "legend": design.legend.to_dict()}
    if design.legend.is_bundled:  # as samples of earlier versions have it
        del values["legend"]
    return values


def design_from_dict(values: Mapping[str, Any], name: str) -> SampleDesign:
    """Check the facts that a file holds.

    Parameters
    ----------
    values : parsed JSON by key; keys that are not known are ignored.
    name : of the file, for the sentence of an error.

    Returns
    -------
    The design.

    Raises
    ------
    SampleInvalid : where a key is missing or has another type, or two strata have one name.

    """
    try:
        design = SampleDesign(
            map_digest=_text(values["map_digest"]),
            map_name=_text(values["map_name"]),
            kind=_text(values["kind"]),
            crs=_text(values["crs"]),
            method=_text(values["method"]),
            strata=tuple(_stratum(row) for row in values["strata"]),
            zones=_texts(values["zones"]),
            map_counts=tuple(_map_count(row) for row in values["map_counts"]),
            seed=int(values["seed"]),
            min_distance_m=float(values["min_distance_m"]),
            interpreters=_texts(values["interpreters"]),
            notes=_texts(values["notes"]),
            created=_text(values["created"]),
            allpa_version=_text(values["allpa_version"]),
            legend=Legend.from_dict(values["legend"]) if "legend" in values else BUNDLED_LEGEND,
        )
        if design.kind not in (LANDCOVER, CHANGE) or design.method not in METHODS:
            raise ValueError(
                message(
                    "It is a sample of {kind}, drawn as {method}.", kind=repr(design.kind), method=repr(design.method)
                )
            )
        if not design.strata or len({stratum.name for stratum in design.strata}) < len(design.strata):
            raise ValueError(message("It has no strata, or two of one name."))
    except LegendInvalid as error:
        raise SampleInvalid(
            message("The design in {name} cannot be read.", name=name), joined([error.what, error.why])
        ) from error
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        why = message("Its key {key} is missing.", key=str(error)) if isinstance(error, KeyError) else text_of(error)
        raise SampleInvalid(message("The design in {name} cannot be read.", name=name), why) from error
    return design


def _stratum(row: Any) -> Stratum:  # noqa: ANN401 - of a file
    zone, code = row["zone"], row["map_class"]
    return Stratum(
        _text(row["name"]),
        None if code is None else int(code),
        None if zone is None else _text(zone),
        _count(row["pixels"]),
        _area(row["area_ha"]),
        _count(row["points"]),
    )


def _map_count(row: Any) -> MapCount:  # noqa: ANN401 - of a file
    zone = row["zone"]
    return MapCount(
        _count(row["map_class"]),
        None if zone is None else _text(zone),
        _count(row["pixels"]),
        _area(row["area_ha"]),
    )


def _text(value: Any) -> str:  # noqa: ANN401 - of a file
    if not isinstance(value, str):
        raise TypeError(message("{value} is no text.", value=repr(str(value)[:40])))
    return value


def _texts(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - of a file
    if not isinstance(value, (list, tuple)):
        raise TypeError(message("{value} is no list.", value=repr(str(value)[:40])))
    return tuple(_text(part) for part in value)


def _count(value: Any) -> int:  # noqa: ANN401 - of a file
    number = int(value)
    if number != value or number < 0:
        raise ValueError(message("{value} is no count.", value=repr(value)))
    return number


def _area(value: Any) -> float:  # noqa: ANN401 - of a file
    number = float(value)
    if not (math.isfinite(number) and number >= 0):
        raise ValueError(message("{value} is no area.", value=repr(value)))
    return number
