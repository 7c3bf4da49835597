"""Writing a raster from top to bottom in whole rows of its own blocks.

GDAL's block cache belongs to the whole process. A block that is written in parts may be evicted by a thread that reads
another file, and the next part is then added to what the file held before: a part of the block is lost. Blocks that
are written whole and once cannot be lost, whatever the size of the cache and the number of threads.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.io import DatasetWriter
from rasterio.windows import Window


class RowWriter:
    """Takes the rows of a raster in pieces of any height, and writes them as soon as a row of blocks is complete.

    Parameters
    ----------
    dataset : the open raster; it is complete when the rows of its whole height were given.

    """

    def __init__(self, dataset: DatasetWriter) -> None:
        self._dataset = dataset
        self._block_rows = int(dataset.block_shapes[0][0])
        self._waiting: list[NDArray[Any]] = []
        self._next_row = 0

    def write(self, rows: NDArray[Any]) -> None:
        """Take the next rows.

        Parameters
        ----------
        rows : `(band, y, x)` in the type of the file, all bands and the whole width, directly below the rows before.
            They must not be changed afterwards.

        """
        self._waiting.append(rows)
        height = sum(piece.shape[1] for piece in self._waiting)
        is_last = self._next_row + height == self._dataset.height
        complete = height if is_last else height - height % self._block_rows
        if not complete:
            return
        values = self._waiting[0] if len(self._waiting) == 1 else np.concatenate(self._waiting, axis=1)
        self._dataset.write(values[:, :complete], window=Window(0, self._next_row, self._dataset.width, complete))
        self._next_row += complete
        self._waiting = [values[:, complete:]] if complete < height else []
