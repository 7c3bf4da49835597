"""Zone tables as files: wide (a row per zone), long (a row per zone and class), and as a layer."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from typing import Any

from shapely.geometry import mapping

from ..core.atomic import write_json, write_text
from .zones import ZoneAreas, ZoneTable

_LONG_HEADERS = {
    "en": ("zone", "name", "code", "class", "pixels", "area (ha)", "percent", "ellipsoidal area (ha)", "note"),
    "es": ("zona", "nombre", "código", "clase", "píxeles", "área (ha)", "porcentaje", "área elipsoidal (ha)", "nota"),
}


def write_zones_wide(table: ZoneTable, path: str | os.PathLike[str]) -> None:
    """Write one row per zone: hectares and percent of each class (`ha_1`, `pct_1`, ...), total and no data, as CSV."""
    rows = [zone_record(zone, table.language) for zone in table.zones]
    write_text(path, _csv_text(list(rows[0]) if rows else [], [list(row.values()) for row in rows]))


def write_zones_long(table: ZoneTable, path: str | os.PathLike[str]) -> None:
    """Write one row per zone and class, all the classes of the legend, as CSV."""
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
    write_text(path, _csv_text(_LONG_HEADERS["es" if table.language.startswith("es") else "en"], rows))


def write_zones_layer(table: ZoneTable, path: str | os.PathLike[str]) -> None:
    """Write the zones with their own attributes and those of the wide form, as a GeoJSON layer."""
    features = [
        {
            "type": "Feature",
            "id": zone.zone.key,
            "geometry": mapping(zone.zone.geometry),
            "properties": {**zone.zone.properties, **zone_record(zone, table.language)},
        }
        for zone in table.zones
    ]
    write_json(path, {"type": "FeatureCollection", "features": features})


def zone_record(zone: ZoneAreas, language: str) -> dict[str, Any]:
    """A zone's row: hectares by pixels and percent by class code, then the zone as a whole (true hectares)."""
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


def _csv_text(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
