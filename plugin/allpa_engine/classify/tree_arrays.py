"""Decision trees as plain arrays: checked as input from outside, and evaluated for a block of pixels.

The nodes of a tree stand in preorder: the left child follows its parent, the right one comes later, so no arrays
whatever lead in a circle. A pixel goes left where its feature is at most the threshold. Thresholds are single precision
like the features: a double threshold is rounded down, which sends every single-precision number the same way.

To be evaluated, the nodes of a tree are laid out anew, both children of a node side by side and all that a step needs
in twelve bytes, and eight pixels go down a tree at once: while one waits for its node, the others move on. The sums are
those of scikit-learn on one thread, to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.errors import ModelInvalid
from ..core.messages import message
from .model_folder import Array, check_array

MAX_TREES, MAX_NODES, MAX_DEPTH = 20_000, 100_000_000, 1_000
_LEAF = -1
_PIXELS_TOGETHER = 8
"""Pixels that go down a tree at once."""
_BLOCK_PIXELS = 4_096
"""Pixels that go through all trees before the next ones: their features and the nodes of a tree fit the cache."""
_NODE = np.dtype([("threshold", "<f4"), ("step", "<u4"), ("feature", "<u2"), ("missing_right", "<u2")])
"""What a step needs. `step` is how far the left child lies behind its parent, and the right one follows it. At a leaf
it is 0 and the threshold infinite, so that a pixel stays there."""
_TYPES = {"start": "int64", "feature": "int16", "threshold": "float32", "right": "int32", "missing_left": "bool"}

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class TreeArrays:
    """Some trees, one after the other."""

    start: NDArray[np.int64]
    """`(trees + 1,)`: index of each tree's first node, and at the end the number of all nodes."""
    feature: NDArray[np.int16]
    """`(nodes,)`: index of the feature that decides; -1 at a leaf."""
    threshold: Floats
    """`(nodes,)`: the largest value that goes left."""
    right: NDArray[np.int32]
    """`(nodes,)`: how far the right child lies behind its parent; at a leaf the row of `values`."""
    missing_left: NDArray[np.bool_]
    """`(nodes,)`: whether a pixel without the feature goes left."""
    values: Doubles
    """`(rows, outputs)`: what a leaf adds."""
    output: NDArray[np.int32]
    """`(trees,)`: first output that a tree adds to."""

    @property
    def tree_count(self) -> int:
        """The number of trees."""
        return len(self.start) - 1

    @cached_property
    def _laid_out(self) -> tuple[NDArray[Any], NDArray[np.int32], NDArray[np.int32]]:
        """Nodes of `_NODE` as they are evaluated; by node the row of `values`; by row its only output, -1 for several.

        The children of the inner node number k of a tree, counted from 0, stand at 1 + 2 k and 2 + 2 k.
        """
        is_leaf, sizes, first = self.feature == _LEAF, np.diff(self.start), self.start[:-1]
        inner = np.flatnonzero(~is_leaf)
        inner_before = np.cumsum(~is_leaf) - ~is_leaf
        left = (np.repeat(first, sizes) + 1 + 2 * (inner_before - np.repeat(inner_before[first], sizes)))[inner]
        place = np.empty(len(is_leaf), np.int64)
        place[first] = first
        place[inner + 1], place[inner + self.right[inner]] = left, left + 1
        nodes, rows = np.zeros(len(is_leaf), _NODE), np.zeros(len(is_leaf), np.int32)
        nodes["threshold"] = np.inf
        for name, values in (
            ("threshold", self.threshold[inner]), ("step", left - place[inner]), ("feature", self.feature[inner]),
            ("missing_right", ~self.missing_left[inner]),
        ):  # fmt: skip
            nodes[name][place[inner]] = values
        rows[place[is_leaf]] = self.right[is_leaf]
        is_other = self.values != 0
        only = np.where(is_other.sum(axis=1) == 1, is_other.argmax(axis=1), -1).astype(np.int32)
        return nodes, rows, only

    def to_arrays(self, prefix: str = "") -> dict[str, Array]:
        """The arrays by the names under which `read_trees` finds them."""
        return {f"{prefix}tree.{name}": getattr(self, name) for name in (*_TYPES, "values", "output")}

    def add_to(self, sums: Doubles, features: Floats) -> None:
        """Add what every tree says of every pixel, in the order of the trees.

        Parameters
        ----------
        sums : `(pixel, output)` float64, changed in place.
        features : `(feature, pixel)` float32, NaN where a feature is missing.

        """
        _add_function()(self, sums, features)


