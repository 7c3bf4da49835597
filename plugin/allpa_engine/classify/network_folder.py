"""Networks in model folders: of the kinds `unet` and `encoder`, with any bands and classes.

The card says how the network is built (`structure`), what it reads (`features`) and gives (`classes`); every number of
it is checked before anything is built, since a folder may come from anywhere. Weights are read as numbers alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ..core.errors import ModelInvalid
from ..core.legend import Legend
from ..core.messages import message
from .encoder_network import MAX_CHANNELS, MAX_MARGIN_PX, EncoderNetwork, EncoderStructure
from .model_file import build_unet
from .model_folder import (
    ENCODER,
    NETWORK_KINDS,
    UNET,
    ModelFolder,
    read_model_folder,
    write_model_folder,
)
from .network_weights import check_arrays, unet_weights
from .unet import UNet

Network = UNet | EncoderNetwork
"""Both have `input`, `features`, `head` and `architecture` with `stride` and `margin`."""
INPUT_TEXT = "surface reflectance 0..1 as log(1 + 50 r), minus the mean, divided by the deviation; 0 = no data"
_DECODER_LEVELS = 5


@dataclass(frozen=True)
class SavedNetwork:
    """A network that was read, with what its folder says."""

    network: Network
    """In evaluation mode, float32, on the CPU."""
    features: tuple[str, ...]
    """Bands of one scene, or features of a feature folder."""
    legend: Legend
    classes: tuple[int, ...]
    """Codes by channel."""
    model_hash: str
    card: Mapping[str, Any]


def write_network_folder(
    path: Path,
    network: Network,
    features: tuple[str, ...],
    legend: Legend,
    classes: tuple[int, ...],
    facts: Mapping[str, Any],
    *,
    scope: str,
) -> ModelFolder:
    """Write a network as a model folder.

    Parameters
    ----------
    path : of the folder; a model that is there is replaced.
    network : on any device; its weights are kept in single precision.
    features : what it reads, in the order of its input.
    legend : of the classes.
    classes : codes by channel, each in the legend.
    facts : further JSON values of the card: `training`, `metrics`, `licence` and others.
    scope : `scene` where it reads bands of one scene, or `features`.

    Returns
    -------
    The folder, read back and checked.

    Raises
    ------
    DiskFull, FolderNotWritable : where a file cannot be written.

    Notes
    -----
    Single numbers, which are the counters of normalisation layers, are not written: no answer depends on them.

    """
    card = {
        **facts,
        "kind": UNET if isinstance(network, UNet) else ENCODER,
        "scope": scope,
        "features": list(features),
        "legend": legend.to_dict(),
        "classes": list(classes),
        "structure": network.architecture.to_dict(),
        "scaling": {"input": INPUT_TEXT},
        "output": "logits by channel, in the order of 'classes'; softmax gives probabilities",
    }
    arrays = {name: value.detach().cpu().numpy() for name, value in network.state_dict().items() if value.ndim}
    return write_model_folder(path, card, arrays)


def read_network_folder(path: str | Path) -> SavedNetwork:
    """Read a network of a model folder.

    Parameters
    ----------
    path : of the folder; it may come from anywhere.

    Returns
    -------
    The network with its features and classes.

    Raises
    ------
    ModelInvalid : where the folder is damaged, is of another kind, or its weights are not those of its structure.
    PartsMissing : where the network needs a package that is not installed.

    """
    folder = read_model_folder(path)
    if folder.kind not in NETWORK_KINDS:
        raise ModelInvalid(
            message("{name} contains no network.", name=folder.path.name),
            message("It is of the kind {kind}.", kind=folder.kind),
            message("Choose a model folder of the kind unet or encoder."),
        )
    network = build_unet(unet_weights(folder)) if folder.kind == UNET else _load_encoder(folder)
    return SavedNetwork(network, folder.features, folder.legend, folder.classes, folder.model_hash, folder.card)


def _encoder_structure(path: Path, values: object) -> EncoderStructure:
    if not isinstance(values, dict) or set(values) != {"encoder", "decoder_channels", "margin"}:
        raise _other_structure(path, message("Its structure is {values}.", values=f"{values!r:.200}"))
    name, channels, margin = values["encoder"], values["decoder_channels"], values["margin"]
    if not isinstance(name, str) or not isinstance(channels, list) or len(channels) != _DECODER_LEVELS:
        raise _other_structure(path, message("Its structure is {values}.", values=f"{values!r:.200}"))
    for number, maximum in (*((channel, MAX_CHANNELS) for channel in channels), (margin, MAX_MARGIN_PX)):
        if type(number) is not int or not 1 <= number <= maximum:
            raise _other_structure(
                path, message("1 to {maximum} is allowed, not {number}.", maximum=maximum, number=f"{number!r:.50}")
            )
    return EncoderStructure(name, tuple(channels), margin)


def _load_encoder(folder: ModelFolder) -> EncoderNetwork:
    """The network of a card whose every number is checked."""
    structure = _encoder_structure(folder.path, folder.card.get("structure"))
    network = EncoderNetwork(structure, len(folder.features), len(folder.classes))
    values = network.state_dict()
    shapes = {name: tuple(value.shape) for name, value in values.items() if value.ndim}
    arrays = check_arrays(folder.path.name, folder.read_arrays(), shapes)
    try:
        counters = {name: value for name, value in values.items() if not value.ndim}
        network.load_state_dict({**counters, **{name: torch.from_numpy(array) for name, array in arrays.items()}})
    except (RuntimeError, TypeError) as error:
        raise _other_structure(folder.path, str(error)[:300]) from error
    return network.eval().requires_grad_(requires_grad=False)


def _other_structure(path: Path, reason: str) -> ModelInvalid:
    return ModelInvalid(message("{name} does not contain the network that its card describes.", name=path.name), reason)
