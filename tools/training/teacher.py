"""The teacher: Dynamic World's forward network in PyTorch, used to label training chips and never shipped.

Brown et al. 2022, Dynamic World, Scientific Data 9:251, doi 10.1038/s41597-022-01307-4 (weights Apache-2.0). It reads
nine bands of L1C digital numbers and gives nine classes: water, trees, grass, flooded vegetation, crops, scrub, built,
bare, snow. Batch normalisation is folded into the convolutions while the weights are read.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from .atmosphere import TEACHER_STRENGTHS, median_atmosphere
from .chips import Chip

TEACHER_BANDS: tuple[str, ...] = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B11", "B12")
"""The bands that the teacher reads, in its order."""
STUDENT_BAND_INDEX: tuple[int, ...] = (0, 1, 2, 6, 7, 8)
"""Where the six bands of Allpa's network stand among the teacher's nine."""
TEACHER_CLASS_COUNT = 9

_LOG_OFFSET = (
    1.7417268007636313, 1.7261204997060209, 1.6798346251414997, 1.7734969472909623, 2.289154079164943,
    2.382939712192371, 2.3828939530384052, 2.1952484264967844, 1.554812948247501,
)  # fmt: skip
_LOG_SCALE = (
    2.023298706048351, 2.038905204308012, 2.179592821212937, 2.2890068333026603, 2.6171674549378166,
    2.773418590375327, 2.7578332604178284, 2.789092484314204, 2.4140534947492487,
)  # fmt: skip
_BN_EPSILON = 1e-3
_MARGIN = 32
"""Pixels by which chips are mirrored outwards; more changes nothing."""
_WEIGHTS_FILE = "dynamic_world_forward_weights.npz"

Weights = dict[str, npt.NDArray[np.float32]]


def _fold_batch_norm(weights: Weights, convolution: str, normalisation: str, *, depthwise: bool) -> nn.Conv2d:
    """The convolution with its batch normalisation folded in; TensorFlow's HWIO becomes PyTorch's OIHW."""
    kernel = weights[f"{convolution}/{'depthwise_kernel' if depthwise else 'kernel'}"]
    kernel = kernel.transpose(2, 3, 0, 1) if depthwise else kernel.transpose(3, 2, 0, 1)
    scale = weights[f"{normalisation}/gamma"] / np.sqrt(weights[f"{normalisation}/moving_variance"] + _BN_EPSILON)
    bias = (weights[f"{convolution}/bias"] - weights[f"{normalisation}/moving_mean"]) * scale
    bias = bias + weights[f"{normalisation}/beta"]
    channels_out, channels_in = kernel.shape[:2]
    groups = channels_out if depthwise else 1
    layer = nn.Conv2d(channels_in * groups, channels_out, kernel.shape[-1], padding="same", groups=groups)
    layer.weight.data = torch.from_numpy(np.ascontiguousarray(kernel * scale[:, None, None, None]).astype(np.float32))
    layer.bias = nn.Parameter(torch.from_numpy(bias.astype(np.float32)))
    return layer


def _suffix(name: str, number: int) -> str:
    return name if number == 0 else f"{name}_{number}"


def _chain(
    weights: Weights, convolutions: tuple[int, ...], depthwises: tuple[int, ...], first_norm: int
) -> nn.Sequential:
    """Pointwise and depthwise convolutions in turn, each with mish; normalisations count up from `first_norm`."""
    layers: list[nn.Module] = []
    norm = first_norm
    for point, depth in zip(convolutions, depthwises):
        for name, number, depthwise in (("conv2d", point, False), ("depthwise_conv2d", depth, True)):
            layers += [
                _fold_batch_norm(
                    weights, _suffix(name, number), _suffix("batch_normalization", norm), depthwise=depthwise
                ),
                _Mish(),
            ]
            norm += 1
    return nn.Sequential(*layers)


class _Mish(nn.Module):
    """Mish by one exponential, x n / (n + 2) with n = e^x (e^x + 2): twice as fast on a CPU as PyTorch's own."""

    def forward(self, features: Tensor) -> Tensor:
        power = features.clamp(max=20).exp_()
        ratio = power.mul_(power + 2)
        product: Tensor = ratio.div_(ratio + 2).mul_(features)
        return product


class _Block(nn.Module):
    """A main chain and a 1x1 side branch that are added."""

    def __init__(self, main: nn.Sequential, side: nn.Conv2d) -> None:
        super().__init__()
        self.main = main
        self.side = side
        self.activation = _Mish()

    def forward(self, features: Tensor) -> Tensor:
        total: Tensor = self.main(features) + self.activation(self.side(features))
        return total


