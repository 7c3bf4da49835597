"""The jobs that were run from the dock: their folders are remembered in the profile, all else is read from them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from .allpa_engine.core.earlier_map import read_job_in
from .allpa_engine.core.job import Job
from .allpa_engine.core.json_input import read_json
from .allpa_engine.core.legend import LEGEND
from .allpa_engine.core.run_paths import RunPaths
from .settings import TextSetting
from .translation import table_language

FINISHED, UNFINISHED, MISSING = "finished", "unfinished", "missing"
"""States: the map and its table are there; the job was not finished; the folder is not there."""
_JOBS = TextSetting("past_jobs")
_MAX_JOBS = 50
_MAX_PARAMETERS_CHARS = 50_000
"""Of a job's parameters; those of a region with more corners are not kept in the profile."""


@dataclass(frozen=True)
class RememberedJob:
    """A job as the profile keeps it."""

    folder: str
    """Output folder."""
    period: str
    """Of the map, as it stands in the names of files; empty where all maps of the folder are meant."""
    title: str = ""
    """Name of the region and period."""
    parameters: dict[str, Any] = field(default_factory=dict)
    """Of `allpa:landcovermap`; empty where they are not known."""


@dataclass(frozen=True)
class PastJob:
    """A job as its folder shows it now."""

    job: RememberedJob
    state: str
    """`finished`, `unfinished` or `missing`."""
    finished_at: float = 0.0
    """When the table was written, seconds since 1970; 0 where there is none."""
    results: dict[str, Any] = field(default_factory=dict)
    """Outputs of `allpa:landcovermap`, where the job is finished."""


def remembered_jobs() -> list[RememberedJob]:
    """The jobs in the profile, the latest first; what cannot be read is left out."""
    try:
        saved = json.loads(_JOBS.value() or "[]")
        return [
            RememberedJob(str(one["folder"]), str(one["period"]), str(one["title"]), dict(one["parameters"]))
            for one in saved
        ]
    except (ValueError, KeyError, TypeError):
        return []


def remember_job(job: RememberedJob) -> None:
    """Put a job on top of the list, in place of an earlier one of the same folder and period."""
    if len(json.dumps(job.parameters, default=str)) > _MAX_PARAMETERS_CHARS:
        job = replace(job, parameters={})
    others = [one for one in remembered_jobs() if (one.folder, one.period) != (job.folder, job.period)]
    _save([job, *others])


def forget_job(job: RememberedJob) -> None:
    """Take a job off the list; its files stay."""
    _save([one for one in remembered_jobs() if (one.folder, one.period) != (job.folder, job.period)])


def jobs_in(folder: Path) -> list[RememberedJob]:
    """The jobs whose maps a folder holds, by their records.

    Parameters
    ----------
    folder : output folder of one or more runs.

    Returns
    -------
    A job for each period; none where the folder holds no run.

    """
    records = sorted(folder.glob("record_*.json"))
    periods = [record.stem.partition("_")[2] for record in records]
    return [RememberedJob(str(folder), period, _title(folder, period)) for period in periods]


def read_past_job(job: RememberedJob) -> PastJob:
    """Read what the folder of a job holds now; it may lie on a slow disk, so not in the main thread.

    Parameters
    ----------
    job : as remembered.

    Returns
    -------
    Its state, and its results where it is finished.

    """
    folder = Path(job.folder)
    try:
        if not folder.is_dir():
            return PastJob(job, MISSING)
        paths = _paths(folder, job.period)
        results = _results(paths)
        return PastJob(job, FINISHED, paths.areas_data.stat().st_mtime, results)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return PastJob(job, UNFINISHED)


def _save(jobs: list[RememberedJob]) -> None:
    _JOBS.set_value(json.dumps([vars(job) for job in jobs[:_MAX_JOBS]], ensure_ascii=False, default=str))


def _record(folder: Path, period: str) -> Path:
    return folder / f"record_{period}.json"


def _title(folder: Path, period: str) -> str:
    made_by = read_job_in(_record(folder, period), ("made_by",))
    return f"{(made_by.region_name if made_by else '') or folder.name} {period}"


def _paths(folder: Path, period: str) -> RunPaths:
    """The paths of a run, in the folder where it lies now."""
    made_by = read_job_in(_record(folder, period), ("made_by",)) or read_job_in(folder / "job.json", ())
    if made_by is None or made_by.period != period:
        raise ValueError(f"{folder} holds no run of {period}")
    return RunPaths(replace(made_by, folder=str(folder)))


def _results(paths: RunPaths) -> dict[str, Any]:
    """Outputs of `allpa:landcovermap` from the files of a run."""
    areas, record = read_json(paths.areas_data), read_json(paths.record)
    rows = [_in_language(row) for row in areas["classes"]] + [{**areas["total"], "name": ""}]
    return {
        "LANDCOVER": str(paths.landcover),
        "QUALITY": str(paths.quality),
        "AREAS": str(paths.areas),
        "REPORT": str(paths.report),
        "AREA_HA": float(areas["region_ha"]),
        "MAPPED_AREA_PERCENT": float(areas["valid_area_percent"]),
        "SCENE_COUNT": len(record["radiometry"]),
        "FAILED_SCENES": len(record["failures"]),
        "AREA_TABLE": json.dumps(rows, ensure_ascii=False),
        "FOLDER": str(paths.folder),
    }


def _in_language(row: dict[str, Any]) -> dict[str, Any]:
    """A row with the name of a bundled class in QGIS's language; classes of the user keep theirs."""
    bundled = next((land for land in LEGEND if (land.code, land.name) == (row["code"], row["name"])), None)
    return {**row, "name": bundled.label(table_language())} if bundled is not None else row


def period_of(parameters: dict[str, Any]) -> str:
    """Name of the period of a job of the dock, from its parameters."""
    year = parameters["YEAR"]
    start, end = (str(parameters.get(name) or "") for name in ("START", "END"))
    return Job(folder="", start=start or f"{year}-01-01", end=end or f"{year}-12-31").period
