"""Duplicates and split granules: one scene of each acquisition and ground, no half lost.

Archives hold the same granule more than once (reprocessed, or delivered twice), and some granules in two complementary
halves, where one datastrip ends and the next begins. The start of the datastrip tells them apart.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..core.messages import said
from ..core.scene import Scene
from ..geo.mgrs_tiles import footprint_of
from .product_id import baseline_number

SAME_GROUND = 0.5
"""Where no datastrip is told, footprints that share more than this of the smaller one are the same granule."""


def without_duplicates(scenes: Iterable[Scene]) -> tuple[tuple[Scene, ...], tuple[str, ...]]:
    """Keep one scene of every true duplicate and both halves of every split granule.

    Of duplicates the one with the highest processing baseline stays, then the one generated last, then the greater id.
    The order of the input does not matter; the scenes come back in the order tile, time, id. The second value says in
    words which were left out.
    """
    passes: dict[tuple[str, str, str], list[Scene]] = {}
    notes: list[str] = []
    for scene in sorted(scenes, key=_goodness, reverse=True):
        kept_of_pass = passes.setdefault(acquisition_of(scene), [])
        twin = next((each for each in kept_of_pass if _same_granule(each, scene)), None)
        if twin is None:
            kept_of_pass.append(scene)
        elif twin != scene:
            notes.append(
                said(
                    "{scene} of {time} is a duplicate; {twin} is used instead.",
                    scene=scene.id,
                    time=scene.generated or scene.date,
                    twin=twin.id,
                )
            )
    kept = (scene for each in passes.values() for scene in each)
    return tuple(sorted(kept, key=lambda scene: (scene.tile, scene.sensed, scene.id))), tuple(sorted(notes))


def acquisition_of(scene: Scene) -> tuple[str, str, str]:
    """What the two halves of a split granule have in common: tile, platform and datatake."""
    return scene.tile, scene.platform, scene.datatake_start or scene.date


def _goodness(scene: Scene) -> tuple[tuple[int, int], str, str]:
    return baseline_number(scene.baseline), scene.generated, scene.id


def _same_granule(one: Scene, other: Scene) -> bool:
    """Whether two scenes of one pass are the same granule."""
    if one.relative_orbit != other.relative_orbit:
        return False
    if one.datastrip_start is not None and other.datastrip_start is not None:
        return one.datastrip_start == other.datastrip_start
    grounds = [footprint_of(scene) for scene in (one, other)]
    smaller = min(ground.area for ground in grounds)
    return bool(smaller == 0 or grounds[0].intersection(grounds[1]).area > SAME_GROUND * smaller)
