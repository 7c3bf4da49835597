"""Greedy selection: per tile the least cloudy scenes of the region, more of them where it is cloudy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from shapely import union_all
from shapely.geometry.base import BaseGeometry

from ..core.errors import NoScenes
from ..core.messages import message
from ..core.scene import Candidate, Scene, Selection
from ..geo.mgrs_tiles import region_in_tile_crs, reproject_between_tiles, scene_footprint
from ..geo.region import Region
from ..search.duplicates import acquisition_key
from .acquisitions import Acquisition, ClearShare, group_acquisitions
from .expected_observations import ExpectedObservations, points_inside, sample_points
from .region_coverage import measure_region_coverage

MONTH_BONUS = 0.25
"""Relative bonus on the gain of an acquisition in a month without a selected one."""
MIN_GAIN = 0.01
"""Selection stops when no acquisition adds a needed clear observation to this share of the region."""
MIN_CLEAR_SHARE = 0.05
"""Acquisitions with less of the region's part clear are not selected."""
TIE_BREAK_WEIGHT = 1e-3
"""Weight of the clear share itself, so that among acquisitions of equal gain the clearest comes first."""
MAX_UNCOVERED_SHARE = 0.001
"""A tile is not used where the other tiles cover all but this share of its part of the region."""


@dataclass(frozen=True)
class SelectionRule:
    """How many scenes are selected."""

    max_scenes: int = 20
    """Maximum of acquisitions per tile."""
    clear_observations: int = 5
    """Wanted clear observations per pixel."""


def select_scenes(
    scenes: Sequence[Scene],
    region: Region,
    rule: SelectionRule,
    notes: Iterable[str] = (),
    *,
    clear_share: ClearShare | None = None,
) -> Selection:
    """Select scenes and rank the others as replacements; the order of the input does not matter.

    Per tile, the acquisition with the largest gain is added repeatedly: the share of the region that still lacks clear
    observations and that it is expected to show clear (`MONTH_BONUS` more in a month without a selected acquisition).
    It ends when nearly all points are expected to have `rule.clear_observations`, or `rule.max_scenes` are selected.
    Both parts of a split granule count as one acquisition.

    Parameters
    ----------
    scenes
        From the search, without duplicates.
    region
        The region to map.
    rule
        When to stop.
    notes
        Notes of the search, which the selection passes on before its own.
    clear_share
        Measured clear share of a scene over the region; None takes the catalogue's cloud percentages.

    Returns
    -------
    Selection
        All scenes that cover a part of the region, ranked within their tile, with the reason for each.

    Raises
    ------
    NoScenes
        Where no scene covers the region, or all are too cloudy.

    """
    candidates: list[Candidate] = []
    region_parts = _region_parts(scenes, region)
    if not region_parts:
        raise NoScenes(
            message("No scene covers this region."),
            message("{count} scenes were found, none of them covers it.", count=len(scenes)),
        )
    redundant_tiles = _redundant_tiles(region_parts)
    all_notes = list(notes)
    for tile, region_part in sorted(region_parts.items()):
        passes = group_acquisitions([scene for scene in scenes if scene.tile == tile], region_part, clear_share)
        passes = [acquisition for acquisition in passes if acquisition.footprint.area > 0]
        candidates += _candidates(passes, region_part, rule, is_used=tile not in redundant_tiles)
        if tile in redundant_tiles:
            all_notes.append(message("Tile {tile} is not used: other tiles cover its part of the region.", tile=tile))
    if not any(candidate.chosen for candidate in candidates):
        raise NoScenes(
            message(
                "All {count} scenes are too cloudy: in none is {share:.0%} of the region clear.",
                count=len(candidates),
                share=MIN_CLEAR_SHARE,
            )
        )
    selection = Selection(tuple(candidates), tuple(all_notes))
    coverage = measure_region_coverage(selection.chosen, region)
    return replace(
        selection,
        notes=(*coverage.warnings, *selection.notes, *coverage.notes),
        warnings=coverage.warnings,
        covered_share=coverage.share,
        gap=coverage.gap,
    )


def choose_next_acquisitions(selection: Selection, tile: str, count: int = 1) -> Selection:
    """Select further acquisitions of a tile, in the order of their rank.

    Parameters
    ----------
    selection
        From `select_scenes`; scenes that a person deselected are never added.
    tile
        Name of the tile.
    count
        Number of acquisitions to add; fewer are added where there are no more.

    Returns
    -------
    Selection
        Equal to the given one where none was added.

    """
    unchosen = (c for c in selection.candidates if c.scene.tile == tile and not c.chosen and not c.by_hand)
    ranked = sorted(unchosen, key=lambda c: c.rank)
    passes = list(dict.fromkeys(acquisition_key(c.scene) for c in ranked if c.clear_share > 0))[:count]
    added_ids = {c.scene.id for c in ranked if acquisition_key(c.scene) in passes}
    reason = "selected: after classification, some pixels still had too few clear observations"
    candidates = (
        replace(c, chosen=True, reason=reason) if c.scene.id in added_ids and c.scene.tile == tile else c
        for c in selection.candidates
    )
    return replace(selection, candidates=tuple(candidates))


