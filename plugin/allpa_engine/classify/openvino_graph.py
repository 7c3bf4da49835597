"""The UNet as a graph of OpenVINO, built from its weights alone: PyTorch is not needed.

Around the network stand what else belongs to a chip: stored numbers are scaled at the input, and softmax, the two most
probable classes and the confidence are computed where the logits are.

Two things save work and change nothing but the rounding: a convolution of what was upsampled by nearest neighbours is
computed before the upsampling, and on the way up only what the core of a chip needs is computed.

With ranges of activations the graph says where numbers are rounded to eight bits: OpenVINO turns such convolutions into
those of whole numbers. The first convolution, which reads the bands, and the last stay in single precision: they take
little of the time and would cause four tenths of the classes that differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .architecture import LOG_GAIN
from .chip_classes import CONFIDENCE_SCALE
from .network_weights import NetworkWeights
from .quiet_openvino import openvino, ops

_BATCH_NORM_EPSILON = 1e-5
"""PyTorch's default, with which the networks were trained."""
_ABSENT_LOGIT = -1e9
"""Of classes of the legend that the network does not know: their probability is 0."""
_MAX_REFLECTANCE = 2.0
_TO_THE_END = np.iinfo(np.int32).max
_ACTIVATION_LEVELS, _KERNEL_LEVELS = 256, 255
_SMALLEST_KERNEL = 1e-9
"""So that a channel whose weights are all 0 has steps too."""

_UPSAMPLED_TAPS = np.array([[0, 0, 1], [0, 1, 1], [1, 1, 0], [1, 0, 0]], np.float64)
"""Taps of a transposed convolution of stride 2 by those of a convolution behind a doubling by nearest neighbours."""

Node = Any
Array = NDArray[np.float32]
Margins = tuple[int, int]
"""Pixels before and after the core on both axes."""
Ranges = Mapping[str, float]
"""Highest activation behind each block, by `Architecture.block_names`."""


def features_model(weights: NetworkWeights, scales: tuple[float, ...] | None) -> openvino.Model:
    """What the first convolution reads.

    Parameters
    ----------
    weights : of the network.
    scales : stored numbers per unit of each band; None for an input of reflectance instead of stored numbers.

    Returns
    -------
    `(n, band, y, x)` uint16 numbers, or float32 reflectance -> the same shape, float32: centred logarithms, 0 where a
    pixel has no data.

    """
    count = len(weights.features)
    stored = ops.parameter([-1, count, -1, -1], np.float32 if scales is None else np.uint16)
    return openvino.Model([_features(weights, stored, scales)], [stored])


def classes_model(
    weights: NetworkWeights,
    scales: tuple[float, ...] | None,
    *,
    soft: bool,
    with_input: bool,
    margins: Margins | None = None,
    ranges: Ranges | None = None,
) -> openvino.Model:
    """Class, confidence and second class of each pixel.

    Parameters
    ----------
    weights : of the network.
    scales : as in `features_model`.
    soft : whether the probabilities are given too.
    with_input : whether the scaling of the input is part of it; else it reads what `features_model` gives.
    margins : pixels, multiples of the stride and at least the architecture's `core_margins`, that are not given; None
        gives the whole chip.
    ranges : highest activation behind each block, to compute in eight bits; None for single precision.

    Returns
    -------
    `(n, band, y, x)` -> codes `(n, 1, y, x)`, confidence x 255, second codes, and with `soft` probabilities x 255
    `(n, class, y, x)`; all uint8.

    """
    inputs, probabilities = _network(weights, scales, with_input=with_input, margins=margins, ranges=ranges)
    pair = min(2, len(weights.legend))
    found = ops.topk(probabilities, ops.constant(np.int64(pair)), 1, "max", "value", "i32", stable=True)
    axis = ops.constant(np.int64(0))
    codes = ops.gather(ops.constant(np.array(weights.legend.codes, np.uint8)), found.output(1), axis)
    channels = ops.constant(np.int64(1))
    first, last = (ops.constant(np.array([place])) for place in (0, pair - 1))
    highest = ops.gather(found.output(0), first, channels)
    results = [ops.gather(codes, first, channels), _scaled(highest), ops.gather(codes, last, channels)]
    return openvino.Model([*results, _scaled(probabilities)] if soft else results, [inputs])


def probabilities_model(weights: NetworkWeights, *, with_input: bool, ranges: Ranges | None = None) -> openvino.Model:
    """Probabilities by class of the legend, float32, of reflectance or of what `features_model` gives."""
    inputs, probabilities = _network(weights, None, with_input=with_input, ranges=ranges)
    return openvino.Model([probabilities], [inputs])


