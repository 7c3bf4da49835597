"""The dock's page that makes a map: its steps from top to bottom, and the bar below them."""

from __future__ import annotations

from collections.abc import Callable

from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import Qt, QTimer
from qgis.PyQt.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from .footer import RunFooter
from .job_form import JobForm
from .number_format import format_count
from .region.region_input import RegionInput
from .results.panel import ResultsView
from .results.past_jobs import PastJobsView
from .run_preparation import Prepare
from .scenes.scenes_box import SceneListBox
from .sections import DONE, TO_DO, Section
from .step_states import (
    OPTIONS,
    PAST_JOBS,
    RESULTS,
    SCENES,
    WHEN,
    WHERE,
    ZONES,
    show_result_state,
    show_scenes_state,
    show_settings_states,
)

_ANCHORS = {
    WHERE: "where", WHEN: "when", ZONES: "districts", SCENES: "scenes", OPTIONS: "options",
    RESULTS: "results", PAST_JOBS: "past",
}  # fmt: skip
"""Parts of the guide."""


class MapPage(QWidget):
    """Lays out the widgets of the steps; what they do together is the dock's.

    Parameters
    ----------
    parent : owner.
    canvas : on which regions are drawn and footprints shown.
    problem : says what is missing for a run; empty where nothing is.
    prepare : prepares a run of `allpa:landcovermap`.

    """

    def __init__(
        self,
        parent: QWidget,
        canvas: QgsMapCanvas,
        problem: Callable[[], str],
        prepare: Prepare,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("allpaDockContents")
        self._wanted = WHERE
        self._scroll = QScrollArea(self)
        self._scroll.setObjectName("allpaScrollArea")
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self._content(canvas))
        self.footer = RunFooter(self, problem, prepare)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._scroll, 1)
        column.addWidget(self.footer)
        self.past_jobs.counted.connect(self._show_job_count)

    def _content(self, canvas: QgsMapCanvas) -> QWidget:
        content = QWidget(self)
        content.setObjectName("allpaContent")
        self.region = RegionInput(canvas, content)
        self.form = JobForm(content)
        self.scene_list = SceneListBox(canvas, content)
        self.results = ResultsView(content)
        self.past_jobs = PastJobsView(content)
        self._sections = {
            name: Section(
                title, f"allpaSection{name}", widget, content, is_open=is_open, help_anchor=_ANCHORS.get(name, "")
            )
            for name, title, widget, is_open in (
                (WHERE, self.tr("Where"), self.region, True),
                (WHEN, self.tr("When and what"), self.form, True),
                (ZONES, self.tr("Zones"), self.form.zones, False),
                (SCENES, self.tr("Scenes"), self.scene_list, True),
                (OPTIONS, self.tr("Options"), self.form.advanced, False),
                (RESULTS, self.tr("Results"), self.results, False),
                (PAST_JOBS, self.tr("Past jobs"), self.past_jobs, False),
            )
        }
        self.form.zones.region_requested.connect(self.region.use_layer)
        column = QVBoxLayout(content)
        column.setContentsMargins(2, 2, 2, 2)
        column.setSpacing(2)
        for section in self._sections.values():
            column.addWidget(section)
        column.addStretch(1)
        return content

    def show_running(self, running: bool) -> None:
        """While something runs nothing that it was started with can be changed."""
        self.footer.show_running(running)
        self.scene_list.set_running(running)
        for widget in (self.form, self.form.advanced, self.form.zones, self.region, self.past_jobs):
            widget.setEnabled(not running)

    def show_states(self, *, searching: bool, running: str, failed: str) -> None:
        """Say beside each step's title how far it is.

        Parameters
        ----------
        searching : whether scenes are being searched.
        running : title of the job that runs; empty where none does.
        failed : why the last job failed; empty where it did not.

        """
        show_settings_states(self._sections, self.region.region(), self.form)
        show_scenes_state(self._sections[SCENES], self.scene_list, searching)
        show_result_state(self._sections[RESULTS], running, failed, self.results.title)

    def show_section(self, name: str) -> None:
        """Open a step and scroll to it."""
        self._sections[name].set_open(True)
        self._wanted = name
        QTimer.singleShot(0, self._scroll_to_wanted)  # after the layout is done

    def _scroll_to_wanted(self) -> None:
        self._scroll.verticalScrollBar().setValue(self._sections[self._wanted].y())

    def _show_job_count(self, count: int) -> None:
        self._sections[PAST_JOBS].set_state(DONE if count else TO_DO, format_count(count))
