"""The example scripts of the documentation run, and what they print is true."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
from allpa_engine.core.legend import LEGEND
from rasterio.windows import from_bounds

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples"


def run_example(name, *arguments):
    """What a script prints."""
    done = subprocess.run(
        [sys.executable, EXAMPLES / name, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "plugin")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def mapped(catalogue, tmp_path_factory):
    """Folder of a small run by the example, and what it printed."""
    folder = tmp_path_factory.mktemp("example")
    options = ("--catalogue", catalogue.stac_url, "--collection", catalogue.collection, "--max-scenes", 3)
    return folder, run_example("map_region.py", "--folder", folder, *options)


def test_every_example_is_described_and_run():
    described = set(re.findall(r"^\| `(\w+\.py)`", (EXAMPLES / "README.md").read_text(encoding="utf-8"), re.MULTILINE))
    assert described == {path.name for path in EXAMPLES.glob("*.py")}
    assert all(f'"{name}"' in Path(__file__).read_text(encoding="utf-8") for name in described)


def test_a_region_is_mapped_and_its_areas_add_up(mapped):
    folder, printed = mapped
    with rasterio.open(folder / "landcover_2020.tif") as landcover:
        codes = landcover.read(1)
    for land in LEGEND:
        area = float(re.search(rf"^{land.name} +([\d.]+) ha$", printed, re.MULTILINE).group(1))
        assert area == pytest.approx((codes == land.code).sum() / 100, abs=0.006)


def test_scenes_are_listed_with_the_reason_of_their_choice(catalogue):
    printed = run_example("list_scenes.py", "--catalogue", catalogue.stac_url, "--collection", catalogue.collection)
    lines = [line for line in printed.splitlines() if re.match(r"[+ ] 2020-\d\d-\d\d ", line)]
    assert 0 < sum(line.startswith("+") for line in lines) < len(lines)
    assert all(": " in line for line in lines)


def test_a_season_is_composited_from_the_classified_scenes(mapped):
    folder, _ = mapped
    printed = run_example("season_map.py", "--folder", folder, "--months", *range(1, 13))
    with rasterio.open(folder / "season.tif") as season, rasterio.open(folder / "landcover_2020.tif") as year:
        window = from_bounds(*year.bounds, season.transform)
        codes, in_region = season.read(1), year.read(1)
        part = season.read(1, window=window)
    assert np.array_equal(part[in_region > 0], in_region[in_region > 0])  # all months are those of the year
    assert f"{(codes > 0).sum()} of {codes.size} pixels have a class" in printed


def test_the_areas_of_the_truth_are_its_pixels(sample):
    printed = run_example("class_areas.py", sample / "truth.tif")
    with rasterio.open(sample / "truth.tif") as truth:
        counts = np.bincount(truth.read(1).ravel(), minlength=11)
    for land in LEGEND:
        assert re.search(rf"^{land.name} +{counts[land.code]} pixels", printed, re.MULTILINE)


def test_a_map_compared_with_itself_has_not_changed(sample, tmp_path):
    truth = sample / "truth.tif"
    printed = run_example("compare_years.py", f"2019={truth}", f"2020={truth}", "--folder", tmp_path)
    assert re.search(r"^changed_ha: 0(\.0)?$", printed, re.MULTILINE), printed
