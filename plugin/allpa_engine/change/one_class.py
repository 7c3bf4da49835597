"""One class between two maps: where it was lost, gained and kept, and what it became and came from."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..core.atomic import atomic_write, temporary_file
from ..core.errors import JobInvalid
from ..core.legend import CLASS_BY_CODE, CLOUDS, LEGEND, LandClass
from ..core.products import RasterBand, RasterKind
from ..core.protocol import NullReporter, Reporter
from ..raster.class_raster import open_class_raster
from ..raster.cog import write_cog
from .matrix import ChangeMatrix
from .raster import create_palette_raster
from .style import GAINED, LOST, UNCHANGED, one_class_colors, write_one_class_style

ONE_CLASS = RasterKind(
    "Change of one class",
    (RasterBand("one_class", "Change of one class", "1 kept, 2 lost, 3 gained; 0 other land"),),
    overviews="MODE",
    is_categorical=False,
)


@dataclass(frozen=True)
class ClassFlow:
    """A part of one class's story."""

    part: int
    """`UNCHANGED`, `LOST` (to `other`) or `GAINED` (from `other`)."""
    other: LandClass
    """What the class became or came from; the class itself where it was kept."""
    area_ha: float
    percent: float
    """Of the class's area before (kept and lost) or after (gained)."""


def require_land_class(code: int) -> LandClass:
    """The class of a code whose change can be told.

    Raises
    ------
    JobInvalid : for Clouds, which hide the land, and for codes that do not exist.

    """
    if code not in CLASS_BY_CODE or code == CLOUDS:
        raise JobInvalid(f"There is no change of class {code}.", "Codes of land and water are 1 to 9.")
    return CLASS_BY_CODE[code]


def class_flows(matrix: ChangeMatrix, code: int) -> tuple[ClassFlow, ...]:
    """What of a class was kept, what it was lost to and gained from, the most first, over the land both maps show."""
    land = require_land_class(code)
    change = next(each for each in matrix.classes() if each.code == code)
    rows = [(UNCHANGED, land, change.unchanged_ha, change.before_ha)]
    rows += [(LOST, other, area_ha, change.before_ha) for other, area_ha in matrix.losses_by_class(code)]
    rows += [(GAINED, other, area_ha, change.after_ha) for other, area_ha in matrix.gains_by_class(code)]
    return tuple(
        ClassFlow(part, other, area_ha, 100 * area_ha / class_ha if class_ha else 0.0)
        for part, other, area_ha, class_ha in rows
    )


def one_class_codes(codes: NDArray[np.uint8], legend_index: int) -> NDArray[np.uint8]:
    """`UNCHANGED`, `LOST`, `GAINED` or 0 `(y, x)` for pair codes and a class's place in the legend, from 1."""
    clouds = 1 + LEGEND.index(CLASS_BY_CODE[CLOUDS])
    table = np.zeros(256, np.uint8)
    for other in range(1, len(LEGEND) + 1):
        if other != clouds:
            table[16 * legend_index + other] = LOST
            table[16 * other + legend_index] = GAINED
    table[17 * legend_index] = UNCHANGED
    parts: NDArray[np.uint8] = table[codes]
    return parts


def write_one_class_raster(
    change: Path, code: int, path: Path, language: str = "en", reporter: Reporter | None = None
) -> None:
    """Write where a class was kept, lost and gained as a COG with its style, from the change raster of a comparison.

    Raises
    ------
    JobInvalid : for a class that has no change.
    RasterInvalid : where the change raster cannot be read.
    DiskFull, FolderNotWritable

    """
    land, listener = require_land_class(code), reporter or NullReporter()
    legend_index = 1 + LEGEND.index(land)
    with ExitStack() as stack:
        pairs = stack.enter_context(open_class_raster(change))
        plain = stack.enter_context(temporary_file(path))
        windows = list(pairs.grid.blocks(1024))
        with create_palette_raster(plain, pairs.grid, ONE_CLASS, one_class_colors()) as target:
            for done, window in enumerate(windows):
                listener.progress("change", done, len(windows))
                target.write(one_class_codes(pairs.read(window), legend_index), 1, window=window)
        write_cog(plain, stack.enter_context(atomic_write(path)), ONE_CLASS)
    write_one_class_style(path, land, language)
