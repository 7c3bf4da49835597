"""What a batch of regions shares: names from the layer, one joint table, and the scenes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsFeatureRequest,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterField,
    QgsProcessingParameterFile,
    QgsProcessingParameterString,
)

from ..allpa_engine.core.zone_keys import NAME_ATTRIBUTES, usual_field
from ..translation import tr
from .parameters import advanced, is_given
from .region import REGION, UNCHECKED

REGION_NAME, REGION_FIELD, JOINT_TABLE = "REGION_NAME", "REGION_FIELD", "JOINT_TABLE"
_SCENES_FOLDER = "scenes"


def region_name_parameters() -> list[QgsProcessingParameterDefinition]:
    """The name of the region, or the field of its layer that holds it."""
    name = QgsProcessingParameterString(REGION_NAME, tr("Region name"), None, False, True)
    field = QgsProcessingParameterField(REGION_FIELD, tr("Field with the region's name"), None, REGION, optional=True)
    return [
        advanced(
            name,
            tr(
                "Title of map, table and report. If empty, a region layer of one feature gives it, so that each map of "
                "a batch, or of an iteration over a layer, has the name of its feature."
            ),
        ),
        advanced(field, tr("If empty, a field with a usual name is used if present, such as name or distrito.")),
    ]


def region_name(algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext) -> str:
    """The name that is given, or that of the one feature of the region's layer; empty where there is none.

    Parameters
    ----------
    algorithm : the algorithm with the parameters of `region_name_parameters` and a region.
    parameters : its values by name.
    context : of the run.

    """
    given = (algorithm.parameterAsString(parameters, REGION_NAME, context) or "").strip()
    if given or not is_given(parameters, REGION):
        return str(given)
    source = algorithm.parameterAsSource(parameters, REGION, context)
    if source is None:
        return ""
    fields = [field.name() for field in source.fields()]
    chosen = algorithm.parameterAsString(parameters, REGION_FIELD, context) or usual_field(fields, NAME_ATTRIBUTES)
    features = list(source.getFeatures(QgsFeatureRequest().setLimit(2), UNCHECKED))
    if len(features) != 1 or chosen not in fields:
        return ""
    value = features[0][chosen]
    return "" if value is None or (hasattr(value, "isNull") and value.isNull()) else str(value).strip()


def joint_table_parameter() -> QgsProcessingParameterDefinition:
    """The table that the runs of a batch share."""
    table = QgsProcessingParameterFile(
        JOINT_TABLE, tr("Joint table of a batch"), QgsProcessingParameterFile.Behavior.File, "csv", None, True
    )
    return advanced(
        table,
        tr(
            "A CSV file, the same for all rows of a batch: each run adds its region as a row. Where no cache folder is "
            "set, the scenes are kept beside it, so that neighbouring regions share what was downloaded. Several "
            "windows of QGIS may write to it at once. For the districts of one layer, one run with zones is faster."
        ),
    )


def batch_values(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext, cache: str
) -> dict[str, Any]:
    """The job's keys `region_name`, `joint_table` and `cache_folder`.

    Parameters
    ----------
    algorithm : the algorithm with the parameters of this module.
    parameters : its values by name.
    context : of the run.
    cache : folder of the scenes that is set elsewhere; empty for none.

    """
    table = algorithm.parameterAsFile(parameters, JOINT_TABLE, context) or ""
    joint = str(Path(table).absolute()) if table else ""
    shared = str(Path(joint).parent / _SCENES_FOLDER) if joint and not cache else cache
    return {
        "region_name": region_name(algorithm, parameters, context),
        "joint_table": joint,
        "cache_folder": shared,
    }
