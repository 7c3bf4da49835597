"""A job back as parameters of `allpa:landcovermap`, so that what was run is filled in again."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from . import settings
from .allpa_engine.core.catalogues import CATALOGUES
from .allpa_engine.core.cluster_keys import is_bucket
from .allpa_engine.core.job import MONTHS, ON, PATH_DICT_KEYS, PATH_KEYS, Job
from .allpa_engine.core.run_paths import RunPaths
from .region_geometry import COORDINATE_DECIMALS, geometry_from_geojson
from .translation import table_language
from .weight_tables import weights_text

KEPT_PARAMETERS = (
    "START", "END", "COLLECTION", "FALLBACK_CATALOGUE", "GUARDS", "ELEVATION", "DECISION_MODEL", "CACHE", "CACHE_LIMIT",
    "THREADS", "PRECISION", "BACKEND", "LANGUAGE", "TILES", "DASK", "TILE_STORE", "JOINT_TABLE",
)  # fmt: skip
"""Those that the dock has no field for: it keeps them, names them, and drops them when the user says so."""
SEARCH_PARAMETERS = (
    "GEOMETRY", "YEAR", "START", "END", "CATALOGUE", "CATALOGUE_URL", "COLLECTION", "FALLBACK_CATALOGUE", "MONTHS",
    "MAX_CLOUD",
)  # fmt: skip
"""The parameters that decide which scenes are candidates; a list is outdated where one of them has changed since."""
_SAME_KEYS = {
    "collection": "COLLECTION", "fallback_catalogue": "FALLBACK_CATALOGUE", "month_balance": "MONTH_BALANCE",
    "soft": "SOFT", "weight_table": "WEIGHT_TABLE", "smoothing_px": "SMOOTHING", "mask_dilation": "MASK_DILATION",
    "elevation": "ELEVATION", "decision_model": "DECISION_MODEL", "model": "MODEL", "crs": "CRS",
    "precision": "PRECISION", "backend": "BACKEND", "scenes": "SCENES", "tiles": "TILES", "dask": "DASK",
    "tile_store": "TILE_STORE", "zones": "ZONES", "zone_name": "ZONE_FIELD", "zone_code": "ZONE_CODE",
    "zone_maps": "ZONE_MAPS", "joint_table": "JOINT_TABLE",
}  # fmt: skip
"""Keys of the job whose values are those of a parameter; left out where they are the job's defaults."""
_OTHER_KEYS = (
    "folder", "task", "region", "start", "end", "region_name", "catalogue", "max_scenes", "clear_observations",
    "max_cloud_percent", "months", "weights", "guards", "annual_decision", "cache_folder", "cache_limit_gb", "device",
    "threads", "language", "zone_sums",
)  # fmt: skip
_OF_ONE_RUN = ("overwrite", "catalogue_hours", "number_format")
"""What is decided for each run anew: by a question, by Allpa's options, by QGIS's locale."""
_DEFAULTS = Job(folder="")


@dataclass(frozen=True)
class JobValues:
    """What a job is made of."""

    parameters: dict[str, Any] = field(default_factory=dict)
    """Of `allpa:landcovermap`, by name; plain numbers, texts, switches and lists of texts."""
    left_out: tuple[str, ...] = ()
    """Keys of the job that no parameter stands for, and that are not at their defaults."""


