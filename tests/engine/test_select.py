"""Selection: the least cloudy scenes of the region, more where it is cloudy, spread over the months."""

from datetime import datetime

import numpy as np
import pytest
from allpa_engine.core.errors import NoScenes
from allpa_engine.geo.mgrs_tiles import to_tile_crs
from allpa_engine.geo.region import Region
from allpa_engine.select import SelectionRule, choose_next_acquisitions, select_scenes
from allpa_engine.select.expected_observations import ExpectedObservations, points_inside, sample_points
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, box, mapping
from stac_items import scene, tuples_to_lists

REGION = Region(box(-72.95, -13.55, -72.85, -13.45))
WEST = tuples_to_lists(mapping(box(-73.0, -13.6, -72.9, -13.4)))
EAST = tuples_to_lists(mapping(box(-72.9, -13.6, -72.8, -13.4)))
AWAY = tuples_to_lists(mapping(box(-72.5, -13.6, -72.4, -13.4)))


def chosen(selection):
    return [chosen_scene.id for chosen_scene in selection.chosen]


def numbers(selection):
    return {int(chosen_scene.id.split("-")[1]) for chosen_scene in selection.chosen}


def expected_observations(selection, region=REGION):
    """Expected clear observations of a place of the region, by simple adding."""
    return sum(candidate.clear_share for candidate in selection.candidates if candidate.chosen)


def test_the_least_cloudy_are_chosen():
    scenes = [scene(number, cloud) for number, cloud in enumerate((90, 0, 50, 2, 70, 1, 95))]
    selection = select_scenes(scenes, REGION, SelectionRule(max_scenes=3, clear_observations=3))
    assert numbers(selection) == {1, 3, 5}
    assert [candidate.rank for candidate in selection.candidates] == list(range(1, 8))
    assert all(
        candidate.reason.startswith("selected" if candidate.chosen else "not selected")
        for candidate in selection.candidates
    )


def test_more_are_chosen_where_it_is_cloudy():
    clear = select_scenes([scene(n, 1) for n in range(40)], REGION, SelectionRule(20, 5))
    cloudy = select_scenes([scene(n, 50) for n in range(40)], REGION, SelectionRule(20, 5))
    assert 5 <= len(clear.chosen) <= 6
    assert 10 <= len(cloudy.chosen) <= 20


def test_a_cloud_free_year_needs_exactly_the_wanted_observations():
    assert len(select_scenes([scene(n, 0) for n in range(20)], REGION, SelectionRule(20, 5)).chosen) == 5


def test_two_parts_of_the_region_beat_one_cloudy_whole():
    scenes = [scene(0, 60), scene(1, 0, WEST), scene(2, 0, EAST)]
    assert numbers(select_scenes(scenes, REGION, SelectionRule(2, 1))) == {1, 2}


def test_the_region_counts_not_the_tile():
    """A scene that is clear but beside the region is no candidate at all."""
    selection = select_scenes([scene(0, 40), scene(1, 0, AWAY)], REGION, SelectionRule(5, 1))
    assert [candidate.scene.id for candidate in selection.candidates] == [scene(0).id]


def test_new_months_are_preferred_among_similar():
    january = [scene(n, 5, day=datetime(2020, 1, 3 + n)) for n in range(6)]
    july = [scene(10 + n, 8, day=datetime(2020, 7, 3 + n)) for n in range(6)]
    months = {
        chosen_scene.sensing_time.month
        for chosen_scene in select_scenes([*january, *july], REGION, SelectionRule(2, 5)).chosen
    }
    assert months == {1, 7}
    very_cloudy_july = [scene(10 + n, 60, day=datetime(2020, 7, 3 + n)) for n in range(6)]
    only = select_scenes([*january, *very_cloudy_july], REGION, SelectionRule(2, 5)).chosen
    assert {chosen_scene.sensing_time.month for chosen_scene in only} == {1}


def test_both_parts_of_a_split_granule_are_one_choice():
    day = datetime(2020, 6, 1)
    parts = [
        scene(0, 0, WEST, day, datastrip_start="20200601T150000"),
        scene(1, 0, EAST, day, datastrip_start="20200601T150600"),
    ]
    selection = select_scenes([*parts, scene(2, 30)], REGION, SelectionRule(1, 1))
    assert numbers(selection) == {0, 1}
    assert all("two parts" in candidate.reason for candidate in selection.candidates if candidate.chosen)
    assert sum(candidate.clear_share for candidate in selection.candidates if candidate.chosen) == pytest.approx(
        1, abs=0.01
    )


