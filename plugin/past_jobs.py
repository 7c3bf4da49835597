"""The jobs that were run from the dock: their folders are remembered in the profile, all else is read from them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from .allpa_engine.core.earlier_map import read_job_in
from .allpa_engine.core.errors import AllpaError
from .allpa_engine.core.job import Job
from .allpa_engine.core.json_input import read_json
from .allpa_engine.core.legend import LEGEND
from .allpa_engine.core.run_paths import RunPaths
from .job_parameters import job_values, moved_job, moved_path
from .layers.scene_list import SceneList, read_scene_list
from .settings import TextSetting
from .translation import table_language

FINISHED, PARTIAL, UNFINISHED, MISSING = "finished", "partial", "unfinished", "missing"
"""States: all is there; the map or its table is there and other files are not; neither is; the folder is not there."""
_JOBS = TextSetting("past_jobs")
_MAX_JOBS = 1000
_MAX_WITH_PARAMETERS = 50
"""Jobs whose parameters are kept in the profile; those of earlier ones are read from their folders."""
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
    """`finished`, `partial`, `unfinished` or `missing`."""
    finished_at: float = 0.0
    """When the table was written, seconds since 1970; 0 where there is none."""
    results: dict[str, Any] = field(default_factory=dict)
    """Outputs of `allpa:landcovermap`: those that are there."""
    lost: tuple[str, ...] = ()
    """Names of files that are not there, or cannot be read, where others are."""
    parameters: dict[str, Any] = field(default_factory=dict)
    """Of `allpa:landcovermap`, which make the job again; empty where nothing says what was run."""
    left_out: tuple[str, ...] = ()
    """Keys of the job file that no parameter stands for."""
    scenes: SceneList | None = None
    """The scene list that the job was given."""
    scenes_lost: str = ""
    """Path of that list, where it cannot be read."""
    zones_copy: str = ""
    """The zones as the job keeps them in its own folder; empty where it has none."""


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


def remember_found(found: list[RememberedJob]) -> None:
    """Put jobs of a folder on top of the list that are not in it.

    A job that is in the list under a folder that is gone, and was run there by its record, was moved: it stands under
    its new folder alone, with its parameters.

    Parameters
    ----------
    found : as `jobs_in` gives them.

    """
    jobs = remembered_jobs()
    known = {(job.folder, job.period) for job in jobs}
    for job in found:
        if (job.folder, job.period) in known:
            continue
        made_by = _recorded_job(Path(job.folder), job.period)
        before = made_by.folder if made_by is not None else ""
        moved = next((one for one in jobs if (one.folder, one.period) == (before, job.period)), None)
        if moved is not None and not Path(before).is_dir():
            jobs.remove(moved)
            job = replace(job, title=moved.title, parameters=_moved_parameters(moved, Path(job.folder)))
        jobs.insert(0, job)
    _save(jobs)


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
    A job for each period, and one that was not finished; none where the folder holds no run.

    """
    periods = [record.stem.partition("_")[2] for record in sorted(folder.glob("record_*.json"))]
    last = read_job_in(folder / "job.json", ())
    if last is not None and last.task == "landcovermap" and last.period not in periods:
        periods.append(last.period)
    return [RememberedJob(str(folder), period, _title(folder, period)) for period in periods]


def job_state(job: RememberedJob) -> tuple[str, float]:
    """State and time of a job by the names of its files alone: quick enough for a list of a thousand.

    Parameters
    ----------
    job : as remembered.

    Returns
    -------
    The state, and when the table was written, seconds since 1970 (0 where there is none).

    """
    folder = Path(job.folder)
    try:
        if not folder.is_dir():
            return MISSING, 0.0
        files = [folder / name.format(job.period) for name in ("landcover_{}.tif", "areas_{}_data.json")]
        there = [file.exists() for file in files]
        if not any(there):
            return UNFINISHED, 0.0
        state = FINISHED if all(there) and _record(folder, job.period).exists() else PARTIAL
        return state, files[1].stat().st_mtime if there[1] else files[0].stat().st_mtime
    except (OSError, ValueError):
        return MISSING, 0.0


def read_past_job(job: RememberedJob) -> PastJob:
    """Read what the folder of a job holds now; it may lie on a slow disk, so not in the main thread.

    Parameters
    ----------
    job : as remembered.

    Returns
    -------
    Its state, its results as far as they are there, and what makes it again.

    """
    folder = Path(job.folder)
    try:
        if not folder.is_dir():
            return PastJob(job, MISSING)
    except (OSError, ValueError):
        return PastJob(job, MISSING)
    made_by = _recorded_job(folder, job.period)
    past = _with_inputs(PastJob(job, UNFINISHED), moved_job(made_by, folder) if made_by is not None else None)
    paths = RunPaths(moved_job(made_by, folder)) if made_by is not None else _paths_by_name(folder, job.period)
    results, lost = _results(paths)
    if not results.get("LANDCOVER") and not results.get("AREA_TABLE"):
        return past
    table = paths.areas_data if results.get("AREA_TABLE") else paths.landcover
    try:
        finished_at = table.stat().st_mtime
    except OSError:
        finished_at = 0.0
    state = PARTIAL if lost else FINISHED
    return replace(past, state=state, finished_at=finished_at, results=results, lost=tuple(lost))


