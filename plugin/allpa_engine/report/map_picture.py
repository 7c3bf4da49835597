"""The map as a picture: PNG with legend, scale bar and north arrow."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Polygon, Rectangle
from matplotlib.path import Path as Outline
from matplotlib.ticker import ScalarFormatter
from numpy.typing import NDArray
from pyproj import CRS, Geod
from shapely.geometry import shape

from ..core.atomic import atomic_write
from ..core.legend import BUNDLED_LEGEND, LandClass
from ..core.messages import format_digits, format_number, translatable, translate
from ..geo.grid import Grid
from ..geo.projection import WGS84, coordinate_transform, reprojected
from ..geo.region import polygon_parts
from ..raster.class_raster import Codes, open_class_raster

MAX_MAP_PX = 1600
"""Longest side of the map in the picture; larger maps are read decimated, so memory does not grow with them."""
_DPI = 200
_TEXT_COLOR, _MUTED_COLOR, _LINE_COLOR = "#22262a", "#6b7278", "#c9ced2"
_LEGEND_IN, _MARGIN_IN, _STRIP_IN, _TITLE_IN = 2.05, 0.28, 0.52, 0.5
_MAX_MAP_SIDE_IN = 6.0
_MIN_MAP_HEIGHT_IN = 3.6
"""Minimum height of the map's frame: the legend of ten classes is beside it."""
_MIN_ENTRY_IN = 0.16
"""Minimum height of a line of the legend; longer legends make the picture higher."""
MAX_LEGEND_ENTRIES = 40
"""Most classes in the legend of the picture."""
_GAP_COLOR = "#b0413e"
_NO_DATA_RGBA = (255, 255, 255, 0)


@dataclass(frozen=True)
class _Layout:
    """Sizes of the picture's parts, in inches."""

    margin: float
    """Left of the map; without a title the picture is part of a page that has margins of its own."""
    map_width: float
    map_height: float
    title: float
    width: float
    height: float

    def box(self, left: float, bottom: float, width: float, height: float) -> tuple[float, float, float, float]:
        """Shares of the figure for a box given in inches."""
        return left / self.width, bottom / self.height, width / self.width, height / self.height


@dataclass(frozen=True)
class MapImage:
    """A map as far as a picture shows it."""

    grid: Grid
    """Of the whole map."""
    codes: Codes
    """`(y, x)`, at most `MAX_MAP_PX` a side; 0 no data."""
    legend: Sequence[LandClass] = BUNDLED_LEGEND
    """The classes of the codes."""


def read_map_image(path: str | os.PathLike[str]) -> MapImage:
    """Read a map for its pictures; large ones are read from their overviews, which hold the most frequent class.

    Parameters
    ----------
    path : of the map.

    Returns
    -------
    Codes of at most `MAX_MAP_PX` a side, with the grid of the whole map.

    Raises
    ------
    RasterInvalid : where the map cannot be read.

    """
    with open_class_raster(Path(path)) as raster:
        grid = raster.grid
        step = max(1.0, max(grid.width, grid.height) / MAX_MAP_PX)
        shape = max(1, round(grid.height / step)), max(1, round(grid.width / step))
        return MapImage(grid, raster.read(shape=shape), raster.legend)


def write_map_picture(
    image: MapImage,
    path: str | os.PathLike[str],
    title: str,
    language: str = "en",
    gap: Mapping[str, Any] | None = None,
) -> None:
    """Write the picture of a map as PNG, with legend, scale bar and north arrow.

    Parameters
    ----------
    image : the map, from `read_map_image`.
    path : of the PNG file, written whole or not at all.
    title, language, gap : as in `render_map_png`.

    Raises
    ------
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    png = render_map_png(image, title, language, gap=gap)
    with atomic_write(path) as temporary_path:
        temporary_path.write_bytes(png)


def render_map_png(
    image: MapImage,
    title: str = "",
    language: str = "en",
    legend: Sequence[LandClass] | None = None,
    entries: Sequence[tuple[str, str]] = (),
    gap: Mapping[str, Any] | None = None,
) -> bytes:
    """The picture of a map as PNG bytes, with legend, scale bar and north arrow.

    Parameters
    ----------
    image : the map, from `read_map_image`.
    title : heading; empty leaves it out.
    language : of the class names, `en` or `es`.
    legend : colours of the codes; None takes the legend of the map.
    entries : colour (`#RRGGBB`) and text of the legend beside the map, where it is not that of the classes.
    gap : polygons (GeoJSON, longitude/latitude) that no scene covers; they are hatched and named in the legend. None
        draws none.

    Returns
    -------
    The content of a PNG file.

    """
    legend = image.legend if legend is None else legend
    shown = list(entries) or _legend_entries(image, legend, language)
    if gap is not None:
        shown.append((_GAP_COLOR, translate(translatable("No scene"), language)))
    layout = _compute_layout(image.grid, bool(title), len(shown))
    figure = Figure(figsize=(layout.width, layout.height), dpi=_DPI, facecolor="white")
    FigureCanvasAgg(figure)
    axes = _draw_map(figure, layout, _apply_colors(image.codes, legend))
    if gap is not None:
        _draw_gap(axes, image, gap)
    _draw_legend(figure, layout, shown)
    _draw_scale_bar(figure, layout, image.grid, language)
    if title:
        top = 1 - 0.5 * (layout.title + _MARGIN_IN) / layout.height
        points = min(13.0, 72 * (layout.width - 2 * _MARGIN_IN) / (0.68 * len(title)))
        figure.text(
            _MARGIN_IN / layout.width,
            top,
            title,
            fontsize=points,
            color=_TEXT_COLOR,
            va="center",
            weight="bold",
            parse_math=False,
        )
    return png_bytes(figure, language)


class _TickFormatter(ScalarFormatter):
    """Numbers at an axis with the signs of a language, and never as powers of ten."""

    def __init__(self, language: str) -> None:
        super().__init__(useOffset=False)
        self.set_scientific(False)
        self._language = language

    def __call__(self, x: float, pos: int | None = None) -> str:
        """A tick's label, with as many decimals as the ticks need."""
        number = super().__call__(x, pos).replace("\N{MINUS SIGN}", "-")
        return format_number(float(number), len(number.partition(".")[2]), self._language) if number else ""


