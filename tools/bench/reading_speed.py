"""How fast windows of scenes are read, beside `odc.stac.load` on the same window in the same run.

    python tools/bench/reading_speed.py [--scenes 4] [--tile 3660] [--window 1098] [--repeats 5]

Both read the six bands and SCL of each scene onto the 10 m grid, from local files and from HTTP on loopback (the server
runs in a process of its own), once with nearest and once with bilinear for the 20 m bands. Prints the best of the
repeats, the ratios, and how far the pixels differ. The line `fetched` is the whole step: read, checked, written as a
verified COG.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import odc.stac
import pystac
import rasterio
from odc.geo.geobox import GeoBox
from rasterio.windows import Window

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "plugin"), str(HERE.parents[1] / "tests" / "engine")]

from allpa_engine.core.bands import BAND_KEYS, SCL  # noqa: E402 - the path comes first
from allpa_engine.core.protocol import NullReporter  # noqa: E402 - the path comes first
from allpa_engine.fetch import fetch_selection  # noqa: E402 - the path comes first
from allpa_engine.fetch.band_reader import BandOpener  # noqa: E402 - the path comes first
from allpa_engine.fetch.http import Connection  # noqa: E402 - the path comes first
from allpa_engine.fetch.scene_bands import open_bands, read_band_strips, scene_layers  # noqa: E402 - the path comes first
from allpa_engine.fetch.signing import NoSigner  # noqa: E402 - the path comes first
from allpa_engine.raster.gdal import GDAL_SETTINGS  # noqa: E402 - the path comes first
from fault_server import FaultServer  # noqa: E402 - the path comes first
from tile_maker import CRS, LEFT, RESOLUTION_M, TOP, make_scene, make_selection, region_from_metres, write_layers  # noqa: E402 - the path comes first

SCENE_BANDS = scene_layers(BAND_KEYS)


def main() -> None:
    """Print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenes", type=int, default=4)
    parser.add_argument("--tile", type=int, default=3660, help="side of the tiles in 10 m pixels")
    parser.add_argument("--window", type=int, default=1098, help="side of the window in 10 m pixels")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=4)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "archive"
        names = [f"s{number}" for number in range(options.scenes)]
        for number, name in enumerate(names):
            write_layers(root / name, smooth_layers(number, options.tile), driver="COG", blocksize=512)
        pipe, other = multiprocessing.Pipe()
        server = multiprocessing.Process(target=serve, args=(root, other), daemon=True)
        server.start()
        for place, base in (("local files", str(root)), ("loopback HTTP", pipe.recv())):
            compare(place, base, names, options, Path(folder))
        server.terminate()


def serve(root: Path, pipe: multiprocessing.connection.Connection) -> None:
    """Serve the archive until the process is ended."""
    with FaultServer(root) as server:
        pipe.send(server.url)
        time.sleep(3600)


