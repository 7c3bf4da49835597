"""Area tables as CSV files."""

from __future__ import annotations

import csv
import io
import os

from ..core.atomic import write_text
from .table import AreaRow, AreaTable

_CSV_HEADERS = {
    "en": ("class", "pixels", "resolution", "area (ha)", "percent", "code", "ellipsoidal area (ha)"),
    "es": ("clase", "píxeles", "resolución", "área (ha)", "porcentaje", "código", "área elipsoidal (ha)"),
}


def write_area_csv(table: AreaTable, path: str | os.PathLike[str]) -> None:
    """Write the table as CSV (UTF-8, decimal points): the classes, the total, and the pixels without data.

    Raises
    ------
    DiskFull, FolderNotWritable

    """
    write_text(path, area_csv(table))


def area_csv(table: AreaTable) -> str:
    """The table as CSV text; hectares and percents with two decimals."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_CSV_HEADERS["es" if table.language.startswith("es") else "en"])
    for row in (*table.rows, table.total, table.no_data):
        writer.writerow(_cells(table, row))
    return text.getvalue()


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
