"""The report's drawings as numbers: bars of the classes, and scenes on a calendar. The template draws them as SVG."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from ..areas.table import AreaTable
from ..core.legend import BY_CODE
from ..core.messages import number, spanish, told
from ..core.scene import Candidate
from .facts import ReportFacts
from .texts import MONTH_INITIALS

BAR_WIDTH = 420.0
"""Length of the longest bar, in SVG units."""
STRIP_WIDTH, STRIP_HEIGHT = 640.0, 54.0
"""Size of one tile's calendar, in SVG units."""
_UNKNOWN_COLOR = "#808080"


@dataclass(frozen=True)
class Bar:
    """One class of the bar chart."""

    name: str
    color: str
    width: float
    """SVG units."""
    label: str
    """Percent, as text."""


def bars(table: AreaTable) -> list[Bar]:
    """A bar per class, the longest of `BAR_WIDTH`."""
    longest = max((row.percent for row in table.rows), default=0.0) or 1.0
    return [
        Bar(
            row.name,
            BY_CODE[row.code].color if row.code in BY_CODE else _UNKNOWN_COLOR,
            BAR_WIDTH * row.percent / longest,
            f"{number(row.percent, 2, table.language)} %",
        )
        for row in table.rows
    ]


@dataclass(frozen=True)
class Mark:
    """One scene on the calendar."""

    x: float
    y: float
    state: str
    """`used`, `left` or `failed`."""
    label: str


@dataclass(frozen=True)
class Tick:
    """The beginning of a month."""

    x: float
    middle: float
    """Where its letter stands."""
    text: str


@dataclass(frozen=True)
class SceneCalendar:
    """All the tiles' scenes over the period."""

    ticks: list[Tick]
    tiles: Mapping[str, list[Mark]]
    """Marks by tile, in the order of the tiles' names."""


def scene_calendar(facts: ReportFacts) -> SceneCalendar | None:
    """Place every candidate by date and cloud cover; None where there are no candidates."""
    if not facts.candidates:
        return None
    first, last = _span(facts.candidates, facts.period)
    days = (last - first).days + 1
    used = {each.scene.id for each in facts.used}
    tiles: dict[str, list[Mark]] = {tile: [] for tile in sorted({each.scene.tile for each in facts.candidates})}
    # Scenes that were left are drawn first: they lie under those that were used.
    for each in sorted(facts.candidates, key=lambda each: each.scene.id in used):
        scene = each.scene
        cloud = scene.cloud_percent
        state = "failed" if scene.id in facts.failed_ids else "used" if scene.id in used else "left"
        seen = "?" if cloud is None else f"{number(cloud, 0, facts.language)} %"
        x = STRIP_WIDTH * ((scene.sensed.date() - first).days + 0.5) / days
        y = STRIP_HEIGHT * (1 - min(max(cloud or 0.0, 0.0), 100.0) / 100)
        tiles[scene.tile].append(Mark(x, y, state, f"{scene.date} · {seen} · {told(each.reason, facts.language)}"))
    return SceneCalendar(_ticks(first, last, facts.language), tiles)


def _span(candidates: tuple[Candidate, ...], period: str) -> tuple[date, date]:
    days = [each.scene.sensed.date() for each in candidates]
    first, last = min(days), max(days)
    begins, _, ends = period.partition("-")
    if len(begins) == 4 and begins.isdigit():
        begins, ends = f"{begins}0101", f"{begins}1231"
    if len(begins) == len(ends) == 8 and (begins + ends).isdigit():
        first, last = min(first, _day(begins)), max(last, _day(ends))
    return first, last


def _day(text: str) -> date:
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


def _ticks(first: date, last: date, language: str) -> list[Tick]:
    initials = MONTH_INITIALS["es" if spanish(language) else "en"]
    days = (last - first).days + 1
    by_year = days > 3 * 366
    starts: list[date] = [first]
    while (following := _next_start(starts[-1], by_year)) <= last:
        starts.append(following)
    ticks = []
    for start, end in zip(starts, [*starts[1:], last + timedelta(days=1)]):
        left, right = (STRIP_WIDTH * (day - first).days / days for day in (start, end))
        ticks.append(Tick(left, (left + right) / 2, str(start.year) if by_year else initials[start.month - 1]))
    return ticks


def _next_start(day: date, by_year: bool) -> date:
    if by_year or day.month == 12:
        return date(day.year + 1, 1, 1)
    return date(day.year, day.month + 1, 1)
