"""A past job that was opened: everything that it was run with is filled into the dock again."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsGeometry

from ..plugin.past_jobs import PastJob
from ..plugin.region_geometry import wgs84
from ..plugin.translation import tr
from .job_form import JobForm
from .region.region_input import RegionInput
from .scenes.scenes_box import SceneListBox


def fill_in(past: PastJob, region: RegionInput, form: JobForm, scenes: SceneListBox) -> list[str]:
    """Fill in a past job, so that Run makes the same job file.

    Parameters
    ----------
    past : as its folder says.
    region, form, scenes : parts of the dock.

    Returns
    -------
    What is missing and what cannot be filled in, a sentence each; empty where all is as it was.

    """
    values = past.parameters
    notes = [tr("Files of the job are missing: {names}.").format(names=", ".join(past.lost))] if past.lost else []
    if not values:
        return [*notes, tr("What this job was run with is not known; set it again.")]
    scenes.clear_list()
    region.clear()
    geometry = QgsGeometry.fromWkt(str(values.get("GEOMETRY", "")).partition(";")[2])
    if geometry.isNull() or not region.set_region(geometry, wgs84(), str(values.get("REGION_NAME") or "")):
        notes.append(tr("What this job was to map is not known; set its region again."))
    notes.append(form.set_parameters(values, past.zones_copy))
    if past.scenes is not None:
        current = {**region.parameters(), **form.parameters()}
        scenes.show_list(past.scenes, current, past.job.title, str(values["SCENES"]))
    if past.scenes_lost:
        text = tr("The scene list {name} cannot be read; scenes are selected automatically.")
        notes.append(text.format(name=Path(past.scenes_lost).name))
    if past.left_out:
        notes.append(tr("The job file also sets what the dock cannot: {keys}.").format(keys=", ".join(past.left_out)))
    return [note for note in notes if note]