def _with_inputs(past: PastJob, made_by: Job | None) -> PastJob:
    """The job with its parameters, from its file where that can be read, and with what they name."""
    parameters, left_out = past.job.parameters, past.left_out
    if made_by is not None:
        values = job_values(made_by)
        parameters, left_out = dict(values.parameters), values.left_out
        original = str(past.job.parameters.get("ZONES") or "")
        if made_by.zones and original:  # the job's own copy stands in its file
            parameters["ZONES"] = original
    copy = made_by.zones if made_by is not None else ""
    scenes, lost = _scene_list(str(parameters.get("SCENES") or ""))
    return replace(
        past,
        parameters=parameters,
        left_out=left_out,
        scenes=scenes,
        scenes_lost=lost,
        zones_copy=copy if copy and Path(copy).is_file() else "",
    )


def _scene_list(path: str) -> tuple[SceneList | None, str]:
    """A scene list, and its path where it cannot be read."""
    if not path:
        return None, ""
    try:
        return read_scene_list(Path(path)), ""
    except (AllpaError, OSError, ValueError):
        return None, path


def _save(jobs: list[RememberedJob]) -> None:
    kept = [job if place < _MAX_WITH_PARAMETERS else replace(job, parameters={}) for place, job in enumerate(jobs)]
    _JOBS.set_value(json.dumps([vars(job) for job in kept[:_MAX_JOBS]], ensure_ascii=False, default=str))


def _moved_parameters(job: RememberedJob, folder: Path) -> dict[str, Any]:
    moved = {
        name: moved_path(value, job.folder, folder) if isinstance(value, str) else value
        for name, value in job.parameters.items()
    }
    return {**moved, "FOLDER": str(folder)} if moved else {}


def _record(folder: Path, period: str) -> Path:
    return folder / f"record_{period}.json"


def _title(folder: Path, period: str) -> str:
    made_by = _recorded_job(folder, period)
    return f"{(made_by.region_name if made_by else '') or folder.name} {period}"


def _recorded_job(folder: Path, period: str) -> Job | None:
    """The job that made the map of a period, or was to make it; with the folder in which it was run."""
    for file, keys in ((_record(folder, period), ("made_by",)), (folder / "job.json", ())):
        job = read_job_in(file, keys)
        if job is not None and job.task == "landcovermap" and job.period == period:
            return job
    return None


def _paths_by_name(folder: Path, period: str) -> RunPaths:
    """The usual paths of a run whose job is not known."""
    days = (f"{period}-01-01", f"{period}-12-31") if len(period) == len("2020") else _days(period)
    return RunPaths(Job(folder=str(folder), start=days[0], end=days[1]))


def _days(period: str) -> tuple[str, str]:
    first, _, last = period.partition("-")
    return f"{first[:4]}-{first[4:6]}-{first[6:]}", f"{last[:4]}-{last[4:6]}-{last[6:]}"


def _results(paths: RunPaths) -> tuple[dict[str, Any], list[str]]:
    """Outputs of `allpa:landcovermap` from the files of a run, and the names of those that are not there."""
    files = {
        "LANDCOVER": paths.landcover, "QUALITY": paths.quality, "AREAS": paths.areas, "REPORT": paths.report,
    }  # fmt: skip
    results: dict[str, Any] = {name: str(path) for name, path in files.items() if path.is_file()}
    lost = [path.name for name, path in files.items() if name not in results]
    for file, read in ((paths.areas_data, _figures), (paths.record, _counts)):
        try:
            results |= read(read_json(file))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            lost.append(file.name)
    return {**results, "FOLDER": str(paths.folder)}, lost


def _figures(areas: dict[str, Any]) -> dict[str, Any]:
    rows = [_in_language(row) for row in areas["classes"]] + [{**areas["total"], "name": ""}]
    return {
        "AREA_HA": float(areas["region_ha"]),
        "MAPPED_AREA_PERCENT": float(areas["valid_area_percent"]),
        "AREA_TABLE": json.dumps(rows, ensure_ascii=False),
    }


def _counts(record: dict[str, Any]) -> dict[str, Any]:
    return {"SCENE_COUNT": len(record["radiometry"]), "FAILED_SCENES": len(record["failures"])}


def _in_language(row: dict[str, Any]) -> dict[str, Any]:
    """A row with the name of a bundled class in QGIS's language; classes of the user keep theirs."""
    bundled = next((land for land in LEGEND if (land.code, land.name) == (row["code"], row["name"])), None)
    return {**row, "name": bundled.label(table_language())} if bundled is not None else row


def period_of(parameters: dict[str, Any]) -> str:
    """Name of the period of a job of the dock, from its parameters."""
    year = parameters["YEAR"]
    start, end = (str(parameters.get(name) or "") for name in ("START", "END"))
    return Job(folder="", start=start or f"{year}-01-01", end=end or f"{year}-12-31").period
