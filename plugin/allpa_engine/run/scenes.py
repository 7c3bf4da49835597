"""The scenes of a run: searched and selected, or read from a list, and then downloaded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..composite.shortage import MAX_SHORTAGE_SHARE, shortage_shares
from ..core.cluster_keys import TOGETHER
from ..core.errors import AllpaError, CatalogueUnreachable, JobInvalid, NoScenes
from ..core.job import Job, job_to_dict, read_job
from ..core.messages import Message, joined, message, translatable
from ..core.protocol import Reporter
from ..core.run_paths import RunPaths
from ..core.scene import Candidate, FailedScene, FetchedScene, Prediction, Scene, Selection
from ..core.urls import strip_secrets
from ..fetch import estimate_download_bytes, fetch_selection
from ..fetch.region_cloud import measure_clear_shares
from ..fetch.shared_ranges import FOLDER, SharedRanges
from ..fetch.window import snap_bounds
from ..geo.mgrs_tiles import region_in_tile_crs, tiles_for_region
from ..geo.region import Region, region_from_geojson
from ..search import search_scenes
from ..select import SelectionRule, choose_next_acquisitions, select_scenes
from ..select.region_coverage import measure_region_coverage
from ..select.scene_list import read_scene_list, write_scene_list
from .known_answers import known_answers
from .record import Run

REGION_MARGIN_M = 640.0
"""Land around the region that is downloaded too: what the model sees beyond the border."""
CLASSIFIED_MARGIN_M = 40.0
"""Land around the region that is classified, so that no pixel of the map lacks one in whatever projection."""
MAX_SHARE_OUTSIDE_LIST = 0.01
"""A scene list belongs to another region where more of the job's region than this lies outside of the list's."""
MANY_TILES = 50
"""A region of more is better mapped tile by tile."""
SCENES_PER_ROUND = 2
"""Scenes per tile that are added before counting again."""
SEARCH_KEYS = (
    "region", "start", "end", "catalogue", "collection", "max_scenes", "clear_observations", "max_cloud_percent",
    "fallback_catalogue", "months", "mask_dilation", "scenes", "bands",
)  # fmt: skip
"""What of a job decides its scene list; a job that differs in one of them searches again."""


def earlier_list_text(name: str) -> Message:
    """That a scene list of an earlier run is used, for the log."""
    return message("Using the scene list of an earlier run, {name}; remove it to search again.", name=name)


def search_or_load_scenes(run: Run) -> tuple[Selection, Region]:
    """The scene list: the one given, the one of an earlier run of the same job, or a new one.

    Raises
    ------
    JobInvalid, RegionInvalid : where the list or the region cannot be used.
    CatalogueUnreachable, NoScenes : of the search.

    """
    job, path = run.paths.job, run.paths.scene_list
    region = job_region(job)
    if job.scenes:
        selection, region = load_given_scenes(path, region)
        if selection.signed:
            run.reporter.log(
                message("The URLs of the scene list are signed: its catalogue is searched again for valid signatures.")
            )
            selection = renew_urls(selection, region, job, run.reporter)
        selection = _add_missing_bands(selection, region, job, run.reporter)
        coverage = measure_region_coverage(selection.chosen, region)
        _log_warnings(coverage.warnings, run.reporter)
        new_notes = (warning for warning in coverage.warnings if warning not in selection.notes)
        selection = replace(
            selection,
            notes=(*new_notes, *selection.notes),
            warnings=coverage.warnings,
            covered_share=coverage.share,
            gap=coverage.gap,
        )
        return selection, region
    if region is None:
        raise JobInvalid(message("The job has no region."), message("Its key 'region' is empty."))
    if has_matching_scene_list(run.paths):
        run.reporter.log(earlier_list_text(path.name))
        selection = read_scene_list(path)[0]
        _log_warnings(selection.warnings, run.reporter)
        return selection, region
    return _search(run, region), region


def _search(run: Run, region: Region) -> Selection:
    job, reporter = run.paths.job, run.reporter
    # The list of another job goes first: if this search fails, it must not pass for the list of this job afterwards.
    with suppress(OSError):
        run.paths.scene_list.unlink()
    warn_of_many_tiles(job, region, reporter)
    reporter.progress("search", 0, 1)
    found = search_scenes(
        region,
        job.start,
        job.end,
        catalogue=job.catalogue,
        collection=job.collection,
        months=job.months,
        max_cloud_percent=job.max_cloud_percent,
        reporter=reporter,
        fallback=job.fallback_catalogue,
        bands=job.bands,
        answers=known_answers(job),
    )
    rule = SelectionRule(max_scenes=job.max_scenes, clear_observations=job.clear_observations)
    shares = measure_clear_shares(
        found.scenes, region, dilate=job.mask_dilation, reporter=reporter, shared=shared_ranges(run.paths)
    )
    selection = select_scenes(found.scenes, region, rule, found.notes, clear_share=lambda scene: shares.get(scene.id))
    selection = replace(
        selection,
        candidates=tuple(_add_measurements(candidate, region, shares, job.bands) for candidate in selection.candidates),
        coverage=found.coverage,
        warnings=(*found.warnings, *selection.warnings),
    )
    write_scene_list(selection, region, run.paths.scene_list)
    reporter.progress("search", 1, 1)
    _log_warnings(selection.warnings, reporter)
    for note in selection.notes:
        if note not in selection.warnings:
            reporter.log(note)
    return selection


def _add_missing_bands(selection: Selection, region: Region, job: Job, reporter: Reporter) -> Selection:
    """The selection with files for all bands of the job; lists of earlier versions have those of six only.

    Raises
    ------
    JobInvalid : where the catalogue has none of them for a chosen scene.
    """
    if not _missing_bands(selection, job):
        return selection
    reporter.log(message("The scene list lacks files of bands that are needed: its catalogue is searched again."))
    completed = renew_urls(selection, region, job, reporter)
    missing = _missing_bands(completed, job)
    if missing:
        raise JobInvalid(
            message("The scene list has no files of the bands {missing}.", missing=", ".join(missing)),
            message("Its catalogue has none for some of the selected scenes."),
            message("Search scenes again with these bands, or choose another catalogue."),
        )
    return completed


def _missing_bands(selection: Selection, job: Job) -> list[str]:
    return [key for key in job.bands if any(key not in scene.assets for scene in selection.chosen)]


def renew_urls(selection: Selection, region: Region, job: Job, reporter: Reporter) -> Selection:
    """The selection with the files that its catalogue lists and signs now: a scene list holds no signatures.

    Parameters
    ----------
    selection : read from a list.
    region : that is searched.
    job : names the catalogue, whose address may hold a key.
    reporter : hears of catalogues that do not answer; their scenes stay as they are.

    """
    catalogues = {candidate.scene.catalogue for candidate in selection.candidates}
    if catalogues == {strip_secrets(job.catalogue)}:  # a list holds no key of its catalogue's own URL either
        catalogues = {job.catalogue}
    days = sorted(candidate.scene.date for candidate in selection.candidates)
    collection = selection.candidates[0].scene.collection
    found: dict[str, Scene] = {}
    for catalogue in sorted(catalogues):
        try:
            result = search_scenes(
                region, days[0], days[-1], catalogue=catalogue, collection=collection, reporter=reporter
            )
        except (CatalogueUnreachable, NoScenes) as error:
            reporter.log(joined((error.what, error.why, error.next_step)), "warning")
            continue
        found |= {scene.id: scene for scene in result.scenes}
    candidates = (
        replace(candidate, scene=replace(candidate.scene, assets=found[candidate.scene.id].assets))
        if candidate.scene.id in found
        else candidate
        for candidate in selection.candidates
    )
    return replace(selection, candidates=tuple(candidates))


def _log_warnings(warnings: Iterable[str], reporter: Reporter) -> None:
    for warning in warnings:
        reporter.log(warning, "warning")


def load_given_scenes(path: Path, region: Region | None) -> tuple[Selection, Region]:
    """Read a scene list that the user gave, and decide which region is mapped.

    Parameters
    ----------
    path : of the scene list.
    region : the job's own; None takes that of the list.

    Returns
    -------
    The selection of the list, and the region to map.

    Raises
    ------
    JobInvalid : where the list cannot be read, nothing is selected in it, or it does not cover the job's region.

    """
    selection, listed = read_scene_list(path)
    if not selection.chosen:
        raise JobInvalid(
            message("No scene is selected in {name}.", name=path.name),
            next_step=message("Select at least one, or search again."),
        )
    if region is None:
        return selection, listed
    if region.geometry.difference(listed.geometry).area > MAX_SHARE_OUTSIDE_LIST * region.geometry.area:
        raise JobInvalid(
            message("The scene list {name} belongs to another region.", name=path.name),
            next_step=message("Search scenes for this region, or give no region to use that of the list."),
        )
    return selection, region


def _add_measurements(
    candidate: Candidate, region: Region, shares: Mapping[str, float], bands: Sequence[str]
) -> Candidate:
    """A candidate with what is known of it over the region: its clouds, and the bytes to download."""
    clear = shares.get(candidate.scene.id)
    return replace(
        candidate,
        region_cloud_percent=None if clear is None else round(100 * (1 - clear), 2),
        fetch_bytes=estimate_download_bytes(candidate.scene, region, REGION_MARGIN_M, bands),
    )


def has_matching_scene_list(paths: RunPaths) -> bool:
    """Whether the folder holds the readable scene list of a job that searched for the same scenes."""
    if not (paths.scene_list.exists() and paths.job_file.exists()):
        return False
    try:
        before, now = job_to_dict(read_job(paths.job_file)), job_to_dict(paths.job)
        if read_scene_list(paths.scene_list)[0].signed:  # only a new search knows valid signatures
            return False
    except AllpaError:  # damaged, or of another version: the scenes are searched again
        return False
    return all(before[key] == now[key] for key in SEARCH_KEYS)


def warn_of_many_tiles(job: Job, region: Region, reporter: Reporter) -> None:
    """Say before the work that a very large region is to be mapped as a whole."""
    count = len(tiles_for_region(region))
    if job.task == "landcovermap" and job.tiles == TOGETHER and count > MANY_TILES:
        text = translatable(
            "The region touches {count} tiles of Sentinel-2, which may take days and a full disk. Only plan the run "
            "to see how much; mapped separately, each tile is a task that can be run again by itself."
        )
        reporter.log(message(text, count=count), "warning")


def job_region(job: Job) -> Region | None:
    """The region of a job; None where it has none."""
    return region_from_geojson(job.region, job.region_name) if job.region else None


def search_result(run: Run, selection: Selection) -> dict[str, Any]:
    """The scene list's part of a result.

    Parameters
    ----------
    run : its paths say where the list lies.
    selection : the scenes of the list.

    Returns
    -------
    Path of the list, number of selected scenes, and number of all candidates.

    """
    return {
        "scenes": str(run.paths.scene_list),
        "scene_count": len(selection.chosen),
        "candidates": len(selection.candidates),
    }


def fetch_scenes(
    run: Run,
    selection: Selection,
    region: Region,
    known_failures: Mapping[str, str] | None = None,
    shared: SharedRanges | None = None,
) -> Iterator[FetchedScene | FailedScene]:
    """Download the region's part of the selected scenes.

    Parameters
    ----------
    run : its paths say where the files go, its job how large their folder may become.
    selection : the scenes, and the candidates that may replace them.
    region : land that is downloaded, with `REGION_MARGIN_M` around it.
    known_failures : reasons by scene id of scenes that failed before; they are not tried again.
    shared : bytes that other jobs received; None takes those of the job's cache folder.

    Returns
    -------
    An iterator over the scenes in the selection's order, each with its file, or why it could not be used.

    Raises
    ------
    DiskFull, FolderNotWritable, AllScenesFailed, Cancelled : while it is iterated, as in `fetch_selection`.

    """
    limit_gb = run.paths.job.cache_limit_gb
    return fetch_selection(
        selection,
        region,
        run.paths.cache,
        reporter=run.reporter,
        margin_m=REGION_MARGIN_M,
        cache_bytes=round(limit_gb * 1e9) if limit_gb else None,
        known_failures=known_failures,
        bands=run.paths.job.bands,
        shared=shared or shared_ranges(run.paths),
    )


def add_missing_scenes(run: Run, selection: Selection, predictions: Sequence[Prediction], region: Region) -> Selection:
    """The selection with further scenes of the tiles that lack observations; the same one where none can be added.

    Parameters
    ----------
    run : its job says how many observations are wanted.
    selection : the chosen scenes, and candidates to add.
    predictions : of the chosen scenes.
    region : what is mapped.

    """
    job, extended = run.paths.job, selection
    shares = shortage_shares(predictions, region, job.clear_observations, dilate=job.mask_dilation)
    for tile, share in shares.items():
        count = sum(scene.tile == tile for scene in selection.chosen)
        if share <= MAX_SHORTAGE_SHARE:
            continue
        text = translatable("{share:.1%} of the pixels of tile {tile} have fewer than {wished} clear observations")
        shortage = message(text, share=share, tile=tile, wished=job.clear_observations)
        if job.scenes:
            no_more = translatable("{shortage}; no scene is added because the scene list was given by the user.")
            run.reporter.log(message(no_more, shortage=shortage), "warning")
        elif count < job.max_scenes:
            before = extended
            extended = choose_next_acquisitions(before, tile, min(SCENES_PER_ROUND, job.max_scenes - count))
            if extended != before:
                run.reporter.log(message("{shortage}; downloading more scenes.", shortage=shortage))
    return extended


def classified_bounds(scene: Scene, region: Region) -> tuple[float, float, float, float] | None:
    """Left, bottom, right, top of what is classified of a scene, metres in its CRS; None where it shows none of it."""
    part = region_in_tile_crs(region, scene.tile)
    return None if part.is_empty else snap_bounds(part, CLASSIFIED_MARGIN_M)


def shared_ranges(paths: RunPaths) -> SharedRanges | None:
    """Bytes of scenes that the jobs of a cache folder share; None where the job has a folder of its own."""
    if not paths.job.cache_folder:
        return None
    return SharedRanges(paths.cache / FOLDER)


def record_radiometry(run: Run, selection: Selection, region: Region, scenes: list[Scene]) -> None:
    """Save which offset was removed from each scene that was read, in the record and in the run's scene list.

    Parameters
    ----------
    run : gets it in its record.
    selection, region : what the run's scene list is written with.
    scenes : those that were read.

    Raises
    ------
    DiskFull, FolderNotWritable : where a file cannot be written.

    """
    run.record.radiometry = {scene.id: scene.radiometry for scene in scenes}
    run.save_record()
    write_scene_list(selection, region, run.paths.run_scene_list, run.record.radiometry)
