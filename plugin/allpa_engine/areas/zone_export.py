"""Zone tables as files: wide (a row per zone), long (a row per zone and class), and as a layer."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Sequence
from typing import Any

from shapely.geometry import mapping

from ..core.atomic import write_json
from ..core.messages import translatable, translate
from .csv_table import write_csv
from .table import AreaRow
from .zones import ZoneAreas, ZoneTable

COLUMN_PREFIX = "allpa_"
"""Put before a column of the layer whose name the zones' own attributes have already."""
OWN_PREFIX = "own_"
"""Put before an attribute of the zones in the wide table that has the name of one of its columns."""
_LONG_HEADERS = (
    translatable("zone"),
    translatable("name"),
    translatable("code of the zone"),
    translatable("code"),
    translatable("class"),
    translatable("pixels"),
    translatable("area (ha)"),
    translatable("percent"),
    translatable("ellipsoidal area (ha)"),
    translatable("note"),
)


def write_zones_wide(table: ZoneTable, path: str | os.PathLike[str]) -> None:
    """Write one row per zone as CSV, its headers the same in every language.

    They are `zone`, `zone_name`, `zone_code` where the zones have codes, the zones' own attributes, `zone_ha`, hectares
    and percent of each class by its code (`ha_1`, `pct_1`, ...), `ha_total`, `ellipsoidal_ha`, `ha_no_data`, `pixels`
    and `note`. An attribute of one of these names has `own_` before it, so that each column is found by its name.

    Parameters
    ----------
    table : from `zone_table`; its language is that of the remarks in `note`.
    path : the file, written whole or not at all.

    Raises
    ------
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    records = [zone_record(zone, table.language) for zone in table.zones]
    columns = list(records[0]) if records else []
    attributes = dict.fromkeys(name for zone in table.zones for name in zone.zone.properties)
    own = {name: _free_name(name, OWN_PREFIX, columns, attributes) for name in attributes}
    first = columns.index("zone_ha") if records else 0
    header = [*columns[:first], *own.values(), *columns[first:]]
    rows = []
    for zone, record in zip(table.zones, records, strict=True):
        values = list(record.values())
        cells = [_cell(zone.zone.properties.get(name)) for name in own]
        rows.append([*values[:first], *cells, *values[first:]])
    write_csv(path, [header, *rows])


def _free_name(name: str, prefix: str, ours: Collection[str], attributes: Collection[str]) -> str:
    """The name of an attribute beside our columns: its own, or with the prefix as often as it needs."""
    free = name
    while free.lower() in ours or (free != name and free in attributes):
        free = prefix + free
    return free


def _cell(value: Any) -> object:  # noqa: ANN401 - whatever JSON can hold
    """An attribute as a cell: texts, and so codes with zeros in front, as they are; null is empty."""
    return (
        json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else ("" if value is None else value)
    )


def write_zones_long(table: ZoneTable, path: str | os.PathLike[str]) -> None:
    """Write one row per zone and class as CSV, its headers in the table's language.

    Parameters
    ----------
    table : from `zone_table`; hectares have four decimals, percents two.
    path : the file, written whole or not at all.

    Raises
    ------
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    rows = [
        [
            zone.zone.key,
            zone.zone.name,
            zone.zone.code or "",
            row.code,
            row.name,
            row.pixels,
            f"{row.area_ha:.4f}",
            f"{row.percent:.2f}",
            f"{row.ellipsoidal_ha:.4f}",
            zone.remarks_text(table.language),
        ]
        for zone in table.zones
        for row in zone.rows
    ]
    write_csv(path, [[translate(header, table.language) for header in _LONG_HEADERS], *rows])


def write_zones_layer(table: ZoneTable, path: str | os.PathLike[str]) -> None:
    """Write the zones with their own attributes and the columns of the wide form, as a GeoJSON layer.

    Attributes of the zones keep their names; `renamed_columns` says which of ours are called otherwise.

    Parameters
    ----------
    table : from `zone_table`; a zone without a polygon gets no geometry.
    path : the file, written whole or not at all; longitude and latitude, WGS 84.

    Raises
    ------
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    renamed = renamed_columns(table)
    features = [
        {
            "type": "Feature",
            "id": zone.zone.key,
            "geometry": None if zone.zone.geometry.is_empty else mapping(zone.zone.geometry),
            "properties": {
                **zone.zone.properties,
                **{renamed.get(key, key): value for key, value in zone_record(zone, table.language).items()},
            },
        }
        for zone in table.zones
    ]
    write_json(path, {"type": "FeatureCollection", "features": features})


def renamed_columns(table: ZoneTable) -> dict[str, str]:
    """New names of the columns whose names are attributes of the zones.

    Parameters
    ----------
    table : from `zone_table`. Names are compared in small letters, since formats of layers do not distinguish capitals.

    Returns
    -------
    New name by name of the wide form, only for those that change; empty where none does.

    """
    if not table.zones:
        return {}
    taken = {name.lower() for zone in table.zones for name in zone.zone.properties}
    columns = list(zone_record(table.zones[0], table.language))
    taken_or_ours = taken | set(columns)
    renamed = {}
    for column in columns:
        if column in taken:
            name = COLUMN_PREFIX + column
            while name in taken_or_ours:
                name = COLUMN_PREFIX + name
            renamed[column] = name
    return renamed


def zone_record(zone: ZoneAreas, language: str) -> dict[str, Any]:
    """The columns of a zone in the wide form, by name.

    Parameters
    ----------
    zone : from `zone_table`.
    language : of the remarks, `en` or `es`.

    Returns
    -------
    The zone's key, name, code where it has one, and area on the ellipsoid (`zone_ha`); for each class hectares in
    nominal pixels (`ha_<code>`) and percent of the zone's total (`pct_<code>`); then `ha_total`, `ellipsoidal_ha`,
    `ha_no_data`, `pixels` and `note`.

    """
    zone_code = {} if zone.zone.code is None else {"zone_code": zone.zone.code}
    return {
        "zone": zone.zone.key,
        "zone_name": zone.zone.name,
        **zone_code,
        "zone_ha": round(zone.zone_ha, 4),
        **area_columns(zone.rows, zone.no_data, zone.total),
        "note": zone.remarks_text(language),
    }


def area_columns(rows: Sequence[AreaRow], no_data: AreaRow, total: AreaRow) -> dict[str, float]:
    """The columns of the wide form that hold figures, by name; hectares with four decimals, percents with two."""
    values: dict[str, float] = {}
    for row in rows:
        values[f"ha_{row.code}"] = round(row.area_ha, 4)
        values[f"pct_{row.code}"] = round(row.percent, 2)
    return values | {
        "ha_total": round(total.area_ha, 4),
        "ellipsoidal_ha": round(total.ellipsoidal_ha, 4),
        "ha_no_data": round(no_data.area_ha, 4),
        "pixels": total.pixels,
    }
