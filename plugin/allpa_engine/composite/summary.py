"""What a composite was made of and what it shows, counted while it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray

from ..core.legend import CODES, NO_DATA
from ..core.scene import Prediction
from ..geo.grid import Grid
from .rule import VOTING_CODES, CompositeRule


@dataclass(frozen=True)
class CutBlock:
    """A finished block."""

    layers: NDArray[np.uint8]
    """`(6, y, x)`: landcover and the five quality bands; 0 out of the region."""
    owned: Mapping[int, int]
    """Pixels that each tile gave, by its index; tiles that gave none may be left out."""
    region_px: int
    """Pixels of the region."""


@dataclass(frozen=True)
class CompositeSummary:
    """What a composite was made of and what it shows."""

    crs: str
    """CRS of the map."""
    width: int
    height: int
    pixels: dict[int, int]
    """Pixels in the region per code: 0 no data, 1 to 9 the classes, 10 clouds only."""
    valid_percent: float
    """Share of the region's pixels that have a class of land or water."""
    scene_count: int
    """Scenes whose looks could vote."""
    dates: tuple[str, ...]
    """Days of those scenes, in order."""
    votes: int
    """Clear looks of all pixels (a pixel's count above 255 enters as 255)."""
    mean_looks: float
    """Clear looks per pixel of the region."""
    owners: dict[str, int]
    """Pixels that each tile gave."""
    rule: str
    """Name of the weight table."""

    def as_values(self) -> dict[str, Any]:
        """The summary as JSON values."""
        return asdict(self) | {"pixels": {str(code): count for code, count in self.pixels.items()}}


class Count:
    """Sums over the blocks as they are written."""

    def __init__(self, tiles: Sequence[str]) -> None:
        self._tiles = tiles
        self._owned = dict.fromkeys(range(len(tiles)), 0)
        self._region_px = 0
        self._votes = 0

    def add(self, block: CutBlock) -> None:
        """Take a finished block into the sums."""
        for index, pixels in block.owned.items():
            self._owned[index] += pixels
        self._region_px += block.region_px
        self._votes += int(block.layers[3].sum(dtype=np.int64))

    def summary(
        self, grid: Grid, predictions: Sequence[Prediction], rule: CompositeRule, landcover: Path
    ) -> CompositeSummary:
        """The summary of the finished map in `landcover`."""
        counts = _histogram(landcover)
        pixels = {NO_DATA: self._region_px - sum(counts.values())} | counts
        land = sum(pixels[code] for code in VOTING_CODES)
        region_px = max(self._region_px, 1)
        return CompositeSummary(
            crs=grid.crs,
            width=grid.width,
            height=grid.height,
            pixels=pixels,
            valid_percent=100 * land / region_px,
            scene_count=len(predictions),
            dates=tuple(sorted({each.date for each in predictions})),
            votes=self._votes,
            mean_looks=self._votes / region_px,
            owners=dict(zip(self._tiles, self._owned.values(), strict=True)),
            rule=rule.name,
        )


def _histogram(landcover: Path) -> dict[int, int]:
    """Pixels per class code."""
    counts = dict.fromkeys(CODES, 0)
    with rasterio.open(landcover) as dataset:
        for _, window in dataset.block_windows(1):
            values = dataset.read(1, window=window)
            for code in CODES:
                counts[code] += int(np.count_nonzero(values == code))
    return counts
