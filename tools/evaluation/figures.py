"""The evaluation's pictures and tables: confusion matrix as CSV and PNG, reliability curve."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from allpa_engine.core.legend import LEGEND
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from .metrics import Counts, Reliability

_NAMES = [land.name for land in LEGEND]


def write_confusion_csv(path: Path, confusion: Counts) -> None:
    """Rows the reference, columns the map, pixels."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["reference \\ map", *_NAMES])
        for name, row in zip(_NAMES, confusion):
            writer.writerow([name, *row.tolist()])


def draw_confusion(path: Path, confusion: Counts, title: str, sides: tuple[str, str] = ("teacher", "network")) -> None:
    """Shares of each reference class (rows) that the map calls by each name, in percent.

    sides : names of the rows and of the columns.
    """
    shares = 100 * confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    figure = Figure(figsize=(7.5, 6.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=100)
    for row in range(len(_NAMES)):
        for column in range(len(_NAMES)):
            if shares[row, column] >= 0.5:
                color = "white" if shares[row, column] > 55 else "black"
                axes.text(column, row, f"{shares[row, column]:.0f}", ha="center", va="center", fontsize=8, color=color)
    axes.set_xticks(range(len(_NAMES)), _NAMES, rotation=45, ha="right")
    axes.set_yticks(
        range(len(_NAMES)), [f"{name} ({int(count):,})" for name, count in zip(_NAMES, confusion.sum(axis=1))]
    )
    axes.set_xlabel(sides[1])
    axes.set_ylabel(f"{sides[0]} (pixels)")
    axes.set_title(title, fontsize=10)
    figure.savefig(path, dpi=110)


def draw_reliability(path: Path, curve: Reliability) -> None:
    """Share of right pixels over confidence, with the pixels per bin below."""
    figure = Figure(figsize=(5, 5), layout="constrained")
    FigureCanvasAgg(figure)
    upper, lower = figure.subplots(2, 1, height_ratios=[3, 1], sharex=True)
    upper.plot([0, 1], [0, 1], color="grey", linewidth=1)
    upper.plot(curve.confidence, curve.right, marker="o")
    upper.set_ylabel("share of correct pixels")
    upper.set_title(f"expected calibration error {curve.expected_calibration_error:.3f}", fontsize=10)
    lower.bar((curve.edges[:-1] + curve.edges[1:]) / 2, curve.count / 1e6, width=0.06)
    lower.set_xlabel("predicted probability")
    lower.set_ylabel("Mpx")
    figure.savefig(path, dpi=110)
