"""Core-seconds of a seasonal composite of made scenes: `python tools/bench/seasonal_composite.py --side 2196`.

A whole tile has a side of 10,980 pixels; smaller ones are scaled to it by their pixels. The work is that of the product
after the download: masks, reading, statistics, writing the composite, the clear observations and the picture. Burgueño
et al. (2023) give 8 to 13 minutes on two cores for a composite of a tile.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
import rasterio
import rasterio.shutil
from rasterio.windows import Window

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "plugin"))

from allpa_engine.composite.seasonal import OBSERVATIONS, TRUE_COLOR, SeasonPlan, SeasonProduct, compose_season  # noqa: E402 - after the path is set
from allpa_engine.core.bands import ALL_BAND_KEYS, BAND_BY_KEY, SCL  # noqa: E402
from allpa_engine.core.scene import FetchedScene, Radiometry, Scene  # noqa: E402
from allpa_engine.geo.grid import Grid  # noqa: E402
from allpa_engine.raster.gdal import gtiff_profile  # noqa: E402

TILE_PX = 10_980
PAPER_CORE_S = (8 * 60 * 2, 13 * 60 * 2)
REFLECTANCE_BANDS = tuple(key for key in ALL_BAND_KEYS if BAND_BY_KEY[key].is_reflectance)
_STRIP_ROWS = 549
_COG = {"driver": "COG", "compress": "ZSTD", "level": 1, "predictor": 2, "blocksize": 512}


def write_made_scene(path: Path, grid: Grid, bands: tuple[str, ...], seed: int) -> None:
    """A scene of smooth land with noise of 1 % reflectance, and clouds over about a tenth of it."""
    rng = np.random.default_rng(seed)
    plain = path.with_suffix(".plain.tif")
    with rasterio.open(plain, "w", **gtiff_profile(grid, len(bands) + 1, "uint16", nodata=0, blockysize=1)) as target:
        for number, key in enumerate((*bands, SCL), start=1):
            target.set_band_description(number, key)
        for row in range(0, grid.height, _STRIP_ROWS):
            rows = min(_STRIP_ROWS, grid.height - row)
            y, x = np.mgrid[row : row + rows, 0 : grid.width].astype(np.float32)
            land = 1500 + 900 * np.sin(x / 140) * np.cos(y / 170)
            window = Window(0, row, grid.width, rows)
            for number in range(1, len(bands) + 1):
                noise = rng.standard_normal(land.shape, np.float32) * 100
                target.write(
                    np.maximum(land * (0.6 + 0.05 * number) + noise, 1).astype(np.uint16), number, window=window
                )
            cloudy = np.sin((x // 2 + 900 * seed) / 260) * np.sin((y // 2) / 310) > 0.7
            target.write(np.where(cloudy, 9, 4).astype(np.uint16), len(bands) + 1, window=window)
    rasterio.shutil.copy(plain, path, overview_resampling="nearest", **_COG)
    plain.unlink()


def fetched_scene(path: Path, number: int) -> FetchedScene:
    """The scene of a file, as fetching gives it."""
    moment = datetime(2020, 3, 1 + 5 * number, 15, tzinfo=timezone.utc)
    scene = Scene(
        path.stem, "made", "sentinel-2-l2a", "18LYK", moment, "S2A", "05.00", 25, None, None, "", {}, 5.0, 0.0, None,
        {}, Radiometry(0, "made"),
    )  # fmt: skip
    return FetchedScene(scene, path)


def read_options() -> argparse.Namespace:
    """What is measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=2196, help="pixels of a side; a tile has 10,980")
    parser.add_argument("--scenes", type=int, default=5)
    parser.add_argument("--bands", type=int, default=len(REFLECTANCE_BANDS), help="of the twelve with reflectance")
    parser.add_argument("--statistics", nargs="*", default=["median"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=None, help="where the scenes are made; they are kept there")
    return parser.parse_args()


def compose(options: argparse.Namespace, folder: Path, bands: tuple[str, ...]) -> dict[str, float]:
    """Make the scenes that are not there, compose them, and measure that."""
    grid = Grid("EPSG:32718", 699_960, 8_500_000, 10, options.side, options.side)
    paths = [folder / f"made_{options.side}_{len(bands)}_{number}.tif" for number in range(options.scenes)]
    for number, path in enumerate(paths):
        if not path.exists():
            write_made_scene(path, grid, bands, number)
    plan = SeasonPlan("spring", bands, grid, None, True, "if_alone", "median")
    names = (*options.statistics, OBSERVATIONS, *((TRUE_COLOR,) if "median" in options.statistics else ()))
    (out := folder / "out").mkdir(exist_ok=True)
    products = [SeasonProduct(name, out / f"{name}.tif", "made", bands) for name in names]
    scenes = [fetched_scene(path, number) for number, path in enumerate(paths)]
    before, started = time.process_time(), time.monotonic()
    compose_season(plan, products, scenes, threads=options.threads, progress=lambda share: None)
    return {
        "core_s": time.process_time() - before,
        "wall_s": time.monotonic() - started,
        "written_mb": sum(product.path.stat().st_size for product in products) / 1e6,
    }


def main() -> None:
    """Measure, and print one line of JSON."""
    options = read_options()
    preferred = sorted(REFLECTANCE_BANDS, key=lambda key: key not in ("B02", "B03", "B04"))[: options.bands]
    bands = tuple(key for key in ALL_BAND_KEYS if key in preferred)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        measured = compose(options, folder, bands)
    tile_core_s = measured["core_s"] * (TILE_PX / options.side) ** 2
    values = {
        "side_px": options.side,
        "scenes": options.scenes,
        "bands": len(bands),
        "statistics": options.statistics,
        **{name: round(value, 1) for name, value in measured.items()},
        "tile_core_s": round(tile_core_s, 1),
        "share_of_paper": [round(tile_core_s / paper, 3) for paper in PAPER_CORE_S],
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
    print(json.dumps(values))


if __name__ == "__main__":
    main()
