"""The parameters that decide which scenes are used: catalogue, collection, cloud cover, number."""

from __future__ import annotations

import os
from typing import Any

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterString,
)

from .. import settings
from ..allpa_engine.core.catalogues import CATALOGUES
from ..allpa_engine.core.errors import JobInvalid
from ..translation import engine_text, tr
from .parameters import advanced, number_parameter

CATALOGUE, CATALOGUE_URL, COLLECTION = "CATALOGUE", "CATALOGUE_URL", "COLLECTION"
_URL_SHOWN = 200
FALLBACK_CATALOGUE = "FALLBACK_CATALOGUE"
MAX_SCENES, CLEAR_OBSERVATIONS, MAX_CLOUD = "MAX_SCENES", "CLEAR_OBSERVATIONS", "MAX_CLOUD"


def search_parameters() -> list[QgsProcessingParameterDefinition]:
    """The catalogue, and the advanced parameters of the selection."""
    keys = list(CATALOGUES)
    proposed = settings.CATALOGUE.value()
    choice = QgsProcessingParameterEnum(
        CATALOGUE, tr("Catalogue"), keys, False, proposed if proposed in keys else keys[0], False, True
    )
    kinds = [f"{key} ({catalogue.name}): {engine_text(catalogue.note)}" for key, catalogue in CATALOGUES.items()]
    choice.setHelp(" ".join([tr("Where scenes are searched and downloaded."), *kinds]))
    return [
        choice,
        advanced(
            QgsProcessingParameterString(CATALOGUE_URL, tr("Catalogue URL"), None, False, True),
            tr("URL of another STAC API, or the file of a static catalogue; replaces the catalogue."),
        ),
        advanced(
            QgsProcessingParameterString(COLLECTION, tr("Collection"), None, False, True),
            tr("ID of the Sentinel-2 L2A collection. If empty, the catalogue's default is used."),
        ),
        advanced(
            QgsProcessingParameterEnum(FALLBACK_CATALOGUE, tr("Fallback catalogue"), keys, False, None, True, True),
            tr(
                "Used for a whole tile if the first catalogue fails or returns unusually few scenes; recorded in the "
                "report. If empty, no other catalogue is queried."
            ),
        ),
        advanced(
            number_parameter(MAX_SCENES, tr("Maximum scenes per tile"), "max_scenes"),
            tr("More scenes give a more stable map but take longer."),
        ),
        advanced(
            number_parameter(CLEAR_OBSERVATIONS, tr("Clear observations per pixel"), "clear_observations"),
            tr(
                "Target number of cloud-free observations per pixel. Scenes are added until nearly all pixels reach it."
            ),
        ),
        advanced(
            number_parameter(MAX_CLOUD, tr("Maximum cloud cover (%)"), "max_cloud_percent"),
            tr("Scenes with higher cloud cover over the whole tile are ignored."),
        ),
    ]


def search_values(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> dict[str, Any]:
    """The job's values of the parameters of `search_parameters`.

    Parameters
    ----------
    algorithm : the algorithm with these parameters.
    parameters : its values by name; the catalogue's URL comes before its name, that before the one of Allpa's options.
    context : of the run.

    Returns
    -------
    Values by the job's keys: catalogues, collection, numbers of scenes and clear observations, cloud cover in percent.

    Raises
    ------
    JobInvalid : where the catalogue's URL is none, or the fallback catalogue is the catalogue itself.

    """
    url = (algorithm.parameterAsString(parameters, CATALOGUE_URL, context) or "").strip()
    if url and not url.startswith(("http://", "https://")) and not os.path.isfile(url):  # noqa: PTH113 - never raises
        raise JobInvalid(
            tr("The catalogue URL is neither a web address nor a file: {}.").format(url[:_URL_SHOWN]),
            "",
            tr("Enter the URL of a STAC API, beginning with https://, or the file of a static catalogue."),
        )
    key = algorithm.parameterAsEnumString(parameters, CATALOGUE, context)
    catalogue = url or key or settings.CATALOGUE.value()
    fallback = algorithm.parameterAsEnumString(parameters, FALLBACK_CATALOGUE, context) or ""
    if fallback == catalogue:
        raise JobInvalid(
            tr("The fallback catalogue is the catalogue itself: {}.").format(CATALOGUES[fallback].name),
            "",
            tr("Choose another fallback catalogue, or none."),
        )
    return {
        "catalogue": catalogue,
        "catalogue_hours": settings.CATALOGUE_HOURS.value(),
        "fallback_catalogue": fallback,
        "collection": (algorithm.parameterAsString(parameters, COLLECTION, context) or "").strip(),
        "max_scenes": algorithm.parameterAsInt(parameters, MAX_SCENES, context),
        "clear_observations": algorithm.parameterAsInt(parameters, CLEAR_OBSERVATIONS, context),
        "max_cloud_percent": algorithm.parameterAsDouble(parameters, MAX_CLOUD, context),
    }
