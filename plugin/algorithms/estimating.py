"""Parameters on how an assessment estimates: zones and their method, the quality raster, the target of more points."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterLayer,
)

from ..allpa_engine.core.job_keys import Number
from ..allpa_engine.core.legend import LEGEND
from ..allpa_engine.core.sample_keys import AUTO, ESTIMATION, ZONE_METHODS
from ..translation import tr
from .own_classes import class_code, class_code_parameter
from .parameters import advanced
from .rasters import raster_file

QUALITY, ZONE_METHOD, ZONES_ADD_UP = "QUALITY", "ZONE_METHOD", "ZONES_ADD_UP"
TARGET, TARGET_PERCENT = "TARGET", "TARGET_PERCENT"
OVERALL = "overall"
_CLASSES = {land.name: land.code for land in LEGEND}


def quality_parameter() -> QgsProcessingParameterDefinition:
    """The parameter for the quality raster of the assessed map."""
    quality = QgsProcessingParameterRasterLayer(QUALITY, tr("Quality raster"), None, True)
    return advanced(quality, tr("Left empty, the one beside the map is taken, if there is one."))


def zone_estimate_parameters() -> list[QgsProcessingParameterDefinition]:
    """The parameters on how the areas of zones are estimated."""
    method = QgsProcessingParameterEnum(
        ZONE_METHOD, tr("Method for zones"), [AUTO, *ZONE_METHODS], False, AUTO, True, True
    )
    add_up = QgsProcessingParameterBoolean(ZONES_ADD_UP, tr("Zones add up to the whole map"), True)
    return [
        quality_parameter(),
        advanced(
            method,
            tr(
                "auto takes the prediction-powered estimate for zones with 30 points or more, the composite one for "
                "zones with fewer, the synthetic one for zones without any; the table says which."
            ),
        ),
        advanced(add_up, tr("Estimates of zones are adjusted a little (raking); not where zones overlap.")),
    ]


def zone_estimate_values(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> dict[str, Any]:
    """The job's keys `estimation` and `quality` for estimates of zones.

    Parameters
    ----------
    algorithm, parameters, context : by which Processing reads the values.

    Raises
    ------
    RasterInvalid : where the quality raster is not a file.

    """
    method = algorithm.parameterAsEnumString(parameters, ZONE_METHOD, context) or AUTO
    add_up = algorithm.parameterAsBoolean(parameters, ZONES_ADD_UP, context)
    return {
        "estimation": {**ESTIMATION.defaults, "zone_method": method, "zones_add_up": add_up},
        "quality": optional_raster(algorithm, parameters, QUALITY, context),
    }


def target_parameters() -> list[QgsProcessingParameterDefinition]:
    """The parameters for the target of more points."""
    target = QgsProcessingParameterEnum(
        TARGET, tr("What must be known"), [OVERALL, *_CLASSES], False, OVERALL, False, True
    )
    target.setHelp(tr("overall for the overall accuracy, or the class whose area must be known."))
    kind, default = ESTIMATION.keys["target_percent"]
    low, high = (kind.minimum, kind.maximum) if isinstance(kind, Number) else (None, None)
    percent = QgsProcessingParameterNumber(
        TARGET_PERCENT,
        tr("Half width of the 95 % interval (%)"),
        QgsProcessingParameterNumber.Type.Double,
        default,
        False,
        low,
        high,
    )
    percent.setMetadata({"widget_wrapper": {"decimals": 1}})
    percent.setHelp(tr("Percentage points of the overall accuracy, or percent of the area."))
    return [target, class_code_parameter(tr("What must be known")), percent]


def target_values(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> dict[str, Any]:
    """The job's keys `estimation` and `quality` for more points.

    Parameters
    ----------
    algorithm, parameters, context : by which Processing reads the values.

    Raises
    ------
    RasterInvalid : where the quality raster is not a file.

    """
    name = algorithm.parameterAsEnumString(parameters, TARGET, context)
    target = {
        "target_class": class_code(algorithm, parameters, context, _CLASSES.get(name, 0)),
        "target_percent": algorithm.parameterAsDouble(parameters, TARGET_PERCENT, context),
    }
    return {
        "estimation": {**ESTIMATION.defaults, **target},
        "quality": optional_raster(algorithm, parameters, QUALITY, context),
    }


def optional_raster(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], name: str, context: QgsProcessingContext
) -> str:
    """The path of a raster that may be left out; empty where it is.

    Parameters
    ----------
    algorithm, parameters, name, context : by which Processing reads the value.

    Raises
    ------
    RasterInvalid : where it is not a file.

    """
    if not parameters.get(name):
        return ""
    return str(raster_file(algorithm.parameterAsRasterLayer(parameters, name, context)))
