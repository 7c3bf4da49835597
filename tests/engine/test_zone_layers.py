"""Layers of zones as people have them: every feature comes out again, and what is left out of one is told."""

import csv
import json
import math

import numpy as np
import pytest
import rasterio
from affine import Affine
from allpa_engine.areas import read_zones, renamed_columns, write_zones_layer, write_zones_wide, zone_table
from allpa_engine.core.errors import AllpaError, RegionInvalid
from allpa_engine.core.job import Job
from allpa_engine.core.protocol import NullReporter
from allpa_engine.geo.projection import true_area_ha
from allpa_engine.run.pipeline import run_job
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.affinity import translate
from shapely.geometry import GeometryCollection, LineString, MultiPolygon, Point, Polygon, box, mapping

WEST, NORTH, STEP = -73.0, -13.0, 0.0001


@pytest.fixture(scope="module")
def landcover(tmp_path_factory):
    """100 x 120 pixels in degrees: class 2 in the west, 5 in the east half."""
    path = tmp_path_factory.mktemp("map") / "landcover_2020.tif"
    codes = np.full((100, 120), 2, np.uint8)
    codes[:, 60:] = 5
    profile = {"driver": "GTiff", "count": 1, "dtype": "uint8", "nodata": 0, "crs": "EPSG:4326"}
    with rasterio.open(
        path, "w", width=120, height=100, transform=Affine(STEP, 0, WEST, 0, -STEP, NORTH), **profile
    ) as file:
        file.write(codes, 1)
    return path


def cell(column, row, width=10, height=10):
    """A polygon on the borders of pixels."""
    left, top = WEST + column * STEP, NORTH - row * STEP
    return box(left, top - height * STEP, left + width * STEP, top)


def feature(geometry, properties=None, **members):
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": None if geometry is None else mapping(geometry),
        **members,
    }


def write(folder, features, **members):
    path = folder / "zones.geojson"
    content = {"type": "FeatureCollection", "features": features, **members}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_every_feature_has_a_row_whatever_its_geometry(tmp_path, landcover):
    features = [
        feature(cell(0, 0), {"name": "plain"}),
        feature(None, {"name": "null"}),
        feature(Polygon(), {"name": "empty"}),
        feature(LineString([(WEST, NORTH), (WEST + STEP, NORTH)]), {"name": "line"}),
        feature(GeometryCollection([cell(20, 0), Point(WEST, NORTH)]), {"name": "collection"}),
        feature(GeometryCollection([GeometryCollection([cell(40, 0)]), cell(40, 10)]), {"name": "nested"}),
        feature(MultiPolygon([cell(70, 0), cell(75, 0)]), {"name": "parts that overlap"}),
    ]
    table = zone_table(landcover, read_zones(write(tmp_path, features)))
    counted = {row.zone.name: (row.total.pixels, row.remarks) for row in table.zones}
    assert counted == {
        "plain": (100, ()),
        "null": (0, ("no_polygon",)),
        "empty": (0, ("no_polygon",)),
        "line": (0, ("no_polygon",)),
        "collection": (100, ("parts_ignored",)),
        "nested": (200, ()),
        "parts that overlap": (150, ("repaired",)),
    }
    texts = {row.zone.name: row.remarks_text() for row in table.zones}
    assert texts["null"] == "it has no polygon, so it has no areas"
    assert texts["collection"] == "its lines, points and empty parts are ignored: they have no area"
    write_zones_wide(table, tmp_path / "wide.csv")
    write_zones_layer(table, tmp_path / "layer.geojson")
    with (tmp_path / "wide.csv").open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.DictReader(file))) == len(features)
    written = json.loads((tmp_path / "layer.geojson").read_text(encoding="utf-8"))["features"]
    assert [one["geometry"] is None for one in written] == [False, True, True, True, False, False, False]


def test_null_names_and_null_or_repeated_ids_get_numbers_that_differ(tmp_path):
    features = [
        feature(cell(0, 0), {"name": None}, id=7),
        feature(cell(20, 0), {"name": "  "}, id=7),
        feature(cell(40, 0), {"name": 3.0}, id=None),
        feature(cell(60, 0), {"name": "Abancay\nand around"}, id=3),
        feature(cell(80, 0), None, id="7-2"),
    ]
    zones = read_zones(write(tmp_path, features))
    assert [zone.name for zone in zones] == ["1", "2", "3", "Abancay and around", "5"]
    keys = [zone.key for zone in zones]
    assert len(set(keys)) == 5
    assert (keys[0], keys[3], keys[4]) == ("7", "3", "7-2")
    assert [zone.remarks for zone in zones] == [(), ("duplicate_id",), (), (), ()]
    assert read_zones(write(tmp_path, features), "name")[0].name == "1"


