"""The report on a model of own classes: one HTML file with data, legend, validation, features and explanation."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from ..core.atomic import write_text
from ..core.legend import Legend
from ..core.messages import Message, format_number, translatable, translate
from ..learn.explanation import Explanation
from ..learn.importance import Elimination, Importance
from ..learn.validation import METHOD_NAMES, Validation
from .model_picture import elimination_png, importance_png, shap_png
from .page import VERSION_NAMES, base64_text, job_text, template_environment

KIND_NAMES: Mapping[str, str] = {
    "forest": translatable("Random forest"),
    "gradient_boosting": translatable("Gradient boosting"),
    "mlp": translatable("Perceptron of two hidden layers"),
    "unet": translatable("Network (UNet)"),
    "encoder": translatable("Network with an exchangeable encoder"),
}
_MOST_CLASSES = 20
_MOST_ROWS = 15


@dataclass(frozen=True)
class ModelFacts:
    """The facts of a model; the report adds nothing to them."""

    title: str
    """Name of the model's folder."""
    kind: str
    """A key of `KIND_NAMES`."""
    features: tuple[str, ...]
    legend: Legend
    codes: tuple[int, ...]
    """Of the classes that the model gives."""
    training: Mapping[str, Any]
    """Facts of the training data, as on the card: rows, labels, rows by class, blocks, sources."""
    validations: Sequence[Validation]
    """The one by blocks first."""
    importance: Importance | None = None
    elimination: Elimination | None = None
    explanations: Sequence[Explanation] = ()
    notes: Sequence[Message | str] = ()
    licence: str = ""
    files: tuple[str, ...] = ()
    job: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    language: str = "en"
    curve: bytes | None = None
    """Picture of the training of a network, PNG."""


def write_model_report(facts: ModelFacts, path: str | os.PathLike[str]) -> None:
    """Write the report on a model as one HTML file that loads nothing from anywhere.

    Parameters
    ----------
    facts : all that it says.
    path : of the HTML file, written whole or not at all.

    Raises
    ------
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    write_text(path, model_html(facts))


def model_html(facts: ModelFacts) -> str:
    """The report's HTML."""
    language = facts.language
    rows_by_class = facts.training.get("rows_by_class", {})
    return (
        template_environment(language)
        .get_template("model.html")
        .render(
            facts=facts,
            kind=translate(KIND_NAMES[facts.kind], language),
            classes=[
                SimpleNamespace(
                    code=code,
                    name=facts.legend.by_code[code].label(language),
                    color=facts.legend.by_code[code].color,
                    rows=format_number(rows_by_class.get(str(code), 0), 0, language),
                )
                for code in facts.codes
            ],
            validations=[_validation(found, facts) for found in facts.validations],
            importance=_importance(facts),
            elimination=_elimination(facts),
            curve=None if facts.curve is None else base64_text(facts.curve),
            explanations=[_explanation(found, facts) for found in facts.explanations],
            notes=[translate(note, language) for note in facts.notes],
            version_names=VERSION_NAMES,
            job=job_text(facts.job),
        )
    )


def _percent(value: float, language: str) -> str:
    return f"{format_number(100 * value, 1, language)} %" if value == value else "–"


def _validation(found: Validation, facts: ModelFacts) -> SimpleNamespace:
    language, codes = facts.language, found.matrix.codes
    names = [facts.legend.by_code[code].label(language) for code in codes]
    return SimpleNamespace(
        name=translate(METHOD_NAMES[found.method], language),
        overall=_percent(found.overall, language),
        kappa=format_number(found.kappa, 3, language),
        mean_f1=_percent(found.mean_f1, language),
        rows=format_number(found.rows, 0, language),
        notes=[translate(note, language) for note in found.notes],
        names=names if len(codes) <= _MOST_CLASSES else [],
        matrix=[
            SimpleNamespace(name=name, cells=[(count, row == column) for column, count in enumerate(counts)])
            for row, (name, counts) in enumerate(zip(names, found.counts.tolist(), strict=True))
        ],
        classes=[
            SimpleNamespace(
                name=name,
                color=facts.legend.by_code[score.code].color,
                labelled=score.labelled,
                producers=_percent(score.producers, language),
                users=_percent(score.users, language),
                f1=_percent(score.f1, language),
            )
            for name, score in zip(names, found.classes, strict=True)
        ],
    )


def _importance(facts: ModelFacts) -> str | None:
    return None if facts.importance is None else base64_text(importance_png(facts.importance, facts.language))


def _elimination(facts: ModelFacts) -> SimpleNamespace | None:
    found = facts.elimination
    if found is None:
        return None
    return SimpleNamespace(
        picture=base64_text(elimination_png(found, facts.language)), kept=len(found.kept), all=len(found.steps[0].names)
    )


def _explanation(found: Explanation, facts: ModelFacts) -> SimpleNamespace:
    language = facts.language
    parent = facts.legend.by_code[found.parent].label(language) if found.parent else ""
    return SimpleNamespace(
        parent=parent,
        rows=len(found.rows),
        picture=base64_text(shap_png(found, facts.legend, language)),
        names=[facts.legend.by_code[code].label(language) for code in found.codes],
        table=[
            (found.names[index], [format_number(float(size), 4, language) for size in found.mean_size[index]])
            for index in found.order[:_MOST_ROWS].tolist()
        ],
    )
