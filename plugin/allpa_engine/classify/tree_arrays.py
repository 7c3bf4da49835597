"""Decision trees as plain arrays: checked as input from outside, and evaluated for a block of pixels.

The nodes of a tree stand in preorder: the left child follows its parent, the right one comes later, so no arrays
whatever lead in a circle. A pixel goes left where its feature is at most the threshold. Thresholds are single precision
like the features: a double threshold is rounded down, which sends every single-precision number the same way.

All pixels of a block go through a tree together. At a node the list of its pixels is parted in two, so that a node is
read once for all of them; on two cores that was two to four times as fast as scikit-learn, with the same sums.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.errors import ModelInvalid
from .model_folder import Array, check_array

MAX_TREES, MAX_NODES, MAX_DEPTH = 20_000, 100_000_000, 1_000
_LEAF = -1
_FEW_PIXELS = 4
"""Lists of this length or shorter are not parted further: their pixels go to their leaves one by one."""
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

    def to_arrays(self, prefix: str = "") -> dict[str, Array]:
        """The arrays by the names under which `read_trees` finds them."""
        return {f"{prefix}tree.{name}": getattr(self, name) for name in (*_TYPES, "values", "output")}

    def add_to(self, sums: Doubles, features: Floats) -> None:
        """Add what every tree says of every pixel, in the order of the trees.

        Parameters
        ----------
        sums : `(pixel, output)` float64, changed in place.
        features : `(feature, pixel)` float32, contiguous, NaN where a feature is missing; some ten thousand pixels, so
            that a feature of all of them fits the processor's cache.

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
        raise ModelInvalid(f"The trees of the model {folder.name} cannot be used.", f"They have {what}.")


def _check_children(trees: TreeArrays, folder: Path) -> None:
    is_leaf = trees.feature == _LEAF
    rows = trees.right[is_leaf]
    _refuse(folder, not ((rows >= 0) & (rows < len(trees.values))).all(), "leaves without values")
    index = np.arange(len(trees.feature))
    end = np.repeat(trees.start[1:], np.diff(trees.start))
    step = trees.right[~is_leaf].astype(np.int64)
    is_inside = (step >= 2) & (index[~is_leaf] + step < end[~is_leaf])
    _refuse(folder, not is_inside.all(), "children that lie outside their tree")
    _refuse(folder, tree_depth(trees) > MAX_DEPTH, f"more than {MAX_DEPTH:,} levels")


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
        has_missing = bool(np.isnan(features).any())
        compiled(
            trees.start, trees.feature, trees.threshold, trees.right, trees.missing_left, trees.values, trees.output,
            features, sums, has_missing,
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
    start: Any, feature: Any, threshold: Any, right: Any, missing_left: Any, values: Any, output: Any,  # noqa: ANN401
    features: Any, sums: Any, has_missing: bool,  # noqa: ANN401 - numba compiles for the arrays it gets
) -> None:  # fmt: skip
    """`TreeArrays.add_to` in the part of Python that numba compiles; unsigned indices are not counted from the end.

    The stack holds, for each list that is still to be parted, its node and where it begins and ends in `pixels`.
    """
    few, one = np.uint64(_FEW_PIXELS), np.uint64(1)
    pixel_count, width = features.shape[1], values.shape[1]
    pixels, going_right = np.empty(pixel_count, np.uint32), np.empty(pixel_count, np.uint32)
    stack = np.empty((MAX_DEPTH + 2, 3), np.uint64)
    for tree in range(len(start) - 1):
        first_output = output[tree]
        for position in range(pixel_count):
            pixels[position] = position
        stack[0, 0], stack[0, 1], stack[0, 2] = start[tree], 0, pixel_count
        height = 1
        while height:
            height -= 1
            node, first, stop = stack[height, 0], stack[height, 1], stack[height, 2]
            if feature[node] < 0 or stop - first <= few:
                for position in range(first, stop):
                    pixel = pixels[position]
                    at = node
                    while feature[at] >= 0:
                        value = features[np.uint64(feature[at]), pixel]
                        if value <= threshold[at] or (has_missing and missing_left[at] and value != value):
                            at += one
                        else:
                            at += np.uint64(right[at])
                    row = np.uint64(right[at])
                    for column in range(width):
                        sums[pixel, first_output + column] += values[row, column]
                continue
            column_values, limit = features[np.uint64(feature[node])], threshold[node]
            nan_left = has_missing and missing_left[node]
            left_end, right_count = first, np.uint64(0)
            for position in range(first, stop):
                pixel = pixels[position]
                value = column_values[pixel]
                left = np.uint64(value <= limit or (nan_left and value != value))  # unequal: NaN
                pixels[left_end] = pixel
                going_right[right_count] = pixel
                left_end += left
                right_count += one - left
            for position in range(np.uint64(0), right_count):
                pixels[left_end + position] = going_right[position]
            if left_end < stop:
                stack[height, 0], stack[height, 1], stack[height, 2] = node + np.uint64(right[node]), left_end, stop
                height += 1
            if left_end > first:
                stack[height, 0], stack[height, 1], stack[height, 2] = node + one, first, left_end
                height += 1
