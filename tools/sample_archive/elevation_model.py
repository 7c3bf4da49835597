"""The elevation of a simulated archive as tiles like those of the Copernicus DEM GLO-30, with their STAC items."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.shutil import copy
from rasterio.transform import from_origin
from rasterio.warp import reproject, transform_bounds
from scipy.ndimage import gaussian_filter

from .random_fields import Field, make_rng

ELEVATION_COLLECTION = "cop-dem-glo-30"
PIXELS_PER_DEGREE = 3600
"""Rows and, up to 50 degrees of latitude, columns of a tile."""
ERROR_M = 1.2
"""Standard deviation of the random error between neighbours; the product's own figure is below 2 m at 90 %."""


def write_elevation(
    files: Path,
    crs: str,
    left_m: float,
    top_m: float,
    height_m: Field,
    water: NDArray[np.bool_],
    seed: int,
) -> list[dict[str, Any]]:
    """Write the one-degree tiles that some land of 10 m pixels touches, and give their items.

    Lakes are level, as in the product; pixels out of the land have its mean height.
    """
    heights = np.where(water, height_m, gaussian_filter(height_m, 1.0)).astype(np.float32)
    rows, columns = heights.shape
    bounds = transform_bounds(crs, "EPSG:4326", left_m, top_m - 10 * rows, left_m + 10 * columns, top_m)
    corners = [
        (longitude, latitude)
        for latitude in range(math.floor(bounds[1]), math.floor(bounds[3]) + 1)
        for longitude in range(math.floor(bounds[0]), math.floor(bounds[2]) + 1)
    ]
    source = (heights, from_origin(left_m, top_m, 10, 10), crs)
    return [_write_tile(files, corner, source, water, seed) for corner in corners]


def _write_tile(
    files: Path,
    corner: tuple[int, int],
    source: tuple[Field, Any, str],
    water: NDArray[np.bool_],
    seed: int,
) -> dict[str, Any]:
    heights, land_transform, crs = source
    step = 1 / PIXELS_PER_DEGREE
    # The pixels of the product lie half a pixel north and west of whole degrees.
    transform = from_origin(corner[0] - step / 2, corner[1] + 1 + step / 2, step, step)
    shape = (PIXELS_PER_DEGREE, PIXELS_PER_DEGREE)
    tile, wet = np.full(shape, np.nan, np.float32), np.zeros(shape, np.uint8)
    options = {"src_transform": land_transform, "src_crs": crs, "dst_transform": transform, "dst_crs": "EPSG:4326"}
    reproject(heights, tile, resampling=Resampling.average, dst_nodata=np.nan, **options)
    reproject(water.astype(np.uint8), wet, resampling=Resampling.nearest, **options)
    noise = gaussian_filter(make_rng(seed, f"elevation {corner}").standard_normal(shape).astype(np.float32), 0.7)
    noisy = tile + np.where(wet > 0, 0, ERROR_M / noise.std() * noise)
    tile = np.where(np.isnan(tile), np.float32(heights.mean()), np.round(noisy * 16) / 16).astype(np.float32)
    name = _tile_name(corner)
    path = f"elevation/{name}/{name}.tif"
    _write_cog(files / path, tile, transform)
    return _item(name, corner, path, transform)


def _tile_name(corner: tuple[int, int]) -> str:
    longitude, latitude = corner
    north, east = ("N" if latitude >= 0 else "S"), ("E" if longitude >= 0 else "W")
    return f"Copernicus_DSM_COG_10_{north}{abs(latitude):02}_00_{east}{abs(longitude):03}_00_DEM"


def _write_cog(path: Path, values: Field, transform: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    profile = {
        "driver": "GTiff", "width": values.shape[1], "height": values.shape[0], "count": 1, "dtype": "float32",
        "crs": "EPSG:4326", "transform": transform,
    }  # fmt: skip
    with rasterio.MemoryFile() as memory:
        with memory.open(**profile) as target:
            target.write(values, 1)
        with memory.open() as opened:
            copy(opened, path, driver="COG", compress="DEFLATE", level=6, predictor=3, blocksize=1024)


def _item(name: str, corner: tuple[int, int], path: str, transform: Any) -> dict[str, Any]:
    west, south = corner
    ring = [[west, south], [west + 1, south], [west + 1, south + 1], [west, south + 1], [west, south]]
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": ["https://stac-extensions.github.io/projection/v1.0.0/schema.json"],
        "id": name,
        "collection": ELEVATION_COLLECTION,
        "bbox": [west, south, west + 1, south + 1],
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "links": [],
        "properties": {
            "datetime": "2021-04-22T00:00:00Z",
            "gsd": 30,
            "platform": "TanDEM-X",
            "proj:epsg": 4326,
            "proj:shape": [PIXELS_PER_DEGREE, PIXELS_PER_DEGREE],
            "proj:transform": list(transform)[:6],
        },
        "assets": {
            "data": {
                "href": path,
                "type": "image/tiff; application=geotiff; profile=cloud-optimized",
                "title": name.removesuffix("_DEM"),
                "roles": ["data"],
            }
        },
    }
