"""Teaching a run's model: its corrections, its further classes and its versions, without any widget."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from qgis.core import QgsGeometry

from ...plugin.allpa_engine.core.errors import AllpaError, FolderNotWritable, JobInvalid
from ...plugin.allpa_engine.core.job import read_job
from ...plugin.allpa_engine.core.legend import BUNDLED_LEGEND, LandClass, Legend, read_legend, write_legend
from ...plugin.allpa_engine.core.model_versions import (
    MODEL_FOLDER,
    ModelVersion,
    ModelVersions,
    read_versions,
    write_versions,
)
from ...plugin.allpa_engine.core.run_paths import RunPaths
from ...plugin.existing_output import JOB_FILE
from ...plugin.layers.correction_file import TABLE, Correction, add_correction, read_corrections, remove_correction
from ...plugin.translation import tr

TEACHING_FOLDER = "teaching"
CORRECTIONS_FILE, LEGEND_FILE = "corrections.gpkg", "legend.json"
MAP_FOLDER = "map"
"""Of a version that was applied."""


class TeachSession:
    """One run that is taught; all that is done is saved at once.

    Parameters
    ----------
    run_folder : output folder of an annual map.

    Raises
    ------
    JobInvalid
        Where the folder holds no run, or its list of versions cannot be read.
    SampleInvalid
        Where the file of corrections is something else.

    """

    def __init__(self, run_folder: Path) -> None:
        self.run_folder = run_folder
        if not (run_folder / JOB_FILE).is_file():
            raise JobInvalid(
                tr("{} holds no run of Allpa.").format(run_folder),
                "",
                tr("Choose the output folder of an annual land-cover map."),
            )
        self._job = replace(read_job(run_folder / JOB_FILE), folder=str(run_folder))
        self.folder = run_folder / TEACHING_FOLDER
        self._versions = read_versions(self.folder)
        self._corrections = read_corrections(self.corrections_file)
        self._made: list[int] = []
        self._legend = self._read_legend()

    @property
    def corrections_file(self) -> Path:
        """The GeoPackage of corrections."""
        return self.folder / CORRECTIONS_FILE

    @property
    def corrections_source(self) -> str:
        """The corrections as Processing takes them."""
        return f"{self.corrections_file}|layername={TABLE}"

    @property
    def corrections(self) -> tuple[Correction, ...]:
        """All of them in the order in which they were made."""
        return tuple(self._corrections)

    @property
    def legend(self) -> Legend:
        """Classes that can be chosen."""
        return self._legend

    @property
    def legend_file(self) -> str:
        """The file of the legend; empty where it is that of the model."""
        path = self.folder / LEGEND_FILE
        return str(path) if path.is_file() else ""

    @property
    def versions(self) -> ModelVersions:
        """The versions as they were last read."""
        return self._versions

    @property
    def landcover(self) -> str:
        """Map of the version in use; that of the run where none is in use."""
        return self.map_of(self._versions.current)

    @property
    def can_undo(self) -> bool:
        """Whether a correction can be taken back."""
        return bool(self._corrections)

    def map_of(self, number: int) -> str:
        """The map of a version; empty where it was not applied. 0 is the run's own."""
        if number == 0:
            path = RunPaths(self._job).landcover
            return str(path) if path.is_file() else ""
        version = self._versions.find(number)
        if version is None or not version.landcover:
            return ""
        noted = Path(version.landcover)
        moved = self.map_folder(number) / noted.name  # the run's folder may lie elsewhere by now
        return next((str(path) for path in (noted, moved) if path.is_file()), "")

    def model_of(self, number: int) -> Path:
        """The model folder of a version."""
        return self.version_folder(number) / MODEL_FOLDER

    def map_folder(self, number: int) -> Path:
        """Where the map of a version is written."""
        return self.version_folder(number) / MAP_FOLDER

    def version_folder(self, number: int) -> Path:
        """The folder of a version."""
        return self.folder / ModelVersion(number, "", 0, None, None).folder_name

    def count_by_class(self) -> dict[int, int]:
        """Number of corrections by code."""
        counts: dict[int, int] = {}
        for correction in self._corrections:
            counts[correction.code] = counts.get(correction.code, 0) + 1
        return counts

    def add(self, code: int, geometry: QgsGeometry) -> Correction:
        """Save a correction.

        Parameters
        ----------
        code : of a class of the legend.
        geometry : polygon in longitude and latitude.

        Returns
        -------
        The correction as it is in the file.

        Raises
        ------
        FolderNotWritable, SampleInvalid : where it cannot be saved.

        """
        made = add_correction(self.corrections_file, code, geometry)
        self._corrections.append(made)
        return made

    def remove(self, number: int) -> None:
        """Take one correction back."""
        remove_correction(self.corrections_file, number)
        self._corrections = [correction for correction in self._corrections if correction.number != number]

    def undo(self) -> bool:
        """Take the last correction back; gives whether there was one."""
        if not self._corrections:
            return False
        self.remove(self._corrections[-1].number)
        return True

    def add_class(self, name: str, color: str) -> LandClass:
        """Add a class that the model does not have yet.

        Parameters
        ----------
        name : in any script.
        color : `#RRGGBB`.

        Returns
        -------
        The class with its new code.

        Raises
        ------
        LegendInvalid : where the name is taken, or no code is free.
        FolderNotWritable, DiskFull : where the legend cannot be saved.

        """
        code = max(self._legend.codes) + 1
        added = LandClass(code, name.strip(), color, 1.0, "")
        legend = Legend((*self._legend.classes, added))
        write_legend(legend, self.folder / LEGEND_FILE)
        self._legend = legend
        return legend.by_code[code]

    def reload_versions(self) -> ModelVersions:
        """Read the versions again, after a refit."""
        self._versions = read_versions(self.folder)
        return self._versions

    def note_map(self, number: int, landcover: str) -> None:
        """Note the map of a version, and take it into use."""
        version = self._versions.find(number)
        if version is not None:
            self._versions = self._versions.with_version(replace(version, landcover=landcover))
        self.use(number)

    def use(self, number: int) -> None:
        """Take a version into use; 0 goes back to the run's own map. Nothing is deleted."""
        self._versions = replace(self._versions, current=number)
        write_versions(self.folder, self._versions)

    def save_model(self, number: int, folder: Path) -> None:
        """Copy the model of a version to a folder that does not exist yet.

        Raises
        ------
        FolderNotWritable : where it exists or cannot be written.

        """
        if folder.exists():
            raise FolderNotWritable(tr("{} exists already.").format(folder), "", tr("Choose a name for a new folder."))
        try:
            with tempfile.TemporaryDirectory(prefix=".", dir=folder.parent) as aside:
                shutil.copytree(self.model_of(number), Path(aside) / MODEL_FOLDER).rename(folder)
        except (OSError, shutil.Error) as error:
            raise FolderNotWritable(tr("The model cannot be saved to {}.").format(folder), str(error)) from error

    def _read_legend(self) -> Legend:
        """Own classes where some were added, else those of the run's model."""
        own = self.folder / LEGEND_FILE
        if own.is_file():
            return read_legend(own)
        model = Path(self._job.model) / "model.json" if self._job.model else None
        if model is not None and model.is_file():
            try:
                from ...plugin.allpa_engine.core.json_input import read_json

                return Legend.from_dict(read_json(model)["legend"])
            except (ValueError, KeyError, TypeError, AllpaError):
                return BUNDLED_LEGEND
        return BUNDLED_LEGEND
