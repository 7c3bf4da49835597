"""Halves that are missing: some granules come in two parts, and archives are known to have lost one of them."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median

from ..core.messages import said
from ..core.scene import Scene
from ..geo.mgrs_tiles import TILE_M, footprint_of
from .duplicates import acquisition_of

LEAST_PASSES = 4
"""Fewer passes of an orbit do not tell what it usually covers."""
MISSING_SHARE = 0.1
"""A pass that shows this share of the tile less than usual lacks a part; orbits drift by a hundredth or two."""
_SHOWN = 5


def missing_part_notes(scenes: Iterable[Scene]) -> tuple[str, ...]:
    """Name the passes that show much less of their tile than their orbit usually does.

    What an orbit usually covers is the median of its passes in the list, so a half that is missing from most of them
    is not noticed. `scenes` hold no duplicates; both halves of a split granule count together.
    """
    passes: dict[tuple[str, int | None], dict[tuple[str, str, str], list[Scene]]] = {}
    for scene in scenes:
        of_orbit = passes.setdefault((scene.tile, scene.relative_orbit), {})
        of_orbit.setdefault(acquisition_of(scene), []).append(scene)
    lacking: dict[str, list[str]] = {}
    for (tile, orbit), of_orbit in sorted(passes.items(), key=lambda each: (each[0][0], each[0][1] or 0)):
        shares = {parts[0].date: sum(_shown_share(part) for part in parts) for parts in of_orbit.values()}
        if orbit is None or len(shares) < LEAST_PASSES:
            continue
        usual = median(shares.values())
        lacking.setdefault(tile, []).extend(
            said("{day} shows {share:.0%} of the tile instead of {usual:.0%}", day=day, share=share, usual=usual)
            for day, share in sorted(shares.items())
            if share < usual - MISSING_SHARE
        )
    return tuple(_note(tile, days) for tile, days in lacking.items() if days)


def _shown_share(scene: Scene) -> float:
    """Share of the tile that a scene shows, 0 to 1: the smaller of what the catalogue's footprint and figure say."""
    shown = footprint_of(scene).area / TILE_M**2
    if scene.nodata_percent is not None:
        shown = min(shown, 1 - scene.nodata_percent / 100)
    return min(max(shown, 0.0), 1.0)


def _note(tile: str, days: list[str]) -> str:
    told, *others = sorted(days)[:_SHOWN]
    for day in others:
        told = said("{said}; {day}", said=told, day=day)
    if len(days) > _SHOWN:
        told = said("{said}, and {count} more", said=told, count=len(days) - _SHOWN)
    return said(
        "Tile {tile}: parts of {count} acquisitions seem to be missing from the catalogue ({days}).",
        tile=tile,
        count=len(days),
        days=told,
    )
