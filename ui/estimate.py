"""The line above Run that says what a run would take; the plan is made in a task of QGIS."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QPushButton, QVBoxLayout, QWidget

from ..plugin.allpa_engine.core.errors import AllpaError
from .labels import error_sentences, wrapped_label
from .number_format import format_decimals, format_percent, format_size
from .run import LANDCOVERMAP, AlgorithmRun
from .run_preparation import Prepare, PreparedRun

_NOTES_SHOWN = 2
"""Whether the times are measured, mostly; all notes are in the tool tip."""


class EstimateLine(QWidget):
    """A button and what the plan says of scenes, bytes, minutes, disk and coverage."""

    warned = pyqtSignal(str)
    failed = pyqtSignal(object)
    """A RunFailure."""
    running_changed = pyqtSignal(bool)

    def __init__(self, parent: QWidget, problem: Callable[[], str], prepare: Prepare) -> None:
        """Show the button alone.

        Parameters
        ----------
        parent : of the widget.
        problem : says what is missing for a run; empty where nothing is.
        prepare : prepares a run of `allpa:landcovermap`.

        """
        super().__init__(parent)
        self.setObjectName("allpaEstimateLine")
        self._problem, self._prepare = problem, prepare
        self._folder, self._is_preparing = "", False
        self._run = AlgorithmRun(self)
        self._text = wrapped_label("allpaEstimateText", self)
        self._button = QPushButton(self)
        self._button.setObjectName("allpaEstimate")
        self._button.setToolTip(self.tr("Says what the run would take. No scene is downloaded."))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._text)
        column.addWidget(self._button, 0, Qt.AlignmentFlag.AlignRight)
        self._text.setVisible(False)
        self._button.clicked.connect(self.toggle)
        self._run.finished.connect(self._show)
        self._run.failed.connect(self._on_failed)
        self._run.cancelled.connect(lambda: self._set_running(False))
        self._set_running(False)

    @property
    def running(self) -> bool:
        """Whether a plan is being made."""
        return self._is_preparing or self._run.running

    def _say(self, text: str) -> None:
        self._text.setText(text)
        self._text.setVisible(bool(text))

    def toggle(self) -> None:
        """Make the plan, or cancel the one that is being made."""
        if self.running:
            self.cancel()
            return
        problem = self._problem()
        if problem:
            self.warned.emit(problem)
            return
        self._say("")
        self._is_preparing = True
        self._set_running(True)
        self._prepare(self._start, self._on_refused)

    def _start(self, prepared: PreparedRun) -> None:
        if not self._is_preparing:  # it was cancelled
            return
        self._is_preparing = False
        parameters = {**prepared.parameters, "DRY_RUN": True}
        self._folder = str(parameters.get("FOLDER", ""))
        self._set_running(self._run.start(LANDCOVERMAP, parameters))

    def _on_refused(self, error: AllpaError) -> None:
        self._is_preparing = False
        self._set_running(False)
        self.warned.emit(error_sentences(error))

    def cancel(self) -> None:
        """Stop the plan that is being made."""
        if self._is_preparing:
            self._is_preparing = False
            self._set_running(False)
        self._run.cancel()

    def clear(self) -> None:
        """Remove an estimate that holds no longer."""
        self._say("")

    def _set_running(self, running: bool) -> None:
        self._button.setText(self.tr("Cancel estimate") if running else self.tr("Estimate"))
        self.running_changed.emit(running)

    def _on_failed(self, failure: object) -> None:
        self._set_running(False)
        self.failed.emit(failure)

    def _show(self, results: dict[str, Any]) -> None:
        self._set_running(False)
        notes = [str(note) for note in results.get("PLAN_NOTES") or []]
        disk_note = self._disk_note(float(results.get("PLAN_DISK_BYTES") or 0))
        lines = [self._sentence(results), *([disk_note] if disk_note else []), *notes[:_NOTES_SHOWN]]
        self._say("\n".join(lines))
        self._text.setToolTip("\n".join(notes))

    def _sentence(self, results: dict[str, Any]) -> str:
        text: str = self.tr(
            "{scenes} scenes of {tiles} tiles: {fetch} to download, about {minutes} minutes on this computer, {disk} "
            "of disk space, {memory} of memory."
        ).format(
            scenes=int(results.get("PLAN_SCENES") or 0),
            tiles=int(results.get("PLAN_TILES") or 0),
            fetch=format_size(float(results.get("PLAN_FETCH_BYTES") or 0)),
            minutes=format_decimals(float(results.get("PLAN_MINUTES") or 0), 1),
            disk=format_size(float(results.get("PLAN_DISK_BYTES") or 0)),
            memory=format_size(float(results.get("PLAN_MEMORY_MB") or 0) * 1e6),
        )
        covered = results.get("PLAN_COVERED_PERCENT")
        if covered is None:
            return text
        share = self.tr("The scenes cover {percent} % of the region.").format(percent=format_percent(float(covered)))
        return f"{text} {share}"

    def _disk_note(self, needed_bytes: float) -> str:
        """A warning where the disk of the output folder has less room than the run needs; else empty."""
        folder = Path(self._folder)
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        try:
            free_bytes = shutil.disk_usage(folder).free
        except OSError:
            return ""
        if free_bytes >= needed_bytes:
            return ""
        return str(
            self.tr("Only {free} are free on the disk of the output folder.").format(free=format_size(free_bytes))
        )
