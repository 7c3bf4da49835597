"""The period of a job: a year, or a first and a last day that replace it."""

from __future__ import annotations

from datetime import date
from typing import Any

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingParameterDateTime,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterNumber,
)

from ..allpa_engine.core.errors import PeriodInvalid
from ..allpa_engine.core.job import SENTINEL2_START
from ..translation import tr
from .region import is_given

YEAR, START, END = "YEAR", "START", "END"


def period_parameters() -> list[QgsProcessingParameterDefinition]:
    """Year, and the two days that may replace it."""
    year = QgsProcessingParameterNumber(
        YEAR,
        tr("Year"),
        QgsProcessingParameterNumber.Type.Integer,
        date.today().year - 1,
        True,
        SENTINEL2_START.year,
        2100,
    )
    year.setHelp(tr("Calendar year of the map, 2015 or later."))
    kind = QgsProcessingParameterDateTime.Type.Date
    start = QgsProcessingParameterDateTime(START, tr("First day (replaces the year)"), kind, None, True)
    start.setHelp(tr("First day of the period, such as 2020-04-01; give the last day too."))
    end = QgsProcessingParameterDateTime(END, tr("Last day (replaces the year)"), kind, None, True)
    end.setHelp(tr("Last day of the period, inclusive."))
    for each in (start, end):
        each.setFlags(each.flags() | QgsProcessingParameterDefinition.Flag.FlagAdvanced)
    return [year, start, end]


def period_dates(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> tuple[str, str]:
    """First and last day, ISO 8601.

    Raises
    ------
    PeriodInvalid : where one day is missing or unreadable, they are swapped, or the period is before Sentinel-2 or
        has not begun.

    """
    given = [name for name in (START, END) if is_given(parameters, name)]
    if len(given) == 1:
        raise PeriodInvalid(
            tr("A period needs both its first and its last day."), tr("Only {} is given.").format(given[0])
        )
    if given:
        first, last = (_day(algorithm, parameters, context, name) for name in (START, END))
    else:
        year = algorithm.parameterAsInt(parameters, YEAR, context)
        if not SENTINEL2_START.year <= year <= date.max.year:
            raise PeriodInvalid(
                tr("The year {} lies before Sentinel-2.").format(year), tr("The first images are of June 2015.")
            )
        first, last = date(year, 1, 1), date(year, 12, 31)
    if first > last:
        raise PeriodInvalid(tr("The period ends before it starts."), tr("It runs from {} to {}.").format(first, last))
    if last < SENTINEL2_START:
        raise PeriodInvalid(tr("The period lies before Sentinel-2."), tr("The first images are of June 2015."))
    if first > date.today():
        raise PeriodInvalid(tr("The period has not begun yet."), tr("It starts on {}.").format(first))
    return first.isoformat(), last.isoformat()


def _day(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext, name: str
) -> date:
    date_time = algorithm.parameterAsDateTime(parameters, name, context)
    if not date_time.isValid():
        raise PeriodInvalid(
            tr("The day {} cannot be read: {}.").format(name, parameters.get(name)), "", tr("Write it as 2020-04-01.")
        )
    return date(date_time.date().year(), date_time.date().month(), date_time.date().day())
