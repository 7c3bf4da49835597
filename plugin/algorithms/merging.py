"""The parameters of the composite: months, weights, voting, guards, smoothing, CRS."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterCrs,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
    QgsUnitTypes,
)

from ..allpa_engine.core.composite_keys import DEFAULT_GUARDS
from ..allpa_engine.core.composite_keys import GUARDS as ALL_GUARDS
from ..allpa_engine.core.errors import JobInvalid
from ..allpa_engine.core.job import MONTHS as ALL_MONTHS
from ..allpa_engine.core.job import OFF, ON
from ..allpa_engine.core.legend import CLASS_CODES, DEFAULT_WEIGHTS, LEGEND, MAX_OWN_CODE
from ..month_names import month_name, month_number, month_values
from ..translation import table_language, tr
from .computing import MODEL
from .parameters import MONTHS, advanced, is_given, number_parameter

MONTH_BALANCE, SOFT, WEIGHTS = "MONTH_BALANCE", "SOFT", "WEIGHTS"
WEIGHT_TABLE = "WEIGHT_TABLE"
SMOOTHING, MASK_DILATION, CRS = "SMOOTHING", "MASK_DILATION", "CRS"
GUARDS, ELEVATION = "GUARDS", "ELEVATION"
ANNUAL_DECISION, DECISION_MODEL = "ANNUAL_DECISION", "DECISION_MODEL"


def composite_parameters() -> list[QgsProcessingParameterDefinition]:
    """The advanced parameters of the class-weighted majority vote."""
    defaults = "; ".join(
        f"{land_class.code}={land_class.weight:g} {land_class.label(table_language())}" for land_class in LEGEND
    )
    return [
        months_parameter(),
        advanced(
            QgsProcessingParameterBoolean(MONTH_BALANCE, tr("Weight months equally"), False),
            tr("Gives every month the same weight, regardless of its number of scenes."),
        ),
        advanced(
            QgsProcessingParameterBoolean(SOFT, tr("Soft voting (use class probabilities)"), False),
            tr("All class probabilities of a scene vote, not only its most probable class."),
        ),
        advanced(
            QgsProcessingParameterString(WEIGHTS, tr("Class weights"), None, False, True),
            tr(
                "Class weights by code, e.g. 3=1.2;9=0.6. Default for the others: {}. Models with classes of their own "
                "have their own defaults."
            ).format(defaults),
        ),
        advanced(
            QgsProcessingParameterFile(
                WEIGHT_TABLE, tr("Weight table"), QgsProcessingParameterFile.Behavior.File, "json", None, True
            ),
            tr("JSON file with class weights and minimum shares. Overrides the class weights above."),
        ),
        advanced(
            number_parameter(SMOOTHING, tr("Minimum patch size (pixels)"), "smoothing_px"),
            tr("Smaller patches are replaced by the surrounding class. 0 disables the filter."),
        ),
        advanced(
            QgsProcessingParameterBoolean(MASK_DILATION, tr("Dilate cloud mask"), False),
            tr("Also masks pixels around clouds and cloud shadows."),
        ),
        *guard_parameters(),
        *decision_parameters(),
        advanced(
            QgsProcessingParameterCrs(CRS, tr("Output CRS"), None, True),
            tr("Projected CRS in metres. If empty, the UTM zone of the region's centre is used."),
        ),
    ]


def decision_parameters() -> list[QgsProcessingParameterDefinition]:
    """The annual decision, and the model by which it decides."""
    return [
        advanced(
            QgsProcessingParameterBoolean(ANNUAL_DECISION, tr("Annual decision (grass or crops)"), False),
            tr(
                "After the vote, the year's vegetation decides between grass and crops, in temperate Europe and where "
                "at least six clear dates show a pixel. The map by the vote alone is written too."
            ),
        ),
        advanced(
            QgsProcessingParameterFile(
                DECISION_MODEL,
                tr("Model of the annual decision"),
                QgsProcessingParameterFile.Behavior.File,
                "json",
                None,
                True,
            ),
            tr("JSON file of another model. If empty, the bundled one is used."),
        ),
    ]


def guard_parameters() -> list[QgsProcessingParameterDefinition]:
    """The guards, and the elevation that one of them needs."""
    names = list(ALL_GUARDS)
    return [
        advanced(
            QgsProcessingParameterEnum(
                GUARDS, tr("Guards against wrong votes"), names, True, list(DEFAULT_GUARDS), True, True
            ),
            tr(
                "slope: no water and no built area on steep ground. persistence: what is called clouds on most clear "
                "dates is bright ground. shade: no water where other dates and the surroundings contradict it. The "
                "report says how many pixels each of them changed. None selected gives the plain vote."
            ),
        ),
        advanced(
            QgsProcessingParameterRasterLayer(ELEVATION, tr("Elevation (m)"), None, True),
            tr("For the guard slope. If empty, the Copernicus DEM GLO-30 of the catalogue is used, where it has one."),
        ),
    ]


def selected_guards(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> tuple[str, ...]:
    """The guards that are on.

    Parameters
    ----------
    algorithm : the algorithm with the parameter `GUARDS`.
    parameters : its values by name.
    context : of the run.

    Returns
    -------
    Names of the job's key `guards`; the default where the parameter is not given, none where it is empty.

    """
    if parameters.get(GUARDS) in ([], ()):  # QGIS would take the default
        return ()
    chosen = algorithm.parameterAsEnumStrings(parameters, GUARDS, context)
    return tuple(name for name in ALL_GUARDS if name in chosen)


def elevation_file(algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext) -> str:
    """Path of the elevation raster; empty where none is given.

    Raises
    ------
    JobInvalid : where the layer is no file of this machine.

    """
    if not is_given(parameters, ELEVATION):
        return ""
    layer = algorithm.parameterAsRasterLayer(parameters, ELEVATION, context)
    if layer is None:
        raise JobInvalid(tr("The elevation cannot be read."), tr("It is {}.").format(parameters[ELEVATION]))
    path = str(layer.source()).split("|")[0]
    if not Path(path).is_file():
        raise JobInvalid(
            tr("The elevation must be a raster file of this computer."),
            tr("It is {}.").format(layer.source()),
            tr("Save the layer as GeoTIFF, or leave it empty for the Copernicus DEM."),
        )
    return path


def months_parameter() -> QgsProcessingParameterDefinition:
    """The months whose scenes are used."""
    names = [month_name(month) for month in ALL_MONTHS]
    return advanced(
        QgsProcessingParameterEnum(MONTHS, tr("Months (all if none selected)"), names, True, None, True, True),
        tr("Whose scenes are used, by name or number, such as June, July or 6, 7. If empty, all months are used."),
    )


def selected_months(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> tuple[int, ...]:
    """The months whose scenes are used.

    Parameters
    ----------
    algorithm : the algorithm with the parameter `MONTHS`.
    parameters : its values by name.
    context : of the run.

    Returns
    -------
    Numbers from 1 to 12, in order; all twelve where none is selected.

    """
    named = {**parameters, MONTHS: month_values(parameters.get(MONTHS))}
    chosen = algorithm.parameterAsEnumStrings(named, MONTHS, context) if is_given(parameters, MONTHS) else []
    numbers = {month_number(name) for name in chosen}
    return tuple(month for month in ALL_MONTHS if month in numbers) or ALL_MONTHS


def composite_values(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> dict[str, Any]:
    """The job's values of the parameters of `composite_parameters`.

    Parameters
    ----------
    algorithm : the algorithm with these parameters.
    parameters : its values by name.
    context : of the run.

    Returns
    -------
    Values by the job's keys: months, weights of classes, smoothing in pixels, CRS and so on.

    Raises
    ------
    JobInvalid : where the weights or the CRS cannot be used.

    """
    uses_bundled_model = algorithm.parameterDefinition(MODEL) is not None and not parameters.get(MODEL)
    known = CLASS_CODES if uses_bundled_model else range(1, MAX_OWN_CODE + 1)
    return {
        "months": selected_months(algorithm, parameters, context),
        "month_balance": algorithm.parameterAsBoolean(parameters, MONTH_BALANCE, context),
        "soft": algorithm.parameterAsBoolean(parameters, SOFT, context),
        "weights": parse_class_weights(algorithm.parameterAsString(parameters, WEIGHTS, context) or "", known),
        "weight_table": algorithm.parameterAsFile(parameters, WEIGHT_TABLE, context) or "",
        "smoothing_px": algorithm.parameterAsInt(parameters, SMOOTHING, context),
        "mask_dilation": algorithm.parameterAsBoolean(parameters, MASK_DILATION, context),
        "guards": selected_guards(algorithm, parameters, context),
        "elevation": elevation_file(algorithm, parameters, context),
        "annual_decision": ON if algorithm.parameterAsBoolean(parameters, ANNUAL_DECISION, context) else OFF,
        "decision_model": algorithm.parameterAsFile(parameters, DECISION_MODEL, context) or "",
        "crs": output_crs(algorithm, parameters, context),
    }


def output_crs(algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext) -> str:
    """Code of the map's CRS; empty where none is given. User-defined ones are known to this QGIS alone."""
    if not is_given(parameters, CRS):
        return ""
    crs = algorithm.parameterAsCrs(parameters, CRS, context)
    code = str(crs.authid())
    is_metric = crs.mapUnits() == QgsUnitTypes.DistanceUnit.DistanceMeters
    is_geocentric = crs.toWkt().startswith("GEOCCS")
    if is_metric and not is_geocentric and code and not code.startswith("USER:"):
        return code
    name = crs.userFriendlyIdentifier() if crs.isValid() else parameters[CRS]
    raise JobInvalid(
        tr("The output CRS must be a projected one in metres, with a code such as EPSG:32718."),
        tr("It is {}.").format(name),
        tr("Choose another one, or leave it empty for the UTM zone of the region."),
    )


def parse_class_weights(text: str, codes: Collection[int] = CLASS_CODES) -> dict[int, float]:
    """Class weights from a text such as `3=1.2;9=0.6`; the other classes keep the weight of their legend.

    Parameters
    ----------
    text : of the parameter.
    codes : that may be written. Which classes a model of the user's has is known when it is read.

    Raises
    ------
    JobInvalid
        Where a part is not `code=number`, a code does not exist, or a weight is negative.

    """
    weights: dict[int, float] = {}
    for part in (piece.strip() for piece in text.split(";")):
        if not part:
            continue
        code_text, equals, weight_text = part.partition("=")
        try:
            code, weight = int(code_text), float(weight_text)
        except ValueError as error:
            raise _weights_error(part) from error
        if not equals or code not in codes or not 0 <= weight < float("inf"):
            raise _weights_error(part)
        weights[code] = weight
    if not any((DEFAULT_WEIGHTS | weights).values()):
        raise JobInvalid(tr("At least one class weight must be greater than zero."))
    return weights


def _weights_error(part: str) -> JobInvalid:
    return JobInvalid(
        tr("The class weights cannot be read at '{}'.").format(part),
        tr("Weights are written as code=number, such as 3=1.2;9=0.6, with codes of the legend."),
    )
