"""Classes that are not in the lists of parameters: those of the user's maps, by their codes."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterNumber,
)

from ..allpa_engine.core.legend import MAX_OWN_CODE
from ..translation import tr
from .parameters import advanced

CLASS_CODE = "CLASS_CODE"


def class_code_parameter(listed: str) -> QgsProcessingParameterDefinition:
    """The code of a class, for maps with classes of their own.

    Parameters
    ----------
    listed : title of the parameter that lists the bundled classes, for the help.

    """
    parameter = QgsProcessingParameterNumber(
        CLASS_CODE,
        tr("Code of a class of your own"),
        QgsProcessingParameterNumber.Type.Integer,
        None,
        True,
        1,
        MAX_OWN_CODE,
    )
    return advanced(
        parameter,
        tr("For maps whose classes are your own: the code of the class, instead of '{}'.").format(listed),
    )


def class_code(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext, listed_code: int
) -> int:
    """The code of the chosen class.

    Parameters
    ----------
    algorithm : the algorithm with the parameter `CLASS_CODE`.
    parameters : its values by name.
    context : of the run.
    listed_code : of the class that was chosen in the list; taken where no code is given.

    """
    if parameters.get(CLASS_CODE) in (None, ""):
        return listed_code
    return int(algorithm.parameterAsInt(parameters, CLASS_CODE, context))
