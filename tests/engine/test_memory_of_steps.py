"""Resident memory of each step at two sizes: it grows as neither the scenes nor the map do."""

import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from bench.made_files import grid_of_tile, write_predictions
from bench.peak_memory import run_isolated
from bench.steps import composite, nothing, tabulate

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")


def hold_array(_, megabytes):
    """Take memory and give it back."""
    return int(np.ones(megabytes << 20, np.uint8).sum())


def test_the_measurement_sees_what_a_process_took():
    costs = [run_isolated(nothing, hold_array, megabytes) for megabytes in (8, 72)]
    assert costs[1].result == 72 << 20
    assert costs[1].added_mb - costs[0].added_mb == pytest.approx(64, abs=8)


def test_work_that_ends_its_process_is_an_error():
    with pytest.raises(RuntimeError, match="_exit"):
        run_isolated(nothing, _exit)


def _exit(_):
    raise SystemExit(3)


def test_three_times_the_scenes_are_not_kept_together_in_the_composite(tmp_path):
    """Three bands of the further scenes would be 60 x 1.9 million x 3 = 343 MB; an open file takes about 1 MB."""
    predictions = write_predictions(tmp_path / "predictions", 3073, 620, 90)
    few, many = (run_isolated(nothing, composite, predictions[:count], tmp_path).added_mb for count in (30, 90))
    assert many - few < 170


def test_sixteen_times_the_map_takes_no_more_than_gdals_cache_in_the_area_table(tmp_path):
    """The areas of the larger map as 64-bit numbers would be 537 MB; GDAL keeps its 67 MB of codes."""
    costs = []
    for side in (2048, 8192):
        path, grid = tmp_path / f"{side}.tif", grid_of_tile("18LXL", side, side)
        layout = {"tiled": True, "blockxsize": 512, "blockysize": 512, "compress": "zstd"}
        profile = {"width": side, "height": side, "count": 1, "dtype": "uint8", "nodata": 0, **layout}
        with rasterio.open(path, "w", driver="GTiff", crs=grid.crs, transform=grid.transform, **profile) as target:
            for row in range(0, side, 512):
                target.write(np.full((1, 512, side), 1 + row % 3, np.uint8), window=((row, row + 512), (0, side)))
        costs.append(run_isolated(nothing, tabulate, path).added_mb)
    assert costs[1] - costs[0] < 100
