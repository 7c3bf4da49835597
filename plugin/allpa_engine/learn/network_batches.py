"""Batches to train a network: crops around labelled pixels, turned, mirrored and lit differently.

A batch depends on the seed and the number of its step alone, so that a stopped training goes on as if it had not
stopped.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .network_chips import IGNORED, ChipFolder, FloatArray, LabelledChip

BRIGHTNESS_DEVIATION, BAND_DEVIATION = 0.08, 0.03
"""Standard deviations of the logarithm of the factors on all bands together, and on each by itself."""
OFFSET_DEVIATION = 0.004
"""Standard deviation of a reflectance added to all bands: haze that the atmospheric correction left."""
CLEAR_MINIMUM = 1e-4
"""Reflectance that a pixel with data keeps at least, since 0 means no data."""


@dataclass(frozen=True)
class Batch:
    """Crops and their classes."""

    values: FloatArray
    """`(n, band, y, x)` reflectance; 0 in all bands = no data."""
    channels: NDArray[np.uint8]
    """`(n, y, x)` channel of the class, `IGNORED` where there is none."""


class BatchSource:
    """Draws batches from chips.

    Parameters
    ----------
    chips : of the training folder.
    chosen : positions of the chips to draw from.
    crop_px : side of a crop, a multiple of the network's stride.
    batch_size : crops of a batch.
    seed : decides all draws.
    augmentation : whether crops are lit differently; they are always turned and mirrored.

    """

    def __init__(
        self,
        chips: ChipFolder,
        chosen: NDArray[np.intp],
        *,
        crop_px: int,
        batch_size: int,
        seed: int,
        augmentation: bool = True,
    ) -> None:
        self._chips, self._chosen = chips, chosen
        self._crop_px, self._batch_size, self._seed, self._augmentation = crop_px, batch_size, seed, augmentation
        counts = chips.counts[chosen].astype(np.float64)
        self.share: NDArray[np.float64] = counts.sum(axis=0) / counts.sum()
        """`(class,)` share of the labelled pixels."""
        self._class_odds = np.sqrt(self.share) / np.sqrt(self.share).sum()
        totals = np.maximum(counts.sum(axis=0), 1)
        self._chip_odds = counts / totals

    def batch(self, step: int) -> Batch:
        """The batch of a step.

        Classes are drawn by the square root of their share, then one of their pixels anywhere; the crop lies around it.

        Parameters
        ----------
        step : from 0.

        Returns
        -------
        Arrays of `batch_size` crops.

        """
        rng = np.random.default_rng((self._seed, step))
        crops = [self._crop(rng) for _ in range(self._batch_size)]
        return Batch(np.stack([values for values, _ in crops]), np.stack([channels for _, channels in crops]))

    def _crop(self, rng: np.random.Generator) -> tuple[FloatArray, NDArray[np.uint8]]:
        channel = int(rng.choice(len(self.share), p=self._class_odds))
        odds = self._chip_odds[:, channel]
        chip = self._chips.read(int(self._chosen[rng.choice(len(odds), p=odds / odds.sum())]))
        places = np.flatnonzero(chip.channels == channel)
        if not len(places):  # all of them lie where the image has no data
            places = np.arange(chip.channels.size)
        row, column = np.unravel_index(int(rng.choice(places)), chip.channels.shape)
        offsets = rng.integers(0, self._crop_px, 2)
        values, channels = cut_crop(chip, int(row) - int(offsets[0]), int(column) - int(offsets[1]), self._crop_px)
        turn, is_mirrored = int(rng.integers(4)), bool(rng.integers(2))
        values, channels = np.rot90(values, turn, (1, 2)), np.rot90(channels, turn)
        if is_mirrored:
            values, channels = values[:, :, ::-1], channels[:, ::-1]
        if self._augmentation:
            values = _relight(values, rng)
        return np.ascontiguousarray(values, np.float32), np.ascontiguousarray(channels)


def cut_crop(chip: LabelledChip, top: int, left: int, side: int) -> tuple[FloatArray, NDArray[np.uint8]]:
    """Cut a square out of a chip, moved inside where it fits; beyond a smaller chip lies its mirror image.

    Parameters
    ----------
    chip : of any size.
    top, left : wanted first row and column.
    side : of the square, pixels.

    Returns
    -------
    Values `(band, y, x)` and channels `(y, x)`; mirrored pixels have no label.

    """
    height, width = chip.channels.shape
    rows, is_row = _span(top, side, height)
    columns, is_column = _span(left, side, width)
    values = chip.values[:, rows[:, None], columns[None, :]]
    channels = np.where(is_row[:, None] & is_column[None, :], chip.channels[rows[:, None], columns[None, :]], IGNORED)
    return values, channels.astype(np.uint8)


def _span(start: int, side: int, length: int) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Indices of one axis, folded at the borders, and which of them are inside."""
    start = min(max(start, min(0, length - side)), max(0, length - side))
    index = np.arange(start, start + side)
    inside = (index >= 0) & (index < length)
    if length == 1:
        return np.zeros_like(index), inside
    period = 2 * (length - 1)
    folded = np.abs(index) % period
    return np.where(folded < length, folded, period - folded), inside


def _relight(values: FloatArray, rng: np.random.Generator) -> FloatArray:
    """The crop under another light: a factor on all bands, one on each, and some haze."""
    bands = len(values)
    factor = np.exp(rng.normal(0, BRIGHTNESS_DEVIATION) + rng.normal(0, BAND_DEVIATION, bands)).astype(np.float32)
    haze = np.float32(rng.normal(0, OFFSET_DEVIATION))
    lit = values * factor[:, None, None] + haze
    relit: FloatArray = np.where((values > 0).any(axis=0), np.maximum(lit, CLEAR_MINIMUM), 0).astype(np.float32)
    return relit
