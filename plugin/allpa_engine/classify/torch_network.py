"""Networks of PyTorch: the reference of all back ends, the one for GPUs, and the library of the training.

Convolutions and normalisations are folded into one and arrays are laid out channels last. Numbers travel as they are
stored, two bytes each; scaling, softmax and the choice of classes happen on the device.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from ..core.bands import BAND_KEYS
from ..core.errors import JobInvalid, ModelInvalid
from ..core.legend import BUNDLED_LEGEND
from ..core.messages import message
from .chip_classes import CONFIDENCE_SCALE, ChipClasses
from .model_file import load_model
from .model_folder import is_model_folder
from .network_folder import SavedNetwork, read_network_folder
from .network_weights import bundled_model_path
from .precision import Precision, benchmark_chip
from .unet import ConvBlock, UNet, Up, channels_last

_TRIAL_PX = 64


@dataclass(frozen=True)
class TorchNetwork:
    """A network on its device; `back_end.BackEnd` describes it."""

    network: nn.Module
    """Folded, in evaluation mode, on its device."""
    torch_device: torch.device
    precision: Precision
    codes: tuple[int, ...]
    """Of the legend."""
    places: tuple[int, ...]
    """Where each channel of the network stands among the codes; classes without a channel have probability 0."""
    scales: tuple[float, ...]
    """Stored numbers per unit of each band."""
    name: str = "torch"

    @property
    def facts(self) -> dict[str, str]:
        """What decides the last digits beside the weights: precision, device, version, and on a CPU the threads."""
        device = self.torch_device
        facts = {"precision": self.precision, "device": device.type, "backend": self.name}
        if device.type == "cuda":
            facts["device"] = f"{device.type} ({torch.cuda.get_device_name(device)})"
        elif device.type == "cpu":
            facts |= {"device": f"cpu ({torch.backends.cpu.get_cpu_capability()})"}
            facts |= {"threads": str(torch.get_num_threads())}
        return facts | {"torch": str(torch.__version__)}

    @property
    def chips_at_once(self) -> int:
        """Chips that are given before the first is taken back: on a GPU copies and computing overlap."""
        return 1 if self.torch_device.type == "cpu" else 3

    @property
    def device(self) -> str:
        """`cpu`, `cuda` …"""
        return str(self.torch_device)

    @property
    def chip_px(self) -> tuple[int, int]:
        """Largest rows and columns of a chip with its margins."""
        return (768, 1280) if self.torch_device.type == "cpu" else (1024, 2048)

    def probabilities(self, chips: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities of a batch of equal chips, `(n, band, y, x)` reflectance -> `(n, class, y, x)`."""
        with torch.inference_mode():
            inputs = torch.from_numpy(chips).to(self.torch_device, memory_format=torch.channels_last, non_blocking=True)
            found = self._of_legend(torch.softmax(run_network(self.network, inputs, self.precision), dim=1))
        probabilities: NDArray[np.float32] = found.cpu().numpy()
        return probabilities

    def start(
        self, numbers: NDArray[np.uint16], rows: slice, columns: slice, *, soft: bool
    ) -> Callable[[], ChipClasses]:
        """Begin with a chip; on a GPU its copies and its work are queued, on a CPU it is done here.

        Parameters
        ----------
        numbers : `(band, y, x)` as stored.
        rows, columns : the core of the chip, which is kept.
        soft : whether the probabilities are kept too.

        Returns
        -------
        What gives the classes of the core; it waits until they are there.

        """
        is_cuda = self.torch_device.type == "cuda"
        with torch.inference_mode():
            stored = torch.from_numpy(numbers.view(np.int16))  # old releases of PyTorch have no uint16
            stored = (stored.pin_memory() if is_cuda else stored).to(self.torch_device, non_blocking=is_cuda)
            found = self._classes(stored, rows, columns, soft=soft)
            if not is_cuda:
                return lambda: _chip_classes([layer.cpu().numpy() for layer in found])
            host = [torch.empty(layer.shape, dtype=layer.dtype, pin_memory=True) for layer in found]
            for target, layer in zip(host, found, strict=True):
                target.copy_(layer, non_blocking=True)
        done = torch.cuda.Event()  # type: ignore[no-untyped-call]  # stub
        done.record(torch.cuda.current_stream(self.torch_device))

        def wait() -> ChipClasses:
            done.synchronize()
            return _chip_classes([layer.numpy() for layer in host])

        return wait

    def _classes(self, stored: Tensor, rows: slice, columns: slice, *, soft: bool) -> list[Tensor]:
        """Code, confidence and second code of the core, and its probabilities where asked for, all in bytes."""
        scales = torch.tensor(self.scales, dtype=torch.float32, device=stored.device).view(-1, 1, 1)
        reflectance = stored.to(torch.int32).bitwise_and_(0xFFFF).to(torch.float32).div_(scales)
        chips = reflectance[None].contiguous(memory_format=torch.channels_last)
        logits = run_network(self.network, chips, self.precision)[:, :, rows, columns]
        probabilities = self._of_legend(torch.softmax(logits, dim=1))[0].contiguous()
        table = torch.tensor(self.codes, dtype=torch.uint8, device=stored.device)
        highest, best = probabilities.max(dim=0, keepdim=True)
        second = probabilities.scatter(0, best, -1.0).argmax(dim=0)
        layers = [table[best[0]], _scaled(highest[0]), table[second]]
        return [*layers, _scaled(probabilities)] if soft else layers

    def _of_legend(self, found: Tensor) -> Tensor:
        """The network's channels in the order of the legend, with zeros for classes that it does not know."""
        if self.places == tuple(range(len(self.codes))):
            return found
        probabilities = found.new_zeros((found.shape[0], len(self.codes), *found.shape[2:]))
        probabilities[:, list(self.places)] = found
        return probabilities

    def check(self, band_count: int) -> None:
        """Refuse a precision in which the device cannot compute, by trying it on a small chip.

        Parameters
        ----------
        band_count : of the input.

        Raises
        ------
        JobInvalid : where the device cannot compute in it, or numbers overflow.

        """
        chip = torch.from_numpy(benchmark_chip(_TRIAL_PX, band_count))[None]
        try:
            with torch.inference_mode():
                logits = run_network(
                    self.network, chip.to(self.torch_device, memory_format=torch.channels_last), self.precision
                )
        except (RuntimeError, NotImplementedError) as error:
            raise _not_possible(
                self, str(error).split("\n")[0], message("Choose the precision auto or fp32, or another device.")
            ) from error
        if not bool(torch.isfinite(logits).all()):
            raise _not_possible(self, message("Its numbers overflow."), message("Choose the precision auto or fp32."))


