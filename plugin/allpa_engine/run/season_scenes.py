"""The scenes of seasonal composites: searched once for all seasons, chosen season by season, kept in one scene list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..core.errors import AllpaError, JobInvalid, NoScenes
from ..core.job import Job, job_to_dict
from ..core.json_input import read_json
from ..core.messages import joined, message
from ..core.scene import Candidate, Scene, Selection
from ..core.season_keys import CLOUD_LIMIT, feature_name
from ..fetch.region_cloud import measure_clear_shares
from ..geo.region import Region
from ..search import search_scenes
from ..select.scene_list import read_scene_list, write_scene_list
from ..select.seasons import (
    SeasonRule,
    SeasonScenes,
    calendar_months,
    choose_season_scenes,
    months_searched,
    split_given_scenes,
)
from .record import Run
from .scenes import earlier_list_text, job_region, search_or_load_scenes, shared_ranges

SEARCH_KEYS = (
    "region", "start", "end", "catalogue", "collection", "fallback_catalogue", "max_cloud_percent", "bands",
)  # fmt: skip
"""What of a job decides which scenes are found; with the months that are searched and the mask that is measured."""
_MAX_FEATURES = 5000


def check_seasons(job: Job) -> None:
    """Check what the keys of a seasonal composite must be together.

    Raises
    ------
    JobInvalid : where no month of a season lies in the period, or there would be too many features.

    """
    features = [
        feature_name(season, band, statistic)
        for season in job.seasons
        for band in job.bands
        for statistic in job.seasonal["statistics"]
    ]
    if len(features) > _MAX_FEATURES:
        raise JobInvalid(
            message("The composites would have too many features."),
            message("They are more than {maximum:,}.", maximum=_MAX_FEATURES),
        )
    if job.seasonal["selection"] == CLOUD_LIMIT and job.seasonal["min_scenes"] > job.seasonal["max_scenes"]:
        raise JobInvalid(
            message("The job's key 'seasonal' wants more scenes at least than it allows at most."),
            message(
                "min_scenes is {least}, max_scenes {most}.",
                least=job.seasonal["min_scenes"],
                most=job.seasonal["max_scenes"],
            ),
        )
    if job.scenes:  # a list may be of any dates
        return
    covered = {number % 12 + 1 for number in calendar_months((job.start, job.end))}
    without = [season for season, months in job.seasons.items() if not covered.intersection(months)]
    if without:
        raise JobInvalid(
            message(
                "No month of {seasons} lies in the period from {start} to {end}.",
                seasons=", ".join(without),
                start=job.start,
                end=job.end,
            ),
            next_step=message("Choose a period that holds months of every season, or give the season other months."),
        )


def find_season_scenes(run: Run) -> tuple[list[SeasonScenes], Selection, Region]:
    """The scenes of each season: those of a given list, of an earlier search for the same, or of a new one.

    Parameters
    ----------
    run : its reporter hears which seasons lack scenes.

    Returns
    -------
    The seasons with their chosen scenes, all of them as one scene list, and the region.

    Raises
    ------
    NoScenes : where nothing was found, or a season has no usable scene in any tile.
    JobInvalid, CatalogueUnreachable, Cancelled, DiskFull, FolderNotWritable

    """
    job = run.paths.job
    if job.scenes:
        selection, region = search_or_load_scenes(run)
        seasons = [split_given_scenes(selection, season) for season in job.seasons.items()]
    else:
        region = _region(job)
        scenes, shares, selection = _search(run, region)
        rule = season_rule(job)
        seasons = [
            choose_season_scenes(scenes, region, season, (job.start, job.end), rule, lambda scene: shares.get(scene.id))
            for season in job.seasons.items()
        ]
        selection = _joined(selection, seasons, shares)
        write_scene_list(selection, region, run.paths.composite_scenes)
    for season in seasons:
        for note in season.notes:
            run.reporter.log(note, "warning")
    _check_all_have_scenes(job, seasons)
    return seasons, selection, region


def season_rule(job: Job) -> SeasonRule:
    """How the scenes of a job's seasons are chosen."""
    keys = job.seasonal
    if keys["selection"] == CLOUD_LIMIT:
        most = keys["max_scenes"]
        return SeasonRule(CLOUD_LIMIT, keys["max_cloud_percent"], keys["min_scenes"], most, most)
    return SeasonRule(keys["selection"], 100.0, keys["min_scenes"], job.max_scenes, job.clear_observations)