def _network(
    weights: NetworkWeights,
    scales: tuple[float, ...] | None,
    *,
    with_input: bool,
    margins: Margins | None = None,
    ranges: Ranges | None = None,
) -> tuple[Node, Node]:
    """Input and probabilities."""
    dtype = np.uint16 if with_input and scales is not None else np.float32
    inputs = ops.parameter([-1, len(weights.features), -1, -1], dtype)
    features = _features(weights, inputs, scales) if with_input else inputs
    return inputs, ops.softmax(_logits(weights, features, margins, ranges), 1)


def _scaled(probabilities: Node) -> Node:
    rounded = ops.round(ops.multiply(probabilities, ops.constant(np.float32(CONFIDENCE_SCALE))), "half_to_even")
    return ops.convert(rounded, "u8")


def _features(weights: NetworkWeights, stored: Node, scales: tuple[float, ...] | None) -> Node:
    """As `unet.ReflectanceInput`."""
    reflectance = stored
    if scales is not None:
        divisors = np.array(scales, np.float32).reshape(1, -1, 1, 1)
        reflectance = ops.divide(ops.convert(stored, "f32"), ops.constant(divisors))
    highest = ops.reduce_max(reflectance, ops.constant(np.array([1])), keep_dims=True)
    has_data = ops.convert(ops.greater(highest, ops.constant(np.float32(0))), "f32")
    scaled = ops.multiply(ops.clamp(reflectance, 0.0, _MAX_REFLECTANCE), ops.constant(np.float32(LOG_GAIN)))
    logarithm = ops.log(ops.add(scaled, ops.constant(np.float32(1))))
    centred = ops.subtract(logarithm, ops.constant(weights.arrays["input.mean"]))
    return ops.multiply(ops.multiply(centred, ops.constant(weights.arrays["input.scale"])), has_data)


def _logits(weights: NetworkWeights, features: Node, margins: Margins | None, ranges: Ranges | None) -> Node:
    """As `unet.UNet`, with the channels in the order of the legend."""
    structure = weights.architecture
    if structure.cell > 1:
        features = ops.space_to_depth(features, "depth_first", structure.cell)
    found = _activation(_convolution(features, *folded_block(weights, "full")), "full", ranges)
    skips = []
    for level, depth in enumerate(structure.depths):
        skips.append(found)
        for number in range(depth):
            found = _block(weights, f"down.{level}.{number}", found, ranges, stride=1 if number else 2)
    cut = (0, 0)  # pixels that were left out of `found` before and after
    for level, skip in enumerate(reversed(skips)):
        narrow = _block(weights, f"up.{level}.narrow", found, ranges)
        name = f"up.{level}.join"
        kernel, bias = folded_block(weights, name)
        middle = len(kernel)  # a sum of two convolutions saves the copy of both side by side
        wanted = (0, 0)
        if margins is not None:
            scale = structure.cell * 2 ** (len(skips) - 1 - level)
            reach = 0 if level == len(skips) - 1 else 1  # of the convolutions at finer levels
            wanted = margins[0] // scale - reach, margins[1] // scale - reach
        is_rounded = ranges is not None
        from_skip = _cut_convolution(skip, kernel[:, middle:], bias, wanted, is_rounded=is_rounded)
        upsampled = _upsampled_convolution(narrow, kernel[:, :middle], cut, wanted, is_rounded=is_rounded)
        found = _activation(ops.add(upsampled, from_skip), name, ranges if level + 1 < len(skips) else None)
        cut = wanted
    logits = _convolution(found, *_head_of_legend(weights))
    return ops.depth_to_space(logits, "depth_first", structure.cell) if structure.cell > 1 else logits


def _block(weights: NetworkWeights, name: str, found: Node, ranges: Ranges | None, stride: int = 1) -> Node:
    kernel, bias = folded_block(weights, name)
    return _activation(_convolution(found, kernel, bias, stride, is_rounded=ranges is not None), name, ranges)


def _activation(found: Node, name: str, ranges: Ranges | None) -> Node:
    """ReLU, and with ranges what comes out of it rounded to 0 to 255 steps of one size."""
    found = ops.relu(found)
    if ranges is None:
        return found
    low, high = (ops.constant(np.full((1, 1, 1, 1), value, np.float32)) for value in (0, ranges[name]))
    return ops.fake_quantize(found, low, high, low, high, _ACTIVATION_LEVELS)


