"""How fast the composite is, part by part, and how much memory it takes.

    python tools/bench/composite_speed.py [--size 10980] [--scenes 12] [--threads 2] [--folder FOLDER]

Writes made-up predictions (noisy fields under clouds, compressed as the engine writes them), then measures in turn:
decoding the files alone, voting alone on arrays in memory, a plain numpy stack of a part, and the whole composite with
its two cloud-optimised GeoTIFFs. Wall time depends on what else the machine does, so processor time is printed beside
it. Peak memory is that of the composite's own process.
"""

import argparse
import multiprocessing
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import rasterio
from peak_memory import peak_mb
from rasterio.windows import Window

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "plugin"), str(ROOT / "tests" / "engine")]

STRIP = 1024


def write_fake_predictions(folder, size, scenes):
    """Predictions of one tile, one a month."""
    from allpa_engine.classify.prediction_file import create_prediction, prediction_tags
    from allpa_engine.geo.grid import Grid
    from predictions import FakeScene

    rng = np.random.default_rng(0)
    cells = -(-size // 24)
    truth = rng.choice(np.array([2, 3, 3, 3, 5, 6, 6, 8, 8, 1], np.uint8), (cells, cells))
    for number in range(scenes):
        scene = FakeScene(f"S2_{number:02d}", "18LYR", f"2020-{number % 12 + 1:02d}-{number // 12 + 1:02d}")
        grid = Grid("EPSG:32718", 699_960, 8_600_020, 10, size, size)
        with create_prediction(
            folder / f"{scene.id}.tif", grid, prediction_tags(scene, "0" * 64), soft=False
        ) as prediction:
            for row in range(0, size, STRIP):
                prediction.write(_strip(rng, truth, row, min(STRIP, size - row), size, number))


def _strip(rng, truth, row, rows, size, number):
    """All bands of some rows: 8 % of the pixels differ from their field, a quarter is under clouds."""
    y, x = np.arange(row, row + rows) // 24, np.arange(size) // 24
    classes = truth[y[:, None], x]
    noise = rng.integers(0, 256, (rows, size), dtype=np.uint8)
    classes = np.where(noise < 20, noise % 9 + 1, classes).astype(np.uint8)
    confidence = (235 - (noise >> 2)).astype(np.uint8)
    cloud_y, cloud_x = np.arange(row, row + rows) // 300, np.arange(size) // 300
    scl = np.where((cloud_y[:, None] * 7 + cloud_x * 13 + number * 5) % 4 == 0, 9, 4).astype(np.uint8)
    index = rng.integers(128, 256, (2, rows, size), dtype=np.uint8)
    return np.concatenate([np.stack([classes, confidence, scl, classes]), index])


def measure_times(work):
    """Wall and processor seconds of `work()`."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


def read_all_blocks(paths, size, threads):
    """Read everything once, as the composite does, and do nothing with it."""

    def read(window):
        for path in paths:
            with rasterio.open(path) as source:
                source.read(window=window)

    windows = [
        Window(column, row, min(STRIP, size - column), min(STRIP, size - row))
        for row in range(0, size, STRIP)
        for column in range(0, size, STRIP)
    ]
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(read, windows))


def run_votes(stack, rounds, threads):
    """Tally and decide arrays that lie in memory already: `(scene, 6, n)`."""
    from allpa_engine.composite import CompositeRule, tile_votes
    from allpa_engine.composite.votes import decide, empty_tally
    from allpa_engine.raster.cloud_mask import is_clear

    rule, size = CompositeRule(), stack.shape[2]
    months = tuple(number % 12 + 1 for number in range(len(stack)))

    def one(_):
        is_seen = is_clear(stack[:, 0], stack[:, 2], dilate=False)
        observations = tile_votes._SceneObservations(months, stack[:, 0], stack[:, 1], is_seen, None)
        tally, seen = empty_tally(size, len(stack)), np.zeros(size, bool)
        for pixels in tile_votes._pixel_slices(size):
            tile_votes._tally_clear_observations(observations, tally, seen, pixels)
            decide(tile_votes._slice_tally(tally, pixels), seen[pixels], rule)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(one, range(rounds)))


def numpy_composite(stack):
    """The definition as one would write it with a stack in memory: no ties, no guards, no quality."""
    from allpa_engine.composite import CompositeRule

    weights = CompositeRule().voting_weights
    clear = ~np.isin(stack[:, 2], (3, 8, 9, 10)) & ~np.isin(stack[:, 0], (0, 10))
    scores = [weights[code] * np.where(clear & (stack[:, 0] == code), stack[:, 1], 0.0).sum(0) for code in range(1, 10)]
    return np.argmax(scores, axis=0) + 1


def run_in_threads(work, times):
    """The same work in several threads: processors that share a core, or that others use, take longer for it."""
    with ThreadPoolExecutor(times) as pool:
        list(pool.map(lambda _: work(), range(times)))


def run_composite(folder, threads, answers):
    """Composite in a process of its own, so that its peak memory can be measured."""
    from allpa_engine.classify.prediction_file import read_predictions
    from allpa_engine.composite import CompositeRule, compose
    from allpa_engine.composite.compose import VOTING_PERCENT

    blocks_done = []

    class ProgressRecorder:
        def progress(self, stage, done, total):
            blocks_done.append((time.perf_counter(), time.process_time(), done >= VOTING_PERCENT))

        def log(self, text, level="info"):
            pass

    predictions = read_predictions(folder)
    before = time.perf_counter(), time.process_time()
    out = {"landcover": folder / "out" / "map.tif", "quality": folder / "out" / "quality.tif"}
    summary = compose(predictions, None, CompositeRule(), threads=threads, reporter=ProgressRecorder(), **out)
    after = time.perf_counter(), time.process_time()
    voted = next(times[:2] for times in blocks_done if times[2])
    answers.put((before, voted, after, peak_mb(), summary.valid_pixel_percent))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=2745)
    parser.add_argument("--scenes", type=int, default=12)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        write_fake_predictions(folder, options.size, options.scenes)
        report(folder, options.size, options.scenes, options.threads)


def print_line(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def report(folder, size, scenes, threads):
    paths = sorted(folder.glob("*.tif"))
    votes = size * size * scenes
    stored_mb = sum(path.stat().st_size for path in paths) / 1e6
    print_line(
        f"{size} x {size} px, {scenes} scenes, {threads} threads: {votes / 1e6:.0f} M votes in {stored_mb:.0f} MB"
    )
    print_line(f"{'':<34} {'wall s':>8} {'proc. s':>8} {'M/s':>8}   M/s if the processors were free")

    def row(what, count, wall, processor):
        if_free = count / processor * threads / 1e6
        print_line(f"{what:<34} {wall:8.2f} {processor:8.2f} {count / wall / 1e6:8.1f} {if_free:8.1f}")
        return count / processor

    row("decode alone", votes, *measure_times(lambda: read_all_blocks(paths, size, threads)))
    side = min(size, STRIP)
    stack = np.stack([rasterio.open(path).read(window=Window(0, 0, side, side)).reshape(3, -1) for path in paths])
    rounds = max(2, round(votes / stack[:, 0].size / 8))
    ours = row(
        "vote alone, arrays in memory",
        rounds * stack[:, 0].size,
        *measure_times(lambda: run_votes(stack, rounds, threads)),
    )
    theirs = row("plain numpy stack", stack[:, 0].size, *measure_times(lambda: numpy_composite(stack)))
    together = measure_times(lambda: run_in_threads(lambda: numpy_composite(stack), threads))
    row(f"plain numpy stack, {threads} at once", threads * stack[:, 0].size, *together)
    print_line(f"voting is {ours / theirs:.1f} times as fast as the plain stack, quality layers included")
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    process = context.Process(target=run_composite, args=(folder, threads, answers))
    process.start()
    before, voted, after, peak_mb, valid = answers.get()
    process.join()
    row("composite: decode, vote, write", votes, voted[0] - before[0], voted[1] - before[1])
    row("two COGs with overviews", 6 * size * size, after[0] - voted[0], after[1] - voted[1])
    ours = row("whole", votes, after[0] - before[0], after[1] - before[1])
    print_line(
        f"the whole, with reading and writing, is {ours / theirs:.1f} times as fast as the plain stack in memory"
    )
    print_line(f"peak memory {peak_mb:.0f} MB; {valid:.2f} % of the pixels have a class")


if __name__ == "__main__":
    main()
