"""Time and memory of training data of 200,000 points on a tile's part with three seasons of ten bands."""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyogrio
import shapely
from allpa_engine.core.job import Job
from allpa_engine.core.protocol import NullReporter
from allpa_engine.core.training_keys import TRAINING
from allpa_engine.geo.grid import Grid
from allpa_engine.learn.feature_writer import add_feature_raster, create_feature_raster, reflectance_raster
from allpa_engine.run.pipeline import run_job

BANDS = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")
SEASONS = ("spring", "summer", "autumn")
SIDE, CLASSES = 2745, 8


def classes_of(grid: Grid) -> np.ndarray:
    """Class `(y, x)` of each pixel, in patches of 30 pixels."""
    rows, columns = np.mgrid[: grid.height, : grid.width]
    patches = np.random.default_rng(1).integers(0, CLASSES, (grid.height // 30 + 1, grid.width // 30 + 1))
    return patches[rows // 30, columns // 30]


def write_images(folder: Path, grid: Grid) -> None:
    """Three seasons of noise around the spectra of eight classes."""
    random = np.random.default_rng(3)
    codes = classes_of(grid)
    spectra = random.integers(300, 4000, (len(SEASONS), len(BANDS), CLASSES))
    for number, season in enumerate(SEASONS):
        raster = reflectance_raster(f"{season}.tif", tuple(f"{season}_{band}" for band in BANDS))
        with create_feature_raster(folder, raster, grid) as writer:
            values = spectra[number][:, codes] + random.normal(0, 500, (len(BANDS), *codes.shape))
            writer.write(np.clip(values, 1, 10_000).astype(np.uint16))
        add_feature_raster(folder, raster, grid)


def main(count: int, check_labels: bool) -> None:
    """Make training data of random points, and print what it took."""
    grid = Grid("EPSG:32718", 700_000.0, 8_500_000.0, 10.0, SIDE, SIDE)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        making = multiprocessing.get_context("spawn").Process(target=write_images, args=(folder / "features", grid))
        making.start()
        making.join()  # in a process of its own, whose memory does not count
        codes = classes_of(grid)
        random = np.random.default_rng(2)
        rows, columns = random.integers(0, SIDE, (2, count))
        points = shapely.points(grid.left + 10 * columns + 5, grid.top - 10 * rows - 5)
        values = np.array([f"clase {code}" for code in codes[rows, columns]], object)
        pyogrio.raw.write(
            str(folder / "labels.gpkg"), np.array(shapely.to_wkb(points), object), [values], ["class"],
            geometry_type="Point", crs=grid.crs,
        )  # fmt: skip
        before = resource.getrusage(resource.RUSAGE_SELF)
        started = time.perf_counter()
        options = {**TRAINING.defaults, "indices": ["NDVI"], "check_labels": check_labels}
        job = Job(
            folder=str(folder / "out"), task="training_data", labels=str(folder / "labels.gpkg"),
            features=str(folder / "features"), training_options=options,
        )  # fmt: skip
        result = run_job(job, NullReporter())
        after = resource.getrusage(resource.RUSAGE_SELF)
        core_seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(
            f"{count:,} points: {result['labels']:,} labels, {result['rows']:,} rows of {3 * len(BANDS) + 3} features"
        )
        print(f"{time.perf_counter() - started:.0f} s, {core_seconds:.0f} core-seconds, {after.ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000, check_labels="unchecked" not in sys.argv)
