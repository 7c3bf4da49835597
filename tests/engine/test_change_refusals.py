"""Comparisons that can show nothing are refused with a sentence, before anything is written."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from allpa_engine.core.errors import RasterInvalid, RegionInvalid
from allpa_engine.core.job import Job
from allpa_engine.core.protocol import NullReporter
from allpa_engine.report.map_picture import read_map_image, write_map_picture
from allpa_engine.run.pipeline import run_job
from shapely.geometry import box, mapping


def write(path, codes, left=700_000.0, crs="EPSG:32718"):
    height, width = codes.shape
    place = Affine(10, 0, left, 0, -10, 8_500_000)
    profile = {"driver": "GTiff", "count": 1, "dtype": "uint8", "nodata": 0, "crs": crs, "transform": place}
    with rasterio.open(path, "w", width=width, height=height, **profile) as file:
        file.write(codes.astype(np.uint8), 1)
    return str(path)


@pytest.fixture
def trees(tmp_path):
    return write(tmp_path / "trees.tif", np.full((30, 40), 2))


def refused(folder, error, match, **job):
    with pytest.raises(error, match=match) as raised:
        run_job(Job(str(folder / "out"), "change", **job), NullReporter())
    assert raised.value.next_step
    assert not [path for path in (folder / "out").rglob("change_*") if path.is_file()]


@pytest.mark.parametrize("align", ["first", "finest"])
@pytest.mark.parametrize(("left", "crs"), [(900_000.0, "EPSG:32718"), (300_000.0, "EPSG:32755")])
def test_maps_that_do_not_meet(tmp_path, trees, align, left, crs):
    far = write(tmp_path / "far.tif", np.full((30, 40), 5), left, crs)
    refused(tmp_path, RasterInvalid, "2020 and 2021 do not overlap", maps={"2020": trees, "2021": far}, align=align)


@pytest.mark.parametrize("code", [0, 10])
def test_a_map_of_no_data_or_clouds_only(tmp_path, trees, code):
    empty = write(tmp_path / "empty.tif", np.full((30, 40), code))
    refused(
        tmp_path, RasterInvalid, "no pixel has a class of land or water in both", maps={"2020": trees, "2021": empty}
    )


def test_maps_that_show_different_halves(tmp_path):
    west, east = np.full((30, 40), 2), np.full((30, 40), 2)
    west[:, 20:], east[:, :20] = 0, 0
    maps = {"2020": write(tmp_path / "west.tif", west), "2021": write(tmp_path / "east.tif", east)}
    refused(tmp_path, RasterInvalid, "no pixel has a class of land or water in both", maps=maps)


@pytest.mark.parametrize("bounds", [(20, 50, 20.1, 50.1), (-73.5, -13.6, -73.4, -13.5), (107, 13, 107.1, 13.1)])
def test_a_region_outside_of_both_maps(tmp_path, trees, bounds):
    region = dict(mapping(box(*bounds)))
    refused(tmp_path, RegionInvalid, "outside the map", maps={"2020": trees, "2021": trees}, region=region)


def test_a_map_of_the_series_without_data(tmp_path, trees):
    empty = write(tmp_path / "empty.tif", np.zeros((30, 40)))
    maps = {"2019": trees, "2020": empty, "2021": trees}
    refused(tmp_path, RasterInvalid, "map of 2020 cannot be compared", maps=maps)


def test_names_are_no_mathematics(tmp_path, trees):
    """The library of the pictures reads `$...$` as mathematics."""
    job = Job(str(tmp_path / "out"), "change", maps={"2020": trees, "2021": trees}, region_name="$\\sqrt{ costs $5")
    values = run_job(job, NullReporter())
    assert "$\\sqrt{ costs $5" in Path(values["report"]).read_text(encoding="utf-8")
    write_map_picture(read_map_image(trees), tmp_path / "map.png", "$\\frac{ of $5")
