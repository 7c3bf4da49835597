"""The end of a run: from a finished map to its table, picture, report and provenance.

What the steps before noted for the report stands in the run's record, so that a report can be written again without
running them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from ..areas import (
    AreaTable,
    area_table,
    read_zones,
    write_area_csv,
    write_zones_layer,
    write_zones_long,
    write_zones_wide,
    zone_table,
)
from ..core.atomic import write_json
from ..core.errors import RasterInvalid
from ..core.job import job_to_dict
from ..core.messages import restored, sentences_of
from ..core.protocol import Reporter
from ..core.run_paths import Workplace
from ..core.scene import Candidate, Failure, Radiometry, Selection
from ..geo.region import Region
from ..report import ReportFacts, write_report
from ..report.map_picture import write_picture
from ..report.stac_item import write_provenance
from ..report.versions import versions


def note(place: Workplace, **facts: Any) -> None:  # noqa: ANN401 - facts are whatever JSON can hold
    """Add `facts` to the run's record; a fact noted before is replaced."""
    write_json(place.record, {**_record(place), **facts})


def note_failures(place: Workplace, failures: Sequence[Failure]) -> None:
    """Add the scenes that failed to the run's record, with what their reasons need to be told in another language."""
    sentences = sentences_of(each.reason for each in failures)
    note(place, failures=[asdict(each) for each in failures], sentences=sentences)


def _record(place: Workplace) -> dict[str, Any]:
    """What was noted; empty where the record is missing or was damaged from outside."""
    try:
        noted = json.loads(place.record.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return noted if isinstance(noted, dict) else {}


def tabulate(place: Workplace, region: Region | None, reporter: Reporter) -> AreaTable:
    """Count the map's areas and write the table.

    Raises
    ------
    RasterInvalid : where there is no map, or it does not hold classes of the legend.
    """
    if not place.landcover.exists():
        raise RasterInvalid(f"There is no map {place.landcover.name} to tabulate.", next_step="Make the map first.")
    table = area_table(place.landcover, region, place.job.language, reporter)
    write_area_csv(table, place.areas)
    return table


def tabulate_zones(place: Workplace, reporter: Reporter) -> dict[str, Any]:
    """Count the areas of every zone of the job and write them wide, long and as a layer; gives that part of a result.

    Raises
    ------
    RegionInvalid : where the zones cannot be read.
    RasterInvalid : where the map cannot be read.

    """
    job = place.job
    if not job.zones:
        return {}
    table = zone_table(place.landcover, read_zones(job.zones, job.zone_name), job.language, reporter)
    write_zones_layer(table, place.zones)
    write_zones_wide(table, place.zones_wide)
    write_zones_long(table, place.zones_long)
    for each in table.zones:
        if each.remarks:
            reporter.log(f"{each.zone.name}: {each.note(job.language)}")
    return {
        "zones": str(place.zones),
        "zones_wide": str(place.zones_wide),
        "zones_long": str(place.zones_long),
        "zone_count": len(table.zones),
    }


def table_values(place: Workplace, table: AreaTable) -> dict[str, Any]:
    """The table's part of a result."""
    return {
        "areas": str(place.areas),
        "area_ha": round(table.region_ha, 4),
        "valid_percent": round(table.valid_percent, 4),
        "area_table": table.as_values(),
    }


def finish(place: Workplace, region: Region, selection: Selection, reporter: Reporter) -> dict[str, Any]:
    """Write table, picture, report and provenance, and give their paths and the table's numbers."""
    job = place.job
    table = tabulate(place, region, reporter)
    reporter.progress("report", 0, 3)
    facts = _facts(place, region, selection, table)
    write_picture(place.landcover, place.picture, facts.map_title, job.language)
    reporter.progress("report", 1, 3)
    write_report(facts, place.report)
    reporter.progress("report", 2, 3)
    write_provenance(place.provenance, facts, region)
    reporter.progress("report", 3, 3)
    return {**table_values(place, table), **tabulate_zones(place, reporter), **facts.paths}


def _facts(place: Workplace, region: Region, selection: Selection, table: AreaTable) -> ReportFacts:
    record = _record(place)
    outputs = {
        "landcover": place.landcover,
        "quality": place.quality,
        "areas": place.areas,
        "picture": place.picture,
        "report": place.report,
        "provenance": place.provenance,
        "scenes": place.own_scene_list if place.own_scene_list.exists() else place.scene_list,
    }
    return ReportFacts(
        title="",
        period=place.job.period,
        region_name=region.name,
        table=table,
        paths={name: str(path) for name, path in outputs.items()},
        candidates=_decided(selection, record.get("radiometry", {})),
        failures=tuple(_failure(each, record.get("sentences", {})) for each in record.get("failures", ())),
        composite=record.get("composite", {}),
        job=record.get("made_by") or job_to_dict(place.job),
        inputs={name: path for name, path in _inputs(place).items() if path},
        versions=versions() | {"model_hash": record.get("model_hash", "")},
        notes=selection.notes,
        language=place.job.language,
    )


def _inputs(place: Workplace) -> dict[str, str]:
    """Files that the user gave and the map depends on."""
    return {"scene_list": place.job.scenes, "weight_table": place.job.weight_table, "model": place.job.model}


def _failure(noted: Mapping[str, Any], sentences: Mapping[str, Any]) -> Failure:
    return Failure(**{**noted, "reason": restored(noted["reason"], sentences)})


def _decided(selection: Selection, radiometry: Mapping[str, Any]) -> tuple[Candidate, ...]:
    """The candidates with the radiometry that was decided when they were read, where pixels had a word in it."""
    return tuple(
        replace(each, scene=replace(each.scene, radiometry=Radiometry(**radiometry[each.scene.id])))
        if each.scene.id in radiometry
        else each
        for each in selection.candidates
    )