def read_trees(
    arrays: Mapping[str, Array], folder: Path, feature_count: int, output_count: int, prefix: str = ""
) -> TreeArrays:
    """Check trees that may come from anywhere.

    Parameters
    ----------
    arrays : all arrays of a model by name.
    folder : of the model, for errors.
    feature_count : features that the model reads.
    output_count : outputs that its trees may add to.
    prefix : of the arrays' names.

    Returns
    -------
    The trees; evaluating them reads no memory that is not theirs, and ends.

    Raises
    ------
    ModelInvalid : for arrays that are missing, of other types or sizes, with children outside their tree, features or
        outputs that there are not, or deeper than `MAX_DEPTH`.

    """
    found = {
        name: check_array(arrays.get(f"{prefix}tree.{name}"), f"{prefix}tree.{name}", dtype, (None,), folder)
        for name, dtype in _TYPES.items()
    }
    values = check_array(arrays.get(f"{prefix}tree.values"), f"{prefix}tree.values", "float64", (None, None), folder)
    start, nodes = found["start"], len(found["feature"])
    count = len(start) - 1
    output = check_array(arrays.get(f"{prefix}tree.output"), f"{prefix}tree.output", "int32", (count,), folder)
    trees = TreeArrays(**found, values=values, output=output)
    _refuse(folder, not 1 <= count <= MAX_TREES or not count <= nodes <= MAX_NODES, "a number of trees or nodes")
    lengths = {len(found[name]) for name in ("feature", "threshold", "right", "missing_left")}
    is_cut = start[0] == 0 and start[-1] == nodes and (np.diff(start) > 0).all()
    _refuse(folder, lengths != {nodes} or not is_cut, "nodes that belong to no tree")
    width = values.shape[1]
    is_known = width >= 1 and ((output >= 0) & (output <= output_count - width)).all()
    _refuse(folder, not is_known, "outputs that there are not")
    is_feature = (trees.feature >= _LEAF) & (trees.feature < feature_count)
    _refuse(folder, not is_feature.all(), "features that there are not")
    _check_children(trees, folder)
    return trees


def _refuse(folder: Path, is_wrong: bool, what: str) -> None:
    if is_wrong:
        raise ModelInvalid(
            message("The trees of the model {folder} cannot be used.", folder=folder.name),
            message("They have {what}.", what=what),
        )


def _check_children(trees: TreeArrays, folder: Path) -> None:
    is_leaf = trees.feature == _LEAF
    rows = trees.right[is_leaf]
    _refuse(folder, not ((rows >= 0) & (rows < len(trees.values))).all(), "leaves without values")
    index = np.arange(len(trees.feature))
    end = np.repeat(trees.start[1:], np.diff(trees.start))
    step = trees.right[~is_leaf].astype(np.int64)
    is_inside = (step >= 2) & (index[~is_leaf] + step < end[~is_leaf])
    _refuse(folder, not is_inside.all(), "children that lie outside their tree")
    parents = np.bincount(np.concatenate([index[~is_leaf] + 1, index[~is_leaf] + step]), minlength=len(index))
    parents[trees.start[:-1]] += 1  # a root has none
    _refuse(folder, not (parents == 1).all(), "nodes that belong to no tree")
    _refuse(folder, tree_depth(trees) > MAX_DEPTH, message("more than {max_depth:,} levels", max_depth=MAX_DEPTH))


