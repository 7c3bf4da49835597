"""Classification beside references: the network alone, end to end, and other ways to classify the same pixels.

All run in turn in one process, repetition by repetition, so that other programs on the machine disturb all alike. Wall
seconds give megapixels per second, processor seconds of all threads give core-seconds per megapixel; both are medians.
"""

import os
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import rasterio
import torch
from allpa_engine.classify.classify import classify_scene
from allpa_engine.classify.inference import load_classifier
from allpa_engine.classify.precision import benchmark_chip
from allpa_engine.classify.torch_network import load_network
from allpa_engine.core.protocol import NullReporter
from torch.utils.flop_counter import FlopCounterMode

from bench.made_files import write_scene
from bench.references import PlainUNet, forest_runner

COLUMNS = ("what", "kind", "megapixels", "megapixels_per_s", "core_s_per_megapixel", "gflop_per_megapixel", "gflop_per_s",  # noqa: E501
           "share_of_limit", "allpa_times_as_fast")  # fmt: skip
LIMIT, NETWORK, END_TO_END, REFERENCE = "machine's limit", "network alone", "end to end", "reference"
CHIP_PX = 1024
LOOP_CHIP_PX = 500
LOOP_PX = 1024
"""Side of the part of the scene that the simple loop over blocks classifies; it is slow."""
MATRIX = 2048


class Entry:
    """Something that is timed: `run` does `megapixels` of work."""

    def __init__(self, what, kind, megapixels, run, gflop=None):
        self.what, self.kind, self.megapixels, self.run, self.gflop = what, kind, megapixels, run, gflop
        self.times = []

    def repeat(self):
        wall, processor = time.perf_counter(), time.process_time()
        self.run()
        self.times.append((time.perf_counter() - wall, time.process_time() - processor))


def gflop_of(network, bands, size):
    """Billions of multiplications and additions of one chip, counted by PyTorch."""
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        network.eval()(torch.zeros(1, bands, size, size))
    return counter.get_total_flops() / 1e9


def speed_rows(side=2048, repeats=3, teacher="", threads=0, chip=CHIP_PX):
    """Rows of `COLUMNS`.

    Parameters
    ----------
    side : of the scene that is classified end to end, in pixels.
    repeats : turns, after one that is not counted.
    teacher : folder of the teacher's weights; empty leaves it out.
    threads : of PyTorch; 0 takes the number of processors.
    chip : side of the chips whose multiplications are counted, in pixels.

    """
    threads = threads or os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as temporary:
        entries = _entries(Path(temporary), side, teacher, threads, chip)
        for turn in range(repeats + 1):
            for entry in entries:
                entry.repeat()
                if turn == 0:
                    entry.times.clear()
    return _rows(entries)


def _entries(folder, side, teacher, threads, chip):
    classifier = load_classifier(device="cpu", threads=threads)
    saved = load_network()
    scene = write_scene(folder / "scene.tif", side, side)
    gflop = gflop_of(saved.network, len(saved.features), chip)
    loop_side = min(side, LOOP_PX)
    torch_classifier = load_classifier(device="cpu", threads=threads, precision="fp32", backend="torch")
    entries = [
        Entry("matrix product, fp32", LIMIT, None, _matrix_product(torch.float32), 2 * MATRIX**3 / 1e9),
        _network_alone("Allpa, network alone", NETWORK, classifier, side, gflop / chip**2),
        Entry("Allpa, file to prediction", END_TO_END, side**2 / 1e6, _engine(classifier, scene, folder)),
        _network_alone("Allpa's network, PyTorch as asked for", REFERENCE, torch_classifier, side, gflop / chip**2),
        Entry("Allpa's network in a loop over blocks of 512 px (rasterio, PyTorch fp32)", REFERENCE,
              loop_side**2 / 1e6, _block_loop(saved.network, scene.path, loop_side)),
    ]  # fmt: skip
    if classifier.precision == "bf16":
        product = _matrix_product(torch.bfloat16)
        entries.insert(1, Entry("matrix product, bf16", LIMIT, None, product, 2 * MATRIX**3 / 1e9))
    return entries + _other_ways(classifier, teacher, threads, chip)