def png_bytes(figure: Figure, language: str = "en") -> bytes:
    """A figure as PNG, with numbers at its axes as the language writes them; the same figure gives the same bytes."""
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            if type(axis.get_major_formatter()) is ScalarFormatter:
                axis.set_major_formatter(_TickFormatter(language))
    png = io.BytesIO()
    figure.savefig(png, format="png", metadata={"Software": "Allpa"})
    return png.getvalue()


def _apply_colors(codes: Codes, legend: Sequence[LandClass]) -> NDArray[np.uint8]:
    colors = np.zeros((max(256, 1 + max((land_class.code for land_class in legend), default=0)), 4), np.uint8)
    colors[:] = _NO_DATA_RGBA
    for land_class in legend:
        colors[land_class.code] = (*land_class.rgb, 255)
    return colors[codes]


def _legend_entries(image: MapImage, legend: Sequence[LandClass], language: str) -> list[tuple[str, str]]:
    """Colour and name of the classes; of very many only those that the picture shows, the most frequent ones."""
    shown: Sequence[LandClass] = legend
    if len(legend) > MAX_LEGEND_ENTRIES:
        counts = np.bincount(image.codes.ravel(), minlength=256)
        ranked = sorted(legend, key=lambda land: -int(counts[land.code]))[:MAX_LEGEND_ENTRIES]
        shown = sorted((land for land in ranked if counts[land.code]), key=lambda land: land.code)
    return [(land_class.color, land_class.label(language)) for land_class in shown]


def _compute_layout(grid: Grid, with_title: bool, entry_count: int) -> _Layout:
    ratio = grid.width / grid.height
    width, height = (
        (_MAX_MAP_SIDE_IN, _MAX_MAP_SIDE_IN / ratio) if ratio >= 1 else (_MAX_MAP_SIDE_IN * ratio, _MAX_MAP_SIDE_IN)
    )
    height = max(height, _MIN_MAP_HEIGHT_IN, _MIN_ENTRY_IN * entry_count)
    width = max(width, _MIN_MAP_HEIGHT_IN * 0.75)
    margin, title = (_MARGIN_IN, _TITLE_IN) if with_title else (0.02, 0.0)
    return _Layout(
        margin,
        width,
        height,
        title,
        margin + width + _MARGIN_IN + _LEGEND_IN,
        _STRIP_IN + height + margin + title,
    )


def _draw_map(figure: Figure, layout: _Layout, colors: NDArray[np.uint8]) -> Axes:
    axes = figure.add_axes(layout.box(layout.margin, _STRIP_IN, layout.map_width, layout.map_height))
    axes.imshow(colors, interpolation="nearest", aspect="equal")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_anchor("NW")
    for spine in axes.spines.values():
        spine.set_color(_LINE_COLOR)
        spine.set_linewidth(0.8)
    return axes


def _draw_gap(axes: Axes, image: MapImage, gap: Mapping[str, Any]) -> None:
    grid, (rows, columns) = image.grid, image.codes.shape
    on_map = reprojected(shapely.make_valid(shape(dict(gap))), WGS84, grid.crs)
    left, bottom, right, top = grid.bounds
    scale = np.array([columns / (right - left), rows / (bottom - top)])
    pixels = shapely.transform(on_map, lambda points: (points - (left, top)) * scale - 0.5)
    for polygon in polygon_parts(shapely.normalize(pixels)):  # holes run against the border, so they stay free
        outline = Outline.make_compound_path(
            *(Outline(ring.coords, closed=True) for ring in (polygon.exterior, *polygon.interiors))
        )
        axes.add_patch(PathPatch(outline, facecolor="none", edgecolor=_GAP_COLOR, hatch="////", linewidth=0.8))
    axes.set_xlim(-0.5, columns - 0.5)
    axes.set_ylim(rows - 0.5, -0.5)


