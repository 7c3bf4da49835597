"""Missing parts of split granules: archives are known to have lost one of the two."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median

from ..core.messages import message
from ..core.mgrs import TILE_M
from ..core.scene import Scene
from ..geo.mgrs_tiles import scene_footprint
from .duplicates import acquisition_key

MIN_PASSES = 4
"""Fewer passes of an orbit are too few to know what it usually covers."""
MISSING_SHARE = 0.1
"""A pass that covers this share of the tile less than usual lacks a part; orbits drift by a hundredth or two."""
_MAX_LISTED = 5


def missing_part_notes(scenes: Iterable[Scene]) -> tuple[str, ...]:
    """List the passes that cover much less of their tile than their orbit usually does.

    What an orbit usually covers is the median of its passes in the list, so a part that is missing from most of them
    is not noticed. Both parts of a split granule count together.

    Parameters
    ----------
    scenes
        Without duplicates.

    Returns
    -------
    tuple of str
        A sentence for each tile with such passes.

    """
    passes: dict[tuple[str, int | None], dict[tuple[str, str, str], list[Scene]]] = {}
    for scene in scenes:
        orbit_passes = passes.setdefault((scene.tile, scene.relative_orbit), {})
        orbit_passes.setdefault(acquisition_key(scene), []).append(scene)
    incomplete: dict[str, list[str]] = {}
    for (tile, orbit), orbit_passes in sorted(passes.items(), key=lambda entry: (entry[0][0], entry[0][1] or 0)):
        shares = {parts[0].date: sum(_valid_share(part) for part in parts) for parts in orbit_passes.values()}
        if orbit is None or len(shares) < MIN_PASSES:
            continue
        usual = median(shares.values())
        incomplete.setdefault(tile, []).extend(
            message("{day} covers {share:.0%} of the tile, usually {usual:.0%}", day=day, share=share, usual=usual)
            for day, share in sorted(shares.items())
            if share < usual - MISSING_SHARE
        )
    return tuple(_missing_note(tile, days) for tile, days in incomplete.items() if days)


def _valid_share(scene: Scene) -> float:
    """Share of the tile with data, 0 to 1: the smaller of the footprint's and of the catalogue's no-data figure."""
    valid_share = scene_footprint(scene).area / TILE_M**2
    if scene.nodata_percent is not None:
        valid_share = min(valid_share, 1 - scene.nodata_percent / 100)
    return min(max(valid_share, 0.0), 1.0)


def _missing_note(tile: str, days: list[str]) -> str:
    text, *others = sorted(days)[:_MAX_LISTED]
    for day in others:
        text = message("{message}; {day}", message=text, day=day)
    if len(days) > _MAX_LISTED:
        text = message("{message}, and {count} more", message=text, count=len(days) - _MAX_LISTED)
    return message(
        "Tile {tile}: acquisitions that seem to lack a granule in the catalogue: {count} ({days}).",
        tile=tile,
        count=len(days),
        days=text,
    )
