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
from ..worker.environment_build import PYTORCH_BUILDS
from ..worker.installation import install_engine
from ..worker.parts import restore_parts
from .base import AllpaAlgorithm
from .collected_packages import chosen_packages, packages_parameter
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
        "replaced. After a cancel, what was downloaded is kept for the next time. Without a network, name the packages "
        "that 'Collect packages for another computer' has made. The PyTorch build cuda replaces the engine only where "
        "it computes on an NVIDIA GPU; the build cpu goes back."
    )
    TAGS = ("setup", "engine", "PyTorch", "repair")
    NEEDS_ENGINE = False

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: ARG002, N802 - QGIS's
        """Declare the parameters and the output."""
        base = QgsProcessingParameterFile(
            BASE_PYTHON, tr("Base Python interpreter"), optional=True, fileFilter=tr("All files (*)")
        )
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
                    tr("auto keeps the one that is installed, at first cpu; cuda is for NVIDIA GPUs on Linux."),
                ),
                packages_parameter(),
            ]
        )
        self.addOutput(QgsProcessingOutputString("ENGINE_PYTHON", tr("Python of the engine")))

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Refuse a Python to build on, or packages, that do not exist.

        Parameters
        ----------
        parameters, context : as in `AllpaAlgorithm.check`.

        Raises
        ------
        EngineMissing : where the Python does not exist.
        InstallationFailed : where the packages do not exist.

        """
        self._base_python(parameters, context)
        chosen_packages(self, parameters, context)

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
        base_python, packages = self._base_python(parameters, context), chosen_packages(self, parameters, context)
        python = install_engine(feedback, base_python, build, packages)
        restore_parts()
        return {"ENGINE_PYTHON": str(python)}
