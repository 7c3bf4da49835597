"""Product identity: tile, platform, baseline and orbit, read from the fields of an item, which must agree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..core.errors import SceneUnsupported
from ..core.messages import message

_TILE = r"(\d{1,2}[C-HJ-NP-X][A-HJ-NP-Z][A-HJ-NP-V])"
_PRODUCT = re.compile(
    rf"^(?P<platform>S2[A-D])_MSI(?P<level>L1C|L2A)_(?P<datatake>\d{{8}}T\d{{6}})"
    rf"(?:_N(?P<baseline>\d{{4}}))?_R(?P<orbit>\d{{3}})_T(?P<tile>{_TILE[1:-1]})_(?P<generated>\d{{8}}T\d{{6}})(?:\.SAFE)?\Z",
    re.ASCII,
)
_TILE_IN_NAME = re.compile(rf"_T{_TILE}(?:_|\.|$)", re.ASCII)
_TILE_IN_DAY_ID = re.compile(rf"^S2[A-D]_{_TILE}_\d{{8}}_", re.ASCII)
_GRID_CODE = re.compile(rf"^MGRS-{_TILE}\Z", re.ASCII)
_BARE_TILE = re.compile(rf"^T?{_TILE}\Z", re.ASCII)
_DATASTRIP = re.compile(r"_S(\d{8}T\d{6})(?:_N\d{2}\.\d{2})?\Z", re.ASCII)
_DATATAKE = re.compile(r"^GS2[A-D]_(\d{8}T\d{6})_\d+(?:_N(\d{2}\.\d{2}))?\Z", re.ASCII)
_STRIP_ID = re.compile(rf"^S2[A-D]_T{_TILE}_(\d{{8}}T\d{{6}})_L2A\Z", re.ASCII)
_BASELINE = re.compile(r"^\d{1,2}\.\d{2}\Z", re.ASCII)
_BASELINE_IN_NAME = re.compile(r"_N(\d{2}\.\d{2})\Z", re.ASCII)
_PLATFORM = re.compile(r"(?:sentinel[- ]?2|s2)([a-d])\Z", re.IGNORECASE)


@dataclass(frozen=True)
class ProductId:
    """What distinguishes one granule from another."""

    tile: str
    platform: str
    level: str
    """`L2A`, `L1C`, or empty where the item has none."""
    baseline: str | None
    relative_orbit: int | None
    datatake_start: str | None
    datastrip_start: str | None
    generation_time: str
    """`20250731T132745`, with a fraction where the item has one; empty where unknown."""


def read_product_id(item: Mapping[str, Any]) -> ProductId:
    """Read tile, platform, baseline, orbit and times of a STAC item (as a dictionary) of any known catalogue.

    Raises
    ------
    SceneUnsupported
        Where fields contradict one another, or no tile or platform can be read.

    """
    properties = item.get("properties") or {}
    name = _product_name(item, properties)
    return ProductId(
        tile=_required_value(item, "tile", _tiles(item, properties)),
        platform=_required_value(item, "platform", _platforms(item, properties, name)),
        level=_processing_level(item, properties, name),
        baseline=_unique_value(item, "processing baseline", _baselines(properties, name)),
        relative_orbit=_orbit(item, properties, name),
        datatake_start=_unique_value(item, "datatake", _datatakes(properties, name)),
        datastrip_start=_datastrip(item, properties),
        generation_time=_generated(properties, name),
    )


def baseline_number(baseline: str | None) -> tuple[int, int]:
    """A processing baseline as two numbers, so that baselines compare as numbers; (0, 0) for none.

    Examples
    --------
    >>> baseline_number("05.11") < baseline_number("10.00")
    True

    """
    if baseline is None:
        return (0, 0)
    major, minor = baseline.split(".")
    return int(major), int(minor)


def _product_name(item: Mapping[str, Any], properties: Mapping[str, Any]) -> Mapping[str, str | None]:
    """The parts of the ESA product name, from the first field that holds one."""
    for text in (properties.get("s2:product_uri"), properties.get("sentinel:product_id"), item.get("id")):
        matched = _PRODUCT.match(str(text))
        if matched:
            return matched.groupdict()
    return {}


def _tiles(item: Mapping[str, Any], properties: Mapping[str, Any]) -> Iterable[str]:
    for pattern, text in (
        (_BARE_TILE, properties.get("s2:mgrs_tile")),
        (_GRID_CODE, properties.get("grid:code")),
        (_BARE_TILE, _join_properties(properties, "mgrs:utm_zone", "mgrs:latitude_band", "mgrs:grid_square")),
        (
            _BARE_TILE,
            _join_properties(properties, "sentinel:utm_zone", "sentinel:latitude_band", "sentinel:grid_square"),
        ),
        (_TILE_IN_DAY_ID, item.get("id")),
        *((_TILE_IN_NAME, properties.get(key)) for key in ("s2:product_uri", "s2:tile_id", "s2:granule_id")),
        (_TILE_IN_NAME, properties.get("sentinel:product_id")),
        (_TILE_IN_NAME, item.get("id")),
    ):
        matched = pattern.search(str(text))
        if matched:
            yield matched.group(1).zfill(5)


def _join_properties(properties: Mapping[str, Any], *keys: str) -> str:
    return "".join(str(properties.get(key, "")) for key in keys)


def _platforms(item: Mapping[str, Any], properties: Mapping[str, Any], name: Mapping[str, str | None]) -> Iterable[str]:
    if name.get("platform"):
        yield str(name["platform"])
    matched = _PLATFORM.search(str(properties.get("platform") or ""))
    if matched:
        yield f"S2{matched.group(1).upper()}"
    identifier = str(item.get("id"))
    if re.match(r"^S2[A-D]_", identifier):
        yield identifier[:3]


def _baselines(properties: Mapping[str, Any], name: Mapping[str, str | None]) -> Iterable[str]:
    for key in ("s2:processing_baseline", "processing:version"):
        if _BASELINE.match(str(properties.get(key))):
            yield str(properties[key]).zfill(5)
    if name.get("baseline"):
        yield f"{str(name['baseline'])[:2]}.{str(name['baseline'])[2:]}"
    for key in ("s2:datastrip_id", "eopf:datastrip_id", "s2:granule_id", "s2:tile_id"):
        matched = _BASELINE_IN_NAME.search(str(properties.get(key)))
        if matched:
            yield matched.group(1)


def _orbit(item: Mapping[str, Any], properties: Mapping[str, Any], name: Mapping[str, str | None]) -> int | None:
    readings = [
        str(int(value)) for value in (properties.get("sat:relative_orbit"), name.get("orbit")) if value is not None
    ]
    orbit_text = _unique_value(item, "relative orbit", readings)
    return int(orbit_text) if orbit_text else None


def _datatakes(properties: Mapping[str, Any], name: Mapping[str, str | None]) -> Iterable[str]:
    for key in ("s2:datatake_id", "eopf:datatake_id"):
        matched = _DATATAKE.match(str(properties.get(key)))
        if matched:
            yield matched.group(1)
    if name.get("datatake"):
        yield str(name["datatake"])


def _datastrip(item: Mapping[str, Any], properties: Mapping[str, Any]) -> str | None:
    for key in ("s2:datastrip_id", "eopf:datastrip_id"):
        matched = _DATASTRIP.search(str(properties.get(key)))
        if matched:
            return matched.group(1)
    matched = _STRIP_ID.match(str(item.get("id")))
    return matched.group(2) if matched else None


def _generated(properties: Mapping[str, Any], name: Mapping[str, str | None]) -> str:
    """The latest time of generation, without punctuation, so that the texts of all catalogues sort by time."""
    readings = [str(name.get("generated") or "")]
    for key in ("s2:generation_time", "processing:datetime"):
        seconds, _, fraction = re.sub(r"[-:Z]", "", str(properties.get(key) or "").split("+")[0]).partition(".")
        readings.append(".".join(part for part in (seconds, fraction.rstrip("0")) if part))
    return max(readings)


def _processing_level(item: Mapping[str, Any], properties: Mapping[str, Any], name: Mapping[str, str | None]) -> str:
    texts = (
        str(name.get("level") or ""),
        str(properties.get("s2:product_type") or properties.get("product:type") or ""),
        str(item.get("collection") or ""),
        str(item.get("id")),
        str(properties.get("processing:level") or ""),
    )
    plain = " ".join(texts).upper().replace("-", "")
    if "L1C" in plain or "MSI1C" in plain:
        return "L1C"
    return "L2A" if "L2A" in plain or "MSI2A" in plain or texts[-1].upper() == "L2" else ""


def _unique_value(item: Mapping[str, Any], field: str, readings: Iterable[str]) -> str | None:
    values = sorted(set(readings))
    if len(values) > 1:
        raise SceneUnsupported(
            message(
                "The item {id} has conflicting values for {field}: {values}.",
                id=item.get("id"),
                field=field,
                values=" ≠ ".join(values),
            )
        )
    return values[0] if values else None


def _required_value(item: Mapping[str, Any], field: str, readings: Iterable[str]) -> str:
    value = _unique_value(item, field, readings)
    if value is None:
        raise SceneUnsupported(
            message("The item {id} does not state its Sentinel-2 {field}.", id=item.get("id"), field=field)
        )
    return value
