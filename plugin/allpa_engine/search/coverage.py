"""Acquisition days per tile and year, so that scenes missing from a catalogue do not pass for a cloudy year."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from ..core.messages import message
from ..core.scene import Scene, TileYear

DateRange = tuple[date, date]
"""First and last day, inclusive."""

TWO_SATELLITES_SINCE = date(2017, 7, 1)
"""From this day on two satellites acquire every five days; before, one satellite every ten days."""
MIN_EXPECTED_SHARE = 50 / 73
"""Fewer acquisition days than this share of the expected days are suspicious: 50 of 73 a year."""
MAX_GAP_DAYS = 30


def split_by_month(start: date, end: date, months: Iterable[int]) -> tuple[DateRange, ...]:
    """Split a period by calendar months and leave out the months that are not in `months`.

    Examples
    --------
    >>> split_by_month(date(2020, 1, 20), date(2020, 3, 5), [1, 3])
    ((datetime.date(2020, 1, 20), datetime.date(2020, 1, 31)), (datetime.date(2020, 3, 1), datetime.date(2020, 3, 5)))

    """
    wanted = set(months)
    found = []
    first = start
    while first <= end:
        following = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
        if first.month in wanted:
            found.append((first, min(end, following - timedelta(days=1))))
        first = following
    return tuple(found)


def acquisition_days_by_tile(scenes: Iterable[Scene]) -> dict[str, set[date]]:
    """Days with an acquisition, by tile."""
    days: dict[str, set[date]] = {}
    for scene in scenes:
        days.setdefault(scene.tile, set()).add(scene.sensing_time.date())
    return days


def is_suspicious(acquired_days: set[date], date_ranges: Sequence[DateRange]) -> bool:
    """Whether a tile has so few acquisition days that scenes may be missing from the catalogue."""
    return len(acquired_days) < MIN_EXPECTED_SHARE * _expected_days(date_ranges)


def tile_coverage(scenes: Iterable[Scene], date_ranges: Sequence[DateRange]) -> tuple[TileYear, ...]:
    """Count the acquisition days of each tile and year and compare them with what the satellites acquire.

    Parameters
    ----------
    scenes
        Every acquisition found, cloudy ones included.
    date_ranges
        What was searched, from `split_by_month`.

    Returns
    -------
    tuple of TileYear
        Sorted by tile and year; a gap is given where it is longer than `MAX_GAP_DAYS`.

    """
    found = []
    for tile, acquired_days in sorted(acquisition_days_by_tile(scenes).items()):
        for year in sorted({first.year for first, _ in date_ranges}):
            year_ranges = [date_range for date_range in date_ranges if date_range[0].year == year]
            days = {day for day in acquired_days if day.year == year}
            gap = _longest_gap(days, year_ranges)
            is_long = gap is not None and (gap[1] - gap[0]).days + 1 > MAX_GAP_DAYS
            found.append(
                TileYear(
                    tile,
                    year,
                    len(days),
                    _expected_days(year_ranges),
                    is_suspicious(days, year_ranges),
                    (gap[0].isoformat(), gap[1].isoformat()) if gap and is_long else None,
                )
            )
    return tuple(found)


def coverage_notes(coverage: Iterable[TileYear]) -> tuple[str, ...]:
    """The coverage as notes, one for each tile and year."""
    notes = []
    for tile_year in coverage:
        note = message(
            "Tile {tile} in {year}: {days} acquisition days.",
            tile=tile_year.tile,
            year=str(tile_year.year),
            days=tile_year.acquisition_days,
        )
        if tile_year.suspicious:
            note = message(
                "{message} About {usual:.0f} are expected: scenes may be missing from the catalogue.",
                message=note,
                usual=tile_year.expected_days,
            )
        if tile_year.gap:
            note = message(
                "{message} No acquisition from {first} to {last}.",
                message=note,
                first=tile_year.gap[0],
                last=tile_year.gap[1],
            )
        notes.append(note)
    return tuple(notes)


def _expected_days(date_ranges: Sequence[DateRange]) -> float:
    return sum(_expected_days_in_range(date_range) for date_range in date_ranges)


def _expected_days_in_range(date_range: DateRange) -> float:
    first, last = date_range
    days = (last - first).days + 1
    return days / (5 if first >= TWO_SATELLITES_SINCE else 10)


def _longest_gap(acquired_days: set[date], date_ranges: Sequence[DateRange]) -> DateRange | None:
    """The longest run of days without an acquisition, within months that follow one another."""
    gaps = []
    for first, last in _join_adjacent(date_ranges):
        edges = [
            first - timedelta(days=1),
            *sorted(day for day in acquired_days if first <= day <= last),
            last + timedelta(days=1),
        ]
        gaps += [
            (before + timedelta(days=1), after - timedelta(days=1))
            for before, after in zip(edges, edges[1:], strict=False)
        ]
    return max(gaps, key=lambda gap: (gap[1] - gap[0], gap[0]), default=None)


def _join_adjacent(date_ranges: Sequence[DateRange]) -> list[DateRange]:
    runs: list[DateRange] = []
    for first, last in date_ranges:
        if runs and first - runs[-1][1] <= timedelta(days=1):
            runs[-1] = (runs[-1][0], last)
        else:
            runs.append((first, last))
    return runs