def tree_depth(trees: TreeArrays) -> int:
    """Levels of the deepest tree below its root, found level by level; at most one more than `MAX_DEPTH` is counted."""
    level = trees.start[:-1]
    for depth in range(MAX_DEPTH + 1):
        inner = level[trees.feature[level] != _LEAF]
        if not inner.size:
            return depth
        level = np.unique(np.concatenate([inner + 1, inner + trees.right[inner]]))
    return MAX_DEPTH + 1


@cache
def _add_function() -> Callable[[TreeArrays, Doubles, Floats], None]:
    """The compiled function where numba is installed; else one in NumPy, which gives the same and is slower."""
    if find_spec("numba") is None:
        return add_by_numpy
    import numba

    compiled = numba.njit(nogil=True, cache=True)(_add_trees)

    def add(trees: TreeArrays, sums: Doubles, features: Floats) -> None:
        nodes, rows, only = trees._laid_out
        for first in range(0, features.shape[1], _BLOCK_PIXELS):
            part = features[:, first : first + _BLOCK_PIXELS]
            count = part.shape[1]
            pixels = np.zeros((-(-count // _PIXELS_TOGETHER) * _PIXELS_TOGETHER, len(features)), np.float32)
            pixels[:count] = part.T
            has_missing = bool(np.isnan(part).any())
            compiled(
                trees.start, nodes, rows, only, trees.values, trees.output, pixels, sums[first : first + count],
                has_missing,
            )  # fmt: skip

    return add


def add_by_numpy(trees: TreeArrays, sums: Doubles, features: Floats) -> None:
    """Add what the trees say, without numba: all pixels go down a tree together, level by level; see `add_to`."""
    pixel = np.arange(features.shape[1])
    width = trees.values.shape[1]
    for tree in range(trees.tree_count):
        node = np.full(len(pixel), trees.start[tree])
        moving = pixel
        while moving.size:
            at = node[moving]
            feature = trees.feature[at]
            is_inner = feature != _LEAF
            moving, at, feature = moving[is_inner], at[is_inner], feature[is_inner]
            value = features[feature, moving]
            goes_left = (value <= trees.threshold[at]) | (np.isnan(value) & trees.missing_left[at])
            node[moving] = at + np.where(goes_left, 1, trees.right[at])
        first = trees.output[tree]
        sums[:, first : first + width] += trees.values[trees.right[node]]


def _add_trees(
    start: Any, nodes: Any, rows: Any, only: Any, values: Any, output: Any,  # noqa: ANN401
    pixels: Any, sums: Any, has_missing: bool,  # noqa: ANN401 - numba compiles for the arrays it gets
) -> None:  # fmt: skip
    """`TreeArrays.add_to` in the part of Python that numba compiles; unsigned indices are not counted from the end.

    `pixels` is `(pixel, feature)`, with further pixels up to a whole number of `_PIXELS_TOGETHER`.
    """
    count, width = len(sums), values.shape[1]
    at = np.empty(_PIXELS_TOGETHER, np.uint64)
    for tree in range(len(start) - 1):
        root, first_output = np.uint64(start[tree]), output[tree]
        for first in range(0, count, _PIXELS_TOGETHER):
            for lane in range(_PIXELS_TOGETHER):
                at[lane] = root
            moved = np.uint64(1)
            while moved:
                moved = np.uint64(0)
                for lane in range(_PIXELS_TOGETHER):
                    node = nodes[at[lane]]
                    value = pixels[np.uint64(first + lane), np.uint64(node.feature)]
                    step = np.uint64(node.step) + np.uint64(value > node.threshold)
                    if has_missing and node.missing_right and value != value:  # unequal: NaN
                        step += np.uint64(1)
                    moved |= step
                    at[lane] += step
            for lane in range(min(_PIXELS_TOGETHER, count - first)):
                row = np.uint64(rows[at[lane]])
                column = only[row]
                if column >= 0:
                    sums[first + lane, first_output + column] += values[row, column]
                else:
                    for column in range(width):
                        sums[first + lane, first_output + column] += values[row, column]
