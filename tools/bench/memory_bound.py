"""Peak memory of classifying and compositing, as the region and the number of scenes grow.

    python tools/bench/memory_bound.py [--full]

Each line is a process of its own. Memory is bounded by a strip of chips and by the block: twice the rows, or four times
the scenes, must leave the peak where it is. `--full` adds a whole tile's width (10,980 pixels).
"""

import argparse
import multiprocessing
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
import rasterio
from peak_memory import peak_mb
from rasterio.windows import Window

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "plugin"), str(ROOT / "tools" / "bench")]
STRIP = 512


def scene_metadata(name):
    from allpa_engine.core.scene import Radiometry, Scene

    when = datetime(2020, 6, 1, tzinfo=timezone.utc)
    return Scene(name, "bench", "bench", "18LYR", when, "S2A", "02.12", 1, None, None, "", {}, 0, 0, "EPSG:32718", {},
                 Radiometry(0, "bench"))  # fmt: skip


def make_scene(path, width, height):
    """A fetched scene of noise: seven uint16 bands."""
    from allpa_engine.core.bands import BAND_KEYS, SCL

    rng = np.random.default_rng(1)
    georeference = {"crs": "EPSG:32718", "transform": rasterio.Affine(10, 0, 699_960, 0, -10, 8_600_020)}
    layout = {"tiled": True, "blockxsize": 512, "blockysize": 512, "compress": "deflate", "zlevel": 1}
    shape = {"width": width, "height": height, "count": 7, "dtype": "uint16"}
    with rasterio.open(path, "w", driver="GTiff", interleave="band", **shape, **layout, **georeference) as out:
        out.descriptions = (*BAND_KEYS, SCL)
        for row in range(0, height, STRIP):
            rows = min(STRIP, height - row)
            numbers = rng.integers(200, 3000, (7, rows, width), dtype=np.uint16)
            numbers[6] = 4
            out.write(numbers, window=Window(0, row, width, rows))


def classify(folder, width, height):
    from allpa_engine.classify.classify import classify_scene
    from allpa_engine.classify.inference import load_classifier
    from allpa_engine.core.protocol import NullReporter
    from allpa_engine.core.scene import FetchedScene

    scene = folder / f"scene_{width}_{height}.tif"
    model = load_classifier()
    classify_scene(FetchedScene(scene_metadata(scene.stem), scene), model, folder / "out" / scene.name, NullReporter())


def composite(folder, size, scenes):
    from allpa_engine.classify.prediction_file import read_predictions
    from allpa_engine.composite import CompositeRule, compose

    output_folder = folder / "map"
    predictions = read_predictions(folder / f"predictions_{size}")[:scenes]
    compose(predictions, None, CompositeRule(), landcover=output_folder / "m.tif", quality=output_folder / "q.tif")


def peak_mb_of(work, *arguments):
    """Peak resident memory of a process of its own, started afresh so that it has nothing of this one's."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work_and_send_peak, args=(theirs, work, arguments))
    process.start()
    process.join()
    return ours.recv() if ours.poll() else float("nan")


def _work_and_send_peak(pipe, work, arguments):
    work(*arguments)
    pipe.send(peak_mb())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true")
    full = parser.parse_args().full
    from composite_speed import write_fake_predictions

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for width, height in [(2048, 1024), (2048, 2048), (2048, 4096), *([(10980, 2048), (10980, 4096)] * full)]:
            make_scene(folder / f"scene_{width}_{height}.tif", width, height)
            print(f"classify {width} x {height} px: {peak_mb_of(classify, folder, width, height):.0f} MB", flush=True)
        for size in (2048, 4096):
            (folder / f"predictions_{size}").mkdir()
            write_fake_predictions(folder / f"predictions_{size}", size, 16)
            for scenes in (4, 16):
                peak = peak_mb_of(composite, folder, size, scenes)
                print(f"composite {size} x {size} px of {scenes} scenes: {peak:.0f} MB", flush=True)


if __name__ == "__main__":
    main()
