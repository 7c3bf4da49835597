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
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from ..core.atomic import atomic_write, write_json
from ..core.bands import BAND_KEYS
from ..core.errors import ModelInvalid
from ..core.file_hash import file_hash
from ..core.json_input import parse_json, read_json
from ..core.legend import LEGEND
from ..core.messages import message
from .unet import Architecture, UNet

FORMAT = "allpa-unet"
FORMAT_VERSION = 1
_MAX_BYTES = 200_000_000
_MAX_CARD_BYTES = 1_000_000
_MAX_LEVELS, _MAX_WIDTH, _MAX_DEPTH, _MAX_CELL = 6, 1024, 8, 8
"""Largest network that is built: about ten times the bundled one in each number. A chip of more levels or of wider
layers would not fit into the memory of most machines."""

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


def card_path(path: Path) -> Path:
    """Path of the readable card of a model file."""
    return path.with_suffix(".json")


def load_model(path: Path) -> ModelFile:
    """Read a network; raises ModelInvalid when the file is missing, damaged, or differs from its card."""
    if not path.is_file():
        raise ModelInvalid(message("There is no model file at {path}.", path=str(path)))
    if path.stat().st_size > _MAX_BYTES:
        raise ModelInvalid(message("{name} is too large for one of Allpa's models.", name=path.name))
    digest = file_hash(path)
    _check_hash(path, digest)
    try:
        with safe_open(path, framework="pt") as stream:
            metadata = stream.metadata() or {}
            tensors = {name: stream.get_tensor(name) for name in stream.keys()}  # noqa: SIM118 - not a mapping
        card = parse_json(metadata.get("card", "{}"))
    except (SafetensorError, OSError, ValueError) as error:
        raise ModelInvalid(message("{name} cannot be read as a model file.", name=path.name), str(error)) from error
    return ModelFile(_build_network(path, card, tensors), card, digest)


def _check_hash(path: Path, digest: str) -> None:
    card_file = card_path(path)
    if not card_file.is_file():
        return
    try:
        expected = read_json(card_file, _MAX_CARD_BYTES).get("digest", digest).removeprefix("sha256:")
    except (ValueError, AttributeError) as error:
        raise ModelInvalid(
            message("The card {name} beside the model cannot be read.", name=card_file.name), str(error)
        ) from error
    if expected != digest:
        raise ModelInvalid(
            message("{name} is damaged or was replaced.", name=path.name),
            message("Its hash is not the one on its card."),
        )


def _build_network(path: Path, card: ModelCard, tensors: dict[str, torch.Tensor]) -> UNet:
    """The network with its weights, after every check that the card allows."""
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        raise ModelInvalid(message("{name} is not a model of Allpa.", name=path.name))
    if card.get("format_version") != FORMAT_VERSION:
        raise ModelInvalid(message("{name} was written for another version of Allpa.", name=path.name))
    classes = card.get("classes")
    codes = {str(land_class.code) for land_class in LEGEND}
    if card.get("bands") != list(BAND_KEYS) or not isinstance(classes, dict) or set(classes) != codes:
        raise ModelInvalid(message("{name} was trained for other bands or classes.", name=path.name))
    architecture = read_architecture(path, card.get("architecture"))
    with torch.device("meta"):  # shapes alone, without memory
        shapes = {name: value.shape for name, value in UNet(architecture).state_dict().items()}
    if shapes != {name: value.shape for name, value in tensors.items()}:
        raise ModelInvalid(message("{name} does not contain the network that its card describes.", name=path.name))
    try:
        network = UNet(architecture)
        network.load_state_dict(
            {name: value.float() if value.is_floating_point() else value for name, value in tensors.items()}
        )
    except RuntimeError as error:
        raise ModelInvalid(
            message("{name} does not contain the network that its card describes.", name=path.name), str(error)
        ) from error
    if not all(torch.isfinite(value).all() for value in network.state_dict().values()):
        raise ModelInvalid(message("{name} contains numbers that are not finite.", name=path.name))
    return network.eval().requires_grad_(requires_grad=False)


def read_architecture(path: Path, values: object) -> Architecture:
    """The architecture on a card, with every number checked: the network is built of them.

    Parameters
    ----------
    path : of the model, for the sentence of an error.
    values : JSON value of the card.

    Returns
    -------
    The architecture, at most about ten times the bundled one in each number.

    Raises
    ------
    ModelInvalid : for anything else.

    """
    if not isinstance(values, dict) or set(values) - {"cell"} != {"full_width", "widths", "depths"}:
        raise ModelInvalid(
            message("The card of {name} does not describe a network.", name=path.name),
            message("Its architecture is {values}.", values=f"{values!r:.200}"),
        )
    levels = {name: values[name] for name in ("widths", "depths")}
    for name, level in levels.items():
        if not isinstance(level, list) or not 1 <= len(level) <= _MAX_LEVELS:
            raise ModelInvalid(
                message("The card of {name} has impossible {key}.", name=path.name, key=name),
                message("1 to {maximum} numbers are allowed: {level}.", maximum=_MAX_LEVELS, level=f"{level!r:.200}"),
            )
    if len(levels["widths"]) != len(levels["depths"]):
        raise ModelInvalid(message("The card of {name} has not as many depths as widths.", name=path.name))
    cell = values.get("cell", 1)
    for name, number, maximum in (
        ("full_width", values["full_width"], _MAX_WIDTH),
        *(("widths", width, _MAX_WIDTH) for width in levels["widths"]),
        *(("depths", depth, _MAX_DEPTH) for depth in levels["depths"]),
        ("cell", cell, _MAX_CELL),
    ):
        if type(number) is not int or not 1 <= number <= maximum:
            raise ModelInvalid(
                message("The card of {name} has impossible {key}.", name=path.name, key=name),
                message("1 to {maximum} is allowed, not {number}.", maximum=maximum, number=f"{number!r:.50}"),
            )
    return Architecture(values["full_width"], tuple(levels["widths"]), tuple(levels["depths"]), cell)