def test_the_zones_own_attributes_keep_their_names(tmp_path, landcover):
    own = {"zone": "mine", "note": "my note", "pixels": 3, "HA_1": 2.5, "allpa_note": "mine too"}
    table = zone_table(landcover, read_zones(write(tmp_path, [feature(cell(0, 0), own), feature(cell(20, 0), {})])))
    write_zones_layer(table, tmp_path / "layer.geojson")
    written = json.loads((tmp_path / "layer.geojson").read_text(encoding="utf-8"))["features"]
    assert {key: written[0]["properties"][key] for key in own} == own
    assert renamed_columns(table) == {
        "zone": "allpa_zone",
        "ha_1": "allpa_ha_1",
        "pixels": "allpa_pixels",
        "note": "allpa_allpa_note",
    }
    assert written[0]["properties"]["allpa_pixels"] == 100
    assert set(written[0]["properties"]) - set(own) == set(written[1]["properties"])

    class Log(NullReporter):
        texts = ()

        def log(self, text, level="info"):
            self.texts += (text,)

    log = Log()
    zones = str(write(tmp_path, [feature(cell(0, 0), own)]))
    job = Job(str(tmp_path), "areas", start="2020-01-01", end="2020-12-31", landcover=str(landcover), zones=zones)
    run_job(job, log)
    assert any("columns of the layer of zones were renamed: zone → allpa_zone" in text for text in log.texts)


@pytest.mark.parametrize(
    ("shape", "why"),
    [
        (box(700_000, 8_490_000, 700_100, 8_490_100), "700100, 8490000"),
        (box(-73, 90.5, -72.9, 91), "90.5"),
    ],
)
def test_coordinates_that_are_no_degrees_get_a_sentence(tmp_path, shape, why):
    with pytest.raises(RegionInvalid, match="not longitude and latitude") as raised:
        read_zones(write(tmp_path, [feature(cell(0, 0)), feature(shape)]))
    assert why in raised.value.why
    assert "EPSG:4326" in raised.value.next_step


@pytest.mark.parametrize("crs", [{"type": "link", "properties": {"href": "x"}}, {"type": "name", "properties": {}}])
def test_a_crs_member_that_names_none_is_not_taken_for_degrees(tmp_path, crs):
    with pytest.raises(RegionInvalid, match="names no CRS"):
        read_zones(write(tmp_path, [feature(cell(0, 0))], crs=crs))


def test_zones_that_all_lie_off_the_map_are_refused_before_anything_is_written(tmp_path, landcover):
    zones = read_zones(write(tmp_path, [feature(box(20, 50, 20.1, 50.1)), feature(box(-170, -80, -150, -60))]))
    with pytest.raises(RegionInvalid, match="All zones are outside the map"):
        zone_table(landcover, zones)


def test_a_zone_beside_the_map_takes_nothing_from_it(tmp_path, landcover):
    """It shares the map's edge, but no land."""
    beside = box(WEST - 10 * STEP, NORTH - 10 * STEP, WEST, NORTH)
    table = zone_table(landcover, read_zones(write(tmp_path, [feature(cell(0, 0)), feature(beside)])))
    assert table.zones[1].remarks == ("outside",)
    assert table.zones[1].total.ellipsoidal_ha == 0


def test_a_zone_around_the_globe_is_counted_where_the_map_is(tmp_path):
    path = tmp_path / "utm.tif"
    profile = {"driver": "GTiff", "count": 1, "dtype": "uint8", "crs": "EPSG:32718"}
    with rasterio.open(
        path, "w", width=50, height=40, transform=Affine(10, 0, 700_000, 0, -10, 8_500_000), **profile
    ) as file:
        file.write(np.full((40, 50), 4, np.uint8), 1)
    globe = Polygon([(-180, -85), (180, -85), (180, 85), (-180, 85)])
    table = zone_table(path, read_zones(write(tmp_path, [feature(globe)])))
    assert table.zones[0].total.pixels == 2000
    assert table.zones[0].remarks == ("partly_outside",)


def test_longitudes_from_0_to_360_are_those_of_the_map(tmp_path, landcover):
    shape = box(WEST + 0.00005, NORTH - 0.00105, WEST + 0.00105, NORTH - 0.00005)  # off the pixels' centres and borders
    shape = translate(shape, 0.00002, 0.00003)
    zones = [read_zones(write(tmp_path, [feature(translate(shape, shift))])) for shift in (0, 360)]
    pixels = [zone_table(landcover, one).zones[0].total.pixels for one in zones]
    assert pixels[0] == pixels[1] > 80


def test_a_zone_across_the_180th_meridian_keeps_its_area(tmp_path):
    zone = read_zones(write(tmp_path, [feature(box(179, -17, 181.5, -16))]))[0]
    west, _, east, _ = zone.geometry.bounds
    assert (west, east) == (-180, 180)
    assert true_area_ha(zone.geometry) == pytest.approx(true_area_ha(box(0, -17, 2.5, -16)), rel=1e-9)