def _kernel(kernel: Array, out_axis: int, *, is_rounded: bool) -> Node:
    """A kernel; rounded, to -127 to 127 steps of one size for each channel that comes out."""
    node = ops.constant(np.ascontiguousarray(kernel, np.float32))
    if not is_rounded:
        return node
    others = tuple(axis for axis in range(kernel.ndim) if axis != out_axis)
    largest = np.maximum(np.abs(kernel).max(others, keepdims=True), _SMALLEST_KERNEL).astype(np.float32)
    low, high = ops.constant(-largest), ops.constant(largest)
    return ops.fake_quantize(node, low, high, low, high, _KERNEL_LEVELS)


def _convolution(
    found: Node, kernel: Array, bias: Array, stride: int = 1, pad: int | None = None, *, is_rounded: bool = False
) -> Node:
    """A convolution with bias; without `pad` it keeps the size of its input, but for the stride."""
    pads = [kernel.shape[-1] // 2 if pad is None else pad] * 2
    weights = _kernel(kernel, 0, is_rounded=is_rounded)
    result = ops.convolution(found, weights, [stride] * 2, pads, pads, [1, 1])
    return ops.add(result, ops.constant(np.ascontiguousarray(bias.reshape(1, -1, 1, 1), np.float32)))


def _cut_convolution(found: Node, kernel: Array, bias: Array, cut: Margins, *, is_rounded: bool) -> Node:
    """A 3x3 convolution without so many pixels before and after; those that its core needs are read."""
    if cut == (0, 0):
        return _convolution(found, kernel, bias, is_rounded=is_rounded)
    starts, stops = (ops.constant(np.array([end, end])) for end in (cut[0] - 1, 1 - cut[1] or _TO_THE_END))
    axes = ops.constant(np.array([2, 3]))
    inner = ops.slice(found, starts, stops, ops.constant(np.array([1, 1])), axes)
    return _convolution(inner, kernel, bias, pad=0, is_rounded=is_rounded)


def _upsampled_convolution(found: Node, kernel: Array, cut: Margins, wanted: Margins, *, is_rounded: bool) -> Node:
    """Double the resolution by nearest neighbours and convolve, as one transposed convolution: 16 taps instead of 36.

    Parameters
    ----------
    found : features at half the resolution.
    kernel : `(out, in, 3, 3)`.
    cut : pixels that were left out of `found` before and after.
    wanted : pixels that are to be left out of the result.
    is_rounded : whether the taps are rounded to eight bits.

    """
    taps = np.einsum("ay,oiyx,bx->ioab", _UPSAMPLED_TAPS, kernel, _UPSAMPLED_TAPS).astype(np.float32)
    begin, end = ([1 + out - 2 * already] * 2 for already, out in zip(cut, wanted, strict=True))
    weights = _kernel(taps, 1, is_rounded=is_rounded)
    return ops.convolution_backprop_data(found, weights, [2, 2], pads_begin=begin, pads_end=end, dilations=[1, 1])


def folded_block(weights: NetworkWeights, name: str) -> tuple[Array, Array]:
    """Kernel and bias of a convolution with the normalisation behind it folded in.

    Parameters
    ----------
    weights : of the network.
    name : of the block, such as `up.0.join`.

    Returns
    -------
    `(out, in, y, x)` and `(out,)` float32.

    """
    kernel = weights.arrays[f"{name}.0.weight"]
    gain, shift, mean, variance = (
        weights.arrays[f"{name}.1.{part}"] for part in ("weight", "bias", "running_mean", "running_var")
    )
    factor = gain / np.sqrt(variance + np.float32(_BATCH_NORM_EPSILON))
    return kernel * factor[:, np.newaxis, np.newaxis, np.newaxis], shift - mean * factor


def _head_of_legend(weights: NetworkWeights) -> tuple[Array, Array]:
    """The last layer with one channel for each class of the legend, in its order."""
    area = weights.architecture.cell**2
    kernel, bias = weights.arrays["head.weight"], weights.arrays["head.bias"]
    kernels = np.zeros((len(weights.legend), area, *kernel.shape[1:]), np.float32)
    biases = np.full((len(weights.legend), area), _ABSENT_LOGIT, np.float32)
    places = [weights.legend.codes.index(code) for code in weights.classes]
    kernels[places] = kernel.reshape(len(places), area, *kernel.shape[1:])
    biases[places] = bias.reshape(len(places), area)
    return kernels.reshape(-1, *kernel.shape[1:]), biases.ravel()
