"""Weights of networks as numbers, read from model files and model folders without PyTorch and without running code.

Every number of a card and every shape is checked, since files may come from anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from ..core.bands import BAND_KEYS
from ..core.errors import ModelInvalid
from ..core.file_hash import file_hash
from ..core.json_input import parse_json, read_json
from ..core.legend import BUNDLED_LEGEND, LEGEND, Legend
from ..core.messages import message
from .architecture import Architecture
from .model_folder import UNET, ModelFolder, read_model_folder

FORMAT = "allpa-unet"
FORMAT_VERSION = 1
MODEL_NAME = "allpa_unet.safetensors"
_MAX_BYTES = 200_000_000
_MAX_CARD_BYTES = 1_000_000
_MAX_LEVELS, _MAX_WIDTH, _MAX_DEPTH, _MAX_CELL = 6, 1024, 8, 8
"""Largest network that is built: about ten times the bundled one in each number. A chip of more levels or of wider
layers would not fit into the memory of most machines."""
_COUNTER = "num_batches_tracked"

Array = NDArray[Any]


@dataclass(frozen=True)
class NetworkWeights:
    """A UNet as numbers, with what its file says."""

    architecture: Architecture
    arrays: Mapping[str, NDArray[np.float32]]
    """By the names of `Architecture.weight_shapes`, single precision, finite."""
    features: tuple[str, ...]
    """Bands of one scene, or features of a feature folder, in the order of the input."""
    legend: Legend
    classes: tuple[int, ...]
    """Codes by channel."""
    model_hash: str
    card: Mapping[str, Any]


def bundled_model_path() -> Path:
    """Path of the weights that come with Allpa: inside the installed package, or in the plugin's resources."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "models" / MODEL_NAME
    return installed if installed.is_file() else package.parents[1] / "resources" / "models" / MODEL_NAME


def read_file_weights(path: Path) -> NetworkWeights:
    """Read the weights of a model file.

    Parameters
    ----------
    path : of the safetensors file.

    Returns
    -------
    The weights, for the six bands and the bundled legend.

    Raises
    ------
    ModelInvalid : when the file is missing, damaged, or differs from its card.

    """
    if not path.is_file():
        raise ModelInvalid(message("There is no model file at {path}.", path=str(path)))
    if path.stat().st_size > _MAX_BYTES:
        raise ModelInvalid(message("{name} is too large for one of Allpa's models.", name=path.name))
    digest = file_hash(path)
    _check_hash(path, digest)
    try:
        with safe_open(path, framework="np") as stream:
            metadata = stream.metadata() or {}
            arrays = {name: stream.get_tensor(name) for name in stream.keys()}  # noqa: SIM118 - not a mapping
        card = parse_json(metadata.get("card", "{}"))
    except (SafetensorError, OSError, ValueError, TypeError, AttributeError) as error:
        raise ModelInvalid(message("{name} cannot be read as a model file.", name=path.name), str(error)) from error
    architecture = _file_architecture(path, card)
    weights = check_arrays(path.name, arrays, architecture.weight_shapes(len(BAND_KEYS), len(BUNDLED_LEGEND)))
    return NetworkWeights(architecture, weights, BAND_KEYS, BUNDLED_LEGEND, BUNDLED_LEGEND.codes, digest, card)


def read_folder_weights(path: str | Path) -> NetworkWeights | None:
    """Read the weights of a UNet in a model folder.

    Parameters
    ----------
    path : of the folder; it may come from anywhere.

    Returns
    -------
    The weights; None for a model of another kind.

    Raises
    ------
    ModelInvalid : where the folder is damaged, or its weights are not those of its structure.

    """
    folder = read_model_folder(path)
    return unet_weights(folder) if folder.kind == UNET else None


def unet_weights(folder: ModelFolder) -> NetworkWeights:
    """The weights of a folder whose kind is `unet`; raises ModelInvalid where they are not those of its structure."""
    architecture = read_architecture(folder.path, folder.card.get("structure"))
    shapes = architecture.weight_shapes(len(folder.features), len(folder.classes))
    arrays = check_arrays(folder.path.name, folder.read_arrays(), shapes)
    return NetworkWeights(
        architecture, arrays, folder.features, folder.legend, folder.classes, folder.model_hash, folder.card
    )


def check_arrays(
    name: str, arrays: Mapping[str, Array], shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, NDArray[np.float32]]:
    """The weights in single precision, without the counters of normalisations.

    Parameters
    ----------
    name : of the file or folder, for the sentence of an error.
    arrays : as they were read.
    shapes : that there must be, and no others.

    Returns
    -------
    float32 arrays by name.

    Raises
    ------
    ModelInvalid : where names or shapes are others, or numbers are not finite.

    """
    weights = {key: array for key, array in arrays.items() if array.ndim or not key.endswith(_COUNTER)}
    if {key: array.shape for key, array in weights.items()} != dict(shapes):
        raise ModelInvalid(
            message("{name} does not contain the network that its card describes.", name=name),
            message("Names or shapes of its weights are others."),
        )
    if not all(np.isfinite(array).all() for array in weights.values()):
        raise ModelInvalid(message("{name} contains numbers that are not finite.", name=name))
    return {key: np.ascontiguousarray(array, np.float32) for key, array in weights.items()}


def card_path(path: Path) -> Path:
    """Path of the readable card of a model file."""
    return path.with_suffix(".json")


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


def _file_architecture(path: Path, card: object) -> Architecture:
    """The architecture of a file's card, after every other check that the card allows."""
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        raise ModelInvalid(message("{name} is not a model of Allpa.", name=path.name))
    if card.get("format_version") != FORMAT_VERSION:
        raise ModelInvalid(message("{name} was written for another version of Allpa.", name=path.name))
    classes = card.get("classes")
    codes = {str(land_class.code) for land_class in LEGEND}
    if card.get("bands") != list(BAND_KEYS) or not isinstance(classes, dict) or set(classes) != codes:
        raise ModelInvalid(message("{name} was trained for other bands or classes.", name=path.name))
    return read_architecture(path, card.get("architecture"))


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
