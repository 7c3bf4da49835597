"""The parameters that decide how scenes vote: weights, months, the soft form, smoothing."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterCrs,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)

from ..allpa_engine.core.errors import JobInvalid
from ..allpa_engine.core.job import MAX_SMOOTHING_PX
from ..allpa_engine.core.job import MONTHS as ALL_MONTHS
from ..allpa_engine.core.legend import CLASS_BY_CODE, DEFAULT_WEIGHTS, LEGEND
from ..translation import tr
from .region import is_given

MONTHS, MONTH_BALANCE, SOFT, WEIGHTS = "MONTHS", "MONTH_BALANCE", "SOFT", "WEIGHTS"
WEIGHT_TABLE = "WEIGHT_TABLE"
SMOOTHING, MASK_DILATION, CRS = "SMOOTHING", "MASK_DILATION", "CRS"


def advanced(parameter: QgsProcessingParameterDefinition, help_text: str) -> QgsProcessingParameterDefinition:
    """Put a parameter among the advanced ones, with its help."""
    parameter.setFlags(parameter.flags() | QgsProcessingParameterDefinition.Flag.FlagAdvanced)
    parameter.setHelp(help_text)
    return parameter


def with_decimals(parameter: QgsProcessingParameterDefinition, decimals: int) -> QgsProcessingParameterDefinition:
    """Let a number's field show so many decimals, where QGIS would show six."""
    parameter.setMetadata({**parameter.metadata(), "widget_wrapper": {"decimals": decimals}})
    return parameter


def composite_parameters() -> list[QgsProcessingParameterDefinition]:
    """The advanced parameters of the class-weighted mode."""
    defaults = "; ".join(f"{land_class.code}={land_class.weight:g} {land_class.name}" for land_class in LEGEND)
    return [
        months_parameter(),
        advanced(
            QgsProcessingParameterBoolean(MONTH_BALANCE, tr("Each month votes once"), False),
            tr("Months with many scenes count no more than months with few."),
        ),
        advanced(
            QgsProcessingParameterBoolean(SOFT, tr("All probabilities vote"), False),
            tr("All ten class probabilities of a scene vote, not its most probable class alone."),
        ),
        advanced(
            QgsProcessingParameterString(WEIGHTS, tr("Class weights"), None, False, True),
            tr("Weights of single classes by code, such as 3=1.2;9=0.6. Those left out keep theirs: {}.").format(
                defaults
            ),
        ),
        advanced(
            QgsProcessingParameterFile(
                WEIGHT_TABLE, tr("Weight table"), QgsProcessingParameterFile.Behavior.File, "json", None, True
            ),
            tr("A saved table of class weights and least shares (JSON); it replaces the class weights."),
        ),
        advanced(
            QgsProcessingParameterNumber(
                SMOOTHING,
                tr("Smallest patch (pixels)"),
                QgsProcessingParameterNumber.Type.Integer,
                0,
                False,
                0,
                MAX_SMOOTHING_PX,
            ),
            tr("Patches of fewer pixels than this take the class around them; 0 leaves the map as voted."),
        ),
        advanced(
            QgsProcessingParameterBoolean(MASK_DILATION, tr("Widen the cloud mask"), False),
            tr("Leaves out more land around clouds and their shadows."),
        ),
        advanced(
            QgsProcessingParameterCrs(CRS, tr("CRS of the map"), None, True),
            tr("A projected CRS with metres; none takes the UTM zone of the region's centre."),
        ),
    ]


def months_parameter() -> QgsProcessingParameterDefinition:
    """The months whose scenes are used."""
    names = [str(month) for month in ALL_MONTHS]
    return advanced(
        QgsProcessingParameterEnum(MONTHS, tr("Months that vote (none chosen: all)"), names, True, None, True, True),
        tr("Months, 1 to 12, whose scenes are used; none chosen means all."),
    )


def selected_months(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> tuple[int, ...]:
    """The months chosen, in order; all where none is."""
    chosen = algorithm.parameterAsEnumStrings(parameters, MONTHS, context) if is_given(parameters, MONTHS) else []
    return tuple(sorted({int(month) for month in chosen})) or ALL_MONTHS


def composite_values(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> dict[str, Any]:
    """The job's values of these parameters.

    Raises
    ------
    JobInvalid : where the weights or the CRS cannot be used.

    """
    crs = algorithm.parameterAsCrs(parameters, CRS, context) if is_given(parameters, CRS) else None
    if crs is not None and (not crs.authid() or crs.isGeographic()):
        raise JobInvalid(
            tr("The map's CRS must be a projected one with a code."),
            tr("Given is: {}.").format(crs.userFriendlyIdentifier()),
        )
    return {
        "months": selected_months(algorithm, parameters, context),
        "month_balance": algorithm.parameterAsBoolean(parameters, MONTH_BALANCE, context),
        "soft": algorithm.parameterAsBoolean(parameters, SOFT, context),
        "weights": parse_class_weights(algorithm.parameterAsString(parameters, WEIGHTS, context) or ""),
        "weight_table": algorithm.parameterAsFile(parameters, WEIGHT_TABLE, context) or "",
        "smoothing_px": algorithm.parameterAsInt(parameters, SMOOTHING, context),
        "mask_dilation": algorithm.parameterAsBoolean(parameters, MASK_DILATION, context),
        "crs": crs.authid() if crs is not None else "",
    }


def parse_class_weights(text: str) -> dict[int, float]:
    """Class weights from a text such as `3=1.2;9=0.6`; classes left out keep their default.

    Raises
    ------
    JobInvalid : where a part is not `code=number`, a code does not exist, or a weight is negative.

    """
    weights = dict(DEFAULT_WEIGHTS)
    for part in (piece.strip() for piece in text.split(";")):
        if not part:
            continue
        code_text, equals, weight_text = part.partition("=")
        try:
            code, weight = int(code_text), float(weight_text)
        except ValueError as error:
            raise _weights_error(part) from error
        if not equals or code not in CLASS_BY_CODE or not 0 <= weight < float("inf"):
            raise _weights_error(part)
        weights[code] = weight
    if not any(weights.values()):
        raise JobInvalid(tr("At least one class weight must be greater than zero."))
    return weights


def _weights_error(part: str) -> JobInvalid:
    return JobInvalid(
        tr("The class weights cannot be read at '{}'.").format(part),
        tr("Weights are written as code=number, such as 3=1.2;9=0.6, with codes from 1 to 10."),
    )
