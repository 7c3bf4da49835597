"""The scenes of seasons: a few with little cloud of each one's months, and of the months beside where these lack."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from ..core.errors import NoScenes
from ..core.messages import message
from ..core.scene import Candidate, Scene, Selection
from ..core.season_keys import CLOUD_LIMIT
from ..geo.region import Region
from ..search.duplicates import acquisition_key
from .greedy import SelectionRule, select_scenes


@dataclass(frozen=True)
class SeasonRule:
    """Which scenes make a season."""

    selection: str = CLOUD_LIMIT
    """`cloud_limit` leaves out scenes with more cloud than `max_cloud_percent`; `as_map` does not."""
    max_cloud_percent: float = 20.0
    """Over the region where it was measured there, else over the tile."""
    min_scenes: int = 2
    """With fewer usable acquisitions of a tile, the months before and after the season are used too; 0 never."""
    max_scenes: int = 5
    """Most acquisitions of a tile."""
    clear_observations: int = 5
    """Wanted per pixel; no scene is added beyond."""


@dataclass(frozen=True)
class SeasonScenes:
    """The scenes that make one season."""

    name: str
    months: tuple[int, ...]
    selection: Selection
    """Candidates of the season's months and, of tiles that need them, of the months beside; nothing may be chosen."""
    neighbour_scenes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By tile, ids of the chosen scenes that are of the months beside the season."""
    notes: tuple[str, ...] = ()
    """Tiles with too few scenes of the season."""


ClearShare = Callable[[Scene], "float | None"]


def months_searched(seasons: Iterable[Sequence[int]], min_scenes: int) -> tuple[int, ...]:
    """Months whose scenes seasons may need: their own, and those beside them where these may be used.

    Examples
    --------
    >>> months_searched([(12, 1), (6,)], 2), months_searched([(12, 1)], 0)
    ((1, 2, 5, 6, 7, 11, 12), (1, 12))

    """
    months = {month for season in seasons for month in season}
    if min_scenes:
        months |= {(month - 1 + step) % 12 + 1 for month in set(months) for step in (-1, 1)}
    return tuple(sorted(months))


def choose_season_scenes(
    scenes: Sequence[Scene],
    region: Region,
    season: tuple[str, Sequence[int]],
    period: tuple[str, str],
    rule: SeasonRule,
    clear_share: ClearShare | None = None,
) -> SeasonScenes:
    """Choose the scenes of one season, tile by tile, as `select_scenes` chooses those of a year.

    Where a tile has fewer than `rule.min_scenes` usable acquisitions in the season, the best of the month before and of
    the month after it are added until it has so many. Only months next to one of the season that lies in the period
    count: with January alone, of a period of one year, February may help but December may not.

    Parameters
    ----------
    scenes : from the search, of any months.
    region : the region to map.
    season : its name and its months.
    period : first and last day, ISO 8601.
    rule : which scenes are usable, and how many are taken.
    clear_share : measured clear share of a scene over the region, 0 to 1; None takes the catalogue's cloud.

    Returns
    -------
    The season's candidates with the reason of each, and what to tell of tiles that lack scenes.

    """
    name, months = season
    own_months = {number for number in calendar_months(period) if number % 12 + 1 in months}
    beside = {number + step for number in own_months for step in (-1, 1)} - own_months if rule.min_scenes else set()
    usable = [scene for scene in scenes if _is_usable(scene, rule, clear_share)]
    own = [scene for scene in usable if _month_of(scene) in own_months]
    chosen = _select(own, region, SelectionRule(rule.max_scenes, rule.clear_observations), clear_share)
    own_count = _count_acquisitions(own)
    tiles = sorted({scene.tile for scene in scenes if _month_of(scene) in own_months | beside})
    neighbours: dict[str, tuple[str, ...]] = {}
    candidates = list(chosen.candidates)
    notes: list[str] = [message("{season}: {message}", season=name, message=text) for text in chosen.warnings]
    unused = {c.scene.tile for c in candidates} - {c.scene.tile for c in candidates if c.chosen}
    for tile in tiles:
        count = own_count.get(tile, 0)
        if count >= rule.min_scenes or tile in unused:
            continue
        nearby = [scene for scene in usable if scene.tile == tile and _month_of(scene) in beside]
        added = _select(nearby, region, SelectionRule(rule.min_scenes - count, rule.clear_observations), clear_share)
        candidates += _as_neighbours(added, sum(candidate.scene.tile == tile for candidate in candidates))
        neighbours[tile] = tuple(scene.id for scene in added.chosen)
        notes.append(_shortage_note(name, tile, count, len(_count_keys(added.chosen))))
    return SeasonScenes(
        name,
        tuple(months),
        replace(chosen, candidates=tuple(candidates)),
        {tile: ids for tile, ids in neighbours.items() if ids},
        tuple(notes),
    )


def split_given_scenes(selection: Selection, season: tuple[str, Sequence[int]]) -> SeasonScenes:
    """The scenes of a season among those of a list that a person gave: all that are chosen in its months.

    Parameters
    ----------
    selection : the list.
    season : its name and its months.

    Returns
    -------
    The candidates of these months, as they stand in the list.

    """
    name, months = season
    candidates = tuple(c for c in selection.candidates if c.scene.sensing_time.month in months)
    return SeasonScenes(name, tuple(months), replace(selection, candidates=candidates))


def _shortage_note(name: str, tile: str, own: int, added: int) -> str:
    if not added:
        return message(
            "Usable scenes of season {season} and tile {tile}: {count}, and none in the months beside it.",
            season=name,
            tile=tile,
            count=own,
        )
    return message(
        "Usable scenes of season {season} and tile {tile}: {count}; added from the months beside it: {added}.",
        season=name,
        tile=tile,
        count=own,
        added=added,
    )


def _is_usable(scene: Scene, rule: SeasonRule, clear_share: ClearShare | None) -> bool:
    if rule.selection != CLOUD_LIMIT:
        return True
    clear = clear_share(scene) if clear_share else None
    cloud_percent = scene.cloud_percent if clear is None else 100 * (1 - clear)
    return cloud_percent is not None and cloud_percent <= rule.max_cloud_percent


def _select(scenes: Sequence[Scene], region: Region, rule: SelectionRule, clear_share: ClearShare | None) -> Selection:
    """The selection of some scenes; an empty one where none can be used."""
    try:
        return select_scenes(scenes, region, rule, clear_share=clear_share)
    except NoScenes:
        return Selection(())


def _as_neighbours(selection: Selection, first_rank: int) -> Iterable[Candidate]:
    for candidate in selection.candidates:
        reason = message("{message}, of a month beside the season", message=candidate.reason)
        yield replace(candidate, rank=candidate.rank + first_rank, reason=reason)


def _count_acquisitions(scenes: Iterable[Scene]) -> dict[str, int]:
    found: dict[str, list[Scene]] = {}
    for scene in scenes:
        found.setdefault(scene.tile, []).append(scene)
    return {tile: len(_count_keys(part)) for tile, part in found.items()}


def _count_keys(scenes: Iterable[Scene]) -> set[tuple[str, ...]]:
    return {tuple(acquisition_key(scene)) for scene in scenes}


def _month_of(scene: Scene) -> int:
    return 12 * scene.sensing_time.year + scene.sensing_time.month - 1


def calendar_months(period: tuple[str, str]) -> range:
    """Months from the first to the last day of a period.

    Parameters
    ----------
    period : first and last day, as in `2020-12-31`.

    Returns
    -------
    The months as 12 x year + month - 1.

    Examples
    --------
    >>> [number % 12 + 1 for number in calendar_months(("2020-11-30", "2021-01-01"))]
    [11, 12, 1]

    """
    first, last = (date.fromisoformat(day) for day in period)
    return range(12 * first.year + first.month - 1, 12 * last.year + last.month)
