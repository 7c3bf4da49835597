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

from ..allpa_engine.core.errors import JobInvalid
from ..allpa_engine.core.job import ALIGNMENTS, REFUSE
from ..allpa_engine.core.legend import CLOUDS, LEGEND
from ..translation import tr
from .merging import advanced
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
    """The maps, and the advanced parameters that say more of them."""
    rasters = QgsProcessing.SourceType.TypeRaster
    maps = QgsProcessingParameterMultipleLayers(INPUTS, tr("Land-cover maps"), rasters)
    maps.setMinimumNumberInputs(2)
    maps.setHelp(
        tr(
            "Two or more maps of the same region that Allpa wrote. They are ordered by the year or period in their "
            "files' names; where that does not tell them apart, they must be given in the order of time."
        )
    )
    qualities = QgsProcessingParameterMultipleLayers(QUALITIES, tr("Quality rasters"), rasters, None, True)
    return [
        maps,
        advanced(
            qualities,
            tr(
                "One for each map, in the order of the maps: they tell where a change is confident. Left out, "
                "quality_PERIOD.tif beside landcover_PERIOD.tif is taken where it exists."
            ),
        ),
        advanced(
            QgsProcessingParameterString(PERIODS, tr("Names of the periods"), None, False, True),
            tr("One for each map, in the order of the maps, such as 2018;2020; left out, they are read off the files."),
        ),
        advanced(
            QgsProcessingParameterEnum(
                ALIGN, tr("Maps on different grids"), list(ALIGNMENTS), False, REFUSE, True, True
            ),
            tr(
                "They are refused, or all read on the grid of the first one, or on the finest of their grids: by "
                "nearest pixel, or by the most frequent class where a map's pixels are much finer. The report says "
                "how. Shifts of half a pixel look like change along the borders of classes."
            ),
        ),
    ]


def class_parameter() -> QgsProcessingParameterDefinition:
    """The class to be looked at by itself; by its English name in any language, so that commands hold."""
    parameter = QgsProcessingParameterEnum(
        CLASS, tr("One class by itself"), list(_CLASSES), False, NO_CLASS, True, True
    )
    parameter.setHelp(
        tr(
            "Adds a raster of where this class was lost, gained and kept, and a table of what it became and came "
            "from, such as trees lost or built area gained."
        )
    )
    return parameter


def selected_class_code(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> int:
    """Code of the class to be looked at by itself; 0 where there is none."""
    return _CLASSES.get(algorithm.parameterAsEnumString(parameters, CLASS, context), 0)


def maps_to_compare(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> ComparedMaps:
    """The maps that these parameters give.

    Raises
    ------
    RasterInvalid : where a raster is not a file.
    JobInvalid : where there are less than two maps, or periods or quality rasters do not fit them.

    """
    maps = _files(algorithm, parameters, INPUTS, context)
    if len(maps) < 2:
        raise JobInvalid(
            tr("A comparison needs two maps at least."), tr("Given are {}.").format(len(maps)), tr("Choose more maps.")
        )
    periods = _parse_periods(algorithm.parameterAsString(parameters, PERIODS, context) or "", len(maps))
    periods = periods or periods_from_file_names(maps)
    given: list[Path | None] = [*_files(algorithm, parameters, QUALITIES, context)]
    qualities = given or [_find_quality_raster(each) for each in maps]
    if len(qualities) != len(maps):
        raise JobInvalid(
            tr("There must be one quality raster for each map."),
            tr("Given are {} for {} maps.").format(len(qualities), len(maps)),
        )
    return ComparedMaps(
        {period: str(path) for period, path in zip(periods, maps)},
        {period: str(path) for period, path in zip(periods, qualities) if path is not None},
    )


def periods_from_file_names(maps: list[Path]) -> list[str]:
    """The maps' periods by their files' names; their numbers where a name tells none, or two tell the same."""
    found = [_PERIOD.findall(path.stem) for path in maps]
    periods = [each[-1] for each in found if each]
    if len(set(periods)) == len(maps):
        return periods
    digits = len(str(len(maps)))
    return [f"{number:0{digits}d}" for number in range(1, len(maps) + 1)]


def _parse_periods(text: str, count: int) -> list[str]:
    periods = [each.strip() for each in text.split(";") if each.strip()]
    if not periods:
        return []
    next_step = tr("Give one name for each map, such as 2018;2020, which sort in the order of time.")
    if len(periods) != count or not all(_FILE_NAME_PART.fullmatch(each) for each in periods):
        raise JobInvalid(tr("The names of the periods cannot be used: {}.").format(text), "", next_step)
    if periods != sorted(set(periods)):
        raise JobInvalid(tr("The names of the periods do not sort in the order of the maps."), text, next_step)
    return periods


def _files(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], name: str, context: QgsProcessingContext
) -> list[Path]:
    given = parameters.get(name)
    layers = algorithm.parameterAsLayerList(parameters, name, context)
    if isinstance(given, (list, tuple)) and len(given) != len(layers):
        return [raster_file(None)]  # QGIS leaves out what it cannot open
    return [raster_file(layer) for layer in layers]


def _find_quality_raster(landcover: Path) -> Path | None:
    """The quality raster of the same run."""
    if not landcover.stem.startswith("landcover_"):
        return None
    path = landcover.with_name(landcover.name.replace("landcover_", "quality_", 1))
    return path if path.is_file() else None
