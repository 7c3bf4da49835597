"""The training's curve: loss and agreement over the training megapixels, as PNG from the log."""

from __future__ import annotations

import csv
from pathlib import Path


def draw_curve(log: Path, picture: Path) -> None:
    """Draw the CSV log of a training; raises FileNotFoundError without one."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # the drawing alone needs it
    from matplotlib.figure import Figure

    with log.open(newline="") as stream:
        rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(stream)]
    megapixels = [row["megapixels"] for row in rows]
    figure = Figure(figsize=(11, 4), layout="constrained")
    FigureCanvasAgg(figure)
    left, middle, right = figure.subplots(1, 3)
    for name, label in (("train_loss", "training, soft targets"), ("loss", "held out, sharpened labels")):
        left.plot(megapixels, [row[name] for row in rows], label=label)
    left.set_ylabel("cross-entropy, nats")
    for name, label in (("overall", "all pixels"), ("sure", "where the teacher is certain")):
        middle.plot(megapixels, [100 * row[name] for row in rows], label=label)
    middle.set_ylabel("agreement at held-out sites, %")
    for name in (name for name in rows[0] if name.startswith("f1_")):
        right.plot(megapixels, [100 * row[name] for row in rows], label=name.removeprefix("f1_"), linewidth=1)
    right.set_ylabel("F1 at held-out sites, %")
    for axes in (left, middle, right):
        axes.set_xlabel("training megapixels")
        axes.grid(alpha=0.3)
        axes.legend(fontsize=7)
    picture.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(picture, dpi=110)
