"""A map of each zone, cut out of one map; and the joint table of several runs."""

import csv
import json

import numpy as np
import pytest
import rasterio
from affine import Affine
from allpa_engine.areas import add_to_joint_table, area_table, read_zones, write_zone_maps, zone_table
from allpa_engine.core.errors import JobInvalid
from allpa_engine.core.job import Job
from allpa_engine.core.protocol import NullReporter
from allpa_engine.run.pipeline import run_job
from shapely.geometry import Polygon, box, mapping

WEST, NORTH, STEP, SIDE = -73.0, -13.0, 0.001, 61
LEFT, TRIANGLE = box(-73.0, -13.061, -72.97, -13.0), Polygon([(-72.98, -13.05), (-72.9395, -13.05), (-72.95, -13.011)])
FAR, SLIVER = box(-60, -13.2, -59.9, -13.1), box(-72.9504, -13.0104, -72.9501, -13.0101)


@pytest.fixture(scope="module")
def landcover(tmp_path_factory):
    """Random classes and some pixels without data, in degrees."""
    path = tmp_path_factory.mktemp("map") / "landcover_2020.tif"
    codes = np.random.default_rng(5).integers(0, 11, (SIDE, SIDE), np.uint8)
    profile = {"driver": "GTiff", "count": 1, "dtype": "uint8", "nodata": 0, "crs": "EPSG:4326"}
    transform = Affine(STEP, 0, WEST, 0, -STEP, NORTH)
    with rasterio.open(path, "w", width=SIDE, height=SIDE, transform=transform, **profile) as file:
        file.write(codes, 1)
        file.update_tags(ALLPA_FIRST_DATE="2020-01-01")
    return path


@pytest.fixture
def zones(tmp_path):
    shapes = (("Abancay", LEFT), ("Ñuñoa del Río", TRIANGLE), ("far", FAR), ("sliver", SLIVER))
    features = [
        {"type": "Feature", "id": number, "properties": {"name": name}, "geometry": mapping(shape)}
        for number, (name, shape) in enumerate(shapes)
    ]
    path = tmp_path / "zones.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def test_each_map_holds_the_pixels_that_its_zone_counts(landcover, zones, tmp_path):
    read = read_zones(zones)
    paths = write_zone_maps(landcover, read, tmp_path / "maps", "2020")
    assert {path.name for path in paths.values()} == {"Abancay_2020.tif", "Nunoa_del_Rio_2020.tif"}
    counted = {row.zone.key: row for row in zone_table(landcover, read).zones}
    with rasterio.open(landcover) as whole:
        for key, path in paths.items():
            with rasterio.open(path) as cut:
                codes = cut.read(1)
                assert cut.nodata == 0
                assert cut.colormap(1)[1][:3] == (26, 91, 171)
                assert cut.tags()["ALLPA_FIRST_DATE"] == "2020-01-01"
                offset = ~whole.transform * cut.transform * (0, 0)
                left, top = round(offset[0]), round(offset[1])
                part = whole.read(1)[top : top + cut.height, left : left + cut.width]
            assert offset == pytest.approx((left, top), abs=1e-6)
            assert np.array_equal(codes[codes > 0], part[codes > 0])
            assert [int((codes == row.code).sum()) for row in counted[key].rows] == [
                row.pixels for row in counted[key].rows
            ]
            assert path.with_suffix(".qml").is_file()


def test_maps_of_zones_that_are_gone_are_removed(landcover, zones, tmp_path):
    folder = tmp_path / "maps"
    folder.mkdir()
    for name in ("Gone_2020.tif", "Gone_2019.tif", "notes.txt"):
        (folder / name).write_text("", encoding="utf-8")
    write_zone_maps(landcover, read_zones(zones), folder, "2020")
    assert not (folder / "Gone_2020.tif").exists()
    assert (folder / "Gone_2019.tif").exists()
    assert (folder / "notes.txt").exists()


def test_the_task_areas_writes_the_maps_of_its_zones(landcover, zones, tmp_path):
    values = {"landcover": str(landcover), "zones": str(zones), "zone_maps": True, "start": "2020-01-01"}
    job = Job(folder=str(tmp_path / "run"), task="areas", end="2020-12-31", **values)
    result = run_job(job, NullReporter())
    assert result["zone_map_count"] == 2
    assert (tmp_path / "run" / "zone_maps_2020" / "Abancay_2020.tif").is_file()


def rows_of(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_each_run_adds_its_row_and_replaces_only_its_own(landcover, tmp_path):
    table, joint = area_table(landcover), tmp_path / "new" / "all.csv"
    for folder in ("a", "b", "a"):
        add_to_joint_table(joint, table, "San Juan", "2020", tmp_path / folder / "landcover_2020.tif")
    rows = rows_of(joint)
    assert [row["map"][-20:-18] for row in rows] == ["b/", "a/"]
    assert {row["region"] for row in rows} == {"San Juan"}
    with rasterio.open(landcover) as source:
        codes = source.read(1)
    assert [float(rows[0][f"ha_{code}"]) > 0 for code in range(1, 11)] == [True] * 10
    assert int(rows[0]["pixels"]) == int((codes > 0).sum())
    assert sum(float(rows[0][f"pct_{code}"]) for code in range(1, 11)) == pytest.approx(100, abs=0.06)


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"\xff\xfe\x00", b"region,period\n"])
def test_another_table_is_refused_and_kept(landcover, tmp_path, content):
    joint = tmp_path / "other.csv"
    joint.write_bytes(content)
    with pytest.raises(JobInvalid, match="no joint table"):
        add_to_joint_table(joint, area_table(landcover), "x", "2020", tmp_path / "map.tif")
    assert joint.read_bytes() == content
