"""Change as pictures: a Sankey diagram of two maps, and the area of each class over several."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path as Curve
from numpy.typing import NDArray

from ..change.matrix import ChangeMatrix
from ..change.timeline import Timeline
from ..core.atomic import atomic_write
from ..core.legend import LandClass
from ..core.messages import format_number
from .map_picture import png_bytes

_TEXT_COLOR, _MUTED_COLOR = "#22262a", "#6b7278"
_GAP = 0.012
"""Space between classes, as a share of the column."""
_COLUMN_WIDTH = 0.03
_MIN_LABELLED_SHARE = 0.004
"""Classes with a smaller share are drawn without a name: the names would overlap."""


def write_sankey_png(
    matrix: ChangeMatrix, path: str | os.PathLike[str], periods: tuple[str, str], title: str = ""
) -> None:
    """Write the Sankey diagram as PNG, with the warning below, since it will be shown without its report.

    Parameters
    ----------
    matrix : from `change_matrix`.
    path : of the PNG file, written whole or not at all.
    periods : headings of the two columns: the earlier and the later period.
    title : heading of the picture; empty leaves it out.

    Raises
    ------
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    png = sankey_png(matrix, periods, title, matrix.warning)
    with atomic_write(path) as temporary_path:
        temporary_path.write_bytes(png)


def sankey_png(matrix: ChangeMatrix, periods: tuple[str, str], title: str = "", footer: str = "") -> bytes:
    """A Sankey diagram as PNG: the earlier map's classes left, the later one's right, bands as wide as areas.

    Parameters
    ----------
    matrix : from `change_matrix`; land that is Clouds in either map is left out.
    periods : headings of the two columns: the earlier and the later period.
    title, footer : lines above and below; empty leaves them out.

    Returns
    -------
    The content of a PNG file.

    """
    figure = Figure(figsize=(8, 5.6), dpi=200, facecolor="white")
    FigureCanvasAgg(figure)
    bottom, top = 0.09 if footer else 0.01, 0.87 if title else 0.93
    axes = figure.add_axes((0.02, bottom, 0.96, top - bottom))
    axes.set_xlim(-0.42, 1.42)
    axes.set_ylim(1, 0)
    axes.axis("off")
    areas = matrix.land_ha
    if areas.sum() > 0:
        _draw_flows(axes, areas / areas.sum(), matrix.legend, matrix.language)
    for x, period in zip((0, 1), periods, strict=True):
        axes.text(
            x, -0.03, period, ha="center", va="bottom", fontsize=10, color=_TEXT_COLOR, weight="bold", parse_math=False
        )
    if footer:
        figure.text(0.5, 0.02, footer, ha="center", va="bottom", fontsize=5.6, color=_MUTED_COLOR, wrap=True)
    if title:
        figure.text(0.02, 0.955, title, fontsize=12, weight="bold", color=_TEXT_COLOR, va="center", parse_math=False)
    return png_bytes(figure, matrix.language)


def _draw_flows(axes: Axes, shares: NDArray[np.float64], legend: Sequence[LandClass], language: str) -> None:
    heights = (1 - _GAP * (len(legend) - 1)) * shares
    left, right = (_tops(heights.sum(axis=axis)) for axis in (1, 0))
    _draw_column(axes, 0.0, left, shares.sum(axis=1), legend, language)
    _draw_column(axes, 1.0, right, shares.sum(axis=0), legend, language)
    for before, after in np.argwhere(heights > 0):
        height, unchanged = float(heights[before, after]), before == after
        color, alpha = ("#dfe3e6", 0.5) if unchanged else (legend[after].color, 0.85)
        axes.add_patch(_band(left[before], right[after], height, color, alpha))
        left[before] += height
        right[after] += height


def _draw_column(
    axes: Axes,
    x: float,
    tops: NDArray[np.float64],
    shares: NDArray[np.float64],
    legend: Sequence[LandClass],
    language: str,
) -> None:
    side, align = (-1, "right") if x == 0 else (1, "left")
    edge = x + side * (_COLUMN_WIDTH / 2 + 0.015)
    for land, top, share in zip(legend, tops, shares):
        height = share * (1 - _GAP * (len(legend) - 1))
        axes.add_patch(
            Rectangle(
                (x - _COLUMN_WIDTH / 2, top),
                _COLUMN_WIDTH,
                height,
                facecolor=land.color,
                edgecolor=_MUTED_COLOR,
                lw=0.4,
            )
        )
        if share >= _MIN_LABELLED_SHARE:
            text = f"{land.label(language)}  {format_number(100 * share, 1, language)} %"
            axes.text(edge, top + height / 2, text, ha=align, va="center", fontsize=7, color=_TEXT_COLOR)


def _tops(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([[0.0], np.cumsum(sums[:-1] + _GAP)])


def _band(left: float, right: float, height: float, color: str, alpha: float) -> PathPatch:
    start, end, middle = _COLUMN_WIDTH / 2, 1 - _COLUMN_WIDTH / 2, 0.5
    points = [
        (start, left),
        (middle, left),
        (middle, right),
        (end, right),
        (end, right + height),
        (middle, right + height),
        (middle, left + height),
        (start, left + height),
        (start, left),
    ]
    path_codes = [Curve.MOVETO, *[Curve.CURVE4] * 3, Curve.LINETO, *[Curve.CURVE4] * 3, Curve.CLOSEPOLY]
    return PathPatch(Curve(points, path_codes), facecolor=color, edgecolor="none", alpha=alpha)


def write_timeline_png(line: Timeline, path: str | os.PathLike[str]) -> None:
    """Write the time series as PNG: one small panel per class with its hectares from zero.

    Parameters
    ----------
    line : from `timeline`.
    path : of the PNG file, written whole or not at all.

    Raises
    ------
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    columns, legend = 2, line.tables[0].legend
    figure = Figure(figsize=(8, 1.25 * -(-len(legend) // columns) + 0.6), dpi=200, facecolor="white")
    FigureCanvasAgg(figure)
    panels = figure.subplots(-(-len(legend) // columns), columns, sharex=True, squeeze=False).ravel()
    for axes, land in zip(panels, legend):
        areas = line.area_ha(land.code)
        axes.fill_between(range(len(areas)), areas, color=land.color, alpha=0.55, lw=0)
        axes.plot(areas, color=_TEXT_COLOR, lw=1, marker="o", ms=2.5)
        axes.set_ylim(0, max(max(areas) * 1.15, 1e-9))
        axes.set_title(f"{land.label(line.language)} (ha)", fontsize=7, loc="left", color=_TEXT_COLOR, pad=3)
        axes.set_xticks(range(len(areas)), line.periods, parse_math=False)
        axes.tick_params(labelsize=6, colors=_MUTED_COLOR, length=2)
        axes.spines[["top", "right"]].set_visible(False)
        axes.ticklabel_format(axis="y", style="plain", useOffset=False)
    for axes in panels[len(legend) :]:
        axes.axis("off")
    figure.tight_layout(rect=(0, 0.03, 1, 1))
    figure.text(0.5, 0.008, line.warning, ha="center", va="bottom", fontsize=5.2, color=_MUTED_COLOR, wrap=True)
    png = png_bytes(figure, line.language)
    with atomic_write(path) as temporary_path:
        temporary_path.write_bytes(png)
