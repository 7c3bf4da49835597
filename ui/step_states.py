"""What stands beside the titles of the dock's steps: how far each of them is."""

from __future__ import annotations

from collections.abc import Mapping

from ..plugin.translation import tr
from .job_form import JobForm
from .number_format import format_hectares
from .region.region_geometry import RegionChoice
from .scenes.scenes_box import SceneListBox
from .sections import DONE, PROBLEM, RUNNING, TO_DO, Section

WHERE, WHEN, ZONES, SCENES, OPTIONS = "Where", "When", "Zones", "Scenes", "Options"
RESULTS, PAST_JOBS = "Results", "PastJobs"
"""The sections, from top to bottom."""


def show_settings_states(sections: Mapping[str, Section], region: RegionChoice | None, form: JobForm) -> None:
    """Show the states of the steps that say what is mapped.

    Parameters
    ----------
    sections : by name.
    region : to map; None where there is none yet.
    form : with year, catalogue and folder.

    """
    if region is None:
        sections[WHERE].set_state(TO_DO, tr("No region yet"))
    else:
        area = tr("{area} ha").format(area=format_hectares(region.area_ha))
        sections[WHERE].set_state(DONE, f"{region.name}, {area}" if region.name else area)
    problem = form.problem()
    sections[WHEN].set_state(TO_DO if problem else DONE, problem or f"{form.period_text()}, {form.catalogue_name()}")
    zones_problem = form.zones.problem()
    sections[ZONES].set_state(PROBLEM if zones_problem else DONE, zones_problem or form.zones.summary())
    sections[OPTIONS].set_state(DONE, form.advanced.summary())


def show_scenes_state(section: Section, scenes: SceneListBox, searching: bool) -> None:
    """Show how the scenes are selected, or that they are searched."""
    if searching:
        section.set_state(RUNNING, tr("Searching…"))
    else:
        section.set_state(PROBLEM if scenes.problem() else DONE, scenes.state_text())


def show_result_state(section: Section, running: str, failed: str, shown: str) -> None:
    """Show the state of the last job; of the texts the first that is not empty counts.

    Parameters
    ----------
    section : of the results.
    running : title of the job that runs.
    failed : why the last job failed, in a sentence.
    shown : title of the job whose results are shown.

    """
    for state, text in ((RUNNING, running), (PROBLEM, failed), (DONE, shown)):
        if text:
            section.set_state(state, text)
            return
    section.set_state(TO_DO, tr("No map yet"))
