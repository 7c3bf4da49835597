"""The file `features.json` of a feature folder: which rasters lie in it, and which features their bands are.

It may come from anywhere: sizes, names and paths are checked, and rasters lie within the folder.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from pyproj import CRS
from pyproj.exceptions import CRSError

from ..core.atomic import write_json
from ..core.errors import FeaturesInvalid
from ..core.geojson import is_finite_number
from ..core.job_keys import shown
from ..core.json_input import read_json
from ..core.messages import message, text_of
from ..geo.grid import Grid
from .feature_names import is_feature_name

FILE_NAME = "features.json"
FORMAT, VERSION = "allpa-features", 1
MAX_RASTERS, MAX_BANDS = 2000, 500
_MAX_JSON_BYTES = 16_000_000
_MAX_SIDE_PX = 1_000_000
_MAX_CRS_CHARS, _MAX_PATH_CHARS = 10_000, 300
_OWN_KEYS = ("format", "version", "grid", "rasters")


@dataclass(frozen=True)
class FeatureRaster:
    """One raster of a feature folder; its bands' descriptions are the names of the features."""

    path: str
    """Within the folder, with `/` between folders."""
    bands: tuple[str, ...]
    """Names of the features, in the order of the bands."""
    scale: float = 1.0
    """A feature's value is `number * scale + offset`."""
    offset: float = 0.0
    no_data: float | None = None
    """The number that means no data; None where that is NaN."""


