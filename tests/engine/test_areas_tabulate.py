"""Counting a map: equal to plain numpy, true to the ellipsoid, cut at the region, bounded by blocks."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from allpa_engine.areas import area_table, tabulate
from allpa_engine.core.errors import RasterInvalid, RegionInvalid
from allpa_engine.core.legend import LandClass
from allpa_engine.geo.grid import Grid
from allpa_engine.geo.pixel_area import pixel_areas
from allpa_engine.geo.region import region_from_geojson
from pyproj import Geod, Transformer
from rasterio.features import geometry_mask
from rasterio.windows import Window
from shapely.geometry import Point, box, mapping

UTM_18S, DEGREES = "EPSG:32718", "EPSG:4326"
WGS84 = Geod(ellps="WGS84")


def write_map(path: Path, codes: np.ndarray, crs: str = UTM_18S, left=700_000.0, top=8_500_000.0, size=10.0, **extra):
    height, width = codes.shape
    profile = {"driver": "GTiff", "count": 1, "dtype": str(codes.dtype), "nodata": 0, "crs": crs, **extra}
    place = Affine(size, 0, left, 0, -size, top)
    with rasterio.open(path, "w", width=width, height=height, transform=place, **profile) as file:
        file.write(codes, 1)
    return path


@pytest.fixture
def codes():
    return np.random.default_rng(3).integers(0, 11, (213, 341), dtype=np.uint8)


@pytest.fixture
def landcover(tmp_path, codes):
    return write_map(tmp_path / "map.tif", codes, tiled=True, blockxsize=64, blockysize=64)


def pixels_of(table) -> list[int]:
    return [table.no_data.pixels, *(row.pixels for row in table.rows)]


def disc(radius_deg=0.008, dx=1500.0, dy=-900.0):
    longitude, latitude = Transformer.from_crs(UTM_18S, DEGREES, always_xy=True).transform(700_000 + dx, 8_500_000 + dy)
    return region_from_geojson(mapping(Point(longitude, latitude).buffer(radius_deg)), "Disc")


@pytest.mark.parametrize("block", [7, 64, 100, 1024])
def test_counts_equal_numpy_whatever_the_block(landcover, codes, monkeypatch, block):
    monkeypatch.setattr(tabulate, "BLOCK_PX", block)
    assert pixels_of(area_table(landcover)) == np.bincount(codes.ravel(), minlength=11).tolist()


@pytest.mark.parametrize("block", [50, 1024])
def test_a_region_counts_the_pixels_whose_centre_lies_inside(landcover, codes, monkeypatch, block):
    monkeypatch.setattr(tabulate, "BLOCK_PX", block)
    region = disc()
    outside = geometry_mask([region.geometry_in_crs(UTM_18S)], codes.shape, Affine(10, 0, 700_000, 0, -10, 8_500_000))
    table = area_table(landcover, region)
    assert pixels_of(table) == np.bincount(codes[~outside], minlength=11).tolist()
    assert table.is_within_tolerance
    assert table.outside_map_ha == 0
    assert abs(table.difference_ha) < 0.002 * region.area_ha
    assert table.region_name == "Disc"


def test_what_lies_beyond_the_map_is_measured_and_the_sum_still_holds(landcover):
    region = disc(dx=0.0)  # half of it lies west of the map
    table = area_table(landcover, region)
    assert 0.4 * region.area_ha < table.outside_map_ha < 0.6 * region.area_ha
    assert table.is_within_tolerance
    assert abs(table.difference_ha) < 0.005 * region.area_ha


def test_a_region_off_the_map_is_refused(landcover):
    with pytest.raises(RegionInvalid, match="outside the map"):
        area_table(landcover, disc(dx=90_000.0))


def test_a_lost_part_of_the_map_does_not_add_up(landcover, monkeypatch):
    monkeypatch.setattr(tabulate, "windows_covering", lambda grid, shape: iter([Window(0, 0, 200, 100)]))
    assert not area_table(landcover).is_within_tolerance


def cell_area_m2(grid: Grid, column: int, row: int) -> float:
    """Area of a pixel as a geodesic polygon with 20 points on each side."""
    part = grid.for_window(Window(column, row, 1, 1))
    ring = np.array(box(*part.bounds).segmentize(part.resolution / 20).exterior.coords)
    if grid.crs != DEGREES:
        ring = np.column_stack(
            Transformer.from_crs(grid.crs, DEGREES, always_xy=True).transform(ring[:, 0], ring[:, 1])
        )
    return abs(WGS84.polygon_area_perimeter(ring[:, 0], ring[:, 1])[0])


@pytest.mark.parametrize("top", [60.0, 0.5, -13.5, -89.0, 90.0])
def test_cells_in_degrees_have_their_area_on_the_ellipsoid(top):
    grid = Grid(DEGREES, -73.0, top, 0.25, 5, 4)
    areas = pixel_areas(grid).in_window(Window(0, 0, 5, 4))
    assert areas.shape == (4, 1)
    for row in range(4):
        assert areas[row, 0] == pytest.approx(cell_area_m2(grid, 2, row), rel=2e-5)


def test_all_the_cells_of_the_globe_make_up_the_ellipsoid():
    grid = Grid(DEGREES, -180.0, 90.0, 1.0, 360, 180)
    areas = np.broadcast_to(pixel_areas(grid).in_window(Window(0, 0, 360, 180)), (180, 360))
    assert areas.sum() == pytest.approx(510_065_621_724_088.0, rel=1e-12)  # the area of WGS 84, m²


@pytest.mark.parametrize(
    ("crs", "left", "top"),
    [
        (UTM_18S, 500_000.0, 8_500_000.0),
        (UTM_18S, 790_000.0, 9_990_000.0),
        ("EPSG:32633", 170_000.0, 6_700_000.0),
        ("EPSG:3035", 4_000_000.0, 3_000_000.0),
        ("EPSG:3857", -8_000_000.0, -1_500_000.0),
    ],
)
def test_projected_pixels_have_their_area_on_the_ellipsoid(crs, left, top):
    grid = Grid(crs, left, top, 10.0, 300, 300)
    areas = pixel_areas(grid)
    whole = areas.in_window(Window(0, 0, 300, 300))
    for column, row in [(0, 0), (299, 299), (150, 37)]:
        larger = Grid(crs, *grid.for_window(Window(column, row, 1, 1)).bounds[::3], 10.0, 1, 1)
        assert whole[row, column] == pytest.approx(cell_area_m2(larger, 0, 0), rel=3e-6)
    # A pixel has one area, whichever window it is read with.
    np.testing.assert_array_equal(areas.in_window(Window(61, 130, 90, 70)), whole[130:200, 61:151])


def test_utm_pixels_differ_from_their_nominal_area_as_the_scale_says():
    middle = pixel_areas(Grid(UTM_18S, 500_000.0, 9_000_000.0, 10.0, 1, 1)).in_window(Window(0, 0, 1, 1))[0, 0]
    edge = pixel_areas(Grid(UTM_18S, 833_978.0, 9_999_990.0, 10.0, 1, 1)).in_window(Window(0, 0, 1, 1))[0, 0]
    assert middle == pytest.approx(100.080, abs=0.0005)
    assert edge == pytest.approx(99.804, abs=0.0005)


def test_a_map_in_degrees_has_true_hectares_in_both_columns(tmp_path, codes):
    path = write_map(tmp_path / "degrees.tif", codes, DEGREES, -73.0, 60.0, 0.0001)
    table = area_table(path)
    assert (table.unit, table.resolution) == ("°", 0.0001)
    assert table.total.area_ha == table.total.ellipsoidal_ha
    assert abs(table.difference_ha) < 1e-6 * table.region_ha
    cell_ha = cell_area_m2(Grid(DEGREES, -73.0, 60.0 - 0.01065, 0.0001, 1, 1), 0, 0) / 10_000
    assert table.total.area_ha == pytest.approx(table.total.pixels * cell_ha, rel=2e-4)


def test_clouds_are_a_class_but_not_land_seen(tmp_path):
    table = area_table(write_map(tmp_path / "map.tif", np.repeat(np.uint8([[1, 10, 10, 0]]), 4, axis=0)))
    assert table.total.pixels == 12
    assert table.valid_area_percent == pytest.approx(25.0, abs=0.01)


def test_codes_that_the_legend_does_not_know_are_refused_by_number(tmp_path, codes):
    path = write_map(tmp_path / "other.tif", codes * 10)
    with pytest.raises(RasterInvalid, match=r"other\.tif contains codes.*20, 30"):
        area_table(path)
    legend = [LandClass(code, f"C{code}", "#000000", 1.0, "") for code in range(10, 101, 10)]
    assert pixels_of(area_table(path, legend=legend)) == np.bincount(codes.ravel(), minlength=11).tolist()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dtype": "float32"}, "not a map of classes"),
        ({"crs": None}, "no CRS"),
        ({"transform": Affine(10, 0, 7e5, 0, -20, 8.5e6)}, "square pixels"),
        ({"transform": Affine(10, 1, 7e5, 1, -10, 8.5e6)}, "north-up"),
    ],
)
def test_rasters_of_another_kind_are_refused(tmp_path, change, message):
    profile = {
        "driver": "GTiff",
        "width": 4,
        "height": 4,
        "count": 1,
        "dtype": "uint8",
        "crs": UTM_18S,
        "transform": Affine(10, 0, 7e5, 0, -10, 8.5e6),
    } | change
    path = tmp_path / "odd.tif"
    with rasterio.open(path, "w", **profile) as file:
        file.write(np.ones((4, 4), profile["dtype"]), 1)
    with pytest.raises(RasterInvalid, match=message):
        area_table(path)


def test_missing_and_damaged_files_are_reported(tmp_path, codes):
    with pytest.raises(RasterInvalid, match=r"none\.tif cannot be read"):
        area_table(tmp_path / "none.tif")
    path = write_map(tmp_path / "cut.tif", codes, compress="deflate", tiled=True, blockxsize=64, blockysize=64)
    path.write_bytes(path.read_bytes()[:-20_000])
    with pytest.raises(RasterInvalid, match=r"cut\.tif"):
        area_table(path)
