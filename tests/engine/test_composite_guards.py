"""Artefacts of the field: a missed cloud is no snow, a missed shadow is no water, seasonal snow is not permanent."""

import numpy as np
import pytest
from allpa_engine.composite.rule import CompositeRule
from allpa_engine.composite.votes import add_observations, decide, empty_tally

RULE = CompositeRule()
UNGUARDED = CompositeRule(min_share={})


def _map(votes, rule=RULE):
    """The class of a pixel with these (class, confidence as probability) votes."""
    tally = empty_tally(1)
    classes = np.array([[code] for code, _ in votes], np.uint8)
    confidence = np.array([[round(255 * probability)] for _, probability in votes], np.uint8)
    add_observations(tally, classes, confidence, [index % 12 + 1 for index in range(len(votes))])
    return int(decide(tally, np.ones(1, bool), rule).landcover[0])


HESITANT_LAND = [(3, 0.35), (3, 0.3), (5, 0.4), (5, 0.35), (6, 0.4), (6, 0.3), (8, 0.35), (8, 0.4)]


def test_two_missed_clouds_on_hesitant_land_are_not_snow():
    votes = [*HESITANT_LAND, (9, 0.98), (9, 0.97)]
    assert _map(votes, UNGUARDED) == 9, "the case must be one that weights alone do not solve"
    assert _map(votes) in (3, 5, 6, 8)


def test_two_missed_shadows_on_hesitant_land_are_not_water():
    votes = [*HESITANT_LAND, (1, 0.95), (1, 0.95)]
    assert _map(votes, UNGUARDED) == 1, "the case must be one that weights alone do not solve"
    assert _map(votes) in (3, 5, 6, 8)


def test_one_missed_cloud_against_one_observation_of_land_is_not_snow():
    assert _map([(9, 0.99), (6, 0.45)]) == 6


@pytest.mark.parametrize(("snow_observations", "expected"), [(4, "land"), (6, "land"), (9, 9), (12, 9)])
def test_snow_is_permanent_where_most_observations_show_it(snow_observations, expected):
    votes = [(9, 0.95)] * snow_observations + [(8, 0.5)] * (12 - snow_observations)
    assert _map(votes) == (8 if expected == "land" else expected)


def test_seasonal_snow_over_changing_land_stays_land():
    """Five winter observations at snow, seven observations at land that greens and dries: no single class of land has
    as many."""
    votes = [(9, 0.95)] * 5 + [(3, 0.5)] * 3 + [(6, 0.5)] * 2 + [(8, 0.5)] * 2
    assert _map(votes, UNGUARDED) == 9
    assert _map(votes) == 3


@pytest.mark.parametrize(("water_observations", "expected"), [(12, 1), (7, 1), (3, 6)])
def test_a_lake_stays_water_and_a_short_flood_does_not_make_one(water_observations, expected):
    assert _map([(1, 0.9)] * water_observations + [(6, 0.6)] * (12 - water_observations)) == expected


def test_a_glacier_seen_once_is_snow_and_a_lake_seen_once_is_water():
    assert _map([(9, 0.9)]) == 9
    assert _map([(1, 0.9)]) == 1


def test_a_pixel_that_was_seen_is_never_left_empty_by_a_guard():
    rule = CompositeRule(min_share=dict.fromkeys(range(1, 10), 0.9))
    assert _map([(9, 0.9), (1, 0.9), (3, 0.9)], rule) == 3
