"""Pictures of training data: the spectra of the classes, and where the labels lie."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ..core.bands import ALL_BANDS
from ..core.messages import translatable, translate
from ..learn.sample_table import SampleTable
from .map_picture import png_bytes

MAX_CLASSES = 20
"""More classes are not drawn: those with the most rows are."""
MAX_SEASONS = 4
_TEXT_COLOR, _MUTED_COLOR, _RULE_COLOR = "#22262a", "#6b7278", "#dfe3e6"
_BAND = re.compile(r"(?:(.+)_)?(B0[1-9]|B8A|B1[0-2])")
_MOST_POINTS = 20_000


def spectra_png(table: SampleTable, language: str = "en") -> bytes | None:
    """The median reflectance of each class by band, with the range of the middle half; a panel for each season.

    Parameters
    ----------
    table : before balancing.
    language : of names, `en` or `es`.

    Returns
    -------
    The content of a PNG file; None where no feature is the reflectance of a band.

    """
    seasons = _seasons(table.names)
    if not seasons:
        return None
    shown = _largest_classes(table)
    width = max(4.2, 10.5 / len(seasons))
    figure = Figure(figsize=(width * len(seasons), 4.6), dpi=150, facecolor="white")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, len(seasons), sharey=True, squeeze=False)[0]
    for axes, (season, columns) in zip(panels, seasons.items()):
        for code in shown:
            _draw_spectrum(axes, table, code, columns, language)
        _frame(axes, season, list(columns))
    panels[0].set_ylabel(translate(translatable("Reflectance"), language), fontsize=9, color=_TEXT_COLOR)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=min(6, len(labels)), fontsize=8, frameon=False)
    figure.tight_layout(rect=(0, 0.05 + 0.05 * -(-len(labels) // 6), 1, 1))
    return png_bytes(figure, language)


def labels_png(table: SampleTable, block_size_m: float, language: str = "en") -> bytes:
    """Where the labels lie, in the colours of their classes, with the blocks of the validation.

    Parameters
    ----------
    table : before balancing.
    block_size_m : side of the blocks; 0 draws none.
    language : of the numbers at the axes.

    Returns
    -------
    The content of a PNG file.

    """
    _, first = np.unique(table.samples, return_index=True)
    if len(first) > _MOST_POINTS:
        first = first[np.linspace(0, len(first) - 1, _MOST_POINTS).astype(int)]
    x, y = table.x[first] / 1000, table.y[first] / 1000
    figure = Figure(figsize=(6.4, 6.4), dpi=150, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for land in table.legend:
        chosen = table.codes[first] == land.code
        if chosen.any():
            axes.scatter(x[chosen], y[chosen], s=9, color=land.color, edgecolors="#303030", linewidths=0.25)
    if block_size_m:
        _draw_blocks(axes, table.x, table.y, block_size_m)
    axes.set_aspect("equal")
    axes.set_xlabel("x (km)", fontsize=8, color=_MUTED_COLOR)
    axes.set_ylabel("y (km)", fontsize=8, color=_MUTED_COLOR)
    axes.tick_params(labelsize=7, colors=_MUTED_COLOR)
    axes.ticklabel_format(useOffset=False, style="plain")
    for side in axes.spines.values():
        side.set_color(_RULE_COLOR)
    figure.tight_layout()
    return png_bytes(figure, language)


def _seasons(names: Sequence[str]) -> dict[str, dict[str, int]]:
    """Positions of the bands by season, in the order of their wavelengths; the first seasons only."""
    order = {band.key: number for number, band in enumerate(ALL_BANDS)}
    found: dict[str, dict[str, int]] = {}
    for position, name in enumerate(names):
        match = _BAND.fullmatch(name)
        if match:
            found.setdefault(match[1] or "", {})[match[2]] = position
    return {
        season: dict(sorted(columns.items(), key=lambda item: order.get(item[0], 99)))
        for season, columns in list(found.items())[:MAX_SEASONS]
    }


def _largest_classes(table: SampleTable) -> list[int]:
    codes, counts = np.unique(table.codes, return_counts=True)
    return sorted(codes[np.argsort(-counts, kind="stable")[:MAX_CLASSES]].tolist())


def _draw_spectrum(axes: Axes, table: SampleTable, code: int, columns: dict[str, int], language: str) -> None:
    values = table.features[table.codes == code][:, list(columns.values())].astype(np.float64)
    low, middle, high = np.nanpercentile(values, (25, 50, 75), axis=0)
    land = table.legend.by_code[code]
    places: NDArray[np.int_] = np.arange(len(columns))
    axes.fill_between(places, low, high, color=land.color, alpha=0.18, linewidth=0)
    axes.plot(places, middle, color="#505050", linewidth=2.2)
    axes.plot(places, middle, color=land.color, linewidth=1.5, marker="o", markersize=3, label=land.label(language))


def _frame(axes: Axes, season: str, bands: Sequence[str]) -> None:
    axes.set_title(season, fontsize=9, color=_TEXT_COLOR, parse_math=False)
    axes.set_xticks(range(len(bands)), bands, fontsize=7, rotation=60, color=_TEXT_COLOR)
    axes.tick_params(axis="y", labelsize=7, colors=_MUTED_COLOR)
    axes.grid(axis="y", color=_RULE_COLOR, linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _draw_blocks(axes: Axes, x: NDArray[np.float64], y: NDArray[np.float64], size_m: float) -> None:
    for values, draw in ((x, axes.axvline), (y, axes.axhline)):
        first, last = int(np.floor(values.min() / size_m)), int(np.ceil(values.max() / size_m))
        if last - first <= 200:
            for line in range(first, last + 1):
                draw(line * size_m / 1000, color=_MUTED_COLOR, linewidth=0.4, alpha=0.6)
