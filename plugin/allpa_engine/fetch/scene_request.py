"""What is needed of a scene: its window over the region, the tags of its file, and about how much is downloaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shapely.geometry import box, shape
from shapely.geometry.base import BaseGeometry

from ..core import raster_tags
from ..core.bands import BAND_KEYS, SCL, WHOLE_FILE_SUFFIX
from ..core.errors import SceneUnsupported
from ..core.messages import message
from ..core.scene import Scene
from ..core.urls import suffix_of
from ..geo.grid import RESOLUTION_M
from ..geo.mgrs_tiles import region_in_tile_crs, tile_crs, to_tile_crs
from ..geo.region import Region
from .cache import scene_key
from .scene_bands import scene_layers, usual_resolution_m
from .window import snap_bounds

_TILE_PIXELS = 10_980**2
"""Of a Sentinel-2 tile at 10 m."""
_SCL_BYTES_PER_PIXEL = 0.05
_MAX_ID_CHARS = 1000


@dataclass(frozen=True)
class SceneRequest:
    """What is needed of a scene."""

    scene: Scene
    bounds: tuple[float, float, float, float]
    """Left, bottom, right, top in the tile's CRS, metres."""
    region: BaseGeometry
    """The region near the tile, in the tile's CRS."""
    crs: str = ""
    """The tile's CRS."""
    tags: tuple[tuple[str, str], ...] = ()
    """Written into the file."""
    bands: tuple[str, ...] = BAND_KEYS
    """Keys of the bands that are wanted."""

    @property
    def layers(self) -> tuple[str, ...]:
        """Keys of the file's bands, in order: those that are wanted, then SCL."""
        return scene_layers(self.bands)


def estimate_download_bytes(
    scene: Scene, region: Region, margin_m: float = 0.0, bands: Sequence[str] = BAND_KEYS
) -> int:
    """About how many bytes a scene takes to download for a region; 0 where it does not show it.

    Of COGs the window is read (measured: they hardly compress), JPEG 2000 files are copied whole.

    Parameters
    ----------
    scene : a candidate.
    region : what is mapped.
    margin_m : land around the region that is fetched too, metres.
    bands : keys of the bands that are wanted.

    Returns
    -------
    Bytes; 0 also for a scene that cannot be used.

    """
    try:
        return download_bytes(make_scene_request(scene, region, margin_m, bands))
    except SceneUnsupported:
        return 0


def make_scene_request(scene: Scene, region: Region, margin_m: float, bands: Sequence[str] = BAND_KEYS) -> SceneRequest:
    """The window of a scene over a region, and the tags of its file.

    Parameters
    ----------
    scene : a candidate.
    region : what is mapped.
    margin_m : land around the region that is fetched too, metres.
    bands : keys of the bands that are wanted.

    Returns
    -------
    The request, its bounds outward on multiples of 20 m; all 0 where the tile does not show the region.

    Raises
    ------
    SceneUnsupported : where its tile is none of the Sentinel-2 grid, or the tags of no file could hold its id.

    """
    _check_id(scene)
    crs = tile_crs(scene.tile)
    region_in_tile = region_in_tile_crs(region, scene.tile)
    bounds = (0.0, 0.0, 0.0, 0.0) if region_in_tile.is_empty else snap_bounds(region_in_tile, margin_m)
    wanted = scene_layers(bands)[:-1]
    tags = {
        raster_tags.SCENE: scene.id,
        raster_tags.TILE: scene.tile,
        raster_tags.DATE: scene.date,
        raster_tags.BASELINE: scene.baseline or "",
        raster_tags.KEY: scene_key(scene, bounds, crs, wanted),
    }
    return SceneRequest(scene, bounds, region_in_tile, crs, tuple(tags.items()), wanted)


def _check_id(scene: Scene) -> None:
    """Refuse an id that a file's tags could not hold.

    Raises
    ------
    SceneUnsupported
    """
    if not scene.id.isprintable() or scene.id != scene.id.strip() or not 0 < len(scene.id) <= _MAX_ID_CHARS:
        raise SceneUnsupported(message("The scene's id is empty, too long, or has characters that cannot be printed."))


def download_bytes(scene_request: SceneRequest) -> int:
    """About how many bytes a scene takes to download, at most those of its whole files without compression."""
    present = scene_request.scene.assets
    assets = [present[key] for key in scene_request.layers if key in present]
    sizes = [asset.size for asset in assets if suffix_of(asset.href) == WHOLE_FILE_SUFFIX]
    if sizes and None not in sizes:
        return sum(size or 0 for size in sizes)
    bytes_per_pixel = _SCL_BYTES_PER_PIXEL + sum(
        2 * (RESOLUTION_M / usual_resolution_m(key)) ** 2 for key in scene_request.layers if key != SCL
    )
    return round((_TILE_PIXELS if sizes else max_pixels(scene_request)) * bytes_per_pixel)


def max_pixels(scene_request: SceneRequest) -> float:
    """At most so many 10 m pixels of a scene are wanted: the bounds as far as its footprint reaches."""
    if scene_request.region.is_empty:
        return 0.0
    extent: BaseGeometry = box(*scene_request.bounds)
    scene = scene_request.scene
    if scene.footprint:
        extent = extent.intersection(to_tile_crs(shape(dict(scene.footprint)), scene.tile)).envelope
    return min(extent.area / RESOLUTION_M**2, float(_TILE_PIXELS))
