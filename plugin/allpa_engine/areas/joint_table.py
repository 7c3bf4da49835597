"""One table of many runs: a row for each map of a batch, so that districts mapped one by one can be compared."""

from __future__ import annotations

import csv
from pathlib import Path

from ..core.errors import JobInvalid
from ..core.messages import message
from .csv_table import write_csv
from .table import AreaTable

_FIRST_COLUMNS = ("region", "period", "map", "pixels", "ha_total")


def add_to_joint_table(path: Path, table: AreaTable, region: str, period: str, landcover: Path) -> None:
    """Add the row of a map to a table; the row of the same map is replaced.

    Runs that share a table must run one after another, as the rows of a batch do.

    Parameters
    ----------
    path : of the CSV table; it is made where there is none. Columns of further classes are appended.
    table : areas of the map.
    region : name of the region; regions of one name keep a row each.
    period : of the map, such as `2020`.
    landcover : the map, by whose path its row is found.

    Raises
    ------
    JobInvalid : where the file is another table.
    DiskFull, FolderNotWritable : where it cannot be written.

    """
    columns, rows = read_joint_table(path)
    row = {"region": region, "period": period, "map": str(landcover)}
    row |= {"pixels": str(table.total.pixels), "ha_total": f"{table.total.area_ha:.4f}"}
    for area in table.rows:
        row[f"ha_{area.code}"], row[f"pct_{area.code}"] = f"{area.area_ha:.4f}", f"{area.percent:.2f}"
    columns += [column for column in row if column not in columns]
    rows = [other for other in rows if other.get("map") != row["map"]] + [row]
    write_csv(path, [columns, *([record.get(column, "") for column in columns] for record in rows)])


def read_joint_table(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Columns and rows of a joint table; the first columns and no row where there is none.

    Raises
    ------
    JobInvalid : where the file is another table.

    """
    if not path.exists():
        return list(_FIRST_COLUMNS), []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            rows = [{key: value or "" for key, value in row.items() if key} for row in reader]
            columns = list(reader.fieldnames or ())
    except (UnicodeDecodeError, csv.Error) as error:
        raise _not_joint(path) from error
    if columns[: len(_FIRST_COLUMNS)] != list(_FIRST_COLUMNS):
        raise _not_joint(path)
    return columns, rows


def _not_joint(path: Path) -> JobInvalid:
    return JobInvalid(
        message("{name} is no joint table of Allpa.", name=path.name),
        next_step=message("Choose another file, which is made by the first run."),
    )
