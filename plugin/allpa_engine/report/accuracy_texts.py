"""Sentences on accuracy and area that can be printed as they are."""

from __future__ import annotations

import math

from ..accuracy.assessment import RegionAccuracy
from ..accuracy.class_names import class_text
from ..accuracy.estimate import AccuracyEstimate, ClassEstimate, Estimate
from ..core.legend import Legend, pair_base
from ..core.messages import Message, message
from ..core.sample_schema import CHANGE

_TENTH = 0.1


def overall_sentence(region: RegionAccuracy) -> Message:
    """The overall accuracy in a sentence; a sample that was not drawn by chance has no interval in it.

    Parameters
    ----------
    region : the assessment.

    Returns
    -------
    Such as: Overall accuracy is 84.2 % (95 % interval 80.9 to 87.1 %), estimated from 600 points.

    """
    overall, count = region.estimate.overall, region.estimate.point_count
    if math.isnan(overall.value):
        return message("The overall accuracy cannot be estimated.")
    if not region.design.is_probability_sample:
        return message(
            "Map and reference agree in {value:.1f} % by area ({count} points, not drawn by chance).",
            value=100 * overall.value,
            count=count,
        )
    return message(
        "Overall accuracy is {value:.1f} % (95 % interval {low:.1f} to {high:.1f} %), estimated from {count} points.",
        value=100 * overall.value,
        low=100 * overall.low,
        high=100 * overall.high,
        count=count,
    )


def area_sentences(region: RegionAccuracy) -> list[Message]:
    """The areas of the classes in sentences; of a sample of change, those of the transitions.

    Parameters
    ----------
    region : the assessment.

    Returns
    -------
    One for each class, in the order of the codes; land that did not change is left out.

    """
    kind, is_random = region.design.kind, region.design.is_probability_sample
    legend = region.design.legend
    return [
        _area_sentence(row, legend, kind, is_random=is_random)
        for row in region.estimate.classes
        if kind != CHANGE or len(set(divmod(row.code, pair_base(legend)))) > 1
    ]


def _area_sentence(row: ClassEstimate, legend: Legend, kind: str = "", *, is_random: bool = True) -> Message:
    """The area of a class in a sentence, rounded as its interval deserves, with what the map shows.

    Parameters
    ----------
    row : the class.
    legend : of the map.
    kind : of the sample, of `core.sample_schema`; mapped change is not judged.
    is_random : whether the points were drawn by chance; an interval of others says nothing of the map.

    Returns
    -------
    Such as: Crops: 34,100 ha (95 % interval 31,800 to 36,500 ha). The map shows 29,900 ha, which is too little.

    """
    area = row.area_ha
    if math.isnan(area.value):
        return message("The area of {name} cannot be estimated.", name=class_text(row.code, legend))
    values = hectares_between(area) | {
        "name": class_text(row.code, legend),
        "mapped": hectares(row.mapped_ha, _rounding_step(area)),
    }
    if not is_random:
        return message(
            "{name}: {area} by these points, which were not drawn by chance. The map shows {mapped}.", **values
        )
    if kind != CHANGE and row.mapped_ha < area.low:
        return message(
            "{name}: {area} (95 % interval {low} to {high}). The map shows {mapped}, which is too little.", **values
        )
    if kind != CHANGE and row.mapped_ha > area.high:
        return message(
            "{name}: {area} (95 % interval {low} to {high}). The map shows {mapped}, which is too much.", **values
        )
    return message("{name}: {area} (95 % interval {low} to {high}). The map shows {mapped}.", **values)


def hectares_between(area: Estimate) -> dict[str, Message]:
    """An area and the bounds of its interval as texts, rounded as the interval deserves.

    Parameters
    ----------
    area : in hectares.

    Returns
    -------
    `area` and `high` with the unit, and `low` without, for the fields of templates.

    """
    step = _rounding_step(area)
    return {
        "area": hectares(area.value, step),
        "low": hectares(area.low, step, has_unit=False),
        "high": hectares(area.high, step),
    }


def hectares(value: float, step: float, *, has_unit: bool = True) -> Message:
    """An area as a text, rounded.

    Parameters
    ----------
    value : hectares.
    step : power of ten, of which the result is a multiple.
    has_unit : whether `ha` follows.

    Returns
    -------
    The text, without decimals from a step of 1 ha on.

    Examples
    --------
    >>> hectares(34123.4, 100.0), hectares(0.126, 0.01, has_unit=False)
    ('34,100 ha', '0.13')

    """
    number = _rounded(value, step)
    if step >= 1:
        text = message("{value:,.0f}", value=number)
    else:
        text = message("{value:,.1f}", value=number) if step >= _TENTH else message("{value:,.2f}", value=number)
    return message("{area} ha", area=text) if has_unit else text


def _rounding_step(area: Estimate) -> float:
    """The step to which an area is rounded: two digits of half the width of its interval.

    Examples
    --------
    >>> _rounding_step(Estimate(34123.0, 1200.0, 31800.0, 36500.0, 31771.0, 36475.0))
    100.0

    """
    half_width = (area.high - area.low) / 2
    if not half_width > 0:
        return 0.01
    return float(max(10.0 ** (math.floor(math.log10(half_width)) - 1), 0.01))


def _rounded(value: float, step: float) -> float:
    """A value as a multiple of a power of ten.

    Examples
    --------
    >>> _rounded(34123.4, 100.0), _rounded(0.126, 0.01)
    (34100.0, 0.13)

    """
    return value if math.isnan(value) else round(value, -round(math.log10(step)))


def all_notes(region: RegionAccuracy) -> tuple[Message, ...]:
    """What a reader must know of a region's assessment, without repetition.

    Parameters
    ----------
    region : the assessment.

    Returns
    -------
    Notes on design, labels and estimates, in this order.

    """
    found: AccuracyEstimate = region.estimate
    return tuple(dict.fromkeys((*region.notes, *found.notes)))
