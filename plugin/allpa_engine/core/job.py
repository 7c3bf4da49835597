"""The job: everything a run needs, in one JSON file that is also the record of what was run.

The same file is written by the QGIS side, by hand or by another program, and read by `allpa`. Keys that are left out
take the defaults below; unknown keys are refused, since a misspelt key would silently change the map.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date
from pathlib import Path
from typing import Any

from .errors import JobInvalid, PeriodInvalid
from .legend import CLASS_CODES, CLASS_COUNT, CLOUDS, DEFAULT_WEIGHTS

MAX_SMOOTHING_PX = 200
"""Largest minimum mapping unit (2 ha at 10 m); blocks are read with a margin of three times this."""
SENTINEL2_START = date(2015, 6, 23)
MONTHS: tuple[int, ...] = tuple(range(1, 13))
TASKS = ("landcovermap", "search", "fetch", "classify", "composite", "areas", "report", "change")

PATH_KEYS = (
    "folder", "weight_table", "model", "cache_folder", "scenes", "predictions", "landcover", "zones",
)  # fmt: skip
PATH_DICT_KEYS = ("maps", "qualities", "outputs")
"""Keys of a job that hold paths, alone or by names."""
REFUSE, FIRST, FINEST = "refuse", "first", "finest"
ALIGNMENTS = (REFUSE, FIRST, FINEST)
"""Maps on different grids are refused, or all read on the grid of the first one or of that with the finest pixels."""


@dataclass(frozen=True)
class Job:
    """One run of the main job, or of one of its steps."""

    folder: str
    """Where the outputs are written."""
    task: str = "landcovermap"
    """One of `TASKS`; the main job runs all the steps, but not the change between maps."""
    region: dict[str, Any] = field(default_factory=dict)
    """GeoJSON Polygon or MultiPolygon, longitude/latitude WGS 84; steps that read files may leave it empty."""
    start: str = ""
    """First day, ISO 8601 (`2020-01-01`)."""
    end: str = ""
    """Last day, inclusive."""
    region_name: str = ""
    """Title of the region in the table and report; may be empty."""
    catalogue: str = "planetary_computer"
    """A key of the catalogue table, or the URL of a STAC API."""
    collection: str = ""
    """Collection id; empty takes the catalogue's own for Sentinel-2 L2A."""
    fallback_catalogue: str = ""
    """Catalogue that takes over whole tiles where the first does not answer or knows suspiciously few scenes."""
    max_scenes: int = 20
    """Most acquisitions per tile."""
    clear_observations: int = 5
    """Wanted clear observations per pixel; selection stops when nearly every pixel has them."""
    max_cloud_percent: float = 80.0
    """Scenes with more cloud over the whole tile are not candidates."""
    months: tuple[int, ...] = MONTHS
    """Months (1 to 12) whose scenes may vote."""
    month_balance: bool = False
    """Each month votes once."""
    soft: bool = False
    """All ten probabilities vote, not the winner alone."""
    weights: dict[int, float] = field(default_factory=lambda: dict(DEFAULT_WEIGHTS))
    """Vote weight per class code."""
    weight_table: str = ""
    """Path of a saved table of weights and least shares (JSON), used instead of `weights`."""
    smoothing_px: int = 0
    """Patches smaller than this many pixels take the class around them; 0 leaves the map as voted."""
    mask_dilation: bool = False
    """Widen the scene classification's clouds and shadows (600 m window, threshold 0.075) before voting."""
    model: str = ""
    """Path of the network's weights; empty takes the bundled UNet."""
    crs: str = ""
    """CRS of the map, such as `EPSG:32718`; empty takes the UTM zone of the region's centre."""
    cache_folder: str = ""
    """Where fetched scenes are kept for other jobs; empty keeps them under `folder`."""
    cache_limit_gb: float = 0.0
    """Most room for fetched scenes, in GB; those used longest ago are removed after a run. 0 keeps all."""
    device: str = "auto"
    """`auto`, `cpu` or `cuda`."""
    threads: int = 0
    """CPU threads; 0 takes all."""
    language: str = "en"
    """Language of table and report: `en` or `es`."""
    scenes: str = ""
    """Path of a scene list to use instead of searching; what is chosen in it is what is fetched."""
    predictions: str = ""
    """Folder of predictions to composite; empty takes the one under `folder`."""
    landcover: str = ""
    """Path of the map to tabulate; empty takes the one under `folder`."""
    zones: str = ""
    """Path of a GeoJSON layer of polygons; the areas are tabulated for each of them too."""
    zone_name: str = ""
    """Attribute that names a zone; empty takes `name`, or the zone's number."""
    maps: dict[str, str] = field(default_factory=dict)
    """Maps that the change step compares, by the names of their periods."""
    qualities: dict[str, str] = field(default_factory=dict)
    """Their quality rasters by the same names; with them it is told where a change is confident."""
    align: str = REFUSE
    """What is done with maps on different grids, one of `ALIGNMENTS`."""
    change_class: int = 0
    """Code of a class (1 to 9) whose losses and gains the change step shows by themselves too; 0 none."""
    outputs: dict[str, str] = field(default_factory=dict)
    """Other paths for single outputs, by the names of the result: `landcover`, `quality`, `areas`, `report`, ..."""

    @property
    def period(self) -> str:
        """Name of the period for file names: `2020`, `20200401-20200930`, or `undated` where the job names none."""
        if not self.start:
            return "undated"
        if self.start[:4] == self.end[:4] and self.start[4:] == "-01-01" and self.end[4:] == "-12-31":
            return self.start[:4]
        return f"{self.start.replace('-', '')}-{self.end.replace('-', '')}"

    def absolute(self) -> Job:
        """The job with absolute paths, so that it means the same wherever it is run from on this machine."""
        changes: dict[str, Any] = {name: _absolute_path(getattr(self, name)) for name in PATH_KEYS}
        for name in PATH_DICT_KEYS:
            changes[name] = {key: _absolute_path(path) for key, path in getattr(self, name).items()}
        return replace(self, **changes)

    def validate(self) -> Job:
        """Give the job back if it can run.

        Raises
        ------
        PeriodInvalid, JobInvalid : with the parameter named.

        """
        if self.task not in TASKS:
            raise JobInvalid(f"The job's task {self.task!r} does not exist.", f"Tasks are {', '.join(TASKS)}.")
        if (self.task in ("landcovermap", "search") and not self.scenes) or self.start:
            _check_period(self.start, self.end)
        if self.region.get("type", "none") not in ("Polygon", "MultiPolygon", "none"):
            raise JobInvalid("The job's region is not a polygon.", f"It is of type {self.region.get('type')!r}.")
        if not self.folder:
            raise JobInvalid("The job names no output folder.")
        if not 1 <= self.max_scenes <= 400:
            raise JobInvalid("The number of scenes must lie between 1 and 400.", f"It is {self.max_scenes}.")
        if not self.months or any(month not in MONTHS for month in self.months):
            raise JobInvalid("The months must be numbers from 1 to 12, at least one.", f"They are {list(self.months)}.")
        _check_weights(self.weights)
        if self.align not in ALIGNMENTS:
            raise JobInvalid(f"The alignment {self.align!r} does not exist.", f"Known are {', '.join(ALIGNMENTS)}.")
        if self.change_class not in (0, *CLASS_CODES) or self.change_class == CLOUDS:
            raise JobInvalid(f"There is no change of class {self.change_class}.", "Codes of land and water are 1 to 9.")
        return self