def _draw_legend(figure: Figure, layout: _Layout, entries: Sequence[tuple[str, str]]) -> None:
    left = layout.margin + layout.map_width + _MARGIN_IN
    axes = figure.add_axes(layout.box(left, _STRIP_IN, _LEGEND_IN, layout.map_height))
    axes.set_xlim(0, _LEGEND_IN)
    axes.set_ylim(layout.map_height, 0)
    axes.axis("off")
    step = min(0.3, layout.map_height / (len(entries) + 0.5))
    points = min(8.5, 72 * 0.85 * step)
    for position, (color, text) in enumerate(entries):
        top = step * position + 0.02
        patch = Rectangle((0, top), 0.28, 0.6 * step, facecolor=color, edgecolor=_MUTED_COLOR, linewidth=0.4)
        if color == _GAP_COLOR:
            patch.set(facecolor="none", edgecolor=color, hatch="////")
        axes.add_patch(patch)
        axes.text(
            0.4,
            top + 0.3 * step,
            _shortened(text, points),
            fontsize=points,
            color=_TEXT_COLOR,
            va="center",
            parse_math=False,
        )


def _shortened(text: str, points: float) -> str:
    """A text that fits beside its colour; a name of a user's class may have 100 characters."""
    most = int(72 * (_LEGEND_IN - 0.4) / (0.5 * points))
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _draw_scale_bar(figure: Figure, layout: _Layout, grid: Grid, language: str) -> None:
    ratio = grid.height / grid.width
    drawn_width, drawn_height = (
        min(layout.map_width, layout.map_height / ratio),
        min(layout.map_height, layout.map_width * ratio),
    )
    axes = figure.add_axes(layout.box(layout.margin, layout.map_height - drawn_height, layout.map_width, _STRIP_IN))
    axes.set_xlim(0, layout.map_width)
    axes.set_ylim(0, _STRIP_IN)
    axes.axis("off")
    shown_m = ground_width_m(grid)
    bar_m = scale_bar_length(shown_m / 3)
    bar_in = drawn_width * bar_m / shown_m
    for part, color in enumerate((_TEXT_COLOR, "white")):
        axes.add_patch(
            Rectangle((part * bar_in / 2, 0.3), bar_in / 2, 0.05, facecolor=color, edgecolor=_TEXT_COLOR, linewidth=0.6)
        )
    for share, text in ((0.0, "0"), (1.0, format_length(bar_m, language))):
        position = "left" if share == 0 else "center"
        axes.text(share * bar_in, 0.24, text, fontsize=7, color=_TEXT_COLOR, va="top", ha=position)
    text = _crs_text(grid, language)
    axes.text(layout.map_width - 0.48, 0.27, text, fontsize=7, color=_MUTED_COLOR, va="center", ha="right")
    x, base, tip = layout.map_width - 0.12, 0.1, 0.44
    axes.add_patch(
        Polygon([(x, tip), (x - 0.08, base), (x, base + 0.07)], facecolor=_TEXT_COLOR, edgecolor=_TEXT_COLOR, lw=0.5)
    )
    axes.add_patch(
        Polygon([(x, tip), (x + 0.08, base), (x, base + 0.07)], facecolor="white", edgecolor=_TEXT_COLOR, lw=0.5)
    )
    axes.text(x - 0.2, 0.27, "N", fontsize=8, color=_TEXT_COLOR, va="center", ha="center", weight="bold")


def ground_width_m(grid: Grid) -> float:
    """True length of the grid's middle row on the ellipsoid, in metres (the sum of 16 geodesics along it)."""
    middle = grid.top - grid.height * grid.resolution / 2
    x = [grid.left + share / 16 * grid.width * grid.resolution for share in range(17)]
    points = coordinate_transform(grid.crs, WGS84)(np.column_stack([x, [middle] * 17]))
    return float(Geod(ellps="WGS84").line_length(*points.T))


def scale_bar_length(max_length_m: float) -> float:
    """The largest of 1, 2 or 5 times a power of ten that is not longer than `max_length_m`.

    Examples
    --------
    >>> scale_bar_length(7_300), scale_bar_length(50)
    (5000.0, 50.0)

    """
    power: float = 10.0 ** math.floor(math.log10(max_length_m))
    return max(step * power for step in (1, 2, 5) if step * power <= max_length_m * (1 + 1e-9))


def format_length(length_m: float, language: str = "en") -> str:
    """A length for reading.

    Examples
    --------
    >>> format_length(500), format_length(20_000)
    ('500 m', '20 km')

    """
    length, unit = (length_m / 1000, "km") if length_m >= 1000 else (length_m, "m")
    return f"{format_digits(length, 6, language)} {unit}"


def _crs_text(grid: Grid, language: str) -> str:
    size = format_digits(grid.resolution, 4, language)
    return f"{CRS.from_user_input(grid.crs).name} · {size}{'' if grid.unit == '°' else ' '}{grid.unit}"
