"""`allpa:installengine`: install the engine's Python environment for this user."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputString,
    QgsProcessingParameterFile,
)

from ..allpa_engine.core.errors import EngineMissing
from ..translation import tr
from ..worker.installation import install_engine
from .base import AllpaAlgorithm
from .merging import advanced

BASE_PYTHON = "BASE_PYTHON"


class InstallEngine(AllpaAlgorithm):
    """Builds the environment aside, verifies it, and puts it in place."""

    ID = "installengine"
    TITLE = "Install the engine"
    SUMMARY = (
        "Installs Allpa's engine (PyTorch and others) into a folder of its own for this user; QGIS is not touched."
    )
    HELP = (
        "Needs the network, some gigabytes of disk and some minutes, once. Packages are pinned and checked by their "
        "hashes. Where the engine is installed already it is only verified. Cancelling leaves nothing behind."
    )
    TAGS = ("setup", "engine", "PyTorch")
    NEEDS_ENGINE = False

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: ARG002, N802 - QGIS's
        """Declare the parameter and the output."""
        base = QgsProcessingParameterFile(BASE_PYTHON, tr("Python to build on"), optional=True)
        self.add([advanced(base, tr("A Python of version 3.10 or later; empty takes the system's."))])
        self.addOutput(QgsProcessingOutputString("ENGINE_PYTHON", tr("The engine's Python")))

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Refuse an interpreter that does not exist."""
        self._base_python(parameters, context)

    def _base_python(self, parameters: dict[str, Any], context: QgsProcessingContext) -> Path | None:
        base = self.parameterAsFile(parameters, BASE_PYTHON, context)
        if base and not Path(base).is_file():
            raise EngineMissing(tr("The Python to build on does not exist: {}.").format(base))
        return Path(base) if base else None

    def execute(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Install and verify."""
        return {"ENGINE_PYTHON": str(install_engine(feedback, self._base_python(parameters, context)))}
