"""The report on accuracy: one HTML file with the sentences, matrices, accuracies and areas of each region."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from types import SimpleNamespace
from typing import Any

from ..accuracy.accuracy_table import estimates_by_zone
from ..accuracy.assessment import RegionAccuracy
from ..accuracy.class_names import class_color, class_text
from ..accuracy.estimate import AccuracyEstimate, ClassEstimate, Estimate
from ..accuracy.zone_estimate_table import METHOD_NAMES, RELEASE_NAMES
from ..core.agreement import ALL, MAJORITY, SINGLE
from ..core.atomic import write_text
from ..core.legend import BUNDLED_LEGEND, Legend
from ..core.messages import Message, area_decimals, format_number, message, translatable, translate
from ..core.sample_schema import IMPORTED, SIMPLE, STRATIFIED, SYSTEMATIC
from .accuracy_picture import matrix_png
from .accuracy_texts import all_notes, area_sentences, overall_sentence
from .page import VERSION_NAMES, base64_text, job_text, template_environment

_METHODS = {
    SIMPLE: translatable("simple random sample, post-stratified by the classes of the map"),
    SYSTEMATIC: translatable("systematic sample, post-stratified by the classes of the map"),
    STRATIFIED: translatable("stratified random sample"),
    IMPORTED: translatable("points that were not drawn by chance"),
}
_RULES = {
    ALL: translatable("all interpreters of a point agree"),
    MAJORITY: translatable("more than half of the interpreters agree"),
    SINGLE: translatable("one interpreter"),
}
_MOST_ZONE_ROWS = 500
"""Of zones and classes in the report; all stand in the CSV file."""


@dataclass(frozen=True)
class AccuracyFacts:
    """The facts of one assessment; the report adds nothing to them."""

    regions: tuple[RegionAccuracy, ...]
    files: tuple[str, ...]
    """Names of the files beside the report."""
    pictures: tuple[bytes, ...] = ()
    """The matrix of each region as PNG; those that are missing are drawn."""
    job: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    language: str = "en"
    zones: tuple[Mapping[str, Any], ...] = ()
    """Estimates of each zone and class (`zone_estimate_table.zone_records`)."""


def write_accuracy_report(facts: AccuracyFacts, path: str | os.PathLike[str]) -> None:
    """Write the report on accuracy as one HTML file that loads nothing from anywhere.

    Parameters
    ----------
    facts : the assessments.
    path : of the HTML file, written whole or not at all.

    Raises
    ------
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    write_text(path, accuracy_html(facts))


def accuracy_html(facts: AccuracyFacts) -> str:
    """The report's HTML.

    Parameters
    ----------
    facts : the assessments.

    Returns
    -------
    A page that loads nothing from anywhere.

    """
    language = facts.language
    first = facts.regions[0]
    return (
        template_environment(language)
        .get_template("accuracy.html")
        .render(
            facts=facts,
            heading=first.name if len(facts.regions) == 1 and first.name else translate(_heading(facts), language),
            first=first,
            overall=_percent_texts(first.estimate.overall, language),
            sections=[
                region_section(region, language, picture)
                for region, picture in zip_longest(facts.regions, facts.pictures)
            ],
            summary=list(_summary_rows(facts)),
            zone_rows=_zone_rows(facts),
            version_names=VERSION_NAMES,
            citation=translate(_citation(facts), language),
            job=job_text(facts.job),
        )
    )


def region_section(region: RegionAccuracy, language: str, picture: bytes | None = None) -> SimpleNamespace:
    """What the report shows of one region.

    Parameters
    ----------
    region : the assessment.
    language : `en` or `es`.
    picture : the matrix as PNG; None draws it.

    Returns
    -------
    Texts, rows and the picture, as the template `accuracy_tables.html` reads them.

    """
    found = region.estimate
    decimals = area_decimals(found.total_ha)
    classes = found.classes
    return SimpleNamespace(
        name=region.name,
        map_name=region.map_name,
        overall=translate(overall_sentence(region), language),
        areas=[translate(text, language) for text in area_sentences(region)],
        picture=base64_text(picture or matrix_png(found, region.name, language)),
        rows=[_class_row(row, decimals, language, found.matrix.legend) for row in classes],
        total_ha=format_number(found.total_ha, decimals, language),
        matrix=_matrix(found, language),
        method=_as_sentence(translate(_method(region), language)),
        strata=_strata(found, decimals, language),
        notes=[translate(note, language) for note in all_notes(region)],
    )


def _as_sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _heading(facts: AccuracyFacts) -> str:
    if len(facts.regions) == 1:
        return facts.regions[0].map_name
    return message("{count} regions", count=len(facts.regions))


def _percent_texts(estimate: Estimate, language: str) -> SimpleNamespace:
    """An accuracy in percent with its standard error and interval."""
    if math.isnan(estimate.value):
        return SimpleNamespace(value="–", error="–", interval="–")
    value, error, low, high = (
        "–" if math.isnan(part) else format_number(100 * part, 1, language)
        for part in (estimate.value, estimate.standard_error, estimate.low, estimate.high)
    )
    return SimpleNamespace(value=value, error=error, interval=f"{low} – {high}")


