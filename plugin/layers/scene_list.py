"""The scene list as QGIS reads and edits it: its checked scenes are the ones that the engine downloads.

The file is the engine's own STAC ItemCollection; editing changes the choice and its reason, nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from ..allpa_engine.core import scene_list_keys as keys
from ..allpa_engine.core.atomic import write_json
from ..allpa_engine.core.errors import JobInvalid
from ..allpa_engine.core.json_input import read_json
from ..allpa_engine.core.messages import message_from_json
from ..allpa_engine.core.scene import BY_HAND, CHOSEN_BY_HAND, EXCLUDED_BY_HAND, TileYear
from ..file_errors import file_error
from ..translation import engine_text, tr


@dataclass(frozen=True)
class SceneEntry:
    """One scene of a list, with what a person needs to decide on it."""

    id: str
    day: date
    """Day of sensing."""
    tile: str
    platform: str
    """`S2A`, `S2B` or `S2C`."""
    relative_orbit: int | None
    cloud_percent: float | None
    """Over what it sees of the region where that was measured, else over the tile."""
    cloud_measured: bool
    """Whether `cloud_percent` was measured over the region."""
    clear_share: float
    """Expected share of the region's part in its tile that is clear in it, 0 to 1."""
    fetch_bytes: int | None
    """Estimated download for the region, bytes."""
    chosen: bool
    reason: str
    """Why it is chosen or not."""
    by_hand: bool
    """Whether a person decided."""
    proposed_reason: str
    """The search's own reason."""


class SceneList:
    """A scene list whose scenes can be checked and unchecked.

    A candidate that was edited carries the mark "by hand" in the file: what a person excluded never replaces a scene
    that fails. The search's own choice stays beside it, so that it can be restored.

    Raises
    ------
    JobInvalid
        Where the document is no scene list of Allpa.

    """

    def __init__(self, document: dict[str, Any], name: str = "") -> None:
        try:
            if document[keys.FORMAT] != keys.FORMAT_VERSION:
                raise KeyError(keys.FORMAT)
            self._items: list[dict[str, Any]] = list(document["features"])
            messages = dict(document.get(keys.MESSAGES, {}))
            self._translate = lru_cache(maxsize=None)(partial(_translated, messages=messages))
            self.scenes = [_scene(item, self._translate) for item in self._items]
            self.region: dict[str, Any] = dict(document[keys.REGION])
            self.region_name = str(document.get(keys.REGION_NAME, ""))
            self.notes = tuple(self._translate(str(note)) for note in document.get(keys.NOTES, ()))
            self.warnings = tuple(self._translate(str(note)) for note in document.get(keys.WARNINGS, ()))
            self.coverage = tuple(TileYear(**values) for values in document.get(keys.COVERAGE, ()))
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise JobInvalid(
                tr("{} is not a scene list of Allpa.").format(name or tr("The file")),
                f"{type(error).__name__}: {error}",
                tr("Choose a file that 'Search scenes' wrote."),
            ) from error
        if not self.scenes:
            raise JobInvalid(tr("{} holds no scenes.").format(name or tr("The file")))
        self.document = document
        """The list as JSON, with the choices of the user."""

    @property
    def chosen(self) -> list[SceneEntry]:
        """The checked scenes."""
        return [scene for scene in self.scenes if scene.chosen]

    @property
    def years(self) -> set[int]:
        """The years in which its scenes were acquired."""
        return {scene.day.year for scene in self.scenes}

    def choose(self, rows: Iterable[int], chosen: bool) -> None:
        """Check or uncheck scenes by hand; the choice of the search is kept beside it.

        Parameters
        ----------
        rows : indexes in `scenes`, from 0.
        chosen : True to check them, False to uncheck them.

        """
        for row in rows:
            properties = self._items[row]["properties"]
            properties.setdefault(keys.PROPOSED, properties[keys.CHOSEN])
            properties.setdefault(keys.PROPOSED_REASON, properties[keys.REASON])
            properties.update(
                {keys.CHOSEN: chosen, keys.CHOICE: BY_HAND, keys.REASON: CHOSEN_BY_HAND if chosen else EXCLUDED_BY_HAND}
            )
            self.scenes[row] = _scene(self._items[row], self._translate)

    def restore(self) -> None:
        """Restore the choice of the search."""
        for row, item in enumerate(self._items):
            properties = item["properties"]
            properties[keys.CHOSEN] = properties.pop(keys.PROPOSED, properties[keys.CHOSEN])
            properties[keys.REASON] = properties.pop(keys.PROPOSED_REASON, properties[keys.REASON])
            properties.pop(keys.CHOICE, None)
            self.scenes[row] = _scene(item, self._translate)

    def write(self, path: Path) -> None:
        """Write the list, whole or not at all.

        Raises
        ------
        AllpaError
            Where the file cannot be written.

        """
        try:
            write_json(path, self.document)
        except OSError as error:
            raise file_error(error) from error


def read_scene_list(path: Path) -> SceneList:
    """Read a scene list.

    Raises
    ------
    JobInvalid
        Where the file cannot be read or is none.

    """
    try:
        document = read_json(path)
    except ValueError as error:
        raise JobInvalid(tr("The scene list {} cannot be read.").format(path.name), str(error)) from error
    return SceneList(document, path.name)


def _translated(text: str, messages: dict[str, Any]) -> str:
    """A message of the engine in QGIS's language."""
    return engine_text(message_from_json(text, messages))


def _scene(item: dict[str, Any], translate: Callable[[str], str]) -> SceneEntry:
    properties = item["properties"]
    over_region = properties.get(keys.REGION_CLOUD_PERCENT)
    over_tile = properties.get("eo:cloud_cover")
    orbit, size = properties.get("sat:relative_orbit"), properties.get(keys.FETCH_BYTES)
    cloud = over_tile if over_region is None else over_region
    reason = str(properties[keys.REASON])
    return SceneEntry(
        id=str(item["id"]),
        day=date.fromisoformat(str(properties["datetime"])[:10]),
        tile=str(properties[keys.TILE]),
        platform="S" + str(properties["platform"]).rpartition("-")[2].upper(),
        relative_orbit=None if orbit is None else int(orbit),
        cloud_percent=None if cloud is None else float(cloud),
        cloud_measured=over_region is not None,
        clear_share=float(properties[keys.CLEAR_SHARE]),
        fetch_bytes=None if size is None else int(size),
        chosen=bool(properties[keys.CHOSEN]),
        reason=translate(reason),
        by_hand=properties.get(keys.CHOICE) == BY_HAND,
        proposed_reason=translate(str(properties.get(keys.PROPOSED_REASON, reason))),
    )
