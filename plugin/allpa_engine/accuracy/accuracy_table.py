"""Assessments as files: a row per region and class, the matrices, and all figures as JSON for programs."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from typing import Any

from ..areas.csv_table import write_csv
from ..core.atomic import write_json
from ..core.legend import Legend
from ..core.messages import translatable, translate
from .assessment import RegionAccuracy
from .class_names import class_text
from .estimate import AccuracyEstimate, ClassEstimate, Estimate

_FIRST_HEADERS = (
    translatable("region"),
    translatable("zone"),
    translatable("code"),
    translatable("class"),
    translatable("points mapped"),
    translatable("points in the reference"),
)
_QUANTITIES = (
    translatable("user's accuracy (%)"),
    translatable("producer's accuracy (%)"),
    translatable("estimated area (ha)"),
)
_PARTS = (
    translatable("standard error"),
    translatable("95 % from"),
    translatable("95 % to"),
    translatable("classical 95 % from"),
    translatable("classical 95 % to"),
)
_LAST_HEADERS = (translatable("mapped area (ha)"), translatable("mapped less estimated (ha)"))
_OVERALL = translatable("Overall accuracy (%)")
_COUNTS = translatable("points")
_SHARES = translatable("share of the area (%)")
_CORNER = translatable("map \\ reference")
_TOTAL = translatable("Total")
_USERS, _PRODUCERS = translatable("User's accuracy (%)"), translatable("Producer's accuracy (%)")


def estimates_by_zone(region: RegionAccuracy) -> Iterator[tuple[str, AccuracyEstimate]]:
    """The estimates of a region.

    Parameters
    ----------
    region : the assessment.

    Yields
    ------
    For all of it under an empty name, then for each zone.

    """
    yield "", region.estimate
    for zone in region.zones:
        yield zone.name, zone.estimate


def write_accuracy_csv(regions: Sequence[RegionAccuracy], path: str | os.PathLike[str], language: str) -> None:
    """Write one row per region (and zone) and class as CSV: accuracies in percent, areas in hectares.

    The first row of each region holds the overall accuracy in the columns of the user's. What has no estimate is empty.

    Parameters
    ----------
    regions : the assessments.
    path : the file, written whole or not at all.
    language : of headers and names, `en` or `es`.

    Raises
    ------
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    header = [translate(text, language) for text in _FIRST_HEADERS]
    for quantity in _QUANTITIES:
        name = translate(quantity, language)
        header += [name, *(f"{name}: {translate(part, language)}" for part in _PARTS)]
    header += [translate(text, language) for text in _LAST_HEADERS]
    rows = []
    for region in regions:
        for zone, found in estimates_by_zone(region):
            first = [region.name, zone, "", translate(_OVERALL, language), found.point_count, found.point_count]
            rows.append([*first, *_cells(found.overall, 100, 2)])
            rows += [[region.name, zone, *_class_cells(row, language, found.matrix.legend)] for row in found.classes]
    write_csv(path, [header, *rows])


def write_matrix_csv(regions: Sequence[RegionAccuracy], path: str | os.PathLike[str], language: str) -> None:
    """Write the error matrices of each region (and zone) as CSV, in points and in shares of the area.

    Parameters
    ----------
    regions : the assessments.
    path : the file, written whole or not at all.
    language : of names, `en` or `es`.

    Raises
    ------
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    rows: list[list[object]] = []
    for region in regions:
        for zone, found in estimates_by_zone(region):
            title = " · ".join(part for part in (region.name, zone) if part)
            rows += [*_matrix_rows(found, title, language), []]
    write_csv(path, rows)


def write_accuracy_json(regions: Sequence[RegionAccuracy], path: str | os.PathLike[str]) -> None:
    """Write all figures as JSON for programs: English keys, shares from 0 to 1, hectares; what has no estimate is null.

    Parameters
    ----------
    regions : the assessments.
    path : the file, written whole or not at all.

    Raises
    ------
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    write_json(path, {"regions": [region_record(region) for region in regions]})