def test_what_was_measured_over_the_region_replaces_the_tile_s_clouds():
    scenes = [scene(0, 0), scene(1, 50), scene(2, 20)]
    measured = {scenes[0].id: 0.1, scenes[1].id: 0.99, scenes[2].id: None}
    selection = select_scenes(scenes, REGION, SelectionRule(1, 1), clear_share=lambda candidate: measured[candidate.id])
    assert numbers(selection) == {1}
    assert "measured" in selection.candidates[0].reason
    assert selection.candidates[0].clear_share == pytest.approx(0.99, abs=0.001)


def test_unknown_clouds_come_after_clear_and_before_cloudy():
    scenes = [scene(0, None), scene(1, 10), scene(2, 90)]
    order = [
        candidate.scene.cloud_percent for candidate in select_scenes(scenes, REGION, SelectionRule(3, 5)).candidates
    ]
    assert order == [10, None, 90]


def test_scenes_that_show_nothing_clear_are_left_with_the_reason():
    selection = select_scenes([scene(0, 5), scene(1, 99)], REGION, SelectionRule(5, 5))
    assert numbers(selection) == {0}
    assert "only 1.0% " in selection.candidates[1].reason


def test_nothing_to_choose_from():
    with pytest.raises(NoScenes, match="No scene covers this region"):
        select_scenes([], REGION, SelectionRule())
    with pytest.raises(NoScenes, match="No scene covers this region"):
        select_scenes([scene(0, 0, AWAY)], REGION, SelectionRule())
    with pytest.raises(NoScenes, match="too cloudy"):
        select_scenes([scene(0, 100), scene(1, 98)], REGION, SelectionRule())


SOUTH_TILE, NORTH_TILE = "18LYK", "18LYL"
"""They share the ground between 13.57 and 13.65 degrees south."""
IN_SOUTH_TILE = tuples_to_lists(mapping(box(-73.0, -13.85, -72.8, -13.57)))
IN_NORTH_TILE = tuples_to_lists(mapping(box(-73.0, -13.65, -72.8, -13.35)))


def test_a_tile_that_repeats_what_another_shows_is_left_out():
    shared_ground = Region(box(-72.95, -13.7, -72.85, -13.58))
    whole = [scene(n, 5, IN_SOUTH_TILE, tile=SOUTH_TILE) for n in range(8)]
    half = [scene(n, 5, IN_NORTH_TILE, tile=NORTH_TILE) for n in range(8)]
    selection = select_scenes([*whole, *half], shared_ground, SelectionRule(4, 3))
    assert {chosen_scene.tile for chosen_scene in selection.chosen} == {SOUTH_TILE}
    assert any(NORTH_TILE in note for note in selection.notes)
    left = [candidate for candidate in selection.candidates if candidate.scene.tile == NORTH_TILE]
    assert len(left) == 8
    assert all("other tiles" in candidate.reason for candidate in left)


def test_tiles_that_complete_each_other_are_both_used():
    across = Region(box(-72.95, -13.8, -72.85, -13.4))
    south = [scene(n, 5, IN_SOUTH_TILE, tile=SOUTH_TILE) for n in range(8)]
    north = [scene(n, 5, IN_NORTH_TILE, tile=NORTH_TILE) for n in range(8)]
    selection = select_scenes([*south, *north], across, SelectionRule(4, 3))
    assert {chosen_scene.tile for chosen_scene in selection.chosen} == {SOUTH_TILE, NORTH_TILE}
    assert [chosen_scene.tile for chosen_scene in selection.chosen] == sorted(
        chosen_scene.tile for chosen_scene in selection.chosen
    )


def test_the_next_candidates_join_when_observations_are_short():
    selection = select_scenes([scene(n, 10) for n in range(8)], REGION, SelectionRule(3, 9))
    more = choose_next_acquisitions(selection, "18LYL", 2)
    assert len(more.chosen) == 5
    added = [
        candidate.rank
        for candidate in more.candidates
        if candidate.chosen and "too few clear observations" in candidate.reason
    ]
    assert added == [4, 5]
    assert len(choose_next_acquisitions(selection, "18LYL", 100).chosen) == 8
    assert choose_next_acquisitions(selection, "18LZL", 2) == selection


