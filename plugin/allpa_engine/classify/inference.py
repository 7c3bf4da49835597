"""Inference: the network on the fastest device and in the fastest precision that gives the same map.

Convolutions and normalisations are folded into one, arrays are laid out channels last, and sixteen-bit precision is
used only where it was measured to be faster here and to agree with single precision on 99.9 % of a test chip.
"""

from __future__ import annotations

import copy
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from ..core.bands import BAND_KEYS
from ..core.errors import JobInvalid, ModelInvalid
from ..core.legend import BUNDLED_LEGEND, Legend
from ..core.messages import message
from .model_file import load_model
from .model_folder import is_model_folder
from .network_folder import SavedNetwork, read_network_folder
from .precision import Precision, check_precision, choose_precision
from .unet import ConvBlock, UNet, Up, channels_last

MODEL_NAME = "allpa_unet.safetensors"
_LOG = logging.getLogger(__name__)

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
    device: str
    """`cpu`, `cuda` …"""
    precision: Precision
    """`fp32`, `bf16` or `fp16`: as asked for, or the fastest that gives the same map."""
    network: nn.Module
    """Folded, in evaluation mode, on its device."""
    bands: tuple[str, ...] = BAND_KEYS
    """What it reads, in the order of its input: bands of a scene, or features of a feature folder."""
    legend: Legend = BUNDLED_LEGEND
    """Its classes, in the order of the channels of its probabilities."""
    classes: tuple[int, ...] = BUNDLED_LEGEND.codes
    """Codes by channel of the network; the legend may have more, whose probability is 0."""

    @property
    def facts(self) -> dict[str, str]:
        """What decides the last digits of the probabilities beside the weights: for tags and records.

        `precision`, `device` with the kind of processor, `torch` with its version, and on a CPU `threads`.
        """
        device = torch.device(self.device)
        if device.type == "cuda":
            return self._facts(f"{device.type} ({torch.cuda.get_device_name(device)})")
        if device.type == "cpu":
            return self._facts(f"cpu ({torch.backends.cpu.get_cpu_capability()})") | {
                "threads": str(torch.get_num_threads())
            }
        return self._facts(device.type)

    def _facts(self, device: str) -> dict[str, str]:
        return {"precision": self.precision, "device": device, "torch": str(torch.__version__)}

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
        with torch.inference_mode():
            inputs = torch.from_numpy(finite).to(self.device, memory_format=torch.channels_last, non_blocking=True)
            found: FloatArray = torch.softmax(run_network(self.network, inputs, self.precision), dim=1).cpu().numpy()
        if self.classes == self.legend.codes:
            return found
        probabilities = np.zeros((len(chips), len(self.legend), height, width), np.float32)
        probabilities[:, [self.legend.codes.index(code) for code in self.classes]] = found
        return probabilities


def run_network(network: nn.Module, chips: Tensor, precision: Precision) -> Tensor:
    """Run the network on a batch of chips in the given precision.

    Parameters
    ----------
    network : on the device of the chips, in evaluation mode.
    chips : `(n, band, y, x)` float32 surface reflectance 0..1.
    precision : `fp32`, or `bf16` or `fp16` by PyTorch's autocast.

    Returns
    -------
    `(n, class, y, x)` float32 logits.

    """
    if precision == "fp32":
        logits: Tensor = network(chips)
        return logits
    dtype = torch.bfloat16 if precision == "bf16" else torch.float16
    with torch.autocast(chips.device.type, dtype=dtype):
        logits = network(chips)
    return logits.float()


