"""The job: everything a run needs, in one JSON file that is also the record of what was run.

The same file is written by the QGIS side, by hand or by another program, and read by `allpa`. Keys that are left out
take their defaults; unknown keys are refused, since a misspelt key would silently change the map. The fields of `Job`
are the one table of keys: `JOB_KEYS` holds their kinds with limits and descriptions, and `job_schema.py`
writes them as JSON Schema.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar, cast

from .agreement import ALL, RULES
from .bands import ALL_BAND_KEYS, BAND_KEYS
from .catalogues import CATALOGUES, is_catalogue_path
from .cluster_keys import DASK, ONLY_TILES, TILE_STORE, TILES, TOGETHER, is_bucket
from .composite_keys import ALIGNMENTS, DEFAULT_GUARDS, GUARDS, REFUSE
from .computing_keys import BACKEND, DEVICE, PRECISION, THREADS
from .errors import JobInvalid
from .export_keys import EXPLAIN, EXPORT
from .forest_keys import FOREST
from .geometry_key import PolygonGeometry
from .job_checks import check_months, check_outputs, check_period, check_together
from .job_keys import (
    Day,
    Months,
    Number,
    NumberByCode,
    PathByName,
    Switch,
    Text,
    ValueKind,
    path_text,
    shown,
)
from .json_input import read_json
from .legend import MAX_OWN_CODE, MAX_WEIGHT
from .messages import message, text_of, with_number_format
from .name_list import Names
from .network_keys import NETWORK
from .refit_keys import EMBEDDING_PERIODS, REFIT, YEAR
from .sample_keys import DESIGN, ESTIMATION, IMPORT
from .season_keys import DEFAULT_SEASONS, SEASONAL, Seasons
from .tasks import OUTPUT_NAMES, TASKS
from .text_keys import LANGUAGE, NUMBER_FORMAT
from .training_keys import TRAINING
from .urls import local_path
from .zone_keys import JOINT_TABLE, ZONE_CODE, ZONE_MAPS, ZONE_NAME, ZONE_SUMS, ZONES

MAX_SMOOTHING_PX = 2500
"""Largest minimum mapping unit: 25 ha at 10 m."""
MONTHS: tuple[int, ...] = tuple(range(1, 13))
OFF, ON = "off", "on"
PATH_DICT_KEYS = ("maps", "qualities", "samples", "outputs", "tile_folders")
VERSION_KEY = "allpa"
"""The one key that is no field: the version of Allpa that wrote the job."""
_MAX_JOB_BYTES = 64_000_000
_T = TypeVar("_T")


def _key(kind: ValueKind, default: _T) -> _T:
    """A field of the job with its kind and default; a default that can be changed is copied for each job."""
    metadata = {"kind": kind}
    if isinstance(default, dict):
        return cast("_T", field(default_factory=default.copy, metadata=metadata))
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Job:
    """One run of the main job, or of one of its steps; `JOB_KEYS` describes the fields."""

    folder: str = field(metadata={"kind": path_text("Folder of the outputs.", is_required=True)})
    task: str = _key(
        Text(
            "The whole map (landcovermap), one of its steps, the change between maps, or a step of an assessment.",
            choices=TASKS,
        ),
        "landcovermap",
    )
    region: dict[str, Any] = _key(  # noqa: RUF009 - a field
        PolygonGeometry(
            "Polygon or MultiPolygon in longitude and latitude (WGS 84); steps that read files may lack it."
        ),
        {},
    )
    start: str = _key(Day("First day, such as 2020-01-01."), "")
    end: str = _key(Day("Last day, inclusive."), "")
    region_name: str = _key(Text("Title of the region in table and report; may be empty."), "")
    catalogue: str = _key(
        Text("A key of the table of catalogues, or the address of a STAC API or static catalogue.", 4000, 1),
        "planetary_computer",
    )
    collection: str = _key(Text("Id of the collection; empty takes the catalogue's own of Sentinel-2 L2A."), "")
    fallback_catalogue: str = _key(
        Text(
            "Catalogue that takes over whole tiles where the first does not answer or has suspiciously few scenes; "
            "empty for none.",
            4000,
        ),
        "",
    )
    max_scenes: int = _key(Number("Largest number of acquisitions per tile.", 1, 400, is_whole=True), 20)
    clear_observations: int = _key(
        Number(
            "Clear observations wanted per pixel; scenes are added until nearly all have them.",
            1,
            100,
            is_whole=True,
        ),
        5,
    )
    bands: tuple[str, ...] = _key(
        Names(
            "Bands that are searched and downloaded, beside the scene classification; an empty list means the six of "
            "the bundled network. Those that the model reads are added.",
            ALL_BAND_KEYS,
        ),
        BAND_KEYS,
    )
    max_cloud_percent: float = _key(Number("Scenes with more cloud over their whole tile are not used.", 0, 100), 80.0)
    months: tuple[int, ...] = _key(Months("Months (1 to 12) whose scenes are used; an empty list means all."), MONTHS)
    month_balance: bool = _key(Switch("Whether each month has one vote, however many scenes it has."), False)
    soft: bool = _key(Switch("Whether all class probabilities of a scene vote, not its best class."), False)
    weights: dict[int, float] = _key(  # noqa: RUF009 - a field
        NumberByCode("Vote weight by class code; codes left out keep that of their legend.", MAX_WEIGHT),
        {},
    )
    weight_table: str = _key(path_text("Saved table of weights and minimum shares, used instead of weights."), "")
    smoothing_px: int = _key(
        Number(
            "Patches of fewer pixels take the class around them; 0 leaves the map unchanged.",
            0,
            MAX_SMOOTHING_PX,
            is_whole=True,
        ),
        0,
    )
    mask_dilation: bool = _key(
        Switch("Whether clouds and shadows of the scene classification are widened before voting."), False
    )
    guards: tuple[str, ...] = _key(
        Names(
            "Guards that are on: slope (no water and no built area on steep ground), persistence (what is called "
            "clouds on most clear dates is ground), shade (no water where other dates and the land around it say "
            "otherwise).",
            GUARDS,
        ),
        DEFAULT_GUARDS,
    )
    elevation: str = _key(
        path_text("Raster of elevation in metres for the guard slope; empty takes Copernicus DEM GLO-30."), ""
    )
    annual_decision: str = _key(
        Text("Whether the year's vegetation decides between grass and crops after the votes.", choices=(OFF, ON)), OFF
    )
    decision_model: str = _key(path_text("File of the annual decision's model; empty takes the bundled one."), "")
    decision_model_hash: str = _key(
        Text("SHA-256 that this file must have; empty for any.", 64, pattern="([0-9a-f]{64})?", pattern_text="SHA-256"),
        "",
    )
    model: str = _key(path_text("Model folder or file of weights; empty takes the bundled model."), "")
    crs: str = _key(
        Text("CRS of the map, projected and in metres, such as EPSG:32718; empty takes the region's UTM zone.", 4000),
        "",
    )
    catalogue_hours: float = _key(
        Number("Hours that answers of catalogues are used again; past years 30 times as long. 0: never.", 0, 720), 0.0
    )
    cache_folder: str = _key(path_text("Folder of downloaded scenes; empty: within the folder."), "")
    cache_limit_gb: float = _key(
        Number("Largest size of all downloaded scenes in GB; the oldest are removed. 0: no limit.", 0, 100_000),
        0.0,
    )
    device: str = _key(DEVICE, "auto")
    precision: str = _key(PRECISION, "auto")
    backend: str = _key(BACKEND, "auto")
    threads: int = _key(THREADS, 0)
    language: str = _key(LANGUAGE, "en")
    number_format: str = _key(NUMBER_FORMAT, "")
    scenes: str = _key(path_text("Scene list to use instead of searching."), "")
    predictions: str = _key(path_text("Folder of the predictions; empty: within the folder."), "")
    landcover: str = _key(path_text("Map to tabulate; empty takes that of the folder."), "")
    tiles: str = _key(TILES, TOGETHER)
    only_tiles: str = _key(ONLY_TILES, "")
    tile_folders: dict[str, str] = _key(  # noqa: RUF009 - a field
        PathByName("Folders of runs or of finished tiles that the task join makes one map of.", max_count=1000), {}
    )
    dask: str = _key(DASK, "")
    tile_store: str = _key(TILE_STORE, "")
    zones: str = _key(ZONES, "")
    zone_name: str = _key(ZONE_NAME, "")
    zone_code: str = _key(ZONE_CODE, "")
    zone_sums: tuple[str, ...] = _key(ZONE_SUMS, ())
    zone_maps: bool = _key(ZONE_MAPS, False)
    joint_table: str = _key(JOINT_TABLE, "")
    maps: dict[str, str] = _key(  # noqa: RUF009 - a field
        PathByName(
            "Maps that the change step compares, by the names of their periods, or that are assessed by 'samples'."
        ),
        {},
    )
    qualities: dict[str, str] = _key(  # noqa: RUF009 - a field
        PathByName("Their quality rasters by the same names; they tell where a change is confident."), {}
    )
    align: str = _key(
        Text("Maps on different grids: refused, or read on the first or the finest grid.", choices=ALIGNMENTS),
        REFUSE,
    )
    change_class: int = _key(
        Number("Class code whose losses and gains are shown too; 0 for none.", 0, MAX_OWN_CODE, is_whole=True),
        0,
    )
    corrections: str = _key(path_text("Corrected places of a map with their classes, for the task refit."), "")
    refit_options: dict[str, Any] = _key(REFIT, REFIT.defaults)  # noqa: RUF009 - a field
    embedding_period: str = _key(
        Text("Whether the whole period or each month gets an embedding.", choices=EMBEDDING_PERIODS), YEAR
    )
    design: dict[str, Any] = _key(DESIGN, DESIGN.defaults)  # noqa: RUF009 - a field
    strata_raster: str = _key(path_text("Raster of strata on the grid of the map; 0 is not sampled."), "")
    reference: str = _key(path_text("Reference data: points, polygons or a table with classes, or a raster."), "")
    reference_options: dict[str, Any] = _key(IMPORT, IMPORT.defaults)  # noqa: RUF009 - a field
    sample: str = _key(
        path_text("Labelled sample of the map, or of the change raster: a GeoPackage that Allpa wrote."), ""
    )
    samples: dict[str, str] = _key(  # noqa: RUF009 - a field
        PathByName("Labelled samples of several regions by their names; 'maps' has their maps by the same names."), {}
    )
    agreement: str = _key(
        Text(
            "Which class a point has that several interpreters labelled: the one that all or more than half of them "
            "name, or that of a single one.",
            choices=RULES,
        ),
        ALL,
    )
    interpreter: str = _key(Text("Whose labels count where 'agreement' is single.", 200), "")
    estimation: dict[str, Any] = _key(ESTIMATION, ESTIMATION.defaults)  # noqa: RUF009 - a field
    quality: str = _key(path_text("Quality raster of the assessed map; empty takes the one beside it, if any."), "")
    labels: str = _key(path_text("Labels of own classes: points, polygons or a table with a class each."), "")
    legend: str = _key(
        path_text("Legend of own classes, a legend.json; empty takes the bundled or a proposed one."), ""
    )
    features: str = _key(path_text("Feature folder, a folder of feature folders, or of the scenes of a run."), "")
    training: str = _key(path_text("Folder of training data: chips, and a table of samples."), "")
    test_training: str = _key(path_text("Other training data for an independent test of a model; may be empty."), "")
    forest_options: dict[str, Any] = _key(FOREST, FOREST.defaults)  # noqa: RUF009 - a field
    export_options: dict[str, Any] = _key(EXPORT, EXPORT.defaults)  # noqa: RUF009 - a field
    explain_options: dict[str, Any] = _key(EXPLAIN, EXPLAIN.defaults)  # noqa: RUF009 - a field
    training_options: dict[str, Any] = _key(TRAINING, TRAINING.defaults)  # noqa: RUF009 - a field
    seasons: dict[str, tuple[int, ...]] = _key(  # noqa: RUF009 - a field
        Seasons("Months (1 to 12) of each season by its name, for the task seasonal_composite."), DEFAULT_SEASONS
    )
    seasonal: dict[str, Any] = _key(SEASONAL, SEASONAL.defaults)  # noqa: RUF009 - a field
    network_options: dict[str, Any] = _key(NETWORK, NETWORK.defaults)  # noqa: RUF009 - a field
    overwrite: bool = _key(Switch("Whether the map of another job in the folder may be replaced."), False)
    outputs: dict[str, str] = _key(  # noqa: RUF009 - a field
        PathByName("Other paths for single outputs, by the names of the result.", OUTPUT_NAMES), {}
    )

    @property
    def period(self) -> str:
        """Name of the period for file names: `2020`, `20200401-20200930`, or `undated` where the job names none."""
        if not self.start:
            return "undated"
        if self.start[:4] == self.end[:4] and self.start[4:] == "-01-01" and self.end[4:] == "-12-31":
            return self.start[:4]
        return f"{self.start.replace('-', '')}-{self.end.replace('-', '')}"

    @property
    def locale(self) -> str:
        """The language of texts with the job's own number format, as `messages.translate` takes it."""
        return with_number_format(self.language, self.number_format)

    def with_absolute_paths(self) -> Job:
        """The job with absolute paths, so that it means the same wherever it is run from on this machine."""
        changes: dict[str, Any] = {name: _absolute_path(getattr(self, name)) for name in PATH_KEYS}
        for name in PATH_DICT_KEYS:
            changes[name] = {key: _absolute_path(path) for key, path in getattr(self, name).items()}
        for name in ("catalogue", "fallback_catalogue"):
            address = getattr(self, name)
            if address not in CATALOGUES and is_catalogue_path(address):
                changes[name] = _absolute_path(local_path(address) or address)
        if is_bucket(self.tile_store):
            changes["tile_store"] = self.tile_store
        return replace(self, **changes)

    def validate(self) -> Job:
        """Check every key by itself and what they must be together; gives the job with each value in its type.

        Raises
        ------
        PeriodInvalid, RegionInvalid, JobInvalid : with the key named.

        """
        checked = replace(
            self, **{name: kind.check(_subject(name), getattr(self, name)) for name, kind in JOB_KEYS.items()}
        )
        checked = replace(checked, bands=checked.bands or BAND_KEYS)
        needs_period = checked.task in ("landcovermap", "search", "seasonal_composite", "plan") and not checked.scenes
        if needs_period or checked.start or checked.end:
            check_period(checked.start, checked.end)
            check_months(checked.start, checked.end, checked.months)
        check_together(checked)
        _check_outputs(checked)
        return checked


