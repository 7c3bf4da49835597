"""Zones with codes and attributes: districts of one name stay apart, and sum up to provinces and departments."""

import csv
import json

import numpy as np
import pytest
import rasterio
from affine import Affine
from allpa_engine.areas import read_zones, sum_zones, write_zone_sums, write_zones_wide, zone_table
from allpa_engine.core.errors import RegionInvalid
from allpa_engine.core.job import Job
from allpa_engine.core.protocol import NullReporter
from allpa_engine.run.pipeline import run_job
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import box, mapping

WEST, NORTH, STEP, SIDE = -73.0, -13.0, 0.001, 60
DISTRICTS = (
    ("080301", "San Juan", "CANAS", "CUSCO"),
    ("080401", "San Juan", "CALCA", "CUSCO"),
    ("080402", "Písac", "CALCA", "CUSCO"),
    ("050101", "San Juan", "CANAS", "AYACUCHO"),  # a province of the same name in another department
    ("050102", "Ñuñoa", "LUCANAS", "AYACUCHO"),
    ("050103", None, None, "AYACUCHO"),
)


@pytest.fixture(scope="module")
def landcover(tmp_path_factory):
    """Random classes and some pixels without data, in degrees."""
    path = tmp_path_factory.mktemp("map") / "landcover_2020.tif"
    codes = np.random.default_rng(3).integers(0, 11, (SIDE, SIDE), np.uint8)
    profile = {"driver": "GTiff", "count": 1, "dtype": "uint8", "nodata": 0, "crs": "EPSG:4326"}
    transform = Affine(STEP, 0, WEST, 0, -STEP, NORTH)
    with rasterio.open(path, "w", width=SIDE, height=SIDE, transform=transform, **profile) as file:
        file.write(codes, 1)
    return path


def write(folder, properties, boxes):
    features = [
        {"type": "Feature", "id": number, "properties": own, "geometry": mapping(box(*bounds))}
        for number, (own, bounds) in enumerate(zip(properties, boxes))
    ]
    path = folder / "zones.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def columns(number, count=6):
    """Bounds of a strip of whole pixels of the map."""
    width = SIDE // count
    left = WEST + number * width * STEP
    return left, NORTH - SIDE * STEP, left + width * STEP, NORTH


@pytest.fixture
def districts(tmp_path):
    fields = ("UBIGEO", "DISTRITO", "PROVINCIA", "DEPARTAMEN")
    return write(
        tmp_path, [dict(zip(fields, values)) for values in DISTRICTS], [columns(number) for number in range(6)]
    )


