"""The versions of a taught model: a list beside them, from which any can be taken up again.

The engine adds a version for each refit; QGIS's process reads the list, notes where a version was mapped, and says
which one is in use. Version 0 is the run's own map.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from .atomic import write_json
from .errors import JobInvalid
from .json_input import read_json
from .messages import message

VERSIONS_FILE = "versions.json"
FORMAT, FORMAT_VERSION = "allpa-model-versions", 1
MODEL_FOLDER = "model"
"""Folder of the model within the folder of a version."""
_MAX_BYTES = 4_000_000


@dataclass(frozen=True)
class ModelVersion:
    """One refit."""

    number: int
    """From 1."""
    made: str
    """Day and time of UTC, ISO 8601."""
    corrections: int
    agreement_before: float | None
    """Share of left-out corrections on which the model before is right; None without a validation."""
    agreement_after: float | None
    """The same of the refitted model."""
    landcover: str = ""
    """Its map, where it was applied."""

    @property
    def folder_name(self) -> str:
        """Name of its folder."""
        return f"version_{self.number:03d}"


@dataclass(frozen=True)
class ModelVersions:
    """The versions in a folder."""

    versions: tuple[ModelVersion, ...] = ()
    current: int = 0
    """Number of the version in use; 0 for the run's own map."""

    @property
    def next_number(self) -> int:
        """Number of the next version."""
        return max((version.number for version in self.versions), default=0) + 1

    def find(self, number: int) -> ModelVersion | None:
        """The version of that number."""
        return next((version for version in self.versions if version.number == number), None)

    def with_version(self, version: ModelVersion) -> ModelVersions:
        """With one more version, or one of the same number replaced."""
        others = [other for other in self.versions if other.number != version.number]
        return replace(self, versions=tuple(sorted([*others, version], key=lambda item: item.number)))


def read_versions(folder: str | os.PathLike[str]) -> ModelVersions:
    """Read the list of a folder.

    Parameters
    ----------
    folder : of the versions.

    Returns
    -------
    The list; an empty one where the folder has none.

    Raises
    ------
    JobInvalid : where the file cannot be read or is something else.

    """
    path = Path(folder) / VERSIONS_FILE
    if not path.is_file():
        return ModelVersions()
    try:
        values = read_json(path, _MAX_BYTES)
        if values["format"] != FORMAT or values["version"] != FORMAT_VERSION:
            raise ValueError(message("it has another format"))
        versions = tuple(_version(item) for item in values["versions"])
        return ModelVersions(versions, int(values["current"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise JobInvalid(
            message("The list of versions {path} cannot be read.", path=str(path)),
            str(error)[:200],
            message("Move the file away: the models in the folders beside it can still be used."),
        ) from error


def write_versions(folder: str | os.PathLike[str], versions: ModelVersions) -> None:
    """Write the list, whole or not at all.

    Raises
    ------
    DiskFull, FolderNotWritable : where it cannot be written.

    """
    values = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "current": versions.current,
        "versions": [asdict(version) for version in versions.versions],
    }
    write_json(Path(folder) / VERSIONS_FILE, values)


def _version(item: Any) -> ModelVersion:  # noqa: ANN401 - a value from outside
    return ModelVersion(
        int(item["number"]),
        str(item["made"]),
        int(item["corrections"]),
        _share(item["agreement_before"]),
        _share(item["agreement_after"]),
        str(item.get("landcover", "")),
    )


def _share(value: Any) -> float | None:  # noqa: ANN401 - a value from outside
    return None if value is None else float(value)