@dataclass(frozen=True)
class FeatureManifest:
    """What `features.json` holds."""

    grid: Grid
    """Of every raster."""
    rasters: tuple[FeatureRaster, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Whatever else the writer noted: seasons, scenes, tile and so on."""

    @property
    def names(self) -> tuple[str, ...]:
        """The features in the order of the rasters."""
        return tuple(name for raster in self.rasters for name in raster.bands)


def write_manifest(folder: str | os.PathLike[str], manifest: FeatureManifest) -> None:
    """Write `features.json`, whole or not at all.

    Parameters
    ----------
    folder : the feature folder; it is made.
    manifest : is checked as it will be on reading.

    Raises
    ------
    FeaturesInvalid : where a name or path in it would be refused on reading.
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    values = {
        "format": FORMAT,
        "version": VERSION,
        "grid": {
            "crs": manifest.grid.crs,
            "left": manifest.grid.left,
            "top": manifest.grid.top,
            "resolution": manifest.grid.resolution,
            "width": manifest.grid.width,
            "height": manifest.grid.height,
        },
        "rasters": [
            {
                "path": raster.path,
                "bands": list(raster.bands),
                "scale": raster.scale,
                "offset": raster.offset,
                "no_data": raster.no_data,
            }
            for raster in manifest.rasters
        ],
    }
    values |= {key: value for key, value in manifest.facts.items() if key not in _OWN_KEYS}
    path = Path(folder) / FILE_NAME
    manifest_from_json(values, path)
    write_json(path, values)


def read_manifest(folder: str | os.PathLike[str]) -> FeatureManifest:
    """Read `features.json` of a folder.

    Raises
    ------
    FeaturesInvalid : where the file is missing, is none of Allpa's, or holds what no feature folder can have.

    """
    path = Path(folder) / FILE_NAME
    try:
        values = read_json(path, _MAX_JSON_BYTES)
    except ValueError as error:
        raise _invalid(path, text_of(error)) from error
    return manifest_from_json(values, path)


def manifest_from_json(values: Any, path: Path) -> FeatureManifest:  # noqa: ANN401 - a value from outside
    """The manifest of parsed JSON.

    Parameters
    ----------
    values : anything that JSON can hold.
    path : where it stands, for the sentence of an error.

    Raises
    ------
    FeaturesInvalid : for what is no manifest.

    """
    if not isinstance(values, Mapping) or values.get("format") != FORMAT:
        raise _invalid(path, message("Its format is not {format}.", format=FORMAT))
    if values.get("version") != VERSION:
        raise _invalid(
            path, message("Its version is {found}, not {version}.", found=shown(values.get("version")), version=VERSION)
        )
    rasters = values.get("rasters")
    if not isinstance(rasters, list) or len(rasters) > MAX_RASTERS:
        raise _invalid(path, message("'rasters' must be a list of at most {maximum}.", maximum=MAX_RASTERS))
    manifest = FeatureManifest(
        _grid_from_json(values.get("grid"), path),
        tuple(_raster_from_json(raster, path) for raster in rasters),
        {str(key): value for key, value in values.items() if key not in _OWN_KEYS},
    )
    twice = next((name for name, count in Counter(manifest.names).items() if count > 1), None)
    if twice is not None:
        raise _invalid(path, message("The feature {feature} stands in it more than once.", feature=twice))
    return manifest


def _grid_from_json(values: Any, path: Path) -> Grid:  # noqa: ANN401 - a value from outside
    if not isinstance(values, Mapping):
        raise _invalid(path, message("'grid' is missing."))
    left, top, resolution = numbers = [values.get(key) for key in ("left", "top", "resolution")]
    width, height = sides = [values.get(key) for key in ("width", "height")]
    if not (all(map(is_finite_number, numbers)) and float(resolution) > 0):  # type: ignore[arg-type]
        raise _invalid(path, message("'grid' needs the numbers left, top and resolution."))
    if not all(isinstance(side, int) and not isinstance(side, bool) and 0 < side <= _MAX_SIDE_PX for side in sides):
        raise _invalid(
            path, message("'grid' needs width and height, from 1 to {maximum:,} pixels.", maximum=_MAX_SIDE_PX)
        )
    crs = values.get("crs")
    try:
        if not isinstance(crs, str) or len(crs) > _MAX_CRS_CHARS:
            raise CRSError("it is no text of usual length")
        CRS.from_user_input(crs)
    except CRSError as error:
        raise _invalid(path, message("'grid' has no usable CRS: {crs}.", crs=shown(crs))) from error
    return Grid(crs, float(left), float(top), float(resolution), width, height)  # type: ignore[arg-type]


def _raster_from_json(values: Any, path: Path) -> FeatureRaster:  # noqa: ANN401 - a value from outside
    if not isinstance(values, Mapping):
        raise _invalid(path, message("An entry of 'rasters' is no object."))
    file, bands = values.get("path"), values.get("bands")
    if not isinstance(file, str) or not _is_inside(file):
        raise _invalid(path, message("The path {file} does not lie within the folder.", file=shown(file)))
    if not isinstance(bands, list) or not 0 < len(bands) <= MAX_BANDS:
        raise _invalid(path, message("{file} must have 1 to {maximum} bands.", file=shown(file), maximum=MAX_BANDS))
    wrong = next((name for name in bands if not is_feature_name(name)), None)
    if wrong is not None or not all(map(is_feature_name, bands)):
        raise _invalid(path, message("{feature} cannot be the name of a feature.", feature=shown(wrong)))
    scale, offset, no_data = values.get("scale", 1), values.get("offset", 0), values.get("no_data")
    if not (is_finite_number(scale) and scale > 0 and is_finite_number(offset)):
        raise _invalid(path, message("{file} needs a scale above 0 and an offset.", file=shown(file)))
    if no_data is not None and not is_finite_number(no_data):
        raise _invalid(path, message("'no_data' of {file} must be a number or null.", file=shown(file)))
    return FeatureRaster(file, tuple(bands), float(scale), float(offset), None if no_data is None else float(no_data))


def _is_inside(file: str) -> bool:
    """Whether a path from outside names a file within the folder, on every system."""
    parts = PurePosixPath(file).parts
    is_relative = bool(parts) and not PurePosixPath(file).is_absolute() and ".." not in parts
    return is_relative and len(file) <= _MAX_PATH_CHARS and file.isprintable() and not set(file) & set("\\:")


def _invalid(path: Path, why: str) -> FeaturesInvalid:
    return FeaturesInvalid(
        message("The folder of features {folder} cannot be used.", folder=path.parent.name or str(path.parent)),
        message("{file}: {why}", file=FILE_NAME, why=why),
    )