class Teacher(nn.Module):
    """Dynamic World's forward network; `normalised (batch, 9, y, x) float32` -> `logits (batch, 9, y, x) float32`."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self.stem = _fold_batch_norm(weights, "conv2d", "batch_normalization", depthwise=False)
        self.activation = _Mish()
        self.block1 = _Block(
            _chain(weights, (2, 3, 4), (1, 2, 3), 3),
            _fold_batch_norm(weights, "conv2d_5", "batch_normalization_9", depthwise=False),
        )
        self.block2 = _Block(
            _chain(weights, (6, 7, 8), (4, 5, 6), 10),
            _fold_batch_norm(weights, "conv2d_9", "batch_normalization_16", depthwise=False),
        )
        self.skip = _chain(weights, (1,), (0,), 1)
        self.block3 = _Block(
            _chain(weights, (10, 11, 12), (7, 8, 9), 17),
            _fold_batch_norm(weights, "conv2d_13", "batch_normalization_23", depthwise=False),
        )
        kernel = np.ascontiguousarray(weights["conv2d_14/kernel"].transpose(3, 2, 0, 1))
        self.head = nn.Conv2d(kernel.shape[1], kernel.shape[0], 1)
        self.head.weight.data = torch.from_numpy(kernel.astype(np.float32))
        self.head.bias = nn.Parameter(torch.from_numpy(weights["conv2d_14/bias"].astype(np.float32)))

    def forward(self, normalised: Tensor) -> Tensor:
        """Logits at full resolution; the sides must be even."""
        size = normalised.shape[-2:]
        stem = self.activation(self.stem(normalised))
        half = functional.interpolate(
            stem, size=(size[0] // 2, size[1] // 2), mode="bilinear", align_corners=False, antialias=True
        )
        deep = self.block3(torch.cat([self.block2(self.block1(half)), self.skip(half)], dim=1))
        full = functional.interpolate(deep, size=size, mode="bilinear", align_corners=False)
        logits: Tensor = self.head(functional.normalize(full, dim=1))
        return logits


def normalise_l1c(digital_numbers: Tensor) -> Tensor:
    """`(batch, 9, y, x)` L1C digital numbers (reflectance x 10000, offset removed) -> the teacher's input."""
    offset = torch.tensor(_LOG_OFFSET).view(1, -1, 1, 1)
    scale = torch.tensor(_LOG_SCALE).view(1, -1, 1, 1)
    return torch.sigmoid(5 * (torch.log(0.005 * digital_numbers + 1) - offset) / scale - 1)


def load_teacher(folder: Path) -> Teacher:
    """Read the teacher's weights from `folder` and return it ready to label; raises FileNotFoundError without them."""
    with np.load(folder / _WEIGHTS_FILE) as archive:
        weights: Weights = {name: archive[name] for name in archive.files}
    return Teacher(weights).eval().requires_grad_(requires_grad=False)


def teacher_probabilities(teacher: Teacher, digital_numbers: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """`(batch, 9, y, x)` L1C digital numbers -> `(batch, 9, y, x)` class probabilities."""
    with torch.inference_mode():
        chips = torch.from_numpy(digital_numbers).to(memory_format=torch.channels_last)
        probabilities: npt.NDArray[np.float32] = torch.softmax(teacher(normalise_l1c(chips)), dim=1).numpy()
    return probabilities


def predict_chip_by_teacher(teacher: Teacher, chip: Chip) -> npt.NDArray[np.float32]:
    """`(9, y, x)` probabilities: of L1C as it is, of L2A the mean through four simulated atmospheres; without flips.

    The chip is mirrored outwards, as for the network.
    """
    pixels = chip.digital_numbers.astype(np.float32)
    height, width = pixels.shape[1:]
    side = max(height, width) + max(height, width) % 2
    widths = ((0, 0), *((_MARGIN, _MARGIN + side - extent) for extent in (height, width)))
    sources = [pixels] if chip.level == "L1C" else [median_atmosphere(s).to_l1c(pixels) for s in TEACHER_STRENGTHS]
    probabilities_by_strength = [
        teacher_probabilities(teacher, np.pad(l1c, widths, mode="reflect")[None])[0] for l1c in sources
    ]
    mean: npt.NDArray[np.float32] = np.mean(probabilities_by_strength, axis=0, dtype=np.float32)
    return mean[:, _MARGIN : _MARGIN + height, _MARGIN : _MARGIN + width]
