"""Seasonal composites of a region, tile borders joined, in a folder of features; nothing is made twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from .. import __version__
from ..composite.seasonal import OBSERVATIONS, TRUE_COLOR, SeasonPlan, SeasonProduct, compose_season, stretch_text
from ..composite.tile_quality import TileQuality, tile_quality
from ..core import raster_tags
from ..core.atomic import write_json
from ..core.bands import BAND_BY_KEY
from ..core.errors import FeaturesInvalid
from ..core.job import Job
from ..core.messages import message
from ..core.protocol import Reporter
from ..core.scene import FailedScene, FetchedScene, Radiometry, Scene
from ..core.season_keys import MEAN, MEDIAN, MEDOID, TRUE_COLOR_BANDS, feature_name, season_key
from ..fetch.scene_request import make_scene_request
from ..geo.grid import Grid, grid_covering, grid_difference
from ..geo.map_crs import check_map_crs
from ..geo.region import Region
from ..learn.feature_manifest import FILE_NAME as FEATURES
from ..learn.feature_manifest import FeatureManifest, FeatureRaster, read_manifest, write_manifest
from ..learn.feature_names import TERRAIN
from ..learn.tile_quality_layer import write_tile_quality
from ..raster.value_raster import has_key
from ..select.scene_list import write_scene_list
from ..select.seasons import SeasonScenes
from .record import Run
from .scenes import REGION_MARGIN_M, fetch_scenes
from .season_scenes import find_season_scenes, search_facts
from .season_terrain import add_season_terrain

STAGE = "composite"
_FORMAT, _VERSION = "allpa-composites", 1
_STEPS = 100
"""Of the progress of a season."""


@dataclass
class _Season:
    """A season that is being made."""

    scenes: SeasonScenes
    plan: SeasonPlan
    used: tuple[Scene, ...] = ()
    failures: tuple[FailedScene, ...] = ()
    is_new: bool = False
    """Whether any of its rasters was made in this run."""


class _SeasonReporter:
    """Reports the downloads of one season as its part of those of all."""

    def __init__(self, reporter: Reporter, number: int, count: int) -> None:
        self._reporter, self._number, self._count = reporter, number, count

    def progress(self, stage: str, done: float, total: float) -> None:
        """Take in what is done of a stage; see `Reporter.progress`."""
        if stage == "fetch":
            share = done / total if total else 1.0
            done, total = round(_STEPS * (self._number + share)), _STEPS * self._count
        self._reporter.progress(stage, done, total)

    def log(self, text: str, level: str = "info") -> None:
        """Pass a text on."""
        self._reporter.log(text, level)


def make_composites(run: Run) -> dict[str, Any]:
    """The task `seasonal_composite`: search, choose, download, compose, and describe the folder of features.

    A raster that was made from the same scenes, bands, mask and statistic is kept; where all of a season are, its
    scenes are not even downloaded again.

    Parameters
    ----------
    run : its job says what, its paths say where.

    Returns
    -------
    Paths and numbers of the result by name, all JSON values.

    Raises
    ------
    AllpaError : of the class that names the cause.

    """
    job = run.paths.job
    before = _earlier_features(run)
    chosen, selection, region = find_season_scenes(run)
    crs = job.crs or region.utm_crs
    check_map_crs(crs, region)
    border = region.geometry_in_crs(crs)
    grid = grid_covering(border, crs)
    radiometry: dict[str, Radiometry] = {}
    seasons = []
    for number, scenes in enumerate(chosen):
        plan = SeasonPlan(
            scenes.name, job.bands, grid, border, job.seasonal["mask_dilation"], job.seasonal["snow"],
            _picture_of(job),
        )  # fmt: skip
        seasons.append(season := _Season(scenes, plan))
        _make_season(run, season, region, number, radiometry)
    tiles = sorted({scene.tile for season in seasons for scene in season.used})
    rasters = {season.plan.season: run.paths.season_raster(season.plan.season, OBSERVATIONS) for season in seasons}
    quality = tile_quality(rasters, tiles, grid, border, lambda share: run.reporter.progress("tile_quality", share, 1))
    counts = {season.plan.season: _scene_counts(season) for season in seasons}
    write_tile_quality(run.paths.tile_quality, quality, counts, crs, job.locale)
    if radiometry:
        write_scene_list(selection, region, run.paths.composite_scenes, radiometry)
    record = _record(run, seasons, quality)
    write_json(run.paths.composite_record, record)
    _write_features(run, grid, before, record)
    has_terrain = add_season_terrain(run, region, grid)
    return _result(run, seasons, quality, has_terrain=has_terrain)


def product_names(job: Job) -> tuple[str, ...]:
    """What is made of each season: its statistics, the clear observations, and the picture where it can be made."""
    picture = (TRUE_COLOR,) if _picture_of(job) else ()
    return (*job.seasonal["statistics"], OBSERVATIONS, *picture)


def _picture_of(job: Job) -> str:
    """The statistic that the picture shows; empty where bands or a suitable statistic lack."""
    if not set(TRUE_COLOR_BANDS) <= set(job.bands):
        return ""
    return next((name for name in (MEDIAN, MEDOID, MEAN) if name in job.seasonal["statistics"]), "")


def _make_season(run: Run, season: _Season, region: Region, number: int, radiometry: dict[str, Radiometry]) -> None:
    """Make those rasters of a season that are not there yet."""
    job, name = run.paths.job, season.plan.season
    total = _STEPS * len(job.seasons)

    def progress(share: float) -> None:
        run.reporter.progress(STAGE, round(_STEPS * (number + share)), total)

    season.used = season.scenes.selection.chosen
    if not _missing(run, season, region):
        run.reporter.log(message("{season}: the composites of these scenes are there already.", season=name))
        progress(1.0)
        return
    fetched: list[FetchedScene] = []
    failures: list[FailedScene] = []
    part = replace(run, reporter=_SeasonReporter(run.reporter, number, len(job.seasons)))
    for outcome in fetch_scenes(part, season.scenes.selection, region):
        if isinstance(outcome, FailedScene):
            failures.append(outcome)
            run.reporter.log(outcome.sentence, "warning")
        else:
            fetched.append(outcome)
            radiometry[outcome.scene.id] = outcome.scene.radiometry
    # As the catalogue has them, not as they were read: a key must be the same before and after the download.
    listed = {candidate.scene.id: candidate.scene for candidate in season.scenes.selection.candidates}
    season.used = tuple(listed.get(found.scene.id, found.scene) for found in fetched)
    season.failures = tuple(failures)
    missing = _missing(run, season, region)
    if not missing:
        progress(1.0)
        return
    season.is_new = True
    with suppress(FileNotFoundError):  # it must not describe rasters that are being replaced
        (run.paths.folder / FEATURES).unlink()
    run.reporter.log(message("{season}: scenes of the composite: {count}.", season=name, count=len(fetched)))
    compose_season(season.plan, missing, fetched, threads=job.threads, progress=progress)


def _missing(run: Run, season: _Season, region: Region) -> list[SeasonProduct]:
    """The rasters of a season that are not there, or were made from something else."""
    job = run.paths.job
    keys = [
        dict(make_scene_request(scene, region, REGION_MARGIN_M, job.bands).tags)[raster_tags.KEY]
        for scene in season.used
    ]
    products = (
        SeasonProduct(name, path, season.plan.product_key(name, keys, bands), bands)
        for name, path, bands in _files(run, season.plan.season)
    )
    return [product for product in products if not has_key(product.path, product.key)]


def _files(run: Run, season: str) -> Iterator[tuple[str, Path, tuple[str, ...]]]:
    """Product, path and bands of every raster of a season; bands of other units lie in a raster of their own."""
    job = run.paths.job
    reflectance = tuple(key for key in job.bands if BAND_BY_KEY[key].is_reflectance)
    atmosphere = tuple(key for key in job.bands if key not in reflectance)
    for name in product_names(job):
        if name not in job.seasonal["statistics"]:
            yield name, run.paths.season_raster(season, name), ()
            continue
        if reflectance:
            yield name, run.paths.season_raster(season, name), reflectance
        if atmosphere:
            yield name, run.paths.season_raster(season, f"{name}_atmosphere"), atmosphere


def _earlier_features(run: Run) -> FeatureManifest | None:
    """The features that the folder holds already; None where it holds none that can be used."""
    try:
        return read_manifest(run.paths.folder)
    except FeaturesInvalid:
        return None


def _write_features(run: Run, grid: Grid, before: FeatureManifest | None, record: Mapping[str, Any]) -> None:
    """Name the composites in `features.json`; rasters of others stay in it where they are on the same grid."""
    job = run.paths.job
    rasters = tuple(
        FeatureRaster(
            path.name,
            tuple(feature_name(season, key, name) for key in bands),
            1 / BAND_BY_KEY[bands[0]].numbers_per_unit,
            0.0,
            0.0,
        )
        for season in job.seasons
        for name, path, bands in _files(run, season)
        if bands
    )
    facts: dict[str, Any] = {"composites": {key: value for key, value in record.items() if key != "search"}}
    others: tuple[FeatureRaster, ...] = ()
    if before is not None and not grid_difference(before.grid, grid):
        earlier = before.facts.get("composite_rasters")
        own = {raster.path for raster in rasters} | set(earlier if isinstance(earlier, list) else ())
        names = {name for raster in rasters for name in raster.bands}
        others = tuple(other for other in before.rasters if other.path not in own and not names & set(other.bands))
        facts = {**before.facts, **facts}
    facts["composite_rasters"] = [raster.path for raster in rasters]
    write_manifest(run.paths.folder, FeatureManifest(grid, (*rasters, *others), facts))


def _scene_counts(season: _Season) -> dict[str, int]:
    counts: dict[str, int] = {}
    for scene in season.used:
        counts[scene.tile] = counts.get(scene.tile, 0) + 1
    return counts


def _record(run: Run, seasons: Sequence[_Season], quality: Sequence[TileQuality]) -> dict[str, Any]:
    job = run.paths.job
    return {
        "format": _FORMAT,
        "version": _VERSION,
        "allpa": __version__,
        "search": search_facts(job),
        "period": [job.start, job.end],
        "bands": list(job.bands),
        "seasonal": {**job.seasonal, "statistics": list(job.seasonal["statistics"])},
        "true_color": stretch_text() if _picture_of(job) else None,
        "seasons": {season.plan.season: _season_record(run, season) for season in seasons},
        "tiles": [
            {
                "tile": tile.tile,
                "pixels": tile.pixels,
                "missing_percent": round(tile.missing_percent(), 4),
                "missing_percent_by_season": {name: round(tile.missing_percent(name), 4) for name in tile.missing},
                "clear_observations": {name: round(mean, 3) for name, mean in tile.observations.items()},
            }
            for tile in quality
        ],
    }


def _season_record(run: Run, season: _Season) -> dict[str, Any]:
    scenes: dict[str, list[str]] = {}
    for scene in sorted(season.used, key=lambda scene: (scene.tile, scene.sensing_time)):
        scenes.setdefault(scene.tile, []).append(scene.id)
    return {
        "months": list(season.scenes.months),
        "scenes": scenes,
        "scenes_of_months_beside": {tile: list(ids) for tile, ids in season.scenes.neighbour_scenes.items()},
        "failed": [asdict(failure) for failure in season.failures],
        "notes": [str(note) for note in season.scenes.notes],
        "rasters": {
            path.stem.removeprefix(f"{season_key(season.plan.season)}_{run.paths.job.period}_"): path.name
            for _, path, _ in _files(run, season.plan.season)
        },
    }


def _result(
    run: Run, seasons: Sequence[_Season], quality: Sequence[TileQuality], *, has_terrain: bool
) -> dict[str, Any]:
    paths, job = run.paths, run.paths.job
    pixels = sum(tile.pixels for tile in quality)
    missing = sum(tile.missing_any for tile in quality)

    def rasters(name: str) -> dict[str, str]:
        return {season: str(paths.season_raster(season, name)) for season in job.seasons}

    return {
        "features": str(paths.folder),
        "feature_names": [*_feature_names(job), *(TERRAIN if has_terrain else ())],
        "composites": {name: rasters(name) for name in job.seasonal["statistics"]},
        "observations": rasters(OBSERVATIONS),
        "true_color": rasters(TRUE_COLOR) if _picture_of(job) else {},
        "tile_quality": str(paths.tile_quality),
        "tile_table": str(paths.tile_quality.with_suffix(".csv")),
        "record": str(paths.composite_record),
        "scenes": str(paths.composite_scenes if not job.scenes else paths.scene_list),
        "scene_count": len({scene.id for season in seasons for scene in season.used}),
        "failed_scenes": sum(len(season.failures) for season in seasons),
        "made_seasons": [season.plan.season for season in seasons if season.is_new],
        "missing_percent": 100 * missing / pixels if pixels else 100.0,
    }


def _feature_names(job: Job) -> list[str]:
    return [
        feature_name(season, band, statistic)
        for season in job.seasons
        for statistic in job.seasonal["statistics"]
        for band in job.bands
    ]