def _absolute_path(path: str) -> str:
    return str(Path(path).absolute()) if path else ""


def _check_period(start: str, end: str) -> None:
    try:
        first, last = date.fromisoformat(start), date.fromisoformat(end)
    except ValueError as error:
        raise PeriodInvalid("The period's dates cannot be read.", f"{start!r} to {end!r}: {error}.") from error
    if first > last:
        raise PeriodInvalid("The period ends before it starts.", f"It runs from {start} to {end}.")
    if last < SENTINEL2_START:
        raise PeriodInvalid(
            "The period lies before Sentinel-2.", f"It ends on {end}; the first images are of June 2015."
        )


def _check_weights(weights: dict[int, float]) -> None:
    unknown = sorted(set(weights) - set(CLASS_CODES))
    if unknown:
        raise JobInvalid(
            f"The class weights name codes that do not exist: {unknown}.", f"Codes are 1 to {CLASS_COUNT}."
        )
    if any(not 0 <= weight < float("inf") for weight in weights.values()):
        raise JobInvalid("The class weights must be finite and not negative.")
    if not any(weights.values()):
        raise JobInvalid("At least one class weight must be greater than zero.")


def job_from_dict(values: dict[str, Any]) -> Job:
    """Make a job from parsed JSON.

    Raises
    ------
    JobInvalid : for unknown keys, missing keys and values of the wrong type.

    """
    known = {each.name for each in fields(Job)}
    unknown = sorted(set(values) - known - {"allpa"})
    if unknown:
        raise JobInvalid(f"The job has unknown keys: {', '.join(unknown)}.", f"Known are {', '.join(sorted(known))}.")
    try:
        given = {key: value for key, value in values.items() if key in known}
        if "months" in given:
            given["months"] = tuple(int(month) for month in given["months"])
        if "weights" in given:
            named = {int(code): float(weight) for code, weight in given["weights"].items()}
            given["weights"] = {**DEFAULT_WEIGHTS, **named}
        for key in {"maps", "qualities"} & set(given):
            given[key] = {str(period): str(path) for period, path in given[key].items()}
        return Job(**given)
    except (TypeError, ValueError, AttributeError) as error:
        raise JobInvalid("The job cannot be read.", str(error)) from error


def job_to_dict(job: Job) -> dict[str, Any]:
    """The job as JSON values; `job_from_dict` gives the same job back."""
    values = asdict(replace(job, months=tuple(job.months)))
    values["months"] = list(job.months)
    values["weights"] = {str(code): weight for code, weight in sorted(job.weights.items())}
    values["region"] = json.loads(json.dumps(job.region))  # coordinates may have come as tuples
    return values


def read_job(path: str | os.PathLike[str]) -> Job:
    """Read a job file.

    Raises
    ------
    JobInvalid : where the file is missing, is not JSON or has wrong keys.

    """
    try:
        values = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise JobInvalid(f"The job file {Path(path).name} cannot be read.", str(error)) from error
    if not isinstance(values, dict):
        raise JobInvalid(f"The job file {Path(path).name} is not a JSON object.")
    return job_from_dict(values)
