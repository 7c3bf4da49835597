"""One owner per output pixel where tiles overlap or zones meet.

Tiles of one orbit show the same acquisition twice in their overlap, so their observations must not be added. Each
pixel takes its votes from one tile: of those with a clear observation there, the one whose centre is nearest; where
no tile has one, the nearest of those that observed clouds. The choice is made pixel by pixel from coordinates alone, so
blocks and the order of the tiles do not matter; equal distances go to the tile whose name comes first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..geo.grid import Grid
from .votes import Decision

NO_OWNER = -1


@dataclass
class MergedBlock:
    """The layers of a block, merged from the tiles that touch it."""

    layers: NDArray[np.uint8]
    """`(6, y, x)`: landcover, confidence, agreement, observations, months, second class."""
    owner: NDArray[np.int16]
    """`(y, x)` index of the tile that owns the pixel; -1 where nothing was seen."""


def squared_distance(block: Grid, centre: tuple[float, float]) -> NDArray[np.float64]:
    """Squared distance of a block's pixel centres from a point.

    Parameters
    ----------
    block : grid of the block.
    centre : x and y of the point in the block's CRS.

    Returns
    -------
    `(y, x)` float64, in squared units of the CRS (square metres).

    """
    x = block.left + (np.arange(block.width) + 0.5) * block.resolution - centre[0]
    y = block.top - (np.arange(block.height) + 0.5) * block.resolution - centre[1]
    out: NDArray[np.float64] = y[:, np.newaxis] ** 2 + x**2
    return out


def merge_tiles(block: Grid, decisions: Sequence[tuple[int, tuple[float, float], Decision]]) -> MergedBlock:
    """Merge the tiles' decisions on a block.

    Parameters
    ----------
    block : the grid of the block.
    decisions : index of the tile (in the order of the tiles' names), its centre in the block's CRS, and its decision on
        all the block's pixels.

    Returns
    -------
    Layers and owner of all the pixels of the block.

    """
    shape = block.height, block.width
    if len(decisions) == 1:
        ((index, _, decision),) = decisions
        owner = np.where(_rank(decision) > 0, np.int16(index), np.int16(NO_OWNER))
        return MergedBlock(decision.layers.reshape(6, *shape), owner.reshape(shape))
    layers = np.zeros((6, *shape), np.uint8)
    owner = np.full(shape, NO_OWNER, np.int16)
    rank = np.zeros(shape, np.uint8)
    nearest = np.full(shape, np.inf)
    for index, centre, decision in decisions:
        tile_rank = _rank(decision).reshape(shape)
        distance = squared_distance(block, centre)
        replaces = (tile_rank > rank) | ((tile_rank == rank) & (tile_rank > 0) & (distance < nearest))
        for target, source in zip(layers, decision.layers, strict=True):
            np.copyto(target, source.reshape(shape), where=replaces)
        owner[replaces] = index
        rank[replaces] = tile_rank[replaces]
        nearest[replaces] = distance[replaces]
    return MergedBlock(layers, owner)


def _rank(decision: Decision) -> NDArray[np.uint8]:
    """2 where the land was seen, 1 where clouds only, 0 where nothing was; `(n,)`."""
    land = (decision.observations > 0).view(np.uint8) << np.uint8(1)
    rank: NDArray[np.uint8] = np.maximum(land, (decision.landcover > 0).view(np.uint8))
    return rank
