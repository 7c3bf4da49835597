"""Area tables as files: CSV for people, in the table's language, and JSON with fixed English keys for programs."""

from __future__ import annotations

import os

from ..core.atomic import write_json
from ..core.messages import translatable, translate
from .csv_table import write_csv
from .table import AreaRow, AreaTable

_HEADERS = (
    translatable("class"),
    translatable("pixels"),
    translatable("resolution"),
    translatable("area (ha)"),
    translatable("percent"),
    translatable("code"),
    translatable("ellipsoidal area (ha)"),
)


def write_area_csv(table: AreaTable, path: str | os.PathLike[str]) -> None:
    """Write an area table as CSV for people, in the language of the table.

    One row for each class in the legend's order, then the total and the pixels without data; hectares and percents have
    two decimals.

    Parameters
    ----------
    table : from `area_table`.
    path : the file, written whole or not at all.

    Raises
    ------
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    rows = [_cells(table, row) for row in (*table.rows, table.total, table.no_data)]
    write_csv(path, [[translate(header, table.language) for header in _HEADERS], *rows])


def write_area_json(table: AreaTable, path: str | os.PathLike[str]) -> None:
    """Write an area table as JSON for programs: keys, names and notes are English in every language.

    Parameters
    ----------
    table : from `area_table`; areas are rounded to 0.0001 ha.
    path : the file, written whole or not at all.

    Raises
    ------
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    write_json(
        path,
        {
            "region": table.region_name,
            "resolution": table.resolution,
            "unit": table.unit,
            "region_ha": round(table.region_ha, 4),
            "outside_map_ha": round(table.outside_map_ha, 4),
            "valid_area_percent": round(table.valid_area_percent, 4),
            "classes": [
                {**record, "name": land_class.name} for record, land_class in zip(table.to_records(), table.legend)
            ],
            "total": table.to_records()[-1],
            "no_data": {
                "pixels": table.no_data.pixels,
                "area_ha": round(table.no_data.area_ha, 4),
                "ellipsoidal_ha": round(table.no_data.ellipsoidal_ha, 4),
            },
            "notes": [str(note) for note in table.notes],
        },
    )


def _cells(table: AreaTable, row: AreaRow) -> tuple[object, ...]:
    # The share of no data is of another whole, so its cell stays empty in a column that adds up to 100.
    percent = "" if row is table.no_data else f"{row.percent:.2f}"
    return (
        row.name,
        row.pixels,
        f"{table.resolution:.10g}",
        f"{row.area_ha:.2f}",
        percent,
        "" if row.code is None else row.code,
        f"{row.ellipsoidal_ha:.2f}",
    )
