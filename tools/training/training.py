"""The training loop: steps, averaged weights, validation, log, checkpoints, early stopping."""

from __future__ import annotations

import copy
import csv
import logging
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch
from allpa_engine.classify.architecture import Architecture
from allpa_engine.classify.model_file import ModelFile
from allpa_engine.classify.precision import cpu_has_bf16
from allpa_engine.classify.unet import UNet, channels_last
from allpa_engine.core.errors import ModelInvalid
from allpa_engine.learn.network_loss import class_weights

from .batches import Batch, BatchSource
from .calibration import uncalibrate
from .checkpoint import TrainingState, load_checkpoint, save_checkpoint, update_average
from .chips import Chip
from .replicas import Replicas
from .validation import Agreement, score_agreement

_LOG = logging.getLogger(__name__)
_BEFORE_FINETUNE = "before_finetune.pt"
_LOG_FIELDS = (
    "step", "megapixels", "elapsed_s", "learning_rate", "train_loss", "loss", "overall", "sure",
    "f1_water", "f1_trees", "f1_grass", "f1_flooded", "f1_crops", "f1_scrub", "f1_built", "f1_bare", "f1_snow",
)  # fmt: skip


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to learn."""

    steps: int = 15000
    batch_size: int = 16
    learning_rate: float = 2e-3
    warmup_steps: int = 200
    decay_share: float = 0.4
    """Last part of the steps, over which the rate falls linearly, to 0 unless fine-tuning starts before."""
    finetune_start_step: int = 12000
    """First step that uses the reference labels: late, so that runs that leave some sites out share the rest."""
    finetune_learning_rate: float = 1.2e-3
    """Learning rate of the fine-tuning."""
    finetune_decay_steps: int = 750
    """Last steps, over which that rate falls linearly to 0."""
    weight_decay: float = 1e-3
    average_decay: float = 0.999
    validate_every: int = 500
    checkpoint_every: int = 250
    early_stopping_rounds: int = 20
    """Validations without a lower loss after which the training stops."""

    def rate(self, step: int) -> float:
        """Learning rate of a step: warm-up, plateau, linear decay; in the fine-tuning a second plateau and decay."""
        peak, decay_steps = self.learning_rate, max(1, int(self.steps * self.decay_share))
        if step >= self.finetune_start_step:
            peak, decay_steps = self.finetune_learning_rate, self.finetune_decay_steps
        if step < self.warmup_steps:
            return peak * (step + 1) / self.warmup_steps
        return peak * min(1.0, max(0.0, (self.steps - step) / decay_steps))


def bf16_is_fast(device: torch.device) -> bool:
    """Whether sixteen-bit floats pay: on GPUs since Ampere, and on CPUs that multiply them."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return device.type == "cpu" and cpu_has_bf16()


def new_network(architecture: Architecture, source: BatchSource) -> UNet:
    """A network of random weights with its input normalisation measured."""
    torch.manual_seed(source.seed)
    model = UNet(architecture)
    mean, deviation = source.band_statistics()
    model.input.mean.copy_(torch.from_numpy(mean).view(1, -1, 1, 1))
    model.input.scale.copy_(1 / torch.from_numpy(deviation).view(1, -1, 1, 1))
    return model


def load_initial_network(files: list[ModelFile]) -> UNet:
    """The network of a model file, to be trained on, or the mean of several; their calibration is taken out again.

    The files must come of one training: weights on the way to one minimum may be averaged (Izmailov et al. 2018).
    Raises ModelInvalid when they are not of one architecture.
    """
    if len({file.network.architecture for file in files}) > 1:
        raise ModelInvalid("The model files to start from are not of one architecture, so that they have no mean.")
    for file in files:
        uncalibrate(file.network, file.card.get("training", {}))
    states = [file.network.state_dict() for file in files]
    network = files[0].network
    network.load_state_dict(
        {
            name: torch.stack([state[name] for state in states]).mean(dim=0) if value.is_floating_point() else value
            for name, value in states[0].items()
        }
    )
    return network.requires_grad_()


def mix_weights(network: UNet, other: UNet, share: float) -> UNet:
    """The network with this share of another's weights: half of the gains of a fine-tuning, fewer of its losses.

    Weights from before and after a fine-tuning may be averaged (Wortsman et al. 2022, Robust fine-tuning of zero-shot
    models). Both uncalibrated; changes and returns `network`.
    """
    state = other.state_dict()
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                value.lerp_(state[name], share)
    return network


def create_training_state(network: UNet, schedule: Schedule, device: torch.device) -> TrainingState:
    """A network that is to be trained, with its averaged twin and the optimiser."""
    model = channels_last(network, device)
    optimiser = torch.optim.AdamW(model.parameters(), lr=schedule.learning_rate, weight_decay=schedule.weight_decay)
    average = copy.deepcopy(model).eval().requires_grad_(requires_grad=False)
    return TrainingState(model, average, optimiser)


