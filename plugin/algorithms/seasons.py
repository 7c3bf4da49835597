"""The parameters of seasonal composites: seasons, statistics, which scenes and which pixels."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterString,
)

from ..allpa_engine.core.bands import ALL_BAND_KEYS, BAND_KEYS
from ..allpa_engine.core.errors import JobInvalid
from ..allpa_engine.core.season_keys import DEFAULT_SEASONS, SEASON_SELECTIONS, SEASONAL, SNOW_RULES, STATISTICS
from ..translation import tr
from .parameters import advanced, option_parameter

SEASONS, BANDS, STATISTIC, PERCENTILES = "SEASONS", "BANDS", "STATISTICS", "PERCENTILES"
SELECTION, SEASON_CLOUD, SEASON_MIN, SEASON_MAX = "SELECTION", "SEASON_CLOUD", "SEASON_MIN_SCENES", "SEASON_MAX_SCENES"
DILATION, SNOW, TERRAIN = "MASK_DILATION", "SNOW", "TERRAIN"


def proposed_seasons(*, southern: bool = False) -> str:
    """The usual seasons, as their parameter is written: the same months everywhere, names in QGIS's language.

    Parameters
    ----------
    southern : whether they have the names of the southern hemisphere.

    """
    northern_names = (tr("spring"), tr("summer"), tr("autumn"))
    southern_names = (tr("autumn"), tr("winter"), tr("spring"))
    named = zip(southern_names if southern else northern_names, DEFAULT_SEASONS.values())
    return "; ".join(f"{name}={','.join(map(str, months))}" for name, months in named)


def season_parameters() -> list[QgsProcessingParameterDefinition]:
    """Seasons, bands and statistics, and the advanced ones on scenes and pixels."""
    seasons = QgsProcessingParameterString(SEASONS, tr("Seasons"), proposed_seasons(), True, False)
    seasons.setHelp(
        tr("Name = months, one season per line or divided by ';'. In the southern hemisphere for example "
           "otoño=3,4; invierno=6,7; primavera=10,11, in the tropics lluvias=12,1,2,3; seca=6,7,8.")
    )  # fmt: skip
    bands = QgsProcessingParameterEnum(BANDS, tr("Bands"), list(ALL_BAND_KEYS), True, list(BAND_KEYS), False, True)
    bands.setHelp(tr("More bands take longer to download. AOT and WVP are aerosol and water vapour."))
    statistics = QgsProcessingParameterEnum(
        STATISTIC, tr("Statistics"), list(STATISTICS), True, list(SEASONAL.defaults["statistics"]), True, True
    )
    statistics.setHelp(
        tr("Of the clear observations of each pixel: median, mean, standard deviation (std), medoid (the observation "
           "nearest to all others, all bands of one day).")
    )  # fmt: skip
    percentiles = QgsProcessingParameterString(PERCENTILES, tr("Percentiles"), None, False, True)
    percentiles.setHelp(tr("Numbers from 0 to 100 with commas between, such as 10, 90."))
    return [seasons, bands, statistics, percentiles, *_scene_parameters()]


def _scene_parameters() -> list[QgsProcessingParameterDefinition]:
    defaults = SEASONAL.defaults
    return [
        advanced(
            QgsProcessingParameterEnum(
                SELECTION, tr("Selection of scenes"), list(SEASON_SELECTIONS), False, defaults["selection"], True, True
            ),
            tr("cloud_limit: the clearest scenes below the cloud limit of a season. as_map: as many as the annual map "
               "would take in these months."),
        ),
        advanced(
            option_parameter(SEASON_CLOUD, tr("Cloud limit of a season (%)"), SEASONAL, "max_cloud_percent"),
            tr("Over the region where it is small, else over the whole tile."),
        ),
        advanced(
            option_parameter(SEASON_MIN, tr("Scenes of a season at least"), SEASONAL, "min_scenes"),
            tr("With fewer usable scenes of a tile, those of the month before and after are used too. 0: never."),
        ),
        advanced(
            option_parameter(SEASON_MAX, tr("Scenes of a season at most"), SEASONAL, "max_scenes"),
            tr("Of each tile, with cloud_limit."),
        ),
        advanced(
            QgsProcessingParameterBoolean(DILATION, tr("Dilate cloud mask"), True),
            tr("Also masks pixels around clouds and cloud shadows."),
        ),
        advanced(
            QgsProcessingParameterEnum(SNOW, tr("Snow"), list(SNOW_RULES), False, defaults["snow"], True, True),
            tr("keep: used as any other. leave_out: never used. if_alone: used where a pixel shows nothing else."),
        ),
        advanced(
            QgsProcessingParameterBoolean(TERRAIN, tr("Add elevation, slope and aspect"), True),
            tr("From the elevation raster below, or the Copernicus DEM of the catalogue."),
        ),
    ]  # fmt: skip


def season_values(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> dict[str, Any]:
    """The job's values of the parameters of `season_parameters`.

    Parameters
    ----------
    algorithm : the algorithm with these parameters.
    parameters : its values by name.
    context : of the run.

    Returns
    -------
    The job's keys `seasons`, `bands` and `seasonal`.

    Raises
    ------
    JobInvalid : where seasons or percentiles cannot be read.

    """
    statistics = [
        *algorithm.parameterAsEnumStrings(parameters, STATISTIC, context),
        *parse_percentiles(algorithm.parameterAsString(parameters, PERCENTILES, context) or ""),
    ]
    return {
        "seasons": parse_seasons(algorithm.parameterAsString(parameters, SEASONS, context) or ""),
        "bands": tuple(algorithm.parameterAsEnumStrings(parameters, BANDS, context)),
        "seasonal": {
            "selection": algorithm.parameterAsEnumString(parameters, SELECTION, context),
            "max_cloud_percent": algorithm.parameterAsDouble(parameters, SEASON_CLOUD, context),
            "min_scenes": algorithm.parameterAsInt(parameters, SEASON_MIN, context),
            "max_scenes": algorithm.parameterAsInt(parameters, SEASON_MAX, context),
            "statistics": statistics or list(SEASONAL.defaults["statistics"]),
            "mask_dilation": algorithm.parameterAsBoolean(parameters, DILATION, context),
            "snow": algorithm.parameterAsEnumString(parameters, SNOW, context),
            "terrain": algorithm.parameterAsBoolean(parameters, TERRAIN, context),
        },
    }


def parse_seasons(text: str) -> dict[str, list[int]]:
    """Months by season from a text such as `spring=3,4; summer=6,7`; lines count as well as semicolons.

    Raises
    ------
    JobInvalid
        Where a part is not `name=months`, or a season is named twice.

    """
    seasons: dict[str, list[int]] = {}
    for part in (piece.strip() for line in text.splitlines() for piece in line.split(";")):
        if not part:
            continue
        name, equals, months = (piece.strip() for piece in part.partition("="))
        numbers = months.replace(",", " ").split()
        if not (name and equals and numbers) or not all(number.isdecimal() for number in numbers):
            raise _seasons_error(part)
        if name in seasons:
            raise JobInvalid(tr("The season '{}' is given twice.").format(name))
        seasons[name] = [int(number) for number in numbers]
    if not seasons:
        raise _seasons_error(text)
    return seasons


def _seasons_error(part: str) -> JobInvalid:
    return JobInvalid(
        tr("The seasons cannot be read at '{}'.").format(part),
        tr("They are written as name = months, such as spring=3,4; summer=6,7."),
    )


def parse_percentiles(text: str) -> list[str]:
    """Statistics such as `p10` from a text such as `10, 90`.

    Raises
    ------
    JobInvalid
        Where a part is no number from 0 to 100.

    """
    found = []
    for part in text.replace(";", ",").split(","):
        rank = part.strip().lower().removeprefix("p")
        if not rank:
            continue
        try:
            if not 0 <= float(rank) <= 100:
                raise ValueError(rank)
        except ValueError as error:
            raise JobInvalid(
                tr("The percentile '{}' is no number from 0 to 100.").format(part.strip()), "", tr("Write 10, 90.")
            ) from error
        found.append(f"p{float(rank):g}")
    return found
