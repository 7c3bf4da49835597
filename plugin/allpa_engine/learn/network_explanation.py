"""What a network's classes depend on, band by band: integrated gradients and occlusion over labelled pixels.

Both start from the network's own scale of reflectance, in which 0 is the mean spectrum of its training, so that 0 says
nothing. *Integrated gradients* (Sundararajan et al. 2017, ICML) share the rise of a class's score from that mean
spectrum to the chip among the bands: the shares add up to the rise. *Occlusion* sets one band to its mean and measures
how far the score falls, and how many pixels lose their class.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..core.errors import TrainingInvalid
from ..core.messages import message

MAX_SIDE_PX = 128
"""Larger chips are cut down to this side around their labels: memory and time grow with it."""

FloatArray = NDArray[np.float32]


@dataclass(frozen=True)
class NetworkExplanation:
    """Effects of bands on classes, over all explained pixels."""

    bands: tuple[str, ...]
    codes: tuple[int, ...]
    """Classes that have labelled pixels, in the order of the rows below."""
    pixels: NDArray[np.int64]
    """`(class,)` labelled pixels that were explained."""
    attributions: NDArray[np.float64]
    """`(class, band)`: share of the band in the rise of the class's logit, mean over its pixels."""
    rises: NDArray[np.float64]
    """`(class,)`: mean rise of the logit from the mean spectrum to the chips; the sum of a row of `attributions`."""
    largest_gap: float
    """Largest difference between the sum of the attributions of a chip and class and its rise, in parts of the rise
    or, where that is below 1, in units of the logit."""
    logit_falls: NDArray[np.float64]
    """`(class, band)`: fall of the class's logit where the band is its mean, mean over the pixels."""
    accuracies: NDArray[np.float64]
    """`(class,)`: share of the pixels that get their label."""
    accuracy_falls: NDArray[np.float64]
    """`(class, band)`: fall of that share where the band is its mean."""

    def table_rows(self, class_names: Iterable[str]) -> list[list[object]]:
        """The table: a row for each class and band, with head."""
        head = (
            "class", "code", "pixels", "band", "attribution_logit", "logit_rise", "occlusion_logit_fall", "accuracy",
            "occlusion_accuracy_fall",
        )  # fmt: skip
        rows: list[list[object]] = [list(head)]
        for number, (code, name) in enumerate(zip(self.codes, class_names, strict=True)):
            for column, band in enumerate(self.bands):
                values = (
                    self.attributions[number, column],
                    self.rises[number],
                    self.logit_falls[number, column],
                    self.accuracies[number],
                    self.accuracy_falls[number, column],
                )
                rows.append([name, code, int(self.pixels[number]), band, *(round(float(value), 5) for value in values)])
        return rows


def explain_network(
    network: nn.Module,
    bands: tuple[str, ...],
    codes: tuple[int, ...],
    chips: Iterable[tuple[FloatArray, NDArray[np.uint8]]],
    *,
    stride: int,
    steps: int = 32,
    progress: Callable[[int], None] | None = None,
) -> NetworkExplanation:
    """Explain a network on labelled chips.

    Parameters
    ----------
    network : has `input`, which brings reflectance to the network's scale, and gives logits; in evaluation mode.
    bands : what it reads, in order.
    codes : class by channel.
    chips : values `(band, y, x)`, NaN without data, and codes `(y, x)`, 0 without label.
    stride : sides of chips are cut to multiples of it.
    steps : points of the path; more bring the sums closer to the rises.
    progress : is called with the number of chips that are done.

    Returns
    -------
    The effects; classes without labelled pixels are missing.

    Raises
    ------
    TrainingInvalid : where no chip has a labelled pixel of the network's classes.

    """
    sums = _Sums(len(codes), len(bands))
    scale, rest = _split(network)
    for number, (values, labels) in enumerate(chips, start=1):
        image, channels = _prepared(values, labels, codes, stride)
        if image is not None:
            with torch.no_grad():
                scaled = scale(torch.from_numpy(image)[None])
            _add_chip(sums, rest, scaled, torch.from_numpy(channels), steps)
        if progress:
            progress(number)
    found = np.flatnonzero(sums.pixels)
    if not len(found):
        raise TrainingInvalid(
            message("No chip has a labelled pixel of the model's classes."),
            "",
            message("Choose training data with chips and with the classes of the model."),
        )
    count = sums.pixels[found]
    return NetworkExplanation(
        bands,
        tuple(codes[channel] for channel in found.tolist()),
        count,
        sums.attributions[found] / count[:, None],
        sums.rises[found] / count,
        sums.largest_gap,
        sums.logit_falls[found] / count[:, None],
        sums.right[found] / count,
        (sums.right[found][:, None] - sums.right_without[found]) / count[:, None],
    )