def job_values(job: Job) -> JobValues:
    """The parameters that make a job again.

    What Allpa's options decide where a parameter is not given (cache, threads, language) is a parameter where the job
    has another value than the options now.

    Parameters
    ----------
    job : of the task `landcovermap`.

    Returns
    -------
    Its parameters, and what they cannot say.

    """
    values = {
        **_region_values(job),
        **_period_values(job),
        **_catalogue_values(job),
        "FOLDER": job.folder,
        "MAX_SCENES": job.max_scenes,
        "CLEAR_OBSERVATIONS": job.clear_observations,
        "MAX_CLOUD": int(job.max_cloud_percent) if job.max_cloud_percent.is_integer() else job.max_cloud_percent,
        "MONTHS": [str(month) for month in job.months or MONTHS],
        "DEVICE": job.device,
        **{
            parameter: getattr(job, key)
            for key, parameter in _SAME_KEYS.items()
            if getattr(job, key) != getattr(_DEFAULTS, key)
        },
        **_list_values(job),
        **_machine_values(job),
    }
    known = {*_SAME_KEYS, *_OTHER_KEYS, *_OF_ONE_RUN}
    others = (one.name for one in fields(Job) if one.name not in known)
    return JobValues(values, tuple(name for name in others if getattr(job, name) != getattr(_DEFAULTS, name)))


def search_parameters(parameters: dict[str, Any]) -> dict[str, Any]:
    """Those of some parameters that decide which scenes are candidates."""
    return {name: parameters[name] for name in SEARCH_PARAMETERS if name in parameters}


def moved_job(job: Job, folder: Path) -> Job:
    """A job whose folder lies elsewhere now: its folder, and its paths within the folder.

    Parameters
    ----------
    job : as it was run.
    folder : where it lies now.

    """
    if not job.folder or Path(job.folder) == folder:
        return job
    names = [name for name in PATH_KEYS if not (name == "tile_store" and is_bucket(job.tile_store))]
    changes: dict[str, Any] = {name: moved_path(getattr(job, name), job.folder, folder) for name in names}
    for name in PATH_DICT_KEYS:
        changes[name] = {key: moved_path(path, job.folder, folder) for key, path in getattr(job, name).items()}
    return replace(job, **{**changes, "folder": str(folder)})


def moved_path(path: str, before: str, now: Path) -> str:
    """A path, in the new folder where it lay in the old one; what follows it, such as a layer's name, stays."""
    old = before.rstrip("/\\")
    inside = path.startswith((f"{old}/", f"{old}\\")) if old else False
    return f"{now}{os.sep}{path[len(old) + 1 :]}" if inside else path


def _region_values(job: Job) -> dict[str, Any]:
    geometry = geometry_from_geojson(job.region) if job.region else None
    named = {"REGION_NAME": job.region_name}
    if geometry is None or geometry.isNull():
        return named
    return {"GEOMETRY": f"CRS=EPSG:4326;{geometry.asWkt(COORDINATE_DECIMALS)}", **named}


def _period_values(job: Job) -> dict[str, Any]:
    if len(job.period) == len("2020"):
        return {"YEAR": int(job.period)}
    return {"YEAR": int(job.end[:4]), "START": job.start, "END": job.end} if job.end else {}


def _catalogue_values(job: Job) -> dict[str, Any]:
    return {"CATALOGUE" if job.catalogue in CATALOGUES else "CATALOGUE_URL": job.catalogue}


def _list_values(job: Job) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if job.weights:
        values["WEIGHTS"] = weights_text(job.weights)
    if job.guards != _DEFAULTS.guards:
        values["GUARDS"] = list(job.guards)
    if job.zone_sums:
        values["ZONE_SUMS"] = list(job.zone_sums)
    if job.annual_decision == ON:
        values["ANNUAL_DECISION"] = True
    return values


def _machine_values(job: Job) -> dict[str, Any]:
    """Where the job differs from what Allpa's options say now."""
    values: dict[str, Any] = {}
    cache = settings.CACHE_FOLDER.value()
    if job.cache_folder != (str(Path(cache).absolute()) if cache else ""):
        values["CACHE"] = str(RunPaths(job).cache)
    if job.cache_limit_gb != settings.CACHE_LIMIT.value():
        values["CACHE_LIMIT"] = job.cache_limit_gb
    if job.threads != settings.THREADS.value():
        values["THREADS"] = job.threads
    if job.language != table_language():
        values["LANGUAGE"] = job.language
    return values
