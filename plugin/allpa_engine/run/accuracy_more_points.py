"""The task `accuracy_more_points`: how many more points a sample needs, and the sample with these points."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..accuracy.class_names import class_text
from ..accuracy.extend_sample import check_can_be_extended, extend_sample
from ..accuracy.labelled_sample import read_labelled_sample
from ..accuracy.more_points import MorePoints, PointQuality, Target, plan_more_points
from ..accuracy.point_quality import read_point_quality
from ..accuracy.sample_file import read_design, read_labels, read_points, write_sample
from ..areas import read_zones
from ..core.legend import BUNDLED_LEGEND, Legend
from ..core.messages import Message, message, translate
from ..core.protocol import Reporter
from ..core.sample_keys import MAX_POINTS
from .accuracy_zones import quality_path
from .record import Run
from .scenes import job_region


@dataclass(frozen=True)
class _StepReporter:
    """Reports the draw as this task's own stage."""

    reporter: Reporter

    def progress(self, stage: str, done: float, total: float) -> None:  # noqa: ARG002 - one stage
        self.reporter.progress("accuracy_more_points", done, total)

    def log(self, text: str, level: str = "info") -> None:
        self.reporter.log(text, level)


def add_points(run: Run) -> dict[str, Any]:
    """Plan the points that the job's target needs, draw them, and write the longer sample.

    Parameters
    ----------
    run : the job with `sample`, `landcover` and `estimation`; region, zones and raster of strata as at the draw.

    Returns
    -------
    Path of the sample (None where no point is needed), the number of new points, the plan by stratum, half widths in
    percent, and a sentence, as JSON values.

    Raises
    ------
    AllpaError : of the class that names the cause.

    """
    job, paths, reporter = run.paths.job, run.paths, run.reporter
    design = read_design(job.sample)
    check_can_be_extended(design)
    points = read_points(job.sample, design)
    sample = read_labelled_sample(job.sample, paths.landcover, job.agreement, job.interpreter)
    target = Target(job.estimation["target_class"], job.estimation["target_percent"] / 100)
    plan = plan_more_points(sample, target, _quality(run, points.x, points.y), MAX_POINTS - len(points))
    sentence = plan_sentence(plan, design.legend)
    reporter.log(sentence)
    written = None
    if plan.count:
        zones = read_zones(job.zones, job.zone_name) if job.zones else ()
        extended, joined, labels = extend_sample(
            paths.landcover,
            design,
            points,
            read_labels(job.sample, len(points), design.legend),
            np.array([stratum.more_points for stratum in plan.strata], np.int64),
            region=job_region(job),
            zones=[zone for zone in zones if not zone.geometry.is_empty],
            strata_path=Path(job.strata_raster) if job.strata_raster else None,
            reporter=_StepReporter(reporter),
        )
        write_sample(paths.sample, extended, joined, labels, job.locale)
        written = str(paths.sample)
    return {
        "sample": written,
        "points": plan.count,
        "half_width_percent": round(100 * plan.half_width, 4),
        "expected_half_width_percent": round(100 * plan.expected_half_width, 4),
        "strata": [
            {
                "name": row.name,
                "points": row.points,
                "variance_percent": round(100 * row.variance_share, 2),
                "more_points": row.more_points,
            }
            for row in plan.strata
        ],
        "interpreters": sorted(design.interpreters),
        "sentence": translate(sentence, job.locale),
    }


def _quality(run: Run, x: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> PointQuality | None:
    path = quality_path(run.paths)
    return None if path is None else read_point_quality(path, x, y)


def plan_sentence(plan: MorePoints, legend: Legend = BUNDLED_LEGEND) -> Message:
    """What a plan says, in a sentence.

    Parameters
    ----------
    plan : from `plan_more_points`.
    legend : the classes of the sample.

    Returns
    -------
    English, to be translated.

    """
    now, then = 100 * plan.half_width, 100 * plan.expected_half_width
    wished = 100 * plan.target.half_width
    code = plan.target.class_code
    if not plan.count and code:
        return message(
            "No more points are needed: the area of {name} is known within {now:.1f} %, as wished ({wished:.1f} %).",
            name=class_text(code, legend),
            now=now,
            wished=wished,
        )
    if not plan.count:
        return message(
            "No more points are needed: the overall accuracy is known within {now:.1f} percentage points, as wished "
            "({wished:.1f}).",
            now=now,
            wished=wished,
        )
    if code:
        return message(
            "{count} more points are needed to know the area of {name} within {wished:.1f} %: it is known within "
            "{now:.1f} % now, and within {then:.1f} % with them.",
            count=plan.count,
            name=class_text(code, legend),
            wished=wished,
            now=now,
            then=then,
        )
    return message(
        "{count} more points are needed to know the overall accuracy within {wished:.1f} percentage points: it is "
        "known within {now:.1f} now, and within {then:.1f} with them.",
        count=plan.count,
        wished=wished,
        now=now,
        then=then,
    )
