"""Zone tables as files: wide (a row per zone), long (a row per zone and class), and as a layer."""

from __future__ import annotations

import os
from typing import Any

from shapely.geometry import mapping

from ..core.atomic import write_json
from ..core.messages import translatable, translate
from .csv_table import write_csv
from .zones import ZoneAreas, ZoneTable

COLUMN_PREFIX = "allpa_"
"""Put before a column of the layer whose name the zones' own attributes have already."""
_LONG_HEADERS = (
    translatable("zone"),
    translatable("name"),
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

    They are `zone`, `zone_name`, `zone_ha`, hectares and percent of each class by its code (`ha_1`, `pct_1`, ...),
    `ha_total`, `ellipsoidal_ha`, `ha_no_data`, `pixels` and `note`.

    Parameters
    ----------
    table : from `zone_table`; its language is that of the remarks in `note`.
    path : the file, written whole or not at all.

    Raises
    ------
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    records = [zone_record(zone, table.language) for zone in table.zones]
    write_csv(path, [records[0].keys() if records else (), *(record.values() for record in records)])


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
    The zone's key, name and area on the ellipsoid (`zone_ha`); for each class hectares in nominal pixels (`ha_<code>`)
    and percent of the zone's total (`pct_<code>`); then `ha_total`, `ellipsoidal_ha`, `ha_no_data`, `pixels` and
    `note`.

    """
    values: dict[str, Any] = {"zone": zone.zone.key, "zone_name": zone.zone.name, "zone_ha": round(zone.zone_ha, 4)}
    for row in zone.rows:
        values[f"ha_{row.code}"] = round(row.area_ha, 4)
        values[f"pct_{row.code}"] = round(row.percent, 2)
    return values | {
        "ha_total": round(zone.total.area_ha, 4),
        "ellipsoidal_ha": round(zone.total.ellipsoidal_ha, 4),
        "ha_no_data": round(zone.no_data.area_ha, 4),
        "pixels": zone.total.pixels,
        "note": zone.remarks_text(language),
    }
