"""What the parameters of all algorithms share: flags, values that are given or not, values that can be read."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterNumber,
)

from ..allpa_engine.core.errors import JobInvalid
from ..allpa_engine.core.job import Job, number_limits
from ..allpa_engine.core.job_keys import Number
from ..allpa_engine.core.sample_keys import Group
from ..allpa_engine.core.text_keys import LANGUAGES as JOB_LANGUAGES
from ..month_names import month_values
from ..translation import table_language, tr

LANGUAGE, MONTHS = "LANGUAGE", "MONTHS"
QGIS_LANGUAGE = "auto"
LANGUAGES = (QGIS_LANGUAGE, *JOB_LANGUAGES)
_BOOLEAN_TEXTS = ("true", "false", "yes", "no", "1", "0")


def advanced(parameter: QgsProcessingParameterDefinition, help_text: str) -> QgsProcessingParameterDefinition:
    """Put a parameter among the advanced ones, with its help.

    Parameters
    ----------
    parameter : is changed.
    help_text : in QGIS's language.

    Returns
    -------
    The same parameter.

    """
    parameter.setFlags(parameter.flags() | QgsProcessingParameterDefinition.Flag.FlagAdvanced)
    parameter.setHelp(help_text)
    return parameter


def number_parameter(
    name: str, title: str, key: str, default: float | None = None, *, optional: bool = False
) -> QgsProcessingParameterDefinition:
    """A parameter for a number, with the limits of a key of the job.

    Parameters
    ----------
    name : of the parameter, in capitals.
    title : in QGIS's language.
    key : of the job; it gives limits, type (whole number or not) and the usual default.
    default : None for that of the job.
    optional : whether the field may be empty.

    Returns
    -------
    The parameter; in dialogs a number that is not whole has one decimal.

    """
    minimum, maximum = number_limits(key)
    is_whole = isinstance(getattr(Job, key), int)
    kind = QgsProcessingParameterNumber.Type.Integer if is_whole else QgsProcessingParameterNumber.Type.Double
    value = getattr(Job, key) if default is None else default
    number = QgsProcessingParameterNumber(name, title, kind, value, optional, minimum, maximum)
    if not is_whole:
        number.setMetadata({"widget_wrapper": {"decimals": 1}})  # QGIS would show six
    return number


def option_parameter(
    name: str, title: str, options: Group, key: str, *, optional: bool = True
) -> QgsProcessingParameterNumber:
    """A parameter for a number of one of the job's groups of keys.

    Parameters
    ----------
    name : of the parameter, in capitals.
    title : in QGIS's language.
    options : the group, such as `forest_keys.FOREST`.
    key : of the group; it gives limits, type (whole number or not) and default.
    optional : whether the field may be empty.

    Raises
    ------
    TypeError : where the key does not hold a number.

    """
    kind, default = options.keys[key]
    if not isinstance(kind, Number):
        raise TypeError(f"{key} is not a number")
    types = QgsProcessingParameterNumber.Type
    as_type = types.Integer if kind.is_whole else types.Double
    return QgsProcessingParameterNumber(name, title, as_type, default, optional, kind.minimum, kind.maximum)


def is_given(parameters: dict[str, Any], name: str) -> bool:
    """Whether an optional parameter has a value.

    Parameters
    ----------
    parameters : the algorithm's values by name.
    name : of the parameter.

    Returns
    -------
    False where the value is missing, None, a null of QGIS's, or an empty text or list.

    """
    value = parameters.get(name)
    return not (value is None or value in ("", [], ()) or (hasattr(value, "isNull") and value.isNull()))


def given_values(definitions: Iterable[QgsProcessingParameterDefinition], parameters: dict[str, Any]) -> dict[str, Any]:
    """The parameters that have a value; choices lose the spaces in texts such as `1, 2`, which QGIS takes for none.

    Months get the names of the parameter's choices, since values written by hand or in another language are others. A
    choice of several that is empty though usually some are chosen stays: it means none of them.
    """
    given = {name: value for name, value in parameters.items() if is_given(parameters, name)}
    if MONTHS in given:
        given[MONTHS] = month_values(given[MONTHS])
    for definition in definitions:
        value = given.get(definition.name())
        if _is_none_of_several(definition, parameters):
            given[definition.name()] = []
        elif isinstance(definition, QgsProcessingParameterEnum) and isinstance(value, str):
            given[definition.name()] = ",".join(part.strip() for part in value.split(","))
    return given


def _is_none_of_several(definition: QgsProcessingParameterDefinition, parameters: dict[str, Any]) -> bool:
    """Whether nothing is chosen where several choices are the default."""
    if not isinstance(definition, QgsProcessingParameterEnum) or not definition.allowMultiple():
        return False
    return bool(definition.defaultValue()) and parameters.get(definition.name()) in ("", [], ())


def language_parameter() -> QgsProcessingParameterDefinition:
    """The language of the files that a run writes."""
    return advanced(
        QgsProcessingParameterEnum(
            LANGUAGE, tr("Language of tables and reports"), list(LANGUAGES), False, QGIS_LANGUAGE, True, True
        ),
        tr("auto (the language of QGIS), en (English) or es (Spanish)."),
    )


def selected_language(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> str:
    """The language of the files that a run writes.

    Parameters
    ----------
    algorithm : the algorithm with the parameter `LANGUAGE`.
    parameters : its values by name.
    context : of the run.

    Returns
    -------
    `en` or `es`; for `auto`, or where nothing is given, by QGIS's language.

    """
    language = algorithm.parameterAsEnumString(parameters, LANGUAGE, context) or QGIS_LANGUAGE
    return table_language() if language == QGIS_LANGUAGE else str(language)


def existing_folder(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], name: str, context: QgsProcessingContext
) -> Path:
    """The folder of predictions that a parameter names.

    Parameters
    ----------
    algorithm : the algorithm with the parameter.
    parameters : its values by name.
    name : of the parameter.
    context : of the run.

    Returns
    -------
    The absolute path.

    Raises
    ------
    JobInvalid : where it does not exist.

    """
    folder = algorithm.parameterAsFile(parameters, name, context)
    if not folder:
        raise JobInvalid(tr("No folder of predictions is set."))
    if not Path(folder).is_dir():
        raise JobInvalid(tr("The folder of predictions does not exist: {}.").format(folder))
    return Path(folder).absolute()


def existing_scene_list(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], name: str, context: QgsProcessingContext
) -> str:
    """The scene list that a parameter names.

    Parameters
    ----------
    algorithm : the algorithm with the parameter.
    parameters : its values by name.
    name : of the parameter.
    context : of the run.

    Returns
    -------
    The absolute path; empty where none is given.

    Raises
    ------
    JobInvalid : where it does not exist.

    """
    path = algorithm.parameterAsFile(parameters, name, context) or ""
    if path and not Path(path).is_file():
        raise JobInvalid(tr("The scene list does not exist: {}.").format(path))
    return str(Path(path).absolute()) if path else ""


def require_readable_values(
    definitions: Iterable[QgsProcessingParameterDefinition], parameters: dict[str, Any]
) -> None:
    """Refuse numbers, choices and switches that cannot be read: QGIS takes the default of an optional one silently.

    Parameters
    ----------
    definitions : of the algorithm's parameters.
    parameters : the values by name; those that are missing or empty are accepted.

    Raises
    ------
    JobInvalid : with the parameter's name and what it accepts.

    """
    for definition in definitions:
        name = definition.name()
        if not is_given(parameters, name):
            continue
        accepted = _accepted_values(definition, parameters[name])
        if accepted:
            raise JobInvalid(
                tr("The value of {} cannot be used: {}.").format(name, _value_text(parameters[name])), accepted
            )


def _accepted_values(definition: QgsProcessingParameterDefinition, value: Any) -> str:  # noqa: ANN401 - any of QGIS's
    """What a parameter accepts, as a sentence; empty where the value is fine or QGIS decides later."""
    if isinstance(definition, QgsProcessingParameterNumber) and isinstance(value, (str, int, float)):
        is_integer = definition.dataType() == QgsProcessingParameterNumber.Type.Integer
        number = _number(value)
        in_range = definition.minimum() <= number <= definition.maximum()
        if in_range and (not is_integer or number.is_integer()):
            return ""
        kind = (
            tr("It must be a whole number from {} to {}.") if is_integer else tr("It must be a number from {} to {}.")
        )
        return kind.format(f"{definition.minimum():g}", f"{definition.maximum():g}")
    if isinstance(definition, QgsProcessingParameterEnum) and isinstance(value, (str, int, float, list, tuple)):
        parts = value if isinstance(value, (list, tuple)) else str(value).split(",")
        options = definition.options()
        if all(str(part).strip() in options for part in parts) and (definition.allowMultiple() or len(parts) == 1):
            return ""
        return tr("It must be one of: {}.").format(", ".join(options))
    if isinstance(definition, QgsProcessingParameterBoolean) and isinstance(value, str):
        return "" if value.strip().lower() in _BOOLEAN_TEXTS else tr("It must be true or false.")
    return ""


def _number(value: str | float) -> float:
    try:
        return float(value)
    except ValueError:
        return math.nan


def _value_text(value: Any) -> str:  # noqa: ANN401 - any of QGIS's
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
