"""One class between two maps: where it was lost, gained and unchanged, and its transitions."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..areas.tabulate import read_blocks
from ..core.atomic import atomic_write, temporary_file
from ..core.errors import JobInvalid
from ..core.legend import BUNDLED_LEGEND, ROLE_CLOUDS, LandClass, pair_base
from ..core.messages import message
from ..core.products import RasterBand, RasterKind
from ..core.protocol import Reporter
from ..geo.pixel_area import percent_of
from ..raster.class_raster import Codes, open_class_raster
from ..raster.cog import create_geotiff, write_cog
from .matrix import ChangeMatrix
from .style import GAINED, LOST, UNCHANGED, one_class_colors, write_one_class_style

ONE_CLASS = RasterKind(
    "Change of one class",
    (RasterBand("one_class", "Change of one class", "1 unchanged, 2 lost, 3 gained; 0 other land"),),
    overviews="MODE",
    is_categorical=False,
)


@dataclass(frozen=True)
class ClassFlow:
    """One transition of a class."""

    kind: int
    """`UNCHANGED`, `LOST` (to `other`) or `GAINED` (from `other`)."""
    other: LandClass
    """The class that it became or came from; the class itself where it is unchanged."""
    area_ha: float
    percent: float
    """Of the class's area in the earlier map (unchanged, lost) or in the later one (gained)."""


def require_land_class(code: int, legend: Sequence[LandClass] = BUNDLED_LEGEND) -> LandClass:
    """The class of a code whose change can be shown.

    Parameters
    ----------
    code : of the legend.
    legend : the classes of the maps.

    Raises
    ------
    JobInvalid : for Clouds, which hide the land, and for codes that do not exist.

    """
    lands = {land_class.code: land_class for land_class in legend if land_class.role != ROLE_CLOUDS}
    if code not in lands:
        codes = ", ".join(f"{land.code} {land.name}" for land in list(lands.values())[:20])
        raise JobInvalid(
            message("Class {code} cannot be selected for change.", code=code),
            message("Use the code of one of these: {codes}.", codes=codes),
        )
    return lands[code]


def class_flows(matrix: ChangeMatrix, code: int) -> tuple[ClassFlow, ...]:
    """A class's transitions, where both maps show land: unchanged, then losses and gains, the largest first.

    Parameters
    ----------
    matrix : from `change_matrix`.
    code : of a class of land or water in the matrix.

    Returns
    -------
    One flow for the unchanged land, one for every class that land was lost to, one for every class that it came from.

    Raises
    ------
    JobInvalid : for Clouds, which hide the land, and for codes that do not exist.

    Examples
    --------
    >>> area_ha = np.zeros((10, 10))
    >>> area_ha[1, 1], area_ha[1, 4] = 6.0, 2.0  # Trees that stayed, Trees that became Crops
    >>> matrix = ChangeMatrix(tuple(BUNDLED_LEGEND), area_ha.astype(np.int64), area_ha, area_ha)
    >>> [(flow.kind == LOST, flow.other.name, flow.area_ha, flow.percent) for flow in class_flows(matrix, 2)]
    [(False, 'Trees', 6.0, 75.0), (True, 'Crops', 2.0, 25.0)]

    """
    land = require_land_class(code, matrix.legend)
    change = next(row for row in matrix.classes() if row.code == code)
    rows = [(UNCHANGED, land, change.unchanged_ha, change.before_ha)]
    rows += [(LOST, other, area_ha, change.before_ha) for other, area_ha in matrix.losses_by_class(code)]
    rows += [(GAINED, other, area_ha, change.after_ha) for other, area_ha in matrix.gains_by_class(code)]
    return tuple(
        ClassFlow(kind, other, area_ha, percent_of(area_ha, class_ha)) for kind, other, area_ha, class_ha in rows
    )


def one_class_codes(codes: Codes, code: int, legend: Sequence[LandClass] = BUNDLED_LEGEND) -> NDArray[np.uint8]:
    """What became of one class in every pixel, from the codes of a change raster.

    Parameters
    ----------
    codes : pair codes of any shape: `pair_base(legend)` x earlier + later class; 0 no data.
    code : of the class.
    legend : the classes of both maps.

    Returns
    -------
    `UNCHANGED`, `LOST` or `GAINED` in the shape of `codes`; 0 for other land, no data, and Clouds in either map.

    Examples
    --------
    >>> one_class_codes(np.array([[0x22, 0x25, 0x52, 0x33, 0]], np.uint8), 2).tolist()
    [[1, 2, 3, 0, 0]]

    """
    base = pair_base(legend)
    table = np.zeros(base**2, np.uint8)
    for other in legend:
        if other.role != ROLE_CLOUDS:
            table[base * code + other.code] = LOST
            table[base * other.code + code] = GAINED
    table[(base + 1) * code] = UNCHANGED
    parts: NDArray[np.uint8] = table[codes]
    return parts


def write_one_class_raster(
    change: Path, code: int, path: Path, language: str = "en", reporter: Reporter | None = None
) -> None:
    """Write where a class is unchanged, lost and gained as a COG with its style, from a change raster.

    Parameters
    ----------
    change : the raster that `write_change_raster` wrote.
    code : of a class of land or water in its legend.
    path : of the COG; its pixels are those of `one_class_codes`, uint8. The style is written beside it.
    language : of the style's names, `en` or `es`.
    reporter : receives the progress of the stage "change"; None reports nothing.

    Raises
    ------
    JobInvalid : for a class that has no change.
    RasterInvalid : where the change raster cannot be read.
    DiskFull, FolderNotWritable : where a file cannot be written.

    """
    with ExitStack() as stack:
        pairs = stack.enter_context(open_class_raster(change))
        legend = pairs.legend
        land = require_land_class(code, legend)
        plain = stack.enter_context(temporary_file(path))
        with create_geotiff(plain, pairs.grid, ONE_CLASS, colors=one_class_colors()) as target:
            for window, codes, _ in read_blocks(pairs.read, pairs.grid, None, reporter, "change"):
                target.write(one_class_codes(codes, code, legend), 1, window=window)
        write_cog(plain, stack.enter_context(atomic_write(path)), ONE_CLASS)
    write_one_class_style(path, land, language)
