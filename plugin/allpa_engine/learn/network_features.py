"""The features of a network: what its last layer reads of each pixel of a scene, free of seams.

A chip is read with all that decides its core (margins, mirrored at the scene's edge, pixels without data filled from
around), so that a pixel's features do not depend on the chip, and the head's classes of them are those of the map.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rasterio.windows import Window
from torch import Tensor, nn

from ..classify.back_end import TORCH
from ..classify.classifier import Classifier
from ..classify.inference import load_classifier
from ..classify.no_data import fill_no_data, halo_px
from ..classify.scene_reader import SceneReader
from ..classify.tiling import ChipSpan, reflect_indices
from ..classify.torch_network import run_network
from ..core.errors import ModelInvalid
from ..core.messages import message
from .linear_head import LinearHead


class _Body(nn.Module):
    """A network without its last layer."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, chips: Tensor) -> Tensor:
        """What the last layer reads."""
        features: Tensor = self.network.features(chips)  # type: ignore[operator] # a method
        return features


@dataclass(frozen=True)
class FeatureNetwork:
    """A loaded network whose features are wanted, and its head as a linear model of them."""

    classifier: Classifier
    head: LinearHead
    body_key: str
    """Hash of all weights but the head's, and of the precision: equal where features are equal."""

    @property
    def feature_count(self) -> int:
        """Features of a pixel."""
        return int(self.head.weight.shape[1])

    def features(self, reflectance: NDArray[np.float32]) -> NDArray[np.float32]:
        """Features of one chip.

        Parameters
        ----------
        reflectance : `(band, y, x)` float32, 0 in all bands = no data; sides in multiples of the stride.

        Returns
        -------
        `(feature, y, x)` float32.

        """
        model = self.classifier
        with torch.inference_mode():
            chips = torch.from_numpy(reflectance[None]).to(model.device, memory_format=torch.channels_last)
            found = run_network(_Body(model.torch_network.network), chips, model.precision)[0].float().cpu().numpy()
        return np.ascontiguousarray(found, np.float32)


def load_feature_network(
    path: str | Path | None = None, device: str = "auto", threads: int = 0, precision: str = "auto"
) -> FeatureNetwork:
    """Load a network for its features.

    Parameters
    ----------
    path : model folder or file; None takes the bundled network.
    device, threads, precision : as in `load_classifier`.

    Returns
    -------
    The network with its head.

    Raises
    ------
    ModelInvalid : where it is no network that classifies scenes, or its last layer is not linear in each pixel.
    JobInvalid : where device or precision cannot be used.

    """
    classifier = load_classifier(path, device, threads, precision, TORCH)
    head = getattr(classifier.torch_network.network, "head", None)
    cell = getattr(getattr(classifier.torch_network.network, "architecture", None), "cell", 1)
    if not isinstance(head, nn.Conv2d) or head.kernel_size != (1, 1) or head.bias is None or cell != 1:
        raise ModelInvalid(
            message("The model cannot be refitted."),
            message("Its last layer is not a linear function of each pixel's features."),
            message("Choose the bundled model, or a network that Allpa trained from it."),
        )
    digest = hashlib.sha256(classifier.precision.encode())
    for name, value in sorted(classifier.torch_network.network.state_dict().items()):
        if not name.startswith("head."):
            digest.update(name.encode() + value.cpu().float().numpy().tobytes())
    linear = LinearHead(
        tuple(classifier.classes),
        head.weight.detach().cpu().double().numpy()[:, :, 0, 0],
        head.bias.detach().cpu().double().numpy(),
    )
    return FeatureNetwork(classifier, linear, digest.hexdigest())


@dataclass(frozen=True)
class FeatureBlock:
    """Features of the core of a chip."""

    features: NDArray[np.float32]
    """`(feature, y, x)`."""
    valid: NDArray[np.bool_]
    """`(y, x)`: True where the scene has data."""
    scl: NDArray[np.uint8]
    """`(y, x)` scene classification codes."""


def read_features(network: FeatureNetwork, scene: SceneReader, rows: ChipSpan, columns: ChipSpan) -> FeatureBlock:
    """The features of the core of a chip of an open scene.

    Parameters
    ----------
    network : reads the bands that the scene gives.
    scene : open.
    rows, columns : of the chip, on multiples of the network's stride counted from the origin of the CRS.

    Returns
    -------
    The core's features; where the core has no data at all they are 0.

    Raises
    ------
    SceneUnreadable : where the scene's file is damaged.

    """
    core = scene.read(_window(rows.core_start, rows.core_stop, columns.core_start, columns.core_stop))
    if not core.valid.any():
        shape = (network.feature_count, *core.valid.shape)
        return FeatureBlock(np.zeros(shape, np.float32), core.valid, core.scl)
    chip = _read_chip(scene, rows, columns, network.classifier.margin)
    found = network.features(chip)
    inside_rows = slice(rows.core_start - rows.read_start, rows.core_stop - rows.read_start)
    inside_columns = slice(columns.core_start - columns.read_start, columns.core_stop - columns.read_start)
    return FeatureBlock(found[:, inside_rows, inside_columns], core.valid, core.scl)


def _window(top: int, bottom: int, left: int, right: int) -> Window:
    return Window(left, top, right - left, bottom - top)


def _read_chip(scene: SceneReader, rows: ChipSpan, columns: ChipSpan, margin_px: int) -> NDArray[np.float32]:
    """The reflectance of core and margins, `(band, y, x)`, as the classification of the whole scene sees it."""
    height, width = scene.grid.height, scene.grid.width
    row_index = reflect_indices(rows.read_start, rows.read_stop, height)
    column_index = reflect_indices(columns.read_start, columns.read_stop, width)
    top, bottom = int(row_index.min()), int(row_index.max()) + 1
    left, right = int(column_index.min()), int(column_index.max()) + 1
    block = scene.read(_window(top, bottom, left, right))
    if not block.valid.all():
        halo = halo_px(margin_px)
        top, bottom = max(top - halo, 0), min(bottom + halo, height)
        left, right = max(left - halo, 0), min(right + halo, width)
        block = scene.read(_window(top, bottom, left, right))
        fill_no_data(block.reflectance, margin_px)
    return np.ascontiguousarray(block.reflectance[:, (row_index - top)[:, None], (column_index - left)[None, :]])
