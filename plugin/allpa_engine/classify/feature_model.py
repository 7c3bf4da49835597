"""Models of one pixel's features: forests, gradient boosting and small perceptrons, flat or by parent classes.

All are read from plain arrays and evaluated here; scikit-learn trains them and is not needed to use them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..core.errors import ModelInvalid
from ..core.messages import message
from .model_folder import (
    FEATURE_KINDS,
    FOREST,
    GRADIENT_BOOSTING,
    Array,
    ModelFolder,
    check_array,
    read_model_folder,
)
from .tree_arrays import TreeArrays, read_trees

PIXELS_AT_ONCE = 16_384
ROOT = 0
"""Stands for the parent of the classes that have none."""
_MAX_LAYERS, _MAX_WIDTH = 10, 4_096

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


class Part(Protocol):
    """A model without a hierarchy."""

    def scores(self, features: Floats) -> Doubles:
        """Probabilities `(pixel, class)` of `(feature, pixel)` float32, NaN where a feature is missing."""

    def to_arrays(self, prefix: str) -> dict[str, Array]:
        """The arrays by the names under which they are read."""


@dataclass(frozen=True)
class ForestPart:
    """Trees whose mean is the probability."""

    trees: TreeArrays

    def scores(self, features: Floats) -> Doubles:
        """See `Part.scores`."""
        sums = np.zeros((features.shape[1], self.trees.values.shape[1]))
        self.trees.add_to(sums, features)
        sums /= self.trees.tree_count
        return sums

    def to_arrays(self, prefix: str) -> dict[str, Array]:
        """See `Part.to_arrays`."""
        return self.trees.to_arrays(prefix)


@dataclass(frozen=True)
class BoostingPart:
    """Trees whose sum, with the baseline, is the score before softmax; of two classes that of the second."""

    trees: TreeArrays
    baseline: Doubles
    """`(outputs,)`."""

    def scores(self, features: Floats) -> Doubles:
        """See `Part.scores`."""
        return _probabilities(self.raw_scores(features))

    def raw_scores(self, features: Floats) -> Doubles:
        """Scores before softmax `(pixel, output)`, of two classes the logit of the second."""
        sums = np.tile(self.baseline, (features.shape[1], 1))
        self.trees.add_to(sums, features)
        return sums

    def to_arrays(self, prefix: str) -> dict[str, Array]:
        """See `Part.to_arrays`."""
        return {**self.trees.to_arrays(prefix), f"{prefix}baseline": self.baseline}


@dataclass(frozen=True)
class PerceptronPart:
    """Layers of a perceptron with rectified linear units, on features that are scaled to mean 0 and deviation 1."""

    mean: Doubles
    """`(features,)`; also stands in for a missing feature."""
    deviation: Doubles
    weights: tuple[Floats, ...]
    """Of each layer `(inputs, outputs)`."""
    biases: tuple[Floats, ...]

    def scores(self, features: Floats) -> Doubles:
        """See `Part.scores`."""
        scaled = (features.T - self.mean) / self.deviation
        values = np.where(np.isnan(scaled), 0, scaled).astype(np.float32)
        for number, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True), 1):
            values = values @ weight + bias
            if number < len(self.weights):
                np.maximum(values, 0, out=values)
        return _probabilities(values.astype(np.float64))

    def to_arrays(self, prefix: str) -> dict[str, Array]:
        """See `Part.to_arrays`."""
        layers = zip(self.weights, self.biases, strict=True)
        arrays: dict[str, Array] = {f"{prefix}scale.mean": self.mean, f"{prefix}scale.deviation": self.deviation}
        for number, (weight, bias) in enumerate(layers):
            arrays |= {f"{prefix}layer.{number}.weight": weight, f"{prefix}layer.{number}.bias": bias}
        return arrays


@dataclass(frozen=True)
class Branch:
    """The classes below one parent, and the model that tells them apart."""

    parent: int
    """Code of the parent class; `ROOT` for the first decision."""
    classes: tuple[int, ...]
    """Codes by channel of the part."""
    part: Part


@dataclass(frozen=True)
class FeatureModel:
    """A model of a pixel's features, ready to classify."""

    kind: str
    features: tuple[str, ...]
    classes: tuple[int, ...]
    """Codes by channel of the probabilities: the classes that have no model of their own, rising."""
    branches: tuple[Branch, ...]
    """The root first; each other one below a class of an earlier one."""

    def probabilities(self, features: Floats, threads: int = 1) -> Floats:
        """Probabilities of the classes; below a parent class they share the parent's.

        Parameters
        ----------
        features : `(feature, pixel)` float32 in the order of `features`; NaN where one is missing.
        threads : among which blocks of pixels are divided; the result does not depend on it.

        Returns
        -------
        `(class, pixel)` float32, sums to 1 over the classes. Memory beside it is bounded by `PIXELS_AT_ONCE`.

        """
        return self.classify(features, threads)[1]

    def classify(self, features: Floats, threads: int = 1) -> tuple[NDArray[np.intp], Floats]:
        """The class of each pixel with the probabilities of all; decided in double precision, as scikit-learn does.

        Parameters
        ----------
        features, threads : as in `probabilities`.

        Returns
        -------
        Channels `(pixel,)` of the classes, and the probabilities `(class, pixel)` float32.

        """
        result = np.empty((len(self.classes), features.shape[1]), np.float32)
        best = np.empty(features.shape[1], np.intp)

        def fill(start: int) -> None:
            part = slice(start, start + PIXELS_AT_ONCE)
            found = self.block_probabilities(np.ascontiguousarray(features[:, part], np.float32)).T
            best[part], result[:, part] = self.best(found), found

        starts = range(0, features.shape[1], PIXELS_AT_ONCE)
        if min(threads, len(starts)) < 2:
            for start in starts:
                fill(start)
        else:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(fill, starts))
        return best, result

    def block_probabilities(self, features: Floats) -> Doubles:
        """The same in double precision and transposed, `(pixel, class)`, of one block."""
        if len(self.branches) == 1:
            return self.branches[0].part.scores(features)
        known: dict[int, Doubles] = {ROOT: np.ones(features.shape[1])}
        for branch in self.branches:
            above = known.pop(branch.parent)
            for code, share in zip(branch.classes, branch.part.scores(features).T, strict=True):
                known[code] = above * share
        return np.stack([known[code] for code in self.classes], axis=1)

    def best(self, probabilities: NDArray[np.floating[Any]]) -> NDArray[np.intp]:
        """The class of each pixel: in a hierarchy the best child of the best parent, so that the map of the parents is
        that of the first model.

        Parameters
        ----------
        probabilities : `(class, ...)` from `probabilities`.

        Returns
        -------
        Channels, of the shape without the classes; of equal ones the first.

        """
        if len(self.branches) == 1:
            flat: NDArray[np.intp] = probabilities.argmax(axis=0)
            return flat
        best = np.full(probabilities.shape[1:], ROOT)
        for branch in self.branches:
            sums = np.stack([probabilities[self._channels_below(code)].sum(axis=0) for code in branch.classes])
            chosen = np.array(branch.classes)[sums.argmax(axis=0)]
            best = np.where(best == branch.parent, chosen, best)
        return np.searchsorted(self.classes, best)

    def _channels_below(self, code: int) -> list[int]:
        below = {branch.parent: branch.classes for branch in self.branches}
        if code not in below:
            return [self.classes.index(code)]
        return [channel for child in below[code] for channel in self._channels_below(child)]

    def structure(self) -> list[dict[str, Any]]:
        """The branches for the card."""
        return [{"parent": branch.parent, "classes": list(branch.classes)} for branch in self.branches]

    def to_arrays(self) -> dict[str, Array]:
        """All arrays by name."""
        arrays: dict[str, Array] = {}
        for branch in self.branches:
            arrays |= branch.part.to_arrays(_prefix(branch.parent))
        return arrays


