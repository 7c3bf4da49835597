"""Acquisitions are counted per tile, and holes are told."""

from datetime import date, datetime, timedelta

import pytest
from allpa_engine.search import coverage
from allpa_engine.search.coverage import split_by_month, tile_coverage
from hypothesis import given
from hypothesis import strategies as st
from stac_items import scene


def coverage_notes(scenes, date_ranges):
    return coverage.coverage_notes(tile_coverage(scenes, date_ranges))


YEAR = split_by_month(date(2020, 1, 1), date(2020, 12, 31), range(1, 13))


def every(days, start=datetime(2020, 1, 3), end=datetime(2020, 12, 31), **facts):
    count = (end - start).days // days + 1
    return [scene(day=start + timedelta(days=days * n), id=f"{n}", **facts) for n in range(count)]


def test_a_full_year_is_no_news():
    assert coverage_notes(every(5), YEAR) == ("Tile 18LYL in 2020: 73 acquisition days.",)


def test_a_thin_year_is_suspicious():
    (note,) = coverage_notes(every(10), YEAR)
    assert "37 acquisition days" in note
    assert "About 73 are expected" in note


def test_one_satellite_makes_a_thin_year_usual():
    year = split_by_month(date(2016, 1, 1), date(2016, 12, 31), range(1, 13))
    (note,) = coverage_notes(every(10, datetime(2016, 1, 3), datetime(2016, 12, 31)), year)
    assert "expected" not in note


def test_a_hole_is_reported_with_its_dates():
    kept = [
        scene_kept
        for scene_kept in every(5)
        if not date(2020, 4, 1) <= scene_kept.sensing_time.date() <= date(2020, 6, 15)
    ]
    (note,) = coverage_notes(kept, YEAR)
    assert "No acquisition from 2020-03-29 to 2020-06-15." in note


def test_months_that_were_not_asked_for_are_no_hole():
    date_ranges = split_by_month(date(2020, 1, 1), date(2020, 12, 31), (5, 9))
    kept = [scene_kept for scene_kept in every(5) if scene_kept.sensing_time.month in (5, 9)]
    (note,) = coverage_notes(kept, date_ranges)
    assert "Nothing" not in note
    assert "expected" not in note


def test_two_scenes_of_a_day_count_once_and_tiles_apart():
    twice = [*every(5), *every(5, platform="S2B"), *every(5, tile="18LZL")]
    assert coverage_notes(twice, YEAR) == (
        "Tile 18LYL in 2020: 73 acquisition days.",
        "Tile 18LZL in 2020: 73 acquisition days.",
    )


def test_years_are_counted_apart_and_an_empty_one_is_named():
    date_ranges = split_by_month(date(2019, 1, 1), date(2021, 12, 31), range(1, 13))
    seen = [*every(5), *every(10, datetime(2021, 1, 2), datetime(2021, 12, 30))]
    found = tile_coverage(seen, date_ranges)
    assert [(tile_year.year, tile_year.acquisition_days) for tile_year in found] == [(2019, 0), (2020, 73), (2021, 37)]
    assert [tile_year.suspicious for tile_year in found] == [True, False, True]
    assert found[0].gap == ("2019-01-01", "2019-12-31")
    assert found[1].gap is None
    assert found[1].expected_days == pytest.approx(73.2)


@given(st.dates(date(2015, 7, 1), date(2030, 1, 1)), st.integers(0, 900), st.sets(st.integers(1, 12), min_size=1))
def test_windows_hold_exactly_the_days_of_the_months(start, length, months):
    end = start + timedelta(days=length)
    date_ranges = split_by_month(start, end, months)
    days = [first + timedelta(days=n) for first, last in date_ranges for n in range((last - first).days + 1)]
    wanted = [start + timedelta(days=n) for n in range(length + 1)]
    assert days == [day for day in wanted if day.month in months]
    assert all((first.year, first.month) == (last.year, last.month) for first, last in date_ranges)


@pytest.mark.parametrize("months", [(), (13,)])
def test_no_months_no_windows(months):
    assert split_by_month(date(2020, 1, 1), date(2020, 12, 31), months) == ()
