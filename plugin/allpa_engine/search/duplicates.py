"""Duplicates and split granules: one scene of each acquisition and ground, no half lost.

Archives hold the same granule more than once (reprocessed, or delivered twice), and some granules in two complementary
halves, where one datastrip ends and the next begins. The start of the datastrip tells them apart.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..core.messages import message
from ..core.scene import Scene
from ..geo.mgrs_tiles import scene_footprint
from .product_id import baseline_number

MIN_OVERLAP_SHARE = 0.5
"""Where no datastrip is told, footprints that share more than this of the smaller one are the same granule."""


def drop_duplicates(scenes: Iterable[Scene]) -> tuple[tuple[Scene, ...], tuple[str, ...]]:
    """Keep one scene of every true duplicate and both halves of every split granule.

    Of duplicates the one with the highest processing baseline stays, then the one generated last, then the greater id.
    The order of the input does not matter; the scenes come back in the order tile, time, id. The second value says in
    words which were left out.
    """
    passes: dict[tuple[str, str, str], list[Scene]] = {}
    notes: list[str] = []
    for scene in sorted(scenes, key=_version_key, reverse=True):
        pass_scenes = passes.setdefault(acquisition_key(scene), [])
        twin = next((each for each in pass_scenes if _is_same_granule(each, scene)), None)
        if twin is None:
            pass_scenes.append(scene)
        elif twin != scene:
            notes.append(
                message(
                    "{scene} of {time} is a duplicate; {twin} is used instead.",
                    scene=scene.id,
                    time=scene.generation_time or scene.date,
                    twin=twin.id,
                )
            )
    unique_scenes = (scene for each in passes.values() for scene in each)
    return tuple(sorted(unique_scenes, key=lambda scene: (scene.tile, scene.sensing_time, scene.id))), tuple(
        sorted(notes)
    )


def acquisition_key(scene: Scene) -> tuple[str, str, str]:
    """What the two halves of a split granule have in common: tile, platform and datatake."""
    return scene.tile, scene.platform, scene.datatake_start or scene.date


def _version_key(scene: Scene) -> tuple[tuple[int, int], str, str]:
    return baseline_number(scene.baseline), scene.generation_time, scene.id


def _is_same_granule(one: Scene, other: Scene) -> bool:
    """Whether two scenes of one pass are the same granule."""
    if one.relative_orbit != other.relative_orbit:
        return False
    if one.datastrip_start is not None and other.datastrip_start is not None:
        return one.datastrip_start == other.datastrip_start
    footprints = [scene_footprint(scene) for scene in (one, other)]
    smaller = min(footprint.area for footprint in footprints)
    return bool(smaller == 0 or footprints[0].intersection(footprints[1]).area > MIN_OVERLAP_SHARE * smaller)
