"""Reference data in tables: encodings, separators, decimal commas, and the columns of coordinates.

Collect Earth, Collect Earth Online, Geo-Wiki and LUCAS all give one row per point with longitude and latitude under
names of their own.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..core.errors import ReferenceInvalid
from ..core.messages import message, text_of

MAX_BYTES = 512_000_000
MAX_ROWS = 2_000_000
X_NAMES = (
    "th_long", "lon", "long", "longitude", "longitud", "lng", "x", "xcoord", "x_coord", "xcoordinate", "x_coordinate",
    "location_x", "point_x", "coord_x", "center_lon", "centre_lon", "pl_longitude", "este", "easting", "gps_long",
)  # fmt: skip
Y_NAMES = (
    "th_lat", "lat", "latitude", "latitud", "y", "ycoord", "y_coord", "ycoordinate", "y_coordinate", "location_y",
    "point_y", "coord_y", "center_lat", "centre_lat", "pl_latitude", "norte", "northing", "gps_lat",
)  # fmt: skip
"""Usual names of the columns, in the order in which they are taken; LUCAS has the theoretical point first."""
_SEPARATORS = ",;\t|"
_MAX_CELL = 131_072


def read_table(path: Path) -> tuple[list[str], list[list[str]]]:
    """Read a table of text: header, and rows of the same length.

    Parameters
    ----------
    path : in UTF-8, UTF-16 or Windows-1252, with commas, semicolons, tabs or bars between the cells.

    Returns
    -------
    Names of the columns, and the rows; short rows are filled up with empty cells.

    Raises
    ------
    ReferenceInvalid : where it cannot be read, has no rows, is too large, or has two columns of one name.

    """
    text = _read_text(path)
    first = text.splitlines()[0] if text.strip() else ""
    separator = max(_SEPARATORS, key=first.count)
    named = re.match(r"sep=([,;\t|])\r?\n", text)  # a line of Excel, which names the separator
    if named:
        separator, text = named[1], text[named.end() :]
    csv.field_size_limit(_MAX_CELL)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=False)
        header = [name.strip().strip("\ufeff") for name in next(reader, [])]
        rows = []
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append((row + [""] * len(header))[: len(header)])
            if len(rows) > MAX_ROWS:
                raise ReferenceInvalid(
                    message("{name} has more than {max_rows:,} rows.", name=path.name, max_rows=MAX_ROWS),
                    next_step="Divide the table.",
                )
    except csv.Error as error:
        raise ReferenceInvalid(message("The table {name} cannot be read.", name=path.name), f"{error}.") from error
    if not rows:
        raise ReferenceInvalid(
            message("{name} has no rows.", name=path.name), "A table needs a header and a row for each point."
        )
    names = [name.casefold() for name in header if name]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ReferenceInvalid(
            message("{name} has two columns named {twice}.", name=path.name, twice=repr(twice[0][:60])),
            next_step="Rename one of them.",
        )
    return header, rows


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise ReferenceInvalid(message("{name} cannot be read.", name=path.name), text_of(error)) from error
    if len(content) > MAX_BYTES:
        raise ReferenceInvalid(
            message("{name} is larger than {size_mb:.0f} MB.", name=path.name, size_mb=MAX_BYTES / 1e6),
            next_step="Divide the table.",
        )
    encodings = ["utf-16"] if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise ReferenceInvalid(message("{name} is no table of text.", name=path.name), next_step="Save it as CSV in UTF-8.")


def coordinate_columns(header: Sequence[str], x_field: str, y_field: str, name: str) -> tuple[int, int]:
    """The columns with x and y: those that are named, else the first ones with usual names.

    Parameters
    ----------
    header : names of the columns.
    x_field, y_field : of the job; empty to find them.
    name : of the file, for the sentence of an error.

    Returns
    -------
    Their positions.

    Raises
    ------
    ReferenceInvalid : where there is none.

    Examples
    --------
    >>> coordinate_columns(["id", "Latitud", "Longitud"], "", "", "points.csv")
    (2, 1)

    """
    plain = [column.strip().casefold().replace(" ", "_") for column in header]

    def find(wanted: str, usual: Sequence[str], axis: str) -> int:
        names = [wanted.strip().casefold().replace(" ", "_")] if wanted else usual
        for candidate in names:
            if candidate in plain:
                return plain.index(candidate)
        raise ReferenceInvalid(
            message("{name} has no column {wanted}.", name=name, wanted=repr(wanted))
            if wanted
            else message("No column of {name} is known to hold {axis}.", name=name, axis=axis),
            message("It has {names}.", names=", ".join(column[:30] for column in header[:20])),
            message(
                "Name the column of {axis}: the job's key {key}.",
                axis=axis,
                key=f"'reference_options.{axis[0]}_field'",
            ),
        )

    return find(x_field, X_NAMES, "x (longitude)"), find(y_field, Y_NAMES, "y (latitude)")


def read_numbers(cells: Sequence[str]) -> NDArray[np.float64]:
    """Coordinates from texts, with decimal points or commas.

    Parameters
    ----------
    cells : of one column.

    Returns
    -------
    Numbers; NaN for what is none.

    Examples
    --------
    >>> read_numbers(["-73.5", " -73,5 ", "8.500.000,5", "8,500,000.5", "south", ""]).tolist()
    [-73.5, -73.5, 8500000.5, 8500000.5, nan, nan]

    """
    return np.array([_number(cell) for cell in cells], np.float64)


def _number(cell: str) -> float:
    text = cell.strip().replace("\u2212", "-").replace("\u00a0", "").replace(" ", "")
    if "," in text and "." in text:  # the last sign is the decimal one, the others are of thousands
        decimal = max(text.rfind(","), text.rfind("."))
        text = re.sub("[.,]", "", text[:decimal]) + "." + text[decimal + 1 :]
    elif text.count(",") == 1:
        text = text.replace(",", ".")
    try:
        number = float(text)
    except ValueError:
        return math.nan
    return number if math.isfinite(number) else math.nan
