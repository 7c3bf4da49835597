"""True duplicates leave one scene, split granules keep both parts."""

from itertools import permutations

import pytest
from allpa_engine.search.duplicates import drop_duplicates
from shapely.geometry import box, mapping
from stac_items import scene, tuples_to_lists

NORTH = tuples_to_lists(mapping(box(-73.0, -13.5, -72.8, -13.4)))
SOUTH = tuples_to_lists(mapping(box(-73.0, -13.6, -72.8, -13.49)))


def ids(scenes):
    return {one_scene.id for one_scene in drop_duplicates(scenes)[0]}


def test_of_two_deliveries_the_later_stays():
    first = scene(id="first", generation_time="20230626T022157")
    second = scene(id="second", generation_time="20230626T022158")
    kept, notes = drop_duplicates([second, first])
    assert [one_scene.id for one_scene in kept] == ["second"]
    assert len(notes) == 1
    assert "first" in notes[0]
    assert "second" in notes[0]


@pytest.mark.parametrize(("old", "new"), [("02.14", "05.00"), ("05.12", "10.00"), (None, "02.12")])
def test_the_higher_baseline_stays_even_where_generated_earlier(old, new):
    assert ids(
        [scene(id="old", baseline=old, generation_time="2026"), scene(id="new", baseline=new, generation_time="2023")]
    ) == {"new"}


def test_both_parts_of_a_split_granule_stay():
    parts = [
        scene(id="north", footprint=NORTH, datastrip_start="20200103T150010"),
        scene(id="south", footprint=SOUTH, datastrip_start="20200103T150640"),
    ]
    assert ids(parts) == {"north", "south"}


def test_split_granules_without_a_datastrip_are_distinguished_by_their_footprints():
    north = scene(id="north", footprint=NORTH, datastrip_start=None)
    south = scene(id="south", footprint=SOUTH, datastrip_start=None)
    again = scene(id="again", footprint=SOUTH, datastrip_start=None, generation_time="2030")
    assert ids([north, south, again]) == {"north", "again"}


def test_other_days_platforms_and_tiles_are_no_duplicates():
    scenes = [scene(1), scene(2), scene(1, id="b", platform="S2B"), scene(1, tile="18LZL")]
    assert len(ids(scenes)) == 4


def test_the_same_item_on_two_pages_is_no_news():
    kept, notes = drop_duplicates([scene(1), scene(1)])
    assert len(kept) == 1
    assert notes == ()


def test_the_order_of_the_input_does_not_matter():
    scenes = [scene(1, id="a"), scene(1, id="b"), scene(1, id="c", baseline="05.00"), scene(2, id="d")]
    results = {tuple(one_scene.id for one_scene in drop_duplicates(order)[0]) for order in permutations(scenes)}
    assert results == {("c", "d")}
