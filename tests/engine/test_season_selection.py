"""Seasons of a job: their names and months, their scenes, and the months beside where scenes lack."""

from dataclasses import replace
from datetime import datetime, timezone

import pytest
from allpa_engine.core.errors import JobInvalid
from allpa_engine.core.job import Job, job_from_dict, job_to_dict
from allpa_engine.core.season_keys import DEFAULT_SEASONS
from allpa_engine.geo.region import Region
from allpa_engine.select.seasons import SeasonRule, choose_season_scenes, months_searched, split_given_scenes
from shapely.geometry import box
from stac_items import scene as item_scene

YEAR = ("2020-01-01", "2020-12-31")
SPRING = ("spring", (3, 4))


REGION = Region(box(-72.95, -13.55, -72.85, -13.45), "")
TILE = item_scene(0, 0).tile


def scene(day, cloud=5.0):
    moment = datetime.fromisoformat(day).replace(hour=15, tzinfo=timezone.utc)
    return replace(item_scene(0, cloud, day=moment), id=f"S2A_{day}")


def chosen_days(found):
    return sorted(item.date for item in found.selection.chosen)


def choose(days, season=SPRING, period=YEAR, clouds=None, **rule):
    scenes = [scene(day, (clouds or {}).get(day, 5.0)) for day in days]
    return choose_season_scenes(scenes, REGION, season, period, SeasonRule(**rule))


def test_the_clearest_five_scenes_of_the_months_are_chosen():
    days = [f"2020-03-{day:02}" for day in range(1, 29, 4)] + ["2020-02-20", "2020-05-02"]
    clouds = dict(zip(days, (12, 3, 1, 19, 2, 4, 8), strict=False))
    found = choose(days, clouds=clouds)
    assert chosen_days(found) == [days[1], days[2], days[4], days[5], days[6]]
    assert not found.neighbour_scenes


def test_scenes_with_more_cloud_than_the_limit_are_not_used():
    found = choose(["2020-03-01", "2020-03-11", "2020-03-21"], clouds={"2020-03-11": 20.1, "2020-03-21": 20.0})
    assert chosen_days(found) == ["2020-03-01", "2020-03-21"]


def test_clouds_that_were_measured_over_the_region_come_before_those_of_the_tile():
    scenes = [scene("2020-03-01", 60.0), scene("2020-03-11", 1.0)]
    shares = {scenes[0].id: 0.95, scenes[1].id: 0.4}
    found = choose_season_scenes(scenes, REGION, SPRING, YEAR, SeasonRule(), lambda item: shares[item.id])
    assert chosen_days(found) == ["2020-03-01"]


def test_a_season_with_one_usable_scene_takes_another_of_a_month_beside_it_and_says_so():
    found = choose(["2020-03-05", "2020-02-20", "2020-05-03", "2020-06-01"], clouds={"2020-02-20": 9})
    assert chosen_days(found) == ["2020-03-05", "2020-05-03"]
    assert found.neighbour_scenes == {TILE: ("S2A_2020-05-03",)}
    assert any(f"tile {TILE}: 1; added from the months beside it: 1" in note for note in found.notes)


def test_without_any_usable_scene_nearby_the_note_says_that_too():
    found = choose(["2020-07-05"])
    assert chosen_days(found) == []
    found = choose(["2020-03-05", "2020-02-20"], clouds={"2020-02-20": 50})
    assert chosen_days(found) == ["2020-03-05"]
    assert any("none in the months beside" in note for note in found.notes)


def test_months_beside_a_season_are_next_to_it_in_time_and_not_in_the_calendar():
    """With one year, December is eleven months after January."""
    found = choose(["2020-01-05", "2020-12-20", "2020-02-25"], ("winter", (1,)))
    assert chosen_days(found) == ["2020-01-05", "2020-02-25"]
    found = choose(["2020-01-05", "2020-12-20", "2020-11-25"], ("winter", (12, 1)))
    assert chosen_days(found) == ["2020-01-05", "2020-12-20"]


def test_no_month_beside_is_used_where_the_least_number_is_zero():
    assert chosen_days(choose(["2020-03-05", "2020-02-20"], min_scenes=0)) == ["2020-03-05"]
    assert months_searched([(3, 4)], 0) == (3, 4)
    assert months_searched([(3, 4)], 2) == (2, 3, 4, 5)


def test_the_maps_own_selection_takes_cloudy_scenes_too():
    clouds = dict.fromkeys(("2020-03-05", "2020-03-15"), 45.0)
    assert chosen_days(choose(list(clouds), clouds=clouds)) == []
    assert chosen_days(choose(list(clouds), clouds=clouds, selection="as_map")) == list(clouds)


def test_scenes_chosen_by_hand_are_split_by_their_months():
    found = choose(["2020-03-05", "2020-04-20", "2020-03-18"])
    listed = replace(found.selection, candidates=tuple(found.selection.candidates))
    assert chosen_days(split_given_scenes(listed, ("april", (4,)))) == ["2020-04-20"]


def test_seasons_of_a_job_may_have_any_names_and_begin_in_december():
    values = {"folder": "out", "seasons": {"otoño": [3, 4], "dry season": [6, 7, 7], "lluvias": [12, 1, 2]}}
    job = job_from_dict(values)
    assert job.seasons == {"otoño": (3, 4), "dry season": (6, 7), "lluvias": (12, 1, 2)}
    assert job_from_dict(job_to_dict(job)) == job
    assert Job("out").seasons == DEFAULT_SEASONS


@pytest.mark.parametrize(
    "seasons",
    [
        {}, [], {"": [1]}, {"x": []}, {"x": [13]}, {"x": 3}, {"x": [True]}, {"***": [1]}, {"a\n": [1]}, {3: [1]},
        {"Dry": [1], "dry": [2]}, {"dry season": [1], "dry-season": [2]}, {"a" * 41: [1]},
        {f"s{n}": [1] for n in range(13)},
    ],
)  # fmt: skip
def test_seasons_that_cannot_be_used_are_refused_by_the_name_of_the_key(seasons):
    with pytest.raises(JobInvalid, match="'seasons'"):
        job_from_dict({"folder": "out", "seasons": seasons})


def test_statistics_are_sorted_and_refused_by_name():
    names = ["p90", "medoid", "p5", "median", "p05", "p2.5"]
    job = job_from_dict({"folder": "out", "seasonal": {"statistics": names}})
    assert job.seasonal["statistics"] == ["median", "medoid", "p2.5", "p5", "p90"]
    for wrong in ([], ["p101"], ["p-1"], ["mode"], [7], "median", ["p"]):
        with pytest.raises(JobInvalid, match="statistics"):
            job_from_dict({"folder": "out", "seasonal": {"statistics": wrong}})
