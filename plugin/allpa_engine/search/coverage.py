"""How often each tile was seen in the period, so that a hole in a catalogue does not pass for a cloudy year."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from ..core.messages import said
from ..core.scene import Scene, TileYear

Window = tuple[date, date]
"""First and last day, inclusive."""

SECOND_SATELLITE = date(2017, 7, 1)
"""Two satellites give a look every five days from here on, one gave ten."""
SUSPICIOUS_SHARE = 50 / 73
"""Fewer acquisition days than this share of the usual are suspicious: 50 of 73 a year."""
SUSPICIOUS_GAP_DAYS = 30


def windows_of(start: date, end: date, months: Iterable[int]) -> tuple[Window, ...]:
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
        days.setdefault(scene.tile, set()).add(scene.sensed.date())
    return days


def is_suspicious(seen: set[date], windows: Sequence[Window]) -> bool:
    """Whether a tile was seen on so few days that the catalogue may have holes."""
    return len(seen) < SUSPICIOUS_SHARE * _usual(windows)


def coverage_of(scenes: Iterable[Scene], windows: Sequence[Window]) -> tuple[TileYear, ...]:
    """For each tile and year of the period: on how many days it was seen, and what is missing of the usual.

    Parameters
    ----------
    scenes : every acquisition found, cloudy ones included.
    windows : from `windows_of`.

    """
    found = []
    for tile, seen in sorted(acquisition_days(scenes).items()):
        for year in sorted({first.year for first, _ in windows}):
            searched = [window for window in windows if window[0].year == year]
            days = {day for day in seen if day.year == year}
            gap = _longest_gap(days, searched)
            told = gap is not None and (gap[1] - gap[0]).days + 1 > SUSPICIOUS_GAP_DAYS
            found.append(
                TileYear(
                    tile,
                    year,
                    len(days),
                    _usual(searched),
                    is_suspicious(days, searched),
                    (gap[0].isoformat(), gap[1].isoformat()) if gap and told else None,
                )
            )
    return tuple(found)


def coverage_notes(coverage: Iterable[TileYear]) -> tuple[str, ...]:
    """The coverage in words, a sentence or three for each tile and year."""
    notes = []
    for each in coverage:
        note = said(
            "Tile {tile} in {year}: {days} acquisition days.",
            tile=each.tile,
            year=str(each.year),
            days=each.acquisition_days,
        )
        if each.suspicious:
            note = said(
                "{said} About {usual:.0f} are usual: the catalogue may have holes here.",
                said=note,
                usual=each.usual_days,
            )
        if each.gap:
            note = said("{said} Nothing from {first} to {last}.", said=note, first=each.gap[0], last=each.gap[1])
        notes.append(note)
    return tuple(notes)


def _usual(windows: Sequence[Window]) -> float:
    return sum(_usual_days(window) for window in windows)


def _usual_days(window: Window) -> float:
    first, last = window
    days = (last - first).days + 1
    return days / (5 if first >= SECOND_SATELLITE else 10)


def _longest_gap(seen: set[date], windows: Sequence[Window]) -> Window | None:
    """The longest run of days without an acquisition, inside runs of months that follow each other."""
    gaps = []
    for first, last in _runs(windows):
        edges = [
            first - timedelta(days=1),
            *sorted(day for day in seen if first <= day <= last),
            last + timedelta(days=1),
        ]
        gaps += [
            (before + timedelta(days=1), after - timedelta(days=1))
            for before, after in zip(edges, edges[1:], strict=False)
        ]
    return max(gaps, key=lambda gap: (gap[1] - gap[0], gap[0]), default=None)


def _runs(windows: Sequence[Window]) -> list[Window]:
    runs: list[Window] = []
    for first, last in windows:
        if runs and first - runs[-1][1] <= timedelta(days=1):
            runs[-1] = (runs[-1][0], last)
        else:
            runs.append((first, last))
    return runs
