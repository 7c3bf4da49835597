"""What several keys of a job must be together: days and months of a period, files that are read and written."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path

from .errors import JobInvalid, PeriodInvalid
from .job_keys import shown
from .messages import message

SENTINEL2_START = date(2015, 6, 23)


def check_period(start: str, end: str) -> None:
    """Check the first and the last day of a period.

    Parameters
    ----------
    start, end : days such as `2020-01-31`, or empty.

    Raises
    ------
    PeriodInvalid : where one is missing, they are swapped, or the period lies before Sentinel-2.

    """
    if not (start and end):
        missing = "start" if not start else "end"
        raise PeriodInvalid(
            message("The job's key {missing} is missing.", missing=repr(missing)),
            "A period needs its first and its last day.",
        )
    first, last = date.fromisoformat(start), date.fromisoformat(end)
    if first > last:
        raise PeriodInvalid(
            "The period ends before it starts.", message("It runs from {start} to {end}.", start=start, end=end)
        )
    if last < SENTINEL2_START:
        raise PeriodInvalid(
            "The period lies before Sentinel-2.",
            message("It ends on {end}; the first images are of June 2015.", end=end),
        )


def check_months(start: str, end: str, months: Collection[int]) -> None:
    """Check that a month that votes lies in the period.

    Parameters
    ----------
    start, end : days of a valid period.
    months : from 1 to 12.

    Raises
    ------
    JobInvalid : where none does.

    """
    first, last = date.fromisoformat(start), date.fromisoformat(end)
    count = 12 * (last.year - first.year) + last.month - first.month + 1
    if not {(first.month - 1 + step) % 12 + 1 for step in range(min(count, 12))} & set(months):
        raise JobInvalid(
            "No month of the job's key 'months' lies in its period.",
            message(
                "The months are {names}; the period runs from {start} to {end}.",
                names=", ".join(map(str, months)),
                start=start,
                end=end,
            ),
        )


def check_outputs(inputs: Mapping[str, str], outputs: Mapping[str, str]) -> None:
    """No file may be written twice, or be both read and written.

    Parameters
    ----------
    inputs : paths that are read, by key; empty ones are ignored.
    outputs : paths that are written, by name.

    Raises
    ------
    JobInvalid : with both names.

    """
    names = {_name(path): key for key, path in inputs.items() if path}
    for name, path in outputs.items():
        other = names.setdefault(_name(path), f"outputs: {name}")
        if other != f"outputs: {name}":
            raise JobInvalid(
                message(
                    "The job's output {name} is the same file as its key {other}.", name=repr(name), other=repr(other)
                ),
                message("It is {found}.", found=shown(path)),
            )


def _name(path: str) -> str:
    return os.path.normcase(Path(path).absolute())
