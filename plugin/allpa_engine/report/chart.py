"""The report's charts as numbers: bars of the classes, and scenes on a calendar. The template draws them as SVG."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from ..areas.table import AreaTable
from ..core.messages import format_number, format_share, translatable, translate
from ..core.scene import Candidate
from .facts import ReportFacts

BAR_WIDTH = 420.0
"""Length of the longest bar, in SVG units."""
CALENDAR_WIDTH, CALENDAR_ROW_HEIGHT = 640.0, 54.0
"""Size of one tile's calendar, in SVG units."""
_UNKNOWN_COLOR = "#808080"
_MONTH_INITIALS = translatable("JFMAMJJASOND")


@dataclass(frozen=True)
class ClassBar:
    """One class of the bar chart."""

    name: str
    color: str
    width: float
    """SVG units."""
    label: str
    """Percent, as text."""


def bars(table: AreaTable) -> list[ClassBar]:
    """A bar per class, the longest of `BAR_WIDTH`."""
    longest = max((row.percent for row in table.rows), default=0.0) or 1.0
    colors = {land_class.code: land_class.color for land_class in table.legend}
    return [
        ClassBar(
            row.name,
            _UNKNOWN_COLOR if row.code is None else colors.get(row.code, _UNKNOWN_COLOR),
            BAR_WIDTH * row.percent / longest,
            f"{format_share(row.percent, table.language)} %",
        )
        for row in table.rows
    ]


@dataclass(frozen=True)
class SceneMark:
    """One scene on the calendar."""

    x: float
    y: float
    state: str
    """`used`, `unused` or `failed`."""
    label: str


@dataclass(frozen=True)
class MonthTick:
    """The beginning of a month."""

    x: float
    middle: float
    """Where its letter is drawn."""
    text: str


@dataclass(frozen=True)
class SceneCalendar:
    """All the tiles' scenes over the period."""

    ticks: list[MonthTick]
    tiles: Mapping[str, list[SceneMark]]
    """Marks by tile, in the order of the tiles' names."""


def scene_calendar(facts: ReportFacts) -> SceneCalendar | None:
    """Place every candidate by date and cloud cover; None where there are no candidates."""
    if not facts.candidates:
        return None
    first, last = _date_range(facts.candidates, facts.period)
    days = (last - first).days + 1
    used = {candidate.scene.id for candidate in facts.used}
    tiles: dict[str, list[SceneMark]] = {
        tile: [] for tile in sorted({candidate.scene.tile for candidate in facts.candidates})
    }
    # Scenes that are not used are drawn first: they lie under those that are.
    for candidate in sorted(facts.candidates, key=lambda candidate: candidate.scene.id in used):
        scene = candidate.scene
        cloud = scene.cloud_percent
        state = "failed" if scene.id in facts.failed_ids else "used" if scene.id in used else "unused"
        cloud_label = "?" if cloud is None else f"{format_number(cloud, 0, facts.language)} %"
        x = CALENDAR_WIDTH * ((scene.sensing_time.date() - first).days + 0.5) / days
        y = CALENDAR_ROW_HEIGHT * (1 - min(max(cloud or 0.0, 0.0), 100.0) / 100)
        tiles[scene.tile].append(
            SceneMark(x, y, state, f"{scene.date} · {cloud_label} · {translate(candidate.reason, facts.language)}")
        )
    return SceneCalendar(_ticks(first, last, facts.language), tiles)


def _date_range(candidates: tuple[Candidate, ...], period: str) -> tuple[date, date]:
    days = [candidate.scene.sensing_time.date() for candidate in candidates]
    first, last = min(days), max(days)
    start_text, _, end_text = period.partition("-")
    if len(start_text) == 4 and start_text.isdigit():
        start_text, end_text = f"{start_text}0101", f"{start_text}1231"
    if len(start_text) == len(end_text) == 8 and (start_text + end_text).isdigit():
        first, last = min(first, _day(start_text)), max(last, _day(end_text))
    return first, last


def _day(text: str) -> date:
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


def _ticks(first: date, last: date, language: str) -> list[MonthTick]:
    initials = translate(_MONTH_INITIALS, language)
    days = (last - first).days + 1
    by_year = days > 3 * 366
    starts: list[date] = [first]
    while (next_start := _next_start(starts[-1], by_year)) <= last:
        starts.append(next_start)
    ticks = []
    for start, end in zip(starts, [*starts[1:], last + timedelta(days=1)]):
        left, right = (CALENDAR_WIDTH * (day - first).days / days for day in (start, end))
        ticks.append(MonthTick(left, (left + right) / 2, str(start.year) if by_year else initials[start.month - 1]))
    return ticks


def _next_start(day: date, by_year: bool) -> date:
    if by_year or day.month == 12:
        return date(day.year + 1, 1, 1)
    return date(day.year, day.month + 1, 1)