def bundled_model_path() -> Path:
    """Path of the weights that come with Allpa: inside the installed package, or in the plugin's resources."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "models" / MODEL_NAME
    return installed if installed.is_file() else package.parents[1] / "resources" / "models" / MODEL_NAME


def load_classifier(
    path: str | Path | None = None, device: str = "auto", threads: int = 0, precision: str = "auto"
) -> Classifier:
    """Load a network and choose how to run it.

    Parameters
    ----------
    path : model folder or model file; None takes the bundled weights.
    device : `auto` (a GPU where there is one), `cpu`, `cuda`, `cuda:1`, `mps` …
    threads : CPU threads; 0 leaves PyTorch's choice.
    precision : `auto` takes the fastest that gives the same map on a test chip; `fp32`, `bf16` and `fp16` are taken as
        they are, so that a map can be made again as it was.

    Returns
    -------
    The network on its device, ready to classify chips.

    Raises
    ------
    ModelInvalid : the file is missing, damaged or of another kind.
    JobInvalid : there is no such device, or it cannot compute in that precision.

    """
    if threads > 0:
        torch.set_num_threads(threads)
    model = load_network(path)
    torch_device, count = find_device(device), len(model.features)
    folded = fold_batch_norms(model.network) if isinstance(model.network, UNet) else model.network
    network = channels_last(folded, torch_device)
    if precision == "auto":
        precision = choose_precision(network, torch_device, model.model_hash, run_network, count)
    else:
        check_precision(network, torch_device, precision, run_network, count)
    structure = model.network.architecture
    _LOG.info("network %s on %s in %s", model.model_hash[:12], torch_device, precision)
    return Classifier(
        model.model_hash,
        structure.stride,
        structure.margin,
        str(torch_device),
        precision,
        network,
        model.features,
        model.legend,
        model.classes,
    )


def load_network(path: str | Path | None = None) -> SavedNetwork:
    """Read a network of a model folder, or of a file such as the bundled one, as it was trained.

    Parameters
    ----------
    path : of a model folder or a `.safetensors` file; None takes the bundled network.

    Returns
    -------
    The network with its bands and classes.

    Raises
    ------
    ModelInvalid : where it is neither, or is damaged.
    PartsMissing : where the network needs a package that is not installed.

    """
    if path and is_model_folder(path):
        return read_network_folder(path)
    model = load_model(Path(path) if path else bundled_model_path())
    return SavedNetwork(model.network, BAND_KEYS, BUNDLED_LEGEND, BUNDLED_LEGEND.codes, model.sha256, model.card)


def find_device(name: str) -> torch.device:
    """The device of that name, `auto` for the best there is; raises JobInvalid when it is not there."""
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        torch_device = torch.device(name)
        torch.empty(1, device=torch_device)
    except (RuntimeError, AssertionError) as error:
        raise JobInvalid(
            message("There is no device '{name}' on this machine.", name=name), str(error).split("\n")[0]
        ) from error
    return torch_device


class FoldedUp(nn.Module):
    """An `Up` whose joining convolution is split in two, for the upsampled features and for the skip, and added up.

    The same results but for rounding, without a copy of both side by side, a sixth of the time of the whole network.
    """

    def __init__(self, up: Up) -> None:
        super().__init__()
        join = cast("nn.Conv2d", up.join[0])  # `fold_batch_norms` has checked every block
        upsampled = join.out_channels
        self.narrow, self.activation = up.narrow, up.join[2]
        self.upsampled_convolution = _slice_convolution(join, slice(0, upsampled), bias=False)
        self.skip_convolution = _slice_convolution(join, slice(upsampled, None), bias=True)

    def forward(self, features: Tensor, skip: Tensor) -> Tensor:
        """Double the resolution of the features and join them with the skip.

        Parameters
        ----------
        features : `(n, channels, y, x)` at half the skip's resolution.
        skip : `(n, channels, 2y, 2x)` from the same level on the way down.

        Returns
        -------
        `(n, channels, 2y, 2x)`, the same but for rounding as `Up.forward`.

        """
        upsampled = functional.interpolate(self.narrow(features), scale_factor=2.0, mode="nearest")
        joined: Tensor = self.activation(self.skip_convolution(skip).add_(self.upsampled_convolution(upsampled)))
        return joined


def _slice_convolution(convolution: nn.Conv2d, channels: slice, *, bias: bool) -> nn.Conv2d:
    """The convolution over some of its input channels alone."""
    weight = convolution.weight[:, channels]
    part = nn.Conv2d(weight.shape[1], len(weight), weight.shape[-1], padding=weight.shape[-1] // 2, bias=bias)
    part.weight = nn.Parameter(weight.clone())
    if bias:
        part.bias = convolution.bias
    return part


def fold_batch_norms(network: UNet) -> UNet:
    """A copy with each batch normalisation folded into the convolution before it: the same results, fewer passes.

    Raises ModelInvalid for other blocks than convolution and normalisation.
    """
    copied = copy.deepcopy(network).eval()
    for block in copied.modules():
        if isinstance(block, ConvBlock):
            convolution, normalisation = block[0], block[1]
            if not isinstance(convolution, nn.Conv2d) or not isinstance(normalisation, nn.BatchNorm2d):
                raise ModelInvalid(message("The network's blocks are not convolution and normalisation."))
            block[0] = fuse_conv_bn_eval(convolution, normalisation)
            block[1] = nn.Identity()
    copied.up = nn.ModuleList([FoldedUp(cast("Up", up)) for up in copied.up])
    return copied.requires_grad_(requires_grad=False)
