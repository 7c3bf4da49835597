"""Area tables, change matrix and zones at full size: equal to plain counts, how fast against them, and how much memory.

Times are of the processor, so that other programs do not count.

    python tools/bench/area_tables.py BEFORE.tif AFTER.tif     two class rasters on one grid, of at most 15 codes
    python tools/bench/area_tables.py                          the zones alone

GDAL's own histogram is asked too where a Python with `osgeo` is named by --osgeo-python.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from peak_memory import peak_mb

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "plugin"))

from allpa_engine.areas import Zone, area_table, zone_table
from allpa_engine.change import change_matrix
from allpa_engine.core.legend import LandClass
from pyproj import Transformer
from rasterio.windows import Window
from shapely.geometry import Polygon

TILE_PX = 10_980
ZONES_PER_SIDE = 100
GDAL_HISTOGRAM = (
    "import json, sys; from osgeo import gdal; gdal.UseExceptions(); opened = gdal.Open(sys.argv[1]); "
    "print(json.dumps(opened.GetRasterBand(1).GetHistogram(-0.5, 255.5, 256, include_out_of_range=0, approx_ok=0)))"
)


def print_line(text):
    sys.stdout.write(f"{text}\n")


def run_timed(function, *arguments, **named):
    """Result, processor seconds and peak memory (MB) of a call in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_run_and_measure, function, arguments, named).result()


def _run_and_measure(function, arguments, named):
    began = time.process_time()
    result = function(*arguments, **named)
    return result, time.process_time() - began, peak_mb()


def count_with_numpy(paths):
    """Codes (one map) or pairs of codes (two), counted by strips of rows with nothing but numpy; seconds."""
    began = time.process_time()
    sources = [rasterio.open(path) for path in paths]
    counts = np.zeros(256 ** len(paths), np.int64)
    height, width = sources[0].shape
    for row in range(0, height, 512):
        window = Window(0, row, width, min(512, height - row))
        codes = np.zeros((int(window.height), width), np.uint16)
        for source in sources:
            codes = codes * 256 + source.read(1, window=window)
        counts += np.bincount(codes.ravel(), minlength=len(counts))
    return counts, time.process_time() - began


def legend_from_counts(counts):
    return [LandClass(int(code), f"code {code}", "#808080", 1.0, "") for code in np.flatnonzero(counts) if code]


def bench_table(path, osgeo_python):
    counts, numpy_s = count_with_numpy([path])
    table, elapsed_s, peak = run_timed(area_table, path, legend=legend_from_counts(counts))
    found = {0: table.no_data.pixels, **{row.code: row.pixels for row in table.rows}}
    equal = found == {0: int(counts[0]), **{int(code): int(counts[code]) for code in np.flatnonzero(counts) if code}}
    pixels = sum(found.values())
    print_line(
        f"{path.name}: area table {elapsed_s:.1f} s, {pixels / elapsed_s / 1e6:.0f} Mpx/s, "
        f"{elapsed_s / numpy_s:.2f} x a plain count"
    )
    print_line(
        f"  equal to numpy's count: {equal}; adds up to {table.region_ha:.2f} ha within {table.difference_ha:.2e} ha"
    )
    if osgeo_python:
        answer = subprocess.run(
            [osgeo_python, "-c", GDAL_HISTOGRAM, str(path)], check=True, capture_output=True, text=True
        )
        histogram = json.loads(answer.stdout)
        same = all(histogram[row.code] == row.pixels for row in table.rows)
        print_line(f"  equal to GDAL's histogram: {same}")
    print_line(f"  peak memory {peak:.0f} MB")
    return counts


def bench_change(before, after):
    counts, numpy_s = count_with_numpy([before, after])
    pairs = counts.reshape(256, 256)
    legend = legend_from_counts(pairs.sum(axis=0) + pairs.sum(axis=1))
    codes = [land.code for land in legend]
    matrix, elapsed_s, peak = run_timed(change_matrix, before, after, legend=legend)
    equal = np.array_equal(matrix.pixels, pairs[np.ix_(codes, codes)])
    print_line(f"change matrix {elapsed_s:.1f} s, {elapsed_s / numpy_s:.2f} x a plain count, equal to it: {equal}")
    print_line(f"  {100 * matrix.changed_ha / matrix.compared_ha:.2f} % of the compared land changed its class")
    print_line(f"  peak memory {peak:.0f} MB")


def make_irregular_zones():
    """10,000 quadrilaterals that tile a whole tile, none of them along the pixels."""
    rng = np.random.default_rng(0)
    edges = np.linspace(0, 10 * TILE_PX, ZONES_PER_SIDE + 1)
    x, y = np.meshgrid(699_960 + edges, 8_500_000 - edges)
    inner = (slice(1, -1), slice(1, -1))
    x[inner] += rng.uniform(-300, 300, x[inner].shape)
    y[inner] += rng.uniform(-300, 300, y[inner].shape)
    longitude, latitude = Transformer.from_crs(32718, 4326, always_xy=True).transform(x, y)
    for row in range(ZONES_PER_SIDE):
        for column in range(ZONES_PER_SIDE):
            corners = [(row, column), (row, column + 1), (row + 1, column + 1), (row + 1, column)]
            ring = Polygon([(longitude[corner], latitude[corner]) for corner in corners])
            yield Zone(f"{row}-{column}", f"{row}-{column}", ring)


def bench_zones():
    rng = np.random.default_rng(1)
    side = TILE_PX // 20
    codes = np.kron(rng.integers(0, 11, (side, side), dtype=np.uint8), np.ones((20, 20), np.uint8))
    profile = {"driver": "GTiff", "count": 1, "dtype": "uint8", "nodata": 0, "crs": "EPSG:32718", "compress": "deflate"}
    zones = list(make_irregular_zones())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tile.tif"
        place = Affine(10, 0, 699_960, 0, -10, 8_500_000)
        with rasterio.open(path, "w", width=TILE_PX, height=TILE_PX, transform=place, tiled=True, **profile) as file:
            file.write(codes, 1)
        table, elapsed_s, peak = run_timed(zone_table, path, zones)
        tile_table, tile_table_s, _ = run_timed(area_table, path)
    sums = [sum(zone.rows[place].pixels for zone in table.zones) for place in range(10)]
    print_line(
        f"{len(zones)} zones on a tile: {elapsed_s:.1f} s, {elapsed_s / tile_table_s:.1f} x "
        f"the tile's own table ({tile_table_s:.1f} s)"
    )
    print_line(
        f"  every pixel counted once: {sums == [row.pixels for row in tile_table.rows]}; peak memory {peak:.0f} MB"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("maps", nargs="*", type=Path)
    parser.add_argument("--osgeo-python", default="")
    parser.add_argument("--no-zones", action="store_true")
    options = parser.parse_args()
    for path in options.maps:
        bench_table(path, options.osgeo_python)
    if len(options.maps) == 2:
        bench_change(*options.maps)
    if not options.no_zones:
        bench_zones()


if __name__ == "__main__":
    main()