def _other_ways(classifier, teacher, threads, chip):
    unet = PlainUNet()
    loop_px = LOOP_CHIP_PX if chip >= LOOP_CHIP_PX else chip
    found = [_chip_loop("plain UNet, width 32, fp32, chips of 500 px", unet, 6, loop_px)]
    if teacher and Path(teacher).is_dir():
        from training.teacher import load_teacher

        found.append(_chip_loop("teacher (Dynamic World's network), fp32", load_teacher(Path(teacher)), 9, loop_px))
    try:
        run, count = forest_runner(classifier, threads, max(chip // 4, 16))
    except ImportError:
        return found
    return [*found, Entry("random forest of 100 trees (scikit-learn)", REFERENCE, count / 1e6, run)]


def _network_alone(what, kind, classifier, side, gflop_per_pixel):
    """As many of its own chips at once as the engine starts, each of stored numbers, to classes and confidence."""
    rows, columns = (min(side, largest) // classifier.stride * classifier.stride for largest in classifier.chip_px)
    numbers = np.resize(np.rint(benchmark_chip(512) * 10_000).astype(np.uint16), (len(classifier.bands), rows, columns))
    count = max(1, classifier.chips_at_once)

    def run():
        waiting = [classifier.start_chip(numbers, slice(0, rows), slice(0, columns), soft=False) for _ in range(count)]
        for wait in waiting:
            wait()

    pixels = count * rows * columns
    how = f"{classifier.backend} {classifier.precision}"
    return Entry(f"{what} ({how})", kind, pixels / 1e6, run, gflop_per_pixel * pixels)


def _matrix_product(dtype):
    left, right = (torch.rand(MATRIX, MATRIX).to(dtype) for _ in range(2))
    return lambda: left @ right


def _engine(classifier, scene, folder):
    path = folder / "predictions" / "scene.tif"

    def run():
        path.unlink(missing_ok=True)
        classify_scene(scene, classifier, path, NullReporter())

    return run


def _chip_loop(what, network, bands, chip):
    """Chips of a usual size, mirrored to a multiple of sixteen, one after another as PyTorch runs them."""
    padding = -chip % 16
    values = torch.from_numpy(np.resize(benchmark_chip(512), (bands, 512, 512))[:, :chip, :chip].copy())[None]
    network.eval()

    def run():
        with torch.inference_mode():
            padded = torch.nn.functional.pad(values, (0, padding, 0, padding), mode="reflect")
            torch.softmax(network(padded), dim=1).argmax(dim=1)

    return Entry(what, REFERENCE, chip**2 / 1e6, run, gflop_of(network, bands, chip + padding))


def _block_loop(network, path, side):
    """The loop that one writes first: read a block, classify it, write it. Blocks show at their borders."""
    network = network.eval()

    def run():
        with rasterio.open(path) as source:
            profile = {**source.profile, "width": side, "height": side, "count": 1, "dtype": "uint8", "predictor": 1}
            target_path = path.with_name("loop.tif")
            with rasterio.open(target_path, "w", **profile) as target, torch.inference_mode():
                for _, window in target.block_windows(1):
                    chip = torch.from_numpy(source.read(range(1, 7), window=window).astype(np.float32) / 10_000)[None]
                    height, width = chip.shape[-2:]
                    padded = torch.nn.functional.pad(chip, (0, -width % 32, 0, -height % 32))
                    codes = torch.softmax(network(padded), dim=1).argmax(dim=1)[0, :height, :width] + 1
                    target.write(codes.numpy().astype(np.uint8), 1, window=window)

    return run


def _rows(entries):
    medians = [tuple(statistics.median(column) for column in zip(*entry.times)) for entry in entries]
    limits = [entry.gflop / wall for entry, (wall, _) in zip(entries, medians) if entry.kind == LIMIT]
    ours = next(entry for entry in entries if entry.kind == END_TO_END)
    for entry, (wall, processor) in zip(entries, medians):
        row = dict.fromkeys(COLUMNS, "")
        row |= {"what": entry.what, "kind": entry.kind}
        if entry.megapixels:
            row |= {
                "megapixels": round(entry.megapixels, 3),
                "megapixels_per_s": round(entry.megapixels / wall, 3),
                "core_s_per_megapixel": round(processor / entry.megapixels, 3),
                "allpa_times_as_fast": round(_ratio(entry, ours), 2),
            }
        if entry.gflop:
            row |= {"gflop_per_s": round(entry.gflop / wall, 1)}
            row |= {"share_of_limit": round(entry.gflop / wall / max(limits), 3)}
        if entry.gflop and entry.megapixels:
            row |= {"gflop_per_megapixel": round(entry.gflop / entry.megapixels, 1)}
        yield row


def _ratio(entry, ours):
    """How many times as fast `ours` is: the median of the ratios turn by turn."""
    ratios = [wall / entry.megapixels / (own / ours.megapixels) for (wall, _), (own, _) in zip(entry.times, ours.times)]
    return statistics.median(ratios)
