"""A scene from file to prediction beside the network alone, in turns: Mpx/s, core-seconds per Mpx and the share.

    python tools/bench/classify_speed.py [--backend openvino] [--threads 2] [--width 10980] [--height 4096] [--turns 3]

The network alone classifies chips of the size that the engine gives it, margins included, with softmax and the choice
of classes. Both run in turns in one process, so that other programs on the machine disturb them alike; the share is the
median of the turns' ratios.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import rasterio
from rasterio.windows import Window

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "plugin"))

from allpa_engine.classify.classify import classify_scene
from allpa_engine.classify.inference import load_classifier
from allpa_engine.classify.precision import benchmark_chip
from allpa_engine.core.bands import BAND_KEYS, SCL
from allpa_engine.core.protocol import NullReporter
from allpa_engine.core.scene import FetchedScene
from allpa_engine.raster.gdal import GDAL_SETTINGS
from made_files import scene_of
from peak_memory import peak_mb

SIDE = 1024


def write_land(path, width, height):
    """A scene of parcels in typical spectra, compressed as fetched scenes are."""
    land = np.rint(benchmark_chip(SIDE) * 10_000).astype(np.uint16)
    layout = {"tiled": True, "blockxsize": 512, "blockysize": 512, "compress": "zstd", "zstd_level": 1, "predictor": 2}
    georeference = {"crs": "EPSG:32718", "transform": rasterio.Affine(10, 0, 699_960, 0, -10, 8_600_020)}
    shape = {"width": width, "height": height, "count": 7, "dtype": "uint16"}
    with (
        rasterio.Env(**GDAL_SETTINGS),  # the size of the cache is that of its first use in a process
        rasterio.open(path, "w", driver="GTiff", interleave="band", **shape, **layout, **georeference) as out,
    ):
        out.descriptions = (*BAND_KEYS, SCL)
        for row in range(0, height, 512):
            rows = min(512, height - row)
            numbers = np.full((7, rows, width), 4, np.uint16)
            numbers[:6] = land[:, (np.arange(row, row + rows) % SIDE)[:, None], np.arange(width) % SIDE]
            out.write(numbers, window=Window(0, row, width, rows))


def network_alone(model, seconds):
    """Pixels, seconds and processor seconds of the network without anything else."""
    rows, columns = model.chip_px
    land = np.rint(benchmark_chip(SIDE) * 10_000).astype(np.uint16)
    chip = np.ascontiguousarray(land[:, np.arange(rows)[:, None] % SIDE, np.arange(columns) % SIDE])
    everything = slice(None), slice(None)
    waiting, pixels = [], 0
    started, used = time.perf_counter(), time.process_time()
    while time.perf_counter() - started < seconds:
        if len(waiting) == model.chips_at_once:
            waiting.pop(0)()
        waiting.append(model.start_chip(chip, *everything, soft=False))
        pixels += rows * columns
    for wait in waiting:
        wait()
    return pixels, time.perf_counter() - started, time.process_time() - used


def whole_scene(model, path, folder, size):
    """The same from the scene's file to the verified prediction."""
    output = folder / "prediction.tif"
    output.unlink(missing_ok=True)
    started, used = time.perf_counter(), time.process_time()
    classify_scene(FetchedScene(scene_of(path.stem, "2020-06-01"), path), model, output, NullReporter())
    return size, time.perf_counter() - started, time.process_time() - used


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--backend", default="auto")
    options.add_argument("--precision", default="auto")
    options.add_argument("--threads", type=int, default=0)
    options.add_argument("--width", type=int, default=10_980)
    options.add_argument("--height", type=int, default=4096)
    options.add_argument("--turns", type=int, default=3)
    args = options.parse_args()
    model = load_classifier(device="cpu", threads=args.threads, precision=args.precision, backend=args.backend)
    print(", ".join(f"{name} {value}" for name, value in model.facts.items()), model.chip_px)
    before = peak_mb()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_land(folder / "scene.tif", args.width, args.height)
        network_alone(model, 1)
        turns = []
        for _ in range(args.turns):
            whole = whole_scene(model, folder / "scene.tif", folder, args.width * args.height)
            turns.append((network_alone(model, min(10.0, whole[1] / 2)), whole))
    for place, name in enumerate(("network alone", "file to prediction")):
        speeds = [turn[place][0] / turn[place][1] / 1e6 for turn in turns]
        cores = [turn[place][2] / turn[place][0] * 1e6 for turn in turns]
        print(f"{name:20s} {np.median(speeds):6.2f} Mpx/s  {np.median(cores):6.3f} core-seconds per Mpx")
    shares = [(whole[0] / whole[1]) / (alone[0] / alone[1]) for alone, whole in turns]
    costs = [(whole[2] / whole[0]) / (alone[2] / alone[0]) for alone, whole in turns]
    print(f"share of the network's speed {np.median(shares):.3f} ({', '.join(f'{share:.3f}' for share in shares)})")
    print(
        f"core-seconds beside the network's {np.median(costs):.3f}; peak {peak_mb():.0f} MB, {before:.0f} MB at start"
    )


if __name__ == "__main__":
    main()