def smooth_layers(seed: int, size: int) -> dict[str, np.ndarray]:
    """Layers that compress about as real ones do: smooth land with noise of some hundred numbers."""
    rng = np.random.default_rng(seed)
    layers = {}
    for key, resolution_m in RESOLUTION_M.items():
        side = size * 10 // resolution_m
        if key == "SCL":
            layers[key] = np.repeat(np.repeat(rng.integers(2, 12, (side // 30 + 1,) * 2), 30, 0), 30, 1)[
                :side, :side
            ].astype(np.uint8)
        else:
            wave = 2500 + 1000 * np.sin(np.arange(side) / 90.0)
            layers[key] = (wave[:, None] + wave[None, :] + rng.normal(0, 150, (side, side))).astype(np.uint16)
    return layers


def compare(place: str, base: str, names: list[str], options: argparse.Namespace, folder: Path) -> None:
    """Read the same window both ways."""
    first = (options.tile - options.window) // 4 * 2 + 2  # even, across block borders
    window = Window(first, first, options.window, options.window)
    scenes = [make_scene(base, name, day, size=options.tile) for day, name in enumerate(names)]
    items = [item_of(scene, options.tile) for scene in scenes]
    megapixels = len(names) * len(SCENE_BANDS) * options.window**2 / 1e6
    for resampling in ("nearest", "bilinear"):
        (ours_s, ours_cpu_s, ours), (theirs_s, theirs_cpu_s, theirs) = best_of_repeats(
            partial(read_all, scenes, window, resampling, options.threads, folder),
            partial(load_all, items, window, resampling, options.threads),
            repeats=options.repeats,
        )
        max_difference = max(int(np.abs(mine.astype(int) - other).max()) for mine, other in zip(ours, theirs))
        print(
            f"{place:14} {resampling:9} allpa {megapixels / ours_s:6.1f} Mpx/s  odc.stac {megapixels / theirs_s:6.1f} "
            f"Mpx/s  ratio {theirs_s / ours_s:5.2f}  by processor time {theirs_cpu_s / ours_cpu_s:5.2f}  "
            f"largest difference {max_difference} DN"
        )
    metres = first * 10, (first + options.window) * 10
    region = region_from_metres(metres[0], metres[0], metres[1], metres[1])

    def fetch_all() -> list[object]:
        out = Path(tempfile.mkdtemp(dir=folder))
        return list(
            fetch_selection(make_selection(scenes), region, out, reporter=NullReporter(), workers=options.threads)
        )

    ((fetched_s, _, _),) = best_of_repeats(fetch_all, repeats=options.repeats)
    print(f"{place:14} fetched   allpa {megapixels / fetched_s:6.1f} Mpx/s")


def best_of_repeats(*works: Callable[[], list], repeats: int) -> list[tuple[float, float, list]]:
    """Shortest time and processor time of each work, done in turn in each repeat, and what came out."""
    times: list[list[float]] = [[] for _ in works]
    processor: list[list[float]] = [[] for _ in works]
    results: list[list] = [[] for _ in works]
    for _ in range(repeats):
        for number, work in enumerate(works):
            begin, processor_begin = time.perf_counter(), time.process_time()
            results[number] = work()
            times[number].append(time.perf_counter() - begin)
            processor[number].append(time.process_time() - processor_begin)
    return [(min(walls), min(cpu), result) for walls, cpu, result in zip(times, processor, results)]


def read_all(scenes: list, window: Window, resampling: str, threads: int, folder: Path) -> list[np.ndarray]:
    """Our way: each scene in a thread, what comes kept on the disk meanwhile, as the engine does."""
    connection, out = Connection(), Path(tempfile.mkdtemp(dir=folder))

    def read(scene: object) -> np.ndarray:
        with rasterio.Env(**GDAL_SETTINGS), BandOpener(connection, NoSigner(), out / f"{scene.id}.tif") as opener:
            stack = np.empty((len(SCENE_BANDS), int(window.height), int(window.width)), np.uint16)
            for place, (key, source) in enumerate(open_bands(scene, opener).items()):
                resampling_key = (
                    SCL if resampling == "nearest" and RESOLUTION_M[key] == 20 else key
                )  # SCL's way is nearest
                for strip in read_band_strips(resampling_key, source, window):
                    stack[place, strip.row : strip.row + len(strip.values)] = strip.values
            return stack

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(read, scenes))


def load_all(items: list[pystac.Item], window: Window, resampling: str, threads: int) -> list[np.ndarray]:
    """Their way: all the scenes in one load, with as many threads."""
    left, top = LEFT + 10 * window.col_off, TOP - 10 * window.row_off
    box = GeoBox((window.height, window.width), rasterio.Affine(10, 0, left, 0, -10, top), CRS)
    odc.stac.configure_rio(cloud_defaults=True)
    data = odc.stac.load(
        items,
        bands=list(SCENE_BANDS),
        geobox=box,
        groupby="id",
        resampling={"*": resampling, "SCL": "nearest"},
        dtype="uint16",
        pool=threads,
    )
    return [np.stack([data[key].values[number] for key in SCENE_BANDS]) for number in range(len(items))]


def item_of(scene: object, size: int) -> pystac.Item:
    """The scene as a STAC item with its projection, as `odc.stac` wants it."""
    item = pystac.Item(scene.id, scene.footprint, None, scene.sensing_time, {"proj:code": CRS})
    item.stac_extensions = ["https://stac-extensions.github.io/projection/v2.0.0/schema.json"]
    for key, asset in scene.assets.items():
        side, step = size * 10 // RESOLUTION_M[key], RESOLUTION_M[key]
        facts = {"proj:shape": [side, side], "proj:transform": [step, 0, LEFT, 0, -step, TOP]}
        item.add_asset(
            key, pystac.Asset(asset.href, media_type=pystac.MediaType.COG, roles=["data"], extra_fields=facts)
        )
    return item


if __name__ == "__main__":
    main()
