"""What was made on the way from labels to a map, in a file of the work folder: which step is done, which is outdated.

A step remembers the results that it was made from as they were then. Where one of them has changed since, or is itself
outdated, the step is outdated; its result stays until it is made again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...plugin.allpa_engine.core.atomic import check_free_space, write_json
from ...plugin.allpa_engine.core.errors import JobInvalid
from ...plugin.allpa_engine.core.json_input import read_json
from ...plugin.translation import tr

LABELS, IMAGES, TRAINING, MODEL, MAP = "labels", "images", "training", "model", "map"
STEPS = (LABELS, IMAGES, TRAINING, MODEL, MAP)
NEEDS: dict[str, tuple[str, ...]] = {
    LABELS: (),
    IMAGES: (),
    TRAINING: (LABELS, IMAGES),
    MODEL: (TRAINING,),
    MAP: (MODEL,),
}
"""The steps whose results a step is made from."""
NOTHING, READY, DONE, OUTDATED = "nothing", "ready", "done", "outdated"
"""States: earlier steps are missing; it can be run; its result is there; what it was made from has changed."""
WORK_FILE = "learn.json"
LEGEND_FILE = "legend.json"
_FORMAT = "allpa-learn"
_MAX_BYTES = 5_000_000
_MANIFESTS = ("features.json", "samples.json", "model.json")


@dataclass
class StepResult:
    """What a step made."""

    path: str
    """Of its file or folder."""
    made_from: dict[str, str] = field(default_factory=dict)
    """Digest of each earlier result, by step, as it was then."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What the step wants to find again: texts, numbers, lists and objects of JSON."""


class Workflow:
    """The results of one work folder; each change is saved at once.

    Parameters
    ----------
    folder : work folder; it is made when the first result is saved.

    Raises
    ------
    JobInvalid : where its file is there and is not one of this kind.

    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._results: dict[str, StepResult] = {}
        if self._file.is_file():
            self._results = _read(self._file)

    @property
    def _file(self) -> Path:
        return self.folder / WORK_FILE

    @property
    def legend_file(self) -> Path:
        """The legend of the labels."""
        return self.folder / LEGEND_FILE

    def result(self, step: str) -> StepResult | None:
        """What a step made, as long as it is there."""
        found = self._results.get(step)
        return found if found is not None and self.path(step) is not None else None

    def path(self, step: str) -> Path | None:
        """The file or folder that a step made; None where there is none."""
        found = self._results.get(step)
        if found is None or not found.path:
            return None
        path = self.folder / found.path  # an absolute path replaces the folder
        return path if path.exists() else None

    def state(self, step: str) -> str:
        """One of `NOTHING`, `READY`, `DONE` and `OUTDATED`."""
        found = self.result(step)
        needs = NEEDS[step]
        if found is None:
            return READY if all(self.result(need) is not None for need in needs) else NOTHING
        unchanged = all(self._digest(need) == found.made_from.get(need) for need in needs)
        return DONE if unchanged and all(self.state(need) == DONE for need in needs) else OUTDATED

    def outdated_because(self, step: str) -> tuple[str, ...]:
        """The earlier steps that have changed since a step was done, in their order."""
        found = self.result(step)
        if found is None:
            return ()
        return tuple(
            need
            for need in NEEDS[step]
            if self._digest(need) != found.made_from.get(need) or self.state(need) == OUTDATED
        )

    def sources(self, step: str) -> dict[str, str]:
        """Digest of each result that a step is made from, as it is now."""
        return {need: self._digest(need) for need in NEEDS[step]}

    def record(
        self,
        step: str,
        path: Path,
        facts: Mapping[str, Any] | None = None,
        sources: Mapping[str, str] | None = None,
    ) -> None:
        """Save what a step has made.

        Parameters
        ----------
        step : one of `STEPS`.
        path : of its file or folder.
        facts : values of JSON that the step wants to find again.
        sources : as `sources` gave them when the step began; None where it took no time.

        Raises
        ------
        AllpaError : where the work folder cannot be written.

        """
        made_from = self.sources(step) if sources is None else dict(sources)
        self._results[step] = StepResult(self._stored(path), made_from, dict(facts or {}))
        self._save()

    def forget(self, step: str) -> None:
        """Leave a step's result out; its files stay."""
        if self._results.pop(step, None) is not None:
            self._save()

    def _save(self) -> None:
        results = {
            step: {"path": found.path, "made_from": found.made_from, "facts": found.facts}
            for step, found in self._results.items()
        }
        check_free_space(self.folder, 0)
        write_json(self._file, {"format": _FORMAT, "version": 1, "steps": results})

    def _stored(self, path: Path) -> str:
        """Relative within the work folder, so that the folder can be moved."""
        try:
            return path.absolute().relative_to(self.folder.absolute()).as_posix()
        except ValueError:
            return str(path.absolute())

    def _digest(self, step: str) -> str:
        """Changes when the result of a step does."""
        path = self.path(step)
        if path is None:
            return ""
        files = [path, self.legend_file] if step == LABELS else [path]
        stamps = [_stamp(file) for file in files]
        facts = self._results[step].facts if step == LABELS else {}
        return hashlib.sha256(repr((stamps, sorted(facts.items()))).encode()).hexdigest()[:16]


def _stamp(path: Path) -> tuple[int, int]:
    """Size and time of a file; of a folder those of the file that describes it."""
    described: Iterable[Path] = (path / name for name in _MANIFESTS)
    file = next((manifest for manifest in described if manifest.is_file()), path) if path.is_dir() else path
    try:
        status = file.stat()
    except OSError:
        return 0, 0
    return (status.st_size if file.is_file() else 0), status.st_mtime_ns


def _read(path: Path) -> dict[str, StepResult]:
    """The results of a work file; what is no result of a known step is left out."""
    try:
        content = read_json(path, _MAX_BYTES)
        if content["format"] != _FORMAT or content["version"] != 1:
            raise ValueError(tr("It is another kind of file."))
        steps = dict(content["steps"])
    except (ValueError, TypeError, KeyError) as error:
        raise JobInvalid(
            tr("The work folder's file {} cannot be read.").format(path.name),
            str(error) if isinstance(error, ValueError) else tr("It is another kind of file."),
            tr("Choose another work folder, or remove the file."),
        ) from error
    found = {}
    for step, values in steps.items():
        if step in STEPS and isinstance(values, dict) and isinstance(values.get("path"), str):
            made_from, facts = values.get("made_from"), values.get("facts")
            found[step] = StepResult(
                values["path"],
                {key: text for key, text in made_from.items() if isinstance(text, str)}
                if isinstance(made_from, dict)
                else {},
                facts if isinstance(facts, dict) else {},
            )
    return found
