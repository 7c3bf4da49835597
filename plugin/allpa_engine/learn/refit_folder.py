"""What a refit leaves: a model folder with the new head, the matrices as a table, and the list of versions."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import torch
from torch import nn

from ..areas.csv_table import write_csv
from ..classify.model_folder import SCENE
from ..classify.network_folder import write_network_folder
from ..classify.torch_network import load_network
from ..core.legend import Legend
from ..core.model_versions import MODEL_FOLDER
from .linear_head import LinearHead
from .refit import ClassMatrix, Refit

VALIDATION_TABLE = "validation.csv"


def write_refitted_model(
    path: Path, start: str | Path | None, refit: Refit, legend: Legend, facts: Mapping[str, Any]
) -> str:
    """Write a network with a refitted head as a model folder.

    Parameters
    ----------
    path : of the folder, whose name is that of the model; in the folder of a version, the version's name is.
    start : the model whose other layers are kept; None for the bundled one.
    refit : the new head.
    legend : of its classes.
    facts : of the training: where the corrections came from and so on, JSON values.

    Returns
    -------
    The model's hash.

    Raises
    ------
    ModelInvalid : where the start cannot be read.
    DiskFull, FolderNotWritable : where the folder cannot be written.

    """
    saved = load_network(start)
    network = with_head(saved.network, refit.head)
    card = {
        "name": path.parent.name if path.name == MODEL_FOLDER else path.name,
        "training": {
            "method": "last layer refitted to corrections",
            "start": saved.model_hash,
            "strength": refit.strength,
            **facts,
        },
        "metrics": refit_metrics(refit),
        "licence": str(saved.card.get("licence", "")) or "CC-BY-SA-4.0",
        "attribution": list(saved.card.get("attribution", [])),
    }
    folder = write_network_folder(path, network, saved.features, legend, refit.head.classes, card, scope=SCENE)
    write_validation(path / VALIDATION_TABLE, refit, legend)
    return folder.model_hash


def with_head(network: Any, head: LinearHead) -> Any:  # noqa: ANN401 - a UNet or an encoder network
    """A copy of a network with another last layer; all other layers, and so its speed, stay."""
    copied = copy.deepcopy(network)
    layer = nn.Conv2d(head.weight.shape[1], len(head.classes), 1)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(head.weight)[:, :, None, None])
        cast("nn.Parameter", layer.bias).copy_(torch.from_numpy(head.bias))
    copied.head, copied.class_count = layer, len(head.classes)
    return copied.eval().requires_grad_(requires_grad=False)


def refit_metrics(refit: Refit) -> dict[str, Any]:
    """The figures of a refit as JSON values."""
    if not refit.is_validated:
        return {"validated": False}
    return {
        "validated": True,
        "corrections": int(refit.after.counts.sum()),
        "blocks_m": refit.block_size_m,
        "folds": refit.folds,
        "agreement_before": round(refit.before.agreement, 4),
        "agreement_after": round(refit.after.agreement, 4),
        "keeps_present": refit.keeps_present,
        "left_out_loss_by_strength": {f"{strength:g}": round(loss, 4) for strength, loss in refit.losses.items()},
    }


def write_validation(path: Path, refit: Refit, legend: Legend) -> None:
    """Write the matrices before and after, at the same left-out corrections, as one CSV table."""
    rows: list[list[object]] = []
    for name, matrix in (("before", refit.before), ("after", refit.after)):
        rows += _matrix_rows(name, matrix, legend)
    write_csv(path, [["model", "correction", *_names(refit.head.classes, legend)], *rows])


def _matrix_rows(name: str, matrix: ClassMatrix, legend: Legend) -> list[list[object]]:
    names = _names(matrix.codes, legend)
    return [
        [name, own, *counts.tolist()] for own, counts in zip(names, matrix.counts, strict=True) if int(counts.sum())
    ]


def _names(codes: tuple[int, ...], legend: Legend) -> list[str]:
    return [legend.by_code[code].name for code in codes]
