"""The dock's scenes: find them without downloading, review them in a table and on the map, check, save and load."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from qgis.core import Qgis, QgsApplication, QgsGeometry
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import (
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ...plugin.allpa_engine.core.errors import AllpaError
from ...plugin.job_parameters import search_parameters
from ...plugin.layers.scene_list import SceneList, read_scene_list
from ...plugin.region_geometry import geometry_from_geojson, same_region
from ..buttons import icon_button, share_row, text_button
from ..labels import error_sentences, let_shrink, wrapped_label
from ..number_format import format_megabytes
from .detached_window import DetachedWindow
from .footprint_layer import FootprintLayer
from .previews import PreviewView
from .scene_model import SceneListModel
from .scene_table import SceneListTable
from .search_notes import SearchNotes


class SceneListBox(QWidget):
    """The candidates of one search; without a list, the job selects scenes automatically."""

    search_requested = pyqtSignal()
    """Find scenes was pressed."""
    message = pyqtSignal(str, object)
    """A sentence for the message bar, and its `Qgis.MessageLevel`."""
    changed = pyqtSignal()
    """Another list, none, or other scenes of it are checked."""
    previews_requested = pyqtSignal()
    """Pictures of the checked scenes are wanted."""
    load_requested = pyqtSignal(str)
    """The path of a list to load."""

    def __init__(self, canvas: QgsMapCanvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaScenesBox")
        self._list: SceneList | None = None
        self._search_parameters: dict[str, Any] = {}
        self._outdated, self._running = False, False
        self._folder, self._title = "", ""
        self._origin, self._origin_folder = "", ""
        self._model = SceneListModel(self)
        self._footprints = FootprintLayer(canvas, self)
        self._build()
        self._connect()
        self._show_state()

    # Used by the dock

    def show_list(self, scenes: SceneList, parameters: dict[str, Any], title: str, origin: str = "") -> None:
        """Show a list that was found with these parameters; `show_footprints` shows it on the map.

        Parameters
        ----------
        scenes : the list.
        parameters : of the search, by which a list that no longer fits is noticed.
        title : of the footprints' group in the layer tree.
        origin : file of a past job's list, which the same job names again as long as it is not edited.

        """
        self._list, self._search_parameters, self._title = scenes, search_parameters(parameters), title
        self._origin, self._origin_folder = origin, str(parameters.get("FOLDER") or "")
        self._model.show_list(scenes)
        self._notes.show_notes(scenes)
        self._previews.clear()
        self._footprints.remove()
        self._footprints_button.setChecked(False)
        self.update_outdated(parameters)
        self._show_state()

    def show_footprints(self) -> None:
        """Show the list on the map."""
        if self._list is not None:
            self._footprints_button.setChecked(True)
            self._footprints.show_list(self._list, self._title)

    def update_outdated(self, parameters: dict[str, Any]) -> None:
        """Check whether the list still fits the settings of the dock."""
        self._folder = str(parameters.get("FOLDER") or "")
        self._outdated = self._list is not None and search_parameters(parameters) != self._search_parameters
        self._banner.setVisible(self._outdated)

    def problem(self) -> str:
        """Why the list cannot be used, in a sentence; empty where it can, or where there is none."""
        if self._list is None:
            return ""
        if self._outdated:
            return str(
                self.tr(
                    "The scene list is outdated: region, year or options have changed. Find scenes again, or clear the "
                    "list."
                )
            )
        return "" if self._list.chosen else str(self.tr("No scene is checked: check at least one, or clear the list."))

    def state_text(self) -> str:
        """How the scenes are selected, in a few words."""
        if self._list is None:
            return str(self.tr("Selected automatically"))
        if self._outdated:
            return str(self.tr("The list is outdated"))
        chosen, found = len(self._list.chosen), len(self._list.scenes)
        return str(self.tr("{chosen} of {found} checked").format(chosen=chosen, found=found))

    def prepare(self, folder: str, year: int) -> tuple[dict[str, str], Callable[[], None]]:
        """The checked list as a file in the job's folder.

        Parameters
        ----------
        folder : of the job.
        year : of the map; it is part of the file's name.

        Returns
        -------
        The parameters that name it, none where there is no list, and what writes it, in any thread; raises AllpaError
        where the folder cannot be used.

        """
        if self._list is None:
            return {}, lambda: None
        if self._origin and folder == self._origin_folder and Path(self._origin).is_file():
            return {"SCENES": self._origin}, lambda: None
        path = Path(folder).absolute() / f"candidates_{year}.json"
        return {"SCENES": str(path)}, partial(self._list.write, path)

    def count(self) -> int:
        """How many scenes the list holds; 0 where there is none."""
        return 0 if self._list is None else len(self._list.scenes)

    def load(self, path: Path, region: QgsGeometry | None, year: int) -> SceneList | None:
        """Read a list, and warn where it does not belong to the region and year.

        Parameters
        ----------
        path : of a scene list.
        region : in longitude and latitude; None accepts a list of any region and year.
        year : in which all scenes of the list must lie.

        Returns
        -------
        The list; None where it cannot be read or belongs to another region or year.

        """
        try:
            scenes = read_scene_list(path)
        except AllpaError as error:
            self._warn(error_sentences(error))
            return None
        list_region = geometry_from_geojson(scenes.region)
        if list_region is None or (region is not None and not same_region(list_region, region)):
            self._warn(self.tr("The scene list {name} belongs to another region.").format(name=path.name))
            return None
        if region is not None and scenes.years != {year}:
            years = ", ".join(map(str, sorted(scenes.years)))
            sentence = self.tr("The scene list {name} belongs to {years}, not to {year}.")
            self._warn(sentence.format(name=path.name, years=years, year=year))
            return None
        return scenes

    def clear_list(self) -> None:
        """Clear the list; scenes are then selected automatically."""
        self._list, self._outdated = None, False
        self._model.show_list(None)
        self._previews.clear()
        self._footprints.remove()
        self._show_state()
        self.changed.emit()

    def set_running(self, running: bool) -> None:
        """While a job runs the list can be viewed, but not changed."""
        self._running = running
        self._model.set_editable(not running)
        self._show_state()

    def dispose(self) -> None:
        """Remove the footprints and the picture from the map."""
        self._footprints.remove()
        self._previews.dispose()
        self._window.close()

    def show_previews(self, pictures: str, failed_count: int) -> None:
        """Show pictures of the scenes: JSON of their paths by scene id, and how many scenes gave none."""
        self._previews.set_pictures(pictures, failed_count)

    @property
    def busy(self) -> bool:
        """Whether pictures are being read."""
        return self._previews.busy

    def _uncheck_footprints(self) -> None:
        self._footprints_button.setChecked(False)

    # Building

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._search_row())
        self._hint = wrapped_label("allpaScenesHint", self)
        self._hint.setText(
            self.tr("Scenes are selected automatically. Use Find scenes to review and change the selection.")
        )
        column.addWidget(self._hint)
        self._content = QWidget(self)
        inner = QVBoxLayout(self._content)
        inner.setContentsMargins(0, 0, 0, 0)
        self._banner = wrapped_label("allpaScenesOutdated", self, bold=True)
        self._banner.setText(
            self.tr("⚠ The scene list is outdated: region, year or options have changed. Find scenes again.")
        )
        self._table = SceneListTable(self._model, self._content)
        self._summary = wrapped_label("allpaScenesSummary", self)
        self._reason = wrapped_label("allpaScenesReason", self, selectable=True)
        self._notes = SearchNotes(self._content)
        self._previews = PreviewView(self._content)
        self._model.set_pictures(self._previews.icon)
        self._window = DetachedWindow(self.tr("Scenes"), self)
        for widget in (self._banner, self._table):
            inner.addWidget(widget)
        inner.addLayout(self._buttons_below())
        for widget in (self._previews, self._summary, self._reason, self._notes):
            inner.addWidget(widget)
        column.addWidget(self._content)

    def _search_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(2)
        self._find = QPushButton(QgsApplication.getThemeIcon("search.svg"), self.tr("Find scenes"), self)
        self._find.setObjectName("allpaFindScenes")
        self._find.setToolTip(self.tr("Search the catalogue and list the scenes, without downloading them"))
        self._load = icon_button("allpaScenesLoad", "mActionFileOpen.svg", self.tr("Load a scene list…"), self)
        self._save = icon_button("allpaScenesSave", "mActionFileSave.svg", self.tr("Save the scene list…"), self)
        clear_note = self.tr("Clear the list (scenes are then selected automatically)")
        self._clear = icon_button("allpaScenesClear", "mActionDeleteSelected.svg", clear_note, self)
        let_shrink(self._find)
        row.addWidget(self._find, 1)
        for button in (self._load, self._save, self._clear):
            row.addWidget(button)
        return row

    def _buttons_below(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(2)
        self._all = text_button("allpaScenesAll", self.tr("All"), self.tr("Check all scenes"), self)
        none_note = self.tr("Uncheck all scenes; only those that you check then are used")
        self._none = text_button("allpaScenesNone", self.tr("None"), none_note, self)
        self._proposed = text_button(
            "allpaScenesProposed", self.tr("Proposed"), self.tr("Check the scenes that the search selected"), self
        )
        self._footprints_button = icon_button(
            "allpaScenesShow", "mActionShowAllLayers.svg", self.tr("Show the footprints on the map"), self
        )
        self._footprints_button.setCheckable(True)
        self._zoom = icon_button(
            "allpaScenesZoom",
            "mActionZoomTo.svg",
            self.tr("Zoom to the footprints of the selected scenes, or of all"),
            self,
        )
        self._previews_button = QPushButton(self.tr("Quick looks"), self)
        self._previews_button.setObjectName("allpaScenesLooks")
        self._previews_button.setToolTip(self.tr("Fetch small pictures of the checked scenes"))
        self._detach = icon_button(
            "allpaScenesDetach",
            "mDockify.svg",
            self.tr("Show the scenes in a window of their own, or here again"),
            self,
        )
        words = QHBoxLayout()
        words.setSpacing(2)
        share_row(words, (self._all, self._none, self._proposed))
        grid.addLayout(words, 0, 0)
        row = QHBoxLayout()
        row.addWidget(self._previews_button, 1)
        for button in (self._footprints_button, self._zoom, self._detach):
            row.addWidget(button)
        grid.addLayout(row, 1, 0)
        return grid

    def _connect(self) -> None:
        self._find.clicked.connect(lambda: self.search_requested.emit())
        self._load.clicked.connect(self._ask_for_file)
        self._save.clicked.connect(self._save_as)
        self._clear.clicked.connect(self.clear_list)
        self._all.clicked.connect(self._model.check_all)
        self._none.clicked.connect(self._model.uncheck_all)
        self._proposed.clicked.connect(self._model.restore)
        self._footprints_button.clicked.connect(self._show_footprints)
        self._zoom.clicked.connect(lambda: self._footprints.zoom(self._table.selected_rows()))
        self._previews_button.clicked.connect(lambda: self.previews_requested.emit())
        self._previews.icons_changed.connect(self._table.show_pictures)
        self._detach.clicked.connect(lambda: self._detach_or_return())
        self._window.closed.connect(self._take_back)
        self._model.checked_changed.connect(self._update_checked)
        self._table.rows_selected.connect(self._footprints.select)
        self._table.row_entered.connect(self._show_reason)
        self._footprints.rows_picked.connect(self._table.select_rows)
        self._footprints.removed.connect(self._uncheck_footprints)  # a lambda would outlive this widget

    # What happens

    def _update_checked(self, rows: list[int]) -> None:
        self._origin = ""
        self._footprints.update_rows(rows)
        self._show_summary()
        self._show_reason(self._table.current_row())
        self.changed.emit()

    def _show_summary(self) -> None:
        if self._list is None:
            return
        chosen = self._list.chosen
        text = self.tr("{chosen} of {found} scenes checked").format(chosen=len(chosen), found=len(self._list.scenes))
        sizes = [scene.fetch_bytes for scene in chosen if scene.fetch_bytes is not None]
        if sizes:
            text += self.tr(", about {size} MB to download").format(size=format_megabytes(sum(sizes)))
        self._summary.setText(f"{text}.")

    def _show_reason(self, row: int) -> None:
        scene = self._model.scene(row) if self._list is not None and row >= 0 else None
        self._reason.setVisible(scene is not None)
        self._previews.show_scene(scene.id if scene is not None else "")
        if scene is not None:
            self._reason.setText(f"{scene.day.isoformat()} {scene.tile}: {self._model.reason(scene)}")

    def _detach_or_return(self) -> None:
        if self._window.isVisible():
            self._window.close()
        else:
            self._window.hold(self._content)

    def _take_back(self) -> None:
        self.layout().addWidget(self._content)
        self._content.setVisible(self._list is not None)

    def _show_footprints(self, shown: bool) -> None:
        if not shown or self._list is None:
            self._footprints.remove()
            return
        self._footprints.show_list(self._list, self._title)
        self._footprints.select(self._table.selected_rows())

    def _show_state(self) -> None:
        has_list = self._list is not None
        self._hint.setVisible(not has_list)
        self._content.setVisible(has_list)
        self._banner.setVisible(self._outdated)
        self._save.setEnabled(has_list)
        self._clear.setEnabled(has_list and not self._running)
        for button in (self._find, self._load, self._all, self._none, self._proposed, self._previews_button):
            button.setEnabled(not self._running)
        self._show_summary()
        self._show_reason(self._table.current_row())

    def _ask_for_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, self.tr("Load a scene list"), self._folder, self._filter())
        if path:
            self.load_requested.emit(path)

    def _save_as(self) -> None:
        if self._list is None:
            return
        proposed = str(Path(self._folder or Path.home()) / "scenes.json")
        path, _ = QFileDialog.getSaveFileName(self, self.tr("Save the scene list"), proposed, self._filter())
        if not path:
            return
        target = Path(path) if Path(path).suffix else Path(path).with_suffix(".json")
        try:
            self._list.write(target)
        except AllpaError as error:
            self._warn(error_sentences(error))
            return
        self.message.emit(self.tr("Scene list saved as {name}.").format(name=target.name), Qgis.MessageLevel.Info)

    def _filter(self) -> str:
        return f"{self.tr('Scene lists')} (*.json)"

    def _warn(self, text: str) -> None:
        self.message.emit(text, Qgis.MessageLevel.Warning)
