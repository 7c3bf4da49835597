"""Writing the report: facts in, one self-contained HTML file out."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pyproj import CRS

from ..core.atomic import write_text
from ..core.job import MONTHS, Job, job_to_dict
from ..core.legend import CLASS_BY_CODE
from ..core.messages import format_number, translate
from ..raster.class_raster import open_class_raster
from .chart import BAR_WIDTH, CALENDAR_ROW_HEIGHT, CALENDAR_WIDTH, bars, scene_calendar
from .facts import ReportFacts
from .map_picture import render_map_png
from .quality import quality_rows, summary_rows
from .texts import period_text, texts_in

VERSION_NAMES = {"allpa": "Allpa", "python": "Python", "numpy": "NumPy", "gdal": "GDAL", "torch": "PyTorch"}
"""Names of programs as they write themselves; the others are written as they are called."""
MAX_REGION_CHARACTERS = 1500
"""A region whose GeoJSON is longer is not printed in the report; the STAC item beside the map holds it."""


def write_report(facts: ReportFacts, path: str | os.PathLike[str]) -> None:
    """Write the report as one HTML file that loads nothing from anywhere.

    Raises
    ------
    RasterInvalid : where the map or its quality raster cannot be read.
    DiskFull, FolderNotWritable

    """
    write_text(path, report_html(facts))


def report_html(facts: ReportFacts) -> str:
    """The report's HTML."""
    texts, quality = texts_in(facts.language), Path(facts.paths.get("quality", ""))
    picture = render_map_png(facts.paths["landcover"], language=facts.language)
    return (
        template_environment()
        .get_template("map.html")
        .render(
            facts=facts,
            table=facts.table,
            text=SimpleNamespace(**texts),
            format_number=partial(format_number, language=facts.language),
            period=period_text(facts.period),
            picture=base64.b64encode(picture).decode("ascii"),
            colors={code: land.color for code, land in CLASS_BY_CODE.items()},
            bars=bars(facts.table),
            bar_width=BAR_WIDTH,
            calendar=scene_calendar(facts),
            calendar_size=(CALENDAR_WIDTH, CALENDAR_ROW_HEIGHT),
            used=facts.used,
            summary=summary_rows(facts.composite, facts.language),
            quality=quality_rows(quality, facts.language) if quality.is_file() else [],
            translate=partial(translate, language=facts.language),
            map_alt=_map_alt(facts, texts),
            method_rows=_method_rows(facts, texts),
            version_names={**VERSION_NAMES, "model_hash": texts["model_hash"]},
            citation=_citation(facts),
            job=job_text(facts.job),
            files=[Path(name).name for name in facts.paths.values() if name],
        )
    )


def template_environment() -> Environment:
    """Jinja's environment of the reports' templates."""
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _map_alt(facts: ReportFacts, texts: Mapping[str, str]) -> str:
    """What a reader who does not see the map is told of it."""
    largest = sorted((row for row in facts.table.rows if row.pixels), key=lambda row: -row.pixels)[:3]
    named = ", ".join(f"{row.name} {format_number(row.percent, 1, facts.language)} %" for row in largest)
    return f"{texts['map_alt']}. {texts['largest'].format(classes=named)}" if named else texts["map_alt"]


def _method_rows(facts: ReportFacts, texts: Mapping[str, str]) -> list[tuple[str, str]]:
    """How the map was made, in rows: its CRS, and which scenes voted how."""
    with open_class_raster(Path(facts.paths["landcover"])) as raster:
        rows = [(texts["crs"], crs_text(raster.grid.crs))]
    dates = [str(day) for day in facts.composite.get("dates", ())] or [each.scene.date for each in facts.used]
    if dates:
        rows.append((texts["dates"], f"{min(dates)} – {max(dates)}"))
    months = facts.job.get("months") or ()
    if 0 < len(months) < len(MONTHS):
        rows.append((texts["months"], ", ".join(str(month) for month in sorted(months))))
    if facts.composite.get("rule"):
        rows.append((texts["weights"], str(facts.composite["rule"])))
    if facts.inference:
        rows.append((texts["inference"], "; ".join(f"{name} {value}" for name, value in facts.inference.items())))
    return rows


def crs_text(crs: str) -> str:
    """A CRS by name and code: `WGS 84 / UTM zone 18S (EPSG:32718)`."""
    name = CRS.from_user_input(crs).name
    return f"{name} ({crs})" if ":" in crs[:12] else name


def _citation(facts: ReportFacts) -> str:
    text = texts_in(facts.language)
    used = facts.used
    years = sorted({str(each.scene.sensing_time.year) for each in used}) or [facts.period[:4]]
    model_hash = facts.versions.get("model_hash", "")
    return text["citation"].format(
        heading=facts.heading or text["untitled"],
        period=period_text(facts.period),
        scenes=len(used) or facts.composite.get("scene_count", ""),
        version=facts.versions.get("allpa", ""),
        network=text["network"].format(hash=model_hash[:12]) if model_hash else "",
        years=", ".join(years),
    )


def job_text(job: Mapping[str, Any]) -> str:
    """The job's options that differ from their defaults as JSON, one on a line."""
    defaults = job_to_dict(Job(""))
    shown = {key: value for key, value in job.items() if key not in defaults or value != defaults[key]}
    region = shown.get("region")
    if region and len(json.dumps(region)) > MAX_REGION_CHARACTERS:
        shown["region"] = f"{region.get('type', '')} …"
    lines = [f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in shown.items()]
    return "\n".join(["{", ",\n".join(lines), "}"])
