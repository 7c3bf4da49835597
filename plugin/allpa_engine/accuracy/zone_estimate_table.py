"""The table of zones as files: zone, class, mapped and estimated hectares with interval, points, method, release."""

from __future__ import annotations

import math
import os
from typing import Any

from ..areas.csv_table import write_csv
from ..core.atomic import write_json
from ..core.legend import Legend
from ..core.messages import message, translatable, translate
from ..core.sample_keys import (
    COMPOSITE,
    DIRECT,
    POST_STRATIFIED,
    PREDICTION_POWERED,
    REGRESSION,
    SYNTHETIC,
    TUNED,
)
from .class_names import class_text
from .zone_estimate import CAUTION, CAUTION_CV, CAUTION_POINTS, PUBLISH, WITHHOLD, WITHHOLD_CV, ZoneEstimates

METHOD_NAMES = {
    DIRECT: translatable("direct"),
    POST_STRATIFIED: translatable("post-stratified"),
    REGRESSION: translatable("regression"),
    PREDICTION_POWERED: translatable("prediction-powered"),
    TUNED: translatable("prediction-powered, tuned"),
    SYNTHETIC: translatable("synthetic"),
    COMPOSITE: translatable("composite"),
}
RELEASE_NAMES = {
    PUBLISH: translatable("publish"),
    CAUTION: translatable("publish with a warning"),
    WITHHOLD: translatable("do not publish"),
}
OUTSIDE, WHOLE = translatable("Outside all zones"), translatable("Whole map")
_HEADERS = (
    translatable("zone"),
    translatable("name"),
    translatable("code"),
    translatable("class"),
    translatable("mapped (ha)"),
    translatable("estimated (ha)"),
    translatable("95 % interval from (ha)"),
    translatable("to (ha)"),
    translatable("coefficient of variation (%)"),
    translatable("points"),
    translatable("method"),
    translatable("release"),
)
_RELEASE_RULE = translatable(
    "Release: estimates with a coefficient of variation of at most {caution:.1f} % may be published, up to "
    "{withhold:.1f} % with a warning, others not (rule of Statistics Canada); with fewer than {points} labelled points "
    "in the zone with a warning at best, without any not at all."
)


def zone_records(estimates: ZoneEstimates) -> list[dict[str, Any]]:
    """The estimates as JSON values, a record for each zone and class.

    Parameters
    ----------
    estimates : from `estimate_zones`.

    Returns
    -------
    Records with English keys; numbers that are not known are None. Classes that a zone neither has on the map nor in
    its estimate are left out.

    """
    records = []
    for zone, (key, name, method, release) in enumerate(
        zip(estimates.zone_keys, estimates.zone_names, estimates.methods, estimates.release(), strict=True)
    ):
        is_rest = estimates.has_rest and zone == len(estimates.zone_keys) - 1
        for index, code in enumerate(estimates.codes):
            values = {
                "mapped_ha": estimates.mapped_ha[zone, index],
                "area_ha": estimates.area_ha[zone, index],
                "low_ha": estimates.low_ha[zone, index],
                "high_ha": estimates.high_ha[zone, index],
                "standard_error_ha": estimates.standard_error_ha[zone, index],
            }
            records.append(
                {
                    "zone": key,
                    "zone_name": str(OUTSIDE) if is_rest else name,
                    "code": code,
                    "class": str(class_text(code, estimates.legend)),
                    **{label: _known(float(value)) for label, value in values.items()},
                    "points": int(estimates.points[zone]),
                    "method": method,
                    "release": release[index],
                }
            )
    return records


def whole_records(estimates: ZoneEstimates) -> list[dict[str, Any]]:
    """Prediction-powered estimates for the whole map as JSON values, a record for each class.

    There are none without a quality raster, and where zones overlap.

    Parameters
    ----------
    estimates : from `estimate_zones`.

    """
    mapped, keys = estimates.mapped_ha.sum(axis=0), ("area_ha", "low_ha", "high_ha")
    return [
        {
            "code": code,
            "class": str(class_text(code, estimates.legend)),
            "mapped_ha": _known(float(mapped[index])),
            **{key: _known(float(estimates.whole_ha[row, index])) for row, key in enumerate(keys)},
            "points": int(estimates.points.sum()),
        }
        for index, code in enumerate(estimates.codes)
        if math.isfinite(estimates.whole_ha[0, index])
    ]


def _known(value: float) -> float | None:
    return round(value, 4) if math.isfinite(value) else None


def write_zone_estimates_csv(estimates: ZoneEstimates, path: str | os.PathLike[str], language: str = "en") -> None:
    """Write a row for each zone and class as CSV, with the notes and the rule of release below.

    Parameters
    ----------
    estimates : from `estimate_zones`.
    path : the file, written whole or not at all.
    language : of headers, names and notes, `en` or `es`.

    Raises
    ------
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    rule = message(_RELEASE_RULE, caution=100 * CAUTION_CV, withhold=100 * WITHHOLD_CV, points=CAUTION_POINTS)
    rows = [[translate(header, language) for header in _HEADERS]]
    rows += [_row(record, language, estimates.legend) for record in zone_records(estimates)]
    rows += [_whole_row(record, language, estimates.legend) for record in whole_records(estimates)]
    rows += [[f"# {translate(note, language)}"] for note in (*estimates.notes, rule)]
    write_csv(path, rows)


def _row(record: dict[str, Any], language: str, legend: Legend) -> list[Any]:
    area, error = record["area_ha"], record["standard_error_ha"]
    variation = f"{100 * error / area:.1f}" if area and error is not None else ""
    hectares = [
        "" if record[key] is None else f"{record[key]:.2f}" for key in ("mapped_ha", "area_ha", "low_ha", "high_ha")
    ]
    return [
        record["zone"],
        translate(record["zone_name"], language) if not record["zone"] else record["zone_name"],
        record["code"],
        translate(class_text(record["code"], legend), language),
        *hectares,
        variation,
        record["points"],
        translate(METHOD_NAMES[record["method"]], language),
        translate(RELEASE_NAMES[record["release"]], language),
    ]


def _whole_row(record: dict[str, Any], language: str, legend: Legend) -> list[Any]:
    hectares = [f"{record[key] or 0.0:.2f}" for key in ("mapped_ha", "area_ha", "low_ha", "high_ha")]
    name, method = translate(class_text(record["code"], legend), language), translate(METHOD_NAMES[TUNED], language)
    return ["", translate(WHOLE, language), record["code"], name, *hectares, "", record["points"], method, ""]


def write_zone_estimates_json(estimates: ZoneEstimates, path: str | os.PathLike[str]) -> None:
    """Write the records, the totals and the notes as JSON with English keys, for programs.

    Parameters
    ----------
    estimates : from `estimate_zones`.
    path : the file, written whole or not at all.

    Raises
    ------
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    totals = {str(code): _known(float(value)) for code, value in zip(estimates.codes, estimates.total_ha, strict=True)}
    content = {
        "zones": zone_records(estimates),
        "whole_map": whole_records(estimates),
        "total_ha": totals,
        "adds_up": estimates.is_raked,
        "notes": [str(note) for note in estimates.notes],
    }
    write_json(path, content)
