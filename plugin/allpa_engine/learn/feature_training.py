"""From a training table to a model folder: elimination, validation by blocks, the model itself, and its explanation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..classify.model_folder import FEATURES, SCENE, ModelFolder, write_model_folder
from ..core.errors import TrainingInvalid
from ..core.forest_keys import MLP_KIND
from ..core.messages import Message, joined, message, translatable
from .estimators import TrainedModel, train_model
from .explanation import Explanation, explain_trees
from .folds import Folds, group_folds
from .importance import Elimination, Importance, eliminate_features, permutation_importance
from .sample_table import SampleTable
from .validation import (
    Validation,
    train_folds,
    validate_by_blocks,
    validate_independently,
    validate_out_of_bag,
)

FEW_LABELS = 10
"""Labels of a class below which its figures say little."""
_NO_MISSING = translatable("Rows of the training data without any of the features, which are left out: {count}.")
_SOME_MISSING = translatable(
    "Rows that lack some of the features: {count} of {total}. Trees learn which way these go; a perceptron takes the "
    "mean."
)
_FEW_LABELS = translatable(
    "{classes}: fewer than {count} labels. Their figures say little; add labels, or merge them with another class."
)
_NO_SHAP = translatable("SHAP values are computed of trees alone; the perceptron has the permutation importance.")
_NO_OUT_OF_BAG = translatable("A model with a hierarchy of classes has no out-of-bag figures.")

Progress = Callable[[str, float], None]
"""Called with the name of a part of the work and the share of it that is done."""


@dataclass(frozen=True)
class FeatureTraining:
    """A trained model with all that was found out about it."""

    trained: TrainedModel
    table: SampleTable
    """The rows and features that it learnt from."""
    folds: Folds | None
    validations: tuple[Validation, ...]
    """By blocks first, where that is possible."""
    importance: Importance | None = None
    elimination: Elimination | None = None
    explanations: tuple[Explanation, ...] = ()
    notes: tuple[Message | str, ...] = field(default=())


def train_and_validate(
    table: SampleTable,
    options: Mapping[str, Any],
    *,
    test: SampleTable | None = None,
    threads: int = 0,
    progress: Progress | None = None,
) -> FeatureTraining:
    """Train a model of a pixel's features, and find out how good it is and why it decides as it does.

    Parameters
    ----------
    table : the training data.
    options : of the job's key `forest_options`.
    test : other training data for an independent test; None for none.
    threads : 0 takes all processors.
    progress : None reports nothing.

    Returns
    -------
    The model, trained on all rows; the models of the folds are used for their figures alone.

    Raises
    ------
    TrainingInvalid : where there is one class only, or no row with features.
    PartsMissing : where the parts for own classes are not installed.

    """
    report = progress or (lambda _part, _share: None)
    table, notes = _usable_rows(table)
    folds, fold_notes = _folds(table, options, notes)
    elimination = None
    if 0 < options["keep_features"] < len(table.names) and folds is not None:
        elimination = eliminate_features(
            table, folds, options, threads=threads, progress=lambda share: report("elimination", share)
        )
        table = table.with_features(elimination.kept)
    validations: list[Validation] = []
    importance = None
    if folds is not None:
        report("validation", 0)
        models = []
        for item in train_folds(table, folds, options, threads):
            models.append(item)
            report("validation", len(models) / folds.count)
        validations.append(validate_by_blocks(table, models, fold_notes))
        if options["importance"]:
            importance = permutation_importance(
                table, models, options["seed"], lambda share: report("importance", share)
            )
    report("training", 0)
    trained = train_model(table, options, threads)
    report("training", 1)
    if (out_of_bag := validate_out_of_bag(table, trained)) is not None:
        validations.append(out_of_bag)
    elif len(trained.estimators) > 1:
        notes.append(message(_NO_OUT_OF_BAG))
    if test is not None:
        validations.append(validate_independently(test.with_features(table.names), trained))
    explanations = _explain(trained, table, options, notes)
    report("explanation", 1)
    return FeatureTraining(
        trained, table, folds, tuple(validations), importance, elimination, tuple(explanations), tuple(notes)
    )


def save_feature_training(path: Path, found: FeatureTraining, options: Mapping[str, Any]) -> ModelFolder:
    """Write the model folder: the trees or layers, and the card with data, figures and licence.

    Parameters
    ----------
    path : of the folder.
    found : the trained model.
    options : of the job's key `forest_options`.

    Returns
    -------
    The folder, read back.

    Raises
    ------
    DiskFull, FolderNotWritable : where it cannot be written.

    """
    model, table = found.trained.model, found.table
    scope = SCENE if table.facts.get("scope") == "scenes" or table.facts.get("scope") == SCENE else FEATURES
    card = {
        "kind": model.kind,
        "scope": scope,
        "features": list(model.features),
        "legend": table.legend.to_dict(),
        "classes": list(model.classes),
        "structure": model.structure(),
        "training": training_facts(table, found.folds) | {"options": dict(options)},
        "metrics": {validation.method: validation.to_dict() for validation in found.validations},
        "missing": "mean" if model.kind == MLP_KIND else "learnt",
        "licence": options["licence"],
        "notes": [str(note) for note in found.notes],
    }
    return write_model_folder(path, card, model.to_arrays())


def training_facts(table: SampleTable, folds: Folds | None) -> dict[str, Any]:
    """What a card says of the training data: rows, labels, rows by class, blocks, sources and their hash."""
    codes, counts = np.unique(table.codes, return_counts=True)
    return {
        "rows": len(table),
        "labels": len(np.unique(table.samples)),
        "rows_by_class": {str(code): count for code, count in zip(codes.tolist(), counts.tolist(), strict=True)},
        "blocks": 0 if folds is None else folds.block_count,
        "folds": 0 if folds is None else folds.count,
        "sources": list(table.source_names[:100]),
        "parquet_sha256": table.facts.get("parquet_sha256", ""),
    }


def _usable_rows(table: SampleTable) -> tuple[SampleTable, list[Message | str]]:
    """The rows with at least one feature, and what must be said of the others."""
    features = table.features
    if np.isinf(features).any():
        features = np.where(np.isinf(features), np.nan, features).astype(np.float32)
        table = replace(table, features=features)
    has_some: NDArray[np.bool_] = np.asarray(np.isfinite(features).any(axis=1))
    notes: list[Message | str] = []
    if not has_some.any():
        raise TrainingInvalid(
            message("No row of the training data has any of the features."),
            next_step=message("Check that labels and images lie in the same place, and make the training data again."),
        )
    if not has_some.all():
        notes.append(message(_NO_MISSING, count=int(np.count_nonzero(~has_some))))
        table = table.rows(has_some)
    partial = int(np.count_nonzero(~table.is_complete))
    if partial:
        notes.append(message(_SOME_MISSING, count=partial, total=len(table)))
    few = [
        table.legend.by_code[int(code)].name
        for code in np.unique(table.codes)
        if len(np.unique(table.samples[table.codes == code])) < FEW_LABELS
    ]
    if few:
        notes.append(message(_FEW_LABELS, classes=", ".join(few[:12]), count=FEW_LABELS))
    return table, notes


def _folds(
    table: SampleTable, options: Mapping[str, Any], notes: list[Message | str]
) -> tuple[Folds | None, list[Message]]:
    """The folds with their notes; None, with a note, where all labels lie in one block."""
    try:
        folds = group_folds(table.blocks, table.codes, options["folds"], options["seed"])
    except TrainingInvalid as error:
        notes.append(joined([error.what, error.next_step]))
        return None, []
    return folds, folds.notes(table.legend)


def _explain(
    trained: TrainedModel, table: SampleTable, options: Mapping[str, Any], notes: list[Message | str]
) -> Sequence[Explanation]:
    if not options["explain"]:
        return ()
    if options["kind"] == MLP_KIND:
        notes.append(message(_NO_SHAP))
        return ()
    return explain_trees(trained, table, options["explain_rows"], options["seed"])
