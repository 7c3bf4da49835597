"""Back ends: libraries that compute a network, and the one that is taken for a machine.

PyTorch is the reference and the one for GPUs; OpenVINO is faster on processors. Which is taken, and in which precision,
is measured once per machine and model (`precision`), so that a slower or different one is never taken unnoticed.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping
from importlib import metadata
from importlib.util import find_spec
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .chip_classes import ChipClasses

AUTO, TORCH, OPENVINO = "auto", "torch", "openvino"
_CPU_BUILD = "+cpu"


class BackEnd(Protocol):
    """A network that one library computes in one precision."""

    @property
    def name(self) -> str:
        """`torch` or `openvino`."""

    @property
    def precision(self) -> str:
        """`fp32`, `bf16`, `fp16` or `int8`."""

    @property
    def facts(self) -> Mapping[str, str]:
        """How it computes, by `prediction_file.INFERENCE_FACTS`."""

    @property
    def chips_at_once(self) -> int:
        """Chips that are to be started before the first is taken back."""

    @property
    def chip_px(self) -> tuple[int, int]:
        """Largest rows and columns of a chip with its margins: by the memory that it takes."""

    def probabilities(self, chips: NDArray[np.float32]) -> NDArray[np.float32]:
        """`(n, band, y, x)` reflectance to `(n, class, y, x)` probabilities by class of the legend."""

    def start(
        self, numbers: NDArray[np.uint16], rows: slice, columns: slice, *, soft: bool
    ) -> Callable[[], ChipClasses]:
        """Begin with a chip of stored numbers `(band, y, x)`; what is returned gives the classes of its core."""


def is_installed(backend: str) -> bool:
    """Whether the library is there; nothing is imported to find out."""
    return find_spec(backend) is not None


def library_version(backend: str) -> str:
    """Version of the library, without importing it; empty where it is not there."""
    try:
        return metadata.version(backend)
    except metadata.PackageNotFoundError:
        return ""


def may_have_gpu() -> bool:
    """Whether PyTorch could compute on a GPU here; only then is it imported to ask."""
    version = library_version(TORCH)
    if platform.system() == "Darwin":
        return bool(version) and platform.machine() == "arm64"
    return bool(version) and not version.endswith(_CPU_BUILD)


def usable_processors() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
