"""A loaded network: what it reads and gives, and the back end that computes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..core.bands import BAND_KEYS
from ..core.legend import BUNDLED_LEGEND, Legend
from .back_end import TORCH, BackEnd
from .chip_classes import ChipClasses
from .precision import Precision

if TYPE_CHECKING:
    from .torch_network import TorchNetwork

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Classifier:
    """A loaded network, ready to classify chips."""

    model_hash: str
    """SHA-256 of the weights file, hex."""
    stride: int
    """Origins and sizes of chips are multiples of this, in pixels."""
    margin: int
    """Pixels to cut from each side of a chip so that the core does not depend on the chip's border."""
    back_end: BackEnd
    """The library that computes, with its precision and device."""
    core_margins: tuple[int, int]
    """Pixels that a chip needs before and after a core that starts and ends on multiples of the stride."""
    bands: tuple[str, ...] = BAND_KEYS
    """What it reads, in the order of its input: bands of a scene, or features of a feature folder."""
    legend: Legend = BUNDLED_LEGEND
    """Its classes, in the order of the channels of its probabilities."""
    classes: tuple[int, ...] = BUNDLED_LEGEND.codes
    """Codes by channel of the network; the legend may have more, whose probability is 0."""

    @property
    def precision(self) -> Precision:
        """`fp32`, `bf16`, `fp16` or `int8`: as asked for, or of the fastest that gives the same map."""
        return self.back_end.precision

    @property
    def backend(self) -> str:
        """`torch` or `openvino`: as asked for, or the fastest that gives the same map."""
        return self.back_end.name

    @property
    def device(self) -> str:
        """`cpu`, `cuda` …"""
        return self.torch_network.device if self.backend == TORCH else "cpu"

    @property
    def torch_network(self) -> TorchNetwork:
        """The network of PyTorch, where that is the back end."""
        from .torch_network import TorchNetwork

        if not isinstance(self.back_end, TorchNetwork):
            raise TypeError("The network was not loaded for PyTorch.")
        return self.back_end

    @property
    def facts(self) -> dict[str, str]:
        """What decides the last digits of the probabilities beside the weights: for tags and records.

        `precision`, `backend`, `device` with the kind of processor, the version of the library under its own name, and
        on a CPU `threads`.
        """
        return dict(self.back_end.facts)

    @property
    def chips_at_once(self) -> int:
        """Chips that are to be started before the first is taken back."""
        return self.back_end.chips_at_once

    @property
    def chip_px(self) -> tuple[int, int]:
        """Largest rows and columns of a chip with its margins."""
        return self.back_end.chip_px

    def start_chip(
        self, numbers: npt.NDArray[np.uint16], rows: slice, columns: slice, *, soft: bool
    ) -> Callable[[], ChipClasses]:
        """Begin with a chip of stored numbers.

        Parameters
        ----------
        numbers : `(band, y, x)` uint16 in the order of `bands`, as scenes have them, 0 in all bands = no data; y and x
            multiples of `stride`.
        rows, columns : of the chip that are kept.
        soft : whether the probabilities are kept too.

        Returns
        -------
        What waits for the classes and gives them.

        """
        return self.back_end.start(numbers, rows, columns, soft=soft)

    def probabilities(self, reflectance: FloatArray) -> FloatArray:
        """Class probabilities of one chip.

        Parameters
        ----------
        reflectance : `(band, y, x)` float32 in the order of `bands`, L2A surface reflectance 0..1, 0 in all bands = no
            data; y and x multiples of `stride`. Values that are not finite count as no data.

        Returns
        -------
        `(class, y, x)` float32 that sums to 1 over the classes of the legend, in the order of their codes.
        """
        probabilities: FloatArray = self.batch_probabilities(reflectance[None])[0]
        return probabilities

    def batch_probabilities(self, chips: FloatArray) -> FloatArray:
        """The same for a batch of equal chips, `(n, band, y, x)` -> `(n, class, y, x)`."""
        height, width = chips.shape[-2:]
        if chips.ndim != 4 or chips.shape[1] != len(self.bands) or height % self.stride or width % self.stride:
            raise ValueError(f"Chips must be (n, {len(self.bands)}, y, x) with sides in multiples of {self.stride}.")
        is_finite = np.isfinite(chips).all(axis=1, keepdims=True)
        finite = (chips if is_finite.all() else np.where(is_finite, chips, 0)).astype(np.float32)
        return self.back_end.probabilities(finite)
