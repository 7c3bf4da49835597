"""Two views of one sample: a window, and another a little shifted and perhaps mirrored, for which one answer is wanted.

A class should not depend on where a pixel lies on the network's coarse grids. The loss is the symmetric divergence
(Kullback-Leibler) of the two answers where the windows overlap, of logits divided by the temperature of calibration.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

WINDOW_PX = 112
"""Side of a window: a multiple of the network's stride, smaller than a sample."""
TEMPERATURE = 0.5
"""By which the logits are divided: about what the calibration finds."""
CONSISTENCY_WEIGHT = 1.0
_BORDER_PX = 6
"""Of the overlap, left out: the network sees zeros beyond the border of a window."""
_NEAR_SHIFTS = ((1, 0), (0, 1), (1, 1), (2, 1))
_NEAR_SHARE, _MIRRORED_SHARE = 0.6, 0.4


@dataclass(frozen=True)
class Window:
    """A part of a sample: its upper left corner, and the axis of mirroring (-2 rows, -1 columns, 0 none)."""

    top: int
    left: int
    mirrored_axis: int = 0

    def cut(self, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The window of an array `(..., y, x)`."""
        part = array[..., self.top : self.top + WINDOW_PX, self.left : self.left + WINDOW_PX]
        return np.flip(part, self.mirrored_axis) if self.mirrored_axis else part


def draw_window(rng: np.random.Generator, size: int) -> Window:
    """A window anywhere in a sample of `size` pixels a side."""
    return Window(*(int(rng.integers(0, size - WINDOW_PX + 1)) for _ in range(2)))


def draw_twin(first: Window, rng: np.random.Generator, size: int) -> Window:
    """A second window: three in five shifted by a pixel or two, the others anywhere; two in five mirrored."""
    room = size - WINDOW_PX + 1
    if rng.random() < _NEAR_SHARE:
        down, right = _NEAR_SHIFTS[int(rng.integers(len(_NEAR_SHIFTS)))]
        top, left = (first.top + down) % room, (first.left + right) % room
    else:
        top, left = (int(rng.integers(0, room)) for _ in range(2))
    axis = int(rng.choice([-2, -1])) if rng.random() < _MIRRORED_SHARE else 0
    return Window(top, left, axis)


def consistency_loss(
    logits: Tensor, twin_logits: Tensor, valid: Tensor, windows: Sequence[tuple[Window, Window]]
) -> Tensor:
    """Sum over pairs of the mean divergence, nats.

    Parameters
    ----------
    logits, twin_logits : `(n, 10, y, x)` of the first and second windows.
    valid : `(n, y, x)` true where the first window has data.
    windows : of each pair.

    """
    total = logits.new_zeros((), dtype=torch.float32)
    for row, (first, second) in enumerate(windows):
        own, other = (functional.log_softmax(part[row].float() / TEMPERATURE, dim=0) for part in (logits, twin_logits))
        if second.mirrored_axis:
            other = torch.flip(other, (second.mirrored_axis,))
        top, left = max(first.top, second.top) + _BORDER_PX, max(first.left, second.left) + _BORDER_PX
        bottom, right = (
            min(start, end) + WINDOW_PX - _BORDER_PX
            for start, end in ((first.top, second.top), (first.left, second.left))
        )
        inside, other_inside = (
            (slice(top - window.top, bottom - window.top), slice(left - window.left, right - window.left))
            for window in (first, second)
        )
        own, other, seen = own[:, inside[0], inside[1]], other[:, other_inside[0], other_inside[1]], valid[row][inside]
        divergence = ((own.exp() - other.exp()) * (own - other)).sum(dim=0)
        total = total + (divergence * seen).sum() / seen.sum().clamp(min=1)
    return total
