"""`allpa:installparts`: install an optional group of the engine's packages, such as the parts for own classes."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputString,
    QgsProcessingParameterEnum,
)

from ..allpa_engine.core.messages import translatable
from ..allpa_engine.core.parts import PART_PACKAGES
from ..translation import tr
from ..worker.parts import install_parts
from .base import AllpaAlgorithm
from .collected_packages import chosen_packages, packages_parameter

GROUP = "GROUP"


class InstallParts(AllpaAlgorithm):
    """Builds a group aside, verifies it, and moves it into place."""

    ID = "installparts"
    TITLE = translatable("Install the parts for own classes")
    SUMMARY = translatable(
        "Installs the packages that own classes need (scikit-learn, SHAP, ONNX and others) beside the engine, or "
        "repairs them."
    )
    HELP = translatable(
        "The engine must be installed. Its own packages are not changed. Packages are pinned and checked by their "
        "hashes; parts that work are only verified. After a cancel, what was downloaded is kept for the next time. The "
        "group encoders adds segmentation-models-pytorch, for networks that start from nothing with an encoder of your "
        "choice; the group cluster adds Dask and the access to object stores, for maps of many tiles."
    )
    TAGS = ("setup", "engine", "own classes", "scikit-learn", "repair")
    NEEDS_ENGINE = False

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: ARG002, N802 - QGIS's
        """Declare the parameter and the output."""
        groups = list(PART_PACKAGES)
        group = QgsProcessingParameterEnum(
            GROUP, tr("Group of packages"), groups, defaultValue=groups[0], usesStaticStrings=True
        )
        group.setHelp(tr("learn: all for own classes; encoders: for new networks; cluster: Dask and object stores."))
        self.add([group, packages_parameter()])
        self.addOutput(QgsProcessingOutputString("FOLDER", tr("Folder of the packages")))

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Refuse packages that do not exist.

        Parameters
        ----------
        parameters, context : as in `AllpaAlgorithm.check`.

        Raises
        ------
        InstallationFailed : where the packages do not exist.

        """
        chosen_packages(self, parameters, context)

    def execute(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Install or repair the group, and verify it.

        Parameters
        ----------
        parameters, context, feedback : as in `AllpaAlgorithm.execute`.

        Returns
        -------
        The folder of the group.

        Raises
        ------
        AllpaError : of the class that names the cause.

        """
        group = self.parameterAsString(parameters, GROUP, context) or next(iter(PART_PACKAGES))
        packages = chosen_packages(self, parameters, context)
        return {"FOLDER": str(install_parts(feedback, group, packages))}
