"""How often each tile was seen in the period, so that a hole in a catalogue does not pass for a cloudy year."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from ..core.messages import message
from ..core.scene import Scene, TileYear

DateRange = tuple[date, date]
"""First and last day, inclusive."""

TWO_SATELLITES_SINCE = date(2017, 7, 1)
"""Two satellites give a look every five days from here on, one gave ten."""
MIN_EXPECTED_SHARE = 50 / 73
"""Fewer acquisition days than this share of the usual are suspicious: 50 of 73 a year."""
MAX_GAP_DAYS = 30


def split_by_month(start: date, end: date, months: Iterable[int]) -> tuple[DateRange, ...]:
    """The period cut into calendar months, those in `months` alone."""
    wanted = set(months)
    found = []
    first = start
    while first <= end:
        following = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
        if first.month in wanted:
            found.append((first, min(end, following - timedelta(days=1))))
        first = following
    return tuple(found)


def acquisition_days(scenes: Iterable[Scene]) -> dict[str, set[date]]:
    """The days on which each tile was seen."""
    days: dict[str, set[date]] = {}
    for scene in scenes:
        days.setdefault(scene.tile, set()).add(scene.sensing_time.date())
    return days


def is_suspicious(acquired_days: set[date], date_ranges: Sequence[DateRange]) -> bool:
    """Whether a tile was seen on so few days that the catalogue may have holes."""
    return len(acquired_days) < MIN_EXPECTED_SHARE * _expected_days(date_ranges)


def tile_coverage(scenes: Iterable[Scene], date_ranges: Sequence[DateRange]) -> tuple[TileYear, ...]:
    """For each tile and year of the period: on how many days it was seen, and what is missing of the usual.

    Parameters
    ----------
    scenes : every acquisition found, cloudy ones included.
    windows : from `split_by_month`.

    """
    found = []
    for tile, acquired_days in sorted(acquisition_days(scenes).items()):
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
    """The coverage in words, a sentence or three for each tile and year."""
    notes = []
    for each in coverage:
        note = message(
            "Tile {tile} in {year}: {days} acquisition days.",
            tile=each.tile,
            year=str(each.year),
            days=each.acquisition_days,
        )
        if each.suspicious:
            note = message(
                "{message} About {usual:.0f} are usual: the catalogue may have holes here.",
                message=note,
                usual=each.expected_days,
            )
        if each.gap:
            note = message(
                "{message} Nothing from {first} to {last}.", message=note, first=each.gap[0], last=each.gap[1]
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
    """The longest run of days without an acquisition, inside runs of months that follow each other."""
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