def test_a_byte_order_mark_and_half_a_character_are_no_hindrance(tmp_path, landcover):
    content = {"type": "FeatureCollection", "features": [feature(cell(0, 0), {"name": "a\ud800b"})]}
    path = tmp_path / "zones.geojson"
    path.write_text("\ufeff" + json.dumps(content), encoding="utf-8")
    table = zone_table(landcover, read_zones(path))
    write_zones_wide(table, tmp_path / "wide.csv")
    write_zones_layer(table, tmp_path / "layer.geojson")
    assert "a?b" in (tmp_path / "wide.csv").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("turned", [False, True])
def test_the_order_of_a_ring_s_points_does_not_matter_for_areas(tmp_path, landcover, turned):
    hole = list(cell(10, 10, 10, 10).exterior.coords)
    ringed = Polygon(cell(0, 0, 40, 40).exterior.coords, [hole[::-1] if turned else hole])
    table = zone_table(landcover, read_zones(write(tmp_path, [feature(ringed)])))
    row = table.zones[0]
    assert row.total.pixels == 1500
    assert row.zone_ha == pytest.approx(row.total.ellipsoidal_ha, rel=1e-3)


numbers = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.integers(-(10**20), 10**20),
    st.sampled_from([WEST, NORTH, WEST + STEP, 0, 180, 90, -181, 700_000, None, "7", True]),
)
positions = st.lists(numbers, max_size=4)
near = st.builds(cell, *(st.integers(-5, 130) for _ in range(4)))
geometries = st.recursive(
    st.one_of(
        st.none(),
        near.map(mapping),
        st.builds(
            lambda kind, coordinates: {"type": kind, "coordinates": coordinates},
            st.sampled_from(["Polygon", "MultiPolygon", "Point", "LineString", "Circle", None, 3]),
            st.recursive(positions, lambda inner: st.lists(inner, max_size=5), max_leaves=12),
        ),
    ),
    lambda inner: st.builds(
        lambda parts: {"type": "GeometryCollection", "geometries": parts}, st.lists(inner, max_size=3)
    ),
    max_leaves=4,
)
plain = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.lists(st.integers()))
features = st.one_of(
    plain,
    st.fixed_dictionaries(
        {},
        optional={
            "type": st.just("Feature"),
            "id": plain,
            "geometry": geometries,
            "properties": st.one_of(
                plain, st.dictionaries(st.sampled_from(["name", "zone", "note", "ha_1", "x"]), plain, max_size=4)
            ),
        },
    ),
)
layers = st.one_of(
    plain,
    st.fixed_dictionaries(
        {"type": st.just("FeatureCollection")},
        optional={
            "features": st.one_of(plain, st.lists(features, max_size=5)),
            "crs": st.one_of(st.none(), plain, st.just({"properties": {"name": "EPSG:32718"}})),
        },
    ),
    features,
)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(layer=layers, name_field=st.sampled_from(["", "name", "zone"]))
def test_any_layer_ends_in_as_many_rows_as_features_or_in_a_sentence(tmp_path, landcover, layer, name_field):
    path = tmp_path / "zones.geojson"
    path.write_text(json.dumps(layer), encoding="utf-8")
    try:
        table = zone_table(landcover, read_zones(path, name_field))
    except AllpaError:
        return  # its class has a next step of its own where it is given none
    write_zones_wide(table, tmp_path / "wide.csv")
    write_zones_layer(table, tmp_path / "layer.geojson")
    expected = len(layer["features"]) if layer.get("type") == "FeatureCollection" else 1
    assert len(table.zones) == expected
    assert len({row.zone.key for row in table.zones}) == expected
    assert all(math.isfinite(row.zone_ha) and row.zone_ha >= 0 for row in table.zones)


def test_an_empty_part_of_a_multipolygon_is_ignored_and_named(tmp_path):
    square = [[[-72.9, -13.1], [-72.8, -13.1], [-72.8, -13.0], [-72.9, -13.1]]]
    geometry = {"type": "MultiPolygon", "coordinates": [[], square, []]}
    path = tmp_path / "zones.geojson"
    path.write_text(json.dumps({"type": "Feature", "geometry": geometry, "properties": {"name": "a"}}))
    (zone,) = read_zones(path)
    assert zone.geometry.area == pytest.approx(0.005)
    assert zone.remarks == ("parts_ignored",)


@pytest.mark.parametrize("content", [{"a": 1}, {"type": "FeatureCollection", "features": [5]}, [1]])
def test_a_file_that_is_no_layer_is_refused_in_plain_words(tmp_path, content):
    path = tmp_path / "zones.geojson"
    path.write_text(json.dumps(content))
    with pytest.raises(RegionInvalid, match="cannot be read") as caught:
        read_zones(path)
    assert caught.value.why == "Its values are not nested as GeoJSON demands."
