"""The choice: per tile the least cloudy scenes of the region, more of them where it is cloudy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from shapely import union_all
from shapely.geometry.base import BaseGeometry

from ..core.errors import NoScenes
from ..core.messages import said
from ..core.scene import Candidate, Scene, Selection
from ..geo.mgrs_tiles import between_tiles, footprint_of, region_near
from ..geo.region import Region
from ..search.duplicates import acquisition_of
from .acquisitions import Acquisition, ClearShare, acquisitions_of
from .expected_observations import ClearLooks, points_inside, sample_points

MONTH_BONUS = 0.25
"""Share by which the gain of an acquisition counts more where its month was not yet seen."""
LEAST_GAIN = 0.01
"""Selection stops when no acquisition would show this share of the region clear where looks are still short."""
LEAST_CLEAR_SHARE = 0.05
"""Acquisitions that show less of the region's part clear are not chosen."""
AMONG_EQUALS = 1e-3
"""Weight of the clear share itself: where no place is short of looks any more, the clearest comes first."""
COVERED_ELSEWHERE = 0.001
"""A tile is left out where less than this share of its part of the region is not seen by the other tiles."""


@dataclass(frozen=True)
class SelectionRule:
    """How many scenes are wanted."""

    max_scenes: int = 20
    """Most acquisitions per tile."""
    clear_looks: int = 5
    """Wanted clear looks per pixel."""


def select_scenes(
    scenes: Sequence[Scene],
    region: Region,
    rule: SelectionRule,
    notes: Iterable[str] = (),
    *,
    clear_share: ClearShare | None = None,
) -> Selection:
    """Choose scenes, and rank those left for replacement; the same input in any order gives the same selection.

    Per tile, the acquisition is added again and again that shows most of the places clear that are still short of
    looks (`MONTH_BONUS` more where its month is new), until nearly every place is expected to have `rule.clear_looks`
    or `rule.max_scenes` are chosen. Both halves of a split granule count as one acquisition and go together.

    Parameters
    ----------
    scenes : from the search; no duplicates.
    region : what must be seen.
    rule : when to stop.
    notes : facts of the search, kept in the selection.
    clear_share : measures a scene's clear share over the region, where that is cheap; None uses cloud percentages.

    Raises
    ------
    NoScenes : where no scene shows the region.

    """
    candidates: list[Candidate] = []
    parts = _parts(scenes, region)
    if not parts:
        raise NoScenes("No scene shows this region.", f"{len(scenes)} scenes were found, none of them covers it.")
    elsewhere = _covered_elsewhere(parts)
    told = list(notes)
    for tile, part in sorted(parts.items()):
        passes = acquisitions_of([scene for scene in scenes if scene.tile == tile], part, clear_share)
        passes = [each for each in passes if each.ground.area > 0]
        candidates += _candidates(passes, part, rule, in_use=tile not in elsewhere)
        if tile in elsewhere:
            told.append(said("Tile {tile} is left out: other tiles show its part of the region.", tile=tile))
    if not any(each.chosen for each in candidates):
        least = f"{LEAST_CLEAR_SHARE:.0%}"
        raise NoScenes(f"All {len(candidates)} scenes are too cloudy: none shows {least} of the region clear.")
    return Selection(tuple(candidates), tuple(told))


def with_more(selection: Selection, tile: str, count: int = 1) -> Selection:
    """The selection with the next `count` acquisitions of a tile chosen as well (fewer where no more are left).

    Those that a person left stay left.
    """
    free = (c for c in selection.candidates if c.scene.tile == tile and not c.chosen and not c.by_hand)
    left = sorted(free, key=lambda c: c.rank)
    passes = list(dict.fromkeys(acquisition_of(c.scene) for c in left if c.clear_share > 0))[:count]
    taken = {c.scene.id for c in left if acquisition_of(c.scene) in passes}
    reason = "chosen because places were still short of clear looks after classification"
    candidates = (
        replace(c, chosen=True, reason=reason) if c.scene.id in taken and c.scene.tile == tile else c
        for c in selection.candidates
    )
    return replace(selection, candidates=tuple(candidates))