def _region_parts(scenes: Iterable[Scene], region: Region) -> dict[str, BaseGeometry]:
    """The part of the region that the scenes of each tile cover, in the tile's CRS."""
    footprints: dict[str, list[BaseGeometry]] = {}
    for scene in sorted(scenes, key=lambda scene: scene.id):
        footprints.setdefault(scene.tile, []).append(scene_footprint(scene))
    region_parts = {
        tile: union_all(found).intersection(region_in_tile_crs(region, tile)) for tile, found in footprints.items()
    }
    return {tile: region_part for tile, region_part in region_parts.items() if region_part.area > 0}


def _redundant_tiles(region_parts: dict[str, BaseGeometry]) -> set[str]:
    """Tiles whose part of the region the other tiles cover as well; tiles with the smallest part go first.

    Overlapping tiles contain the same acquisitions; using both would count each observation twice.
    """
    remaining_parts = dict(region_parts)
    for tile in sorted(region_parts, key=lambda tile: (round(region_parts[tile].area), tile)):
        others = [
            reproject_between_tiles(region_part, name, tile)
            for name, region_part in remaining_parts.items()
            if name != tile
        ]
        if (
            others
            and region_parts[tile].difference(union_all(others)).area <= MAX_UNCOVERED_SHARE * region_parts[tile].area
        ):
            del remaining_parts[tile]
    return set(region_parts) - set(remaining_parts)


def _rank_greedily(
    passes: Sequence[Acquisition], region_part: BaseGeometry, target_count: int
) -> Iterator[tuple[Acquisition, float, bool]]:
    """Acquisitions in the order of selection, each with its gain and whether its month is new.

    Those with next to nothing clear come last, the clearest first.
    """
    usable = [acquisition for acquisition in passes if sum(acquisition.clear_shares) >= MIN_CLEAR_SHARE]
    too_cloudy = [acquisition for acquisition in passes if sum(acquisition.clear_shares) < MIN_CLEAR_SHARE]
    points = sample_points(region_part)
    covered = np.array([points_inside(acquisition.footprint, points) for acquisition in usable]).reshape(
        len(usable), len(points)
    )
    weights = covered.astype(float)  # matrix products are fast for floats only
    clear_probability = np.array([acquisition.clear_probability for acquisition in usable])
    clear_area_shares = np.array([sum(acquisition.clear_shares) for acquisition in usable])
    observations = ExpectedObservations(len(points), target_count)
    months: set[tuple[int, int]] = set()
    remaining = np.ones(len(usable), bool)
    while remaining.any():
        gains = observations.gains(weights, clear_probability)
        new_month = np.array([acquisition.month not in months for acquisition in usable])
        weighted_gains = np.round(gains * (1 + MONTH_BONUS * new_month) + TIE_BREAK_WEIGHT * clear_area_shares, 9)
        best = int(np.argmax(np.where(remaining, weighted_gains, -1.0)))
        yield usable[best], float(gains[best]), bool(new_month[best])
        observations.add(covered[best], float(clear_probability[best]))
        months.add(usable[best].month)
        remaining[best] = False
    for acquisition in sorted(too_cloudy, key=lambda candidate: (-sum(candidate.clear_shares), candidate.key)):
        yield acquisition, 0.0, False


def _candidates(
    passes: Sequence[Acquisition], region_part: BaseGeometry, rule: SelectionRule, is_used: bool
) -> Iterator[Candidate]:
    chosen, stopped, rank = 0, False, 0
    for acquisition, gain, new_month in _rank_greedily(passes, region_part, rule.clear_observations):
        stopped = stopped or gain < MIN_GAIN or chosen >= rule.max_scenes
        is_chosen = is_used and not stopped
        chosen += is_chosen
        reason = (
            _reason(acquisition, new_month) if is_chosen else _reason_not_chosen(acquisition, chosen, rule, is_used)
        )
        for scene, share in zip(acquisition.scenes, acquisition.clear_shares, strict=True):
            rank += 1
            yield Candidate(scene, is_chosen, reason, share, rank)


def _reason(acquisition: Acquisition, new_month: bool) -> str:
    text = message(
        "selected: {share:.0%} of the region is clear ({source})",
        share=sum(acquisition.clear_shares),
        source="measured over the region" if acquisition.measured else "estimated from the tile's cloud cover",
    )
    if new_month:
        text = message(
            "{message}, first acquisition of {month}",
            message=text,
            month=f"{acquisition.scenes[0].sensing_time:%Y-%m}",
        )
    return message("{message}, split granule (two parts)", message=text) if len(acquisition.scenes) > 1 else text


def _reason_not_chosen(acquisition: Acquisition, chosen: int, rule: SelectionRule, is_used: bool) -> str:
    share = sum(acquisition.clear_shares)
    if not is_used:
        return "not selected: other tiles cover this part of the region"
    if share < MIN_CLEAR_SHARE:
        return message("not selected: only {share:.1%} of the region is clear", share=share)
    if chosen >= rule.max_scenes:
        return message(
            "not selected: the maximum of {count} scenes for this tile is reached ({share:.0%} clear)",
            count=rule.max_scenes,
            share=share,
        )
    return message("not selected: enough clear observations without it ({share:.0%} of the region clear)", share=share)
