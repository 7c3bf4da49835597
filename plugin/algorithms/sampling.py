"""Parameters of a sample's design, and the part of a job that they make."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
)

from ..allpa_engine.core.errors import JobInvalid
from ..allpa_engine.core.job_keys import Text
from ..allpa_engine.core.legend import LEGEND
from ..allpa_engine.core.sample_keys import DESIGN, OPTIMAL
from ..translation import tr
from .own_classes import class_code, class_code_parameter
from .parameters import advanced, option_parameter
from .rasters import raster_file

METHOD, STRATA, STRATA_RASTER, KIND = "METHOD", "STRATA", "STRATA_RASTER", "KIND"
SIZE, STANDARD_ERROR, EXPECTED_ACCURACY = "SIZE", "STANDARD_ERROR", "EXPECTED_ACCURACY"
ALLOCATION, MINIMUM_POINTS, OPTIMAL_CLASS, OPTIMAL_FOR = "ALLOCATION", "MINIMUM_POINTS", "OPTIMAL_CLASS", "OPTIMAL_FOR"
MIN_DISTANCE, SEED, INTERPRETERS = "MIN_DISTANCE", "SEED", "INTERPRETERS"
ALL_CLASSES = "all"
_CLASSES = {ALL_CLASSES: 0} | {land_class.name: land_class.code for land_class in LEGEND}


def design_parameters() -> list[QgsProcessingParameterDefinition]:
    """How points are drawn; the rarer choices are among the advanced parameters."""
    method = _choice(METHOD, tr("Sampling method"), "method")
    method.setHelp(
        tr(
            "stratified: the same chance for all pixels of a stratum, so that rare classes get enough points; simple: "
            "the same chance for all pixels; systematic: a lattice with a random start."
        )
    )
    strata = _choice(STRATA, tr("Strata"), "strata")
    strata.setHelp(
        tr(
            "Of a stratified sample: classes of the map, zones (such as districts), classes_zones (each class in each "
            "zone), or the codes of a raster."
        )
    )
    size = _number(SIZE, tr("Points (0: from the standard error)"), "size")
    size.setHelp(tr("If 0, as many points are drawn as the wished standard error needs (Olofsson et al. 2014)."))
    error = _number(STANDARD_ERROR, tr("Wished standard error of the overall accuracy"), "standard_error", decimals=4)
    error.setHelp(tr("0.01 gives an interval of about 2 % to either side."))
    allocation = _choice(ALLOCATION, tr("Allocation to strata"), "allocation")
    allocation.setHelp(
        tr(
            "proportional to the area; equal; minimum: proportional, but at least so many points in each stratum; "
            "optimal: the smallest standard error of one class."
        )
    )
    minimum = _number(MINIMUM_POINTS, tr("Minimum points per stratum"), "minimum_points")
    minimum.setHelp(tr("Of the allocation 'minimum'; 50 to 100 are usual for rare classes."))
    return [method, strata, size, error, allocation, minimum]


def advanced_design_parameters() -> list[QgsProcessingParameterDefinition]:
    """The rarer choices."""
    kind = _choice(KIND, tr("Kind of map"), "kind", optional=True)
    raster = QgsProcessingParameterRasterLayer(STRATA_RASTER, tr("Raster of strata"), None, True)
    expected = QgsProcessingParameterString(EXPECTED_ACCURACY, tr("Expected user's accuracies"), None, False, True)
    optimal = QgsProcessingParameterEnum(
        OPTIMAL_CLASS, tr("Class of the optimal allocation"), list(_CLASSES), False, ALL_CLASSES, True, True
    )
    goal = _choice(OPTIMAL_FOR, tr("Optimal for"), "optimal_for", optional=True)
    distance = _number(MIN_DISTANCE, tr("Minimum distance between points (m)"), "min_distance_m", optional=True)
    seed = _number(SEED, tr("Seed"), "seed", optional=True)
    people = QgsProcessingParameterString(INTERPRETERS, tr("Interpreters"), None, False, True)
    return [
        advanced(
            kind,
            tr(
                "landcover, or change for a raster of change: its strata are 'no change' and the largest transitions, "
                "and points get two classes."
            ),
        ),
        advanced(raster, tr("For strata 'raster', on the same grid as the map; 0 is not sampled.")),
        advanced(
            expected,
            tr("By class code or stratum, 0 to 1, e.g. 2=0.9; 3=0.6; other=0.75. Used for the size and optimal."),
        ),
        advanced(optimal, tr("all allocates for the overall accuracy.")),
        class_code_parameter(tr("Class of the optimal allocation")),
        advanced(goal, tr("area of the class, or accuracy: its user's and producer's accuracy together.")),
        advanced(
            distance,
            tr(
                "0 for none. A minimum distance changes the chances of pixels in small patches, which intervals do not "
                "take into account; where it leaves too few points, the log says so."
            ),
        ),
        advanced(seed, tr("The same seed draws the same points from the same map.")),
        advanced(people, tr("Names, e.g. Ana; Luis. Each labels all points without seeing the others. If empty: 1.")),
    ]


def design_values(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> dict[str, Any]:
    """The job's keys `design` and `strata_raster`.

    Parameters
    ----------
    algorithm : with the parameters of this module.
    parameters : its values by name.
    context : of the run.

    Returns
    -------
    The keys with their values.

    Raises
    ------
    JobInvalid : where the accuracies cannot be read.
    RasterInvalid : where the raster of strata is no file.

    """
    chosen = {
        key: algorithm.parameterAsEnumString(parameters, name, context)
        for name, key in (
            (METHOD, "method"), (STRATA, "strata"), (KIND, "kind"), (ALLOCATION, "allocation"),
            (OPTIMAL_FOR, "optimal_for"),
        )
    }  # fmt: skip
    whole = {
        key: algorithm.parameterAsInt(parameters, name, context)
        for name, key in ((SIZE, "size"), (MINIMUM_POINTS, "minimum_points"), (SEED, "seed"))
    }
    numbers = {
        key: algorithm.parameterAsDouble(parameters, name, context)
        for name, key in ((STANDARD_ERROR, "standard_error"), (MIN_DISTANCE, "min_distance_m"))
    }
    design = {key: value for key, value in {**chosen, **whole, **numbers}.items() if value != ""}
    if design.get("allocation") == OPTIMAL:
        name = algorithm.parameterAsEnumString(parameters, OPTIMAL_CLASS, context)
        design["optimal_class"] = class_code(algorithm, parameters, context, _CLASSES.get(name, 0))
    expected = parse_accuracies(algorithm.parameterAsString(parameters, EXPECTED_ACCURACY, context) or "")
    people = _names(algorithm.parameterAsString(parameters, INTERPRETERS, context) or "")
    if expected:
        design["expected_accuracy"] = {**DESIGN.defaults["expected_accuracy"], **expected}
    if people:
        design["interpreters"] = people
    raster = parameters.get(STRATA_RASTER)
    path = raster_file(algorithm.parameterAsRasterLayer(parameters, STRATA_RASTER, context)) if raster else ""
    return {"design": {**DESIGN.defaults, **design}, "strata_raster": str(path)}


def parse_accuracies(text: str) -> dict[str, float]:
    """Expected accuracies from a text such as `2=0.9; other=0.75`.

    Raises
    ------
    JobInvalid
        Where a part is not `name=number`, or the number is not from 0 to 1.

    """
    accuracies = {}
    for part in (piece.strip() for piece in text.split(";")):
        name, equals, number = (piece.strip() for piece in part.rpartition("="))
        try:
            value = float(number) if equals else -1.0
        except ValueError:
            value = -1.0
        if part and not (name and 0 <= value <= 1):
            raise JobInvalid(
                tr("The expected accuracy {} cannot be read.").format(repr(part)[:80]),
                "",
                tr("Write a class code or stratum and a number from 0 to 1, e.g. 2=0.9; other=0.75."),
            )
        if part:
            accuracies[name] = value
    return accuracies


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(";") if name.strip()]


def _choice(name: str, title: str, key: str, *, optional: bool = False) -> QgsProcessingParameterEnum:
    kind, default = DESIGN.keys[key]
    choices = list(kind.choices) if isinstance(kind, Text) else []
    return QgsProcessingParameterEnum(name, title, choices, False, default, optional, True)


def _number(
    name: str, title: str, key: str, *, optional: bool = False, decimals: int = 1
) -> QgsProcessingParameterNumber:
    number = option_parameter(name, title, DESIGN, key, optional=optional)
    if number.dataType() == QgsProcessingParameterNumber.Type.Double:
        number.setMetadata({"widget_wrapper": {"decimals": decimals}})
    return number
