"""Smooth random fields: the raw material of synthetic clouds, terrain light, and the borders of mixed chips."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

FloatArray = npt.NDArray[np.float32]


def smooth_noise(rng: np.random.Generator, size: int, cell: int) -> FloatArray:
    """`(size, size)` noise of unit variance that varies over about `cell` pixels."""
    coarse = max(4, size // cell + 3)
    grid = torch.from_numpy(rng.standard_normal((1, 1, coarse, coarse)).astype(np.float32))
    zoomed = functional.interpolate(grid, scale_factor=float(cell), mode="bicubic", align_corners=False)[0, 0].numpy()
    top, left = (int(rng.integers(0, extent - size + 1)) for extent in zoomed.shape)
    field = zoomed[top : top + size, left : left + size]
    return _standardise(field)


def fractal_noise(rng: np.random.Generator, size: int, cell: int, roughness: float = 0.5) -> FloatArray:
    """Octaves of `smooth_noise`, each half as wide and `roughness` times as high as the one before; unit variance."""
    field = np.zeros((size, size), np.float32)
    height = 1.0
    while cell >= 2:
        field += height * smooth_noise(rng, size, cell)
        cell //= 2
        height *= roughness
    return _standardise(field)


def _standardise(field: FloatArray) -> FloatArray:
    standardised: FloatArray = ((field - field.mean()) / (field.std() + 1e-6)).astype(np.float32)
    return standardised


def blur(field: FloatArray) -> FloatArray:
    """`(channel, y, x)` smoothed by 1 2 1 in both directions, as the sensor mixes neighbours."""
    kernel = torch.tensor([1.0, 2.0, 1.0]) / 4
    square = (kernel[:, None] * kernel[None, :]).expand(field.shape[0], 1, 3, 3)
    padded = functional.pad(torch.from_numpy(field)[None], (1, 1, 1, 1), mode="replicate")
    smoothed: FloatArray = functional.conv2d(padded, square, groups=field.shape[0])[0].numpy()
    return smoothed
