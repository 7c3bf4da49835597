"""Acquisitions: what one satellite pass covers of the region in one tile, in one granule or in two."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from shapely import union_all
from shapely.geometry.base import BaseGeometry

from ..core.scene import Scene
from ..geo.mgrs_tiles import scene_footprint
from ..search.duplicates import acquisition_key

DEFAULT_CLEAR_SHARE = 0.5
"""Clear share assumed where neither the pixels nor the catalogue give a cloud cover."""

ClearShare = Callable[[Scene], "float | None"]
"""Clear share (0 to 1) of the part of the region that a scene covers; None where it was not measured."""


@dataclass(frozen=True)
class Acquisition:
    """One pass over one tile."""

    scenes: tuple[Scene, ...]
    """One granule, or the complementary parts of a split one."""
    footprint: BaseGeometry
    """The region's part that it covers, in the tile's CRS, metres."""
    clear_probability: float
    """Expected clear share of `footprint`, 0 to 1."""
    clear_shares: tuple[float, ...]
    """Per granule: expected clear area as a share of the region's part in the tile."""
    measured: bool
    """Whether the clear shares were measured over the region; else they are the catalogue's for the whole tile."""

    @property
    def key(self) -> tuple[str, str]:
        """Time and id of the first granule: the order of acquisitions of equal value."""
        return self.scenes[0].sensing_time.isoformat(), self.scenes[0].id

    @property
    def month(self) -> tuple[int, int]:
        """Year and month of sensing."""
        return self.scenes[0].sensing_time.year, self.scenes[0].sensing_time.month


def group_acquisitions(
    scenes: Iterable[Scene], region_part: BaseGeometry, clear_share: ClearShare | None
) -> list[Acquisition]:
    """Join the granules of each pass over one tile, in the order of time.

    Parameters
    ----------
    scenes
        Scenes of one tile.
    region_part
        The region's part there, in the tile's CRS, metres.
    clear_share
        Measured clear share of a scene over the region; None takes the catalogue's cloud percentages.

    """
    passes: dict[tuple[str, str, str], list[Scene]] = {}
    for scene in sorted(scenes, key=lambda scene: (scene.sensing_time, scene.datastrip_start or "", scene.id)):
        passes.setdefault(acquisition_key(scene), []).append(scene)
    return sorted(
        (_build_acquisition(tuple(granules), region_part, clear_share) for granules in passes.values()),
        key=lambda acquisition: acquisition.key,
    )


def _build_acquisition(
    scenes: tuple[Scene, ...], region_part: BaseGeometry, clear_share: ClearShare | None
) -> Acquisition:
    footprints = [scene_footprint(scene).intersection(region_part) for scene in scenes]
    measured_shares = [
        clear_share(scene) if clear_share and footprint.area else None
        for scene, footprint in zip(scenes, footprints, strict=True)
    ]
    clear_probabilities = [
        min(max(_catalogue_clear_share(scene) if share is None else share, 0.0), 1.0)
        for scene, share in zip(scenes, measured_shares, strict=True)
    ]
    clear_m2 = [
        clear_probability * footprint.area
        for clear_probability, footprint in zip(clear_probabilities, footprints, strict=True)
    ]
    total_m2 = sum(footprint.area for footprint in footprints)
    return Acquisition(
        scenes,
        union_all(footprints),
        sum(clear_m2) / total_m2 if total_m2 else 0.0,
        tuple(min(area / region_part.area, 1.0) for area in clear_m2),  # rounding can make the parts larger than all
        all(share is not None for share in measured_shares),
    )


def _catalogue_clear_share(scene: Scene) -> float:
    return DEFAULT_CLEAR_SHARE if scene.cloud_percent is None else 1 - scene.cloud_percent / 100
