"""Counting a map by zone and cell: against counting by hand, at odd sizes, and with bad input."""

import json

import numpy as np
import pytest
import rasterio
from allpa_engine.accuracy.sample import LabelledSample
from allpa_engine.accuracy.zone_estimate import estimate_zones
from allpa_engine.accuracy.zone_estimate_table import write_zone_estimates_csv, write_zone_estimates_json
from allpa_engine.accuracy.zone_map import count_zone_map
from allpa_engine.areas.zones import Zone
from allpa_engine.core.errors import RasterInvalid, RegionInvalid
from allpa_engine.geo.region import Region
from pyproj import Transformer
from sample_maps import LEFT, TOP, UTM, write_map
from shapely.geometry import box
from shapely.ops import transform

_TO_DEGREES = Transformer.from_crs(UTM, "EPSG:4326", always_xy=True).transform


def zone_of(name, left, top, right, bottom):
    """A zone by metres east and south of the map's corner."""
    shape = box(LEFT + left, TOP - bottom, LEFT + right, TOP - top)
    return Zone(name, name, transform(_TO_DEGREES, shape))


def write_quality(path, confidence, second):
    bands = np.stack([confidence, confidence * 0 + 100, confidence * 0 + 9, confidence * 0 + 5, second])
    profile = {"driver": "GTiff", "count": 5, "dtype": "uint8", "crs": UTM, "nodata": 0}
    grid = rasterio.Affine(10, 0, LEFT, 0, -10, TOP)
    height, width = confidence.shape
    with rasterio.open(path, "w", width=width, height=height, transform=grid, **profile) as file:
        file.write(bands.astype(np.uint8))
    return path


@pytest.fixture
def raster(tmp_path):
    codes = np.random.default_rng(1).choice([0, 2, 5, 7], (33, 41)).astype(np.uint8)
    return write_map(tmp_path / "map.tif", codes), codes


@pytest.fixture
def points():
    row, column = (values.ravel() for values in np.mgrid[:33:3, :41:4])
    return row, column, LEFT + 10 * column + 5.0, TOP - 10 * row - 5.0


def test_zones_and_points_are_counted_as_by_hand(raster, points, tmp_path):
    path, codes = raster
    rng = np.random.default_rng(2)
    confidence, second = rng.integers(1, 255, codes.shape), rng.choice([0, 2, 5], codes.shape)
    quality = write_quality(tmp_path / "quality.tif", confidence, second)
    row, column, x, y = points
    zones = [zone_of("West", 0, 0, 170, 330), zone_of("Middle", 170, 100, 300, 330)]
    found = count_zone_map(path, quality, zones, x, y)
    inside = np.zeros((3, *codes.shape), bool)
    inside[0, :, :17], inside[1, 10:, 17:30] = True, True
    inside[2] = ~inside[:2].any(axis=0)
    for code_index, code in enumerate(found.cells.codes):
        for zone in range(3):
            pixels = np.count_nonzero(inside[zone] & (codes == code))
            of_class = found.area_ha[zone, found.cells.mapped == code_index].sum()
            assert of_class == pytest.approx(0.01 * pixels, rel=2e-3)
    for index in range(len(x)):
        cell = found.point_cell[index]
        place = row[index], column[index]
        if codes[place] == 0:
            assert cell == -1
            continue
        assert found.cells.codes[found.cells.mapped[cell]] == codes[place]
        assert found.cells.second[cell] == second[place]
        assert found.cells.confidence_step[cell] == sum(confidence[place] >= np.array([128, 160, 190, 220, 240, 254]))
    pairs = dict(zip(found.pair_point.tolist(), found.pair_zone.tolist(), strict=True))
    expected = {i: int(inside[:, row[i], column[i]].argmax()) for i in range(len(x)) if codes[row[i], column[i]]}
    assert pairs == expected


