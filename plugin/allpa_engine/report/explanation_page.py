"""The report on what a network's classes depend on: one HTML file with picture and table."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from ..core.atomic import write_text
from ..core.legend import Legend
from ..core.messages import format_number
from ..learn.network_explanation import NetworkExplanation
from .explanation_picture import explanation_png
from .page import VERSION_NAMES, base64_text, job_text, template_environment


@dataclass(frozen=True)
class ExplanationFacts:
    """The facts of an explanation; the report adds nothing to them."""

    title: str
    """Name of the model."""
    found: NetworkExplanation
    legend: Legend
    chips: int
    steps: int
    files: tuple[str, ...] = ()
    job: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    language: str = "en"

    @property
    def class_names(self) -> list[str]:
        """Of the explained classes, in the report's language."""
        return [self.legend.by_code[code].label(self.language) for code in self.found.codes]


def write_explanation(facts: ExplanationFacts, path: str | os.PathLike[str]) -> None:
    """Write the report as one HTML file that loads nothing from anywhere.

    Parameters
    ----------
    facts : all that it says.
    path : of the HTML file, written whole or not at all.

    Raises
    ------
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    write_text(path, explanation_html(facts))


def explanation_html(facts: ExplanationFacts) -> str:
    """The report's HTML."""
    language, found = facts.language, facts.found
    rows = [
        SimpleNamespace(
            name=name,
            color=facts.legend.by_code[code].color,
            pixels=format_number(int(found.pixels[number]), 0, language),
            accuracy=format_number(100 * float(found.accuracies[number]), 1, language),
            rise=format_number(float(found.rises[number]), 2, language),
            attributions=[format_number(float(value), 2, language) for value in found.attributions[number]],
        )
        for number, (code, name) in enumerate(zip(found.codes, facts.class_names, strict=True))
    ]
    return (
        template_environment(language)
        .get_template("explanation.html")
        .render(
            facts=facts,
            rows=rows,
            picture=base64_text(explanation_png(found, facts.class_names, language)),
            gap=format_number(100 * found.largest_gap, 2, language),
            version_names=VERSION_NAMES,
            job=job_text(facts.job),
        )
    )
