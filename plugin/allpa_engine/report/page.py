"""Writing the report: facts in, one self-contained HTML file out."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pyproj import CRS

from ..core.atomic import write_text
from ..core.composite_keys import PERSISTENCE, SHADE, SLOPE
from ..core.job import MONTHS, Job, job_to_dict
from ..core.legend import CLASS_BY_CODE
from ..core.messages import (
    format_area,
    format_digits,
    format_number,
    format_share,
    is_spanish,
    message,
    translatable,
    translate,
)
from .chart import CALENDAR_ROW_HEIGHT, CALENDAR_WIDTH, bars, scene_calendar
from .facts import ReportFacts
from .map_picture import render_map_png
from .quality import quality_rows, summary_rows
from .texts import period_text

VERSION_NAMES = {"allpa": "Allpa", "python": "Python", "numpy": "NumPy", "gdal": "GDAL", "torch": "PyTorch"}
"""Names of programs as they write themselves; others keep their names."""
_BY_TILE = translatable("added up by tile, land that two tiles show in each")
_CITED_SCENES = translatable(
    "{heading}: land cover {period}. Class-weighted mode of Sentinel-2 scenes ({scenes}), classified with Allpa "
    "{version}{network}. Contains modified Copernicus Sentinel data {years}."
)
_CITED_COMPOSITES = translatable(
    "{heading}: land cover {period}. Seasonal composites of Sentinel-2 scenes ({scenes}), classified with Allpa "
    "{version}{network}. Contains modified Copernicus Sentinel data {years}."
)
GUARD_NAMES = {
    SLOPE: translatable("Slope"),
    PERSISTENCE: translatable("Persistence"),
    SHADE: translatable("Shade"),
}
HELD_BACK_REASONS = {
    "few_observations": translatable("too few clear dates"),
    "few_seasons": translatable("clear dates in too few seasons"),
    "zones": translatable("outside the zones of the model"),
    "unlike": translatable("a year unlike those that the model knows"),
}
"""Why the annual decision left a pixel as voted, by the names of the record."""
MAX_REGION_CHARACTERS = 1500
"""A region whose GeoJSON is longer is not printed in the report; the STAC item beside the map holds it."""


def write_report(facts: ReportFacts, path: str | os.PathLike[str]) -> None:
    """Write the report as one HTML file that loads nothing from anywhere.

    Parameters
    ----------
    facts : all that the report says; the quality raster that it names is read for the figures.
    path : of the HTML file, written whole or not at all.

    Raises
    ------
    RasterInvalid : where the quality raster cannot be read.
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    write_text(path, report_html(facts))


def report_html(facts: ReportFacts) -> str:
    """The report's HTML."""
    quality = Path(facts.paths.get("quality", ""))
    return (
        template_environment(facts.language)
        .get_template("map.html")
        .render(
            facts=facts,
            table=facts.table,
            period=period_text(facts.period),
            picture=base64_text(render_map_png(facts.image, language=facts.language, gap=facts.gap)),
            colors={land_class.code: land_class.color for land_class in facts.table.legend},
            bars=bars(facts.table),
            calendar=scene_calendar(facts),
            calendar_size=(CALENDAR_WIDTH, CALENDAR_ROW_HEIGHT),
            used=facts.used,
            seasons=facts.composite.get("seasons", ()),
            summary=summary_rows(facts.composite, facts.language),
            quality=quality_rows(quality, facts.language) if quality.is_file() else [],
            map_alt=_map_alt(facts),
            method_rows=_method_rows(facts),
            version_names={
                **VERSION_NAMES,
                "model_hash": translate(translatable("Model weights (SHA-256)"), facts.language),
            },
            citation=_citation(facts),
            job=job_text(facts.job),
            files=[Path(name).name for name in facts.paths.values() if name],
        )
    )


def base64_text(content: bytes) -> str:
    """Bytes for a `data:` address."""
    return base64.b64encode(content).decode("ascii")


