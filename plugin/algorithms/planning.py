"""What a run takes, before it: the parameter DRY_RUN, the outputs of a plan, and the engine's task `plan`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDefinition,
)

from ..allpa_engine.core.job import Job
from ..translation import tr
from .base import run_job
from .parameters import advanced

DRY_RUN = "DRY_RUN"
PLAN_NUMBERS = {
    "PLAN_TILES": "tile_count",
    "PLAN_SCENES": "scene_count",
    "PLAN_FETCH_BYTES": "fetch_bytes",
    "PLAN_DISK_BYTES": "disk_bytes",
    "PLAN_MEMORY_MB": "memory_mb",
    "PLAN_MINUTES": "minutes",
    "PLAN_CORE_HOURS": "core_hours",
    "PLAN_COVERED_PERCENT": "covered_percent",
}
"""Outputs of a plan, with their key in the engine's result."""


def plan_parameter() -> QgsProcessingParameterDefinition:
    """Whether only the plan is made."""
    return advanced(
        QgsProcessingParameterBoolean(DRY_RUN, tr("Only plan the run"), False),
        tr(
            "Searches the scenes and says what the run takes: tiles, scenes, bytes to download, minutes on this "
            "computer, disk space and memory, and which share of the region is covered. No scene is downloaded and no "
            "map is made."
        ),
    )


def declare_plan_outputs(algorithm: QgsProcessingAlgorithm) -> None:
    """Declare what a plan gives; a run that makes its map leaves these outputs out."""
    titles = {
        "PLAN_TILES": tr("Tiles of the plan"),
        "PLAN_SCENES": tr("Scenes of the plan"),
        "PLAN_FETCH_BYTES": tr("Bytes to download"),
        "PLAN_DISK_BYTES": tr("Bytes on disk"),
        "PLAN_MEMORY_MB": tr("Memory (MB)"),
        "PLAN_MINUTES": tr("Minutes on this computer"),
        "PLAN_CORE_HOURS": tr("Core-hours"),
        "PLAN_COVERED_PERCENT": tr("Region covered by scenes (%)"),
    }
    algorithm.addOutput(QgsProcessingOutputFile("PLAN", tr("Plan (JSON)")))
    for name, title in titles.items():
        algorithm.addOutput(QgsProcessingOutputNumber(name, title))


def plan_outputs(
    job: Job, folder: Path, feedback: QgsProcessingFeedback, variables: Mapping[str, str]
) -> dict[str, Any]:
    """Plan a job in the engine, and show its table in the log.

    Parameters
    ----------
    job : of the map.
    folder : of its outputs; the plan is written there.
    feedback : takes progress and log.
    variables : environment variables of the engine, such as keys.

    Returns
    -------
    The outputs of the plan by name, and its notes.

    Raises
    ------
    AllpaError : of the class that names the cause.

    """
    values = run_job(replace(job, task="plan"), folder / f"plan_{job.period}.job.json", feedback, variables)
    for line in str(values.get("plan_table", "")).splitlines():
        feedback.pushInfo(line)
    outputs = {name: values.get(key) for name, key in PLAN_NUMBERS.items()}
    return {**outputs, "PLAN": values.get("plan"), "PLAN_NOTES": values.get("notes", [])}
