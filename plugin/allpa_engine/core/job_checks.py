"""What several keys of a job must be together: days and months of a period, files that are read and written."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from .cluster_keys import check_cluster_keys
from .errors import JobInvalid, PeriodInvalid
from .job_keys import shown
from .legend import DEFAULT_WEIGHTS
from .messages import message

if TYPE_CHECKING:
    from .job import Job

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


def check_together(job: Job) -> None:
    """Refuse keys of a job that exclude each other, or that its task needs.

    Parameters
    ----------
    job : whose keys were checked one by one.

    Raises
    ------
    JobInvalid : with the key named.

    """
    if not any((DEFAULT_WEIGHTS | job.weights).values()):
        raise JobInvalid("At least one of the job's weights must be greater than zero.")
    if job.fallback_catalogue and job.fallback_catalogue == job.catalogue:
        found = message("It is {found}.", found=shown(job.catalogue))
        raise JobInvalid("The job's fallback_catalogue is its catalogue.", found)
    if job.task == "change" and len(job.maps) < 2:
        count = message("The job's key 'maps' has {count}.", count=len(job.maps))
        raise JobInvalid("A comparison needs two maps at least.", count)
    if job.task in ("accuracy", "accuracy_more_points") and not (job.sample or job.samples):
        raise JobInvalid("The job names no sample.", "Its keys 'sample' and 'samples' are empty.")
    check_cluster_keys(job.dask, job.tile_store)


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