@lru_cache(maxsize=4)
def template_environment(language: str) -> Environment:
    """Jinja's environment of the reports' templates, which are compiled once; `_` translates, and all is escaped."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "_": partial(translate, language=language),
        "format_number": partial(format_number, language=language),
        "format_digits": partial(format_digits, language=language),
        "format_area": partial(format_area, language=language),
        "format_share": partial(format_share, language=language),
        "html_language": "es" if is_spanish(language) else "en",
    }
    return environment


def _map_alt(facts: ReportFacts) -> str:
    """The map in words, for readers who do not see it."""
    text = translate(
        translatable("Map of the land-cover classes with legend, scale bar and north arrow"), facts.language
    )
    largest = sorted((row for row in facts.table.rows if row.pixels), key=lambda row: -row.pixels)[:3]
    if not largest:
        return text
    classes = ", ".join(f"{row.name} {format_share(row.percent, facts.language)} %" for row in largest)
    return f"{text}. {translate(message('Largest classes: {classes}.', classes=classes), facts.language)}"


def _method_rows(facts: ReportFacts) -> list[tuple[str, str]]:
    """How the map was made, in rows: its CRS, and which scenes voted how."""
    rows = [(translatable("Coordinate system"), crs_text(facts.image.grid.crs))]
    dates = [str(day) for day in facts.composite.get("dates", ())] or [used.scene.date for used in facts.used]
    if dates:
        rows.append((translatable("Dates of the scenes used"), f"{min(dates)} – {max(dates)}"))
    months = facts.job.get("months") or ()
    if 0 < len(months) < len(MONTHS):
        rows.append((translatable("Months used"), ", ".join(str(month) for month in sorted(months))))
    if facts.composite.get("rule"):
        rows.append((translatable("Weight table"), str(facts.composite["rule"])))
    if facts.composite.get("guards"):
        rows.append((translatable("Guards"), _guards_text(facts)))
    if facts.composite.get("annual_decision"):
        rows.append((translatable("Annual decision"), _decision_text(facts)))
    if facts.inference:
        inference = "; ".join(f"{name} {value}" for name, value in facts.inference.items())
        rows.append((translatable("Computation of the predictions"), inference))
    return [(translate(label, facts.language), value) for label, value in rows]


def _guards_text(facts: ReportFacts) -> str:
    """Each guard with the pixels that it changed, or why it was off."""
    parts = []
    for name, found in facts.composite["guards"].items():
        title = translate(GUARD_NAMES.get(name, name), facts.language)
        if "off" in found:
            why = translate(found["off"], facts.language)
            parts.append(translate(message("{guard}: off ({why})", guard=title, why=why), facts.language))
        else:
            count = format_number(found["changed_pixels"], 0, facts.language)
            text = message("{guard}: {count} pixels changed", guard=title, count=count)
            if found.get("by_tile"):
                text = message("{changed}, {by_tile}", changed=text, by_tile=_BY_TILE)
            if "elevation_share" in found:
                text = message(
                    "{changed} (elevation for {share:.1%} of the region)",
                    changed=text,
                    share=found["elevation_share"],
                )
            parts.append(translate(text, facts.language))
    return "; ".join(parts)


def _decision_text(facts: ReportFacts) -> str:
    """What the annual decision changed, by pairs of classes, and the model that decided."""
    decision, language = facts.composite["annual_decision"], facts.language
    changes = [
        translate(
            message(
                "{before} to {after}: {pixels} pixels, {area} ha",
                before=CLASS_BY_CODE[change["from"]].label(language),
                after=CLASS_BY_CODE[change["to"]].label(language),
                pixels=format_number(change["pixels"], 0, language),
                area=format_area(change["area_ha"], language),
            ),
            language,
        )
        for change in decision["changed"]
    ] or [translate(translatable("nothing changed"), language)]
    left = message(
        "left as voted: {held} of {candidates} pixels",
        held=format_number(sum(decision["held_back_pixels"].values()), 0, language),
        candidates=format_number(decision["candidate_pixels"], 0, language),
    )
    reasons = [
        f"{translate(HELD_BACK_REASONS.get(name, name), language)}: {format_number(pixels, 0, language)}"
        for name, pixels in decision["held_back_pixels"].items()
        if pixels
    ]
    why = f" ({', '.join(reasons)})" if reasons else ""
    model = f"{decision['model']} ({decision['model_hash'][:12]})"
    by_tile = [translate(_BY_TILE, language)] if decision.get("by_tile") else []
    return "; ".join([*changes, translate(left, language) + why, *by_tile, model])


def crs_text(crs: str) -> str:
    """A CRS by name and code: `WGS 84 / UTM zone 18S (EPSG:32718)`."""
    name = CRS.from_user_input(crs).name
    return f"{name} ({crs})" if ":" in crs[:12] else name


def _citation(facts: ReportFacts) -> str:
    used = facts.used
    years = sorted({str(candidate.scene.sensing_time.year) for candidate in used}) or [facts.period[:4]]
    model_hash = facts.versions.get("model_hash", "")
    citation = message(
        _CITED_COMPOSITES if "seasons" in facts.composite else _CITED_SCENES,
        heading=facts.region_name or translatable("Region"),
        period=period_text(facts.period),
        scenes=len(used) or facts.composite.get("scene_count", ""),
        version=facts.versions.get("allpa", ""),
        network=message(", model {hash}", hash=model_hash[:12]) if model_hash else "",
        years=", ".join(years),
    )
    return translate(citation, facts.language)


def job_text(job: Mapping[str, Any]) -> str:
    """The job's options that differ from their defaults as JSON, one on a line."""
    defaults = job_to_dict(Job(""))
    shown = {key: value for key, value in job.items() if key not in defaults or value != defaults[key]}
    region = shown.get("region")
    if region and len(json.dumps(region)) > MAX_REGION_CHARACTERS:
        shown["region"] = f"{region.get('type', '')} …"
    lines = [f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in shown.items()]
    return "\n".join(["{", ",\n".join(lines), "}"])
