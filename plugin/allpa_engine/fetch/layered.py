"""The raw file of a scene on its way, filled layer by layer, so that a killed run loses the layer it was at.

Beside it stands which layers are whole, what told their files apart, and how often each digital number occurs in them.
Both lie hidden beside the scene file and go with it; only a kill leaves them behind.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError

from ..atomic import write_json
from ..errors import DiskFull, FolderNotWritable
from ..grid import Grid
from .layers import LAYERS

RAW_SUFFIX = ".raw"
STATE_SUFFIX = ".raw.json"
ABANDONED_S = 24 * 3600
"""What a killed run left is kept so long for the next one."""
_NEARLY_FULL_BYTES = 64 << 20


def raw_path_of(path: Path) -> Path:
    """Where the raw file of a scene file lies."""
    return path.with_name(f".{path.stem}{RAW_SUFFIX}")


def remove_raw(path: Path) -> None:
    """Remove what is on its way to a scene file."""
    for left in (raw_path_of(path), _state_path(path)):
        with suppress(OSError):  # Windows removes no open file; the next sweep will
            left.unlink(missing_ok=True)


def abandoned(folder: Path) -> Iterator[Path]:
    """The scene files to which something is on its way that nobody has touched for a day."""
    for raw_path in folder.glob(f".*{RAW_SUFFIX}"):
        with suppress(OSError):
            if time.time() - raw_path.stat().st_mtime > ABANDONED_S:
                yield folder / f"{raw_path.name[1 : -len(RAW_SUFFIX)]}.tif"


class LayeredFile:
    """A raw file of all the layers of a scene's window, uncompressed, `(layer, y, x)` uint16."""

    def __init__(self, path: Path, grid: Grid) -> None:
        """Go on with what a killed run left for the scene file `path`, or begin anew."""
        self.path, self.grid = raw_path_of(path), grid
        self._state_path = _state_path(path)
        self._done: dict[str, dict[str, Any]] = self._left_behind()
        if not self._done:
            self.path.unlink(missing_ok=True)
            with explained_writing(self.path), rasterio.open(self.path, "w", **self._profile()):
                pass

    def counts(self, layer: str, mark: str) -> NDArray[np.int64] | None:
        """Counts per digital number of a layer that is whole; None where it must be read.

        `mark` tells the layer's file from others; an empty one matches nothing.
        """
        known = self._done.get(layer)
        if not mark or known is None or known["mark"] != mark:
            return None
        counts = np.zeros(1 << 16, np.int64)
        counts[known["numbers"]] = known["counts"]
        return counts

    def finished(self, layer: str, mark: str, counts: NDArray[np.int64]) -> None:
        """Note that a layer is whole and on the disk."""
        if mark:
            numbers = np.flatnonzero(counts)
            self._done[layer] = {"mark": mark, "numbers": numbers.tolist(), "counts": counts[numbers].tolist()}
            write_json(self._state_path, {"bounds": list(self.grid.bounds), "layers": self._done})

    def complete(self) -> None:
        """Check that every layer has its place on the disk; from here on it is changed, and no run can go on with it.

        Raises
        ------
        DiskFull
        """
        self._state_path.unlink(missing_ok=True)
        if self.path.stat().st_size < 2 * len(LAYERS) * self.grid.width * self.grid.height:
            raise DiskFull(f"The disk is full while writing in {self.path.parent}.")

    def _left_behind(self) -> dict[str, dict[str, Any]]:
        try:
            state = json.loads(self._state_path.read_text(encoding="utf-8"))
            with rasterio.open(self.path) as raw:
                fits = raw.count == len(LAYERS) and raw.shape == (self.grid.height, self.grid.width)
            whole = fits and state["bounds"] == list(self.grid.bounds)
            return dict(state["layers"]) if whole else {}
        except (OSError, ValueError, KeyError, TypeError, RasterioError):
            return {}

    def _profile(self) -> dict[str, Any]:
        return {
            "driver": "GTiff",
            "width": self.grid.width,
            "height": self.grid.height,
            "count": len(LAYERS),
            "dtype": "uint16",
            "nodata": 0,
            "crs": self.grid.crs,
            "transform": self.grid.transform,
            "interleave": "band",
            "bigtiff": "IF_SAFER",
            "sparse_ok": True,  # nothing is written before the layers come
        }


@contextmanager
def explained_writing(path: Path) -> Iterator[None]:
    """GDAL's errors of writing as the project's own; those of reading a scene pass through."""
    try:
        yield
    except RasterioError as error:
        if shutil.disk_usage(path.parent).free < _NEARLY_FULL_BYTES:
            raise DiskFull(f"The disk is full while writing in {path.parent}.") from error
        raise FolderNotWritable(f"A file in {path.parent} could not be written.", str(error)) from error


def _state_path(path: Path) -> Path:
    return path.with_name(f".{path.stem}{STATE_SUFFIX}")
