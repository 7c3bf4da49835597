"""What a run finds out for its report, as one value that passes from step to step and is saved beside the map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..core.atomic import write_json
from ..core.json_input import read_json
from ..core.messages import message_from_json, messages_to_json
from ..core.protocol import Reporter
from ..core.run_paths import RunPaths
from ..core.scene import FailedScene, Radiometry
from .rates import RunMeasures


@dataclass
class RunRecord:
    """What a run found out; its saved form lets a later run write the report again without the steps before."""

    failures: tuple[FailedScene, ...] = ()
    """Scenes that could not be used."""
    radiometry: dict[str, Radiometry] = field(default_factory=dict)
    """The offset that was removed from each scene, by scene id."""
    model_hash: str = ""
    """SHA-256 of the model's weights."""
    inference: dict[str, str] = field(default_factory=dict)
    """How the predictions were computed: `precision`, `device`, `torch` and, on a CPU, `threads`."""
    composite: dict[str, Any] = field(default_factory=dict)
    """Summary of the composite, as JSON values."""
    made_by: dict[str, Any] = field(default_factory=dict)
    """The job that makes the map, as JSON values; saved before the map is written."""

    def save(self, path: Path) -> None:
        """Write the record, with what is needed to translate its messages.

        Raises
        ------
        DiskFull, FolderNotWritable

        """
        messages = messages_to_json(failure.reason for failure in self.failures)
        write_json(path, {**asdict(self), "messages": messages})

    @classmethod
    def load(cls, path: Path) -> RunRecord:
        """The record of an earlier run; an empty one where there is none, or it was damaged from outside."""
        try:
            saved = read_json(path)
            messages = saved.get("messages", {})
            return cls(
                tuple(_failed_scene(failure, messages) for failure in saved["failures"]),
                {str(scene): _radiometry(values) for scene, values in saved["radiometry"].items()},
                str(saved["model_hash"]),
                {str(name): str(value) for name, value in saved["inference"].items()},
                dict(saved["composite"]),
                dict(saved["made_by"]),
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            return cls()


def _failed_scene(saved: Mapping[str, Any], messages: Mapping[str, Any]) -> FailedScene:
    replaced_by = saved["replaced_by"]
    return FailedScene(
        str(saved["scene_id"]),
        message_from_json(str(saved["reason"]), messages),
        None if replaced_by is None else str(replaced_by),
    )


def _radiometry(saved: Mapping[str, Any]) -> Radiometry:
    return Radiometry(int(saved["offset"]), str(saved["basis"]), str(saved["pixel_test"]))


@dataclass(frozen=True)
class Run:
    """A run under way: where its files lie, who listens, and what it has found out so far."""

    paths: RunPaths
    reporter: Reporter
    record: RunRecord
    measures: RunMeasures = field(default_factory=RunMeasures)
    """How long its steps take, for later plans."""

    def save_record(self) -> None:
        """Save what was found out so far."""
        self.record.save(self.paths.record)
