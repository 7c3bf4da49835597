"""Split granules of which an archive has lost a part are told; ordinary ones are not."""

import pytest
from allpa_engine.geo.mgrs_tiles import tile_bounds, tile_crs
from allpa_engine.search.split_granules import missing_part_notes
from stac_items import TILE, scene, tile_square_lonlat


def part_of_tile(first, last):
    """The footprint of the rows between two shares of the tile's height, counted from the north."""
    left, bottom, right, top = tile_bounds(TILE)
    height = top - bottom
    return tile_square_lonlat((left, top - last * height, right, top - first * height), tile_crs(TILE))


WHOLE, NORTH, SOUTH = part_of_tile(0, 1), part_of_tile(0, 0.45), part_of_tile(0.43, 1)


def year(passes=8, footprint=WHOLE, **facts):
    return [scene(number, footprint=footprint, **facts) for number in range(passes)]


def test_a_missing_half_is_named_with_its_day_and_share():
    (note,) = missing_part_notes([*year(), scene(20, footprint=NORTH, nodata_percent=55.0)])
    assert "catalogue: 1 (" in note
    assert "2020-04-12 covers 45% of the tile, usually 100%" in note


def test_both_split_granules_together_are_complete():
    parts = [
        scene(20, id="north", footprint=NORTH, nodata_percent=55.0, datastrip_start="20200412T150010"),
        scene(20, id="south", footprint=SOUTH, nodata_percent=43.0, datastrip_start="20200412T150640"),
    ]
    assert missing_part_notes([*year(), *parts]) == ()


def test_the_catalogues_figure_counts_where_its_footprint_is_the_whole_square():
    (note,) = missing_part_notes([*year(), scene(20, nodata_percent=48.0, footprint=WHOLE)])
    assert "52%" in note


@pytest.mark.parametrize("share", [0.3, 0.97])
def test_the_edge_of_a_swath_is_usual(share):
    """Every pass of the orbit shows the same part of the tile, a hundredth more or less."""
    scenes = [
        scene(number, footprint=part_of_tile(0, share + 0.01 * (number % 3 - 1)), nodata_percent=None)
        for number in range(9)
    ]
    assert missing_part_notes(scenes) == ()


def test_each_orbit_is_compared_with_itself():
    swath_edge = [scene(30 + number, footprint=NORTH, relative_orbit=96, nodata_percent=None) for number in range(6)]
    assert missing_part_notes([*year(), *swath_edge]) == ()


def test_few_passes_tell_nothing():
    assert missing_part_notes([*year(2), scene(20, footprint=NORTH)]) == ()


def test_a_long_list_is_cut_and_counted():
    lacking = [scene(20 + number, footprint=NORTH) for number in range(7)]
    (note,) = missing_part_notes([*year(12), *lacking])
    assert "catalogue: 7 (" in note
    assert note.endswith(", and 2 more).")
