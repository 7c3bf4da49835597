"""What guards and the annual decision changed in the tiles of a joined map, added up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

_Facts = Mapping[str, Any]


def guards_of_tiles(composites: Sequence[_Facts]) -> dict[str, dict[str, Any]]:
    """The pixels that each guard changed, over all tiles.

    Parameters
    ----------
    composites : the summary of each tile, as its record holds it.

    Returns
    -------
    By the name of the guard `changed_pixels` and `by_tile`: tiles overlap, and land that two show is counted in each.
    `off` with the reason where it was off in every tile; `elevation_share` as the mean by pixels of the region.

    Examples
    --------
    >>> west = {"pixels": {"1": 3}, "guards": {"slope": {"changed_pixels": 2}}}
    >>> east = {"pixels": {"1": 1}, "guards": {"slope": {"changed_pixels": 5, "elevation_share": 0.5}}}
    >>> guards_of_tiles([west, east])
    {'slope': {'changed_pixels': 7, 'by_tile': True, 'elevation_share': 0.875}}

    """
    found: dict[str, dict[str, Any]] = {}
    for name in dict.fromkeys(name for facts in composites for name in facts.get("guards", {})):
        tiles = [(facts["guards"][name], _region_px(facts)) for facts in composites if name in facts.get("guards", {})]
        on = [(guard, pixels) for guard, pixels in tiles if "off" not in guard]
        if not on:
            found[name] = {"off": tiles[0][0]["off"]}
            continue
        found[name] = {"changed_pixels": sum(guard["changed_pixels"] for guard, _ in on), "by_tile": True}
        if any("elevation_share" in guard for guard, _ in on):
            weights = sum(pixels for _, pixels in on) or 1
            share = sum(guard.get("elevation_share", 1.0) * pixels for guard, pixels in on) / weights
            found[name]["elevation_share"] = round(share, 4)
    return found


def annual_decision_of_tiles(composites: Sequence[_Facts]) -> dict[str, Any]:
    """What the annual decision changed and held back, over all tiles; empty where it was off.

    Parameters
    ----------
    composites : as in `guards_of_tiles`.

    Returns
    -------
    The sums in the layout of a single map, with `by_tile`.

    """
    decisions = [facts["annual_decision"] for facts in composites if facts.get("annual_decision")]
    if not decisions:
        return {}
    pixels: Counter[tuple[int, int]] = Counter()
    area_ha: Counter[tuple[int, int]] = Counter()
    held_back: Counter[str] = Counter()
    for decision in decisions:
        for change in decision["changed"]:
            pixels[change["from"], change["to"]] += change["pixels"]
            area_ha[change["from"], change["to"]] += change["area_ha"]
        held_back.update(decision["held_back_pixels"])
    return {
        "model": decisions[0]["model"],
        "model_hash": decisions[0]["model_hash"],
        "candidate_pixels": sum(decision["candidate_pixels"] for decision in decisions),
        "changed": [
            {"from": before, "to": after, "pixels": count, "area_ha": round(area_ha[before, after], 4)}
            for (before, after), count in sorted(pixels.items())
        ],
        "held_back_pixels": dict(sorted(held_back.items())),
        "by_tile": True,
    }


def _region_px(facts: _Facts) -> int:
    return sum(facts["pixels"].values())
