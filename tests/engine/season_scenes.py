"""Small fetched scenes with known numbers, for tests of seasonal composites."""

from datetime import datetime, timezone
from pathlib import Path

import numpy as np
import rasterio
import rasterio.shutil
from allpa_engine.core.scene import FetchedScene, Radiometry, Scene
from rasterio.transform import from_origin

BANDS = ("B02", "B03", "B04")
CRS = "EPSG:32718"


def write_scene(
    folder: Path,
    values: np.ndarray,
    scl: np.ndarray,
    *,
    date: str = "2020-03-15",
    tile: str = "18LYK",
    left: float = 725_000,
    top: float = 8_490_000,
    crs: str = CRS,
    name: str = "",
    bands: tuple[str, ...] = BANDS,
) -> FetchedScene:
    """A scene file as fetching leaves it: `(band, y, x)` numbers, and 20 m codes of the scene classification."""
    height, width = values.shape[1:]
    fine = np.repeat(np.repeat(scl, 2, axis=0), 2, axis=1)[:height, :width]
    scene_id = name or f"S2A_{tile}_{date}"
    path = folder / f"{scene_id}.tif"
    folder.mkdir(parents=True, exist_ok=True)
    profile = {"driver": "GTiff", "dtype": "uint16", "count": len(values) + 1, "nodata": 0, "interleave": "band"}
    profile |= {"width": width, "height": height, "crs": crs, "transform": from_origin(left, top, 10, 10)}
    plain = folder / f"{scene_id}.plain.tif"
    with rasterio.open(plain, "w", **profile) as target:
        target.write(np.concatenate([values, fine[np.newaxis]]).astype(np.uint16))
        for number, key in enumerate((*bands, "SCL"), start=1):
            target.set_band_description(number, key)
    options = {"compress": "ZSTD", "level": 1, "predictor": 2, "blocksize": 128, "overview_resampling": "nearest"}
    rasterio.shutil.copy(plain, path, driver="COG", **options)
    plain.unlink()
    moment = datetime.fromisoformat(date).replace(hour=15, tzinfo=timezone.utc)
    scene = Scene(
        scene_id, "test", "sentinel-2-l2a", tile, moment, "S2A", "05.00", 25, None, None, "", {}, 5.0, 0.0, crs, {},
        Radiometry(0, "test"),
    )  # fmt: skip
    return FetchedScene(scene, path)


def random_scene(seed: int, height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Random numbers with some no data, and a scene classification with a cloud and some snow."""
    rng = np.random.default_rng(seed)
    values = rng.integers(1, 6000, (len(BANDS), height, width)).astype(np.uint16)
    values[:, rng.random((height, width)) < 0.05] = 0
    scl = np.full((-(-height // 2), -(-width // 2)), 4, np.uint8)
    row, column = rng.integers(0, min(scl.shape) // 2, 2)
    scl[row : row + 20, column : column + 25] = 9
    scl[-4:, : 10 * (1 + seed % 3)] = 11
    scl[:3, -5:] = 0
    return values, scl
