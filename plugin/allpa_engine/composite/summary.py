"""Sources and pixel counts of a composite, counted while it is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray

from ..core.legend import NO_DATA
from ..geo.grid import Grid
from ..geo.pixel_area import percent_of
from .annual_decision import DecisionCounts
from .decision_model import DecisionModel
from .rule import CompositeRule


@dataclass(frozen=True)
class ClippedBlock:
    """A finished block."""

    layers: NDArray[np.uint8]
    """`(6, y, x)`: landcover and the five quality bands; 0 out of the region."""
    tile_pixels: Mapping[int, int]
    """Pixels taken from each tile, by its index; tiles without any may be left out."""
    region_px: int
    """Pixels of the region."""
    plain: NDArray[np.uint8]
    """`(y, x)` the landcover by the votes alone; the same where no decision follows them."""
    decision: DecisionCounts
    """What the annual decision changed."""
    guarded_px: Mapping[str, int] = field(default_factory=dict)
    """Pixels whose class each guard changed."""


@dataclass(frozen=True)
class CompositeSummary:
    """Sources and pixel counts of a composite."""

    crs: str
    """CRS of the map."""
    width: int
    height: int
    pixels: dict[int, int]
    """Pixels in the region per code: 0 no data, then the classes of the legend, that of clouds for clouds only."""
    valid_pixel_percent: float
    """Share of the region's pixels that have a class of land or water."""
    scene_count: int
    """Scenes whose observations could vote."""
    dates: tuple[str, ...]
    """Days of those scenes, in order."""
    observation_count: int
    """Clear observations of all pixels (a pixel's count above 255 enters as 255)."""
    mean_observations: float
    """Clear observations per pixel of the region."""
    tile_pixels: dict[str, int]
    """Pixels taken from each tile."""
    rule: str
    """Name of the weight table."""
    guards: dict[str, dict[str, Any]]
    """By the name of each guard that was on: `changed_pixels`, how many pixels have another class by it."""
    annual_decision: dict[str, Any]
    """What the annual decision changed and held back, before smoothing; empty where it was off."""

    def to_dict(self) -> dict[str, Any]:
        """The summary as JSON values."""
        return asdict(self) | {"pixels": {str(code): count for code, count in self.pixels.items()}}


class CompositeCounter:
    """Sums over the blocks as they are written."""

    def __init__(self, tiles: Sequence[str]) -> None:
        self._tiles = tiles
        self._tile_pixels = dict.fromkeys(range(len(tiles)), 0)
        self._region_px = 0
        self._observation_count = 0
        self._guarded_px: Counter[str] = Counter()
        self._decision = DecisionCounts()

    def add(self, block: ClippedBlock) -> None:
        """Take a finished block into the sums."""
        for index, pixels in block.tile_pixels.items():
            self._tile_pixels[index] += pixels
        self._region_px += block.region_px
        self._guarded_px.update(block.guarded_px)
        self._decision.add(block.decision)
        self._observation_count += int(block.layers[3].sum(dtype=np.int64))

    def summary(
        self,
        grid: Grid,
        days: Sequence[str],
        rule: CompositeRule,
        landcover: Path,
        decision: DecisionModel | None = None,
    ) -> CompositeSummary:
        """The summary of the finished map, once all its blocks were added.

        Parameters
        ----------
        grid : of the map.
        days : day of each scene whose observations could vote.
        rule : gives the name of the weight table.
        landcover : path of the map; its pixels are counted by code.
        decision : the model of the annual decision; None where it was off.

        Returns
        -------
        Counts in pixels, the share of valid pixels in percent of the region.

        """
        counts = _histogram(landcover, rule.legend.codes)
        pixels = {NO_DATA: self._region_px - sum(counts.values())} | counts
        land = sum(pixels[code] for code in rule.legend.land_codes)
        region_px = max(self._region_px, 1)
        return CompositeSummary(
            crs=grid.crs,
            width=grid.width,
            height=grid.height,
            pixels=pixels,
            valid_pixel_percent=percent_of(land, self._region_px),
            scene_count=len(days),
            dates=tuple(sorted(set(days))),
            observation_count=self._observation_count,
            mean_observations=self._observation_count / region_px,
            tile_pixels=dict(zip(self._tiles, self._tile_pixels.values(), strict=True)),
            rule=rule.name,
            guards={name: {"changed_pixels": self._guarded_px[name]} for name in rule.guards},
            annual_decision={} if decision is None else self._decision.to_dict(decision, grid),
        )


def _histogram(landcover: Path, codes: Sequence[int]) -> dict[int, int]:
    """Pixels per class code."""
    counts = dict.fromkeys(codes, 0)
    with rasterio.open(landcover) as dataset:
        for _, window in dataset.block_windows(1):
            values = dataset.read(1, window=window)
            for code in codes:
                counts[code] += int(np.count_nonzero(values == code))
    return counts
