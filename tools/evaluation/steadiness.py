"""How steady the classes are: under a shift by one pixel, a mirror, and a swath edge.

The same land is classified twice, and the share of its pixels that change their class is counted. The network answers
alike for shifts by its stride; a shift by one pixel moves the cells of its coarser resolutions over the land.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from allpa_engine.classify.unet import UNet
from training.atmosphere import median_atmosphere
from training.chips import Chip

from .predictions import FloatArray, has_network_data, predict_by_network, product_reflectance

_SHIFTS = ((0, 1), (1, 0), (1, 1))
_CUT_POSITIONS = (0.3, 0.5, 0.7)
NEAR_EDGE_PX, BESIDE_EDGE_PX = 4, 10
"""40 and 100 m."""
MIN_SIDE = 120
"""Chips with shorter sides lie within the network's reach of their own border."""
MAX_SIDE = 256


@dataclass(frozen=True)
class Steadiness:
    """Shares of the pixels that change their class; the mean over chips, each of equal weight."""

    shift: float
    mirror: float
    chips: int


@dataclass(frozen=True)
class EdgeEffect:
    """Share of the pixels beside a swath edge whose class differs from that in the whole chip."""

    within_40_m: float
    within_100_m: float
    chips: int


def one_chip_a_site(chips: list[Chip]) -> list[Chip]:
    """The middle of the first chip of each site that is large enough, as in a short run every site counts once."""
    first: dict[str, Chip] = {}
    for chip in chips:
        if min(chip.digital_numbers.shape[1:]) >= MIN_SIDE:
            first.setdefault(chip.site, chip)
    return [_middle(chip) for chip in first.values()]


def _middle(chip: Chip) -> Chip:
    top, left = (max(0, (extent - MAX_SIDE) // 2) for extent in chip.digital_numbers.shape[1:])
    window = (slice(None), slice(top, top + MAX_SIDE), slice(left, left + MAX_SIDE))
    return replace(chip, digital_numbers=chip.digital_numbers[window], soft=chip.soft[window])


def score_steadiness(network: UNet, chips: list[Chip]) -> Steadiness:
    """Mean change under three shifts by one pixel, and under mirroring left-right and up-down."""
    changes = [chip_changes(network, chip) for chip in one_chip_a_site(chips)]
    if not changes:
        return Steadiness(float("nan"), float("nan"), 0)
    shift, mirror = np.mean(changes, axis=0)
    return Steadiness(float(shift), float(mirror), len(changes))


def chip_changes(network: UNet, chip: Chip) -> tuple[float, float]:
    """Share of the chip's pixels that change under a shift by one pixel and under a mirror."""
    stride, margin = network.architecture.stride, network.architecture.margin
    reflectance, valid = product_reflectance(chip, margin), has_network_data(chip)
    height, width = valid.shape
    rows, columns = (-extent % stride + stride for extent in (height, width))
    padding = ((0, 0), (margin + stride, margin + rows), (margin + stride, margin + columns))
    padded = np.pad(reflectance, padding, mode="symmetric")
    start = margin + stride

    def inner(codes: npt.NDArray[np.int64], y: int = 0, x: int = 0) -> npt.NDArray[np.int64]:
        top, left = start - y, start - x
        return codes[top : top + height, left : left + width][valid]

    def cut(y: int, x: int) -> FloatArray:
        """The padded chip without its first rows and columns, as many taken from the end as keep a multiple."""
        ends = [extent - stride + offset for extent, offset in zip(padded.shape[1:], (y, x))]
        return padded[:, y : ends[0], x : ends[1]]

    whole = inner(_codes(network, cut(0, 0)))
    shifts = [(inner(_codes(network, cut(y, x)), y, x) != whole).mean() for y, x in _SHIFTS]
    mirrors = []
    for axis in (1, 2):
        mirrored = np.flip(_codes(network, np.ascontiguousarray(np.flip(cut(0, 0), axis))), axis - 1)
        mirrors.append((inner(mirrored) != whole).mean())
    return float(np.mean(shifts)), float(np.mean(mirrors))


def _codes(network: UNet, reflectance: FloatArray) -> npt.NDArray[np.int64]:
    with torch.inference_mode():
        chip = torch.from_numpy(np.ascontiguousarray(reflectance[None])).to(memory_format=torch.channels_last)
        codes: npt.NDArray[np.int64] = network(chip)[0].argmax(dim=0).numpy()
    return codes


def score_edges(network: UNet, chips: list[Chip]) -> EdgeEffect:
    """Classes beside a diagonal cut through each chip, at three positions, with the product's filling."""
    near: list[float] = []
    beside: list[float] = []
    used = [_as_l2a(chip) for chip in one_chip_a_site(chips)]
    for chip in used:
        whole, valid = predict_by_network(network, chip).codes, has_network_data(chip)
        for position in _CUT_POSITIONS:
            distance = distance_from_cut(valid.shape[0], valid.shape[1], position)
            cut = replace(chip, digital_numbers=np.where(distance > 0, chip.digital_numbers, 0).astype(np.uint16))
            changed = predict_by_network(network, cut).codes != whole
            for shares, reach in ((near, NEAR_EDGE_PX), (beside, BESIDE_EDGE_PX)):
                inside = valid & (distance > 0) & (distance <= reach)
                if inside.any():
                    shares.append(float(changed[inside].mean()))
    if not near:
        return EdgeEffect(float("nan"), float("nan"), 0)
    return EdgeEffect(float(np.mean(near)), float(np.mean(beside)), len(used))


def distance_from_cut(height: int, width: int, position: float) -> npt.NDArray[np.float32]:
    """`(y, x)` pixels from a steep line, as a swath's edge, that crosses the middle row at this share of the width.

    Negative to the left of it.
    """
    slope = 0.25
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    offset = columns - position * width + slope * (rows - height / 2)
    distance: npt.NDArray[np.float32] = (offset / np.hypot(1, slope)).astype(np.float32)
    return distance


def _as_l2a(chip: Chip) -> Chip:
    """An L1C chip brought to L2A whole, before it is cut: that relation depends on the chip's darkest pixels."""
    if chip.level != "L1C":
        return chip
    l2a = np.rint(median_atmosphere().to_l2a(chip.digital_numbers.astype(np.float32)))
    return replace(chip, level="L2A", digital_numbers=l2a.astype(np.uint16))
