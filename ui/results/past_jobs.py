"""The dock's list of earlier jobs: open one again, add a folder, take one off the list."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QDateTime, QLocale, QObject, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ...plugin.past_jobs import (
    FINISHED,
    MISSING,
    PARTIAL,
    PastJob,
    RememberedJob,
    forget_job,
    job_state,
    jobs_in,
    read_past_job,
    remember_found,
    remembered_jobs,
)
from ..buttons import icon_button
from ..labels import wrapped_label

_ROWS_SHOWN = 5
_STATES_AT_ONCE = 20


class JobReading(QObject):
    """Reads the folders of jobs in threads of its own, so that the window never waits for a disk."""

    found = pyqtSignal(object, int, object)
    """The jobs that were given, the row of the first of some of them, and their states with times."""
    read = pyqtSignal(object)
    """The PastJob that was to be opened."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._stops = {self._look: threading.Event(), self._read: threading.Event()}

    def look(self, jobs: list[RememberedJob]) -> None:
        """Find out the states of these jobs, in place of those that are being found out."""
        self._start(self._look, jobs)

    def open(self, job: RememberedJob) -> None:
        """Read all of a job, in place of another one that is being read."""
        self._start(self._read, job)

    def stop(self) -> None:
        """Report nothing of what is being read; an unreachable disk is not waited for."""
        for stopped in self._stops.values():
            stopped.set()

    def _start(self, work: Callable[[Any, threading.Event], None], what: object) -> None:
        self._stops[work].set()
        stopped = self._stops[work] = threading.Event()
        threading.Thread(target=work, args=(what, stopped), name="allpa-jobs", daemon=True).start()

    def _look(self, jobs: list[RememberedJob], stopped: threading.Event) -> None:
        for first in range(0, len(jobs), _STATES_AT_ONCE):
            states = [job_state(job) for job in jobs[first : first + _STATES_AT_ONCE]]
            if stopped.is_set():
                return
            self.found.emit(jobs, first, states)

    def _read(self, job: RememberedJob, stopped: threading.Event) -> None:
        past = read_past_job(job)
        if not stopped.is_set():
            self.read.emit(past)


