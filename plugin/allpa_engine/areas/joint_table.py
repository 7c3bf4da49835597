"""One table of many runs: a row for each map of a batch, so that districts mapped one by one can be compared."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..core.atomic import to_allpa_error
from ..core.errors import FolderInUse, JobInvalid
from ..core.file_lock import LockHeld, hold_lock
from ..core.messages import message
from .csv_table import write_csv
from .table import AreaTable

_FIRST_COLUMNS = ("region", "period", "map", "pixels", "ha_total")
LOCK_TIMEOUT_S = 60.0


def add_to_joint_table(path: Path, table: AreaTable, region: str, period: str, landcover: Path) -> None:
    """Add the row of a map to a table; the row of the same map is replaced.

    Several processes may do so at once: each waits for the others, so that no row is lost.

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
    FolderInUse : where another run holds the table for a minute.

    """
    row = {"region": region, "period": period, "map": str(landcover)}
    row |= {"pixels": str(table.total.pixels), "ha_total": f"{table.total.area_ha:.4f}"}
    for area in table.rows:
        row[f"ha_{area.code}"], row[f"pct_{area.code}"] = f"{area.area_ha:.4f}", f"{area.percent:.2f}"
    with _lock(path):
        columns, rows = read_joint_table(path)
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


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Hold the right to write the table, against other processes.

    Raises
    ------
    FolderNotWritable : where the lock's file cannot be made.
    FolderInUse : where another run holds it for too long.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise to_allpa_error(error, path) from error
    try:
        with hold_lock(path.with_name(f".{path.name}.lock"), LOCK_TIMEOUT_S):
            yield
    except LockHeld as error:
        raise FolderInUse(message("Another run is writing the table {name}.", name=path.name)) from error


def _not_joint(path: Path) -> JobInvalid:
    return JobInvalid(
        message("{name} is no joint table of Allpa.", name=path.name),
        next_step=message("Choose another file, which is made by the first run."),
    )
