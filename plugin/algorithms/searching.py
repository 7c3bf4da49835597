"""The parameters that decide which scenes are used: catalogue, collection, clouds, how many."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)

from .. import settings
from ..allpa_engine.core.catalogues import CATALOGUES
from ..allpa_engine.core.errors import JobInvalid
from ..allpa_engine.core.job import Job
from ..translation import tr
from .merging import advanced, with_decimals

CATALOGUE, CATALOGUE_URL, COLLECTION = "CATALOGUE", "CATALOGUE_URL", "COLLECTION"
FALLBACK_CATALOGUE = "FALLBACK_CATALOGUE"
MAX_SCENES, CLEAR_OBSERVATIONS, MAX_CLOUD = "MAX_SCENES", "CLEAR_OBSERVATIONS", "MAX_CLOUD"


def search_parameters() -> list[QgsProcessingParameterDefinition]:
    """The catalogue, and the advanced rule by which scenes are chosen."""
    keys = list(CATALOGUES)
    proposed = settings.CATALOGUE.value()
    integer = QgsProcessingParameterNumber.Type.Integer
    double = QgsProcessingParameterNumber.Type.Double
    catalogue = QgsProcessingParameterEnum(
        CATALOGUE, tr("Catalogue"), keys, False, proposed if proposed in keys else keys[0], True, True
    )
    kinds = [f"{key} ({each.name}): {tr(each.note)}" for key, each in CATALOGUES.items()]
    catalogue.setHelp(" ".join([tr("Where scenes are searched and fetched."), *kinds]))
    return [
        catalogue,
        advanced(
            QgsProcessingParameterString(CATALOGUE_URL, tr("Address of another catalogue"), None, False, True),
            tr("URL of another STAC API, or the file of a static catalogue; replaces the catalogue."),
        ),
        advanced(
            QgsProcessingParameterString(COLLECTION, tr("Collection"), None, False, True),
            tr("Id of the collection of Sentinel-2 L2A scenes; empty takes the catalogue's own."),
        ),
        advanced(
            QgsProcessingParameterEnum(FALLBACK_CATALOGUE, tr("Second catalogue"), keys, False, None, True, True),
            tr(
                "Takes over whole tiles where the first catalogue does not answer or knows suspiciously few scenes; "
                "the report says so. None asks no other."
            ),
        ),
        advanced(
            QgsProcessingParameterNumber(
                MAX_SCENES, tr("Most scenes per tile"), integer, Job.max_scenes, False, 1, 400
            ),
            tr("More scenes give a steadier map and take longer."),
        ),
        advanced(
            QgsProcessingParameterNumber(
                CLEAR_OBSERVATIONS, tr("Clear observations per pixel"), integer, Job.clear_observations, False, 1, 100
            ),
            tr("Scenes are added until nearly every pixel was seen so often without clouds."),
        ),
        advanced(
            with_decimals(
                QgsProcessingParameterNumber(
                    MAX_CLOUD, tr("Most cloud in a scene (percent)"), double, Job.max_cloud_percent, False, 0, 100
                ),
                1,
            ),
            tr("Scenes with more cloud over their whole tile are not looked at."),
        ),
    ]


def search_values(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> dict[str, Any]:
    """The job's values of these parameters.

    Raises
    ------
    JobInvalid : where the catalogue's address is none, or the second catalogue is the first.

    """
    url = (algorithm.parameterAsString(parameters, CATALOGUE_URL, context) or "").strip()
    if url and not url.startswith(("http://", "https://")) and not Path(url).is_file():
        raise JobInvalid(
            tr("The catalogue's address is neither a web address nor a file: {}.").format(url),
            "",
            tr("Give the address of a STAC API, beginning with https://, or the file of a static catalogue."),
        )
    key = algorithm.parameterAsEnumString(parameters, CATALOGUE, context)
    catalogue = url or key or settings.CATALOGUE.value()
    fallback = algorithm.parameterAsEnumString(parameters, FALLBACK_CATALOGUE, context) or ""
    if fallback == catalogue:
        raise JobInvalid(
            tr("The second catalogue is the first one: {}.").format(CATALOGUES[fallback].name),
            "",
            tr("Choose another one as the second, or none."),
        )
    return {
        "catalogue": catalogue,
        "fallback_catalogue": fallback,
        "collection": (algorithm.parameterAsString(parameters, COLLECTION, context) or "").strip(),
        "max_scenes": algorithm.parameterAsInt(parameters, MAX_SCENES, context),
        "clear_observations": algorithm.parameterAsInt(parameters, CLEAR_OBSERVATIONS, context),
        "max_cloud_percent": algorithm.parameterAsDouble(parameters, MAX_CLOUD, context),
    }
