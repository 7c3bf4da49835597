"""The error matrix as a picture: shares of the area, with user's, producer's and overall accuracy at its edges."""

from __future__ import annotations

import math
import os

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from ..accuracy.class_names import class_color, class_text
from ..accuracy.estimate import AccuracyEstimate, Estimate
from ..core.atomic import atomic_write
from ..core.messages import format_number, message, translatable, translate
from .map_picture import png_bytes

MAX_CLASSES = 14
"""More classes are not drawn: those with the most points are, and a line says so."""
_TEXT_COLOR, _MUTED_COLOR, _RULE_COLOR = "#22262a", "#6b7278", "#dfe3e6"
_RIGHT_COLOR, _WRONG_COLOR = (31, 111, 92), (163, 58, 31)
_CELL_INCHES = 0.74
_NAME_INCHES, _LETTER_INCHES = 1.7, 0.075
"""Least room for the names of classes, and what a letter needs."""


def write_matrix_png(
    found: AccuracyEstimate, path: str | os.PathLike[str], title: str = "", language: str = "en"
) -> None:
    """Write the error matrix as PNG.

    Parameters
    ----------
    found : the estimates.
    path : of the PNG file, written whole or not at all.
    title : heading of the picture; empty leaves it out.
    language : of names and numbers, `en` or `es`.

    Raises
    ------
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    png = matrix_png(found, title, language)
    with atomic_write(path) as temporary_path:
        temporary_path.write_bytes(png)


def matrix_png(found: AccuracyEstimate, title: str = "", language: str = "en") -> bytes:
    """The error matrix as PNG: rows map, columns reference, each cell its share of the area and its points.

    Parameters
    ----------
    found, title, language : as in `write_matrix_png`.

    Returns
    -------
    The content of a PNG file.

    """
    shown = _shown_classes(found)
    count = len(shown)
    longest = max(len(translate(class_text(found.matrix.codes[row], found.matrix.legend), language)) for row in shown)
    names = max(_NAME_INCHES, 0.35 + _LETTER_INCHES * longest)
    width, height = names + _CELL_INCHES * (count + 1.35) + 0.2, names + _CELL_INCHES * (count + 1) + 0.5
    figure = Figure(figsize=(width, height), dpi=200, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.axis("off")
    axes.set_xlim(-names / _CELL_INCHES, count + 1.35 + 0.2 / _CELL_INCHES)
    axes.set_ylim(count + 1 + 0.3 / _CELL_INCHES, -(names + 0.2) / _CELL_INCHES)
    _draw_cells(axes, found, shown, language)
    _draw_names(axes, found, shown, language)
    _draw_edges(axes, found, shown, language)
    if title:
        left, top = -names / _CELL_INCHES + 0.15, -(names + 0.2) / _CELL_INCHES + 0.3
        axes.text(left, top, title, fontsize=11, weight="bold", color=_TEXT_COLOR, va="center", parse_math=False)
    footer = _footer(found, shown)
    axes.text(-names / _CELL_INCHES + 0.15, count + 1.2, translate(footer, language), fontsize=6.5, color=_MUTED_COLOR)
    return png_bytes(figure, language)


def _shown_classes(found: AccuracyEstimate) -> list[int]:
    """Indices of the classes that are drawn, in the order of their codes."""
    points = found.matrix.total_counts
    order = np.argsort(-(points.sum(axis=0) + points.sum(axis=1)), kind="stable")[:MAX_CLASSES]
    return sorted(order.tolist())


def _footer(found: AccuracyEstimate, shown: list[int]) -> str:
    if len(shown) < len(found.matrix.codes):
        return message(
            "Share of the area in percent, number of points below. Drawn are {count} of {all} classes.",
            count=len(shown),
            all=len(found.matrix.codes),
        )
    return translatable("Share of the area in percent, number of points below; at the edges 95 % intervals.")


def _draw_cells(axes: Axes, found: AccuracyEstimate, shown: list[int], language: str) -> None:
    counts = found.matrix.total_counts
    row_shares = _shares_of_rows(found.proportions)
    for y, row in enumerate(shown):
        for x, column in enumerate(shown):
            strength = float(row_shares[row, column])
            base = _RIGHT_COLOR if row == column else _WRONG_COLOR
            color = tuple((255 - (255 - part) * 0.8 * strength) / 255 for part in base)
            axes.add_patch(Rectangle((x, y), 1, 1, facecolor=color, edgecolor=_RULE_COLOR, lw=0.6))
            if not counts[row, column]:
                continue
            ink = "white" if strength > 0.72 else _TEXT_COLOR
            share = 100 * float(found.proportions[row, column])
            text = (
                format_number(share, 1 if share >= 9.95 else 2, language)
                if share >= 0.005
                else f"<{format_number(0.01, 2, language)}"
            )
            axes.text(x + 0.5, y + 0.42, text, ha="center", va="center", fontsize=9.5, color=ink)
            points = str(int(counts[row, column]))
            axes.text(x + 0.5, y + 0.76, points, ha="center", va="center", fontsize=6.5, color=ink, alpha=0.85)


def _shares_of_rows(proportions: NDArray[np.float64]) -> NDArray[np.float64]:
    totals = proportions.sum(axis=1, keepdims=True)
    shares: NDArray[np.float64] = np.divide(proportions, totals, out=np.zeros_like(proportions), where=totals > 0)
    return shares


def _draw_names(axes: Axes, found: AccuracyEstimate, shown: list[int], language: str) -> None:
    for index, row in enumerate(shown):
        code = found.matrix.codes[row]
        name = translate(class_text(code, found.matrix.legend), language)
        color = class_color(code, found.matrix.legend) or None
        axes.text(-0.42, index + 0.5, name, ha="right", va="center", fontsize=8.5, color=_TEXT_COLOR, parse_math=False)
        axes.text(
            index + 0.5, -0.42, name, ha="left", va="bottom", fontsize=8.5, color=_TEXT_COLOR, rotation=40,
            rotation_mode="anchor", parse_math=False,
        )  # fmt: skip
        if color:
            for x, y in ((-0.32, index + 0.38), (index + 0.38, -0.32)):
                axes.add_patch(Rectangle((x, y), 0.24, 0.24, facecolor=color, edgecolor=_MUTED_COLOR, lw=0.4))
    corner = translate(translatable("map ↓  reference →"), language)
    axes.text(-0.42, -0.2, corner, ha="right", va="center", fontsize=6.5, color=_MUTED_COLOR)


def _draw_edges(axes: Axes, found: AccuracyEstimate, shown: list[int], language: str) -> None:
    """User's accuracy at the right, producer's below, the overall accuracy in the corner."""
    count = len(shown)
    users, producers = (translate(text, language) for text in (translatable("User's"), translatable("Producer's")))
    axes.text(count + 0.15, -0.2, users, ha="left", va="center", fontsize=7, color=_MUTED_COLOR)
    axes.text(-0.42, count + 0.5, producers, ha="right", va="center", fontsize=6.5, color=_MUTED_COLOR)
    for index, row in enumerate(shown):
        _draw_estimate(axes, count + 0.15, index + 0.5, found.classes[row].users, language, "left")
        _draw_estimate(axes, index + 0.5, count + 0.5, found.classes[row].producers, language, "center")
    axes.add_patch(Rectangle((count + 0.05, count + 0.05), 1.25, 0.9, facecolor="#eef4f2", edgecolor="none"))
    _draw_estimate(axes, count + 0.15, count + 0.5, found.overall, language, "left", weight="bold")


def _draw_estimate(
    axes: Axes, x: float, y: float, estimate: Estimate, language: str, align: str, weight: str = "normal"
) -> None:
    if math.isnan(estimate.value):
        axes.text(x, y, "–", ha=align, va="center", fontsize=8, color=_MUTED_COLOR)
        return
    value = f"{format_number(100 * estimate.value, 1, language)} %"
    interval = f"{format_number(100 * estimate.low, 0, language)}–{format_number(100 * estimate.high, 0, language)}"
    axes.text(x, y - 0.1, value, ha=align, va="center", fontsize=8.5, color=_TEXT_COLOR, weight=weight)
    axes.text(x, y + 0.2, interval, ha=align, va="center", fontsize=6.5, color=_MUTED_COLOR)
