"""A past job that was opened: everything that it was run with is filled into the dock again."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsGeometry
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..plugin.past_jobs import PastJob
from ..plugin.region_geometry import wgs84
from ..plugin.translation import tr
from .job_form import JobForm
from .region.region_input import RegionInput
from .scenes.scenes_box import SceneListBox
from .turns import Turns


class JobReopening(QObject):
    """Fills in one job, a part of the dock in each turn of the event loop, so that Run makes the same job file.

    Parameters
    ----------
    region, form, scenes : parts of the dock.
    parent : owner.

    """

    filled = pyqtSignal(object, list)
    """The PastJob, and what is missing or cannot be filled in, a sentence each."""

    def __init__(self, region: RegionInput, form: JobForm, scenes: SceneListBox, parent: QObject) -> None:
        super().__init__(parent)
        self._region, self._form, self._scenes = region, form, scenes
        self._turns = Turns(self)
        self._notes: list[str] = []

    @property
    def busy(self) -> bool:
        """Whether a job is being filled in."""
        return self._turns.busy

    def start(self, past: PastJob) -> None:
        """Fill in a job; `filled` follows. Of a job of which nothing is known the dock stays as it is."""
        self._notes = []
        if past.lost:
            self._notes.append(tr("Files of the job are missing: {names}.").format(names=", ".join(past.lost)))
        steps = [self._fill_region, self._fill_form, self._fill_scenes] if past.parameters else [self._note_unknown]
        self._turns.start(
            *(lambda step=step: step(past) for step in steps), lambda: self.filled.emit(past, self._notes)
        )

    def cancel(self) -> None:
        """Leave out what is not filled in yet."""
        self._turns.cancel()

    def _note_unknown(self, _past: PastJob) -> None:
        self._notes.append(tr("What this job was run with is not known; set it again."))

    def _fill_region(self, past: PastJob) -> None:
        values = past.parameters
        self._scenes.clear_list()
        self._region.clear()
        geometry = QgsGeometry.fromWkt(str(values.get("GEOMETRY", "")).partition(";")[2])
        name = str(values.get("REGION_NAME") or "")
        if geometry.isNull() or not self._region.set_region(geometry, wgs84(), name):
            self._notes.append(tr("What this job was to map is not known; set its region again."))

    def _fill_form(self, past: PastJob) -> None:
        note = self._form.set_parameters(past.parameters, past.zones_copy)
        if note:
            self._notes.append(note)

    def _fill_scenes(self, past: PastJob) -> None:
        if past.scenes is not None:
            current = {**self._region.parameters(), **self._form.parameters()}
            self._scenes.show_list(past.scenes, current, past.job.title, str(past.parameters["SCENES"]))
        if past.scenes_lost:
            text = tr("The scene list {name} cannot be read; scenes are selected automatically.")
            self._notes.append(text.format(name=Path(past.scenes_lost).name))
        if past.left_out:
            text = tr("The job file also sets what the dock cannot: {keys}.")
            self._notes.append(text.format(keys=", ".join(past.left_out)))
