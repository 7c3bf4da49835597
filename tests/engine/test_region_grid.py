"""Regions are valid polygons with a true area; grids share the pixels of Sentinel-2's tiles."""

import numpy as np
import pytest
from allpa_engine.core.errors import RegionInvalid
from allpa_engine.geo.grid import Grid, grid_covering
from allpa_engine.geo.projection import true_area_ha
from allpa_engine.geo.region import region_from_geojson, utm_crs_at
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS, Transformer
from shapely.geometry import Polygon, box, mapping


def _region(*corners):
    return region_from_geojson({"type": "Polygon", "coordinates": [[*corners, corners[0]]]})


@pytest.mark.parametrize(
    ("corners", "words"),
    [
        (((0, 0), (1, 1), (1, 0), (0, 1)), "crosses"),
        (((0, 0), (1, 1)), "fewer than three|empty|crosses"),
        (((0, 0), (1, 1), (2, 2)), "empty|crosses"),
        (((179, 0), (181, 0), (181, 1), (179, 1)), "leaves"),
        (((500_000, 8_400_000), (510_000, 8_400_000), (510_000, 8_410_000)), "longitude"),
        (((-179, 0), (179, 0), (179, 1), (-179, 1)), "more than 180 degrees"),
    ],
)
def test_bad_regions_get_a_sentence_and_a_next_step(corners, words):
    with pytest.raises(RegionInvalid, match=words) as caught:
        _region(*corners)
    assert caught.value.next_step


@pytest.mark.parametrize("geometry", [{}, {"type": "Point", "coordinates": [0, 0]}, {"type": "Polygon"}, None])
def test_what_is_no_polygon_is_refused(geometry):
    with pytest.raises(RegionInvalid):
        region_from_geojson(geometry)


def test_area_is_that_of_the_ellipsoid():
    # A degree cell at the equator: WGS 84 gives 12,308.46 km2 (zone formula of the ellipsoid between 0 and 1 degree)
    region = region_from_geojson(mapping(box(0, 0, 1, 1).segmentize(0.001)))
    eccentricity2, major = 0.0066943799901413165, 6378137.0
    e = np.sqrt(eccentricity2)
    sine = np.sin(np.radians(1))
    zone = sine / (2 * (1 - eccentricity2 * sine**2)) + np.arctanh(e * sine) / (2 * e)
    true_ha = major**2 * (1 - eccentricity2) * zone * np.radians(1) / 10_000
    assert region.area_ha == pytest.approx(true_ha, rel=1e-6)


@given(longitude=st.floats(-180, 180), latitude=st.floats(-79.9, 83.9))
def test_utm_zone_is_the_one_in_whose_area_of_use_the_point_lies(longitude, latitude):
    crs = utm_crs_at(longitude, latitude)
    zone = int(crs[-2:])
    central = zone * 6 - 183
    if not (56 <= latitude < 64 and 0 <= longitude < 12) and not (latitude >= 72 and 0 <= longitude < 42):
        assert abs(longitude - central) <= 3 + 1e-9  # a hair's breadth beside the edge is one number with it
    assert (crs[5:8] == "326") == (latitude >= 0)


@pytest.mark.parametrize(("longitude", "latitude", "crs"), [(5, 60, 32632), (10, 78, 32633), (-73, -14, 32718)])
def test_utm_exceptions(longitude, latitude, crs):
    assert utm_crs_at(longitude, latitude) == f"EPSG:{crs}"
    assert CRS(f"EPSG:{crs}").is_projected


def test_projected_edges_stay_where_they_were():
    region = region_from_geojson(mapping(box(-74, -15, -72, -13)))
    to_degrees = Transformer.from_crs("EPSG:32718", "EPSG:4326", always_xy=True).transform
    longitudes, latitudes = to_degrees(*np.array(region.geometry_in_crs("EPSG:32718").exterior.coords).T)
    off = np.minimum.reduce([abs(longitudes + 74), abs(longitudes + 72), abs(latitudes + 15), abs(latitudes + 13)])
    assert off.max() < 1e-9


