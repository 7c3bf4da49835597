"""Terrain beside seasonal composites: from the job's raster or the catalogue's elevation model, made once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rasterio.errors import RasterioError

from ..core.errors import RasterInvalid
from ..core.job import Job
from ..core.messages import message
from ..geo.grid import Grid
from ..geo.region import Region
from ..learn.feature_manifest import read_manifest
from ..learn.feature_names import TERRAIN
from ..learn.feature_writer import add_facts
from ..learn.terrain_features import FILE_NAME, add_terrain
from ..raster.gdal import check_complete
from .guards import NO_HEIGHTS, find_elevation, known_share
from .record import Run

_FACT = "terrain"


def add_season_terrain(run: Run, region: Region, grid: Grid) -> bool:
    """Add terrain to the folder of features where the job wants it; its absence ends no run.

    Parameters
    ----------
    run : its folder holds a `features.json` of this run.
    region : what is mapped.
    grid : of the features.

    Returns
    -------
    Whether the folder has terrain now.

    Raises
    ------
    DiskFull, FolderNotWritable, Cancelled : while elevation is downloaded and terrain computed.

    """
    job, folder = run.paths.job, run.paths.folder
    if not job.seasonal["terrain"]:
        return False
    source = _source(job)
    if _is_made(folder, source):
        return True
    elevation, reason = find_elevation(run, (), region)
    try:
        if elevation is not None and job.elevation and not known_share(elevation, (), region):
            elevation, reason = None, message(NO_HEIGHTS)
        if elevation is not None:
            add_terrain(folder, elevation, grid, run.reporter, threads=job.threads or 2)
            add_facts(folder, {_FACT: source})
            return True
    except RasterInvalid as error:
        reason = message("{what} {why}", what=error.what, why=error.why) if error.why else error.what
    run.reporter.log(message("The features have no terrain: {why}", why=reason), "warning")
    return False


def _source(job: Job) -> dict[str, Any]:
    """Where the heights come from, so that another raster or a changed one is noticed."""
    if not job.elevation:
        return {"catalogue": job.catalogue}
    status = Path(job.elevation).stat()
    return {"elevation": job.elevation, "bytes": status.st_size, "modified": status.st_mtime_ns}


def _is_made(folder: Path, source: Mapping[str, Any]) -> bool:
    """Whether whole terrain of the same source stands in the folder's `features.json`."""
    manifest = read_manifest(folder)
    entries = [raster for raster in manifest.rasters if raster.path == FILE_NAME]
    if not entries or set(entries[0].bands) != set(TERRAIN) or manifest.facts.get(_FACT) != source:
        return False
    try:
        check_complete(folder / FILE_NAME)
    except (RasterioError, OSError):
        return False
    return True
