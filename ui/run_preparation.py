"""What a run needs before it starts: its files in the folder, and what differs from the map that it would replace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgis.PyQt.QtCore import QObject

from ..plugin.allpa_engine.core.errors import AllpaError
from .background import Background
from .job_form import JobForm
from .run import LANDCOVERMAP, differences_from_map, is_long
from .scenes.scenes_box import SceneListBox

_FEW = 200
"""Zones or scenes that are written at once; more are written in the background."""


@dataclass(frozen=True)
class PreparedRun:
    """A run of `allpa:landcovermap` that can start."""

    parameters: dict[str, Any]
    """All that the algorithm is given."""
    differences: list[str]
    """Titles of what differs from the map that the run would replace."""


Prepare = Callable[[Callable[[PreparedRun], None], Callable[[AllpaError], None]], None]
"""Calls the first with the run when it is prepared, the second with what speaks against it."""


class RunPreparation(QObject):
    """Writes the zones and the scene list into the folder of a job, in the background where that takes long.

    Parameters
    ----------
    parameters : gives those of the dock.
    form : with the folder, the year and the zones.
    scene_list : the scenes that were checked.
    parent : owner.

    """

    def __init__(
        self, parameters: Callable[[], dict[str, Any]], form: JobForm, scene_list: SceneListBox, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._parameters, self._form, self._scene_list = parameters, form, scene_list
        self._background = Background(self)

    @property
    def busy(self) -> bool:
        """Whether a run is being prepared."""
        return self._background.busy

    def start(
        self, then: Callable[[PreparedRun], None], otherwise: Callable[[AllpaError], None], *, compares: bool
    ) -> None:
        """Prepare a run as the dock is set now.

        Parameters
        ----------
        then : called with the run.
        otherwise : called with what speaks against it.
        compares : whether it is compared with the map that it would replace.

        """
        folder = self._form.folder()
        zones, write_zones = self._form.zones.prepare(folder)
        weights, write_weights = self._form.advanced.prepare(folder, self._form.year())
        scenes, write_scenes = self._scene_list.prepare(folder, self._form.year())
        parameters = {**self._parameters(), **zones, **weights, **scenes}

        def work() -> PreparedRun:
            write_zones()
            write_weights()
            write_scenes()
            return PreparedRun(parameters, differences_from_map(LANDCOVERMAP, parameters) if compares else [])

        is_short = not is_long(parameters) and max(self._form.zones.count(), self._scene_list.count()) <= _FEW
        self._background.start(work, then, otherwise, at_once=is_short)

    def write_scenes(
        self, folder: Path, then: Callable[[dict[str, Any]], object], otherwise: Callable[[AllpaError], None]
    ) -> None:
        """Write the checked list alone.

        Parameters
        ----------
        folder : for the list.
        then : called with the parameters that name it.
        otherwise : called with what speaks against it.

        """
        parameters, write = self._scene_list.prepare(str(folder), self._form.year())
        at_once = self._scene_list.count() <= _FEW and not is_long(self._parameters())
        self._background.start(write, lambda _written: then(parameters), otherwise, at_once=at_once)

    def cancel(self) -> None:
        """Start nothing when it is prepared."""
        self._background.cancel()

    def dispose(self) -> None:
        """Before the plugin is unloaded."""
        self._background.dispose()