@given(left=st.floats(1e5, 9e5), bottom=st.floats(0, 9e6), width=st.floats(1, 5e4), height=st.floats(1, 5e4))
def test_a_grid_around_a_box_holds_it_on_multiples_of_its_step(left, bottom, width, height):
    grid = grid_covering(box(left, bottom, left + width, bottom + height), "EPSG:32718", 10, snap=20)
    west, south, east, north = grid.bounds
    assert west <= left + 0.1  # a tenth of a metre is not followed
    assert east >= left + width - 0.1
    assert south <= bottom + 0.1
    assert north >= bottom + height - 0.1
    assert grid.left % 20 == grid.top % 20 == 0
    assert grid.width * 10 - width < 40
    assert grid.height * 10 - height < 40


def test_a_rectangle_on_the_lines_keeps_its_size_through_longitude_and_latitude():
    drawn = box(725_040, 8_482_040, 735_200, 8_492_200)
    to_degrees = Transformer.from_crs("EPSG:32718", "EPSG:4326", always_xy=True).transform
    corners = [to_degrees(*corner) for corner in drawn.segmentize(500).exterior.coords]
    grid = grid_covering(_region(*corners[:-1]).geometry_in_crs("EPSG:32718"), "EPSG:32718")
    assert grid == Grid("EPSG:32718", 725_040, 8_492_200, 10, 1016, 1016)


@given(width=st.integers(1, 700), height=st.integers(1, 700), size=st.integers(1, 512))
def test_blocks_cover_a_grid_once(width, height, size):
    seen = np.zeros((height, width), np.uint8)
    for window in Grid("EPSG:32718", 0, 0, 10, width, height).block_windows(max(size, 50)):
        seen[window.toslices()] += 1
    assert (seen == 1).all()


def test_inside_counts_pixel_centres():
    grid = Grid("EPSG:32718", 0, 100, 10, 10, 10)
    triangle = Polygon([(0, 0), (100, 0), (0, 100)])
    inside = grid.mask_inside(triangle)
    y, x = np.mgrid[95:0:-10, 5:100:10]
    on_edge = x + y == 100
    np.testing.assert_array_equal(inside[~on_edge], (x + y < 100)[~on_edge])
    assert not grid.mask_inside(box(500, 500, 600, 600)).any()


@pytest.mark.parametrize("turn_parts", [False, True])
@pytest.mark.parametrize("turn_holes", [False, True])
def test_area_is_that_of_the_land_whichever_way_the_rings_run(turn_parts, turn_holes):
    """Files of every direction are around; holes were added and parts taken away where the directions were odd."""

    def ring(west, side, turned):
        corners = list(box(west, -14, west + side, -14 + side).exterior.coords)
        return corners[::-1] if turned else corners

    parts = [
        [ring(-73, 0.3, turned=False), [(x + 0.1, y + 0.1) for x, y in ring(-73, 0.1, turned=turn_holes)]],
        [ring(-72, 0.3, turned=turn_parts)],
    ]
    region = region_from_geojson({"type": "MultiPolygon", "coordinates": parts})
    squares = [true_area_ha(box(-73, -14, -72.7, -13.7)), true_area_ha(box(-72.9, -13.9, -72.8, -13.8))]
    assert region.area_ha == pytest.approx(2 * squares[0] - squares[1], rel=1e-9)


def test_edges_are_straight_in_longitude_and_latitude_for_area_and_pixels():
    """Between two corners far apart, a parallel and the shortest way on the ellipsoid are different borders."""
    region = region_from_geojson(mapping(box(20, 60, 30, 61)))
    fine = region_from_geojson(mapping(box(20, 60, 30, 61).segmentize(0.01)))
    assert region.area_ha == pytest.approx(fine.area_ha, rel=1e-6)
