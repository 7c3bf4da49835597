"""The change step: compare a job's maps and leave tables, rasters and pictures in its folder."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ..accuracy.accuracy_table import region_record
from ..accuracy.assessment import RegionAccuracy, assess
from ..change.estimated import estimate_change
from ..change.export import (
    write_change_json,
    write_classes_csv,
    write_matrix_csv,
    write_one_class_csv,
    write_timeline_csv,
)
from ..change.grids import common_grid
from ..change.matrix import ChangeMatrix, change_matrix
from ..change.one_class import class_flows, require_land_class, write_one_class_raster
from ..change.pairs import open_map_pair
from ..change.raster import write_certainty_raster, write_change_raster
from ..change.style import GAINED, LOST, UNCHANGED
from ..change.timeline import Timeline, timeline
from ..core.job import Job, job_to_dict
from ..core.messages import translate
from ..core.protocol import Reporter
from ..report.change_estimates import change_sentences
from ..report.change_page import ChangeFacts, write_change_report
from ..report.change_picture import write_sankey_png, write_timeline_png
from ..report.versions import versions
from .accuracy import write_assessment
from .scenes import job_region

_PASS_COUNT = 5
"""Passes over the maps: time series, matrix, change, one class, certainty."""


@dataclass(frozen=True)
class _PassReporter:
    """Reports the progress of one of several passes over the maps as a part of the whole step."""

    reporter: Reporter
    pass_index: int
    pass_count: int

    def progress(self, stage: str, done: float, total: float) -> None:  # noqa: ARG002 - the passes are one stage
        self.reporter.progress("change", self.pass_index + (done / total if total else 1.0), self.pass_count)

    def log(self, text: str, level: str = "info") -> None:
        self.reporter.log(text, level)


def compare_maps(job: Job, reporter: Reporter) -> dict[str, Any]:
    """Compare the first with the last of `job.maps`; from three maps on, write their time series too.

    Parameters
    ----------
    job : names the maps by period, and the folder where tables, rasters, pictures and the report are written.
    reporter : receives the progress of the stage "change", and notes as warnings; its `progress` may raise to stop the
        work.

    Returns
    -------
    Paths of the files by name; `compared_ha` and `changed_ha`; the changes of the classes; the flows of the selected
    class; the warning and the notes in the job's language; `confident_percent` where it could be computed. All are JSON
    values.

    Raises
    ------
    JobInvalid : for fewer than two maps.
    RasterInvalid : where a raster cannot be read, is on another grid and `job.align` does not allow it, or where the
        maps show no land in common.
    SampleOfAnotherMap, SampleInvalid : where the job's sample was not drawn from this change, or cannot be read.
    RegionInvalid : where the region lies outside the maps.
    DiskFull, FolderNotWritable : where a file cannot be written.

    """
    comparison = _Comparison(job, reporter)
    line, matrix = comparison.count()
    values = comparison.rasters(matrix)
    assessment = comparison.assess()
    matrix = replace(matrix, is_assessed=assessment is not None)
    comparison.write_tables(matrix, line)
    comparison.report(matrix, line, values.get("confident_percent"), assessment)
    reporter.log(matrix.warning, "warning")
    reporter.progress("change", _PASS_COUNT, _PASS_COUNT)
    return {
        **{name: str(path) for name, path in comparison.paths.items()},
        "compared_ha": round(matrix.compared_ha, 4),
        "changed_ha": round(matrix.changed_ha, 4),
        "class_changes": [{**asdict(row), "net_ha": row.net_ha} for row in matrix.classes()],
        "class_flows": _flow_records(matrix, job.change_class),
        "warning": matrix.warning,
        "notes": [translate(note, job.locale) for note in comparison.notes(matrix)],
        **values,
        **({} if assessment is None else _assessment_values(assessment, job.locale)),
    }


class _Comparison:
    """One run of the step: the maps, their common grid, and the files written so far."""

    def __init__(self, job: Job, reporter: Reporter) -> None:
        self._job, self._reporter = job, reporter
        self._maps = {period: Path(job.maps[period]) for period in sorted(job.maps)}
        self._first, self._last = min(self._maps), max(self._maps)
        self._region = job_region(job)
        self.common = common_grid(self._maps, job.align)
        if job.change_class:
            with open_map_pair(self._maps[self._first], self._maps[self._last], target_grid=self.common.grid) as pair:
                require_land_class(job.change_class, pair.legend)
        self.paths: dict[str, Path] = {}
        """Files by the names of the result, in the order in which they were written."""

    def _path(self, name: str, file: str) -> Path:
        self.paths[name] = Path(self._job.folder) / file.format(f"{self._first}_{self._last}")
        return self.paths[name]

    def notes(self, matrix: ChangeMatrix) -> tuple[str, ...]:
        """What a reader must know besides the warning."""
        return (*self.common.notes, *matrix.notes)

    def count(self) -> tuple[Timeline | None, ChangeMatrix]:
        """Count all maps, before anything is written: maps that cannot be compared are refused here."""
        job, grid = self._job, self.common.grid
        line = None
        if len(self._maps) > 2:
            reporter = _PassReporter(self._reporter, 0, _PASS_COUNT)
            line = timeline(self._maps, self._region, job.locale, reporter, target_grid=grid)
        before, after = self._maps[self._first], self._maps[self._last]
        reporter = _PassReporter(self._reporter, 1, _PASS_COUNT)
        matrix = change_matrix(before, after, self._region, job.locale, reporter, target_grid=grid)
        for note in self.notes(matrix):
            self._reporter.log(note, "warning")
        return line, matrix

    def write_tables(self, matrix: ChangeMatrix, line: Timeline | None) -> None:
        """Write matrix, classes and time series, and their pictures."""
        write_matrix_csv(matrix, self._path("matrix", "change_{}.csv"))
        write_classes_csv(matrix, self._path("classes", "change_{}_classes.csv"))
        write_change_json(matrix, self._path("change_data", "change_{}_data.json"))
        picture = self._path("picture", "change_{}.png")
        write_sankey_png(matrix, picture, (self._first, self._last), self._job.region_name)
        if line is not None:
            write_timeline_csv(line, self._path("timeline", "timeline_{}.csv"))
            write_timeline_png(line, self._path("timeline_picture", "timeline_{}.png"))

    def rasters(self, matrix: ChangeMatrix) -> dict[str, Any]:
        """Write the change rasters; returns the share with high confidence, where it can be known."""
        job, change = self._job, self._path("change", "change_{}.tif")
        write_change_raster(
            self._maps[self._first],
            self._maps[self._last],
            change,
            region=self._region,
            language=job.locale,
            reporter=_PassReporter(self._reporter, 2, _PASS_COUNT),
            target_grid=self.common.grid,
        )
        if job.change_class:
            path = self._path("one_class", f"change_{{}}_class_{job.change_class}.tif")
            reporter = _PassReporter(self._reporter, 3, _PASS_COUNT)
            write_one_class_raster(change, job.change_class, path, job.locale, reporter)
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
            language=job.locale,
            reporter=_PassReporter(self._reporter, 4, _PASS_COUNT),
        )
        return {"confident_percent": round(percent, 4)}

    def assess(self) -> RegionAccuracy | None:
        """Assess the change raster by the job's sample; None where there is none."""
        job = self._job
        if not job.sample:
            return None
        assessment = assess(
            job.sample, self.paths["change"], name=job.region_name, rule=job.agreement, interpreter=job.interpreter
        )
        for note in (*assessment.notes, *assessment.estimate.notes):
            self._reporter.log(note, "warning")
        table = Path(job.folder) / f"change_{self._first}_{self._last}_accuracy.csv"
        self.paths |= write_assessment((assessment,), table, job)
        return assessment

    def report(
        self,
        matrix: ChangeMatrix,
        line: Timeline | None,
        confident_percent: float | None,
        assessment: RegionAccuracy | None,
    ) -> None:
        """Write the report on all of it."""
        facts = ChangeFacts(
            heading=self._job.region_name,
            matrix=matrix,
            maps={period: path.name for period, path in self._maps.items()},
            paths={name: str(path) for name, path in self.paths.items()},
            timeline=line,
            confident_percent=confident_percent,
            change_class=self._job.change_class,
            notes=self.notes(matrix),
            job=job_to_dict(self._job),
            versions=versions(),
            language=self._job.locale,
            assessment=assessment,
        )
        write_change_report(facts, self._path("report", "change_{}.html"))


def _assessment_values(assessment: RegionAccuracy, language: str) -> dict[str, Any]:
    """What a sample of the change says, as JSON values."""
    return {
        "sentences": [translate(text, language) for text in change_sentences(assessment)],
        "accuracies": [region_record(assessment)],
        "estimated_change": asdict(estimate_change(assessment.estimate.matrix)),
    }


def _flow_records(matrix: ChangeMatrix, code: int) -> list[dict[str, Any]]:
    """The selected class's transitions as JSON values; none where no class is selected."""
    names = {UNCHANGED: "unchanged", LOST: "lost", GAINED: "gained"}
    return [
        {
            "part": names[flow.kind],
            "code": flow.other.code,
            "name": flow.other.label(matrix.language),
            "area_ha": round(flow.area_ha, 4),
            "percent": round(flow.percent, 4),
        }
        for flow in (class_flows(matrix, code) if code else ())
    ]
