"""Scenes and predictions of made-up land, as files like those that the engine fetches and writes."""

import shutil
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
import rasterio
from allpa_engine.classify.prediction_file import create_prediction, prediction_tags, read_prediction
from allpa_engine.core.bands import BAND_KEYS, SCL
from allpa_engine.core.scene import FetchedScene, Radiometry, Scene
from allpa_engine.geo.grid import Grid
from allpa_engine.geo.mgrs_tiles import tile_bounds, tile_crs
from rasterio.windows import Window

TILE_PX = 10_980
STRIP_PX = 512
FOUR_TILES = ("18LXL", "18LYL", "18LXM", "18LYM")


def scene_of(name, day, tile=FOUR_TILES[0]):
    """The facts of a scene without files."""
    when = datetime.fromisoformat(f"{day}T15:00:00").replace(tzinfo=timezone.utc)
    return Scene(name, "made", "made", tile, when, "S2A", "02.12", 1, None, None, "", {}, 0, 0, tile_crs(tile), {},
                 Radiometry(0, "made"))  # fmt: skip


def grid_of_tile(tile, width, height):
    """The north-west part of a tile, 10 m pixels."""
    left, _, _, top = tile_bounds(tile)
    return Grid(tile_crs(tile), left, top, 10, width, height)


def write_scene(path, width, height):
    """A fetched scene whose reflectance changes smoothly under noise: seven bands uint16, nothing clouded."""
    path = Path(path)
    grid = grid_of_tile(FOUR_TILES[0], width, height)
    rng = np.random.default_rng(1)
    layout = {"tiled": True, "blockxsize": 512, "blockysize": 512, "compress": "zstd", "zstd_level": 1, "predictor": 2}
    shape = {"width": width, "height": height, "count": 7, "dtype": "uint16", "interleave": "band"}
    level = np.array([700, 900, 1000, 2600, 2300, 1600], np.float32)[:, None, None]
    with rasterio.open(path, "w", driver="GTiff", crs=grid.crs, transform=grid.transform, **shape, **layout) as out:
        out.descriptions = (*BAND_KEYS, SCL)
        wave = 0.3 * np.sin(np.arange(width, dtype=np.float32) / 90)
        for row in range(0, height, STRIP_PX):
            rows = min(STRIP_PX, height - row)
            across = 1 + wave + 0.3 * np.sin(np.arange(row, row + rows, dtype=np.float32) / 140)[:, None]
            noise = rng.integers(-60, 60, (6, rows, width), dtype=np.int16)
            numbers = np.full((7, rows, width), 4, np.uint16)
            numbers[:6] = level * across + noise
            out.write(numbers, window=Window(0, row, width, rows))
    return FetchedScene(scene_of(path.stem, "2020-06-01"), path)


def write_predictions(folder, width, height, scenes, tiles=FOUR_TILES[:1]):
    """Predictions of whole or cut tiles, `scenes` for each: two are made, the others are copies under other days."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for tile in tiles:
        grid = grid_of_tile(tile, width, height)
        for number in range(scenes):
            scene = scene_of(f"S2_{tile}_{number:03d}", f"20{18 + number // 336}-{number % 12 + 1:02d}-"
                             f"{number // 12 % 28 + 1:02d}", tile)  # fmt: skip
            path = folder / f"{scene.id}.tif"
            tags = prediction_tags(scene, "0" * 64)
            if len(paths) < 2:
                _write_prediction(path, grid, tags, len(paths))
            else:
                shutil.copyfile(paths[number % 2], path)
                with rasterio.open(path, "r+") as copied:
                    copied.transform = grid.transform
                    copied.update_tags(**tags)
            paths.append(path)
    return [read_prediction(path) for path in paths]


def _write_prediction(path, grid, tags, seed):
    """Fields of 24 pixels; 8 % of the pixels differ from their field, a quarter of the land is under clouds."""
    rng = np.random.default_rng(seed)
    cells = -(-max(grid.width, grid.height) // 24)
    fields = rng.choice(np.array([2, 3, 3, 3, 5, 6, 6, 8, 8, 1], np.uint8), (cells, cells))
    with create_prediction(path, grid, tags, soft=False) as prediction:
        for row in range(0, grid.height, STRIP_PX):
            prediction.write(_rows(rng, fields, row, min(STRIP_PX, grid.height - row), grid.width, seed))


def _rows(rng, fields, row, rows, width, seed):
    y, x = np.arange(row, row + rows), np.arange(width)
    noise = rng.integers(0, 256, (rows, width), dtype=np.uint8)
    classes = np.where(noise < 20, noise % 9 + 1, fields[y[:, None] // 24, x // 24]).astype(np.uint8)
    clouded = (y[:, None] // 300 * 7 + x // 300 * 13 + seed * 5) % 4 == 0
    index = 128 + (noise >> 2)
    layers = [classes, 235 - (noise >> 2), np.where(clouded, 9, 4), noise % 9 + 1, index, index]
    return np.stack([layer.astype(np.uint8) for layer in layers])
