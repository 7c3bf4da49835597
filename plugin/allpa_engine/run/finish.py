"""The end of a run: from a finished map to its area table, map image, report and STAC item."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..areas import (
    AreaTable,
    add_to_joint_table,
    area_table,
    read_zones,
    remarks_message,
    renamed_columns,
    sum_zones,
    write_area_csv,
    write_area_json,
    write_zone_maps,
    write_zone_sums,
    write_zones_layer,
    write_zones_long,
    write_zones_wide,
    zone_table,
)
from ..core.errors import RasterInvalid
from ..core.job import ON, job_to_dict
from ..core.messages import message
from ..core.run_paths import RunPaths
from ..core.scene import Candidate, Radiometry, Selection
from ..geo.region import Region
from ..select.region_coverage import MIN_COVERED_SHARE
from .record import Run

if TYPE_CHECKING:  # matplotlib is needed at the end of a run, and only of those that write a report
    from ..report import ReportFacts


def write_area_table(run: Run, region: Region | None) -> AreaTable:
    """Count the map's areas, of the region or of the whole map, and write the table.

    Parameters
    ----------
    run : its paths say where map and table lie, its reporter receives progress and notes.
    region : part of the map to count; None counts all.

    Returns
    -------
    The table, in the job's language.

    Raises
    ------
    RasterInvalid : where there is no map, or it does not hold classes of the legend.
    RegionInvalid : where the region lies outside the map.
    DiskFull, FolderNotWritable : where the table cannot be written.

    """
    paths = run.paths
    if not paths.landcover.exists():
        raise RasterInvalid(
            message("There is no map {name} to tabulate.", name=paths.landcover.name),
            next_step=message("Make the map first."),
        )
    table = area_table(paths.landcover, region, paths.job.locale, run.reporter)
    write_area_csv(table, paths.areas)
    write_area_json(table, paths.areas_data)
    for note in table.notes:
        run.reporter.log(note, "warning")
    return table


def write_zone_tables(run: Run) -> dict[str, Any]:
    """Count the areas of every zone of the job and write them wide, long, as a layer, and summed by attributes.

    Returns
    -------
    The zones' part of a result; empty where the job has none.

    Raises
    ------
    RegionInvalid : where the zones cannot be read.
    RasterInvalid : where the map cannot be read.

    """
    paths, job = run.paths, run.paths.job
    if not job.zones:
        return {}
    zones = read_zones(job.zones, job.zone_name, job.zone_code, job.zone_sums)
    table = zone_table(paths.landcover, zones, job.locale, run.reporter)
    write_zones_layer(table, paths.zones)
    write_zones_wide(table, paths.zones_wide)
    write_zones_long(table, paths.zones_long)
    if job.zone_sums:
        write_zone_sums(sum_zones(table, job.zone_sums), paths.zones_sums, job.locale)
    for row in table.zones:
        if row.remarks:
            run.reporter.log(
                message(
                    "{zone}: {remarks}",
                    zone=row.zone.label,
                    remarks=remarks_message(row.remarks),
                )
            )
    for note in table.notes:
        run.reporter.log(note, "warning")
    if renamed := renamed_columns(table):
        run.reporter.log(
            message(
                "The zones have attributes of the same names; columns of the layer of zones were renamed: {columns}.",
                columns=", ".join(f"{old} → {new}" for old, new in renamed.items()),
            ),
            "warning",
        )
    maps = {}
    if job.zone_maps:
        maps = write_zone_maps(paths.landcover, zones, paths.zone_maps, job.period, job.locale, run.reporter)
    return {
        "zones": str(paths.zones),
        "zones_wide": str(paths.zones_wide),
        "zones_long": str(paths.zones_long),
        **({"zones_sums": str(paths.zones_sums)} if job.zone_sums else {}),
        **({"zone_maps": str(paths.zone_maps), "zone_map_count": len(maps)} if job.zone_maps else {}),
        "zone_count": len(table.zones),
    }


def table_result(paths: RunPaths, table: AreaTable) -> dict[str, Any]:
    """The table's part of a result.

    Parameters
    ----------
    paths : of the run.
    table : from `write_area_table`.

    Returns
    -------
    Paths of the table's files, `area_ha` (of the region, on the ellipsoid), `valid_area_percent` and the rows, all JSON
    values.

    """
    return {
        "areas": str(paths.areas),
        "areas_data": str(paths.areas_data),
        "area_ha": round(table.region_ha, 4),
        "valid_area_percent": round(table.valid_area_percent, 4),
        "area_table": table.to_records(),
    }


def write_results(run: Run, region: Region | None, selection: Selection | None) -> dict[str, Any]:
    """Write area table, zone tables, map image, report and STAC item.

    Parameters
    ----------
    run : its paths say where, its record holds what the steps before found out.
    region : the land that was mapped; None is all of the map.
    selection : the candidates, chosen and not; None for a map of composites, which the record names.

    Returns
    -------
    Paths and numbers of the result by name.

    Raises
    ------
    RasterInvalid : where there is no map, or a raster cannot be read.
    RegionInvalid : where the region lies outside the map, or the zones cannot be read.
    DiskFull, FolderNotWritable : where a file cannot be written.

    """
    from ..report import write_report
    from ..report.map_picture import write_map_picture
    from ..report.stac_item import write_stac_item

    paths, reporter = run.paths, run.reporter
    table = write_area_table(run, region)
    reporter.progress("report", 0, 3)
    facts = _report_facts(run, region, selection, table)
    write_map_picture(facts.image, paths.map_picture, facts.map_title, paths.job.locale, gap=facts.gap)
    reporter.progress("report", 1, 3)
    write_report(facts, paths.report)
    reporter.progress("report", 2, 3)
    write_stac_item(paths.stac_item, facts, region)
    reporter.progress("report", 3, 3)
    if paths.job.joint_table:
        joint, name = Path(paths.job.joint_table), paths.job.region_name
        add_to_joint_table(joint, table, name, paths.job.period, paths.landcover)
    return {**table_result(paths, table), **write_zone_tables(run), **facts.paths}


def remove_results(paths: RunPaths) -> None:
    """Remove what describes the map of another job that is about to be replaced."""
    for path in (
        paths.areas, paths.areas_data, paths.zones, paths.zones_wide, paths.zones_long, paths.zones_sums,
        paths.map_picture, paths.report, paths.stac_item, paths.plain_landcover,
        paths.virtual_landcover, paths.virtual_quality,
    ):  # fmt: skip
        if path.parent == paths.folder and str(path) != paths.job.zones:
            with suppress(OSError):
                path.unlink(missing_ok=True)


def _report_facts(run: Run, region: Region | None, selection: Selection | None, table: AreaTable) -> ReportFacts:
    from ..report import ReportFacts
    from ..report.map_picture import read_map_image
    from ..report.versions import versions

    paths, record = run.paths, run.record
    outputs = {
        "landcover": paths.landcover,
        **({"plain_landcover": paths.plain_landcover} if paths.job.annual_decision == ON else {}),
        "quality": paths.quality,
        "areas": paths.areas,
        "areas_data": paths.areas_data,
        "picture": paths.map_picture,
        "report": paths.report,
        "provenance": paths.stac_item,
    }
    if selection is None:
        selection = Selection(())
    else:
        outputs["scenes"] = paths.run_scene_list if paths.run_scene_list.exists() else paths.scene_list
    return ReportFacts(
        period=paths.job.period,
        region_name=paths.job.region_name if region is None else region.name,
        table=table,
        paths={name: str(path) for name, path in outputs.items()},
        image=read_map_image(paths.landcover),
        candidates=_with_applied_radiometry(selection, record.radiometry),
        failures=record.failures,
        composite=record.composite,
        job=record.made_by or job_to_dict(paths.job),
        inputs={name: path for name, path in _inputs(paths).items() if path},
        versions=versions() | {"model_hash": record.model_hash},
        inference=record.inference,
        notes=tuple(note for note in selection.notes if note not in selection.warnings),
        warnings=selection.warnings,
        gap=selection.gap if (selection.covered_share or 0) < MIN_COVERED_SHARE else None,
        language=paths.job.locale,
    )


def _inputs(paths: RunPaths) -> dict[str, str]:
    """Files that the user gave and the map depends on."""
    return {
        "scene_list": paths.job.scenes,
        "weight_table": paths.job.weight_table,
        "model": paths.job.model,
        "decision_model": paths.job.decision_model,
    }


def _with_applied_radiometry(selection: Selection, radiometry: Mapping[str, Radiometry]) -> tuple[Candidate, ...]:
    """The candidates with the offsets that were removed when they were read, which pixels may have decided."""
    return tuple(
        replace(
            candidate,
            scene=replace(candidate.scene, radiometry=radiometry.get(candidate.scene.id, candidate.scene.radiometry)),
        )
        for candidate in selection.candidates
    )