JOB_KEYS: dict[str, ValueKind] = {key.name: key.metadata["kind"] for key in fields(Job)}
"""The kind of every key: its description, limits and choices."""
PATH_KEYS = tuple(name for name, kind in JOB_KEYS.items() if isinstance(kind, Text) and kind.is_path)
"""Keys that hold one path."""


def number_limits(key: str) -> tuple[float, float]:
    """Smallest and largest value of a key that holds a number, for forms.

    Examples
    --------
    >>> number_limits("max_scenes")
    (1, 400)

    """
    kind = JOB_KEYS[key]
    if not isinstance(kind, Number):
        raise TypeError(message("{key} is not a number", key=key))
    return kind.minimum, kind.maximum


def _subject(key: str) -> str:
    return message("The job's key {key}", key=repr(key))


def _absolute_path(path: str | Path) -> str:
    return str(Path(path).absolute()) if path else ""


def _check_outputs(job: Job) -> None:
    inputs = {key: getattr(job, key) for key in PATH_KEYS if key not in ("folder", "cache_folder")}
    for key in PATH_DICT_KEYS:
        inputs |= {f"{key}: {name}": path for name, path in getattr(job, key).items() if key != "outputs"}
    check_outputs(inputs, job.outputs)


def job_from_dict(values: Mapping[str, Any]) -> Job:
    """Make a job from parsed JSON, with every key checked by itself; `Job.validate` checks them together.

    Raises
    ------
    JobInvalid, PeriodInvalid, RegionInvalid : for unknown keys, a missing folder, and values that a key cannot have.

    Examples
    --------
    >>> job_from_dict({"folder": "out", "start": "2020-01-01", "end": "2020-12-31"}).period
    '2020'

    """
    unknown = sorted(shown(key) for key in set(values) - set(JOB_KEYS) - {VERSION_KEY})
    if unknown:
        raise JobInvalid(
            message("The job has unknown keys: {names}.", names=", ".join(unknown[:10])),
            message("Known are {names}.", names=", ".join(sorted(JOB_KEYS))),
        )
    if "folder" not in values:
        raise JobInvalid("The job's key 'folder' is missing.", "It names the folder of the outputs.")
    return Job(
        **{name: JOB_KEYS[name].check(_subject(name), value) for name, value in values.items() if name != VERSION_KEY}
    )


def job_to_dict(job: Job) -> dict[str, Any]:
    """The job as JSON values; `job_from_dict` gives the same job back."""
    values = {name: getattr(job, name) for name in JOB_KEYS}
    values["weights"] = {str(code): weight for code, weight in sorted(job.weights.items())}
    plain: dict[str, Any] = json.loads(json.dumps(values))  # coordinates and months may be tuples
    return plain


def read_job(path: str | os.PathLike[str]) -> Job:
    """Read a job file.

    Raises
    ------
    JobInvalid : where the file is missing, is not JSON or has wrong keys.
    PeriodInvalid, RegionInvalid : where these values cannot be used.

    """
    name = shown(Path(path).name)
    try:
        values = read_json(path, _MAX_JOB_BYTES)
    except ValueError as error:
        raise JobInvalid(message("The job file {name} cannot be read.", name=name), text_of(error)) from error
    if not isinstance(values, dict):
        raise JobInvalid(message("The job file {name} is not a JSON object.", name=name))
    return job_from_dict(values)
