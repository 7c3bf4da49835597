"""Areas per zone: equal to counting each zone by itself, with overlaps, slivers and odd layers told."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from allpa_engine.areas import (
    area_table,
    read_zones,
    tabulate,
    write_zones_layer,
    write_zones_long,
    write_zones_wide,
    zone_table,
)
from allpa_engine.areas.zones import overlapping_zones
from allpa_engine.core.errors import RasterInvalid, RegionInvalid
from allpa_engine.core.job import Job
from allpa_engine.core.protocol import NullReporter
from allpa_engine.geo.region import Region
from allpa_engine.run.pipeline import run_job
from pyproj import Transformer
from rasterio.features import geometry_mask
from shapely.geometry import Point, Polygon, box, mapping
from shapely.ops import transform

UTM = "EPSG:32718"
LEFT, TOP = 700_000.0, 8_500_000.0
TO_DEGREES = Transformer.from_crs(UTM, "EPSG:4326", always_xy=True).transform
PLACE = Affine(10, 0, LEFT, 0, -10, TOP)


@pytest.fixture
def codes():
    return np.random.default_rng(8).integers(0, 11, (157, 203), dtype=np.uint8)


@pytest.fixture
def landcover(tmp_path, codes):
    path = tmp_path / "map.tif"
    profile = {"driver": "GTiff", "count": 1, "dtype": "uint8", "nodata": 0, "crs": UTM, "transform": PLACE}
    with rasterio.open(path, "w", width=203, height=157, tiled=True, blockxsize=64, blockysize=64, **profile) as file:
        file.write(codes, 1)
    return path


def in_metres(shape):
    """A polygon given in metres right of and below the map's corner, as longitude and latitude."""
    return transform(lambda x, y: TO_DEGREES(LEFT + np.asarray(x), TOP - np.asarray(y)), shape)


def layer(path: Path, shapes: dict[str, Polygon], **members) -> Path:
    features = [
        {"type": "Feature", "id": f"f{number}", "properties": {"name": name, "code": 7}, "geometry": mapping(shape)}
        for number, (name, shape) in enumerate(shapes.items())
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features, **members}), encoding="utf-8")
    return path


@pytest.fixture
def mixed(tmp_path):
    """Overlapping discs, a hole, a sliver under a pixel, one half outside, one far away, one that crosses itself."""
    return layer(
        tmp_path / "zones.geojson",
        {
            "disc": in_metres(Point(500, 500).buffer(300)),
            "other disc": in_metres(Point(800, 600).buffer(250)),
            "ring": in_metres(Point(1500, 1000).buffer(400).difference(Point(1500, 1000).buffer(200))),
            "sliver": in_metres(box(1881, 31, 1884, 39)),
            "half": in_metres(box(-300, 1200, 300, 1400)),
            "far": in_metres(box(90_000, 0, 91_000, 500)),
            "bow": in_metres(Polygon([(1200, 100), (1600, 500), (1600, 100), (1200, 500)])),
        },
    )


def by_name(table):
    return {areas.zone.name: areas for areas in table.zones}


@pytest.mark.parametrize("block", [37, 1024])
def test_each_zone_equals_its_own_count_by_numpy(landcover, codes, mixed, monkeypatch, block):
    monkeypatch.setattr(tabulate, "BLOCK_PX", block)
    layer_zones = read_zones(mixed)
    found = by_name(zone_table(landcover, layer_zones))
    assert list(found) == [zone.name for zone in layer_zones]
    for zone in layer_zones:
        shape = Region(zone.geometry).geometry_in_crs(UTM)
        expected = np.bincount(codes[~geometry_mask([shape], codes.shape, PLACE)], minlength=11)
        counted = found[zone.name]
        assert [counted.no_data.pixels, *(row.pixels for row in counted.rows)] == expected.tolist()
        assert counted.total.pixels == expected[1:].sum()


def test_overlaps_slivers_and_odd_zones_are_reported(landcover, mixed):
    found = by_name(zone_table(landcover, read_zones(mixed)))
    remarks = {name: areas.remarks for name, areas in found.items()}
    assert remarks == {
        "disc": ("overlaps",),
        "other disc": ("overlaps",),
        "ring": (),
        "sliver": ("small",),
        "half": ("partly_outside",),
        "far": ("outside",),
        "bow": ("repaired",),
    }
    assert "overlaps other zones" in found["disc"].remarks_text()
    assert "se superpone" in found["disc"].remarks_text("es")
    assert found["ring"].remarks_text() == ""


def test_slivers_between_neighbours_are_no_overlap_but_shared_land_is():
    def placed(shape):
        """In degrees, with points every kilometre or less: where three meet, these differ on either side."""
        fine = shapely.segmentize(shape, 1000)
        return shapely.transform(fine, lambda points: np.column_stack(TO_DEGREES(*points.T)))

    left, top = 700_000, 8_405_000
    district = box(left, top - 5000, left + 5000, top)
    neighbours = box(left + 5000, top - 2667, left + 8000, top), box(left + 5000, top - 5000, left + 8000, top - 2667)
    assert overlapping_zones([placed(zone) for zone in (district, *neighbours)]) == frozenset()
    strip = box(left + 4999, top - 2667, left + 8000, top)  # a metre wide, 0.27 ha
    assert overlapping_zones([placed(zone) for zone in (district, strip, neighbours[1])]) == {0, 1}
    shed = box(left + 100, top - 104, left + 104, top - 100)  # far less than a pixel, but all of it lies in the other
    assert overlapping_zones([placed(zone) for zone in (district, shed)]) == {0, 1}