def _parts(scenes: Iterable[Scene], region: Region) -> dict[str, BaseGeometry]:
    """The region's part that the scenes of each tile show, in the tile's CRS."""
    grounds: dict[str, list[BaseGeometry]] = {}
    for scene in sorted(scenes, key=lambda scene: scene.id):
        grounds.setdefault(scene.tile, []).append(footprint_of(scene))
    parts = {tile: union_all(found).intersection(region_near(region, tile)) for tile, found in grounds.items()}
    return {tile: part for tile, part in parts.items() if part.area > 0}


def _covered_elsewhere(parts: dict[str, BaseGeometry]) -> set[str]:
    """Tiles whose part of the region the others show as well, smallest part first.

    Overlapping tiles hold the same acquisitions twice; fetching both would count each look twice.
    """
    kept = dict(parts)
    for tile in sorted(parts, key=lambda tile: (round(parts[tile].area), tile)):
        others = [between_tiles(part, name, tile) for name, part in kept.items() if name != tile]
        if others and parts[tile].difference(union_all(others)).area <= COVERED_ELSEWHERE * parts[tile].area:
            del kept[tile]
    return set(parts) - set(kept)


def _in_order_of_choice(
    passes: Sequence[Acquisition], part: BaseGeometry, wanted: int
) -> Iterator[tuple[Acquisition, float, bool]]:
    """Acquisitions by greedy choice, with the share of the region that each still helps and whether its month is new.

    Those that show next to nothing clear come last, the clearest first.
    """
    useful = [each for each in passes if sum(each.clear_shares) >= LEAST_CLEAR_SHARE]
    useless = [each for each in passes if sum(each.clear_shares) < LEAST_CLEAR_SHARE]
    points = sample_points(part)
    seen = np.array([points_inside(each.ground, points) for each in useful]).reshape(len(useful), len(points))
    weights = seen.astype(float)  # a product of matrices is fast for floats alone
    clear = np.array([each.clear for each in useful])
    shown = np.array([sum(each.clear_shares) for each in useful])
    looks = ClearLooks(len(points), wanted)
    months: set[tuple[int, int]] = set()
    waiting = np.ones(len(useful), bool)
    while waiting.any():
        gains = looks.gains(weights, clear)
        new_month = np.array([each.month not in months for each in useful])
        weighed = np.round(gains * (1 + MONTH_BONUS * new_month) + AMONG_EQUALS * shown, 9)
        best = int(np.argmax(np.where(waiting, weighed, -1.0)))
        yield useful[best], float(gains[best]), bool(new_month[best])
        looks.add(seen[best], float(clear[best]))
        months.add(useful[best].month)
        waiting[best] = False
    for acquisition in sorted(useless, key=lambda each: (-sum(each.clear_shares), each.key)):
        yield acquisition, 0.0, False


def _candidates(
    passes: Sequence[Acquisition], part: BaseGeometry, rule: SelectionRule, in_use: bool
) -> Iterator[Candidate]:
    chosen, stopped, rank = 0, False, 0
    for acquisition, gain, new_month in _in_order_of_choice(passes, part, rule.clear_looks):
        stopped = stopped or gain < LEAST_GAIN or chosen >= rule.max_scenes
        take = in_use and not stopped
        chosen += take
        reason = _reason(acquisition, new_month) if take else _reason_left(acquisition, chosen, rule, in_use)
        for scene, share in zip(acquisition.scenes, acquisition.clear_shares, strict=True):
            rank += 1
            yield Candidate(scene, take, reason, share, rank)


def _reason(acquisition: Acquisition, new_month: bool) -> str:
    text = said(
        "chosen: shows {share:.0%} of the region clear ({source})",
        share=sum(acquisition.clear_shares),
        source="measured" if acquisition.measured else "by the tile's cloud percentage",
    )
    if new_month:
        text = said("{said}, the first of {month}", said=text, month=f"{acquisition.scenes[0].sensed:%Y-%m}")
    return said("{said}, in two parts", said=text) if len(acquisition.scenes) > 1 else text


def _reason_left(acquisition: Acquisition, chosen: int, rule: SelectionRule, in_use: bool) -> str:
    share = sum(acquisition.clear_shares)
    if not in_use:
        return "left: other tiles show this part of the region"
    if share < LEAST_CLEAR_SHARE:
        return said("left: shows only {share:.1%} of the region clear", share=share)
    if chosen >= rule.max_scenes:
        return said(
            "left: {count} scenes of this tile are chosen already (shows {share:.0%} clear)",
            count=rule.max_scenes,
            share=share,
        )
    return said("left: enough clear looks without it (shows {share:.0%} clear)", share=share)