def final_classes(branches: Sequence[tuple[int, Sequence[int]]]) -> tuple[int, ...]:
    """The codes that a hierarchy ends in, rising.

    Examples
    --------
    >>> final_classes([(0, [1, 2]), (2, [21, 22])])
    (1, 21, 22)

    """
    parents = {parent for parent, _ in branches}
    return tuple(sorted(code for _, codes in branches for code in codes if code not in parents))


def load_feature_model(path: str | Path) -> tuple[FeatureModel, ModelFolder]:
    """Read a model of features from its folder.

    Raises
    ------
    ModelInvalid : where the folder is damaged, or is a model of another kind.

    """
    folder = read_model_folder(path)
    if folder.kind not in FEATURE_KINDS:
        raise ModelInvalid(
            message("The model {name} is a network, not a model of single pixels.", name=folder.path.name),
            message("It is of the kind {kind}.", kind=folder.kind),
            message("Choose a forest, a gradient boosting or a perceptron."),
        )
    arrays = folder.read_arrays()
    branches = tuple(
        Branch(parent, codes, _read_part(folder, arrays, parent, len(codes)))
        for parent, codes in _read_structure(folder)
    )
    return FeatureModel(folder.kind, folder.features, folder.classes, branches), folder


def _prefix(parent: int) -> str:
    return f"below_{parent}."


