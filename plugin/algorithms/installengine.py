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
from .parameters import advanced

BASE_PYTHON = "BASE_PYTHON"


class InstallEngine(AllpaAlgorithm):
    """Builds the environment aside, verifies it, and moves it into place."""

    ID = "installengine"
    TITLE = "Install engine"
    SUMMARY = "Installs Allpa's processing engine (PyTorch and others) for this user; QGIS itself is not changed."
    HELP = (
        "Needs a network connection, several gigabytes of disk space and some minutes, once. Packages are pinned and "
        "verified by their hashes. An engine that is already installed is only verified. Cancelling leaves no files."
    )
    TAGS = ("setup", "engine", "PyTorch")
    NEEDS_ENGINE = False

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: ARG002, N802 - QGIS's
        """Declare the parameter and the output."""
        base = QgsProcessingParameterFile(BASE_PYTHON, tr("Base Python interpreter"), optional=True)
        self.add([advanced(base, tr("Python 3.10 or later. If empty, the system Python is used."))])
        self.addOutput(QgsProcessingOutputString("ENGINE_PYTHON", tr("Python of the engine")))

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Refuse an interpreter that does not exist."""
        self._base_python(parameters, context)

    def _base_python(self, parameters: dict[str, Any], context: QgsProcessingContext) -> Path | None:
        base = self.parameterAsFile(parameters, BASE_PYTHON, context)
        if base and not Path(base).is_file():
            raise EngineMissing(tr("The base Python interpreter does not exist: {}.").format(base))
        return Path(base) if base else None

    def execute(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Install and verify."""
        return {"ENGINE_PYTHON": str(install_engine(feedback, self._base_python(parameters, context)))}