def rows_of(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_zones_of_one_name_have_rows_of_their_own_with_code_and_attributes(landcover, districts, tmp_path):
    table = zone_table(landcover, read_zones(districts, code_field="UBIGEO"))
    write_zones_wide(table, tmp_path / "wide.csv")
    rows = rows_of(tmp_path / "wide.csv")
    assert [row["zone_code"] for row in rows] == [values[0] for values in DISTRICTS]
    assert [row["zone_name"] for row in rows] == ["San Juan", "San Juan", "Písac", "San Juan", "Ñuñoa", "6"]
    assert list(rows[0])[:8] == [
        "zone", "zone_name", "zone_code", "UBIGEO", "DISTRITO", "PROVINCIA", "DEPARTAMEN", "zone_ha",
    ]  # fmt: skip
    assert (rows[3]["DEPARTAMEN"], rows[5]["PROVINCIA"]) == ("AYACUCHO", "")
    assert [zone.zone.label for zone in table.zones][:2] == ["San Juan (080301)", "San Juan (080401)"]


def test_attributes_with_the_names_of_columns_are_found_beside_them(landcover, tmp_path):
    own = {"Zone": "mine", "pixels": -1, "own_pixels": -2, "tags": ["a", "ñ"]}
    zones = read_zones(write(tmp_path, [own], [columns(0, 1)]))
    write_zones_wide(zone_table(landcover, zones), tmp_path / "wide.csv")
    (row,) = rows_of(tmp_path / "wide.csv")
    assert row["own_Zone"] == "mine"
    assert (row["own_own_pixels"], row["own_pixels"]) == ("-1", "-2")
    assert row["tags"] == '["a", "ñ"]'
    assert int(row["pixels"]) > 3000


def test_sums_equal_their_zones_and_units_of_one_name_stay_apart(landcover, districts, tmp_path):
    table = zone_table(landcover, read_zones(districts))
    sums = {(one.field, one.value, one.within): one for one in sum_zones(table, ["DEPARTAMEN", "PROVINCIA"])}
    assert list(sums) == [
        ("PROVINCIA", "CANAS", ("CUSCO",)),
        ("PROVINCIA", "CALCA", ("CUSCO",)),
        ("PROVINCIA", "CANAS", ("AYACUCHO",)),
        ("PROVINCIA", "LUCANAS", ("AYACUCHO",)),
        ("PROVINCIA", "", ("AYACUCHO",)),
        ("DEPARTAMEN", "CUSCO", ()),
        ("DEPARTAMEN", "AYACUCHO", ()),
    ]
    with rasterio.open(landcover) as file:
        codes = file.read(1)
    cusco = sums["DEPARTAMEN", "CUSCO", ()]
    counted = np.bincount(codes[:, :30].ravel(), minlength=11)
    assert [row.pixels for row in cusco.rows] == counted[1:].tolist()
    assert (cusco.no_data.pixels, cusco.zone_count) == (counted[0], 3)
    assert sum(row.percent for row in cusco.rows) == pytest.approx(100)
    write_zone_sums(list(sums.values()), tmp_path / "sums.csv")
    assert rows_of(tmp_path / "sums.csv")[5]["zones"] == "3"


def test_what_a_reader_of_a_sum_must_know_is_in_its_note(landcover, tmp_path):
    far = (10.0, 10.0, 10.1, 10.1)
    properties = [{"unit": unit} for unit in ("a", "a", "b", "c", "c")]
    boxes = [columns(0), columns(0), columns(2), columns(3), far]
    sums = sum_zones(zone_table(landcover, read_zones(write(tmp_path, properties, boxes))), ["unit"])
    assert [one.remarks for one in sums] == [("overlaps",), (), ("partly_outside",)]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(units=st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("XY")), min_size=1, max_size=6))
def test_every_field_sums_to_the_whole_whatever_the_units(landcover, tmp_path, units):
    properties = [{"small": small, "large": large} for small, large in units]
    table = zone_table(
        landcover, read_zones(write(tmp_path, properties, [columns(number) for number in range(len(units))]))
    )
    for field in ("small", "large"):
        sums = [one for one in sum_zones(table, ["small", "large"]) if one.field == field]
        assert sum(one.total.pixels for one in sums) == sum(zone.total.pixels for zone in table.zones)
        assert sum(one.zone_count for one in sums) == len(units)


def test_the_job_writes_the_sums_and_refuses_fields_that_the_zones_lack(landcover, districts, tmp_path):
    job = Job(
        str(tmp_path / "out"), task="areas", start="2020-01-01", end="2020-12-31", landcover=str(landcover),
        zones=str(districts), zone_code="UBIGEO", zone_sums=("PROVINCIA", "DEPARTAMEN"),
    )  # fmt: skip
    values = run_job(job, NullReporter())
    assert values["zones_sums"] == str(tmp_path / "out" / "zones_2020_sums.csv")
    assert len(rows_of(tmp_path / "out" / "zones_2020_sums.csv")) == 7
    for key, wrong in (("zone_code", "CODIGO"), ("zone_sums", ("PROVINCIA", "REGION"))):
        with pytest.raises(RegionInvalid, match=r"no attribute '(CODIGO|REGION)'"):
            run_job(Job(**{**vars(job), key: wrong}), NullReporter())
