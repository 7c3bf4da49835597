"""From chips to a model folder: start, training, calibration, test on blocks that were not learnt from, card."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..classify.architecture import Architecture
from ..classify.encoder_network import EncoderNetwork, EncoderStructure
from ..classify.model_folder import ModelFolder
from ..classify.network_folder import Network, SavedNetwork, write_network_folder
from ..classify.torch_network import load_network
from ..core.errors import JobInvalid
from ..core.messages import Message, message, translatable
from ..core.protocol import Reporter
from .network_baseline import comparison, read_start
from .network_checkpoint import CHECKPOINT_FILE
from .network_chips import ChipFolder
from .network_curve import CURVE_PICTURE, CURVE_TABLE, draw_curve, write_curve_table
from .network_loss import class_weights
from .network_scores import fit_temperature, fold_temperature, predict_logits, score_chips, to_validation
from .network_split import ChipSplit, split_chips
from .network_start import empty_network, further_network, new_network
from .network_training import (
    FURTHER_RATE,
    NEW_RATE,
    START_STAGE,
    Trained,
    TrainingOptions,
    can_resume,
    train_network,
)
from .validation import BLOCKED, STOPPING, UNTRAINED, Validation

_SEAM_CORE_PX = 128
_STOPPING_NOTE = translatable(
    "These blocks said when to stop and how sure the network is: the figures are slightly better than on new land."
)
_OWN_LICENCE = "The licence of the labels applies too; it is not known here."


@dataclass(frozen=True)
class NetworkStart:
    """What a training begins with."""

    model: str | None = None
    """Model folder or file; empty takes the bundled network, None begins with random numbers."""
    encoder: str = ""
    """With random numbers: name of an encoder; empty takes Allpa's own UNet."""
    pretrained: bool = False
    """Whether the encoder's weights of ImageNet are downloaded."""


@dataclass(frozen=True)
class TrainedModel:
    """A model folder, and what its report says beside the card."""

    folder: ModelFolder
    validations: tuple[Validation, ...]
    """That of the test blocks first, where there are any; last that of the start, or of the bundled network, on the
    same blocks."""
    notes: tuple[Message, ...]


def train_model_folder(
    chips: ChipFolder,
    start: NetworkStart,
    options: TrainingOptions,
    folder: Path,
    device: torch.device,
    reporter: Reporter,
) -> TrainedModel:
    """Train a network on chips and write it as a model folder, with curve and checkpoint beside it.

    Parameters
    ----------
    chips : of the training folder.
    start : a trained network, or random numbers.
    options : how long and how fast to learn; the crop is rounded to the network's stride.
    folder : of the model. The checkpoint of a stopped training in it is gone on from, where it is of the same training.
    device : where to compute.
    reporter : gets the progress and what the user must know.

    Returns
    -------
    The model with its validations.

    Raises
    ------
    TrainingInvalid, JobInvalid, ModelInvalid, PartsMissing, Cancelled, DiskFull, FolderNotWritable

    """
    split = split_chips(chips, options.seed)
    for note in split.notes:
        reporter.log(note, "warning")
    saved, structure = _read_start(start)
    network = empty_network(structure, chips)
    options = _fitted(options, network, is_new=saved is None)
    fingerprint = _fingerprint(chips, start, saved, options)
    if not can_resume(network, options, folder / CHECKPOINT_FILE, fingerprint):
        network = _start_network(chips, start, saved, structure, split, options, reporter)
    trained = train_network(
        network,
        chips,
        split.training,
        split.validation,
        options,
        device,
        folder / CHECKPOINT_FILE,
        fingerprint,
        reporter,
        lambda curve: write_curve_table(curve, folder / CURVE_TABLE),
    )
    end = _end_sentence(trained, options)
    reporter.log(end)
    temperature = fit_temperature(trained.network, chips, split.validation, torch.device("cpu"), options.seed)
    fold_temperature(trained.network, temperature)
    validations = _validations(trained.network, chips, split)
    beside, other_validations = _beside_untrained(validations[0], saved, chips, split, options, reporter)
    validations += other_validations
    facts = _origin(start, saved, chips, options, trained) | {
        "metrics": {found.method: found.to_dict() for found in validations},
        "temperature": round(temperature, 4),
    }
    if isinstance(trained.network, EncoderNetwork):
        facts["seam_percent"] = round(100 * seam_share(trained.network, chips, split.validation), 3)
    draw_curve(trained.curve, chips.legend, trained.best_step, folder / CURVE_PICTURE)
    model = write_network_folder(
        folder, trained.network, chips.features, chips.legend, chips.classes, facts, scope=chips.scope
    )
    (folder / CHECKPOINT_FILE).unlink(missing_ok=True)
    return TrainedModel(model, validations, (*beside, *split.notes, end))


def _read_start(start: NetworkStart) -> tuple[SavedNetwork | None, Architecture | EncoderStructure]:
    """The trained network to start from, if any, and the structure of the one that is trained."""
    if start.model is None:
        return None, EncoderStructure(start.encoder) if start.encoder else Architecture()
    if start.encoder:
        raise JobInvalid(
            message("An encoder can only be chosen for a training that begins with nothing."),
            message("The encoder is {name}.", name=start.encoder),
            message("Start from nothing, or leave the encoder empty."),
        )
    saved = load_network(start.model or None)
    return saved, saved.network.architecture


def _start_network(
    chips: ChipFolder,
    start: NetworkStart,
    saved: SavedNetwork | None,
    structure: Architecture | EncoderStructure,
    split: ChipSplit,
    options: TrainingOptions,
    reporter: Reporter,
) -> Network:
    """The network before its first step: this takes minutes, and a training that goes on does without it."""
    reporter.progress(START_STAGE, 0, 1)
    if saved is None:
        network = new_network(structure, chips, options.seed, pretrained=start.pretrained)
    else:
        network = further_network(
            saved,
            chips,
            split.training,
            options.seed,
            lambda done, total: reporter.progress(START_STAGE, done, total),
        )
    reporter.progress(START_STAGE, 1, 1)
    return network


