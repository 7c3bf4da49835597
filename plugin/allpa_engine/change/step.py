"""The change step: compare a job's maps and leave tables, rasters and pictures in its folder."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..errors import JobInvalid
from ..job import Job
from ..legend import LEGEND
from ..protocol import Reporter
from ..region import Region, region_from_geojson
from .export import write_classes_csv, write_matrix_csv, write_timeline_csv
from .matrix import change_matrix
from .pairs import NEAREST, REFUSE
from .picture import write_flow_picture, write_timeline_picture
from .raster import write_certainty_raster, write_change_raster
from .timeline import timeline


@dataclass(frozen=True)
class _Part:
    """Tells the progress of one of several passes over the maps as a part of the whole step."""

    reporter: Reporter
    place: int
    parts: int

    def progress(self, stage: str, done: float, total: float) -> None:  # noqa: ARG002 - the passes are one stage
        self.reporter.progress("change", self.place + (done / total if total else 1.0), self.parts)

    def log(self, text: str, level: str = "info") -> None:
        self.reporter.log(text, level)


def compare(job: Job, reporter: Reporter) -> dict[str, Any]:
    """Compare the first with the last of `job.maps`; from three maps on, write their time line too.

    Raises
    ------
    JobInvalid : for less than two maps.
    RasterInvalid : where a raster cannot be read, or lies on another grid and `job.align` does not allow it.
    DiskFull, FolderNotWritable

    """
    if len(job.maps) < 2:
        raise JobInvalid("A comparison needs two maps at least.", f"The job names {len(job.maps)}.")
    periods = sorted(job.maps)
    first, last = periods[0], periods[-1]
    before, after = Path(job.maps[first]), Path(job.maps[last])
    region = region_from_geojson(job.region, job.region_name) if job.region else None
    alignment = NEAREST if job.align else REFUSE
    paths = _paths(Path(job.folder), f"{first}_{last}")
    parts = 4
    matrix = change_matrix(before, after, region, job.language, _Part(reporter, 0, parts), alignment=alignment)
    write_change_raster(
        before,
        after,
        paths["change"],
        region=region,
        language=job.language,
        reporter=_Part(reporter, 1, parts),
        alignment=alignment,
    )
    write_matrix_csv(matrix, paths["matrix"])
    write_classes_csv(matrix, paths["classes"])
    write_flow_picture(matrix, paths["picture"], (first, last), job.region_name)
    reporter.log(matrix.warning, "warning")
    values: dict[str, Any] = {
        **{name: str(path) for name, path in paths.items()},
        "compared_ha": round(matrix.compared_ha, 4),
        "changed_ha": round(matrix.changed_ha, 4),
        "class_changes": [{**asdict(each), "net_ha": each.net_ha} for each in matrix.classes()],
        "warning": matrix.warning,
    }
    values |= _certainty(job, first, last, region, _Part(reporter, 2, parts))
    values |= _timeline(job, region, _Part(reporter, 3, parts))
    reporter.progress("change", parts, parts)
    return values


def _paths(folder: Path, periods: str) -> dict[str, Path]:
    return {
        "change": folder / f"change_{periods}.tif",
        "matrix": folder / f"change_{periods}.csv",
        "classes": folder / f"change_{periods}_classes.csv",
        "picture": folder / f"change_{periods}.png",
    }


def _certainty(job: Job, first: str, last: str, region: Region | None, reporter: Reporter) -> dict[str, Any]:
    """The certainty where both maps have a quality raster; aligned maps have none on their grid."""
    if job.align or not {first, last} <= set(job.qualities):
        return {}
    before, after = ((Path(job.maps[period]), Path(job.qualities[period])) for period in (first, last))
    path = Path(job.folder) / f"certainty_{first}_{last}.tif"
    percent = write_certainty_raster(before, after, path, region=region, language=job.language, reporter=reporter)
    return {"certainty": str(path), "confident_percent": round(percent, 4)}


def _timeline(job: Job, region: Region | None, reporter: Reporter) -> dict[str, Any]:
    if len(job.maps) < 3:
        return {}
    line = timeline({period: Path(path) for period, path in job.maps.items()}, region, job.language, reporter)
    stem = f"timeline_{line.periods[0]}_{line.periods[-1]}"
    table, picture = Path(job.folder) / f"{stem}.csv", Path(job.folder) / f"{stem}.png"
    write_timeline_csv(line, table)
    write_timeline_picture(line, picture, LEGEND)
    return {"timeline": str(table), "timeline_picture": str(picture)}
