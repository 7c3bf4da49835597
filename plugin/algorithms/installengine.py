"""`allpa:installengine`: install the engine's Python environment for this user."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputString,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
)

from ..allpa_engine.core.errors import EngineMissing
from ..allpa_engine.core.messages import translatable
from ..translation import tr
from ..worker.installation import PYTORCH_BUILDS, install_engine
from ..worker.parts import restore_parts
from .base import AllpaAlgorithm
from .parameters import advanced

BASE_PYTHON, PYTORCH_BUILD = "BASE_PYTHON", "PYTORCH_BUILD"


class InstallEngine(AllpaAlgorithm):
    """Builds the environment aside, verifies it, and moves it into place."""

    ID = "installengine"
    TITLE = translatable("Install engine")
    SUMMARY = translatable(
        "Installs Allpa's engine (PyTorch and others) into a folder of its own for this user, or repairs it; QGIS is "
        "not changed."
    )
    HELP = translatable(
        "Needs the network, once; the log says first how much is downloaded and how much disk space it takes. "
        "Packages are pinned and checked by their hashes. An engine that works is only verified, one that does not is "
        "replaced. Cancelling leaves nothing behind."
    )
    TAGS = ("setup", "engine", "PyTorch", "repair")
    NEEDS_ENGINE = False

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: ARG002, N802 - QGIS's
        """Declare the parameters and the output."""
        base = QgsProcessingParameterFile(BASE_PYTHON, tr("Base Python interpreter"), optional=True)
        build = QgsProcessingParameterEnum(
            PYTORCH_BUILD,
            tr("PyTorch build"),
            list(PYTORCH_BUILDS),
            defaultValue=PYTORCH_BUILDS[0],
            usesStaticStrings=True,
        )
        self.add(
            [
                advanced(base, tr("If empty, QGIS's or the system's Python is used, or one is downloaded.")),
                advanced(
                    build,
                    tr("Linux only: cuda for an NVIDIA GPU, cpu is much smaller; auto looks for the GPU."),
                ),
            ]
        )
        self.addOutput(QgsProcessingOutputString("ENGINE_PYTHON", tr("Python of the engine")))

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Refuse a Python to build on that does not exist.

        Parameters
        ----------
        parameters, context : as in `AllpaAlgorithm.check`.

        Raises
        ------
        EngineMissing : where the file does not exist.

        """
        self._base_python(parameters, context)

    def _base_python(self, parameters: dict[str, Any], context: QgsProcessingContext) -> Path | None:
        base = self.parameterAsFile(parameters, BASE_PYTHON, context)
        if base and not Path(base).is_file():
            raise EngineMissing(tr("The Python to build on does not exist: {}.").format(base))
        return Path(base) if base else None

    def execute(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Install or repair the engine, and verify it.

        Parameters
        ----------
        parameters, context, feedback : as in `AllpaAlgorithm.execute`.

        Returns
        -------
        The path of the engine's Python.

        Raises
        ------
        AllpaError : of the class that names the cause.

        """
        build = self.parameterAsString(parameters, PYTORCH_BUILD, context) or PYTORCH_BUILDS[0]
        python = install_engine(feedback, self._base_python(parameters, context), build)
        restore_parts()
        return {"ENGINE_PYTHON": str(python)}
