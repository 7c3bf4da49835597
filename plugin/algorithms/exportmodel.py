"""`allpa:exportmodel`: a network for Deepness, ONNX Runtime and PyTorch."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterNumber,
)

from ..allpa_engine.core.errors import JobInvalid
from ..allpa_engine.core.export_keys import EXPORT, EXPORT_FORMATS, MAX_TILE_PX
from ..allpa_engine.core.job import Job
from ..allpa_engine.core.messages import translatable
from ..translation import tr
from .base import AllpaAlgorithm, build_job, destination_text, require_writable, run_job
from .network_model import network_parameter, selected_network
from .parameters import language_parameter, selected_language

FORMATS, TILE, FOLDER = "FORMATS", "TILE", "FOLDER"
JOB_NAME = "export_model.job.json"


class ExportModel(AllpaAlgorithm):
    """Network to files for other programs."""

    ID = "exportmodel"
    TITLE = translatable("Export a network")
    SUMMARY = translatable("Writes a network for other programs: the plugin Deepness, ONNX and TorchScript.")
    HELP = translatable(
        "deepness.onnx runs in the QGIS plugin Deepness on a raster of digital numbers (reflectance x 10000) with the "
        "bands in the network's order, and gives the classes that Allpa gives of a single scene; the metadata in the "
        "file set Deepness up. model.onnx and model.pt take reflectance in any size. Every file is compared with the "
        "network before it is kept; export.json says what goes in and what comes out."
    )
    TAGS = ("ONNX", "Deepness", "TorchScript", "PyTorch", "export", "exportar", "red neuronal")
    EXAMPLE = MappingProxyType({"NETWORK": "network", "FORMATS": ["onnx"], "FOLDER": "exported"})

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: ARG002, N802 - QGIS's
        """Declare parameters and outputs."""
        formats = QgsProcessingParameterEnum(
            FORMATS, tr("Formats"), list(EXPORT_FORMATS), True, list(EXPORT_FORMATS), False, True
        )
        formats.setHelp(tr("deepness: for the plugin; onnx and torchscript: for programs of your own."))
        as_integer = QgsProcessingParameterNumber.Type.Integer
        tile = QgsProcessingParameterNumber(
            TILE, tr("Tile of Deepness (pixels)"), as_integer, EXPORT.defaults["tile_px"], True, 64, MAX_TILE_PX
        )
        tile.setHelp(tr("A multiple of 16. Larger tiles need more memory and overlap less."))
        folder = QgsProcessingParameterFolderDestination(FOLDER, tr("Folder of the exported network"))
        folder.setHelp(tr("A file for each format is written here."))
        self.add([network_parameter(), formats, tile, folder, language_parameter()])
        for name, text in (
            ("DEEPNESS", tr("ONNX for Deepness")),
            ("ONNX", tr("ONNX of reflectance")),
            ("TORCHSCRIPT", tr("TorchScript")),
            ("FACTS", tr("What goes in and comes out (JSON)")),
        ):
            self.addOutput(QgsProcessingOutputFile(name, text))

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Refuse what can be refused without the engine.

        Parameters
        ----------
        parameters, context : as in `AllpaAlgorithm.check`.

        Raises
        ------
        FolderNotWritable, DiskFull : where the folder cannot be written.
        ModelInvalid : where the model does not exist.
        JobInvalid : where another value cannot be used.

        """
        require_writable(destination_text(parameters, FOLDER))
        self._job(parameters, context, Path.cwd())

    def _job(self, parameters: dict[str, Any], context: QgsProcessingContext, folder: Path) -> Job:
        formats = self.parameterAsEnumStrings(parameters, FORMATS, context)
        if not formats:
            raise JobInvalid(tr("No format is chosen."), "", tr("Choose at least one and run again."))
        return build_job(
            "export_model",
            folder,
            model=selected_network(self, parameters, context),
            export_options={"formats": formats, "tile_px": self.parameterAsInt(parameters, TILE, context)},
            language=selected_language(self, parameters, context),
        )

    def execute(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Export the network in the engine.

        Parameters
        ----------
        parameters, context, feedback : as in `AllpaAlgorithm.execute`.

        Returns
        -------
        The folder, and the path of each file that was written.

        Raises
        ------
        AllpaError : of the class that names the cause.

        """
        folder = Path(self.parameterAsString(parameters, FOLDER, context))
        values = run_job(self._job(parameters, context, folder), folder / JOB_NAME, feedback)
        names = ("deepness", "onnx", "torchscript", "facts")
        return {FOLDER: str(folder), **{name.upper(): values.get(name) for name in names}}
