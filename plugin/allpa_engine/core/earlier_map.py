"""What map a folder holds already: that of another job must not be replaced unasked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .errors import AllpaError, MapExists
from .job import Job, job_from_dict, job_to_dict
from .json_input import read_json
from .legend import DEFAULT_WEIGHTS
from .messages import joined, message, translatable
from .run_paths import RunPaths

MAP_KEYS = (
    "region", "start", "end", "catalogue", "collection", "fallback_catalogue", "max_scenes", "clear_observations",
    "max_cloud_percent", "months", "month_balance", "soft", "weights", "weight_table", "smoothing_px", "mask_dilation",
    "model", "crs", "scenes", "predictions", "annual_decision", "decision_model", "features", "only_tiles",
)  # fmt: skip
"""What of a job decides its map."""
_UNKNOWN = (translatable("its job, of which there is no readable record"),)


def check_earlier_map(job: Job) -> str:
    """Refuse a job that would replace the map of another one in its folder, unless its key `overwrite` allows it.

    Only the map's usual place in the folder counts: a path that the job names for it was chosen by hand.

    Returns
    -------
    What is replaced, as a sentence for the log; empty where nothing of another job is.

    Raises
    ------
    MapExists : with the keys that differ.

    """
    differences = differences_from_earlier_map(job)
    if not differences:
        return ""
    paths = RunPaths(job.with_absolute_paths())
    why = message("It differs in {names}.", names=joined(differences, ", "))
    if job.overwrite:
        return message("The map {landcover} of another job is replaced. {why}", landcover=paths.landcover.name, why=why)
    raise MapExists(
        message(
            "The folder {folder} holds the map {landcover} of another job.",
            folder=paths.folder,
            landcover=paths.landcover.name,
        ),
        why,
    )


def differences_from_earlier_map(job: Job) -> tuple[str, ...]:
    """In which keys a job differs from that of the map which it would replace; empty where it replaces none.

    Parameters
    ----------
    job : a valid job that makes a map.

    Returns
    -------
    Names of the keys; a phrase in place of a name where nothing says which job made the map.

    """
    paths = RunPaths(job.with_absolute_paths())
    is_named = bool(job.outputs.get("landcover") or job.landcover)
    if job.task not in ("landcovermap", "composite", "classify_features") or is_named or not paths.landcover.exists():
        return ()
    for file, keys in ((paths.record, ("made_by",)), (paths.stac_item, ("properties", "allpa:job"))):
        earlier = read_job_in(file, keys)
        if earlier is not None:
            before, now = _decisive(earlier, paths.folder), _decisive(paths.job, paths.folder)
            return tuple(key for key in MAP_KEYS if before[key] != now[key])
    return _UNKNOWN


def read_job_in(file: Path, keys: tuple[str, ...]) -> Job | None:
    """The job inside a file that a run left.

    Parameters
    ----------
    file : a JSON file.
    keys : of the objects that lead to the job, from the outside; none where the file is the job.

    Returns
    -------
    The job; None where there is none that can be read.

    """
    try:
        value = read_json(file)
        for key in keys:
            value = value[key]
        return job_from_dict(value)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, AllpaError):
        return None


def _decisive(job: Job, folder: Path) -> dict[str, Any]:
    """The decisive keys; paths within the job's own folder relative to it, since folders are moved."""
    values = job_to_dict(job)
    # a job of an earlier version names the bundled weights; both mean the same
    values["weights"] = DEFAULT_WEIGHTS | job.weights
    values["predictions"] = str(RunPaths(job).predictions)
    for key in ("weight_table", "model", "decision_model", "scenes", "predictions", "features"):
        for base in (Path(job.folder), folder):
            try:
                values[key] = Path(values[key]).relative_to(base).as_posix() if values[key] else ""
                break
            except ValueError:
                continue
    return {key: values[key] for key in MAP_KEYS}
