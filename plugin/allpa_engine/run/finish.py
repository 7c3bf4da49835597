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
from ..core.messages import message_from_json, messages_to_json
from ..core.protocol import Reporter
from ..core.run_paths import RunPaths
from ..core.scene import Candidate, FailedScene, Radiometry, Selection
from ..geo.region import Region
from ..report import ReportFacts, write_report
from ..report.map_picture import write_map_picture
from ..report.stac_item import write_stac_item
from ..report.versions import versions


def update_record(paths: RunPaths, **facts: Any) -> None:  # noqa: ANN401 - facts are whatever JSON can hold
    """Add `facts` to the run's record; a fact noted before is replaced."""
    write_json(paths.record, {**_read_record(paths), **facts})


def record_failures(paths: RunPaths, failures: Sequence[FailedScene]) -> None:
    """Add the scenes that failed to the run's record, with what their reasons need to be told in another language."""
    messages = messages_to_json(each.reason for each in failures)
    update_record(paths, failures=[asdict(each) for each in failures], messages=messages)


def _read_record(paths: RunPaths) -> dict[str, Any]:
    """What was noted; empty where the record is missing or was damaged from outside."""
    try:
        saved = json.loads(paths.record.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return saved if isinstance(saved, dict) else {}


def write_area_table(paths: RunPaths, region: Region | None, reporter: Reporter) -> AreaTable:
    """Count the map's areas and write the table.

    Raises
    ------
    RasterInvalid : where there is no map, or it does not hold classes of the legend.
    """
    if not paths.landcover.exists():
        raise RasterInvalid(f"There is no map {paths.landcover.name} to tabulate.", next_step="Make the map first.")
    table = area_table(paths.landcover, region, paths.job.language, reporter)
    write_area_csv(table, paths.areas)
    return table


def write_zone_tables(paths: RunPaths, reporter: Reporter) -> dict[str, Any]:
    """Count the areas of every zone of the job and write them wide, long and as a layer; gives that part of a result.

    Raises
    ------
    RegionInvalid : where the zones cannot be read.
    RasterInvalid : where the map cannot be read.

    """
    job = paths.job
    if not job.zones:
        return {}
    table = zone_table(paths.landcover, read_zones(job.zones, job.zone_name), job.language, reporter)
    write_zones_layer(table, paths.zones)
    write_zones_wide(table, paths.zones_wide)
    write_zones_long(table, paths.zones_long)
    for each in table.zones:
        if each.remarks:
            reporter.log(f"{each.zone.name}: {each.remarks_text(job.language)}")
    return {
        "zones": str(paths.zones),
        "zones_wide": str(paths.zones_wide),
        "zones_long": str(paths.zones_long),
        "zone_count": len(table.zones),
    }


def table_result(paths: RunPaths, table: AreaTable) -> dict[str, Any]:
    """The table's part of a result."""
    return {
        "areas": str(paths.areas),
        "area_ha": round(table.region_ha, 4),
        "valid_area_percent": round(table.valid_area_percent, 4),
        "area_table": table.to_records(),
    }


def finish(paths: RunPaths, region: Region, selection: Selection, reporter: Reporter) -> dict[str, Any]:
    """Write table, picture, report and provenance, and give their paths and the table's numbers."""
    job = paths.job
    table = write_area_table(paths, region, reporter)
    reporter.progress("report", 0, 3)
    facts = _report_facts(paths, region, selection, table)
    write_map_picture(paths.landcover, paths.map_picture, facts.map_title, job.language)
    reporter.progress("report", 1, 3)
    write_report(facts, paths.report)
    reporter.progress("report", 2, 3)
    write_stac_item(paths.stac_item, facts, region)
    reporter.progress("report", 3, 3)
    return {**table_result(paths, table), **write_zone_tables(paths, reporter), **facts.paths}


def _report_facts(paths: RunPaths, region: Region, selection: Selection, table: AreaTable) -> ReportFacts:
    record = _read_record(paths)
    outputs = {
        "landcover": paths.landcover,
        "quality": paths.quality,
        "areas": paths.areas,
        "picture": paths.map_picture,
        "report": paths.report,
        "provenance": paths.stac_item,
        "scenes": paths.run_scene_list if paths.run_scene_list.exists() else paths.scene_list,
    }
    return ReportFacts(
        title="",
        period=paths.job.period,
        region_name=region.name,
        table=table,
        paths={name: str(path) for name, path in outputs.items()},
        candidates=_with_applied_radiometry(selection, record.get("radiometry", {})),
        failures=tuple(_failed_scene(each, record.get("messages", {})) for each in record.get("failures", ())),
        composite=record.get("composite", {}),
        job=record.get("made_by") or job_to_dict(paths.job),
        inputs={name: path for name, path in _inputs(paths).items() if path},
        versions=versions() | {"model_hash": record.get("model_hash", "")},
        inference=record.get("inference", {}),
        notes=selection.notes,
        language=paths.job.language,
    )


def _inputs(paths: RunPaths) -> dict[str, str]:
    """Files that the user gave and the map depends on."""
    return {"scene_list": paths.job.scenes, "weight_table": paths.job.weight_table, "model": paths.job.model}


def _failed_scene(saved: Mapping[str, Any], messages: Mapping[str, Any]) -> FailedScene:
    return FailedScene(**{**saved, "reason": message_from_json(saved["reason"], messages)})


def _with_applied_radiometry(selection: Selection, radiometry: Mapping[str, Any]) -> tuple[Candidate, ...]:
    """The candidates with the radiometry that was decided when they were read, where pixels had a word in it."""
    return tuple(
        replace(each, scene=replace(each.scene, radiometry=Radiometry(**radiometry[each.scene.id])))
        if each.scene.id in radiometry
        else each
        for each in selection.candidates
    )