class PastJobsView(QWidget):
    """The jobs, the latest first, with the state of their folders."""

    opened = pyqtSignal(object)
    """The PastJob to show; its folder is there."""
    warned = pyqtSignal(str)
    """A sentence for the message bar."""
    counted = pyqtSignal(int)
    """How many jobs are in the list."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaPastJobs")
        self._jobs: list[RememberedJob] = []
        self._is_opening = False
        self._reading = JobReading(self)
        self._hint = wrapped_label("allpaPastJobsHint", self)
        self._hint.setText(self.tr("Jobs that were run here are listed here, also after a restart of QGIS."))
        self._tree = self._make_tree()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._hint)
        column.addWidget(self._tree)
        column.addLayout(self._button_row())
        self._reading.found.connect(self._show_states)
        self._reading.read.connect(self._on_read)
        self._tree.itemSelectionChanged.connect(self._show_buttons)
        self._tree.itemDoubleClicked.connect(lambda _item, _column: self.open_selected())
        self._show([])

    @property
    def busy(self) -> bool:
        """Whether a job that was opened is being read."""
        return self._is_opening

    def refresh(self) -> None:
        """Read the list and the folders again."""
        self._show(remembered_jobs())
        self._reading.look(self._jobs)

    def open_selected(self) -> None:
        """Read the selected job; `opened` follows when its folder is read."""
        job = self._selected()
        if job is not None:
            self._is_opening = True
            self._show_buttons()
            self._reading.open(job)

    def _on_read(self, past: PastJob) -> None:
        self._is_opening = False
        self._show_buttons()
        if past.state == MISSING:
            self.warned.emit(
                self.tr(
                    "The folder {} is not there. If it was moved, add it where it lies now: the job stands there then."
                ).format(past.job.folder)
            )
            return
        self.opened.emit(past)

    def add_folder(self, folder: str) -> None:
        """Put the jobs of a folder on the list, such as one that another person has made.

        Parameters
        ----------
        folder : output folder of one or more runs.

        """
        found = jobs_in(Path(folder))
        if not found:
            self.warned.emit(self.tr("The folder {} holds no map of Allpa.").format(Path(folder).name))
            return
        remember_found(found)
        self.refresh()

    def dispose(self) -> None:
        """Stop reading."""
        self._is_opening = False
        self._reading.stop()

    def _make_tree(self) -> QTreeWidget:
        tree = QTreeWidget(self)
        tree.setObjectName("allpaPastJobsList")
        tree.setHeaderLabels([self.tr("Job"), self.tr("State")])
        tree.setRootIsDecorated(False)
        tree.setUniformRowHeights(True)
        tree.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        tree.header().setStretchLastSection(False)
        tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        tree.setFixedHeight(tree.header().sizeHint().height() + _ROWS_SHOWN * (tree.fontMetrics().height() + 6))
        return tree

    def _button_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self._open = QPushButton(self.tr("Open"), self)
        self._open.setObjectName("allpaPastJobsOpen")
        self._open.setToolTip(
            self.tr("Show the map, its table, chart and report again, and fill in all that the job was run with")
        )
        self._add = icon_button(
            "allpaPastJobsAdd", "mActionFileOpen.svg", self.tr("Add the folder of another job…"), self
        )
        self._remove = icon_button(
            "allpaPastJobsRemove",
            "mActionDeleteSelected.svg",
            self.tr("Take the job off the list; its files stay"),
            self,
        )
        self._open.clicked.connect(lambda: self.open_selected())
        self._add.clicked.connect(lambda: self._ask_for_folder())
        self._remove.clicked.connect(lambda: self._forget_selected())
        row.addWidget(self._open, 1)
        row.addWidget(self._add)
        row.addWidget(self._remove)
        return row

    def _show(self, jobs: list[RememberedJob]) -> None:
        self._jobs = jobs
        self._tree.clear()
        items = [QTreeWidgetItem([job.title, ""]) for job in self._jobs]
        for item, job in zip(items, self._jobs):  # no strict: Python 3.9
            item.setToolTip(0, job.folder)
        self._tree.addTopLevelItems(items)
        self._hint.setVisible(not self._jobs)
        self._tree.setVisible(bool(self._jobs))
        self._show_buttons()
        self.counted.emit(len(self._jobs))

    def _show_states(self, jobs: list[RememberedJob], first: int, states: list[tuple[str, float]]) -> None:
        if jobs is not self._jobs:  # the list has changed since
            return
        for row, (state, finished_at) in enumerate(states, first):
            item = self._tree.topLevelItem(row)
            item.setText(1, self._state_text(state, finished_at))
            if state in (MISSING, PARTIAL):
                item.setIcon(1, QgsApplication.getThemeIcon("mIconWarning.svg"))

    def _state_text(self, state: str, finished_at: float) -> str:
        if state == FINISHED:
            day = QDateTime.fromSecsSinceEpoch(int(finished_at)).date()
            return str(QLocale().toString(day, QLocale.FormatType.ShortFormat))
        texts = {MISSING: self.tr("folder is missing"), PARTIAL: self.tr("files are missing")}
        return str(texts.get(state) or self.tr("not finished"))

    def _show_buttons(self) -> None:
        self._open.setEnabled(self._selected() is not None and not self._is_opening)
        self._remove.setEnabled(self._selected() is not None)

    def _selected(self) -> RememberedJob | None:
        rows = [self._tree.indexOfTopLevelItem(item) for item in self._tree.selectedItems()]
        return self._jobs[rows[0]] if rows else None

    def _ask_for_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr("Add the folder of another job"), str(Path.home()))
        if folder:
            self.add_folder(folder)

    def _forget_selected(self) -> None:
        job = self._selected()
        if job is not None:
            forget_job(job)
            self.refresh()
