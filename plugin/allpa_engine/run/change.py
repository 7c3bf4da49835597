"""The change step: compare a job's maps and leave tables, rasters and pictures in its folder."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..change.export import (
    write_classes_csv,
    write_matrix_csv,
    write_one_class_csv,
    write_timeline_csv,
)
from ..change.grids import common_grid
from ..change.matrix import ChangeMatrix, change_matrix
from ..change.one_class import class_flows, write_one_class_raster
from ..change.raster import write_certainty_raster, write_change_raster
from ..change.style import GAINED, LOST, UNCHANGED
from ..change.timeline import Timeline, timeline
from ..core.errors import JobInvalid
from ..core.job import Job, job_to_dict
from ..core.legend import LEGEND
from ..core.protocol import Reporter
from ..geo.region import region_from_geojson
from ..report.change_page import ChangeFacts, write_change_report
from ..report.change_picture import write_sankey_png, write_timeline_png
from ..report.versions import versions

_PASS_COUNT = 5
"""Passes over the maps: matrix, change, one class, certainty, time line."""


@dataclass(frozen=True)
class _PassReporter:
    """Tells the progress of one of several passes over the maps as a part of the whole step."""

    reporter: Reporter
    pass_index: int
    pass_count: int

    def progress(self, stage: str, done: float, total: float) -> None:  # noqa: ARG002 - the passes are one stage
        self.reporter.progress("change", self.pass_index + (done / total if total else 1.0), self.pass_count)

    def log(self, text: str, level: str = "info") -> None:
        self.reporter.log(text, level)


def compare_maps(job: Job, reporter: Reporter) -> dict[str, Any]:
    """Compare the first with the last of `job.maps`; from three maps on, write their time line too.

    Raises
    ------
    JobInvalid : for less than two maps.
    RasterInvalid : where a raster cannot be read, or lies on another grid and `job.align` does not allow it.
    DiskFull, FolderNotWritable

    """
    comparison = _Comparison(job, reporter)
    matrix = comparison.tabulate()
    values = comparison.rasters(matrix)
    line = comparison.timeline()
    comparison.report(matrix, line, values.get("confident_percent"))
    reporter.log(matrix.warning, "warning")
    reporter.progress("change", _PASS_COUNT, _PASS_COUNT)
    return {
        **{name: str(path) for name, path in comparison.paths.items()},
        "compared_ha": round(matrix.compared_ha, 4),
        "changed_ha": round(matrix.changed_ha, 4),
        "class_changes": [{**asdict(each), "net_ha": each.net_ha} for each in matrix.classes()],
        "class_flows": _flow_records(matrix, job.change_class),
        "warning": matrix.warning,
        "notes": list(comparison.common.notes),
        **values,
    }


class _Comparison:
    """One run of the step: the maps, their common grid, and the files written so far."""

    def __init__(self, job: Job, reporter: Reporter) -> None:
        if len(job.maps) < 2:
            raise JobInvalid("A comparison needs two maps at least.", f"The job names {len(job.maps)}.")
        self._job, self._reporter = job, reporter
        self._maps = {period: Path(job.maps[period]) for period in sorted(job.maps)}
        self._first, self._last = min(self._maps), max(self._maps)
        self._region = region_from_geojson(job.region, job.region_name) if job.region else None
        self.common = common_grid(self._maps, job.align, job.language)
        for note in self.common.notes:
            reporter.log(note, "warning")
        self.paths: dict[str, Path] = {}
        """Files by the names of the result, in the order in which they were written."""

    def _path(self, name: str, file: str) -> Path:
        self.paths[name] = Path(self._job.folder) / file.format(f"{self._first}_{self._last}")
        return self.paths[name]

    def tabulate(self) -> ChangeMatrix:
        """Count, and write matrix, classes and the picture of the flows."""
        before, after = self._maps[self._first], self._maps[self._last]
        part = _PassReporter(self._reporter, 0, _PASS_COUNT)
        matrix = change_matrix(before, after, self._region, self._job.language, part, target_grid=self.common.grid)
        write_matrix_csv(matrix, self._path("matrix", "change_{}.csv"))
        write_classes_csv(matrix, self._path("classes", "change_{}_classes.csv"))
        picture = self._path("picture", "change_{}.png")
        write_sankey_png(matrix, picture, (self._first, self._last), self._job.region_name)
        return matrix

    def rasters(self, matrix: ChangeMatrix) -> dict[str, Any]:
        """Write where what changed; gives the share that is confident, where it can be known."""
        job, change = self._job, self._path("change", "change_{}.tif")
        write_change_raster(
            self._maps[self._first],
            self._maps[self._last],
            change,
            region=self._region,
            language=job.language,
            reporter=_PassReporter(self._reporter, 1, _PASS_COUNT),
            target_grid=self.common.grid,
        )
        if job.change_class:
            path = self._path("one_class", f"change_{{}}_class_{job.change_class}.tif")
            part = _PassReporter(self._reporter, 2, _PASS_COUNT)
            write_one_class_raster(change, job.change_class, path, job.language, part)
            table = self._path("one_class_table", f"change_{{}}_class_{job.change_class}.csv")
            write_one_class_csv(matrix, job.change_class, table)
        # Aligned maps have no quality on their grid.
        if self.common.grid is not None or not {self._first, self._last} <= set(job.qualities):
            return {}
        before, after = ((self._maps[period], Path(job.qualities[period])) for period in (self._first, self._last))
        percent = write_certainty_raster(
            before,
            after,
            self._path("certainty", "certainty_{}.tif"),
            region=self._region,
            language=job.language,
            reporter=_PassReporter(self._reporter, 3, _PASS_COUNT),
        )
        return {"confident_percent": round(percent, 4)}

    def timeline(self) -> Timeline | None:
        """From three maps on: the area of each class in each."""
        if len(self._maps) < 3:
            return None
        part = _PassReporter(self._reporter, 4, _PASS_COUNT)
        line = timeline(self._maps, self._region, self._job.language, part, target_grid=self.common.grid)
        write_timeline_csv(line, self._path("timeline", "timeline_{}.csv"))
        write_timeline_png(line, self._path("timeline_picture", "timeline_{}.png"), LEGEND)
        return line

    def report(self, matrix: ChangeMatrix, line: Timeline | None, confident_percent: float | None) -> None:
        """Write the report on all of it."""
        facts = ChangeFacts(
            heading=self._job.region_name,
            matrix=matrix,
            maps={period: path.name for period, path in self._maps.items()},
            paths={name: str(path) for name, path in self.paths.items()},
            timeline=line,
            confident_percent=confident_percent,
            change_class=self._job.change_class,
            notes=self.common.notes,
            job=job_to_dict(self._job),
            versions=versions(),
            language=self._job.language,
        )
        write_change_report(facts, self._path("report", "change_{}.html"))


def _flow_records(matrix: ChangeMatrix, code: int) -> list[dict[str, Any]]:
    """The explored class's parts as JSON values; none where no class is explored."""
    names = {UNCHANGED: "kept", LOST: "lost", GAINED: "gained"}
    return [
        {
            "part": names[flow.part],
            "code": flow.other.code,
            "name": flow.other.label(matrix.language),
            "area_ha": round(flow.area_ha, 4),
            "percent": round(flow.percent, 4),
        }
        for flow in (class_flows(matrix, code) if code else ())
    ]
