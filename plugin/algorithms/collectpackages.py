"""`allpa:collectpackages`: the engine's packages in one zip, for a computer without a network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFileDestination,
)

from ..allpa_engine.core.messages import translatable
from ..allpa_engine.core.parts import PART_PACKAGES
from ..translation import tr
from ..worker.package_collection import collect_packages, platforms, pythons
from .base import AllpaAlgorithm

PLATFORM, PYTHON, GROUPS, OUTPUT = "PLATFORM", "PYTHON", "GROUPS", "OUTPUT"


class CollectPackages(AllpaAlgorithm):
    """Downloads what the lists of a platform name, and writes it into a zip."""

    ID = "collectpackages"
    TITLE = translatable("Collect packages for another computer")
    SUMMARY = translatable(
        "Downloads the engine's packages into a zip, from which 'Install engine' installs them on a computer without a "
        "network."
    )
    HELP = translatable(
        "Run it on a computer that has a network; it needs no engine. The platform and the version of Python are those "
        "of the other computer: in its QGIS, Help > About names the version of Python. The file is named there in "
        "Settings > Options > Allpa, under 'Install from file'. Both computers need the same version of Allpa: the "
        "hashes of its lists decide what is installed."
    )
    TAGS = ("setup", "engine", "offline", "install")
    NEEDS_ENGINE = False

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: ARG002, N802 - QGIS's
        """Declare the parameters."""
        choices = [
            (PLATFORM, tr("Platform of the other computer"), platforms()),
            (PYTHON, tr("Python of the other computer"), pythons()),
        ]
        made = [
            QgsProcessingParameterEnum(name, title, values, defaultValue=values[0], usesStaticStrings=True)
            for name, title, values in choices
        ]
        for parameter, text in zip(made, (tr("System and processor."), tr("Version that its engine will have."))):
            parameter.setHelp(text)
        groups = QgsProcessingParameterEnum(
            GROUPS, tr("Groups of packages"), list(PART_PACKAGES), True, optional=True, usesStaticStrings=True
        )
        groups.setHelp(tr("learn: all for own classes; encoders: for new networks; cluster: Dask and object stores."))
        output = QgsProcessingParameterFileDestination(OUTPUT, tr("Collected packages"), "zip (*.zip)")
        output.setHelp(tr("The zip for the other computer; 'Install engine' takes it there."))
        self.add([*made, groups, output])

    def execute(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Download the packages and write the zip.

        Parameters
        ----------
        parameters, context, feedback : as in `AllpaAlgorithm.execute`.

        Returns
        -------
        The path of the zip.

        Raises
        ------
        AllpaError : of the class that names the cause.

        """
        target = Path(self.parameterAsFileOutput(parameters, OUTPUT, context))
        collect_packages(
            self.parameterAsString(parameters, PLATFORM, context) or platforms()[0],
            self.parameterAsString(parameters, PYTHON, context) or pythons()[0],
            self.parameterAsEnumStrings(parameters, GROUPS, context),
            target,
            feedback,
        )
        return {OUTPUT: str(target)}
