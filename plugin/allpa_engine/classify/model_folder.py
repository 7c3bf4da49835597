"""Model folders: a trained model as numbers with a card beside them, read without running any code.

`model.json` is the card: what the model reads, which classes it gives, what it learnt from and how good it is.
`weights.safetensors` has the numbers alone (of networks the weights, of forests the trees as arrays). Pictures and
tables may lie beside them; nothing of these is read again. The kinds of models have modules of their own, which check
the arrays.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from ..core.atomic import atomic_write, write_json
from ..core.errors import AllpaError, ModelInvalid
from ..core.file_hash import file_hash
from ..core.geojson import is_finite_number
from ..core.json_input import read_json
from ..core.legend import Legend
from ..core.messages import message, text_of

FORMAT = "allpa-model"
FORMAT_VERSION = 1
CARD_NAME = "model.json"
WEIGHTS_NAME = "weights.safetensors"
UNET, ENCODER = "unet", "encoder"
FOREST, GRADIENT_BOOSTING, MLP = "forest", "gradient_boosting", "mlp"
NETWORK_KINDS = (UNET, ENCODER)
"""Kinds that see a pixel's surroundings; they read the bands of a scene."""
FEATURE_KINDS = (FOREST, GRADIENT_BOOSTING, MLP)
"""Kinds that see one pixel's features alone."""
KINDS = (*NETWORK_KINDS, *FEATURE_KINDS)
SCENE, FEATURES = "scene", "features"
SCOPES = (SCENE, FEATURES)
"""Whether a model classifies every scene by its bands, or a folder of features once."""
MAX_FEATURES = 500
_MAX_CARD_BYTES = 4_000_000
_MAX_WEIGHT_BYTES = 2_000_000_000
_MAX_ARRAYS = 20_000
_FEATURE = re.compile(r"[^\x00-\x1f\x7f]{1,100}")
_DECISIVE = ("kind", "scope", "features", "classes", "scaling", "structure", "sha256")
"""Keys of the card that the classes of a map depend on."""

ModelCard = dict[str, Any]
Array = NDArray[Any]


@dataclass(frozen=True)
class ModelFolder:
    """A model folder whose card was checked."""

    path: Path
    card: ModelCard
    """All of the card, JSON values; further keys than those below are free."""
    kind: str
    """One of `KINDS`."""
    scope: str
    """`scene`: the features are bands, and indices of them, of one scene. `features`: those of a feature folder."""
    features: tuple[str, ...]
    """Names in the order of the model's input."""
    legend: Legend
    classes: tuple[int, ...]
    """Codes by channel of the model's output; every one is in the legend, which may have more."""

    @property
    def weights_path(self) -> Path:
        """The file of the numbers; its hash was compared with the card's."""
        return self.path / WEIGHTS_NAME

    @property
    def model_hash(self) -> str:
        """SHA-256, hex, of all that a map's classes depend on: the weights, and the card without its descriptions."""
        decisive = {key: self.card[key] for key in _DECISIVE if key in self.card}
        return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()

    def read_arrays(self) -> dict[str, Array]:
        """The numbers by name; which arrays there must be, and what is in them, is for the kind's reader to check.

        Raises
        ------
        ModelInvalid : where the file is no safetensors file, or has types that NumPy does not have.

        """
        try:
            with safe_open(self.weights_path, framework="np") as stream:
                names = list(stream.keys())
                if len(names) > _MAX_ARRAYS:
                    raise _invalid(self.path, message("It has {count:,} arrays.", count=len(names)))
                return {name: stream.get_tensor(name) for name in names}
        except (SafetensorError, OSError, ValueError, TypeError, AttributeError) as error:
            raise _invalid(self.path, message("{file}: {error}", file=WEIGHTS_NAME, error=text_of(error))) from error


def is_model_folder(path: str | Path) -> bool:
    """Whether a path is a folder with a card, whatever the card says."""
    return (Path(path) / CARD_NAME).is_file()


