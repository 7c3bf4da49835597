"""Areas of zones summed by their attributes: districts to provinces, provinces to departments."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..geo.pixel_area import percent_of
from .csv_table import write_csv
from .table import AreaRow
from .zone_export import area_columns
from .zone_layer import plain_attribute
from .zones import OUTSIDE, OVERLAPS, PARTLY_OUTSIDE, ZoneAreas, ZoneTable, remarks_text


@dataclass(frozen=True)
class ZoneSum:
    """The zones that have one value of an attribute."""

    field: str
    """The attribute."""
    value: str
    """As text; empty where the zones have none."""
    within: tuple[str, ...]
    """Values of the larger units in which it lies, the smallest first."""
    zone_count: int
    zone_ha: float
    """Ellipsoidal area of the polygons."""
    rows: tuple[AreaRow, ...]
    no_data: AreaRow
    total: AreaRow
    remarks: tuple[str, ...]
    """Of `OUTSIDE`, `PARTLY_OUTSIDE`, `OVERLAPS`; other remarks stand with the zones themselves."""


def sum_zones(table: ZoneTable, fields: Sequence[str]) -> tuple[ZoneSum, ...]:
    """Sum the areas of zones by attributes, with a row for each value.

    An attribute with fewer values stands for larger units. Units of one name in different larger units stay apart: San
    Juan in two provinces gives two rows where the province is among `fields`.

    Parameters
    ----------
    table : from `zone_table`.
    fields : attributes of the zones, in any order.

    Returns
    -------
    The sums of the smallest units first; values in the order of the layer. Hectares, pixels and no data are those of
    the zones added up, percents are of the sum's own total. Zones that overlap are counted each.

    Examples
    --------
    >>> from shapely.geometry import MultiPolygon
    >>> from .table import area_rows
    >>> from .zones import Zone
    >>> def areas(number, province, department):
    ...     zone = Zone(str(number), "San Juan", MultiPolygon(), {"PROV": province, "DEP": department})
    ...     return ZoneAreas(zone, *area_rows({2: 100}, {}, 100.0), zone_ha=1.0, remarks=())
    >>> table = ZoneTable((areas(1, "Canas", "Cusco"), areas(2, "Canas", "Cusco"), areas(3, "Anta", "Cusco")))
    >>> [(one.value, one.within, one.zone_count, one.total.area_ha) for one in sum_zones(table, ["DEP", "PROV"])]
    [('Canas', ('Cusco',), 2, 2.0), ('Anta', ('Cusco',), 1, 1.0), ('Cusco', (), 3, 3.0)]

    """
    values = {name: [plain_attribute(zone.zone.properties.get(name)) for zone in table.zones] for name in fields}
    by_size = sorted(values, key=lambda name: -len({*values[name]}))
    sums = []
    for place, name in enumerate(by_size):
        groups: dict[tuple[str, ...], list[ZoneAreas]] = {}
        for zone, *unit in zip(table.zones, *(values[larger] for larger in by_size[place:]), strict=True):
            groups.setdefault(tuple(unit), []).append(zone)
        sums += [_sum(name, unit, zones) for unit, zones in groups.items()]
    return tuple(sums)


def _sum(field: str, unit: tuple[str, ...], zones: Sequence[ZoneAreas]) -> ZoneSum:
    total = _added([zone.total for zone in zones])
    no_data = _added([zone.no_data for zone in zones])
    rows = [_added([zone.rows[place] for zone in zones]) for place in range(len(zones[0].rows))]
    return ZoneSum(
        field=field,
        value=unit[0],
        within=unit[1:],
        zone_count=len(zones),
        zone_ha=sum(zone.zone_ha for zone in zones),
        rows=tuple(replace(row, percent=percent_of(row.area_ha, total.area_ha)) for row in rows),
        no_data=replace(no_data, percent=percent_of(no_data.area_ha, total.area_ha + no_data.area_ha)),
        total=total,
        remarks=_remarks([zone.remarks for zone in zones]),
    )


def _added(rows: Sequence[AreaRow]) -> AreaRow:
    return replace(
        rows[0],
        pixels=sum(row.pixels for row in rows),
        area_ha=sum(row.area_ha for row in rows),
        ellipsoidal_ha=sum(row.ellipsoidal_ha for row in rows),
        percent=max(row.percent for row in rows),
    )


def _remarks(of_zones: Sequence[Iterable[str]]) -> tuple[str, ...]:
    found = {remark for remarks in of_zones for remark in remarks}
    place = () if not found & {OUTSIDE, PARTLY_OUTSIDE} else (PARTLY_OUTSIDE,)
    if all(OUTSIDE in remarks for remarks in of_zones):
        place = (OUTSIDE,)
    return (*place, OVERLAPS) if OVERLAPS in found else place


def write_zone_sums(sums: Sequence[ZoneSum], path: str | os.PathLike[str], language: str = "en") -> None:
    """Write one row per value as CSV, its headers the same in every language.

    They are `field`, `value`, `within` (the larger units), `zones` (how many), `zone_ha`, and then those of
    `write_zones_wide`.

    Parameters
    ----------
    sums : from `sum_zones`.
    path : the file, written whole or not at all.
    language : of the remarks in `note`, `en` or `es`.

    Raises
    ------
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    records: list[dict[str, Any]] = [
        {
            "field": one.field,
            "value": one.value,
            "within": ", ".join(one.within),
            "zones": one.zone_count,
            "zone_ha": round(one.zone_ha, 4),
            **area_columns(one.rows, one.no_data, one.total),
            "note": remarks_text(one.remarks, language),
        }
        for one in sums
    ]
    write_csv(path, [records[0].keys() if records else (), *(record.values() for record in records)])