def search_facts(job: Job) -> dict[str, Any]:
    """What of a job decides which scenes are found, as JSON values."""
    values = job_to_dict(job)
    facts = {key: values[key] for key in SEARCH_KEYS if key in values}
    return {
        **facts,
        "months": list(months_searched(job.seasons.values(), job.seasonal["min_scenes"])),
        "mask_dilation": job.seasonal["mask_dilation"],
    }


def _region(job: Job) -> Region:
    region = job_region(job)
    if region is None:
        raise JobInvalid(message("The job has no region."), message("Its key 'region' is empty."))
    return region


def _search(run: Run, region: Region) -> tuple[list[Scene], dict[str, float], Selection]:
    """All scenes of the searched months, their measured clear shares, and the list that they came from."""
    job, reporter = run.paths.job, run.reporter
    known = _earlier_list(run)
    if known is not None:
        reporter.log(earlier_list_text(run.paths.composite_scenes.name))
        shares = {
            candidate.scene.id: 1 - candidate.region_cloud_percent / 100
            for candidate in known.candidates
            if candidate.region_cloud_percent is not None
        }
        return [candidate.scene for candidate in known.candidates], shares, known
    reporter.progress("search", 0, 1)
    found = search_scenes(
        region,
        job.start,
        job.end,
        catalogue=job.catalogue,
        collection=job.collection,
        months=months_searched(job.seasons.values(), job.seasonal["min_scenes"]),
        max_cloud_percent=job.max_cloud_percent,
        reporter=reporter,
        fallback=job.fallback_catalogue,
        bands=job.bands,
    )
    dilate, shared = job.seasonal["mask_dilation"], shared_ranges(run.paths)
    shares = measure_clear_shares(found.scenes, region, dilate=dilate, reporter=reporter, shared=shared)
    reporter.progress("search", 1, 1)
    for warning in found.warnings:
        reporter.log(warning, "warning")
    selection = Selection((), tuple(found.notes), found.coverage, tuple(found.warnings))
    return list(found.scenes), shares, selection


def _earlier_list(run: Run) -> Selection | None:
    """The scene list in the folder where it was searched for the same; None where there is none."""
    try:
        before = read_json(run.paths.composite_record)
        if before["search"] != search_facts(run.paths.job):
            return None
        selection = read_scene_list(run.paths.composite_scenes)[0]
    except (AllpaError, ValueError, KeyError, TypeError):  # none, damaged, or of another version
        return None
    return None if selection.signed else selection  # only a new search knows valid signatures


def _joined(selection: Selection, seasons: Sequence[SeasonScenes], shares: Mapping[str, float]) -> Selection:
    """One list of all scenes that were found, each with what every season decided on it."""
    known = {candidate.scene.id: replace(candidate, chosen=False) for candidate in selection.candidates}
    reasons: dict[str, list[str]] = {}
    for season in seasons:
        for candidate in season.selection.candidates:
            share = shares.get(candidate.scene.id)
            cloud = None if share is None else round(100 * (1 - share), 4)
            before = known.get(candidate.scene.id)
            is_chosen = candidate.chosen or (before is not None and before.chosen)
            known[candidate.scene.id] = replace(candidate, chosen=is_chosen, region_cloud_percent=cloud)
            text = message("{season}: {message}", season=season.name, message=candidate.reason)
            reasons.setdefault(candidate.scene.id, []).append(text)
    ranked: list[Candidate] = []
    ranks: dict[str, int] = {}
    for candidate in sorted(known.values(), key=lambda item: (item.scene.tile, item.scene.sensing_time, item.scene.id)):
        tile = candidate.scene.tile
        ranks[tile] = ranks.get(tile, 0) + 1
        found = reasons.get(candidate.scene.id)
        reason: str = candidate.reason
        if found:
            reason = found[0] if len(found) == 1 else joined(found, "; ")
        ranked.append(replace(candidate, rank=ranks[tile], reason=reason))
    return replace(selection, candidates=tuple(ranked))


def _check_all_have_scenes(job: Job, seasons: Sequence[SeasonScenes]) -> None:
    without = [season.name for season in seasons if not season.selection.chosen]
    if not without:
        return
    limit = job.seasonal["max_cloud_percent"]
    uses_limit = job.seasonal["selection"] == CLOUD_LIMIT and not job.scenes
    raise NoScenes(
        message("No usable scene was found for {names}.", names=", ".join(without)),
        message("Scenes with more than {percent:g} % cloud are not used.", percent=limit) if uses_limit else "",
        message("Give the season other months, allow more cloud, or choose the selection of the annual map."),
    )
