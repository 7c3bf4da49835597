"""The maps that a comparison reads: their files, their quality rasters and the names of their periods."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterString,
)

from ..allpa_engine.core.composite_keys import ALIGNMENTS, REFUSE
from ..allpa_engine.core.errors import JobInvalid
from ..allpa_engine.core.legend import CLOUDS, LEGEND
from ..translation import tr
from .own_classes import class_code
from .parameters import advanced
from .rasters import raster_file

INPUTS, QUALITIES, PERIODS, ALIGN, CLASS = "INPUTS", "QUALITIES", "PERIODS", "ALIGN", "CLASS"
_PERIOD = re.compile(r"(?<!\d)(?:(?:19|20)\d{6}-(?:19|20)\d{6}|(?:19|20)\d{2})(?!\d)")
"""In a name: `2020`, or `20200401-20200930`."""
NO_CLASS = "none"
_CLASSES = {NO_CLASS: 0} | {land_class.name: land_class.code for land_class in LEGEND if land_class.code != CLOUDS}
_FILE_NAME_PART = re.compile(r"[\w.-]+")
"""Periods become parts of file names."""


@dataclass(frozen=True)
class ComparedMaps:
    """The maps by period; their order in time is that of the periods' names."""

    maps: dict[str, str]
    """Absolute paths."""
    qualities: dict[str, str]
    """Of the periods whose quality raster is known."""


def comparison_parameters() -> list[QgsProcessingParameterDefinition]:
    """The maps, and the advanced parameters that describe them."""
    rasters = QgsProcessing.SourceType.TypeRaster
    maps = QgsProcessingParameterMultipleLayers(INPUTS, tr("Land-cover maps"), rasters)
    maps.setMinimumNumberInputs(2)
    maps.setHelp(
        tr(
            "Two or more maps of the same region that Allpa wrote. They are ordered by the year or period in their "
            "file names; where these have none, list them in chronological order."
        )
    )
    qualities = QgsProcessingParameterMultipleLayers(QUALITIES, tr("Quality rasters"), rasters, None, True)
    return [
        maps,
        advanced(
            qualities,
            tr(
                "One per map, in map order: they show where a change is confident. If empty, quality_PERIOD.tif beside "
                "landcover_PERIOD.tif is used where it exists."
            ),
        ),
        advanced(
            QgsProcessingParameterString(PERIODS, tr("Period names"), None, False, True),
            tr("One per map, in map order, e.g. 2018;2020. If empty, they are read from the file names."),
        ),
        advanced(
            QgsProcessingParameterEnum(ALIGN, tr("Grid alignment"), list(ALIGNMENTS), False, REFUSE, True, True),
            tr(
                "How to handle maps on different grids: refuse them, resample to the first map's grid, or to the "
                "finest grid. Resampling takes the nearest pixel, or the most frequent class where a map's pixels are "
                "much finer; the report says which. Shifts of half a pixel look like change along class borders."
            ),
        ),
    ]


def class_parameter() -> QgsProcessingParameterDefinition:
    """The class to analyse; by its English name in any language, so that commands work everywhere."""
    parameter = QgsProcessingParameterEnum(CLASS, tr("Class to analyse"), list(_CLASSES), False, NO_CLASS, True, True)
    parameter.setHelp(
        tr(
            "Adds a raster of loss, gain and persistence of this class, and a table of its transitions, such as trees "
            "lost or built area gained."
        )
    )
    return parameter


def selected_class_code(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> int:
    """Code of the class to analyse.

    Parameters
    ----------
    algorithm : the algorithm with the parameter `CLASS`.
    parameters : its values by name.
    context : of the run.

    Returns
    -------
    Of the list without Clouds, or of a class of the user's; 0 where no class is chosen.

    """
    listed = _CLASSES.get(algorithm.parameterAsEnumString(parameters, CLASS, context), 0)
    return class_code(algorithm, parameters, context, listed)


def maps_to_compare(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> ComparedMaps:
    """The maps that the parameters name, with their periods and quality rasters.

    Parameters
    ----------
    algorithm : the algorithm with the parameters of `comparison_parameters`.
    parameters : its values by name; periods that are not given are read off the maps' file names.
    context : of the run.

    Returns
    -------
    Paths of maps and quality rasters by period.

    Raises
    ------
    RasterInvalid : where a raster is not a file.
    JobInvalid : where there are less than two maps, or periods or quality rasters do not fit them.

    """
    maps = _files(algorithm, parameters, INPUTS, context)
    if len(maps) < 2:
        raise JobInvalid(
            tr("At least two maps are needed."), tr("{} given.").format(len(maps)), tr("Choose more maps.")
        )
    periods = _parse_periods(algorithm.parameterAsString(parameters, PERIODS, context) or "", len(maps))
    periods = periods or periods_from_file_names(maps)
    qualities: list[Path | None] = [*_files(algorithm, parameters, QUALITIES, context)]
    qualities = qualities or [_find_quality_raster(path) for path in maps]
    if len(qualities) != len(maps):
        raise JobInvalid(
            tr("There must be one quality raster for each map."),
            tr("{} given for {} maps.").format(len(qualities), len(maps)),
        )
    return ComparedMaps(
        {period: str(path) for period, path in zip(periods, maps)},
        {period: str(path) for period, path in zip(periods, qualities) if path is not None},
    )


def periods_from_file_names(maps: list[Path]) -> list[str]:
    """The maps' periods by their files' names; their numbers where a name has none, or two have the same."""
    found = [_PERIOD.findall(path.stem) for path in maps]
    periods = [matches[-1] for matches in found if matches]
    if len(set(periods)) == len(maps):
        return periods
    digits = len(str(len(maps)))
    return [f"{number:0{digits}d}" for number in range(1, len(maps) + 1)]


def _parse_periods(text: str, count: int) -> list[str]:
    periods = [name.strip() for name in text.split(";") if name.strip()]
    if not periods:
        return []
    next_step = tr("Give one name for each map, such as 2018;2020, which sort in the order of time.")
    if len(periods) != count or not all(_FILE_NAME_PART.fullmatch(name) for name in periods):
        raise JobInvalid(tr("The names of the periods cannot be used: {}.").format(text), "", next_step)
    if periods != sorted(set(periods)):
        raise JobInvalid(tr("The names of the periods do not sort in the order of the maps."), text, next_step)
    return periods


def _files(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], name: str, context: QgsProcessingContext
) -> list[Path]:
    value = parameters.get(name)
    layers = algorithm.parameterAsLayerList(parameters, name, context)
    if isinstance(value, (list, tuple)) and len(value) != len(layers):
        return [raster_file(None)]  # QGIS leaves out what it cannot open
    return [raster_file(layer) for layer in layers]


def _find_quality_raster(landcover: Path) -> Path | None:
    """The quality raster of the same run."""
    if not landcover.stem.startswith("landcover_"):
        return None
    path = landcover.with_name(landcover.name.replace("landcover_", "quality_", 1))
    return path if path.is_file() else None
