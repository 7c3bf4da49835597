"""Cutting chips: windows of images around labels, with the labels of each validation block drawn into them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.windows import Window

from ..core.errors import TrainingInvalid
from ..core.messages import message
from ..geo.grid import Grid
from .chip_files import MAX_CHIPS, Chip, ChipSet, is_reflectance, write_chip, write_chip_list
from .feature_sources import FeatureSource, feature_names, open_source
from .label_pixels import NEIGHBOURS, in_crs
from .labels import POINT, Labels

_CONFLICT = 255
"""While a chip is drawn: a pixel that two classes claim."""


def cut_chips(
    labels: Labels,
    blocks: NDArray[np.int32],
    sources: Sequence[Path],
    scope: str,
    options: Mapping[str, Any],
    folder: Path,
    progress: Callable[[int, int], None] | None = None,
) -> ChipSet:
    """Write the chips of all sources into a folder.

    Parameters
    ----------
    labels : points and polygons.
    blocks : validation block of each label.
    sources, scope : as in `sample_labels`.
    options : the job's `training_options`: `chip_size`, `chip_stride`, `min_labelled`, `neighbours`, and features.
    folder : of the chips; is made.
    progress : is called with the number of sources that are done, and of all; None reports nothing.

    Returns
    -------
    The chips.

    Raises
    ------
    TrainingInvalid : where no chip has enough labels, or there would be too many.
    DiskFull, FolderNotWritable : where a file cannot be written.

    """
    size, stride = options["chip_size"], options["chip_stride"] or options["chip_size"]
    chips: list[Chip] = []
    names: tuple[str, ...] = ()
    folder.mkdir(parents=True, exist_ok=True)
    for number, path in enumerate(sources):
        if progress:
            progress(number, len(sources))
        with open_source(path, scope) as source:
            names = names or feature_names(source, options["features"], options["indices"])
            drawing = _Drawing(labels, blocks, source.grid, neighbours=options["neighbours"])
            for window in drawing.windows(size, stride):
                image: NDArray[np.float32] | None = None
                for block, codes in drawing.label_images(window):
                    if image is None:
                        image = _read(source, window, names)
                    codes[np.isnan(image).all(axis=0)] = 0
                    found, counts = np.unique(codes[codes > 0], return_counts=True)
                    if not len(found) or counts.sum() / size**2 < options["min_labelled"]:
                        continue
                    if len(chips) >= MAX_CHIPS:
                        raise TrainingInvalid(
                            message("There are more than {maximum:,} chips.", maximum=MAX_CHIPS),
                            "",
                            message("Choose a larger stride."),
                        )
                    name = f"{len(chips) + 1:04}"
                    write_chip(folder, name, source.grid.for_window(window), image, codes, names, labels.legend)
                    by_code = dict(zip(found.tolist(), counts.tolist()))
                    chips.append(Chip(name, path.stem if path.is_file() else path.name, block, by_code))
    if progress:
        progress(len(sources), len(sources))
    if not chips:
        raise TrainingInvalid(
            message("No chip has enough labelled pixels."),
            message("Each needs {share:.1%} of {size} x {size} pixels.", share=options["min_labelled"], size=size),
            message("Choose smaller chips or a smaller share of labelled pixels."),
        )
    made = ChipSet(folder, size, names, is_reflectance(names), tuple(chips))
    write_chip_list(folder, made, {"stride": stride, "scope": scope, "min_labelled": options["min_labelled"]})
    return made


def _read(source: FeatureSource, window: Window, names: Sequence[str]) -> NDArray[np.float32]:
    """The features of a window, which may reach over the edge of a grid that is smaller than a chip."""
    height, width = int(window.height), int(window.width)
    inner = Window(window.col_off, window.row_off, min(width, source.grid.width), min(height, source.grid.height))
    values = source.read(inner, names)
    if values.shape[1:] == (height, width):
        return values
    image = np.full((len(names), height, width), np.nan, np.float32)
    image[:, : values.shape[1], : values.shape[2]] = values
    return image


class _Drawing:
    """Labels in the CRS of a grid, and how they are drawn into windows."""

    def __init__(self, labels: Labels, blocks: NDArray[np.int32], grid: Grid, *, neighbours: bool) -> None:
        self._codes, self._blocks, self._grid = labels.codes, blocks, grid
        self._geometry = in_crs(labels.geometry, labels.crs, grid.crs).copy()
        finite = np.isfinite(shapely.bounds(self._geometry)).all(axis=1)
        self._geometry[~np.asarray(finite)] = None
        self._reach = 1 if neighbours else 0
        self._is_point = shapely.get_type_id(self._geometry) == POINT
        self._tree = shapely.STRtree(self._geometry)

    def windows(self, size: int, stride: int) -> Iterator[Window]:
        """Windows that hold labels, each once, row by row; those at the end of the grid are moved inwards."""
        left, bottom, right, top = self._grid.bounds
        inside = self._tree.query(shapely.box(left, bottom, right, top))
        bounds = shapely.bounds(self._geometry[inside])
        step = self._grid.resolution
        columns = np.floor((bounds[:, [0, 2]] - left) / step).clip(0, self._grid.width - 1).astype(int)
        rows = np.floor((top - bounds[:, [3, 1]]) / step).clip(0, self._grid.height - 1).astype(int)
        found: set[tuple[int, int]] = set()
        for (first_row, last_row), (first_column, last_column) in zip(rows.tolist(), columns.tolist()):
            for row in _starts(first_row, last_row, size, stride, self._grid.height):
                for column in _starts(first_column, last_column, size, stride, self._grid.width):
                    found.add((row, column))
        for row, column in sorted(found):
            yield Window(column, row, size, size)

    def label_images(self, window: Window) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        """Codes `(y, x)` of each validation block that has labels in a window."""
        grid = self._grid.for_window(window)
        margin = self._reach * grid.resolution
        left, bottom, right, top = grid.bounds
        near = np.sort(self._tree.query(shapely.box(left - margin, bottom - margin, right + margin, top + margin)))
        for block in np.unique(self._blocks[near]).tolist():
            yield block, self._drawn(near[self._blocks[near] == block], grid)

    def _drawn(self, chosen: NDArray[np.intp], grid: Grid) -> NDArray[np.uint8]:
        """Neighbours of points lie below polygons, and both below the pixels of points themselves."""
        shape = (grid.height, grid.width)
        points = chosen[self._is_point[chosen]]
        codes = np.zeros(shape, np.uint8)
        if self._reach:
            _burn(codes, self._places(points, grid), self._codes[points], NEIGHBOURS)
        polygons = chosen[~self._is_point[chosen]]
        if len(polygons):
            drawn = rasterize(
                zip(self._geometry[polygons], self._codes[polygons].tolist()),
                shape, fill=0, transform=grid.transform, dtype="uint8",
            )  # fmt: skip
            codes = np.where(drawn > 0, drawn, codes)
        centres = np.zeros(shape, np.uint8)
        _burn(centres, self._places(points, grid), self._codes[points], ((0, 0),))
        codes = np.where(centres > 0, centres, codes)
        codes[codes == _CONFLICT] = 0
        return codes

    def _places(self, points: NDArray[np.intp], grid: Grid) -> NDArray[np.int64]:
        """Row and column `(n, 2)` of the pixel of each point; also outside of the grid."""
        xy = shapely.get_coordinates(self._geometry[points]).reshape(-1, 2)
        columns = np.floor((xy[:, 0] - grid.left) / grid.resolution)
        rows = np.floor((grid.top - xy[:, 1]) / grid.resolution)
        return np.column_stack((rows, columns)).astype(np.int64)


def _burn(
    codes: NDArray[np.uint8],
    places: NDArray[np.int64],
    values: NDArray[np.uint8],
    steps: Sequence[tuple[int, int]],
) -> None:
    """Write codes at steps around places; a pixel that two classes claim becomes a conflict."""
    for row_step, column_step in steps:
        rows, columns = places[:, 0] + row_step, places[:, 1] + column_step
        inside = (rows >= 0) & (rows < codes.shape[0]) & (columns >= 0) & (columns < codes.shape[1])
        for row, column, value in zip(rows[inside].tolist(), columns[inside].tolist(), values[inside].tolist()):
            codes[row, column] = value if codes[row, column] in (0, value) else _CONFLICT


def _starts(first: int, last: int, size: int, stride: int, length: int) -> list[int]:
    """Starts of the windows on multiples of the stride that hold a pixel from `first` to `last`."""
    final = max(length - size, 0)
    lowest = max((first - size + stride) // stride, 0)
    starts = {min(number * stride, final) for number in range(lowest, last // stride + 1)}
    return sorted(start for start in starts if start <= last and start + size > first)
