"""Acquisitions: what one satellite pass shows of the region in one tile, whether it lies in one granule or in two."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from shapely import union_all
from shapely.geometry.base import BaseGeometry

from ..core.scene import Scene
from ..geo.mgrs_tiles import scene_footprint
from ..search.duplicates import acquisition_key

DEFAULT_CLEAR_SHARE = 0.5
"""Clear share assumed where neither the pixels nor the catalogue tell the clouds."""

ClearShare = Callable[[Scene], "float | None"]
"""Share (0 to 1) of the region's part seen by a scene that it shows clear, or None where it cannot be told cheaply."""


@dataclass(frozen=True)
class Acquisition:
    """One pass over one tile."""

    scenes: tuple[Scene, ...]
    """One granule, or the complementary parts of a split one."""
    footprint: BaseGeometry
    """The region's part that it covers, in the tile's CRS, metres."""
    clear_probability: float
    """Expected share of `ground` that is seen clear, 0 to 1."""
    clear_shares: tuple[float, ...]
    """For each granule, expected share of the region's part in the tile that it shows clear."""
    measured: bool
    """Whether `clear` was measured over the region, or is the catalogue's figure for the whole tile."""

    @property
    def key(self) -> tuple[str, str]:
        """Time and id of the first granule: the order among equals."""
        return self.scenes[0].sensing_time.isoformat(), self.scenes[0].id

    @property
    def month(self) -> tuple[int, int]:
        """Year and month of sensing."""
        return self.scenes[0].sensing_time.year, self.scenes[0].sensing_time.month


def group_acquisitions(
    scenes: Iterable[Scene], region_part: BaseGeometry, clear_share: ClearShare | None
) -> list[Acquisition]:
    """Join the granules of each pass over one tile; in the order of time.

    Parameters
    ----------
    scenes : scenes of one tile.
    part : the region's part there, in the tile's CRS.
    clear_share : measures a scene's clear share over the region; None goes by the catalogue's cloud percentage.

    """
    passes: dict[tuple[str, str, str], list[Scene]] = {}
    for scene in sorted(scenes, key=lambda scene: (scene.sensing_time, scene.datastrip_start or "", scene.id)):
        passes.setdefault(acquisition_key(scene), []).append(scene)
    return sorted(
        (_build_acquisition(tuple(each), region_part, clear_share) for each in passes.values()),
        key=lambda each: each.key,
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
        tuple(area / region_part.area for area in clear_m2),
        all(share is not None for share in measured_shares),
    )


def _catalogue_clear_share(scene: Scene) -> float:
    return DEFAULT_CLEAR_SHARE if scene.cloud_percent is None else 1 - scene.cloud_percent / 100