def write_model_folder(path: Path, card: Mapping[str, Any], arrays: Mapping[str, Array]) -> ModelFolder:
    """Write weights and card; the card comes last, so that a folder without one is no model.

    Parameters
    ----------
    path : of the folder, which is made; a model that is there is replaced.
    card : JSON values: `kind`, `scope`, `features` (names), `legend` (`Legend.to_dict()`), where the model gives not
        all classes of the legend `classes` (codes by channel), and the descriptions `scaling`, `structure`, `training`,
        `metrics` and `licence`. Format, version and the hash are added.
    arrays : the numbers by name, of any type that safetensors has.

    Returns
    -------
    The folder, read back and checked.

    Raises
    ------
    ModelInvalid : where the card lacks something.
    DiskFull, FolderNotWritable : where a file cannot be written.

    """
    with atomic_write(path / WEIGHTS_NAME) as temporary_path:
        save_file({name: np.asarray(array, order="C") for name, array in arrays.items()}, temporary_path)
        temporary_path.chmod(0o644)
        digest = file_hash(temporary_path)
    head = {"format": FORMAT, "version": FORMAT_VERSION}
    write_json(path / CARD_NAME, {**head, **card, "weights": WEIGHTS_NAME, "sha256": digest})
    return read_model_folder(path)


def extend_card(path: Path, values: Mapping[str, Any]) -> None:
    """Add descriptions, such as the metrics of a later test, to a card; the weights stay.

    Parameters
    ----------
    path : of the model folder.
    values : JSON values by name; those of the same name are replaced.

    Raises
    ------
    ModelInvalid : where the folder is no model.
    DiskFull, FolderNotWritable : where the card cannot be written.

    """
    write_json(path / CARD_NAME, {**read_model_folder(path).card, **values})


def read_model_folder(path: str | Path) -> ModelFolder:
    """Read and check the card of a model folder, and compare the hash of the weights.

    Parameters
    ----------
    path : of the folder; it may come from anywhere.

    Returns
    -------
    The folder; its arrays are read by `ModelFolder.read_arrays`.

    Raises
    ------
    ModelInvalid : where it is no model folder, is damaged, or was written for a later version.

    """
    folder = Path(path)
    if not is_model_folder(folder):
        raise ModelInvalid(
            message("{folder} is not a model folder.", folder=folder), message("It contains no {file}.", file=CARD_NAME)
        )
    try:
        card = read_json(folder / CARD_NAME, _MAX_CARD_BYTES)
    except ValueError as error:
        raise _invalid(folder, message("{file}: {error}", file=CARD_NAME, error=text_of(error))) from error
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        raise ModelInvalid(
            message("{name} is not a model of Allpa.", name=folder.name),
            message("{file} has another format.", file=CARD_NAME),
        )
    if card.get("version") != FORMAT_VERSION:
        raise ModelInvalid(message("{name} was written for another version of Allpa.", name=folder.name))
    kind, scope = (_choice(folder, card, key, choices) for key, choices in (("kind", KINDS), ("scope", SCOPES)))
    features, legend = _features(folder, card.get("features")), _legend(folder, card.get("legend"))
    classes = _classes(folder, card.get("classes", list(legend.codes)), legend)
    _check_weights(folder, card)
    return ModelFolder(folder, card, kind, scope, features, legend, classes)


def check_array(array: Array | None, name: str, dtype: str, shape: tuple[int | None, ...], folder: Path) -> Array:
    """Check type, shape and finiteness of an array of a model that may come from anywhere.

    Parameters
    ----------
    array : as it was read; None where the file has none of the name.
    name : for the sentence of an error.
    dtype : NumPy's name of its type.
    shape : length of each axis; None takes any.
    folder : of the model.

    Returns
    -------
    The array.

    Raises
    ------
    ModelInvalid : where it is missing or is something else.

    """
    if array is None:
        raise _invalid(folder, message("The array {name} is missing.", name=name))
    fits = array.ndim == len(shape) and all(
        wanted in (None, length) for wanted, length in zip(shape, array.shape, strict=True)
    )
    if array.dtype != np.dtype(dtype) or not fits:
        wanted_shape = " x ".join("any" if length is None else str(length) for length in shape)
        raise _invalid(
            folder,
            message(
                "The array {name} is {found} of shape {found_shape}, not {wanted} of {wanted_shape}.",
                name=name,
                found=array.dtype,
                found_shape=array.shape,
                wanted=dtype,
                wanted_shape=wanted_shape,
            ),
        )
    if np.issubdtype(array.dtype, np.floating) and not np.isfinite(array).all():
        raise _invalid(folder, message("The array {name} contains numbers that are not finite.", name=name))
    return array


