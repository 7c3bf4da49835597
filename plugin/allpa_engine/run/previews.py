"""The task that pictures the checked scenes of a list over the region, before they are downloaded."""

from __future__ import annotations

from typing import Any

from ..core.errors import JobInvalid
from ..core.messages import message
from ..core.run_paths import RunPaths
from ..fetch.preview import write_previews
from .record import Run
from .scenes import search_or_load_scenes


def check_previews(paths: RunPaths) -> None:
    """Refuse a job without a scene list.

    Raises
    ------
    JobInvalid

    """
    if not paths.job.scenes:
        raise JobInvalid(message("The job has no scene list."), message("Its key 'scenes' is empty."))


def make_previews(run: Run) -> dict[str, Any]:
    """Write the pictures into the job's folder.

    Parameters
    ----------
    run : of a job with a scene list; its checked scenes are pictured.

    Returns
    -------
    Paths of the pictures by scene id, the number of scenes that gave none, and the bytes that were downloaded.

    Raises
    ------
    AllpaError : where list or folder cannot be used.

    """
    selection, region = search_or_load_scenes(run)
    made = write_previews(selection.chosen, region, run.paths.folder, run.reporter)
    return {
        "quick_looks": {scene_id: str(path) for scene_id, path in made.files.items()},
        "failed_scenes": len(made.failed),
        "received_bytes": made.received_bytes,
    }
