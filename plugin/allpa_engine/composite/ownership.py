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
    return merge_layers(
        block,
        [
            (index, centre, decision.layers.reshape(-1, *shape), _rank(decision).reshape(shape))
            for index, centre, decision in decisions
        ],
        layer_count=6,
    )


def merge_layers(
    block: Grid,
    tiles: Sequence[tuple[int, tuple[float, float], NDArray[np.uint8], NDArray[np.uint8]]],
    layer_count: int,
) -> MergedBlock:
    """Take each pixel's layers from the tile that owns it.

    Parameters
    ----------
    block : the grid of the block.
    tiles : index of the tile (in the order of the tiles' names), its centre in the block's CRS, its layers
        `(layer, y, x)`, and `(y, x)` what it saw of the pixel: 2 land, 1 clouds only, 0 nothing.
    layer_count : number of the layers.

    Returns
    -------
    Layers and owner of all the pixels of the block; 0 and -1 where no tile saw anything.

    """
    shape = block.height, block.width
    layers = np.zeros((layer_count, *shape), np.uint8)
    owner = np.full(shape, NO_OWNER, np.int16)
    rank = np.zeros(shape, np.uint8)
    nearest = np.full(shape, np.inf)
    for index, centre, tile_layers, tile_rank in tiles:
        distance = squared_distance(block, centre)
        replaces = (tile_rank > rank) | ((tile_rank == rank) & (tile_rank > 0) & (distance < nearest))
        for target, source in zip(layers, tile_layers, strict=True):
            np.copyto(target, source, where=replaces)
        owner[replaces] = index
        rank[replaces] = tile_rank[replaces]
        nearest[replaces] = distance[replaces]
    return MergedBlock(layers, owner)


def seen_rank(landcover: NDArray[np.uint8], observations: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """2 where the land was seen, 1 where clouds only, 0 where nothing was; of the same shape."""
    land = (observations > 0).view(np.uint8) << np.uint8(1)
    rank: NDArray[np.uint8] = np.maximum(land, (landcover > 0).view(np.uint8))
    return rank


def _rank(decision: Decision) -> NDArray[np.uint8]:
    return seen_rank(decision.landcover, decision.observations)
