"""Tables of the evaluation: as CSV for machines, as Markdown for the page."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Sequence
from pathlib import Path


def percent(share: float, digits: int = 1) -> str:
    """A share as a percentage without its sign; a dash for nan.

    Examples
    --------
    >>> percent(0.7568), percent(float("nan")), percent(0.9341, 0)
    ('75.7', '–', '93')

    """
    return f"{100 * share:.{digits}f}" if math.isfinite(share) else "–"


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """One table with a header."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def read_csv(path: Path) -> list[dict[str, str]]:
    """The rows of a table by the names of its header."""
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """One table as Markdown.

    Examples
    --------
    >>> print(markdown_table(["class", "%"], [("Water", 93.0)]))
    | class | % |
    |---|---|
    | Water | 93.0 |

    """
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)