def _invalid(folder: Path, reason: str) -> ModelInvalid:
    return ModelInvalid(
        message("The model folder {name} is damaged.", name=folder.name),
        reason,
        message("Copy the whole folder again, or train the model again."),
    )


def _choice(folder: Path, card: ModelCard, key: str, choices: tuple[str, ...]) -> str:
    value = card.get(key)
    if value not in choices or not isinstance(value, str):
        raise _invalid(
            folder,
            message(
                "The {key} on its card must be one of {choices}, not {value}.",
                key=key,
                choices=", ".join(choices),
                value=f"{value!r:.60}",
            ),
        )
    return value


def _features(folder: Path, names: object) -> tuple[str, ...]:
    if not isinstance(names, list) or not 1 <= len(names) <= MAX_FEATURES:
        raise _invalid(
            folder, message("The features on its card must be a list of 1 to {maximum} names.", maximum=MAX_FEATURES)
        )
    for name in names:
        if not isinstance(name, str) or not _FEATURE.fullmatch(name):
            raise _invalid(folder, message("The card has a feature that is no name: {name}.", name=f"{name!r:.60}"))
    if len(set(names)) < len(names):
        raise _invalid(folder, message("The card names a feature twice."))
    return tuple(names)


def _legend(folder: Path, values: object) -> Legend:
    if not isinstance(values, dict):
        raise _invalid(folder, message("The card has no legend."))
    try:
        return Legend.from_dict(values)
    except AllpaError as error:
        raise _invalid(folder, message("{what} {why}", what=error.what, why=error.why)) from error


def _classes(folder: Path, codes: object, legend: Legend) -> tuple[int, ...]:
    known = set(legend.codes)
    if not isinstance(codes, list) or not codes or any(type(code) is not int or code not in known for code in codes):
        raise _invalid(folder, message("The classes on its card are not codes of its legend."))
    if len(set(codes)) < len(codes):
        raise _invalid(folder, message("The card names a class twice."))
    return tuple(codes)


def _check_weights(folder: Path, card: ModelCard) -> None:
    """Compare the weights with the card; the name is fixed, so that a card cannot point to another file."""
    path = folder / WEIGHTS_NAME
    if card.get("weights") != WEIGHTS_NAME or not path.is_file():
        raise _invalid(folder, message("There is no {file}.", file=WEIGHTS_NAME))
    if path.stat().st_size > _MAX_WEIGHT_BYTES:
        raise _invalid(
            folder,
            message("{file} has more than {size_gb:.0f} GB.", file=WEIGHTS_NAME, size_gb=_MAX_WEIGHT_BYTES / 1e9),
        )
    if file_hash(path) != card.get("sha256"):
        raise _invalid(folder, message("The hash of {file} is not the one on the card.", file=WEIGHTS_NAME))


def card_numbers(folder: Path, values: object, name: str, count: int) -> NDArray[np.float64]:
    """A list of finite numbers on a card, such as the means of a scaling.

    Parameters
    ----------
    folder : of the model.
    values : JSON value of the card.
    name : for the sentence of an error.
    count : how many there must be.

    Returns
    -------
    `(count,)` float64.

    Raises
    ------
    ModelInvalid : for anything else.

    """
    if not isinstance(values, list) or len(values) != count:
        raise _invalid(folder, message("The card has not {count} numbers as {name}.", count=count, name=name))
    if not all(is_finite_number(value) for value in values):
        raise _invalid(folder, message("The card has numbers as {name} that are not finite.", name=name))
    return np.array(values, np.float64)
