"""The report on training data: one HTML file with counts, blocks, separability, spectra and suspicious labels."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from ..core.atomic import write_text
from ..core.messages import format_number, message, translate
from ..learn.sample_table import SampleTable
from ..learn.training_summary import TrainingSummary
from .page import VERSION_NAMES, base64_text, job_text, template_environment
from .training_picture import labels_png, spectra_png

_MOST_PAIRS = 20
_MOST_SUSPICIOUS = 40
_POOR_COLOR, _GOOD_COLOR = (0xD7, 0x30, 0x1F), (0xFF, 0xFF, 0xFF)
_GOOD_DISTANCE = 1.9
"""Jeffries-Matusita distance from which on classes are called well separable (Richards 2013)."""


@dataclass(frozen=True)
class TrainingFacts:
    """The facts of training data; the report adds nothing to them."""

    title: str
    """Name of the labels' file."""
    table: SampleTable
    """Before balancing."""
    summary: TrainingSummary
    files: tuple[str, ...]
    """Names of the files beside the report."""
    chips: int = 0
    job: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    language: str = "en"


def write_training_report(facts: TrainingFacts, path: str | os.PathLike[str]) -> None:
    """Write the report on training data as one HTML file that loads nothing from anywhere.

    Parameters
    ----------
    facts : all that it says.
    path : of the HTML file, written whole or not at all.

    Raises
    ------
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    write_text(path, training_html(facts))


def training_html(facts: TrainingFacts) -> str:
    """The report's HTML."""
    language, table, summary = facts.language, facts.table, facts.summary
    spectra = spectra_png(table, language)
    return (
        template_environment(language)
        .get_template("training.html")
        .render(
            facts=facts,
            summary=summary,
            labels=sum(row.labels for row in summary.classes),
            rows=len(table),
            features=len(table.names),
            classes=[_class_row(facts, row) for row in summary.classes],
            folds=_fold_rows(facts),
            matrix=_matrix(facts),
            places=base64_text(labels_png(table, summary.block_size_m, language)),
            spectra=None if spectra is None else base64_text(spectra),
            suspicious=_suspicious(facts),
            left_out=[
                (translate(reason, language), count) for reason, count in Counter(summary.left_out.reason).items()
            ],
            notes=[translate(note, language) for note in summary.notes],
            blocks=_blocks_text(summary, language),
            version_names=VERSION_NAMES,
            job=job_text(facts.job),
        )
    )


def _class_row(facts: TrainingFacts, row: Any) -> SimpleNamespace:  # noqa: ANN401 - a ClassCount
    land = facts.table.legend.by_code[row.code]
    return SimpleNamespace(
        code=row.code,
        name=land.label(facts.language),
        color=land.color,
        labels=row.labels,
        rows=row.rows,
        balanced=row.balanced_rows,
        blocks=row.blocks,
        suspicious=row.suspicious,
        weight=format_number(row.weight, 2, facts.language),
    )


def _fold_rows(facts: TrainingFacts) -> list[SimpleNamespace]:
    return [
        SimpleNamespace(number=number, counts=counts, total=sum(counts))
        for number, counts in enumerate(facts.summary.fold_counts, 1)
    ]


def _blocks_text(summary: TrainingSummary, language: str) -> str:
    if summary.folds is None:
        return translate(message("All labels lie in one block or group: no validation is possible."), language)
    if summary.block_size_m:
        text = message(
            "{blocks} blocks of {size:,.0f} m in {folds} folds; all pixels of a label stay in one block.",
            blocks=summary.folds.block_count, size=summary.block_size_m, folds=summary.folds.count,
        )  # fmt: skip
    else:
        text = message(
            "{blocks} groups of the labels in {folds} folds; no group is divided.",
            blocks=summary.folds.block_count, folds=summary.folds.count,
        )  # fmt: skip
    return translate(text, language)


def _matrix(facts: TrainingFacts) -> SimpleNamespace | None:
    """Jeffries-Matusita distances as cells with colours; None where no classes are compared."""
    found = facts.summary.separability
    if not found.codes:
        return None
    distances = found.jeffries_matusita
    legend, language = facts.table.legend, facts.language
    names = [legend.by_code[code].label(language) for code in found.codes]
    rows = [
        SimpleNamespace(
            name=names[one],
            cells=[
                SimpleNamespace(
                    text="" if one == other else format_number(float(distances[one, other]), 2, language),
                    color="#f1f3f4" if one == other else _cell_color(float(distances[one, other])),
                )
                for other in range(len(names))
            ],
        )
        for one in range(len(names))
    ]
    pairs = [
        SimpleNamespace(
            one=legend.by_code[one].label(language),
            other=legend.by_code[other].label(language),
            distance=format_number(distance, 2, language),
            feature=facts.table.names[found.best_feature[found.codes.index(one)][found.codes.index(other)]],
            is_poor=distance < facts.summary.merge_below,
        )
        for one, other, distance in found.poor_pairs(_GOOD_DISTANCE)[:_MOST_PAIRS]
    ]
    return SimpleNamespace(
        names=names, rows=rows, pairs=pairs, components=found.components.max(), features=found.features
    )


def _cell_color(distance: float) -> str:
    """From red (0) to white (1.9 and more)."""
    share = min(distance / _GOOD_DISTANCE, 1.0) ** 2
    parts = (round(poor + share * (good - poor)) for poor, good in zip(_POOR_COLOR, _GOOD_COLOR))
    return "#" + "".join(f"{part:02x}" for part in parts)


def _suspicious(facts: TrainingFacts) -> list[SimpleNamespace]:
    """Pairs of recorded and suggested class, with the number of labels, the commonest first."""
    quality = facts.summary.quality
    if quality is None:
        return []
    chosen = quality.is_suspicious
    pairs = Counter(zip(quality.codes[chosen].tolist(), quality.suggested[chosen].tolist()))
    legend, language = facts.table.legend, facts.language
    return [
        SimpleNamespace(
            recorded=legend.by_code[one].label(language), suggested=legend.by_code[other].label(language), count=count
        )
        for (one, other), count in pairs.most_common(_MOST_SUSPICIOUS)
    ]
