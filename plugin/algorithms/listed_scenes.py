"""What algorithms share that work on the chosen scenes of a list: their checks, and the catalogues that they read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import QgsProcessingContext

from ..allpa_engine.core.errors import JobInvalid
from ..allpa_engine.core.job import Job
from ..translation import tr
from .access import FetchingAlgorithm, read_list_catalogues
from .base import destination_text, require_writable
from .parameters import existing_scene_list

SCENES, OUTPUT = "SCENES", "OUTPUT"


class ListedScenesAlgorithm(FetchingAlgorithm):
    """Scene list (`SCENES`) to a folder (`OUTPUT`)."""

    def job(self, parameters: dict[str, Any], context: QgsProcessingContext, folder: Path) -> Job:
        """The job of the engine, checked.

        Parameters
        ----------
        parameters : the algorithm's values by name.
        context : of the run.
        folder : of the outputs.

        Raises
        ------
        JobInvalid : where a value cannot be used.

        """
        raise NotImplementedError

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Refuse what can be refused without the engine.

        Parameters
        ----------
        parameters, context : as in `AllpaAlgorithm.check`.

        Raises
        ------
        FolderNotWritable, DiskFull : where the folder cannot be written.
        JobInvalid, ModelInvalid : where scene list, cache or model cannot be used.
        S3KeysMissing : where the files of the scenes need keys.

        """
        require_writable(destination_text(parameters, OUTPUT))
        self.job(parameters, context, Path.cwd())
        self.check_access(parameters, context)

    def catalogues(self, parameters: dict[str, Any], context: QgsProcessingContext) -> set[str]:
        """The catalogues of the list's chosen scenes.

        Parameters
        ----------
        parameters : the algorithm's values by name; `SCENES` is read.
        context : of the run.

        Returns
        -------
        Keys of the table of catalogues, or URLs; empty where the list cannot be read.

        """
        return read_list_catalogues(Path(self.parameterAsFile(parameters, SCENES, context)))

    def scene_list(self, parameters: dict[str, Any], context: QgsProcessingContext) -> str:
        """The absolute path of the scene list.

        Parameters
        ----------
        parameters : the algorithm's values by name; `SCENES` is read.
        context : of the run.

        Raises
        ------
        JobInvalid : where none is set, or it does not exist.

        """
        scenes = existing_scene_list(self, parameters, SCENES, context)
        if not scenes:
            raise JobInvalid(tr("No scene list is set."), "", tr("Choose one that 'Search scenes' wrote."))
        return scenes
