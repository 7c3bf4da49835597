"""Acquisitions: what one satellite pass shows of the region in one tile, whether it lies in one granule or in two."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from shapely import union_all
from shapely.geometry.base import BaseGeometry

from ..core.scene import Scene
from ..geo.mgrs_tiles import footprint_of
from ..search.duplicates import acquisition_of

UNKNOWN_CLEAR = 0.5
"""Clear share assumed where neither the pixels nor the catalogue tell the clouds."""

ClearShare = Callable[[Scene], "float | None"]
"""Share (0 to 1) of the region's part seen by a scene that it shows clear, or None where it cannot be told cheaply."""


@dataclass(frozen=True)
class Acquisition:
    """One pass over one tile."""

    scenes: tuple[Scene, ...]
    """One granule, or the complementary parts of a split one."""
    ground: BaseGeometry
    """The region's part that it covers, in the tile's CRS, metres."""
    clear: float
    """Expected share of `ground` that is seen clear, 0 to 1."""
    clear_shares: tuple[float, ...]
    """For each granule, expected share of the region's part in the tile that it shows clear."""
    measured: bool
    """Whether `clear` was measured over the region, or is the catalogue's figure for the whole tile."""

    @property
    def key(self) -> tuple[str, str]:
        """Time and id of the first granule: the order among equals."""
        return self.scenes[0].sensed.isoformat(), self.scenes[0].id

    @property
    def month(self) -> tuple[int, int]:
        """Year and month of sensing."""
        return self.scenes[0].sensed.year, self.scenes[0].sensed.month


def acquisitions_of(scenes: Iterable[Scene], part: BaseGeometry, clear_share: ClearShare | None) -> list[Acquisition]:
    """Join the granules of each pass over one tile; in the order of time.

    Parameters
    ----------
    scenes : scenes of one tile.
    part : the region's part there, in the tile's CRS.
    clear_share : measures a scene's clear share over the region; None goes by the catalogue's cloud percentage.

    """
    passes: dict[tuple[str, str, str], list[Scene]] = {}
    for scene in sorted(scenes, key=lambda scene: (scene.sensed, scene.datastrip_start or "", scene.id)):
        passes.setdefault(acquisition_of(scene), []).append(scene)
    return sorted((_joined(tuple(each), part, clear_share) for each in passes.values()), key=lambda each: each.key)


def _joined(scenes: tuple[Scene, ...], part: BaseGeometry, clear_share: ClearShare | None) -> Acquisition:
    grounds = [footprint_of(scene).intersection(part) for scene in scenes]
    told = [
        clear_share(scene) if clear_share and ground.area else None
        for scene, ground in zip(scenes, grounds, strict=True)
    ]
    clears = [
        min(max(_clear(scene) if share is None else share, 0.0), 1.0) for scene, share in zip(scenes, told, strict=True)
    ]
    clear_m2 = [clear * ground.area for clear, ground in zip(clears, grounds, strict=True)]
    whole_m2 = sum(ground.area for ground in grounds)
    return Acquisition(
        scenes,
        union_all(grounds),
        sum(clear_m2) / whole_m2 if whole_m2 else 0.0,
        tuple(area / part.area for area in clear_m2),
        all(share is not None for share in told),
    )


def _clear(scene: Scene) -> float:
    return UNKNOWN_CLEAR if scene.cloud_percent is None else 1 - scene.cloud_percent / 100
