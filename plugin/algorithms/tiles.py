"""The parameters of many tiles: together or separately, on which computers, and where finished tiles are kept."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterString,
)

from ..allpa_engine.core.cluster_keys import SEPARATELY, TOGETHER
from ..translation import tr
from .parameters import advanced

TILES, DASK, TILE_STORE = "TILES", "DASK", "TILE_STORE"


def tile_parameters() -> list[QgsProcessingParameterDefinition]:
    """The advanced parameters of regions of many tiles."""
    return [
        advanced(
            QgsProcessingParameterEnum(TILES, tr("Tiles"), [TOGETHER, SEPARATELY], False, TOGETHER, True, True),
            tr(
                "separately: each tile is a task that can fail and be run again by itself, for regions of many tiles. "
                "The map is the same."
            ),
        ),
        advanced(
            QgsProcessingParameterString(DASK, tr("Dask scheduler"), None, False, True),
            tr(
                "Address of a Dask scheduler whose workers make the tiles, such as tls://host:8786, or local:2 for two "
                "workers of this computer. All who reach a scheduler can run programs on its computers: use only one "
                "that you trust."
            ),
        ),
        advanced(
            QgsProcessingParameterString(TILE_STORE, tr("Store of finished tiles"), None, False, True),
            tr(
                "A folder that all computers see, or s3://bucket/prefix. Endpoint and keys of the bucket come from the "
                "usual AWS variables or profile. If empty, tiles stay in the output folder."
            ),
        ),
    ]


def tile_values(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> dict[str, Any]:
    """The job's values of these parameters.

    Parameters
    ----------
    algorithm : the algorithm that declared `tile_parameters`.
    parameters : its values by name.
    context : of the run.

    Returns
    -------
    Values by the keys of the job.

    """
    return {
        "tiles": algorithm.parameterAsEnumString(parameters, TILES, context) or TOGETHER,
        "dask": (algorithm.parameterAsString(parameters, DASK, context) or "").strip(),
        "tile_store": (algorithm.parameterAsString(parameters, TILE_STORE, context) or "").strip(),
    }