def test_a_region_smaller_than_a_pixel_of_the_sampling_is_seen():
    speck = Region(box(-72.9, -13.5, -72.89995, -13.49995))
    thin = Region(MultiPolygon([box(-72.95, -13.5, -72.85, -13.499999), box(-72.95, -13.45, -72.949999, -13.40)]))
    for region in (speck, thin):
        assert chosen(select_scenes([scene(0, 5)], region, SelectionRule(5, 1)))


clouds = st.lists(st.one_of(st.none(), st.floats(0, 100)), min_size=1, max_size=12)
footprints = st.sampled_from([None, WEST, EAST])


@st.composite
def archives(draw):
    covers = draw(clouds)
    scenes = [scene(number, cloud, draw(footprints)) for number, cloud in enumerate(covers)]
    return [*scenes, scene(90, 3)]


@settings(deadline=None, max_examples=40)
@given(archives(), st.randoms(use_true_random=False), st.integers(1, 6), st.integers(1, 6))
def test_properties(scenes, order, most, observations):
    rule = SelectionRule(most, observations)
    selection = select_scenes(scenes, REGION, rule)
    shuffled = list(scenes)
    order.shuffle(shuffled)
    assert select_scenes(shuffled, REGION, rule) == selection
    assert 1 <= len(selection.chosen) <= most
    assert sorted(candidate.rank for candidate in selection.candidates) == list(range(1, len(selection.candidates) + 1))
    assert {candidate.scene.id for candidate in selection.candidates} <= {candidate.id for candidate in scenes}
    assert all(0 <= candidate.clear_share <= 1 for candidate in selection.candidates)
    # everything chosen stands before everything left
    assert max(candidate.rank for candidate in selection.candidates if candidate.chosen) == len(selection.chosen)


@settings(deadline=None, max_examples=40)
@given(archives(), st.integers(1, 6), st.integers(1, 6))
def test_a_cloud_free_scene_never_lowers_the_observations_that_count(scenes, most, observations):
    rule = SelectionRule(most, observations)
    free = scene(95, 0)
    before, after = (
        counted_observations(select_scenes(given, REGION, rule), observations) for given in (scenes, [*scenes, free])
    )
    # the choice ends when an acquisition helps less than 1 % of the region, so that much may be missing
    assert after >= before * (1 - 0.01 * observations) - 0.01 * observations


def counted_observations(selection, wanted):
    """Expected clear observations per place, those beyond `wanted` not counted; computed over the three kinds of
    ground."""
    total = 0.0
    for part in (WEST, EAST):
        chances = []
        for candidate in selection.candidates:
            if candidate.chosen and candidate.scene.footprint in (
                part,
                tuples_to_lists(mapping(box(-73.0, -13.6, -72.8, -13.4))),
            ):
                cloud = candidate.scene.cloud_percent
                chances.append(0.5 if cloud is None else 1 - cloud / 100)
        distribution = np.array([1.0])
        for chance in chances:
            distribution = np.convolve(distribution, [1 - chance, chance])
        total += float((np.minimum(np.arange(len(distribution)), wanted) * distribution).sum()) / 2
    return total


@given(st.lists(st.floats(0, 1), max_size=12), st.integers(1, 6))
def test_the_chance_to_be_short_is_the_poisson_binomial(chances, wanted):
    observations = ExpectedObservations(2, wanted)
    for chance in chances:
        observations.add(np.array([True, False]), chance)
    distribution = np.array([1.0])
    for chance in chances:
        distribution = np.convolve(distribution, [1 - chance, chance])
    assert observations.shortfall_probability()[0] == pytest.approx(distribution[:wanted].sum(), abs=1e-9)
    assert observations.shortfall_probability()[1] == 1  # never seen


@given(st.integers(1, 5000), st.floats(0.001, 1))
def test_sample_points_lie_inside(wanted, width):
    part = to_tile_crs(box(-72.95, -13.55, -72.95 + width, -13.45), "18LYL")
    points = sample_points(part, wanted)
    assert len(points) >= 1
    assert points_inside(part.buffer(0.001), points).all()
    if wanted > 50:
        assert len(points) == pytest.approx(wanted, rel=0.35)


def test_a_clear_share_is_never_more_than_one():
    corners = [(-72.94 + 0.0007 * step, -13.54 + 0.0003 * step) for step in range(60)]
    regions = [Region(box(x, y, x + 0.0371, y + 0.0363)) for x, y in corners]
    shares = [select_scenes([scene(cloud=0)], region, SelectionRule()).candidates[0].clear_share for region in regions]
    assert min(shares) > 0.999
    assert max(shares) <= 1.0
