"""What training data hold, in figures and sentences: for report, log and `samples.json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core.messages import Message, message, translatable
from .folds import Folds, fold_counts
from .label_quality import LabelQuality
from .labels import LeftOut
from .sample_table import SampleTable
from .separability import Separability

FEW_LABELS = 20
"""Labels below which a class is hardly learnt."""
_FEW = translatable(
    "{classes}: fewer than {count} labels. Little can be learnt of them: label more, or merge them with another class."
)
_UNUSED = translatable("{classes}: no labels, though the legend has the class.")


@dataclass(frozen=True)
class ClassCount:
    """What the table holds of one class."""

    code: int
    name: str
    labels: int
    rows: int
    """Before balancing."""
    balanced_rows: int
    blocks: int
    weight: float
    """Of each row, mean after balancing."""
    suspicious: int


@dataclass(frozen=True)
class TrainingSummary:
    """All figures on training data."""

    classes: tuple[ClassCount, ...]
    folds: Folds | None
    """None where no validation is possible."""
    fold_counts: tuple[tuple[int, ...], ...]
    """Rows of each class by fold, in the order of `classes`."""
    block_size_m: float
    separability: Separability
    merge_below: float
    quality: LabelQuality | None
    left_out: LeftOut
    notes: tuple[Message | str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The figures as JSON values, for `samples.json` and the result of the task."""
        distances = self.separability
        return {
            "counts": [
                {
                    "code": row.code, "name": row.name, "labels": row.labels, "rows": row.rows,
                    "balanced_rows": row.balanced_rows, "blocks": row.blocks, "suspicious": row.suspicious,
                }
                for row in self.classes
            ],
            "folds": 0 if self.folds is None else self.folds.count,
            "block_size_m": self.block_size_m,
            "separability": {
                "codes": list(distances.codes),
                "components": distances.components.tolist(),
                "bhattacharyya": np.round(distances.bhattacharyya, 4).tolist(),
                "jeffries_matusita": np.round(distances.jeffries_matusita, 4).tolist(),
            },
            "suspicious": sum(row.suspicious for row in self.classes),
            "left_out": len(self.left_out.feature),
        }  # fmt: skip


def summarise(
    full: SampleTable,
    balanced: SampleTable,
    folds: Folds | None,
    block_size_m: float,
    distances: Separability,
    merge_below: float,
    quality: LabelQuality | None,
    left_out: LeftOut,
    notes: Sequence[Message | str] = (),
) -> TrainingSummary:
    """Count what training data hold, and say what is to be done.

    Parameters
    ----------
    full, balanced : the table before and after balancing.
    folds : of the rows before balancing; None where all labels lie in one block.
    block_size_m : side of the blocks; 0 for groups.
    distances : of the classes.
    merge_below : Jeffries-Matusita distance below which merging is advised.
    quality : of the labels; None where they were not checked.
    left_out : labels that are not in the table.
    notes : of reading and sampling.

    Returns
    -------
    The figures; its notes are those given, then those on classes, folds and separability.

    """
    suspicious: Mapping[int, int] = {}
    if quality is not None:
        codes, counts = np.unique(quality.codes[quality.is_suspicious], return_counts=True)
        suspicious = dict(zip(codes.tolist(), counts.tolist()))
    rows = tuple(_count(full, balanced, code, suspicious.get(code, 0)) for code in full.legend.codes)
    present = tuple(row.code for row in rows)
    by_fold = () if folds is None else tuple(map(tuple, fold_counts(folds, full.codes, present).tolist()))
    found: list[Message | str] = [*notes]
    few = [row.name for row in rows if 0 < row.labels < FEW_LABELS]
    parents = {land.parent for land in full.legend.classes}  # have the labels of their children
    unused = [row.name for row in rows if not row.labels and row.code not in parents]
    found += [message(_FEW, classes=", ".join(few), count=FEW_LABELS)] if few else []
    found += [message(_UNUSED, classes=", ".join(unused))] if unused else []
    found += folds.notes(full.legend) if folds is not None else []
    found += distances.advice(merge_below, full.legend, full.names)
    return TrainingSummary(rows, folds, by_fold, block_size_m, distances, merge_below, quality, left_out, tuple(found))


def _count(full: SampleTable, balanced: SampleTable, code: int, suspicious: int) -> ClassCount:
    chosen, kept = full.codes == code, balanced.codes == code
    return ClassCount(
        code,
        full.legend.by_code[code].name,
        len(np.unique(full.samples[chosen])),
        int(chosen.sum()),
        int(kept.sum()),
        len(np.unique(full.blocks[chosen])),
        float(balanced.weights[kept].mean()) if kept.any() else 0.0,
        suspicious,
    )
