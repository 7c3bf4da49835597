"""The picture of a network's explanation: classes down, bands across, effects as colours with their numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ..core.messages import format_number, translatable, translate
from ..learn.network_explanation import NetworkExplanation
from .map_picture import png_bytes

_TEXT_COLOR = "#22262a"
_MOST_NUMBERS = 400
"""With more cells the numbers are left to the table."""


def explanation_png(found: NetworkExplanation, class_names: Sequence[str], language: str = "en") -> bytes:
    """Attributions and falls of accuracy by class and band.

    Parameters
    ----------
    found : the effects.
    class_names : of `found.codes`, in their order.
    language : of the texts, `en` or `es`.

    Returns
    -------
    The content of a PNG file.

    """
    width, height = max(4.0, 1.6 + 0.5 * len(found.bands)), 1.5 + 0.3 * len(class_names)
    figure = Figure(figsize=(2 * width, height), dpi=150, facecolor="white")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, sharey=True)
    gradients = translatable("Integrated gradients: share in the rise of the class's logit")
    falls = translatable("Occlusion: fall of the class's accuracy, percentage points")
    _draw(left, found.attributions, found.bands, translate(gradients, language), language)
    _draw(right, 100 * found.accuracy_falls, found.bands, translate(falls, language), language)
    left.set_yticks(range(len(class_names)), class_names, fontsize=8, color=_TEXT_COLOR)
    figure.tight_layout()
    return png_bytes(figure, language)


def _draw(axes: Axes, values: NDArray[np.float64], bands: Sequence[str], title: str, language: str) -> None:
    limit = float(np.abs(values).max()) or 1.0
    axes.imshow(values, cmap="RdBu", vmin=-limit, vmax=limit, aspect="auto")
    axes.set_xticks(range(len(bands)), bands, fontsize=8, rotation=90 if len(bands) > 8 else 0, color=_TEXT_COLOR)
    axes.set_title(title, fontsize=8.5, color=_TEXT_COLOR)
    axes.tick_params(length=0)
    if values.size > _MOST_NUMBERS:
        return
    for (row, column), value in np.ndenumerate(values):
        color = "white" if abs(value) > 0.6 * limit else _TEXT_COLOR
        text = format_number(float(value), 1, language)
        axes.text(column, row, text, ha="center", va="center", fontsize=7, color=color)