def _fitted(options: TrainingOptions, network: Network, *, is_new: bool) -> TrainingOptions:
    """The options with a crop that the network can read, the rate of the start, and statistics that are kept or not."""
    stride = network.architecture.stride
    return replace(
        options,
        crop_px=-(-options.crop_px // stride) * stride,
        learning_rate=options.learning_rate or (NEW_RATE if is_new else FURTHER_RATE),
        freeze_statistics=not is_new,
    )


def _fingerprint(chips: ChipFolder, start: NetworkStart, saved: SavedNetwork | None, options: TrainingOptions) -> str:
    """Of all that decides the weights: a checkpoint of anything else is not gone on from."""
    values = [chips.digest(), start.encoder, start.pretrained, saved and saved.model_hash, options.to_dict()]
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def _end_sentence(trained: Trained, options: TrainingOptions) -> Message:
    if not trained.best_step:
        return message(
            "No step was better on the validation blocks than the start with its last layer fitted to your labels, "
            "which is kept. A lower learning rate or more labels may help."
        )
    if trained.steps < options.steps:
        return message(
            "Stopped after {steps} of {wanted} steps, since the validation blocks got no better; the weights of step "
            "{best} are kept.",
            steps=trained.steps,
            wanted=options.steps,
            best=trained.best_step,
        )
    return message("The weights of step {best} of {steps} are kept.", best=trained.best_step, steps=trained.steps)


def _validations(network: Network, chips: ChipFolder, split: ChipSplit) -> tuple[Validation, ...]:
    """The calibrated network on the test blocks, where there are any, and on those that ended the training."""
    weights, device = _weights(chips, split.training), torch.device("cpu")
    parts: list[tuple[str, NDArray[np.intp], tuple[Message, ...]]] = [
        (STOPPING, split.validation, (message(_STOPPING_NOTE),))
    ]
    if len(split.test):
        parts.insert(0, (BLOCKED, split.test, ()))
    return tuple(
        to_validation(score_chips(network, chips, chosen, weights, device), chips, method, notes)
        for method, chosen, notes in parts
    )


def _beside_untrained(
    trained: Validation,
    saved: SavedNetwork | None,
    chips: ChipFolder,
    split: ChipSplit,
    options: TrainingOptions,
    reporter: Reporter,
) -> tuple[tuple[Message, ...], tuple[Validation, ...]]:
    """What the start, or else the bundled network, would have given on the same blocks, and a sentence on it."""
    try:
        baseline = read_start(saved or load_network(None), chips, split.training, options.seed)
    except JobInvalid:  # a training from nothing, on bands that the bundled network does not read
        return (), ()
    chosen = split.test if len(split.test) else split.validation
    other = to_validation(baseline.score(chips, chosen), chips, UNTRAINED)
    sentence, is_worse = comparison(trained, other, is_start=saved is not None)
    reporter.log(sentence, "warning" if is_worse else "info")
    return (sentence,), (other,)


def _weights(chips: ChipFolder, training: NDArray[np.intp]) -> NDArray[np.float32]:
    counts = chips.counts[training].sum(axis=0)
    weights: NDArray[np.float32] = class_weights(counts / counts.sum()).numpy()
    return weights


def seam_share(network: Network, chips: ChipFolder, chosen: NDArray[np.intp], limit: int = 8) -> float:
    """Share of pixels whose class depends on where chips begin, in up to 8 of the largest chips.

    Parameters
    ----------
    network : in evaluation mode, on the CPU.
    chips, chosen : the chips, and positions among them.
    limit : most chips to try.

    Returns
    -------
    Share of pixels that get another class where the chip is classified in pieces of 128 pixels with the network's
    margin in place of one piece; 0 where all chips are smaller.

    """
    sizes = [(-chips.read(int(index)).channels.size, int(index)) for index in chosen]
    different = total = 0
    for _, index in sorted(sizes)[:limit]:
        values = chips.read(index).values
        whole = predict_logits(network, values, torch.device("cpu")).argmax(axis=0)
        pieces = predict_logits(network, values, torch.device("cpu"), core_px=_SEAM_CORE_PX).argmax(axis=0)
        different, total = different + int((whole != pieces).sum()), total + whole.size
    return different / total if total else 0.0


def _origin(
    start: NetworkStart, saved: SavedNetwork | None, chips: ChipFolder, options: TrainingOptions, trained: Trained
) -> dict[str, Any]:
    """What the card says of where the model comes from."""
    began: Mapping[str, Any] = {"nothing": True, "encoder": start.encoder, "pretrained": start.pretrained}
    if saved is not None:
        name = saved.card.get("name", "") or Path(start.model or "").name
        began = {"name": name, "sha256": saved.model_hash, "bands": list(saved.features)}
    licence = str(saved.card.get("licence", "")) if saved is not None else ""
    return {
        "licence": f"{licence}, as the network it was trained from. {_OWN_LICENCE}" if licence else _OWN_LICENCE,
        "training": {
            "started_from": dict(began),
            "chips": len(chips),
            "chips_sha256": chips.digest(),
            "rows": int(chips.counts.sum()),
            "rows_by_class": {
                str(code): int(count) for code, count in zip(chips.classes, chips.counts.sum(axis=0), strict=True)
            },
            "blocks": len(set(chips.blocks.tolist())),
            "options": options.to_dict(),
            "best_step": trained.best_step,
            "steps": trained.steps,
            "seconds": round(trained.elapsed_s, 1),
            "torch": str(torch.__version__),
        },
    }