def test_points_in_overlapping_zones_count_in_each(raster, points):
    path, codes = raster
    row, column, x, y = points
    found = count_zone_map(path, None, [zone_of("A", 0, 0, 300, 330), zone_of("B", 200, 0, 410, 330)], x, y)
    both = (codes[row, column] > 0) & (column >= 20) & (column < 30)
    assert np.array_equal(np.flatnonzero(np.bincount(found.pair_point, minlength=len(x)) == 2), np.flatnonzero(both))
    assert found.overlaps
    assert not found.has_rest
    assert "overlap" in found.notes[0]


def test_points_off_the_map_have_no_cell(raster):
    path, _ = raster
    x = np.array([LEFT - 5, LEFT + 1e6, np.nan, np.inf, LEFT + 5])
    found = count_zone_map(path, None, [zone_of("All", 0, 0, 410, 330)], x, np.full(5, TOP - 15))
    assert (found.point_cell[:4] == -1).all()


def test_a_region_cuts_zones_and_points(raster, points):
    path, codes = raster
    row, column, x, y = points
    region = Region(zone_of("Region", 0, 0, 100, 330).geometry)
    found = count_zone_map(path, None, [zone_of("West", 0, 0, 50, 330)], x, y, region)
    assert found.area_ha.sum() == pytest.approx(0.01 * np.count_nonzero(codes[:, :10]), rel=2e-3)
    assert np.array_equal(found.point_cell >= 0, (codes[row, column] > 0) & (column < 10))


def test_zones_outside_the_map_are_named_and_all_of_them_refused(raster, points):
    path, _ = raster
    _, _, x, y = points
    outside = zone_of("Far", 5000, 0, 6000, 300)
    found = count_zone_map(path, None, [zone_of("West", 0, 0, 170, 330), outside], x, y)
    assert found.area_ha[1].sum() == 0
    assert "Far" in found.notes[0]
    with pytest.raises(RegionInvalid, match="outside the map"):
        count_zone_map(path, None, [outside], x, y)


def test_a_quality_raster_of_another_grid_is_refused(raster, points, tmp_path):
    path, _ = raster
    _, _, x, y = points
    quality = write_quality(tmp_path / "quality.tif", np.full((33, 40), 200), np.zeros((33, 40)))
    with pytest.raises(RasterInvalid, match="not on the grid"):
        count_zone_map(path, quality, [zone_of("West", 0, 0, 170, 330)], x, y)
    with pytest.raises(RasterInvalid, match="not a quality raster"):
        count_zone_map(path, path, [zone_of("West", 0, 0, 170, 330)], x, y)


def test_the_table_says_zone_class_areas_interval_points_method_and_release(raster, points, tmp_path):
    path, codes = raster
    row, column, x, y = points
    zone_map = count_zone_map(path, None, [zone_of("=West", 0, 0, 170, 330), zone_of("Far", 9000, 0, 9900, 300)], x, y)
    mapped = codes[row, column]
    pixels = np.bincount(mapped, minlength=8)
    sample = LabelledSample(
        np.searchsorted([2, 5, 7], np.maximum(mapped, 2)),
        mapped,
        np.where(np.arange(len(x)) % 5 == 0, 5, mapped).astype(np.uint8),
        np.full(len(x), -1),
        ("Trees", "Crops", "Built area"),
        pixels[[2, 5, 7]],
        pixels[[2, 5, 7]] * 0.01,
    )
    estimates = estimate_zones(sample, zone_map)
    write_zone_estimates_csv(estimates, tmp_path / "zones.csv", "es")
    lines = (tmp_path / "zones.csv").read_text("utf-8-sig").splitlines()
    assert lines[1].startswith("'=West,'=West,2,Árboles,")
    assert len([line for line in lines if line.startswith("Far,")]) == 3
    assert any(line.startswith(",Fuera de todas las zonas,") for line in lines)
    assert "no publicar" in lines[4]
    write_zone_estimates_json(estimates, tmp_path / "zones.json")
    content = json.loads((tmp_path / "zones.json").read_text())
    shown = [record for record in content["zones"] if record["zone"] == "=West"]
    assert sum(record["area_ha"] for record in shown) == pytest.approx(sum(record["mapped_ha"] for record in shown))
    assert [record["area_ha"] for record in content["zones"] if record["zone"] == "Far"] == [None] * 3
