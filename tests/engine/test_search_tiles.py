"""Which tiles a region needs, and where tiles lie; truth: corners and names printed in ESA's products."""

import pytest
import shapely
from allpa_engine.core.errors import SceneUnsupported
from allpa_engine.geo.mgrs_tiles import region_in_tile_crs, tile_bounds, tile_crs, tiles_for_region, to_tile_crs
from allpa_engine.geo.region import Region, region_from_geojson
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer
from shapely.geometry import MultiPolygon, Polygon, box, shape
from stac_items import tile_square_lonlat

# tile: EPSG, left, top of the 10 m bands, as products of the tile say
CORNERS = {
    "24XWR": (32624, 499980, 9100020),
    "24MVV": (32724, 399960, 9500020),
    "36NYH": (32636, 699960, 300000),
    "01WCP": (32601, 300000, 7400040),
    "01CCV": (32701, 300000, 2000020),
    "60CWS": (32760, 499980, 1200040),
    "46RER": (32646, 499980, 3100020),
    "01LAC": (32701, 99960, 8300020),
    "34LBP": (32734, 199980, 8900020),
}


@pytest.mark.parametrize(("tile", "corner"), CORNERS.items())
def test_corners(tile, corner):
    epsg, left, top = corner
    assert tile_crs(tile) == f"EPSG:{epsg}"
    assert tile_bounds(tile) == (left, top - 109_800, left + 109_800, top)


@pytest.mark.parametrize("tile", ["", "?", "8LYF", "00LYF", "61LYF", "18AYF", "18ZYF", "18LIF", "18LYW", "18LYFF"])
def test_what_is_not_the_name_of_a_tile_is_refused(tile):
    with pytest.raises(SceneUnsupported):
        tile_crs(tile)


@pytest.mark.parametrize(
    ("longitude", "latitude", "tile"),
    [  # the 100 km squares of well-known places
        (-72.05, -13.52, "18LZL"),  # Cusco
        (2.35, 48.85, "31UDQ"),  # Paris
        (-0.1276, 51.5072, "30UXC"),  # London
        (5.32, 60.39, "32VKN"),  # Bergen, in the widened zone 32
        (15.6, 78.2, "33XWG"),  # Longyearbyen, in the widened zone 33
        (151.2, -33.87, "56HLH"),  # Sydney
    ],
)
def test_the_square_of_a_place(longitude, latitude, tile):
    assert tile in tiles_for_region(Region(box(longitude, latitude, longitude + 0.01, latitude + 0.01)))


@settings(deadline=None, max_examples=60)
@given(st.floats(-179.9, 179.8), st.floats(-79, 83), st.floats(0.01, 1.5))
def test_the_tiles_of_a_region_cover_it(longitude, latitude, size):
    east, north = min(longitude + size, 180), min(latitude + size, 84)
    region = Region(box(longitude, latitude, east, north))
    names = tiles_for_region(region)
    assert names
    # every one of a grid of places of the region lies in at least one of the tiles
    for part_x in (0.02, 0.5, 0.98):
        for part_y in (0.02, 0.5, 0.98):
            place = longitude + part_x * (east - longitude), latitude + part_y * (north - latitude)
            assert any(_holds(name, *place) for name in names), place


def _holds(tile, longitude, latitude):
    x, y = Transformer.from_crs("EPSG:4326", tile_crs(tile), always_xy=True).transform(longitude, latitude)
    left, bottom, right, top = tile_bounds(tile)
    return left <= x <= right and bottom <= y <= top


def test_a_tile_that_only_repeats_its_neighbour_is_not_asked_for():
    left, bottom, right, _ = tile_bounds("18LYL")
    inside = _lonlat(18, box(left + 20_000, bottom + 2_000, right - 20_000, bottom + 9_000))  # also in 18LYK's square
    across = _lonlat(18, box(left + 20_000, bottom - 2_000, right - 20_000, bottom + 9_000))
    assert tiles_for_region(Region(inside)) == ("18LYK",)
    assert tiles_for_region(Region(across)) == ("18LYK",)
    assert tiles_for_region(
        Region(_lonlat(18, box(left + 20_000, bottom - 2_000, right - 20_000, bottom + 12_000)))
    ) == (
        "18LYK",
        "18LYL",
    )


def _lonlat(zone, polygon):
    to_lonlat = Transformer.from_crs(f"EPSG:327{zone}", "EPSG:4326", always_xy=True)
    return Polygon([to_lonlat.transform(x, y) for x, y in polygon.exterior.coords])


def test_a_region_on_both_sides_of_the_antimeridian():
    fiji = {
        "type": "MultiPolygon",
        "coordinates": [
            [[[179.5, -17], [180, -17], [180, -16.5], [179.5, -16.5], [179.5, -17]]],
            [[[-180, -17], [-179.8, -17], [-179.8, -16.5], [-180, -16.5], [-180, -17]]],
        ],
    }
    region = region_from_geojson(fiji)
    names = tiles_for_region(region)
    assert {"01KAB", "60KZG"} <= set(names)
    one_side = Region(box(179.5, -17, 180, -16.5))
    whole = region_in_tile_crs(region, "60KZG")
    assert whole.area == pytest.approx(1.4 * region_in_tile_crs(one_side, "60KZG").area, rel=0.01)
    assert whole.buffer(1).geom_type == "Polygon"  # both sides meet at the meridian


@pytest.mark.parametrize("tile", ["01KAB", "01WCP", "60CWS", "18LYL"])
def test_footprints_at_the_antimeridian_have_their_size_however_they_are_written(tile):
    bounds = tile_bounds(tile)
    wrapped = tile_square_lonlat(bounds, tile_crs(tile))  # corners between -180 and 180, not cut
    running_past = shape(wrapped)
    longitudes = [x - 360 if x > 0 and int(tile[:2]) == 1 else x for x, _ in running_past.exterior.coords]
    past = Polygon([(x, y) for x, (_, y) in zip(longitudes, running_past.exterior.coords, strict=True)])
    for written in (running_past, past):
        # the four straight edges between corners in longitude/latitude bend against the tile's by up to 0.5 %
        assert to_tile_crs(written, tile).area == pytest.approx(109_800**2, rel=0.01)


def test_parts_of_the_region_at_the_other_end_of_the_world_are_ignored():
    both = Region(MultiPolygon([box(-73, -13.6, -72.8, -13.4), box(100, -13.6, 110, -13.4)]))
    alone = Region(box(-73, -13.6, -72.8, -13.4))
    assert region_in_tile_crs(both, "18LYL").area == pytest.approx(region_in_tile_crs(alone, "18LYL").area)
    assert region_in_tile_crs(Region(box(100, 0, 101, 1)), "18LYL").is_empty


@pytest.mark.parametrize(
    "outline",
    [
        box(-76, -1e12, -75, 1e12),
        box(-1e15, -13, 1e15, -12),
        Polygon([(104.9 + 0.2 * (number % 2), -12 + number * 1e-6) for number in range(200_000)]),
    ],
)
def test_an_outline_that_no_tile_has_takes_no_memory(outline):
    """Points are added along long edges; a hostile catalogue must not choose how many."""
    assert shapely.get_num_coordinates(to_tile_crs(outline, "18LYL")) < 500_000