def train(
    training_state: TrainingState,
    source: BatchSource,
    validation_chips: list[Chip],
    schedule: Schedule,
    folder: Path,
    stop: threading.Event | None = None,
) -> TrainingState:
    """Train up to `schedule.steps`, from the checkpoint in `folder` where there is one.

    Writes `checkpoint.pt`, `best.pt` (lowest validation loss), `before_finetune.pt` and `log.csv` into `folder`. `stop`
    ends the training after the step in hand, with a checkpoint.
    """
    device = next(training_state.model.parameters()).device
    checkpoint = folder / "checkpoint.pt"
    if checkpoint.is_file():
        load_checkpoint(checkpoint, training_state, device)
        _LOG.info("resumed at step %d", training_state.step)
    count = torch.get_num_threads() if device.type == "cpu" else 1
    classes = class_weights(source.class_share()).to(device)
    replicas = Replicas(training_state.model, min(count, schedule.batch_size), classes, half=bf16_is_fast(device))
    started, losses = time.monotonic() - training_state.elapsed_s, []

    def draw(step: int) -> Batch:
        return source.batch(step, with_reference=step >= schedule.finetune_start_step)

    with ThreadPoolExecutor(max_workers=1) as prefetcher:
        next_batch = prefetcher.submit(draw, training_state.step)
        while training_state.step < schedule.steps and not (stop and stop.is_set()):
            batch = next_batch.result()
            next_batch = prefetcher.submit(draw, training_state.step + 1)
            losses.append(_step(training_state, batch, replicas, schedule))
            training_state.elapsed_s = time.monotonic() - started
            if training_state.step % schedule.validate_every == 0 or training_state.step == schedule.steps:
                score = score_agreement(training_state.average, validation_chips, device)
                _log_validation(folder, training_state, schedule, sum(losses) / len(losses), score)
                losses = []
                if _should_stop_early(folder, training_state, score, schedule):
                    break
            if training_state.step % schedule.checkpoint_every == 0:
                save_checkpoint(checkpoint, training_state)
            if training_state.step == schedule.finetune_start_step:
                save_checkpoint(folder / _BEFORE_FINETUNE, training_state)
    save_checkpoint(checkpoint, training_state)
    return training_state


def _step(training_state: TrainingState, batch: Batch, replicas: Replicas, schedule: Schedule) -> float:
    """One step of the optimiser; returns the loss."""
    for group in training_state.optimiser.param_groups:
        group["lr"] = schedule.rate(training_state.step)
    loss = replicas.gradients(batch)
    torch.nn.utils.clip_grad_norm_(training_state.model.parameters(), 1.0)
    training_state.optimiser.step()
    training_state.step += 1
    update_average(training_state.average, training_state.model, training_state.step, schedule.average_decay)
    return loss


def _should_stop_early(folder: Path, training_state: TrainingState, score: Agreement, schedule: Schedule) -> bool:
    """Keep the best weights; true when the loss has not fallen for too long."""
    if score.loss < training_state.best_loss:
        training_state.best_loss, training_state.best_step = score.loss, training_state.step
        save_checkpoint(folder / "best.pt", training_state)
    return training_state.step - training_state.best_step >= schedule.early_stopping_rounds * schedule.validate_every


def _log_validation(
    folder: Path, training_state: TrainingState, schedule: Schedule, train_loss: float, score: Agreement
) -> None:
    """One line in the log, on screen and in the CSV."""
    left_s = training_state.elapsed_s / training_state.step * (schedule.steps - training_state.step)
    _LOG.info(
        "step %d of %d, loss %.4f, validation: loss %.4f, agreement %.3f, of certain pixels %.3f; about %.0f min left",
        training_state.step, schedule.steps, train_loss, score.loss, score.overall, score.sure, left_s / 60,
    )  # fmt: skip
    path = folder / "log.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = not path.is_file()
    megapixels = training_state.step * schedule.batch_size * 128**2 / 1e6
    row = (
        training_state.step, f"{megapixels:.1f}", f"{training_state.elapsed_s:.0f}",
        f"{schedule.rate(training_state.step):.2e}",
        f"{train_loss:.4f}", f"{score.loss:.4f}", f"{score.overall:.4f}", f"{score.sure:.4f}",
        *(f"{value:.3f}" for value in score.f1),
    )  # fmt: skip
    with path.open("a", newline="") as stream:
        writer = csv.writer(stream)
        if fresh:
            writer.writerow(_LOG_FIELDS)
        writer.writerow(row)


def copy_branch_checkpoint(source_run: Path, folder: Path) -> None:
    """Let the run in `folder` start from the checkpoint of `source_run` before fine-tuning, unless it has started.

    Up to there the two are the same, whatever sites they leave out. Raises FileNotFoundError when `source_run` did not
    get there.
    """
    if not (folder / "checkpoint.pt").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source_run / _BEFORE_FINETUNE, folder / "checkpoint.pt")


def restore_best(training_state: TrainingState, folder: Path) -> None:
    """Set the state to that of the lowest validation loss; a training of no steps keeps what it started from."""
    if (folder / "best.pt").is_file():
        load_checkpoint(folder / "best.pt", training_state, next(training_state.model.parameters()).device)
