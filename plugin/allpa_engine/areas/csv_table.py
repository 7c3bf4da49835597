"""Tables as CSV files that spreadsheet programs open as they are meant."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable

from ..core.atomic import write_text

BYTE_ORDER_MARK = "\ufeff"
"""Without it spreadsheet programs on Windows take UTF-8 for the system's own encoding and show wrong accents."""
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # the wide forms count as well


def write_csv(path: str | os.PathLike[str], rows: Iterable[Iterable[object]]) -> None:
    """Write rows as CSV: UTF-8 with a byte order mark, commas, decimal points.

    Parameters
    ----------
    path : the file, written whole or not at all; its folder is made.
    rows : the header and the records, cell by cell; numbers are written as `str` gives them. Texts that a spreadsheet
        program would take for a formula get an apostrophe in front (see `csv_text`).

    Raises
    ------
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    write_text(path, BYTE_ORDER_MARK + csv_text(rows))


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    r"""Rows as the text of a CSV file; texts that a spreadsheet would take for a formula begin with an apostrophe.

    Examples
    --------
    >>> csv_text([["zone", "area (ha)"], ["=1+1", "-3.50"]])
    "zone,area (ha)\n'=1+1,-3.50\n"

    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([_neutral(cell) for cell in row] for row in rows)
    return text.getvalue()


def _neutral(cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    text = "\n".join(cell.splitlines())  # the csv module leaves other line breaks unquoted: they would begin a row
    return f"'{text}" if cell.startswith(_FORMULA_STARTS) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text == text.strip()
