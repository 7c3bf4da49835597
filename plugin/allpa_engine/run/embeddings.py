"""The task `embeddings`: the network's features of a region, averaged by month or year, as one file for each tile."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..core.errors import AllScenesFailed
from ..core.messages import message
from ..core.refit_keys import MONTH
from ..core.scene import FailedScene, FetchedScene
from ..learn.embedding import EmbeddingFile, write_embedding
from ..learn.network_features import load_feature_network
from .record import Run
from .scenes import fetch_scenes, record_radiometry, search_or_load_scenes


def embed_region(run: Run) -> dict[str, Any]:
    """Write embeddings of the job's region.

    Returns
    -------
    Paths of the files, their number of bands, and the scenes used and failed.

    Raises
    ------
    AllpaError : of the class that names the cause.

    """
    job = run.paths.job
    network = load_feature_network(job.model or None, job.device, job.threads, job.precision)
    selection, region = search_or_load_scenes(run)
    outcomes = list(fetch_scenes(run, selection, region))
    run.record.failures = tuple(outcome for outcome in outcomes if isinstance(outcome, FailedScene))
    scenes = [outcome for outcome in outcomes if isinstance(outcome, FetchedScene)]
    used = [scene for scene in scenes if int(scene.scene.date[5:7]) in job.months]
    if not used:
        raise AllScenesFailed(message("No scene of the chosen months could be used."))
    record_radiometry(run, selection, region, [scene.scene for scene in scenes])
    files: list[EmbeddingFile] = []
    for name, prefix, part in _parts(used, job.embedding_period, job.period):
        path = run.paths.folder / f"embedding_{name}.tif"
        cloud = network.classifier.legend.cloud_code
        files.append(write_embedding(path, part, network, region, run.reporter, cloud, prefix))
    return {
        "embeddings": [str(file.path) for file in files],
        "embedding": str(files[0].path),
        "bands": files[0].bands,
        "scene_count": len(used),
        "failed_scenes": len(run.record.failures),
        "seen_percent": round(100 * min(file.seen_share for file in files), 2),
        "model_hash": network.classifier.model_hash,
    }


def _parts(scenes: Iterable[FetchedScene], period: str, whole: str) -> list[tuple[str, str, list[FetchedScene]]]:
    """Name of the file, prefix of the bands and scenes of each tile, and of each month where that is asked for."""
    groups: dict[tuple[str, str], list[FetchedScene]] = {}
    for scene in scenes:
        month = scene.scene.date[:7] if period == MONTH else ""
        groups.setdefault((scene.scene.tile, month), []).append(scene)
    return [
        (f"{tile}_{month or whole}", f"m{month[5:]}" if month else "", sorted(part, key=lambda item: item.scene.id))
        for (tile, month), part in sorted(groups.items())
    ]
