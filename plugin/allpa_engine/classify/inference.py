"""Inference: a network by the back end and in the precision that are fastest here and give the same map.

PyTorch is imported only where it computes: a map can be made without it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.bands import BAND_BY_KEY
from ..core.errors import EngineMissing, JobInvalid
from ..core.messages import message
from .activation_ranges import ActivationRanges, read_ranges
from .back_end import AUTO, OPENVINO, TORCH, BackEnd, is_installed, library_version, may_have_gpu, usable_processors
from .classifier import Classifier
from .model_folder import is_model_folder
from .network_weights import NetworkWeights, bundled_model_path, read_file_weights, read_folder_weights
from .precision import (
    Precision,
    check_name,
    choice_key,
    choose_back_end,
    cpu_has_bf16,
    cpu_has_int8,
    cpu_name,
    option_name,
)

if TYPE_CHECKING:
    from torch import device as TorchDevice  # noqa: N812 - PyTorch's name is small
    from torch import nn

    from .network_folder import SavedNetwork

_WHOLE, _BRAIN, _BYTES = "fp32", "bf16", "int8"
_CPU = "cpu"
_LOG = logging.getLogger(__name__)

Builders = dict[str, Callable[[], BackEnd | None]]


def load_classifier(
    path: str | Path | None = None,
    device: str = AUTO,
    threads: int = 0,
    precision: str = AUTO,
    backend: str = AUTO,
) -> Classifier:
    """Load a network and choose how to run it.

    Parameters
    ----------
    path : model folder or model file; None takes the bundled weights.
    device : `auto` (a GPU where there is one), `cpu`, `cuda`, `cuda:1`, `mps` …
    threads : CPU threads; 0 leaves the library's choice.
    precision : `auto` takes the fastest that gives the same map on a test chip; `fp32`, `bf16`, `fp16` and `int8` are
        taken as they are, so that a map can be made again as it was.
    backend : `auto` takes the fastest that gives the same map where the precision is `auto` too, and otherwise PyTorch
        where it is installed, but OpenVINO for `int8`; `torch` and `openvino` are taken as they are.

    Returns
    -------
    The network on its device, ready to classify chips.

    Raises
    ------
    ModelInvalid : the file is missing, damaged or of another kind.
    JobInvalid : there is no such device or back end, or it cannot compute in that precision.
    EngineMissing : where the library that is needed is not installed.

    """
    if precision != AUTO:
        check_name(precision)
    source = _Source(path, read_weights(path), device, threads, precision)
    names = _possible_back_ends(source, backend)
    builders: Builders = {}
    if TORCH in names:
        builders |= _torch_builders(source)
    if OPENVINO in names:
        builders |= _openvino_builders(source, is_only=len(names) == 1)
    versions = [f"{name} {library_version(name)}" for name in names]
    machine = source.machine if names == (TORCH,) else cpu_name()
    key = choice_key(source.model_hash, machine, versions, threads or usable_processors(), f"{device} {precision}")
    back_end = choose_back_end(key, builders, source.scales)
    _LOG.info("network %s by %s", source.model_hash[:12], option_name(back_end))
    return source.classifier(back_end)


def read_weights(path: str | Path | None = None) -> NetworkWeights | None:
    """The weights of a UNet as numbers; None for a network of another kind, which PyTorch alone can build."""
    if path and is_model_folder(path):
        return read_folder_weights(path)
    return read_file_weights(Path(path) if path else bundled_model_path())


@dataclass(frozen=True)
class _Source:
    """What a network is loaded from; PyTorch is imported by what needs it alone."""

    path: str | Path | None
    weights: NetworkWeights | None
    """None where PyTorch alone can build the network."""
    device: str
    threads: int
    asked: Precision

    @cached_property
    def saved(self) -> SavedNetwork:
        """The network of PyTorch as it was trained."""
        from .torch_network import load_network

        return load_network(self.path)

    @cached_property
    def torch_device(self) -> TorchDevice:
        """Where PyTorch computes."""
        from .torch_network import find_device

        return find_device(self.device)

    @cached_property
    def network(self) -> nn.Module:
        """The network of PyTorch, prepared on its device."""
        from .torch_network import prepared_network

        return prepared_network(self.saved, self.torch_device)

    @cached_property
    def machine(self) -> str:
        """The processor or GPU by which a choice is remembered."""
        from .torch_network import gpu_name

        return gpu_name(self.torch_device) or cpu_name()

    @property
    def _facts(self) -> NetworkWeights | SavedNetwork:
        return self.saved if self.weights is None else self.weights

    @property
    def model_hash(self) -> str:
        return self._facts.model_hash

    @cached_property
    def ranges(self) -> ActivationRanges | None:
        """Of a model file, where they were measured for its weights."""
        if self.weights is None or (self.path and is_model_folder(self.path)):
            return None
        path = Path(self.path) if self.path else bundled_model_path()
        return read_ranges(path, self.weights.model_hash, self.weights.architecture)

    @property
    def scales(self) -> tuple[float, ...]:
        """Stored numbers per unit of each input; 1 for what is no band of a scene."""
        return tuple(
            float(BAND_BY_KEY[name].numbers_per_unit) if name in BAND_BY_KEY else 1.0 for name in self._facts.features
        )

    def classifier(self, back_end: BackEnd) -> Classifier:
        """The network by this back end."""
        facts = self._facts
        structure = self.saved.network.architecture if self.weights is None else self.weights.architecture
        return Classifier(
            facts.model_hash,
            structure.stride,
            structure.margin,
            back_end,
            structure.core_margins,
            facts.features,
            facts.legend,
            facts.classes,
        )


def _possible_back_ends(source: _Source, backend: str) -> tuple[str, ...]:
    """The back ends that are to be compared, the reference first.

    Raises
    ------
    EngineMissing : where the library that is needed is not installed.
    JobInvalid : where the back end cannot do what is asked.

    """
    fits = (
        source.weights is not None and source.device in (AUTO, _CPU) and source.asked in (AUTO, _WHOLE, _BRAIN, _BYTES)
    )
    has_openvino, has_torch = is_installed(OPENVINO), is_installed(TORCH)
    if source.asked == _BYTES:
        _check_bytes(source, backend, fits=fits)
        backend = OPENVINO
    if backend == OPENVINO or (backend == AUTO and not has_torch and fits):
        if not has_openvino:
            raise _missing("OpenVINO" if backend == OPENVINO else "PyTorch")
        if not fits:
            raise JobInvalid(
                message("OpenVINO cannot do what the job asks for."),
                message("It computes networks of the kind unet on the processor, in fp32, bf16 or int8."),
                message("Choose the back end auto or torch."),
            )
        return (OPENVINO,)
    if not has_torch:
        raise _missing("PyTorch")
    if backend == TORCH or not fits or not has_openvino or source.asked != AUTO:
        return (TORCH,)
    if source.device == AUTO and may_have_gpu() and source.torch_device.type != _CPU:
        return (TORCH,)
    return (TORCH, OPENVINO)


def _check_bytes(source: _Source, backend: str, *, fits: bool) -> None:
    """Refuse int8 where it cannot be computed."""
    if backend == TORCH or not fits:
        why = message("Only OpenVINO computes in it, networks of the kind unet on the processor.")
    elif source.ranges is None:
        why = message("The ranges of its activations were not measured; they are for the bundled model.")
    elif not cpu_has_int8():
        why = message("This processor lacks the instructions for it, AVX-512 VNNI or AVX VNNI.")
    else:
        return
    raise JobInvalid(
        message("The model cannot be computed in int8."), why, message("Choose the precision auto or fp32.")
    )


def _missing(library: str) -> EngineMissing:
    return EngineMissing(
        message("{library} is not installed in the engine, and this job needs it.", library=library),
        next_step=message("Install the engine again with this part, or choose another back end or model."),
    )


def _torch_builders(source: _Source) -> Builders:
    """PyTorch in every precision that comes into question."""
    if source.asked != AUTO:
        precisions: tuple[Precision, ...] = (source.asked,)
    elif source.device == _CPU or not may_have_gpu():
        precisions = (_WHOLE, _BRAIN) if cpu_has_bf16() else (_WHOLE,)
    else:
        from .torch_network import reduced_precisions

        precisions = (_WHOLE, *reduced_precisions(source.torch_device, cpu_has_bf16=cpu_has_bf16()))
    return {f"{TORCH} {precision}": partial(_build_torch, source, precision) for precision in precisions}


def _build_torch(source: _Source, precision: Precision) -> BackEnd:
    from .torch_network import TorchNetwork, set_threads

    set_threads(source.threads)
    saved = source.saved
    places = tuple(saved.legend.codes.index(code) for code in saved.classes)
    network = TorchNetwork(source.network, source.torch_device, precision, saved.legend.codes, places, source.scales)
    if source.asked != AUTO:
        network.check(len(saved.features))
    return network


def _openvino_builders(source: _Source, *, is_only: bool) -> Builders:
    """OpenVINO in the precisions that the processor has."""
    asked = source.asked
    precisions: tuple[Precision, ...] = (asked,)
    if asked == AUTO:
        precisions = (
            _WHOLE,
            *((_BRAIN,) if cpu_has_bf16() else ()),
            *((_BYTES,) if source.ranges and cpu_has_int8() else ()),
        )
    return {
        f"{OPENVINO} {precision}": partial(_build_openvino, source, precision, is_only=is_only)
        for precision in precisions
    }


def _build_openvino(source: _Source, precision: Precision, *, is_only: bool) -> BackEnd | None:
    """The network of OpenVINO; None where it cannot be used and PyTorch can."""
    if source.weights is None:
        return None
    try:
        from .openvino_network import OpenvinoNetwork

        ranges = source.ranges if precision == _BYTES else None
        network = OpenvinoNetwork(source.weights, precision, source.scales, source.threads, ranges)
        network.check()
    except (ImportError, OSError, RuntimeError) as error:
        reason = str(error).strip().split("\n")[0][:300]
        if is_only:
            raise JobInvalid(
                message("OpenVINO cannot compute the model on this machine."),
                reason,
                message("Choose the back end torch, or the precision fp32."),
            ) from error
        _LOG.warning("OpenVINO is not used: %s", reason)
        return None
    return network