def _not_possible(network: TorchNetwork, why: str, next_step: str) -> JobInvalid:
    what = message(
        "The model cannot run in {precision} on {device}.", precision=network.precision, device=network.torch_device
    )
    return JobInvalid(what, why, next_step)


def _scaled(probabilities: Tensor) -> Tensor:
    return probabilities.mul(CONFIDENCE_SCALE).round_().to(torch.uint8)


def _chip_classes(layers: list[NDArray[np.uint8]]) -> ChipClasses:
    return ChipClasses(*layers)


def reduced_precisions(device: torch.device, *, cpu_has_bf16: bool) -> tuple[Precision, ...]:
    """What is worth measuring: sixteen bits on GPUs, and on CPUs that have them (others emulate, ten times slower)."""
    if device.type == "cuda":
        return ("fp16", "bf16") if torch.cuda.is_bf16_supported() else ("fp16",)
    return ("bf16",) if device.type == "cpu" and cpu_has_bf16 else ()


def set_threads(threads: int) -> None:
    """Let PyTorch compute with so many threads; 0 leaves its choice."""
    if threads > 0:
        torch.set_num_threads(threads)


def gpu_name(device: torch.device) -> str:
    """The GPU as PyTorch names it; empty for the processor."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return "" if device.type == "cpu" else device.type


def prepared_network(model: SavedNetwork, device: torch.device) -> nn.Module:
    """A network that was read, folded where it is a UNet, on its device and channels last."""
    folded = fold_batch_norms(model.network) if isinstance(model.network, UNet) else model.network
    return channels_last(folded, device)


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
