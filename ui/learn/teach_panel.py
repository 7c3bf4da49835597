"""Teaching by clicking: corrections on the map, a refit in under a minute, and the map that follows from it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from qgis.core import Qgis, QgsApplication, QgsGeometry, QgsPointXY
from qgis.gui import QgsFileWidget, QgsMapCanvas, QgsMapTool, QgsMessageBar
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from ...plugin.allpa_engine.core.errors import AllpaError
from ...plugin.layers.correction_file import click_square
from ..labels import error_sentences, wrapped_label
from ..percent_bar import PercentBar
from ..region.map_tools import PolygonTool
from ..results.failure_view import FailureView
from ..run import AlgorithmRun, RunFailure
from .correction_list import CorrectionList
from .legend_buttons import LegendButtons
from .teach_dialogs import ask_class, ask_model_folder, compare_sentence, refit_sentence, theme_button
from .teach_session import TeachSession
from .teach_tools import ClickTool, CorrectionsOnMap, to_degrees
from .version_list import VersionList

REFIT, APPLY, COMPARE = "allpa:refitnetwork", "allpa:mapwithmodel", "allpa:landcoverchange"
COMPARED = "1_before;2_after"
"""Names of the two maps; they are ordered by them."""
CLICK, POLYGON = "click", "polygon"


class TeachPanel(QWidget):
    """One run at a time; each correction is saved when it is made.

    Parameters
    ----------
    canvas, bar : of the main window.
    parent : owner.

    """

    map_made = pyqtSignal(str)
    """Path of a map that is to be shown."""

    def __init__(self, canvas: QgsMapCanvas, bar: QgsMessageBar, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaTeachPanel")
        self._canvas, self._bar = canvas, bar
        self._session: TeachSession | None = None
        self._code: int | None = None
        self._on_map = CorrectionsOnMap(canvas)
        self._click, self._polygon = ClickTool(canvas), PolygonTool(canvas)
        self._run, self._running = AlgorithmRun(self), ""
        self._version = 0
        self._build()
        self._connect()
        self._show_session()

    @property
    def session(self) -> TeachSession | None:
        """What is taught now; None before a run is chosen."""
        return self._session

    @property
    def busy(self) -> bool:
        """Whether an algorithm is running."""
        return self._run.running

    def open_run(self, folder: str) -> bool:
        """Teach the model of a run; gives whether the folder holds one.

        Parameters
        ----------
        folder : output folder of an annual map.

        """
        self._failure.setVisible(False)
        self._session, problem = None, ""
        try:
            self._session = TeachSession(Path(folder))
        except AllpaError as error:
            problem = error_sentences(error)
        self._show_session()
        if problem:
            self._state.setText(problem)
        return not problem

    def set_folder(self, folder: str) -> None:
        """Choose a run, or read it again where it is chosen already."""
        if self._folder.filePath() == folder:
            self.open_run(folder)
        self._folder.setFilePath(folder)

    def choose_class(self, code: int) -> None:
        """Choose the class of the next corrections; one that the legend does not have changes nothing."""
        if self._session is not None and code in self._session.legend.codes:
            self._code = code
            self._classes.show_class(code)
            self._show_state()

    def add_click(self, place: QgsPointXY) -> None:
        """Correct the pixel at a place, longitude and latitude."""
        self._add(click_square(place))

    def undo(self) -> None:
        """Take the last correction back."""
        self._change(TeachSession.undo)

    def refit(self) -> None:
        """Refit the model to all corrections."""
        session = self._session
        if session is None:
            return
        values = {"RUN_FOLDER": str(session.run_folder), "CORRECTIONS": session.corrections_source}
        if session.legend_file:
            values["LEGEND"] = session.legend_file
        self._start(REFIT, {**values, "FOLDER": str(session.folder)})

    def apply_version(self, number: int) -> None:
        """Map again with a version; one that was mapped already is taken into use at once."""
        session = self._session
        if session is None:
            return
        if session.map_of(number):
            self.use_version(number)
            return
        self._version = number
        self._start(
            APPLY,
            {
                "RUN_FOLDER": str(session.run_folder),
                "MODEL": str(session.model_of(number)),
                "FOLDER": str(session.map_folder(number)),
            },
        )

    def compare_version(self, number: int) -> None:
        """Compare the run's own map with that of a version: areas by class, and a layer of what changed."""
        session = self._session
        if session is None:
            return
        before, after = session.map_of(0), session.map_of(number)
        if not before or not after:
            self._message(self.tr("Apply the version first: there is no map of it yet."), Qgis.MessageLevel.Warning)
            return
        folder = str(session.version_folder(number) / "compared")
        self._start(COMPARE, {"INPUTS": [before, after], "PERIODS": COMPARED, "FOLDER": folder})

    def use_version(self, number: int) -> None:
        """Go back, or forward, to a version; 0 is the run's own map."""
        if self._session is None:
            return
        try:
            self._session.use(number)
        except AllpaError as error:
            self._warn(error)
            return
        self._show_versions()
        if self._session.landcover:
            self.map_made.emit(self._session.landcover)

    def stop(self) -> None:
        """Leave the map as it was: no tool, no outlines. All corrections are saved."""
        for tool in (self._click, self._polygon):
            self._canvas.unsetMapTool(tool)
        self._on_map.clear()

    def dispose(self) -> None:
        """Before the plugin is unloaded."""
        self._run.cancel()
        self.stop()
        self._polygon.dispose()

    # Building

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self._folder = QgsFileWidget(self)
        self._folder.setObjectName("allpaTeachRun")
        self._folder.setStorageMode(QgsFileWidget.StorageMode.GetDirectory)
        self._folder.setDialogTitle(self.tr("Folder of a finished run"))
        self._state = wrapped_label("allpaTeachState", self)
        self._classes = LegendButtons(self)
        self._list = CorrectionList(self)
        self._result = wrapped_label("allpaTeachResult", self, links=True)
        self._versions = VersionList(self)
        self._failure = FailureView(self, "allpaTeachFailure")
        self._progress = PercentBar("allpaTeachProgress", self)
        title = wrapped_label("allpaTeachIntroduction", self)
        title.setText(
            self.tr(
                "Choose a finished run, a class, and click where the map is wrong. Click some places that are right "
                "too. Keys 1–9 choose the class, Backspace takes the last correction back."
            )
        )
        column.addWidget(title)
        column.addWidget(self._folder)
        column.addWidget(self._classes)
        column.addLayout(self._tool_row())
        for widget in (self._state, self._list, self._run_row(), self._result, self._versions, self._failure):
            column.addWidget(widget)
        column.addStretch(1)

    def _tool_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(2)
        self._tools: dict[str, tuple[QToolButton, QgsMapTool]] = {}
        for name, icon, text, tool in (
            (CLICK, "mActionCapturePoint.svg", self.tr("Click places"), self._click),
            (POLYGON, "mActionCapturePolygon.svg", self.tr("Draw polygons"), self._polygon),
        ):
            button = theme_button(self, f"allpaTeach_{name}", icon, text)
            button.setCheckable(True)
            button.toggled.connect(lambda on, chosen=tool: self._set_tool(chosen, on=on))
            tool.deactivated.connect(lambda pressed=button: pressed.setChecked(False))
            self._tools[name] = (button, tool)
            row.addWidget(button)
        self._undo = theme_button(self, "allpaTeachUndo", "mActionUndo.svg", self.tr("Undo the last correction"))
        self._undo.clicked.connect(self.undo)
        self._new_class = QPushButton(self.tr("New class…"), self)
        self._new_class.setObjectName("allpaTeachNewClass")
        self._new_class.clicked.connect(self._ask_class)
        row.addWidget(self._undo)
        row.addStretch(1)
        row.addWidget(self._new_class)
        return row

    def _run_row(self) -> QWidget:
        holder = QWidget(self)
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        self._refit = QPushButton(QgsApplication.getThemeIcon("mActionStart.svg"), self.tr("Refit"), self)
        self._refit.setObjectName("allpaTeachRefit")
        self._refit.clicked.connect(self.refit)
        self._cancel = QPushButton(self.tr("Cancel"), self)
        self._cancel.setObjectName("allpaTeachCancel")
        self._cancel.clicked.connect(self._run.cancel)
        row.addWidget(self._progress, 1)
        row.addWidget(self._refit)
        row.addWidget(self._cancel)
        return holder

    def _connect(self) -> None:
        self._folder.fileChanged.connect(lambda path: path and self.open_run(path))
        self._classes.chosen.connect(self.choose_class)
        self._click.clicked.connect(self.add_click)
        self._click.class_typed.connect(self.choose_class)
        self._click.undo_typed.connect(self.undo)
        self._polygon.drawn.connect(self._add_polygon)
        self._polygon.rejected.connect(lambda text: self._message(text, Qgis.MessageLevel.Warning))
        self._list.removed.connect(lambda number: self._change(lambda session: session.remove(number)))
        self._versions.apply_asked.connect(self.apply_version)
        self._versions.compare_asked.connect(self.compare_version)
        self._versions.use_asked.connect(self.use_version)
        self._versions.save_asked.connect(self._save_model)
        self._run.progressed.connect(lambda percent: self._progress.setValue(percent))
        self._run.finished.connect(self._on_finished)
        self._run.failed.connect(self._on_failed)
        self._run.cancelled.connect(self._show_running)

    def _set_tool(self, tool: QgsMapTool, *, on: bool) -> None:
        if on:
            self._canvas.setMapTool(tool)
        elif self._canvas.mapTool() is tool:
            self._canvas.unsetMapTool(tool)

    def _add_polygon(self, polygon: QgsGeometry) -> None:
        shape = to_degrees(polygon, self._canvas)
        if shape is not None:
            self._add(shape)

    def _add(self, geometry: QgsGeometry) -> None:
        code = self._code
        if self._session is None or code is None:
            self._message(self.tr("Choose a class first."), Qgis.MessageLevel.Info)
            return
        self._change(lambda session: session.add(code, geometry))

    def _change(self, change: Callable[[TeachSession], object]) -> None:
        """Add or take back corrections, and show them."""
        if self._session is None:
            return
        try:
            change(self._session)
        except AllpaError as error:
            self._warn(error)
        self._show_corrections()

    def _ask_class(self) -> None:
        asked = ask_class(self)
        if asked is None or self._session is None:
            return
        try:
            added = self._session.add_class(*asked)
        except AllpaError as error:
            self._warn(error)
            return
        self._show_session()
        self.choose_class(added.code)

    def _save_model(self, number: int) -> None:
        target = ask_model_folder(self)
        if target is None or self._session is None:
            return
        try:
            self._session.save_model(number, target)
        except AllpaError as error:
            self._warn(error)
            return
        self._message(self.tr("The model was saved to {}.").format(target), Qgis.MessageLevel.Success)

    def _start(self, algorithm_id: str, values: dict[str, Any]) -> None:
        self._failure.setVisible(False)
        self._running = algorithm_id
        self._progress.setValue(0)
        self._run.start(algorithm_id, values)
        self._show_running()

    def _on_finished(self, results: dict[str, Any]) -> None:
        self._show_running()
        session = self._session
        if session is None:
            return
        try:
            session.reload_versions()
            if self._running == APPLY:
                session.note_map(self._version, str(results.get("LANDCOVER") or ""))
        except AllpaError as error:
            self._warn(error)
        if self._running == REFIT:
            self._result.setText(refit_sentence(results))
        elif self._running == COMPARE:
            self._result.setText(compare_sentence(results))
        for output in ("LANDCOVER", "CHANGE"):
            if results.get(output):
                self.map_made.emit(str(results[output]))
        self._show_versions()

    def _on_failed(self, failure: RunFailure) -> None:
        self._show_running()
        self._failure.show_failure(failure)

    # What is shown

    def _show_session(self) -> None:
        session = self._session
        if session is not None:
            self._classes.show_legend(session.legend)
            self._code = self._code if self._code in session.legend.codes else None
            self._classes.show_class(self._code)
        for widget in (self._classes, self._list, self._versions, self._new_class):
            widget.setEnabled(session is not None)
        for button, _ in self._tools.values():
            button.setEnabled(session is not None)
        self._result.setText("")
        self._show_corrections()
        self._show_versions()
        self._show_running()

    def _show_corrections(self) -> None:
        session = self._session
        corrections, legend = (session.corrections, session.legend) if session is not None else ((), None)
        self._list.show_corrections(corrections, legend)
        self._on_map.show(corrections, {land.code: land.color for land in legend or ()})
        self._undo.setEnabled(bool(corrections))
        self._show_state()
        self._show_running()

    def _show_state(self) -> None:
        session = self._session
        if session is None:
            self._state.setText("")
            return
        chosen = session.legend.by_code.get(self._code) if self._code is not None else None
        name = self._classes.class_name(chosen) if chosen is not None else "–"
        text = self.tr("Class: {} · {} corrections, saved in {}")
        self._state.setText(text.format(name, len(session.corrections), session.corrections_file.name))

    def _show_versions(self) -> None:
        session = self._session
        if session is not None:
            applied = {version.number for version in session.versions.versions if session.map_of(version.number)}
            self._versions.show_versions(session.versions, applied)

    def _show_running(self) -> None:
        running = self._run.running
        self._progress.setVisible(running)
        self._cancel.setVisible(running)
        self._folder.setEnabled(not running)
        self._refit.setEnabled(not running and self._session is not None and bool(self._session.corrections))
        self._versions.setEnabled(not running and self._session is not None)

    def _warn(self, error: AllpaError) -> None:
        self._message(error_sentences(error), Qgis.MessageLevel.Warning)

    def _message(self, text: str, level: Qgis.MessageLevel) -> None:
        self._bar.pushMessage("Allpa", text, level)
