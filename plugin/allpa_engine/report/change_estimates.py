"""What a labelled sample says of change: sentences, and the rows that the report on change shows."""

from __future__ import annotations

from types import SimpleNamespace

from ..accuracy.assessment import RegionAccuracy
from ..accuracy.class_names import class_color, class_text
from ..accuracy.estimate import Estimate
from ..change.estimated import EstimatedChange, EstimatedClassChange, estimate_change
from ..core.legend import Legend
from ..core.messages import Message, message, translate
from .accuracy_texts import hectares_between, overall_sentence


def change_sentences(assessment: RegionAccuracy) -> list[Message]:
    """The estimated change in sentences: in all, and by class.

    Parameters
    ----------
    assessment : of a change raster.

    Returns
    -------
    Such as: Change of class is estimated at 1,240 ha (95 % interval 980 to 1,560 ha).

    """
    estimated = estimate_change(assessment.estimate.matrix)
    changed = message(
        "Change of class is estimated at {area} (95 % interval {low} to {high}).",
        **hectares_between(estimated.changed_ha),
    )
    return [
        changed,
        *(_class_sentence(row, assessment.design.legend) for row in estimated.classes),
        overall_sentence(assessment),
    ]


def _class_sentence(row: EstimatedClassChange, legend: Legend) -> Message:
    parts = {
        f"{name}_{field}": text
        for name, estimate in (("gain", row.gain_ha), ("loss", row.loss_ha), ("net", row.net_ha))
        for field, text in hectares_between(estimate).items()
    }
    return message(
        "{name}: gain {gain_area} ({gain_low} to {gain_high}), loss {loss_area} ({loss_low} to {loss_high}), net "
        "{net_area} ({net_low} to {net_high}).",
        name=class_text(row.code, legend),
        **parts,
    )


def change_section(assessment: RegionAccuracy, language: str) -> SimpleNamespace:
    """What the report on change shows of its assessment.

    Parameters
    ----------
    assessment : of a change raster.
    language : `en` or `es`.

    Returns
    -------
    The sentences, and a row for each class with its gain, loss and net in hectares.

    """
    legend = assessment.design.legend
    estimated: EstimatedChange = estimate_change(assessment.estimate.matrix)
    first, *_, overall = change_sentences(assessment)
    return SimpleNamespace(
        changed=translate(first, language),
        overall=translate(overall, language),
        points=assessment.estimate.point_count,
        rows=[
            SimpleNamespace(
                name=translate(class_text(row.code, legend), language),
                color=class_color(row.code, legend),
                cells=[_cell(part, language) for part in (row.gain_ha, row.loss_ha, row.net_ha)],
            )
            for row in estimated.classes
        ],
    )


def _cell(estimate: Estimate, language: str) -> SimpleNamespace:
    texts = {name: translate(text, language) for name, text in hectares_between(estimate).items()}
    bounds = message("{low} to {high}", low=texts["low"], high=texts["high"])
    value, interval = (text.replace("-", "−") for text in (texts["area"], translate(bounds, language)))
    return SimpleNamespace(value=value, interval=interval)
