"""Ranges of a network's activations, between which they are rounded to eight bits; a small file beside the weights.

They are measured on chips once for each set of weights (`training.ranges`) and hold for no others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..core.atomic import write_json
from ..core.errors import ModelInvalid
from ..core.file_hash import file_hash
from ..core.json_input import read_json
from ..core.messages import message
from .architecture import Architecture

FORMAT, FORMAT_VERSION = "allpa-activation-ranges", 1
_MAX_BYTES = 100_000
_LARGEST = 1e6
"""Far above any activation of a network that was trained."""


@dataclass(frozen=True)
class ActivationRanges:
    """Up to where activations are kept in eight bits; the lowest is 0, since they come from ReLU."""

    highest: Mapping[str, float]
    """By `Architecture.block_names`; higher activations become this one."""
    sha256: str
    """Of the file, hex: the map's classes depend on it."""


def ranges_path(model: Path) -> Path:
    """Path of the ranges of a model file, `allpa_unet.int8.json` beside `allpa_unet.safetensors`."""
    return model.with_suffix(".int8.json")


def write_ranges(
    model: Path, model_hash: str, highest: Mapping[str, float], measured: Mapping[str, object]
) -> ActivationRanges:
    """Write the ranges beside a model file.

    Parameters
    ----------
    model : path of the safetensors file.
    model_hash : SHA-256 of its bytes, hex.
    highest : by `Architecture.block_names`.
    measured : on what and how, JSON values.

    Returns
    -------
    The ranges as they will be read.

    Raises
    ------
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    path = ranges_path(model)
    head = {"format": FORMAT, "format_version": FORMAT_VERSION, "model": f"sha256:{model_hash}"}
    write_json(path, {**head, "highest": dict(highest), "measured": dict(measured)})
    return ActivationRanges(dict(highest), file_hash(path))


def read_ranges(model: Path, model_hash: str, architecture: Architecture) -> ActivationRanges | None:
    """Read the ranges beside a model file.

    Parameters
    ----------
    model : path of the safetensors file.
    model_hash : SHA-256 of its bytes, hex.
    architecture : of the network.

    Returns
    -------
    The ranges; None where there are none, or where they were measured for other weights.

    Raises
    ------
    ModelInvalid : where the file is damaged.

    """
    path = ranges_path(model)
    if not path.is_file():
        return None
    try:
        values = read_json(path, _MAX_BYTES)
    except ValueError as error:
        raise _invalid(path, str(error)) from error
    if not isinstance(values, dict) or values.get("format") != FORMAT or values.get("format_version") != FORMAT_VERSION:
        raise _invalid(path)
    if values.get("model") != f"sha256:{model_hash}":
        return None
    highest = values.get("highest")
    if not isinstance(highest, dict) or set(highest) != set(architecture.block_names):
        raise _invalid(path)
    if not all(_is_range(value) for value in highest.values()):
        raise _invalid(path)
    return ActivationRanges({name: float(value) for name, value in highest.items()}, file_hash(path))


def _is_range(value: object) -> bool:
    return type(value) in (int, float) and 0 < value <= _LARGEST  # type: ignore[operator]


def _invalid(path: Path, why: str | None = None) -> ModelInvalid:
    return ModelInvalid(
        message("{name} is no file of activation ranges of Allpa.", name=path.name),
        why or message("It is damaged or was written for another version of Allpa."),
        message("Delete it or install Allpa again: without it the model cannot be computed in int8."),
    )
