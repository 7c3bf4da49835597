"""Scene lists on their way into the dock: those of a search, and those of files."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from qgis.PyQt.QtCore import QObject, pyqtSignal

from ...plugin.allpa_engine.core.errors import AllpaError
from ...plugin.layers.scene_list import SceneList, read_scene_list
from ...plugin.region_geometry import geometry_from_geojson, wgs84
from ...plugin.translation import error_lines
from ..background import Background
from ..job_form import JobForm
from ..region.region_input import RegionInput
from ..run import failure_from_errors
from ..turns import Turns
from .scenes_box import SceneListBox


class SceneListLoading(QObject):
    """Reads scene lists and shows them, those of a search in pieces.

    Parameters
    ----------
    box : shows the scenes.
    region : gets the region of a list where there is none yet.
    form : gets the year of a list with it.
    parent : owner.

    """

    shown = pyqtSignal()
    """The list of a search is shown."""
    failed = pyqtSignal(object)
    """A RunFailure: the list of a search cannot be read."""

    def __init__(self, box: SceneListBox, region: RegionInput, form: JobForm, parent: QObject) -> None:
        super().__init__(parent)
        self._box, self._region, self._form = box, region, form
        self._background, self._turns = Background(self), Turns(self)

    @property
    def busy(self) -> bool:
        """Whether a list is being shown."""
        return self._background.busy or self._turns.busy

    def show_found(self, path: Path, parameters: dict[str, Any]) -> None:
        """Show the list that a search wrote.

        Parameters
        ----------
        path : of the list.
        parameters : of the search.

        """
        self._background.start(partial(read_scene_list, path), partial(self._show, parameters), self._on_unreadable)

    def load(self, path: Path, parameters: Callable[[], dict[str, Any]]) -> None:
        """Show the list of a file, and take its region over where there is none.

        Parameters
        ----------
        path : of the list; what is wrong with it is said in a message.
        parameters : gives those of the dock, with the region that the list may bring.

        """
        region = self._region.region()
        scenes = self._box.load(path, region.geometry if region else None, self._form.year())
        if scenes is None:
            return
        list_region = geometry_from_geojson(scenes.region)
        if region is None and list_region is not None:
            if not self._region.set_region(list_region, wgs84(), scenes.region_name):
                return
            self._form.set_year(max(scenes.years, default=self._form.year()))
        self._box.show_list(scenes, parameters(), self._title())
        self._box.show_footprints()

    def dispose(self) -> None:
        """Before the plugin is unloaded."""
        self._turns.cancel()
        self._background.dispose()

    def _show(self, parameters: dict[str, Any], scenes: SceneList) -> None:
        show_table = partial(self._box.show_list, scenes, parameters, self._title())
        self._turns.start(show_table, self._box.show_footprints, self.shown.emit)

    def _on_unreadable(self, error: AllpaError) -> None:
        self.failed.emit(failure_from_errors(["\n".join(error_lines(error))], []))

    def _title(self) -> str:
        region = self._region.region()
        name = region.name if region else ""
        return " ".join(word for word in (self.tr("Scenes"), name, str(self._form.year())) if word)
