"""Model files: the weights with their card in one safetensors file, read without running any code from it.

A safetensors file is a length, a JSON header and raw numbers; the card (architecture, bands, scaling, classes, training
data, metrics) is in the header, and also beside the file as readable JSON with the file's hash.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from ..core.atomic import atomic_write, write_json
from ..core.bands import BAND_KEYS
from ..core.file_hash import file_hash
from ..core.json_input import read_json
from ..core.legend import LEGEND
from .architecture import Architecture
from .network_weights import FORMAT, FORMAT_VERSION, NetworkWeights, card_path, read_file_weights
from .unet import UNet

ModelCard = dict[str, Any]


@dataclass(frozen=True)
class ModelFile:
    """A network read from a file."""

    network: UNet
    """In evaluation mode, float32."""
    card: ModelCard
    """The card in the file."""
    sha256: str
    """Of the file's bytes, hex."""


def save_model(path: Path, network: UNet, card: ModelCard) -> str:
    """Write the weights in half precision with the card inside, and the card with the hash beside it as JSON.

    Numbers that half precision cannot hold well (the statistics of normalisation and of the input) stay in single
    precision.

    Parameters
    ----------
    path : of the safetensors file; both files are written whole or not at all.
    network : on any device.
    card : facts such as training data and metrics, JSON values; architecture, bands and classes are added.

    Returns
    -------
    SHA-256 of the file, hex.

    Raises
    ------
    DiskFull, FolderNotWritable : where a file cannot be written.

    """
    full = {**architecture_card(network.architecture), **card}
    tensors = {}
    for name, value in network.state_dict().items():
        narrow = value.dtype == torch.float32 and value.ndim == 4 and not name.startswith("input.")
        tensors[name] = (value.half() if narrow else value).cpu().contiguous()
    with atomic_write(path) as temporary_path:
        save_file(tensors, temporary_path, metadata={"format": FORMAT, "card": json.dumps(full, sort_keys=True)})
        temporary_path.chmod(0o644)
        digest = file_hash(temporary_path)
    write_json(card_path(path), {**full, "digest": f"sha256:{digest}", "bytes": path.stat().st_size})
    return digest


def architecture_card(architecture: Architecture) -> ModelCard:
    """The part of a card that a network cannot be loaded without."""
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "architecture": architecture.to_dict(),
        "bands": list(BAND_KEYS),
        "input": "Sentinel-2 L2A surface reflectance 0..1, (band, y, x) float32; 0 in all bands = no data",
        "output": "logits, channel k for class code k + 1; softmax gives probabilities",
        "classes": {str(land_class.code): land_class.name for land_class in LEGEND},
    }


def extend_card(path: Path, values: ModelCard) -> None:
    """Add values, such as the metrics of an evaluation, to the readable card beside a model file.

    The card inside the file stays as it is, and so does the file's hash.

    Parameters
    ----------
    path : of the model file.
    values : JSON values by name; those of the same name are replaced.

    Raises
    ------
    ValueError : where the card cannot be read.
    DiskFull, FolderNotWritable : where it cannot be written.

    """
    card = read_json(card_path(path))
    write_json(card_path(path), {**card, **values})


def load_model(path: Path) -> ModelFile:
    """Read a network; raises ModelInvalid when the file is missing, damaged, or differs from its card."""
    weights = read_file_weights(path)
    return ModelFile(build_unet(weights), dict(weights.card), weights.model_hash)


def build_unet(weights: NetworkWeights) -> UNet:
    """The network of PyTorch with these weights, in evaluation mode."""
    network = UNet(weights.architecture, len(weights.features), len(weights.classes))
    counters = {name: value for name, value in network.state_dict().items() if not value.ndim}
    network.load_state_dict({**counters, **{key: torch.from_numpy(array) for key, array in weights.arrays.items()}})
    return network.eval().requires_grad_(requires_grad=False)
