"""`allpa:jointiles`: finished tiles of several computers become one map."""

from __future__ import annotations

import json
from pathlib import Path
from types import MappingProxyType
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingOutputHtml,
    QgsProcessingOutputNumber,
    QgsProcessingOutputRasterLayer,
    QgsProcessingOutputString,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
)

from ..allpa_engine.core.errors import JobInvalid
from ..allpa_engine.core.job import Job
from ..allpa_engine.core.messages import translatable
from ..existing_output import JOB_FILE
from ..layers.results import load_map_on_completion
from ..translation import tr
from .base import AllpaAlgorithm, build_job, destination_text, require_writable, run_job
from .parameters import advanced, language_parameter, selected_language

TILES, FOLDER, OVERWRITE = "TILES", "FOLDER", "OVERWRITE"
_RECEIPT, _TILES_FOLDER = "tile.json", "tiles"
_FILES = {"LANDCOVER": "landcover", "QUALITY": "quality", "AREAS": "areas", "REPORT": "report"}


class JoinTiles(AllpaAlgorithm):
    """Finished tiles to one map."""

    ID = "jointiles"
    TITLE = translatable("Join tiles")
    SUMMARY = translatable("Makes one map of tiles that several computers have mapped.")
    HELP = translatable(
        "Each office maps its part of a large region tile by tile and sends the output folder. Put these folders "
        "into one and choose it. Each tile is checked before: its files must be those of its receipt, and model, "
        "period, grid and rule must be those of most other tiles. What is refused is listed with the reason, the "
        "other tiles are joined. Seams do not show: each pixel is taken from the tile that a map of the whole "
        "region would take it from."
    )
    TAGS = ("join", "merge", "tiles", "mosaic", "unir", "teselas", "mosaico")
    EXAMPLE = MappingProxyType({"TILES": "offices", "FOLDER": "peru_2020"})

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: ARG002, N802 - QGIS's
        """Declare parameters and outputs."""
        tiles = QgsProcessingParameterFile(
            TILES, tr("Folder with the tiles"), QgsProcessingParameterFile.Behavior.Folder
        )
        tiles.setHelp(tr("The folder of one run, or a folder that holds the folders of several runs or tiles."))
        folder = QgsProcessingParameterFolderDestination(FOLDER, tr("Output folder"))
        folder.setHelp(tr("Map, quality raster, area table and report are written here."))
        overwrite = QgsProcessingParameterBoolean(OVERWRITE, tr("Replace the map of another job"), False)
        text = tr("If not, the run is refused where another job's map lies in the folder.")
        self.add([tiles, folder, advanced(overwrite, text), language_parameter()])
        self.addOutput(QgsProcessingOutputRasterLayer("LANDCOVER", tr("Land cover")))
        self.addOutput(QgsProcessingOutputRasterLayer("QUALITY", tr("Quality")))
        self.addOutput(QgsProcessingOutputFile("AREAS", tr("Area table (CSV)")))
        self.addOutput(QgsProcessingOutputHtml("REPORT", tr("Report")))
        self.addOutput(QgsProcessingOutputNumber("TILE_COUNT", tr("Joined tiles")))
        self.addOutput(QgsProcessingOutputString("REFUSED", tr("Refused folders, with the reason (JSON)")))

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Refuse what can be refused without the engine.

        Parameters
        ----------
        parameters, context : as in `AllpaAlgorithm.check`.

        Raises
        ------
        FolderNotWritable, DiskFull : where the output folder cannot be written.
        JobInvalid : where the folder holds no tiles.

        """
        require_writable(destination_text(parameters, FOLDER))
        self._job(parameters, context, Path.cwd())

    def _job(self, parameters: dict[str, Any], context: QgsProcessingContext, folder: Path) -> Job:
        found = folders_with_tiles(Path(self.parameterAsFile(parameters, TILES, context)))
        return build_job(
            "join",
            folder,
            tile_folders={str(number): str(path) for number, path in enumerate(found, start=1)},
            overwrite=self.parameterAsBoolean(parameters, OVERWRITE, context),
            language=selected_language(self, parameters, context),
        )

    def execute(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Join the tiles in the engine, and let Processing load the map and its quality raster.

        Parameters
        ----------
        parameters, context, feedback : as in `AllpaAlgorithm.execute`.

        Returns
        -------
        Paths of the map and its tables, the number of joined tiles, and what was refused as JSON.

        Raises
        ------
        AllpaError : of the class that names the cause.

        """
        folder = Path(self.parameterAsString(parameters, FOLDER, context))
        values = run_job(self._job(parameters, context, folder), folder / JOB_FILE, feedback)
        load_map_on_completion(context, values, folder.name)
        outputs: dict[str, Any] = {name: values.get(key) for name, key in _FILES.items()}
        outputs["TILE_COUNT"] = len(values.get("tiles", {}))
        outputs["REFUSED"] = json.dumps(values.get("refused", {}), ensure_ascii=False)
        return {FOLDER: str(folder), **outputs}


def folders_with_tiles(folder: Path) -> list[Path]:
    """A folder itself where it is a run or a tile, else those in it that are.

    Raises
    ------
    JobInvalid : where there is none.

    """
    for candidates in ([folder], sorted(folder.glob("*"))):
        found = [path for path in candidates if (path / _RECEIPT).is_file() or (path / _TILES_FOLDER).is_dir()]
        if found:
            return found
    raise JobInvalid(
        tr("{} holds no tiles.").format(folder),
        tr("Neither it nor a folder in it has a folder 'tiles' or a receipt {}.").format(_RECEIPT),
        tr("Choose the output folder of a run whose tiles were mapped separately, or a folder with several of them."),
    )