class _Sums:
    """What is added up over chips, by channel."""

    def __init__(self, classes: int, bands: int) -> None:
        self.pixels = np.zeros(classes, np.int64)
        self.attributions, self.logit_falls = np.zeros((classes, bands)), np.zeros((classes, bands))
        self.rises, self.right, self.right_without = np.zeros(classes), np.zeros(classes), np.zeros((classes, bands))
        self.largest_gap = 0.0


def _split(network: nn.Module) -> tuple[nn.Module, nn.Module]:
    """The input of a network, and a copy of the network that begins behind it."""
    rest = copy.deepcopy(network).eval().requires_grad_(requires_grad=False)
    scale = rest.input
    rest.input = nn.Identity()
    if not isinstance(scale, nn.Module):
        raise TypeError("The network has no input layer of its own.")
    return scale, rest


def _prepared(
    values: FloatArray, labels: NDArray[np.uint8], codes: tuple[int, ...], stride: int
) -> tuple[FloatArray | None, NDArray[np.int64]]:
    """The part of a chip around its labels, as the network reads it; channel of each pixel, -1 without label."""
    has_data = (np.isfinite(values) & (values > 0)).all(axis=0)
    channel = np.full(256, -1, np.int64)
    channel[list(codes)] = np.arange(len(codes))
    channels = np.where(has_data, channel[labels], -1)
    rows, columns = np.nonzero(channels >= 0)
    if not len(rows):
        return None, channels
    sides = [min(length, MAX_SIDE_PX) // stride * stride for length in channels.shape]
    if not all(sides):
        return None, channels
    nearest = int(np.argmin(np.hypot(rows - np.median(rows), columns - np.median(columns))))
    top, left = (
        min(max(int(places[nearest]) - side // 2, 0), length - side)
        for places, side, length in zip((rows, columns), sides, channels.shape, strict=True)
    )
    window = slice(top, top + sides[0]), slice(left, left + sides[1])
    image = np.where(has_data, values, np.float32(0))[:, window[0], window[1]]
    return np.ascontiguousarray(image, np.float32), np.ascontiguousarray(channels[window])


def _add_chip(sums: _Sums, rest: nn.Module, scaled: Tensor, channels: Tensor, steps: int) -> None:
    present = [int(channel) for channel in torch.unique(channels) if channel >= 0]
    with torch.no_grad():
        logits, start = rest(scaled)[0], rest(torch.zeros_like(scaled))[0]
        without = [rest(_occluded(scaled, band))[0] for band in range(scaled.shape[1])]
    attributions = _integrated_gradients(rest, scaled, channels, present, steps)
    best = logits.argmax(dim=0)
    for channel in present:
        mask = channels == channel
        rise = float((logits[channel] - start[channel])[mask].sum())
        pixels = int(mask.sum())
        gap = abs(float(attributions[channel].sum()) - rise) / max(abs(rise), pixels)
        sums.largest_gap = max(sums.largest_gap, gap)
        sums.pixels[channel] += pixels
        sums.attributions[channel] += attributions[channel]
        sums.rises[channel] += rise
        sums.right[channel] += int((best[mask] == channel).sum())
        for band, other in enumerate(without):
            sums.logit_falls[channel, band] += float((logits[channel] - other[channel])[mask].sum())
            sums.right_without[channel, band] += int((other.argmax(dim=0)[mask] == channel).sum())


def _occluded(scaled: Tensor, band: int) -> Tensor:
    other = scaled.clone()
    other[:, band] = 0
    return other


def _integrated_gradients(
    rest: nn.Module, scaled: Tensor, channels: Tensor, present: list[int], steps: int
) -> dict[int, NDArray[np.float64]]:
    """Attributions `(band,)` by channel, summed over the pixels of the class, by Gauss-Legendre quadrature."""
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    total = {channel: torch.zeros_like(scaled, dtype=torch.float64) for channel in present}
    for node, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
        point = (float(node) * scaled).requires_grad_()
        logits = rest(point)[0]
        for place, channel in enumerate(present):
            score = logits[channel][channels == channel].sum()
            (gradient,) = torch.autograd.grad(score, point, retain_graph=place + 1 < len(present))
            total[channel] += float(weight) * gradient.double()
    return {channel: (total[channel] * scaled.double())[0].sum(dim=(1, 2)).numpy() for channel in present}
