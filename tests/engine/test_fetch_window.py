"""Which pixels of a tile a region needs, at borders, zone edges and the 180th meridian."""

import pytest
from allpa_engine.fetch.window import snap_bounds, window_on_tile
from allpa_engine.geo.grid import Grid
from allpa_engine.geo.mgrs_tiles import region_in_tile_crs
from allpa_engine.geo.region import Region
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer
from shapely.geometry import MultiPolygon, box

metres = st.integers(-30_000, 30_000)


@given(metres, metres, st.integers(1, 20_000), st.integers(1, 20_000), st.integers(1, 1100), st.integers(1, 1100))
def test_the_window_is_the_smallest_on_20_m_that_holds_the_bounds_within_the_tile(
    left, top, width_m, height_m, columns, rows
):
    tile = Grid("EPSG:32718", 699_960, 8_500_020, 10, columns, rows)
    west, north = tile.left + left, tile.top - top
    window = window_on_tile(tile, (west, north - height_m, west + width_m, north))
    touched_columns = {
        column for column in range(columns) if left < 20 * (column // 2 + 1) and 20 * (column // 2) < left + width_m
    }
    touched_rows = {row for row in range(rows) if top < 20 * (row // 2 + 1) and 20 * (row // 2) < top + height_m}
    if not touched_columns or not touched_rows:
        assert window is None
        return
    assert set(range(window.col_off, window.col_off + window.width)) == touched_columns
    assert set(range(window.row_off, window.row_off + window.height)) == touched_rows


def test_a_region_across_the_180th_meridian_lies_together_in_both_zones():
    fiji = Region(MultiPolygon([box(179.5, -17, 180, -16.5), box(-180, -17, -179.5, -16.5)]))
    for tile in ("60KYF", "01KAB"):
        left, _, right, _ = region_in_tile_crs(fiji, tile).bounds
        assert right - left == pytest.approx(1.0 * 106_500, rel=0.02)  # a degree of longitude at 17 S


def test_parts_on_the_other_side_of_the_globe_do_not_widen_the_window():
    to_lonlat = Transformer.from_crs("EPSG:32718", "EPSG:4326", always_xy=True)
    west, south = to_lonlat.transform(700_000, 8_490_000)
    here = box(west, south, west + 0.05, south + 0.05)
    both = Region(MultiPolygon([here, box(100, 10, 101, 11)]))
    assert snap_bounds(region_in_tile_crs(both, "18LYF")) == snap_bounds(Region(here).geometry_in_crs("EPSG:32718"))
    assert region_in_tile_crs(both, "33TWN").is_empty
