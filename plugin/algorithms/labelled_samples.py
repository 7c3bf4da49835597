"""Parameters for a labelled sample, as `allpa:accuracy` and `allpa:landcoverchange` read it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterString,
)

from ..allpa_engine.core.agreement import ALL, RULES
from ..allpa_engine.core.errors import SampleInvalid
from ..translation import tr
from .parameters import advanced

SAMPLE, AGREEMENT, INTERPRETER = "SAMPLE", "AGREEMENT", "INTERPRETER"


def sample_parameter() -> QgsProcessingParameterDefinition:
    """The parameter for the file of a sample."""
    sample = QgsProcessingParameterFile(SAMPLE, tr("Labelled sample"), extension="gpkg", optional=True)
    sample.setHelp(tr("GeoPackage that 'Accuracy sample' or 'Import reference data' wrote, with its labels."))
    return sample


def agreement_parameters() -> list[QgsProcessingParameterDefinition]:
    """The parameters on how labels of several interpreters are joined."""
    rule = QgsProcessingParameterEnum(AGREEMENT, tr("Several interpreters"), list(RULES), False, ALL, True, True)
    interpreter = QgsProcessingParameterString(INTERPRETER, tr("Interpreter"), None, False, True)
    return [
        advanced(
            rule,
            tr("The class of a point: all (the one that all interpreters name), majority (more than half of them) or "
               "single (one of them). Points on which they disagree are left out, unless their class is settled."),
        ),
        advanced(interpreter, tr("Whose labels count, where only those of one interpreter do.")),
    ]  # fmt: skip


def sample_file(algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext) -> str:
    """The absolute path of the sample; empty where none is given.

    Parameters
    ----------
    algorithm, parameters, context : by which Processing reads the value. A layer of the sample may be given too.

    Returns
    -------
    The path.

    Raises
    ------
    SampleInvalid : where it is not a file.

    """
    value = algorithm.parameterAsString(parameters, SAMPLE, context).split("|")[0]
    if not value:
        return ""
    if not Path(value).is_file():
        raise SampleInvalid(tr("The sample is not a file on this machine."), value)
    return str(Path(value).absolute())


def agreement_values(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> dict[str, str]:
    """The job's keys on how labels of several interpreters are joined.

    Parameters
    ----------
    algorithm, parameters, context : by which Processing reads the values.

    Returns
    -------
    `agreement` and `interpreter`.

    """
    return {
        "agreement": algorithm.parameterAsEnumString(parameters, AGREEMENT, context) or ALL,
        "interpreter": (algorithm.parameterAsString(parameters, INTERPRETER, context) or "").strip(),
    }
