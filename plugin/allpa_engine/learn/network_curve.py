"""The curve of a training: losses and accuracies over the steps, as table and picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from ..areas.csv_table import write_csv
from ..core.atomic import atomic_write
from ..core.legend import Legend

CURVE_TABLE, CURVE_PICTURE = "training_curve.csv", "training_curve.png"
_DIGITS = 6
_F1 = "f1_"


def write_curve_table(curve: Sequence[dict[str, float]], path: Path) -> None:
    """Write the validations of a training as CSV.

    Parameters
    ----------
    curve : one row per validation, all with the same keys.
    path : of the file.

    Raises
    ------
    DiskFull, FolderNotWritable : where it cannot be written.

    """
    names = list(curve[0]) if curve else []
    write_csv(path, [names, *([_cell(row[name]) for name in names] for row in curve)])


def _cell(value: float) -> str:
    """A number with few digits; empty for NaN."""
    return "" if math.isnan(value) else f"{value:.{_DIGITS}g}"


def draw_curve(curve: Sequence[dict[str, float]], legend: Legend, best_step: int, path: Path) -> None:
    """Draw the losses, the accuracies and the F1 of each class over the steps, as PNG.

    Parameters
    ----------
    curve : validations of a training, at least one.
    legend : names and colours of the classes.
    best_step : whose weights were kept; it gets a line.
    path : of the picture.

    Raises
    ------
    DiskFull, FolderNotWritable : where it cannot be written.

    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # the drawing alone needs it
    from matplotlib.figure import Figure

    steps = [row["step"] for row in curve]
    figure = Figure(figsize=(11, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    left, middle, right = figure.subplots(1, 3)
    for name, label in (("training_loss", "chips to learn from"), ("validation_loss", "validation blocks")):
        left.plot(steps, [row[name] for row in curve], marker=".", label=label)
    left.set_ylabel("loss")
    for name, label in (("overall_accuracy", "overall accuracy"), ("mean_f1", "mean F1")):
        middle.plot(steps, [100 * row[name] for row in curve], marker=".", label=label)
    middle.set_ylabel("validation blocks, %")
    for name in (name for name in curve[0] if name.startswith(_F1)):
        land = legend.by_code[int(name.removeprefix(_F1))]
        values = [100 * row[name] for row in curve]
        right.plot(steps, values, label=land.name, color=land.color, linewidth=2)
    right.set_ylabel("F1, %")
    for axes in (left, middle, right):
        axes.axvline(best_step, color="#888888", linewidth=1, linestyle=":")
        axes.set_xlabel("step")
        axes.grid(alpha=0.3)
        axes.legend(fontsize=7)
    with atomic_write(path) as temporary_path:
        figure.savefig(temporary_path, dpi=110, format="png")
