"""Small Sentinel-2 tiles made for tests: seven files of one scene with known numbers, and the scene that names them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import rasterio
from allpa_engine.core.bands import ALL_BANDS, BANDS
from allpa_engine.core.scene import Asset, Candidate, Radiometry, Scene, Selection
from allpa_engine.geo.region import Region
from pyproj import Transformer
from rasterio.transform import from_origin
from shapely.geometry import Polygon, box, mapping

CRS, LEFT, TOP = "EPSG:32718", 699_960, 8_500_020
RESOLUTION_M = {**{band.key: band.resolution_m for band in BANDS}, "SCL": 20}
ALL_RESOLUTIONS_M = {**{band.key: band.resolution_m for band in ALL_BANDS}, "SCL": 20}


def random_layers(
    seed: int, size: int = 240, nodata_columns: int = 0, resolutions_m: dict[str, int] = RESOLUTION_M
) -> dict[str, np.ndarray]:
    """Random digital numbers per layer, 1200 to 5000, with a smooth part; SCL codes 4 to 11."""
    rng = np.random.default_rng(seed)
    layers = {}
    for key, resolution_m in resolutions_m.items():
        side = -(-size * 10 // resolution_m)
        if key == "SCL":
            values = rng.choice(np.array([4, 5, 6, 8, 9, 11], np.uint8), (side, side))
        else:
            values = rng.integers(1200, 5000, (side, side)).astype(np.uint16)
        values[:, : nodata_columns * 10 // resolution_m] = 0
        layers[key] = values
    return layers


def write_layers(
    folder: Path,
    layers: dict[str, np.ndarray],
    block: int = 64,
    resolutions_m: dict[str, int] = ALL_RESOLUTIONS_M,
    **options: object,
) -> None:
    """Write each layer as a file of its own, `<key>.tif`."""
    folder.mkdir(parents=True, exist_ok=True)
    for key, values in layers.items():
        profile = {
            "driver": "GTiff",
            "tiled": True,
            "blockxsize": block,
            "blockysize": block,
            "compress": "deflate",
            "predictor": 2,
            "height": values.shape[0],
            "width": values.shape[1],
            "count": 1,
            "dtype": values.dtype,
            "crs": CRS,
            "transform": from_origin(LEFT, TOP, resolutions_m[key], resolutions_m[key]),
            **options,
        }
        with rasterio.open(folder / f"{key}.tif", "w", **profile) as target:
            target.write(values, 1)


def make_scene(
    root: str,
    name: str,
    day: int = 0,
    radiometry: Radiometry | None = None,
    size: int = 240,
    layers: Iterable[str] = RESOLUTION_M,
) -> Scene:
    """A scene whose files lie at `<root>/<name>/<key>.tif`; `root` is a folder or a URL."""
    return Scene(
        id=name,
        catalogue="test",
        collection="sentinel-2-l2a",
        tile="18LYF",
        sensing_time=datetime(2020, 1, 1, 15, tzinfo=timezone.utc) + timedelta(days=5 * day),
        platform="S2A",
        baseline="02.12",
        relative_orbit=25,
        datastrip_start=None,
        datatake_start=None,
        generation_time="",
        footprint=mapping(to_lonlat_polygon(box(LEFT, TOP - 10 * size, LEFT + 10 * size, TOP))),
        cloud_percent=1.0,
        nodata_percent=0.0,
        crs=CRS,
        assets={key: Asset(f"{root}/{name}/{key}.tif") for key in layers},
        radiometry=radiometry or Radiometry(0, "baseline 02.12"),
    )


def to_lonlat_polygon(polygon: Polygon) -> Polygon:
    """A polygon in the tile's CRS as longitude and latitude."""
    to_lonlat = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    return Polygon([to_lonlat.transform(x, y) for x, y in polygon.exterior.coords])


def region_from_metres(left: float, top: float, right: float, bottom: float) -> Region:
    """A rectangle in metres from the tile's upper left corner, downwards."""
    return Region(to_lonlat_polygon(box(LEFT + left, TOP - bottom, LEFT + right, TOP - top)), "test")


def make_selection(chosen: list[Scene], left: list[Scene] | None = None) -> Selection:
    """Scenes in order of rank, those in `left` as replacements."""
    scenes = [(scene, True) for scene in chosen] + [(scene, False) for scene in left or []]
    return Selection(
        tuple(Candidate(scene, picked, "", 0.9, rank) for rank, (scene, picked) in enumerate(scenes, start=1))
    )


def without_band(scene: Scene, key: str) -> Scene:
    """The scene without one of its files."""
    return replace(scene, assets={name: asset for name, asset in scene.assets.items() if name != key})
