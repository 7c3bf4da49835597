"""Duplicates and split granules: one scene for each granule of an acquisition.

Archives hold the same granule more than once (reprocessed, or delivered twice), and some granules in two parts, where
one datastrip ends and the next begins. The parts differ in the start of their datastrip.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..core.messages import message
from ..core.scene import Scene
from ..geo.mgrs_tiles import scene_footprint
from .product_id import baseline_number

MIN_OVERLAP_SHARE = 0.5
"""Without datastrip times, footprints that share more than this of the smaller one are the same granule."""


def drop_duplicates(scenes: Iterable[Scene]) -> tuple[tuple[Scene, ...], tuple[str, ...]]:
    """Remove duplicates, but not the second part of a split granule.

    Of duplicates the one with the highest processing baseline remains, then the one generated last, then the one with
    the greater id. The order of the input does not matter.

    Returns
    -------
    scenes : tuple of Scene
        In the order tile, sensing time, id.
    notes : tuple of str
        A sentence for each scene that was removed.

    """
    passes: dict[tuple[str, str, str], list[Scene]] = {}
    notes: list[str] = []
    for scene in sorted(scenes, key=_version_key, reverse=True):
        pass_scenes = passes.setdefault(acquisition_key(scene), [])
        used = next((other for other in pass_scenes if _is_same_granule(other, scene)), None)
        if used is None:
            pass_scenes.append(scene)
        elif used != scene:
            notes.append(
                message(
                    "{scene} is another product of the same acquisition; {used} is used instead.",
                    scene=scene.id,
                    used=used.id,
                )
            )
    unique_scenes = (scene for pass_scenes in passes.values() for scene in pass_scenes)
    return tuple(sorted(unique_scenes, key=lambda scene: (scene.tile, scene.sensing_time, scene.id))), tuple(
        sorted(notes)
    )


def acquisition_key(scene: Scene) -> tuple[str, str, str]:
    """Tile, platform and datatake: equal for all granules of one acquisition of a tile."""
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
