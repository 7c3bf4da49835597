"""The parameter of the installations that names collected packages: a zip or a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterFile,
)

from .. import settings
from ..translation import tr
from ..worker.installer_process import InstallationFailed
from .parameters import advanced

PACKAGES = "PACKAGES"


def packages_parameter() -> QgsProcessingParameterDefinition:
    """The parameter, an optional one."""
    return advanced(
        QgsProcessingParameterFile(PACKAGES, tr("Collected packages"), optional=True, fileFilter=tr("All files (*)")),
        tr("Zip or folder of packages, for a computer without a network; if empty, the one of Allpa's options."),
    )


def chosen_packages(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> Path | None:
    """The packages that are named, by the parameter or in the options; None where they come from the network.

    Parameters
    ----------
    algorithm : it has the parameter `PACKAGES`.
    parameters, context : as in `AllpaAlgorithm.check`.

    Raises
    ------
    InstallationFailed : where they do not exist.

    """
    named = algorithm.parameterAsString(parameters, PACKAGES, context) or settings.PACKAGES.value()
    if not named:
        return None
    packages = Path(named).expanduser()
    if not packages.exists():
        raise InstallationFailed(
            tr("The packages do not exist: {}.").format(packages),
            "",
            tr("Correct the path, or empty it here and in Allpa's options."),
        )
    return packages
