"""A map by a network of seasonal features: block by block, each with the land around it that decides its classes.

Blocks are the cores of chips, which start on multiples of the network's stride counted from the origin of the CRS: a
pixel's class depends neither on the region nor on where the tiles' folders end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window
from shapely.geometry.base import BaseGeometry

from ..classify.classifier import Classifier
from ..classify.tiling import ChipSpan, absolute_origin, chip_spans, cut_chip, strip_rows
from ..geo.grid import Grid
from .feature_folder import FeatureFolder
from .map_block import LAYER_COUNT, MapBlock, quality_layers, read_overlap

CORE_PX = 512
"""Side of the blocks; 36 features of one with margins of 64 pixels take 59 MB."""


@dataclass(frozen=True)
class NetworkClassifier:
    """A network as `feature_map.BlockClassifier`."""

    network: Classifier

    @property
    def features(self) -> tuple[str, ...]:
        """Names, in the order of the network's input."""
        return self.network.bands

    @property
    def threads(self) -> int:
        """One block at once: a network uses all processors itself."""
        return 1

    def windows(self, grid: Grid) -> list[Window]:
        """See `feature_map.BlockClassifier.windows`."""
        rows, columns = self._spans(grid)
        return [
            Window(
                column.core_start, row.core_start, column.core_stop - column.core_start, row.core_stop - row.core_start
            )
            for row in rows
            for column in columns
        ]

    def classify_block(
        self, folders: Sequence[FeatureFolder], grid: Grid, border: BaseGeometry | None, window: Window
    ) -> MapBlock:
        """Classify a block by what lies in it and around it.

        Parameters
        ----------
        folders : with all features of the network; a pixel is taken from the first one that has all of them there.
        grid : of the map.
        border : in its CRS; None takes all pixels.
        window : one of `windows`.

        Returns
        -------
        Classes and quality. A pixel that lacks one of the features gets no class: the network reads it as no data, as
        in its training.

        """
        part = grid.for_window(window)
        inside = np.ones((part.height, part.width), bool) if border is None else part.mask_inside(border)
        layers = np.zeros((LAYER_COUNT, part.height, part.width), np.uint8)
        if inside.any():
            row, column = self._span_of(grid, window)
            chip = self._read_chip(folders, grid, row, column)
            rows, columns = _core(row), _core(column)
            usable = inside & (chip[0, rows, columns] > 0)
            if usable.any():
                probabilities = self.network.probabilities(chip)[:, rows, columns][:, usable]
                layers[:, usable] = quality_layers(
                    probabilities.argmax(axis=0), probabilities, self.network.legend.codes
                )
        return MapBlock(layers, int(np.count_nonzero(inside)), 0)

    def _spans(self, grid: Grid) -> tuple[tuple[ChipSpan, ...], tuple[ChipSpan, ...]]:
        column_origin, row_origin = absolute_origin(grid)
        stride, margin = self.network.stride, self.network.margin
        return (
            chip_spans(grid.height, row_origin, stride=stride, margin=margin, core=CORE_PX),
            chip_spans(grid.width, column_origin, stride=stride, margin=margin, core=CORE_PX),
        )

    def _span_of(self, grid: Grid, window: Window) -> tuple[ChipSpan, ChipSpan]:
        rows, columns = self._spans(grid)
        row = next(span for span in rows if span.core_start == window.row_off)
        column = next(span for span in columns if span.core_start == window.col_off)
        return row, column

    def _read_chip(
        self, folders: Sequence[FeatureFolder], grid: Grid, rows: ChipSpan, columns: ChipSpan
    ) -> NDArray[np.float32]:
        """Core and margins `(feature, y, x)`, 0 in all features where one is missing; mirrored beyond the grid."""
        top, bottom = strip_rows(rows, grid.height)
        left, right = strip_rows(columns, grid.width)
        part = grid.for_window(Window(left, top, right - left, bottom - top))
        values = np.zeros((len(self.features), part.height, part.width), np.float32)
        missing = np.ones((part.height, part.width), bool)
        for folder in folders:
            found = read_overlap(folder, part, self.features) if missing.any() else None
            if found is None:
                continue
            inner_rows, inner_columns, features = found
            usable = missing[inner_rows, inner_columns] & (np.isfinite(features) & (features > 0)).all(axis=0)
            values[:, inner_rows, inner_columns][:, usable] = features[:, usable]
            missing[inner_rows, inner_columns] &= ~usable
        return cut_chip(values, top, rows, _shifted(columns, left))


def _shifted(span: ChipSpan, start: int) -> ChipSpan:
    return ChipSpan(span.core_start - start, span.core_stop - start, span.read_start - start, span.read_stop - start)


def _core(span: ChipSpan) -> slice:
    return slice(span.core_start - span.read_start, span.core_stop - span.read_start)