def test_a_zone_under_a_pixel_takes_the_class_under_it_with_its_true_area(landcover, codes, mixed):
    sliver = by_name(zone_table(landcover, read_zones(mixed)))["sliver"]
    code = codes[3, 188]
    assert code != 0
    assert sliver.total.pixels == 0
    assert {row.code: row.percent for row in sliver.rows if row.percent} == {code: 100.0}
    assert sliver.total.area_ha == pytest.approx(24 / 10_000, rel=0.005)
    assert sliver.zone_ha == pytest.approx(sliver.total.area_ha)


def test_zones_that_tile_the_map_add_up_to_it(landcover, tmp_path):
    cells = {
        f"{row}/{column}": in_metres(box(column, row, min(column + 290, 2030), min(row + 170, 1570)))
        for row in range(0, 1570, 170)
        for column in range(0, 2030, 290)
    }
    table = zone_table(landcover, read_zones(layer(tmp_path / "cells.geojson", cells)))
    whole = area_table(landcover)
    assert {areas.remarks for areas in table.zones} == {()}  # a shared border is no overlap
    for place, row in enumerate(whole.rows):
        assert sum(areas.rows[place].pixels for areas in table.zones) == row.pixels
        assert sum(areas.rows[place].ellipsoidal_ha for areas in table.zones) == pytest.approx(row.ellipsoidal_ha)


def test_the_layer_s_own_crs_is_followed(landcover, mixed, tmp_path):
    plain = read_zones(mixed)
    in_utm = {zone.name: Region(zone.geometry).geometry_in_crs(UTM) for zone in plain if zone.name in ("disc", "ring")}
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32718"}}
    moved = read_zones(layer(tmp_path / "utm.geojson", in_utm, crs=crs))
    table, expected = by_name(zone_table(landcover, moved)), by_name(zone_table(landcover, plain))
    for name, areas in table.items():
        assert [row.pixels for row in areas.rows] == [row.pixels for row in expected[name].rows]


def test_wide_long_and_layer_hold_the_same_figures(landcover, mixed, tmp_path):
    table = zone_table(landcover, read_zones(mixed), "es")
    write_zones_wide(table, tmp_path / "wide.csv")
    write_zones_long(table, tmp_path / "long.csv")
    write_zones_layer(table, tmp_path / "layer.geojson")
    wide = list(csv.DictReader((tmp_path / "wide.csv").open(encoding="utf-8-sig")))
    long = list(csv.DictReader((tmp_path / "long.csv").open(encoding="utf-8-sig")))
    features = json.loads((tmp_path / "layer.geojson").read_text(encoding="utf-8"))["features"]
    assert (len(wide), len(long), len(features)) == (7, 70, 7)
    for areas, row, feature in zip(table.zones, wide, features):
        assert row["zone_name"] == areas.zone.name == feature["properties"]["zone_name"]
        assert feature["properties"]["code"] == 7  # the zone's own attributes stay
        assert float(row["ha_total"]) == pytest.approx(sum(float(row[f"ha_{code}"]) for code in range(1, 11)))
        lines = [line for line in long if line["nombre"] == areas.zone.name]
        assert [float(line["superficie (ha)"]) for line in lines] == [float(row[f"ha_{code}"]) for code in range(1, 11)]
    assert wide[0]["note"].startswith("se superpone")
    assert long[0]["clase"] == "Agua"


def test_the_areas_step_writes_the_zones_of_its_job(landcover, mixed, tmp_path):
    class Recorder(NullReporter):
        texts = ()

        def log(self, text, level="info"):
            self.texts += (text,)

    reporter, folder = Recorder(), tmp_path / "out"
    job = Job(
        str(folder), task="areas", start="2020-01-01", end="2020-12-31", landcover=str(landcover), zones=str(mixed)
    )
    values = run_job(job, reporter)
    names = [Path(values[name]).name for name in ("areas", "areas_data", "zones", "zones_wide", "zones_long")]
    assert names == [
        "areas_2020.csv",
        "areas_2020_data.json",
        "zones_2020.geojson",
        "zones_2020.csv",
        "zones_2020_long.csv",
    ]
    assert sorted(path.name for path in folder.iterdir()) == sorted(names)
    assert values["zone_count"] == 7
    assert any(text.startswith("sliver: too small for a pixel centre") for text in reporter.texts)
    with pytest.raises(RegionInvalid, match="cannot be read"):
        run_job(replace(job, zones=str(tmp_path / "none.geojson")), NullReporter())


def test_zones_are_named_by_the_field_that_is_asked_for(mixed):
    assert {zone.name for zone in read_zones(mixed, "code")} == {"7"}
    assert read_zones(mixed)[0].key == "f0"
    with pytest.raises(RegionInvalid, match="no attribute 'province'"):
        read_zones(mixed, "province")


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"type": "FeatureCollection"}', '{"type": "Point"}'])
def test_what_is_no_layer_is_refused(tmp_path, text):
    path = tmp_path / "zones.geojson"
    path.write_text(text)
    with pytest.raises(RegionInvalid, match=r"zones\.geojson"):
        read_zones(path)


def test_a_layer_without_any_polygon_is_refused(tmp_path):
    with pytest.raises(RegionInvalid, match="contains no polygons"):
        read_zones(layer(tmp_path / "points.geojson", {"point": Point(-73, -13)}))


def test_a_bare_polygon_is_a_layer_of_one_zone(tmp_path):
    path = tmp_path / "zone.geojson"
    path.write_text(json.dumps(mapping(box(-73, -13, -72.9, -12.9))))
    assert [(zone.key, zone.name) for zone in read_zones(path)] == [("1", "1")]


def test_a_map_of_other_codes_is_refused(landcover, mixed, codes):
    with rasterio.open(landcover, "r+") as file:
        file.write(np.where(codes == 3, 77, codes).astype(np.uint8), 1)
    with pytest.raises(RasterInvalid, match="77"):
        zone_table(landcover, read_zones(mixed))