def _class_row(row: ClassEstimate, decimals: int, language: str, legend: Legend) -> SimpleNamespace:
    def area_text(value: float) -> str:
        return "–" if math.isnan(value) else format_number(value, decimals, language).replace("-", "−")

    area = row.area_ha
    return SimpleNamespace(
        name=translate(class_text(row.code, legend), language),
        color=class_color(row.code, legend),
        map_points=row.map_points,
        reference_points=row.reference_points,
        users=_percent_texts(row.users, language),
        producers=_percent_texts(row.producers, language),
        mapped=area_text(row.mapped_ha),
        area=area_text(area.value),
        error=area_text(area.standard_error),
        interval=f"{area_text(area.low)} – {area_text(area.high)}",
        margin=area_text(area.margin),
        bias=("+" if row.bias_ha > 0 else "") + area_text(row.bias_ha),
    )


def _matrix(found: AccuracyEstimate, language: str) -> SimpleNamespace:
    counts = found.matrix.total_counts
    return SimpleNamespace(
        names=[translate(class_text(code, found.matrix.legend), language) for code in found.matrix.codes],
        counts=counts.tolist(),
        row_sums=counts.sum(axis=1).tolist(),
        column_sums=counts.sum(axis=0).tolist(),
        total=int(counts.sum()),
        shares=(100 * found.proportions).tolist(),
        share_row_sums=(100 * found.proportions.sum(axis=1)).tolist(),
        share_column_sums=(100 * found.proportions.sum(axis=0)).tolist(),
    )


def _method(region: RegionAccuracy) -> Message:
    design = region.design
    return message(
        "{method}; {labelled} of {points} points have a reference class; {rule}.",
        method=_METHODS[design.method],
        labelled=region.estimate.point_count,
        points=sum(stratum.points for stratum in design.strata),
        rule=_RULES[region.rule],
    )


def _strata(found: AccuracyEstimate, decimals: int, language: str) -> list[SimpleNamespace]:
    matrix = found.matrix
    return [
        SimpleNamespace(
            name=translate(name, language),
            points=int(points),
            pixels=format_number(float(pixels), 0, language),
            area=format_number(float(area), decimals, language),
        )
        for name, points, pixels, area in zip(
            matrix.stratum_names, matrix.points, matrix.pixels, matrix.area_ha, strict=True
        )
    ]


def _summary_rows(facts: AccuracyFacts) -> list[SimpleNamespace]:
    """A row for each region and zone, where there are several."""
    rows = [
        SimpleNamespace(
            name=" · ".join(part for part in (region.name or region.map_name, zone) if part),
            points=found.point_count,
            area=format_number(found.total_ha, 0, facts.language),
            overall=_percent_texts(found.overall, facts.language),
            notes=[translate(note, facts.language) for note in found.notes] if zone else [],
        )
        for region in facts.regions
        for zone, found in estimates_by_zone(region)
    ]
    return rows if len(rows) > 1 else []


def _zone_rows(facts: AccuracyFacts) -> list[SimpleNamespace]:
    """A row for each zone and class; none where there are more than a page can show."""
    if len(facts.zones) > _MOST_ZONE_ROWS:
        return []
    language = facts.language
    legend = facts.regions[0].design.legend if facts.regions else BUNDLED_LEGEND
    numbers = dict.fromkeys(record["zone"] for record in facts.zones)  # zones in their order; names may repeat
    rows = []
    for record in facts.zones:
        decimals = area_decimals((record["mapped_ha"] or 0.0) + (record["area_ha"] or 0.0))
        mapped, area, low, high = (
            "–" if record[key] is None else format_number(record[key], decimals, language)
            for key in ("mapped_ha", "area_ha", "low_ha", "high_ha")
        )
        rows.append(
            SimpleNamespace(
                number=list(numbers).index(record["zone"]),
                zone=translate(record["zone_name"] or record["zone"], language),
                name=translate(class_text(record["code"], legend), language),
                color=class_color(record["code"], legend),
                mapped=mapped,
                area=area,
                interval=f"{low} – {high}",
                points=record["points"],
                method=translate(METHOD_NAMES[record["method"]], language),
                release=translate(RELEASE_NAMES[record["release"]], language),
            )
        )
    return rows


def _citation(facts: AccuracyFacts) -> Message:
    region = facts.regions[0]
    return message(
        "{heading}: accuracy of {map}, estimated from {points} reference points with Allpa {version} (Olofsson et al. "
        "2014; Stehman 2014).",
        heading=region.name or translatable("Region"),
        map=", ".join(dict.fromkeys(region.map_name for region in facts.regions)),
        points=sum(region.estimate.point_count for region in facts.regions),
        version=facts.versions.get("allpa", ""),
    )