def _read_structure(folder: ModelFolder) -> list[tuple[int, tuple[int, ...]]]:
    """The branches of the card: each class once, each parent a class of an earlier branch."""
    branches = folder.card.get("structure", [{"parent": ROOT, "classes": list(folder.classes)}])
    wrong = ModelInvalid(
        message("The model folder {name} is damaged.", name=folder.path.name), "Its hierarchy of classes is none."
    )
    if not isinstance(branches, list) or not 1 <= len(branches) <= len(folder.legend.codes):
        raise wrong
    result: list[tuple[int, tuple[int, ...]]] = []
    open_codes, all_codes = {ROOT}, set[int]()
    for branch in branches:
        codes = branch.get("classes") if isinstance(branch, dict) else None
        if not isinstance(codes, list) or not codes or branch.get("parent") not in open_codes:
            raise wrong
        if any(type(code) is not int or code not in folder.legend.by_code or code in all_codes for code in codes):
            raise wrong
        if len(set(codes)) < len(codes):
            raise wrong
        result.append((branch["parent"], tuple(codes)))
        open_codes = open_codes - {branch["parent"]} | set(codes)
        all_codes |= set(codes)
    if final_classes(result) != folder.classes:
        raise wrong
    return result


def _read_part(folder: ModelFolder, arrays: Mapping[str, Array], parent: int, class_count: int) -> Part:
    prefix, feature_count = _prefix(parent), len(folder.features)
    if folder.kind == FOREST:
        trees = read_trees(arrays, folder.path, feature_count, class_count, prefix)
        check_array(trees.values, f"{prefix}tree.values", "float64", (None, class_count), folder.path)
        return ForestPart(trees)
    if folder.kind == GRADIENT_BOOSTING:
        outputs = 1 if class_count == 2 else class_count
        trees = read_trees(arrays, folder.path, feature_count, outputs, prefix)
        name = f"{prefix}baseline"
        return BoostingPart(trees, check_array(arrays.get(name), name, "float64", (outputs,), folder.path))
    return _read_perceptron(folder, arrays, prefix, class_count)


def _read_perceptron(folder: ModelFolder, arrays: Mapping[str, Array], prefix: str, class_count: int) -> PerceptronPart:
    inputs = len(folder.features)
    mean, deviation = (
        check_array(arrays.get(f"{prefix}scale.{name}"), f"{prefix}scale.{name}", "float64", (inputs,), folder.path)
        for name in ("mean", "deviation")
    )
    weights: list[Floats] = []
    biases: list[Floats] = []
    while len(weights) < _MAX_LAYERS and (name := f"{prefix}layer.{len(weights)}.weight") in arrays:
        weight = check_array(arrays[name], name, "float32", (inputs, None), folder.path)
        inputs = weight.shape[1]
        name = f"{prefix}layer.{len(weights)}.bias"
        biases.append(check_array(arrays.get(name), name, "float32", (inputs,), folder.path))
        weights.append(weight)
    outputs = 1 if class_count == 2 else class_count
    if not weights or inputs != outputs or max(len(bias) for bias in biases) > _MAX_WIDTH or not (deviation > 0).all():
        raise ModelInvalid(
            message("The model folder {name} is damaged.", name=folder.path.name), "Its layers do not fit together."
        )
    return PerceptronPart(mean, deviation, tuple(weights), tuple(biases))


def _probabilities(scores: Doubles) -> Doubles:
    """Softmax over the classes; one score alone is the logit of the second of two classes."""
    if scores.shape[1] == 1:
        second = 1 / (1 + np.exp(-np.clip(scores[:, 0], -500, 500)))
        return np.stack([1 - second, second], axis=1)
    exponents = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: Doubles = exponents / exponents.sum(axis=1, keepdims=True)
    return shares