def region_record(region: RegionAccuracy) -> dict[str, Any]:
    """An assessment as JSON values.

    Parameters
    ----------
    region : the assessment.

    Returns
    -------
    Shares from 0 to 1 and hectares under English keys; what has no estimate is None.

    """
    return {
        "region": region.name,
        "map": region.map_name,
        "sample": region.sample_name,
        "kind": region.design.kind,
        "method": region.design.method,
        "agreement": region.rule,
        "notes": [str(note) for note in region.notes],
        **_estimates_record(region.estimate),
        "zones": [{"zone": zone.name, **_estimates_record(zone.estimate)} for zone in region.zones],
    }


def _estimates_record(found: AccuracyEstimate) -> dict[str, Any]:
    """Estimates as JSON values."""
    matrix = found.matrix
    return {
        "points": found.point_count,
        "total_ha": _number(found.total_ha),
        "overall": _estimate_record(found.overall),
        "codes": list(matrix.codes),
        "counts_map_reference": matrix.total_counts.tolist(),
        "proportions_map_reference": [[_number(value) for value in row] for row in found.proportions.tolist()],
        "proportion_errors_map_reference": [
            [_number(value) for value in row] for row in found.proportion_errors.tolist()
        ],
        "classes": [
            {
                "code": row.code,
                "name": str(class_text(row.code, matrix.legend)),
                "map_points": row.map_points,
                "reference_points": row.reference_points,
                "users": _estimate_record(row.users),
                "producers": _estimate_record(row.producers),
                "area_share": _estimate_record(row.area_share),
                "area_ha": _estimate_record(row.area_ha),
                "mapped_ha": _number(row.mapped_ha),
                "bias_ha": _number(row.bias_ha),
            }
            for row in found.classes
        ],
        "strata": [
            {"name": name, "points": int(points), "pixels": int(pixels), "area_ha": _number(float(area))}
            for name, points, pixels, area in zip(
                matrix.stratum_names, matrix.points, matrix.pixels, matrix.area_ha, strict=True
            )
        ],
        "estimate_notes": [str(note) for note in found.notes],
    }


def _estimate_record(estimate: Estimate) -> dict[str, float | None]:
    return {
        "value": _number(estimate.value),
        "standard_error": _number(estimate.standard_error),
        "low": _number(estimate.low),
        "high": _number(estimate.high),
        "classical_low": _number(estimate.wald_low),
        "classical_high": _number(estimate.wald_high),
    }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 10)


def _cells(estimate: Estimate, factor: float, decimals: int) -> list[str]:
    parts = (
        estimate.value,
        estimate.standard_error,
        estimate.low,
        estimate.high,
        estimate.wald_low,
        estimate.wald_high,
    )
    return ["" if math.isnan(part) else f"{part * factor:.{decimals}f}" for part in parts]


def _class_cells(row: ClassEstimate, language: str, legend: Legend) -> list[object]:
    return [
        row.code,
        translate(class_text(row.code, legend), language),
        row.map_points,
        row.reference_points,
        *_cells(row.users, 100, 2),
        *_cells(row.producers, 100, 2),
        *_cells(row.area_ha, 1, 2),
        f"{row.mapped_ha:.2f}",
        f"{row.bias_ha:.2f}",
    ]


def _matrix_rows(found: AccuracyEstimate, title: str, language: str) -> Iterator[list[object]]:
    names = [translate(class_text(code, found.matrix.legend), language) for code in found.matrix.codes]
    total, corner = translate(_TOTAL, language), translate(_CORNER, language)
    counts, shares = found.matrix.total_counts, 100 * found.proportions
    yield [title, translate(_COUNTS, language)]
    yield [corner, *names, total]
    for name, row in zip(names, counts.tolist(), strict=True):
        yield [name, *row, sum(row)]
    yield [total, *counts.sum(axis=0).tolist(), int(counts.sum())]
    yield []
    yield [title, translate(_SHARES, language)]
    yield [corner, *names, total, translate(_USERS, language)]
    for name, values, row in zip(names, shares.tolist(), found.classes, strict=True):
        yield [name, *(f"{value:.3f}" for value in values), f"{sum(values):.3f}", *_cells(row.users, 100, 2)[:1]]
    yield [total, *(f"{value:.3f}" for value in shares.sum(axis=0)), f"{shares.sum():.3f}"]
    producers = [_cells(row.producers, 100, 2)[0] for row in found.classes]
    yield [translate(_PRODUCERS, language), *producers, "", *_cells(found.overall, 100, 2)[:1]]
