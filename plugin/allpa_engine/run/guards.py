"""Which guards of a job have what they need: elevation from a raster or the catalogue, and second classes.

No guard ever ends a run. What is missing is said in the log, the record and the report, and the guard is off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.errors import RasterioError
from rasterio.warp import transform_bounds
from shapely import contains_xy
from shapely.geometry import Polygon, box
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from ..classify.prediction_file import has_year_bands
from ..composite import CompositeRule
from ..composite.terrain import ElevationRaster, check_elevation
from ..core.composite_keys import PERSISTENCE, SLOPE
from ..core.errors import CatalogueUnreachable, JobInvalid, RasterInvalid, RegionInvalid, SceneUnreadable
from ..core.messages import message, translatable
from ..core.scene import Prediction
from ..fetch.elevation import fetch_elevation
from ..geo.projection import WGS84
from ..geo.region import Region
from ..search.elevation import elevation_bounds, search_elevation
from .known_answers import known_answers
from .record import Run

_NO_ELEVATION = (CatalogueUnreachable, SceneUnreadable, RegionInvalid, JobInvalid)
"""What may end the search and the download of elevation without ending the run."""
_SHARE_POINTS = 24
"""Points along each side of the region at which heights are looked for."""
NO_HEIGHTS = translatable(
    "The raster of elevation has no heights in the region. Check its CRS, its extent and that it is in metres."
)
_CACHED_NAME = "elevation_*.tif"


@dataclass(frozen=True)
class ActiveGuards:
    """The guards that can work."""

    rule: CompositeRule
    """With these guards alone."""
    elevation: Path | None
    off: dict[str, str]
    """Why the others cannot, by name."""
    elevation_share: float = 1.0
    """Of the region, where there is a raster of elevation."""

    def facts(self) -> dict[str, dict[str, Any]]:
        """What the record says of the guards besides what they changed, by name."""
        found: dict[str, dict[str, Any]] = {name: {"off": why} for name, why in self.off.items()}
        if self.elevation is not None and self.elevation_share < 1:
            found[SLOPE] = {"elevation_share": round(self.elevation_share, 4)}
        return found


def prepare_guards(
    run: Run, rule: CompositeRule, predictions: Sequence[Prediction], region: Region | None
) -> ActiveGuards:
    """Find what the guards of a rule need, and leave out those that lack it.

    Parameters
    ----------
    run : its job says where elevation comes from, its reporter hears which guards are off.
    rule : of the composite.
    predictions : those that will vote.
    region : what is mapped; None for all that the predictions show.

    Returns
    -------
    The rule with the guards that can work, and the raster of elevation where one is needed.

    Raises
    ------
    DiskFull, FolderNotWritable, Cancelled : while elevation is downloaded.

    """
    off: dict[str, str] = {
        name: message("The legend has no class that it is about.")
        for name in run.paths.job.guards
        if name not in rule.guards
    }
    elevation, share = None, 1.0
    if SLOPE in rule.guards:
        elevation, reason, share = _usable_elevation(run, predictions, region)
        if elevation is None:
            off[SLOPE] = reason
    if PERSISTENCE in rule.guards and not any(_has_second_class(prediction) for prediction in predictions):
        off[PERSISTENCE] = message("The predictions hold no second class, as those of earlier versions do.")
    for name, reason in off.items():
        run.reporter.log(message("The guard {name} is off: {why}", name=name, why=reason), "warning")
    return ActiveGuards(
        replace(rule, guards=tuple(name for name in rule.guards if name not in off)), elevation, off, share
    )


def download_elevation(run: Run, region: Region) -> None:
    """Download what the guards of a later composite need, as the scenes are; its absence ends no run.

    Raises
    ------
    DiskFull, FolderNotWritable, Cancelled : while elevation is downloaded.

    """
    job = run.paths.job
    if SLOPE in job.guards and not job.elevation:
        elevation, reason = find_elevation(run, (), region)
        if elevation is None:
            run.reporter.log(message("The guard {name} is off: {why}", name=SLOPE, why=reason), "warning")


def _usable_elevation(
    run: Run, predictions: Sequence[Prediction], region: Region | None
) -> tuple[Path | None, str, float]:
    """A whole raster of elevation with heights in the region, or why there is none; its share of the region."""
    path, reason = find_elevation(run, predictions, region)
    if path is None:
        return None, reason, 0.0
    try:
        check_elevation(path)
        share = known_share(path, predictions, region)
    except RasterInvalid as error:
        reason = message("{what} {why}", what=error.what, why=error.why) if error.why else error.what
        return None, reason, 0.0
    if share == 0:
        return None, message(NO_HEIGHTS), share
    if share < 1:
        text = message(
            "The raster of elevation has heights for {share:.1%} of the region. Elsewhere the guard slope changes "
            "nothing.",
            share=share,
        )
        run.reporter.log(text, "warning" if run.paths.job.elevation else "info")
    return path, "", share


def find_elevation(run: Run, predictions: Sequence[Prediction], region: Region | None) -> tuple[Path | None, str]:
    """A raster of elevation, or why there is none: the job's own, or the model of the catalogue.

    Parameters
    ----------
    run : its job says where elevation comes from; what is downloaded lies with its scenes.
    predictions : tell the extent where there is no region.
    region : what is mapped.

    Returns
    -------
    Path of the raster and an empty text, or None and the reason.

    Raises
    ------
    DiskFull, FolderNotWritable, Cancelled : while it is downloaded.

    """
    job = run.paths.job
    if job.elevation:
        return Path(job.elevation), ""
    if job.task == "composite":
        path = _downloaded_before(run, _extent_of(predictions, region))
        return path, message("No elevation was downloaded with the predictions, and the job names no raster of it.")
    if region is None:
        return None, message("The job has no region.")
    try:
        tiles = search_elevation(region, job.catalogue, run.reporter, known_answers(job))
        if not tiles:
            return None, message("The catalogue has no elevation model of this region.")
        bounds = elevation_bounds(region)
        return fetch_elevation(tiles, bounds, run.paths.cache, run.reporter), ""
    except _NO_ELEVATION as error:
        # A map must come out the same when its catalogue cannot be reached any more.
        if (path := _downloaded_before(run, region.geometry)) is not None:
            return path, ""
        return None, message("{what} {why}", what=error.what, why=error.why) if error.why else error.what


def _downloaded_before(run: Run, area: BaseGeometry) -> Path | None:
    """The elevation that an earlier run downloaded for an area: of those that cover it, the one of the least land."""
    found: list[tuple[float, Path]] = []
    for folder in dict.fromkeys((run.paths.cache, run.paths.predictions.parent / "scenes")):
        for path in sorted(folder.glob(_CACHED_NAME)):
            try:
                with rasterio.open(path, driver="GTiff") as source:
                    land = box(*source.bounds)
            except RasterioError:
                continue
            if area.is_empty or land.covers(box(*area.bounds)):
                found.append((land.area, path))
    return min(found)[1] if found else None


def _extent_of(predictions: Sequence[Prediction], region: Region | None) -> BaseGeometry:
    """The region, or what the predictions show; longitude and latitude."""
    return unary_union([_extent(found.path) for found in predictions]) if region is None else region.geometry


def known_share(elevation: Path, predictions: Sequence[Prediction], region: Region | None) -> float:
    """The share of the region, or of the predictions' extent, that has heights: by some hundred points.

    Parameters
    ----------
    elevation : raster of heights.
    predictions : tell the extent where there is no region.
    region : what is mapped.

    Returns
    -------
    From 0 to 1.

    Raises
    ------
    RasterInvalid : where the raster cannot be read.

    """
    area = _extent_of(predictions, region)
    if area.is_empty:
        return 1.0  # no prediction can be read; the composite says so
    west, south, east, north = area.bounds
    steps = (np.arange(_SHARE_POINTS) + 0.5) / _SHARE_POINTS
    longitude, latitude = (
        axis.ravel() for axis in np.meshgrid(west + steps * (east - west), south + steps * (north - south))
    )
    inside = contains_xy(area, longitude, latitude)
    if not inside.any():  # narrower than the points lie apart
        point = area.representative_point()
        longitude, latitude, inside = np.array([point.x]), np.array([point.y]), np.array([True])
    with ElevationRaster(elevation) as raster:
        return raster.known_share(longitude[inside], latitude[inside])


def _extent(path: Path) -> Polygon:
    try:
        with rasterio.open(path) as source:
            return box(*transform_bounds(source.crs, WGS84, *source.bounds))
    except (RasterioError, ValueError):
        return Polygon()  # the composite says what is wrong with it


def _has_second_class(prediction: Prediction) -> bool:
    try:
        with rasterio.open(prediction.path) as source:
            return has_year_bands(source.count, len(prediction.legend))
    except RasterioError:
        return False  # the composite says what is wrong with it
