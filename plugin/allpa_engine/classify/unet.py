"""The UNet: bands of surface reflectance in, logits of the classes out, at full resolution.

The bundled network reads six bands and gives ten classes; networks that a user trains read and give others.

A UNet (Ronneberger et al. 2015) designed for speed: few channels at full resolution, one 3x3 convolution there on the
way down, strides in place of pooling and 1x1 narrowing before each doubling, so that a pixel costs about a fifth of
what it costs in the plain UNet of width 32 and depth 4. Faster still, blocks of pixels can be merged at the input,
their bands side by side, and separated by the last layer (Shi et al. 2016). Its normalisation layers keep the
statistics of the training (batch normalisation), so that a pixel's class does not depend on the rest of its chip and
chips meet without seams.
"""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..core.bands import BAND_KEYS
from ..core.legend import CLASS_COUNT
from .architecture import LOG_GAIN, Architecture

Network = TypeVar("Network", bound=nn.Module)


class ConvBlock(nn.Sequential):
    """Convolution, batch normalisation, ReLU."""

    def __init__(self, channels_in: int, channels_out: int, size: int = 3, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(channels_in, channels_out, size, stride=stride, padding=size // 2, bias=False),
            nn.BatchNorm2d(channels_out),
            nn.ReLU(inplace=True),
        )


class ReflectanceInput(nn.Module):
    """Surface reflectance 0..1 -> centred logarithms; pixels without data become zero in all bands.

    Parameters
    ----------
    band_count : bands of the input.

    """

    mean: Tensor
    scale: Tensor

    def __init__(self, band_count: int = len(BAND_KEYS)) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(1, band_count, 1, 1))
        self.register_buffer("scale", torch.ones(1, band_count, 1, 1))

    def forward(self, reflectance: Tensor) -> Tensor:
        """`(batch, band, y, x)`, the same shape back."""
        has_data = (reflectance > 0).any(dim=1, keepdim=True)
        logarithm = torch.log1p(reflectance.clamp(0.0, 2.0) * LOG_GAIN)
        return (logarithm - self.mean) * self.scale * has_data


class Up(nn.Module):
    """Narrow by 1x1, double the resolution, join with the skip, convolve."""

    def __init__(self, channels_in: int, channels_skip: int, channels_out: int) -> None:
        super().__init__()
        self.narrow = ConvBlock(channels_in, channels_out, size=1)
        self.join = ConvBlock(channels_out + channels_skip, channels_out)

    def forward(self, features: Tensor, skip: Tensor) -> Tensor:
        """Double the resolution of the features and join them with the skip.

        Parameters
        ----------
        features : `(n, channels, y, x)` at half the skip's resolution.
        skip : `(n, channels, 2y, 2x)` from the same level on the way down.

        Returns
        -------
        `(n, channels, 2y, 2x)`.

        """
        upsampled = functional.interpolate(self.narrow(features), scale_factor=2.0, mode="nearest")
        joined: Tensor = self.join(torch.cat([upsampled, skip], dim=1))
        return joined


class UNet(nn.Module):
    """`(batch, band, y, x)` reflectance 0..1 -> `(batch, class, y, x)` logits; sides in multiples of the stride.

    Parameters
    ----------
    architecture : widths and depths; None takes the default.
    band_count, class_count : of input and output; the bundled network's six bands and ten classes by default.

    """

    def __init__(
        self,
        architecture: Architecture | None = None,
        band_count: int = len(BAND_KEYS),
        class_count: int = CLASS_COUNT,
    ) -> None:
        super().__init__()
        self.architecture = architecture or Architecture()
        self.band_count, self.class_count = band_count, class_count
        widths, full = self.architecture.widths, self.architecture.full_width
        self.input = ReflectanceInput(band_count)
        self.full = ConvBlock(band_count * self.architecture.cell**2, full)
        self.down = nn.ModuleList()
        channels = full
        for width, depth in zip(widths, self.architecture.depths):
            blocks = [ConvBlock(channels, width, stride=2)] + [ConvBlock(width, width) for _ in range(depth - 1)]
            self.down.append(nn.Sequential(*blocks))
            channels = width
        skips = (full, *widths[:-1])
        self.up = nn.ModuleList()
        for skip in reversed(skips):
            self.up.append(Up(channels, skip, skip))
            channels = skip
        self.head = nn.Conv2d(full, class_count * self.architecture.cell**2, 1)

    def forward(self, reflectance: Tensor) -> Tensor:
        """Logits by channel: of the bundled network channel k is class code k + 1."""
        logits: Tensor = self.head(self.features(reflectance))
        cell = self.architecture.cell
        return functional.pixel_shuffle(logits, cell) if cell > 1 else logits

    def features(self, reflectance: Tensor) -> Tensor:
        """What the last layer reads: `(batch, full_width, y / cell, x / cell)`, zero or above."""
        cell = self.architecture.cell
        features: Tensor = self.input(reflectance)
        features = self.full(functional.pixel_unshuffle(features, cell) if cell > 1 else features)
        skips = []
        for down in self.down:
            skips.append(features)
            features = down(features)
        for up, skip in zip(self.up, reversed(skips)):
            features = up(features, skip)
        return features


def channels_last(network: Network, device: torch.device) -> Network:
    """Move the network to its device, its weights laid out channels last, which is how convolutions are fastest.

    Parameters
    ----------
    network : is moved itself, not copied.
    device : where it will run.

    Returns
    -------
    The same network.

    """
    moved: Network = network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # stub
    return moved
