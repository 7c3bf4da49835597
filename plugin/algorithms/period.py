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
from ..allpa_engine.core.job_checks import SENTINEL2_START
from ..translation import tr
from .parameters import advanced, is_given

YEAR, START, END = "YEAR", "START", "END"


def period_parameters() -> list[QgsProcessingParameterDefinition]:
    """Year, and the two days that may replace it."""
    year = QgsProcessingParameterNumber(
        YEAR,
        tr("Year"),
        QgsProcessingParameterNumber.Type.Integer,
        date.today().year - 1,
        False,
        SENTINEL2_START.year,
        date.today().year,
    )
    year.setHelp(tr("Calendar year of the map, 2015 or later. If empty, last year."))
    kind = QgsProcessingParameterDateTime.Type.Date
    start = QgsProcessingParameterDateTime(START, tr("Start date (replaces the year)"), kind, None, True)
    end = QgsProcessingParameterDateTime(END, tr("End date (replaces the year)"), kind, None, True)
    return [
        year,
        advanced(start, tr("First day of the period, e.g. 2020-04-01. Requires the end date.")),
        advanced(end, tr("Last day of the period, inclusive.")),
    ]


def period_dates(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> tuple[str, str]:
    """First and last day of the period.

    Parameters
    ----------
    algorithm : the algorithm with the parameters of `period_parameters`.
    parameters : its values by name; the two dates, where both are given, replace the year.
    context : of the run.

    Returns
    -------
    Both days as ISO 8601, such as `2020-01-01` and `2020-12-31`.

    Raises
    ------
    PeriodInvalid : where one day is missing or unreadable, they are swapped, or the period is before Sentinel-2 or has
        not begun.

    """
    given = [name for name in (START, END) if is_given(parameters, name)]
    if len(given) == 1:
        raise PeriodInvalid(tr("A period needs both a start and an end date."), tr("Only {} is set.").format(given[0]))
    if given:
        first, last = (_day(algorithm, parameters, context, name) for name in (START, END))
    else:
        year = algorithm.parameterAsInt(parameters, YEAR, context)
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
            tr("The date {} cannot be read: {}.").format(name, parameters.get(name)), "", tr("Write it as 2020-04-01.")
        )
    return date(date_time.date().year(), date_time.date().month(), date_time.date().day())
