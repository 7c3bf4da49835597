"""The dock's list of earlier jobs: open one again, add a folder, take one off the list."""

from __future__ import annotations

import threading
from pathlib import Path

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
    PastJob,
    RememberedJob,
    forget_job,
    jobs_in,
    read_past_job,
    remember_job,
    remembered_jobs,
)
from ..buttons import icon_button
from ..labels import wrapped_label

_ROWS_SHOWN = 5


class JobReading(QObject):
    """Reads the folders of jobs in a thread of its own, so that the window never waits for a disk."""

    read = pyqtSignal(object)
    """The PastJobs, in the order of the list."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, jobs: list[RememberedJob]) -> None:
        """Read these jobs, in place of those that are being read."""
        self.stop()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, args=(jobs, self._stopped), name="allpa-jobs", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Report nothing of what is being read; an unreachable disk is not waited for."""
        self._stopped.set()

    def _work(self, jobs: list[RememberedJob], stopped: threading.Event) -> None:
        found = []
        for job in jobs:
            if stopped.is_set():
                return
            found.append(read_past_job(job))
        if not stopped.is_set():
            self.read.emit(found)


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
        self._jobs: list[PastJob] = []
        self._reading = JobReading(self)
        self._hint = wrapped_label("allpaPastJobsHint", self)
        self._hint.setText(self.tr("Jobs that were run here are listed here, also after a restart of QGIS."))
        self._tree = self._make_tree()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._hint)
        column.addWidget(self._tree)
        column.addLayout(self._button_row())
        self._reading.read.connect(self._show)
        self._tree.itemSelectionChanged.connect(self._show_buttons)
        self._tree.itemDoubleClicked.connect(lambda _item, _column: self.open_selected())
        self._show([])

    def refresh(self) -> None:
        """Read the list and the folders again."""
        self._reading.start(remembered_jobs())

    def open_selected(self) -> None:
        """Show the selected job."""
        job = self._selected()
        if job is None:
            return
        if job.state == MISSING:
            self.warned.emit(self.tr("The folder {} is not there.").format(job.job.folder))
            return
        self.opened.emit(job)

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
        known = {(job.folder, job.period) for job in remembered_jobs()}
        for job in found:
            if (job.folder, job.period) not in known:
                remember_job(job)
        self.refresh()

    def dispose(self) -> None:
        """Stop reading."""
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
            self.tr("Show the map, its table, chart and report again; an unfinished job is filled in")
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

    def _show(self, jobs: list[PastJob]) -> None:
        self._jobs = list(jobs)
        self._tree.clear()
        for job in self._jobs:
            item = QTreeWidgetItem([job.job.title, self._state_text(job)])
            item.setToolTip(0, job.job.folder)
            if job.state == MISSING:
                item.setIcon(1, QgsApplication.getThemeIcon("mIconWarning.svg"))
            self._tree.addTopLevelItem(item)
        self._hint.setVisible(not self._jobs)
        self._tree.setVisible(bool(self._jobs))
        self._show_buttons()
        self.counted.emit(len(self._jobs))

    def _state_text(self, job: PastJob) -> str:
        if job.state == FINISHED:
            day = QDateTime.fromSecsSinceEpoch(int(job.finished_at)).date()
            return str(QLocale().toString(day, QLocale.FormatType.ShortFormat))
        return str(self.tr("folder is missing") if job.state == MISSING else self.tr("not finished"))

    def _show_buttons(self) -> None:
        for button in (self._open, self._remove):
            button.setEnabled(self._selected() is not None)

    def _selected(self) -> PastJob | None:
        rows = [self._tree.indexOfTopLevelItem(item) for item in self._tree.selectedItems()]
        return self._jobs[rows[0]] if rows else None

    def _ask_for_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr("Add the folder of another job"), str(Path.home()))
        if folder:
            self.add_folder(folder)

    def _forget_selected(self) -> None:
        job = self._selected()
        if job is not None:
            forget_job(job.job)
            self.refresh()
