"""Pictures of a model of own classes: the curve of the elimination, the importance of features, and SHAP values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ..core.legend import Legend
from ..core.messages import translatable, translate
from ..learn.explanation import Explanation
from ..learn.importance import Elimination, Importance
from .map_picture import png_bytes

MOST_FEATURES = 30
"""Features that a picture shows: the first ones; the tables have all."""
_TEXT_COLOR, _MUTED_COLOR, _RULE_COLOR, _MARK_COLOR = "#22262a", "#6b7278", "#dfe3e6", "#1f6f5c"


def elimination_png(found: Elimination, language: str = "en") -> bytes:
    """The accuracy on unseen blocks against the number of features.

    Parameters
    ----------
    found : the steps of the elimination.
    language : of the texts, `en` or `es`.

    Returns
    -------
    The content of a PNG file.

    """
    figure, axes = _figure(7.2, 3.6)
    counts = [len(step.names) for step in found.steps]
    for values, color, text in (
        ([step.overall for step in found.steps], _MARK_COLOR, translatable("Overall accuracy")),
        ([step.mean_f1 for step in found.steps], "#b4762c", translatable("Mean F1 of the classes")),
    ):
        percent = [100 * value for value in values]
        axes.plot(counts, percent, "o-", color=color, ms=4, lw=1.4, label=translate(text, language))
    axes.axvline(len(found.kept), color=_MUTED_COLOR, lw=1, ls="--")
    axes.set_xlabel(translate(translatable("Features"), language), fontsize=9, color=_TEXT_COLOR)
    axes.set_ylabel(translate(translatable("Percent, on unseen blocks"), language), fontsize=9, color=_TEXT_COLOR)
    axes.legend(fontsize=8, frameon=False, loc="lower right")
    figure.tight_layout()
    return png_bytes(figure, language)


def importance_png(found: Importance, language: str = "en") -> bytes:
    """What each feature is worth by permutation, the most important at the top, with its spread over the folds.

    Parameters
    ----------
    found : from `permutation_importance`.
    language : of the texts, `en` or `es`.

    Returns
    -------
    The content of a PNG file.

    """
    order = found.order[:MOST_FEATURES]
    figure, axes = _figure(7.2, 0.9 + 0.2 * len(order))
    spread = 100 * found.overall_loss.std(axis=0)[order]
    axes.barh(range(len(order)), 100 * found.mean_loss[order], xerr=spread, color=_MARK_COLOR, height=0.68,
              error_kw={"ecolor": _MUTED_COLOR, "lw": 0.8})  # fmt: skip
    _name_rows(axes, [found.names[index] for index in order])
    text = translatable("Loss of overall accuracy in percentage points where the feature is shuffled")
    axes.set_xlabel(translate(text, language), fontsize=8.5, color=_TEXT_COLOR)
    figure.tight_layout()
    return png_bytes(figure, language)


def shap_png(found: Explanation, legend: Legend, language: str = "en") -> bytes:
    """Mean size of the SHAP values of each feature, a part of the bar for each class.

    Parameters
    ----------
    found : one decision of the model.
    legend : names and colours of its classes.
    language : of the texts, `en` or `es`.

    Returns
    -------
    The content of a PNG file.

    """
    order = found.order[:MOST_FEATURES]
    figure, axes = _figure(7.2, 1.5 + 0.2 * len(order))
    start = np.zeros(len(order))
    for number, code in enumerate(found.codes):
        size = found.mean_size[order, number]
        land = legend.by_code[code]
        axes.barh(range(len(order)), size, left=start, color=land.color, edgecolor="#555b60", linewidth=0.3, height=0.7,
                  label=land.label(language))  # fmt: skip
        start += size
    _name_rows(axes, [found.names[index] for index in order])
    text = translatable("Mean size of the SHAP values, all classes together")
    axes.set_xlabel(translate(text, language), fontsize=8.5, color=_TEXT_COLOR)
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=min(5, len(labels)), fontsize=7.5, frameon=False)
    rows = -(-len(labels) // 5)
    figure.tight_layout(rect=(0, min(0.4, rows * 0.22 / figure.get_figheight()), 1, 1))
    return png_bytes(figure, language)


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), dpi=150, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.grid(visible=True, color=_RULE_COLOR, lw=0.7)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.tick_params(labelsize=8, colors=_TEXT_COLOR)
    return figure, axes


def _name_rows(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), names, fontsize=7.5)
    for label in axes.get_yticklabels():
        label.set_parse_math(False)
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
